//! Expressions in tables: what is written, and what it is worth.

mod assignments;
mod errors;
mod program;
mod soup;
mod values;
