//! Where a value is moved out of its slot.

use super::ahead::Ahead;
use super::leaf::{Leaf, Touch};
use super::steps::Uses;
use super::verdict::{Ending, Way};
use crate::base::FileAddr;

impl Uses {
    /// The instructions at which a leaf can be moved: each reads it or gives it away, and behind it
    /// nothing uses the value as long as its drop flags are clear. None where its slot is not
    /// followed.
    pub fn moves(&self, leaf: &Leaf) -> Option<Vec<Ending>> {
        let leaf = &self.settled(leaf)?;
        let cleared = &|_| Some(false);
        let each = (0..self.steps.len()).filter_map(|here| self.move_by(leaf, here, cleared));
        Some(each.collect())
    }

    /// How the instruction at an address moves a leaf, as its drop flags stand before it; none where
    /// it does not.
    pub fn move_at(
        &self,
        leaf: &Leaf,
        at: FileAddr,
        flag: &dyn Fn(i64) -> Option<bool>,
    ) -> Option<Ending> {
        self.move_by(&self.settled(leaf)?, self.index_of(at)?, flag)
    }

    fn move_by(
        &self,
        leaf: &Leaf,
        here: usize,
        flag: &dyn Fn(i64) -> Option<bool>,
    ) -> Option<Ending> {
        let step = self.steps.get(here)?;
        let Some(Touch::Uses(by)) = leaf.touch(step) else { return None };
        let ending = self.ending(leaf, here, by).filter(|ending| ending.way != Way::Dropped)?;
        let Ahead { used, maybe_used, .. } = self.ahead(leaf, &step.after, flag, false)?;
        (!used && !maybe_used).then_some(ending)
    }
}
