//! Damaged symbols, line tables and call frame information: every query ends, and none panics.

use object::{Object, ObjectSection};

use super::garbage::{ask, claimed_functions};
use super::{Image, sample};
use crate::base::Range;
use crate::base::garbage::Choices;

const ROUNDS: usize = 24;

/// Where the sections lie in the file that are read here.
fn sections(image: &Image) -> Vec<(&'static str, Range<usize>)> {
    const NAMES: [&str; 9] = [
        ".debug_aranges",
        ".debug_line",
        ".debug_info",
        ".debug_abbrev",
        ".debug_ranges",
        ".eh_frame",
        ".eh_frame_hdr",
        ".symtab",
        ".strtab",
    ];
    let find = |name| {
        let (at, len) = image.object.section_by_name(name)?.file_range()?;
        let (at, len) = (usize::try_from(at).ok()?, usize::try_from(len).ok()?);
        Some((name, Range::new(at, at + len)))
    };
    NAMES.into_iter().filter_map(find).collect()
}

/// Asks everything, at some of the undamaged program's functions and at those that the damaged one
/// claims to have. Gives how many answers came.
fn ask_there(image: &Image) -> usize {
    let mut addresses = claimed_functions(sample::debug(), 37);
    addresses.extend(claimed_functions(image, 37));
    ask(image, &addresses)
}

#[test]
fn flipped_bits_neither_panic_nor_hang() {
    let mut choices = Choices::seeded(0x5eed);
    let whole = sample::debug_bytes();
    let places = sections(sample::debug());
    assert!(places.len() >= 8, "{places:?}");
    let mut answers = 0;
    for _ in 0..ROUNDS {
        let mut bytes = whole.to_vec();
        for (_, range) in &places {
            let count = choices.below(30);
            choices.flip_bits(&mut bytes[range.start..range.end], count);
        }
        answers += ask_there(&sample::parse(Vec::leak(bytes)));
    }
    assert!(answers > ROUNDS * 20, "most of the information survives: {answers}");
}

#[test]
fn noise_and_zeros_neither_panic_nor_hang() {
    let mut choices = Choices::seeded(77);
    let whole = sample::debug_bytes();
    for (name, range) in sections(sample::debug()) {
        for noise in [true, false] {
            let mut bytes = whole.to_vec();
            let from = range.start + choices.index((range.end - range.start).min(2048));
            for byte in &mut bytes[from..range.end] {
                *byte = if noise { choices.byte() } else { 0 };
            }
            let answers = ask_there(&sample::parse(Vec::leak(bytes)));
            assert!(answers > 0, "{name} is not all there is");
        }
    }
}
