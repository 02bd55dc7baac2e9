//! `context`: where the program stands, in one picture.

use super::list::around;
use super::looked::{ContextShown, Looked};
use super::words::number;
use super::{Answer, Command, CommandError, Context, Topic};

/// Events that are shown where no number is asked for.
const EVENTS: usize = 6;
/// Lines of source before and behind the one where the frame stands.
const AROUND: u32 = 4;

/// `context`.
pub(super) static CONTEXT: Command = Command {
    name: "context",
    aliases: &["ctx"],
    topic: Topic::Stack,
    usage: "[EVENTS]",
    about: "Show source, stack, heap and the last events in one picture",
    details: "`set context-at-stop on` shows it whenever the program stops.",
    run: |context, text| {
        let events = number(text, "a number of events")?.unwrap_or(EVENTS);
        Ok(Answer::Looked(Looked::Context(Box::new(shown(context, events)?))))
    },
};

/// The picture, as `set context-at-stop on` shows it.
pub(super) fn at_stop(context: &mut Context<'_>) -> Result<ContextShown, CommandError> {
    shown(context, EVENTS)
}

fn shown(context: &mut Context<'_>, events: usize) -> Result<ContextShown, CommandError> {
    let at = context.session.place_looked_at().ok();
    let source = at.and_then(|at| around(&at, AROUND));
    let view = context.session.context(events)?;
    Ok(ContextShown { source, view })
}
