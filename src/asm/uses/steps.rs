//! The instructions of a function: where control goes from each, and what each does to the frame.

use std::collections::{HashMap, HashSet};

use iced_x86::{
    Decoder, DecoderOptions, FlowControl, Instruction, InstructionInfoFactory, Mnemonic, OpKind,
};

use super::cells::{cells_with_addresses, changed_unseen};
use super::effects::{CalleeKind, CalleeKnown, Effect, Target};
use super::known::Known;
use super::registers::{Kept, Registers};
use super::ways::{Ways, callee_of};
use crate::asm::access::writes;
use crate::base::{FileAddr, Range};

/// More instructions than a function has that a person wrote.
const MAX_STEPS: usize = 1 << 17;
/// How often the cells that hold addresses are looked for: one may be stored by way of another.
const ROUNDS: usize = 3;

/// Calls that unwinding leaves for the same piece of code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pad {
    /// The calls, by the address of their last byte.
    pub calls: Range<FileAddr>,
    /// Where the function is entered again.
    pub at: FileAddr,
}

/// The code of a function, with what it takes to follow it.
pub struct Code<'a> {
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Where they lie.
    pub range: Range<FileAddr>,
    /// Where unwinding enters it.
    pub pads: &'a [Pad],
    /// What is known of a function that it calls.
    pub callee: &'a dyn Fn(Target) -> CalleeKnown,
    /// The 32-bit number in the file at an address: an entry of a jump table.
    pub word: &'a dyn Fn(FileAddr) -> Option<i32>,
}

/// A test of a drop flag: where control goes from it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Test {
    /// The flag, by its distance from the canonical frame address.
    pub flag: i64,
    /// The instruction that comes next where it is set, and where it is not.
    pub set: usize,
    pub clear: usize,
}

/// One instruction.
pub(super) struct Step {
    pub at: u64,
    pub next: u64,
    /// Where control goes from it, by index.
    pub after: Vec<usize>,
    /// Where unwinding goes on, for a call that has a landing pad.
    pub pad: Option<usize>,
    /// Whether control leaves the function there, with all dropped that it had to drop.
    pub leaves: bool,
    pub effects: Vec<Effect>,
    /// What a function has returned, where the instruction stores that.
    pub kept: Option<Kept>,
    pub test: Option<Test>,
    /// The distance of the stack pointer from the canonical frame address; none for an instruction
    /// that control does not come to.
    pub sp: Option<i64>,
}

/// What a function does with its frame, instruction by instruction.
pub struct Uses {
    pub(super) steps: Vec<Step>,
    /// The instructions from which control comes to each, unwinding included.
    pub(super) from: Vec<Vec<usize>>,
    /// The cells of the frame in which one address is kept, with that: what is stored there is no
    /// effect of an instruction.
    pub(super) spilled: HashMap<i64, Known>,
    /// The instructions that store it there, with the cell.
    pub(super) spills: HashSet<(usize, i64)>,
}

impl Uses {
    /// Reads a function. None where it cannot be followed: it jumps to an address that is in no
    /// jump table, moves its stack pointer by an amount that it computes, or is too large.
    pub fn of(code: &Code<'_>) -> Option<Uses> {
        let decoded = decode(code)?;
        let flow = Ways::of(code, &decoded)?;
        let sp = flow.stack_pointers(&decoded)?;
        let mut spilled = HashMap::new();
        let mut steps = sweep(code, &decoded, &flow, &sp, &spilled);
        for _ in 0..ROUNDS {
            let found = cells_with_addresses(&steps);
            if found == spilled {
                break;
            }
            spilled = found;
            steps = sweep(code, &decoded, &flow, &sp, &spilled);
        }
        let mut spills = HashSet::new();
        for (index, step) in steps.iter_mut().enumerate() {
            // Where it is used is seen where it is loaded again.
            let spill = |effect: &Effect| {
                effect.address_stored().map(|(cell, _)| cell).filter(|at| spilled.contains_key(at))
            };
            spills.extend(step.effects.iter().filter_map(spill).map(|cell| (index, cell)));
            step.effects.retain(|effect| spill(effect).is_none());
        }
        let changed = changed_unseen(&steps);
        for step in &mut steps {
            step.test = step.test.filter(|test| !changed.contains(&test.flag));
        }
        let mut from = vec![Vec::new(); steps.len()];
        for (index, step) in steps.iter().enumerate() {
            for after in step.after.iter().chain(&step.pad) {
                if let Some(list) = from.get_mut(*after) {
                    list.push(index);
                }
            }
        }
        Some(Uses { steps, from, spilled, spills })
    }

