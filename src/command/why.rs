//! `why`: why a value is dead, alive or unknown.

use super::looked::Looked;
use super::{Answer, Command, CommandError, Topic};

/// `why`.
pub(super) static WHY: Command = Command {
    name: "why",
    aliases: &[],
    topic: Topic::Data,
    usage: "EXPRESSION | #BLOCK",
    about: "Tell why a value is dead, alive or unknown, since when, and who borrows it",
    details: "What was observed is told apart from what is inferred: from the code of the function, \
              from scopes, or from what bytes lead to.",
    run: |context, text| match text.trim() {
        "" => Err(CommandError::new("`why` is what dead?")
            .hint("name a variable, a part of one, or a block: why s, why p.name, why #3")),
        text => {
            let why = context.session.why(text);
            let why = why.map_err(|error| CommandError::about(error, text))?;
            Ok(Answer::Looked(Looked::Why(why)))
        }
    },
};
