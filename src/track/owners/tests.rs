//! Who owns, by claims and a ledger written by hand.

use super::super::record::{AllocatorCall, Record, What};
use super::*;
use crate::base::Seq;

const T: ThreadNo = ThreadNo(1);
const MAIN: u64 = 0x2000;
const F: u64 = 0x1000;

fn ledger_with(addresses: &[u64]) -> Ledger {
    let mut ledger = Ledger::default();
    for address in addresses {
        step(&mut ledger, What::AllocatorEntered(AllocatorCall::Alloc { size: 16, align: 1 }));
        step(&mut ledger, What::AllocatorReturned { result: VirtAddr(*address) });
    }
    ledger
}

fn step(ledger: &mut Ledger, what: What) {
    let record = Record { seq: Seq(0), thread: T, sp: VirtAddr(64), callers: vec![], what };
    ledger.apply(&record, &mut |_| None);
}

fn free(ledger: &mut Ledger, address: u64) {
    step(ledger, What::AllocatorEntered(AllocatorCall::Free { pointer: VirtAddr(address) }));
}

fn claim(cfa: u64, die: usize, name: &str, pointer: u64) -> Claim {
    Claim {
        key: PlaceKey { thread: T, cfa: VirtAddr(cfa), die },
        name: name.into(),
        fingerprint: pointer,
        owns: vec![VirtAddr(pointer)],
        shares: vec![],
        says: Says::Nothing,
    }
}

/// The move of the first block from a place.
fn passed(from: &Claim, to: &str) -> MoveSeen {
    let (left, with) = (from.key.clone(), Vec::new());
    MoveSeen { block: BlockId(1), with, from: from.name.clone(), left, to: to.into(), at: None }
}

fn moved(to: &str) -> Standing {
    Standing::Moved { to: to.into() }
}

#[test]
fn an_argument_by_value_takes_the_block_from_the_variable_it_came_from() {
    let ledger = ledger_with(&[0x50]);
    let mut owners = Owners::default();
    let value = claim(MAIN, 1, "main::value", 0x50);
    let (standing, moves) = owners.judge(T, VirtAddr(MAIN), std::slice::from_ref(&value), &ledger);
    assert_eq!((standing, moves), (vec![Standing::Owner], vec![]));
    let argument = claim(F, 2, "f::value", 0x50);
    let (standing, moves) = owners.judge(T, VirtAddr(F), &[value.clone(), argument], &ledger);
    assert_eq!(standing, [moved("f::value"), Standing::Owner]);
    assert_eq!(moves, [passed(&value, "f::value")]);
}

#[test]
fn a_moved_place_stays_moved_when_the_block_is_freed_and_its_address_used_again() {
    let mut ledger = ledger_with(&[0x50]);
    let mut owners = Owners::default();
    let value = claim(MAIN, 1, "main::value", 0x50);
    let argument = claim(F, 2, "f::value", 0x50);
    owners.judge(T, VirtAddr(F), &[value.clone(), argument], &ledger);
    free(&mut ledger, 0x50);
    owners.ended(BlockId(1));
    let (standing, _) = owners.judge(T, VirtAddr(MAIN), std::slice::from_ref(&value), &ledger);
    assert_eq!(standing, [moved("f::value")]);
    step(&mut ledger, What::AllocatorEntered(AllocatorCall::Alloc { size: 16, align: 1 }));
    step(&mut ledger, What::AllocatorReturned { result: VirtAddr(0x50) });
    let other = claim(MAIN, 3, "main::other", 0x50);
    let (standing, _) = owners.judge(T, VirtAddr(MAIN), &[value, other], &ledger);
    assert_eq!(standing, [moved("f::value"), Standing::Owner]);
}

#[test]
fn a_place_whose_block_was_freed_and_not_moved_is_freed() {
    let mut ledger = ledger_with(&[0x50]);
    let mut owners = Owners::default();
    let value = claim(MAIN, 1, "main::value", 0x50);
    owners.judge(T, VirtAddr(MAIN), std::slice::from_ref(&value), &ledger);
    free(&mut ledger, 0x50);
    let (standing, _) = owners.judge(T, VirtAddr(MAIN), &[value], &ledger);
    assert_eq!(standing, [Standing::Freed { block: BlockId(1), at: None }]);
}

