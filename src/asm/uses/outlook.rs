//! Whether what a variable holds is used on the ways that control can still take. A reference that is
//! used no more borrows nothing, though its bytes are still there.
//!
//! A variable of a few words of which the address is never taken has no memory of its own: the
//! compiler keeps it in registers, in a cell without a name, or makes its value anew wherever it is
//! used, and copies it once to a slot for debuggers, from which nobody reads. What that slot was
//! copied from tells more than the slot.

use super::effects::{CalleeKind, Effect, Part, Place, Taker};
use super::known::Known;
use super::steps::{Step, Uses};
use crate::base::FileAddr;

/// What lies ahead of what a variable holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outlook {
    /// It is used on some way.
    Used,
    /// It is dropped, and not used otherwise.
    Dropped,
    /// It is used on no way.
    Unused,
    /// Where the code keeps it is not known.
    Unplaced,
    /// What is used ahead may be it or what it leads to, and the source does not tell them apart.
    Unnamed,
}

/// A variable that holds a reference.
#[derive(Clone, Debug)]
pub struct Holding {
    /// The bytes of the variable.
    pub slot: Part,
    /// Those of them that are the reference; the whole slot, where the reference lies elsewhere.
    pub word: Part,
    /// How many bytes the reference leads to.
    pub referent: u64,
    /// Whether another variable has the same bytes: the compiler gives a copy of a reference the place
    /// of the first. For which of them they are used, only the source tells.
    pub shared: bool,
    /// Where its scope begins: control that comes there again declares another.
    pub declared_at: Option<FileAddr>,
}

impl Holding {
    fn is_declared_anew(&self, step: &Step) -> bool {
        self.declared_at == Some(FileAddr(step.at))
    }
}

/// Whether the source of an instruction names a variable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mention {
    /// It does not.
    Never,
    /// It may.
    Perhaps,
    /// It does.
    Certain,
}

/// What became of a look ahead at one instruction.
pub(super) enum Seen {
    /// What was looked for: the look is over.
    Found,
    /// The variable gets another value: nothing behind counts.
    Ends,
    /// Nothing.
    On,
}

impl Uses {
    /// What lies ahead of what a variable holds, where a frame stands at an address. `named` says
    /// whether the source of an instruction names the variable.
    pub fn outlook(
        &self,
        holding: &Holding,
        at: FileAddr,
        named: &dyn Fn(FileAddr) -> Mention,
    ) -> Outlook {
        self.look_ahead(holding, at, named).unwrap_or(Outlook::Unplaced)
    }

    fn look_ahead(
        &self,
        holding: &Holding,
        at: FileAddr,
        named: &dyn Fn(FileAddr) -> Mention,
    ) -> Option<Outlook> {
        if self.is_read(&holding.slot) {
            let outlook = self.of_memory(holding, at, named)?;
            let hidden = self.address_within(&holding.slot);
            return match (outlook, hidden) {
                (Outlook::Unused | Outlook::Dropped, Some(referent)) => {
                    match self.of_address(holding, referent, at, named)? {
                        Outlook::Unused => Some(outlook),
                        other => Some(other),
                    }
                }
                _ => Some(outlook),
            };
        }
        match self.source(&holding.word)? {
            Known::Address(referent) => self.of_address(holding, referent, at, named),
            Known::Bytes { part, .. } => self.of_cell(holding, part, at, named),
            _ => None,
        }
    }

    /// Whether an instruction reads from a variable's own bytes or takes their address.
    fn is_read(&self, slot: &Part) -> bool {
        let reads = |effect: &Effect| uses(effect, slot) || compares(effect, slot);
        self.steps.iter().flat_map(|step| &step.effects).any(reads)
    }

