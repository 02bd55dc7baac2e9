//! Where the program stands: source, stack, heap and the last events; and what is shown at each
//! stop.

use super::super::answer::source;
use super::super::lines::line as event_line;
use super::super::spans::{Ink, Line, bytes, counted};
use super::super::value::value_text;
use super::stack::slots;
use super::{looked, page};
use crate::command::{ContextShown, Displayed};

pub(super) fn lines(shown: &ContextShown, width: usize, lines: &mut Vec<Line>) {
    if let Some(text) = &shown.source {
        let file = text.file.rsplit('/').next().unwrap_or(&text.file);
        lines.push(rule("source", file, width));
        source(text, lines);
    }
    lines.push(rule("stack", "", width));
    slots(&shown.view.stack, width, lines);
    let heap = match (shown.view.blocks, shown.view.heap_bytes) {
        (Some(count), Some(size)) => format!("{} in {}", bytes(size), counted(count, "block")),
        _ => "not followed".to_owned(),
    };
    lines.push(rule("heap", &heap, width));
    let events: Vec<Line> = shown.view.events.iter().filter_map(event_line).collect();
    if !events.is_empty() {
        lines.push(rule("last events", "", width));
        lines.extend(events);
    }
    if let Some(lost) = &shown.view.unreadable {
        let mut line = Line::new();
        line.push(Ink::Changed, lost.to_string());
        lines.extend(line.folded(width, 2));
    }
}

/// A heading between two parts.
fn rule(name: &str, about: &str, width: usize) -> Line {
    let mut line = Line::new();
    line.push(Ink::Faint, "── ").push(Ink::Strong, name).push(Ink::Plain, " ");
    if !about.is_empty() {
        line.push(Ink::Faint, format!("{about} "));
    }
    line.fill(Ink::Faint, '─', width);
    line
}

/// What is shown at each stop, as it is now.
pub(super) fn displays(displays: &[Displayed], width: usize) -> String {
    let mut out = String::new();
    for display in displays {
        let mut head = Line::new();
        head.push(Ink::Faint, format!("{}: ", display.no)).push(Ink::Strong, &display.expression);
        match (&display.value, &display.looked, &display.error) {
            (Some(value), ..) => {
                head.push(Ink::Plain, " = ");
                out.push_str(&value_text(head, &value.pretty, width));
            }
            (None, Some(found), _) => {
                out.push_str(&page(vec![head], width));
                out.push_str(&looked(found, width));
            }
            (None, None, error) => {
                let why = error.as_deref().unwrap_or("nothing");
                head.push(Ink::Faint, format!("  {why}"));
                out.push_str(&page(vec![head], width));
            }
        }
    }
    out
}
