//! Which code refers to a function of the C library: a look at the bytes, without decoding.

use object::{Object, ObjectSymbol, ObjectSymbolTable, RelocationTarget};
use rayon::prelude::*;

use super::image::Image;
use crate::base::{FileAddr, Range};

/// How many references are returned: whoever asks wants to know where from, not how often.
const MAX_REFERENCES: usize = 1 << 16;
/// Bytes that one task searches.
const CHUNK: usize = 1 << 18;
/// The length of the displacement that ends a relative call, jump or load.
const DISPLACEMENT: usize = 4;

impl Image {
    /// Addresses in code at which a 32-bit displacement leads to one of some functions, which are
    /// named as the linker names them: by a direct call, or through their slot in the global offset
    /// table (psABI, 4.4.3), whose address a call, jump or load relative to rip names. Ascending.
    ///
    /// This looks at every byte of the code, and at no instruction, so that a number that happens
    /// to look like a displacement is found too. With four bytes of it, that is rare.
    pub fn references_to(&self, names: &[&str]) -> Vec<FileAddr> {
        let targets = self.targets(names);
        if targets.is_empty() {
            return Vec::new();
        }
        let code = self.sections().iter().filter(|section| section.executable && section.in_file);
        let found = code.flat_map(|section| self.references_in(section.range, &targets));
        found.take(MAX_REFERENCES).collect()
    }

    /// Where the functions are, and where the dynamic linker puts their addresses.
    fn targets(&self, names: &[&str]) -> Vec<u64> {
        let own = names.iter().flat_map(|name| self.symbols().by_linkage_name(name));
        let mut targets: Vec<u64> = own.map(|symbol| symbol.range.start.0).collect();
        let (Some(relocations), Some(symbols)) =
            (self.object.dynamic_relocations(), self.object.dynamic_symbol_table())
        else {
            return targets;
        };
        for (slot, relocation) in relocations {
            let RelocationTarget::Symbol(index) = relocation.target() else { continue };
            let Ok(symbol) = symbols.symbol_by_index(index) else { continue };
            if symbol.name().is_ok_and(|name| names.contains(&name)) {
                targets.push(slot);
            }
        }
        targets
    }

    fn references_in(&self, range: Range<FileAddr>, targets: &[u64]) -> Vec<FileAddr> {
        let Some(code) = self.bytes(range) else { return Vec::new() };
        let starts = (0..code.len()).step_by(CHUNK).collect::<Vec<_>>();
        let search = |start: &usize| {
            let end = start.saturating_add(CHUNK + DISPLACEMENT - 1).min(code.len());
            let chunk = code.get(*start..end).unwrap_or_default();
            displacements(chunk, range.start.0.wrapping_add(*start as u64), targets)
        };
        starts.par_iter().flat_map_iter(search).collect()
    }
}

/// The displacements in some code that lead to a target.
fn displacements(code: &[u8], start: u64, targets: &[u64]) -> Vec<FileAddr> {
    let low = targets.iter().copied().min().unwrap_or(u64::MAX);
    let high = targets.iter().copied().max().unwrap_or(0);
    let windows = code.windows(DISPLACEMENT).zip(start..);
    let found = windows.filter_map(|(bytes, at)| {
        let displacement = i32::from_le_bytes(bytes.try_into().ok()?);
        let next = at.wrapping_add(DISPLACEMENT as u64);
        let target = next.wrapping_add_signed(displacement.into());
        let near = low <= target && target <= high;
        (near && targets.contains(&target)).then_some(FileAddr(at))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dwarf::{demangle, sample};

    #[test]
    fn a_displacement_counts_from_its_end() {
        // call *0x1000(%rip), at 0x400: its displacement lies at 0x402 and leads to 0x1406.
        let code = [0xff, 0x15, 0x00, 0x10, 0x00, 0x00, 0x90];
        assert_eq!(displacements(&code, 0x400, &[0x9999, 0x1406]), [FileAddr(0x402)]);
        assert_eq!(displacements(&code, 0x400, &[0x1405]), []);
        assert_eq!(displacements(&[0xe8, 0xfb, 0xff], 0, &[0]), [], "cut short");
    }

    #[test]
    fn malloc_is_called_by_what_std_builds_on_it() {
        let image = sample::debug();
        let found = image.references_to(&["malloc"]);
        let symbols = image.symbols();
        let name = |at: &FileAddr| demangle(symbols.at(*at).expect("in a function").name);
        let names: Vec<_> = found.iter().map(name).collect();
        assert!(names.iter().any(|name| name.ends_with("__rdl_alloc")), "{names:?}");
        assert!(!names.iter().any(|name| name.starts_with("t::")), "{names:?}");
        assert_eq!(image.references_to(&["no_such_function"]), []);
    }
}
