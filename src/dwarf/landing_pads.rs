//! Where unwinding enters a function: the language-specific data area of its unwind table entry.

use super::image::Image;
use crate::base::{FileAddr, Range};

/// How many rows one table may have. The largest functions have some thousand calls.
const MAX_ROWS: usize = 1 << 16;
/// Bytes of the table that are looked at.
const MAX_BYTES: u64 = 1 << 20;

/// `DW_EH_PE_omit` (Linux Standard Base, section 10.5.1).
const OMITTED: u8 = 0xff;

/// Calls that unwinding leaves for the same piece of code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LandingPad {
    /// The calls: a call belongs to it whose last byte is inside.
    pub calls: Range<FileAddr>,
    /// The instruction at which the function is entered again.
    pub at: FileAddr,
}

impl Image {
    /// The landing pads of the function that contains an address. Empty for one that has none, or
    /// whose table is damaged or of an encoding that no compiler uses for code.
    pub fn landing_pads(&self, function: Range<FileAddr>) -> Vec<LandingPad> {
        let table = self.unwind_row(function.start).and_then(|row| row.lsda);
        let bytes = table.and_then(|at| {
            let end = self.section_at(at)?.range.end.0.min(at.0.saturating_add(MAX_BYTES));
            self.bytes(Range::new(at, FileAddr(end)))
        });
        bytes.and_then(|bytes| read(bytes, function.start)).unwrap_or_default()
    }
}

/// Reads a table (`parse_lsda_header` and its like in libgcc's `unwind-c++`): where pads are
/// counted from, the types that are caught, and then the rows.
fn read(bytes: &[u8], start: FileAddr) -> Option<Vec<LandingPad>> {
    let mut at = Cursor { bytes };
    // Pads are counted from the start of the function; no compiler for x86-64 says otherwise.
    (at.byte()? == OMITTED).then_some(())?;
    if at.byte()? != OMITTED {
        at.leb()?;
    }
    let encoding = at.byte()?;
    let length = usize::try_from(at.leb()?).ok()?;
    let mut rows = Cursor { bytes: at.bytes.get(..length)? };
    let mut pads = Vec::new();
    while !rows.bytes.is_empty() && pads.len() < MAX_ROWS {
        let from = rows.number(encoding)?;
        let size = rows.number(encoding)?;
        let pad = rows.number(encoding)?;
        rows.leb()?;
        // A row without a pad lets what is thrown pass.
        if pad != 0 {
            let begin = FileAddr(start.0.checked_add(from)?);
            let end = FileAddr(begin.0.checked_add(size)?);
            let at = FileAddr(start.0.checked_add(pad)?);
            pads.push(LandingPad { calls: Range::new(begin, end), at });
        }
    }
    Some(pads)
}

struct Cursor<'a> {
    bytes: &'a [u8],
}

impl Cursor<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    /// An unsigned LEB128 number (DWARF 4, section 7.6).
    fn leb(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    /// A number in one of the encodings that rows are written in: `DW_EH_PE_uleb128`,
    /// `DW_EH_PE_udata2`, `_udata4` and `_udata8`.
    fn number(&mut self, encoding: u8) -> Option<u64> {
        let size = match encoding {
            0x01 => return self.leb(),
            0x02 => 2,
            0x03 => 4,
            0x04 => 8,
            _ => return None,
        };
        let mut value = [0; 8];
        for byte in value.get_mut(..size)? {
            *byte = self.byte()?;
        }
        Some(u64::from_le_bytes(value))
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::builds;
    use super::*;

    #[test]
    fn rows_with_a_pad_are_read_and_those_without_one_left_out() {
        // No start of its own, no types, rows of LEB128: [4, +5) to 0x90, [9, +2) to nothing.
        let bytes = [0xff, 0xff, 1, 9, 4, 5, 0x90, 1, 0, 9, 2, 0, 0];
        let pads = read(&bytes, FileAddr(0x1000)).expect("it is well formed");
        let calls = Range::new(FileAddr(0x1004), FileAddr(0x1009));
        assert_eq!(pads, [LandingPad { calls, at: FileAddr(0x1090) }]);
        let with_types = [0xff, 0x9b, 0x81, 1, 3, 13, 4, 0, 0, 0, 5, 0, 0, 0, 8, 0, 0, 0, 1];
        let pads = read(&with_types, FileAddr(0x1000)).expect("it is well formed");
        assert_eq!(pads.first().map(|pad| pad.at), Some(FileAddr(0x1008)));
    }

    #[test]
    fn a_table_that_is_cut_short_or_unknown_has_no_pads() {
        let bytes = [0xff, 0xff, 1, 8, 4, 5, 0x90, 1, 0, 9, 2, 0, 0];
        for end in 0..bytes.len() - 1 {
            assert_eq!(read(&bytes[..end], FileAddr(0)), None, "{end} bytes");
        }
        assert_eq!(read(&[0xff, 0xff, 0x1b, 1, 0], FileAddr(0)), None);
        assert_eq!(read(&[0x03, 0xff, 1, 0], FileAddr(0)), None);
        assert_eq!(read(&[0xff, 0xff, 1, 4, 1, 1, 2, 0], FileAddr(u64::MAX)), None);
    }

    #[test]
    fn pads_lie_in_their_functions() {
        for build in builds() {
            let mut found = 0;
            for function in build.functions() {
                let range = function.ranges[0];
                for pad in build.image.landing_pads(range) {
                    let end = FileAddr(pad.calls.end.0.saturating_sub(1));
                    let inside = |at| function.ranges.iter().any(|range| range.contains(at));
                    assert!(inside(pad.calls.start) && inside(end), "{}", function.name);
                    found += 1;
                }
            }
            assert!(found > 0, "something must be dropped when a panic unwinds");
        }
    }
}
