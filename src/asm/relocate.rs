//! One instruction, made to run at another address.
//!
//! ```text
//! original              copy, in a scratch page
//! f:  int3 …            push rbp            (at f)
//!     mov rbp, rsp  <── jmp f+1             (at f+1)
//! ```
//!
//! A call must leave the *original* return address on the stack, or unwinding through the frame
//! would end in the scratch page. It becomes a push of that address and a jump:
//!
//! ```text
//! f:  call g            push [return]       (at f)
//!                       jmp [target]        (at f, with one word more on the stack)
//!                       return: .quad f+5
//!                       target: .quad g
//! ```
//!
//! That is done by the program's own instructions, not by writing to its stack from outside: only
//! an access of its own makes the kernel grow the stack or raise the fault that belongs to it.

use iced_x86::{
    BlockEncoder, BlockEncoderOptions, Code, Decoder, DecoderOptions, Encoder, FlowControl,
    Instruction, InstructionBlock, OpKind, Register,
};
use thiserror::Error;

use crate::base::VirtAddr;

/// The length of the longest instruction, in bytes (Intel SDM, volume 2, section 2.3.11).
const LONGEST: usize = 15;

/// An instruction that can run elsewhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Relocation {
    /// The bytes to put at the place that was asked for.
    pub bytes: Vec<u8>,
    /// The boundaries between the copy's instructions: every place a thread can stop at.
    pub points: Vec<Point>,
}

/// A place in a copy, and what it stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Point {
    /// Bytes from the start of the copy.
    pub offset: u64,
    /// Where the thread would be in the original.
    pub original: VirtAddr,
    /// What must be added to the stack pointer to have what it would be there, in bytes.
    pub sp_adjust: u64,
}

impl Point {
    /// Whether the instruction itself has not run yet, so that the original stands before it too.
    pub fn is_pending(&self) -> bool {
        self.offset == 0 || self.sp_adjust != 0
    }
}

/// Why an instruction cannot run elsewhere.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum RelocationError {
    /// The bytes are not an instruction.
    #[error("the bytes there are not an instruction: {0:02x?}")]
    NotAnInstruction(Vec<u8>),
    /// What it refers to is out of reach from there, or it is of a kind that compilers do not
    /// write (a far call, a call through the stack pointer).
    #[error("its instruction cannot run at another address: {0}")]
    Unsupported(String),
}

/// The length of the instruction that the bytes begin with, if they are one.
pub fn instruction_length(bytes: &[u8]) -> Option<usize> {
    decode(bytes, VirtAddr(0)).map(|instruction| instruction.len())
}

/// Rewrites the first instruction of `bytes`, which lies at `from`, so that it does the same at
/// `to` and then goes on behind its original.
///
/// # Errors
/// [`RelocationError`].
pub fn relocate(bytes: &[u8], from: VirtAddr, to: VirtAddr) -> Result<Relocation, RelocationError> {
    let instruction = decode(bytes, from).ok_or_else(|| {
        RelocationError::NotAnInstruction(bytes.iter().copied().take(LONGEST).collect())
    })?;
    match instruction.flow_control() {
        FlowControl::Call if is_near_call(&instruction) => relocate_call(&instruction, from, to),
        FlowControl::IndirectCall => relocate_call(&instruction, from, to),
        _ => relocate_plain(&instruction, from, to),
    }
}

pub(super) fn decode(bytes: &[u8], at: VirtAddr) -> Option<Instruction> {
    let bytes = bytes.get(..bytes.len().min(LONGEST))?;
    let mut decoder = Decoder::with_ip(64, bytes, at.0, DecoderOptions::NONE);
    let instruction = decoder.can_decode().then(|| decoder.decode())?;
    (!instruction.is_invalid()).then_some(instruction)
}

fn is_near_call(instruction: &Instruction) -> bool {
    // `syscall` and the like are calls in iced's eyes, but push nothing.
    instruction.op0_kind() == OpKind::NearBranch64
}

fn unsupported(error: impl ToString) -> RelocationError {
    RelocationError::Unsupported(error.to_string())
}

