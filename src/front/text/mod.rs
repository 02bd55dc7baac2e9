//! Events as text for people. Everything here is drawn from [`Event`](crate::base::Event)s alone.

mod layout;
mod lines;
mod paths;
mod picture;
mod slots;
mod spans;
mod start;
mod trace;
mod watch;

pub use trace::TraceText;
pub use watch::WatchText;
