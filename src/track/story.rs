//! The story of each block, from the events of a run.

use std::collections::HashMap;

use serde::Serialize;

use crate::base::{At, BlockId, BorrowKind, Event, EventKind, Seq, ThreadNo};

/// Blocks whose stories are kept at most. Beyond them the older half of those that have ended is
/// forgotten.
const MOST: usize = 1 << 20;

/// Resizes and moves of one block that are kept at most, each.
const EACH: usize = 1 << 10;

/// When, in which thread and at which line something happened.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Moment {
    /// The position among the events of the run.
    pub seq: Seq,
    /// The thread.
    pub thread: ThreadNo,
    /// The user's line that caused it, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<At>,
}

/// The story of a heap block, from its allocation to its end.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Story {
    /// Its ordinal in the run.
    pub id: BlockId,
    /// Its size at first, in bytes.
    pub size: u64,
    /// Its alignment, in bytes.
    pub align: u64,
    /// Its allocation.
    pub allocated: Moment,
    /// Its reallocations, in order.
    pub resized: Vec<Resized>,
    /// The moves from one owner to another that were inferred, in order.
    pub moved: Vec<Moved>,
    /// The borrows of its owner that were inferred, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lent: Vec<LentTo>,
    /// Its ends: one, or none. More say that the program freed it twice, or resized it afterwards.
    pub freed: Vec<Freed>,
    /// How many events it has behind the moment of the past that it is told of; zero where it is told
    /// to its end.
    #[serde(skip_serializing_if = "is_zero")]
    pub later: usize,
}

/// A reallocation.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Resized {
    /// When and where.
    pub moment: Moment,
    /// Bytes from then on.
    pub size: u64,
}

/// A move: inferred, because it leaves no mark in the machine code.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Moved {
    /// When it was seen, and where.
    pub moment: Moment,
    /// The owner before, as a place: `main::value`.
    pub from: String,
    /// The owner from then on.
    pub to: String,
}

/// A borrow of the value that owns the block: inferred, because a reference is a number like any
/// other.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct LentTo {
    /// When it was seen first, and where it began.
    pub moment: Moment,
    /// The value that was borrowed, as a place: `main::value`.
    pub from: String,
    /// The variable that held the reference.
    pub to: String,
    /// What the reference let it do.
    pub kind: BorrowKind,
    /// Whether it could not be told that the reference was still used.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub perhaps: bool,
    /// When it was seen to be over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Seq>,
}

/// The end of a block, or an attempt to end or resize it once more.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Freed {
    /// When and where.
    pub moment: Moment,
    /// The size in bytes that a `realloc` asks for, of a block that had ended before; none where it is
    /// a `free`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub realloc: Option<u64>,
}

impl Story {
    /// Its size when it ended, or when the program did, in bytes.
    pub fn last_size(&self) -> u64 {
        self.resized.last().map_or(self.size, |resized| resized.size)
    }

    /// How many of its events come behind one of the run.
    pub fn events_after(&self, seq: Seq) -> usize {
        let resized = self.resized.iter().map(|resized| &resized.moment);
        let moved = self.moved.iter().map(|moved| &moved.moment);
        let lent = self.lent.iter().map(|lent| &lent.moment);
        let freed = self.freed.iter().map(|freed| &freed.moment);
        let all = std::iter::once(&self.allocated).chain(resized).chain(moved).chain(lent);
        all.chain(freed).filter(|moment| moment.seq > seq).count()
    }

    /// The story until an event, which is not before its allocation.
    pub fn until(mut self, seq: Seq) -> Story {
        self.later = self.events_after(seq);
        self.resized.retain(|resized| resized.moment.seq <= seq);
        self.moved.retain(|moved| moved.moment.seq <= seq);
        self.lent.retain(|lent| lent.moment.seq <= seq);
        self.freed.retain(|freed| freed.moment.seq <= seq);
        for lent in &mut self.lent {
            lent.until = lent.until.filter(|end| *end <= seq);
        }
        self
    }
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// The stories of all blocks of a run.
#[derive(Clone, PartialEq, Debug)]
pub struct Stories {
    blocks: HashMap<BlockId, Story>,
    forgotten: u64,
    /// How many there are before some are forgotten again.
    room: usize,
    most: usize,
}

impl Default for Stories {
    fn default() -> Stories {
        Stories::at_most(MOST)
    }
}

impl Stories {
    /// Of so many blocks, unless more are alive at one time.
    pub fn at_most(most: usize) -> Stories {
        Stories { blocks: HashMap::new(), forgotten: 0, room: most, most }
    }

