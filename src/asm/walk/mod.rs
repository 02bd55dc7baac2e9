//! Code that has not run yet, walked through with what is known of the registers and of memory: where
//! control will go, and which bytes it will touch on the way.
//!
//! What is not known stays so: it spreads through what is computed of it, and a branch that depends on
//! it can go either way. Nothing is guessed, and nothing is written.

mod decoded;
mod flags;
mod machine;
mod step;
mod stored;
mod taken;
#[cfg(test)]
mod tests;

pub use decoded::Decoded;
pub use machine::{Machine, Peek};
pub use step::{Then, Touched};
pub use taken::below_taken;
