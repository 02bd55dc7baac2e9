//! Freehold: the debugger that knows who owns every byte of a running Rust program.

pub mod asm;
pub mod base;
pub mod dwarf;
pub mod frame;
pub mod front;
pub mod inferior;
pub mod os;
pub mod session;
pub mod track;
pub mod value;
