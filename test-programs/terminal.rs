//! What a program does with its terminal: reads a line, reads single keys in raw mode, and waits.
//!
//! The first argument chooses: `line`, `keys` or `wait`; without one it prints its arguments.

use std::io::{self, Read, Write};
use std::thread;
use std::time::Duration;

/// `struct termios` of x86-64 Linux has 60 bytes (bits/termios-struct.h).
type Modes = [u32; 15];

unsafe extern "C" {
    fn tcgetattr(fd: i32, modes: *mut Modes) -> i32;
    fn tcsetattr(fd: i32, when: i32, modes: *const Modes) -> i32;
    fn cfmakeraw(modes: *mut Modes);
}

fn modes() -> Modes {
    let mut modes = [0; 15];
    // SAFETY: the array is as large as the structure.
    unsafe { tcgetattr(0, &raw mut modes) };
    modes
}

fn set(modes: &Modes) {
    // SAFETY: as above.
    unsafe { tcsetattr(0, 0, &raw const *modes) };
}

fn say(text: &str) {
    // A terminal in raw mode does not go to the first column by itself.
    print!("{text}\r\n");
    let _ = io::stdout().flush();
}

struct Guest {
    name: String,
    visits: u32,
}

fn line() {
    let mut guest = Guest { name: String::new(), visits: 1 };
    say("name?");
    let _ = io::stdin().read_line(&mut guest.name); // #read-line
    let name = guest.name.trim();
    say(&format!("good day, {name}, for time {}", guest.visits)); // #greet
}

fn key() -> u8 {
    let mut byte = [0];
    let _ = io::stdin().read_exact(&mut byte);
    byte[0]
}

fn keys() {
    let before = modes();
    let mut raw = before;
    // SAFETY: as above.
    unsafe { cfmakeraw(&raw mut raw) };
    set(&raw);
    say("first key?");
    let first = key();
    say("second key?"); // #between
    let second = key();
    let still_raw = modes() == raw;
    set(&before);
    say(&format!("keys {first} {second}, still raw: {still_raw}")); // #both
}

fn wait() {
    say("waiting");
    for round in 0_u64.. {
        thread::sleep(Duration::from_millis(20 + round % 2)); // #round
    }
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.first().map(String::as_str) {
        Some("line") => line(),
        Some("keys") => keys(),
        Some("wait") => wait(),
        _ => say(&format!("{args:?} in {:?}", std::env::var("GREETING").ok())), // #args
    }
}
