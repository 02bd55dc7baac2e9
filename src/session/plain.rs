//! Whether the code of a function is as it was written, so that its variables can be followed one by one.

use super::slots::{is_body, is_closure};
use crate::base::{FileAddr, Range};
use crate::dwarf::{Function, Image, InFrame, Types, Variable, short_type_name};

/// Whether a function was not optimised: every variable of it has one place, and no drop is inlined.
pub(super) fn is_plain(image: &Image, function: &Function) -> bool {
    // Where a closure finds what it has captured moves about in every build.
    let optimised = |at: &Range<FileAddr>| image.is_optimised_at(at.start);
    if is_closure(&function.name) && function.ranges.iter().any(optimised) {
        return false;
    }
    let mut open = vec![&function.scope];
    while let Some(scope) = open.pop() {
        let settled = |variable: &Variable| {
            is_captured(image, function, variable)
                || match image.moves_about(variable) {
                    true => variable.parameter && is_by_address(image, variable),
                    false => !is_left_out(image, function, variable),
                }
        };
        if !scope.variables.iter().all(settled) {
            return false;
        }
        for inner in &scope.inner {
            match &inner.inlined {
                None => open.push(inner),
                Some(call) if call.name.starts_with("core::ptr::drop_in_place") => return false,
                Some(_) => {}
            }
        }
    }
    true
}

/// Whether a parameter is where an address leads: that is in a register first, and stored then, in every
/// build. Without optimisation any other parameter has one place.
fn is_by_address(image: &Image, variable: &Variable) -> bool {
    let place = image.place_in_frame(variable);
    place.is_some_and(|place| !matches!(place, InFrame::Direct(_)))
}

/// Whether the optimiser has left nothing of a variable: one that has bytes has no place. Without
/// optimisation that is one in code that control cannot come to.
fn is_left_out(image: &Image, function: &Function, variable: &Variable) -> bool {
    let optimised = |at: &Range<FileAddr>| image.is_optimised_at(at.start);
    let has_bytes = || {
        let ty = variable.ty.and_then(|ty| image.get(ty).ok());
        ty.is_some_and(|ty| ty.size.is_some_and(|size| size > 0))
    };
    !image.has_place(variable) && has_bytes() && function.ranges.iter().any(optimised)
}

/// Whether a variable is what a closure has captured: it has that when it is called.
pub(super) fn is_captured(image: &Image, function: &Function, variable: &Variable) -> bool {
    !variable.parameter
        && is_closure(&function.name)
        && !is_coroutine(image, function)
        && function.scope.variables.iter().any(|own| own.die == variable.die)
}

/// Whether a function is the body of an async function or block, which keeps its variables from one
/// call to the next.
pub(super) fn is_coroutine(image: &Image, function: &Function) -> bool {
    let parameters = function.scope.variables.iter().filter(|variable| variable.parameter);
    let types = parameters.filter_map(|variable| image.get(variable.ty?).ok());
    types.into_iter().any(|ty| is_body(&short_type_name(&ty.name)))
}
