//! The last events of a run, and the picture of where it stands that they are part of.

use serde::Serialize;

use super::debugger::Session;
use super::error::SessionError;
use super::frame_view::Slots;
use crate::base::{Event, Seq};
use crate::track::{Found, Log, NotRead, Query};

/// Events that are listed beside a picture at most.
const MOST: usize = 64;

/// Where the program stands: stack, heap and the last events.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ContextView {
    /// The whole stack.
    pub stack: Slots,
    /// Bytes in live blocks; none where the heap is not followed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heap_bytes: Option<u64>,
    /// How many blocks live.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocks: Option<u64>,
    /// The last events, oldest first.
    pub events: Vec<Event>,
    /// Events that cannot be read back, where some of those may be among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<NotRead>,
}

/// The last events until one of them that are listed beside a picture, so many at most.
pub(super) fn last_news(log: &Log, until: Seq, events: usize) -> Found {
    let query = Query { between: Some((0, until.0)), news: true, ..Query::default() };
    log.find(&query, events.min(MOST))
}

impl Session {
    /// Where the program stands, with so many of the last events.
    ///
    /// # Errors
    /// [`SessionError::NotRunning`].
    pub fn context(&mut self, events: usize) -> Result<ContextView, SessionError> {
        if self.viewing.is_some() {
            return self.context_then(events);
        }
        let stack = self.all_slots()?;
        let run = self.run.as_ref().ok_or(SessionError::NotRunning)?;
        let ledger = run.ledger_in_use();
        let found = run.log.as_ref().map(|log| last_news(log, Seq(run.seq), events));
        let Found { events, unreadable, .. } = found.unwrap_or_default();
        Ok(ContextView {
            stack,
            heap_bytes: ledger.map(crate::track::Ledger::live_bytes),
            blocks: ledger.map(crate::track::Ledger::live_blocks),
            events,
            unreadable,
        })
    }
}
