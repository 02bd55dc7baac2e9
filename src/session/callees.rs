//! The functions that a function calls, as far as following its values needs to know them.

use std::cell::RefCell;
use std::collections::HashMap;

use super::returning::returns;
use super::slots::is_closure;
use crate::asm::uses::{CalleeKind, CalleeKnown, Code, Pad, Target};
use crate::base::{FileAddr, Range};
use crate::dwarf::{CallTarget, Function, Image, TypeRef, Types};
use crate::value::returned::{self, Argument, Convention};

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
            _ if function.as_ref().is_some_and(|function| function.noreturn) => CalleeKind::Never,
            _ if self.never_returns(&called) => CalleeKind::Never,
            _ => CalleeKind::Other,
        };
        let described = function.and_then(|function| registers(self.image, &function));
        match described {
            Some(described) => CalleeKnown { kind, ..described },
            None => CalleeKnown::of(kind),
        }
    }

    /// Whether a function never returns: by its code, or by its name where its code is elsewhere.
    fn never_returns(&self, called: &CallTarget) -> bool {
        let elsewhere = |path: &str| !is_known_never_to_return(path);
        let told = called.at.and_then(|at| returns(self.image, at, &elsewhere));
        told.map_or_else(|| is_known_never_to_return(&called.path), |returns| !returns)
    }
}

/// Asks something of the code of a function.
pub(super) fn with_code<T>(
    image: &Image,
    range: Range<FileAddr>,
    ask: impl FnOnce(&Code<'_>) -> Option<T>,
) -> Option<T> {
    let pads = image.landing_pads(range).into_iter();
    let pads: Vec<Pad> = pads.map(|pad| Pad { calls: pad.calls, at: pad.at }).collect();
    let callees = Callees::new(image);
    let code = Code {
        bytes: image.bytes(range)?,
        range,
        pads: &pads,
        callee: &|target| callees.known(target),
        word: &|at| {
            let bytes = image.bytes(Range::new(at, FileAddr(at.0.checked_add(4)?)))?;
            bytes.first_chunk().map(|word| i32::from_le_bytes(*word))
        },
    };
    ask(&code)
}

/// How many registers the arguments of a function take at most, and which of them hold the address
/// of a value. None where a type is not described.
fn registers(image: &Image, function: &Function) -> Option<CalleeKnown> {
    let passing = Passing::of(image, function)?;
    let mut by_value = 0u8;
    for passed in passing.parameters.iter().filter(|passed| passed.by_address) {
        let register = passed.register.and_then(|register| u32::try_from(register).ok());
        by_value |= register.and_then(|bit| 1u8.checked_shl(bit)).unwrap_or(0);
    }
    let (kind, returns_there) = (CalleeKind::Other, passing.returns_there);
    Some(CalleeKnown { kind, registers: Some(passing.registers), by_value, returns_there })
}

/// How a function of Rust's own convention gets its arguments.
pub(super) struct Passing {
    /// Its parameters, in their order.
    pub parameters: Vec<Passed>,
    /// How many registers they take at most.
    pub registers: usize,
    /// Whether the first register holds the address that the result is to be stored at.
    pub returns_there: bool,
}

/// How one argument is passed.
pub(super) struct Passed {
    /// The type of the parameter.
    pub ty: TypeRef,
    /// The first register, counted from 0; none where it is not known, because how many those before
    /// it take is not described.
    pub register: Option<usize>,
    /// Whether that holds the address of the value.
    pub by_address: bool,
}

impl Passing {
    /// None where a type is not described.
    pub fn of(image: &Image, function: &Function) -> Option<Passing> {
        let returns_there = function.returns.map_or(Some(false), |ty| {
            let convention = Convention::of_linkage_name(function.linkage_name);
            Some(returned::passing(image, ty, convention).ok()? == returned::Passing::Memory)
        })?;
        let mut registers = usize::from(returns_there);
        let mut parameters = Vec::new();
        let mut exact = true;
        if is_closure(&function.name) {
            // What it has captured, or the address of that, comes first, and is not described.
            registers = registers.checked_add(2)?;
            exact = false;
        }
        for parameter in function.scope.variables.iter().filter(|variable| variable.parameter) {
            let ty = parameter.ty?;
            let Argument { registers: taken, by_address } = Argument::of(image, ty).ok()?;
            let register = exact.then_some(registers).filter(|_| taken > 0);
            parameters.push(Passed { ty, register, by_address });
            registers = registers.checked_add(taken)?;
        }
        Some(Passing { parameters, registers, returns_there })
    }
}

/// The functions of std and of the C library that never return, as far as code calls them without
/// being told: what is known of those whose code is in another file.
fn is_known_never_to_return(path: &str) -> bool {
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
