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

    /// The cells that the address of a box is copied to right before a drop flag is tested, which
    /// tells whether the value was moved out of the box. Nothing else is stored there.
    pub(super) fn aliases(&self, leaf: &Leaf) -> Vec<Part> {
        let mut aliases: Vec<Part> = Vec::new();
        for (here, step) in self.steps.iter().enumerate() {
            let tested = self.steps.iter().skip(here).take(4).any(|step| step.test.is_some());
            let copies = step.effects.iter().filter_map(|effect| match effect {
                Effect::Reads { part, by: Taker::Place(to @ Place::Frame(_)) } => {
                    let same = *part == leaf.part && tested;
                    same.then_some(Part { at: *to, size: part.size })
                }
                _ => None,
            });
            aliases.extend(copies.filter(|alias| self.writes_to(alias) == 1));
        }
        aliases
    }

    /// How many instructions write to a part of the frame.
    fn writes_to(&self, cell: &Part) -> usize {
        let effects = self.steps.iter().flat_map(|step| &step.effects);
        let writes =
            |effect: &&Effect| matches!(effect, Effect::Writes { part, .. } if part.overlaps(cell));
        effects.filter(writes).count()
    }

    /// The cell that was copied from, if it is written at most once and read elsewhere too.
    fn twin(&self, at: u64, cell: Part) -> Option<Leaf> {
        let is_frame = matches!(cell.at, Place::Frame(_));
        (is_frame && self.writes_to(&cell) <= 1).then_some(())?;
        let twin = Leaf { copied_at: Some(at), ..Leaf::new(cell, vec![cell], cell, Vec::new()) };
        let mut used = false;
        for step in &self.steps {
            match twin.touch(step) {
                // From there on the cell holds the value of another variable.
                Some(Touch::Uses(Taker::Place(_))) => return None,
                Some(Touch::Uses(_)) => used = true,
                _ => {}
            }
        }
        used.then_some(twin)
    }
}

/// The bytes that are copied to the beginning of a leaf.
fn copied(effect: &Effect, leaf: &Leaf) -> Option<Part> {
    match effect {
        Effect::Reads { part, by: Taker::Place(to) } if *to == leaf.part.at => Some(*part),
        _ => None,
    }
}
