//! What is known of a value when the frame stands at an instruction.

use super::ahead::Ahead;
use super::before::Before;
use super::effects::{Part, Target};
use super::leaf::Leaf;
use super::steps::Uses;
use super::twin::Kept;
use crate::base::FileAddr;

/// What is known of a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It is there.
    Live,
    /// It was moved or dropped.
    Gone {
        /// Where, one for each way that control can have come.
        by: Vec<Ending>,
    },
    /// The slot owns nothing: either it was moved or dropped on the way here, or what it holds has
    /// nothing to drop, as `None` has not.
    GoneOrEmpty {
        /// Where it can have been moved or dropped.
        by: Vec<Ending>,
    },
    /// The value of a box was moved out of it; the box itself is there.
    OpenBox,
    /// No way on which it is given a value was taken.
    NeverGiven,
    /// It cannot be told.
    Unknown,
}

/// How the life of a value in its slot ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ending {
    /// The instruction that took it.
    pub at: FileAddr,
    /// The instruction before that which copied it to the first of those places, where it is passed
    /// on in registers at the same time.
    pub copied_at: Option<FileAddr>,
    /// The places that it was copied to on its way, one after the other.
    pub through: Vec<Part>,
    /// What became of it.
    pub way: Way,
}

/// What became of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// It was dropped.
    Dropped,
    /// It was copied to the last of the places on its way, or to where it is not followed.
    Moved,
    /// It was passed to a function.
    Passed {
        /// How the call names it.
        to: Option<Target>,
    },
    /// The function returned it.
    Returned,
}

/// Where a frame stands.
#[derive(Clone, Copy)]
pub struct Standing<'a> {
    /// An address in the instruction: of the one that runs next, or in the call that has not
    /// returned.
    pub at: FileAddr,
    /// What a drop flag holds, by its distance from the canonical frame address; none where it
    /// cannot be read.
    pub flag: &'a dyn Fn(i64) -> Option<bool>,
}

impl Uses {
    /// What is known of a leaf of a variable, or of a parameter, where the frame stands.
    pub fn verdict(&self, leaf: &Leaf, parameter: bool, standing: Standing<'_>) -> Verdict {
        self.judge(leaf, parameter, standing).unwrap_or(Verdict::Unknown)
    }

    fn judge(&self, leaf: &Leaf, parameter: bool, standing: Standing<'_>) -> Option<Verdict> {
        let leaf = &self.settled(leaf)?;
        let here = self.index_of(standing.at)?;
        let step = self.steps.get(here)?;
        // A return address is looked up inside of its call, and what runs next where it begins.
        let in_call = standing.at.0 > step.at;
        let (next, ran) = match in_call {
            true => (step.after.clone(), vec![here]),
            false => (vec![here], self.from.get(here)?.clone()),
        };
        let returning = self.ahead(leaf, &next, standing.flag, false)?;
        if returning.used {
            return Some(Verdict::Live);
        }
        if returning.box_freed && returning.left {
            return Some(Verdict::OpenBox);
        }
        let mut from = next;
        from.extend(step.pad.filter(|_| in_call));
        let ahead = self.ahead(leaf, &from, standing.flag, true)?;
        if ahead.used {
            return Some(Verdict::Live);
        }
        if ahead.maybe_used || ahead.box_freed {
            return None;
        }
        let entry = here == 0 && !in_call;
        let before = self.before(leaf, parameter, &ran, entry);
        Some(self.without_use(leaf, &ahead, &before))
    }

    /// The leaf where its value is used; none where that is not known.
    pub(super) fn settled(&self, leaf: &Leaf) -> Option<Leaf> {
        match self.kept(leaf) {
            Kept::Here => Some(Leaf { aliases: self.aliases(leaf), ..leaf.clone() }),
            Kept::There(there) => Some(there),
            Kept::Nowhere => None,
        }
    }

    /// The verdict on a leaf that nothing ahead uses.
    fn without_use(&self, leaf: &Leaf, ahead: &Ahead, before: &Before) -> Verdict {
        let ending = |(here, by): &(usize, _)| self.ending(leaf, *here, *by);
        let by: Vec<Ending> = before.uses.iter().filter_map(ending).collect();
        let looked_at = by.len() < before.uses.len();
        let on_all_ways = !before.unused && !before.never_given && !looked_at;
        match (by.is_empty(), ahead.spared) {
            // A flag says that it holds nothing, and nothing took it: it was never given a value.
            (true, true) if before.never_given => Verdict::NeverGiven,
            (true, true) => Verdict::Unknown,
            (true, false) if before.is_never_given() => Verdict::NeverGiven,
            (true, false) if before.never_given => Verdict::Unknown,
            // What is never dropped and was never used has nothing to drop, or the program does not
            // come to where it would be dropped.
            (true, false) if looked_at && ahead.left => Verdict::GoneOrEmpty { by },
            (true, false) => Verdict::Live,
            (false, true) if before.never_given => Verdict::Unknown,
            (false, true) => Verdict::Gone { by },
            (false, false) if on_all_ways => Verdict::Gone { by },
            (false, false) if ahead.left && !before.never_given => Verdict::GoneOrEmpty { by },
            (false, false) => Verdict::Unknown,
        }
    }
}
