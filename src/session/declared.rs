//! Where a variable is when its frame stands in a call, and whether it has been declared by then.

use super::context::FrameContext;
use crate::asm::{Touches, stores_to_stack};
use crate::base::{FileAddr, Range, Unreadable, VirtAddr};
use crate::dwarf::{Function, Image, Location, LocationContext, Types, Visible};

/// Where a variable is. What is passed by its address is described in the register that it came in up
/// to the first call, behind which that register is lost; and behind it in the frame, where its address
/// was stored before. No instruction of the function runs between the two.
pub(super) fn place_in_call(
    image: &Image,
    function: &Function,
    seen: &Visible<'_>,
    at: FileAddr,
    context: &FrameContext<'_>,
) -> Result<Location, Unreadable> {
    let found = image.locate(function, seen.variable, at, context);
    if !matches!(found, Err(Unreadable::RegisterLost { .. })) {
        return found;
    }
    let behind = context.bias().to_file(context.frame.registers.pc());
    match image.locate(function, seen.variable, behind, context) {
        Ok(Location::Memory(place)) => Ok(Location::Memory(place)),
        _ => found,
    }
}

/// Whether the frame stands before or in the middle of the stores that initialise a variable.
///
/// The block of a variable with a constant initialiser begins at the first of those stores, and not
/// behind the last: LLVM gives them the scope of the variable. They are told by what they do: stores
/// to the variable, in the first row of the line table of its block, and of its own line.
pub(super) fn is_being_initialised(
    context: &FrameContext<'_>,
    image: &Image,
    seen: &Visible<'_>,
    location: &Result<Location, Unreadable>,
    sp: VirtAddr,
) -> bool {
    let (Some(since), Ok(Location::Memory(place))) = (seen.since, location) else { return false };
    if seen.variable.parameter {
        return false;
    }
    let at = context.bias_to_file();
    // Most variables were declared long before: one row in between says so, and all need not be read.
    let soon = image.line_rows(Range::new(since, (since + 64).min(at + 1)));
    if soon.iter().any(|row| since < row.at) {
        return false;
    }
    let rows = image.line_rows(Range::new(since, at + 64));
    let row_ends = rows.iter().map(|row| row.at).find(|row| *row > since);
    let end = row_ends.unwrap_or(at + 64).min(at + 64);
    let own_line = rows.first().and_then(|row| row.line.as_ref()).map(|line| line.line);
    if at >= end || (at != since && own_line != seen.variable.line) {
        return false;
    }
    let size = seen.variable.ty.and_then(|ty| image.get(ty).ok()?.size).unwrap_or(0);
    let offset = i64::try_from(place.0.wrapping_sub(sp.0)).unwrap_or(i64::MAX);
    image.bytes(Range::new(at, end)).is_some_and(|code| stores_to_stack(code, at, offset, size))
}

/// Whether a variable was declared by a `let` without a value, and has not been given one: the
/// function stores to it, but nowhere on a way to where the frame stands.
pub(super) fn is_declared_only(
    seen: &Visible<'_>,
    location: &Result<Location, Unreadable>,
    sp: VirtAddr,
    size: u64,
    stores: Option<&Touches>,
) -> bool {
    let (Some(stores), Ok(Location::Memory(place))) = (stores, location) else { return false };
    let offset = i64::try_from(place.0.wrapping_sub(sp.0)).ok();
    !seen.variable.parameter && offset.is_some_and(|offset| stores.not_yet(offset, size))
}
