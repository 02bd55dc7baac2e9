//! Whether a function ever returns, told by its machine code: std's functions are not described, so
//! that their types do not say it.

use std::collections::BTreeSet;

use crate::asm::{ExitKind, exits, runs_off};
use crate::base::{FileAddr, Range};
use crate::dwarf::Image;

/// More bytes than a function has that only panics or ends the process.
const MAX_CODE: u64 = 1 << 14;
/// How many functions are followed that are jumped to in the place of one.
const MAX_FUNCTIONS: usize = 8;

/// Whether the function that begins at an address has a way back to its caller: a `ret` in it, or in
/// one of the functions that it jumps to in its place. None where that cannot be told: its code is
/// not in the file, or is not all code, or goes to where a function outside of the file is said to
/// be; `elsewhere` tells of those, by their paths, whether they return.
pub(super) fn returns(
    image: &Image,
    at: FileAddr,
    elsewhere: &dyn Fn(&str) -> bool,
) -> Option<bool> {
    let mut seen: BTreeSet<FileAddr> = BTreeSet::new();
    let mut open = vec![at];
    while let Some(at) = open.pop() {
        if !seen.insert(at) {
            continue;
        }
        let symbol = image.symbols().at(at).filter(|symbol| symbol.range.start == at)?;
        let Range { start, end } = symbol.range;
        let fits = start < end && end - start <= MAX_CODE && seen.len() <= MAX_FUNCTIONS;
        fits.then_some(())?;
        let code = image.bytes(symbol.range)?;
        let found = exits(code, symbol.range, &[]);
        if found.list.iter().any(|exit| exit.kind == ExitKind::Ret) {
            return Some(true);
        }
        (found.undecodable == 0 && !runs_off(code, symbol.range)).then_some(())?;
        for exit in &found.list {
            let ExitKind::TailCall { target: Some(target) } = exit.kind else { return None };
            let called = image.called_at(target)?;
            match called.at {
                Some(at) => open.push(at),
                None if elsewhere(&called.path) => return Some(true),
                None => {}
            }
        }
    }
    Some(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dwarf::sample;

    fn told(path: &str) -> Vec<Option<bool>> {
        let told = |image: &Image| {
            let found = image.symbols().functions_named(path);
            found.first().map(|symbol| returns(image, symbol.range.start, &|_| true))
        };
        [sample::debug(), sample::optimised()].iter().filter_map(|image| told(image)).collect()
    }

    #[test]
    fn what_panics_does_not_return_and_what_is_called_otherwise_does() {
        for path in ["core::panicking::panic_fmt", "core::result::unwrap_failed"] {
            let told = told(path);
            assert!(!told.is_empty() && told.iter().all(|told| *told == Some(false)), "{path}");
        }
        for path in ["program::main", "std::panicking::panic_count::increase"] {
            assert!(told(path).iter().all(|told| *told == Some(true)), "{path}");
        }
    }

    #[test]
    fn of_what_is_no_function_nothing_is_told() {
        assert_eq!(returns(sample::debug(), FileAddr(1), &|_| true), None);
    }
}
