//! What the commands that look at the program answer, as text: one file for each kind of thing.

mod code;
mod context;
mod declaration;
mod drops;
mod heap;
mod maps;
mod memory;
mod names;
mod ownership;
mod past;
mod registers;
mod signals;
mod stack;
mod threads;

use super::AnswerText;
use super::spans::{Ink, Line};
use super::type_layout::instances;
use crate::command::{Looked, Stopped};
use crate::session::PastMoment;

pub(in crate::front) use code::code;
pub(super) use ownership::kept_by;
pub(in crate::front) use ownership::story_text;
pub(super) use stack::backtrace;

/// What was found, for a page of so many columns.
pub(super) fn looked(looked: &Looked, width: usize) -> String {
    let mut lines = Vec::new();
    match looked {
        Looked::Registers { view, addresses } => registers::lines(view, *addresses, &mut lines),
        Looked::Memory { dump, addresses } => memory::lines(dump, *addresses, &mut lines),
        Looked::Code(listing) => return code(listing, width),
        Looked::Slots(slots) => stack::slots(slots, width, &mut lines),
        Looked::Heap { view, addresses } => heap::blocks(view, *addresses, width, &mut lines),
        Looked::Block { block, addresses } => heap::block(block, *addresses, &mut lines),
        Looked::Owner(path) => ownership::owner(path, &mut lines),
        Looked::History(story) => lines.extend(ownership::story(story)),
        Looked::Leaks(leaks) => ownership::leaks(leaks, width, &mut lines),
        Looked::Why(why) => ownership::why(why, width, &mut lines),
        Looked::Drops(view) => drops::lines(view, width, &mut lines),
        Looked::Threads(threads) => threads::lines(threads, &mut lines),
        Looked::Applied(applied) => return threads::applied(applied, width),
        Looked::Signals(rows) => signals::lines(rows, &mut lines),
        Looked::Maps { maps, addresses } => maps::maps(maps, *addresses, &mut lines),
        Looked::Libraries { libraries, addresses } => {
            maps::libraries(libraries, *addresses, &mut lines);
        }
        Looked::Names(names) => names::names(names, &mut lines),
        Looked::Lines(found) => names::lines_of_code(found, &mut lines),
        Looked::Symbol(symbol) => names::symbol(symbol, &mut lines),
        Looked::Scope(functions) => names::scope(functions, &mut lines),
        Looked::Type { layout, offsets } => declaration::lines(layout, *offsets, &mut lines),
        Looked::Types { name, instances: found } => return instances(name, found, width),
        Looked::TypeName(name) => {
            let mut line = Line::new();
            line.push(Ink::Type, name);
            lines.push(line);
        }
        Looked::Displays(displays) => return context::displays(displays, width),
        Looked::Context(shown) => context::lines(shown, width, &mut lines),
        Looked::Events(list) => past::events(list, width, &mut lines),
        Looked::Moment(shown) => past::moment(shown, width, &mut lines),
        Looked::Recorded(value) => return past::value(value, width),
        Looked::Facts(facts) => names::facts(facts, &mut lines),
    }
    page(lines, width)
}

/// Which moment of the past an answer is about.
pub(super) fn heading(moment: &PastMoment, width: usize) -> String {
    page(past::heading(moment, width), width)
}

/// What is shown at each stop.
pub(super) fn at_stop(stopped: &Stopped, width: usize) -> String {
    let mut out = context::displays(&stopped.displays, width);
    if let Some(shown) = &stopped.context {
        let mut lines = Vec::new();
        context::lines(shown, width, &mut lines);
        out.push_str(&page(lines, width));
    }
    out
}

/// Lines, cut to the page.
fn page(lines: Vec<Line>, width: usize) -> String {
    let mut out = String::new();
    for line in lines {
        line.fit(width).render(&mut out);
    }
    out
}

/// A line of one colour.
fn plain(ink: Ink, text: impl AsRef<str>) -> Line {
    let mut line = Line::new();
    line.push(ink, text);
    line
}

/// An address, in as many columns as any takes.
fn address(at: crate::base::VirtAddr) -> String {
    format!("{:#014x}  ", at.0)
}

/// The widest of some texts, up to a limit.
fn widest<'t>(texts: impl Iterator<Item = &'t str>, limit: usize) -> usize {
    texts.map(unicode_width::UnicodeWidthStr::width).max().unwrap_or(0).min(limit)
}

/// The answers of commands that are shown one below the other.
fn nested(answer: &crate::command::Answer, width: usize) -> String {
    AnswerText::new(width).answer(answer)
}
