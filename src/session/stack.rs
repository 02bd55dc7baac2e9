//! The frames of a thread as a person counts them: an inlined call is a frame of its own.

use serde::Serialize;

use super::debugger::Session;
use super::run::Run;
use super::slots;
use crate::base::{At, ThreadNo, VirtAddr};
use crate::dwarf::{Function, InlinedCall, Origin};
use crate::frame::RawFrame;

/// How many frames are unwound at most.
const FRAMES: usize = 20_000;

/// A frame.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Frame {
    /// Its number, from 0 for the innermost.
    pub no: usize,
    /// The function and the line that it stands at.
    pub at: At,
    /// Who wrote the function.
    #[serde(skip)]
    pub origin: Origin,
    /// Whether the call was inlined into the next frame that is not.
    pub inlined: bool,
    /// Whether a signal interrupted it.
    pub signal: bool,
    /// Where it stands: the instruction that runs next, or that the call returns to.
    pub pc: VirtAddr,
    /// Bytes of stack; an inlined call has none of its own.
    pub bytes: u64,
    /// The physical frame, as an index.
    #[serde(skip)]
    pub(super) raw: usize,
    /// Its position in the chain of inlined calls there, from 0 for the innermost.
    #[serde(skip)]
    pub(super) call: usize,
}

/// Tells frames from each other for as long as they live.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FrameId {
    thread: ThreadNo,
    cfa: VirtAddr,
    function: String,
    /// How many inlined calls lie between it and its physical frame.
    depth: usize,
}

impl Session {
    /// The frame that is looked at; none where it cannot be told from others.
    pub fn frame_id(&mut self) -> Option<FrameId> {
        let (frame, stack) = (self.frame().ok()?, self.stack().ok()?);
        let cfa = stack.raw_of(&frame)?.cfa?;
        let around = stack.frames.iter().skip(frame.no).filter(|other| other.raw == frame.raw);
        let depth = around.count();
        Some(FrameId { thread: self.selected.thread, cfa, function: frame.at.function, depth })
    }
}

/// The frames of a thread that stands still.
#[derive(Clone, Default)]
pub struct Stack {
    /// The frames, innermost first.
    pub frames: Vec<Frame>,
    /// Why unwinding ended before the outermost frame, where it did.
    pub cut: Option<String>,
    pub(super) raw: Vec<RawFrame>,
}

impl Stack {
    /// The physical frame under a frame.
    pub(super) fn raw_of(&self, frame: &Frame) -> Option<&RawFrame> {
        self.raw.get(frame.raw)
    }

    /// A physical frame and the one that called it.
    pub(super) fn with_caller(&self, index: usize) -> Option<(&RawFrame, &RawFrame)> {
        self.raw.get(index).zip(self.raw.get(index + 1))
    }

    /// The end of what is live of the physical frame under a frame.
    pub(super) fn low_end(&self, frame: &Frame) -> VirtAddr {
        slots::low_end(&self.raw, frame.raw)
    }
}

impl Run {
    /// The frames of a thread that is held; none where it is not.
    pub(super) fn stack(&mut self, thread: ThreadNo) -> Option<Stack> {
        let registers = *self.held(thread)?.registers();
        let (raw, cut) = self.unwind_from(registers, FRAMES);
        let sizes = self.sizes(&raw);
        let mut frames = Vec::new();
        for (index, physical) in raw.iter().enumerate() {
            let places = self.symbolizer.places(self.inferior.modules(), physical.lookup);
            let last = places.len().saturating_sub(1);
            let of = |call: usize, at: At, origin: Origin| Frame {
                no: 0,
                at,
                origin,
                inlined: call < last,
                signal: physical.signal,
                pc: physical.registers.pc(),
                bytes: if call < last { 0 } else { sizes.get(index).copied().unwrap_or(0) },
                raw: index,
                call,
            };
            let begun = if index == 0 { self.not_begun(thread, physical).min(last) } else { 0 };
            let mut here: Vec<_> = places
                .iter()
                .enumerate()
                .skip(begun)
                .map(|(n, p)| of(n, p.at(), p.origin))
                .collect();
            if let Some(innermost) = here.first_mut().filter(|_| index == 0) {
                self.complete_line(thread, physical.registers.pc(), &mut innermost.at);
            }
            if here.is_empty() {
                let at = At { function: "??".to_owned(), file: None, line: None };
                here.push(of(0, at, Origin::Foreign));
            }
            frames.append(&mut here);
        }
        frames.iter_mut().enumerate().for_each(|(no, frame)| frame.no = no);
        Some(Stack { frames, cut, raw })
    }
}

impl Run {
    /// A thread that has just come back from a call may stand at code that is of no line: it is the
    /// line of the call that it stands in then.
    fn complete_line(&mut self, thread: ThreadNo, pc: VirtAddr, at: &mut At) {
        if at.line.is_some() || !self.plans.came_back(thread, pc) {
            return;
        }
        let places = self.symbolizer.places(self.inferior.modules(), pc.offset(-1));
        if let Some(call) = places.iter().find(|place| *place.function == *at.function) {
            *at = call.at();
        }
    }

    /// How many of the inlined calls at the pc of a thread's innermost frame have not begun: those
    /// that begin there, unless the thread has stopped in one of them.
    fn not_begun(&self, thread: ThreadNo, innermost: &RawFrame) -> usize {
        let hidden = self.plans.hidden(thread, innermost.registers.pc());
        hidden.unwrap_or_else(|| not_begun(innermost))
    }
}

/// How many of the inlined calls at the pc of the innermost frame begin there: nothing of them has
/// run, and the frame still stands in front of them, as after any other step to a call.
pub(super) fn not_begun(innermost: &RawFrame) -> usize {
    let Some(loaded) = &innermost.loaded else { return 0 };
    let at = loaded.bias.to_file(innermost.lookup);
    let Some(function) = loaded.image.function_at(at) else { return 0 };
    let scopes = function.scopes_at(at);
    let calls = scopes.iter().rev().filter(|scope| scope.inlined.is_some());
    calls.take_while(|scope| scope.ranges.iter().any(|range| range.start == at)).count()
}

/// The inlined call that is the n-th of the chain at an address; none for the function itself.
pub(super) fn nth_call(
    function: &Function,
    at: crate::base::FileAddr,
    n: usize,
) -> Option<&InlinedCall> {
    function.inline_chain(at, None).get(n).and_then(|frame| frame.inlined)
}
