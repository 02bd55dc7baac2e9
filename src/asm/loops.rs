//! Which instructions of a function run at most once a call.

use iced_x86::{Decoder, DecoderOptions, FlowControl};

use crate::base::{FileAddr, Range};

/// The instruction before the first of `ends` that control cannot come back to and can go on from:
/// the last instruction of a block that ends there.
///
/// `code` are the bytes of `range`, decoded from its start. An instruction that ends the function
/// for good (`ud2`, or a call that is the last instruction of the range) is no end of a block.
/// Where an indirect jump goes is not known: a loop around one is not seen.
pub fn last_outside_loops(
    code: &[u8],
    range: Range<FileAddr>,
    ends: &[FileAddr],
) -> Option<FileAddr> {
    let flow = Flow::of(code, range);
    let last = |end: &FileAddr| flow.steps.iter().find(|step| step.next == end.0);
    let goes_on = |step: &&Step| step.goes_on && step.next < range.end.0;
    let found = ends.iter().filter_map(last).filter(goes_on);
    found.map(|step| step.at).find(|at| !flow.comes_back_to(*at)).map(FileAddr)
}

/// One instruction and where control goes from it.
struct Step {
    at: u64,
    next: u64,
    /// Whether it goes on with the next instruction, or jumps; not for a return or a trap.
    goes_on: bool,
    falls_through: bool,
    target: Option<u64>,
}

/// The instructions of a range, by address.
struct Flow {
    steps: Vec<Step>,
}

impl Flow {
    fn of(code: &[u8], range: Range<FileAddr>) -> Flow {
        let mut decoder = Decoder::with_ip(64, code, range.start.0, DecoderOptions::NONE);
        let mut steps = Vec::new();
        while decoder.can_decode() {
            let instruction = decoder.decode();
            let (falls_through, jumps) = match instruction.flow_control() {
                FlowControl::Next | FlowControl::Call | FlowControl::IndirectCall => (true, false),
                FlowControl::ConditionalBranch => (true, true),
                FlowControl::UnconditionalBranch => (false, true),
                _ => (false, false),
            };
            let falls_through = falls_through && !instruction.is_invalid();
            steps.push(Step {
                at: instruction.ip(),
                next: instruction.next_ip(),
                goes_on: falls_through || jumps,
                falls_through,
                target: jumps.then(|| instruction.near_branch_target()),
            });
        }
        Flow { steps }
    }

    fn index(&self, at: u64) -> Option<usize> {
        self.steps.binary_search_by_key(&at, |step| step.at).ok()
    }

    /// Whether control can come from an instruction back to it. Unwinding is left aside.
    fn comes_back_to(&self, at: u64) -> bool {
        let mut seen = vec![false; self.steps.len()];
        let mut open = vec![at];
        while let Some(from) = open.pop() {
            let Some(step) = self.index(from).and_then(|index| self.steps.get(index)) else {
                continue;
            };
            let after = [step.falls_through.then_some(step.next), step.target];
            for to in after.into_iter().flatten() {
                if to == at {
                    return true;
                }
                match self.index(to).and_then(|index| seen.get_mut(index)) {
                    Some(seen) if !*seen => *seen = true,
                    _ => continue,
                }
                open.push(to);
            }
        }
        false
    }
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
        // 1000: nop; 1001: nop; 1002: jmp 1001; 1004: nop; 1005: ret
        let code = [0x90, 0x90, 0xeb, 0xfd, 0x90, 0xc3];
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
    fn code_that_never_goes_on_ends_no_block() {
        // ud2; nop; ret
        assert_eq!(last(&[0x0f, 0x0b, 0x90, 0xc3], &[0x1002]), None);
    }
}
