//! The `freehold` program: arguments in, an exit code out; everything else is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    freehold::front::run(std::env::args_os().collect())
}
