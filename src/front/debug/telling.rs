//! What a session says: answers, errors, and what happens while the program runs.

use std::cell::RefCell;
use std::io::Write;
use std::rc::Rc;

use serde::Serialize;
use serde_json::json;

use super::reading::Source;
use crate::base::{Event, EventKind, ExitStatus};
use crate::command::{Answer, CommandError};
use crate::front::args::{Format, PageArgs};
use crate::front::errors::UserError;
use crate::front::narrator::{sink, width};
use crate::front::text::AnswerText;
use crate::session::{Halt, Observer, Session};

/// Prints what a session says.
pub(super) struct Teller {
    sink: Rc<RefCell<Box<dyn Write>>>,
    /// Draws answers; none where they are written as JSON.
    text: Option<AnswerText>,
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
        let text = match page.format {
            Format::Json => None,
            Format::Text => Some(AnswerText::new(width(page.width, page.output.is_none()))),
        };
        Ok(Teller { sink, text, ended: None })
    }

    /// How the program ended when it last did.
    pub fn ended(&self) -> Option<ExitStatus> {
        self.ended
    }

    /// Prints an answer.
    pub fn answer(&mut self, answer: &Answer, session: &Session) {
        if let Some(Halt::Ended { status }) = session.halt() {
            self.ended = Some(*status);
        }
        match &self.text {
            Some(text) => write(&self.sink, &text.answer(answer)),
            None if matches!(answer, Answer::Nothing | Answer::Quit) => {}
            None => write(&self.sink, &json(answer)),
        }
    }

    /// Prints an error, with the line that it is about where nobody has just written it.
    pub fn error(&mut self, error: &CommandError, line: Option<(&Source, &str)>) {
        if self.text.is_none() {
            let hints = &error.hints;
            let told = json!({ "answer": "error", "data": { "what": error.what, "hints": hints } });
            return write(&self.sink, &format!("{told}\n"));
        }
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
        let text = self.text.is_some();
        move |event: &Event| match &event.kind {
            EventKind::Note { text: note } if text => write(&sink, &format!("note: {note}\n")),
            EventKind::Log { text: said, .. } if text => write(&sink, &format!("{said}\n")),
            EventKind::Note { .. } | EventKind::Log { .. } => write(&sink, &json(event)),
            _ => {}
        }
    }
}

/// One line of JSON. What cannot be written so would be a mistake of ours, and is said.
fn json(value: &impl Serialize) -> String {
    let text = serde_json::to_string(value);
    text.unwrap_or_else(|error| json!({ "answer": "error", "data": error.to_string() }).to_string())
        + "\n"
}

/// A reader that has gone is no reason to end the session.
fn write(sink: &RefCell<Box<dyn Write>>, text: &str) {
    let mut sink = sink.borrow_mut();
    let _ = sink.write_all(text.as_bytes()).and_then(|()| sink.flush());
}
