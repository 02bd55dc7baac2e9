//! Where control goes from each instruction of a function, and where its stack pointer is.

use std::collections::{HashMap, HashSet};

use iced_x86::{FlowControl, Instruction, Mnemonic, OpKind, Register};

use super::effects::{Callee, CalleeKind, CalleeKnown, Target};
use super::steps::Code;
use crate::base::FileAddr;

/// More entries than a jump table has.
const MAX_TABLE: u64 = 1 << 12;

/// Where control goes from each instruction.
pub(super) struct Ways {
    pub after: Vec<Vec<usize>>,
    pub pad: Vec<Option<usize>>,
    /// Instructions that control comes to from more than the one before.
    pub leaders: HashSet<usize>,
}

impl Ways {
    /// None where it jumps to an address that is in no jump table.
    pub fn of(code: &Code<'_>, decoded: &[Instruction]) -> Option<Ways> {
        let index = |at: u64| decoded.binary_search_by_key(&at, Instruction::ip).ok();
        let pads: HashSet<u64> = code.pads.iter().map(|pad| pad.at.0).collect();
        let mut flow = Ways {
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
                FlowControl::IndirectBranch if is_tail_call(instruction) => {}
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
    pub fn stack_pointers(&self, decoded: &[Instruction]) -> Option<Vec<Option<i64>>> {
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
pub(super) fn target_before(decoded: &[Instruction], call: usize) -> Option<Target> {
    let register = decoded.get(call).filter(|call| call.op0_kind() == OpKind::Register)?;
    let register = register.op0_register();
    let before = decoded.get(call.saturating_sub(8)..call)?;
    let load = before.iter().rev().find(|step| step.op0_register() == register)?;
    let slot = load.mnemonic() == Mnemonic::Mov && load.is_ip_rel_memory_operand();
    slot.then(|| Target::Slot(FileAddr(load.ip_rel_memory_address())))
}

/// What an instruction calls; `loaded` is what the register holds that it may call through.
pub(super) fn callee_of(
    code: &Code<'_>,
    instruction: &Instruction,
    loaded: Option<Target>,
) -> Callee {
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

/// Whether an indirect jump is a call in place of the function: one by a word at a fixed place, as that
/// of a function of another file, or by one of a vtable. Tables are read into a register, or have an
/// index.
pub(super) fn is_tail_call(jump: &Instruction) -> bool {
    jump.flow_control() == FlowControl::IndirectBranch
        && jump.op0_kind() == OpKind::Memory
        && jump.memory_index() == Register::None
        && jump.segment_prefix() != Register::DS
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
