//! Events that take one line each: what happens to blocks, threads, processes, and the end.

use super::looked::kept_by;
use super::paths::{brief, function};
use super::spans::{Ink, Line, bytes, counted, number, place, wrap};
use crate::base::{
    At, BlockRef, DropCause, DropView, DroppedPart, Event, EventKind, Evidence, ExitStatus,
    HandleCount, Keeper, Shown, Totals, Unreadable,
};

/// Columns of the word that says what happened.
const WORD: usize = 9;
/// Columns of a block's ordinal.
const ORDINAL: usize = 6;
/// Columns of a function's path, beyond which the middle of it is left out.
const FUNCTION: usize = 32;
/// Columns of a size.
const SIZE: usize = 16;

/// The line of an event, or nothing for one that is not told in a line.
pub(super) fn line(event: &Event) -> Option<Line> {
    let at = event.at.as_ref();
    let inferred = event.evidence == Evidence::Inferred;
    Some(match &event.kind {
        EventKind::Alloc { block, size, align, .. } => {
            let mut line = block_line("alloc", Ink::New, &block.to_string(), &bytes(*size));
            by(&mut line, at);
            if *align > 16 {
                line.push(Ink::Faint, format!("  aligned to {align}"));
            }
            line
        }
        EventKind::Realloc { block, old_size, size, moved, .. } => {
            let sizes = format!("{} → {}", number(*old_size), bytes(*size));
            let mut line = block_line("realloc", Ink::Changed, &block.to_string(), &sizes);
            by(&mut line, at);
            line.push(Ink::Faint, if *moved { "  to another address" } else { "  in place" });
            line
        }
        EventKind::Free { block, size, allocated_at, allocated_by, .. } => {
            let mut line = block_line("free", Ink::Gone, &block.to_string(), &bytes(*size));
            by(&mut line, at);
            if let Some(from) = allocated_at {
                line.push(Ink::Faint, format!("  allocated in {}", whole_place(from)));
            }
            if let Some(thread) = allocated_by {
                line.push(Ink::Faint, format!(" by thread {thread}"));
            }
            line
        }
        EventKind::UnknownFree { ended, allocated_at, freed_at, realloc, .. } => {
            let (call, what) = match realloc {
                Some(size) => ("realloc", format!("to {} after it was freed", bytes(*size))),
                None => ("free", "a second time".to_owned()),
            };
            let mut line = word(call, Ink::Gone);
            match ended {
                Some(block) => {
                    line.push(Ink::Gone, format!("{block} {what}"));
                }
                None => {
                    line.push(Ink::Gone, "of a pointer that no known block begins at");
                }
            }
            line.push(Ink::Plain, "  ");
            by(&mut line, at);
            let freed = if realloc.is_some() { "freed" } else { "freed first" };
            for (what, at) in [("allocated", allocated_at), (freed, freed_at)] {
                if let Some(at) = at {
                    line.push(Ink::Faint, format!("  {what} in {}", whole_place(at)));
                }
            }
            line
        }
        EventKind::Move { block, with, from, to } => {
            let mut line = word("move", Ink::Changed);
            line.push(Ink::Block, format!("{block:<ORDINAL$}"));
            line.push(Ink::Plain, format!("{from} → {to}"));
            if !with.is_empty() {
                let with: Vec<_> = with.iter().map(ToString::to_string).collect();
                line.push(Ink::Plain, "  with ").push(Ink::Block, with.join(" "));
            }
            if inferred {
                line.push(Ink::Faint, "  inferred");
            }
            line
        }
        EventKind::Drop(drop) => {
            let mut line = word("drop", Ink::Gone);
            line.append(dropped(drop)).push(Ink::Plain, "  ");
            by(&mut line, at);
            line
        }
        EventKind::ThreadStart => told("thread", format!("{} begins", event.thread)),
        EventKind::ThreadEnd => told("thread", format!("{} ends", event.thread)),
        EventKind::Fork { parent, child, followed: true } => {
            told("fork", format!("process {child} is followed, {parent} goes its own way"))
        }
        EventKind::Fork { child, followed: false, .. } => {
            told("fork", format!("process {child} goes its own way, unwatched"))
        }
        EventKind::Exec { program } => {
            told("exec", format!("the process runs {program} now; all its blocks are gone"))
        }
        // A picture tells of borrows, and a line for each would hide what happens to blocks.
        EventKind::Borrow { .. } | EventKind::BorrowEnd { .. } => return None,
        EventKind::Start { .. }
        | EventKind::Repeated { .. }
        | EventKind::Enter { .. }
        | EventKind::ScopeEnd { .. }
        | EventKind::Return { .. }
        | EventKind::Stop { .. }
        | EventKind::Note { .. }
        | EventKind::Log { .. }
        | EventKind::Signal { .. }
        | EventKind::Exit { .. } => return None,
    })
}

