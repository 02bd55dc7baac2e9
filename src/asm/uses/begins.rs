//! Where a piece of a function's code begins its work, each time that it is run.
//!
//! The debug information tells which instructions an inlined call has. The optimiser moves some of
//! them out of loops, mixes them with others and makes copies, so that the first of them by address
//! can run once for many calls, or not at all. What it keeps is the order of calls, and that each
//! runs as often as the program says. So a piece is taken to begin at its entry where every way to its
//! work leads through that, and else at the first of its own calls on each way.

use std::collections::{BTreeMap, HashMap};

use iced_x86::{FlowControl, Instruction, InstructionInfoFactory, Register};

use super::effects::{CalleeKind, Target};
use super::steps::{Code, decode};
use super::visited::Visited;
use super::ways::{Ways, callee_of, target_before};
use crate::asm::access::writes;
use crate::base::{FileAddr, Range};

/// The ways through a function, backwards.
pub struct Begins {
    steps: Vec<Step>,
    /// The jumps back to the beginning of a loop.
    back: Visited<(usize, usize)>,
}

struct Step {
    at: u64,
    next: u64,
    after: Vec<usize>,
    from: Vec<usize>,
    does: Does,
}

/// What an instruction does that others can see.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Does {
    Nothing,
    /// It stores to memory that is not named by the stack pointer.
    Stores,
    Calls(Option<Target>),
}

/// A piece of a function's code: an inlined call.
pub struct Piece<'a> {
    /// Its instructions.
    pub ranges: &'a [Range<FileAddr>],
    /// The first of them that does anything, by address.
    pub entry: FileAddr,
    /// Where the pieces within it begin of which that is found out, too, with what tells each of
    /// those pieces from the others.
    pub inner: &'a [(FileAddr, usize)],
    /// The one of those that is run once each time that this piece is.
    pub once: Option<usize>,
    /// What tells a call in the source from every other; none where its place in the source does not.
    pub source: &'a dyn Fn(FileAddr) -> Option<u64>,
}

/// What tells pieces of work apart: copies of one are equal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Work {
    Inner(usize),
    Call(u64, Option<Target>),
    /// Nothing is a copy of it, as far as is known.
    Alone(usize),
}

impl Begins {
    /// Reads a function. None where it jumps to an address that is in no jump table, or is too large.
    pub fn of(code: &Code<'_>) -> Option<Begins> {
        let decoded = decode(code)?;
        let ways = Ways::of(code, &decoded)?;
        let mut info = InstructionInfoFactory::new();
        let mut steps: Vec<Step> = Vec::with_capacity(decoded.len());
        let after = ways.after.into_iter().zip(ways.pad);
        for (index, (instruction, (mut after, pad))) in decoded.iter().zip(after).enumerate() {
            let calls = match instruction.flow_control() {
                FlowControl::Call | FlowControl::IndirectCall => true,
                // A jump out of the function is a call in its place.
                FlowControl::UnconditionalBranch | FlowControl::IndirectBranch => after.is_empty(),
                _ => false,
            };
            after.extend(pad);
            let callee = || callee_of(code, instruction, target_before(&decoded, index));
            let does = match calls.then(callee) {
                Some(callee) if callee.known.kind == CalleeKind::Copies => Does::Stores,
                Some(callee) => Does::Calls(callee.target),
                None if stores(&mut info, instruction) => Does::Stores,
                None => Does::Nothing,
            };
            let (at, next) = (instruction.ip(), instruction.next_ip());
            steps.push(Step { at, next, after, from: Vec::new(), does });
        }
        for index in 0..steps.len() {
            let after = steps.get(index).map(|step| step.after.clone()).unwrap_or_default();
            for to in after {
                if let Some(step) = steps.get_mut(to) {
                    step.from.push(index);
                }
            }
        }
        let back = jumps_back(&steps);
        Some(Begins { steps, back })
    }

    /// Where a piece begins its work, its entry where nothing else can be told. Nowhere where it does
    /// nothing that others can see: the optimiser has moved that away, or made it one with the work
    /// of another.
    pub fn of_piece(&self, piece: &Piece<'_>) -> Vec<FileAddr> {
        let inside = self.inside(piece);
        let work = self.work(piece, &inside);
        if work.is_empty() {
            return Vec::new();
        }
        let entry = self.index_of(piece.entry);
        let found = entry.and_then(|entry| self.found(piece, entry, &inside, &work));
        found.unwrap_or_else(|| vec![piece.entry])
    }

