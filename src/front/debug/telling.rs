//! What a session says: answers, errors, and what happens while the program runs.

use std::cell::{Cell, RefCell};
use std::io::{IsTerminal, Write};
use std::rc::Rc;

use anstream::{AutoStream, ColorChoice};
use serde::Serialize;
use serde_json::json;

use super::pager::{self, Next};
use super::reading::Source;
use crate::base::{Event, EventKind, ExitStatus};
use crate::command::{Answer, CommandError};
use crate::front::args::{Format, PageArgs};
use crate::front::errors::UserError;
use crate::front::narrator::{height, sink, width};
use crate::front::text::AnswerText;
use crate::session::{Halt, Observer, Session};

/// Prints what a session says. Its clones print to the same place, and know the same.
#[derive(Clone)]
pub(in crate::front) struct Teller {
    sink: Rc<RefCell<Box<dyn Write>>>,
    format: Format,
    /// Columns that were asked for.
    asked: Option<u16>,
    /// Whether it goes to the terminal.
    to_terminal: bool,
    /// Columns that values were last given because of the terminal; another number was set.
    fitted: Rc<Cell<usize>>,
    /// How the program ended when it last did.
    ended: Rc<Cell<Option<ExitStatus>>>,
}

impl Teller {
    /// As the command line asks for it.
    ///
    /// # Errors
    /// The output file cannot be created.
    pub fn new(page: &PageArgs) -> Result<Teller, UserError> {
        Ok(Teller {
            sink: Rc::new(RefCell::new(sink(page)?)),
            format: page.format,
            asked: page.width,
            to_terminal: page.output.is_none(),
            fitted: Rc::new(Cell::new(width(page.width, page.output.is_none()))),
            ended: Rc::default(),
        })
    }

    /// How the program ended when it last did.
    pub fn ended(&self) -> Option<ExitStatus> {
        self.ended.get()
    }

    /// Gives values as many columns as there are now, unless somebody has set another number.
    pub fn fit(&self, session: &mut Session) {
        if session.settings.width == self.fitted.get() {
            self.fitted.set(self.width());
            session.settings.width = self.fitted.get();
        }
    }

    /// Remembers how the program ended, if it has.
    pub fn look(&self, session: &Session) {
        if let Some(Halt::Ended { status }) = session.halt() {
            self.ended.set(Some(*status));
        }
    }

    /// Prints an answer.
    pub fn answer(&self, answer: &Answer) {
        self.behind_key(answer);
        self.write(&self.drawn(answer));
    }

    /// The terminal has written `^C` where the program was interrupted by that key.
    fn behind_key(&self, answer: &Answer) {
        let interrupted = matches!(
            answer,
            Answer::Stopped(stopped) if matches!(stopped.halt, Halt::Interrupted { .. })
        );
        let terminal = self.to_terminal && std::io::stderr().is_terminal();
        if interrupted && terminal && self.format == Format::Text {
            self.write("\n");
        }
    }

    /// Prints an answer a page at a time, if it is longer than the terminal. `ask` puts a question
    /// to the person.
    pub fn pages(&self, answer: &Answer, mut ask: impl FnMut(&str) -> Option<String>) {
        self.behind_key(answer);
        let text = self.drawn(answer);
        let rows = height().filter(|_| self.to_terminal && self.format == Format::Text);
        // The last row is for the question.
        let pages = pager::pages(&text, rows.unwrap_or(usize::MAX).saturating_sub(1));
        if pages.len() > 1 && pager::users_pager(&text, self.colours()) {
            return;
        }
        let mut asking = true;
        for (number, page) in pages.into_iter().enumerate() {
            if asking && number > 0 {
                match pager::next(ask(pager::QUESTION).as_deref()) {
                    Next::Page => {}
                    Next::Rest => asking = false,
                    Next::Stop => return,
                }
            }
            self.write(page);
        }
    }

    /// Prints an error, with the line that it is about where nobody has just written it.
    pub(super) fn error(&self, error: &CommandError, line: Option<(&Source, &str)>) {
        if self.format == Format::Json {
            let CommandError { what, hints, sides, unmet, span, at } = error;
            let span = span
                .as_ref()
                .map(|(text, span)| json!({ "text": text, "from": span.start, "to": span.end }));
            let mut data = json!({ "what": what, "hints": hints, "span": span, "sides": sides, "unmet": unmet });
            if let Some(at) = at {
                data["at"] = json!(at.place);
                data["called_at"] = json!(at.called_at);
            }
            return self.write(&json(&json!({ "v": 1, "answer": "error", "data": data })));
        }
        let mut told = UserError::new(error.what.clone()).sides(error.sides.to_vec());
        if let Some((text, span)) = &error.span {
            told = told.in_text(text, span.clone());
        }
        if let Some(at) = &error.at {
            told = told.at(at.to_string());
        } else if let Some((source, line)) = line {
            told = told.at(format!("{source}: {}", line.trim()));
        }
        let told = error.hints.iter().fold(told, |told, hint| told.hint(hint.clone()));
        self.write(&told.within(self.width()).to_string());
    }

    /// Prints something that no command has said.
    pub fn note(&self, note: &UserError) {
        match self.format {
            Format::Text => self.write(&note.clone().within(self.width()).to_string()),
            Format::Json => {
                let plain = anstream::adapter::strip_str(&note.to_string()).to_string();
                let told = json!({ "v": 1, "answer": "note", "data": plain.trim() });
                self.write(&json(&told));
            }
        }
    }

    /// Tells what happens while the program runs.
    ///
    /// Process ids are told with the addresses: without either, two runs print the same.
    pub fn observer(&self, session: &Session) -> impl Observer + use<> {
        let ids = session.settings.addresses;
        let sink = self.sink.clone();
        let text = self.format == Format::Text;
        move |event: &Event| match &event.kind {
            EventKind::Note { text: note } if text => write(&sink, &format!("note: {note}\n")),
            EventKind::Log { text: said, .. } if text => write(&sink, &format!("{said}\n")),
            EventKind::Fork { parent, child, followed } if text => {
                write(&sink, &forked(ids.then_some((*parent, *child)), *followed));
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

    /// An answer as it is printed.
    pub fn drawn(&self, answer: &Answer) -> String {
        match self.format {
            Format::Text => AnswerText::new(self.width()).answer(answer),
            Format::Json => json(&Versioned { v: 1, told: answer }),
        }
    }

    /// Columns that there are now: the terminal may have been resized.
    fn width(&self) -> usize {
        width(self.asked, self.to_terminal)
    }

    fn colours(&self) -> bool {
        let choice = match self.to_terminal {
            true => AutoStream::choice(&std::io::stderr()),
            false => ColorChoice::global(),
        };
        matches!(choice, ColorChoice::Always | ColorChoice::AlwaysAnsi)
    }

    fn write(&self, text: &str) {
        write(&self.sink, text);
    }
}

/// An answer with the version of its form, as every event has it.
#[derive(Serialize)]
struct Versioned<'a, T> {
    v: u8,
    #[serde(flatten)]
    told: &'a T,
}

fn forked(ids: Option<(i32, i32)>, followed: bool) -> String {
    let (who, child, parent) = match ids {
        Some((parent, child)) => {
            (format!("Process {parent}"), format!(" {child}"), parent.to_string())
        }
        None => ("The process".to_owned(), String::new(), "the parent".to_owned()),
    };
    let end = match followed {
        true => format!("its child{child} is followed; {parent} was let go"),
        false => format!("its child{child} was let go"),
    };
    format!("note: {who} forked; {end}.\n")
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
