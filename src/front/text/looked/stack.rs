//! Frames: as a list, and as a picture of their slots.

use super::super::answer::frame_line;
use super::super::layout::Canvas;
use super::super::picture::Picture;
use super::super::spans::{Ink, Line, counted};
use super::super::variables::variables;
use super::plain;
use crate::command::{Folded, FrameShown, Listing};
use crate::session::Slots;

/// Columns by which the variables of a frame stand further in than its number.
const LOCALS: usize = 6;

/// The frames of a thread; what stands between those that are listed is one line.
pub(in crate::front::text) fn backtrace(listing: &Listing, width: usize, lines: &mut Vec<Line>) {
    let more = |lines: &mut Vec<Line>| {
        if listing.more > 0 {
            let more = counted(listing.more as u64, "more frame");
            lines.push(plain(Ink::Faint, format!("      … {more}")));
        }
    };
    if listing.outermost {
        more(lines);
    }
    let mut folded = listing.folded.iter().peekable();
    for shown in &listing.frames {
        while let Some(before) = folded.next_if(|folded| folded.first < shown.frame.no) {
            lines.push(fold(before));
        }
        frame(shown, listing.selected, width, lines);
    }
    lines.extend(folded.map(fold));
    if !listing.outermost {
        more(lines);
    }
    lines.extend(listing.cut.iter().flat_map(|why| cut_short(why, listing.frames.len(), width)));
}

fn frame(shown: &FrameShown, selected: usize, width: usize, lines: &mut Vec<Line>) {
    lines.push(frame_line(&shown.frame, shown.frame.no == selected, width));
    let Some(locals) = &shown.locals else { return };
    for line in variables(locals, width.saturating_sub(LOCALS)) {
        let mut indented = Line::new();
        indented.pad_to(LOCALS).append(line);
        lines.push(indented);
    }
}

fn fold(folded: &Folded) -> Line {
    let frames = counted(folded.count as u64, "frame");
    let whose = folded.whose.join(" and ");
    let panic = if folded.panicking { ", panicking" } else { "" };
    plain(Ink::Faint, format!("      … {frames} of {whose}{panic}"))
}

/// Frames as a picture.
pub(super) fn slots(slots: &Slots, width: usize, lines: &mut Vec<Line>) {
    let canvas = Canvas { width, name_runtime: false };
    let (drawn, _) = Picture::default().draw(&canvas, &slots.frames);
    lines.extend(drawn.into_iter().map(unmarked));
    lines.extend(slots.cut.iter().flat_map(|why| cut_short(why, slots.frames.len(), width)));
}

/// Why there are no more frames, in full.
fn cut_short(why: &str, frames: usize, width: usize) -> Vec<Line> {
    let text = match frames {
        0 => format!("  {why}"),
        _ => format!("  the stack could not be followed further: {why}"),
    };
    plain(Ink::Changed, text).folded(width, 4)
}

/// Nothing was drawn before, so that nothing is new.
fn unmarked(line: Line) -> Line {
    line.without_first(2)
}
