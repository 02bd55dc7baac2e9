//! Stub.

pub mod text;

use std::ffi::OsString;
use std::process::ExitCode;

/// Stub.
pub fn run(args: Vec<OsString>) -> ExitCode {
    let _ = args;
    ExitCode::from(2)
}
