//! Which instructions control can still come to from where a frame stands, in code of any build.

use iced_x86::{FlowControl, Instruction, InstructionInfoFactory, Mnemonic};

use super::steps::{Code, decode};
use super::ways::Ways;
use crate::base::FileAddr;

/// The ways through a function.
pub struct Reachable {
    steps: Vec<Step>,
}

struct Step {
    at: u64,
    next: u64,
    after: Vec<usize>,
    work: Work,
}

/// An instruction that control can come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ahead {
    /// Where it begins.
    pub at: FileAddr,
    /// What it works on.
    pub work: Work,
}

/// What an instruction works on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Work {
    /// Registers alone, and what it pushes and pops.
    Registers,
    /// Memory.
    Memory,
    /// It calls a function.
    Call,
}

impl Reachable {
    /// Reads a function. None where it jumps to an address that is in no jump table, or is too large.
    pub fn of(code: &Code<'_>) -> Option<Reachable> {
        let decoded = decode(code)?;
        let ways = Ways::of(code, &decoded)?;
        let mut info = InstructionInfoFactory::new();
        let ways = ways.after.into_iter().zip(ways.pad);
        let steps = decoded.iter().zip(ways).map(|(instruction, (mut after, pad))| {
            after.extend(pad);
            let (at, next) = (instruction.ip(), instruction.next_ip());
            Step { at, next, after, work: work_of(&mut info, instruction) }
        });
        Some(Reachable { steps: steps.collect() })
    }

    /// What control can come to, unwinding included, from an instruction on; where the address lies
    /// within one, that is a call that has not returned. None where it lies in none.
    pub fn ahead(&self, from: FileAddr) -> Option<Vec<Ahead>> {
        let index = self.steps.partition_point(|step| step.at <= from.0).checked_sub(1)?;
        let here = self.steps.get(index).filter(|step| from.0 < step.next)?;
        let mut open = if from.0 > here.at { here.after.clone() } else { vec![index] };
        let mut seen = vec![false; self.steps.len()];
        let mut found = Vec::new();
        while let Some(index) = open.pop() {
            let (Some(seen), Some(step)) = (seen.get_mut(index), self.steps.get(index)) else {
                continue;
            };
            if !std::mem::replace(seen, true) {
                found.push(Ahead { at: FileAddr(step.at), work: step.work });
                open.extend(&step.after);
            }
        }
        Some(found)
    }
}

fn work_of(info: &mut InstructionInfoFactory, instruction: &Instruction) -> Work {
    match (instruction.flow_control(), instruction.mnemonic()) {
        (FlowControl::Call | FlowControl::IndirectCall, _) => Work::Call,
        (FlowControl::Return, _) => Work::Registers,
        (_, Mnemonic::Push | Mnemonic::Pop | Mnemonic::Lea | Mnemonic::Nop) => Work::Registers,
        _ if info.info(instruction).used_memory().is_empty() => Work::Registers,
        _ => Work::Memory,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asm::uses::{CalleeKind, CalleeKnown};
    use crate::base::Range;

    /// 1000: jne 100c; 1002: call 2000; 1007: call 3000; 100c: nop; 100d: mov rax,[rdi]; 1010: ret
    const CODE: [u8; 17] =
        [0x75, 0x0a, 0xe8, 0xf9, 0x0f, 0, 0, 0xe8, 0xf4, 0x1f, 0, 0, 0x90, 0x48, 0x8b, 0x07, 0xc3];

    fn ahead(from: u64, kind: CalleeKind) -> Option<Vec<(u64, Work)>> {
        let code = Code {
            bytes: &CODE,
            range: Range::new(FileAddr(0x1000), FileAddr(0x1011)),
            pads: &[],
            callee: &|_| CalleeKnown::of(kind),
            word: &|_| None,
        };
        let found = Reachable::of(&code)?.ahead(FileAddr(from))?.into_iter();
        let mut found: Vec<_> = found.map(|ahead| (ahead.at.0, ahead.work)).collect();
        found.sort_unstable();
        Some(found)
    }

    #[test]
    fn both_ways_of_a_branch_are_ahead_and_a_call_is_left_behind() {
        let tail = [(0x100c, Work::Registers), (0x100d, Work::Memory), (0x1010, Work::Registers)];
        assert_eq!(ahead(0x100b, CalleeKind::Other).expect("it returns"), tail);
        let all = ahead(0x1000, CalleeKind::Other).expect("in an instruction");
        let calls = [(0x1002, Work::Call), (0x1007, Work::Call)];
        assert_eq!((all[0], &all[1..3]), ((0x1000, Work::Registers), &calls[..]));
        assert_eq!(all[3..], tail);
    }

    #[test]
    fn nothing_is_ahead_of_a_call_that_never_returns() {
        assert_eq!(ahead(0x1006, CalleeKind::Never), Some(Vec::new()));
        assert_eq!(ahead(0x1011, CalleeKind::Other), None);
    }
}
