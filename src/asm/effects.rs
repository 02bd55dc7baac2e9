//! Whether some code does anything that lasts.

use iced_x86::{Decoder, DecoderOptions, FlowControl, InstructionInfoFactory};

use super::access::writes;
use crate::base::{FileAddr, Range};

/// Whether code calls, returns, decides or stores to memory, and does not only load and reckon in
/// registers. Code that cannot be decoded may do anything.
pub fn has_effect(code: &[u8], range: Range<FileAddr>) -> bool {
    let mut decoder = Decoder::with_ip(64, code, range.start.0, DecoderOptions::NONE);
    let mut factory = InstructionInfoFactory::new();
    while decoder.can_decode() {
        let instruction = decoder.decode();
        let goes_on = matches!(
            instruction.flow_control(),
            FlowControl::Next | FlowControl::UnconditionalBranch
        );
        let info = factory.info(&instruction);
        if !goes_on || info.used_memory().iter().any(|memory| writes(memory.access())) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effect(code: &[u8]) -> bool {
        has_effect(code, Range::new(FileAddr(0x1000), FileAddr(0x1000 + code.len() as u64)))
    }

    #[test]
    fn loads_and_jumps_have_no_effect_and_calls_stores_and_decisions_have() {
        // add r14, 0x20; mov r15, [rip+0x48fa2]; jmp +9
        assert!(!effect(&[
            0x49, 0x83, 0xc6, 0x20, 0x4c, 0x8b, 0x3d, 0xa2, 0x8f, 0x04, 0, 0xeb, 0x09
        ]));
        assert!(effect(&[0x41, 0x8b, 0x7e, 0xf8, 0xe8, 0, 0, 0, 0]), "mov edi, [r14-8]; call");
        assert!(effect(&[0xc7, 0x44, 0x24, 0x30, 0x5f, 0, 0, 0]), "mov dword [rsp+0x30], 0x5f");
        assert!(effect(&[0x74, 0x05]) && effect(&[0xc3]) && effect(&[0x50]), "je; ret; push rax");
        assert!(effect(&[0x06]), "no instruction");
    }
}
