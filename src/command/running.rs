//! `run`, `continue`, `kill`, `quit`: the life of the process.

use super::list::around;
use super::words::nothing;
use super::{Answer, Command, CommandError, Stopped, Topic};
use crate::session::{Halt, Session};

/// `run`.
pub(super) static RUN: Command = Command {
    name: "run",
    aliases: &["r"],
    topic: Topic::Running,
    usage: "[ARGS] [< FILE] [> FILE] [2> FILE]",
    about: "Start the program, or start it anew",
    details: "It runs to the first breakpoint, to a signal or to its end. Breakpoints stay. Without \
              ARGS and files, those of the last time count; `set args` changes or clears them.",
    run: |context, text| {
        if !text.is_empty() {
            super::launching::set_args(context.session, text)?;
        }
        let halt = context.session.start(context.observer)?.clone();
        Ok(stopped(context.session, halt))
    },
};

/// `continue`.
pub(super) static CONTINUE: Command = Command {
    name: "continue",
    aliases: &["c"],
    topic: Topic::Running,
    usage: "",
    about: "Let the program run on",
    details: "",
    run: |context, text| {
        nothing(text, "continue")?;
        let halt = context.session.resume(context.observer)?.clone();
        Ok(stopped(context.session, halt))
    },
};

/// `kill`.
pub(super) static KILL: Command = Command {
    name: "kill",
    aliases: &["k"],
    topic: Topic::Running,
    usage: "",
    about: "End the process",
    details: "",
    run: |context, text| {
        nothing(text, "kill")?;
        if !context.session.is_alive() {
            return Err(CommandError::new("the program is not running"));
        }
        context.session.kill();
        Ok(Answer::Said("The program was ended.".to_owned()))
    },
};

/// `quit`.
pub(super) static QUIT: Command = Command {
    name: "quit",
    aliases: &["q", "exit"],
    topic: Topic::Session,
    usage: "",
    about: "End the session, and the process with it",
    details: "",
    run: |_, text| nothing(text, "quit").map(|()| Answer::Quit),
};

/// Where the program stands now.
fn stopped(session: &mut Session, halt: Halt) -> Answer {
    let frame = match halt {
        Halt::Ended { .. } => None,
        _ => session.frame().ok(),
    };
    let source = frame.as_ref().and_then(|frame| around(&frame.at, 0));
    Answer::Stopped(Stopped { halt, frame, source })
}
