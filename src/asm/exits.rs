//! Where a function is left.

use iced_x86::{
    Code, Decoder, DecoderOptions, FlowControl, Instruction, Mnemonic, OpKind, Register,
};

use crate::base::{FileAddr, Range};

/// The ways out of a part of a function.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Exits {
    /// Each instruction that leaves the function for good, by address.
    pub list: Vec<Exit>,
    /// Bytes that are not an instruction, and were stepped over one by one.
    pub undecodable: usize,
}

/// An instruction that leaves a function for good.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exit {
    /// Where it is.
    pub at: FileAddr,
    /// How it leaves.
    pub kind: ExitKind,
    /// Whether it leaves only on a condition: a `jcc` to another function.
    pub conditional: bool,
}

/// How a function is left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExitKind {
    /// By `ret`.
    Ret,
    /// By a jump to another function, which returns in its place.
    TailCall {
        /// Where to, if the instruction says so itself.
        target: Option<FileAddr>,
    },
}

/// Finds every way out of one range of a function by decoding it from its start.
///
/// `code` are the bytes of `range`; `all_ranges` are all ranges of the function, so that a jump to
/// its cold part is not taken for a tail call.
///
/// An indirect jump through memory without an index register (`jmp [rip+GOT]`, a vtable) is a tail
/// call. One with an index register, with a `notrack` prefix, or through a register that was just
/// computed from a table (`movsxd` and `add`, as LLVM does for `match`) is a switch, which stays
/// inside. A hand-written jump that computes its target in another way is taken for a tail call.
pub fn exits(code: &[u8], range: Range<FileAddr>, all_ranges: &[Range<FileAddr>]) -> Exits {
    let inside = |at: u64| {
        let at = FileAddr(at);
        range.contains(at) || all_ranges.iter().any(|range| range.contains(at))
    };
    let len = usize::try_from(range.end - range.start).unwrap_or(usize::MAX).min(code.len());
    let code = code.get(..len).unwrap_or_default();
    let mut found = Exits::default();
    let mut switch = SwitchPattern::default();
    let mut decoder = Decoder::with_ip(64, code, range.start.0, DecoderOptions::NONE);
    while decoder.can_decode() {
        let position = decoder.position();
        let instruction = decoder.decode();
        if instruction.is_invalid() {
            // What is not code (a table between instructions) is stepped over by one byte, until
            // decoding falls into step again.
            found.undecodable += 1;
            let next = position + 1;
            if decoder.set_position(next).is_err() {
                break;
            }
            decoder.set_ip(range.start.0.wrapping_add(next as u64));
            continue;
        }
        if let Some(exit) = exit_of(&instruction, &switch, inside) {
            found.list.push(exit);
        }
        switch.see(&instruction);
    }
    found
}

fn exit_of(
    instruction: &Instruction,
    switch: &SwitchPattern,
    inside: impl Fn(u64) -> bool,
) -> Option<Exit> {
    let at = FileAddr(instruction.ip());
    let exit = |kind, conditional| Some(Exit { at, kind, conditional });
    match instruction.flow_control() {
        FlowControl::Return => exit(ExitKind::Ret, false),
        flow @ (FlowControl::UnconditionalBranch | FlowControl::ConditionalBranch) => {
            let target = direct_target(instruction)?;
            let kind = ExitKind::TailCall { target: Some(FileAddr(target)) };
            if inside(target) { None } else { exit(kind, flow == FlowControl::ConditionalBranch) }
        }
        FlowControl::IndirectBranch if !switch.is_switch(instruction) => {
            exit(ExitKind::TailCall { target: None }, false)
        }
        _ => None,
    }
}

fn direct_target(instruction: &Instruction) -> Option<u64> {
    matches!(
        instruction.op0_kind(),
        OpKind::NearBranch64 | OpKind::NearBranch32 | OpKind::NearBranch16
    )
    .then(|| instruction.near_branch_target())
}

/// Remembers whether a register was just computed from a jump table.
#[derive(Default)]
struct SwitchPattern {
    /// The last `movsxd` from memory with an index, and how many instructions ago.
    table_load: Option<(Register, u32)>,
    /// The register that an offset from a table was added to or that a table entry was loaded in,
    /// and how many instructions ago.
    target: Option<(Register, u32)>,
}

/// A compiler puts nothing, or a few register restores, between the computation and the jump.
const WINDOW: u32 = 8;

