//! Who owns a block, what happened to it, and what nobody owns.

use unicode_width::UnicodeWidthStr;

use super::super::lines::groups;
use super::super::paths::{brief, function};
use super::super::spans::{Ink, Line, bytes, counted, place, wrap};
use super::heap::holder_line;
use super::plain;
use crate::base::{BlockRef, Evidence, Keeper};
use crate::session::{Fact, Leaks, OwnerPath, OwnerStep, Why};
use crate::track::{Moment, Story};

/// Events of a block that are shown of its beginning, and of its end.
const EACH: usize = 20;
/// Lost blocks that are listed.
const LOST: usize = 40;
/// Lines that allocated what statics keep that are listed.
const KEPT: usize = 12;
/// Columns that a line of a block is continued in.
const BEHIND: usize = 11;

pub(super) fn owner(path: &OwnerPath, lines: &mut Vec<Line>) {
    let mut head = Line::new();
    head.push(Ink::Block, path.block.to_string());
    head.push(Ink::Plain, format!("  {}", bytes(path.size)));
    lines.push(head);
    for step in &path.steps {
        lines.push(match step {
            OwnerStep::Slot(holder) => holder_line(holder),
            OwnerStep::Block { block, offset } => {
                let mut line = Line::new();
                line.push(Ink::Faint, "  by a word of  ").push(Ink::Block, block.to_string());
                line.push(Ink::Plain, format!("+{offset}"));
                line
            }
            OwnerStep::Keeper(keeper) => {
                plain(keeper_ink(keeper), format!("  {}", kept_by(keeper)))
            }
        });
    }
    if path.steps.is_empty() {
        lines.push(plain(Ink::Faint, "  owner not known: there is more memory than is searched"));
    }
    for other in &path.others {
        lines.push(holder_line(other));
    }
}

/// The story of a block without colours, for the messages of assertions.
pub(in crate::front) fn story_text(of: &Story) -> String {
    let mut text = String::new();
    for line in story(of) {
        line.render(&mut text);
    }
    anstream::adapter::strip_str(&text).to_string()
}

/// An event of a story.
struct Told<'a> {
    ink: Ink,
    what: String,
    evidence: Evidence,
    moment: &'a Moment,
}

impl Told<'_> {
    fn observed(ink: Ink, what: String, moment: &Moment) -> Told<'_> {
        Told { ink, what, evidence: Evidence::Observed, moment }
    }

    fn inferred(what: String, moment: &Moment) -> Told<'_> {
        Told { ink: Ink::Changed, what, evidence: Evidence::Inferred, moment }
    }
}

/// The story of a block, each event on a line.
pub(super) fn story(story: &Story) -> Vec<Line> {
    let mut events = vec![Told::observed(Ink::New, "allocated".to_owned(), &story.allocated)];
    events.extend(story.resized.iter().map(|resized| {
        let what = format!("resized to {}", bytes(resized.size));
        Told::observed(Ink::Changed, what, &resized.moment)
    }));
    let moved = story.moved.iter();
    events
        .extend(moved.map(|m| Told::inferred(format!("moved to {} (inferred)", m.to), &m.moment)));
    events.extend(story.lent.iter().map(|lent| {
        let perhaps = if lent.perhaps { "perhaps " } else { "" };
        let text = format!("{perhaps}borrowed by {} ({}, inferred)", lent.to, lent.kind);
        Told::inferred(text, &lent.moment)
    }));
    for (nth, freed) in story.freed.iter().enumerate() {
        let what = match (freed.realloc, nth) {
            (Some(size), _) => format!("resized to {} after its end", bytes(size)),
            (None, 0) => "freed".to_owned(),
            (None, _) => "freed again".to_owned(),
        };
        events.push(Told::observed(Ink::Gone, what, &freed.moment));
    }
    events.sort_by_key(|told| told.moment.seq);
    let mut head = Line::new();
    head.push(Ink::Block, story.id.to_string())
        .push(Ink::Plain, format!("  {}", bytes(story.size)));
    let mut lines = vec![head];
    lines.extend(in_columns(&events));
    if story.freed.is_empty() {
        lines.push(plain(Ink::Plain, "  alive"));
    }
    if story.later > 0 {
        let count = counted(story.later as u64, "more event");
        lines.push(plain(Ink::Faint, format!("  {count} after this moment")));
    }
    lines
}

fn in_columns(events: &[Told<'_>]) -> Vec<Line> {
    let wide = |what: &str| what.chars().count();
    let column = events.iter().map(|told| wide(&told.what)).max().unwrap_or(0) + 4;
    let files = events.iter().map(|t| t.moment.at.as_ref().map_or(0, |at| wide(&place(at))));
    let second = column + files.max().unwrap_or(0).max(1) + 2;
    let line = |Told { ink, what, evidence, moment }: &Told<'_>| {
        let mut line = Line::new();
        line.push(*ink, format!("  {what}")).pad_to(column);
        match &moment.at {
            Some(at) => {
                line.push(Ink::Plain, place(at)).pad_to(second);
                line.push(Ink::Strong, brief(&function(&at.function), 40))
            }
            None => {
                // What was concluded has no caller.
                let who = match evidence {
                    Evidence::Observed => "by an unknown caller",
                    Evidence::Inferred => "at an unknown line",
                };
                line.push(Ink::Faint, "?").pad_to(second).push(Ink::Faint, who)
            }
        };
        if moment.thread.0 > 1 {
            line.push(Ink::Faint, format!("  thread {}", moment.thread));
        }
        line
    };
    let mut lines: Vec<Line> = events.iter().map(line).collect();
    if let Some(more @ 1..) = lines.len().checked_sub(2 * EACH) {
        lines.splice(EACH..EACH + more, [plain(Ink::Faint, format!("  … {more} more"))]);
    }
    lines
}

