//! `help`: the commands.

use super::{Answer, Command, Topic, find};

/// `help`.
pub(super) static HELP: Command = Command {
    name: "help",
    aliases: &["h"],
    topic: Topic::Session,
    usage: "[COMMAND | TOPIC]",
    about: "List the commands, or explain one",
    details: "",
    run: |_, text| match text {
        "" => Ok(Answer::Commands),
        name => match (find(name), topic(name)) {
            // A topic is whole, a command may be the beginning of its name.
            (Ok(command), Some(topic)) if command.name != name => Ok(Answer::Topic(topic)),
            (Ok(command), _) => Ok(Answer::Help(command)),
            (Err(_), Some(topic)) => Ok(Answer::Topic(topic)),
            (Err(error), None) => Err(error.hint("`apropos WORD` finds commands by what they do")),
        },
    },
};

/// The topic of a name.
fn topic(name: &str) -> Option<Topic> {
    Topic::ALL.into_iter().find(|topic| topic.name() == name)
}
