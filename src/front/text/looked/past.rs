//! The past: lists of events, and the moment that is looked at.

use unicode_width::UnicodeWidthStr;

use super::super::answer::{plain as text_line, source, where_is};
use super::super::lines::{dropped, returned, signal_name};
use super::super::paths::{brief, function};
use super::super::spans::{Ink, Line, bytes, counted, number, place};
use super::super::value::value_text;
use super::plain;
use crate::base::{Event, EventKind, Evidence, ExitStatus, ReturnEnd, ThreadNo};
use crate::command::{EventList, MomentShown};
use crate::session::{PastMoment, RecordedValue};
use crate::value::Pretty;

/// Columns of the word that says what happened.
const WORD: usize = 8;
/// The column behind the word from which on places stand, where what is told before is not longer.
const WHERE: usize = 20;
/// Columns of a value that is returned.
const RETURNED: usize = 32;
/// Columns that a place is cut to at least.
const PLACE: usize = 16;

/// Events, one on a line.
pub(super) fn events(list: &EventList, width: usize, lines: &mut Vec<Line>) {
    let lost = list.unreadable.as_ref().map(ToString::to_string);
    for missing in list.dropped.iter().chain(&lost) {
        lines.extend(plain(Ink::Changed, missing).folded(width, 2));
    }
    if list.more {
        lines.push(plain(Ink::Faint, "… there are more before"));
    }
    let digits = list.events.last().map_or(1, |event| event.seq.0.to_string().len());
    let threads = list.events.iter().any(|event| event.thread != ThreadNo(1));
    for event in &list.events {
        let mut line = Line::new();
        let now = list.now == Some(event.seq);
        line.push(Ink::Strong, if now { "▸" } else { " " });
        line.push(
            if now { Ink::Strong } else { Ink::Faint },
            format!("{:>digits$}  ", event.seq.0),
        );
        if threads {
            line.push(Ink::Faint, format!("{:<5}", format!("[{}]", event.thread)));
        }
        let room = width.saturating_sub(line.width());
        line.append(event_line(event, WHERE, room));
        lines.push(line);
    }
}

/// Where the answer comes from.
pub(in crate::front::text) fn heading(moment: &PastMoment, width: usize) -> Vec<Line> {
    let mut line = Line::new();
    line.push(Ink::Changed, format!("@{} of {}", moment.event.0, moment.last.0));
    line.push(Ink::Faint, format!(", after {}", moment.kind.replace('_', " ")));
    if let Some(block) = moment.block {
        line.push(Ink::Faint, format!(" of {block}"));
    }
    let stack = match moment.picture {
        Some(picture) if picture == moment.event => String::new(),
        Some(picture) => format!("; stack of event {}", picture.0),
        None => format!("; no stack of thread {} yet", moment.thread),
    };
    line.push(Ink::Faint, format!("{stack}; read-only, `goto end` returns"));
    line.folded(width, 2)
}

/// The moment that was gone to.
pub(super) fn moment(shown: &MomentShown, width: usize, lines: &mut Vec<Line>) {
    let mut line = text_line("  ");
    line.append(event_line(&shown.event, 0, width.saturating_sub(2)));
    lines.push(line);
    if let Some(frame) = shown.frame.as_ref().filter(|f| Some(&f.at) != shown.event.at.as_ref()) {
        let mut line = plain(Ink::Faint, "  in ");
        line.append(where_is(&frame.at));
        lines.push(line);
    }
    shown.source.iter().for_each(|text| source(text, lines));
}

/// What was recorded of a variable.
pub(super) fn value(value: &RecordedValue, width: usize) -> String {
    let mut head = Line::new();
    head.push(Ink::Strong, &value.name).push(Ink::Faint, ": ");
    head.push(Ink::Type, &value.shown.data.type_name).push(Ink::Plain, " = ");
    value_text(head, &Pretty::plain(&value.shown.text, width), width)
}

/// What happened, and where, in so many columns. What happened takes some of them at least, so that
/// places stand below each other.
fn event_line(event: &Event, what_takes: usize, width: usize) -> Line {
    let (ink, word, what) = told(event);
    let mut line = Line::new();
    line.push(ink, format!("{word:<WORD$} ")).append(what);
    if event.evidence == Evidence::Inferred {
        line.push(Ink::Faint, "  inferred");
    }
    let Some(at) = &event.at else { return line };
    let here = place(at);
    line.pad_to(WORD + 1 + what_takes);
    let room = width.saturating_sub(line.width() + 2).max(PLACE);
    let name = brief(&function(&at.function), room.saturating_sub(here.width() + 1));
    // The line of the source tells more than the function.
    let cut = room.saturating_sub(here.width() + 1);
    line.push(Ink::Plain, "  ").push_cut(Ink::Plain, &name, cut);
    line.push(Ink::Faint, format!(" {here}"));
    line
}

