//! Where commands come from: init files, `-x` files and `-e` lines in their order, then the prompt.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::fs;
use std::io::{self, BufRead};
use std::path::Path;
use std::rc::Rc;

use rustyline::error::ReadlineError;

use super::after_stop::gather;
use super::is_interactive;
use super::prompt::Prompt;
use crate::command::{ScriptLine, is_program, script_lines};
use crate::front::args::SessionArgs;
use crate::front::errors::UserError;
use crate::front::script::DefinedCommands;
use crate::session::Session;

/// What is asked for a command, and for a line of a block of commands.
const PROMPT: &str = "(freehold) ";
const IN_BLOCK: &str = ">";

/// How deep files may `source` files.
const DEPTH: usize = 50;

/// Where a line came from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Source {
    /// A file of commands, the number of the line, and how many files lead to it.
    File(String, usize, usize),
    /// A whole program of Rhai, by the name of its file.
    Program(String),
    /// The command line.
    Argument,
    /// The commands of a breakpoint.
    Breakpoint(u32),
    /// A person, or what is written into our standard input.
    Prompt,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::File(path, line, _) => write!(f, "{path}:{line}"),
            Source::Program(path) => f.write_str(path),
            Source::Argument => f.write_str("-e"),
            Source::Breakpoint(number) => write!(f, "commands of breakpoint {number}"),
            Source::Prompt => f.write_str("the prompt"),
        }
    }
}

/// The commands of a session, one after the other.
pub(super) struct Lines {
    given: VecDeque<(Source, String)>,
    batch: bool,
    prompt: Option<Prompt>,
    session: Rc<RefCell<Session>>,
}

/// What comes next.
pub(super) enum Next {
    /// A command.
    Line(Source, String),
    /// A person wants to leave, by Ctrl-D.
    Leave,
    /// A line was given up, by Ctrl-C.
    GivenUp,
    /// There are no more.
    End,
}

impl Lines {
    /// The commands that a command line asks for, after those of the init files.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn new(
        args: &SessionArgs,
        init: Vec<ScriptLine>,
        session: &Rc<RefCell<Session>>,
        defined: &DefinedCommands,
    ) -> Result<Lines, UserError> {
        let prompt =
            if args.batch || !is_interactive() { None } else { Prompt::new(session, defined) };
        let given = VecDeque::new();
        let mut lines = Lines { given, batch: args.batch, prompt, session: session.clone() };
        lines.given.extend(init.into_iter().map(|line| of_file(line, 0)));
        for path in &args.commands {
            let name = path.display().to_string();
            let script = text_of(path)?;
            if is_program(&name) {
                lines.given.push_back((Source::Program(name), script));
                continue;
            }
            let script = script_lines(&name, &script);
            lines.given.extend(script.into_iter().map(|line| of_file(line, 0)));
        }
        let arguments = args.execute.iter().flat_map(|text| text.lines());
        lines.given.extend(arguments.map(|line| (Source::Argument, line.to_owned())));
        Ok(lines)
    }

    /// Whether one of the commands that are known already has a name.
    pub fn mention(&self, command: &str) -> bool {
        self.given.iter().any(|(_, line)| names(line, command))
    }

    /// Whether a program of Rhai that is known already has a word in it.
    pub fn programs_mention(&self, word: &str) -> bool {
        let mut given = self.given.iter();
        given.any(|(source, text)| matches!(source, Source::Program(_)) && text.contains(word))
    }

    /// Puts commands before all others.
    pub fn do_first(&mut self, commands: Vec<(Source, String)>) {
        for command in commands.into_iter().rev() {
            self.given.push_front(command);
        }
    }

    /// Forgets given commands, by where they came from.
    pub fn retain(&mut self, keep: impl Fn(&Source) -> bool) {
        self.given.retain(|(source, _)| keep(source));
    }

    /// The commands of a file that a line asked for come next.
    ///
    /// # Errors
    /// Where files lead to files without end.
    pub fn insert(&mut self, by: &Source, script: Vec<ScriptLine>) -> Result<(), UserError> {
        let depth = match by {
            Source::File(_, _, depth) => depth + 1,
            _ => 0,
        };
        if depth > DEPTH {
            return Err(UserError::new(format!("more than {DEPTH} files lead to each other"))
                .hint("does a file `source` itself?"));
        }
        self.do_first(script.into_iter().map(|line| of_file(line, depth)).collect());
        Ok(())
    }

    /// Leaves out what was to come from files and the command line.
    pub fn forget(&mut self) {
        self.given.clear();
    }

    /// The next command. Lines that belong together, up to their `end`, are one.
    pub fn next(&mut self) -> Next {
        loop {
            let prompt = self.prompt_now();
            match self.line(&prompt) {
                whole @ Next::Line(Source::Program(_), _) => return whole,
                Next::Line(source, first) => {
                    if let Some(text) = self.block(first) {
                        return Next::Line(source, text);
                    }
                }
                Next::GivenUp => {}
                other => return other,
            }
        }
    }

    /// What asks for a command: in the past, it says at which event.
    fn prompt_now(&self) -> String {
        let session = self.session.borrow();
        match session.event_looked_at() {
            Some(event) => format!("(freehold @{}) ", event.seq.0),
            None => PROMPT.to_owned(),
        }
    }

    /// A line with the block that it begins, if it begins one; none where that was given up. A block
    /// that does not end is for its command to complain of.
    fn block(&mut self, first: String) -> Option<String> {
        let mut given_up = false;
        let text = gather(first, || match self.line(IN_BLOCK) {
            // A program is no line of a block.
            Next::Line(source @ Source::Program(_), text) => {
                self.given.push_front((source, text));
                None
            }
            Next::Line(_, line) => Some(line),
            Next::GivenUp => {
                given_up = true;
                None
            }
            Next::Leave | Next::End => None,
        });
        (!given_up).then_some(text)
    }

    /// Asks a person something; none where there is nobody, or no answer.
    pub fn question(&mut self, question: &str) -> Option<String> {
        self.prompt.as_mut()?.question(question).ok()
    }

    /// Whether a person sits at a terminal.
    pub fn has_prompt(&self) -> bool {
        self.prompt.is_some()
    }

    fn line(&mut self, prompt: &str) -> Next {
        if let Some((source, line)) = self.given.pop_front() {
            return Next::Line(source, line);
        }
        if self.batch {
            return Next::End;
        }
        let Some(person) = &mut self.prompt else {
            let mut line = String::new();
            return match io::stdin().lock().read_line(&mut line) {
                Ok(1..) => Next::Line(Source::Prompt, line),
                _ => Next::End,
            };
        };
        match person.command(prompt) {
            Ok(text) => {
                // What was pasted may be several lines.
                let mut lines = text.lines().map(|line| (Source::Prompt, line.to_owned()));
                let (source, first) = lines.next().unwrap_or((Source::Prompt, String::new()));
                self.given.extend(lines);
                Next::Line(source, first)
            }
            Err(ReadlineError::Interrupted) => Next::GivenUp,
            Err(ReadlineError::Eof) => Next::Leave,
            Err(_) => Next::End,
        }
    }
}

/// Whether a line is a command of this name.
pub(super) fn names(line: &str, command: &str) -> bool {
    let word = crate::command::command_word(line.trim());
    crate::command::find(word).is_ok_and(|found| found.name == command)
}

fn of_file(line: ScriptLine, depth: usize) -> (Source, String) {
    (Source::File(line.file, line.line, depth), line.text)
}

fn text_of(path: &Path) -> Result<String, UserError> {
    fs::read_to_string(path).map_err(|error| UserError::io("read", path, &error))
}
