//! What the commands of a session answer, as text for people.

use unicode_width::UnicodeWidthStr;

use super::paths::function;
use super::spans::{Ink, Line, bytes, counted, cut, place, wrap};
use super::split::split_text;
use super::value::value_text;
use super::variables::variables;
use crate::base::{At, ExitStatus, Hold};
use crate::command::{Answer, COMMANDS, Command, Listing, SourceText, Stopped, Topic};
use crate::dwarf::Origin;
use crate::session::{Answered, Breakpoint, Frame, Halt, Where, Whereabouts};

/// Columns of a function's name that are kept beside its place.
const SHORTEST: usize = 12;

/// A path of a part that is longer does not push the arrows of other lines to the right.
const WIDEST_PATH: usize = 24;

/// Where what commands do begins, in a list of them.
const ABOUT: usize = 14;

/// Draws answers.
pub struct AnswerText {
    width: usize,
}

impl AnswerText {
    /// For a page of so many columns.
    pub fn new(width: usize) -> AnswerText {
        AnswerText { width }
    }

    /// An answer, with colours.
    pub fn answer(&self, answer: &Answer) -> String {
        match answer {
            Answer::Value(answered) => self.value(answered),
            Answer::Split { name, split } => split_text(split, name, self.width),
            other => self.lines(other),
        }
    }

    fn lines(&self, answer: &Answer) -> String {
        let mut lines = Vec::new();
        match answer {
            Answer::Nothing | Answer::Quit | Answer::Value(_) | Answer::Split { .. } => {}
            Answer::Said(text) => lines.push(plain(text)),
            Answer::Breakpoint(breakpoint) => set_breakpoint(breakpoint, &mut lines),
            Answer::Breakpoints(all) => breakpoints(all, &mut lines),
            Answer::Stopped(stopped) => stop(stopped, &mut lines),
            Answer::Backtrace(listing) => backtrace(listing, self.width, &mut lines),
            Answer::Frame(frame, text) => {
                lines.push(frame_line(frame, false, self.width));
                text.iter().for_each(|text| source(text, &mut lines));
            }
            Answer::Source(text) => source(text, &mut lines),
            Answer::Variables(all) => lines.extend(variables(all, self.width)),
            Answer::Where(found) => whereabouts(found, &mut lines),
            Answer::Commands => commands(self.width, &mut lines),
            Answer::Help(command) => help(command, self.width, &mut lines),
        }
        let mut out = String::new();
        for line in lines {
            line.fit(self.width).render(&mut out);
        }
        out
    }

    /// A value behind its number and its type. What does not fit behind those on one line begins on
    /// the next.
    fn value(&self, answered: &Answered) -> String {
        let mut head = Line::new();
        head.push(Ink::Faint, format!("${}", answered.no)).push(Ink::Faint, ": ");
        head.push(Ink::Type, &answered.type_name).push(Ink::Plain, " = ");
        value_text(head, &answered.pretty, self.width)
    }
}

fn whereabouts(found: &Whereabouts, lines: &mut Vec<Line>) {
    let mut line = Line::new();
    line.push(Ink::Strong, found.region.to_string());
    if let Some(size) = found.size {
        line.push(Ink::Faint, format!("  {}", bytes(size)));
    }
    lines.push(line);
    // A part of a text is where it leads.
    let leads = found.leads.iter().filter(|(_, region, _)| *region != found.region);
    let named = |path: &str| if path.is_empty() { "leads to".to_owned() } else { path.to_owned() };
    let widest = leads.clone().map(|(path, ..)| named(path).width()).max().unwrap_or(0);
    for (path, region, hold) in leads {
        let mut line = Line::new();
        line.push(Ink::Plain, format!("  {}", named(path))).pad_to(2 + widest.min(WIDEST_PATH));
        line.push(Ink::Plain, " → ");
        line.push(Ink::Block, region.to_string());
        let how = match hold {
            Hold::Owner => "owned",
            Hold::Shares => "shared",
            Hold::Refers => "borrowed",
        };
        line.push(Ink::Faint, format!("  {how}"));
        lines.push(line);
    }
}

fn plain(text: &str) -> Line {
    let mut line = Line::new();
    line.push(Ink::Plain, text);
    line
}

fn set_breakpoint(breakpoint: &Breakpoint, lines: &mut Vec<Line>) {
    let mut line = Line::new();
    let word = if breakpoint.temporary { "Temporary breakpoint" } else { "Breakpoint" };
    line.push(Ink::Plain, format!("{word} {}", breakpoint.id));
    match breakpoint.places.as_slice() {
        [one] => {
            line.push(Ink::Plain, " at ").append(where_is(&one.at));
        }
        several => {
            line.push(Ink::Plain, format!(" at {}", counted(several.len() as u64, "place")));
        }
    }
    let asked = match &breakpoint.wanted {
        Where::Line { line, .. } => Some(*line),
        _ => None,
    };
    let got = breakpoint.places.first().and_then(|place| place.at.line);
    if let (Some(asked), Some(got)) = (asked, got)
        && asked != got
    {
        line.push(Ink::Faint, format!("  (line {asked} has no code)"));
    }
    lines.push(line);
}

