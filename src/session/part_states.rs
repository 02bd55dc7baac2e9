//! The state of a variable, put together from what its function's code says of its parts.

use super::callees::Callees;
use super::followed::{Fate, Frame};
use super::holders::Holders;
use super::slots::short_function;
use crate::asm::uses::{Ending, Target, Verdict, Way};
use crate::base::{At, FileAddr, GonePart, SlotState, Unreadable, VirtAddr};
use crate::dwarf::{Location, Origin, TypeRef, Types};
use crate::frame::slots::Placed;
use crate::value::{OwningPart, ValueKind, variant_needs_drop};

impl Frame<'_> {
    /// The state of a variable by that of its parts; none where that of one is not known.
    pub fn state(&self, variable: &Placed, fate: &Fate, names: &Holders<'_>) -> Option<SlotState> {
        let mut live = 0usize;
        let mut never = 0usize;
        let mut gone = Vec::new();
        let mut told: Vec<GonePart> = Vec::new();
        for (part, verdict) in fate {
            if let Verdict::Gone { by } | Verdict::GoneOrEmpty { by } = verdict {
                told.extend(by.iter().map(|ending| self.told(part, ending, names)));
            }
            match verdict {
                Verdict::Live => live = live.saturating_add(1),
                Verdict::NeverGiven => never = never.saturating_add(1),
                Verdict::Unknown if part.size == 0 => return Some(without_bytes()),
                Verdict::Unknown => return Some(uncertain()),
                Verdict::Gone { by } => gone.push(self.gone(part, by, names)),
                Verdict::GoneOrEmpty { by } => match self.is_empty(variable, part)? {
                    true if by.is_empty() => live = live.saturating_add(1),
                    // It may have been moved while it was empty.
                    true => return Some(uncertain()),
                    false if by.is_empty() => return Some(uncertain()),
                    false => gone.push(self.gone(part, by, names)),
                },
                Verdict::OpenBox => {
                    let path = format!("{}.*", part.path);
                    gone.push(GonePart { path, dropped: false, to: None, at: None });
                    live = live.saturating_add(1);
                }
            }
        }
        match (live, never, gone.len()) {
            (0, 0, 0) => None,
            (_, 0, 0) => Some(SlotState::Live),
            (0, _, 0) => Some(SlotState::Uninitialised),
            (0, 0, _) if is_mixed(&told) => Some(SlotState::MovedOrDropped { at: lines(told) }),
            (0, 0, _) => gone.pop().map(|last| match last.dropped {
                true => SlotState::Dropped { at: last.at },
                false => SlotState::Moved { to: last.to, at: last.at },
            }),
            (_, 0, _) => Some(SlotState::PartlyMoved { parts: gone }),
            _ => Some(uncertain()),
        }
    }

    /// Whether a part that may be an enum's variant without anything to drop is one. None where it
    /// cannot be read.
    fn is_empty(&self, variable: &Placed, part: &OwningPart) -> Option<bool> {
        let Ok(Location::Memory(at)) = variable.location else { return None };
        let at = Location::Memory(VirtAddr(at.0.checked_add(part.offset)?));
        let value = self.reader.read(part.ty, &at);
        match &value.kind {
            ValueKind::Enum { variant, .. } => {
                Some(!variant_needs_drop(self.image, part.ty, variant))
            }
            ValueKind::Unreadable(_) | ValueKind::Broken { .. } => None,
            _ => Some(false),
        }
    }

    fn gone(&self, part: &OwningPart, by: &[Ending], names: &Holders<'_>) -> GonePart {
        let told: Vec<_> = by.iter().map(|ending| self.told(part, ending, names)).collect();
        let same = |of: &dyn Fn(&GonePart) -> bool| told.iter().all(of);
        let Some(first) = told.first() else {
            return GonePart { path: part.path.clone(), dropped: false, to: None, at: None };
        };
        GonePart {
            path: part.path.clone(),
            dropped: same(&|other| other.dropped),
            to: first.to.clone().filter(|_| same(&|other| other.to == first.to)),
            at: first.at.clone().filter(|_| same(&|other| other.at == first.at)),
        }
    }

    fn line(&self, at: FileAddr) -> Option<At> {
        let line = self.image.line_at(at)?;
        Some(At {
            function: self.function.name.to_string(),
            file: Some(line.file.to_string()),
            line: Some(line.line),
        })
    }

    pub fn told(&self, part: &OwningPart, ending: &Ending, names: &Holders<'_>) -> GonePart {
        let at = self.line(ending.at);
        if let Some(name) = ending.through.iter().find_map(|to| names.name_of(to)) {
            // The variable had it before the call had.
            let (to, at) = (Some(name), ending.copied_at.map_or(at, |copied| self.line(copied)));
            return GonePart { path: part.path.clone(), dropped: false, to, at };
        }
        let to = match ending.way {
            Way::Passed { to: Some(target) } => self.callee(target, part.ty),
            Way::Returned => Some(format!("{} (returned)", short_function(&self.function.name))),
            _ => None,
        };
        GonePart { path: part.path.clone(), dropped: ending.way == Way::Dropped, to, at }
    }

    /// A function that a value of a type was passed to: `f::value` where it is clear which
    /// parameter that is.
    fn callee(&self, target: Target, ty: TypeRef) -> Option<String> {
        let called = Callees::new(self.image).called(target)?;
        let users = |at| self.image.origin_at(at) == Origin::User;
        if !called.at.is_some_and(users) {
            return Some(brief(&called.path));
        }
        let name = short_function(&called.path);
        let function = called.at.and_then(|at| self.image.function_at(at));
        let type_name = |ty: TypeRef| Some(self.image.get(ty).ok()?.name.clone());
        let wanted = type_name(ty);
        let parameters = function.iter().flat_map(|function| &function.scope.variables);
        let mut same = parameters
            .filter(|variable| variable.parameter && variable.ty.and_then(type_name) == wanted);
        match (same.next(), same.next()) {
            (Some(parameter), None) => Some(format!("{name}::{}", parameter.name)),
            _ => Some(name),
        }
    }
}

