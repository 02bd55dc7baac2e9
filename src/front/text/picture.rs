//! The stack on the left, the heap on the right, and an arrow from each owner to its blocks.
//!
//! Only what changed since the last picture of the thread is drawn; a frame in which nothing did is
//! one line. The outermost frame comes first, as it lies highest in memory.

use std::collections::HashMap;

use unicode_width::UnicodeWidthStr;

use super::spans::{Ink, Line, bytes, cut, number};
use crate::base::{FrameView, Held, Hold, SlotKind, SlotState, SlotView};

/// Below this width the two sides do not fit beside each other with readable names.
const NARROWEST: usize = 60;

/// How many blocks of one slot are drawn.
const BLOCKS_DRAWN: usize = 12;

/// The last picture of one thread, to tell what changed.
#[derive(Default)]
pub(super) struct Picture {
    frames: Vec<Remembered>,
}

/// A frame of the last picture.
#[derive(Clone, PartialEq)]
struct Remembered {
    function: String,
    bytes: u64,
    slots: HashMap<String, String>,
}

/// A line of the picture before it is laid out.
struct Row {
    mark: Mark,
    left: Line,
    arrow: bool,
    right: Line,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    New,
    Changed,
    Same,
}

/// What drawing needs to know.
pub(super) struct Canvas {
    /// Columns.
    pub width: usize,
    /// Whether the frames below the first of the user's are named one by one, or counted.
    pub name_runtime: bool,
}

impl Picture {
    /// Draws the frames, given innermost first, against the last picture; and whether anything in
    /// them is new or has changed.
    pub fn draw(&mut self, canvas: &Canvas, frames: &[FrameView]) -> (Vec<Line>, bool) {
        let frames = with_their_slots(frames);
        let frames: Vec<&FrameView> = frames.iter().collect();
        let layout = Layout::of(canvas);
        let mut rows = Vec::new();
        let mut now = Vec::with_capacity(frames.len());
        let mut index = 0;
        while index < frames.len() {
            if frames[index].user {
                let before = self.frames.get(now.len());
                let (drawn, remembered) = frame_rows(&layout, frames[index], before);
                rows.extend(drawn);
                now.push(remembered);
                index += 1;
                continue;
            }
            let run = frames[index..].iter().take_while(|frame| !frame.user).count();
            let group = &frames[index..index + run];
            rows.extend(others(group, index == 0, canvas.name_runtime));
            index += run;
        }
        self.frames = now;
        let changed = rows.iter().any(|row| row.mark != Mark::Same);
        (rows.into_iter().map(|row| layout.line(row)).collect(), changed)
    }
}

/// The frames from the outermost on, each inlined one with its own variables: their bytes belong to
/// the frame that it was inlined into, but a person looks for them with the call.
fn with_their_slots(innermost_first: &[FrameView]) -> Vec<FrameView> {
    let mut frames: Vec<FrameView> = innermost_first.iter().rev().cloned().collect();
    let mut physical = 0;
    for index in 0..frames.len() {
        if !frames[index].inlined {
            physical = index;
            continue;
        }
        let name = super::spans::function(&frames[index].at.function).to_owned();
        let of_it = |slot: &mut SlotView| slot.inlined_from.as_deref() == Some(&name);
        let mut own: Vec<SlotView> = frames[physical].slots.extract_if(.., of_it).collect();
        own.iter_mut().for_each(|slot| slot.inlined_from = None);
        frames[index].slots = own;
    }
    frames
}

/// Where the columns are.
struct Layout {
    width: usize,
    /// The column of the rule between stack and heap.
    middle: usize,
}

/// How wide the columns of one frame's slots are: as wide as they must be, up to a limit.
struct Columns {
    name: usize,
    ty: usize,
    size: usize,
}

