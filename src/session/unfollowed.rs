//! The variables of a function whose code cannot be followed value by value, because it was optimised:
//! what is sure of them, and that the rest is not known.

use std::sync::Arc;

use super::ahead::{Ahead, Fortune, Owned, Span, inlined_drops};
use super::callees::Callees;
use super::fates::is_at;
use super::followed::{Frame, Judged};
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
    pub fn judge_optimised(
        &self,
        judged: Judged,
        ledger: &Ledger,
        low: VirtAddr,
        variables: &mut [Placed],
    ) {
        if judged == Judged::Followed && variables.iter().all(|v| v.inlined.is_none()) {
            return;
        }
        self.image.find_inlined_drop_impls();
        let mut owned = Vec::new();
        let mut asked = Vec::new();
        for (index, variable) in variables.iter().enumerate() {
            // What is inlined is followed in no build.
            let open = judged == Judged::NotFollowed || variable.inlined.is_some();
            if variable.in_scope && variable.fate.is_none() && open {
                asked.extend(self.ask(index, variable, ledger, &mut owned));
            }
        }
        if asked.is_empty() {
            return;
        }
        let fortunes = self.fortunes(low, &owned);
        let others = Others { owned: &owned, asked: &asked, fortunes: &fortunes };
        let unplaced = self.types_without_place(variables);
        for one in &asked {
            let live = others.is_live(one, &unplaced, ledger);
            let parameter = variables.get(one.index).is_some_and(|variable| variable.parameter);
            let ended = || Some(self.or_renewed(others.ended(one, parameter, ledger)?));
            let beside = others.beside(one).and_then(|index| variables.get(index));
            let beside = beside.map(|variable| variable.name.clone());
            if let Some(variable) = variables.get_mut(one.index) {
                variable.fate = Some(match live {
                    true => SlotState::Live,
                    false => ended().unwrap_or_else(|| unknown(one, beside.as_deref(), ledger)),
                });
            }
        }
    }

    /// The state of a variable of which all that it owned has ended; where the function itself ended
    /// that, it may have been to give it a new value, which the optimiser did not keep.
    fn or_renewed(&self, state: SlotState) -> SlotState {
        let SlotState::Freed { block, at } = &state else { return state };
        let here = at.as_ref().is_none_or(|at| *at.function == *self.function.name);
        if !here {
            return state;
        }
        let line =
            at.as_ref().and_then(|at| at.line).map_or(String::new(), |n| format!(" on line {n}"));
        SlotState::Unreadable(Unreadable::Uncertain(format!(
            "optimised code: {block}, which it owned, was freed{line}, and whether it was given a new value cannot be told"
        )))
    }

    /// The full names of the types of variables that need to be dropped and have no place: what is not
    /// seen of those may be in one of them.
    fn types_without_place(&self, variables: &[Placed]) -> Vec<Arc<str>> {
        let lost =
            variables.iter().filter(|variable| variable.in_scope && variable.location.is_err());
        let types = lost.filter_map(|variable| variable.ty);
        let types = types.filter(|ty| needs_drop(self.image, *ty));
        types.filter_map(|ty| Some(self.image.get(ty).ok()?.name.clone())).collect()
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
            let place = span(part.offset, part.size);
            let mut core: Vec<Span> =
                part.core.iter().filter_map(|(at, size)| span(*at, *size)).collect();
            if core.is_empty() {
                core.extend(place);
            }
            owned.push(Owned {
                type_name: self.image.get(part.ty).ok()?.name.clone(),
                place,
                core,
                whole_type: whole_type.clone(),
                whole,
                blocks: own.map(|held| block(held, ledger)).collect(),
            });
        }
        let blocks = direct.iter().map(|held| held.pointer).collect();
        let depth = usize::from(variable.inlined.is_some());
        Some(Asked { index, blocks, parts: Range::new(first, owned.len()), depth })
    }

    /// What becomes of each of the values by the code ahead.
    fn fortunes(&self, low: VirtAddr, owned: &[Owned]) -> Vec<Fortune> {
        let none = || vec![Fortune::default(); owned.len()];
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
        let told = |(owned, fortune)| if inside(owned) { Fortune::default() } else { fortune };
        owned.iter().zip(fortunes).map(told).collect()
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

/// All that is asked for in a frame.
struct Others<'a> {
    owned: &'a [Owned],
    asked: &'a [Asked],
    fortunes: &'a [Fortune],
}

