//! The numbers of breakpoints, as commands are given them.

use super::words::first;
use super::{CommandError, Context};
use crate::session::BreakpointId;

/// How many numbers one command takes.
const MOST: u32 = 10_000;

/// The breakpoints that a text names: `1 3`, `2-4`, `$bpnum` for the one that was set last. Each
/// exists.
///
/// # Errors
/// What is no number, and a number that no breakpoint has.
pub(super) fn breakpoints(
    context: &Context<'_>,
    text: &str,
) -> Result<Vec<BreakpointId>, CommandError> {
    let mut ids = Vec::new();
    for word in text.split_whitespace() {
        let (from, to) = match word.split_once('-') {
            Some((from, to)) => (number(context, from)?, number(context, to)?),
            None => (number(context, word)?, number(context, word)?),
        };
        for id in (from..=to).take(MOST as usize).map(BreakpointId) {
            if !context.session.breakpoints().iter().any(|breakpoint| breakpoint.id == id) {
                return Err(CommandError::new(format!("there is no breakpoint {id}"))
                    .hint("`info breakpoints` lists them"));
            }
            ids.push(id);
        }
    }
    Ok(ids)
}

/// The one breakpoint that the first word of a text names, and the rest of the text.
///
/// # Errors
/// As [`breakpoints`], and where there is no word.
pub(super) fn one<'t>(
    context: &Context<'_>,
    text: &'t str,
    command: &str,
) -> Result<(BreakpointId, &'t str), CommandError> {
    let (word, rest) = first(text);
    let missing = || {
        CommandError::new(format!("`{command}` needs the number of a breakpoint"))
            .hint("`info breakpoints` lists them")
    };
    let id = breakpoints(context, word)?.first().copied().ok_or_else(missing)?;
    Ok((id, rest))
}

/// The breakpoint that was set last.
///
/// # Errors
/// Where there is none.
pub(super) fn last(context: &Context<'_>) -> Result<BreakpointId, CommandError> {
    let all = context.session.breakpoints();
    let last = all.last().map(|breakpoint| breakpoint.id);
    last.ok_or_else(|| CommandError::new("there are no breakpoints").hint("`break` sets one"))
}

fn number(context: &Context<'_>, word: &str) -> Result<u32, CommandError> {
    if matches!(word, "$bpnum" | "$") {
        return last(context).map(|id| id.0);
    }
    let wrong = |_| {
        CommandError::new(format!("`{word}` is not the number of a breakpoint"))
            .hint("`info breakpoints` lists them")
    };
    word.parse().map_err(wrong)
}
