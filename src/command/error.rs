//! Why a command was not done.

use std::fmt;
use std::io;

use super::difference::Sides;
use crate::base::did_you_mean;
use crate::session::{PlaceError, SessionError};
use crate::value::FormatError;

/// Why a command was not done. The session is as it was before, unless the text says otherwise.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommandError {
    /// What is wrong, in a sentence without full stop.
    pub what: String,
    /// Where in the text that the command was given, in bytes.
    pub span: Option<(String, std::ops::Range<usize>)>,
    /// Where in a program of the user's that is.
    pub at: Option<Box<InProgram>>,
    /// What can be done about it.
    pub hints: Vec<String>,
    /// Whether it is an expectation of the user that does not hold.
    pub unmet: bool,
    /// What was expected and what is, a line each, with what stands in front of it.
    pub sides: Box<[(String, String)]>,
}

/// Calls that a text tells; JSON has them all.
const CALLS_TOLD: usize = 8;

/// Where in a program of the user's something is: `a.rhai:3:5`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InProgram {
    /// The place.
    pub place: String,
    /// The places of the calls that have led there, the innermost first.
    pub called_at: Vec<String>,
}

impl fmt::Display for InProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)?;
        let mut calls = self.called_at.iter();
        calls.by_ref().take(CALLS_TOLD).try_for_each(|place| write!(f, ", called at {place}"))?;
        match calls.len() {
            0 => Ok(()),
            more => write!(f, ", and {more} calls more"),
        }
    }
}

impl CommandError {
    /// An error that says what is wrong.
    pub fn new(what: impl Into<String>) -> CommandError {
        CommandError {
            what: what.into(),
            span: None,
            at: None,
            hints: Vec::new(),
            unmet: false,
            sides: Box::default(),
        }
    }

    /// An expectation that does not hold.
    pub fn unmet(what: impl Into<String>) -> CommandError {
        CommandError { unmet: true, ..CommandError::new(what) }
    }

    /// Adds what was expected and what is.
    #[must_use]
    pub fn sides(self, sides: Sides) -> CommandError {
        CommandError { sides: sides.into(), ..self }
    }

    /// A file that cannot be used, with the system's reason.
    pub fn io(doing: &str, path: &str, error: &io::Error) -> CommandError {
        let reason = error.to_string();
        let reason = reason.split(" (os error").next().unwrap_or_default().to_lowercase();
        CommandError::new(format!("cannot {doing} {path}: {reason}"))
    }

    /// An error about a text that the command was given.
    pub fn about(error: SessionError, text: &str) -> CommandError {
        let span = match &error {
            SessionError::Expression(error) => error.span.clone(),
            _ => None,
        };
        let span = span.map(|span| (text.to_owned(), span));
        CommandError { span, ..CommandError::from(error) }
    }

    /// Adds something to do about it, where that is not said already.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> CommandError {
        let hint = hint.into();
        if !self.hints.contains(&hint) {
            self.hints.push(hint);
        }
        self
    }

    /// Adds the nearest of some names, where one is near enough.
    #[must_use]
    pub fn did_you_mean<'a>(
        mut self,
        wanted: &str,
        names: impl IntoIterator<Item = &'a str>,
    ) -> CommandError {
        self.hints.extend(did_you_mean(wanted, names));
        self
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        self.hints.iter().try_for_each(|hint| write!(f, "\n  {hint}"))
    }
}

impl std::error::Error for CommandError {}

impl From<SessionError> for CommandError {
    fn from(error: SessionError) -> CommandError {
        let plain = CommandError::new(error.to_string());
        match error {
            SessionError::Expression(error) => error.hints.into_iter().fold(plain, Self::hint),
            SessionError::NotRunning => plain.hint("`run` starts it"),
            SessionError::InThePast | SessionError::NotRecorded(_) => {
                plain.hint("`goto end` returns to the program")
            }
            SessionError::Place(error) => CommandError::from(error),
            SessionError::JumpOut { .. } => plain.hint("`jump --force` jumps there all the same"),
            SessionError::JumpWhere(_) => plain.hint("name one by *ADDRESS"),
            SessionError::CoreFile => plain.hint("`run` starts the program anew"),
            SessionError::Attach(error) => error.hint().into_iter().fold(plain, Self::hint),
            _ => plain,
        }
    }
}

impl From<FormatError> for CommandError {
    fn from(error: FormatError) -> CommandError {
        CommandError::new(error.to_string())
    }
}

impl From<PlaceError> for CommandError {
    fn from(error: PlaceError) -> CommandError {
        let plain = CommandError::new(error.to_string());
        match &error {
            PlaceError::NoFunction { name, known } | PlaceError::NoFile { name, known } => {
                plain.did_you_mean(name, known.iter().map(String::as_str))
            }
            PlaceError::NotRunning(_) => plain.hint("`run` starts it"),
            PlaceError::NoMatch(_) => {
                plain.hint("the path is that of the function: `krate::module::f`")
            }
            PlaceError::WhichFile(line) => plain.hint(format!("write FILE:{line}")),
            _ => plain,
        }
    }
}
