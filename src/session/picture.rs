//! The whole stack of a thread as a picture: frames, slots, values, owners.

use super::calls::same_stack;
use super::context::FrameContext;
use super::fates;
use super::nameless::Nameless;
use super::regions::Regions;
use super::run::Run;
use super::slots::{self, Calls, FrameSlots, Surroundings};
use super::std_calls::name_of_call;
use crate::base::{
    Cached, EventKind, Evidence, FrameView, MemoryExt, Registers, StackView, ThreadNo, Vectors,
    VirtAddr,
};
use crate::dwarf::Origin;
use crate::frame::{RawFrame, StackEnd, Unwinder};
use crate::inferior::Stopped;
use crate::track::MoveSeen;
use crate::value::Limits;

/// How many frames of the user's functions are read in full; those further out have not changed
/// since they were read when they were among these.
const FRAMES_WITH_SLOTS: usize = 12;

/// How many frames are unwound at most. A stack of 8 MiB of the smallest frames has more; what is
/// left out is said.
const FRAMES: usize = 20_000;

/// How many frames are named; a recursion deeper than this is counted, not listed.
const FRAMES_NAMED: usize = 64;

/// A picture, before it is told.
pub(super) struct Picture {
    /// The frames, innermost first.
    pub stack: StackView,
    /// Moves that it shows.
    pub moves: Vec<MoveSeen>,
    /// Bytes from the outermost frame down to the stack pointer.
    pub stack_bytes: Option<u64>,
}

/// What is read of a frame.
#[derive(Clone, Copy)]
pub(super) struct Reading {
    /// Its slots, or only its size.
    pub slots: bool,
    /// The variables of calls that are inlined at its pc.
    pub inlined: bool,
    /// How much of each value.
    pub limits: Limits,
}

impl Run {
    /// Unwinds a stopped thread.
    pub(super) fn unwind(&self, thread: &Stopped, limit: usize) -> (Vec<RawFrame>, Option<String>) {
        self.unwind_from(*thread.registers(), limit)
    }

    /// As [`Run::unwind`], from registers.
    pub(super) fn unwind_from(
        &self,
        registers: Registers,
        limit: usize,
    ) -> (Vec<RawFrame>, Option<String>) {
        let mut unwinder =
            Unwinder::new(self.inferior.modules(), self.inferior.memory(), registers, limit);
        let mut frames = Vec::new();
        frames.extend(&mut unwinder);
        let cut = unwinder.end().filter(|end| !matches!(end, StackEnd::Outermost));
        (frames, cut.map(ToString::to_string))
    }

    /// Finds out which variables of a thread that is held have lost what they owned; once a stop.
    pub(super) fn judge_once(&mut self, thread: ThreadNo) {
        if self.judged.contains(&thread) {
            return;
        }
        self.judge_others(thread);
        self.look_at(thread, Limits::default());
        self.judged.insert(thread);
    }

    /// Takes the picture of a thread that is held.
    pub(super) fn look_at(&mut self, thread: ThreadNo, limits: Limits) -> Option<StackView> {
        let index = self.held.iter().position(|(held, _)| held.no() == thread)?;
        let (stopped, signal) = self.held.remove(index);
        let picture = self.picture_with(&stopped, 0, self.begun(), limits);
        self.held.insert(index, (stopped, signal));
        self.tell_moves(thread, picture.moves);
        Some(picture.stack)
    }

    /// The picture of a thread's stack, without its `skip` innermost frames. The frames that are
    /// skipped still bound those that are not.
    pub(super) fn picture(&mut self, thread: &Stopped, skip: usize) -> Picture {
        self.picture_with(thread, skip, self.begun(), Limits::default())
    }

    /// A session takes its own pictures where people look, not where calls begin.
    fn begun(&self) -> bool {
        !self.options.calls || self.log.is_some()
    }

