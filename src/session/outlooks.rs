//! Whether a variable still uses the reference that it holds.

use std::collections::HashMap;
use std::rc::Rc;

use super::borrows::Footprint;
use super::followed::{Followed, Frame};
use super::mentions::Mentions;
use crate::asm::uses::{Holding, Mention, Outlook, Part, Place};
use crate::base::FileAddr;
use crate::dwarf::{Image, Location, TypeRef, Types};
use crate::frame::slots::Placed;
use crate::track::{Need, PlaceKey};
use crate::value::{Loan, Value};

/// For how many references and places of one function what was found is kept.
const MAX_KNOWN: usize = 4096;
/// Bytes of a pointer.
const WORD: u64 = 8;

/// What was found, by the place of the function, the variable's die, where in the variable the
/// reference lies, and how many bytes it refers to.
pub(super) type Outlooks = HashMap<(FileAddr, usize, u64, u64), Outlook>;

/// Guards of std, which do something to what they borrow when they are dropped.
const GUARDS: [&str; 13] = [
    "Ref",
    "RefMut",
    "MutexGuard",
    "RwLockReadGuard",
    "RwLockWriteGuard",
    "MappedMutexGuard",
    "MappedRwLockReadGuard",
    "MappedRwLockWriteGuard",
    "ReentrantLockGuard",
    "Drain",
    "Splice",
    "PeekMut",
    "ExtractIf",
];

impl Followed {
    /// What a variable may lend, and what it has borrowed.
    pub fn footprint(
        &self,
        frame: &Frame<'_>,
        variable: &Placed,
        value: &Value,
        key: PlaceKey,
        name: &str,
    ) -> Option<Footprint> {
        let bytes = match variable.location {
            Ok(Location::Memory(at)) => Some((at, variable.size)),
            _ => None,
        };
        let loans = value.loans().into_iter().map(|loan| {
            let need = self.need(frame, variable, &loan);
            (loan, need)
        });
        Some(Footprint {
            key,
            name: name.to_owned(),
            parameter: variable.parameter && variable.inlined.is_none(),
            line: variable.line,
            bytes,
            ty: variable.ty?,
            image: frame.context.frame.loaded.as_ref()?.image.clone(),
            loans: loans.collect(),
        })
    }

    /// Whether a variable of a frame still uses a reference that it holds.
    ///
    /// A parameter's lifetimes are its caller's: what it has borrowed stays so until the function
    /// returns.
    fn need(&self, frame: &Frame<'_>, variable: &Placed, loan: &Loan) -> Need {
        match (variable.parameter, &variable.inlined) {
            (true, None) => return Need::Certain,
            (_, Some(_)) => return Need::Perhaps,
            (false, None) => {}
        }
        match self.outlook(frame, variable, loan).unwrap_or(Outlook::Unknown) {
            Outlook::Used => Need::Certain,
            Outlook::Unused => Need::No,
            Outlook::Dropped if variable.ty.is_some_and(|ty| is_guard(frame.image, ty)) => {
                Need::Certain
            }
            Outlook::Dropped | Outlook::Unknown => Need::Perhaps,
        }
    }

    fn outlook(&self, frame: &Frame<'_>, variable: &Placed, loan: &Loan) -> Option<Outlook> {
        let known = self.uses_of(frame)?;
        let slot = frame.slot(variable)?;
        let Place::Frame(start) = slot.at else { return None };
        let offset = loan.at.and_then(|at| {
            let from_cfa = at.0.wrapping_sub(frame.cfa()?.0).cast_signed();
            u64::try_from(from_cfa.checked_sub(start)?).ok()
        });
        let offset = offset.filter(|offset| offset.saturating_add(WORD) <= slot.size);
        let at = frame.context.bias_to_file();
        known.uses.has_frame_at(at).then_some(())?;
        let key = (at, variable.die, offset.unwrap_or(u64::MAX), loan.size);
        if let Some(outlook) = known.outlooks.borrow().get(&key) {
            return Some(*outlook);
        }
        let word = match offset.and_then(|offset| i64::try_from(offset).ok()) {
            Some(offset) => Part { at: slot.at.plus(offset), size: WORD },
            None => slot,
        };
        let mut scope = Vec::new();
        frame.each_variable(&frame.function.scope, &mut |other, of| {
            if other.die == variable.die {
                scope.clone_from(&of.ranges);
            }
        });
        let mentions = known.mentions.borrow().get(&variable.die).cloned();
        let mentions = mentions.unwrap_or_else(|| {
            let found = self.mentions_of(frame, variable).map(Rc::new);
            known.mentions.borrow_mut().insert(variable.die, found.clone());
            found
        });
        let line = |at| frame.image.line_at(at).filter(|l| l.line > 0).map(|line| line.line);
        let named = |at| match &mentions {
            Some(mentions) => mentions.on(line(at)),
            None => Mention::Perhaps,
        };
        let holding = Holding { slot, word, scope, referent: loan.size };
        let outlook = known.uses.outlook(&holding, at, &named);
        let mut outlooks = known.outlooks.borrow_mut();
        if outlooks.len() >= MAX_KNOWN {
            outlooks.clear();
        }
        outlooks.insert(key, outlook);
        Some(outlook)
    }
}

impl Followed {
    /// The lines of the source that name a variable, where no other of the function has its name.
    pub(super) fn mentions_of(&self, frame: &Frame<'_>, variable: &Placed) -> Option<Mentions> {
        let mut same = 0usize;
        frame.each_variable(&frame.function.scope, &mut |other, _| {
            same = same.saturating_add(usize::from(other.name == variable.name));
        });
        (same == 1).then_some(())?;
        let at = frame.context.bias_to_file();
        let file = frame.image.line_at(at)?.file;
        let text = self.sources.text(&file, frame.image.path())?;
        let lines: Vec<&str> = text.lines().collect();
        Mentions::of(&lines, variable.line?, &variable.name)
    }
}

/// Whether the drop of a value of a type uses what the value has borrowed: guards, and types with a
/// `Drop` of the user's own. A collection of references only frees its memory.
fn is_guard(image: &Image, ty: TypeRef) -> bool {
    let Ok(ty) = image.get(ty) else { return false };
    let of_std = matches!(&*ty.krate, "std" | "core" | "alloc" | "lock_api");
    match of_std {
        true => GUARDS.contains(&&*ty.base_name),
        false => image.implements_drop(&ty),
    }
}