impl Columns {
    fn of(layout: &Layout, frame: &FrameView) -> Columns {
        let named = || frame.slots.iter().filter(|slot| is_named(slot));
        let widest = |widths: &mut dyn Iterator<Item = usize>, limit: usize| {
            widths.max().unwrap_or(0).min(limit)
        };
        Columns {
            name: widest(&mut named().map(|slot| name_of(slot).width()), layout.middle / 3),
            ty: widest(&mut named().map(|slot| type_of(slot).width()), layout.middle * 2 / 5),
            size: widest(&mut named().map(|slot| bytes(slot.size).len()), usize::MAX),
        }
    }
}

impl Layout {
    fn of(canvas: &Canvas) -> Layout {
        let width = canvas.width.clamp(NARROWEST, 200);
        Layout { width, middle: width * 58 / 100 }
    }

    /// Columns between the mark and the rule.
    fn left(&self) -> usize {
        self.middle - 3
    }

    fn line(&self, row: Row) -> Line {
        let (mark, ink) = match row.mark {
            Mark::New => ("+", Ink::New),
            Mark::Changed => ("~", Ink::Changed),
            Mark::Same => (" ", Ink::Plain),
        };
        let mut line = Line::new();
        line.push(ink, format!("{mark} ")).append(row.left.fit(self.left()));
        if row.arrow {
            if line.width() + 2 > self.middle {
                line = line.fit(self.middle - 2);
                line.push(Ink::Plain, " ");
            }
            line.fill(Ink::Faint, '─', self.middle);
            line.push(Ink::Block, "▶ ");
        } else {
            line.pad_to(self.middle).push(Ink::Faint, "│ ");
        }
        let left = self.width.saturating_sub(line.width());
        line.append(row.right.fit(left));
        line
    }
}

fn frame_rows(
    layout: &Layout,
    frame: &FrameView,
    before: Option<&Remembered>,
) -> (Vec<Row>, Remembered) {
    let before = before.filter(|before| before.function == frame.at.function);
    let mut remembered = Remembered {
        function: frame.at.function.clone(),
        bytes: frame.bytes,
        slots: HashMap::new(),
    };
    let mut rows = Vec::new();
    let columns = Columns::of(layout, frame);
    for slot in frame.slots.iter().filter(|slot| is_named(slot)) {
        let drawn = slot_rows(&columns, slot);
        let text = content(slot);
        let inlined = slot.inlined_from.as_deref().unwrap_or_default();
        let key = format!("{inlined}::{}:{}", name_of(slot), slot.declared);
        let mark = match before.map(|before| before.slots.get(&key)) {
            None => Mark::Same,
            Some(None) => Mark::New,
            Some(Some(known)) if *known == text => Mark::Same,
            Some(Some(_)) => Mark::Changed,
        };
        remembered.slots.insert(key, text);
        // In a new frame every slot is new, and only the frame is marked.
        if before.is_none() || mark != Mark::Same {
            rows.extend(
                drawn
                    .into_iter()
                    .enumerate()
                    .map(|(n, row)| Row { mark: if n == 0 { mark } else { Mark::Same }, ..row }),
            );
        }
    }
    if before.is_none() {
        rows.extend(uninitialised(frame));
        rows.extend(plumbing(frame));
    }
    let mark = match before {
        None => Mark::New,
        Some(before) if before.bytes != frame.bytes => Mark::Changed,
        Some(_) => Mark::Same,
    };
    let quiet = mark == Mark::Same && rows.is_empty();
    rows.insert(0, frame_row(layout, frame, mark, quiet));
    (rows, remembered)
}

fn frame_row(layout: &Layout, frame: &FrameView, mark: Mark, quiet: bool) -> Row {
    let mut left = Line::new();
    let size = if frame.inlined { "inlined".to_owned() } else { bytes(frame.bytes) };
    let name = super::spans::function(&frame.at.function);
    let room = layout.left().saturating_sub(size.len() + 1);
    let ink = if quiet { Ink::Faint } else { Ink::Strong };
    left.push_cut(ink, name, room);
    let place = super::spans::place(&frame.at);
    if left.width() + 2 + place.len() < room {
        left.push(Ink::Faint, format!("  {place}"));
    }
    left.pad_to(layout.left() - size.len()).push(ink, size);
    Row { mark, left, arrow: false, right: Line::new() }
}

