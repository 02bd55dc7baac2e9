//! Where things stand in a picture: the stack on the left of a rule, the heap on its right.

use unicode_width::UnicodeWidthStr;

use super::slots::{is_named, name_of, type_of};
use super::spans::{Ink, Line, bytes};
use crate::base::FrameView;

/// Below this width the two sides do not fit beside each other with readable names.
const NARROWEST: usize = 60;

/// What drawing needs to know.
pub(super) struct Canvas {
    /// Columns.
    pub width: usize,
    /// Whether the frames below the first of the user's are named one by one, or counted.
    pub name_runtime: bool,
}

/// From this width on there is room for the offsets of slots.
const WIDE: usize = 110;

/// Columns of a number.
fn digits(n: i64) -> usize {
    n.to_string().len()
}

/// A line of the picture before it is laid out.
pub(super) struct Row {
    pub mark: Mark,
    pub left: Line,
    pub arrow: bool,
    pub right: Line,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    New,
    Changed,
    Same,
}

impl Row {
    /// A row of the stack's side alone, unmarked.
    pub fn left(left: Line) -> Row {
        Row { mark: Mark::Same, left, arrow: false, right: Line::new() }
    }

    /// A row of the heap's side alone, unmarked.
    pub fn right(right: Line) -> Row {
        Row { mark: Mark::Same, left: Line::new(), arrow: false, right }
    }
}

/// Where the columns are.
pub(super) struct Layout {
    width: usize,
    /// The column of the rule between stack and heap.
    middle: usize,
}

/// How wide the columns of one frame's slots are: as wide as they must be, up to a limit.
pub(super) struct Columns {
    pub name: usize,
    pub ty: usize,
    pub size: usize,
    /// Zero where there is no room for it.
    pub offset: usize,
    /// All the columns of the stack's side.
    pub left: usize,
}

impl Columns {
    pub fn of(layout: &Layout, frame: &FrameView) -> Columns {
        let named = || frame.slots.iter().filter(|slot| is_named(slot));
        let widest = |widths: &mut dyn Iterator<Item = usize>, limit: usize| {
            widths.max().unwrap_or(0).min(limit)
        };
        Columns {
            name: widest(&mut named().map(|slot| name_of(slot).width()), layout.middle / 3),
            ty: widest(&mut named().map(|slot| type_of(slot).width()), layout.middle * 2 / 5),
            size: widest(&mut named().map(|slot| bytes(slot.size).len()), usize::MAX),
            offset: match layout.width < WIDE {
                true => 0,
                false => widest(&mut named().filter_map(|slot| slot.offset).map(digits), 8),
            },
            left: layout.left(),
        }
    }
}

impl Layout {
    pub fn of(canvas: &Canvas) -> Layout {
        let width = canvas.width.clamp(NARROWEST, 200);
        Layout { width, middle: width * 58 / 100 }
    }

    /// Columns between the mark and the rule.
    pub fn left(&self) -> usize {
        self.middle - 3
    }

    pub fn line(&self, row: Row) -> Line {
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
