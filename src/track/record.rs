//! What a source reports of the program, complete in itself.

use crate::base::{Seq, ThreadNo, VirtAddr};

/// One thing that a source saw. The ledger never goes back to the process to complete it, so that
/// a source may run ahead of the ledger, or have ended long ago.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// The order in which the source saw it.
    pub seq: Seq,
    /// The thread in which it happened.
    pub thread: ThreadNo,
    /// The stack pointer at the first instruction of the function, where the return address lies;
    /// for a return, what it was at the call's entry.
    pub sp: VirtAddr,
    /// Addresses inside the calls that led here, innermost first, as far as they were asked for:
    /// each is a return address minus one.
    pub callers: Vec<VirtAddr>,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// A function of the allocator was entered.
    AllocatorEntered(AllocatorCall),
    /// It returned this pointer; zero says that it failed.
    AllocatorReturned {
        /// What it returned in rax; for `posix_memalign`, the pointer that it stored.
        result: VirtAddr,
    },
    /// The thread ended, and what it had begun will not return.
    ThreadEnded,
}

/// A call of the allocator with its arguments. Sizes and alignments are in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AllocatorCall {
    /// `__rust_alloc`, `__rust_alloc_zeroed`, `malloc`, `calloc`, `aligned_alloc` and their like.
    Alloc {
        /// Bytes asked for.
        size: u64,
        /// Alignment asked for; 16 where malloc's own is meant (psABI, max_align_t).
        align: u64,
    },
    /// `__rust_realloc`, `realloc`.
    Realloc {
        /// The block as it was; null for a `realloc` that allocates.
        pointer: VirtAddr,
        /// Bytes asked for.
        size: u64,
        /// The alignment, which stays.
        align: u64,
    },
    /// `__rust_dealloc`, `free`.
    Free {
        /// The block.
        pointer: VirtAddr,
    },
}
