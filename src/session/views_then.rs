//! What the commands that look at the program show of a moment of the past.

use super::debugger::Session;
use super::error::SessionError;
use super::events::{ContextView, last_news};
use super::frame_view::Slots;
use super::heap_view::{BlockView, HeapOrder, HeapView, owner_among};
use super::viewing::{Picture, Viewing};
use crate::base::{BlockId, Seq};
use crate::track::{Found, LiveBlock, Log, Missing};

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
        let log = self.log().ok_or(Missing::Nothing)?;
        let Found { events, unreadable, .. } = last_news(log, viewing.event.seq, events);
        Ok(ContextView {
            stack,
            heap_bytes: viewing.event.heap_bytes,
            blocks: viewing.event.blocks,
            events,
            unreadable,
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
        let holders = self.holders_then();
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
        match self.log_then().map(|(log, event)| log.block_at(id, event)) {
            Ok(None) => SessionError::NoBlock(id),
            Ok(Some(_)) => SessionError::NotRecorded(format!(
                "the bytes of {id} were not recorded: pictures hold variables, and of blocks only \
                 what those lead to"
            )),
            Err(error) => error,
        }
    }

    fn live_then(&self) -> Result<Vec<LiveBlock>, SessionError> {
        let (log, event) = self.log_then()?;
        Ok(log.live_at(event).collect())
    }

    /// The log, where it tells of blocks, and the event that is looked at.
    pub(super) fn log_then(&self) -> Result<(&Log, Seq), SessionError> {
        let event = &self.then()?.event;
        if event.blocks.is_none() {
            return Err(SessionError::NoLedger);
        }
        Ok((self.log().ok_or(Missing::Nothing)?, event.seq))
    }
}

/// Why there is nothing to show of a frame.
pub(super) fn not_recorded(function: &str) -> SessionError {
    SessionError::NotRecorded(format!(
        "the variables of {function} were not recorded: pictures have those of the innermost frames \
         of your own functions"
    ))
}
