//! `freehold layout` beside the compiler: the test program prints what `size_of`, `align_of` and
//! `offset_of!` say of its types, and the debug information must lead to the same.

mod support;

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;
use support::{Program, Ran, Variant, freehold, program};

/// What the program says of a type.
struct Said {
    size: u64,
    align: u64,
    /// Whether `Option` of the type is as small as the type.
    room: bool,
    offsets: BTreeMap<String, u64>,
}

fn said(program: &Program) -> Vec<(String, Said)> {
    let output = Command::new(&program.executable).output().expect("the program starts");
    let text = String::from_utf8(output.stdout).expect("text");
    let number = |text: &str| text.parse::<u64>().expect("a number");
    let line = |line: &str| {
        let mut parts = line.split('|');
        let mut next = || parts.next().expect("a part").to_owned();
        let (name, size, align, room) = (next(), number(&next()), number(&next()), next());
        let offset = |part: &str| {
            let (name, offset) = part.split_once('=').expect("an offset");
            (name.to_owned(), number(offset))
        };
        let offsets = parts.map(offset).collect();
        (name, Said { size, align, room: room == "true", offsets })
    };
    text.lines().map(line).collect()
}

fn layout(program: &Program, name: &str) -> Ran {
    let mut args = vec!["layout".to_owned(), name.to_owned()];
    args.extend(["--format", "json", "--depth", "2"].map(str::to_owned));
    args.push(program.executable.display().to_string());
    freehold(args)
}

#[track_caller]
fn one(program: &Program, name: &str) -> Value {
    let ran = layout(program, name);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{name}");
    let value: Value = serde_json::from_str(&ran.stdout).expect("one object");
    assert_eq!(value["v"], 1);
    assert!(value["instances"].is_null(), "{name}: {value}");
    value
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Fields that do not overlap, padding that is theirs to leave: together they are the type.
fn adds_up(name: &str, size: u64, fields: &Value, padding: &Value, tag: Option<(u64, u64)>) {
    let mut owners = vec![0_u32; usize::try_from(size).expect("small")];
    let mut mark = |offset: u64, size: u64| {
        for byte in offset..offset + size {
            owners[usize::try_from(byte).expect("small")] += 1;
        }
    };
    for part in list(fields).iter().chain(list(padding)) {
        mark(number(&part["offset"]), number(&part["size"]));
    }
    if let Some((offset, size)) = tag {
        mark(offset, size);
    }
    assert!(owners.iter().all(|count| *count == 1), "{name}: {owners:?}");
}

fn agrees(name: &str, said: &Said, layout: &Value) {
    assert_eq!(number(&layout["size"]), said.size, "{name}");
    let (align, inferred) = (number(&layout["align"]), layout["align_inferred"] == true);
    let right = if inferred { align <= said.align } else { align == said.align };
    assert!(right, "{name}: {align} for {}, inferred: {inferred}", said.align);
    for (field, offset) in &said.offsets {
        let mut fields = list(&layout["fields"]).iter();
        let found = fields.find(|found| found["name"] == **field).expect(field);
        assert_eq!(number(&found["offset"]), *offset, "{name}.{field}");
    }
    let spare = !list(&layout["niches"]).is_empty();
    match layout["all_niches_known"] == true {
        true => assert_eq!(spare, said.room, "{name}: {}", layout["niches"]),
        false => assert!(said.room || !spare, "{name}: {}", layout["niches"]),
    }
    if !matches!(layout["kind"].as_str(), Some("union" | "enum" | "array" | "scalar" | "pointer")) {
        adds_up(name, said.size, &layout["fields"], &layout["padding"], None);
    }
    for variant in list(&layout["variants"]).iter().filter(|variant| variant["inhabited"] == true) {
        let tag = &layout["discriminant"];
        let at = (!tag.is_null()).then(|| (number(&tag["offset"]), number(&tag["size"])));
        // The variant whose field the discriminant hides in has no bytes for it.
        let own = at.filter(|(offset, size)| {
            let within = |field: &Value| {
                let start = number(&field["offset"]);
                start <= *offset && offset + size <= start + number(&field["size"])
            };
            !list(&variant["fields"]).iter().any(within)
        });
        adds_up(name, said.size, &variant["fields"], &variant["padding"], own);
    }
}

fn all_agree(variant: Variant) {
    let program = program("layouts", variant);
    let all = said(&program);
    assert!(all.len() > 40, "{}", all.len());
    let mut known = 0;
    for (name, said) in &all {
        let layout = one(&program, name);
        agrees(name, said, &layout);
        known += usize::from(layout["all_niches_known"] == true);
    }
    assert!(known * 10 > all.len() * 8, "the niches of {known} of {} types are known", all.len());
}

#[test]
fn sizes_offsets_and_niches_are_the_compilers_in_a_debug_build() {
    all_agree(Variant::Debug);
}

#[test]
fn sizes_offsets_and_niches_are_the_compilers_in_an_optimised_build() {
    all_agree(Variant::Opt);
}

#[test]
fn sizes_offsets_and_niches_are_the_compilers_with_dwarf_5() {
    all_agree(Variant::Dwarf5);
}
