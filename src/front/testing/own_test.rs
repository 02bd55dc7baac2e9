//! A `#[test]` that records itself.

use std::env;
use std::panic::Location;
use std::process;
use std::thread;

use super::marks::mark;
use super::program::Program;
use super::recording::{Part, Point, Recording};

/// Set in the process that is recorded: where in the source the code is.
const RECORDED: &str = "FREEHOLD_RECORDED";

/// The marks around the code.
const BEGIN: &str = "freehold: the code begins";
const END: &str = "freehold: the code ends";

/// Runs a piece of a test under the ledger, and returns the recording; [`Recording::of_code`] is
/// the part of it that the code itself is.
///
/// The test runs once more, in a process of its own, up to the end of this code: what stands before
/// it in the test runs there as well, and what stands behind it does not. A test can do this once.
///
/// # Panics
/// Where the test cannot be run once more, or its code panics there.
#[track_caller]
pub fn recorded(code: impl FnOnce()) -> Recording {
    let here = Location::caller().to_string();
    if let Ok(place) = env::var(RECORDED) {
        assert!(
            place == here,
            "a test can record one piece of its code; this is the second: {here}"
        );
        mark(BEGIN);
        code();
        mark(END);
        // The rest of the test asks the recording, which this process does not have.
        process::exit(0);
    }
    let executable = match env::current_exe() {
        Ok(executable) => executable,
        Err(error) => panic!("the path of the test executable is not known: {error}"),
    };
    let program = Program::file(executable).env(RECORDED, &here).arg("--exact").arg(test_name());
    // On one thread only, libtest runs the test on its own and does not name it.
    let recording =
        program.arg("--nocapture").arg("--include-ignored").arg("--test-threads=2").record();
    let told = recording.stderr() + &recording.stdout();
    assert!(recording.find_mark(END), "the code did not come to its end:\n{told}");
    recording
}

impl Recording {
    /// What happened in the code that [`recorded`] ran.
    ///
    /// # Panics
    /// Where the recording comes from elsewhere.
    #[track_caller]
    pub fn of_code(&self) -> Part<'_> {
        self.between(Point::Mark(BEGIN.to_owned()), Point::Mark(END.to_owned()))
    }
}

/// The path of the test that runs: libtest names its thread so, or was asked for it by name.
fn test_name() -> String {
    let of_thread = thread::current().name().filter(|name| *name != "main").map(str::to_owned);
    let exact = || {
        let mut args = env::args().skip(1);
        let named = args.by_ref().any(|arg| arg == "--exact");
        let all: Vec<_> = env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
        named.then(|| all.first().cloned()).flatten()
    };
    match of_thread.or_else(exact) {
        Some(name) => name,
        None => panic!(
            "the name of this test is not known: with --test-threads=1 libtest does not tell it; \
             run it with --exact NAME, or with more threads"
        ),
    }
}
