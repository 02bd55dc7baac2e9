//! A variable in a picture: its name, type and size, and its value or what is known instead of it.

use unicode_width::UnicodeWidthStr;

use super::layout::{Columns, Mark, Row};
use super::spans::{Ink, Line, bytes, cut, number};
use crate::base::{At, Borrow, GonePart, Held, Hold, SlotKind, SlotState, SlotView, borrowed_text};

/// How many blocks of one slot are drawn.
const BLOCKS_DRAWN: usize = 12;

/// Columns in which the beginning of a value says enough.
const LEGIBLE: usize = 20;

/// What a change of which makes a slot a changed one: not where it is drawn.
pub(super) fn content(slot: &SlotView) -> String {
    let value = slot.value.as_ref().map(|value| &value.text);
    format!("{:?} {value:?} {:?} {:?}", slot.state, slot.blocks, slot.leads_to)
}

/// Whether the slot is told in a row of its own.
pub(super) fn is_named(slot: &SlotView) -> bool {
    matches!(slot.kind, SlotKind::Variable | SlotKind::Parameter)
        && slot.state != SlotState::Uninitialised
}

pub(super) fn slot_rows(columns: &Columns, slot: &SlotView) -> Vec<Row> {
    let mut left = slot_head(columns, slot);
    let owned: Vec<&Held> = slot.blocks.iter().filter(|held| held.hold != Hold::Refers).collect();
    let Some(first) = owned.first() else {
        // Of a state the end is the line that brought it about.
        let legible = match slot.state {
            SlotState::Live | SlotState::Perhaps { .. } => LEGIBLE,
            _ => usize::MAX,
        };
        let below = value_beside(columns, legible, &mut left, slot_value(slot));
        let lent =
            borrowed_beside(columns, below.as_ref().map_or(0, |_| columns.left), &mut left, slot);
        return [left].into_iter().chain(below).chain(lent).map(Row::left).collect();
    };
    let mut below = None;
    let mut right = block(first);
    match &slot.value {
        // What it owns itself lies on the heap: the value is told there.
        Some(value) if first.path.is_empty() => {
            right.push(Ink::Plain, "  ").push(Ink::Plain, &value.text);
        }
        // A part of it owns: the value is told here, and the part there.
        Some(value) => {
            let mut text = Line::new();
            text.push(Ink::Plain, &value.text).push(Ink::Plain, " ");
            below = value_beside(columns, LEGIBLE, &mut left, text);
            right.push(Ink::Faint, format!("  in {}", cut(&first.path, 24)));
        }
        // A part of it is gone, and the rest is its own still.
        None => {
            left.append(slot_value(slot)).push(Ink::Plain, " ");
            right.push(Ink::Faint, format!("  in {}", cut(&first.path, 24)));
        }
    }
    let lent = borrowed_beside(columns, ARROW, &mut left, slot);
    let mut rows = vec![Row { mark: Mark::Same, left, arrow: true, right }];
    rows.extend(below.map(Row::left));
    let mut lent = lent;
    for held in owned.iter().skip(1).take(BLOCKS_DRAWN) {
        let mut right = Line::new();
        right.push(Ink::Faint, "└ ").append(block(held));
        right.push(Ink::Faint, format!("  in {}", cut(&held.path, 24)));
        let left = lent.take().unwrap_or_default();
        rows.push(Row { left, ..Row::right(right) });
    }
    rows.extend(lent.map(Row::left));
    let more = owned.len().saturating_sub(BLOCKS_DRAWN + 1);
    if more > 0 {
        let mut right = Line::new();
        right.push(Ink::Faint, format!("… {} more blocks", number(more as u64)));
        rows.push(Row::right(right));
    }
    rows
}

/// Columns that an arrow takes at least.
const ARROW: usize = 3;

/// What stands beside a value of which nothing tells whether it is there still.
pub(super) const DOUBT: &str = "perhaps moved or dropped";

