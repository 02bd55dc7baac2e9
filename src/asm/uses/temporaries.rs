//! The cells of a frame that the code ahead uses, and where they got what they hold: a temporary has
//! no name and no described type, but the functions that make it and that it is passed to do.

use super::effects::{Callee, Effect, Part, Place, Taker, Target};
use super::known::{CallResult, Within};
use super::leaf::Leaf;
use super::outlook::{Outlook, Seen, is_drop, uses, writes};
use super::steps::{Step, Uses};
use super::verdict::Standing;
use super::visited::Visited;
use crate::base::FileAddr;

/// Cells of one function that are told apart.
const MOST: usize = 256;
/// How many instructions are looked at to find out where one cell got its value.
const MAX_LOOKS: usize = 1 << 13;
/// Bytes of a word.
const WORD: u64 = 8;
/// Words of one read that are told apart.
const WORDS: u64 = 8;

/// How code uses a cell of the frame.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CellUse {
    /// It reads the word there.
    Read,
    /// It passes the address of it to a function.
    Passed {
        /// In which of the registers for arguments.
        register: usize,
        /// How the call names the function.
        target: Target,
    },
}

/// Where a cell got what it holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Made {
    /// An instruction that stored it.
    pub at: FileAddr,
    /// What a function has returned, where the cell holds a part of that.
    pub result: Option<CallResult>,
    /// Whether what was stored begins with the cell.
    pub begins: bool,
}

/// What an instruction does to a cell.
enum Touch {
    Makes(Made),
    /// It copies a cell there; whether that copy begins with this one.
    Copies(i64, bool),
    Nothing,
}

impl Uses {
    /// The cells that the code ahead of a place uses, by their distances from the canonical frame
    /// address, and those of which the call that a frame stands in was passed the address.
    pub fn cells_used(&self, at: FileAddr) -> Vec<(i64, CellUse)> {
        let (mut found, mut known) = (Vec::new(), Visited::default());
        let mut add = |step: &Step, passed: bool| {
            let used = step.effects.iter().flat_map(|effect| used_by(effect, passed));
            for cell in used.filter(|_| found.len() < MOST).collect::<Vec<_>>() {
                if known.insert(cell) && found.len() < MOST {
                    found.push(cell);
                }
            }
        };
        if let Some(call) = self.call_at(at).and_then(|here| self.steps.get(here)) {
            add(call, true);
        }
        self.forward(at, &mut |_, step| {
            add(step, false);
            Seen::On
        });
        found
    }

    /// Where a cell got what it holds where a frame stands; none where it need not have been given
    /// anything, or ways differ. `size` gives the bytes of what a function returns; with `follow`,
    /// copies are followed to what they are of.
    pub fn made(
        &self,
        at: FileAddr,
        cell: i64,
        follow: bool,
        size: &dyn Fn(Target) -> u64,
    ) -> Option<Made> {
        let here = self.index_of(at)?;
        let step = self.steps.get(here)?;
        if at.0 > step.at && stored_by(step, cell, size).is_some() {
            // What the call returns is not there yet.
            return None;
        }
        let mut open: Vec<(usize, i64, bool)> = self.behind(here, cell, true)?;
        let mut seen = Visited::default();
        let mut made: Option<Made> = None;
        while let Some((here, cell, begins)) = open.pop() {
            if !seen.insert((here, cell, begins)) {
                continue;
            }
            (seen.len() <= MAX_LOOKS).then_some(())?;
            match touch(self.steps.get(here)?, cell, size) {
                Touch::Makes(new) => {
                    let new = Made { begins: new.begins && begins, ..new };
                    let same = |known: &Made| {
                        (known.result.map(|of| (of.target, of.within)), known.begins)
                            == (new.result.map(|of| (of.target, of.within)), new.begins)
                    };
                    (made.as_ref().is_none_or(same)).then_some(())?;
                    made =
                        Some(made.map_or(new, |known| if known.at < new.at { known } else { new }));
                }
                Touch::Copies(from, whole) if follow => {
                    open.extend(self.behind(here, from, begins && whole)?);
                }
                Touch::Copies(_, whole) => {
                    let at = FileAddr(self.steps.get(here)?.at);
                    let new = Made { at, result: None, begins: whole };
                    (made.is_none_or(|known| known.begins == whole)).then_some(())?;
                    made = made.or(Some(new));
                }
                Touch::Nothing => open.extend(self.behind(here, cell, begins)?),
            }
        }
        made
    }

