//! Where records come from.

use std::collections::VecDeque;

use super::record::Record;

/// Something that sees what a program does with its allocator, and reports it in records.
///
/// All that the [`Ledger`](super::Ledger) knows of a program comes from sources. One stops the program
/// at each call; one may run inside of the program, and be ahead of whoever reads its records; the
/// records of a run that has ended are one, and so are records that were written by hand.
pub trait Source {
    /// The next record, in the order in which things happened; none where there is no more for now.
    fn next_record(&mut self) -> Option<Record>;
}

/// Records that were made before.
impl Source for VecDeque<Record> {
    fn next_record(&mut self) -> Option<Record> {
        self.pop_front()
    }
}
