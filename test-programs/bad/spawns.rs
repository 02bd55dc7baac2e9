//! Runs another program through `std::process::Command` (vfork or clone, then exec) and waits.

use std::process::{Command, ExitCode};

#[inline(never)]
fn run(code: &str) -> Option<i32> {
    let status = Command::new("/bin/sh").args(["-c", code]).status().ok()?; // #spawn
    status.code()
} // #run-end

fn main() -> ExitCode {
    let first = run("exit 5");
    let second = run("exit 6");
    println!("{first:?} {second:?}"); // #print
    if (first, second) == (Some(5), Some(6)) { ExitCode::from(11) } else { ExitCode::from(99) }
}
