//! Floor 4: a run of a program, from its launch to its end, as events.
//!
//! A [`Run`] owns the inferior and plants sites: at the entries and exits of the functions that
//! were chosen, and at the allocator's. Each stop becomes [`Event`](crate::base::Event)s, and those
//! go to an [`Observer`], which watches and cannot resume the program. A [`Session`] is what a
//! debugger's user has: breakpoints that outlive a run, a program that stands still at a [`Halt`],
//! frames and values to look at. Nothing here prints.

mod allocator;
mod asking;
mod breaking;
mod breakpoints;
mod calls;
mod catching;
mod context;
mod debugger;
mod deciding;
mod error;
mod functions;
mod halt;
mod heap;
mod kin;
mod log_message;
mod looking;
mod missing;
mod options;
mod panic_message;
mod picture;
mod places;
mod planting;
mod reaching;
mod regions;
mod run;
mod running;
mod scope;
mod set_watch;
mod signals;
mod slots;
mod stack;
mod symbolize;
mod telling;
mod threads;
mod user_stops;
mod value_returned;
mod vantage;
mod variables;
mod watch_ends;
mod watching;

pub use asking::{Answered, Whereabouts};
pub use breaking::{Due, Enabling};
pub use breakpoints::{Breakpoint, BreakpointId, Condition, Target, Terms};
pub use catching::{Catch, Caught};
pub use debugger::{Session, Settings};
pub use error::SessionError;
pub use halt::Halt;
pub use log_message::LogMessage;
pub use options::{EntryPoint, Options, Selection};
pub use places::{BreakPlace, PlaceError, Where};
pub use run::{Observer, Run};
pub use signals::{signal_name, signal_names, signal_number};
pub use stack::{Frame, Stack};
pub use value_returned::Returned;
pub use variables::{Variable, VariableValue};
pub use watch_ends::WatchEnd;
pub use watching::{Access, Touched, Watched};
