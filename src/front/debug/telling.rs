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
    width: usize,
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
        let width = width(page.width, page.output.is_none());
        let text = match page.format {
            Format::Json => None,
            Format::Text => Some(AnswerText::new(width)),
        };
        Ok(Teller { sink, text, width, ended: None })
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
            None => write(&self.sink, &json(&Versioned { v: 1, told: answer })),
        }
    }

    /// Prints an error, with the line that it is about where nobody has just written it.
    pub fn error(&mut self, error: &CommandError, line: Option<(&Source, &str)>) {
        if self.text.is_none() {
            let span = error
                .span
                .as_ref()
                .map(|(text, span)| json!({ "text": text, "from": span.start, "to": span.end }));
            let data = json!({ "what": error.what, "hints": error.hints, "span": span });
            return write(&self.sink, &json(&json!({ "v": 1, "answer": "error", "data": data })));
        }
        let mut told = UserError::new(error.what.clone());
        if let Some((text, span)) = &error.span {
            told = told.in_text(text, span.clone());
        }
        if let Some((source, line)) = line {
            told = told.at(format!("{source}: {}", line.trim()));
        }
        let told = error.hints.iter().fold(told, |told, hint| told.hint(hint.clone()));
        write(&self.sink, &told.within(self.width).to_string());
    }

    /// Tells what happens while the program runs.
    pub fn observer(&self) -> impl Observer + use<> {
        let sink = self.sink.clone();
        let text = self.text.is_some();
        move |event: &Event| match &event.kind {
            EventKind::Note { text: note } if text => write(&sink, &format!("note: {note}\n")),
            EventKind::Log { text: said, .. } if text => write(&sink, &format!("{said}\n")),
            EventKind::Fork { parent, child, followed } if text => {
                write(&sink, &forked(*parent, *child, *followed));
            }
            EventKind::Exec { program } if text => {
                write(&sink, &format!("note: The process executes {program}.\n"));
            }
            // Of one for which the program stands still, the stop tells.
            EventKind::Signal { name, explanation, stack: None, .. } if text => {
                let why = explanation.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
                let thread = event.thread;
                write(&sink, &format!("Signal {name} in thread {thread}{why}\n"));
            }
            EventKind::Note { .. }
            | EventKind::Log { .. }
            | EventKind::Fork { .. }
            | EventKind::Exec { .. }
            | EventKind::Signal { stack: None, .. } => write(&sink, &json(event)),
            _ => {}
        }
    }
}

/// An answer with the version of its form, as every event has it.
#[derive(Serialize)]
struct Versioned<'a, T> {
    v: u8,
    #[serde(flatten)]
    told: &'a T,
}

fn forked(parent: i32, child: i32, followed: bool) -> String {
    let end = match followed {
        true => format!("its child {child} is followed; {parent} was let go"),
        false => format!("its child {child} was let go"),
    };
    format!("note: Process {parent} forked; {end}.\n")
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
