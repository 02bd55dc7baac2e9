//! Threads.

use super::super::paths::{brief, function};
use super::super::spans::{Ink, Line, place};
use super::{nested, page, widest};
use crate::command::Applied;
use crate::session::ThreadView;

/// Columns of a thread's name at most: the kernel keeps 15 bytes.
const NAME: usize = 20;
/// Columns of a function's name at most.
const FUNCTION: usize = 40;

pub(super) fn lines(threads: &[ThreadView], lines: &mut Vec<Line>) {
    let name = widest(threads.iter().filter_map(|thread| thread.name.as_deref()), NAME);
    lines.extend(threads.iter().map(|thread| line(thread, name)));
}

fn line(thread: &ThreadView, name: usize) -> Line {
    let mut line = Line::new();
    line.push(Ink::Strong, if thread.selected { "▸" } else { " " });
    line.push(Ink::Strong, format!("{:>3}  ", thread.no));
    let start = line.width();
    line.push_cut(Ink::Plain, thread.name.as_deref().unwrap_or_default(), NAME);
    line.pad_to(start + name).push(Ink::Plain, "  ");
    // A person looks for their own code; where the thread waits in the library comes behind.
    match thread.user_at.as_ref().or(thread.at.as_ref()) {
        Some(at) => {
            line.push(Ink::Strong, brief(&function(&at.function), FUNCTION));
            line.push(Ink::Plain, format!("  {}", place(at)));
        }
        None => {
            line.push(Ink::Faint, "waits for the child of its vfork");
        }
    }
    if let (Some(_), Some(at)) = (&thread.user_at, &thread.at) {
        line.push(Ink::Faint, format!("  in {}", brief(&function(&at.function), FUNCTION)));
    }
    if thread.stopped_here {
        line.push(Ink::Changed, "  stopped here");
    }
    line
}

/// What a command answered for several threads, each below a line that names the thread.
pub(super) fn applied(applied: &[Applied], width: usize) -> String {
    let mut out = String::new();
    for one in applied {
        let mut head = Line::new();
        head.push(Ink::Strong, format!("Thread {}", one.thread.no));
        head.push(Ink::Faint, format!("  {}", one.thread.name.as_deref().unwrap_or_default()));
        out.push_str(&page(vec![head], width));
        if let Some(answer) = &one.answer {
            out.push_str(&nested(answer, width));
        }
        if let Some(error) = &one.error {
            let mut line = Line::new();
            line.push(Ink::Gone, format!("  {}", error.lines().next().unwrap_or_default()));
            out.push_str(&page(vec![line], width));
        }
    }
    out
}
