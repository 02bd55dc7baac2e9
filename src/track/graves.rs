//! Where blocks have lain that ended: what a pointer into freed memory leads to.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::ledger::Ended;
use crate::base::VirtAddr;

/// The memory of blocks that have ended, as far as no other block has begun there since. Its pieces
/// do not overlap, and none lies in a live block.
#[derive(Debug, Default)]
pub(super) struct Graves {
    pieces: BTreeMap<VirtAddr, Piece>,
}

/// A piece of the memory of a block that has ended.
#[derive(Clone, Debug)]
struct Piece {
    /// Behind its last byte.
    end: VirtAddr,
    /// Where the block began.
    start: VirtAddr,
    ended: Ended,
}

impl Graves {
    /// The block that had lain at an address when that was freed last, and the offset into it.
    pub fn at(&self, at: VirtAddr) -> Option<(&Ended, u64)> {
        let (_, piece) = self.pieces.range(..=at).next_back()?;
        (at < piece.end).then(|| (&piece.ended, at - piece.start))
    }

    /// The first of some bytes that lies in a block that ended.
    pub fn first_within(&self, at: VirtAddr, len: u64) -> Option<VirtAddr> {
        if self.at(at).is_some() {
            return Some(at);
        }
        let end = VirtAddr(at.0.saturating_add(len));
        (at < end).then(|| self.pieces.range(at..end).next().map(|(start, _)| *start))?
    }

    /// How many pieces there are.
    pub fn len(&self) -> usize {
        self.pieces.len()
    }

    /// A block of some bytes has ended.
    pub fn bury(&mut self, start: VirtAddr, ended: Ended) {
        let end = VirtAddr(start.0.saturating_add(ended.size));
        self.clear(start, ended.size);
        if start < end {
            self.pieces.insert(start, Piece { end, start, ended });
        }
    }

    /// A block begins: what lay in its memory is no longer there.
    pub fn clear(&mut self, start: VirtAddr, size: u64) {
        let end = VirtAddr(start.0.saturating_add(size));
        if start >= end {
            return;
        }
        // The piece before can reach into it, and beyond it.
        let before = self.pieces.range_mut(..start).next_back();
        if let Some((_, piece)) = before.filter(|(_, piece)| piece.end > start) {
            let rest = Piece { end: piece.end, ..piece.clone() };
            piece.end = start;
            if rest.end > end {
                self.pieces.insert(end, rest);
            }
        }
        let within = (Bound::Included(start), Bound::Excluded(end));
        let inside: Vec<VirtAddr> = self.pieces.range(within).map(|(at, _)| *at).collect();
        for at in inside {
            if let Some(piece) = self.pieces.remove(&at)
                && piece.end > end
            {
                self.pieces.insert(end, piece);
            }
        }
    }

    /// Forgets the blocks up to an ordinal.
    pub fn forget_up_to(&mut self, last: crate::base::BlockId) {
        self.pieces.retain(|_, piece| piece.ended.id > last);
    }

    /// The address space was replaced.
    pub fn forget_all(&mut self) {
        self.pieces.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::BlockId;

    fn ended(id: u64, size: u64) -> Ended {
        Ended { id: BlockId(id), at: None, size, allocated_at: None }
    }

    fn at(graves: &Graves, address: u64) -> Option<(u64, u64)> {
        graves.at(VirtAddr(address)).map(|(ended, offset)| (ended.id.0, offset))
    }

    #[test]
    fn every_byte_of_a_block_that_ended_leads_to_it_until_another_begins_there() {
        let mut graves = Graves::default();
        graves.bury(VirtAddr(100), ended(1, 100));
        assert_eq!((at(&graves, 99), at(&graves, 200)), (None, None));
        assert_eq!((at(&graves, 100), at(&graves, 199)), (Some((1, 0)), Some((1, 99))));
        // A smaller block begins in the middle.
        graves.clear(VirtAddr(140), 20);
        assert_eq!((at(&graves, 139), at(&graves, 140)), (Some((1, 39)), None));
        assert_eq!((at(&graves, 159), at(&graves, 160)), (None, Some((1, 60))));
        graves.bury(VirtAddr(140), ended(2, 20));
        assert_eq!((at(&graves, 150), at(&graves, 170)), (Some((2, 10)), Some((1, 70))));
        // One that covers them all.
        graves.clear(VirtAddr(90), 105);
        assert_eq!((at(&graves, 150), at(&graves, 196)), (None, Some((1, 96))));
        assert_eq!(graves.len(), 1);
        let first = |at: u64, len| graves.first_within(VirtAddr(at), len).map(|at| at.0);
        assert_eq!((first(190, 5), first(190, 6), first(196, 1)), (None, Some(195), Some(196)));
        assert_eq!((first(196, 0), first(200, u64::MAX)), (Some(196), None));
    }

    #[test]
    fn blocks_without_bytes_and_at_the_end_of_memory_do_no_harm() {
        let mut graves = Graves::default();
        graves.bury(VirtAddr(8), ended(1, 0));
        graves.clear(VirtAddr(8), 0);
        graves.bury(VirtAddr(u64::MAX - 4), ended(2, u64::MAX));
        graves.clear(VirtAddr(0), u64::MAX);
        assert_eq!(graves.len(), 0);
        graves.bury(VirtAddr(64), ended(3, 8));
        graves.forget_up_to(BlockId(3));
        assert_eq!(at(&graves, 64), None);
    }
}