    fn found(
        &self,
        piece: &Piece<'_>,
        entry: usize,
        inside: &Visited<usize>,
        work: &BTreeMap<usize, Work>,
    ) -> Option<Vec<FileAddr>> {
        let copies = self.copied(work, inside);
        if copies.is_empty() && self.is_written_in_one(piece, entry, inside) {
            return None;
        }
        let guarded = |at: &usize| !self.comes_from_outside(*at, inside, &|at| at == entry);
        if copies.is_empty() && work.keys().all(guarded) {
            return None;
        }
        let is_first = |at: &usize| {
            self.comes_from_outside(*at, inside, &|to| to != *at && work.contains_key(&to))
        };
        let first: Vec<usize> = work.keys().copied().filter(is_first).collect();
        let mut begins: Vec<usize> =
            first.iter().copied().filter(|at| !self.follows(*at, &first, work, inside)).collect();
        if begins.is_empty() || begins.iter().any(|at| self.is_in_own_loop(*at, inside)) {
            return None;
        }
        let begun: Visited<Work> = begins.iter().filter_map(|at| work.get(at)).copied().collect();
        begins.extend(
            copies.into_iter().filter(|at| work.get(at).is_some_and(|w| begun.contains(w))),
        );
        begins.sort_unstable();
        begins.dedup();
        let at = |index: &usize| self.steps.get(*index).map(|step| FileAddr(step.at));
        Some(begins.iter().filter_map(at).collect())
    }

    /// Whether a piece lies in one and is only entered at its beginning, as most do.
    fn is_written_in_one(&self, piece: &Piece<'_>, entry: usize, inside: &Visited<usize>) -> bool {
        let begins = |index: &usize| {
            let from = self.steps.get(*index).map_or(&[][..], |step| &step.from);
            from.iter().any(|from| !inside.contains(from)) || from.is_empty()
        };
        piece.ranges.len() == 1
            && inside.iter().filter(|index| begins(index)).all(|index| *index == entry)
    }

    /// The instructions of a piece, by index.
    fn inside(&self, piece: &Piece<'_>) -> Visited<usize> {
        let indices = piece.ranges.iter().flat_map(|range| {
            let from = self.steps.partition_point(|step| step.at < range.start.0);
            from..self.steps.partition_point(|step| step.at < range.end.0)
        });
        indices.collect()
    }

    /// What a piece does that others can see: its calls and what the pieces within it begin with, or
    /// else what it stores.
    fn work(&self, piece: &Piece<'_>, inside: &Visited<usize>) -> BTreeMap<usize, Work> {
        let mut work = BTreeMap::new();
        for index in inside {
            let Some(step) = self.steps.get(*index) else { continue };
            if let Does::Calls(target) = step.does {
                let source = (piece.source)(FileAddr(step.at));
                let told = source.map_or(Work::Alone(*index), |source| Work::Call(source, target));
                work.insert(*index, told);
            }
        }
        for (at, inner) in piece.inner {
            if let Some(index) = self.index_of(*at) {
                let once = piece.once == Some(*inner);
                work.insert(index, if once { Work::Inner(*inner) } else { Work::Alone(index) });
            }
        }
        if work.is_empty() {
            let stores = |index: &usize| {
                self.steps.get(*index).is_some_and(|step| step.does == Does::Stores)
            };
            let stores = inside.iter().copied().filter(stores);
            work.extend(stores.map(|index| (index, Work::Alone(index))));
        }
        work
    }

    /// The work of which the piece has several copies that run after one another or in the stead of
    /// one another: it is run once for each, unless it comes to them in a loop of its own.
    fn copied(&self, work: &BTreeMap<usize, Work>, inside: &Visited<usize>) -> Vec<usize> {
        let mut copies: HashMap<Work, Vec<usize>> = HashMap::new();
        for (index, work) in work {
            copies.entry(*work).or_default().push(*index);
        }
        let copies = copies.into_values().filter(|copies| copies.len() > 1);
        let own = |copies: &Vec<usize>| copies.iter().any(|at| self.is_in_own_loop(*at, inside));
        copies.filter(|copies| !own(copies)).flatten().collect()
    }