    /// Takes in what an event tells of a block.
    pub fn take(&mut self, event: &Event) {
        let moment = Moment { seq: event.seq, thread: event.thread, at: event.at.clone() };
        match &event.kind {
            EventKind::Alloc { block, size, align, .. } => {
                self.make_room();
                self.blocks.insert(
                    *block,
                    Story {
                        id: *block,
                        size: *size,
                        align: *align,
                        allocated: moment,
                        resized: Vec::new(),
                        moved: Vec::new(),
                        lent: Vec::new(),
                        freed: Vec::new(),
                        later: 0,
                    },
                );
            }
            EventKind::Realloc { block, size, .. } => {
                self.with(*block, |story| {
                    push(&mut story.resized, Resized { moment, size: *size })
                });
            }
            EventKind::Move { block, with, from, to } => {
                for block in std::iter::once(block).chain(with) {
                    let (moment, from, to) = (moment.clone(), from.clone(), to.clone());
                    self.with(*block, |story| push(&mut story.moved, Moved { moment, from, to }));
                }
            }
            EventKind::Borrow { from, to, kind, perhaps, blocks } => {
                for block in blocks {
                    let (moment, from, to) = (moment.clone(), from.clone(), to.clone());
                    let (kind, perhaps, until) = (*kind, *perhaps, None);
                    self.with(*block, |story| {
                        push(&mut story.lent, LentTo { moment, from, to, kind, perhaps, until });
                    });
                }
            }
            EventKind::BorrowEnd { from, to, kind, blocks } => {
                for block in blocks {
                    self.with(*block, |story| {
                        let same = |lent: &&mut LentTo| {
                            lent.until.is_none()
                                && (&lent.from, &lent.to, lent.kind) == (from, to, *kind)
                        };
                        if let Some(lent) = story.lent.iter_mut().rev().find(same) {
                            lent.until = Some(moment.seq);
                        }
                    });
                }
            }
            EventKind::Free { block, .. } => {
                self.with(*block, |story| push(&mut story.freed, Freed { moment, realloc: None }));
            }
            EventKind::UnknownFree { ended: Some(block), realloc, .. } => {
                let realloc = *realloc;
                self.with(*block, |story| push(&mut story.freed, Freed { moment, realloc }));
            }
            _ => {}
        }
    }

    /// The story of a block; none for one that was forgotten, or that there never was.
    pub fn of(&self, block: BlockId) -> Option<&Story> {
        self.blocks.get(&block)
    }

    /// All of them, in the order of their allocation.
    pub fn in_order(&self) -> Vec<&Story> {
        let mut all: Vec<_> = self.blocks.values().collect();
        all.sort_unstable_by_key(|story| story.id);
        all
    }

    /// How many blocks were forgotten.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    fn with(&mut self, block: BlockId, tell: impl FnOnce(&mut Story)) {
        if let Some(story) = self.blocks.get_mut(&block) {
            tell(story);
        }
    }

    fn make_room(&mut self) {
        if self.blocks.len() < self.room {
            return;
        }
        let ended = self.blocks.values().filter(|story| !story.freed.is_empty());
        let mut ended: Vec<_> = ended.map(|story| story.id).collect();
        ended.sort_unstable();
        for block in ended.iter().take(ended.len() / 2 + 1) {
            self.forgotten = self.forgotten.saturating_add(1);
            self.blocks.remove(block);
        }
        // Where most of them are alive, there is nothing to forget for as long again.
        self.room = self.most.max(self.blocks.len().saturating_mul(2));
    }
}

