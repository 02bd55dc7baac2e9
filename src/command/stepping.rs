//! `step`, `next`, `stepi`, `nexti`: a line or an instruction further.

use super::running::stopped;
use super::words::number;
use super::{Answer, Command, CommandError, Context, Topic};
use crate::session::{Halt, Observer, Session, SessionError};

/// `step`.
pub(super) static STEP: Command = Command {
    name: "step",
    aliases: &["s"],
    topic: Topic::Running,
    usage: "[N]",
    about: "Run to another line, into the functions that this one calls",
    details: "A call of your own code is entered, also where std or a dependency makes it: a closure \
              in an iterator chain, an implementation of a trait. std and dependencies themselves \
              are run through, unless `set step-into-all on`; `skip` leaves out more. A call that \
              was inlined is entered and left like any other.",
    run: |context, text| {
        advance(context, text, |session, times, observer| session.step_with(times, observer))
    },
};

/// `next`.
pub(super) static NEXT: Command = Command {
    name: "next",
    aliases: &["n"],
    topic: Topic::Running,
    usage: "[N]",
    about: "Run to another line of this function, or of its caller",
    details: "Calls are run through at full speed. A call that panics is followed to the function \
              that catches the panic.",
    run: |context, text| {
        advance(context, text, |session, times, observer| session.next_with(times, observer))
    },
};

/// `stepi`.
pub(super) static STEPI: Command = Command {
    name: "stepi",
    aliases: &["si"],
    topic: Topic::Running,
    usage: "[N]",
    about: "Run one instruction",
    details: "",
    run: |context, text| {
        advance(context, text, |session, times, observer| {
            session.step_instruction_with(false, times, observer)
        })
    },
};

/// `nexti`.
pub(super) static NEXTI: Command = Command {
    name: "nexti",
    aliases: &["ni"],
    topic: Topic::Running,
    usage: "[N]",
    about: "Run one instruction, and a call as if it were one",
    details: "",
    run: |context, text| {
        advance(context, text, |session, times, observer| {
            session.step_instruction_with(true, times, observer)
        })
    },
};

fn advance(
    context: &mut Context<'_>,
    text: &str,
    go: for<'s> fn(&'s mut Session, u32, &mut dyn Observer) -> Result<&'s Halt, SessionError>,
) -> Result<Answer, CommandError> {
    let times = number(text, "a number of times")?.unwrap_or(1);
    if times == 0 {
        return Ok(Answer::Nothing);
    }
    let times = u32::try_from(times).unwrap_or(u32::MAX);
    let before = context.session.frame_id();
    let halt = go(context.session, times, context.observer)?.clone();
    Ok(stopped(context.session, halt, before))
}
