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
    // `Option` of what cannot exist has one value and needs nothing to tell it by.
    match layout["all_niches_known"] == true && layout["inhabited"] == true {
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

fn text(args: &[&str], program: &Program) -> Ran {
    let executable = program.executable.display().to_string();
    let mut ran = freehold(
        ["layout"].iter().chain(args).map(ToString::to_string).chain([executable.clone()]),
    );
    ran.stderr = ran.stderr.replace(&executable, "FILE");
    ran
}

#[test]
fn a_niche_is_named_by_the_field_that_it_lies_in() {
    let program = program("layouts", Variant::Debug);
    let niche = one(&program, "layouts::Niche");
    let of = niche["discriminant"]["niche_of"].as_str().expect("a niche");
    assert!(of.starts_with("Text.0.vec.buf."), "{of}");
    let values =
        list(&niche["variants"]).iter().map(|variant| variant["values"][0]["from"].as_str());
    let values: Vec<_> = values.collect();
    assert_eq!(values, [None, Some("0x8000000000000000"), Some("0x8000000000000001")]);
    let tagged = one(&program, "Tagged");
    assert!(tagged["discriminant"]["niche_of"].is_null());
    let wide = one(&program, "Wide");
    assert_eq!(wide["discriminant"]["size"], 16);
    assert_eq!(wide["variants"][1]["values"][0]["from"], format!("{:#x}", 1_u128 << 90));
    let sign = one(&program, "Sign");
    assert_eq!(sign["variants"][0]["values"][0]["from"], "0xfed4");
    assert_eq!(sign["discriminant"]["signed"], true);
    let void = one(&program, "Either<u8, Void>");
    let inhabited: Vec<_> = list(&void["variants"]).iter().map(|v| &v["inhabited"]).collect();
    assert_eq!(inhabited, [true, false]);
}

#[test]
fn padding_packing_and_a_better_order_are_told() {
    let program = program("layouts", Variant::Debug);
    let ordered = one(&program, "Ordered");
    assert_eq!((number(&ordered["padding_bytes"]), number(&ordered["reordered_size"])), (22, 32));
    for name in ["Holes", "Tight", "Aligned", "Packed", "Overlap", "(u8, u32, bool)"] {
        assert!(one(&program, name)["reordered_size"].is_null(), "{name}");
    }
    for (name, packed) in [("Packed", true), ("PackedBy2", true), ("Tight", false)] {
        assert_eq!(one(&program, name)["packed"], packed, "{name}");
    }
    let overlap = one(&program, "Overlap");
    assert_eq!(list(&overlap["fields"]).len(), 3);
    assert_eq!(overlap["padding_bytes"], 0);
    let array = one(&program, "[Pair<u8, u32>; 4]");
    assert_eq!((number(&array["count"]), number(&array["element"]["padding_bytes"])), (4, 3));
}

#[test]
fn a_generic_type_without_arguments_lists_its_instances() {
    let program = program("layouts", Variant::Debug);
    let ran = text(&["Pair"], &program);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let expected = "Pair  2 types\n\n      size  align  type\n        \
                    32      8  layouts::Pair<alloc::string::String, bool>\n         \
                    8      4  layouts::Pair<u8, u32>\n";
    assert_eq!(ran.stdout, expected);
    let json: Value = serde_json::from_str(&layout(&program, "Pair").stdout).expect("one object");
    assert_eq!(list(&json["instances"]).len(), 2);
}

#[test]
fn the_text_fits_its_page_with_and_without_colours() {
    let program = program("layouts", Variant::Debug);
    for name in ["Holes", "MultiNiche", "Result<String, ParseIntError>", "RefCell", "[bool; 3]"] {
        for width in ["40", "80"] {
            let plain = text(&["--width", width, "--color", "never", name], &program);
            assert_eq!((plain.code, plain.stderr.as_str()), (0, ""), "{name}");
            assert!(!plain.stdout.contains('\x1b'));
            let width: usize = width.parse().expect("a number");
            let longest = plain.stdout.lines().map(|line| line.chars().count()).max();
            assert!(longest <= Some(width), "{name}:\n{}", plain.stdout);
            let coloured =
                text(&["--width", &width.to_string(), "--color", "always", name], &program);
            let stripped = anstream::adapter::strip_str(&coloured.stdout).to_string();
            assert!(coloured.stdout.contains('\x1b') && stripped == plain.stdout, "{name}");
        }
    }
}

#[test]
fn an_unknown_type_suggests_the_nearest() {
    let ran = text(&["Hloes"], &program("layouts", Variant::Debug));
    assert_eq!((ran.code, ran.stdout.as_str()), (4, ""));
    assert_eq!(
        ran.stderr,
        "error: no type `Hloes`\n  at: FILE\n  help: did you mean `Holes`?\n  \
         help: a type that the program does not use has no debug information\n"
    );
}

#[test]
fn a_program_without_types_says_how_to_get_them() {
    let ran = text(&["Holes"], &program("layouts", Variant::NoDebug));
    assert_eq!(ran.code, 2);
    assert_eq!(
        ran.stderr,
        "error: FILE has debug information for lines, and none for types\n  \
         help: build it with -g (cargo: `debug = true` in its profile)\n"
    );
}

#[test]
fn types_without_a_layout_say_why() {
    let program = program("layouts", Variant::Debug);
    let ran = text(&["dyn Debug"], &program);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.stderr.contains("has no layout: its size is not fixed"), "{}", ran.stderr);
    let dir = tempfile::tempdir().expect("a temporary folder");
    let (source, executable) = (dir.path().join("a.c"), dir.path().join("a"));
    let c = "struct hidden; struct shown { char a; struct hidden *b; };\n\
             struct shown kept; int main(void) { return kept.a; }\n";
    std::fs::write(&source, c).expect("written");
    let mut cc = Command::new("cc");
    assert!(cc.arg("-g").arg("-o").args([&executable, &source]).status().expect("cc").success());
    let path = executable.display().to_string();
    let ran = freehold(["layout", "hidden", &path]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.stderr.contains("`hidden` is only declared, and not described"), "{}", ran.stderr);
    let ran = freehold(["layout", "shown", "--format", "json", &path]);
    let shown: Value = serde_json::from_str(&ran.stdout).expect("one object");
    // GCC writes no alignment for what has the usual one.
    assert_eq!((number(&shown["size"]), number(&shown["align"])), (16, 8));
    assert_eq!(shown["align_inferred"], true);
    assert_eq!(shown["padding"][0]["offset"], 1);
}
