//! Replaces itself by another program, which exits with 9: every address of before is gone.

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

#[inline(never)]
fn replace() -> std::io::Error {
    Command::new("/bin/sh").args(["-c", "exit 9"]).exec() // #exec
}

fn main() -> ExitCode {
    println!("before"); // #before
    let error = replace();
    println!("{error}");
    ExitCode::from(99)
}
