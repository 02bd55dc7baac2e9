//! Async bodies: a function that returns in the middle of its source, and goes on there later.
//!
//! A coroutine whose `poll` returns `Pending` has not come to an end: its next line runs when it is
//! polled again, perhaps by another thread. So `next` waits for a call of the same function with the
//! same coroutine, and goes on from there.

use super::Plan;
use super::follow::Next;
use super::waits::{Means, Wait};
use crate::base::{Memory, MemoryExt, Register, VirtAddr};
use crate::dwarf::{Function, Loaded, Location, LocationContext, Types, demangle, short_type_name};
use crate::inferior::Stopped;
use crate::session::context::FrameContext;
use crate::session::error::SessionError;
use crate::session::run::Run;
use crate::session::slots::is_body;
use crate::value::returned::{Convention, Passing, passing};
use crate::value::{Limits, Reader, ValueKind};

/// A coroutine in whose body a plan steps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Coroutine {
    /// Where it lies.
    at: VirtAddr,
    /// The register in which its `poll` is given that.
    register: Register,
}

impl Run {
    /// The coroutine in whose body the thread of a plan stands; nothing in any other function, and
    /// where the debug information does not say where it lies.
    pub(super) fn coroutine(&self, plan: &Plan) -> Option<Coroutine> {
        let function = plan.ground.function.as_ref()?;
        let loaded = plan.ground.loaded.as_ref()?;
        let parameter = function.scope.variables.iter().find(|variable| variable.parameter)?;
        let ty = loaded.image.get(parameter.ty?).ok()?;
        if !is_body(&short_type_name(&ty.name)) {
            return None;
        }
        let thread = self.held(plan.thread)?;
        let (frames, _) = self.unwind(thread, 1);
        let memory = self.inferior.memory();
        let context = FrameContext { frame: frames.first()?, vectors: None, memory };
        let pc = loaded.bias.to_file(thread.registers().pc());
        let at = match loaded.image.locate(function, parameter, pc, &context).ok()? {
            Location::Memory(at) => memory.read_u64(at).ok()?,
            Location::Register(register) => context.register(register)?,
            Location::Value(_) | Location::Pieces(_) => return None,
        };
        // A value that is returned in memory has its address passed first (psABI, 3.2.3).
        let register = match returned(function, loaded)? {
            Passing::Memory => Register::RSI,
            _ => Register::RDI,
        };
        Some(Coroutine { at: VirtAddr(at), register })
    }

    /// Whether a thread that stands at a `ret` of the function that a plan steps in returns
    /// `Poll::Pending`.
    pub(super) fn is_pending(&self, plan: &Plan, thread: &Stopped) -> bool {
        let pending = || {
            let function = plan.ground.function.as_ref()?;
            let loaded = plan.ground.loaded.as_ref()?;
            let given = thread.registers();
            let registers = |register| given.get(register).map(u128::from);
            let place = returned(function, loaded)?.location(&registers).ok()?;
            let memory: &dyn Memory = self.inferior.memory();
            let reader = Reader {
                types: &*loaded.image,
                bias: loaded.bias,
                memory,
                registers: &registers,
                limits: Limits::default(),
                running: &[],
            };
            let value = reader.read(function.returns?, &place);
            let pending =
                matches!(&value.kind, ValueKind::Enum { variant, .. } if &**variant == "Pending");
            Some(pending)
        };
        plan.coroutine.is_some() && pending() == Some(true)
    }

    /// Runs until the coroutine is polled again, or dropped.
    pub(super) fn await_resumption(&mut self, plan: &mut Plan) -> Result<Next, SessionError> {
        let Some(coroutine) = plan.coroutine else { return Ok(Next::Step) };
        let (Some(function), Some(loaded)) = (&plan.ground.function, &plan.ground.loaded) else {
            return Ok(Next::Step);
        };
        let bias = loaded.bias;
        let entry = function.ranges.first().map(|range| bias.to_virt(range.start));
        let drop = dropping(function, loaded).map(|at| bias.to_virt(at));
        let given = |register| Some((register, coroutine.at));
        for (at, register, means) in
            [(entry, coroutine.register, Means::Resumed), (drop, Register::RDI, Means::Dropped)]
        {
            if let Some(at) = at {
                let wait = Wait { given: given(register), ..Wait::anyhow(at, means) };
                self.wait_at(plan, wait)?;
            }
        }
        Ok(Next::Run)
    }
}

/// How a function returns what it does.
fn returned(function: &Function, loaded: &Loaded) -> Option<Passing> {
    let convention = Convention::of_linkage_name(function.linkage_name);
    passing(&*loaded.image, function.returns?, convention).ok()
}

/// The drop glue of the coroutine whose body a function is.
fn dropping(function: &Function, loaded: &Loaded) -> Option<crate::base::FileAddr> {
    let glue = |colons| format!("core::ptr::drop_in_place{colons}<{}>", function.name);
    let names = [glue(""), glue("::")];
    let symbols = loaded.image.symbols().functions_named("core::ptr::drop_in_place");
    let is_it = |name: &str| names.iter().any(|glue| *glue == demangle(name));
    symbols.into_iter().find(|symbol| is_it(symbol.name)).map(|symbol| symbol.range.start)
}
