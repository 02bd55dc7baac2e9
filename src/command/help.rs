//! `help`: the commands.

use super::{Answer, Command, Topic, find};

/// `help`.
pub(super) static HELP: Command = Command {
    name: "help",
    aliases: &["h"],
    topic: Topic::Session,
    usage: "[COMMAND]",
    about: "List the commands, or explain one",
    details: "",
    run: |_, text| match text {
        "" => Ok(Answer::Commands),
        name => find(name).map(Answer::Help),
    },
};
