//! What the functions that called say of a drop: whether it is the program's own, and what brought
//! it about.

use super::record::{CallSeen, DropRecord, PlaceKind};
use super::types::{holds, is_wrapper};
use crate::base::{DropCause, Whose};
use crate::dwarf::{DropPart, crate_of, dropped_by};

/// What a function that called is to a drop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Caller<'a> {
    /// The user's.
    User,
    /// Drop glue of a type.
    Drops(&'a str),
    /// `core::mem::drop`.
    DropCall,
    /// A function of a container or the like, that does what its caller asked for.
    Plumbing,
    /// Another: what it drops is its own.
    Other,
}

fn caller(call: &CallSeen) -> Caller<'_> {
    let path = &*call.function;
    match dropped_by(path) {
        _ if call.user => Caller::User,
        Some((DropPart::Glue, ty)) => Caller::Drops(ty),
        _ if path == "core::mem::drop" || path.starts_with("core::mem::drop::<") => {
            Caller::DropCall
        }
        _ if is_plumbing(path) => Caller::Plumbing,
        _ => Caller::Other,
    }
}

/// Whether a function of std is one of its containers and building blocks, and not of its runtime:
/// what those drop belonged to the caller.
fn is_plumbing(path: &str) -> bool {
    let path = path.trim_start_matches('<').trim_start_matches('[');
    let is_core = matches!(crate_of(path), "core" | "alloc" | "hashbrown" | "");
    let collections = path.starts_with("std::collections::");
    (is_core || collections) && !path.contains("::fmt::")
}

/// Whether the functions that called make this a drop of the program's own. `within` says whether a
/// drop that is shown encloses it.
///
/// A type of the user's is always shown. One of std or of a dependency is where the user's code ends
/// it, or a value of a type that is shown and holds it: what std does for itself is not.
pub(super) fn is_the_programs(record: &DropRecord, within: bool) -> bool {
    if record.site.whose == Whose::User {
        return true;
    }
    for call in &record.calls {
        match caller(call) {
            Caller::User => return true,
            Caller::DropCall | Caller::Plumbing => {}
            Caller::Other => return false,
            Caller::Drops(outer) if is_wrapper(outer) => {}
            Caller::Drops(outer) if is_std(outer) => {
                if !holds(outer, &record.site.type_name) {
                    return false;
                }
                if within {
                    return true;
                }
            }
            Caller::Drops(_) => return true,
        }
    }
    false
}

fn is_std(type_name: &str) -> bool {
    matches!(crate_of(type_name), "core" | "alloc" | "std" | "hashbrown" | "")
}

/// Whether a function of the user's drops a value itself, and no other function for it.
pub fn is_direct(calls: &[CallSeen]) -> bool {
    calls.iter().map(caller).find(|caller| !is_wrappers(*caller)) == Some(Caller::User)
}

/// Whether a caller is the glue of what only wraps the value.
fn is_wrappers(caller: Caller<'_>) -> bool {
    matches!(caller, Caller::Drops(outer) if is_wrapper(outer))
}

/// What brought a drop about, where the function that called and the place tell.
pub(super) fn cause(record: &DropRecord) -> Option<DropCause> {
    let mut callers = record.calls.iter().map(caller).filter(|caller| !is_wrappers(*caller));
    let first = callers.next()?;
    let place = record.place.as_ref().filter(|place| !place.inferred);
    match (first, place.map(|place| place.kind)) {
        (Caller::DropCall, _) if callers.next() == Some(Caller::User) => Some(DropCause::DropCall),
        (Caller::User, Some(PlaceKind::ScopeOver)) => Some(DropCause::EndOfScope),
        (Caller::User, Some(PlaceKind::Overwritten)) => Some(DropCause::Assignment),
        (Caller::User, Some(PlaceKind::Temporary)) => Some(DropCause::Temporary),
        _ => None,
    }
}
