//! Records written by hand: the code of `glue(T)` lies at 0x1000 and on, that of users at 0x9000.

use super::*;
use crate::base::Range;

const THREAD: ThreadNo = ThreadNo(1);

fn site(part: DropPart, name: &str, whose: Whose, entry: u64) -> Arc<DropSite> {
    let ranges = vec![Range::new(VirtAddr(entry), VirtAddr(entry + 0x100))];
    Arc::new(DropSite {
        part,
        type_name: name.into(),
        whose,
        implements_drop: true,
        without_body: false,
        entry: VirtAddr(entry),
        ranges,
        inlined_into: None,
        jumps_to: Vec::new(),
    })
}

fn frame(cfa: u64, lookup: u64) -> FrameSeen {
    FrameSeen { cfa: VirtAddr(cfa), lookup: VirtAddr(lookup), function: None, called: None }
}

fn at(function: &str, line: u32) -> Arc<At> {
    Arc::new(At { function: function.into(), file: Some("a.rs".into()), line: Some(line) })
}

/// A call; a user's where its path begins with `a::`.
fn call(function: &str, line: u32, cfa: u64) -> CallSeen {
    let user = function.starts_with("a::") || function.starts_with("<a::");
    CallSeen { function: function.into(), user, at: at(function, line), cfa: VirtAddr(cfa) }
}

fn record(site: &Arc<DropSite>, frames: &[FrameSeen], calls: &[CallSeen]) -> DropRecord {
    DropRecord {
        thread: THREAD,
        site: site.clone(),
        inner: Vec::new(),
        address: None,
        frames: frames.to_vec(),
        calls: calls.to_vec(),
        place: None,
        count: None,
    }
}

/// What is seen of records in turn, each with the number of its position from 1.
fn seen(records: &[DropRecord]) -> Vec<Option<DropSeen>> {
    let mut drops = Drops::default();
    records.iter().zip(1..).map(|(record, seq)| drops.begins(record, None, Seq(seq))).collect()
}

#[test]
fn a_field_drops_within_its_struct_and_has_its_line() {
    let outer = site(DropPart::Glue, "a::Holder", Whose::User, 0x1000);
    let field = site(DropPart::Glue, "a::Guard", Whose::User, 0x2000);
    let user = frame(0x800, 0x9000);
    let holder = record(&outer, &[frame(0x700, 0x1000), user], &[call("a::f", 7, 0x800)]);
    let glue = call("core::ptr::drop_in_place<a::Holder>", 1, 0x700);
    let frames = [frame(0x6f0, 0x2000), frame(0x700, 0x1010), user];
    let guard = record(&field, &frames, &[glue, call("a::f", 7, 0x800)]);
    let after = record(&field, &[frame(0x700, 0x2000), user], &[call("a::f", 8, 0x800)]);
    let found = seen(&[holder, guard.clone(), guard, after]);
    let told = |seen: &Option<DropSeen>| {
        let seen = seen.as_ref().expect("it is the user's");
        (seen.depth, seen.within, seen.at.as_ref().and_then(|at| at.line))
    };
    let of_holder = (1, Some(Seq(1)), Some(7));
    assert_eq!(told(&found[0]), (0, None, Some(7)));
    assert_eq!((told(&found[1]), told(&found[2])), (of_holder, of_holder), "one after the other");
    assert_eq!(told(&found[3]), (0, None, Some(8)), "the struct's drop is over");
}

