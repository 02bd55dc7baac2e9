//! The view of `trace`: one line at entry, one at return, indented by depth.

use unicode_width::UnicodeWidthStr;

use super::lines;
use super::paths::function;
use super::spans::{Ink, Line, bytes};
use super::watch::arguments;
use crate::base::{Event, EventKind, ReturnEnd, ThreadNo};

/// How deep lines are indented at most; deeper calls say their depth in numbers.
const DEEPEST: usize = 24;

/// Columns that a returned value has at least, however long the function's name.
const SHORTEST_VALUE: usize = 16;

/// Draws the events of a trace.
pub struct TraceText {
    width: usize,
    threads: u32,
}

impl TraceText {
    /// A view of so many columns.
    pub fn new(width: usize) -> TraceText {
        TraceText { width, threads: 1 }
    }

    /// The text of an event, with ANSI colours. Empty for one that has none.
    pub fn event(&mut self, event: &Event) -> String {
        let mut out = String::new();
        if matches!(event.kind, EventKind::ThreadStart) {
            self.threads += 1;
        }
        for line in self.lines(event) {
            line.fit(self.width).render(&mut out);
        }
        out
    }

    fn lines(&self, event: &Event) -> Vec<Line> {
        match &event.kind {
            EventKind::Enter { depth, frame, .. } => {
                let mut left = self.begin(event.thread, *depth);
                left.push(Ink::New, "→ ").push(Ink::Strong, function(&frame.at.function));
                left.push(Ink::Plain, "(");
                if frame.at.file.is_none() && frame.slots.iter().all(|s| s.type_name.is_none()) {
                    left.push(Ink::Faint, "arguments not known");
                }
                for (index, (name, text)) in arguments(frame).enumerate() {
                    left.push(Ink::Plain, if index == 0 { "" } else { ", " });
                    left.push(Ink::Faint, format!("{name}: ")).push(Ink::Plain, text);
                }
                left.push(Ink::Plain, ")");
                vec![self.with_sizes(left, frame.bytes, event.stack_bytes)]
            }
            EventKind::Return { depth, function: name, value, end, .. } => {
                let mut line = self.begin(event.thread, *depth);
                line.push(Ink::Gone, "← ");
                let what = match (end, value) {
                    (ReturnEnd::Ret, Some(value)) => lines::returned(value).to_owned(),
                    (ReturnEnd::Ret, None) => "()".to_owned(),
                    (ReturnEnd::TailCall, _) => "by a tail call".to_owned(),
                    (ReturnEnd::Unwound, _) => "unwound".to_owned(),
                    (ReturnEnd::ThreadEnded, _) => "never: its thread ended".to_owned(),
                };
                // Of a long value the beginning is enough; whose it is must not be lost.
                let name = format!("  {}", function(name));
                let room = self.width.saturating_sub(line.width() + name.width());
                line.push_cut(Ink::Plain, &what, room.max(SHORTEST_VALUE)).push(Ink::Faint, name);
                vec![line]
            }
            EventKind::Exit { status, totals, alive } => {
                lines::exit(*status, totals, alive, event.heap_bytes.is_some())
            }
            EventKind::Signal { name, explanation, .. } => {
                let mut line = self.begin(event.thread, 0);
                let why = explanation.as_ref().map_or(String::new(), |why| format!(": {why}"));
                line.push(Ink::Gone, format!("signal {name}{why}"));
                vec![line]
            }
            EventKind::Start { .. } | EventKind::ScopeEnd { .. } => Vec::new(),
            EventKind::Repeated { .. } => lines::repeated(&event.kind, self.width),
            EventKind::Note { text } => lines::note(text, self.width),
            _ => lines::line(event).into_iter().collect(),
        }
    }

    fn begin(&self, thread: ThreadNo, depth: u32) -> Line {
        let mut line = Line::new();
        if self.threads > 1 {
            line.push(Ink::Faint, format!("{:<4}", format!("[{thread}]")));
        }
        let depth = usize::try_from(depth).unwrap_or(usize::MAX);
        line.push(Ink::Plain, "  ".repeat(depth.min(DEEPEST)));
        if depth > DEEPEST {
            line.push(Ink::Faint, format!("{depth} deep "));
        }
        line
    }

    /// The sizes stand at the right edge where there is room, and behind the call where not.
    fn with_sizes(&self, left: Line, frame: u64, stack: Option<u64>) -> Line {
        let stack = stack.map_or(String::new(), |stack| format!(" · stack {}", bytes(stack)));
        let sizes = format!("frame {}{stack}", bytes(frame));
        let room = self.width.saturating_sub(sizes.chars().count() + 2);
        let mut line = left.fit(room);
        line.pad_to(room + 2).push(Ink::Faint, sizes);
        line
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::shown;
    use super::*;
    use crate::base::{Evidence, Seq};

    #[test]
    fn a_long_value_does_not_push_the_functions_name_out() {
        let kind = EventKind::Return {
            depth: 1,
            function: "demo::parse".into(),
            value: Some(shown(format!("Some({})", "x".repeat(90)))),
            end: ReturnEnd::Ret,
            frame_bytes: 32,
            stack: None,
        };
        let event = Event {
            v: 1,
            seq: Seq(1),
            kind,
            thread: ThreadNo(1),
            evidence: Evidence::Observed,
            at: None,
            stack_bytes: None,
            heap_bytes: None,
            blocks: None,
        };
        let text = TraceText::new(60).event(&event);
        let text = anstream::adapter::strip_str(&text).to_string();
        assert!(text.starts_with("  ← Some(xxx") && text.ends_with("x…  parse\n"), "{text}");
    }
}
