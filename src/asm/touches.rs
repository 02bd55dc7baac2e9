//! Which parts of a frame have been stored to when control stands at an instruction.

use std::collections::{HashMap, HashSet};

use super::flow::Flow;
use crate::base::{FileAddr, Range};

/// A part of the stack, as distances from the stack pointer; the end not included.
type Part = (i64, i64);

/// The parts of a frame that the code of its function stores to or takes the address of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Touches {
    /// By any instruction.
    all: Vec<Part>,
    /// By one from which control can have come to the place that was asked for.
    before: Vec<Part>,
}

impl Touches {
    /// What is touched on the ways to `at`, which lies in an instruction of the function.
    ///
    /// Nothing is known of a function with an indirect jump, whose ways cannot be followed, nor at a
    /// place that is only reached by unwinding.
    pub fn on_the_way_to(code: &[u8], range: Range<FileAddr>, at: FileAddr) -> Option<Touches> {
        let flow = Flow::of(code, range);
        let here = flow.steps.iter().find(|step| step.at <= at.0 && at.0 < step.next)?.at;
        if flow.steps.iter().any(|step| step.anywhere) {
            return None;
        }
        let before = comes_before(&flow, here);
        if here != range.start.0 && !before.contains(&range.start.0) {
            return None;
        }
        let parts = |of: &dyn Fn(u64) -> bool| {
            let steps = flow.steps.iter().filter(|step| of(step.at));
            steps.flat_map(|step| step.touches.iter().copied()).collect()
        };
        Some(Touches { all: parts(&|_| true), before: parts(&|at| before.contains(&at)) })
    }

    /// Whether a variable at a distance from the stack pointer has certainly not been stored to: the
    /// function does store to it, but nowhere on a way to here.
    pub fn not_yet(&self, offset: i64, size: u64) -> bool {
        let end = offset.saturating_add_unsigned(size);
        let hits = |parts: &[Part]| parts.iter().any(|(from, to)| *from < end && offset < *to);
        hits(&self.all) && !hits(&self.before)
    }
}

/// The instructions from which control can come to one of them; itself only if by a loop.
fn comes_before(flow: &Flow, at: u64) -> HashSet<u64> {
    let mut from: HashMap<u64, Vec<u64>> = HashMap::new();
    for step in &flow.steps {
        for to in flow.after(step.at) {
            from.entry(to).or_default().push(step.at);
        }
    }
    let mut seen = HashSet::new();
    let mut open = vec![at];
    while let Some(to) = open.pop() {
        for step in from.get(&to).into_iter().flatten() {
            if seen.insert(*step) {
                open.push(*step);
            }
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1000: call 1010; 1005: mov qword [rsp+8],7; 100e: call 1010; 1013: ret
    const CODE: [u8; 20] = [
        0xe8, 0x0b, 0, 0, 0, 0x48, 0xc7, 0x44, 0x24, 8, 7, 0, 0, 0, 0xe8, 0xfd, 0xff, 0xff, 0xff,
        0xc3,
    ];

    fn at(address: u64) -> Option<Touches> {
        let range = Range::new(FileAddr(0x1000), FileAddr(0x1014));
        Touches::on_the_way_to(&CODE, range, FileAddr(address))
    }

    #[test]
    fn a_variable_is_not_stored_to_before_its_store() {
        let during_first_call = at(0x1004).expect("its ways are known");
        assert!(during_first_call.not_yet(8, 8) && during_first_call.not_yet(12, 1));
        assert!(!during_first_call.not_yet(16, 8), "nothing is known of what is never stored to");
        let during_second_call = at(0x1012).expect("its ways are known");
        assert!(!during_second_call.not_yet(8, 8));
    }

    #[test]
    fn a_store_in_an_earlier_round_of_a_loop_counts() {
        // 1000: nop; 1001: mov qword [rsp+8],7; 100a: jne 1000; 100c: ret
        let code = [0x90, 0x48, 0xc7, 0x44, 0x24, 8, 7, 0, 0, 0, 0x75, 0xf4, 0xc3];
        let range = Range::new(FileAddr(0x1000), FileAddr(0x100d));
        let at_begin = Touches::on_the_way_to(&code, range, FileAddr(0x1000));
        assert!(at_begin.is_some_and(|touches| !touches.not_yet(8, 8)));
    }

    #[test]
    fn taking_the_address_counts_and_reading_does_not() {
        // 1000: mov rax,[rsp+8]; 1005: lea rdi,[rsp+16]; 100a: ret
        let code = [0x48, 0x8b, 0x44, 0x24, 8, 0x48, 0x8d, 0x7c, 0x24, 16, 0xc3];
        let range = Range::new(FileAddr(0x1000), FileAddr(0x100b));
        let begin = Touches::on_the_way_to(&code, range, FileAddr(0x1000)).expect("known");
        let end = Touches::on_the_way_to(&code, range, FileAddr(0x100a)).expect("known");
        assert!(begin.not_yet(16, 8) && !end.not_yet(16, 8));
        assert!(!begin.not_yet(8, 8));
        // 1000: mov r14,rsp; 1003: ret
        let code = [0x49, 0x89, 0xe6, 0xc3];
        let range = Range::new(FileAddr(0x1000), FileAddr(0x1004));
        let begin = Touches::on_the_way_to(&code, range, FileAddr(0x1000)).expect("known");
        let end = Touches::on_the_way_to(&code, range, FileAddr(0x1003)).expect("known");
        assert!(begin.not_yet(0, 8) && !end.not_yet(0, 8));
    }

    #[test]
    fn nothing_is_said_where_the_ways_are_not_known() {
        // 1000: jmp rax; 1002: mov qword [rsp+8],7; 100b: ret
        let code = [0xff, 0xe0, 0x48, 0xc7, 0x44, 0x24, 8, 7, 0, 0, 0, 0xc3];
        let range = Range::new(FileAddr(0x1000), FileAddr(0x100c));
        assert_eq!(Touches::on_the_way_to(&code, range, FileAddr(0x1000)), None);
        // 1000: ret; 1001 (a landing pad): nop; 1002: ret
        let range = Range::new(FileAddr(0x1000), FileAddr(0x1003));
        assert_eq!(Touches::on_the_way_to(&[0xc3, 0x90, 0xc3], range, FileAddr(0x1002)), None);
    }
}
