//! What calls that are not the user's have borrowed while they run code of the user's: the list, for a
//! closure that runs in its `Vec::retain`, and what that closure has captured.

use super::borrows::Footprint;
use super::picture::Reading;
use super::run::Run;
use super::slots::{low_end, short_function};
use crate::base::{SlotState, ThreadNo};
use crate::frame::RawFrame;
use crate::value::Limits;

/// Frames of one call that are looked at.
const FRAMES: usize = 16;

impl Run {
    /// The references that a call of the user's holds, which has led to some frames that are not: in
    /// its parameters, as far as they are described, and in the variables of what it called.
    pub(super) fn lent_to_call(
        &self,
        thread: ThreadNo,
        frames: &[RawFrame],
        of: std::ops::Range<usize>,
    ) -> Vec<Footprint> {
        let Some(call) = of.end.checked_sub(1).and_then(|outermost| frames.get(outermost)) else {
            return Vec::new();
        };
        let name = name_of_call(call);
        let mut found = Vec::new();
        for index in of.rev().take(FRAMES) {
            let Some(raw) = frames.get(index) else { continue };
            let reading = Reading { slots: true, inlined: false, limits: Limits::default() };
            let read = self.slots(thread, raw, low_end(frames, index), None, reading);
            let slots = read.slots;
            let is_there = |slot: usize| {
                let state = slots.get(slot).map(|slot| &slot.state);
                matches!(state, Some(SlotState::Live | SlotState::Perhaps { .. }))
            };
            let its = read.footprints.into_iter().filter(|(slot, _)| is_there(*slot));
            found.extend(its.map(|(_, found)| found).chain(read.temporaries));
        }
        found.retain(|found| !found.loans.is_empty());
        found.into_iter().map(|found| Footprint { name: name.clone(), ..found }).collect()
    }
}

/// What the call of a frame is called: `a call of vec::Vec<T,A>::retain`.
pub(super) fn name_of_call(frame: &RawFrame) -> String {
    let function = frame
        .loaded
        .as_ref()
        .and_then(|loaded| loaded.image.function_at(loaded.bias.to_file(frame.lookup)));
    let name = function.as_ref().map_or("a function without a name", |function| &*function.name);
    format!("a call of {}", short_function(name))
}