/// The state of a variable that shares its slot with a later one, which it was moved to: the compiler
/// leaves out the copy where nothing happens between.
pub(super) fn handed_on(state: SlotState, to: &str) -> SlotState {
    match state {
        SlotState::Uninitialised | SlotState::Unreadable(_) => state,
        _ => SlotState::Moved { to: Some(to.to_owned()), at: None },
    }
}

/// Whether a value was dropped on some ways, and moved on others.
fn is_mixed(told: &[GonePart]) -> bool {
    told.iter().any(|one| one.dropped) && told.iter().any(|one| !one.dropped)
}

/// The lines of several endings, each once.
fn lines(told: Vec<GonePart>) -> Vec<At> {
    let mut lines: Vec<At> = Vec::new();
    for at in told.into_iter().filter_map(|one| one.at) {
        if !lines.contains(&at) {
            lines.push(at);
        }
    }
    lines.sort_by_key(|at| at.line);
    lines
}

/// What is said of a variable of which the code does not tell.
fn uncertain() -> SlotState {
    let why = "its code does not tell whether it was moved";
    SlotState::Unreadable(Unreadable::Uncertain(why.to_owned()))
}

/// What is said of a variable that has no bytes: what moves it, or gives it a new value, leaves nothing
/// in the code, so that a drop ahead may be that of a later value.
fn without_bytes() -> SlotState {
    let why = "it has no bytes, and the code does not show when it is moved or given a value";
    SlotState::Unreadable(Unreadable::Uncertain(why.to_owned()))
}

/// The last two segments of the path of a function that nobody here wrote, without generic
/// arguments, and with its trait in the place of the type: `Vec::push`, `IntoIterator::into_iter`.
fn brief(path: &str) -> String {
    let path = path.split_once(" as ").map_or(path, |(_, of_trait)| of_trait);
    let mut plain = String::new();
    let mut depth = 0usize;
    for character in path.chars() {
        match character {
            '<' => depth = depth.saturating_add(1),
            // The end of what the trait is in.
            '>' => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(character),
            _ => {}
        }
    }
    let segments: Vec<&str> = plain.split("::").filter(|segment| !segment.is_empty()).collect();
    segments.get(segments.len().saturating_sub(2)..).unwrap_or_default().join("::")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_of_std_are_named_by_their_type_or_trait() {
        assert_eq!(brief("alloc::vec::Vec<T,A>::push"), "Vec::push");
        let trait_path = "<I as core::iter::traits::collect::IntoIterator>::into_iter";
        assert_eq!(brief(trait_path), "IntoIterator::into_iter");
        assert_eq!(brief("std::thread::spawn"), "thread::spawn");
        assert_eq!(brief("<alloc::vec::Vec<u8>>::push"), "push");
        assert_eq!((brief("free"), brief("")), ("free".to_owned(), String::new()));
    }
}