fn relocate_plain(
    instruction: &Instruction,
    from: VirtAddr,
    to: VirtAddr,
) -> Result<Relocation, RelocationError> {
    let next = VirtAddr(instruction.next_ip());
    let mut block = vec![*instruction];
    let falls_through = !matches!(
        instruction.flow_control(),
        FlowControl::Return | FlowControl::UnconditionalBranch | FlowControl::IndirectBranch
    );
    if falls_through {
        block.push(Instruction::with_branch(Code::Jmp_rel32_64, next.0).map_err(unsupported)?);
    }
    let encoded =
        BlockEncoder::encode(64, InstructionBlock::new(&block, to.0), BlockEncoderOptions::NONE)
            .map_err(unsupported)?;
    let points = points_of(&encoded.code_buffer, from, to)?;
    Ok(Relocation { bytes: encoded.code_buffer, points })
}

/// Walks the copy. Its first instruction stands for the original; what follows are jumps, and a
/// thread that stands before a jump is as good as at its target.
fn points_of(copy: &[u8], from: VirtAddr, to: VirtAddr) -> Result<Vec<Point>, RelocationError> {
    let end = to + copy.len() as u64;
    let mut decoder = Decoder::with_ip(64, copy, to.0, DecoderOptions::NONE);
    let mut jumps = Vec::new();
    let _first = decoder.decode();
    while decoder.can_decode() {
        let jump = decoder.decode();
        if !matches!(jump.code(), Code::Jmp_rel8_64 | Code::Jmp_rel32_64) {
            return Err(unsupported("its copy would be too far from the original"));
        }
        jumps.push((jump.ip(), jump.near_branch_target()));
    }
    let mut points = vec![Point { offset: 0, original: from, sp_adjust: 0 }];
    for (at, target) in &jumps {
        let inside = (to.0..end.0).contains(target);
        let through = jumps.iter().find(|(at, _)| inside && at == target);
        let original = VirtAddr(through.map_or(*target, |(_, target)| *target));
        points.push(Point { offset: at.wrapping_sub(to.0), original, sp_adjust: 0 });
    }
    Ok(points)
}

/// See the head of this file.
fn relocate_call(
    call: &Instruction,
    from: VirtAddr,
    to: VirtAddr,
) -> Result<Relocation, RelocationError> {
    const PUSH: [u8; 2] = [0xff, 0x35]; // push [rip+disp32]
    let jump_at = to + 6;
    let (mut jump, constant) = match direct_target(call) {
        Some(target) => (vec![0xff, 0x25, 8, 0, 0, 0], Some(target)), // jmp [rip+8]
        None => (indirect_jump(call, jump_at)?, None),
    };
    let to_constants = u32::try_from(jump.len()).map_err(unsupported)?;
    let mut bytes = PUSH.to_vec();
    bytes.extend(to_constants.to_le_bytes());
    bytes.append(&mut jump);
    bytes.extend(call.next_ip().to_le_bytes());
    bytes.extend(constant.iter().flat_map(|target| target.to_le_bytes()));
    let points = vec![
        Point { offset: 0, original: from, sp_adjust: 0 },
        Point { offset: 6, original: from, sp_adjust: 8 },
    ];
    Ok(Relocation { bytes, points })
}

fn direct_target(call: &Instruction) -> Option<u64> {
    (call.op0_kind() == OpKind::NearBranch64).then(|| call.near_branch_target())
}