#[test]
fn what_the_code_says_to_live_is_not_gone_with_a_part_of_it() {
    let mut ledger = ledger_with(&[0x50, 0x90]);
    let mut owners = Owners::default();
    let list = Claim {
        owns: vec![VirtAddr(0x50), VirtAddr(0x90)],
        says: Says::Live,
        ..claim(MAIN, 1, "main::list", 0x50)
    };
    free(&mut ledger, 0x90);
    let mut judge =
        |ledger: &_| owners.judge(T, VirtAddr(MAIN), std::slice::from_ref(&list), ledger).0;
    assert_eq!(judge(&ledger), [Standing::Owner], "an element was dropped");
    free(&mut ledger, 0x50);
    assert!(matches!(judge(&ledger)[..], [Standing::Freed { .. }]), "all of it was freed");
}

#[test]
fn of_two_variables_of_one_frame_the_later_one_owns() {
    let ledger = ledger_with(&[0x50]);
    let mut owners = Owners::default();
    let claims = [claim(MAIN, 1, "main::a", 0x50), claim(MAIN, 2, "main::b", 0x50)];
    let (standing, moves) = owners.judge(T, VirtAddr(MAIN), &claims, &ledger);
    assert_eq!(standing, [moved("main::b"), Standing::Owner]);
    let seen = passed(&claims[0], "main::b");
    assert_eq!(moves, [seen], "the stale bytes tell of the move at the first look already");
}

#[test]
fn a_place_declared_earlier_owns_what_it_came_to_hold_later() {
    let ledger = ledger_with(&[0x50, 0x60]);
    let mut owners = Owners::default();
    let (mut x, a) = (claim(MAIN, 1, "main::x", 0x60), claim(MAIN, 2, "main::a", 0x50));
    owners.judge(T, VirtAddr(MAIN), &[x.clone(), a.clone()], &ledger);
    (x.fingerprint, x.owns) = (7, vec![VirtAddr(0x60), VirtAddr(0x50)]);
    let (standing, _) = owners.judge(T, VirtAddr(MAIN), &[x, a], &ledger);
    assert_eq!(standing, [Standing::Owner, moved("main::x")]);
}

#[test]
fn a_moved_place_names_the_owner_of_today() {
    let ledger = ledger_with(&[0x50]);
    let mut owners = Owners::default();
    let value = claim(MAIN, 1, "main::s", 0x50);
    let argument = claim(F, 2, "f::s", 0x50);
    owners.judge(T, VirtAddr(F), &[value.clone(), argument], &ledger);
    let result = claim(F, 0, "f (returned)", 0x50);
    assert_eq!(owners.returned(&result, &ledger).len(), 1);
    let (standing, _) = owners.judge(T, VirtAddr(MAIN), std::slice::from_ref(&value), &ledger);
    assert_eq!(standing, [moved("f (returned)")]);
    let next = claim(MAIN, 3, "main::t", 0x50);
    let (standing, _) = owners.judge(T, VirtAddr(MAIN), &[value, next], &ledger);
    assert_eq!(standing, [moved("main::t"), Standing::Owner]);
}

#[test]
fn a_place_that_was_assigned_anew_owns_again() {
    let ledger = ledger_with(&[0x50]);
    let mut owners = Owners::default();
    let mut value = claim(MAIN, 1, "main::s", 0x50);
    let argument = claim(F, 2, "f::s", 0x50);
    owners.judge(T, VirtAddr(F), &[value.clone(), argument], &ledger);
    let result = claim(F, 0, "f (returned)", 0x50);
    owners.returned(&result, &ledger);
    value.fingerprint = 7;
    let (standing, moves) = owners.judge(T, VirtAddr(MAIN), &[value], &ledger);
    assert_eq!(standing, [Standing::Owner]);
    assert_eq!(moves, [passed(&result, "main::s")]);
}

#[test]
fn a_returned_value_that_is_passed_on_at_once_went_through_the_variable_between() {
    let ledger = ledger_with(&[0x50, 0x60]);
    let mut owners = Owners::default();
    let with_both = |cfa, die, name| {
        let mut claim = claim(cfa, die, name, 0x50);
        claim.owns.push(VirtAddr(0x60));
        claim
    };
    owners.returned(&with_both(F, 0, "make (returned)"), &ledger);
    let claims = [with_both(MAIN, 1, "main::p"), with_both(F, 2, "grow::p")];
    let (_, moves) = owners.judge(T, VirtAddr(F), &claims, &ledger);
    let told: Vec<_> = moves.iter().map(|m| (&*m.from, &*m.to, m.block.0, m.with.len())).collect();
    assert_eq!(told, [("make (returned)", "main::p", 1, 1), ("main::p", "grow::p", 1, 1)]);
}

