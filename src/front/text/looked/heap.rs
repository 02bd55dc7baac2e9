//! Blocks of the heap.

use unicode_width::UnicodeWidthStr;

use super::super::paths::{brief, brief_place, function};
use super::super::spans::{Ink, Line, bytes, counted, cut, number, place};
use super::ownership::kept_within;
use super::{address, plain, widest};
use crate::base::Hold;
use crate::session::{BlockDetail, BlockView, HeapView, Holder, OwnerStep};

/// Columns of an owner's name at most.
const OWNER: usize = 31;
/// Columns of a function's name at least.
const NAME: usize = 8;
/// Bytes in a row of a dump.
const ROW: usize = 16;

pub(super) fn blocks(view: &HeapView, addresses: bool, width: usize, lines: &mut Vec<Line>) {
    let mut head = Line::new();
    head.push(Ink::Strong, counted(view.live, "block"));
    head.push(Ink::Plain, format!(", {}", bytes(view.bytes)));
    lines.push(head);
    if view.blocks.is_empty() {
        return;
    }
    let ordinal = view.blocks.iter().map(|b| b.block.to_string().len()).max().unwrap_or(0);
    let size = view.blocks.iter().map(|b| bytes(b.size).len()).max().unwrap_or(0);
    let room = OWNER.max(width / 3);
    let owners: Vec<String> = view.blocks.iter().map(|block| owner(block, room)).collect();
    let column = widest(owners.iter().map(String::as_str), room);
    for (block, owner) in view.blocks.iter().zip(&owners) {
        let mut line = Line::new();
        line.push(Ink::Block, format!("{:>ordinal$}", block.block)).push(Ink::Plain, "  ");
        if addresses {
            line.push(Ink::Faint, address(block.address));
        }
        line.push(Ink::Plain, format!("{:>size$}  ", bytes(block.size)));
        let start = line.width();
        let known = block.owner.is_some();
        line.push_cut(if known { Ink::Strong } else { Ink::Faint }, owner, room);
        line.pad_to(start + column).push(Ink::Plain, "  ");
        let room = width.saturating_sub(line.width());
        line.append(allocated(block, room));
        lines.push(line);
    }
    if view.more > 0 {
        lines.push(plain(Ink::Faint, format!("… {} more", number(view.more as u64))));
    }
}

fn owner(block: &BlockView, room: usize) -> String {
    const SHARED: &str = " (shared)";
    match (&block.owner, &block.keeper) {
        (Some(Holder { place, hold: Hold::Shares, .. }), _) => {
            brief_place(place, room.saturating_sub(SHARED.len())) + SHARED
        }
        (Some(owner), _) => brief_place(&owner.place, room),
        (None, Some(OwnerStep::Slot(owner))) => brief_place(&owner.place, room),
        (None, Some(OwnerStep::Block { block, offset })) => {
            format!("by a word of {block}+{offset}")
        }
        (None, Some(OwnerStep::Keeper(keeper))) => kept_within(keeper, room),
        (None, None) => "owner not known".to_owned(),
    }
}

/// Who allocated a block. Where that is wider than the room, the function's name gives way: the line
/// tells more.
fn allocated(block: &BlockView, room: usize) -> Line {
    let mut line = Line::new();
    let thread = match block.thread.0 > 1 {
        true => format!("  thread {}", block.thread),
        false => String::new(),
    };
    match &block.at {
        Some(at) => {
            let at_line = place(at);
            let room = room.saturating_sub(thread.len() + at_line.width() + 1);
            let who = cut(&brief(&function(&at.function), room.min(32)), room.max(NAME));
            line.push(Ink::Faint, format!("{who} {at_line}").trim_end())
        }
        None => line.push(Ink::Faint, "by an unknown caller"),
    };
    line.push(Ink::Faint, thread);
    line
}

pub(super) fn block(detail: &BlockDetail, addresses: bool, lines: &mut Vec<Line>) {
    let view = &detail.view;
    let mut head = Line::new();
    head.push(Ink::Block, view.block.to_string());
    head.push(Ink::Plain, format!("  {}, aligned to {}", bytes(view.size), view.align));
    if addresses {
        head.push(Ink::Faint, format!("  {:#x}", view.address.0));
    }
    lines.push(head);
    let mut at = Line::new();
    at.push(Ink::Faint, "  allocated  ").append(allocated(view, usize::MAX));
    lines.push(at);
    let mut seen: Vec<&Holder> = detail.holders.iter().collect();
    if seen.is_empty() {
        seen.extend(&view.owner);
    }
    for holder in &seen {
        lines.push(holder_line(holder));
    }
    if seen.is_empty() {
        lines.push(plain(Ink::Faint, "  no variable on a stack leads to it"));
    }
    dump(detail, lines);
}

pub(super) fn holder_line(holder: &Holder) -> Line {
    let mut line = Line::new();
    let word = match holder.hold {
        Hold::Owner => "owned by",
        Hold::Shares => "shared by",
        Hold::Refers => "referred to by",
    };
    line.push(Ink::Faint, format!("  {word}  ")).push(Ink::Strong, &holder.place);
    if let Some(ty) = &holder.type_name {
        line.push(Ink::Faint, ": ").push(Ink::Type, ty);
    }
    if let Some(used) = holder.used.filter(|_| holder.hold != Hold::Refers) {
        line.push(Ink::Faint, format!("  {} in use", bytes(used)));
    }
    line
}

/// The bytes, and behind them the same as text, or what the words of the row lead to.
fn dump(detail: &BlockDetail, lines: &mut Vec<Line>) {
    if detail.unreadable {
        return lines.push(plain(Ink::Gone, "  its bytes cannot be read"));
    }
    for (index, row) in detail.content.chunks(ROW).enumerate() {
        let start = index.saturating_mul(ROW) as u64;
        let mut line = Line::new();
        line.push(Ink::Faint, format!("  +{start:<5x} "));
        for (n, byte) in row.iter().enumerate() {
            let gap = if n == ROW / 2 { "  " } else { " " };
            let ink = if *byte == 0 { Ink::Faint } else { Ink::Number };
            line.push(Ink::Plain, gap).push(ink, format!("{byte:02x}"));
        }
        line.pad_to(60);
        let here = |at: u64| at >= start && at - start < ROW as u64;
        let leads = detail.pointers.iter().filter(|(at, _)| here(*at));
        let leads: Vec<_> = leads.map(|(_, name)| name.as_str()).collect();
        let shown = |byte: &u8| if (0x20..0x7f).contains(byte) { char::from(*byte) } else { '·' };
        match leads.is_empty() {
            true => line.push(Ink::Text, row.iter().map(shown).collect::<String>()),
            false => line.push(Ink::Block, format!("→ {}", leads.join(", "))),
        };
        lines.push(line);
    }
    let left = detail.view.size.saturating_sub(detail.content.len() as u64);
    if left > 0 {
        lines.push(plain(Ink::Faint, format!("  … {} more", bytes(left))));
    }
}
