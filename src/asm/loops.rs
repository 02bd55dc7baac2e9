//! Which instructions of a function run at most once a call.

use iced_x86::{Decoder, DecoderOptions, FlowControl};

use crate::base::{FileAddr, Range};

/// The instruction before the first of `ends` that is not in a loop and from which control can go
/// on: the last instruction of a block that ends there.
///
/// A loop is a jump backwards and all that lies between it and its target. `code` are the bytes of
/// `range`, decoded from its start. An instruction that ends the function for good (`ud2`, or a
/// call that is the last instruction of the range) is no end of a block.
pub fn last_outside_loops(
    code: &[u8],
    range: Range<FileAddr>,
    ends: &[FileAddr],
) -> Option<FileAddr> {
    let mut decoder = Decoder::with_ip(64, code, range.start.0, DecoderOptions::NONE);
    let mut last = vec![None; ends.len()];
    let mut loops = Vec::new();
    while decoder.can_decode() {
        let instruction = decoder.decode();
        let jumps = matches!(
            instruction.flow_control(),
            FlowControl::UnconditionalBranch | FlowControl::ConditionalBranch
        );
        if jumps && instruction.near_branch_target() <= instruction.ip() {
            loops.push(instruction.near_branch_target()..=instruction.ip());
        }
        let goes_on = !instruction.is_invalid()
            && instruction.flow_control() != FlowControl::Exception
            && instruction.next_ip() < range.end.0;
        for (end, last) in ends.iter().zip(&mut last) {
            if goes_on && instruction.next_ip() == end.0 {
                *last = Some(instruction.ip());
            }
        }
    }
    let once = |at: &u64| !loops.iter().any(|range| range.contains(at));
    last.into_iter().flatten().find(once).map(FileAddr)
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
    fn code_that_never_goes_on_ends_no_block() {
        // ud2; nop; ret
        assert_eq!(last(&[0x0f, 0x0b, 0x90, 0xc3], &[0x1002]), None);
    }
}