/// What a change of which makes a slot a changed one: not where it is drawn.
fn content(slot: &SlotView) -> String {
    let value = slot.value.as_ref().map(|value| &value.text);
    format!("{:?} {value:?} {:?} {:?}", slot.state, slot.blocks, slot.leads_to)
}

/// Whether the slot is told in a row of its own.
fn is_named(slot: &SlotView) -> bool {
    matches!(slot.kind, SlotKind::Variable | SlotKind::Parameter)
        && slot.state != SlotState::Uninitialised
}

fn slot_rows(columns: &Columns, slot: &SlotView) -> Vec<Row> {
    let mut left = slot_head(columns, slot);
    let owned: Vec<&Held> = slot.blocks.iter().filter(|held| held.hold != Hold::Refers).collect();
    let Some(first) = owned.first() else {
        left.append(slot_value(slot));
        return vec![Row { mark: Mark::Same, left, arrow: false, right: Line::new() }];
    };
    let mut right = block(first);
    match &slot.value {
        // What it owns itself lies on the heap: the value is told there.
        Some(value) if first.path.is_empty() => {
            right.push(Ink::Plain, "  ").push(Ink::Plain, &value.text);
        }
        // A part of it owns: the value is told here, and the part there.
        Some(value) => {
            left.push(Ink::Plain, &value.text).push(Ink::Plain, " ");
            right.push(Ink::Faint, format!("  in {}", cut(&first.path, 24)));
        }
        None => {}
    }
    let mut rows = vec![Row { mark: Mark::Same, left, arrow: true, right }];
    for held in owned.iter().skip(1).take(BLOCKS_DRAWN) {
        let mut right = Line::new();
        right.push(Ink::Faint, "└ ").append(block(held));
        right.push(Ink::Faint, format!("  in {}", cut(&held.path, 24)));
        rows.push(Row { mark: Mark::Same, left: Line::new(), arrow: false, right });
    }
    let more = owned.len().saturating_sub(BLOCKS_DRAWN + 1);
    if more > 0 {
        let mut right = Line::new();
        right.push(Ink::Faint, format!("… {} more blocks", number(more as u64)));
        rows.push(Row { mark: Mark::Same, left: Line::new(), arrow: false, right });
    }
    rows
}

fn slot_head(columns: &Columns, slot: &SlotView) -> Line {
    let mut left = Line::new();
    left.push(Ink::Plain, "  ").push_cut(Ink::Plain, &name_of(slot), columns.name);
    left.pad_to(columns.name + 4).push_cut(Ink::Type, type_of(slot), columns.ty);
    left.pad_to(columns.name + columns.ty + 6);
    let size = bytes(slot.size);
    left.push(Ink::Plain, format!("{size:>width$}  ", width = columns.size));
    left
}

fn name_of(slot: &SlotView) -> String {
    let name = slot.name.as_deref().unwrap_or_default();
    let hidden = if slot.shadowed { " (shadowed)" } else { "" };
    match &slot.inlined_from {
        Some(function) => format!("{function}::{name}{hidden}"),
        None => format!("{name}{hidden}"),
    }
}

fn type_of(slot: &SlotView) -> &str {
    slot.type_name.as_deref().unwrap_or("?")
}

