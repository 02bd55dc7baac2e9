//! Which values the variables of optimised code were seen to have: that one is gone can only be told of
//! one that was there. Where it lies, there may be bytes of something else before it is given a value.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use crate::base::{BlockId, VirtAddr};

/// Of how many variables it is kept.
const MAX_SEEN: usize = 4096;

/// A variable of a frame: the canonical frame address of that, and its die.
pub(super) type OfFrame = (VirtAddr, usize);

/// The blocks that variables owned for sure when they were looked at.
#[derive(Default)]
pub(super) struct SeenLive {
    blocks: RefCell<HashMap<OfFrame, HashSet<BlockId>>>,
}

impl SeenLive {
    /// The address space was replaced.
    pub fn forget(&self) {
        self.blocks.borrow_mut().clear();
    }

    /// A variable has no value yet, or is out of scope: what it will own next is something new.
    pub fn leave(&self, variable: OfFrame) {
        self.blocks.borrow_mut().remove(&variable);
    }

    /// A variable is live, and owns some blocks.
    pub fn see(&self, variable: OfFrame, now: HashSet<BlockId>) {
        let mut blocks = self.blocks.borrow_mut();
        if blocks.len() >= MAX_SEEN && !blocks.contains_key(&variable) {
            blocks.clear();
        }
        blocks.insert(variable, now);
    }

    /// Whether a variable was seen to own all of some blocks, one at least; none of them stands for a
    /// block that is not known.
    pub fn had(&self, variable: OfFrame, all: &[Option<BlockId>]) -> bool {
        let blocks = self.blocks.borrow();
        let Some(seen) = blocks.get(&variable) else { return false };
        let was_seen = |id: &Option<BlockId>| id.is_some_and(|id| seen.contains(&id));
        !all.is_empty() && all.iter().all(was_seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_has_had_what_it_was_seen_with_until_control_comes_to_it_again() {
        let seen = SeenLive::default();
        let variable = (VirtAddr(0x7000), 12);
        let (one, other) = (Some(BlockId(3)), Some(BlockId(4)));
        assert!(!seen.had(variable, &[one]));
        seen.see(variable, HashSet::from([BlockId(3), BlockId(5)]));
        assert!(seen.had(variable, &[one]) && !seen.had(variable, &[one, other]));
        assert!(!seen.had(variable, &[]) && !seen.had(variable, &[one, None]));
        assert!(!seen.had((VirtAddr(0x7000), 13), &[one]));
        seen.leave(variable);
        assert!(!seen.had(variable, &[one]));
    }

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let seen = SeenLive::default();
        for die in 0..=MAX_SEEN {
            seen.see((VirtAddr(1), die), HashSet::from([BlockId(1)]));
        }
        assert!(!seen.had((VirtAddr(1), 0), &[Some(BlockId(1))]));
        assert!(seen.had((VirtAddr(1), MAX_SEEN), &[Some(BlockId(1))]));
    }
}
