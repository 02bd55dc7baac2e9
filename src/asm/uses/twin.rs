//! Values that are kept elsewhere than where their variable is described to be.
//!
//! A variable of one or two words that is only ever moved has no memory of its own: the compiler keeps
//! it in registers, over calls in a cell without a name, and copies it once to a slot for debuggers,
//! from which nobody reads.

use super::effects::{Effect, Part, Place, Taker};
use super::leaf::{Leaf, Touch};
use super::steps::Uses;

/// Where the value of a leaf is used.
pub(super) enum Kept {
    /// In its own slot.
    Here,
    /// In another cell.
    There(Leaf),
    /// Nowhere that is known.
    Nowhere,
}

impl Uses {
    /// Where the value of a leaf is used.
    pub(super) fn kept(&self, leaf: &Leaf) -> Kept {
        let mut copy = None;
        for step in &self.steps {
            match leaf.touch(step) {
                Some(Touch::Uses(_) | Touch::FreesBox) => return Kept::Here,
                Some(Touch::Initialises | Touch::MayInitialise) => {
                    let from = step.effects.iter().find_map(|effect| copied(effect, leaf));
                    if let (Some(from), None) = (from, copy) {
                        copy = Some((step.at, from));
                    }
                }
                None => {}
            }
        }
        copy.and_then(|(at, from)| self.twin(at, from)).map_or(Kept::Nowhere, Kept::There)
    }

    /// The cell that was copied from, if it is written at most once and read elsewhere too.
    fn twin(&self, at: u64, cell: Part) -> Option<Leaf> {
        let is_frame = matches!(cell.at, Place::Frame(_));
        let writes = self.steps.iter().flat_map(|step| &step.effects);
        let writes = writes
            .filter(|effect| matches!(effect, Effect::Writes { part, .. } if part.overlaps(&cell)));
        (is_frame && writes.count() <= 1).then_some(())?;
        let twin = Leaf { copied_at: Some(at), ..Leaf::new(cell, vec![cell], cell, Vec::new()) };
        let used = |step| matches!(twin.touch(step), Some(Touch::Uses(_)));
        self.steps.iter().any(used).then_some(twin)
    }
}

/// The bytes that are copied to the beginning of a leaf.
fn copied(effect: &Effect, leaf: &Leaf) -> Option<Part> {
    match effect {
        Effect::Reads { part, by: Taker::Place(to) } if *to == leaf.part.at => Some(*part),
        _ => None,
    }
}
