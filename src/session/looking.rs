//! One frame with all that it takes to read what is in it.

use std::sync::Arc;

use super::alive::Alive;
use super::borrows::prove_live;
use super::context::FrameContext;
use super::fates::{reason, reason_of_part};
use super::regions::Regions;
use super::run::Run;
use super::slots::{self, Calls, Surroundings};
use super::stack::{Frame, Stack, nth_call};
use crate::base::{
    Bias, Borrow, Cached, Memory, Region, SlotState, ThreadNo, Unreadable, VirtAddr,
};
use crate::dwarf::{Function, Image, Location, TypeRef};
use crate::frame::RawFrame;
use crate::frame::slots::Placed;
use crate::track::PlaceKey;
use crate::value::{Limits, Naming, Reader, Running};

/// Paths to fields that are gone, and why they have no value.
pub(super) type Gone = Vec<(String, Unreadable)>;

/// A frame under the eyes of somebody who asks for its variables.
pub(super) struct Looking<'a> {
    /// The run.
    pub run: &'a Run,
    /// The thread.
    pub thread: ThreadNo,
    /// Its frames.
    pub stack: &'a Stack,
    /// Whether the frame is the innermost physical one.
    pub innermost: bool,
    /// The physical frame.
    pub raw: &'a RawFrame,
    /// Its image, or the executable where it is in none.
    pub image: &'a Image,
    /// Its function, where it is described.
    pub function: Option<&'a Function>,
    /// Reads values of the frame.
    pub reader: &'a Reader<'a>,
    /// Names addresses.
    pub regions: &'a Regions<'a>,
    /// The variables of the call, in the order of their declaration.
    pub variables: Vec<Placed>,
}

impl Looking<'_> {
    /// Where a variable is, or why its bytes are not its value.
    pub fn place_of(&self, variable: &Placed) -> Result<(TypeRef, Location), Unreadable> {
        if variable.over {
            return Err(Unreadable::OutOfScope);
        }
        if !variable.in_scope {
            return Err(Unreadable::NotYetInitialised);
        }
        if let Some(reason) = self.lost(variable) {
            return Err(reason);
        }
        let ty = variable.ty.ok_or_else(|| Unreadable::NotDescribed("it has no type".into()))?;
        variable.location.clone().map(|location| (ty, location))
    }

    /// The region of an address, with the frame for one on the stack of the thread.
    pub fn region(&self, at: VirtAddr) -> Region {
        let region = self.regions.of(at);
        if region == Region::Anonymous && self.run.is_thread_local(at) {
            return Region::ThreadLocal;
        }
        if !region.is_stack() {
            return region;
        }
        let within = |frame: &&Frame| {
            let end = self.stack.raw_of(frame).and_then(|raw| raw.cfa);
            !frame.inlined && self.stack.low_end(frame) <= at && end.is_some_and(|end| at < end)
        };
        let frame = self.stack.frames.iter().find(within);
        frame.map_or(region, |frame| Region::StackOf {
            function: slots::short_function(&frame.at.function),
            frame: u32::try_from(frame.no).unwrap_or(u32::MAX),
        })
    }

    /// Gives the names of what values refer to.
    pub fn with_naming<T>(&self, ask: impl FnOnce(&Naming<'_>) -> T) -> T {
        self.regions.with_naming(&|at| self.region(at), ask)
    }

    /// The flags of the processor; of the innermost frame alone.
    pub fn flags(&self) -> Option<u64> {
        let thread = self.run.held(self.thread)?;
        self.innermost.then(|| thread.registers().eflags)
    }

    /// Where a thread-local variable of the frame's image is for the thread.
    pub fn thread_local(&self, offset: u64) -> Result<VirtAddr, Unreadable> {
        self.run.thread_local(self.thread, self.raw, offset)
    }

    /// The references into a variable's value that others hold.
    pub fn borrowed(&self, variable: &Placed) -> &[Borrow] {
        let key = |cfa| PlaceKey { thread: self.thread, cfa, die: variable.die };
        self.raw.cfa.map_or(&[], |cfa| self.run.lending.of(&key(cfa)))
    }

    /// Why nothing tells whether a variable that has a value was moved or dropped, where that is so.
    pub fn doubt(&self, variable: &Placed) -> Option<String> {
        match self.state(variable).filter(|_| variable.in_scope && !variable.over)? {
            SlotState::Perhaps { why } if !prove_live(self.borrowed(variable)) => Some(why.clone()),
            _ => None,
        }
    }

    /// Where a variable is of which some fields were moved out, and why each of those has no value.
    /// None for any other variable.
    pub fn left_of(&self, variable: &Placed) -> Option<(TypeRef, Location, Gone)> {
        (variable.in_scope && !variable.over).then_some(())?;
        let Some(SlotState::PartlyMoved { parts }) = self.state(variable) else { return None };
        let gone = parts.iter().map(|part| (part.path.clone(), reason_of_part(part)));
        Some((variable.ty?, variable.location.clone().ok()?, gone.collect()))
    }

    /// Why a variable no longer holds what it held.
    fn lost(&self, variable: &Placed) -> Option<Unreadable> {
        self.state(variable).and_then(reason)
    }

    /// What is known of a variable, if it may have lost its value.
    fn state<'s>(&'s self, variable: &'s Placed) -> Option<&'s SlotState> {
        let cfa = self.raw.cfa?;
        let key = PlaceKey { thread: self.thread, cfa, die: variable.die };
        // What was seen on the heap and what the code says were put together when it was judged.
        self.run.lost.get(&key).or(variable.fate.as_ref())
    }
}

