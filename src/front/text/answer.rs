//! What the commands of a session answer, as text for people.

use unicode_width::UnicodeWidthStr;

use super::breakpoints;
use super::highlight::coloured;
use super::looked;
use super::paths::function;
use super::slots::DOUBT;
use super::spans::{Ink, Line, bytes, counted, place, wrap};
use super::split::split_text;
use super::value::value_text;
use super::variables::variables;
use crate::base::{At, ExitStatus, Hold, borrowed_text};
use crate::command::{Answer, COMMANDS, Command, SourceText, Stopped, Topic};
use crate::dwarf::Origin;
use crate::session::{Answered, Frame, Halt, Skip, Whereabouts};

/// Columns of a function's name that are kept beside its place.
const SHORTEST: usize = 12;

/// A path of a part that is longer does not push the arrows of other lines to the right.
const WIDEST_PATH: usize = 24;

/// Where what commands do begins, in a list of them.
const ABOUT: usize = 16;

/// Where a line goes on that is too long for one.
const BEHIND: usize = 2;

/// The same in a list of breakpoints.
const TERMS: usize = 7;

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
            Answer::Looked(found) => looked::looked(found, self.width),
            Answer::Past { moment, answer } => {
                looked::heading(moment, self.width) + &self.answer(answer)
            }
            Answer::Stopped(stopped) => {
                let value = stopped.returned.as_ref().map(|answered| self.value(answered));
                self.lines(answer)
                    + &value.unwrap_or_default()
                    + &looked::at_stop(stopped, self.width)
            }
            other => self.lines(other),
        }
    }

    fn lines(&self, answer: &Answer) -> String {
        let mut lines = Vec::new();
        match answer {
            Answer::Nothing
            | Answer::Quit
            | Answer::Value(_)
            | Answer::Split { .. }
            | Answer::Past { .. }
            | Answer::Script(_)
            | Answer::Program(_)
            | Answer::Transcript(_)
            | Answer::Looked(_) => {}
            Answer::Said(text) if text.is_empty() => lines.push(Line::new()),
            Answer::Said(text) => lines.extend(text.lines().map(plain)),
            Answer::Rows(all) => rows(all, self.width, &mut lines),
            Answer::Breakpoint(breakpoint) => {
                lines.extend(breakpoints::set(breakpoint).folded(self.width, BEHIND));
            }
            Answer::Breakpoints(all) => {
                let listed = breakpoints::list(all).into_iter();
                lines.extend(listed.flat_map(|line| line.folded(self.width, TERMS)));
            }
            Answer::Skips(rules) => skips(rules, &mut lines),
            Answer::Stopped(stopped) => stop(stopped, self.width, &mut lines),
            Answer::Backtrace(listing) => looked::backtrace(listing, self.width, &mut lines),
            Answer::Frame(frame, text) => {
                lines.push(frame_line(frame, false, self.width));
                text.iter().for_each(|text| source(text, &mut lines));
            }
            Answer::Source(text) => source(text, &mut lines),
            Answer::Variables(all) => lines.extend(variables(all, self.width)),
            Answer::Where(found) => whereabouts(found, &mut lines),
            Answer::Commands => {
                Topic::ALL.into_iter().for_each(|topic| commands(topic, self.width, &mut lines));
            }
            Answer::Topic(topic) => commands(*topic, self.width, &mut lines),
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
        let mut text = value_text(head, &answered.pretty, self.width);
        if let Some(doubt) = &answered.doubt {
            let mut line = Line::new();
            line.push(Ink::Changed, format!("    {DOUBT}: {doubt}"));
            line.folded(self.width, 6).iter().for_each(|line| line.render(&mut text));
        }
        if let Some(borrowed) = borrowed_text(&answered.borrowed) {
            let mut line = Line::new();
            line.push(Ink::Changed, format!("    {borrowed}")).render(&mut text);
        }
        text
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

pub(super) fn plain(text: &str) -> Line {
    let mut line = Line::new();
    line.push(Ink::Plain, text);
    line
}

fn stop(stopped: &Stopped, width: usize, lines: &mut Vec<Line>) {
    // A step within one function is told by its line alone.
    let told = !matches!(stopped.halt, Halt::Step { .. } | Halt::Reached { left: false, .. })
        || !stopped.same_frame
        || stopped.source.is_none();
    if told {
        lines.extend(halt_line(stopped).folded(width, BEHIND));
    }
    breakpoints::more_of_halt(&stopped.halt, width, lines);
    stopped.source.iter().for_each(|text| source(text, lines));
    if let Some(why) = &stopped.unreadable {
        let mut line = Line::new();
        line.push(Ink::Plain, "the value returned: ").push(Ink::Faint, why.in_place());
        lines.push(line);
    }
}

fn halt_line(stopped: &Stopped) -> Line {
    let mut line = reason(&stopped.halt);
    if let Some(frame) = &stopped.frame {
        if line.width() > 0 {
            line.push(Ink::Plain, ", ");
        }
        line.append(where_is(&frame.at));
        if stopped.halt.thread().0 > 1 {
            line.push(Ink::Faint, format!("  thread {}", stopped.halt.thread()));
        }
    }
    if let Some(name) = stopped.unfinished {
        line.push(Ink::Faint, format!("  (`{name}` is not finished)"));
    }
    line
}

/// Why the program stands still; nothing for a step, which the user has asked for.
fn reason(halt: &Halt) -> Line {
    let mut line = breakpoints::halt(halt).unwrap_or_default();
    match halt {
        Halt::Entry => line.push(Ink::Plain, "At the entry point"),
        Halt::Attached { process, threads } => {
            let threads = counted(*threads as u64, "thread");
            line.push(Ink::Plain, format!("Attached to process {process}, {threads}"))
        }
        Halt::Core { .. } => line.push(Ink::Plain, "In a core file"),
        Halt::Exec { program, .. } => {
            line.push(Ink::Plain, format!("The process executes {}", program.display()))
        }
        Halt::Signal { name, explanation, .. } => {
            line.push(Ink::Gone, format!("Signal {name}"));
            let why = explanation.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            line.push(Ink::Plain, why)
        }
        Halt::Step { .. } | Halt::Reached { left: false, .. } => &mut line,
        Halt::Reached { left: true, .. } => line.push(Ink::Plain, "The function was left"),
        Halt::Returned { function: name, unwound, .. } => {
            let how = if *unwound { "A panic has left " } else { "Returned from " };
            let ink = if *unwound { Ink::Gone } else { Ink::Plain };
            line.push(ink, how).push(Ink::Strong, function(name))
        }
        Halt::ThreadEnded { ended, .. } => {
            line.push(Ink::Changed, format!("Thread {ended} has ended"))
        }
        Halt::Interrupted { .. } => line.push(Ink::Changed, "Interrupted"),
        Halt::Ended { status: ExitStatus::Code(code) } => {
            line.push(Ink::Plain, format!("The program ended with code {code}."))
        }
        Halt::Ended { status: ExitStatus::Signal(signal) } => {
            line.push(Ink::Gone, format!("The program was ended by signal {signal}."))
        }
        Halt::Breakpoint { .. }
        | Halt::Watchpoint { .. }
        | Halt::WatchEnded { .. }
        | Halt::Caught { .. }
        | Halt::Ownership { .. }
        | Halt::BadFree { .. } => &mut line,
    };
    line
}

fn skips(rules: &[Skip], lines: &mut Vec<Line>) {
    if rules.is_empty() {
        lines.push(plain("Steps run through std and dependencies, and nothing else."));
    }
    for (number, rule) in (1..).zip(rules) {
        let mut line = Line::new();
        line.push(Ink::Strong, format!("{number:>3}  ")).push(Ink::Plain, rule.to_string());
        lines.push(line);
    }
}

pub(super) fn where_is(at: &At) -> Line {
    let mut line = Line::new();
    line.push(Ink::Strong, function(&at.function));
    let place = place(at);
    if !place.is_empty() {
        line.push(Ink::Plain, " at ").push(Ink::Plain, place);
    }
    line
}

/// A frame. A name too long for the line is cut, because the place behind it tells more.
pub(super) fn frame_line(frame: &Frame, selected: bool, width: usize) -> Line {
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

pub(super) fn source(text: &SourceText, lines: &mut Vec<Line>) {
    // The one line of a stop is read at once, and needs no colours.
    let coloured = (text.lines.len() > 1).then(|| coloured(text)).flatten();
    for (index, (number, content)) in (text.first..).zip(&text.lines).enumerate() {
        let mut line = Line::new();
        let current = text.current == Some(number) && text.lines.len() > 1;
        line.push(Ink::Strong, if current { "▸" } else { " " });
        let ink = if current { Ink::Strong } else { Ink::Faint };
        line.push(ink, format!("{number:>4}")).push(Ink::Faint, " │ ");
        let plain = vec![(Ink::Plain, content.clone())];
        let pieces = coloured.as_ref().and_then(|all| all.get(index)).unwrap_or(&plain);
        for (ink, piece) in pieces {
            line.push(*ink, piece.replace('\t', "    "));
        }
        lines.push(line);
    }
}

fn commands(topic: Topic, width: usize, lines: &mut Vec<Line>) {
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

/// Names in a column, and behind them what there is to say, on as many lines as it takes.
fn rows(all: &[(String, String)], width: usize, lines: &mut Vec<Line>) {
    let names = all.iter().map(|(name, _)| name.width()).max().unwrap_or(0);
    let column = (names + 2).min(width / 3);
    for (name, text) in all {
        let mut line = Line::new();
        line.push(Ink::Strong, name).push(Ink::Plain, "  ").pad_to(column);
        let columns = width.saturating_sub(line.width()).max(20);
        let mut texts = wrap(text, columns).into_iter();
        line.push(Ink::Plain, texts.next().unwrap_or_default());
        lines.push(line);
        for text in texts {
            let mut line = Line::new();
            line.pad_to(column).push(Ink::Plain, text);
            lines.push(line);
        }
    }
}

fn help(command: &Command, width: usize, lines: &mut Vec<Line>) {
    let mut line = Line::new();
    line.push(Ink::Strong, command.name).push(Ink::Plain, format!(" {}", command.usage));
    lines.extend(line.folded(width, 4));
    lines.push(plain(&format!("  {}.", command.about)));
    for text in wrap(command.details, width.saturating_sub(4)) {
        lines.push(plain(&format!("  {text}")));
    }
    if !command.aliases.is_empty() {
        lines.extend(plain(&format!("  Also: {}", command.aliases.join(", "))).folded(width, 4));
    }
}
