//! The frames and calls around a drop, as far as they are needed to judge it.

use std::sync::Arc;

use super::super::run::Run;
use super::super::symbolize::Place;
use super::Planted;
use crate::asm::{Called, ExitKind, called_before, exits};
use crate::base::{FileAddr, MemoryExt, Range, ThreadNo, VirtAddr};
use crate::dwarf::{Image, Images, Loaded, Origin};
use crate::frame::{RawFrame, Unwinder};
use crate::inferior::Stopped;
use crate::track::drops::{CallSeen, FrameSeen};

/// How many frames are unwound at most to find the user's line.
const FRAMES: usize = 256;

/// What lies around a drop.
pub(super) struct Surrounding {
    /// The physical frames, innermost first.
    pub raw: Vec<RawFrame>,
    /// The same for the ledger of drops.
    pub frames: Vec<FrameSeen>,
    /// The calls that led to the drop, innermost first.
    pub calls: Vec<CallSeen>,
}

impl Run {
    /// What lies around a drop that begins: up to the user's line, and as far out as it takes to
    /// tell which of the drops that were open still are.
    pub(super) fn surrounding(&mut self, thread: &Stopped, planted: &Planted) -> Surrounding {
        let no = thread.no();
        let modules = self.inferior.modules();
        let memory = self.inferior.memory();
        let mut found = Surrounding { raw: Vec::new(), frames: Vec::new(), calls: Vec::new() };
        let outermost = self.dropping.drops.outermost_frame(no);
        let unwinder = Unwinder::new(modules, memory, *thread.registers(), FRAMES);
        for frame in unwinder {
            let places = self.symbolizer.places(modules, frame.lookup);
            // At the site itself, what was inlined into the drop has not begun, and the drop is no
            // caller of its own.
            let own = match found.raw.is_empty() {
                true => places.len().saturating_sub(planted.code.inlined),
                false => 0,
            };
            let cfa = frame.cfa.unwrap_or(frame.registers.sp());
            found.calls.extend(places.iter().skip(own).map(|place| call(place, cfa)));
            let seen = self.frame_seen(&frame, cfa);
            if let Some(jump) = self.jumped_from(&seen) {
                let places = self.symbolizer.places(modules, jump);
                found.calls.extend(places.iter().map(|place| call(place, cfa)));
            }
            found.frames.push(seen);
            found.raw.push(frame);
            let entered = (found.raw.len() == 1).then_some(&planted.site);
            let user = found.calls.iter().any(|call| call.user);
            let beyond = outermost.is_none_or(|outermost| cfa >= outermost);
            if (user && beyond) || self.dropping.drops.is_live(no, &seen, entered) {
                break;
            }
        }
        found
    }

    /// The frames of a thread as far out as it takes to tell which drops are over.
    pub(in crate::session) fn frames_of_drops(&self, thread: &Stopped) -> Vec<FrameSeen> {
        let no: ThreadNo = thread.no();
        let Some(outermost) = self.dropping.drops.outermost_frame(no) else { return Vec::new() };
        let modules = self.inferior.modules();
        let memory = self.inferior.memory();
        let mut frames = Vec::new();
        for frame in Unwinder::new(modules, memory, *thread.registers(), FRAMES) {
            let cfa = frame.cfa.unwrap_or(frame.registers.sp());
            let seen = self.frame_seen(&frame, cfa);
            frames.push(seen);
            if cfa >= outermost || self.dropping.drops.is_live(no, &seen, None) {
                break;
            }
        }
        frames
    }

    fn frame_seen(&self, frame: &RawFrame, cfa: VirtAddr) -> FrameSeen {
        let begin = |loaded: &Loaded| {
            let symbol = loaded.image.symbols().at(loaded.bias.to_file(frame.lookup))?;
            Some(loaded.bias.to_virt(symbol.range.start))
        };
        let function = frame.loaded.as_ref().and_then(begin);
        FrameSeen { cfa, lookup: frame.lookup, function, called: self.called_by(frame) }
    }

    /// The function that was called when a frame was made, by the call instruction in front of its
    /// return address.
    fn called_by(&self, frame: &RawFrame) -> Option<VirtAddr> {
        /// The longest encoding of a call that tells what it calls.
        const CALL: u64 = 6;
        let memory = self.inferior.memory();
        let slot = VirtAddr(frame.cfa?.0.checked_sub(8)?);
        let return_address = VirtAddr(memory.read_u64(slot).ok()?);
        let loaded = self.inferior.modules().image_at(return_address)?;
        let behind = loaded.bias.to_file(return_address);
        let code = Range::new(FileAddr(behind.0.checked_sub(CALL)?), behind);
        match called_before(loaded.image.bytes(code)?, return_address)? {
            Called::Direct(target) => Some(target),
            Called::Through(slot) => memory.read_u64(slot).ok().map(VirtAddr),
        }
    }

    /// The jump of the function that was called, to the one that a frame is of now: the frame is no
    /// more its own, but what it ended by that jump is.
    fn jumped_from(&self, frame: &FrameSeen) -> Option<VirtAddr> {
        let (called, now) = (frame.called?, frame.function?);
        let loaded = self.inferior.modules().image_at(called).filter(|_| called != now)?;
        let function = loaded.image.function_at(loaded.bias.to_file(called))?;
        let jump = jump_to(&loaded.image, &function.ranges, loaded.bias.to_file(now))?;
        Some(loaded.bias.to_virt(jump))
    }
}

fn call(place: &Place, cfa: VirtAddr) -> CallSeen {
    let user = place.origin == Origin::User;
    CallSeen { function: place.function.clone(), user, at: Arc::new(place.at()), cfa }
}

/// The instruction by which a function jumps to another one.
fn jump_to(image: &Image, function: &[Range<FileAddr>], to: FileAddr) -> Option<FileAddr> {
    tail_calls(image, function, function)
        .into_iter()
        .find(|(_, target)| *target == to)
        .map(|(at, _)| at)
}

/// The jumps out of a function in some of its ranges, each with where it leads.
pub(super) fn tail_calls(
    image: &Image,
    ranges: &[Range<FileAddr>],
    function: &[Range<FileAddr>],
) -> Vec<(FileAddr, FileAddr)> {
    let exits =
        ranges.iter().filter_map(|range| Some(exits(image.bytes(*range)?, *range, function)));
    let exits = exits.flat_map(|exits| exits.list);
    exits
        .filter_map(|exit| match exit.kind {
            ExitKind::TailCall { target } => Some((exit.at, target?)),
            ExitKind::Ret => None,
        })
        .collect()
}
