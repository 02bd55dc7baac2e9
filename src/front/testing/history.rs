//! The history of blocks in lines, for the messages of assertions.

use super::blocks::{Block, Moment};
use crate::base::At;

/// Blocks whose history is told at most.
const TOLD: usize = 8;

/// Events of one block that are told at most from its beginning, and from its end.
const EACH: usize = 10;

/// The histories, each event on a line: what, where, in which function.
pub(super) fn of_blocks(blocks: &[&Block]) -> String {
    let mut lines: Vec<String> =
        blocks.iter().take(TOLD).flat_map(|block| of_block(block)).collect();
    if let Some(more @ 1..) = blocks.len().checked_sub(TOLD) {
        lines.push(format!("  … {more} more"));
    }
    lines.join("\n")
}

/// Whether a function is the one that is meant by the end of its path.
pub(super) fn name_fits(function: &str, wanted: &str) -> bool {
    let rest = function.strip_suffix(wanted);
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with("::") || rest.ends_with('<'))
}

fn of_block(block: &Block) -> Vec<String> {
    let mut events = vec![("allocated".to_owned(), &block.allocated)];
    events.extend(block.resized.iter().map(|r| (format!("resized to {}", r.size), &r.moment)));
    let moved = block.moved.iter();
    events.extend(moved.map(|m| (format!("moved to {} (inferred)", m.to), &m.moment)));
    for (freed, nth) in block.freed.iter().zip(0..) {
        let what = if nth == 0 { "freed" } else { "freed again" };
        events.push((what.to_owned(), &freed.moment));
    }
    events.sort_by_key(|(_, moment)| moment.seq);
    let mut lines = vec![format!("  {}, {} bytes", block.id, block.size)];
    lines.extend(columns(&events));
    if block.freed.is_empty() {
        lines.push("    alive at the end".to_owned());
    }
    lines
}

fn columns(events: &[(String, &Moment)]) -> Vec<String> {
    let places: Vec<_> = events.iter().map(|(_, moment)| place(moment)).collect();
    let widest = |texts: &mut dyn Iterator<Item = &str>| {
        texts.map(|text| text.chars().count()).max().unwrap_or(0)
    };
    let what_width = widest(&mut events.iter().map(|(what, _)| what.as_str()));
    let place_width = widest(&mut places.iter().map(|(place, _)| place.as_str()));
    let line = |((what, _), (place, function)): (&(String, &Moment), &(String, String))| {
        format!("    {what:what_width$}  {place:place_width$}  {function}").trim_end().to_owned()
    };
    let mut lines: Vec<_> = events.iter().zip(&places).map(line).collect();
    if let Some(more @ 1..) = lines.len().checked_sub(2 * EACH) {
        lines.splice(EACH..EACH + more, [format!("    … {more} more")]);
    }
    lines
}

/// The line in short, and the function; the thread where it is not the first.
fn place(moment: &Moment) -> (String, String) {
    let thread = match moment.thread.0 {
        1 => String::new(),
        no => format!(" (thread {no})"),
    };
    let Some(At { function, file, line }) = &moment.at else {
        return ("?".to_owned(), format!("outside the user's code{thread}"));
    };
    let file = file.as_deref().and_then(|file| file.rsplit('/').next()).unwrap_or("?");
    let line = line.map_or_else(String::new, |line| format!(":{line}"));
    (format!("{file}{line}"), format!("{function}{thread}"))
}