#[test]
fn a_value_that_was_kept_elsewhere_is_not_live_again() {
    let ledger = ledger_with(&[0x50]);
    let mut owners = Owners::default();
    let value = claim(MAIN, 1, "main::s", 0x50);
    let argument = claim(F, 2, "keep::s", 0x50);
    owners.judge(T, VirtAddr(F), &[value.clone(), argument], &ledger);
    let (standing, _) = owners.judge(T, VirtAddr(MAIN), &[value], &ledger);
    assert_eq!(standing, [moved("keep::s")]);
}

#[test]
fn a_variable_whose_scope_was_left_is_a_new_one_when_it_comes_again() {
    let ledger = ledger_with(&[0x50]);
    let mut owners = Owners::default();
    let inner = claim(MAIN, 1, "main::inner", 0x50);
    let outer = claim(MAIN, 2, "main::outer", 0x50);
    owners.judge(T, VirtAddr(MAIN), &[inner.clone(), outer.clone()], &ledger);
    owners.judge(T, VirtAddr(MAIN), std::slice::from_ref(&outer), &ledger);
    let (standing, _) = owners.judge(T, VirtAddr(MAIN), &[outer, inner], &ledger);
    assert_eq!(standing, [moved("main::inner"), Standing::Owner]);
}

fn moved_away_and_freed() -> (Owners, Ledger, Claim) {
    let mut ledger = ledger_with(&[0x50]);
    let mut owners = Owners::default();
    let value = claim(MAIN, 1, "main::s", 0x50);
    owners.judge(T, VirtAddr(F), &[value.clone(), claim(F, 2, "f::s", 0x50)], &ledger);
    free(&mut ledger, 0x50);
    owners.ended(BlockId(1));
    (owners, ledger, value)
}

#[test]
fn the_same_bytes_with_a_new_block_of_the_same_line_are_a_new_value() {
    let (mut owners, mut ledger, value) = moved_away_and_freed();
    step(&mut ledger, What::AllocatorEntered(AllocatorCall::Alloc { size: 16, align: 1 }));
    step(&mut ledger, What::AllocatorReturned { result: VirtAddr(0x50) });
    let (standing, _) = owners.judge(T, VirtAddr(MAIN), std::slice::from_ref(&value), &ledger);
    assert_eq!(standing, [Standing::Owner]);
    assert!(owners.holds(&value.key, BlockId(2)));
}

#[test]
fn the_same_bytes_with_a_new_block_of_another_line_stay_stale() {
    let (mut owners, mut ledger, value) = moved_away_and_freed();
    let record = |what| Record { seq: Seq(0), thread: T, sp: VirtAddr(64), callers: vec![], what };
    let at = At { function: "other".into(), file: None, line: Some(9) };
    let mut line = |_: &[VirtAddr]| Some(Arc::new(at.clone()));
    let call = AllocatorCall::Alloc { size: 16, align: 1 };
    ledger.apply(&record(What::AllocatorEntered(call)), &mut line);
    ledger.apply(&record(What::AllocatorReturned { result: VirtAddr(0x50) }), &mut line);
    let (standing, _) = owners.judge(T, VirtAddr(MAIN), std::slice::from_ref(&value), &ledger);
    assert_eq!(standing, [moved("f::s")]);
    assert!(!owners.holds(&value.key, BlockId(2)));
}

#[test]
fn a_call_in_the_frame_of_one_that_is_over_starts_without_its_past() {
    let ledger = ledger_with(&[0x50]);
    let mut owners = Owners::default();
    let argument = claim(F, 1, "f::s", 0x50);
    let callee = claim(0x800, 2, "g::s", 0x50);
    owners.judge(T, VirtAddr(0x800), &[argument.clone(), callee], &ledger);
    owners.call_begins(T, VirtAddr(F));
    let (standing, _) = owners.judge(T, VirtAddr(F), &[argument], &ledger);
    assert_eq!(standing, [Standing::Owner]);
}

#[test]
fn nothing_is_kept_of_a_thread_that_ended() {
    let (mut owners, ..) = moved_away_and_freed();
    assert!(!owners.known.is_empty());
    owners.thread_ended(T);
    assert!(owners.known.is_empty());
}
