//! Damaged debug information: whatever the bytes say, every query ends and none panics.

use std::path::Path;
use std::time::{Duration, Instant};

use object::{Object, ObjectSection, ObjectSymbol};

use super::fixture::builds;
use super::garbage::ask;
use super::{Image, Types};
use crate::base::FileAddr;
use crate::base::garbage::Choices;

/// How many damaged copies of each build are tried. An image never lets go of its bytes.
const ROUNDS: usize = 60;

#[test]
fn flipped_bytes_in_any_debug_section_neither_panic_nor_hang() {
    let begun = Instant::now();
    let mut choices = Choices::seeded(0x5eed_f00d);
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
                let count = choices.below(24);
                choices.flip_bits(&mut bytes[*start..*start + len], count);
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
    let mut choices = Choices::seeded(77);
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
                let from = at + choices.index(len.min(4096));
                for byte in &mut bytes[from..at + len] {
                    *byte = if noise { choices.byte() } else { 0 };
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