/// Why a value is dead or alive: each fact in lines of its own, with how it is known.
pub(super) fn why(why: &Why, width: usize, lines: &mut Vec<Line>) {
    lines.push(plain(Ink::Strong, &why.of));
    for Fact { text, evidence } in &why.facts {
        let known = match evidence {
            Evidence::Observed => "observed",
            Evidence::Inferred => "inferred",
        };
        let mut line = Line::new();
        line.push(Ink::Plain, format!("  {text}")).push(Ink::Faint, format!("  ({known})"));
        lines.extend(line.folded(width, 4));
    }
}

pub(super) fn leaks(leaks: &Leaks, width: usize, lines: &mut Vec<Line>) {
    let when = if leaks.at_the_end { " at the end" } else { "" };
    match leaks.lost.len() as u64 {
        0 => lines.push(plain(Ink::Strong, format!("No block is lost{when}."))),
        count => {
            let text = format!("{} lost{when}, {}", counted(count, "block"), sum(&leaks.lost));
            lines.push(plain(Ink::Strong, text));
            for block in leaks.lost.iter().take(LOST) {
                let one = groups(std::slice::from_ref(block), true);
                lines.extend(one.iter().flat_map(|one| one.line(true).folded(width, BEHIND)));
            }
            if let Some(more @ 1..) = leaks.lost.len().checked_sub(LOST) {
                lines.push(plain(Ink::Faint, format!("  … {more} more")));
            }
        }
    }
    grouped(
        "perhaps lost: words lead into them, and none to their beginning",
        &leaks.perhaps_lost,
        width,
        lines,
    );
    let of_thread = |keeper: &Keeper| matches!(keeper, Keeper::ThreadLocal { .. });
    let local =
        leaks.held_by_statics.iter().any(|block| block.keeper.as_ref().is_some_and(of_thread));
    let kept = if local { "kept by statics and thread-local variables" } else { "kept by statics" };
    grouped(kept, &leaks.held_by_statics, width, lines);
    if leaks.held_by_stacks > 0 {
        let count = counted(leaks.held_by_stacks as u64, "block");
        let text = format!("{count} that a variable or a register leads to.");
        lines.extend(wrap(&text, width).into_iter().map(|text| plain(Ink::Faint, text)));
    }
}

fn grouped(what: &str, blocks: &[BlockRef], width: usize, lines: &mut Vec<Line>) {
    if blocks.is_empty() {
        return;
    }
    let count = counted(blocks.len() as u64, "block");
    lines.push(plain(Ink::Strong, format!("{count} {what}, {}", sum(blocks))));
    let groups = groups(blocks, true);
    let shown = groups.iter().take(KEPT);
    lines.extend(shown.flat_map(|group| group.line(true).folded(width, BEHIND)));
    if let Some(more @ 1..) = groups.len().checked_sub(KEPT) {
        lines.push(plain(Ink::Faint, format!("  … {more} more")));
    }
}

fn sum(blocks: &[BlockRef]) -> String {
    bytes(blocks.iter().map(|block| block.size).sum())
}

fn keeper_ink(keeper: &Keeper) -> Ink {
    if keeper.is_lost() { Ink::Gone } else { Ink::Plain }
}

/// What keeps a block, or that nothing does.
pub(in crate::front::text) fn kept_by(keeper: &Keeper) -> String {
    match keeper {
        Keeper::LostBlock { block } => format!("lost with {block}"),
        Keeper::Cycle { next } => format!("lost, in a ring with {next}"),
        Keeper::Nothing => "lost: nothing leads to it".to_owned(),
        Keeper::Perhaps { keeper } => format!("perhaps by {}", holder(keeper, usize::MAX)),
        keeper => format!("kept by {}", holder(keeper, usize::MAX)),
    }
}

/// The same for a column of a list, of so many columns if a shorter name can make it so.
pub(super) fn kept_within(keeper: &Keeper, columns: usize) -> String {
    match keeper {
        Keeper::Perhaps { keeper } => {
            let by = "perhaps by ";
            format!("{by}{}", holder(keeper, columns.saturating_sub(by.len())))
        }
        keeper if keeper.is_lost() => kept_by(keeper),
        keeper => holder(keeper, columns),
    }
}

/// A variable's name, without its crate where it has more columns with it.
fn within(name: &str, columns: usize) -> String {
    match name.width() <= columns {
        true => name.to_owned(),
        false => brief(&function(name), columns),
    }
}

fn holder(keeper: &Keeper, columns: usize) -> String {
    match keeper {
        Keeper::Static { name: Some(name) } => {
            let what = "static ";
            format!("{what}{}", within(name, columns.saturating_sub(what.len())))
        }
        Keeper::ThreadLocal { of, name: Some(name) } => {
            let (what, of) = ("thread-local ", format!(" of thread {of}"));
            let room = columns.saturating_sub(what.len() + of.len());
            format!("{what}{}{of}", within(name, room))
        }
        Keeper::ThreadLocal { of, name: None } => {
            format!("a thread-local variable of thread {of}")
        }
        Keeper::Stack { of } => format!("a word on the stack of thread {of}"),
        _ => "a static".to_owned(),
    }
}