#[test]
fn a_types_own_drop_is_a_part_of_the_values() {
    let glue = site(DropPart::Glue, "a::Guard", Whose::User, 0x1000);
    let body = site(DropPart::Body, "a::Guard", Whose::User, 0x2000);
    let user = frame(0x800, 0x9000);
    let value = record(&glue, &[frame(0x700, 0x1000), user], &[call("a::f", 7, 0x800)]);
    let calls = [call("core::ptr::drop_in_place<a::Guard>", 1, 0x700), call("a::f", 7, 0x800)];
    let frames = [frame(0x6f0, 0x2000), frame(0x700, 0x1010), user];
    let own = record(&body, &frames, &calls);
    let parts = |records: &[DropRecord]| -> Vec<_> {
        seen(records).into_iter().map(|seen| seen.expect("shown").part).collect()
    };
    assert_eq!(parts(&[value.clone(), own]), [DroppedPart::Value, DroppedPart::Body]);
    // Where the glue was not seen, and where it was that of another value.
    let alone = record(&body, &[frame(0x700, 0x2000), user], &[call("a::f", 7, 0x800)]);
    assert_eq!(parts(std::slice::from_ref(&alone)), [DroppedPart::Value]);
    let mut other = record(&body, &frames, &calls);
    other.address = Some(VirtAddr(0x10));
    let mut value_there = value;
    value_there.address = Some(VirtAddr(0x20));
    assert_eq!(parts(&[value_there, other]), [DroppedPart::Value, DroppedPart::Value]);
}

#[test]
fn what_a_types_own_drop_drops_has_the_line_in_it() {
    let glue = site(DropPart::Glue, "a::Guard", Whose::User, 0x1000);
    let body = site(DropPart::Body, "a::Guard", Whose::User, 0x2000);
    let string = site(DropPart::Glue, "alloc::string::String", Whose::Std, 0x3000);
    let user = frame(0x800, 0x9000);
    let calls = [
        call("<a::Guard as core::ops::drop::Drop>::drop", 20, 0x6f0),
        call("core::ptr::drop_in_place<a::Guard>", 1, 0x700),
        call("a::f", 7, 0x800),
    ];
    let frames = [frame(0x600, 0x3000), frame(0x6f0, 0x2010), frame(0x700, 0x1010), user];
    let found = seen(&[
        record(&glue, &frames[2..], &calls[2..]),
        record(&body, &frames[1..], &calls[1..]),
        record(&string, &frames, &calls),
    ]);
    let last = found[2].as_ref().expect("the user's code drops it");
    assert_eq!((last.depth, last.within), (2, Some(Seq(2))));
    assert_eq!(last.at.as_ref().and_then(|at| at.line), Some(20));
}

#[test]
fn what_std_drops_for_itself_is_not_shown_and_what_it_holds_for_the_user_is() {
    let string = site(DropPart::Glue, "alloc::string::String", Whose::Std, 0x1000);
    let bytes =
        site(DropPart::Glue, "alloc::vec::Vec<u8, alloc::alloc::Global>", Whose::Std, 0x2000);
    let list = site(DropPart::Glue, "alloc::vec::Vec<alloc::string::String>", Whose::Std, 0x3000);
    let user = frame(0x800, 0x9000);
    let calls = [
        call("core::ptr::drop_in_place<alloc::string::String>", 1, 0x6e0),
        call("core::ptr::drop_in_place<[alloc::string::String]>", 1, 0x6f0),
        call("<alloc::vec::Vec<T,A> as core::ops::drop::Drop>::drop", 1, 0x6f8),
        call("core::ptr::drop_in_place<alloc::vec::Vec<alloc::string::String>>", 1, 0x700),
        call("a::f", 7, 0x800),
    ];
    let frames = [frame(0x6d0, 0x2000), frame(0x6e0, 0x1010), frame(0x700, 0x3010), user];
    let found = seen(&[
        record(&list, &frames[2..], &calls[4..]),
        record(&string, &frames[1..], &calls[1..]),
        record(&bytes, &frames, &calls),
    ]);
    let shown: Vec<_> = found.iter().map(|seen| seen.as_ref().map(|seen| seen.depth)).collect();
    assert_eq!(shown, [Some(0), Some(1), None]);
    // In the runtime, under a function of the user's.
    let own = record(
        &string,
        &[frame(0x700, 0x1000), user],
        &[call("std::env::_var_os", 3, 0x780), call("a::f", 7, 0x800)],
    );
    assert_eq!(seen(&[own]), [None]);
    let cleared = record(
        &string,
        &[frame(0x700, 0x1000), user],
        &[call("alloc::vec::Vec<T,A>::clear", 3, 0x780), call("a::f", 7, 0x800)],
    );
    assert!(seen(&[cleared])[0].is_some());
}

