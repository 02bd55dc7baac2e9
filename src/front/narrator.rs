//! Where events are written and in which form.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use anstream::{AutoStream, ColorChoice};

use super::args::{Format, OutputArgs, PageArgs};
use super::errors::UserError;
use super::text::{DropsText, TraceText, WatchText};
use crate::base::Event;
use crate::session::Observer;

/// Columns where there is no terminal to ask and none were asked for.
const DEFAULT_WIDTH: usize = 100;

/// The text view of a command.
pub(super) enum Text {
    /// Of `watch`.
    Watch(WatchText),
    /// Of `trace`.
    Trace(TraceText),
    /// Of `drops`.
    Drops(DropsText),
}

/// Writes the events of a run.
pub(super) struct Narrator {
    text: Option<Text>,
    sink: Box<dyn Write>,
    /// Whether the reader has gone: the program goes on, and nobody is told any more.
    gone: bool,
}

impl Narrator {
    /// A narrator as the command line asks for it. `text` makes the view for a width.
    ///
    /// # Errors
    /// The output file cannot be created.
    pub fn new(
        output: &OutputArgs,
        text: impl FnOnce(usize) -> Text,
    ) -> Result<Narrator, UserError> {
        let sink = sink(&output.page)?;
        let text = match output.page.format {
            Format::Json => None,
            Format::Text => Some(text(width(output.page.width, output.page.output.is_none()))),
        };
        Ok(Narrator { text, sink, gone: false })
    }

    fn write(&mut self, event: &Event) -> io::Result<()> {
        match &mut self.text {
            Some(Text::Watch(view)) => self.sink.write_all(view.event(event).as_bytes())?,
            Some(Text::Drops(view)) => self.sink.write_all(view.event(event).as_bytes())?,
            Some(Text::Trace(view)) => self.sink.write_all(view.event(event).as_bytes())?,
            None => {
                serde_json::to_writer(&mut self.sink, event)?;
                self.sink.write_all(b"\n")?;
            }
        }
        // The program writes to the same terminal: what happened before must stand before.
        self.sink.flush()
    }
}

impl Observer for Narrator {
    fn event(&mut self, event: &Event) {
        if !self.gone {
            self.gone = self.write(event).is_err();
        }
    }
}

/// Where a command prints.
pub(super) fn sink(output: &PageArgs) -> Result<Box<dyn Write>, UserError> {
    // What takes the colours away writes piece by piece: the buffer lies below it.
    match &output.output {
        None => {
            let choice = AutoStream::choice(&io::stderr());
            let stderr: Box<dyn Write> = Box::new(BufWriter::new(io::stderr()));
            Ok(Box::new(AutoStream::new(stderr, choice)))
        }
        Some(path) => {
            let file = File::create(path).map_err(|error| UserError::io("create", path, &error))?;
            // A file has no colours unless they were asked for.
            let choice = match ColorChoice::global() {
                ColorChoice::Always => ColorChoice::Always,
                _ => ColorChoice::Never,
            };
            let file: Box<dyn Write> = Box::new(BufWriter::new(file));
            Ok(Box::new(AutoStream::new(file, choice)))
        }
    }
}

/// The columns that text may take: those asked for, or those of the terminal.
pub(super) fn width(asked: Option<u16>, to_terminal: bool) -> usize {
    let terminal = to_terminal.then(terminal_size).flatten().map(|(columns, _)| columns);
    asked.or(terminal).map_or(DEFAULT_WIDTH, usize::from).clamp(40, 1000)
}

/// The lines that the terminal has; none where there is none.
pub(super) fn height() -> Option<usize> {
    terminal_size().map(|(_, rows)| usize::from(rows)).filter(|rows| *rows > 1)
}

/// Columns and rows. Where stderr goes through a pipe (`2>&1 | less`), the terminal is at one of the
/// other ends.
fn terminal_size() -> Option<(u16, u16)> {
    let found = terminal_size::terminal_size_of(io::stderr())
        .or_else(|| terminal_size::terminal_size_of(io::stdout()))
        .or_else(|| terminal_size::terminal_size_of(io::stdin()));
    found.map(|(columns, rows)| (columns.0, rows.0))
}
