//! Floor 5: the commands of a debugging session, one file each.
//!
//! [`COMMANDS`] declares them all: the prompt, scripts, help and completion read that table. A
//! command takes the [`Session`] and the rest of its line, and returns an [`Answer`]: data, which
//! `front` prints. Nothing here prints, and nothing here knows of terminals.

mod answer;
mod apropos;
mod backtrace;
mod breaking;
mod delete;
mod difference;
mod error;
mod expect;
mod frames;
mod help;
mod info;
mod launching;
mod list;
mod locals;
mod print;
mod running;
mod script;
mod set;
mod settings;
mod shell_words;
mod split;
mod words;

use serde::Serialize;

use crate::session::{Observer, Session};

pub use answer::{Answer, INDENT, Listing, ScriptLine, SourceText, Stopped, VariableShown};
pub use difference::Sides;
pub use error::CommandError;
pub use script::script_lines;
pub use settings::setting_names;

/// One command.
pub struct Command {
    /// Its name, as it is listed.
    pub name: &'static str,
    /// Other names, gdb's abbreviations among them.
    pub aliases: &'static [&'static str],
    /// What it is about, for `help`.
    pub topic: Topic,
    /// What may follow the name.
    pub usage: &'static str,
    /// What it does, in a line.
    pub about: &'static str,
    /// The rest of what there is to know; may be empty.
    pub details: &'static str,
    /// Does it.
    pub run: fn(&mut Context<'_>, &str) -> Result<Answer, CommandError>,
}

/// What commands are about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Where the program stops.
    Breakpoints,
    /// Letting it run.
    Running,
    /// Frames.
    Stack,
    /// Values.
    Data,
    /// The debugger itself.
    Session,
}

/// What a command works on.
pub struct Context<'a> {
    /// The program and what is known of it.
    pub session: &'a mut Session,
    /// Is told what happens while the program runs.
    pub observer: &'a mut dyn Observer,
}

/// Every command, in the order of `help`.
pub const COMMANDS: &[&Command] = &[
    &breaking::BREAK,
    &breaking::TBREAK,
    &delete::DELETE,
    &running::RUN,
    &running::CONTINUE,
    &running::KILL,
    &launching::TTY,
    &launching::UNSET,
    &backtrace::BACKTRACE,
    &frames::FRAME,
    &frames::UP,
    &frames::DOWN,
    &list::LIST,
    &locals::LOCALS,
    &locals::ARGS,
    &print::PRINT,
    &split::SPLIT,
    &split::WHERE,
    &set::SET,
    &info::INFO,
    &settings::SHOW,
    &launching::CD,
    &launching::PWD,
    &script::SOURCE,
    &script::ECHO,
    &script::TRANSCRIPT,
    &expect::EXPECT,
    &expect::EXPECT_OUTPUT,
    &help::HELP,
    &apropos::APROPOS,
    &running::QUIT,
];

impl Topic {
    /// Every topic, in the order of `help`.
    pub const ALL: [Topic; 5] =
        [Topic::Breakpoints, Topic::Running, Topic::Stack, Topic::Data, Topic::Session];

    /// The heading of the topic.
    pub fn name(self) -> &'static str {
        match self {
            Topic::Breakpoints => "breakpoints",
            Topic::Running => "running",
            Topic::Stack => "stack",
            Topic::Data => "data",
            Topic::Session => "session",
        }
    }
}

/// The commands whose line begins a block, unless it holds one in braces.
const BLOCKS: &[&str] = &["commands"];

/// Does what a line says. An empty line and a comment (`#`) do nothing.
///
/// # Errors
/// [`CommandError`] says what is wrong with the line, or why it cannot be done now.
pub fn run_line(context: &mut Context<'_>, line: &str) -> Result<Answer, CommandError> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(Answer::Nothing);
    }
    let (word, rest) = line.split_at(command_word(line).len());
    let command = find(word)?;
    (command.run)(context, rest.trim())
}

/// The word at the beginning of a line that names its command. `.` alone is one, too.
pub fn command_word(line: &str) -> &str {
    let in_name = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    let end = line.find(|c| !in_name(c)).unwrap_or(line.len());
    match line.get(..end) {
        Some("") if line.starts_with(". ") => ".",
        word => word.unwrap_or_default(),
    }
}

/// Whether a line begins a block of commands, which goes on to a line `end`.
pub fn opens_block(line: &str) -> bool {
    let line = line.trim();
    let named = find(command_word(line)).is_ok_and(|command| BLOCKS.contains(&command.name));
    named && !line.contains('{')
}

/// The command of a name, of an alias, or that alone begins so.
///
/// # Errors
/// [`CommandError`] with the nearest names, or with those that begin so.
pub fn find(word: &str) -> Result<&'static Command, CommandError> {
    let named = |c: &&&Command| c.name == word || c.aliases.contains(&word);
    if let Some(command) = COMMANDS.iter().find(named) {
        return Ok(command);
    }
    let begin: Vec<_> = COMMANDS.iter().filter(|c| c.name.starts_with(word)).collect();
    match begin.as_slice() {
        [one] if !word.is_empty() => Ok(one),
        [] => {
            let names = COMMANDS.iter().flat_map(|c| std::iter::once(&c.name).chain(c.aliases));
            Err(CommandError::new(format!("there is no command `{word}`"))
                .did_you_mean(word, names.copied())
                .hint("`help` lists the commands"))
        }
        several => {
            let names: Vec<_> = several.iter().map(|command| command.name).collect();
            Err(CommandError::new(format!("`{word}` can be {}", names.join(", "))))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_and_aliases_are_unique_and_found() {
        let mut seen = HashSet::new();
        for command in COMMANDS {
            for name in std::iter::once(&command.name).chain(command.aliases) {
                assert!(seen.insert(*name), "{name} twice");
                assert_eq!(find(name).map(|found| found.name).ok(), Some(command.name));
            }
            assert!(!command.about.is_empty() && !command.about.ends_with('.'));
            assert!(Topic::ALL.contains(&command.topic));
        }
    }

    #[test]
    fn the_beginning_of_one_name_is_enough_and_a_slip_is_told() {
        assert_eq!(find("cont").map(|command| command.name).ok(), Some("continue"));
        let error = find("brek").err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("no command `brek`") && error.contains("`break`"), "{error}");
    }
}
