//! Code of a few instructions, written by hand.

use super::*;
use crate::asm::uses::CalleeKnown;

/// A call of five bytes to one of two functions.
const CALL: [[u8; 5]; 2] = [[0xe8, 0, 0x10, 0, 0], [0xe8, 0, 0x20, 0, 0]];

/// Where a piece begins, of code from 0x1000 on. `source` tells copies by their address.
fn begins(
    code: &[u8],
    ranges: &[(u64, u64)],
    inner: &[(u64, usize)],
    source: &dyn Fn(u64) -> Option<u64>,
) -> Vec<u64> {
    let end = 0x1000 + code.len() as u64;
    let code = Code {
        bytes: code,
        range: Range::new(FileAddr(0x1000), FileAddr(end)),
        pads: &[],
        callee: &|_| CalleeKnown::of(CalleeKind::Other),
        word: &|_| None,
    };
    let range = |(from, to): &(u64, u64)| Range::new(FileAddr(*from), FileAddr(*to));
    let ranges: Vec<_> = ranges.iter().map(range).collect();
    let inner: Vec<_> = inner.iter().map(|(at, index)| (FileAddr(*at), *index)).collect();
    let piece = Piece {
        ranges: &ranges,
        entry: ranges[0].start,
        inner: &inner,
        once: Some(7),
        source: &|at| source(at.0),
    };
    let found = Begins::of(&code).expect("it is code").of_piece(&piece);
    found.into_iter().map(|at| at.0).collect()
}

fn alone(code: &[u8], ranges: &[(u64, u64)]) -> Vec<u64> {
    begins(code, ranges, &[], &|_| None)
}

#[test]
fn a_piece_that_is_entered_at_its_beginning_begins_there() {
    // 1000: nop; 1001: nop; 1002: call; 1007: ret
    let code = [&[0x90, 0x90][..], &CALL[0], &[0xc3]].concat();
    assert_eq!(alone(&code, &[(0x1001, 0x1007)]), [0x1001]);
    assert_eq!(alone(&code, &[(0x1001, 0x1002), (0x1002, 0x1007)]), [0x1001]);
}

#[test]
fn what_was_moved_out_of_a_loop_is_no_beginning() {
    // 1000: nop; 1001: nop; 1002: call; 1007: dec eax; 1009: jne 1002; 100b: ret
    let code = [&[0x90, 0x90][..], &CALL[0], &[0xff, 0xc8, 0x75, 0xf7, 0xc3]].concat();
    assert_eq!(alone(&code, &[(0x1001, 0x1007)]), [0x1002], "the loop is around it");
    assert_eq!(alone(&code, &[(0x1001, 0x100b)]), [0x1001], "the loop is its own");
}

#[test]
fn a_jump_out_of_the_function_is_a_call_in_its_place() {
    // 1000: je 1007; 1002: jmp away; 1007: jmp away
    let away = [0xe9, 0, 0x10, 0, 0];
    let code = [&[0x74, 0x05][..], &away, &away].concat();
    assert_eq!(alone(&code, &[(0x1002, 0x1007), (0x1007, 0x100c)]), [0x1002, 0x1007]);
    // 1000: call; 1005: call; 100a: je 1012; 100c: jmp [rip+0x1000], a word of the GOT;
    // 1012: jmp [rax+0x18], of a vtable
    let frees = [&[0x74, 0x06, 0xff, 0x25, 0, 0x10, 0, 0][..], &[0xff, 0x60, 0x18]].concat();
    let again = [0xe8, 0xfb, 0x0f, 0, 0];
    let code = [&CALL[0][..], &again, &frees].concat();
    let ranges = [(0x1000, 0x1005), (0x1005, 0x1015)];
    let source = |at| (at < 0x100a).then_some(1);
    assert_eq!(begins(&code, &ranges, &[], &source), [0x1000, 0x1005]);
}

#[test]
fn a_piece_with_two_ways_to_it_begins_on_each() {
    // 1000: je 1009; 1002: call; 1007: jmp 100e; 1009: call; 100e: ret
    let code = [&[0x74, 0x07][..], &CALL[0], &[0xeb, 0x05], &CALL[0], &[0xc3]].concat();
    assert_eq!(alone(&code, &[(0x1002, 0x1007), (0x1009, 0x100e)]), [0x1002, 0x1009]);
    // What comes behind another beginning on one of the ways goes on with that.
    // 1000: je 1007; 1002: call; 1007: call; 100c: ret
    let code = [&[0x74, 0x05][..], &CALL[0], &CALL[1], &[0xc3]].concat();
    assert_eq!(alone(&code, &[(0x1002, 0x1007), (0x1007, 0x100c)]), [0x1002]);
}

#[test]
fn copies_of_one_call_in_the_source_are_rounds_of_a_loop_that_was_unrolled() {
    // 1000: call a; 1005: call a; 100a: call b; 100f: ret
    let code = [&CALL[0][..], &CALL[0], &CALL[1], &[0xc3]].concat();
    let same = |at: u64| Some(u64::from(at == 0x100a));
    // Both calls of `a` have one target here only where the displacements say so.
    let code: Vec<u8> = {
        let mut code = code;
        code[6] = 0xfb;
        code[7] = 0x0f;
        code
    };
    assert_eq!(begins(&code, &[(0x1000, 0x100f)], &[], &same), [0x1000, 0x1005]);
    assert_eq!(alone(&code, &[(0x1000, 0x100f)]), [0x1000], "their source is not known");
    let (once, other) = ([(0x1000, 7), (0x1005, 7)], [(0x1000, 8), (0x1005, 8)]);
    let glue = |inner: &[(u64, usize)]| begins(&code, &[(0x1000, 0x100f)], inner, &|_| None);
    assert_eq!(glue(&once), [0x1000, 0x1005], "the type's own drop is run once a value");
    assert_eq!(glue(&other), [0x1000], "a field may be dropped several times");
}

#[test]
fn what_only_stores_begins_with_its_stores() {
    // 1000: nop; 1001: nop; 1002: mov [rdi],eax; 1004: dec ecx; 1006: jne 1002; 1008: ret
    let code = [0x90, 0x90, 0x89, 0x07, 0xff, 0xc9, 0x75, 0xfa, 0xc3];
    assert_eq!(alone(&code, &[(0x1001, 0x1004)]), [0x1002]);
}

#[test]
fn what_does_nothing_that_others_can_see_begins_nowhere() {
    // 1000: nop; 1001: nop; 1002: mov [rdi],eax; 1004: dec ecx; 1006: jne 1002; 1008: ret
    let code = [0x90, 0x90, 0x89, 0x07, 0xff, 0xc9, 0x75, 0xfa, 0xc3];
    assert_eq!(alone(&code, &[(0x1001, 0x1002)]), [0; 0]);
    assert_eq!(alone(&code, &[(0x1004, 0x1008)]), [0; 0]);
}
