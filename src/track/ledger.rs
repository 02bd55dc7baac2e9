//! The table of blocks, kept from allocator calls.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::graves::Graves;
use super::open_calls::OpenCalls;
use super::record::{AllocatorCall, Record, What};
use crate::base::{At, BlockId, BlockRef, ThreadNo, Totals, VirtAddr};

/// How many ended blocks are remembered, to name what a stale pointer led to.
const MOST_ENDED: usize = 1 << 20;

/// The blocks of a program, from records alone.
#[derive(Debug, Default)]
pub struct Ledger {
    live: BTreeMap<VirtAddr, Block>,
    /// The last block that ended at an address where none has begun since. One entry an address,
    /// so that a program that allocates for ever in the same places does not grow it; for one that
    /// never uses an address again, the older half is forgotten at [`MOST_ENDED`].
    ended: HashMap<VirtAddr, Ended>,
    /// The live blocks that began where another had ended.
    reused: HashSet<BlockId>,
    /// The memory that those had.
    graves: Graves,
    calls: OpenCalls<OpenCall>,
    next: u64,
    bytes: u64,
    totals: Totals,
}

/// A live block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    /// Its ordinal.
    pub id: BlockId,
    /// Bytes asked for.
    pub size: u64,
    /// Alignment asked for, in bytes.
    pub align: u64,
    /// The user's line that allocated it, where one is known.
    pub at: Option<Arc<At>>,
    /// The thread that allocated it.
    pub thread: ThreadNo,
}

/// A block that has ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ended {
    /// Its ordinal.
    pub id: BlockId,
    /// The user's line that freed it, where one is known.
    pub at: Option<Arc<At>>,
    /// Its bytes, when it ended.
    pub size: u64,
    /// The user's line that allocated it, where one is known.
    pub allocated_at: Option<Arc<At>>,
}

/// What a record did to the table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// A block began here.
    Began {
        /// Where it lies.
        address: VirtAddr,
        /// The block.
        block: Block,
    },
    /// A block changed its size.
    Resized {
        /// Where it lay.
        from: VirtAddr,
        /// Where it lies.
        address: VirtAddr,
        /// Bytes before.
        old_size: u64,
        /// The block as it is now.
        block: Block,
        /// The user's line that did it.
        at: Option<Arc<At>>,
    },
    /// A block ended.
    Freed {
        /// The block as it was.
        block: Block,
        /// The user's line that did it.
        at: Option<Arc<At>>,
    },
    /// A pointer was freed, or is to be reallocated, at which no live block begins.
    UnknownFree {
        /// The pointer.
        address: VirtAddr,
        /// The block that had lain there, if there was one.
        ended: Option<Ended>,
        /// The bytes that a `realloc` asks for; none where it is a `free`.
        realloc: Option<u64>,
        /// The user's line that did it.
        at: Option<Arc<At>>,
    },
}

