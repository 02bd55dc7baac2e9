//! The variables of a function whose code cannot be followed value by value, because it was optimised:
//! what is sure of them, and that the rest is not known.

use std::sync::Arc;

use super::ahead::{Ahead, Owned, Span, inlined_drops};
use super::callees::Callees;
use super::followed::Frame;
use crate::asm::walk::Machine;
use crate::base::{FileAddr, Hold, Range, Register, SlotState, Unreadable, VirtAddr};
use crate::dwarf::{Location, LocationContext, Types};
use crate::frame::slots::Placed;
use crate::track::Ledger;
use crate::value::{HeapPart, needs_drop, owning_parts};

/// A variable that may have lost its value.
struct Asked {
    /// Its position among the variables.
    index: usize,
    /// The memory that it owns itself by its bytes.
    blocks: Vec<VirtAddr>,
    /// Its parts, by their positions among all that are asked for.
    parts: Range<usize>,
    /// How deep the inlined call is that it belongs to.
    depth: usize,
}

impl Frame<'_> {
    /// Fills in what is sure of the variables that need to be dropped, and that the rest is not known.
    /// `low` is the stack pointer of the frame.
    pub fn judge_optimised(&self, ledger: &Ledger, low: VirtAddr, variables: &mut [Placed]) {
        let mut owned = Vec::new();
        let mut asked = Vec::new();
        for (index, variable) in variables.iter().enumerate() {
            if variable.in_scope && variable.fate.is_none() {
                asked.extend(self.ask(index, variable, ledger, &mut owned));
            }
        }
        if asked.is_empty() {
            return;
        }
        let live = self.live(low, &owned);
        for one in &asked {
            let parts = live.get(one.parts.start..one.parts.end).unwrap_or_default();
            let shared = asked.iter().any(|other| one.is_hidden_by(other, &owned, &live));
            let is_live = !parts.is_empty() && parts.iter().all(|live| *live) && !shared;
            if let Some(variable) = variables.get_mut(one.index) {
                variable.fate = Some(match is_live {
                    true => SlotState::Live,
                    false => ended(&one.blocks, ledger).unwrap_or_else(|| unknown(&one.blocks)),
                });
            }
        }
    }

    fn ask(
        &self,
        index: usize,
        variable: &Placed,
        ledger: &Ledger,
        owned: &mut Vec<Owned>,
    ) -> Option<Asked> {
        let ty = variable.ty.filter(|ty| needs_drop(self.image, *ty))?;
        let location = variable.location.as_ref().ok()?;
        let value = self.reader.read(ty, location);
        let direct = direct(value.heap_parts());
        let start = match location {
            Location::Memory(at) => Some(at.0),
            _ => None,
        };
        let whole_type = self.image.get(ty).ok()?.name.clone();
        let whole = start.map(|at| Span { at, size: variable.size });
        let first = owned.len();
        for part in owning_parts(self.image, ty) {
            let at = |offset: u64| start.and_then(|start| start.checked_add(offset));
            let span = |offset, size| Some(Span { at: at(offset)?, size });
            let own = direct.iter().filter(|held| is_at(&held.path, &part.path));
            owned.push(Owned {
                type_name: self.image.get(part.ty).ok()?.name.clone(),
                place: span(part.offset, part.size),
                core: part.core.iter().filter_map(|(at, size)| span(*at, *size)).collect(),
                whole_type: whole_type.clone(),
                whole,
                blocks: own.map(|held| block(held, ledger)).collect(),
            });
        }
        let blocks = direct.iter().map(|held| held.pointer).collect();
        let depth = usize::from(variable.inlined.is_some());
        Some(Asked { index, blocks, parts: Range::new(first, owned.len()), depth })
    }

    /// Whether each of the values is there for sure, by the code ahead.
    fn live(&self, low: VirtAddr, owned: &[Owned]) -> Vec<bool> {
        let none = || vec![false; owned.len()];
        let at = self.context.bias_to_file();
        let Some(range) = self.function.ranges.iter().find(|range| range.contains(at)) else {
            return none();
        };
        let mut machine = Machine::default();
        for register in (0..16).map(Register) {
            if let Some(value) = self.context.frame.registers.get(register) {
                machine.set(register, value);
            }
        }
        let frame =
            self.context.frame.cfa.map(|cfa| Span { at: low.0, size: cfa.0.saturating_sub(low.0) });
        let ahead = Ahead {
            image: self.image,
            function: self.function,
            bias: self.context.bias(),
            callees: Callees::new(self.image),
            pads: self.image.landing_pads(*range),
            drops: inlined_drops(self.image, &self.function.scope),
            memory: self.context.memory,
            own: frame.into_iter().chain(owned.iter().filter_map(|owned| owned.whole)).collect(),
            owned,
        };
        let Some(start) = self.start(&ahead, at) else { return none() };
        let fortunes = ahead.fortunes(machine, start);
        let inside = |owned: &Owned| {
            let covers = |ranges: &[Range<FileAddr>]| ranges.iter().any(|r| r.contains(at));
            ahead.drops.iter().any(|(ranges, name)| covers(ranges) && owned.is_of(name))
        };
        // What is being dropped now is neither there nor gone.
        owned.iter().zip(fortunes).map(|(owned, f)| f.is_live() && !inside(owned)).collect()
    }

    /// Where control goes on: behind the call that the frame stands in, or, where that never returns,
    /// where unwinding enters the function.
    fn start(&self, ahead: &Ahead<'_>, at: FileAddr) -> Option<u64> {
        let pc = self.context.frame.registers.pc();
        match self.context.frame.lookup == pc {
            true => Some(pc.0),
            false => ahead.behind(at, pc.0),
        }
    }
}

