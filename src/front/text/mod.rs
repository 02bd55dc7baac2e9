//! Events, answers and layouts as text for people. What a run shows is drawn from
//! [`Event`](crate::base::Event)s alone, and what a session says from
//! [`Answer`](crate::command::Answer)s.

mod answer;
mod breakpoints;
mod drops;
mod highlight;
mod layout;
mod lines;
mod looked;
mod ownership_stops;
mod paths;
mod picture;
#[cfg(test)]
mod sample;
mod slots;
mod spans;
mod split;
mod start;
mod test;
mod trace;
mod type_layout;
mod value;
mod variables;
mod watch;

pub use answer::AnswerText;
pub use drops::DropsText;
pub(super) use looked::{code, story_text};
pub(super) use paths::function as short_function;
pub(super) use spans::wrap;
pub(super) use test::{TestText, running_test};
pub use trace::TraceText;
pub(super) use type_layout::{instances, type_layout};
pub use watch::WatchText;
