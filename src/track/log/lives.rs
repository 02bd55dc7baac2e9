//! From when to when each block lived, and how large it was, so that the table of live blocks can be
//! told as of any event of the log.

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::base::{At, BlockId, Event, EventKind, Seq, ThreadNo, VirtAddr};

/// A block that was alive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LiveBlock {
    /// Its ordinal.
    pub block: BlockId,
    /// Bytes it had.
    pub size: u64,
    /// Its alignment in bytes.
    pub align: u64,
    /// Where it lay.
    pub address: VirtAddr,
    /// The user's line that allocated it, where one is known.
    pub at: Option<At>,
    /// The thread that allocated it.
    pub thread: ThreadNo,
    /// The event of its allocation.
    pub allocated: Seq,
}

/// The lives of the blocks that were alive at some event that is kept.
#[derive(Debug, Default)]
pub(super) struct Lives {
    blocks: BTreeMap<BlockId, Life>,
    /// The blocks that are alive now, by address.
    open: HashMap<VirtAddr, BlockId>,
    resizes: VecDeque<Resize>,
    /// How many resizes were forgotten: the number of the first that is kept.
    forgotten: u64,
    lines: Vec<At>,
    line_of: HashMap<At, u32>,
}

/// One block. A million of them are not rare, so that nothing here owns memory.
#[derive(Clone, Copy, Debug)]
struct Life {
    begin: u64,
    /// The event that ended it; none ends at [`u64::MAX`].
    end: u64,
    address: VirtAddr,
    size: u64,
    /// The number of its last resize, behind those that were forgotten.
    resized: Option<u64>,
    align: u64,
    thread: ThreadNo,
    line: Option<u32>,
}

impl Life {
    /// Whether the block was alive after an event.
    fn is_alive(&self, event: u64) -> bool {
        self.begin <= event && event < self.end
    }
}

/// A reallocation.
#[derive(Clone, Copy, Debug)]
struct Resize {
    event: u64,
    block: BlockId,
    size: u64,
    address: VirtAddr,
    /// The number of the one before of the same block.
    before: Option<u64>,
}

impl Lives {
    /// Takes in what an event tells of blocks.
    pub fn take(&mut self, event: &Event) {
        let now = event.seq.0;
        match &event.kind {
            EventKind::Alloc { block, size, align, address } => {
                let line = event.at.as_ref().map(|at| self.line(at));
                self.open_at(*address, *block, now);
                let life = Life {
                    begin: now,
                    end: u64::MAX,
                    address: *address,
                    size: *size,
                    resized: None,
                    align: *align,
                    thread: event.thread,
                    line,
                };
                self.blocks.insert(*block, life);
            }
            EventKind::Realloc { block, size, address, .. } => {
                self.resized(*block, *size, *address, now)
            }
            EventKind::Free { block, .. } => self.ended(*block, now),
            // The memory of the old program is gone, with all that was allocated in it.
            EventKind::Exec { .. } => {
                let open: Vec<BlockId> = self.open.values().copied().collect();
                open.into_iter().for_each(|block| self.ended(block, now));
            }
            _ => {}
        }
    }

    /// Forgets what was over before an event.
    pub fn forget_before(&mut self, event: u64) {
        self.blocks.retain(|_, life| life.end > event);
        while let Some(oldest) = self.resizes.front().filter(|resize| resize.event < event) {
            let Resize { block, size, address, .. } = *oldest;
            let number = self.forgotten;
            self.resizes.pop_front();
            self.forgotten = self.forgotten.saturating_add(1);
            if let Some(life) = self.blocks.get_mut(&block) {
                (life.size, life.address) = (size, address);
                life.resized = life.resized.filter(|last| *last > number);
            }
        }
    }

    /// The blocks that were alive after an event, by ordinal.
    pub fn at(&self, event: u64) -> impl Iterator<Item = LiveBlock> {
        let alive = self.blocks.iter().filter(move |(_, life)| life.is_alive(event));
        alive.map(move |(block, life)| self.then(*block, life, event))
    }

    /// A block as it was after an event; none where it was not alive.
    pub fn of(&self, block: BlockId, event: u64) -> Option<LiveBlock> {
        let life = self.blocks.get(&block).filter(|life| life.is_alive(event))?;
        Some(self.then(block, life, event))
    }

    /// The event that ended a block; none where it has not ended, or that is forgotten.
    pub fn end_of(&self, block: BlockId) -> Option<u64> {
        self.blocks.get(&block).map(|life| life.end).filter(|end| *end < u64::MAX)
    }

    /// The event at which a block was allocated; none where that is forgotten or never was.
    pub fn begin_of(&self, block: BlockId) -> Option<u64> {
        self.blocks.get(&block).map(|life| life.begin)
    }

    fn resized(&mut self, block: BlockId, size: u64, address: VirtAddr, now: u64) {
        let number = self.forgotten.saturating_add(self.resizes.len() as u64);
        let Some(life) = self.blocks.get_mut(&block) else { return };
        let before = life.resized.replace(number);
        let old = before.and_then(|n| self.resize(n)).map(|resize| resize.address);
        let old = old.or_else(|| self.blocks.get(&block).map(|life| life.address));
        self.resizes.push_back(Resize { event: now, block, size, address, before });
        if let Some(old) = old.filter(|old| self.open.get(old) == Some(&block)) {
            self.open.remove(&old);
        }
        self.open_at(address, block, now);
    }