#[test]
fn an_inlined_drop_is_over_where_its_frame_stands_outside_of_its_code() {
    let outer = site(DropPart::Glue, "a::Pair", Whose::User, 0x9010);
    let inner = site(DropPart::Glue, "a::Guard", Whose::User, 0x1000);
    let pair = record(&outer, &[frame(0x800, 0x9010)], &[call("a::f", 7, 0x800)]);
    let calls = [call("core::ptr::drop_in_place<a::Pair>", 1, 0x800), call("a::f", 7, 0x800)];
    let within = record(&inner, &[frame(0x700, 0x1000), frame(0x800, 0x9020)], &calls);
    let behind = record(&inner, &[frame(0x700, 0x1000), frame(0x800, 0x9200)], &calls[1..]);
    let found = seen(&[pair, within, behind]);
    let depths: Vec<_> = found.iter().map(|seen| seen.as_ref().map(|seen| seen.depth)).collect();
    assert_eq!(depths, [Some(0), Some(1), Some(0)]);
}

#[test]
fn a_drop_that_jumps_to_the_next_is_not_over() {
    let outer = site(DropPart::Glue, "a::Pair", Whose::User, 0x1000);
    let inner = site(DropPart::Glue, "a::Guard", Whose::User, 0x2000);
    let user = frame(0x800, 0x9000);
    let pair = record(&outer, &[frame(0x700, 0x1000), user], &[call("a::f", 7, 0x800)]);
    let jumped = FrameSeen { called: Some(VirtAddr(0x1000)), ..frame(0x700, 0x2000) };
    let last = record(&inner, &[jumped, user], &[call("a::f", 7, 0x800)]);
    let called = FrameSeen { called: Some(VirtAddr(0x2000)), ..frame(0x700, 0x2000) };
    let next = record(&inner, &[called, user], &[call("a::f", 8, 0x800)]);
    let found = seen(&[pair, last, next]);
    let depths: Vec<_> = found.iter().map(|seen| seen.as_ref().map(|seen| seen.depth)).collect();
    assert_eq!(depths, [Some(0), Some(1), Some(0)]);
}

#[test]
fn what_brought_a_drop_about_is_told_only_where_it_is_known() {
    let glue = site(DropPart::Glue, "a::Guard", Whose::User, 0x1000);
    let frames = [frame(0x700, 0x1000), frame(0x800, 0x9000)];
    let cause = |calls: &[CallSeen], kind: Option<PlaceKind>| {
        let place = kind.map(|kind| PlaceSeen { name: "f::a".into(), kind, inferred: false });
        let record = DropRecord { place, ..record(&glue, &frames, calls) };
        seen(&[record])[0].as_ref().and_then(|seen| seen.cause)
    };
    let user = call("a::f", 7, 0x800);
    let direct = std::slice::from_ref(&user);
    assert_eq!(cause(direct, Some(PlaceKind::ScopeOver)), Some(DropCause::EndOfScope));
    assert_eq!(cause(direct, Some(PlaceKind::Overwritten)), Some(DropCause::Assignment));
    assert_eq!(cause(direct, Some(PlaceKind::Temporary)), Some(DropCause::Temporary));
    assert_eq!(cause(direct, Some(PlaceKind::Other)), None);
    assert_eq!(cause(direct, None), None);
    let given = [call("core::mem::drop", 1, 0x780), user.clone()];
    assert_eq!(cause(&given, Some(PlaceKind::Temporary)), Some(DropCause::DropCall));
    let cleared = [call("alloc::vec::Vec<T,A>::clear", 1, 0x780), user];
    assert_eq!(cause(&cleared, Some(PlaceKind::Temporary)), None);
}