/// Puts who has borrowed a value behind what is told of it, where so many columns are left beside
/// that; or gives the line to put below.
fn borrowed_beside(
    columns: &Columns,
    left: usize,
    head: &mut Line,
    slot: &SlotView,
) -> Option<Line> {
    let told = [doubt(slot), slot.borrowed_text()];
    let told: Vec<String> = told.into_iter().flatten().collect();
    let text = (!told.is_empty()).then(|| told.join("; "))?;
    let shortened = || {
        let told = [doubt(slot), shortened(slot)];
        told.into_iter().flatten().collect::<Vec<_>>().join("; ")
    };
    let gap = if head.ends_blank() { "" } else { "  " };
    let taken = head.width() + gap.len() + text.width() + left;
    if taken <= columns.left {
        head.push(Ink::Changed, format!("{gap}{text}"));
        if left > 0 {
            head.push(Ink::Plain, " ");
        }
        return None;
    }
    let mut below = Line::new();
    below.push(Ink::Plain, "      ");
    let room = columns.left.saturating_sub(below.width());
    let text = if text.width() > room { shortened() } else { text };
    below.push(Ink::Changed, text);
    Some(below)
}

fn doubt(slot: &SlotView) -> Option<String> {
    matches!(slot.state, SlotState::Perhaps { .. }).then(|| DOUBT.to_owned())
}

/// Who has borrowed a value, without the modules and types around the functions.
fn shortened(slot: &SlotView) -> Option<String> {
    let short = |borrow: &Borrow| Borrow { by: last_two(&borrow.by), ..borrow.clone() };
    borrowed_text(&slot.borrowed.iter().map(short).collect::<Vec<_>>())
}

/// `mode::self` of `flags::HiArgs::mode::self`.
fn last_two(place: &str) -> String {
    let mut depth = 0usize;
    let mut joints = 0usize;
    for (at, character) in place.char_indices().rev() {
        match character {
            '>' => depth = depth.saturating_add(1),
            '<' => depth = depth.saturating_sub(1),
            ':' if depth == 0 && place.get(at..).is_some_and(|rest| rest.starts_with("::")) => {
                joints = joints.saturating_add(1);
                if joints == 2 {
                    return place.get(at.saturating_add(2)..).unwrap_or(place).to_owned();
                }
            }
            _ => {}
        }
    }
    place.to_owned()
}

/// Puts a value behind the name, type and size of its slot; or gives the line to put below, where
/// less of the row is left than the columns in which it is legible, and it has more.
fn value_beside(columns: &Columns, legible: usize, head: &mut Line, value: Line) -> Option<Line> {
    let room = columns.left.saturating_sub(head.width());
    if value.width() <= room || room >= legible {
        head.append(value);
        return None;
    }
    let mut below = Line::new();
    below.push(Ink::Plain, "      ").append(value);
    Some(below)
}

fn slot_head(columns: &Columns, slot: &SlotView) -> Line {
    let mut left = Line::new();
    left.push(Ink::Plain, "  ").push_cut(Ink::Plain, &name_of(slot), columns.name);
    left.pad_to(columns.name + 4).push_cut(Ink::Type, type_of(slot), columns.ty);
    left.pad_to(columns.name + columns.ty + 6);
    if columns.offset > 0 {
        // The distance from the canonical frame address; what is not in the frame has none.
        let offset = slot.offset.map_or(String::new(), |offset| offset.to_string());
        left.push(Ink::Faint, format!("{offset:>width$}  ", width = columns.offset));
    }
    let size = bytes(slot.size);
    left.push(Ink::Plain, format!("{size:>width$}  ", width = columns.size));
    left
}

pub(super) fn name_of(slot: &SlotView) -> String {
    let name = slot.name.as_deref().unwrap_or_default();
    let hidden = if slot.shadowed { " (shadowed)" } else { "" };
    match &slot.inlined_from {
        Some(function) => format!("{function}::{name}{hidden}"),
        None => format!("{name}{hidden}"),
    }
}

pub(super) fn type_of(slot: &SlotView) -> &str {
    slot.type_name.as_deref().unwrap_or("?")
}

