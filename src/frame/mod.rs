//! Floor 2: the frames of a stopped thread and what lies in them.
//!
//! [`Unwinder`] goes from frame to frame by call frame information; [`slots`] divides the bytes of
//! one frame among what they are for. Reads through [`Memory`](crate::base::Memory) and
//! [`Images`](crate::dwarf::Images) alone: nothing here may know of processes, and nothing here
//! interprets a value.

#[cfg(any(test, fuzzing))]
pub mod garbage;
mod rules;
pub mod slots;
mod stack_reader;
pub mod unwind;

pub use unwind::{RawFrame, StackEnd, Unwinder, innermost, innermost_cfa};
