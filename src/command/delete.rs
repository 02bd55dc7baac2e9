//! `delete`: no longer stop somewhere.

use super::numbers::breakpoints;
use super::{Answer, Command, CommandError, Context, Topic};

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
