//! Whether a variable still uses the reference that it holds.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::borrows::Footprint;
use super::followed::{Followed, Frame, FunctionUses};
use super::mentions::Mentions;
use super::plain::is_plain;
use crate::asm::uses::{Holding, Mention, Outlook, Part, Place};
use crate::base::FileAddr;
use crate::dwarf::{Image, Location, Origin, SourceLine, TypeRef, Types, crate_of};
use crate::frame::slots::Placed;
use crate::track::{Doubt, Need, PlaceKey};
use crate::value::{Loan, Value, may_lend};

/// For how many references and places of one function what was found is kept.
const MAX_KNOWN: usize = 4096;
/// Bytes of a pointer.
const WORD: u64 = 8;

/// What was found, by the place of the function, the variable's die, where in the variable the
/// reference lies, and how many bytes it refers to.
pub(super) type Outlooks = HashMap<(FileAddr, usize, u64, u64), Outlook>;

/// Whether the values of types may hold references, by the file that describes the types.
pub(super) type Lenders = Vec<(Arc<Image>, HashMap<TypeRef, bool>)>;

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
    /// What a variable may lend, and what it has borrowed; not what that leads on to.
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
        let (ty, image) = (variable.ty?, frame.context.frame.loaded.as_ref()?.image.clone());
        let may_lend = self.may_lend(&image, ty);
        let loans = if may_lend { value.loans() } else { Vec::new() };
        let loans = loans.into_iter().map(|loan| {
            let need = self.need(frame, variable, &loan);
            (loan, need)
        });
        Some(Footprint {
            key,
            name: name.to_owned(),
            parameter: variable.parameter && variable.inlined.is_none(),
            line: variable.line,
            bytes,
            ty,
            loans: loans.collect(),
            lent_on: Vec::new(),
            image,
        })
    }

    /// Whether values of a type may hold references; found out once for each.
    pub(super) fn may_lend(&self, image: &Arc<Image>, ty: TypeRef) -> bool {
        let mut known = self.lenders.borrow_mut();
        let at = known.iter().position(|(of, _)| Arc::ptr_eq(of, image));
        let at = at.unwrap_or_else(|| {
            known.push((image.clone(), HashMap::new()));
            known.len().saturating_sub(1)
        });
        let Some((_, types)) = known.get_mut(at) else { return true };
        *types.entry(ty).or_insert_with(|| may_lend(&**image, ty))
    }

    /// Whether a variable of a frame still uses a reference that it holds.
    ///
    /// A parameter's lifetimes are its caller's: what it has borrowed stays so until the function
    /// returns.
    fn need(&self, frame: &Frame<'_>, variable: &Placed, loan: &Loan) -> Need {
        match (variable.parameter, &variable.inlined) {
            (true, None) if !self.is_passed_on(frame, variable) => return Need::Certain,
            (_, Some(_)) => return Need::Perhaps(Doubt::Inlined),
            (_, None) => {}
        }
        let by_code = self.need_by_code(frame, variable, loan);
        match by_code {
            Need::Perhaps(_) => self.need_by_lines(frame, variable).unwrap_or(by_code),
            told => told,
        }
    }

    /// Whether a variable is a parameter that a function of std gets by value: it passes those on.
    fn is_passed_on(&self, frame: &Frame<'_>, variable: &Placed) -> bool {
        let ty = || frame.image.get(variable.ty?).ok();
        frame.image.origin_of_crate(crate_of(&frame.function.name)) == Origin::Std
            && ty().is_some_and(|ty| !ty.name.starts_with('&'))
    }

    /// What the code says by itself; in builds that were not optimised.
    fn need_by_code(&self, frame: &Frame<'_>, variable: &Placed, loan: &Loan) -> Need {
        let Some(known) = self.uses_of(frame) else {
            let plain = is_plain(frame.image, frame.function);
            return Need::Perhaps(if plain { Doubt::Ways } else { Doubt::Optimised });
        };
        match self.outlook(&known, frame, variable, loan).unwrap_or(Outlook::Unplaced) {
            Outlook::Used => Need::Certain,
            Outlook::Unused => Need::No,
            Outlook::Dropped if variable.ty.is_some_and(|ty| is_guard(frame.image, ty)) => {
                Need::Certain
            }
            Outlook::Dropped => Need::Perhaps(Doubt::Drop),
            Outlook::Unplaced => Need::Perhaps(Doubt::Place),
            Outlook::Unnamed => Need::Perhaps(Doubt::Lines),
        }
    }

    fn outlook(
        &self,
        known: &FunctionUses,
        frame: &Frame<'_>,
        variable: &Placed,
        loan: &Loan,
    ) -> Option<Outlook> {
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
        let mentions = known.mentions.borrow().get(&variable.die).cloned();
        let mentions = mentions.unwrap_or_else(|| {
            let found = self.mentions_of(frame, variable).map(Rc::new);
            known.mentions.borrow_mut().insert(variable.die, found.clone());
            found
        });
        let stands = frame.begun_line(at);
        let named = |at| match &mentions {
            Some(mentions) => mentions.on(frame.own_line(at).as_ref(), stands.as_ref()),
            None => Mention::Perhaps,
        };
        let shared = frame.shares_its_place(variable.die);
        let declared_at = frame.scope_begins(variable.die);
        let holding = Holding { slot, word, referent: loan.size, shared, declared_at };
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
        frame.is_alone_in_name(variable).then_some(())?;
        let declared = frame.image.variable_declared(variable.die)?;
        let text = self.sources.text(&declared.file, frame.image.path())?;
        let function = frame.function.declared.as_ref().filter(|of| of.file == declared.file);
        Mentions::of(&text, &declared, &variable.name, function.map(|of| of.line))
    }
}

