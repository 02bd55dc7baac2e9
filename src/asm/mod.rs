//! Floor 1: machine code, by iced-x86.
//!
//! Pure functions from bytes to bytes and facts: where a function is left, and how one instruction
//! can run at another address. Nothing here reads files or processes; it imports floor 0 only.

mod access;
mod boundaries;
mod branches;
mod called;
mod callees;
mod effects;
mod exits;
mod first_reached;
mod flow;
#[cfg(any(test, fuzzing))]
pub mod garbage;
mod listing;
mod loops;
mod prologue;
mod relocate;
mod runs_off;
mod stepping;
mod touches;
mod transfer;
pub mod uses;
pub mod walk;

pub use boundaries::ends_instruction;
pub use branches::{stores_to_stack, takes_branch};
pub use called::{Called, called_before};
pub use callees::callees;
pub use effects::has_effect;
pub use exits::{Exit, ExitKind, Exits, exits};
pub use first_reached::first_reached;
pub use listing::{Access, Flow, Listed, listing};
pub use loops::{jumps_into, last_outside_loops};
pub use prologue::frame_made;
pub use relocate::{Point, Relocation, RelocationError, instruction_length, relocate};
pub use runs_off::runs_off;
pub use stepping::{Stepping, stepping};
pub use touches::Touches;
pub use transfer::{Transfer, transfer};