    /// What lies ahead of a temporary: [`Outlook::Used`], [`Outlook::Dropped`] or
    /// [`Outlook::Unused`].
    pub fn outlook_of_temporary(&self, part: Part, standing: Standing<'_>) -> Option<Outlook> {
        let here = self.index_of(standing.at)?;
        let step = self.steps.get(here)?;
        let from: Vec<usize> = match standing.at.0 > step.at {
            true => step.after.iter().chain(&step.pad).copied().collect(),
            false => vec![here],
        };
        let leaf = Leaf::new(part, vec![part], part, Vec::new());
        if !self.ahead(&leaf, &from, standing.flag, true)?.used {
            return Some(Outlook::Unused);
        }
        let used = self.forward(standing.at, &mut |_, step| {
            let its = step.effects.iter().filter(|effect| uses(effect, &part));
            if its.clone().any(|effect| result_goes_to(effect).is_none() && !is_drop(effect)) {
                return Seen::Found;
            }
            let filled = its.clone().any(|effect| result_goes_to(effect).is_some());
            if filled || writes(step, &part) { Seen::Ends } else { Seen::On }
        })?;
        Some(if used { Outlook::Used } else { Outlook::Dropped })
    }

    /// The call that has not returned, where a frame stands in one.
    fn call_at(&self, at: FileAddr) -> Option<usize> {
        let here = self.index_of(at)?;
        (at.0 > self.steps.get(here)?.at).then_some(here)
    }

    /// The instructions before one; none where the function may begin there.
    fn behind(&self, here: usize, cell: i64, begins: bool) -> Option<Vec<(usize, i64, bool)>> {
        let from = self.from.get(here).filter(|from| here > 0 && !from.is_empty())?;
        Some(from.iter().map(|before| (*before, cell, begins)).collect())
    }
}

/// The cells that an effect uses.
fn used_by(effect: &Effect, only_passed: bool) -> Vec<(i64, CellUse)> {
    match effect {
        Effect::Reads { part: Part { at: Place::Frame(at), size }, .. } if !only_passed => {
            let words = (*size / WORD).min(WORDS);
            let cells = (0..words).filter_map(|no| at.checked_add_unsigned(no * WORD));
            cells.map(|cell| (cell, CellUse::Read)).collect()
        }
        Effect::Takes { at: Place::Frame(at), by: Taker::Argument { index, callee } }
            if result_goes_to(effect).is_none() =>
        {
            let passed = |target| (*at, CellUse::Passed { register: *index, target });
            callee.target.map(passed).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// Where a function stores what it returns, and the function.
fn result_goes_to(effect: &Effect) -> Option<(i64, Callee)> {
    match effect {
        Effect::Takes { at: Place::Frame(at), by: Taker::Argument { index: 0, callee } }
            if callee.known.returns_there =>
        {
            Some((*at, *callee))
        }
        _ => None,
    }
}

/// What a call stores in a cell, because it returns it there.
fn stored_by(step: &Step, cell: i64, size: &dyn Fn(Target) -> u64) -> Option<Made> {
    step.effects.iter().find_map(|effect| {
        let (at, callee) = result_goes_to(effect)?;
        let offset = u64::try_from(cell.checked_sub(at)?).ok()?;
        let call = FileAddr(step.at);
        let Some(target) = callee.target else {
            return (offset == 0).then_some(Made { at: call, result: None, begins: true });
        };
        let result = CallResult { call, target, within: Within::Memory(offset) };
        let made = Made { at: call, result: Some(result), begins: offset == 0 };
        (offset < size(target)).then_some(made)
    })
}

fn touch(step: &Step, cell: i64, size: &dyn Fn(Target) -> u64) -> Touch {
    let at = FileAddr(step.at);
    if let Some(kept) = step.kept.filter(|kept| kept.cell == cell) {
        return Touch::Makes(Made { at, result: Some(kept.of), begins: true });
    }
    if let Some(made) = stored_by(step, cell, size) {
        return Touch::Makes(made);
    }
    let word = Part { at: Place::Frame(cell), size: WORD };
    if !writes(step, &word) {
        return Touch::Nothing;
    }
    let copied = step.effects.iter().find_map(|effect| match effect {
        Effect::Reads { part, by: Taker::Place(Place::Frame(to)) } => {
            let Place::Frame(from) = part.at else { return None };
            let distance = u64::try_from(cell.checked_sub(*to)?).ok()?;
            let end = distance.checked_add(WORD)?;
            let from = from.checked_add_unsigned(distance)?;
            (end <= part.size).then_some(Touch::Copies(from, distance == 0))
        }
        _ => None,
    });
    let begins = step.effects.iter().any(
        |effect| matches!(effect, Effect::Writes { part, .. } if part.at == Place::Frame(cell)),
    );
    copied.unwrap_or(Touch::Makes(Made { at, result: None, begins }))
}
