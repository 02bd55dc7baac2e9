//! Events for tests.

use crate::base::{At, BlockId, Event, EventKind, Evidence, Seq, ThreadNo, VirtAddr};

pub(super) fn event(seq: u64, kind: EventKind) -> Event {
    let (thread, evidence) = (ThreadNo(1), Evidence::Observed);
    let (at, stack_bytes, heap_bytes, blocks) = (None, None, None, None);
    Event { v: 1, seq: Seq(seq), kind, thread, evidence, at, stack_bytes, heap_bytes, blocks }
}

pub(super) fn at(function: &str, line: u32) -> At {
    At { function: function.to_owned(), file: Some("/src/main.rs".to_owned()), line: Some(line) }
}

pub(super) fn alloc(seq: u64, block: u64, size: u64, address: u64) -> Event {
    let (block, address) = (BlockId(block), VirtAddr(address));
    let event = event(seq, EventKind::Alloc { block, size, align: 8, address });
    Event { at: Some(at("krate::make", 3)), ..event }
}

pub(super) fn realloc(seq: u64, block: u64, size: u64, address: u64) -> Event {
    let (block, address) = (BlockId(block), VirtAddr(address));
    event(seq, EventKind::Realloc { block, old_size: 1, size, moved: true, address })
}

pub(super) fn free(seq: u64, block: u64) -> Event {
    let (allocated_at, allocated_by, drop) = (Some(at("krate::make", 3)), None, None);
    let kind = EventKind::Free { block: BlockId(block), size: 8, allocated_at, allocated_by, drop };
    Event { at: Some(at("krate::end", 9)), ..event(seq, kind) }
}