/// Keeps the first events, and of the later ones the last: that is what the block is now.
fn push<T>(list: &mut Vec<T>, event: T) {
    if list.len() >= EACH {
        list.pop();
    }
    list.push(event);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Evidence, VirtAddr};

    #[test]
    fn of_many_changes_the_first_are_kept_and_the_last() {
        let mut list = Vec::new();
        (0..5000).for_each(|n| push(&mut list, n));
        assert_eq!((list.len(), list.first(), list.last()), (EACH, Some(&0), Some(&4999)));
    }

    fn event(seq: u64, kind: EventKind) -> Event {
        let (thread, evidence) = (ThreadNo(1), Evidence::Observed);
        let (at, stack_bytes, heap_bytes, blocks) = (None, None, None, None);
        Event { v: 1, seq: Seq(seq), kind, thread, evidence, at, stack_bytes, heap_bytes, blocks }
    }

    fn alloc(seq: u64, block: u64) -> Event {
        let (block, address) = (BlockId(block), VirtAddr(0x1000));
        event(seq, EventKind::Alloc { block, size: 8, align: 8, address })
    }

    fn free(seq: u64, block: u64) -> Event {
        let kind = EventKind::Free {
            block: BlockId(block),
            size: 8,
            allocated_at: None,
            allocated_by: None,
            drop: None,
        };
        event(seq, kind)
    }

    #[test]
    fn a_story_is_told_in_the_order_of_events() {
        let mut stories = Stories::default();
        let (from, to) = ("main::a".to_owned(), "main::b".to_owned());
        stories.take(&alloc(1, 1));
        stories.take(&alloc(2, 2));
        let moved = EventKind::Move { block: BlockId(1), with: vec![BlockId(2)], from, to };
        stories.take(&event(3, moved));
        stories.take(&free(4, 1));
        let story = stories.of(BlockId(1)).expect("it was allocated");
        assert_eq!((story.moved[0].to.as_str(), story.freed[0].moment.seq), ("main::b", Seq(4)));
        assert_eq!(stories.of(BlockId(2)).map(|story| story.moved.len()), Some(1));
        assert_eq!(stories.in_order().len(), 2);
    }

    #[test]
    fn a_borrow_belongs_to_the_blocks_of_its_owner_and_ends() {
        let mut stories = Stories::default();
        stories.take(&alloc(1, 1));
        let (from, to) = (|| "main::a".to_owned(), || "f::r".to_owned());
        let (kind, blocks) = (BorrowKind::Unique, || vec![BlockId(1)]);
        let begun =
            |to| EventKind::Borrow { from: from(), to, kind, perhaps: false, blocks: blocks() };
        stories.take(&event(2, begun(to())));
        stories.take(&event(3, begun("g::s".to_owned())));
        let ended = EventKind::BorrowEnd { from: from(), to: to(), kind, blocks: blocks() };
        stories.take(&event(4, ended));
        let story = stories.of(BlockId(1)).expect("it was allocated");
        let lent: Vec<_> = story.lent.iter().map(|lent| (lent.to.as_str(), lent.until)).collect();
        assert_eq!(lent, [("f::r", Some(Seq(4))), ("g::s", None)]);
    }

    #[test]
    fn a_story_is_told_until_an_event_and_counts_what_follows() {
        let mut stories = Stories::default();
        stories.take(&alloc(1, 1));
        let (from, to) = (|| "main::a".to_owned(), || "f::r".to_owned());
        let (kind, blocks) = (BorrowKind::Shared, || vec![BlockId(1)]);
        let (perhaps, with) = (false, Vec::new());
        let lent = EventKind::Borrow { from: from(), to: to(), kind, perhaps, blocks: blocks() };
        stories.take(&event(2, lent));
        let over = EventKind::BorrowEnd { from: from(), to: to(), kind, blocks: blocks() };
        stories.take(&event(4, over));
        let moved = EventKind::Move { block: BlockId(1), with, from: from(), to: to() };
        stories.take(&event(5, moved));
        stories.take(&free(6, 1));
        let story = stories.of(BlockId(1)).expect("it was allocated");
        let told = [1, 2, 4, 5, 6].map(|seq| {
            let then = story.clone().until(Seq(seq));
            let over = then.lent.first().and_then(|lent| lent.until);
            (then.lent.len(), over, then.moved.len(), then.freed.len(), then.later)
        });
        let over = Some(Seq(4));
        let all = [(0, None, 0, 0, 3), (1, None, 0, 0, 2), (1, over, 0, 0, 2), (1, over, 1, 0, 1)];
        assert_eq!((&told[..4], told[4]), (&all[..], (1, over, 1, 1, 0)));
    }

    #[test]
    fn a_second_free_belongs_to_the_block_that_had_ended() {
        let mut stories = Stories::default();
        stories.take(&alloc(1, 1));
        stories.take(&free(2, 1));
        let (address, ended) = (VirtAddr(0x1000), Some(BlockId(1)));
        let (allocated_at, freed_at) = (None, None);
        let realloc = None;
        let again = EventKind::UnknownFree { address, ended, allocated_at, freed_at, realloc };
        stories.take(&event(3, again));
        assert_eq!(stories.of(BlockId(1)).map(|story| story.freed.len()), Some(2));
    }

    #[test]
    fn those_of_live_blocks_are_kept_however_many_there_are() {
        let mut stories = Stories::at_most(10);
        (1..=100).for_each(|n| stories.take(&alloc(n, n)));
        assert_eq!((stories.in_order().len(), stories.forgotten()), (100, 0));
        (1..=60).for_each(|n| stories.take(&free(100 + n, n)));
        (101..=200).for_each(|n| stories.take(&alloc(200 + n, n)));
        assert!(stories.forgotten() > 0 && stories.of(BlockId(1)).is_none());
        assert!((61..=200).all(|n| stories.of(BlockId(n)).is_some()));
    }

    #[test]
    fn where_there_are_too_many_the_oldest_that_ended_are_forgotten() {
        let mut stories = Stories::default();
        for n in 1..=MOST as u64 {
            stories.take(&alloc(2 * n, n));
            if n % 2 == 0 {
                stories.take(&free(2 * n + 1, n));
            }
        }
        assert_eq!(stories.forgotten(), 0);
        stories.take(&alloc(u64::MAX, u64::MAX));
        assert!(stories.forgotten() > 0 && stories.of(BlockId(2)).is_none());
        assert!(stories.of(BlockId(1)).is_some(), "it is alive");
    }
}