/// The value or what is known in its place, for a slot that owns nothing on the heap.
fn slot_value(slot: &SlotView) -> Line {
    let mut line = Line::new();
    match &slot.state {
        SlotState::Live => {
            if let Some(value) = &slot.value {
                line.push(Ink::Plain, &value.text);
            }
        }
        SlotState::Uninitialised => {
            line.push(Ink::Faint, "not yet initialised");
        }
        SlotState::Moved { to } => {
            line.push(Ink::Gone, format!("moved to {to}"));
        }
        SlotState::Freed { block, at } => {
            let place = at.as_ref().map(super::spans::place).filter(|place| !place.is_empty());
            let place = place.map_or(String::new(), |place| format!(" at {place}"));
            line.push(Ink::Gone, format!("{block} freed{place}"));
        }
        SlotState::Unreadable(why) => {
            line.push(Ink::Faint, format!("<{why}>"));
        }
    }
    if slot.offset.is_none() && slot.state == SlotState::Live {
        line.push(Ink::Faint, format!("  in {}", slot.region));
    }
    if let Some(region) = &slot.leads_to {
        line.push(Ink::Faint, format!(" → {region}"));
    }
    if let Some(held) = slot.blocks.iter().find(|held| held.hold == Hold::Refers) {
        line.push(Ink::Faint, " → ").push(Ink::Block, held.block.to_string());
    }
    line
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

/// One row for the variables whose initialiser has not run: they have bytes, but no value.
fn uninitialised(frame: &FrameView) -> Option<Row> {
    let names: Vec<_> = frame
        .slots
        .iter()
        .filter(|slot| slot.state == SlotState::Uninitialised)
        .filter_map(|slot| slot.name.as_deref())
        .collect();
    (!names.is_empty()).then(|| {
        let mut left = Line::new();
        left.push(Ink::Faint, format!("  not yet initialised: {}", names.join(", ")));
        Row { mark: Mark::Same, left, arrow: false, right: Line::new() }
    })
}

/// One row for the bytes of the frame that hold no variable.
fn plumbing(frame: &FrameView) -> Option<Row> {
    let sum = |kind: SlotKind| {
        let of_kind = frame.slots.iter().filter(|slot| slot.kind == kind);
        of_kind.map(|slot| slot.size).sum::<u64>()
    };
    let saved: Vec<_> = frame
        .slots
        .iter()
        .filter(|slot| slot.kind == SlotKind::SavedRegister)
        .filter_map(|slot| slot.name.as_deref())
        .collect();
    let mut parts = Vec::new();
    if sum(SlotKind::ReturnAddress) > 0 {
        parts.push(format!("return address {}", sum(SlotKind::ReturnAddress)));
    }
    if !saved.is_empty() {
        parts.push(format!("saved {} {}", saved.join(" "), sum(SlotKind::SavedRegister)));
    }
    if sum(SlotKind::Unnamed) > 0 {
        parts.push(format!("unnamed {}", number(sum(SlotKind::Unnamed))));
    }
    (!parts.is_empty()).then(|| {
        let mut left = Line::new();
        left.push(Ink::Faint, format!("  {}", parts.join(" · ")));
        Row { mark: Mark::Same, left, arrow: false, right: Line::new() }
    })
}

/// Frames of std, of dependencies and of C: named one by one in the first picture, counted later.
fn others(group: &[&FrameView], outermost: bool, first: bool) -> Vec<Row> {
    let sum: u64 = group.iter().map(|frame| frame.bytes).sum();
    let plain = |text: String| {
        let mut left = Line::new();
        left.push(Ink::Faint, text);
        Row { mark: Mark::Same, left, arrow: false, right: Line::new() }
    };
    if outermost && first {
        return group
            .iter()
            .filter(|frame| !frame.inlined)
            .map(|frame| plain(format!("{}  {}", frame.at.function, bytes(frame.bytes))))
            .collect();
    }
    let frames = group.iter().filter(|frame| !frame.inlined).count();
    if frames == 0 {
        return Vec::new();
    }
    let noun = if frames == 1 { "frame" } else { "frames" };
    let below = if outermost { "below" } else { "between" };
    vec![plain(format!("{frames} {noun} {below}  {}", bytes(sum)))]
}