    /// Of a variable that has memory of its own.
    fn of_memory(
        &self,
        holding: &Holding,
        at: FileAddr,
        named: &dyn Fn(FileAddr) -> Mention,
    ) -> Option<Outlook> {
        let (mut dropped, mut perhaps) = (false, false);
        let here = self.index_of(at);
        let found = self.forward(at, &mut |index, step| {
            if holding.shared && holding.is_declared_anew(step) && Some(index) != here {
                return Seen::Ends;
            }
            for effect in &step.effects {
                // The compiler compares, too, to find out what there is to drop.
                let compared = compares(effect, &holding.slot);
                if !compared && !uses(effect, &holding.slot) {
                    continue;
                }
                if is_drop(effect) {
                    dropped = true;
                    continue;
                }
                let mention = match holding.shared || compared {
                    true => named(FileAddr(step.at)),
                    false => Mention::Certain,
                };
                match mention {
                    Mention::Certain => return Seen::Found,
                    Mention::Perhaps => perhaps = true,
                    Mention::Never => {}
                }
            }
            if self.stores(index, step, &holding.word) { Seen::Ends } else { Seen::On }
        })?;
        Some(match told(found, perhaps) {
            Outlook::Unused if dropped => Outlook::Dropped,
            told => told,
        })
    }

    /// Of a reference to a byte of the frame, which is made anew wherever it is used. Whether it is
    /// used there, or the place itself, only the source tells.
    fn of_address(
        &self,
        holding: &Holding,
        referent: Place,
        at: FileAddr,
        named: &dyn Fn(FileAddr) -> Mention,
    ) -> Option<Outlook> {
        let place = Part { at: referent, size: holding.referent.max(1) };
        let mut perhaps = false;
        let here = self.index_of(at);
        let found = self.forward(at, &mut |index, step| {
            if holding.is_declared_anew(step) && Some(index) != here {
                return Seen::Ends;
            }
            let touched = step.effects.iter().any(|effect| match effect {
                Effect::Takes { at, .. } => *at == referent && !is_drop(effect),
                Effect::Reads { part, .. } | Effect::Compares { part } => part.overlaps(&place),
                Effect::Writes { part, .. } => {
                    part.overlaps(&place)
                        || (self.keeps(part, referent) && !part.overlaps(&holding.word))
                }
            });
            if touched {
                match named(FileAddr(step.at)) {
                    Mention::Certain => return Seen::Found,
                    Mention::Perhaps => perhaps = true,
                    Mention::Never => {}
                }
            }
            // Each time that control comes to its declaration, the reference is stored for debuggers.
            if self.stores(index, step, &holding.word) { Seen::Ends } else { Seen::On }
        })?;
        Some(told(found, perhaps))
    }

    /// Of a reference that is kept in another cell: one without a name, or that of another variable.
    /// For which of those that cell is read, only the source tells.
    fn of_cell(
        &self,
        holding: &Holding,
        cell: Part,
        at: FileAddr,
        named: &dyn Fn(FileAddr) -> Mention,
    ) -> Option<Outlook> {
        let own = |effect: &Effect| matches!(effect, Effect::Reads { by: Taker::Place(to), .. } if holding.slot.contains(*to));
        let mut perhaps = false;
        let here = self.index_of(at);
        let found = self.forward(at, &mut |index, step| {
            if holding.is_declared_anew(step) && Some(index) != here {
                return Seen::Ends;
            }
            let used = step.effects.iter().any(|effect| match effect {
                Effect::Takes { at: Place::Behind { cell: at, .. }, .. } => {
                    cell.at == Place::Frame(*at)
                }
                effect => (uses(effect, &cell) || compares(effect, &cell)) && !own(effect),
            });
            if used {
                match named(FileAddr(step.at)) {
                    Mention::Certain => return Seen::Found,
                    Mention::Perhaps => perhaps = true,
                    Mention::Never => {}
                }
            }
            let ends = self.stores(index, step, &holding.word) || writes(step, &cell);
            if ends { Seen::Ends } else { Seen::On }
        })?;
        Some(told(found, perhaps))
    }

    /// Whether an address is kept in a part of the frame, and stored there.
    fn keeps(&self, part: &Part, referent: Place) -> bool {
        let Place::Frame(at) = part.at else { return false };
        self.spilled.get(&at) == Some(&Known::Address(referent))
    }

