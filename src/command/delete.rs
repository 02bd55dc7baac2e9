//! `delete`, `clear`: no longer stop somewhere.

use super::numbers::breakpoints;
use super::{Answer, Command, CommandError, Context, Topic};
use crate::session::Where;

/// `delete`.
pub(super) static DELETE: Command = Command {
    name: "delete",
    aliases: &["d"],
    topic: Topic::Breakpoints,
    usage: "[NUMBER ...]",
    about: "Delete breakpoints, watchpoints and catchpoints: some, or all of them",
    details: "Several numbers may be written as `2-4`; `$bpnum` is the one that was set last.",
    run: delete,
};

/// `clear`.
pub(super) static CLEAR: Command = Command {
    name: "clear",
    aliases: &["cl"],
    topic: Topic::Breakpoints,
    usage: "[FUNCTION | FILE:LINE | LINE | *ADDRESS]",
    about: "Delete the breakpoints at a place",
    details: "Without a place, those at the instruction at which the frame stands.",
    run: clear,
};

fn clear(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let wanted = match text.trim() {
        "" => Where::Address(context.session.frame()?.pc),
        place => Where::parse(place)?,
    };
    let ids = context.session.breakpoints_at(&wanted)?;
    if ids.is_empty() {
        return Err(CommandError::new("there is no breakpoint at that place")
            .hint("`info breakpoints` lists them"));
    }
    let numbers: Vec<_> = ids.iter().map(ToString::to_string).collect();
    for id in ids {
        context.session.delete_breakpoint(id);
    }
    Ok(Answer::Said(format!("Deleted breakpoint {}.", numbers.join(", "))))
}

fn delete(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    // gdb's habit: `delete breakpoints 1`.
    let text = text.strip_prefix("breakpoints").unwrap_or(text);
    let mut ids = breakpoints(context, text)?;
    if ids.is_empty() {
        ids = context.session.breakpoints().iter().map(|breakpoint| breakpoint.id).collect();
    }
    for id in ids {
        context.session.delete_breakpoint(id);
    }
    Ok(Answer::Nothing)
}