impl Asked {
    /// Whether another variable that is there by the code ahead says that it owns the same.
    fn is_hidden_by(&self, other: &Asked, owned: &[Owned], live: &[bool]) -> bool {
        let of = |asked: &Asked| {
            let range = asked.parts.start..asked.parts.end;
            let live = live.get(range.clone()).unwrap_or_default();
            owned.get(range).unwrap_or_default().iter().zip(live).filter(|(_, live)| **live)
        };
        // A call that is inlined there has the value, which was passed to it.
        (other.index != self.index && other.depth >= self.depth)
            && of(self).any(|(own, _)| of(other).any(|(other, _)| own.is_same(other)))
    }
}

impl Owned {
    fn is_same(&self, other: &Owned) -> bool {
        let same_block = self.blocks.iter().any(|block| other.blocks.contains(block));
        same_block || (self.place.is_some() && self.place == other.place)
    }
}

/// The parts of a value that it owns itself, and not by way of another part.
fn direct(parts: Vec<HeapPart>) -> Vec<HeapPart> {
    let mut direct: Vec<HeapPart> = Vec::new();
    for part in parts.into_iter().filter(|part| part.hold != Hold::Refers) {
        if !direct.iter().any(|outer| is_at(&part.path, &outer.path)) {
            direct.push(part);
        }
    }
    direct
}

/// Whether a path is that of a part, or leads into it.
fn is_at(path: &str, part: &str) -> bool {
    let rest = path.strip_prefix(part);
    rest.is_some_and(|rest| part.is_empty() || rest.is_empty() || rest.starts_with(['.', '[', '*']))
}

fn block(held: &HeapPart, ledger: &Ledger) -> Span {
    let size = ledger.block_from(held.pointer).map_or(held.capacity, |block| block.size);
    Span { at: held.pointer.0, size: size.max(1) }
}

/// That a variable is gone, where all that it owned was seen to end.
fn ended(blocks: &[VirtAddr], ledger: &Ledger) -> Option<SlotState> {
    let ended = |at: &VirtAddr| ledger.ended_from(*at).filter(|_| ledger.block_from(*at).is_none());
    let all: Option<Vec<_>> = blocks.iter().map(ended).collect();
    let all = all?;
    let first = all.first()?;
    let at = first.at.as_ref().map(|at| (**at).clone());
    Some(SlotState::Freed { block: first.id, at })
}

fn unknown(blocks: &[VirtAddr]) -> SlotState {
    let why: Arc<str> = match blocks.is_empty() {
        true => "optimised code: nothing tells whether it was moved or dropped".into(),
        false => {
            "optimised code: whether it still owns what its bytes lead to cannot be told".into()
        }
    };
    SlotState::Unreadable(Unreadable::Uncertain(why.to_string()))
}
