//! Floor 4: a run of a program, from its launch to its end, as events.
//!
//! A [`Session`] owns the inferior and plants sites: at the entries and exits of the functions that
//! were chosen, and at the allocator's. Each stop becomes [`Event`](crate::base::Event)s, and those
//! go to an [`Observer`], which watches and cannot resume the program. Nothing here prints.

mod allocator;
mod calls;
mod context;
mod error;
mod functions;
mod heap;
mod kin;
mod missing;
mod options;
mod picture;
mod planting;
mod regions;
mod run;
mod signals;
mod slots;
mod symbolize;
mod telling;
mod threads;

pub use error::SessionError;
pub use options::{EntryPoint, Options, Selection};
pub use run::{Observer, Session};