impl Run {
    /// Looks at a frame of a thread that is held.
    pub(super) fn look<T>(
        &self,
        stack: &Stack,
        frame: &Frame,
        thread: ThreadNo,
        limits: Limits,
        ask: impl FnOnce(&Looking<'_>) -> T,
    ) -> Option<T> {
        self.look_beside(stack, frame, thread, limits, &self.running(stack, thread), ask)
    }

    /// The same, where it is known which futures run.
    pub(super) fn look_beside<T>(
        &self,
        stack: &Stack,
        frame: &Frame,
        thread: ThreadNo,
        limits: Limits,
        running: &[Running],
        ask: impl FnOnce(&Looking<'_>) -> T,
    ) -> Option<T> {
        let raw = stack.raw_of(frame)?;
        let vectors = match frame.raw {
            0 => self.held(thread).and_then(|thread| thread.vectors().ok()),
            _ => None,
        };
        let memory = Cached::new(self.inferior.memory());
        let context = FrameContext { frame: raw, vectors: vectors.as_ref(), memory: &memory };
        let main = self.inferior.modules().main();
        let loaded = raw.loaded.as_ref().unwrap_or(&main);
        let at = context.bias_to_file();
        let function: Option<Arc<Function>> =
            raw.loaded.as_ref().and_then(|loaded| loaded.image.function_at(at));
        let regions = self.regions();
        let alive = Alive { memory: &memory, regions: &regions };
        let around = Surroundings {
            limits,
            calls: Calls::One(function.as_deref().and_then(|f| nth_call(f, at, frame.call))),
            ..self.surroundings(&regions, thread)
        };
        let low = stack.low_end(frame);
        let placed = |function: &Function| {
            let mut placed = slots::place(&around, &context, function, &loaded.image, low);
            placed.sort_by_key(|variable| variable.die);
            placed
        };
        let variables = function.as_deref().map(placed).unwrap_or_default();
        let registers = |register| context.whole_register(register);
        let bias: Bias = loaded.bias;
        // What is looked at as it is described, field by field, is read whatever it is.
        let memory: &dyn Memory = if limits.raw { &memory } else { &alive };
        let (types, registers) = (&*loaded.image, &registers);
        let reader = Reader { types, bias, memory, registers, limits, running };
        Some(ask(&Looking {
            run: self,
            thread,
            stack,
            innermost: frame.raw == 0,
            raw,
            image: &loaded.image,
            function: function.as_deref(),
            reader: &reader,
            regions: &regions,
            variables,
        }))
    }
}
