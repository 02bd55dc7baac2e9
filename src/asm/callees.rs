//! Which functions a function calls, as far as its code says so itself.

use std::collections::BTreeSet;

use iced_x86::{Decoder, DecoderOptions, FlowControl, OpKind};

use crate::base::{FileAddr, Range};

/// Where the calls in some code go, and the jumps out of it, in order and once each. Calls through
/// registers and memory are left out.
pub fn callees(code: &[u8], range: Range<FileAddr>) -> BTreeSet<FileAddr> {
    let mut found = BTreeSet::new();
    let mut decoder = Decoder::with_ip(64, code, range.start.0, DecoderOptions::NONE);
    while decoder.can_decode() {
        let instruction = decoder.decode();
        let goes = matches!(
            instruction.flow_control(),
            FlowControl::Call | FlowControl::UnconditionalBranch | FlowControl::ConditionalBranch
        );
        if goes && instruction.op0_kind() == OpKind::NearBranch64 {
            let target = FileAddr(instruction.near_branch_target());
            if !range.contains(target) {
                found.insert(target);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn direct_calls_and_jumps_out_are_found_and_jumps_inside_are_not() {
        // 1000: call 2000; 1005: jmp 1000; 1007: jmp 3000; 100c: call rax; 100e: call 2000
        let code = [
            0xe8, 0xfb, 0x0f, 0, 0, 0xeb, 0xf9, 0xe9, 0xf4, 0x1f, 0, 0, 0xff, 0xd0, 0xe8, 0xed,
            0x0f, 0, 0,
        ];
        let range = Range::new(FileAddr(0x1000), FileAddr(0x1013));
        let found: Vec<u64> = callees(&code, range).iter().map(|at| at.0).collect();
        assert_eq!(found, [0x2000, 0x3000]);
        assert!(callees(&[0xe8, 0, 0], range).is_empty(), "cut short");
    }
}
