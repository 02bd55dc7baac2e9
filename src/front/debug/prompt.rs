//! The prompt: editing with history, completion and hints.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::rc::Rc;

use anstyle::{AnsiColor, Style};
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::{Hint, Hinter, HistoryHinter};
use rustyline::history::FileHistory;
use rustyline::{Behavior, ColorMode, CompletionType, Config, Context, Editor, Helper, Validator};

use super::completing::complete;
use crate::command::{command_word, find};
use crate::front::folders::Folder;
use crate::front::script::DefinedCommands;
use crate::session::Session;

/// Lines that the history remembers.
const REMEMBERED: usize = 5000;

/// Asks a person at a terminal.
pub(super) struct Prompt {
    editor: Editor<Assistant, FileHistory>,
    history: Option<PathBuf>,
}

impl Prompt {
    /// A prompt with the history of earlier sessions; none where the terminal cannot be used.
    pub fn new(session: &Rc<RefCell<Session>>, defined: &DefinedCommands) -> Option<Prompt> {
        let colours = anstream::AutoStream::choice(&std::io::stderr());
        let colours = colours != anstream::ColorChoice::Never;
        let config = Config::builder()
            .max_history_size(REMEMBERED)
            .and_then(|config| config.history_ignore_dups(true));
        let config = config
            .ok()?
            .history_ignore_space(true)
            .completion_type(CompletionType::List)
            .completion_prompt_limit(200)
            // What the program and the debugger write may lead into files.
            .behavior(Behavior::PreferTerm)
            .color_mode(if colours { ColorMode::Enabled } else { ColorMode::Disabled })
            .build();
        let mut editor = Editor::with_config(config).ok()?;
        let hints = colours.then(HistoryHinter::new);
        editor.set_helper(Some(Assistant {
            session: session.clone(),
            defined: defined.clone(),
            hints,
            command: Cell::new(true),
        }));
        let history = history_file();
        if let Some(path) = &history {
            // The first session has none yet.
            let _ = editor.load_history(path);
        }
        Some(Prompt { editor, history })
    }

    /// Asks for a command, which the history then remembers.
    ///
    /// # Errors
    /// Ctrl-C, Ctrl-D, and a terminal that is gone.
    pub fn command(&mut self, prompt: &str) -> Result<String, ReadlineError> {
        self.assist(true);
        let text = self.editor.readline(prompt)?;
        for line in text.lines() {
            if let (Ok(true), Some(path)) = (self.editor.add_history_entry(line), &self.history) {
                // A history that cannot be written is lost at the end of the session, and only that.
                let _ = self.editor.append_history(path);
            }
        }
        Ok(text)
    }

    /// Asks something else.
    ///
    /// # Errors
    /// As [`Prompt::command`].
    pub fn question(&mut self, question: &str) -> Result<String, ReadlineError> {
        self.assist(false);
        self.editor.readline(question)
    }

    fn assist(&self, command: bool) {
        if let Some(assistant) = self.editor.helper() {
            assistant.command.set(command);
        }
    }
}

/// The file of the history, in a folder that is there.
fn history_file() -> Option<PathBuf> {
    let folder = Folder::State.path()?;
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder.join("history"))
}

/// Completes, hints and colours while a line is written.
#[derive(Helper, Validator)]
struct Assistant {
    session: Rc<RefCell<Session>>,
    defined: DefinedCommands,
    /// None without colours: a hint could not be told from what was written.
    hints: Option<HistoryHinter>,
    /// Whether a command is asked for, and not something else.
    command: Cell<bool>,
}

/// What is shown behind the cursor.
enum Suggestion {
    /// The rest of a line of the history, which the right arrow takes.
    Line(String),
    /// What may follow.
    Usage(String),
}

impl Hint for Suggestion {
    fn display(&self) -> &str {
        match self {
            Suggestion::Line(text) | Suggestion::Usage(text) => text,
        }
    }

    fn completion(&self) -> Option<&str> {
        match self {
            Suggestion::Line(text) => Some(text),
            Suggestion::Usage(_) => None,
        }
    }
}

impl Completer for Assistant {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        cursor: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        match self.session.try_borrow_mut() {
            Ok(mut session) if self.command.get() => {
                let (start, mut names) = complete(line, cursor, &mut session);
                let word = line.get(start..cursor).unwrap_or_default();
                if line.get(..start).is_some_and(|before| before.trim().is_empty()) {
                    let defined = self.defined.borrow();
                    let begin = defined.iter().filter(|command| command.name.starts_with(word));
                    names.extend(begin.map(|command| command.name.clone()));
                }
                Ok((start, names))
            }
            _ => Ok((cursor, Vec::new())),
        }
    }
}

impl Hinter for Assistant {
    type Hint = Suggestion;

    fn hint(&self, line: &str, cursor: usize, context: &Context<'_>) -> Option<Suggestion> {
        let hints = self.hints.as_ref().filter(|_| self.command.get() && cursor == line.len())?;
        if let Some(usage) = usage(line) {
            return Some(Suggestion::Usage(usage));
        }
        hints.hint(line, cursor, context).map(Suggestion::Line)
    }
}

impl Highlighter for Assistant {
    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        Cow::Owned(painted(prompt, AnsiColor::Cyan.on_default().bold()))
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(painted(hint, Style::new().dimmed()))
    }
}

/// What may follow a command of which the name alone stands there, with a space behind it.
fn usage(line: &str) -> Option<String> {
    let text = line.trim_start();
    let word = command_word(text);
    let only = !word.is_empty() && text.get(word.len()..) == Some(" ");
    let usage = find(word).ok().filter(|_| only)?.usage;
    (!usage.is_empty()).then(|| usage.to_owned())
}

fn painted(text: &str, style: Style) -> String {
    format!("{style}{text}{style:#}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usage_stands_behind_the_name_alone() {
        assert!(usage("b ").is_some_and(|usage| usage.starts_with("[--ret]")));
        for without in ["b", "b x", "b  ", "pwd ", "nonsense ", ""] {
            assert_eq!(usage(without), None, "{without:?}");
        }
    }
}
