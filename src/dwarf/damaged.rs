//! Damaged symbols, line tables and call frame information: every query ends, and none panics.

use object::{Object, ObjectSection};

use super::{Image, SymbolKind, sample};
use crate::base::{FileAddr, Range};

const ROUNDS: usize = 24;

/// A generator of numbers that are the same in every run (xorshift, Marsaglia 2003).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap_or(0)
    }
}

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
fn ask(image: &Image) -> usize {
    let functions = sample::debug().symbols().all().iter().step_by(37);
    let claimed = image.symbols().all().iter().step_by(37);
    let mut answers = 0;
    for symbol in functions.chain(claimed).filter(|s| s.kind == SymbolKind::Function) {
        let middle = FileAddr(symbol.range.start.0.wrapping_add(5));
        answers += usize::from(image.line_at(middle).is_some());
        answers += usize::from(image.unwind_row(middle).is_some());
        answers += usize::from(image.symbols().at(middle).is_some());
        answers += image.line_rows(symbol.range).len().min(3);
        assert!(image.prologue_end(symbol.range) >= symbol.range.start);
        image.origin_at(middle);
    }
    for at in [0, 1, u64::MAX] {
        image.line_at(FileAddr(at));
        image.unwind_row(FileAddr(at));
    }
    answers + image.symbols().functions_named("t::add").len()
}

#[test]
fn flipped_bits_neither_panic_nor_hang() {
    let mut numbers = Numbers(0x5eed);
    let whole = sample::debug_bytes();
    let places = sections(sample::debug());
    assert!(places.len() >= 8, "{places:?}");
    let mut answers = 0;
    for _ in 0..ROUNDS {
        let mut bytes = whole.to_vec();
        for (_, range) in &places {
            for _ in 0..numbers.below(30) {
                bytes[range.start + numbers.below(range.end - range.start)] ^=
                    1 << numbers.below(8);
            }
        }
        answers += ask(&sample::parse(Vec::leak(bytes)));
    }
    assert!(answers > ROUNDS * 20, "most of the information survives: {answers}");
}

#[test]
fn noise_and_zeros_neither_panic_nor_hang() {
    let mut numbers = Numbers(77);
    let whole = sample::debug_bytes();
    for (name, range) in sections(sample::debug()) {
        for noise in [true, false] {
            let mut bytes = whole.to_vec();
            let from = range.start + numbers.below((range.end - range.start).min(2048));
            for byte in &mut bytes[from..range.end] {
                *byte = if noise { numbers.below(256) as u8 } else { 0 };
            }
            let answers = ask(&sample::parse(Vec::leak(bytes)));
            assert!(answers > 0, "{name} is not all there is");
        }
    }
}