/// What a drop drops: the type, its place, and what is known beside.
pub(super) fn dropped(drop: &DropView) -> Line {
    let mut line = Line::new();
    line.push(Ink::Type, &drop.type_name);
    if drop.part == DroppedPart::Body {
        line.push(Ink::Plain, "'s own drop");
    }
    if let Some(place) = &drop.place {
        line.push(Ink::Plain, format!("  {place}"));
        line.push(Ink::Faint, if drop.place_inferred { "?" } else { "" });
    }
    if let Some(HandleCount { before, after }) = drop.count {
        let left = match after {
            0 => "the last handle".to_owned(),
            _ => format!("handles {} → {}", number(before), number(after)),
        };
        line.push(Ink::Faint, format!("  {left}"));
    }
    match drop.cause {
        Some(DropCause::DropCall) => line.push(Ink::Faint, "  by drop(…)"),
        Some(DropCause::Assignment) => line.push(Ink::Faint, "  assigned over"),
        Some(DropCause::EndOfScope | DropCause::Temporary) | None => &mut line,
    };
    if drop.unwinding {
        line.push(Ink::Changed, "  unwinding");
    }
    line
}

/// What was counted instead of shown, on as many lines as it needs; nothing for another event.
pub(super) fn repeated(kind: &EventKind, width: usize) -> Vec<Line> {
    let EventKind::Repeated { calls, allocs, reallocs, frees } = kind else { return Vec::new() };
    let mut parts: Vec<_> = calls
        .iter()
        .enumerate()
        .map(|(index, c)| match index {
            0 => format!("{} of {}", counted(c.calls, "more call"), function(&c.function)),
            _ => format!("{} of {}", number(c.calls), function(&c.function)),
        })
        .collect();
    let blocks = [(*allocs, "alloc"), (*reallocs, "realloc"), (*frees, "free")];
    let blocks = blocks.into_iter().filter(|(n, _)| *n > 0);
    parts.extend(blocks.map(|(n, what)| counted(n, what)));
    labelled("…", &parts.join(", "), width)
}

/// A note, on as many lines as it needs.
pub(super) fn note(text: &str, width: usize) -> Vec<Line> {
    labelled("note", text, width)
}

fn labelled(label: &str, text: &str, width: usize) -> Vec<Line> {
    let wrapped = wrap(text, width.saturating_sub(WORD + 2));
    let labels = std::iter::once(label).chain(std::iter::repeat(""));
    labels.zip(wrapped).map(|(label, text)| told(label, text)).collect()
}

/// A value that is returned, as far as it is known.
pub(super) fn returned(value: &Shown) -> &str {
    match value.data.unreadable {
        Some(Unreadable::NotDescribed(_)) => "(value not known)",
        _ => &value.text,
    }
}

/// The closing lines.
pub(super) fn exit(
    status: ExitStatus,
    totals: &Totals,
    alive: &[BlockRef],
    ledger: bool,
) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut add = |label: &str, text: String| {
        let mut line = Line::new();
        line.push(Ink::Strong, format!("  {label:<WORD$}")).push(Ink::Plain, text);
        lines.push(line);
    };
    match status {
        ExitStatus::Code(code) => add("exit", format!("code {code}")),
        ExitStatus::Signal(n) => add("exit", format!("killed by signal {n} ({})", signal_name(n))),
    }
    if totals.peak_stack_bytes > 0 {
        add("stack", format!("peak {}", bytes(totals.peak_stack_bytes)));
    }
    if !ledger {
        return lines;
    }
    add(
        "heap",
        format!(
            "{} allocated, {} freed; {} in all, peak {}",
            counted(totals.allocated, "block"),
            number(totals.freed),
            bytes(totals.bytes),
            bytes(totals.peak_bytes),
        ),
    );
    if alive.is_empty() {
        add("alive", "no block".to_owned());
        return lines;
    }
    let mut sum = format!("{} in {}", bytes(totals.leaked_bytes), counted(totals.leaked, "block"));
    let lost = alive.iter().filter(|block| is_lost(block)).count() as u64;
    match (lost, totals.leaked) {
        (0, _) => {}
        (1, 1) => sum += ", lost: nothing leads to it",
        (lost, all) if lost == all => sum += ", all lost: nothing leads to them",
        (lost, _) => sum += &format!(", {} of them lost", number(lost)),
    }
    match alive.iter().filter(|block| is_perhaps(block)).count() as u64 {
        0 => {}
        perhaps => sum += &format!(", {} perhaps", number(perhaps)),
    }
    add("alive", sum);
    for group in groups(alive, false).into_iter().take(SITES_LISTED) {
        lines.push(group.line(false));
    }
    let more = groups(alive, false).len().saturating_sub(SITES_LISTED);
    if more > 0 {
        let mut line = Line::new();
        line.push(Ink::Faint, format!("  {:WORD$}… {} more", "", counted(more as u64, "line")));
        lines.push(line);
    }
    lines
}

