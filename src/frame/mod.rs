//! Floor 2: the frames of a stack, and what is in them.
//!
//! Unwinds by call frame information, over any [`Memory`](crate::base::Memory) and any
//! [`Images`](crate::dwarf::Images). Nothing here may touch a process: bytes and registers come in.

mod rules;
mod stack_reader;
pub mod unwind;

pub use unwind::{RawFrame, StackEnd, Unwinder};
