//! `condition`, `ignore`, `enable`, `disable`: on which terms a breakpoint stops the program.

use super::break_terms::condition_of;
use super::numbers::{breakpoints, one};
use super::words::{first, number};
use super::{Answer, Command, CommandError, Context, Topic};
use crate::session::{BreakpointId, Enabling, Terms};

/// `condition`.
pub(super) static CONDITION: Command = Command {
    name: "condition",
    aliases: &["cond"],
    topic: Topic::Breakpoints,
    usage: "NUMBER [CONDITION]",
    about: "Let a breakpoint stop only where something holds, or always again",
    details: "",
    run: |context, text| {
        let (id, text) = one(context, text, "condition")?;
        let condition = if text.is_empty() { None } else { Some(condition_of(text)?) };
        change(context, id, |terms| terms.condition = condition)
    },
};

/// `ignore`.
pub(super) static IGNORE: Command = Command {
    name: "ignore",
    aliases: &[],
    topic: Topic::Breakpoints,
    usage: "NUMBER COUNT",
    about: "Pass a breakpoint so many times before it stops again",
    details: "Only the times count at which its condition holds.",
    run: |context, text| {
        let (id, text) = one(context, text, "ignore")?;
        let count = number(text, "a number of times")?
            .ok_or_else(|| CommandError::new("`ignore` needs how many times"))?;
        change(context, id, |terms| terms.ignore = count as u64)
    },
};

/// `enable`.
pub(super) static ENABLE: Command = Command {
    name: "enable",
    aliases: &["en"],
    topic: Topic::Breakpoints,
    usage: "[once | delete] [NUMBER ...]",
    about: "Let breakpoints stop the program again: some, or all of them",
    details: "`once` disables each when it has stopped the program, `delete` deletes it then.",
    run: |context, text| match first(text) {
        ("once", rest) => enable(context, rest, Enabling::Once),
        ("delete", rest) => enable(context, rest, Enabling::Delete),
        _ => enable(context, text, Enabling::On),
    },
};

/// `disable`.
pub(super) static DISABLE: Command = Command {
    name: "disable",
    aliases: &["dis"],
    topic: Topic::Breakpoints,
    usage: "[NUMBER ...]",
    about: "Pass breakpoints without stopping, until they are enabled: some, or all of them",
    details: "",
    run: |context, text| enable(context, text, Enabling::Off),
};

fn enable(context: &mut Context<'_>, text: &str, how: Enabling) -> Result<Answer, CommandError> {
    // gdb's habit: `enable breakpoints 1`.
    let text = text.strip_prefix("breakpoints").unwrap_or(text);
    let mut ids = breakpoints(context, text)?;
    if ids.is_empty() {
        ids = context.session.breakpoints().iter().map(|breakpoint| breakpoint.id).collect();
    }
    for id in &ids {
        context.session.enable_breakpoint(*id, how)?;
    }
    let all = context.session.breakpoints();
    Ok(Answer::Breakpoints(all.into_iter().filter(|b| ids.contains(&b.id)).collect()))
}

/// Changes the terms of a breakpoint and shows it.
pub(super) fn change(
    context: &mut Context<'_>,
    id: BreakpointId,
    change: impl FnOnce(&mut Terms),
) -> Result<Answer, CommandError> {
    let changed = context.session.change_terms(id, change);
    let changed =
        changed.ok_or_else(|| CommandError::new(format!("there is no breakpoint {id}")))?;
    Ok(Answer::Breakpoints(vec![changed]))
}