impl Frame<'_> {
    /// Whether no other variable of the function has the name of one.
    pub(super) fn is_alone_in_name(&self, variable: &Placed) -> bool {
        let mut same = 0usize;
        self.each_variable(&self.function.scope, &mut |other, _| {
            same = same.saturating_add(usize::from(other.name == variable.name));
        });
        same == 1
    }

    /// Whether another variable of the function has the place of one.
    fn shares_its_place(&self, die: usize) -> bool {
        let mut places = Vec::new();
        self.each_variable(&self.function.scope, &mut |variable, _| {
            places.push((variable.die, self.image.place_in_frame(variable)));
        });
        let own = places.iter().find(|(of, _)| *of == die).and_then(|(_, place)| place.as_ref());
        own.is_some_and(|own| places.iter().any(|(of, at)| *of != die && at.as_ref() == Some(own)))
    }

    /// Where the scope of a variable begins; none for one of the function's outermost scope.
    fn scope_begins(&self, die: usize) -> Option<FileAddr> {
        let mut begins = None;
        self.each_variable(&self.function.scope, &mut |variable, scope| {
            if variable.die == die {
                begins = scope.ranges.iter().map(|range| range.start).min();
            }
        });
        begins
    }

    /// The line of which a statement has begun where the frame stands; one without a number where the
    /// frame stands at the first instruction of a line. For code that was not optimised: its lines lie
    /// in their order.
    fn begun_line(&self, at: FileAddr) -> Option<SourceLine> {
        let stands = self.own_line(at)?;
        let in_a_call = self.context.frame.lookup != self.context.frame.registers.pc();
        let range = *self.function.ranges.iter().find(|range| range.contains(at))?;
        let first = || {
            let rows = self.image.line_rows(range).into_iter();
            let of = |line: &SourceLine| line.line == stands.line && line.file == stands.file;
            rows.filter(|row| row.line.as_ref().is_some_and(of)).map(|row| row.at).min()
        };
        match !in_a_call && first() == Some(at) {
            true => Some(SourceLine { line: 0, ..stands }),
            false => Some(stands),
        }
    }

    /// The line in the source of the function that an instruction is of, without a column: for what
    /// was inlined, that of the call.
    pub(super) fn own_line(&self, at: FileAddr) -> Option<SourceLine> {
        let line = self.image.line_at(at);
        let own = self.function.inline_chain(at, line).pop()?.at;
        own.filter(|line| line.line > 0).map(|line| SourceLine { column: 0, ..line })
    }
}

/// Whether the drop of a value of a type uses what the value has borrowed: guards, and types with a
/// `Drop` of the user's own. A collection of references only frees its memory.
pub(super) fn is_guard(image: &Image, ty: TypeRef) -> bool {
    let Ok(ty) = image.get(ty) else { return false };
    let of_std = matches!(&*ty.krate, "std" | "core" | "alloc" | "lock_api");
    match of_std {
        true => GUARDS.contains(&&*ty.base_name),
        false => image.implements_drop(&ty),
    }
}
