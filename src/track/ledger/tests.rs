//! Records written by hand.

use std::collections::VecDeque;

use super::*;
use crate::base::Seq;
use crate::track::Source;

const MAIN: ThreadNo = ThreadNo(1);

fn record(thread: ThreadNo, sp: u64, what: What) -> Record {
    Record { seq: Seq(1), thread, sp: VirtAddr(sp), callers: vec![VirtAddr(sp + 1)], what }
}

fn apply(ledger: &mut Ledger, record: &Record) -> Option<Change> {
    ledger.apply(record, &mut |callers| {
        let line = u32::try_from(callers.first()?.0).ok();
        Some(Arc::new(At { function: "t::f".into(), file: None, line }))
    })
}

fn call(ledger: &mut Ledger, thread: ThreadNo, sp: u64, call: AllocatorCall) -> Option<Change> {
    apply(ledger, &record(thread, sp, What::AllocatorEntered(call)))
}

fn ret(ledger: &mut Ledger, thread: ThreadNo, sp: u64, result: u64) -> Option<Change> {
    let what = What::AllocatorReturned { result: VirtAddr(result) };
    apply(ledger, &record(thread, sp, what))
}

fn alloc(ledger: &mut Ledger, sp: u64, size: u64, result: u64) -> Option<Change> {
    call(ledger, MAIN, sp, AllocatorCall::Alloc { size, align: 8 });
    ret(ledger, MAIN, sp, result)
}

#[test]
fn a_block_begins_when_the_call_returns_and_ends_when_free_is_entered() {
    let mut ledger = Ledger::default();
    assert_eq!(call(&mut ledger, MAIN, 100, AllocatorCall::Alloc { size: 16, align: 1 }), None);
    assert_eq!(ledger.live_blocks(), 0);
    let Some(Change::Began { address, block }) = ret(&mut ledger, MAIN, 100, 0x5000) else {
        panic!("no block began")
    };
    assert_eq!((address, block.id, block.size, block.align), (VirtAddr(0x5000), BlockId(1), 16, 1));
    assert_eq!(block.at.as_ref().and_then(|at| at.line), Some(101));
    assert_eq!(ledger.block_at(VirtAddr(0x500f)).map(|(b, o)| (b.id, o)), Some((BlockId(1), 15)));
    assert_eq!(ledger.block_at(VirtAddr(0x5010)), None);
    let free = AllocatorCall::Free { pointer: VirtAddr(0x5000) };
    assert!(matches!(call(&mut ledger, MAIN, 90, free), Some(Change::Freed { .. })));
    assert_eq!(ledger.live_bytes(), 0);
    let ended = ledger.ended_from(VirtAddr(0x5000)).expect("it is remembered");
    assert_eq!((ended.id, ended.at.as_ref().and_then(|at| at.line)), (BlockId(1), Some(91)));
    let totals = ledger.totals();
    assert_eq!((totals.allocated, totals.freed, totals.bytes, totals.peak_bytes), (1, 1, 16, 16));
}

#[test]
fn a_reallocated_block_keeps_its_ordinal() {
    let mut ledger = Ledger::default();
    alloc(&mut ledger, 100, 16, 0x5000);
    let call_ = AllocatorCall::Realloc { pointer: VirtAddr(0x5000), size: 32, align: 8 };
    call(&mut ledger, MAIN, 100, call_);
    assert_eq!(ledger.block_from(VirtAddr(0x5000)), None, "its old place may be taken already");
    let change = ret(&mut ledger, MAIN, 100, 0x6000);
    let Some(Change::Resized { from, address, old_size, block, .. }) = change else {
        panic!("not resized: {change:?}")
    };
    assert_eq!((from, address, old_size), (VirtAddr(0x5000), VirtAddr(0x6000), 16));
    assert_eq!((block.id, block.size, ledger.live_bytes()), (BlockId(1), 32, 32));
    assert_eq!(ledger.totals().bytes, 32);
}

#[test]
fn a_failed_reallocation_leaves_the_block_and_a_failed_allocation_makes_none() {
    let mut ledger = Ledger::default();
    alloc(&mut ledger, 100, 16, 0x5000);
    let huge = AllocatorCall::Realloc { pointer: VirtAddr(0x5000), size: 1 << 60, align: 8 };
    call(&mut ledger, MAIN, 100, huge);
    assert_eq!(ret(&mut ledger, MAIN, 100, 0), None);
    assert_eq!(ledger.block_from(VirtAddr(0x5000)).map(|b| b.size), Some(16));
    assert_eq!(ledger.live_bytes(), 16);
    assert_eq!(alloc(&mut ledger, 100, 1 << 60, 0), None);
    assert_eq!(ledger.live_blocks(), 1);
}

#[test]
fn an_address_that_is_used_again_is_another_block() {
    let mut ledger = Ledger::default();
    alloc(&mut ledger, 100, 16, 0x5000);
    call(&mut ledger, MAIN, 100, AllocatorCall::Free { pointer: VirtAddr(0x5000) });
    alloc(&mut ledger, 100, 16, 0x5000);
    assert_eq!(ledger.block_from(VirtAddr(0x5000)).map(|b| b.id), Some(BlockId(2)));
    assert_eq!(ledger.ended_from(VirtAddr(0x5000)), None);
    assert!(ledger.is_reused(BlockId(2)) && !ledger.is_reused(BlockId(1)));
}

#[test]
fn calls_inside_an_allocator_call_do_not_count() {
    let mut ledger = Ledger::default();
    call(&mut ledger, MAIN, 100, AllocatorCall::Alloc { size: 64, align: 16 });
    call(&mut ledger, MAIN, 80, AllocatorCall::Alloc { size: 64, align: 16 });
    assert_eq!(ret(&mut ledger, MAIN, 80, 0x5000), None);
    assert!(ret(&mut ledger, MAIN, 100, 0x5000).is_some());
    assert_eq!(ledger.totals().allocated, 1);
}

