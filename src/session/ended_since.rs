//! What a picture shows of blocks that have ended between it and the moment that is looked at.

use std::collections::{HashMap, HashSet};

use super::debugger::Session;
use super::fates::short;
use super::viewing::Picture;
use crate::base::{At, BlockId, EventKind, Hold, Seq, SlotState, SlotView, Unreadable};
use crate::track::Query;

/// The line that freed a block, where it is known.
type FreedAt = Option<At>;

impl Session {
    /// Marks the slots of a picture that hold blocks which ended since, so that none of them is shown
    /// as it was then.
    pub(super) fn mark_ended(&self, picture: &mut Picture, now: Seq) {
        if picture.event >= now {
            return;
        }
        let Some(log) = self.log() else { return };
        let live: HashSet<BlockId> = log.live_at(now).map(|block| block.block).collect();
        let since = (picture.event.0 + 1, now.0);
        let mut ends: HashMap<BlockId, FreedAt> = HashMap::new();
        for slot in picture.frames.iter_mut().flat_map(|frame| &mut frame.slots) {
            let held = slot.blocks.iter().find(|held| !live.contains(&held.block));
            let Some(held) = held.cloned() else { continue };
            let at = ends.entry(held.block).or_insert_with(|| {
                let free = Query {
                    between: Some(since),
                    block: Some(held.block),
                    kind: Some("free"),
                    ..Query::default()
                };
                let is_free = |event: &_| is_free_of(event, held.block);
                log.find(&free, 1, is_free).events.pop().and_then(|event| event.at)
            });
            mark(slot, held.block, &held.path, held.hold, at.as_ref());
        }
    }
}

fn is_free_of(event: &crate::base::Event, wanted: BlockId) -> bool {
    matches!(&event.kind, EventKind::Free { block, .. } if *block == wanted)
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