impl SwitchPattern {
    fn see(&mut self, instruction: &Instruction) {
        let older = |seen: &mut Option<(Register, u32)>| {
            *seen = seen.filter(|(_, age)| *age < WINDOW).map(|(r, age)| (r, age + 1));
        };
        older(&mut self.table_load);
        older(&mut self.target);
        let into = instruction.op0_register().full_register();
        let from_table = instruction.op1_kind() == OpKind::Memory
            && instruction.memory_index() != Register::None;
        match instruction.mnemonic() {
            Mnemonic::Movsxd if from_table => self.table_load = Some((into, 0)),
            Mnemonic::Mov if from_table && instruction.code() == Code::Mov_r64_rm64 => {
                self.target = Some((into, 0));
            }
            Mnemonic::Add => {
                let other = instruction.op1_register().full_register();
                let loaded = self.table_load.map(|(register, _)| register);
                if loaded == Some(into) || loaded == Some(other) {
                    self.target = Some((into, 0));
                }
            }
            _ => {}
        }
    }

    fn is_switch(&self, jump: &Instruction) -> bool {
        // `notrack` is the ds prefix before an indirect jump; compilers write it for tables only.
        if jump.segment_prefix() == Register::DS {
            return true;
        }
        match jump.op0_kind() {
            OpKind::Memory => jump.memory_index() != Register::None,
            OpKind::Register => {
                self.target.is_some_and(|(register, _)| register == jump.op0_register())
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exits_of(code: &[u8], others: &[Range<FileAddr>]) -> Exits {
        let start = FileAddr(0x1000);
        exits(code, Range::new(start, start + code.len() as u64), others)
    }

    fn kinds(code: &[u8], others: &[Range<FileAddr>]) -> Vec<(u64, ExitKind)> {
        let found = exits_of(code, others);
        found.list.iter().map(|exit| (exit.at.0, exit.kind)).collect()
    }

    #[test]
    fn every_ret_is_found_and_jumps_inside_are_not() {
        // test edi,edi; je +1; ret; xor eax,eax; jmp -5 (to the ret); ret 8
        let code = [0x85, 0xff, 0x74, 1, 0xc3, 0x31, 0xc0, 0xeb, 0xfb, 0xc2, 8, 0];
        assert_eq!(kinds(&code, &[]), [(0x1004, ExitKind::Ret), (0x1009, ExitKind::Ret)]);
    }

    #[test]
    fn a_jump_to_the_cold_part_stays_and_one_to_another_function_leaves() {
        let code = [0xe9, 0xfb, 0x0f, 0, 0]; // jmp 0x2000
        let cold = Range::new(FileAddr(0x2000), FileAddr(0x2010));
        assert_eq!(kinds(&code, &[cold]), []);
        let target = Some(FileAddr(0x2000));
        assert_eq!(kinds(&code, &[]), [(0x1000, ExitKind::TailCall { target })]);
    }

    #[test]
    fn a_conditional_tail_call_is_marked_so() {
        let found = exits_of(&[0x0f, 0x84, 0xfa, 0x0f, 0, 0, 0xc3], &[]); // je 0x2000; ret
        let conditional: Vec<bool> = found.list.iter().map(|exit| exit.conditional).collect();
        assert_eq!(conditional, [true, false]);
    }

    #[test]
    fn a_jump_through_the_got_or_a_vtable_is_a_tail_call() {
        let code = [0xff, 0x25, 0, 0x10, 0, 0, 0xff, 0x60, 0x18]; // jmp [rip+..]; jmp [rax+24]
        let call = ExitKind::TailCall { target: None };
        assert_eq!(kinds(&code, &[]), [(0x1000, call), (0x1006, call)]);
        assert_eq!(kinds(&[0xff, 0xe0], &[]), [(0x1000, call)]); // jmp rax
    }

    #[test]
    fn jump_tables_are_no_exits() {
        // movsxd rax,[rcx+rax*4]; add rax,rcx; jmp rax
        let relative = [0x48, 0x63, 0x04, 0x81, 0x48, 0x01, 0xc8, 0xff, 0xe0];
        assert_eq!(kinds(&relative, &[]), []);
        assert_eq!(kinds(&[0xff, 0x24, 0xc5, 0, 0x20, 0, 0], &[]), []); // jmp [0x2000+rax*8]
        assert_eq!(kinds(&[0x3e, 0xff, 0xe0], &[]), []); // notrack jmp rax
    }

    #[test]
    fn bytes_that_are_no_code_are_counted_and_stepped_over() {
        let found = exits_of(&[0x06, 0x06, 0xc3, 0xe9, 0], &[]); // invalid twice; ret; cut jmp
        assert_eq!(found.list.first().map(|exit| exit.at), Some(FileAddr(0x1002)));
        assert!(found.undecodable >= 2);
    }

    #[test]
    fn a_range_that_is_longer_than_its_code_or_inverted_is_survived() {
        let long = Range::new(FileAddr(0), FileAddr(u64::MAX));
        assert_eq!(exits(&[0xc3], long, &[]).list.len(), 1);
        let inverted = Range::new(FileAddr(9), FileAddr(3));
        assert_eq!(exits(&[0xc3], inverted, &[]).list.len(), 1);
        let at_end = Range::new(FileAddr(u64::MAX), FileAddr(u64::MAX));
        assert_eq!(exits(&[], at_end, &[]), Exits::default());
    }
}
