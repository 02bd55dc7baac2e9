//! Halts and errors as the failure of a test shows them.

use std::fmt;

use crate::base::{ExitStatus, did_you_mean};
use crate::session::{Halt, PlaceError, SessionError, signal_name};

/// What has happened to the program, in a few words.
impl fmt::Display for Halt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let thread = self.thread();
        match self {
            Halt::Entry => f.write_str("it stands at its entry point"),
            Halt::Attached { process, .. } => write!(f, "process {process} was attached to"),
            Halt::Core { .. } => f.write_str("it is a core file"),
            Halt::Exec { program, .. } => write!(f, "it executes {}", program.display()),
            Halt::Breakpoint { failed, .. } | Halt::Watchpoint { failed, .. } => {
                let kind = match self {
                    Halt::Breakpoint { .. } => "breakpoint",
                    _ => "watchpoint",
                };
                let hit: Vec<_> = self.hit().iter().map(ToString::to_string).collect();
                write!(f, "thread {thread} has reached {kind} {}", hit.join(", "))?;
                failed.iter().try_for_each(|why| write!(f, "; {why}"))
            }
            Halt::WatchEnded { ended, .. } => {
                let why: Vec<_> = ended.iter().map(|end| end.why.as_str()).collect();
                write!(f, "a watchpoint has ended: {}", why.join("; "))
            }
            Halt::Caught { hit, .. } => {
                let hit: Vec<_> = hit.iter().map(ToString::to_string).collect();
                write!(f, "thread {thread} has reached catchpoint {}", hit.join(", "))
            }
            Halt::Ownership { hit, .. } => {
                let hit: Vec<_> = hit.iter().map(ToString::to_string).collect();
                write!(f, "thread {thread} has reached breakpoint {}", hit.join(", "))
            }
            Halt::BadFree { free, .. } => match (&free.block, free.realloc) {
                (Some(before), None) => {
                    write!(f, "thread {thread} frees {} once more", before.block)
                }
                (Some(before), Some(_)) => {
                    write!(f, "thread {thread} resizes {}, which was freed", before.block)
                }
                (None, call) => {
                    let does = if call.is_some() { "resizes" } else { "frees" };
                    write!(f, "thread {thread} {does} a pointer at which no block begins")
                }
            },
            Halt::Signal { name, explanation, .. } => {
                write!(f, "thread {thread} got {name}")?;
                explanation.iter().try_for_each(|why| write!(f, ": {why}"))
            }
            Halt::Step { .. } => write!(f, "thread {thread} has made a step"),
            Halt::Returned { function, unwound: false, .. } => {
                write!(f, "thread {thread} has returned from {function}")
            }
            Halt::Returned { function, .. } => {
                write!(f, "a panic has left {function} in thread {thread}")
            }
            Halt::Reached { left: false, .. } => write!(f, "thread {thread} is there"),
            Halt::Reached { .. } => write!(f, "thread {thread} has left the frame before"),
            Halt::ThreadEnded { ended, .. } => write!(f, "thread {ended} has ended"),
            Halt::Interrupted { .. } => f.write_str("it was interrupted"),
            Halt::Ended { status: ExitStatus::Code(code) } => {
                write!(f, "it ended with code {code}")
            }
            Halt::Ended { status: ExitStatus::Signal(number) } => {
                write!(f, "it was ended by {}", signal_name(*number))
            }
        }
    }
}

impl SessionError {
    /// What can be done about it, each a sentence of its own.
    pub fn hints(&self) -> Vec<String> {
        match self {
            SessionError::Expression(error) => error.hints.clone(),
            SessionError::About { error, .. } => error.hints(),
            SessionError::Place(
                PlaceError::NoFunction { name, known } | PlaceError::NoFile { name, known },
            ) => did_you_mean(name, known.iter().map(String::as_str)).into_iter().collect(),
            SessionError::NotRunning => vec!["`Session::start` starts it".to_owned()],
            SessionError::OutputNotKept => vec!["`Builder::capture_output` keeps it".to_owned()],
            SessionError::OutputLost(_) => vec!["ask more often".to_owned()],
            _ => Vec::new(),
        }
    }
}

/// The error as a person reads it, with what can be done: this is what a `#[test]` that returns it
/// shows, and what `unwrap` does.
impl fmt::Debug for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        self.hints().iter().try_for_each(|hint| write!(f, "\n  help: {hint}"))
    }
}
