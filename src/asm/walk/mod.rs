//! Code that has not run yet, walked through with what is known of the registers and of memory: where
//! control will go, and which bytes it will touch on the way.
//!
//! What is not known stays so: it spreads through what is computed of it, and a branch that depends on
//! it can go either way. Nothing is guessed, and nothing is written.

mod flags;
mod machine;
mod step;
#[cfg(test)]
mod tests;

pub use machine::{Machine, Peek};
pub use step::{Then, Touched};