fn breakpoints(all: &[Breakpoint], lines: &mut Vec<Line>) {
    if all.is_empty() {
        lines.push(plain("There are no breakpoints."));
    }
    for breakpoint in all {
        for (index, place) in breakpoint.places.iter().enumerate() {
            let mut line = Line::new();
            let number = if index == 0 { breakpoint.id.to_string() } else { String::new() };
            line.push(Ink::Strong, format!("{number:>3}  "));
            line.append(where_is(&place.at));
            if index == 0 && breakpoint.hits > 0 {
                line.push(Ink::Faint, format!("  reached {}", counted(breakpoint.hits, "time")));
            }
            lines.push(line);
        }
    }
}

fn stop(stopped: &Stopped, lines: &mut Vec<Line>) {
    let mut line = Line::new();
    match &stopped.halt {
        Halt::Entry => line.push(Ink::Plain, "At the entry point"),
        Halt::Breakpoint { hit, .. } => {
            let ids: Vec<_> = hit.iter().map(ToString::to_string).collect();
            line.push(Ink::Changed, format!("Breakpoint {}", ids.join(", ")))
        }
        Halt::Signal { name, explanation, .. } => {
            line.push(Ink::Gone, format!("Signal {name}"));
            let why = explanation.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            line.push(Ink::Plain, why)
        }
        Halt::Ended { status: ExitStatus::Code(code) } => {
            line.push(Ink::Plain, format!("The program ended with code {code}."))
        }
        Halt::Ended { status: ExitStatus::Signal(signal) } => {
            line.push(Ink::Gone, format!("The program was ended by signal {signal}."))
        }
    };
    if let Some(frame) = &stopped.frame {
        line.push(Ink::Plain, ", ");
        line.append(where_is(&frame.at));
        if stopped.halt.thread().0 > 1 {
            line.push(Ink::Faint, format!("  thread {}", stopped.halt.thread()));
        }
    }
    lines.push(line);
    stopped.source.iter().for_each(|text| source(text, lines));
}

fn where_is(at: &At) -> Line {
    let mut line = Line::new();
    line.push(Ink::Strong, function(&at.function));
    let place = place(at);
    if !place.is_empty() {
        line.push(Ink::Plain, " at ").push(Ink::Plain, place);
    }
    line
}

fn backtrace(listing: &Listing, width: usize, lines: &mut Vec<Line>) {
    for frame in &listing.frames {
        lines.push(frame_line(frame, frame.no == listing.selected, width));
    }
    if listing.more > 0 {
        let mut line = Line::new();
        line.push(Ink::Faint, format!("  … {}", counted(listing.more as u64, "more frame")));
        lines.push(line);
    }
    if let Some(why) = &listing.cut {
        let mut line = Line::new();
        line.push(Ink::Changed, format!("  the stack could not be followed further: {why}"));
        lines.push(line);
    }
}

/// A frame. A name too long for the line is cut, because the place behind it tells more.
fn frame_line(frame: &Frame, selected: bool, width: usize) -> Line {
    let mut tail = Line::new();
    let place = place(&frame.at);
    if !place.is_empty() {
        tail.push(Ink::Faint, format!("  {place}"));
    }
    if frame.inlined {
        tail.push(Ink::Faint, "  inlined");
    }
    if frame.signal {
        tail.push(Ink::Changed, "  signal handler called");
    }
    let mut line = Line::new();
    line.push(Ink::Strong, if selected { "▸" } else { " " });
    line.push(Ink::Faint, format!("{:>2}  ", frame.no));
    let ink = if frame.origin == Origin::User { Ink::Strong } else { Ink::Plain };
    let room = width.saturating_sub(line.width() + tail.width()).max(SHORTEST);
    line.push_cut(ink, &function(&frame.at.function), room).append(tail);
    line
}

fn source(text: &SourceText, lines: &mut Vec<Line>) {
    for (number, content) in (text.first..).zip(&text.lines) {
        let mut line = Line::new();
        let current = text.current == Some(number) && text.lines.len() > 1;
        line.push(Ink::Strong, if current { "▸" } else { " " });
        line.push(Ink::Faint, format!("{number:>4} │ "));
        line.push(Ink::Plain, content.replace('\t', "    "));
        lines.push(line);
    }
}

fn commands(width: usize, lines: &mut Vec<Line>) {
    for topic in Topic::ALL {
        let mut heading = Line::new();
        heading.push(Ink::Strong, topic.name());
        lines.push(heading);
        for command in COMMANDS.iter().filter(|command| command.topic == topic) {
            let mut name = command.name;
            for about in wrap(command.about, width.saturating_sub(ABOUT)) {
                let mut line = Line::new();
                line.push(Ink::Plain, "  ").push(Ink::Plain, name).pad_to(ABOUT);
                line.push(Ink::Faint, about);
                lines.push(line);
                name = "";
            }
        }
    }
}

fn help(command: &Command, width: usize, lines: &mut Vec<Line>) {
    let mut line = Line::new();
    line.push(Ink::Strong, command.name).push(Ink::Plain, format!(" {}", command.usage));
    lines.push(line);
    lines.push(plain(&format!("  {}.", command.about)));
    for text in wrap(command.details, width.saturating_sub(4)) {
        lines.push(plain(&format!("  {text}")));
    }
    if !command.aliases.is_empty() {
        lines.push(plain(&cut(&format!("  Also: {}", command.aliases.join(", ")), width)));
    }
}
