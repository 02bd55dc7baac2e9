//! Events as text for people, drawn from [`Event`](crate::base::Event)s alone; and the layouts of
//! types.

mod layout;
mod lines;
mod paths;
mod picture;
mod slots;
mod spans;
mod start;
mod trace;
mod type_layout;
mod watch;

pub use trace::TraceText;
pub(super) use type_layout::{instances, type_layout};
pub use watch::WatchText;
