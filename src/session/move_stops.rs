//! Stopping where a variable is moved: at the instructions that its function's code moves it by.
//!
//! A move leaves no mark in machine code. Which instruction takes a value out of its variable for
//! good follows from what the code does with the variable behind it (`asm/uses`), with the drop
//! flags as they stand when control comes there: it is inferred.

use super::breakpoints::{BreakpointId, Target};
use super::context::FrameContext;
use super::debugger::Session;
use super::error::SessionError;
use super::fates::is_at;
use super::followed::Frame;
use super::looking::Looking;
use super::plain::is_plain;

use super::ownership_stops::{Happened, OwnershipStop};
use super::places::{BreakPlace, place};
use super::run::Run;
use super::slots::{self, short_function};
use crate::base::{Cached, FileAddr, Register};
use crate::dwarf::Image;
use crate::frame::innermost;
use crate::frame::slots::Placed;
use crate::inferior::Stopped;
use crate::value::{Limits, Reader, needs_drop};

/// The variable whose move is waited for.
#[derive(Clone, PartialEq, Debug)]
pub struct MoveAsked {
    /// The variable or the part of one, as it was written.
    pub text: String,
    /// The same with its function: `main::s`.
    pub place: String,
    /// The die of the variable.
    pub(super) die: usize,
    /// The part: empty for all of it, `.name`.
    pub(super) path: String,
    /// The instructions, in the executable.
    points: Vec<FileAddr>,
}

impl MoveAsked {
    /// Where it may be moved.
    pub(super) fn places_in(&self, image: &Image) -> Vec<BreakPlace> {
        self.points.iter().map(|at| place(image, *at)).collect()
    }

    /// Whether a part of the variable is meant, or lies in what is meant.
    pub(super) fn means(&self, path: &str) -> bool {
        is_at(path, &self.path)
    }
}

impl Session {
    /// What stops the program where a variable of the frame that is looked at is moved, or a field
    /// of it; in this call of the function and in all later ones.
    ///
    /// # Errors
    /// [`SessionError::NoMove`] says why that cannot be told; [`SessionError::NotRunning`].
    pub fn move_of(&mut self, text: &str) -> Result<OwnershipStop, SessionError> {
        let text = text.trim();
        let limits = self.settings.limits;
        let asked = self.look(limits, |looking| move_asked(looking, text))?;
        let refused = |why| SessionError::NoMove { what: text.to_owned(), why };
        asked.map(OwnershipStop::Move).map_err(refused)
    }
}

fn move_asked(looking: &Looking<'_>, text: &str) -> Result<MoveAsked, String> {
    let end = text.find(['.', '[']).unwrap_or(text.len());
    let (name, path) = text.split_at_checked(end).unwrap_or((text, ""));
    let named = looking.variables.iter().filter(|v| *v.name == *name && !v.over);
    let mut named: Vec<&Placed> = named.collect();
    named.sort_by_key(|variable| (variable.in_scope, variable.die));
    let variable = named.pop().ok_or("it is no variable of this function, or a field of one")?;
    let main = looking.run.inferior.modules().main();
    if !std::ptr::eq(looking.image, &*main.image) {
        return Err("its function is in a library".to_owned());
    }
    let function = looking.function.ok_or("its function is not described")?;
    if variable.inlined.is_some() || !is_plain(looking.image, function) {
        return Err("its function was optimised, and moves leave no mark in its code: build it \
                    without optimisation"
            .to_owned());
    }
    if !variable.ty.is_some_and(|ty| needs_drop(looking.image, ty)) {
        return Err("nothing is dropped with it, so that it is copied and never moved".to_owned());
    }
    let place = format!("{}::{text}", short_function(&function.name));
    let (text, path, die) = (text.to_owned(), path.to_owned(), variable.die);
    let mut asked = MoveAsked { text, place, die, path, points: Vec::new() };
    let context = FrameContext { frame: looking.raw, vectors: None, memory: looking.reader.memory };
    let reader = looking.reader;
    let frame = Frame { context: &context, function, image: looking.image, reader };
    let points = looking.run.stores.followed.move_points(&frame, &asked);
    asked.points = points.ok_or("its code cannot be followed")?;
    match asked.points.is_empty() {
        true => {
            Err("no instruction of its function moves it; `break drop` stops where it is dropped"
                .to_owned())
        }
        false => Ok(asked),
    }
}

impl Run {
    /// Whether a thread that has come to a place of a breakpoint does there what that waits for,
    /// where it waits for a move.
    pub(super) fn is_moved_here(&mut self, thread: &Stopped, id: BreakpointId) -> bool {
        let asked = match self.stops.table.borrow().get(id).map(|breakpoint| &breakpoint.target) {
            Some(Target::Ownership(OwnershipStop::Move(asked))) => asked.clone(),
            _ => return true,
        };
        let moved = self.moved_here(thread, &asked);
        let is_moved = moved.is_some();
        self.stops.happening.hits.extend(moved.map(|happened| (id, happened)));
        is_moved
    }

    fn moved_here(&self, thread: &Stopped, asked: &MoveAsked) -> Option<Happened> {
        let (modules, memory) = (self.inferior.modules(), self.inferior.memory());
        let raw = innermost(modules, memory, *thread.registers());
        let loaded = raw.loaded.as_ref()?;
        let (image, bias) = (loaded.image.clone(), loaded.bias);
        let at = bias.to_file(raw.lookup);
        let function = image.function_at(at)?;
        let memory = Cached::new(self.inferior.memory());
        let context = FrameContext { frame: &raw, vectors: None, memory: &memory };
        let read_register = |register: Register| context.whole_register(register);
        let (limits, running) = (Limits::default(), &[]);
        let (types, registers) = (&*image, &read_register);
        let reader = Reader { types, bias, memory: &memory, registers, limits, running };
        let regions = self.regions();
        let around = self.surroundings(&regions, thread.no());
        let low = raw.registers.sp();
        let variables = slots::place(&around, &context, &function, &image, low);
        let frame =
            Frame { context: &context, function: &function, image: &image, reader: &reader };
        let moved = self.stores.followed.moved_at(&frame, &variables, asked)?;
        Some(Happened::Move { place: asked.place.clone(), to: moved.to, by: moved.at })
    }
}
