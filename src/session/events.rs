//! The last events of a run, and the picture of where it stands that they are part of.

use std::collections::VecDeque;

use serde::Serialize;

use super::debugger::Session;
use super::error::SessionError;
use super::frame_view::Slots;
use crate::base::{Event, EventKind};

/// How many of the last events are kept.
const KEPT: usize = 64;

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
}

/// Keeps an event for as long as it is among the last ones.
pub(super) fn remember(recent: &mut VecDeque<Event>, event: &Event) {
    if !is_news(event) {
        return;
    }
    if recent.len() >= KEPT {
        recent.pop_front();
    }
    recent.push_back(event.clone());
}

/// Whether an event is one of those that a picture lists. What opens a run and what says how Freehold
/// sees it happened to nobody, and entries, returns and stops are pictures themselves.
pub(super) fn is_news(event: &Event) -> bool {
    !matches!(
        event.kind,
        EventKind::Start { .. }
            | EventKind::Note { .. }
            | EventKind::Enter { .. }
            | EventKind::ScopeEnd { .. }
            | EventKind::Return { .. }
            | EventKind::Borrow { .. }
            | EventKind::BorrowEnd { .. }
            | EventKind::Stop { .. }
    )
}

impl Session {
    /// Where the program stands, with so many of the last events.
    ///
    /// # Errors
    /// [`SessionError::NotRunning`].
    pub fn context(&mut self, events: usize) -> Result<ContextView, SessionError> {
        if self.viewing.is_some() {
            return self.context_then(events.min(KEPT));
        }
        let stack = self.all_slots()?;
        let run = self.run.as_ref().ok_or(SessionError::NotRunning)?;
        let ledger = run.ledger_in_use();
        let skip = run.recent.len().saturating_sub(events);
        Ok(ContextView {
            stack,
            heap_bytes: ledger.map(crate::track::Ledger::live_bytes),
            blocks: ledger.map(crate::track::Ledger::live_blocks),
            events: run.recent.iter().skip(skip).cloned().collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Evidence, Seq, ThreadNo};

    fn event(seq: u64, kind: EventKind) -> Event {
        let (thread, evidence) = (ThreadNo(1), Evidence::Observed);
        let (at, stack_bytes, heap_bytes, blocks) = (None, None, None, None);
        Event { v: 1, seq: Seq(seq), kind, thread, evidence, at, stack_bytes, heap_bytes, blocks }
    }

    #[test]
    fn only_the_last_events_are_kept_and_no_notes() {
        let mut recent = VecDeque::new();
        remember(&mut recent, &event(1, EventKind::Note { text: String::new() }));
        (2..200).for_each(|seq| remember(&mut recent, &event(seq, EventKind::ThreadStart)));
        let seqs: Vec<u64> = recent.iter().map(|event| event.seq.0).collect();
        assert_eq!(seqs, (136..200).collect::<Vec<_>>());
    }
}
