//! What the commands that look at the program show of a moment of the past.

use std::collections::HashMap;

use super::debugger::Session;
use super::error::SessionError;
use super::events::{ContextView, is_news};
use super::frame_view::Slots;
use super::heap_view::{BlockView, HeapOrder, HeapView, add_holders, owner_among};
use super::viewing::{Picture, Viewing};
use crate::base::BlockId;
use crate::track::{LiveBlock, Missing, Query};

impl Session {
    /// The moment that is looked at.
    pub(super) fn then(&self) -> Result<&Viewing, SessionError> {
        self.viewing.as_deref().ok_or(SessionError::NotRunning)
    }

    /// The picture of the stack that is looked at.
    pub(super) fn picture_looked_at(&self) -> Result<&Picture, SessionError> {
        let viewing = self.then()?;
        viewing.picture.as_ref().ok_or_else(|| {
            let (thread, event) = (self.selected.thread, viewing.event.seq.0);
            SessionError::NotRecorded(format!(
                "no picture of the stack of thread {thread} was taken until event {event}"
            ))
        })
    }

    /// The slots of the frame that is looked at.
    pub(super) fn slots_then(&mut self) -> Result<Slots, SessionError> {
        self.picture_looked_at()?;
        let frame = self.frame()?;
        let mut frames = self.picture_looked_at()?.physical(frame.raw);
        if frames.iter().all(|view| view.slots.is_empty()) {
            return Err(not_recorded(&frame.at.function));
        }
        // It was asked for: it is drawn in full.
        frames.iter_mut().for_each(|view| view.user = true);
        Ok(Slots { frames, cut: None, whole_stack: false })
    }

    /// The whole stack.
    pub(super) fn all_slots_then(&self) -> Result<Slots, SessionError> {
        let picture = self.picture_looked_at()?;
        let (frames, cut) = (picture.frames.clone(), picture.cut.clone());
        Ok(Slots { frames, cut, whole_stack: true })
    }

    /// Stack, heap and the last events until the moment.
    pub(super) fn context_then(&self, events: usize) -> Result<ContextView, SessionError> {
        let viewing = self.then()?;
        let stack = self.all_slots_then().unwrap_or_else(|why| Slots {
            frames: Vec::new(),
            cut: Some(why.to_string()),
            whole_stack: true,
        });
        let until = Query { between: Some((0, viewing.event.seq.0)), ..Query::default() };
        let log = self.log().ok_or(Missing::Nothing)?;
        Ok(ContextView {
            stack,
            heap_bytes: viewing.event.heap_bytes,
            blocks: viewing.event.blocks,
            events: log.find(&until, events, is_news).events,
        })
    }

    /// The blocks that were alive, each with its owner where the picture shows that.
    pub(super) fn heap_then(
        &self,
        limit: usize,
        order: HeapOrder,
    ) -> Result<HeapView, SessionError> {
        let mut live = self.live_then()?;
        if order == HeapOrder::Size {
            live.sort_by_key(|block| (std::cmp::Reverse(block.size), block.block));
        }
        let mut holders = HashMap::new();
        if let Ok(picture) = self.picture_looked_at() {
            picture.frames.iter().for_each(|frame| add_holders(frame, &mut holders));
        }
        let bytes = live.iter().fold(0_u64, |sum, block| sum.saturating_add(block.size));
        let count = live.len();
        let listed = live.into_iter().take(limit);
        let blocks = listed.map(|block| BlockView {
            block: block.block,
            size: block.size,
            align: block.align,
            address: block.address,
            at: block.at,
            thread: block.thread,
            owner: owner_among(holders.get(&block.block)),
            keeper: None,
        });
        Ok(HeapView {
            blocks: blocks.collect(),
            more: count.saturating_sub(limit),
            live: count as u64,
            bytes,
        })
    }

    /// That the bytes of a block are not recorded, or that it did not live.
    pub(super) fn block_then(&self, id: BlockId) -> SessionError {
        match self.live_then() {
            Ok(live) if live.iter().all(|block| block.block != id) => SessionError::NoBlock(id),
            Ok(_) => SessionError::NotRecorded(format!("the bytes of {id} were not recorded")),
            Err(error) => error,
        }
    }

    fn live_then(&self) -> Result<Vec<LiveBlock>, SessionError> {
        let event = &self.then()?.event;
        if event.blocks.is_none() {
            return Err(SessionError::NoLedger);
        }
        let log = self.log().ok_or(Missing::Nothing)?;
        Ok(log.live_at(event.seq).collect())
    }
}

/// Why there is nothing to show of a frame.
pub(super) fn not_recorded(function: &str) -> SessionError {
    SessionError::NotRecorded(format!(
        "the variables of {function} were not recorded: pictures have those of the innermost frames \
         of your own functions"
    ))
}