    /// The instruction that an address lies in.
    pub(super) fn index_of(&self, at: FileAddr) -> Option<usize> {
        let index = self.steps.partition_point(|step| step.at <= at.0).checked_sub(1)?;
        self.steps.get(index).filter(|step| at.0 < step.next).map(|_| index)
    }

    /// Whether the frame is made where an address lies: before and behind, places that are described
    /// by their distance from the stack pointer are not there.
    pub fn has_frame_at(&self, at: FileAddr) -> bool {
        let lowest = self.steps.iter().filter_map(|step| step.sp).min();
        let here = self.index_of(at).and_then(|here| self.steps.get(here)?.sp);
        here.is_some() && here == lowest
    }

    /// The bytes of the frame that decide, as drop flags, where control goes, by their distances
    /// from the canonical frame address.
    pub fn flags(&self) -> Vec<i64> {
        let tests = self.steps.iter().filter_map(|step| step.test);
        let mut flags: Vec<i64> = tests.map(|test| test.flag).collect();
        flags.sort_unstable();
        flags.dedup();
        flags
    }
}

/// The instructions of a function; none where it is too large.
pub(super) fn decode(code: &Code<'_>) -> Option<Vec<Instruction>> {
    let start = code.range.start.0;
    let mut decoder = Decoder::with_ip(64, code.bytes, start, DecoderOptions::NONE);
    let mut decoded = Vec::new();
    while decoder.can_decode() {
        decoded.push(decoder.decode());
        (decoded.len() < MAX_STEPS).then_some(())?;
    }
    decoded.first()?;
    Some(decoded)
}

fn sweep(
    code: &Code<'_>,
    decoded: &[Instruction],
    flow: &Ways,
    sp: &[Option<i64>],
    spilled: &HashMap<i64, Known>,
) -> Vec<Step> {
    let mut info = InstructionInfoFactory::new();
    let mut registers = Registers::new(spilled, -8);
    let mut tested = None;
    let mut steps = Vec::with_capacity(decoded.len());
    for (here, instruction) in decoded.iter().enumerate() {
        if flow.leaders.contains(&here) {
            registers.forget();
        }
        let after = flow.after.get(here).cloned().unwrap_or_default();
        let mut effects = Vec::new();
        if let Some(sp) = sp.get(here).copied().flatten() {
            registers.sp = sp;
            let flag = registers.tested(instruction);
            match instruction.flow_control() {
                FlowControl::Call | FlowControl::IndirectCall => {
                    let loaded = match instruction.op0_kind() {
                        OpKind::Register => registers.target(instruction.op0_register()),
                        _ => None,
                    };
                    let call = FileAddr(instruction.ip());
                    registers.call(callee_of(code, instruction, loaded), call);
                }
                _ => {
                    let used = info.info(instruction).used_registers().iter();
                    let written = used.filter(|used| writes(used.access()));
                    let written: Vec<_> = written.map(|used| used.register()).collect();
                    registers.step(instruction, &written);
                }
            }
            effects = std::mem::take(&mut registers.effects);
            let kept = registers.kept.take();
            let test = test_of(instruction, tested, &after);
            tested = flag;
            let leaves = leaves(code, instruction, &after);
            let pad = flow.pad.get(here).copied().flatten();
            let (at, next) = (instruction.ip(), instruction.next_ip());
            steps.push(Step { at, next, after, pad, leaves, effects, kept, test, sp: Some(sp) });
            continue;
        }
        let (at, next) = (instruction.ip(), instruction.next_ip());
        steps.push(Step {
            at,
            next,
            after,
            pad: None,
            leaves: false,
            effects,
            kept: None,
            test: None,
            sp: None,
        });
    }
    steps
}

/// The test that a conditional jump decides, of a flag that the instruction before looked at.
fn test_of(instruction: &Instruction, flag: Option<i64>, after: &[usize]) -> Option<Test> {
    let (flag, [next, target]) = (flag?, after) else { return None };
    match instruction.mnemonic() {
        Mnemonic::Jne => Some(Test { flag, set: *target, clear: *next }),
        Mnemonic::Je => Some(Test { flag, set: *next, clear: *target }),
        _ => None,
    }
}

/// Whether control leaves the function for good behind an instruction, with everything dropped that
/// it had to drop: a return, a jump to a function in its place, the end of its part of unwinding.
fn leaves(code: &Code<'_>, instruction: &Instruction, after: &[usize]) -> bool {
    match instruction.flow_control() {
        FlowControl::Return => true,
        FlowControl::UnconditionalBranch | FlowControl::IndirectBranch => after.is_empty(),
        FlowControl::Call => callee_of(code, instruction, None).known.kind == CalleeKind::Resumes,
        _ => false,
    }
}
