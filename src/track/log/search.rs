//! What is found in a log by going through it.

use std::fmt;
use std::rc::Rc;

use serde::Serialize;

use super::super::story::{Stories, Story};
use super::query::Sieve;
use super::{Chunk, Log, Missing, Query, lines};
use crate::base::{BlockId, Event, Seq};

/// Events that were found.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Found {
    /// The last ones of those that fit, oldest first.
    pub events: Vec<Event>,
    /// Whether there are more before them.
    pub more: bool,
    /// Those of which it could not be told whether they fit.
    pub unreadable: Option<NotRead>,
}

/// Events that cannot be read back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct NotRead {
    /// How many.
    pub events: u64,
    /// Why, of the last of them.
    pub why: String,
}

impl fmt::Display for NotRead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.events == 1 { "event" } else { "events" };
        write!(f, "{} {what} cannot be read back: {}", self.events, self.why)
    }
}

impl Log {
    /// The last events that fit a query, so many at most.
    pub fn find(&self, query: &Query, limit: usize) -> Found {
        let sieve = Sieve::new(query);
        let mut found = Found::default();
        for chunk in self.chunks_of(query).rev() {
            let events = self.passing(&chunk, &sieve, &mut found.unreadable);
            for event in events.into_iter().rev() {
                if found.events.len() >= limit {
                    found.more = true;
                    break;
                }
                found.events.push(event);
            }
            if found.more {
                break;
            }
        }
        found.events.reverse();
        found
    }

    /// The story of a block, told anew from its events; none where its allocation is not among those
    /// that are kept.
    ///
    /// # Errors
    /// [`Missing::Unreadable`] where it may have events that cannot be read back.
    pub fn story_of(&self, block: BlockId) -> Result<Option<Story>, Missing> {
        self.story_until(block, Seq(u64::MAX))
    }

    /// The story of a block until an event.
    ///
    /// # Errors
    /// As [`Log::story_of`].
    pub fn story_until(&self, block: BlockId, until: Seq) -> Result<Option<Story>, Missing> {
        let Some(begin) = self.allocation_of(block) else { return Ok(None) };
        let about =
            Query { block: Some(block), between: Some((begin.0, until.0)), ..Query::default() };
        let sieve = Sieve::new(&about);
        let mut stories = Stories::default();
        let mut unreadable = None;
        for chunk in self.chunks_of(&about) {
            let events = self.passing(&chunk, &sieve, &mut unreadable);
            events.iter().for_each(|event| stories.take(event));
            if let Some(NotRead { why, .. }) = unreadable {
                return Err(Missing::Unreadable { event: chunk.first, why });
            }
        }
        Ok(stories.of(block).cloned())
    }

    /// The chunks in which events of a query can be, oldest first.
    fn chunks_of(&self, query: &Query) -> impl DoubleEndedIterator<Item = Chunk> {
        let (from, to) = query.between.unwrap_or((0, u64::MAX));
        let chunks = self.chunks.iter().cloned().chain(self.open_chunk());
        chunks.filter(move |chunk| {
            chunk.first <= to && chunk.first.saturating_add(chunk.count as u64) > from
        })
    }

    /// The events of a chunk that fit, oldest first. What cannot be read is counted, where it lies
    /// within the numbers that are asked for.
    fn passing(
        &self,
        chunk: &Chunk,
        sieve: &Sieve<'_>,
        unreadable: &mut Option<NotRead>,
    ) -> Vec<Event> {
        let (from, to) = sieve.between();
        let wanted = |number: &u64| (from..=to).contains(number);
        let mut lost = |events: u64, why: String| {
            let before = unreadable.as_ref().map_or(0, |none| none.events);
            *unreadable = Some(NotRead { events: before.saturating_add(events), why });
        };
        let bytes: Rc<[u8]> = match self.bytes_of(&chunk.bytes) {
            Ok(bytes) => bytes,
            Err(why) => {
                let end = chunk.first.saturating_add(chunk.count as u64).saturating_sub(1);
                let asked = end.min(to).saturating_sub(chunk.first.max(from)).saturating_add(1);
                lost(asked, why);
                return Vec::new();
            }
        };
        if !sieve.may_pass(&bytes) {
            return Vec::new();
        }
        let numbered = (chunk.first..).zip(lines(&bytes).take(chunk.count));
        let mut found = Vec::new();
        for (_, line) in numbered.filter(|(number, line)| wanted(number) && sieve.may_pass(line)) {
            match serde_json::from_slice::<Event>(line) {
                Ok(event) if sieve.passes(&event) => found.push(event),
                Ok(_) => {}
                Err(error) => lost(1, error.to_string()),
            }
        }
        found
    }
}
