//! Recordings of programs and of single tests, to assert on: `freehold::testing`.
//!
//! A [`Program`] is built where it has to be, run to its end under the ledger, and becomes a
//! [`Recording`]: its blocks with their histories, its peak, its output. A `#[test]` can record
//! itself as well ([`recorded`]). What is asked of a recording comes from the events of the run and
//! from nothing else, and an assertion that does not hold shows the history of what it is about.
//!
//! ```no_run
//! use freehold::testing::Program;
//!
//! #[test]
//! fn the_buffer_ends_with_its_reader() {
//!     let run = Program::bin("tool").arg("--once").record();
//!     run.blocks().allocated_in("Reader::new").assert_freed_in("main");
//!     run.drops().of_type("Guard").in_function("main").assert_order(&["second", "first"]);
//!     run.assert_no_leaks();
//!     assert!(run.peak_heap() < 1 << 20);
//! }
//! ```
//!
//! Nothing here reads the program's bytes; that is done by the session below.

mod blocks;
mod drops;
mod history;
mod marks;
mod own_test;
mod program;
mod recording;

pub use blocks::Blocks;
pub use drops::{Dropped, Drops};
pub use marks::mark;
pub use own_test::recorded;
pub use program::{Program, RecordingError};
pub use recording::{Part, Point, Recording};

pub use crate::track::{Freed, Moment, Moved, Resized, Story};
