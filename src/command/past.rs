//! What commands do while a moment of the past is looked at: they answer from the recording, or are
//! refused. Nothing here reaches the process, which the session has put aside.

use super::info::kind_called;
use super::looked::Looked;
use super::past_conditions;
use super::settings::{Setting, setting};
use super::words::first;
use super::{Answer, Command, CommandError, Context};
use crate::session::{PastMoment, RecordedValue};

/// Commands that ask nothing of the program.
const OF_THE_SESSION: &[&str] = &[
    "events",
    "goto",
    "back",
    "forward",
    "help",
    "apropos",
    "show",
    "source",
    "echo",
    "transcript",
    "pwd",
    "cd",
    "quit",
    "expect-output",
];

/// Commands that the recording can answer.
const RECORDED: &[&str] = &[
    "context",
    "backtrace",
    "frame",
    "up",
    "down",
    "list",
    "slots",
    "locals",
    "args",
    "split",
    "heap",
    "drops",
];

/// The words behind `info` that need no process.
const INFO: &[&str] =
    &["breakpoints", "watchpoints", "locals", "args", "frame", "source", "signals", "handle"];

/// Does a command in the past.
pub(super) fn run(
    context: &mut Context<'_>,
    command: &Command,
    rest: &str,
    moment: PastMoment,
) -> Result<Answer, CommandError> {
    let (word, behind) = first(rest);
    let recorded = |context: &mut Context<'_>| {
        let answer = Box::new((command.run)(context, rest)?);
        Ok(Answer::Past { moment: context.session.moment().unwrap_or(moment.clone()), answer })
    };
    match command.name {
        name if OF_THE_SESSION.contains(&name) => (command.run)(context, rest),
        "split" if rest.is_empty() => (command.run)(context, rest),
        name if RECORDED.contains(&name) => recorded(context),
        "owner" | "history" | "why" => recorded(context).map_err(returning),
        "thread" if !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit()) => {
            recorded(context)
        }
        "info" if kind_called(word).is_some_and(|kind| INFO.contains(&kind)) => recorded(context),
        "set" if setting(word).is_some_and(is_of_the_session) && !behind.starts_with('=') => {
            (command.run)(context, rest)
        }
        "print" => {
            let value = recorded_value(context, rest, &moment)?;
            let answer = Box::new(Answer::Looked(Looked::Recorded(value)));
            Ok(Answer::Past { moment, answer })
        }
        "expect" => past_conditions::expect(context, rest),
        _ => Err(refused(command.name, &moment)),
    }
}

/// Whether a setting says nothing to the program itself, which is put aside.
fn is_of_the_session(setting: &Setting) -> bool {
    !matches!(setting.name, "record" | "drops")
}

/// An error of what was recorded, with the way back to the program.
fn returning(error: CommandError) -> CommandError {
    error.hint("`goto end` returns to the program")
}

/// That a command needs the program.
fn refused(name: &str, moment: &PastMoment) -> CommandError {
    let event = moment.event.0;
    CommandError::new(format!(
        "`{name}` needs the program, and this is its past, after event {event}"
    ))
    .hint("`goto end` returns to the program")
}

fn recorded_value(
    context: &mut Context<'_>,
    text: &str,
    moment: &PastMoment,
) -> Result<RecordedValue, CommandError> {
    if text.starts_with('/') || text.starts_with("--") {
        let what = "formats and limits need the program: what was recorded is shown as it is";
        return Err(CommandError::new(what).hint("`goto end` returns to the program"));
    }
    if text.is_empty() {
        return Err(CommandError::new("`print` needs a variable").hint("`locals` lists them"));
    }
    let found = context.session.recorded(text);
    let event = moment.event.0;
    found.map_err(|error| {
        CommandError::from(error).hint(format!("this is the past, after event {event}"))
    })
}
