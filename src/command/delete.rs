//! `delete`: no longer stop somewhere.

use super::words::{first, number};
use super::{Answer, Command, CommandError, Context, Topic};
use crate::session::BreakpointId;

/// `delete`.
pub(super) static DELETE: Command = Command {
    name: "delete",
    aliases: &["d"],
    topic: Topic::Breakpoints,
    usage: "[NUMBER ...]",
    about: "Delete breakpoints, or all of them",
    details: "",
    run: delete,
};

fn delete(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let mut ids = Vec::new();
    let (mut word, mut rest) = first(text);
    while let Some(id) = number(word, "the number of a breakpoint")? {
        let id = BreakpointId(u32::try_from(id).unwrap_or(u32::MAX));
        if !context.session.breakpoints().iter().any(|breakpoint| breakpoint.id == id) {
            return Err(CommandError::new(format!("there is no breakpoint {id}"))
                .hint("`info breakpoints` lists them"));
        }
        ids.push(id);
        (word, rest) = first(rest);
    }
    if ids.is_empty() {
        ids = context.session.breakpoints().iter().map(|breakpoint| breakpoint.id).collect();
    }
    for id in ids {
        context.session.delete_breakpoint(id);
    }
    Ok(Answer::Nothing)
}
