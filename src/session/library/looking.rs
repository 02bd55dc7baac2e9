//! Looking at the program, and writing to it.

use std::fmt::Display;

use crate::expr::Expression;
use crate::session::{Answered, Frame, Output, Session, SessionError, Variable};
use crate::value::{Format, Limits};

impl Session {
    /// What a Rust expression is worth in the frame that is looked at. It is read on the data: no
    /// code of the program runs.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let program = folder.path().join("nested");
    /// # let mut rustc = std::process::Command::new("rustc");
    /// # rustc.args(["-g", "test-programs/nested.rs", "-o"]).arg(&program).status()?;
    /// # let mut session = freehold::Session::builder(&program).open()?;
    /// session.run_to("nested.rs:8")?;
    /// let words = session.print("words")?;
    /// assert_eq!(words.items().map(<[_]>::len), Some(2));
    /// assert_eq!(words.child("[1]").and_then(freehold::Value::as_str), Some("world"));
    /// assert_eq!(words.to_string(), r#"["hello", "world"]"#);
    /// assert_eq!(session.print("words[0].len() == words[1].len()")?, true);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`SessionError::About`] says what is wrong with the expression.
    pub fn print(&mut self, expression: &str) -> Result<Answered, SessionError> {
        // The parts of a value are in the value itself.
        let parts = std::mem::replace(&mut self.settings.parts, false);
        let format = Format { width: self.settings.width, ..Format::default() };
        let answered = self.evaluate_unnumbered(expression, Limits::for_programs(), &format);
        self.settings.parts = parts;
        answered.map_err(about(expression))
    }

    /// Whether a condition holds in the frame that is looked at.
    ///
    /// # Errors
    /// [`SessionError::About`] where it cannot be evaluated, or is no `bool`.
    pub fn holds(&mut self, condition: &str) -> Result<bool, SessionError> {
        let parsed = Expression::parse(condition).map_err(SessionError::from);
        parsed.and_then(|parsed| self.holds_now(&parsed)).map_err(about(condition))
    }

    /// The variables of the frame that is looked at, parameters included, in the order of their
    /// declaration. One that has no value says why.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let program = folder.path().join("add");
    /// # let mut rustc = std::process::Command::new("rustc");
    /// # rustc.args(["-g", "test-programs/add.rs", "-o"]).arg(&program).status()?;
    /// # let mut session = freehold::Session::builder(&program).open()?;
    /// session.run_to("add")?;
    /// let locals = session.locals()?;
    /// let shown = |variable: &freehold::Variable| match &variable.value {
    ///     Ok(value) => format!("{} is {:?}", variable.name, value.value.as_i64()),
    ///     Err(why) => format!("{} is {why}", variable.name),
    /// };
    /// let shown: Vec<_> = locals.iter().map(shown).collect();
    /// assert_eq!(shown, ["a is Some(10)", "b is Some(20)"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`SessionError::NotRunning`].
    pub fn locals(&mut self) -> Result<Vec<Variable>, SessionError> {
        self.variables(&Format { width: self.settings.width, ..Format::default() })
    }

    /// The frames of the thread that is looked at, innermost first.
    ///
    /// # Errors
    /// [`SessionError::NotRunning`].
    pub fn backtrace(&mut self) -> Result<Vec<Frame>, SessionError> {
        Ok(self.stack()?.frames.clone())
    }

    /// Assigns to a scalar of the program: `set("point.x", 5)`. The value is an expression, too.
    ///
    /// # Errors
    /// [`SessionError::About`] where that is refused. Nothing was written then.
    pub fn set(&mut self, place: &str, value: impl Display) -> Result<(), SessionError> {
        let assignment = format!("{place} = {value}");
        self.assign(&assignment).map_err(about(&assignment))
    }

    /// What the program has written to its standard output since this was last asked.
    ///
    /// # Errors
    /// [`SessionError::OutputNotKept`] unless [`capture_output`](super::Builder::capture_output) was
    /// asked for; [`SessionError::OutputLost`] where it was more than is kept.
    pub fn output(&mut self) -> Result<String, SessionError> {
        let Output { bytes, lost } = self.take_output().ok_or(SessionError::OutputNotKept)?;
        match lost {
            0 => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            lost => Err(SessionError::OutputLost(lost)),
        }
    }
}

/// Says which text an error is about.
fn about(text: &str) -> impl Fn(SessionError) -> SessionError + '_ {
    move |error| match error {
        // Where the whole text is blamed, the error says so itself.
        SessionError::Expression(error) if !error.message.starts_with(&format!("`{text}`")) => {
            let error = Box::new(SessionError::Expression(error));
            SessionError::About { text: text.to_owned(), error }
        }
        other => other,
    }
}