#[test]
fn a_call_that_was_unwound_does_not_swallow_the_next() {
    let mut ledger = Ledger::default();
    call(&mut ledger, MAIN, 80, AllocatorCall::Alloc { size: 64, align: 16 });
    assert!(alloc(&mut ledger, 100, 8, 0x5000).is_some());
    assert_eq!(ledger.totals().allocated, 1);
}

#[test]
fn threads_do_not_disturb_each_other() {
    let mut ledger = Ledger::default();
    let other = ThreadNo(2);
    call(&mut ledger, MAIN, 100, AllocatorCall::Alloc { size: 1, align: 1 });
    call(&mut ledger, other, 100, AllocatorCall::Alloc { size: 2, align: 1 });
    ret(&mut ledger, other, 100, 0x6000);
    ret(&mut ledger, MAIN, 100, 0x5000);
    assert_eq!(
        ledger.block_from(VirtAddr(0x6000)).map(|b| (b.id, b.thread)),
        Some((BlockId(1), other))
    );
    assert_eq!(ledger.block_from(VirtAddr(0x5000)).map(|b| b.size), Some(1));
    assert_eq!(ret(&mut ledger, MAIN, 100, 0x7000), None, "it returned before");
}

#[test]
fn records_that_were_made_before_are_a_source_as_good_as_any() {
    let pointer = VirtAddr(0x5000);
    let whats = [
        What::AllocatorEntered(AllocatorCall::Alloc { size: 16, align: 8 }),
        What::AllocatorReturned { result: pointer },
        What::AllocatorEntered(AllocatorCall::Free { pointer }),
    ];
    let mut source: VecDeque<_> = whats.map(|what| record(MAIN, 100, what)).into();
    let (mut ledger, mut changes) = (Ledger::default(), Vec::new());
    while let Some(record) = source.next_record() {
        changes.extend(apply(&mut ledger, &record));
    }
    assert!(matches!(changes[..], [Change::Began { .. }, Change::Freed { .. }]), "{changes:?}");
    assert_eq!(source.next_record(), None);
}

#[test]
fn a_double_free_is_told_with_the_block_that_was_there() {
    let mut ledger = Ledger::default();
    alloc(&mut ledger, 100, 16, 0x5000);
    let free = AllocatorCall::Free { pointer: VirtAddr(0x5000) };
    call(&mut ledger, MAIN, 100, free);
    let again = call(&mut ledger, MAIN, 100, free);
    let Some(Change::UnknownFree { ended: Some(ended), .. }) = again else {
        panic!("not told: {again:?}")
    };
    assert_eq!(ended.id, BlockId(1));
    let null = AllocatorCall::Free { pointer: VirtAddr(0) };
    assert_eq!(call(&mut ledger, MAIN, 100, null), None);
}

#[test]
fn a_reallocation_of_what_is_no_block_is_told_and_one_of_null_is_not() {
    let mut ledger = Ledger::default();
    alloc(&mut ledger, 100, 16, 0x5000);
    call(&mut ledger, MAIN, 100, AllocatorCall::Free { pointer: VirtAddr(0x5000) });
    let mut resize = |pointer, result| {
        let pointer = VirtAddr(pointer);
        let told =
            call(&mut ledger, MAIN, 100, AllocatorCall::Realloc { pointer, size: 32, align: 8 });
        (told, ret(&mut ledger, MAIN, 100, result))
    };
    let (told, began) = resize(0x5000, 0x6000);
    let Some(Change::UnknownFree { ended: Some(ended), realloc: Some(32), .. }) = told else {
        panic!("not told: {told:?}")
    };
    assert_eq!(ended.id, BlockId(1));
    assert!(matches!(began, Some(Change::Began { .. })), "{began:?}");
    let (told, _) = resize(0x7000, 0x8000);
    assert!(matches!(told, Some(Change::UnknownFree { ended: None, .. })), "{told:?}");
    assert_eq!(resize(0, 0x9000).0, None);
}

#[test]
fn a_reallocation_to_nothing_that_returns_null_is_a_free() {
    let mut ledger = Ledger::default();
    let mut step = |what| ledger.apply(&record(MAIN, 0x100, what), &mut |_| None);
    step(What::AllocatorEntered(AllocatorCall::Alloc { size: 8, align: 16 }));
    step(What::AllocatorReturned { result: VirtAddr(0x50) });
    let pointer = VirtAddr(0x50);
    step(What::AllocatorEntered(AllocatorCall::Realloc { pointer, size: 0, align: 16 }));
    let change = step(What::AllocatorReturned { result: VirtAddr(0) });
    assert!(matches!(change, Some(Change::Freed { .. })), "{change:?}");
    assert_eq!((ledger.live_blocks(), ledger.live_bytes()), (0, 0));
    assert_eq!(ledger.ended_from(pointer).map(|ended| ended.id), Some(BlockId(1)));
}

#[test]
fn ended_blocks_that_are_never_covered_again_are_forgotten_from_the_oldest() {
    let mut ledger = Ledger::default();
    let blocks = MOST_ENDED as u64 + 1;
    for n in 1..=blocks {
        let ended = Ended { id: BlockId(n), at: None, size: 8, allocated_at: None };
        ledger.end(VirtAddr(16 * n), ended);
    }
    assert!(ledger.ended.len() <= MOST_ENDED);
    assert!(ledger.ended_from(VirtAddr(16)).is_none());
    assert!(ledger.ended_from(VirtAddr(16 * blocks)).is_some());
}
