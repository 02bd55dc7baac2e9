//! Frees and reallocations of what is not there: noticed before the allocator is called.

use serde::Serialize;

use super::allocator::Family;
use super::run::Run;
use super::stop_source::Called;
use crate::base::{At, BlockId, Region, VirtAddr};
use crate::track::{AboutToEnd, AllocatorCall};

/// A call that frees or resizes what it may not.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct BadFree {
    /// The pointer.
    pub pointer: VirtAddr,
    /// The size in bytes that a `realloc` asks for; none where it is a `free`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub realloc: Option<u64>,
    /// The block that has been freed before; none where no block has begun there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block: Option<FreedBefore>,
    /// Where the pointer leads.
    pub leads_to: Region,
    /// The user's line that frees or resizes it now, where one is known.
    pub by: Option<At>,
}

/// The end of a block that is about to be freed once more, or to be resized.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FreedBefore {
    /// The block.
    pub block: BlockId,
    /// Bytes.
    pub size: u64,
    /// The user's line that allocated it, where one is known.
    pub allocated_at: Option<At>,
    /// The user's line that freed it, where one is known.
    pub freed_at: Option<At>,
}

impl Run {
    /// What is wrong with a call of `free` or `realloc`, where the program is to stop for that. Where allocations
    /// are made that the ledger does not see, nothing can be said.
    pub(super) fn bad_free(&mut self, called: &Called) -> Option<Box<BadFree>> {
        if !self.stops.happening.stops_for_bad_frees || !self.sees_every_block() {
            return None;
        }
        let (pointer, realloc) = match called.call() {
            AllocatorCall::Free { pointer } => (pointer, None),
            AllocatorCall::Realloc { pointer, size, .. } => (pointer, Some(size)),
            AllocatorCall::Alloc { .. } => return None,
        };
        let sp = called.registers.sp();
        let block = match self.ledger.about_to_end(called.thread, sp, pointer)? {
            AboutToEnd::Live(_) => return None,
            AboutToEnd::Unknown => None,
            AboutToEnd::Ended(ended) => Some(FreedBefore {
                block: ended.id,
                size: ended.size,
                allocated_at: ended.allocated_at.as_deref().cloned(),
                freed_at: ended.at.as_deref().cloned(),
            }),
        };
        let leads_to = self.region_beside(pointer, sp);
        let by = self.line_of_callers(&called.callers);
        Some(Box::new(BadFree { pointer, realloc, block, leads_to, by }))
    }

    /// The region of an address, where a stack pointer is known of the thread that has it: how far
    /// its stack goes is not always known yet.
    fn region_beside(&self, at: VirtAddr, sp: VirtAddr) -> Region {
        let mappings = self.inferior.modules().mappings();
        let stack = mappings.iter().find(|mapping| mapping.range.contains(sp));
        match self.regions().of(at) {
            Region::Anonymous if stack.is_some_and(|stack| stack.range.contains(at)) => {
                Region::Stack
            }
            region => region,
        }
    }

    /// Whether every block of Rust code has been seen since the process began. The dynamic linker
    /// takes memory from libc before anything is followed.
    fn sees_every_block(&self) -> bool {
        let attached = self.inferior.live().is_ok_and(|live| live.was_attached_to());
        self.family == Some(Family::Shims) && !attached && !self.stops.happening.misses_blocks
    }
}
