//! Events and answers as text for people. What a run shows is drawn from
//! [`Event`](crate::base::Event)s alone, and what a session says from
//! [`Answer`](crate::command::Answer)s.

mod answer;
mod layout;
mod lines;
mod paths;
mod picture;
mod slots;
mod spans;
mod start;
mod trace;
mod watch;

pub use answer::AnswerText;
pub use trace::TraceText;
pub use watch::WatchText;
