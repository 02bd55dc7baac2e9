//! Events as text for people. Everything here is drawn from [`Event`](crate::base::Event)s alone.

mod layout;
mod lines;
mod paths;
mod picture;
mod slots;
mod spans;
mod split;
mod start;
mod trace;
mod value;
mod watch;

pub use split::split_text;
pub use trace::TraceText;
pub use value::value_text;
pub use watch::WatchText;
