//! Which bytes of a frame only the code of its function itself can reach, by the stack pointer.

use iced_x86::{Decoder, DecoderOptions, FlowControl, Instruction, Mnemonic, OpKind, Register};

/// How many bytes from the stack pointer on, where the frame of a function is made, are such that
/// the function nowhere computes an address in them or below: it keeps registers and flags there,
/// and no pointer leads to them. `code` is all of the function.
///
/// The size of what lies at an address that is computed is not known, so that all behind the lowest
/// may be reached by it. Where the code uses the stack pointer in a way that is not understood, there
/// are none.
pub fn below_taken(code: &[u8]) -> u64 {
    let mut decoder = Decoder::with_ip(64, code, 0, DecoderOptions::NONE);
    let mut lowest = u64::MAX;
    let mut used = false;
    let mut instruction = Instruction::default();
    while decoder.can_decode() {
        decoder.decode_out(&mut instruction);
        match taken_by(&instruction) {
            Some(at) => lowest = lowest.min(at),
            // Behind a push in the middle distances from the stack pointer mean other bytes.
            None if used && moves_the_stack(&instruction) => return 0,
            None => {}
        }
        used |= instruction.memory_base() == Register::RSP && !instruction.is_stack_instruction();
    }
    lowest
}

/// The distance from the stack pointer whose address an instruction computes, or may touch.
fn taken_by(i: &Instruction) -> Option<u64> {
    if i.is_invalid() {
        return Some(0);
    }
    let of_stack = i.memory_base() == Register::RSP || i.memory_index() == Register::RSP;
    if of_stack && i.memory_index() != Register::None {
        return Some(0);
    }
    let sets_stack = |n: u32| n == 0 && i.op_register(n) == Register::RSP;
    if i.mnemonic() == Mnemonic::Lea {
        return (of_stack && !sets_stack(0))
            .then(|| u64::try_from(i.memory_displacement64().cast_signed()).unwrap_or(0));
    }
    let is_stack = |n: u32| {
        i.op_kind(n) == OpKind::Register && i.op_register(n).full_register() == Register::RSP
    };
    let makes_room =
        matches!(i.mnemonic(), Mnemonic::Sub | Mnemonic::Add | Mnemonic::And) && sets_stack(0);
    let taken = (0..i.op_count()).any(|n| is_stack(n) && !(n == 0 && makes_room));
    taken.then_some(0)
}

/// Whether an instruction in the middle of a function leaves the stack pointer lower than it was.
fn moves_the_stack(i: &Instruction) -> bool {
    i.flow_control() == FlowControl::Next
        && i.is_stack_instruction()
        && i.stack_pointer_increment() < 0
        || (i.mnemonic() == Mnemonic::Sub && i.op0_kind() == OpKind::Register && {
            i.op_register(0) == Register::RSP
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_below_the_lowest_address_that_is_computed_is_the_functions_own() {
        // push rbx; sub rsp,0x40; mov [rsp+8],rdi; lea rdi,[rsp+0x18]; lea rsi,[rsp+0x30]; add rsp,0x40
        let code = [
            0x53, 0x48, 0x83, 0xec, 0x40, 0x48, 0x89, 0x7c, 0x24, 8, 0x48, 0x8d, 0x7c, 0x24, 0x18,
            0x48, 0x8d, 0x74, 0x24, 0x30, 0x48, 0x83, 0xc4, 0x40, 0x5b, 0xc3,
        ];
        assert_eq!(below_taken(&code), 0x18);
        assert_eq!(below_taken(&code[..10]), u64::MAX, "none is computed");
    }

    #[test]
    fn a_stack_pointer_that_is_copied_or_indexed_or_moved_leaves_nothing() {
        assert_eq!(below_taken(&[0x48, 0x89, 0xe7]), 0, "mov rdi,rsp");
        assert_eq!(below_taken(&[0x54]), 0, "push rsp");
        assert_eq!(below_taken(&[0x48, 0x89, 0x23]), 0, "mov [rbx],rsp");
        assert_eq!(below_taken(&[0x88, 0x44, 0x0c, 8]), 0, "mov [rsp+rcx+8],al");
        assert_eq!(below_taken(&[0x88, 0x44, 0x24, 8, 0x6a, 1]), 0, "mov [rsp+8],al; push 1");
        assert_eq!(below_taken(&[0x48, 0x8d, 0x44, 0x24, 0xf8]), 0, "lea rax,[rsp-8]");
        assert_eq!(below_taken(&[0x06]), 0, "no instruction");
    }
}