fn told(event: &Event) -> (Ink, &'static str, Line) {
    let mut line = Line::new();
    let of_block = |line: &mut Line, block: &dyn std::fmt::Display, size: String| {
        line.push(Ink::Block, format!("{block:<6}")).push(Ink::Plain, format!(" {size:>12}"));
    };
    let (ink, word) = match &event.kind {
        EventKind::Alloc { block, size, .. } => {
            of_block(&mut line, block, bytes(*size));
            (Ink::New, "alloc")
        }
        EventKind::Realloc { block, old_size, size, .. } => {
            of_block(&mut line, block, format!("{} → {}", number(*old_size), bytes(*size)));
            (Ink::Changed, "realloc")
        }
        EventKind::Free { block, size, .. } => {
            of_block(&mut line, block, bytes(*size));
            (Ink::Gone, "free")
        }
        EventKind::UnknownFree { ended, realloc, .. } => {
            let (call, what) = match realloc {
                Some(_) => ("realloc", "after it was freed"),
                None => ("free", "a second time"),
            };
            match ended {
                Some(block) => line.push(Ink::Gone, format!("{block} {what}")),
                None => line.push(Ink::Gone, "of what is no block"),
            };
            (Ink::Gone, call)
        }
        EventKind::Move { block, from, to, .. } => {
            line.push(Ink::Block, format!("{block:<6}"));
            line.push(Ink::Plain, format!(" {from} → {to}"));
            (Ink::Changed, "move")
        }
        EventKind::Borrow { from, to, kind, perhaps, .. } => {
            let perhaps = if *perhaps { "perhaps " } else { "" };
            line.push(Ink::Plain, format!("{from} {perhaps}by {to} ({kind})"));
            (Ink::Changed, "borrow")
        }
        EventKind::BorrowEnd { from, to, kind, .. } => {
            line.push(Ink::Plain, format!("{from} by {to} ({kind}) is over"));
            (Ink::Plain, "borrow")
        }
        EventKind::Drop(drop) => {
            line.append(dropped(drop));
            (Ink::Gone, "drop")
        }
        EventKind::Enter { .. } => (Ink::New, "enter"),
        EventKind::ScopeEnd { .. } => (Ink::Plain, "scope"),
        EventKind::Return { function: name, value, end, .. } => {
            if event.at.is_none() {
                line.push(Ink::Strong, function(name)).push(Ink::Plain, " ");
            }
            let how = match end {
                ReturnEnd::Unwound => "unwound, or left unseen".to_owned(),
                ReturnEnd::ThreadEnded => "ended with its thread".to_owned(),
                ReturnEnd::TailCall => "by a tail call".to_owned(),
                ReturnEnd::Ret => {
                    value.as_ref().map_or(String::new(), |value| format!("→ {}", returned(value)))
                }
            };
            line.push_cut(Ink::Plain, &how, RETURNED);
            (Ink::Gone, "return")
        }
        EventKind::Repeated { calls, .. } => {
            let several = calls.iter().map(|c| c.calls).fold(0_u64, u64::saturating_add);
            line.push(Ink::Faint, format!("{} not shown one by one", counted(several, "call")));
            (Ink::Faint, "…")
        }
        EventKind::Stop { reason, .. } => {
            line.push(Ink::Plain, reason);
            (Ink::Strong, "stop")
        }
        EventKind::Signal { name, .. } => {
            line.push(Ink::Gone, name);
            (Ink::Gone, "signal")
        }
        EventKind::ThreadStart => (Ink::Strong, begins(&mut line, event, "begins")),
        EventKind::ThreadEnd => (Ink::Strong, begins(&mut line, event, "ends")),
        EventKind::Fork { followed, .. } => {
            line.push(Ink::Plain, if *followed { "the child is followed" } else { "a child" });
            (Ink::Strong, "fork")
        }
        EventKind::Exec { program } => {
            line.push(Ink::Plain, program);
            (Ink::Strong, "exec")
        }
        EventKind::Log { text, .. } => {
            line.push(Ink::Plain, text);
            (Ink::Plain, "log")
        }
        EventKind::Note { text } => {
            line.push(Ink::Faint, text);
            (Ink::Faint, "note")
        }
        EventKind::Start { program, .. } => {
            line.push(Ink::Plain, program.rsplit('/').next().unwrap_or(program));
            (Ink::Strong, "start")
        }
        EventKind::Exit { status, .. } => {
            line.push(
                Ink::Plain,
                match status {
                    ExitStatus::Code(code) => format!("code {code}"),
                    ExitStatus::Signal(number) => format!("killed by {}", signal_name(*number)),
                },
            );
            (Ink::Strong, "exit")
        }
    };
    (ink, word, line)
}

fn begins(line: &mut Line, event: &Event, how: &str) -> &'static str {
    line.push(Ink::Plain, format!("{} {how}", event.thread));
    "thread"
}