    /// An address that is kept in a cell of a slot: its uses are no reads of the slot.
    fn address_within(&self, slot: &Part) -> Option<Place> {
        self.spilled.iter().find_map(|(cell, known)| match known {
            Known::Address(at) if slot.contains(Place::Frame(*cell)) => Some(*at),
            _ => None,
        })
    }

    /// What is stored in a slot, where it is stored by one instruction.
    fn source(&self, word: &Part) -> Option<Known> {
        if let Place::Frame(at) = word.at
            && let Some(known) = self.spilled.get(&at)
        {
            return Some(*known);
        }
        let mut stores = self.steps.iter().filter(|step| writes(step, word));
        let (store, None) = (stores.next()?, stores.next()) else { return None };
        store.effects.iter().find_map(|effect| match effect {
            Effect::Reads { part, by: Taker::Place(to) } if *to == word.at => {
                let first = Part { at: part.at, size: part.size.min(word.size) };
                Some(Known::Bytes { part: first, plus: 0, fresh: false })
            }
            Effect::Takes { at, by: Taker::Place(to) } if *to == word.at => {
                Some(Known::Address(*at))
            }
            _ => None,
        })
    }

    /// Looks at each instruction that control can come to from where a frame stands; whether one was
    /// what was looked for. None where the address is in no instruction.
    pub(super) fn forward(
        &self,
        at: FileAddr,
        look: &mut dyn FnMut(usize, &Step) -> Seen,
    ) -> Option<bool> {
        let here = self.index_of(at)?;
        let step = self.steps.get(here)?;
        let mut open: Vec<usize> = match at.0 > step.at {
            // In a call that has not returned.
            true => step.after.iter().chain(&step.pad).copied().collect(),
            false => vec![here],
        };
        let mut seen = vec![false; self.steps.len()];
        while let Some(here) = open.pop() {
            match seen.get_mut(here) {
                Some(seen) if !*seen => *seen = true,
                _ => continue,
            }
            let Some(step) = self.steps.get(here) else { continue };
            match look(here, step) {
                Seen::Found => return Some(true),
                Seen::Ends => {}
                Seen::On => open.extend(step.after.iter().chain(&step.pad)),
            }
        }
        Some(false)
    }

    /// Whether an instruction stores something in a part of the frame, an address that is always the
    /// same included.
    fn stores(&self, index: usize, step: &Step, bytes: &Part) -> bool {
        let same = match bytes.at {
            Place::Frame(cell) => self.spills.contains(&(index, cell)),
            Place::Behind { .. } => false,
        };
        same || writes(step, bytes)
    }
}

/// Whether an effect reads some bytes, changes them in place, or takes the address of one.
pub(super) fn uses(effect: &Effect, bytes: &Part) -> bool {
    match effect {
        Effect::Reads { part, .. } => part.overlaps(bytes),
        Effect::Takes { at, .. } => bytes.contains(*at),
        Effect::Writes { part, direct, .. } => !direct && part.overlaps(bytes),
        Effect::Compares { .. } => false,
    }
}

fn compares(effect: &Effect, bytes: &Part) -> bool {
    matches!(effect, Effect::Compares { part } if part.overlaps(bytes))
}

/// What a look ahead has found.
fn told(found: bool, perhaps: bool) -> Outlook {
    match (found, perhaps) {
        (true, _) => Outlook::Used,
        (false, true) => Outlook::Unnamed,
        (false, false) => Outlook::Unused,
    }
}

pub(super) fn is_drop(effect: &Effect) -> bool {
    let (Effect::Takes { by, .. } | Effect::Reads { by, .. }) = effect else { return false };
    let Taker::Argument { callee, .. } = by else { return false };
    matches!(callee.known.kind, CalleeKind::Drops { .. })
}

pub(super) fn writes(step: &Step, bytes: &Part) -> bool {
    let writes =
        |effect: &Effect| matches!(effect, Effect::Writes { part, .. } if part.overlaps(bytes));
    step.effects.iter().any(writes)
}
