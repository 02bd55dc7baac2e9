//! Ranges of addresses that can be asked what lies at one of them.

use crate::base::{FileAddr, Range};

/// How many ranges a lookup looks at before it gives up.
///
/// Ranges of real programs nest a few deep. Only a file that is made to be slow has an address with
/// more than these between it and the range that covers it.
const MAX_STEPS: usize = 1024;

/// Values by the range they cover, sorted by address. Ranges may nest and overlap.
#[derive(Debug)]
pub(super) struct Intervals<T> {
    entries: Vec<(Range<FileAddr>, T)>,
    /// For each entry the largest end among it and all before it: where to stop looking backwards.
    reach: Vec<FileAddr>,
}

impl<T> Intervals<T> {
    /// Sorts the entries by start; among those with the same start, the widest comes first. Empty
    /// ranges are left out.
    pub(super) fn new(mut entries: Vec<(Range<FileAddr>, T)>) -> Self {
        entries.retain(|(range, _)| !range.is_empty());
        entries.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
        let mut furthest = FileAddr(0);
        let reach = entries
            .iter()
            .map(|(range, _)| {
                furthest = furthest.max(range.end);
                furthest
            })
            .collect();
        Intervals { entries, reach }
    }

    /// All entries, by the start of their ranges.
    pub(super) fn all(&self) -> impl Iterator<Item = &(Range<FileAddr>, T)> {
        self.entries.iter()
    }

    /// The innermost entry that covers the address: the one that begins last.
    pub(super) fn at(&self, at: FileAddr) -> Option<&(Range<FileAddr>, T)> {
        let behind = self.entries.partition_point(|(range, _)| range.start <= at);
        let before = self.entries.get(..behind)?.iter().zip(&self.reach).rev();
        before
            .take(MAX_STEPS)
            .take_while(|(_, reach)| at < **reach)
            .map(|(entry, _)| entry)
            .find(|(range, _)| range.contains(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(start: u64, end: u64) -> Range<FileAddr> {
        Range::new(FileAddr(start), FileAddr(end))
    }

    #[test]
    fn the_innermost_of_nested_ranges_answers() {
        let table = Intervals::new(vec![
            (range(10, 100), "outer"),
            (range(20, 30), "inner"),
            (range(20, 25), "innermost"),
            (range(40, 40), "empty"),
            (range(200, 210), "apart"),
        ]);
        let at = |address| table.at(FileAddr(address)).map(|(_, name)| *name);
        assert_eq!(at(9), None);
        assert_eq!(at(10), Some("outer"));
        assert_eq!(at(22), Some("innermost"));
        assert_eq!(at(27), Some("inner"));
        assert_eq!(at(40), Some("outer"));
        assert_eq!(at(100), None);
        assert_eq!(at(205), Some("apart"));
    }

    #[test]
    fn a_range_far_back_is_given_up_rather_than_searched_for_ever() {
        let mut entries = vec![(range(0, 1 << 40), 0)];
        entries.extend((1..5000).map(|i| (range(i * 10, i * 10 + 1), i)));
        let table = Intervals::new(entries);
        assert_eq!(table.at(FileAddr(15)).map(|(_, n)| *n), Some(0));
        assert_eq!(table.at(FileAddr(49_995)), None);
    }
}
