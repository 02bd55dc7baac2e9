//! Which drops must agree between two builds, and what of them.

use super::super::align::ALIKE;
use super::super::snapshot::{CLOSURE, Drop, Kind, STD, Thread, UNSURE, is_within};

/// What is compared of two builds.
pub(super) struct Rules {
    /// Whether the build of the snapshot was optimised.
    pub expected: bool,
    /// Whether that of the run was.
    pub seen: bool,
    /// Whether all that can be compared must agree.
    pub strict: bool,
}

impl Rules {
    /// Whether a drop that only the snapshot has can have been hidden by the code of the run.
    pub fn run_hides(&self) -> bool {
        self.seen && !self.strict
    }

    /// Whether a drop that only the run has can have been hidden by the code of the snapshot.
    pub fn snapshot_hides(&self) -> bool {
        self.expected && !self.strict
    }

    /// Which of the drops of a thread must be in both, one by one.
    ///
    /// Of types that implement `Drop` the language promises it to every build. In debug builds types
    /// that only drop their fields, and std's, are as reliable; but for what std alone decides, and
    /// does otherwise from version to version: what its iterators hold, and std's values within std's.
    /// In optimised builds these need not be left.
    pub fn firm(&self, drops: &[Drop]) -> Vec<bool> {
        let mut around: Vec<Kind> = Vec::new();
        let firm = drops.iter().map(|drop| {
            around.truncate(drop.depth);
            let in_std = around.last() == Some(&Kind::Std);
            around.push(drop.kind);
            match (self.expected, self.seen) {
                (false, false) if self.strict => true,
                (true, true) if self.strict => true,
                (false, false) => drop.kind != Kind::Std || !is_stds_own(drop, in_std),
                _ => drop.kind.is_strict(),
            }
        });
        firm.collect()
    }

    /// Whether a thread has drops that both must have.
    pub fn counts(&self, thread: &Thread) -> bool {
        self.firm(&thread.drops).contains(&true)
    }

    /// How much two drops are alike, where they can be the same one of two runs.
    pub fn likeness(&self, expected: &Drop, seen: &Drop) -> Option<u32> {
        let like = expected.is_like(seen) || (self.expected || self.seen) && in_one(expected, seen);
        let same = like && expected.unwinding == seen.unwinding;
        let likely = same && same_line(expected, seen);
        let function = match expected.function == seen.function {
            true => 4,
            // Which of the user's functions it is was not found.
            false if self.seen && seen.function == STD => 0,
            false if self.expected && expected.function == STD => 0,
            // The optimiser makes one function of two with equal code, and only one name is left; and
            // where it jumps from one to another, the first is not seen any more.
            false if self.expected != self.seen && of_closures(expected, seen) => 0,
            false => return None,
        };
        let place = if sure(&expected.place) == sure(&seen.place) { 2 } else { 0 };
        let depth = u32::from(expected.depth == seen.depth);
        likely.then_some((function + place + depth).min(ALIKE))
    }
}

/// A place without the mark of one that is concluded.
fn sure(place: &Option<String>) -> Option<&str> {
    place.as_deref().map(|place| place.strip_suffix(UNSURE).unwrap_or(place))
}

/// Whether both were dropped in closures, or one in a function and the other in a closure of it: of the
/// functions that people write, closures are often alike, and often called by a jump.
fn of_closures(expected: &Drop, seen: &Drop) -> bool {
    let (one, other) = (&*expected.function, &*seen.function);
    let both = one.ends_with(CLOSURE) && other.ends_with(CLOSURE);
    both || is_within(one, other) || is_within(other, one)
}

/// Whether the place of one lies in that of the other: a part at the beginning of a variable can be
/// told as the variable in one build and as its part in another.
fn in_one(one: &Drop, other: &Drop) -> bool {
    let (Some(a), Some(b)) = (&one.place, &other.place) else { return false };
    let within = |outer: &str, inner: &str| {
        inner.strip_prefix(outer).is_some_and(|part| part.starts_with(['.', '[']))
    };
    one.type_name == other.type_name && (within(a, b) || within(b, a))
}

/// Whether std alone decides that there is such a value of one of its types.
fn is_stds_own(drop: &Drop, in_std: bool) -> bool {
    let iterates = ["IntoIter", "Drain"].iter().any(|name| drop.type_name.starts_with(name));
    (iterates || in_std) && !drop.is_of_a_variable()
}

fn same_line(expected: &Drop, seen: &Drop) -> bool {
    expected.at.is_none() || seen.at.is_none() || expected.line() == seen.line()
}
