//! Where a function has made room for its frame, where no line table says so.

use iced_x86::{Code, Decoder, DecoderOptions, Instruction, Mnemonic, OpKind, Register};

use crate::base::{FileAddr, Range};

/// More instructions than any prologue has: six registers to save, a frame pointer, one frame.
const MAX_INSTRUCTIONS: usize = 16;

/// The address behind the pushes at the beginning of a function and the subtraction that makes room
/// for its frame; the beginning where there are none.
///
/// Instructions that belong to neither end the search, even if more pushes follow: optimised code
/// may leave through a `ret` before it makes its frame. `code` are the bytes of `range`.
pub fn frame_made(code: &[u8], range: Range<FileAddr>) -> FileAddr {
    let mut decoder = Decoder::with_ip(64, code, range.start.0, DecoderOptions::NONE);
    let mut made = range.start;
    for _ in 0..MAX_INSTRUCTIONS {
        if !decoder.can_decode() {
            break;
        }
        let instruction = decoder.decode();
        if grows_the_stack(&instruction) {
            made = FileAddr(instruction.next_ip());
        } else if !sets_frame_pointer(&instruction) && instruction.code() != Code::Endbr64 {
            break;
        }
    }
    // A site behind the last instruction would be that of another function.
    if made < range.end { made } else { range.start }
}

fn grows_the_stack(instruction: &Instruction) -> bool {
    match instruction.mnemonic() {
        Mnemonic::Push => instruction.op0_kind() == OpKind::Register,
        Mnemonic::Sub => {
            instruction.op0_kind() == OpKind::Register
                && instruction.op0_register() == Register::RSP
                && instruction.op1_kind() != OpKind::Register
        }
        _ => false,
    }
}

/// `mov rbp, rsp`.
fn sets_frame_pointer(instruction: &Instruction) -> bool {
    instruction.mnemonic() == Mnemonic::Mov
        && instruction.op0_kind() == OpKind::Register
        && instruction.op0_register() == Register::RBP
        && instruction.op1_kind() == OpKind::Register
        && instruction.op1_register() == Register::RSP
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(code: &[u8]) -> u64 {
        let range = Range::new(FileAddr(0x100), FileAddr(0x100 + code.len() as u64));
        frame_made(code, range).0 - 0x100
    }

    #[test]
    fn pushes_and_the_room_for_the_frame_are_the_prologue() {
        // push rbp; mov rbp, rsp; push rbx; sub rsp, 0x18; mov eax, 1; ret
        let code = b"\x55\x48\x89\xe5\x53\x48\x83\xec\x18\xb8\x01\x00\x00\x00\xc3";
        assert_eq!(made(code), 9);
        // endbr64; push rax; call
        assert_eq!(made(b"\xf3\x0f\x1e\xfa\x50\xe8\x00\x00\x00\x00"), 5);
    }

    #[test]
    fn what_does_not_begin_with_a_prologue_has_none() {
        // lea eax, [rdi+rsi]; ret
        assert_eq!(made(b"\x8d\x04\x37\xc3"), 0);
        // test edi, edi; je; push rbx
        assert_eq!(made(b"\x85\xff\x74\x10\x53\xc3"), 0);
        assert_eq!(made(b""), 0);
        assert_eq!(made(b"\x55"), 0, "nothing follows");
    }
}
