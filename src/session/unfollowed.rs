//! The variables of a function whose code cannot be followed value by value, because it was optimised:
//! what is sure of them, and that the rest is not known.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::ahead::{Ahead, Fortune, FunctionCode, Owned, Span};
use super::alike::Others;
use super::asked::Asked;
use super::come_to::Lines;
use super::doubts::{or_renewed, unknown};
use super::fates::is_at;
use super::followed::{Followed, Frame, Judged};
use super::regions::Regions;
use super::seen_live::OfFrame;
use super::source_flow::Told;
use crate::asm::uses::Mention;
use crate::asm::walk::Machine;
use crate::base::{FileAddr, Register, SlotState, VirtAddr};
use crate::dwarf::{LocationContext, Types};
use crate::frame::slots::Placed;
use crate::track::Ledger;
use crate::value::needs_drop;

/// A variable without a place.
struct Lost {
    /// Its position among the variables.
    index: usize,
    /// The full name of its type.
    type_name: Arc<str>,
}

/// Which of all parts were moved out, as the source tells.
fn gone_parts(told: &HashMap<usize, Told>, asked: &[Asked], owned: &[Owned]) -> Vec<bool> {
    let mut gone = vec![false; owned.len()];
    for one in asked {
        for part in one.parts.start..one.parts.end {
            let is_gone = |of: &Owned| match told.get(&one.index) {
                Some(Told::Gone { .. } | Told::NotYet) => true,
                Some(Told::Partly(parts, _)) => parts.iter().any(|(path, _)| is_at(&of.path, path)),
                _ => false,
            };
            if let (Some(gone), Some(of)) = (gone.get_mut(part), owned.get(part)) {
                *gone = is_gone(of);
            }
        }
    }
    gone
}

