//! Stops for what happens to blocks and values, in lines.

use super::answer::where_is;
use super::lines::dropped;
use super::spans::{Ink, Line, bytes, number};
use crate::base::At;
use crate::session::{BadFree, Happened, UNITS};

/// What has happened, behind the numbers of the breakpoints.
pub(super) fn happened(what: &Happened) -> Line {
    let mut line = Line::new();
    let text = match what {
        Happened::Alloc { block, size: of, .. } => format!("alloc of {block}, {}", size(*of)),
        Happened::Realloc { block, old_size, size: of, .. } => {
            format!("realloc of {block}, {} → {}", size(*old_size), size(*of))
        }
        Happened::Free { block, size: of, .. } => format!("free of {block}, {}", size(*of)),
        Happened::Drop { drop, .. } => {
            line.push(Ink::Plain, "drop of ").append(dropped(drop));
            return line;
        }
        Happened::Move { place, to, .. } => {
            let to = to.as_ref().map(|to| format!(" to {to}")).unwrap_or_default();
            format!("move of {place}{to} (inferred)")
        }
    };
    line.push(Ink::Plain, text);
    line
}

/// What else there is to say of what has happened, in lines of their own.
pub(super) fn more(all: &[Happened], lines: &mut Vec<Line>) {
    for another in all.iter().skip(1) {
        let mut line = Line::new();
        line.push(Ink::Plain, "  and ").append(happened(another));
        lines.push(line);
    }
    if let Some(Happened::Free { allocated_at: Some(at), .. }) = all.first() {
        lines.push(placed("allocated", at));
    }
}

/// A call that frees or resizes what it may not.
pub(super) fn bad_free(free: &BadFree) -> String {
    match (&free.block, free.realloc) {
        (Some(before), None) => format!("Double free of {}, {}", before.block, size(before.size)),
        (Some(before), Some(to)) => {
            let (block, from, to) = (before.block, size(before.size), size(to));
            format!("Realloc of {block}, {from} → {to}, after it was freed")
        }
        (None, call) => {
            let call = if call.is_some() { "Realloc" } else { "Free" };
            format!("{call} of a pointer that is no block: it leads to {}", free.leads_to)
        }
    }
}

/// Its history, and what comes next.
pub(super) fn more_of_bad_free(free: &BadFree, lines: &mut Vec<Line>) {
    if let Some(before) = &free.block {
        lines.extend(before.allocated_at.iter().map(|at| placed("allocated", at)));
        let freed = if free.realloc.is_some() { "freed" } else { "freed first" };
        lines.extend(before.freed_at.iter().map(|at| placed(freed, at)));
    }
    let now = if free.realloc.is_some() { "resized now" } else { "freed now" };
    lines.extend(free.by.iter().map(|at| placed(now, at)));
    let mut line = Line::new();
    line.push(
        Ink::Faint,
        "  The allocator has not been called yet. `set stop-on-bad-free off` stops no more.",
    );
    lines.push(line);
}

fn placed(what: &str, at: &At) -> Line {
    let mut line = Line::new();
    line.push(Ink::Faint, format!("  {what:<11} ")).append(where_is(at));
    line
}

/// A size in the largest unit of which it is a multiple.
fn size(of: u64) -> String {
    let whole = |(_, unit): &&(&str, u64)| of > 0 && of.is_multiple_of(*unit);
    match UNITS.iter().find(whole) {
        Some((name, unit)) => format!("{} {name}", number(of / unit)),
        None => bytes(of),
    }
}
