//! The drops of a run so far, for a debugger's user: followed from the moment that they are asked
//! for.

use std::collections::VecDeque;

use serde::Serialize;

use super::breakpoints::{BreakpointId, Target};
use super::debugger::Session;
use super::error::SessionError;
use super::ownership_stops::OwnershipStop;
use super::run::Run;
use crate::base::{At, Event, EventKind};

/// Events that are kept at most; beyond them the oldest are forgotten.
const MOST: usize = 1 << 16;

/// Since when the drops of a process are followed.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DropsSince {
    /// They are not: `set drops on` follows them.
    #[default]
    Never,
    /// Since the process began.
    TheStart,
    /// Since the program stood at this line.
    Here(Option<At>),
}

/// The drops so far.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct DropsView {
    /// Since when all of them are followed.
    pub since: DropsSince,
    /// Whether they are followed still, or were to the end.
    pub followed: bool,
    /// The types of which the drops are followed because breakpoints wait for them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub of_breakpoints: Vec<String>,
    /// The drops, with what each frees, in the order of the run.
    pub events: Vec<Event>,
    /// How many events were forgotten that came before those.
    pub forgotten: u64,
    /// What is asked for: types, functions or files; all where there are none.
    pub only: Vec<String>,
}

/// What is kept of the drops of a run.
#[derive(Default)]
pub(super) struct DropLog {
    since: DropsSince,
    followed: bool,
    events: VecDeque<Event>,
    forgotten: u64,
}

impl DropLog {
    /// Keeps an event that tells of a drop.
    pub fn take(&mut self, event: &Event) {
        if !matches!(event.kind, EventKind::Drop(_) | EventKind::Free { drop: Some(_), .. }) {
            return;
        }
        if self.events.len() >= MOST {
            self.events.pop_front();
            self.forgotten = self.forgotten.saturating_add(1);
        }
        self.events.push_back(event.clone());
    }

    /// The events, oldest first.
    pub fn events(&self) -> impl DoubleEndedIterator<Item = &Event> {
        self.events.iter()
    }

    /// From now on all drops are followed. What was seen before was not all, and is forgotten.
    fn begin(&mut self, since: DropsSince) {
        *self = DropLog { since, followed: true, ..DropLog::default() };
    }
}

impl Session {
    /// The drops so far, also of a run that has ended; `only` names types, functions or files.
    ///
    /// # Errors
    /// [`SessionError::NotRunning`] where nothing has run.
    pub fn drops_so_far(&mut self, only: Vec<String>) -> Result<DropsView, SessionError> {
        let of_breakpoints = self.types_waited_for();
        let log = match &self.run {
            Some(run) => &run.dropping.log,
            None => &self.past.drops,
        };
        if self.run.is_none() && self.past.alive.is_none() && log.since == DropsSince::Never {
            return Err(SessionError::NotRunning);
        }
        Ok(DropsView {
            since: log.since.clone(),
            followed: log.followed,
            of_breakpoints,
            events: log.events().cloned().collect(),
            forgotten: log.forgotten,
            only,
        })
    }

    /// Follows all drops from now on, or no more than breakpoints wait for.
    pub fn follow_drops(&mut self, on: bool) {
        self.settings.drops = on;
        let at = self.frame().ok().map(|frame| frame.at);
        let Some(run) = self.run.as_mut().filter(|run| run.inferior.live().is_ok()) else { return };
        match (run.options.drops, on) {
            (false, true) => {
                run.options.drops = true;
                run.plant_drops();
                run.dropping.log.begin(DropsSince::Here(at));
            }
            (true, false) => {
                run.options.drops = false;
                run.dropping.log.followed = false;
                // No breakpoint has this number.
                run.sync_drop_sites(BreakpointId(0));
            }
            _ => {}
        }
    }

    fn types_waited_for(&self) -> Vec<String> {
        let table = self.table.borrow();
        let enabled = table.list.iter().filter(|breakpoint| breakpoint.enabled);
        let asked = enabled.filter_map(|breakpoint| match &breakpoint.target {
            Target::Ownership(OwnershipStop::Drop(asked)) => Some(asked.text.clone()),
            _ => None,
        });
        asked.collect()
    }
}

impl Run {
    /// Notes that the drops of a process are followed from its beginning.
    pub(super) fn note_drops_from_start(&mut self) {
        self.dropping.log.begin(DropsSince::TheStart);
    }
}