#[test]
fn drops_are_marked_from_a_panic_until_it_is_caught() {
    let glue = site(DropPart::Glue, "a::Guard", Whose::User, 0x1000);
    let frames = [frame(0x700, 0x1000), frame(0x800, 0x9000)];
    let record = record(&glue, &frames, &[call("a::f", 7, 0x800)]);
    let mut drops = Drops::default();
    let unwinding =
        |drops: &mut Drops| drops.begins(&record, None, Seq(1)).is_some_and(|seen| seen.unwinding);
    assert!(!unwinding(&mut drops));
    drops.panic_began(THREAD);
    drops.panic_began(ThreadNo(2));
    assert!(unwinding(&mut drops));
    drops.panic_caught(THREAD);
    assert!(!unwinding(&mut drops));
}

#[test]
fn an_inlined_drop_whose_code_jumps_to_a_function_is_not_over_while_that_runs() {
    let outer = site(DropPart::Glue, "a::Guard", Whose::User, 0x9010);
    let jumps = DropSite {
        inlined_into: Some(VirtAddr(0x9000)),
        jumps_to: vec![VirtAddr(0x2000)],
        ..(*outer).clone()
    };
    let outer = Arc::new(jumps);
    let body = site(DropPart::Body, "a::Guard", Whose::User, 0x2000);
    let guard = record(&outer, &[frame(0x800, 0x9010)], &[call("a::f", 7, 0x800)]);
    let jumped = FrameSeen {
        function: Some(VirtAddr(0x2000)),
        called: Some(VirtAddr(0x9000)),
        ..frame(0x800, 0x2000)
    };
    let own = record(&body, &[jumped], &[call("a::main", 9, 0x900)]);
    let other = FrameSeen { called: Some(VirtAddr(0x2000)), ..jumped };
    let alone = record(&body, &[other], &[call("a::main", 9, 0x900)]);
    let parts = |last: DropRecord| seen(&[guard.clone(), last])[1].as_ref().map(|seen| seen.part);
    assert_eq!(parts(own), Some(DroppedPart::Body));
    assert_eq!(parts(alone), Some(DroppedPart::Value));
}

#[test]
fn glue_that_calls_glue_of_the_same_type_drops_one_value() {
    let outer = site(DropPart::Glue, "a::Guard", Whose::User, 0x1000);
    let inner = site(DropPart::Glue, "a::Guard", Whose::User, 0x2000);
    let field = site(DropPart::Glue, "a::Field", Whose::User, 0x3000);
    let frames = [frame(0x600, 0x3000), frame(0x6f0, 0x2010), frame(0x700, 0x1010)];
    let at =
        |address, record: DropRecord| DropRecord { address: Some(VirtAddr(address)), ..record };
    let records = [
        at(8, record(&outer, &frames[2..], &[])),
        at(8, record(&inner, &frames[1..], &[])),
        at(8, record(&field, &frames, &[])),
    ];
    let found = seen(&records);
    assert!(found[0].is_some() && found[1].is_none());
    assert_eq!(found[2].as_ref().map(|seen| (seen.depth, seen.within)), Some((1, Some(Seq(1)))));
    let elsewhere = at(16, record(&inner, &frames[1..], &[]));
    assert!(seen(&[records[0].clone(), elsewhere])[1].is_some());
}

