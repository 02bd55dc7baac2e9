//! `owner`, `history`, `leaks`: questions of ownership.

use super::looked::Looked;
use super::words::nothing;
use super::{Answer, Command, CommandError, Topic};

/// `owner`.
pub(super) static OWNER: Command = Command {
    name: "owner",
    aliases: &[],
    topic: Topic::Data,
    usage: "#BLOCK | EXPRESSION",
    about: "Show who owns a block, up to a variable, a static or a thread",
    details: "With an expression, of the first block that its value leads to. Variables that are alive \
              are followed by their types; where they do not lead to the block, memory is searched for \
              words that do, and `by a word` says so.",
    run: |context, text| {
        let path = context.session.owner(what(text, "owner")?)?;
        Ok(Answer::Looked(Looked::Owner(path)))
    },
};

/// `history`.
pub(super) static HISTORY: Command = Command {
    name: "history",
    aliases: &[],
    topic: Topic::Data,
    usage: "#BLOCK | EXPRESSION",
    about: "Tell what happened to a block: its allocation, moves, resizes and end, with lines",
    details: "With an expression, of the first block that its value leads to. Moves are inferred from \
              what was seen at stops; the rest was observed. In the past the history ends at the event \
              that is looked at, and says how many events of the block follow.",
    run: |context, text| {
        let story = context.session.history(what(text, "history")?)?;
        Ok(Answer::Looked(Looked::History(Box::new(story))))
    },
};

/// `leaks`.
pub(super) static LEAKS: Command = Command {
    name: "leaks",
    aliases: &[],
    topic: Topic::Data,
    usage: "",
    about: "List the blocks that nothing leads to any more, with rings, and those that statics keep",
    details: "Memory is searched from statics, thread-local variables, stacks and registers, without \
              regard to types: a number that looks like an address can hide a leak. After the end of \
              the program it is told how it was then.",
    run: |context, text| {
        nothing(text, "leaks")?;
        Ok(Answer::Looked(Looked::Leaks(context.session.leaks()?)))
    },
};

fn what<'a>(text: &'a str, command: &str) -> Result<&'a str, CommandError> {
    match text.trim() {
        "" => Err(CommandError::new(format!("`{command}` of what?"))
            .hint(format!("name a block or an expression: {command} #3, {command} v[0]"))),
        text => Ok(text),
    }
}
