//! Futures that run: the bodies of async functions and blocks whose calls are on the stack.

use super::looking::Looking;
use super::run::Run;
use super::slots::{is_body, is_closure};
use super::stack::Stack;
use crate::base::{ThreadNo, VirtAddr};
use crate::dwarf::{Location, Types, short_type_name};
use crate::frame::slots::Placed;
use crate::value::{Behind, Limits, Part, Reader, Running, Shape};

impl Run {
    /// The futures whose bodies are on the stack of a thread, as far as their frames still tell
    /// where these are.
    pub(super) fn running(&self, stack: &Stack, thread: ThreadNo) -> Vec<Running> {
        let bodies = stack.frames.iter().filter(|frame| is_closure(&frame.at.function));
        let running = bodies.filter_map(|frame| {
            self.look_beside(stack, frame, thread, Limits::default(), &[], |looking| {
                let mut own = looking.variables.iter().filter(|variable| variable.parameter);
                own.find_map(|variable| future_of(looking, variable))
            })?
        });
        running.collect()
    }
}

/// The future that a body gets as its own, pinned.
fn future_of(looking: &Looking<'_>, variable: &Placed) -> Option<Running> {
    let ty = looking.image.get(variable.ty?).ok()?;
    if !is_body(&short_type_name(&ty.name)) {
        return None;
    }
    let (ty, at) = looking.place_of(variable).ok()?;
    let part = pinned(looking.reader, Part { ty, at })?;
    let Location::Memory(at) = part.at else { return None };
    let type_name = looking.image.get(part.ty).ok()?.name.clone();
    (at != VirtAddr(0)).then_some(Running { at, type_name })
}

/// What the reference in a `Pin` leads to.
fn pinned(reader: &Reader<'_>, pin: Part) -> Option<Part> {
    let Shape::Inside { part, .. } = reader.shape(pin.ty, &pin.at).ok()? else { return None };
    match reader.shape(part.ty, &part.at).ok()? {
        Shape::Pointer(pointer) => match pointer.behind {
            Behind::Part(future) => Some(future),
            _ => None,
        },
        _ => None,
    }
}
