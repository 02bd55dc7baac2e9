//! The instructions of a function, where control goes from each, and what each does to the stack.

use std::collections::HashSet;

use iced_x86::{
    Decoder, DecoderOptions, FlowControl, Instruction, InstructionInfoFactory, Mnemonic, OpKind,
    Register,
};

use super::access::writes;
use crate::base::{FileAddr, Range};

/// One instruction and where control goes from it.
pub(super) struct Step {
    pub at: u64,
    pub next: u64,
    falls_through: bool,
    pub target: Option<u64>,
    pub returns: bool,
    /// Whether it jumps to an address that it does not tell.
    pub anywhere: bool,
    /// The parts of the stack that it stores to or takes the address of, as distances from the
    /// stack pointer, the end not included.
    pub touches: Vec<(i64, i64)>,
}

/// The instructions of a range, by address.
pub(super) struct Flow {
    pub steps: Vec<Step>,
}

impl Flow {
    pub fn of(code: &[u8], range: Range<FileAddr>) -> Flow {
        let mut decoder = Decoder::with_ip(64, code, range.start.0, DecoderOptions::NONE);
        let mut info = InstructionInfoFactory::new();
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
                falls_through,
                target: jumps.then(|| instruction.near_branch_target()),
                returns: instruction.flow_control() == FlowControl::Return,
                anywhere: instruction.flow_control() == FlowControl::IndirectBranch,
                touches: touches(&mut info, &instruction),
            });
        }
        Flow { steps }
    }

    /// Where control goes from an instruction. Unwinding is left aside.
    pub fn after(&self, at: u64) -> impl Iterator<Item = u64> + use<> {
        let index = self.steps.binary_search_by_key(&at, |step| step.at);
        let step = index.ok().and_then(|index| self.steps.get(index));
        let next = step.filter(|step| step.falls_through).map(|step| step.next);
        next.into_iter().chain(step.and_then(|step| step.target))
    }

    /// Everything that runs if one of the instructions does.
    pub fn reach(&self, from: impl IntoIterator<Item = u64>) -> HashSet<u64> {
        let mut seen: HashSet<u64> = HashSet::new();
        let mut open: Vec<u64> = from.into_iter().collect();
        while let Some(at) = open.pop() {
            if seen.insert(at) {
                open.extend(self.after(at));
            }
        }
        seen
    }
}

/// What an instruction does to the stack by an address that is the stack pointer plus a constant.
/// Taking an address counts as much as storing to it: who has it may store later.
fn touches(info: &mut InstructionInfoFactory, instruction: &Instruction) -> Vec<(i64, i64)> {
    let direct = |base: Register, index: Register| base == Register::RSP && index == Register::None;
    if instruction.mnemonic() == Mnemonic::Lea {
        let by_stack = direct(instruction.memory_base(), instruction.memory_index());
        let from = instruction.memory_displacement64().cast_signed();
        return by_stack.then_some((from, from.saturating_add(1))).into_iter().collect();
    }
    // Of what lies at its very beginning the stack pointer itself is the address. The frame pointer is
    // set while the frame is being made.
    let copies = instruction.mnemonic() == Mnemonic::Mov
        && instruction.op1_register() == Register::RSP
        && instruction.op0_kind() == OpKind::Register;
    if copies && instruction.op0_register() != Register::RBP {
        return vec![(0, 1)];
    }
    let memory = info.info(instruction).used_memory().iter();
    memory
        .filter(|memory| direct(memory.base(), memory.index()))
        .filter(|memory| writes(memory.access()))
        .map(|memory| {
            let from = memory.displacement().cast_signed();
            // An operand whose size is not known counts as one byte: its first is touched.
            let size = memory.memory_size().size().max(1);
            (from, from.saturating_add_unsigned(size as u64))
        })
        .collect()
}
