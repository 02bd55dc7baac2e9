//! Forks; parent and child both call `work`, and the parent exits with what the child returned.
//!
//! A child that inherited breakpoints and is no longer traced would die of the first one.

use std::process::ExitCode;

unsafe extern "C" {
    fn fork() -> i32;
    fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
    fn _exit(code: i32) -> !;
}

#[inline(never)]
fn work(by: i32) -> i32 {
    let text = format!("worker {by}");
    by + text.len() as i32 // #in-work
} // #work-end

fn main() -> ExitCode {
    // SAFETY: there is only one thread, and the child leaves by `_exit`.
    let pid = unsafe { fork() }; // #fork
    if pid == 0 {
        let code = work(0);
        // SAFETY: `_exit` ends the child and nothing else.
        unsafe { _exit(code) } // 8
    }
    let mine = work(1);
    let mut status = 0;
    // SAFETY: `status` is valid for the write.
    let waited = unsafe { waitpid(pid, &raw mut status, 0) };
    let signal = status & 0x7f;
    let code = (status >> 8) & 0xff;
    println!("parent {mine}, child {code}, signal {signal}, waited {}", waited == pid); // #print
    if signal == 0 { ExitCode::from(code as u8) } else { ExitCode::from(99) }
}