/// The value or what is known in its place, for a slot that owns nothing on the heap.
fn slot_value(slot: &SlotView) -> Line {
    let mut line = Line::new();
    match &slot.state {
        SlotState::Live | SlotState::Perhaps { .. } => {
            if let Some(value) = &slot.value {
                line.push(Ink::Plain, &value.text);
            }
        }
        SlotState::Uninitialised => {
            line.push(Ink::Faint, "not yet initialised");
        }
        SlotState::Moved { to, at } => {
            let part = if slot.blocks.is_empty() { "" } else { "in part " };
            line.push(Ink::Gone, format!("{part}{}", moved(to.as_deref(), at.as_ref())));
        }
        SlotState::MovedOrDropped { at } => {
            let at: Vec<String> = at.iter().map(super::spans::place).collect();
            line.push(Ink::Gone, format!("moved or dropped at {}", at.join(" or ")));
        }
        SlotState::PartlyMoved { parts } => {
            line.push(Ink::Gone, partly_moved(parts));
        }
        SlotState::Dropped { at } => {
            line.push(Ink::Gone, format!("dropped{}", at_place(at.as_ref())));
        }
        SlotState::Freed { block, at } => {
            line.push(Ink::Gone, format!("{block} freed{}", at_place(at.as_ref())));
        }
        SlotState::Unreadable(why) => {
            line.push(Ink::Faint, why.in_place());
        }
    }
    if slot.offset.is_none() && matches!(slot.state, SlotState::Live | SlotState::Perhaps { .. }) {
        line.push(Ink::Faint, format!("  in {}", slot.region));
    }
    if slot.value.as_ref().is_some_and(|value| value.text.contains('→')) {
        // A raw pointer says itself where it leads.
        return line;
    }
    if let Some(region) = &slot.leads_to {
        line.push(Ink::Faint, format!(" → {region}"));
    }
    if let Some(held) = slot.blocks.iter().find(|held| held.hold == Hold::Refers) {
        line.push(Ink::Faint, " → ").push(Ink::Block, held.block.to_string());
    }
    line
}

/// `moved to f::value at main.rs:7`, as far as it is known.
pub(super) fn moved(to: Option<&str>, at: Option<&At>) -> String {
    let to = to.map_or(String::new(), |to| format!(" to {to}"));
    format!("moved{to}{}", at_place(at))
}

/// `partly moved: .name to f::name at main.rs:7, .other`.
pub(super) fn partly_moved(parts: &[GonePart]) -> String {
    let parts: Vec<String> = parts
        .iter()
        .map(|part| {
            let dropped = if part.dropped { " dropped" } else { "" };
            let to = part.to.as_ref().map_or(String::new(), |to| format!(" to {to}"));
            format!("{}{dropped}{to}{}", part.path, at_place(part.at.as_ref()))
        })
        .collect();
    format!("partly moved: {}", parts.join(", "))
}

/// ` at main.rs:7`, or nothing where the line is not known.
pub(super) fn at_place(at: Option<&At>) -> String {
    let place = at.map(super::spans::place).filter(|place| !place.is_empty());
    place.map_or(String::new(), |place| format!(" at {place}"))
}

fn block(held: &Held) -> Line {
    let mut line = Line::new();
    line.push(Ink::Block, held.block.to_string()).push(Ink::Plain, "  ");
    let spare = held.size.saturating_sub(held.used);
    match spare {
        0 => line.push(Ink::Plain, bytes(held.size)),
        _ => line.push(Ink::Plain, format!("{} of {}", number(held.used), bytes(held.size))),
    };
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_place_is_told_by_its_function_and_name() {
        assert_eq!(last_two("flags::HiArgs::mode::self"), "mode::self");
        assert_eq!(last_two("<rg::A as rg::B>::update::v"), "update::v");
        assert_eq!(last_two("main::value"), "main::value");
        assert_eq!(last_two("look<rg::A>::value"), "look<rg::A>::value");
    }
}