    /// The same. `begun` says whether calls that are inlined where the innermost frame stands have
    /// begun: those behind the prologue of a function have not at its entry.
    pub(super) fn picture_with(
        &mut self,
        thread: &Stopped,
        skip: usize,
        begun: bool,
        limits: Limits,
    ) -> Picture {
        let (frames, cut) = self.unwind(thread, FRAMES);
        let no = thread.no();
        let sp = thread.registers().sp();
        let top = frames.last().and_then(|frame| frame.cfa).filter(|_| cut.is_none());
        let sizes = self.sizes(&frames);
        let other_stack = self.frames_on_another_stack(&frames);
        let state = self.threads.of(no);
        state.sp = frames.get(other_stack).map_or(sp, |frame| frame.registers.sp());
        state.top = top.or(state.top);
        let stack_bytes = match other_stack {
            0 => state.top.map(|top| top.0.saturating_sub(sp.0)),
            // Two stacks: what the frames on them have.
            _ => state.top.map(|_| sizes.iter().sum()),
        };

        let vectors = thread.vectors().ok();
        let mut views = Vec::new();
        let (mut judged, mut footprints) = (Vec::new(), Vec::new());
        let mut nameless = Nameless { low: sp, ..Nameless::default() };
        let (mut others, mut runs_users) = (skip..skip, false);
        let mut with_slots = 0;
        for index in skip..frames.len() {
            if views.len() >= FRAMES_NAMED && index + FRAMES_NAMED < frames.len() {
                continue;
            }
            let wanted = with_slots < FRAMES_WITH_SLOTS;
            let innermost = if index == 0 { vectors.as_ref() } else { None };
            let reading = Reading { slots: wanted, inlined: index > 0 || begun, limits };
            let bytes = sizes.get(index).copied().unwrap_or(0);
            let (frame_views, slots) = self.frame(no, &frames, index, bytes, innermost, reading);
            with_slots += usize::from(slots.is_some());
            let user = frame_views.iter().any(|view| view.user);
            if user {
                if self.options.nameless_borrows && wanted {
                    let calls = if runs_users { others.clone() } else { index..index };
                    self.add_nameless(no, &frames, (calls, index), &frame_views, &mut nameless);
                }
                (others, runs_users) = (index + 1..index + 1, true);
            } else {
                others.end = index + 1;
            }
            if let Some(mut slots) = slots {
                nameless.temporaries.append(&mut slots.temporaries);
                judged.push((views.len() + frame_views.len() - 1, slots.claims));
                footprints.push((views.len() + frame_views.len() - 1, slots.footprints));
            }
            views.extend(frame_views);
        }
        let innermost = frames.get(skip).and_then(|frame| frame.cfa).unwrap_or(sp);
        let moves = self.judge(no, innermost, &mut views, judged);
        self.lend(no, innermost, &mut views, footprints, nameless);
        Picture { stack: StackView { frames: views, cut }, moves, stack_bytes }
    }

    /// Adds what has no slot in a picture: of the calls that one of the user's frames has made, which
    /// led to another, and the name of what lies in its own frame.
    fn add_nameless(
        &self,
        thread: ThreadNo,
        frames: &[RawFrame],
        (calls, user): (std::ops::Range<usize>, usize),
        views: &[FrameView],
        into: &mut Nameless,
    ) {
        let called = calls.clone().last().and_then(|outermost| frames.get(outermost));
        let call = called.map_or_else(String::new, name_of_call);
        let cfa = |index: usize| frames.get(index)?.cfa;
        into.frames.extend(calls.clone().filter_map(|index| Some((cfa(index)?, call.clone()))));
        into.calls.extend(self.lent_to_call(thread, frames, calls));
        if let (Some(cfa), Some(own)) = (cfa(user), views.last()) {
            let line = own.at.line.map_or(String::new(), |line| format!(" in line {line}"));
            let function = slots::short_function(&own.at.function);
            into.frames.push((cfa, format!("a temporary of {function}{line}")));
        }
    }

    /// How many of the frames, counted from the innermost, are of a signal handler that runs on a
    /// stack of its own, with what it called.
    fn frames_on_another_stack(&self, frames: &[RawFrame]) -> usize {
        let switches = |index: &usize| self.leaves_its_stack(frames, *index);
        (0..frames.len()).rev().find(switches).map_or(0, |index| index + 1)
    }

    /// Whether what a frame interrupted or called it lies on another stack.
    fn leaves_its_stack(&self, frames: &[RawFrame], index: usize) -> bool {
        let Some((frame, cfa)) = frames.get(index).and_then(|f| Some((f, f.cfa?))) else {
            return false;
        };
        frame.signal && !same_stack(self.inferior.modules(), slots::low_end(frames, index), cfa)
    }

    /// Bytes of each frame, from its canonical frame address down to that of the frame it called.
    pub(super) fn sizes(&self, frames: &[RawFrame]) -> Vec<u64> {
        let size = |index: usize| {
            let low = slots::low_end(frames, index);
            let end = match self.leaves_its_stack(frames, index) {
                true => self.end_of_signal_stack(frames.get(index)?.registers.sp()),
                false => frames.get(index)?.cfa,
            };
            Some(end?.0.saturating_sub(low.0))
        };
        (0..frames.len()).map(|index| size(index).unwrap_or(0)).collect()
    }

    /// The end of the stack that a signal handler was given. Where the handler returns to, the stack
    /// pointer is that of a `ucontext`, which holds the stack's start and size (`uc_stack` in
    /// `asm-generic/ucontext.h`).
    fn end_of_signal_stack(&self, ucontext: VirtAddr) -> Option<VirtAddr> {
        let memory = self.inferior.memory();
        let start = memory.read_u64(ucontext + 16).ok()?;
        let size = memory.read_u64(ucontext + 32).ok()?;
        let end = VirtAddr(start.checked_add(size)?);
        (VirtAddr(start) <= ucontext && ucontext < end).then_some(end)
    }

