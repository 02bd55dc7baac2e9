//! Frames with their slots, for a picture.

use serde::Serialize;

use super::debugger::Session;
use super::error::SessionError;
use super::picture::Reading;
use super::run::Run;
use super::stack::Stack;
use crate::base::{FrameView, SlotState, ThreadNo, Vectors};
use crate::value::Limits;

/// Frames with their slots.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Slots {
    /// The frames, innermost first.
    pub frames: Vec<FrameView>,
    /// Why unwinding ended before the outermost frame, where it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut: Option<String>,
    /// Whether these are all frames of the thread.
    pub whole_stack: bool,
}

impl Session {
    /// The slots of the frame that is looked at, with those of the calls that are inlined into it.
    ///
    /// # Errors
    /// [`SessionError::NotRunning`].
    pub fn slots(&mut self) -> Result<Slots, SessionError> {
        if self.viewing.is_some() {
            return self.slots_then();
        }
        let raw = self.frame()?.raw;
        let stack = self.stack()?;
        let thread = self.selected.thread;
        let run = self.run.as_mut().ok_or(SessionError::NotRunning)?;
        run.judge_once(thread);
        let vectors = run.held(thread).and_then(|held| held.vectors().ok());
        let vectors = vectors.filter(|_| raw == 0);
        let frames = run.frame_with_slots(thread, &stack, raw, vectors.as_ref());
        Ok(Slots { frames, cut: None, whole_stack: false })
    }

    /// The whole stack of the thread that is looked at, with the slots of the user's functions.
    ///
    /// # Errors
    /// [`SessionError::NotRunning`].
    pub fn all_slots(&mut self) -> Result<Slots, SessionError> {
        if self.viewing.is_some() {
            return self.all_slots_then();
        }
        let thread = self.selected.thread;
        let run = self.run.as_mut().ok_or(SessionError::NotRunning)?;
        let picture = run.picture_of(thread, Limits::default()).ok_or(SessionError::NotRunning)?;
        Ok(Slots { frames: picture.frames, cut: picture.cut, whole_stack: true })
    }
}

impl Run {
    /// The picture of the stack of a thread that is held.
    pub(super) fn picture_of(
        &mut self,
        thread: ThreadNo,
        limits: Limits,
    ) -> Option<crate::base::StackView> {
        self.judge_others(thread);
        let stack = self.look_at(thread, limits)?;
        self.judged.insert(thread);
        Some(stack)
    }

    /// One physical frame with its slots, whoever wrote its function.
    fn frame_with_slots(
        &mut self,
        thread: ThreadNo,
        stack: &Stack,
        index: usize,
        vectors: Option<&Vectors>,
    ) -> Vec<FrameView> {
        let Some(raw) = stack.raw.get(index) else { return Vec::new() };
        let bytes = self.sizes(&stack.raw).get(index).copied().unwrap_or(0);
        let reading = Reading { slots: false, inlined: true, limits: Limits::default() };
        let (mut views, _) = self.frame(thread, &stack.raw, index, bytes, vectors, reading);
        let low = super::slots::low_end(&stack.raw, index);
        let mut read = self.slots(thread, raw, low, vectors, reading);
        for (slot, claim) in &read.claims {
            let (Some(state), Some(slot)) = (self.lost.get(&claim.key), read.slots.get_mut(*slot))
            else {
                continue;
            };
            // Its bytes are stale: they are not its value.
            slot.state = state.clone();
            slot.value = None;
            if !matches!(state, SlotState::Live) {
                slot.blocks.retain(|held| self.owners.holds(&claim.key, held.block));
            }
        }
        for (slot, found) in &read.footprints {
            if let Some(slot) = read.slots.get_mut(*slot) {
                slot.borrow(self.lending.of(&found.key));
            }
        }
        if let Some(own) = views.last_mut() {
            own.slots = read.slots;
        }
        // It was asked for: it is drawn in full.
        views.iter_mut().for_each(|view| view.user = true);
        views
    }
}
