//! Damaged debug information: whatever the bytes say, every query ends and none panics.

use std::path::Path;
use std::time::{Duration, Instant};

use object::{Object, ObjectSection, ObjectSymbol};

use super::fixture::{Frame, builds};
use super::{Image, TypeKind, TypeRef, Types};
use crate::base::{FileAddr, Register};

/// How many damaged copies of each build are tried. An image never lets go of its bytes.
const ROUNDS: usize = 60;

/// A generator of numbers that are the same in every run (xorshift, Marsaglia 2003).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % below.max(1) as u64).unwrap_or(0)
    }
}

/// Asks everything there is to ask about some addresses, and follows the types that come up.
fn ask(image: &Image, addresses: &[FileAddr]) -> usize {
    let mut frame = Frame::default();
    (0..17).for_each(|number| frame.registers.set(Register(number), 0x1000));
    let mut types: Vec<TypeRef> = Vec::new();
    let mut answers = 0;
    for at in addresses {
        let Some(function) = image.function_at(*at) else { continue };
        answers += 1 + function.inline_chain(*at, None).len();
        for visible in function.visible_at(*at).into_iter().take(200) {
            types.extend(visible.variable.ty);
            let located = image.locate(&function, visible.variable, *at, &frame);
            answers += usize::from(located.is_ok());
        }
        answers += image.statics_of_unit(function.unit).len();
    }
    for name in ["Shape", "Vec<_>", "[u8; 2]"] {
        types.extend(image.types_named(name, None).into_iter().take(100));
    }
    for name in ["LOCAL", "COUNTER", "Plain::A"] {
        answers += image.statics_named(name, None).len();
        answers += image.constants_named(name, None).len();
    }
    if let Some(section) = image.sections().iter().find(|s| s.name == ".data.rel.ro") {
        let words = (section.range.start.0..section.range.end.0).step_by(8).take(64);
        types.extend(words.filter_map(|at| image.vtable_type(FileAddr(at))));
    }
    for _ in 0..2000 {
        let Some(ty) = types.pop().and_then(|ty| image.get(ty).ok()) else { continue };
        answers += 1;
        types.extend(ty.fields().iter().map(|field| field.ty));
        types.extend(ty.params.iter().map(|(_, ty)| *ty));
        match &ty.kind {
            TypeKind::Pointer { to, .. } => types.extend(to),
            TypeKind::Array { element, .. } => types.push(*element),
            TypeKind::Enum(part) => types.extend(part.variants.iter().filter_map(|v| v.ty)),
            _ => {}
        }
    }
    answers
}

#[test]
fn flipped_bytes_in_any_debug_section_neither_panic_nor_hang() {
    let begun = Instant::now();
    let mut numbers = Numbers(0x5eed_f00d);
    let mut answers = 0;
    for build in builds() {
        let wanted: Vec<FileAddr> = ["program::types", "program::inlining", "program::main"]
            .map(|path| FileAddr(build.address(path).0 + 20))
            .to_vec();
        let object = &build.image.object;
        let sections: Vec<(usize, usize)> = object
            .sections()
            .filter(|section| section.name().is_ok_and(|name| name.starts_with(".debug_")))
            .filter_map(|section| section.file_range())
            .filter_map(|(at, len)| Some((usize::try_from(at).ok()?, usize::try_from(len).ok()?)))
            .collect();
        for _ in 0..ROUNDS {
            let mut bytes = build.bytes.to_vec();
            for (start, len) in &sections {
                // The program's own units come first in each section.
                let len = (*len).min(1 << 15);
                for _ in 0..numbers.next(24) {
                    bytes[start + numbers.next(len)] ^= 1 << numbers.next(8);
                }
            }
            let image = Image::parse(Path::new("garbled"), Vec::leak(bytes)).expect("its headers");
            answers += ask(&image, &wanted);
        }
    }
    assert!(answers > 1000, "most of the information survives, only {answers} answers did");
    assert!(begun.elapsed() < Duration::from_secs(120), "{:?}", begun.elapsed());
}

#[test]
fn sections_of_noise_and_sections_cut_short_neither_panic_nor_hang() {
    let mut numbers = Numbers(77);
    for build in builds() {
        let wanted = [FileAddr(build.address("program::types").0 + 20)];
        for name in [".debug_info", ".debug_abbrev", ".debug_str", ".debug_ranges", ".debug_loc"] {
            let section = build.image.object.section_by_name(name);
            let Some((at, len)) = section.and_then(|section| section.file_range()) else {
                continue;
            };
            let (at, len) = (usize::try_from(at).unwrap(), usize::try_from(len).unwrap());
            for noise in [true, false] {
                let mut bytes = build.bytes.to_vec();
                let from = at + numbers.next(len.min(4096));
                for byte in &mut bytes[from..at + len] {
                    *byte = if noise { numbers.next(256) as u8 } else { 0 };
                }
                let image = Image::parse(Path::new("noise"), Vec::leak(bytes)).expect("headers");
                let answers = ask(&image, &wanted);
                assert!(answers < 1_000_000);
            }
        }
    }
}

#[test]
fn the_functions_and_types_of_an_undamaged_program_can_all_be_read() {
    // The executable of these tests: hundreds of units, std and all dependencies.
    let path = std::env::current_exe().expect("a path");
    let bytes = Vec::leak(std::fs::read(&path).expect("the file"));
    let image = Image::parse(&path, bytes).expect("an ELF file");
    let (mut functions, mut variables) = (0, 0);
    for symbol in image.object.symbols().step_by(101) {
        let at = FileAddr(symbol.address());
        let Some(function) = image.function_at(at) else { continue };
        functions += 1;
        assert!(!function.ranges.is_empty() && function.name.len() > 1);
        for visible in function.visible_at(at).into_iter().filter(|v| v.inlined.is_none()) {
            let Some(ty) = visible.variable.ty else { continue };
            variables += 1;
            assert!(image.get(ty).is_ok(), "{}: {:?}", function.name, image.get(ty));
        }
    }
    assert!(functions > 20 && variables > 50, "{functions} functions, {variables} variables");
}
