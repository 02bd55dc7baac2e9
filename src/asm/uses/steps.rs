//! The instructions of a function: where control goes from each, and what each does to the frame.

use std::collections::{HashMap, HashSet};

use iced_x86::{
    Decoder, DecoderOptions, FlowControl, Instruction, InstructionInfoFactory, Mnemonic, OpAccess,
    OpKind, Register,
};

use super::cells::{cells_with_addresses, changed_unseen};
use super::effects::{Callee, CalleeKind, CalleeKnown, Effect, Target};
use super::known::Known;
use super::registers::Registers;
use crate::base::{FileAddr, Range};

/// More instructions than a function has that a person wrote.
const MAX_STEPS: usize = 1 << 17;
/// More entries than a jump table has.
const MAX_TABLE: u64 = 1 << 12;
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
}

impl Uses {
    /// Reads a function. None where it cannot be followed: it jumps to an address that is in no
    /// jump table, moves its stack pointer by an amount that it computes, or is too large.
    pub fn of(code: &Code<'_>) -> Option<Uses> {
        let decoded = decode(code)?;
        let flow = Flow::of(code, &decoded)?;
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
        for step in &mut steps {
            // Where it is used is seen where it is loaded again.
            let is_spill = |effect: &Effect| {
                effect.address_stored().is_some_and(|(cell, _)| spilled.contains_key(&cell))
            };
            step.effects.retain(|effect| !is_spill(effect));
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
        Some(Uses { steps, from })
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

fn decode(code: &Code<'_>) -> Option<Vec<Instruction>> {
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

/// Where control goes from each instruction.
struct Flow {
    after: Vec<Vec<usize>>,
    pad: Vec<Option<usize>>,
    /// Instructions that control comes to from more than the one before.
    leaders: HashSet<usize>,
}

impl Flow {
    fn of(code: &Code<'_>, decoded: &[Instruction]) -> Option<Flow> {
        let index = |at: u64| decoded.binary_search_by_key(&at, Instruction::ip).ok();
        let pads: HashSet<u64> = code.pads.iter().map(|pad| pad.at.0).collect();
        let mut flow = Flow {
            after: Vec::with_capacity(decoded.len()),
            pad: Vec::with_capacity(decoded.len()),
            leaders: pads.iter().filter_map(|at| index(*at)).collect(),
        };
        for (here, instruction) in decoded.iter().enumerate() {
            let next = here.checked_add(1).filter(|next| *next < decoded.len());
            let mut after = Vec::new();
            let mut pad = None;
            match instruction.flow_control() {
                _ if instruction.is_invalid() => {}
                FlowControl::Next => after.extend(next),
                FlowControl::ConditionalBranch => {
                    after.extend(next);
                    after.push(index(instruction.near_branch_target())?);
                }
                FlowControl::UnconditionalBranch => {
                    // A jump out of the function is a call in its place.
                    after.extend(index(instruction.near_branch_target()));
                }
                FlowControl::Call | FlowControl::IndirectCall => {
                    let last = FileAddr(instruction.next_ip().wrapping_sub(1));
                    let found = code.pads.iter().find(|pad| pad.calls.contains(last));
                    pad = found.and_then(|pad| index(pad.at.0));
                    let callee = callee_of(code, instruction, target_before(decoded, here));
                    // No function returns to where unwinding enters this one.
                    let ends = matches!(callee.known.kind, CalleeKind::Never | CalleeKind::Resumes)
                        || pads.contains(&instruction.next_ip());
                    after.extend(next.filter(|_| !ends));
                }
                FlowControl::IndirectBranch => after = table(code, decoded, here, &index)?,
                _ => {}
            }
            if instruction.flow_control() != FlowControl::Next {
                flow.leaders.extend(after.iter().filter(|to| Some(**to) != next));
                if instruction.flow_control() == FlowControl::UnconditionalBranch
                    || instruction.flow_control() == FlowControl::ConditionalBranch
                {
                    flow.leaders.extend(&after);
                }
            }
            flow.after.push(after);
            flow.pad.push(pad);
        }
        Some(flow)
    }

    /// The distance of the stack pointer from the canonical frame address before each instruction;
    /// none for one that control does not come to.
    fn stack_pointers(&self, decoded: &[Instruction]) -> Option<Vec<Option<i64>>> {
        let mut sp: Vec<Option<i64>> = vec![None; decoded.len()];
        let mut open = vec![(0usize, -8i64)];
        let mut probe: HashMap<Register, i64> = HashMap::new();
        while let Some((here, now)) = open.pop() {
            let (Some(known), Some(instruction)) = (sp.get_mut(here), decoded.get(here)) else {
                continue;
            };
            match *known {
                Some(known) if known == now => continue,
                Some(_) => return None,
                None => *known = Some(now),
            }
            let after = self.after.get(here)?;
            if let Some(end) = probe_ends(decoded, here, &probe) {
                open.push((here.checked_add(1)?, end));
                continue;
            }
            if let Some(distance) = probe_begins(instruction) {
                probe.insert(instruction.op0_register(), now.checked_add(distance)?);
            }
            let then = now.checked_add(stack_change(instruction, after.is_empty())?)?;
            open.extend(after.iter().map(|to| (*to, then)));
            open.extend(self.pad.get(here)?.iter().map(|to| (*to, now)));
        }
        Some(sp)
    }
}

/// `lea r11, [rsp - N]`, with which the loop begins that touches each page of a large frame.
fn probe_begins(instruction: &Instruction) -> Option<i64> {
    let lea = instruction.mnemonic() == Mnemonic::Lea
        && instruction.memory_base() == Register::RSP
        && instruction.memory_index() == Register::None;
    let distance = instruction.memory_displacement64().cast_signed();
    (lea && distance < 0).then_some(distance)
}

/// Where the stack pointer is behind that loop, which ends with `cmp rsp, r11; jne`.
fn probe_ends(decoded: &[Instruction], here: usize, probe: &HashMap<Register, i64>) -> Option<i64> {
    let (jump, compare) = (decoded.get(here)?, decoded.get(here.checked_sub(1)?)?);
    let compares = compare.mnemonic() == Mnemonic::Cmp && compare.op0_register() == Register::RSP;
    let back = jump.mnemonic() == Mnemonic::Jne && jump.near_branch_target() < jump.ip();
    (compares && back).then(|| probe.get(&compare.op1_register()).copied())?
}

/// What an instruction adds to the stack pointer; none where that is not known.
fn stack_change(instruction: &Instruction, leaves: bool) -> Option<i64> {
    let register = |n| instruction.op_kind(n) == OpKind::Register;
    let to_sp = register(0) && instruction.op0_register() == Register::RSP;
    let number = || instruction.try_immediate(1).ok().map(u64::cast_signed);
    match instruction.mnemonic() {
        Mnemonic::Push => Some(-8),
        Mnemonic::Pop if !to_sp => Some(8),
        Mnemonic::Add if to_sp => number(),
        Mnemonic::Sub if to_sp => number().map(i64::wrapping_neg),
        Mnemonic::Cmp | Mnemonic::Test => Some(0),
        _ if leaves => Some(0),
        Mnemonic::Leave | Mnemonic::Pop => None,
        _ if to_sp => None,
        _ => Some(0),
    }
}

/// The slot that a register was loaded from by one of the few instructions before a call.
fn target_before(decoded: &[Instruction], call: usize) -> Option<Target> {
    let register = decoded.get(call).filter(|call| call.op0_kind() == OpKind::Register)?;
    let register = register.op0_register();
    let before = decoded.get(call.saturating_sub(8)..call)?;
    let load = before.iter().rev().find(|step| step.op0_register() == register)?;
    let slot = load.mnemonic() == Mnemonic::Mov && load.is_ip_rel_memory_operand();
    slot.then(|| Target::Slot(FileAddr(load.ip_rel_memory_address())))
}

fn callee_of(code: &Code<'_>, instruction: &Instruction, loaded: Option<Target>) -> Callee {
    let target = match instruction.op0_kind() {
        OpKind::NearBranch64 => Some(Target::Code(FileAddr(instruction.near_branch_target()))),
        OpKind::Memory if instruction.is_ip_rel_memory_operand() => {
            Some(Target::Slot(FileAddr(instruction.ip_rel_memory_address())))
        }
        _ => loaded,
    };
    let unknown = CalleeKnown::of(CalleeKind::Other);
    Callee { target, known: target.map_or(unknown, code.callee) }
}

/// Where a `match` jumps to by a table: `lea rax, [rip+table]; movsxd rcx, [rax+rcx*4]; add rax,
/// rcx; jmp rax`.
fn table(
    code: &Code<'_>,
    decoded: &[Instruction],
    jump: usize,
    index: &dyn Fn(u64) -> Option<usize>,
) -> Option<Vec<usize>> {
    let before = decoded.get(jump.saturating_sub(8)..jump)?;
    let is_table =
        |step: &&Instruction| step.mnemonic() == Mnemonic::Lea && step.memory_base().is_ip();
    let load = before.iter().rposition(|step| step.mnemonic() == Mnemonic::Movsxd)?;
    let table = before.get(..load)?.iter().rev().find(is_table)?.memory_displacement64();
    let others = decoded.iter().filter(is_table).map(Instruction::memory_displacement64);
    let end = others.filter(|other| *other > table).min().unwrap_or(u64::MAX);
    let mut targets = Vec::new();
    for n in 0..MAX_TABLE {
        let at = table.checked_add(n.checked_mul(4)?)?;
        let Some(word) = (code.word)(FileAddr(at)).filter(|_| at < end) else { break };
        // Behind the last entry lies something else.
        let Some(to) = index(table.wrapping_add_signed(i64::from(word))) else { break };
        if !targets.contains(&to) {
            targets.push(to);
        }
    }
    (!targets.is_empty()).then_some(targets)
}

fn sweep(
    code: &Code<'_>,
    decoded: &[Instruction],
    flow: &Flow,
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
                    registers.call(callee_of(code, instruction, loaded));
                }
                _ => {
                    let used = info.info(instruction).used_registers().iter();
                    let reads = |access| matches!(access, OpAccess::Read | OpAccess::CondRead);
                    let written = used.filter(|used| !reads(used.access()));
                    let written: Vec<_> = written.map(|used| used.register()).collect();
                    registers.step(instruction, &written);
                }
            }
            effects = std::mem::take(&mut registers.effects);
            let test = test_of(instruction, tested, &after);
            tested = flag;
            let leaves = leaves(code, instruction, &after);
            let pad = flow.pad.get(here).copied().flatten();
            let (at, next) = (instruction.ip(), instruction.next_ip());
            steps.push(Step { at, next, after, pad, leaves, effects, test, sp: Some(sp) });
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
        FlowControl::UnconditionalBranch => after.is_empty(),
        FlowControl::Call => callee_of(code, instruction, None).known.kind == CalleeKind::Resumes,
        _ => false,
    }
}
