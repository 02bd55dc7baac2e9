//! `watch` and its kin: memory that stops the program when it is touched.

use super::words::first;
use super::{Answer, Command, CommandError, Context, Topic, break_terms};
use crate::session::{Access, Terms};

/// `watch`.
pub(super) static WATCH: Command = Command {
    name: "watch",
    aliases: &["wa"],
    topic: Topic::Breakpoints,
    usage: "[-l] PLACE [if CONDITION]",
    about: "Stop the program when a value in memory changes",
    details: "The processor watches, and the program runs at full speed: up to four places of 1, 2, 4 \
              or 8 bytes at once (24 bytes take three of them). The watchpoint of a local variable \
              ends with its scope, that of what lies on the heap with its block; with -l the \
              place itself stays watched.",
    run: |context, text| watch(context, text, Access::Write),
};

/// `rwatch`.
pub(super) static RWATCH: Command = Command {
    name: "rwatch",
    aliases: &["rw"],
    topic: Topic::Breakpoints,
    usage: "[-l] PLACE [if CONDITION]",
    about: "Stop the program when a value in memory is read",
    details: "As `watch`. The processor does not tell a read from a write of the value that is there \
              already: both stop.",
    run: |context, text| watch(context, text, Access::Read),
};

/// `awatch`.
pub(super) static AWATCH: Command = Command {
    name: "awatch",
    aliases: &["aw"],
    topic: Topic::Breakpoints,
    usage: "[-l] PLACE [if CONDITION]",
    about: "Stop the program when a value in memory is read or written",
    details: "As `watch`; it also stops at writes that change nothing.",
    run: |context, text| watch(context, text, Access::Any),
};

fn watch(context: &mut Context<'_>, text: &str, access: Access) -> Result<Answer, CommandError> {
    let (by_location, text) = match first(text) {
        ("-l" | "-location", rest) => (true, rest),
        _ => (false, text),
    };
    // `if` is an expression in Rust, but no place.
    let (place, condition) = match text.find(" if ") {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 4..)),
        None => (text, None),
    };
    if place.trim().is_empty() {
        return Err(
            CommandError::new("`watch` needs a place").hint("as in `watch x` or `watch v[0]`")
        );
    }
    let condition = condition.map(break_terms::condition_of).transpose()?;
    let terms = Terms { condition, ..Terms::default() };
    let set = context.session.watch(place, access, by_location, terms);
    Ok(Answer::Breakpoint(set.map_err(|error| CommandError::about(error, place))?))
}