impl Frame<'_> {
    /// Fills in what is sure of the variables that need to be dropped, and that the rest is not known.
    /// `low` is the stack pointer of the frame.
    pub fn judge_optimised(
        &self,
        followed: &Followed,
        judged: Judged,
        regions: &Regions<'_>,
        low: VirtAddr,
        variables: &mut [Placed],
    ) {
        let ledger = regions.ledger;
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
            if !variable.in_scope {
                followed.seen.leave(self.of_frame(variable));
            }
        }
        let mut lost = self.without_place(variables);
        let told = self.told_of(followed, &asked, &lost, variables);
        lost.retain(|lost| {
            !matches!(told.get(&lost.index), Some(Told::Gone { .. } | Told::NotYet))
        });
        let gone = gone_parts(&told, &asked, &owned);
        let fortunes = match asked.is_empty() {
            true => Vec::new(),
            false => self.fortunes(followed, low, &owned),
        };
        let others = Others { owned: &owned, asked: &asked, fortunes: &fortunes, gone: &gone };
        let unplaced: Vec<Arc<str>> = lost.iter().map(|lost| lost.type_name.clone()).collect();
        let lines = self.lines_here();
        let captured = self.captured(variables);
        for one in &asked {
            if matches!(told.get(&one.index), Some(Told::Gone { .. } | Told::NotYet)) {
                continue;
            }
            let Some(variable) = variables.get(one.index) else { continue };
            let live = others.is_live(one, &unplaced, ledger)
                && !captured.contains(&variable.die)
                && !lost.iter().any(|lost| {
                    let later = variables.get(lost.index).filter(|_| lost.index > one.index);
                    others.is_of(one, &lost.type_name)
                        && later.is_some_and(|later| {
                            self.may_have_gone_to(followed, variable, later, &lines)
                        })
                });
            let live = live
                && (!others.may_be_stale(one, ledger) || {
                    let now = one.blocks.iter().map(|at| Some(ledger.block_from(*at)?.id));
                    followed.seen.had(self.of_frame(variable), &now.collect::<Vec<_>>())
                });
            let live = live
                || match told.get(&one.index) {
                    Some(Told::Live(changed) | Told::Partly(_, changed)) => {
                        others.agrees(one, *changed, ledger)
                    }
                    _ => false,
                };
            // What would own something that no allocator can have given is no value: the bytes are those
            // of something else, or of nothing yet.
            let live = live && one.blocks.iter().all(|at| regions.of(*at).may_be_heap());
            let partly = matches!(told.get(&one.index), Some(Told::Partly(..)));
            if live && partly {
                continue;
            }
            if live {
                let now = one.blocks.iter().filter_map(|at| Some(ledger.block_from(*at)?.id));
                followed.seen.see(self.of_frame(variable), now.collect());
            }
            let had = self.has_had(followed, variable, one, &lines, ledger);
            // What the source says to be there is not gone.
            let had = had && !told.contains_key(&one.index);
            let ended = || {
                let ended = others.ended(one, ledger).filter(|_| had)?;
                Some(or_renewed(ended, &self.function.name))
            };
            let beside = others.beside(one).and_then(|index| variables.get(index));
            let beside = beside.map(|variable| variable.name.clone());
            if let Some(variable) = variables.get_mut(one.index) {
                variable.fate = Some(match live {
                    true => SlotState::Live,
                    false => ended().unwrap_or_else(|| unknown(one, beside.as_deref(), ledger)),
                });
            }
        }
        self.settle_told(followed, &told, variables);
    }

    /// Says what the source says of the variables of which nothing else is said.
    fn settle_told(
        &self,
        followed: &Followed,
        told: &HashMap<usize, Told>,
        variables: &mut [Placed],
    ) {
        let Some(here) = self.called_on_line(&followed.code_of(self)) else { return };
        for (index, told) in told {
            let variable = variables.get_mut(*index).filter(|variable| variable.fate.is_none());
            if let Some(variable) = variable {
                variable.fate = self.state_told(&here, told);
                if *told == Told::NotYet {
                    followed.seen.leave(self.of_frame(variable));
                }
            }
        }
    }

    /// What the source says of the variables that are asked for and of those without a place, by
    /// their positions.
    fn told_of(
        &self,
        followed: &Followed,
        asked: &[Asked],
        lost: &[Lost],
        variables: &[Placed],
    ) -> HashMap<usize, Told> {
        let Some(here) = self.called_on_line(&followed.code_of(self)) else {
            return HashMap::new();
        };
        let all = asked.iter().map(|one| one.index).chain(lost.iter().map(|lost| lost.index));
        let told = all.filter_map(|index| {
            Some((index, self.told_by_source(followed, variables.get(index)?, &here)?))
        });
        told.collect()
    }

    fn of_frame(&self, variable: &Placed) -> OfFrame {
        (self.cfa().unwrap_or_default(), variable.die)
    }

    /// Whether a variable is known to have had the value that its bytes are of: a parameter, or one
    /// that was seen to be live with the same blocks, in a frame that has not come to its declaration
    /// again since.
    fn has_had(
        &self,
        followed: &Followed,
        variable: &Placed,
        asked: &Asked,
        lines: &Lines,
        ledger: &Ledger,
    ) -> bool {
        if variable.parameter && variable.inlined.is_none() {
            return true;
        }
        if !self.is_come_to(variable, lines) {
            followed.seen.leave(self.of_frame(variable));
        }
        let ended = asked.blocks.iter().map(|at| ledger.ended_from(*at).map(|ended| ended.id));
        followed.seen.had(self.of_frame(variable), &ended.collect::<Vec<_>>())
    }

    /// The variables that need to be dropped and have no place: what is not seen of those may be in
    /// one of them.
    fn without_place(&self, variables: &[Placed]) -> Vec<Lost> {
        let lost = variables.iter().enumerate();
        let lost = lost.filter(|(_, variable)| variable.in_scope && variable.location.is_err());
        let named = lost.filter_map(|(index, variable)| {
            let ty = variable.ty.filter(|ty| needs_drop(self.image, *ty))?;
            Some(Lost { index, type_name: self.image.get(ty).ok()?.name.clone() })
        });
        named.collect()
    }

    /// Whether a variable may have been moved to a later one, which has no place of its own: the
    /// optimiser leaves the value where it lies. The line that declares the later one tells, where the
    /// source is at hand.
    fn may_have_gone_to(
        &self,
        followed: &Followed,
        variable: &Placed,
        later: &Placed,
        lines: &Lines,
    ) -> bool {
        if !self.is_come_to(later, lines) {
            return false;
        }
        let code = followed.code_of(self);
        let known = code.mentions.borrow().get(&variable.die).cloned();
        let mentions = known.unwrap_or_else(|| {
            let found = followed.mentions_of(self, variable).map(Rc::new);
            code.mentions.borrow_mut().insert(variable.die, found.clone());
            found
        });
        mentions.is_none_or(|mentions| {
            let declared = self.image.variable_declared(later.die);
            mentions.on(declared.as_ref(), None) != Mention::Never
        })
    }

    /// What becomes of each of the values by the code ahead.
    fn fortunes(&self, followed: &Followed, low: VirtAddr, owned: &[Owned]) -> Vec<Fortune> {
        let none = || vec![Fortune::default(); owned.len()];
        let at = self.context.bias_to_file();
        let code = followed.code_of(self);
        let cfa = self.context.frame.cfa;
        let frame = cfa.map(|cfa| Span { at: low.0, size: cfa.0.saturating_sub(low.0) });
        let ahead = Ahead {
            image: self.image,
            function: self.function,
            code: &code,
            bias: self.context.bias(),
            memory: self.context.memory,
            own: frame.into_iter().chain(owned.iter().filter_map(|owned| owned.whole)).collect(),
            owned,
            leads: RefCell::default(),
        };
        let Some(start) = self.start(&ahead, at) else { return none() };
        let fortunes = ahead.fortunes(self.machine(&code, frame), start);
        let dropped = code.dropped_at(at);
        let inside = |owned: &Owned| dropped.is_some_and(|name| owned.is_of(name));
        // What is being dropped now is neither there nor gone.
        let told = |(owned, fortune)| if inside(owned) { Fortune::default() } else { fortune };
        owned.iter().zip(fortunes).map(told).collect()
    }

    /// What is known where the frame stands.
    fn machine(&self, code: &FunctionCode, frame: Option<Span>) -> Machine {
        let registers = &self.context.frame.registers;
        let mut machine = Machine::default();
        for register in (0..16).map(Register) {
            if let Some(value) = registers.get(register) {
                machine.set(register, value);
            }
        }
        // At an instruction of its own a frame may not be made yet, or not be whole any more.
        let in_call = self.context.frame.lookup != registers.pc();
        if let Some(frame) = frame.filter(|_| in_call) {
            let sp = registers.sp().0;
            machine.set_own(sp, code.unreached.min(frame.end().saturating_sub(sp)));
        }
        machine
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