/// How many lines that allocated what is still alive are listed.
const SITES_LISTED: usize = 20;

fn is_lost(block: &BlockRef) -> bool {
    block.keeper.as_ref().is_some_and(Keeper::is_lost)
}

fn is_perhaps(block: &BlockRef) -> bool {
    matches!(block.keeper, Some(Keeper::Perhaps { .. }))
}

/// Blocks that are alive at the end, by the line that allocated them and by whether they are lost.
pub(super) struct Group<'a> {
    first: &'a BlockRef,
    /// Whether the same keeps all of them.
    same: bool,
    blocks: u64,
    bytes: u64,
}

/// Blocks in groups, where it is asked for also by what keeps them.
pub(super) fn groups(alive: &[BlockRef], by_keeper: bool) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut index = std::collections::HashMap::new();
    for block in alive {
        let keeper = by_keeper.then_some(&block.keeper);
        let key = (&block.at, is_lost(block), is_perhaps(block), keeper);
        let at = *index.entry(key).or_insert_with(|| {
            groups.push(Group { first: block, same: true, blocks: 0, bytes: 0 });
            groups.len() - 1
        });
        let group = &mut groups[at];
        group.same &= group.first.keeper == block.keeper;
        group.blocks += 1;
        group.bytes += block.size;
    }
    groups
}

impl Group<'_> {
    /// A line of it; what keeps it is told of lost blocks alone, or of all.
    pub fn line(&self, all: bool) -> Line {
        let block = match self.blocks {
            1 => self.first.block.to_string(),
            n => format!("{} and {} more", self.first.block, number(n - 1)),
        };
        let mut line = Line::new();
        line.push(Ink::Plain, format!("  {:WORD$}", "")).push(Ink::Block, block);
        line.push(Ink::Plain, format!("  {}  ", bytes(self.bytes)));
        by(&mut line, self.first.at.as_ref());
        match &self.first.keeper {
            Some(Keeper::Nothing) => line.push(Ink::Gone, "  lost"),
            Some(keeper) if keeper.is_lost() && !self.same => line.push(Ink::Gone, "  lost"),
            Some(keeper) if keeper.is_lost() => {
                line.push(Ink::Gone, format!("  {}", kept_by(keeper)))
            }
            Some(Keeper::Perhaps { .. }) if !all => line.push(Ink::Gone, "  perhaps lost"),
            Some(keeper) if all => line.push(Ink::Faint, format!("  {}", kept_by(keeper))),
            _ => &mut line,
        };
        line
    }
}

/// A signal's name, for those that end programs.
pub(super) fn signal_name(n: i32) -> String {
    nix::sys::signal::Signal::try_from(n)
        .map_or_else(|_| format!("signal {n}"), |signal| signal.as_str().to_owned())
}

fn word(word: &str, ink: Ink) -> Line {
    let mut line = Line::new();
    line.push(ink, format!("  {word:<WORD$}"));
    line
}

fn told(what: &str, text: String) -> Line {
    let mut line = word(what, Ink::Strong);
    line.push(Ink::Plain, text);
    line
}

fn block_line(what: &str, ink: Ink, block: &str, size: &str) -> Line {
    let mut line = word(what, ink);
    line.push(Ink::Block, format!("{block:<ORDINAL$}"));
    line.push(Ink::Plain, format!("{size:>SIZE$}  "));
    line
}

fn by(line: &mut Line, at: Option<&At>) {
    match at {
        Some(at) => {
            line.push(Ink::Strong, brief(&function(&at.function), FUNCTION));
            let place = place(at);
            if !place.is_empty() {
                line.push(Ink::Plain, format!("  {place}"));
            }
        }
        None => {
            line.push(Ink::Faint, "by an unknown caller");
        }
    }
}

fn whole_place(at: &At) -> String {
    let place = place(at);
    let separator = if place.is_empty() { "" } else { " " };
    format!("{}{separator}{place}", brief(&function(&at.function), FUNCTION))
}
