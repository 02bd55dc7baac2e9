//! The functions that a function calls, as far as following its values needs to know them.

use std::cell::RefCell;
use std::collections::HashMap;

use super::slots::is_closure;
use crate::asm::uses::{CalleeKind, CalleeKnown, Target};
use crate::dwarf::{CallTarget, Encoding, Function, Image, TypeKind, TypeRef, Types};

/// What is known of functions by how calls name them: code calls the same ones over and over.
pub(super) struct Callees<'a> {
    image: &'a Image,
    known: RefCell<HashMap<Target, CalleeKnown>>,
}

impl<'a> Callees<'a> {
    /// Nothing is looked up yet.
    pub fn new(image: &'a Image) -> Callees<'a> {
        Callees { image, known: RefCell::default() }
    }

    /// What is known of a function that is called.
    pub fn known(&self, target: Target) -> CalleeKnown {
        if let Some(known) = self.known.borrow().get(&target) {
            return *known;
        }
        let known = self.look_up(target);
        self.known.borrow_mut().insert(target, known);
        known
    }

    /// The function that a call leads to.
    pub fn called(&self, target: Target) -> Option<CallTarget> {
        match target {
            Target::Code(at) => self.image.called_at(at),
            Target::Slot(slot) => self.image.called_through(slot),
        }
    }

    fn look_up(&self, target: Target) -> CalleeKnown {
        let Some(called) = self.called(target) else { return CalleeKnown::of(CalleeKind::Other) };
        let path = &*called.path;
        if path.starts_with("core::ptr::drop_in_place") {
            let dropped = called.at.and_then(|at| self.image.dropped_type(at));
            let size = dropped.and_then(|ty| self.image.get(ty).ok()?.size);
            let kind = CalleeKind::Drops { size };
            return CalleeKnown { kind, registers: Some(2), by_value: 0, returns_there: false };
        }
        if path.starts_with("<alloc::boxed::Box<") && path.ends_with("ops::drop::Drop>::drop") {
            return CalleeKnown::of(CalleeKind::FreesBox);
        }
        let function = called.at.and_then(|at| self.image.function_at(at));
        let kind = match path {
            "memcpy" | "memmove" => CalleeKind::Copies,
            "_Unwind_Resume" => CalleeKind::Resumes,
            "core::mem::drop" => CalleeKind::DropsArgument,
            _ if path.starts_with("core::mem::drop::<") => CalleeKind::DropsArgument,
            _ if never_returns(path) => CalleeKind::Never,
            _ if function.as_ref().is_some_and(|function| function.noreturn) => CalleeKind::Never,
            _ => CalleeKind::Other,
        };
        let described = function.and_then(|function| registers(self.image, &function));
        match described {
            Some(described) => CalleeKnown { kind, ..described },
            None => CalleeKnown::of(kind),
        }
    }
}

/// How many registers the arguments of a function take at most, and which of them hold the address
/// of a value, as rustc passes them: what is larger than two words by its address, the rest in one
/// or two registers. None where a type is not described, or is passed in vector registers.
fn registers(image: &Image, function: &Function) -> Option<CalleeKnown> {
    let words = |ty: TypeRef| {
        let ty = image.get(ty).ok()?;
        let float = matches!(ty.kind, TypeKind::Base(Encoding::Float));
        Some(match (ty.size?, &ty.kind) {
            _ if float => return None,
            (0, _) => (0, false),
            (17.., _) => (1, true),
            (..=8, TypeKind::Base(_) | TypeKind::Pointer { .. } | TypeKind::CLike { .. }) => {
                (1, false)
            }
            _ => (2, false),
        })
    };
    let out = function.returns.map_or(Some((0, false)), words)?;
    let mut count = usize::from(out.1);
    let mut by_value = 0u8;
    let mut exact = true;
    if is_closure(&function.name) {
        // What it has captured, or the address of that, comes first, and is not described.
        count = count.checked_add(2)?;
        exact = false;
    }
    for parameter in function.scope.variables.iter().filter(|variable| variable.parameter) {
        let (taken, address) = words(parameter.ty?)?;
        // Behind what takes one or two, it is not known which register is whose.
        exact &= taken < 2;
        if address && exact {
            by_value |= u32::try_from(count).ok().and_then(|bit| 1u8.checked_shl(bit)).unwrap_or(0);
        }
        count = count.checked_add(taken)?;
    }
    let kind = CalleeKind::Other;
    Some(CalleeKnown { kind, registers: Some(count), by_value, returns_there: out.1 })
}

/// The functions of std that never return, as far as code calls them without being told: they are
/// in a library that has no types.
fn never_returns(path: &str) -> bool {
    const BEGIN: [&str; 12] = [
        "core::panicking::",
        "std::panicking::",
        "std::rt::panic",
        "std::rt::begin_panic",
        "core::option::unwrap_failed",
        "core::option::expect_failed",
        "core::result::unwrap_failed",
        "core::cell::panic_already",
        "core::slice::index::slice_",
        "core::str::slice_error_fail",
        "std::thread::local::panic_access_error",
        "std::process::abort",
    ];
    const WHOLE: [&str; 9] = [
        "alloc::alloc::handle_alloc_error",
        "alloc::raw_vec::handle_error",
        "alloc::raw_vec::capacity_overflow",
        "std::process::exit",
        "std::panic::resume_unwind",
        "abort",
        "exit",
        "_exit",
        "__stack_chk_fail",
    ];
    // `catch_unwind` and the count of panics return.
    let returns = path.contains("::r#try") || path.contains("::try") || path.contains("count");
    WHOLE.contains(&path)
        || path.ends_with("assert_failed")
        || (!returns && BEGIN.iter().any(|begin| path.starts_with(begin)))
}
