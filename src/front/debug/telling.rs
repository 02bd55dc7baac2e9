//! What a session says: answers, errors, and what happens while the program runs.

use std::cell::RefCell;
use std::io::Write;
use std::rc::Rc;

use super::reading::Source;
use crate::base::{Event, EventKind, ExitStatus};
use crate::command::{Answer, CommandError};
use crate::front::args::PageArgs;
use crate::front::errors::UserError;
use crate::front::narrator::{sink, width};
use crate::front::text::AnswerText;
use crate::session::{Halt, Observer, Session};

/// Prints what a session says.
pub(super) struct Teller {
    sink: Rc<RefCell<Box<dyn Write>>>,
    text: AnswerText,
    /// How the program ended when it last did.
    ended: Option<ExitStatus>,
}

impl Teller {
    /// As the command line asks for it.
    ///
    /// # Errors
    /// The output file cannot be created.
    pub fn new(page: &PageArgs) -> Result<Teller, UserError> {
        let sink = Rc::new(RefCell::new(sink(page)?));
        Ok(Teller {
            sink,
            text: AnswerText::new(width(page.width, page.output.is_none())),
            ended: None,
        })
    }

    /// How the program ended when it last did.
    pub fn ended(&self) -> Option<ExitStatus> {
        self.ended
    }

    /// Prints an answer.
    pub fn answer(&mut self, answer: &Answer, session: &Session) {
        if let Some(Halt::Ended(status)) = session.halt() {
            self.ended = Some(*status);
        }
        write(&self.sink, &self.text.answer(answer));
    }

    /// Prints an error, with the line that it is about where nobody has just written it.
    pub fn error(&mut self, error: &CommandError, line: Option<(&Source, &str)>) {
        let mut told = UserError::new(error.what.clone());
        if let Some((source, line)) = line {
            told = told.at(format!("{source}: {}", line.trim()));
        }
        let told = error.hints.iter().fold(told, |told, hint| told.hint(hint.clone()));
        write(&self.sink, &told.to_string());
    }

    /// Tells what happens while the program runs.
    pub fn observer(&self) -> impl Observer + use<> {
        let sink = self.sink.clone();
        move |event: &Event| {
            if let EventKind::Note { text } = &event.kind {
                write(&sink, &format!("note: {text}\n"));
            }
        }
    }
}

/// A reader that has gone is no reason to end the session.
fn write(sink: &RefCell<Box<dyn Write>>, text: &str) {
    let mut sink = sink.borrow_mut();
    let _ = sink.write_all(text.as_bytes()).and_then(|()| sink.flush());
}
