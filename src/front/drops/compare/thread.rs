//! The drops of one thread, of a snapshot and of a run.

use std::collections::HashSet;

use super::super::align::align;
use super::super::snapshot::{Drop, Thread};
use super::rules::Rules;
use super::{Comparison, Hidden, HiddenBy};

/// A thread of a snapshot and the same of a run.
pub(super) struct Both<'a> {
    name: &'a str,
    expected: &'a [Drop],
    seen: &'a [Drop],
    rules: &'a Rules,
    /// The indices of the drops that both have, in order.
    pairs: Vec<(usize, usize)>,
}

impl<'a> Both<'a> {
    /// Lays the drops of a thread side by side.
    pub fn new(expected: &'a Thread, seen: &'a Thread, rules: &'a Rules) -> Both<'a> {
        let name = &expected.name;
        let (expected, seen) = (&*expected.drops, &*seen.drops);
        let pairs = align(expected, seen, |a, b| rules.likeness(a, b));
        Both { name, expected, seen, rules, pairs }
    }

    /// Adds what differs, and what can be hidden.
    pub fn compare(&self, found: &mut Comparison) {
        let mut extra = self.unpaired(self.seen, |pair| pair.1);
        for (index, expected, firm) in self.unpaired(self.expected, |pair| pair.0) {
            let elsewhere = self.elsewhere(expected, firm, &extra);
            match elsewhere.map(|position| extra.remove(position)) {
                Some((at, seen, _)) => {
                    found.differences.push(self.changed(index, expected, at, seen));
                }
                None if !firm => {}
                None if self.rules.run_hides() => {
                    found.hidden.push(self.hidden(HiddenBy::Run, expected));
                }
                None => found.differences.push(self.missing(expected)),
            }
        }
        for (_, drop, _) in extra.into_iter().filter(|(_, _, firm)| *firm) {
            match self.rules.snapshot_hides() {
                true => found.hidden.push(self.hidden(HiddenBy::Snapshot, drop)),
                false => found.differences.push(format!(
                    "{} dropped in `{}`; not expected{}",
                    drop.named(),
                    drop.function,
                    place(drop)
                )),
            }
        }
    }

    /// The drops of one side that the other has not: the index, the drop, and whether both must have
    /// it.
    fn unpaired(
        &self,
        drops: &'a [Drop],
        side: impl Fn(&(usize, usize)) -> usize,
    ) -> Vec<(usize, &'a Drop, bool)> {
        let paired: HashSet<usize> = self.pairs.iter().map(side).collect();
        let all = drops.iter().zip(self.rules.firm(drops)).enumerate();
        let left = all.filter(|(index, _)| !paired.contains(index));
        left.map(|(index, (drop, firm))| (index, drop, firm)).collect()
    }

    fn hidden(&self, by: HiddenBy, drop: &Drop) -> Hidden {
        Hidden { by, thread: self.name.to_owned(), drop: drop.clone() }
    }

    fn missing(&self, expected: &Drop) -> String {
        let what = match self.rules.seen {
            true => "not seen to be dropped, which optimised code can hide",
            false => "never dropped",
        };
        let (name, function) = (expected.named(), &expected.function);
        format!("{name} was {what}; expected in `{function}`{}", place(expected))
    }

    /// The position among what is left of the run of a drop that can be the expected one: in its
    /// function rather than in another. Where one of both can hide drops, and where a drop may be
    /// missing, the two can be two drops: then they are one only where the place says so.
    fn elsewhere(
        &self,
        expected: &Drop,
        firm: bool,
        extra: &[(usize, &Drop, bool)],
    ) -> Option<usize> {
        let hides = self.rules.run_hides() || self.rules.snapshot_hides();
        let fits = |own: bool| {
            extra.iter().position(|(_, seen, seen_firm)| {
                let named = expected.place.is_some() && expected.place == seen.place;
                let variable = named && expected.is_of_a_variable() && seen.is_of_a_variable();
                let same = match (firm && *seen_firm, own) {
                    (true, true) if !self.rules.snapshot_hides() => true,
                    (true, _) if hides => variable,
                    (true, _) => true,
                    (false, _) => own && variable,
                };
                same && expected.is_like(seen) && (seen.function == expected.function || !own)
            })
        };
        fits(true).or_else(|| fits(false))
    }

    /// The sentence on a drop that both have, and not in the same way.
    fn changed(&self, index: usize, expected: &Drop, at: usize, seen: &Drop) -> String {
        // Whichever of the two knows the place names it.
        let name = if seen.place.is_some() { seen.named() } else { expected.named() };
        if seen.function != expected.function {
            return format!(
                "{name} dropped in `{}`; expected in `{}`{}",
                seen.function,
                expected.function,
                place(seen)
            );
        }
        // What stands on the other side of it now.
        let crosses =
            |(other, other_seen): &&(usize, usize)| (*other < index) != (*other_seen < at);
        let passed = self.pairs.iter().find(crosses);
        if let Some((other, other_seen)) = passed
            && let Some(other) = self.expected.get(*other)
        {
            let (now, then) = match *other_seen < at {
                true => ("after", "before"),
                false => ("before", "after"),
            };
            let other = other.named();
            return format!("{name} dropped {now} {other}; expected {then}{}", place(seen));
        }
        match (seen.unwinding, expected.unwinding) {
            (true, false) => {
                format!("{name} dropped while unwinding; expected without a panic{}", place(seen))
            }
            (false, true) => {
                format!("{name} dropped without a panic; expected while unwinding{}", place(seen))
            }
            _ => {
                let line = expected.at.as_ref().map_or(0, |(_, line)| *line);
                format!("{name} dropped in another line; expected in {line}{}", place(seen))
            }
        }
    }
}

fn place(drop: &Drop) -> String {
    drop.at.as_ref().map_or(String::new(), |(file, line)| format!("; `{file}:{line}`"))
}
