//! The session as a Rust API: what `freehold::Session` offers to a test.
//!
//! | file | what is there |
//! |---|---|
//! | `builder` | opening a program with its arguments, and its output kept |
//! | `going` | letting it run: `start`, `resume`, `run_to`, `step`, `next`, `finish` |
//! | `looking` | values, variables, frames, writing, output |
//! | `answered` | comparing what an expression is worth |
//! | `told` | halts and errors as the failure of a test shows them |

mod answered;
mod builder;
mod going;
mod looking;
mod told;

pub use builder::Builder;
