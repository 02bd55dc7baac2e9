//! The stack on the left, the heap on the right, and an arrow from each owner to its blocks.
//!
//! Only what changed since the last picture of the thread is drawn; a frame in which nothing did is
//! one line. The outermost frame comes first, as it lies highest in memory.

use std::collections::HashMap;

use super::layout::{Canvas, Columns, Layout, Mark, Row};
use super::paths::{brief, function};
use super::slots::{content, is_named, name_of, slot_rows};
use super::spans::{Ink, Line, bytes, number};
use crate::base::{Borrow, FrameView, SlotKind, SlotState, SlotView};

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
    /// By name, what is told of each, and who has borrowed it.
    slots: HashMap<String, (String, Vec<Borrow>)>,
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
        let mut run: Option<Recursion> = None;
        while index < frames.len() {
            if frames[index].user {
                let before = self.frames.get(now.len());
                let (drawn, remembered) = frame_rows(&layout, frames[index], before);
                now.push(remembered);
                index += 1;
                let quiet = drawn.len() == 1 && drawn[0].mark == Mark::Same;
                match run.as_mut().filter(|run| quiet && run.continues(frames[index - 1])) {
                    Some(run) => {
                        run.add(frames[index - 1]);
                        let last = rows.len() - 1;
                        rows[last] = run.row(&layout);
                    }
                    None => {
                        run = quiet.then(|| Recursion::of(frames[index - 1]));
                        rows.extend(drawn);
                    }
                }
                continue;
            }
            run = None;
            let length = frames[index..].iter().take_while(|frame| !frame.user).count();
            let group = &frames[index..index + length];
            rows.extend(others(&layout, group, index == 0, canvas.name_runtime));
            index += length;
        }
        self.frames = now;
        let changed = rows.iter().any(|row| row.mark != Mark::Same);
        (rows.into_iter().map(|row| layout.line(row)).collect(), changed)
    }
}

/// Frames of one function, one on the other, in which nothing changed.
struct Recursion {
    function: String,
    frames: u64,
    bytes: u64,
}

impl Recursion {
    fn of(frame: &FrameView) -> Recursion {
        Recursion { function: frame.at.function.clone(), frames: 1, bytes: frame.bytes }
    }

    fn continues(&self, frame: &FrameView) -> bool {
        !frame.inlined && self.function == frame.at.function
    }

    fn add(&mut self, frame: &FrameView) {
        self.frames += 1;
        self.bytes += frame.bytes;
    }

    fn row(&self, layout: &Layout) -> Row {
        let mut left = Line::new();
        let size = bytes(self.bytes);
        let name = function(&self.function);
        let room = layout.left() - size.len();
        left.push_cut(Ink::Faint, &format!("{name}  {} frames", number(self.frames)), room - 1);
        left.pad_to(room).push(Ink::Faint, size);
        Row::left(left)
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
        let name = function(&frames[index].at.function);
        let of_it = |slot: &mut SlotView| slot.inlined_from.as_deref() == Some(&name);
        let mut own: Vec<SlotView> = frames[physical].slots.extract_if(.., of_it).collect();
        own.iter_mut().for_each(|slot| slot.inlined_from = None);
        frames[index].slots = own;
    }
    frames
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
            // That a borrow is over can be seen by its holder.
            Some(Some((known, borrowed))) if *known == text => {
                let same = |one: &Borrow, other: &Borrow| {
                    (&one.by, &one.part, one.kind) == (&other.by, &other.part, other.kind)
                };
                let is_known = |now: &Borrow| borrowed.iter().any(|known| same(known, now));
                match slot.borrowed.iter().all(is_known) {
                    true => Mark::Same,
                    false => Mark::Changed,
                }
            }
            Some(Some(_)) => Mark::Changed,
        };
        remembered.slots.insert(key, (text, slot.borrowed.clone()));
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
    let name = function(&frame.at.function);
    let room = layout.left().saturating_sub(size.len() + 1);
    let ink = if quiet { Ink::Faint } else { Ink::Strong };
    left.push_cut(ink, &name, room);
    let place = super::spans::place(&frame.at);
    if left.width() + 2 + place.len() < room {
        left.push(Ink::Faint, format!("  {place}"));
    }
    left.pad_to(layout.left() - size.len()).push(ink, size);
    Row { mark, left, arrow: false, right: Line::new() }
}

/// One row for the variables whose initialiser has not run: they have bytes, but no value.
fn uninitialised(frame: &FrameView) -> Option<Row> {
    let names: Vec<_> = frame
        .slots
        .iter()
        .filter(|slot| slot.state == SlotState::Uninitialised && !slot.over)
        .filter_map(|slot| slot.name.as_deref())
        .collect();
    (!names.is_empty()).then(|| {
        let mut left = Line::new();
        left.push(Ink::Faint, format!("  not yet initialised: {}", names.join(", ")));
        Row::left(left)
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
        Row::left(left)
    })
}

/// Frames of std, of dependencies and of C: named one by one in the first picture, counted later.
fn others(layout: &Layout, group: &[&FrameView], outermost: bool, first: bool) -> Vec<Row> {
    let sum: u64 = group.iter().map(|frame| frame.bytes).sum();
    let plain = |text: &str, size: u64| {
        let mut left = Line::new();
        let size = bytes(size);
        let room = layout.left() - size.len();
        left.push_cut(Ink::Faint, &brief(text, room - 1), room - 1);
        left.pad_to(room).push(Ink::Faint, size);
        Row::left(left)
    };
    if outermost && first {
        return group
            .iter()
            .filter(|frame| !frame.inlined)
            .map(|frame| plain(&frame.at.function, frame.bytes))
            .collect();
    }
    let frames = group.iter().filter(|frame| !frame.inlined).count();
    if frames == 0 {
        return Vec::new();
    }
    let noun = if frames == 1 { "frame" } else { "frames" };
    let below = if outermost { "below" } else { "between" };
    vec![plain(&format!("{frames} {noun} {below}"), sum)]
}
