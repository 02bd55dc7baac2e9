//! The drops of a run so far, for a debugger's user: followed from the moment that they are asked
//! for.

use std::collections::VecDeque;

use serde::Serialize;

use super::breakpoints::{BreakpointId, Target};
use super::debugger::Session;
use super::error::SessionError;
use super::ownership_stops::OwnershipStop;
use super::run::Run;
use crate::base::{At, Event, EventKind, Seq};

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
    /// The event until which they are told, where a moment of the past is looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Seq>,
}

/// What is kept of the drops of a run.
#[derive(Default)]
pub(super) struct DropLog {
    since: DropsSince,
    /// The last event before they were followed.
    begun: Seq,
    /// The last event before they were followed no more.
    ended: Option<Seq>,
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

    /// From now on all drops are followed. What was seen before was not all, and is forgotten.
    fn begin(&mut self, since: DropsSince, begun: Seq) {
        *self = DropLog { since, begun, ..DropLog::default() };
    }

    /// The drops until an event, or all.
    ///
    /// # Errors
    /// [`SessionError::NotRecorded`] where none of them is kept any more.
    fn view(&self, until: Option<Seq>, only: Vec<String>) -> Result<DropsView, SessionError> {
        let before = |seq: Seq| until.is_none_or(|until| seq <= until);
        let first = self.events.front().map(|event| event.seq);
        if self.forgotten > 0 && first.is_some_and(|first| !before(first)) {
            return Err(SessionError::NotRecorded(format!(
                "the drops until then are not at hand any more: the last {MOST} events of drops are \
                 kept"
            )));
        }
        let known = before(self.begun) && self.since != DropsSince::Never;
        Ok(DropsView {
            since: if known { self.since.clone() } else { DropsSince::Never },
            followed: known && !self.ended.is_some_and(before),
            of_breakpoints: Vec::new(),
            events: self.events.iter().filter(|event| before(event.seq)).cloned().collect(),
            forgotten: self.forgotten,
            only,
            until,
        })
    }
}

impl Session {
    /// The drops so far, also of a run that has ended, or until the moment of the past that is looked
    /// at; `only` names types, functions or files.
    ///
    /// # Errors
    /// [`SessionError::NotRunning`] where nothing has run, [`SessionError::NotRecorded`] where those
    /// until a moment of the past are not kept any more.
    pub fn drops_so_far(&mut self, only: Vec<String>) -> Result<DropsView, SessionError> {
        let until = self.event_looked_at().map(|event| event.seq);
        let log = self.drop_log();
        let has_run = self.run_or_parked().is_some() || self.past.alive.is_some();
        if !has_run && log.since == DropsSince::Never {
            return Err(SessionError::NotRunning);
        }
        let view = log.view(until, only)?;
        let of_breakpoints = if until.is_none() { self.types_waited_for() } else { Vec::new() };
        Ok(DropsView { of_breakpoints, ..view })
    }

    /// The drop events that happened until the moment that is looked at, the last first.
    pub(super) fn drops_back(&self) -> impl Iterator<Item = &Event> {
        let until = self.event_looked_at().map_or(Seq(u64::MAX), |event| event.seq);
        self.drop_log().events.iter().rev().skip_while(move |event| event.seq > until)
    }

    fn drop_log(&self) -> &DropLog {
        match self.run_or_parked() {
            Some(run) => &run.dropping.log,
            None => &self.past.drops,
        }
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
                run.dropping.log.begin(DropsSince::Here(at), Seq(run.seq));
            }
            (true, false) => {
                run.options.drops = false;
                run.dropping.log.ended = Some(Seq(run.seq));
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
        self.dropping.log.begin(DropsSince::TheStart, Seq(0));
    }
}