#[test]
fn the_end_of_a_drop_that_was_merged_with_that_of_another_is_no_drop_of_its_own() {
    let inlined = |entry, without_body| {
        let site = site(DropPart::Glue, "a::Guard", Whose::User, entry);
        let inlined_into = Some(VirtAddr(0x9000));
        Arc::new(DropSite { inlined_into, without_body, ..(*site).clone() })
    };
    let (whole, rest, other) =
        (inlined(0x9100, false), inlined(0x9300, true), inlined(0x9300, false));
    let body = site(DropPart::Body, "a::Guard", Whose::User, 0x2000);
    let field = site(DropPart::Glue, "a::Field", Whose::User, 0x3000);
    let calls = [call("a::f", 7, 0x800)];
    let begins = |site, at| record(site, &[frame(0x800, at)], &calls);
    let value = begins(&whole, 0x9100);
    let own = record(&body, &[frame(0x700, 0x2000), frame(0x800, 0x9110)], &calls);
    let part = |at| record(&field, &[frame(0x700, 0x3000), frame(0x800, at)], &calls);
    let found = seen(&[value.clone(), own.clone(), begins(&rest, 0x9300), part(0x9310)]);
    assert!(found[2].is_none(), "it goes on with the first");
    assert_eq!(found[3].as_ref().and_then(|seen| seen.within), Some(Seq(1)));
    let second = |records: &[DropRecord]| seen(records).last().is_some_and(Option::is_some);
    assert!(
        second(&[value.clone(), own.clone(), begins(&other, 0x9300)]),
        "it has a drop of its own"
    );
    assert!(second(&[value.clone(), begins(&rest, 0x9300)]), "the drop of the first was not seen");
    let whole = [value.clone(), own.clone(), part(0x9120), begins(&rest, 0x9300)];
    assert!(second(&whole), "the parts of the first were dropped");
    let elsewhere = record(&rest, &[frame(0x800, 0x9300)], &[call("a::f", 8, 0x800)]);
    assert!(second(&[value, own, elsewhere]), "it is on another line");
}

#[test]
fn the_end_of_a_box_with_a_value_whose_own_drop_ran_before_is_no_drop_either() {
    let inlined = |name: &str, entry, without_body| {
        let site = site(DropPart::Glue, name, Whose::User, entry);
        let inlined_into = Some(VirtAddr(0x9000));
        Arc::new(DropSite { inlined_into, without_body, ..(*site).clone() })
    };
    let body = site(DropPart::Body, "a::Guard", Whose::User, 0x2000);
    let field = site(DropPart::Glue, "a::Field", Whose::User, 0x3000);
    let calls = [call("a::f", 7, 0x800)];
    let begins = |site: Arc<DropSite>, at| record(&site, &[frame(0x800, at)], &calls);
    let first = [
        begins(inlined("a::Holder", 0x9100, false), 0x9100),
        begins(inlined("a::Guard", 0x9100, false), 0x9100),
        record(&body, &[frame(0x700, 0x2000), frame(0x800, 0x9110)], &calls),
    ];
    let rest = |without_body| {
        let guard = inlined("a::Guard", 0x9300, without_body);
        let holder = begins(inlined("a::Holder", 0x9300, false), 0x9300);
        let holder = DropRecord { inner: vec![guard.clone()], ..holder };
        let part = record(&field, &[frame(0x700, 0x3000), frame(0x800, 0x9310)], &calls);
        [holder, begins(guard, 0x9300), part]
    };
    let after = |without_body| {
        let found = seen(&[&first[..], &rest(without_body)].concat());
        found.into_iter().skip(3).map(|seen| seen.map(|seen| seen.within)).collect::<Vec<_>>()
    };
    assert_eq!(after(true), [None, None, Some(Some(Seq(2)))], "it goes on with the first");
    assert_eq!(after(false)[..2], [Some(None), Some(Some(Seq(4)))], "it has a drop of its own");
}

#[test]
fn what_a_drop_enclosed_is_over_with_it_when_its_code_is_entered_anew() {
    let inlined = |part| {
        let site = site(part, "a::Guard", Whose::User, 0x9100);
        Arc::new(DropSite { inlined_into: Some(VirtAddr(0x9000)), ..(*site).clone() })
    };
    let (glue, body) = (inlined(DropPart::Glue), inlined(DropPart::Body));
    let frame = frame(0x800, 0x9110);
    let mut drops = Drops::default();
    for (site, seq) in [(&glue, 1), (&body, 2)] {
        drops.begins(&record(site, &[frame], &[call("a::f", 7, 0x800)]), None, Seq(seq));
    }
    assert!(drops.is_live(THREAD, &frame, None));
    assert!(drops.is_live(THREAD, &frame, Some(&body)), "the value is dropped around it");
    assert!(!drops.is_live(THREAD, &frame, Some(&glue)));
}