/// What a call of `free` is about to end, or one of `realloc` to resize.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AboutToEnd<'a> {
    /// A block that is alive.
    Live(&'a Block),
    /// A block that has ended already, where no other has begun since.
    Ended(&'a Ended),
    /// Nothing that is known.
    Unknown,
}

/// An allocator call that has not returned.
#[derive(Debug)]
struct OpenCall {
    call: AllocatorCall,
    at: Option<Arc<At>>,
    /// What `realloc` took out of the table when it was entered: from then on the old address may
    /// be given to another thread.
    taken: Option<Block>,
}

impl Ledger {
    /// Takes a record in. `line` finds the user's line among the callers; it is asked only where a
    /// call begins.
    pub fn apply(
        &mut self,
        record: &Record,
        line: &mut dyn FnMut(&[VirtAddr]) -> Option<Arc<At>>,
    ) -> Option<Change> {
        match record.what {
            What::AllocatorEntered(call) => self.entered(record, call, line),
            What::AllocatorReturned { result } => self.returned(record, result),
            What::ThreadEnded => {
                self.calls.thread_ended(record.thread);
                None
            }
        }
    }

    /// What the call of `free` will end, or that of `realloc` take, that a thread is about to make
    /// with this stack pointer; none where the ledger will not count it: the pointer is null, or the
    /// allocator calls it for itself.
    pub fn about_to_end(
        &self,
        thread: ThreadNo,
        sp: VirtAddr,
        pointer: VirtAddr,
    ) -> Option<AboutToEnd<'_>> {
        if pointer == VirtAddr(0) || self.calls.is_within(thread, sp) {
            return None;
        }
        let ended = || self.ended.get(&pointer).map_or(AboutToEnd::Unknown, AboutToEnd::Ended);
        Some(self.live.get(&pointer).map_or_else(ended, AboutToEnd::Live))
    }

    /// The live block that begins at an address.
    pub fn block_from(&self, at: VirtAddr) -> Option<&Block> {
        self.live.get(&at)
    }

    /// The live block that contains an address, and the offset into it. The end of a block is not
    /// in it, but a block of size zero contains its own address.
    pub fn block_at(&self, at: VirtAddr) -> Option<(&Block, u64)> {
        let (start, block) = self.live.range(..=at).next_back()?;
        let offset = at - *start;
        (offset < block.size || offset == 0).then_some((block, offset))
    }

    /// The block that ended at an address, if no other has begun there since.
    pub fn ended_from(&self, at: VirtAddr) -> Option<&Ended> {
        self.ended.get(&at)
    }

    /// Whether a live block began where another had ended: a pointer to it may be one to that other.
    pub fn is_reused(&self, block: BlockId) -> bool {
        self.reused.contains(&block)
    }

    /// The block that had lain at an address in which no live block lies, and the offset into it. Of
    /// several that of the last end.
    pub fn ended_at(&self, at: VirtAddr) -> Option<(&Ended, u64)> {
        self.graves.at(at)
    }

    /// The first of some bytes that lie where a block had lain, and no live block lies.
    pub fn ended_within(&self, at: VirtAddr, len: u64) -> Option<VirtAddr> {
        self.graves.first_within(at, len)
    }

    /// Live blocks by address.
    pub fn live(&self) -> impl Iterator<Item = (VirtAddr, &Block)> {
        self.live.iter().map(|(at, block)| (*at, block))
    }

    /// Bytes in live blocks.
    pub fn live_bytes(&self) -> u64 {
        self.bytes
    }

    /// Number of live blocks.
    pub fn live_blocks(&self) -> u64 {
        self.live.len() as u64
    }

    /// The sums so far; blocks alive now count as leaked.
    pub fn totals(&self) -> Totals {
        Totals { leaked: self.live_blocks(), leaked_bytes: self.bytes, ..self.totals }
    }

    /// The live blocks by ordinal, as they are named at the end.
    pub fn alive(&self) -> Vec<BlockRef> {
        let mut alive: Vec<_> = self
            .live
            .values()
            .map(|b| BlockRef {
                block: b.id,
                size: b.size,
                at: b.at.as_deref().cloned(),
                keeper: None,
            })
            .collect();
        alive.sort_by_key(|block| block.block);
        alive
    }

    /// The address space was replaced: nothing that was alive exists any more.
    pub fn forget_all(&mut self) {
        self.live.clear();
        self.ended.clear();
        self.reused.clear();
        self.graves.forget_all();
        self.calls.clear();
        self.bytes = 0;
    }

    fn entered(
        &mut self,
        record: &Record,
        call: AllocatorCall,
        line: &mut dyn FnMut(&[VirtAddr]) -> Option<Arc<At>>,
    ) -> Option<Change> {
        if !self.calls.entered(record.thread, record.sp) {
            return None;
        }
        let at = line(&record.callers);
        if let AllocatorCall::Free { pointer } = call {
            return self.freed(pointer, at);
        }
        let (taken, unknown) = match call {
            AllocatorCall::Realloc { pointer, size, .. } => match self.live.remove(&pointer) {
                Some(block) => (Some(block), None),
                None => (None, self.unknown(pointer, Some(size), at.clone())),
            },
            _ => (None, None),
        };
        self.calls.open(record.thread, record.sp, OpenCall { call, at, taken });
        unknown
    }

    /// What is told of a pointer that is freed or reallocated and begins no block; nothing of null.
    fn unknown(
        &self,
        pointer: VirtAddr,
        realloc: Option<u64>,
        at: Option<Arc<At>>,
    ) -> Option<Change> {
        let ended = self.ended.get(&pointer).cloned();
        let change = Change::UnknownFree { address: pointer, ended, realloc, at };
        (pointer != VirtAddr(0)).then_some(change)
    }

    fn returned(&mut self, record: &Record, result: VirtAddr) -> Option<Change> {
        let open = self.calls.returned(record.thread, record.sp)?;
        match open.call {
            AllocatorCall::Alloc { size, align } => {
                self.began(record.thread, result, size, align, open.at)
            }
            AllocatorCall::Realloc { pointer, size, align } => match open.taken {
                // `realloc(p, 0)` of glibc frees and returns null (malloc(3)). Rust's does not exist:
                // `GlobalAlloc::realloc` forbids a size of zero.
                Some(block) if size == 0 && result == VirtAddr(0) => {
                    self.live.insert(pointer, block);
                    self.freed(pointer, open.at)
                }
                Some(block) => self.resized(block, pointer, result, size, open.at),
                // `realloc(NULL, n)`, or of a block that was allocated before the ledger began.
                None => self.began(record.thread, result, size, align, open.at),
            },
            AllocatorCall::Free { .. } => None,
        }
    }

    fn began(
        &mut self,
        thread: ThreadNo,
        address: VirtAddr,
        size: u64,
        align: u64,
        at: Option<Arc<At>>,
    ) -> Option<Change> {
        if address == VirtAddr(0) {
            return None;
        }
        self.next += 1;
        let block = Block { id: BlockId(self.next), size, align, at, thread };
        self.totals.allocated += 1;
        self.totals.bytes = self.totals.bytes.saturating_add(size);
        self.put(address, block.clone());
        Some(Change::Began { address, block })
    }

    fn resized(
        &mut self,
        mut block: Block,
        from: VirtAddr,
        address: VirtAddr,
        size: u64,
        at: Option<Arc<At>>,
    ) -> Option<Change> {
        if address == VirtAddr(0) {
            // A failed reallocation leaves the block as it was (`GlobalAlloc::realloc`).
            self.live.insert(from, block);
            return None;
        }
        let old_size = block.size;
        self.bytes -= old_size;
        block.size = size;
        self.totals.reallocated += 1;
        self.totals.bytes = self.totals.bytes.saturating_add(size.saturating_sub(old_size));
        if address != from {
            let allocated_at = block.at.clone();
            self.end(from, Ended { id: block.id, at: None, size: old_size, allocated_at });
        }
        self.put(address, block.clone());
        Some(Change::Resized { from, address, old_size, block, at })
    }

    fn put(&mut self, address: VirtAddr, block: Block) {
        if self.ended.remove(&address).is_some() {
            self.reused.insert(block.id);
        }
        self.graves.clear(address, block.size);
        self.bytes = self.bytes.saturating_add(block.size);
        self.totals.peak_bytes = self.totals.peak_bytes.max(self.bytes);
        if let Some(lost) = self.live.insert(address, block) {
            // Its end was not seen: a free that passed around the hooks.
            self.bytes -= lost.size;
        }
    }

    fn end(&mut self, at: VirtAddr, ended: Ended) {
        if self.ended.len() >= MOST_ENDED || self.graves.len() >= 2 * MOST_ENDED {
            let mut ids: Vec<_> = self.ended.values().map(|ended| ended.id).collect();
            let half = ids.len() / 2;
            let (_, middle, _) = ids.select_nth_unstable(half);
            let middle = *middle;
            self.ended.retain(|_, ended| ended.id > middle);
            self.graves.forget_up_to(middle);
        }
        self.reused.remove(&ended.id);
        self.graves.bury(at, ended.clone());
        self.ended.insert(at, ended);
    }

    fn freed(&mut self, pointer: VirtAddr, at: Option<Arc<At>>) -> Option<Change> {
        let Some(block) = self.live.remove(&pointer) else {
            return self.unknown(pointer, None, at);
        };
        self.bytes -= block.size;
        self.totals.freed += 1;
        let (size, allocated_at) = (block.size, block.at.clone());
        self.end(pointer, Ended { id: block.id, at: at.clone(), size, allocated_at });
        Some(Change::Freed { block, at })
    }
}

#[cfg(test)]
mod tests;