impl Others<'_> {
    fn parts(&self, asked: &Asked) -> impl Iterator<Item = (&Owned, &Fortune)> {
        let range = asked.parts.start..asked.parts.end;
        let fortunes = self.fortunes.get(range.clone()).unwrap_or_default();
        self.owned.get(range).unwrap_or_default().iter().zip(fortunes)
    }

    /// Whether a variable holds its value for sure. What owns nothing now may share its bytes with
    /// others that are alike: two that are `None` can be one to the optimiser.
    fn is_live(&self, asked: &Asked, unplaced: &[Arc<str>], ledger: &Ledger) -> bool {
        let ended =
            |at: &VirtAddr| ledger.block_from(*at).is_none() && ledger.ended_from(*at).is_some();
        asked.parts.start < asked.parts.end
            && !asked.blocks.iter().any(ended)
            && self.parts(asked).all(|(own, fortune)| {
                fortune.is_live()
                    && !own.blocks.is_empty()
                    && !self.is_elsewhere(asked, own, fortune.words > 0)
                    && (fortune.words == 0 || !unplaced.iter().any(|name| own.is_of(name)))
            })
    }

    /// Whether another variable has the same memory or the same words, and may be what is used ahead.
    /// `by_words` says that it was seen by words alone.
    fn is_elsewhere(&self, asked: &Asked, own: &Owned, by_words: bool) -> bool {
        // A call that is inlined there has the value, which was passed to it.
        let others = self.asked.iter().filter(|other| other.index != asked.index);
        others.filter(|other| other.depth >= asked.depth).any(|other| {
            let position = other.index;
            self.parts(other).any(|(other, fortune)| {
                let same = own.is_same(other) && (by_words || fortune.is_live());
                // The optimiser need not have stored where a variable lies what it was given.
                let later = by_words || position > asked.index || other.blocks.is_empty();
                let hidden = later && own.is_of(&other.type_name) && !fortune.is_live();
                same || hidden
            })
        })
    }

    /// Another variable that has the same bytes.
    fn beside(&self, asked: &Asked) -> Option<usize> {
        let others = self.asked.iter().filter(|other| other.index != asked.index);
        let same = |other: &&Asked| {
            self.parts(other).any(|(other, _)| self.parts(asked).any(|(own, _)| own.is_same(other)))
        };
        others.into_iter().find(same).map(|other| other.index)
    }

    /// That a variable is gone, where all that it owned was seen to end. One that is given a value ahead
    /// may not have had one yet, unless it is a parameter: its bytes are of what lay there before.
    fn ended(&self, asked: &Asked, parameter: bool, ledger: &Ledger) -> Option<SlotState> {
        let may_be_new = self.parts(asked).any(|(_, fortune)| fortune.renewed > 0);
        let whole = self.parts(asked).all(|(own, _)| !own.blocks.is_empty());
        let sure = whole && (parameter || !may_be_new);
        sure.then(|| ended(&asked.blocks, ledger)).flatten()
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

/// That nothing is known of a variable, and why; `beside` is another that has the same bytes. What it
/// would own lives, as far as its bytes say: it may be its value.
fn unknown(asked: &Asked, beside: Option<&str>, ledger: &Ledger) -> SlotState {
    let mut live = asked.blocks.iter().filter_map(|at| Some(ledger.block_from(*at)?.id));
    let why = match (beside, live.next()) {
        (Some(other), Some(block)) => format!(
            "optimised code: its bytes are also in {other}, and which of the two owns {block} cannot be told"
        ),
        (Some(other), None) => {
            format!(
                "optimised code: its bytes are also in {other}, and whose they are cannot be told"
            )
        }
        (None, Some(block)) => {
            format!("optimised code: whether it still owns {block} cannot be told")
        }
        (None, None) => "optimised code: nothing tells whether it was moved or dropped".to_owned(),
    };
    let has_ended = |at: &VirtAddr| ledger.block_from(*at).is_none();
    match asked.blocks.iter().any(has_ended) {
        true => SlotState::Unreadable(Unreadable::Uncertain(why)),
        false => SlotState::Perhaps { why },
    }
}
