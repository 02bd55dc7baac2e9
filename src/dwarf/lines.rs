//! The line table: addresses to source lines and back.
use super::image::Image;
use crate::base::{FileAddr, Range};
use std::sync::Arc;

/// A line of source.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct SourceLine {
    /// The path as the compiler recorded it, made absolute by the unit's `DW_AT_comp_dir` unless it
    /// already is; `/rustc/HASH/library/…` for std.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1; 0 where it is not known.
    pub column: u32,
}

impl Image {
    /// The source line of the instruction at `at`.
    pub fn line_at(&self, at: FileAddr) -> Option<SourceLine> {
        let _ = at;
        todo!("helper A1")
    }

    /// Where the prologue of the function ends: the first row in `range` marked `prologue_end`
    /// (DWARF 4, section 6.2.2), otherwise the address of the second line row if the first row's
    /// line is repeated there as gdb does it, otherwise the start of the range.
    pub fn prologue_end(&self, range: Range<FileAddr>) -> FileAddr {
        let _ = range;
        todo!("helper A1")
    }
}
