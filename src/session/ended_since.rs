//! What a picture shows of blocks that have ended between it and the moment that is looked at.

use super::debugger::Session;
use super::fates::short;
use super::viewing::Picture;
use crate::base::{At, BlockId, EventKind, Held, Hold, Seq, SlotState, SlotView, Unreadable};
use crate::track::Log;

impl Session {
    /// Marks the slots of a picture that hold blocks which ended since, so that none of them is shown
    /// as it was then.
    pub(super) fn mark_ended(&self, picture: &mut Picture, now: Seq) {
        if picture.event >= now {
            return;
        }
        let Some(log) = self.log() else { return };
        for slot in picture.frames.iter_mut().flat_map(|frame| &mut frame.slots) {
            let ended = |held: &&Held| log.block_at(held.block, now).is_none();
            let Some(held) = slot.blocks.iter().find(ended).cloned() else { continue };
            let at = freed_at(log, held.block);
            mark(slot, held.block, &held.path, held.hold, at.as_ref());
        }
    }
}

/// The line that freed a block, where it is known.
pub(super) fn freed_at(log: &Log, block: BlockId) -> Option<At> {
    let end = log.get(log.end_of(block)?).ok()?;
    matches!(end.kind, EventKind::Free { .. }).then_some(end.at)?
}

/// Says what became of a slot by the end of a block that it held.
fn mark(slot: &mut SlotView, block: BlockId, path: &str, hold: Hold, at: Option<&At>) {
    let line = || at.and_then(short);
    slot.state = match (hold, path) {
        (Hold::Owner | Hold::Shares, "") => SlotState::Freed { block, at: at.cloned() },
        (Hold::Refers, "") => SlotState::Unreadable(Unreadable::Dangling {
            into: Some(block),
            at: line().map(Into::into),
        }),
        _ => {
            let at = line().map(|line| format!(" at {line}")).unwrap_or_default();
            let why = format!("{block} was freed{at} after this picture of it was taken");
            SlotState::Unreadable(Unreadable::Uncertain(why))
        }
    };
    slot.value = None;
    slot.blocks.clear();
    slot.leads_to = None;
}
