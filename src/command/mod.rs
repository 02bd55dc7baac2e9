//! Floor 5: the commands of a debugging session, one file each.
//!
//! [`COMMANDS`] declares them all: the prompt, scripts, help and completion read that table. A
//! command takes the [`Session`] and the rest of its line, and returns an [`Answer`]: data, which
//! `front` prints. Nothing here prints, and nothing here knows of terminals.

mod answer;
mod apropos;
mod backtrace;
mod break_commands;
mod break_ownership;
mod break_terms;
mod breaking;
mod catching;
mod context;
mod delete;
mod difference;
mod disassemble;
mod display;
mod drops;
mod error;
mod events;
mod examine;
mod expect;
mod following;
mod frames;
mod going;
mod heap;
mod help;
mod info;
mod launching;
mod list;
mod locals;
mod looked;
mod maps;
mod numbers;
mod owning;
mod past;
mod past_conditions;
mod print;
mod processes;
mod reaching;
mod registers;
mod running;
mod saving;
mod script;
mod set;
mod settings;
mod shell_words;
mod signals;
mod skip;
mod slots;
mod source_lines;
mod split;
mod stepping;
mod terms;
mod threads;
mod types;
mod watching;
mod why;
mod words;

use serde::Serialize;

use crate::session::{Observer, Session, SessionError};

pub use answer::{
    Answer, Folded, FrameShown, INDENT, Listing, Program, ScriptLine, SourceText, Stopped,
    VariableShown,
};
pub use break_commands::opens_block;
pub use difference::Sides;
pub use disassemble::with_source;
pub use error::{CommandError, InProgram};
pub use events::event_kinds;
pub use info::info_names;
pub use looked::{
    Applied, CodeListing, CodeStyle, ContextShown, Displayed, EventList, Looked, MomentShown,
    SourceLineText,
};
pub use processes::opened;
pub use script::{is_program, script_lines};
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

impl Command {
    /// Whether there must be a process that can run. `run` and `attach` bring one themselves.
    fn needs_process(&self) -> bool {
        self.topic == Topic::Running && !matches!(self.name, "run" | "start" | "attach")
    }
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
    /// What was recorded.
    Past,
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
    &breaking::RBREAK,
    &breaking::LOGPOINT,
    &watching::WATCH,
    &watching::RWATCH,
    &watching::AWATCH,
    &catching::CATCH,
    &catching::TCATCH,
    &terms::CONDITION,
    &terms::IGNORE,
    &break_commands::COMMANDS_OF_BREAKPOINT,
    &terms::ENABLE,
    &terms::DISABLE,
    &delete::DELETE,
    &delete::CLEAR,
    &saving::SAVE,
    &running::RUN,
    &running::START,
    &running::CONTINUE,
    &stepping::STEP,
    &stepping::NEXT,
    &stepping::STEPI,
    &stepping::NEXTI,
    &reaching::FINISH,
    &reaching::UNTIL,
    &reaching::ADVANCE,
    &reaching::JUMP,
    &skip::SKIP,
    &running::KILL,
    &signals::SIGNAL,
    &signals::HANDLE,
    &processes::ATTACH,
    &processes::DETACH,
    &processes::GCORE,
    &launching::TTY,
    &launching::UNSET,
    &backtrace::BACKTRACE,
    &frames::FRAME,
    &frames::UP,
    &frames::DOWN,
    &list::LIST,
    &slots::SLOTS,
    &context::CONTEXT,
    &threads::THREAD,
    &threads::THREADS,
    &locals::LOCALS,
    &locals::ARGS,
    &print::PRINT,
    &split::SPLIT,
    &split::WHERE,
    &heap::HEAP,
    &owning::OWNER,
    &owning::HISTORY,
    &owning::LEAKS,
    &why::WHY,
    &drops::DROPS,
    &maps::MAPS,
    &display::DISPLAY,
    &display::UNDISPLAY,
    &types::PTYPE,
    &types::WHATIS,
    &examine::EXAMINE,
    &registers::REGISTERS,
    &disassemble::DISASSEMBLE,
    &events::EVENTS_COMMAND,
    &going::GOTO,
    &going::BACK,
    &going::FORWARD,
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
    pub const ALL: [Topic; 6] = [
        Topic::Breakpoints,
        Topic::Running,
        Topic::Stack,
        Topic::Data,
        Topic::Past,
        Topic::Session,
    ];

    /// The heading of the topic.
    pub fn name(self) -> &'static str {
        match self {
            Topic::Breakpoints => "breakpoints",
            Topic::Running => "running",
            Topic::Stack => "stack",
            Topic::Data => "data",
            Topic::Past => "past",
            Topic::Session => "session",
        }
    }
}

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
    if command.needs_process() && context.session.is_core() {
        return Err(SessionError::CoreFile.into());
    }
    // The lines of a block stay lines.
    let rest = rest.trim_start_matches(|c: char| c.is_whitespace() && c != '\n');
    if let Some(moment) = context.session.moment() {
        return past::run(context, command, rest, moment);
    }
    let mut answer = (command.run)(context, rest)?;
    if let Answer::Stopped(stopped) = &mut answer {
        add_displays(context, stopped);
    }
    Ok(answer)
}

/// Lets the program run on from where it stands, with the step that a breakpoint has interrupted,
/// where the session keeps that.
///
/// # Errors
/// As `continue`.
pub fn go_on(context: &mut Context<'_>) -> Result<Answer, CommandError> {
    let mut answer = running::go_on(context)?;
    if let Answer::Stopped(stopped) = &mut answer {
        add_displays(context, stopped);
    }
    Ok(answer)
}

/// Adds to a stop what is shown at each.
fn add_displays(context: &mut Context<'_>, stopped: &mut Stopped) {
    if stopped.frame.is_none() {
        return;
    }
    stopped.displays = display::displays(context);
    if context.session.settings.context_at_stop {
        stopped.context = context::at_stop(context).ok().map(Box::new);
    }
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
