//! Which instructions of a function run at most once a call.

use super::flow::Flow;
use crate::base::{FileAddr, Range};

/// The instruction before the first of `ends` that is on a way from the start of the function to
/// one of its returns, and that control cannot come back to: the last instruction of a block that
/// ends there.
///
/// `code` are the bytes of `range`, decoded from its start. What only unwinding reaches is on no
/// such way, and neither is a call that does not return, such as that of a panic. Where an indirect
/// jump goes is not known: a loop around one is not seen.
pub fn last_outside_loops(
    code: &[u8],
    range: Range<FileAddr>,
    ends: &[FileAddr],
) -> Option<FileAddr> {
    let flow = Flow::of(code, range);
    let last = |end: &FileAddr| flow.steps.iter().find(|step| step.next == end.0);
    let once = |at: &u64| {
        let after = flow.reach(flow.after(*at));
        let returns = flow.steps.iter().any(|step| step.returns && after.contains(&step.at));
        returns && !after.contains(at)
    };
    let run = flow.reach([range.start.0]);
    let found = ends.iter().filter_map(last).map(|step| step.at);
    found.filter(|at| run.contains(at)).find(once).map(FileAddr)
}

/// Whether a branch in the code of a function leads into a part of it.
pub fn jumps_into(code: &[u8], range: Range<FileAddr>, part: Range<FileAddr>) -> bool {
    let targets = Flow::of(code, range).steps.into_iter().filter_map(|step| step.target);
    targets.into_iter().any(|target| part.contains(FileAddr(target)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last(code: &[u8], ends: &[u64]) -> Option<u64> {
        let range = Range::new(FileAddr(0x1000), FileAddr(0x1000 + code.len() as u64));
        let ends: Vec<_> = ends.iter().map(|end| FileAddr(*end)).collect();
        last_outside_loops(code, range, &ends).map(|at| at.0)
    }

    #[test]
    fn the_instruction_that_ends_at_the_end_of_the_block() {
        // nop; xor eax,eax; ret
        let code = [0x90, 0x31, 0xc0, 0xc3];
        assert_eq!(last(&code, &[0x1003]), Some(0x1001));
        assert_eq!(last(&code, &[0x1002]), None, "that is in the middle of an instruction");
        assert_eq!(last(&code, &[0x1004]), None, "nothing follows the ret");
    }

    #[test]
    fn a_block_that_ends_in_a_loop_gives_way_to_the_one_around_it() {
        // 1000: nop; 1001: nop; 1002: jne 1001; 1004: nop; 1005: ret
        let code = [0x90, 0x90, 0x75, 0xfd, 0x90, 0xc3];
        assert_eq!(last(&code, &[0x1004, 0x1005]), Some(0x1004));
        assert_eq!(last(&code, &[0x1004]), None);
    }

    #[test]
    fn a_jump_backwards_is_no_loop_where_nothing_leads_to_it() {
        // 1000: nop; 1001: nop; 1002: ret; 1003 (a landing pad): jmp 1001
        let code = [0x90, 0x90, 0xc3, 0xeb, 0xfc];
        assert_eq!(last(&code, &[0x1002]), Some(0x1001));
    }

    #[test]
    fn a_jump_to_the_entry_is_found_and_a_call_of_it_is_none() {
        // 1000: nop; 1001: nop; 1002: jne 1001; 1004: ret
        let (looping, start) = ([0x90, 0x90, 0x75, 0xfd, 0xc3], FileAddr(0x1000));
        let range = Range::new(start, start + 5);
        assert!(jumps_into(&looping, range, Range::new(start, start + 2)));
        assert!(!jumps_into(&looping, range, Range::new(start, start + 1)));
        // 1000: call 1000
        assert!(!jumps_into(&[0xe8, 0xfb, 0xff, 0xff, 0xff], range, range));
    }

    #[test]
    fn code_that_never_returns_ends_no_block() {
        // ud2; nop; ret
        assert_eq!(last(&[0x0f, 0x0b, 0x90, 0xc3], &[0x1002]), None);
        // 1000: jo 1003; 1002: ret; 1003: call 1010; 1008: call 1010
        let code = [0x70, 0x01, 0xc3, 0xe8, 8, 0, 0, 0, 0xe8, 3, 0, 0, 0];
        assert_eq!(last(&code, &[0x1008, 0x1002]), Some(0x1000));
    }
}
