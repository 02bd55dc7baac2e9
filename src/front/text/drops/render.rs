//! The tree of a thread as lines.

use super::super::lines;
use super::super::paths::{brief, function};
use super::super::spans::{Ink, Line, counted, number, place};
use super::tree::{Call, Deed, Dropped, Known, Node, Verb};
use crate::base::{At, DropView};

/// Columns of the word that says what was done.
const WORD: usize = 11;
/// Columns of a block's ordinal.
const ORDINAL: usize = 6;
/// How deep lines are indented at most; deeper ones say their depth in numbers.
const DEEPEST: usize = 16;
/// Columns of a function's path, beyond which the middle of it is left out.
const FUNCTION: usize = 48;

/// Draws the nodes of a thread.
pub(super) struct Renderer {
    /// Columns.
    pub width: usize,
    /// The lines so far.
    pub lines: Vec<Line>,
}

/// What surrounds a line.
#[derive(Clone, Copy)]
struct Around<'a> {
    depth: usize,
    /// The function whose call it is in, whose name the places of its variables need not repeat.
    function: &'a str,
    /// The file of that function.
    file: Option<&'a str>,
    /// Whether it is a part of a drop.
    dropping: bool,
}

impl Renderer {
    /// Draws nodes, from the outermost.
    pub fn nodes(&mut self, nodes: &[Node]) {
        let around = Around { depth: 0, function: "", file: None, dropping: false };
        self.inside(nodes, around);
    }

    fn inside(&mut self, nodes: &[Node], around: Around<'_>) {
        for node in nodes {
            match node {
                Node::Call(call) => self.call(call, around),
                Node::Drop(drop) => self.drop(drop, around),
                Node::Deed(deed) => self.deed(deed, around),
                Node::Rounds { first, times } => self.rounds(first, *times, around),
            }
        }
    }

    fn call(&mut self, call: &Call, around: Around<'_>) {
        let mut line = begin(around.depth);
        line.push(Ink::Strong, brief(&function(&call.function), FUNCTION));
        // The line of the call's first statement: whole, because the lines of its own lean on it.
        let at = call.at.as_ref();
        self.with_place(line, indent(around.depth) + 4, at.map_or(String::new(), place));
        let file = at.and_then(|at| at.file.as_deref());
        let short = function(&call.function);
        let depth = around.depth + 1;
        self.inside(&call.nodes, Around { depth, function: &short, file, dropping: false });
    }

    fn drop(&mut self, drop: &Dropped, around: Around<'_>) {
        let mut line = begin(around.depth);
        let word = if around.dropping { "" } else { "drops" };
        if !around.dropping {
            line.push(Ink::Gone, format!("{word:<WORD$}"));
        }
        let view = DropView {
            place: drop.view.place.as_deref().map(|place| own(place, around.function)),
            ..drop.view.clone()
        };
        line.append(lines::dropped(&view));
        if !drop.frees.is_empty() {
            line.push(Ink::Faint, "  frees");
            for (block, _) in &drop.frees {
                line.push(Ink::Block, format!(" {block}"));
            }
        }
        // A part has the line of the whole.
        let at = if around.dropping { None } else { drop.at.as_ref() };
        let behind = indent(around.depth) + if around.dropping { 2 } else { WORD + 2 };
        self.with_place(line, behind, at.map_or(String::new(), |at| relative(at, around.file)));
        let depth = around.depth + if around.dropping { 1 } else { 0 };
        let indent = if around.dropping { depth } else { depth + WORD / 2 + 1 };
        self.inside(&drop.nodes, Around { depth: indent, dropping: true, ..around });
    }

    fn deed(&mut self, deed: &Deed, around: Around<'_>) {
        let (word, ink) = match deed.verb {
            Verb::Allocates => ("allocates", Ink::New),
            Verb::Grows => ("grows", Ink::Changed),
            Verb::Receives => ("receives", Ink::New),
            Verb::Lends => ("lends", Ink::Changed),
            Verb::Gives => ("gives", Ink::Changed),
            Verb::Moves => ("moves", Ink::Changed),
            Verb::Returns => ("returns", Ink::Changed),
            Verb::Frees => ("frees", Ink::Gone),
        };
        let mut line = begin(around.depth);
        line.push(ink, format!("{word:<WORD$}"));
        line.push(Ink::Block, format!("{:<ORDINAL$}", deed.block.to_string()));
        let text = match deed.text.split_once(" → ") {
            Some((from, to)) => format!("{} → {to}", own(from, around.function)),
            None => deed.text.clone(),
        };
        line.push(Ink::Plain, text);
        match deed.known {
            Known::Observed => {}
            Known::Inferred => _ = line.push(Ink::Faint, "  inferred"),
            Known::Perhaps => _ = line.push(Ink::Faint, "  perhaps"),
        }
        let at = deed.at.as_ref().map_or(String::new(), |at| relative(at, around.file));
        self.with_place(line, indent(around.depth) + WORD + ORDINAL, at);
    }

    fn rounds(&mut self, first: &[Node], times: u64, around: Around<'_>) {
        self.inside(first, around);
        let more = times.saturating_sub(1);
        let what = match first {
            [Node::Call(_)] => counted(more, "more call") + " like this",
            [Node::Drop(_)] => counted(more, "more drop") + " like this",
            [_] => format!("{} more like this", number(more)),
            several => format!("{} like these {}", counted(more, "more round"), several.len()),
        };
        let mut line = begin(around.depth);
        line.push(Ink::Faint, format!("… {what}"));
        self.lines.push(line.fit(self.width));
    }

    /// A line with the place in the source at the right edge. What has no room before that stands
    /// below, behind so many columns.
    fn with_place(&mut self, line: Line, behind: usize, place: String) {
        let room = self.width.saturating_sub(place.chars().count() + 2);
        let mut folded = line.folded(room, behind).into_iter().map(|line| line.fit(room));
        let mut first = folded.next().unwrap_or_default();
        if !place.is_empty() {
            first.pad_to(room + 2).push(Ink::Faint, place);
        }
        self.lines.push(first);
        self.lines.extend(folded);
    }
}

/// Columns before a line of such a depth.
fn indent(depth: usize) -> usize {
    2 * depth.min(DEEPEST)
}

fn begin(depth: usize) -> Line {
    let mut line = Line::new();
    line.push(Ink::Plain, " ".repeat(indent(depth)));
    if depth > DEEPEST {
        line.push(Ink::Faint, format!("{depth} deep "));
    }
    line
}

/// A place without the name of the function that it is told in.
fn own(place: &str, function: &str) -> String {
    let short = place.strip_prefix(function).and_then(|rest| rest.strip_prefix("::"));
    short.filter(|_| !function.is_empty()).unwrap_or(place).to_owned()
}

/// `:12` for a line of the function's own file, and `other.rs:12` for another's.
fn relative(at: &At, file: Option<&str>) -> String {
    match at.line {
        Some(line) if at.file.as_deref() == file => format!(":{line}"),
        _ => place(at),
    }
}
