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
    let number = threads.iter().map(|thread| thread.no.to_string().len()).max().unwrap_or(0);
    lines.extend(threads.iter().map(|thread| line(thread, number, name)));
}

fn line(thread: &ThreadView, number: usize, name: usize) -> Line {
    let mut line = Line::new();
    line.push(Ink::Strong, if thread.selected { "▸" } else { " " });
    line.push(Ink::Strong, format!("{:>number$}  ", thread.no.to_string()));
    let start = line.width();
    line.push_cut(Ink::Plain, thread.name.as_deref().unwrap_or_default(), NAME);
    line.pad_to(start + name).push(Ink::Plain, "  ");
    // A person looks for their own code; where the thread waits in the library comes behind.
    match thread.user_at.as_ref().or(thread.at.as_ref()) {
        Some(at) => {
            line.push(Ink::Strong, brief(&function(&at.function), FUNCTION));
            let place = place(at);
            if !place.is_empty() {
                line.push(Ink::Plain, format!("  {place}"));
            }
        }
        None => {
            line.push(Ink::Faint, "waits for the child of its vfork");
        }
    }
    if let (Some(_), Some(at)) = (&thread.user_at, &thread.at) {
        let name = function(&at.function);
        // Where no function is known, the file is named.
        let name = name.strip_prefix("?? in ").unwrap_or(&name);
        line.push(Ink::Faint, format!("  in {}", brief(name, FUNCTION)));
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