    /// A block begins at an address. One that was there has ended, whether or not that was seen.
    fn open_at(&mut self, address: VirtAddr, block: BlockId, now: u64) {
        if let Some(lost) = self.open.insert(address, block).filter(|lost| *lost != block)
            && let Some(life) = self.blocks.get_mut(&lost)
        {
            life.end = now;
        }
    }

    fn ended(&mut self, block: BlockId, now: u64) {
        let Some(life) = self.blocks.get_mut(&block) else { return };
        life.end = now;
        let (first, last) = (life.address, life.resized);
        let address = last.and_then(|n| self.resize(n)).map_or(first, |resize| resize.address);
        if self.open.get(&address) == Some(&block) {
            self.open.remove(&address);
        }
    }

    fn resize(&self, number: u64) -> Option<&Resize> {
        let index = number.checked_sub(self.forgotten)?;
        self.resizes.get(usize::try_from(index).ok()?)
    }

    /// A block as it was after an event.
    fn then(&self, block: BlockId, life: &Life, event: u64) -> LiveBlock {
        let (mut size, mut address) = (life.size, life.address);
        let mut next = life.resized;
        while let Some(resize) = next.and_then(|number| self.resize(number)) {
            if resize.event <= event {
                (size, address) = (resize.size, resize.address);
                break;
            }
            next = resize.before;
        }
        let at = life.line.and_then(|line| self.lines.get(usize::try_from(line).ok()?)).cloned();
        let (align, thread, allocated) = (life.align, life.thread, Seq(life.begin));
        LiveBlock { block, size, align, address, at, thread, allocated }
    }

    /// The number of a line: a program has far fewer of them than blocks.
    fn line(&mut self, at: &At) -> u32 {
        if let Some(known) = self.line_of.get(at) {
            return *known;
        }
        let number = u32::try_from(self.lines.len()).unwrap_or(u32::MAX);
        self.lines.push(at.clone());
        self.line_of.insert(at.clone(), number);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{alloc, event, free, realloc};
    use super::*;

    /// Ordinal, size and address of the blocks that were alive after an event.
    fn alive(lives: &Lives, event: u64) -> Vec<(u64, u64, u64)> {
        lives.at(event).map(|live| (live.block.0, live.size, live.address.0)).collect()
    }

    fn lives(events: &[Event]) -> Lives {
        let mut lives = Lives::default();
        events.iter().for_each(|event| lives.take(event));
        lives
    }

    #[test]
    fn a_block_lives_from_its_allocation_to_its_end() {
        let lives = lives(&[alloc(1, 1, 8, 0x10), alloc(2, 2, 16, 0x20), free(4, 1)]);
        assert_eq!(alive(&lives, 0), []);
        assert_eq!(alive(&lives, 1), [(1, 8, 0x10)]);
        assert_eq!(alive(&lives, 3), [(1, 8, 0x10), (2, 16, 0x20)]);
        assert_eq!(alive(&lives, 4), [(2, 16, 0x20)]);
        assert_eq!(lives.begin_of(BlockId(2)), Some(2));
        assert_eq!(lives.begin_of(BlockId(3)), None);
    }

    #[test]
    fn a_block_has_the_size_that_it_had_then() {
        let mut lives = lives(&[
            alloc(1, 1, 8, 0x10),
            realloc(2, 1, 16, 0x30),
            alloc(3, 2, 4, 0x10),
            realloc(4, 1, 32, 0x50),
        ]);
        assert_eq!(alive(&lives, 1), [(1, 8, 0x10)]);
        assert_eq!(alive(&lives, 3), [(1, 16, 0x30), (2, 4, 0x10)]);
        assert_eq!(alive(&lives, 4), [(1, 32, 0x50), (2, 4, 0x10)]);
        lives.take(&free(5, 1));
        assert_eq!(alive(&lives, 5), [(2, 4, 0x10)]);
    }

    #[test]
    fn a_block_whose_end_was_not_seen_ends_where_another_begins() {
        let lives = lives(&[alloc(1, 1, 8, 0x10), alloc(2, 2, 4, 0x10)]);
        assert_eq!(alive(&lives, 1), [(1, 8, 0x10)]);
        assert_eq!(alive(&lives, 2), [(2, 4, 0x10)]);
    }

    #[test]
    fn an_exec_ends_all_blocks() {
        let exec = event(3, EventKind::Exec { program: String::new() });
        let lives = lives(&[alloc(1, 1, 8, 0x10), realloc(2, 1, 9, 0x20), exec]);
        assert_eq!(alive(&lives, 2), [(1, 9, 0x20)]);
        assert_eq!(alive(&lives, 3), []);
    }

    #[test]
    fn what_is_forgotten_changes_nothing_of_what_is_kept() {
        let mut lives = lives(&[
            alloc(1, 1, 8, 0x10),
            alloc(2, 2, 8, 0x20),
            realloc(3, 1, 16, 0x30),
            free(4, 2),
            realloc(5, 1, 24, 0x40),
        ]);
        lives.forget_before(4);
        assert_eq!(alive(&lives, 4), [(1, 16, 0x30)]);
        assert_eq!(alive(&lives, 5), [(1, 24, 0x40)]);
        assert_eq!((lives.blocks.len(), lives.resizes.len()), (1, 1));
        lives.take(&realloc(6, 1, 32, 0x50));
        lives.forget_before(9);
        assert_eq!(alive(&lives, 9), [(1, 32, 0x50)]);
        assert_eq!(lives.resizes.len(), 0);
    }
}