    /// One physical frame: a view for each call inlined there, innermost first, and its own.
    pub(super) fn frame(
        &mut self,
        thread: ThreadNo,
        frames: &[RawFrame],
        index: usize,
        bytes: u64,
        vectors: Option<&Vectors>,
        reading: Reading,
    ) -> (Vec<FrameView>, Option<FrameSlots>) {
        let raw = &frames[index];
        let low = slots::low_end(frames, index);
        let places = self.symbolizer.places(self.inferior.modules(), raw.lookup);
        let last = places.len().saturating_sub(1);
        let (pc, logged) = (Some(raw.registers.pc()), self.log.is_some());
        let mut views: Vec<FrameView> = places
            .iter()
            .enumerate()
            .map(|(n, place)| FrameView {
                at: place.at(),
                user: self.is_chosen(&place.function, place.origin),
                bytes: if n == last { bytes } else { 0 },
                inlined: n != last,
                pc: pc.filter(|_| logged),
                signal: raw.signal && logged,
                slots: Vec::new(),
            })
            .collect();
        if views.is_empty() {
            let signal = raw.signal && logged;
            views.push(FrameView {
                pc: pc.filter(|_| logged),
                signal,
                ..FrameView::unknown(bytes)
            });
        }
        let user = views.iter().any(|view| view.user);
        let slots = (user && reading.slots).then(|| self.slots(thread, raw, low, vectors, reading));
        if let (Some(read), Some(own)) = (&slots, views.last_mut()) {
            own.slots = read.slots.clone();
        }
        (views, slots)
    }

    pub(super) fn slots(
        &self,
        thread: ThreadNo,
        raw: &RawFrame,
        low: VirtAddr,
        vectors: Option<&Vectors>,
        reading: Reading,
    ) -> FrameSlots {
        let memory = Cached::new(self.inferior.memory());
        let context = FrameContext { frame: raw, vectors, memory: &memory };
        let regions = self.regions();
        let is_user = |name: &str| match &raw.loaded {
            Some(loaded) => {
                self.is_chosen(name, loaded.image.origin_of_crate(crate::dwarf::crate_of(name)))
            }
            None => false,
        };
        let around = Surroundings {
            limits: reading.limits,
            is_user: &is_user,
            calls: if reading.inlined { Calls::Users } else { Calls::Own },
            ..self.surroundings(&regions, thread)
        };
        let function = raw
            .loaded
            .as_ref()
            .and_then(|loaded| loaded.image.function_at(loaded.bias.to_file(raw.lookup)));
        let mut read = slots::read(&around, &context, function.as_deref(), low);
        if let (true, Some(function)) = (around.nameless_borrows, &function) {
            read.temporaries.extend(slots::temporaries(&around, &context, function));
        }
        read
    }

    /// What reading a frame of a thread needs: of the function itself, as pictures show values.
    pub(super) fn surroundings<'a>(
        &'a self,
        regions: &'a Regions<'a>,
        thread: ThreadNo,
    ) -> Surroundings<'a> {
        Surroundings {
            regions,
            thread,
            limits: Limits::default(),
            is_user: &|_| true,
            calls: Calls::Own,
            nameless_borrows: self.options.nameless_borrows,
            stores: &self.stores,
        }
    }

    /// Whether a function is among those that the user asked to see.
    pub(super) fn is_chosen(&self, function: &str, origin: Origin) -> bool {
        self.options.selection.means(function, || origin)
    }

    /// Marks the slots that have lost what they owned. `judged` holds, for each frame that was
    /// read, the index of its view and its claims; innermost frame first.
    fn judge(
        &mut self,
        thread: ThreadNo,
        innermost: VirtAddr,
        views: &mut [FrameView],
        judged: Vec<(usize, Vec<(usize, crate::track::Claim)>)>,
    ) -> Vec<MoveSeen> {
        let mut places = Vec::new();
        let mut claims = Vec::new();
        for (view, frame_claims) in judged.into_iter().rev() {
            for (slot, claim) in frame_claims {
                places.push((view, slot, claim.key.clone(), claim.says));
                claims.push(claim);
            }
        }
        let (standings, mut moves) = self.owners.judge(thread, innermost, &claims, &self.ledger);
        self.lost.retain(|key, _| key.thread != thread);
        for ((view, slot, key, says), standing) in places.iter().zip(standings) {
            let Some(slot) = views.get_mut(*view).and_then(|view| view.slots.get_mut(*slot)) else {
                continue;
            };
            moves = fates::with_lines(moves, key, &slot.state);
            let known = fates::with_standing(&slot.state, *says, standing);
            let Some(state) = known else { continue };
            slot.state = state;
            self.lost.insert(key.clone(), slot.state.clone());
            // Its bytes are stale: they are not its value. Where only a part of it was lost, the
            // blocks of the rest are its own still.
            slot.value = None;
            slot.blocks.retain(|held| self.owners.holds(key, held.block));
        }
        moves
    }

    /// Tells of moves and borrows that a picture showed.
    pub(super) fn tell_moves(&mut self, thread: ThreadNo, moves: Vec<MoveSeen>) {
        for seen in moves {
            let MoveSeen { block, with, from, to, at, .. } = seen;
            let kind = EventKind::Move { block, with, from, to };
            self.emit(thread, Evidence::Inferred, at, None, kind);
        }
        self.tell_borrows();
    }
}