    /// Whether control comes to an instruction from outside of the piece without passing what stops
    /// it: from the beginning of the function, from where nobody knows, from a call that is not the
    /// piece's, or from one round of a loop around it to the next.
    fn comes_from_outside(
        &self,
        at: usize,
        inside: &Visited<usize>,
        stops: &dyn Fn(usize) -> bool,
    ) -> bool {
        let mut seen = Visited::default();
        let mut open = vec![at];
        while let Some(here) = open.pop() {
            if stops(here) || !seen.insert(here) {
                continue;
            }
            let Some(step) = self.steps.get(here) else { continue };
            if here == 0 || step.from.is_empty() {
                return true;
            }
            for from in &step.from {
                let own = inside.contains(from);
                if !own && (self.back.contains(&(*from, here)) || self.calls(*from)) {
                    return true;
                }
                open.push(*from);
            }
        }
        false
    }

    /// Whether other first work comes before, within one run of the piece.
    fn follows(
        &self,
        at: usize,
        first: &[usize],
        work: &BTreeMap<usize, Work>,
        inside: &Visited<usize>,
    ) -> bool {
        let before = self.before(at, inside);
        let other = |from: &usize| {
            work.get(from) != work.get(&at)
                && before.contains(from)
                && !self.before(*from, inside).contains(&at)
        };
        first.iter().any(other)
    }

    /// The instructions that control can have come from to one, but for earlier rounds of loops
    /// around the piece.
    fn before(&self, at: usize, inside: &Visited<usize>) -> Visited<usize> {
        let mut seen = Visited::default();
        let mut open = vec![at];
        while let Some(here) = open.pop() {
            let from = self.steps.get(here).map_or(&[][..], |step| &step.from);
            for from in from {
                let again = self.back.contains(&(*from, here)) && !inside.contains(from);
                if !again && seen.insert(*from) {
                    open.push(*from);
                }
            }
        }
        seen
    }

    /// Whether control comes back to an instruction without leaving the piece.
    fn is_in_own_loop(&self, at: usize, inside: &Visited<usize>) -> bool {
        let mut seen = Visited::default();
        let mut open = vec![at];
        while let Some(here) = open.pop() {
            let after = self.steps.get(here).map_or(&[][..], |step| &step.after);
            for to in after.iter().copied().filter(|to| inside.contains(to)) {
                if to == at {
                    return true;
                }
                if seen.insert(to) {
                    open.push(to);
                }
            }
        }
        false
    }

    fn calls(&self, index: usize) -> bool {
        self.steps.get(index).is_some_and(|step| matches!(step.does, Does::Calls(_)))
    }

    fn index_of(&self, at: FileAddr) -> Option<usize> {
        let index = self.steps.partition_point(|step| step.at <= at.0).checked_sub(1)?;
        self.steps.get(index).filter(|step| at.0 < step.next).map(|_| index)
    }
}

/// The ways that lead to an instruction that they have come from, as they are met first.
fn jumps_back(steps: &[Step]) -> Visited<(usize, usize)> {
    let mut back = Visited::default();
    let (mut seen, mut on_way) = (vec![false; steps.len()], vec![false; steps.len()]);
    let entries = (0..steps.len())
        .filter(|at| *at == 0 || steps.get(*at).is_some_and(|step| step.from.is_empty()));
    for entry in entries {
        // Each instruction with how many of the ways from it were taken.
        let mut way = vec![(entry, 0usize)];
        while let Some((here, taken)) = way.last_mut() {
            let here = *here;
            if *taken == 0 {
                if let Some(seen) = seen.get_mut(here)
                    && std::mem::replace(seen, true)
                {
                    way.pop();
                    continue;
                }
                on_way.get_mut(here).into_iter().for_each(|on_way| *on_way = true);
            }
            let to = steps.get(here).and_then(|step| step.after.get(*taken)).copied();
            *taken = taken.saturating_add(1);
            match to {
                Some(to) if on_way.get(to) == Some(&true) => {
                    back.insert((here, to));
                }
                Some(to) if seen.get(to) == Some(&false) => way.push((to, 0)),
                Some(_) => {}
                None => {
                    on_way.get_mut(here).into_iter().for_each(|on_way| *on_way = false);
                    way.pop();
                }
            }
        }
    }
    back
}

/// Whether an instruction stores to memory, its own frame as the stack pointer names it aside.
fn stores(info: &mut InstructionInfoFactory, instruction: &Instruction) -> bool {
    let memory = info.info(instruction).used_memory().iter();
    memory.into_iter().any(|memory| memory.base() != Register::RSP && writes(memory.access()))
}

#[cfg(test)]
mod tests;
