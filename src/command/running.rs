//! `run`, `start`, `continue`, `kill`, `quit`: the life of the process.

use super::list::around;
use super::words::nothing;
use super::{Answer, Command, CommandError, Context, Stopped, Topic};
use crate::session::{FrameId, Halt, Session};

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
        let halt = context.session.start_with(context.observer)?.clone();
        Ok(stopped(context.session, halt, None))
    },
};

/// `start`.
pub(super) static START: Command = Command {
    name: "start",
    aliases: &[],
    topic: Topic::Running,
    usage: "[ARGS] [< FILE] [> FILE] [2> FILE]",
    about: "Start the program, and stop at its `main`",
    details: "As `tbreak main` and `run ARGS`.",
    run: |context, text| {
        if !text.is_empty() {
            super::launching::set_args(context.session, text)?;
        }
        context.session.break_once("main")?;
        let halt = context.session.start_with(context.observer)?.clone();
        Ok(stopped(context.session, halt, None))
    },
};

/// `continue`.
pub(super) static CONTINUE: Command = Command {
    name: "continue",
    aliases: &["c", "cont"],
    topic: Topic::Running,
    usage: "",
    about: "Let the program run on",
    details: "",
    run: |context, text| {
        nothing(text, "continue")?;
        resume(context)
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
        context.session.kill()?;
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
    details: "A process that was attached to is let go.",
    run: |_, text| nothing(text, "quit").map(|()| Answer::Quit),
};

/// Lets the program run on.
pub(super) fn resume(context: &mut Context<'_>) -> Result<Answer, CommandError> {
    let halt = context.session.resume_with(context.observer)?.clone();
    Ok(stopped(context.session, halt, None))
}

/// The same, with the step that was interrupted.
pub(super) fn go_on(context: &mut Context<'_>) -> Result<Answer, CommandError> {
    let halt = context.session.go_on_with(context.observer)?.clone();
    Ok(stopped(context.session, halt, None))
}

/// Where the program stands now. `before` is the frame that the command began in.
pub(super) fn stopped(session: &mut Session, halt: Halt, before: Option<FrameId>) -> Answer {
    let returned = match halt {
        Halt::Returned { .. } => session.returned(),
        _ => None,
    };
    let frame = match halt {
        Halt::Ended { .. } => None,
        _ => session.frame().ok(),
    };
    let source = frame.as_ref().and_then(|frame| around(&frame.at, 0));
    let same_frame = before.is_some() && session.frame_id() == before;
    let (returned, unreadable) = match returned {
        None => (None, None),
        Some(Ok(answered)) => (Some(Box::new(answered)), None),
        Some(Err(why)) => (None, Some(why)),
    };
    Answer::Stopped(Stopped {
        halt,
        frame,
        source,
        same_frame,
        returned,
        unreadable,
        unfinished: session.unfinished(),
        displays: Vec::new(),
        context: None,
    })
}
