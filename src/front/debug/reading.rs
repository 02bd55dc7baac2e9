//! Where commands come from: `-x` files and `-e` lines in their order, then the prompt.

use std::collections::VecDeque;
use std::fmt;
use std::fs;
use std::io::{self, BufRead};
use std::path::Path;

use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;

use super::after_stop::gather;
use super::is_interactive;
use crate::front::args::SessionArgs;
use crate::front::errors::UserError;

/// Where a line came from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Source {
    /// A file of commands, and the number of the line.
    File(String, usize),
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
            Source::File(path, line) => write!(f, "{path}:{line}"),
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
    editor: Option<DefaultEditor>,
}

impl Lines {
    /// The commands that a command line asks for.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn new(args: &SessionArgs) -> Result<Lines, UserError> {
        let mut given = VecDeque::new();
        for path in &args.commands {
            given.extend(lines_of(path)?);
        }
        given.extend(args.execute.iter().map(|line| (Source::Argument, line.clone())));
        let editor = if args.batch || !is_interactive() { None } else { DefaultEditor::new().ok() };
        Ok(Lines { given, batch: args.batch, editor })
    }

    /// The next command; none at the end. Lines that belong together, up to `end`, are one command.
    pub fn next(&mut self) -> Option<(Source, String)> {
        let (source, line) = self.next_line()?;
        let block = gather(line, || self.next_line().map(|(_, line)| line));
        Some((source, block))
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

    fn next_line(&mut self) -> Option<(Source, String)> {
        if let Some(next) = self.given.pop_front() {
            return Some(next);
        }
        if self.batch {
            return None;
        }
        loop {
            match self.ask() {
                Ok(line) => return Some((Source::Prompt, line)),
                // A line that was given up; the session is not.
                Err(ReadlineError::Interrupted) => {}
                Err(_) => return None,
            }
        }
    }

    fn ask(&mut self) -> Result<String, ReadlineError> {
        let Some(editor) = &mut self.editor else {
            let mut line = String::new();
            return match io::stdin().lock().read_line(&mut line)? {
                0 => Err(ReadlineError::Eof),
                _ => Ok(line),
            };
        };
        let line = editor.readline("(freehold) ")?;
        let _ = editor.add_history_entry(&line);
        Ok(line)
    }
}

fn lines_of(path: &Path) -> Result<Vec<(Source, String)>, UserError> {
    let text = fs::read_to_string(path).map_err(|error| UserError::io("read", path, &error))?;
    let name = path.display().to_string();
    let numbered = text.lines().enumerate();
    Ok(numbered.map(|(at, line)| (Source::File(name.clone(), at + 1), line.to_owned())).collect())
}
