//! What the tests share: building test programs, finding their markers, and running Freehold.
#![allow(dead_code, unused_imports, reason = "each test binary uses a part of it")]

pub mod debug;
pub mod events;
pub mod process;
pub mod program;
pub mod run;
pub mod tools;

pub use events::{Told, told};
pub use process::Serving;
pub use program::{Program, Variant, program, program_with};
pub use run::{Ran, at_prompt, command, freehold, freehold_in, normalise};
pub use tools::installed;
