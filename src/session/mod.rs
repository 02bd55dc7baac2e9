//! Floor 4: a run of a program, from its launch to its end, as events.
//!
//! A [`Run`] owns the inferior and plants sites: at the entries and exits of the functions that
//! were chosen, and at the allocator's. Each stop becomes [`Event`](crate::base::Event)s, and those
//! go to an [`Observer`], which watches and cannot resume the program. A [`Session`] is what a
//! debugger's user has: breakpoints that outlive a run, a program that stands still at a [`Halt`],
//! frames and values to look at. Nothing here prints.

mod allocator;
mod asking;
mod breakpoints;
mod calls;
mod context;
mod debugger;
mod drops;
mod error;
mod functions;
mod halt;
mod heap;
mod kin;
mod looking;
mod missing;
mod options;
mod picture;
mod planting;
mod regions;
mod run;
mod running;
mod scope;
mod signals;
mod slots;
mod stack;
mod symbolize;
mod telling;
mod threads;
mod variables;

pub use asking::{Answered, Whereabouts};
pub use breakpoints::{BreakPlace, Breakpoint, BreakpointId, PlaceError, Where};
pub use debugger::{Session, Settings};
pub use error::SessionError;
pub use halt::Halt;
pub use options::{EntryPoint, Options, Selection};
pub use run::{Observer, Run};
pub use stack::{Frame, Stack};
pub use variables::{Variable, VariableValue};
