//! The view of `drops`: for each thread a tree of its calls, with what each allocated, received,
//! lent, gave away and dropped; at the end the totals.

mod builder;
mod only;
mod render;
mod so_far;
mod tree;

use std::collections::BTreeMap;

use super::lines;
use super::spans::{Ink, Line, number};
use crate::base::{DroppedPart, Event, EventKind, ThreadNo};
use builder::Builder;
use only::only;
use render::Renderer;
pub(super) use so_far::drawn;
use tree::Node;

/// How many types are listed among the totals.
const TYPES_LISTED: usize = 20;

/// Draws the events of a report on drops.
pub struct DropsText {
    width: usize,
    only: Vec<String>,
    builder: Builder,
    types: BTreeMap<String, Count>,
    optimised: bool,
}

/// What is said of each report on optimised code.
const OPTIMISED: &str = "This code is optimised. A drop that the compiler merged with other code has no \
                         call of its own in the debug information, and is not told. A place with a ? is that of a \
                         variable whose bytes the value lies in; others may have had them before.";

/// How often values of a type were dropped.
#[derive(Default)]
struct Count {
    all: u64,
    unwinding: u64,
}

impl DropsText {
    /// A view of so many columns, of what concerns some types, functions or files.
    pub fn new(width: usize, only: Vec<String>) -> DropsText {
        DropsText {
            width,
            only,
            builder: Builder::default(),
            types: BTreeMap::new(),
            optimised: false,
        }
    }

    /// The text of an event, with ANSI colours. The report comes with the last one.
    pub fn event(&mut self, event: &Event) -> String {
        self.builder.event(event);
        let lines = match &event.kind {
            EventKind::Start { optimised, .. } => {
                self.optimised = *optimised == Some(true);
                return String::new();
            }
            EventKind::Drop(drop) if drop.part == DroppedPart::Value => {
                let count = self.types.entry(drop.type_name.clone()).or_default();
                count.all += 1;
                count.unwinding += u64::from(drop.unwinding);
                return String::new();
            }
            EventKind::Exit { status, totals, alive } => {
                let mut lines = self.report();
                if self.optimised {
                    lines.extend(lines::note(OPTIMISED, self.width));
                }
                lines.extend(lines::exit(*status, totals, alive, event.heap_bytes.is_some()));
                lines
            }
            EventKind::Note { text } => lines::note(text, self.width),
            EventKind::Signal { .. } | EventKind::UnknownFree { .. } | EventKind::Exec { .. } => {
                lines::line(event).into_iter().collect()
            }
            _ => return String::new(),
        };
        let mut out = String::new();
        lines.into_iter().for_each(|line| line.fit(self.width).render(&mut out));
        out
    }

    fn report(&mut self) -> Vec<Line> {
        let trees = self.builder.finish();
        let several = trees.len() > 1;
        let mut renderer = Renderer { width: self.width, lines: Vec::new() };
        for (no, nodes) in trees {
            let nodes = if self.only.is_empty() { nodes } else { only(nodes, &self.only) };
            if nodes.is_empty() {
                continue;
            }
            if several {
                renderer.lines.push(thread(no, &nodes));
            }
            renderer.nodes(&nodes);
            renderer.lines.push(Line::new());
        }
        renderer.lines.extend(self.by_type());
        renderer.lines
    }

    /// How often values of each type were dropped, the most frequent first.
    fn by_type(&self) -> Vec<Line> {
        let mut types: Vec<_> = self.types.iter().collect();
        types.sort_by_key(|(_, count)| std::cmp::Reverse(count.all));
        let mut lines = Vec::new();
        for (index, (name, count)) in types.iter().take(TYPES_LISTED).enumerate() {
            let mut line = Line::new();
            line.push(Ink::Strong, if index == 0 { "  drops    " } else { "           " });
            line.push(Ink::Plain, format!("{:>7}  ", number(count.all))).push(Ink::Type, name);
            if count.unwinding > 0 {
                line.push(Ink::Changed, format!("  {} unwinding", number(count.unwinding)));
            }
            lines.push(line);
        }
        let more = types.len().saturating_sub(TYPES_LISTED);
        if more > 0 {
            let mut line = Line::new();
            line.push(Ink::Faint, format!("           … {more} more types"));
            lines.push(line);
        }
        lines
    }
}

/// The heading of a thread, which is named by the first of the user's functions in it.
fn thread(no: ThreadNo, nodes: &[Node]) -> Line {
    let first = nodes.iter().find_map(|node| match node {
        Node::Call(call) => Some(super::paths::function(&call.function)),
        _ => None,
    });
    let mut line = Line::new();
    line.push(Ink::Strong, format!("thread {no}"));
    line.push(Ink::Faint, first.map_or(String::new(), |first| format!("  {first}")));
    line
}