/// The jump that goes where an indirect call would, encoded for `at`, where one word more is on
/// the stack.
fn indirect_jump(call: &Instruction, at: VirtAddr) -> Result<Vec<u8>, RelocationError> {
    let mut jump = *call;
    match call.code() {
        Code::Call_rm64 => jump.set_code(Code::Jmp_rm64),
        _ => return Err(unsupported("a far or 16-bit call")),
    }
    let uses_sp = |register: Register| register.full_register() == Register::RSP;
    if call.op0_kind() == OpKind::Register && uses_sp(call.op0_register()) {
        return Err(unsupported("a call through the stack pointer"));
    }
    if call.op0_kind() == OpKind::Memory && uses_sp(call.memory_base()) {
        let moved = call.memory_displacement64().wrapping_add(8);
        jump.set_memory_displacement64(moved);
        // The size of the displacement may change with its value: let the encoder choose.
        jump.set_memory_displ_size(8);
    }
    let mut encoder = Encoder::new(64);
    encoder.encode(&jump, at.0).map_err(unsupported)?;
    Ok(encoder.take_buffer())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: VirtAddr = VirtAddr(0x40_1000);
    const TO: VirtAddr = VirtAddr(0x30_0000);

    fn copy(bytes: &[u8]) -> Relocation {
        relocate(bytes, FROM, TO).expect("it can be relocated")
    }

    fn listing(relocation: &Relocation) -> Vec<String> {
        let mut decoder = Decoder::with_ip(64, &relocation.bytes, TO.0, DecoderOptions::NONE);
        decoder.iter().take(relocation.points.len()).map(|i| i.to_string()).collect()
    }

    fn originals(relocation: &Relocation) -> Vec<(u64, u64)> {
        relocation.points.iter().map(|point| (point.original.0, point.sp_adjust)).collect()
    }

    #[test]
    fn a_plain_instruction_is_copied_and_jumps_back_behind_the_original() {
        let push = copy(&[0x55, 0x48, 0x89, 0xe5]);
        assert_eq!(listing(&push), ["push rbp", "jmp 0000000000401001h"]);
        assert_eq!(originals(&push), [(FROM.0, 0), (FROM.0 + 1, 0)]);
    }

    #[test]
    fn an_operand_relative_to_rip_still_names_the_same_byte() {
        let lea = copy(&[0x48, 0x8d, 0x05, 0x10, 0, 0, 0]); // lea rax,[rip+16]
        assert_eq!(listing(&lea)[0], "lea rax,[rel 401017h]");
    }

    #[test]
    fn ret_and_jmp_do_not_jump_back() {
        assert_eq!(listing(&copy(&[0xc3])), ["ret"]);
        assert_eq!(listing(&copy(&[0xeb, 0x10])), ["jmp 0000000000401012h"]);
    }

    #[test]
    fn a_short_conditional_jump_grows() {
        let jcc = copy(&[0x74, 0x10]); // je +16
        assert_eq!(listing(&jcc), ["je near 0000000000401012h", "jmp 0000000000401002h"]);
    }

    #[test]
    fn a_loop_never_runs_twice_when_it_is_stopped_behind_itself() {
        let relocation = copy(&[0xe2, 0x10]); // loop +16
        let originals = originals(&relocation);
        assert_eq!(originals[0], (FROM.0, 0));
        assert!(originals[1..].iter().all(|(at, _)| [FROM.0 + 2, FROM.0 + 18].contains(at)));
        assert!(originals.contains(&(FROM.0 + 18, 0)) && originals.contains(&(FROM.0 + 2, 0)));
    }

    #[test]
    fn a_direct_call_pushes_the_original_return_address() {
        let call = copy(&[0xe8, 0x10, 0, 0, 0]);
        assert_eq!(listing(&call), ["push qword [rel 30000Ch]", "jmp qword [rel 300014h]"]);
        let constant = |at: usize| u64::from_le_bytes(call.bytes[at..at + 8].try_into().unwrap());
        assert_eq!((constant(0xc), constant(0x14)), (FROM.0 + 5, FROM.0 + 0x15));
        assert_eq!(originals(&call), [(FROM.0, 0), (FROM.0, 8)]);
    }

    #[test]
    fn an_indirect_call_reads_its_target_as_if_nothing_had_been_pushed() {
        let got = copy(&[0xff, 0x15, 0x10, 0, 0, 0]); // call [rip+16]
        assert_eq!(listing(&got)[1], "jmp qword [rel 401016h]");
        let stack = copy(&[0xff, 0x54, 0x24, 0x08]); // call [rsp+8]
        assert_eq!(listing(&stack)[1], "jmp qword [rsp+10h]");
        let far = copy(&[0xff, 0x54, 0x24, 0x78]); // call [rsp+0x78]: the displacement grows
        assert_eq!(listing(&far)[1], "jmp qword [rsp+80h]");
        assert_eq!(listing(&copy(&[0xff, 0xd0]))[1], "jmp rax");
        assert!(relocate(&[0xff, 0xd4], FROM, TO).is_err()); // call rsp
    }

    #[test]
    fn a_system_call_is_no_call() {
        assert_eq!(listing(&copy(&[0x0f, 0x05])), ["syscall", "jmp 0000000000401002h"]);
    }

    #[test]
    fn what_is_no_instruction_or_out_of_reach_is_refused() {
        assert!(matches!(relocate(&[0x06], FROM, TO), Err(RelocationError::NotAnInstruction(_))));
        assert!(matches!(relocate(&[], FROM, TO), Err(RelocationError::NotAnInstruction(_))));
        let far = VirtAddr(FROM.0 + (1 << 40));
        assert!(relocate(&[0x48, 0x8d, 0x05, 0x10, 0, 0, 0], FROM, far).is_err());
        assert!(relocate(&[0x55], FROM, far).is_err());
        assert_eq!(instruction_length(&[0x48, 0x8d, 0x05, 0x10, 0, 0, 0, 0x90]), Some(7));
    }
}
