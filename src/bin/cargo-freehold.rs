//! `cargo freehold …`: the same program, reached through cargo.
//!
//! Cargo calls `cargo-freehold freehold ARGS`; the repeated word is dropped.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut args: Vec<_> = std::env::args_os().collect();
    if args.get(1).is_some_and(|word| word == "freehold") {
        args.remove(1);
    }
    freehold::front::run(args)
}
