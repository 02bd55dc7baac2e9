//! Stopping where a block begins, is resized or ends: inside of the stops that the ledger makes.

use super::bad_frees::BadFree;
use super::breakpoints::{Breakpoint, BreakpointId, Target, Terms};
use super::debugger::Session;
use super::error::SessionError;
use super::ownership_stops::{Happened, OwnershipStop};
use super::run::Run;
use super::stop_source::Called;
use crate::track::{AboutToEnd, AllocatorCall, Change};

/// What has happened at the stop that is being looked at, and what waits for it.
#[derive(Default)]
pub(super) struct Happening {
    /// The breakpoints, each with what it may stop for.
    pub hits: Vec<(BreakpointId, Happened)>,
    /// A call of `free` that the ledger does not know of yet: while somebody looks, the block is
    /// alive.
    pub freeing: Option<Called>,
    /// What is wrong with that call, or with one of `realloc`, where the program stops for it.
    pub bad: Option<Box<BadFree>>,
    /// Whether it stops for such.
    pub stops_for_bad_frees: bool,
    /// Whether blocks are allocated that are not seen.
    pub misses_blocks: bool,
}

impl Session {
    /// Stops the program for what happens to blocks or values.
    ///
    /// # Errors
    /// [`SessionError::NoLedger`] where blocks are not followed, and those of
    /// [`Session::add_breakpoint`].
    pub fn break_on_ownership(
        &mut self,
        stop: OwnershipStop,
        terms: Terms,
    ) -> Result<Breakpoint, SessionError> {
        if self.is_core() {
            return Err(SessionError::CoreFile);
        }
        let followed = match &self.run {
            Some(run) => run.ledger_in_use().is_some(),
            None => self.settings.ledger,
        };
        if stop.is_of_blocks() && !followed {
            return Err(SessionError::NoLedger);
        }
        Ok(self.add_breakpoint(Target::Ownership(stop), terms, false)?)
    }
}

impl Run {
    /// Whether an enabled breakpoint waits for something of a kind.
    pub(super) fn waits_for(&self, kind: impl Fn(&OwnershipStop) -> bool) -> bool {
        let table = self.stops.table.borrow();
        table
            .list
            .iter()
            .filter(|breakpoint| breakpoint.enabled)
            .any(|breakpoint| matches!(&breakpoint.target, Target::Ownership(stop) if kind(stop)))
    }

    /// Notes the breakpoints that wait for what has happened to a block.
    fn note_happened(&mut self, happened: &Happened) -> bool {
        let table = self.stops.table.borrow();
        let enabled = table.list.iter().filter(|breakpoint| breakpoint.enabled);
        let waiting = enabled.filter(|breakpoint| match &breakpoint.target {
            Target::Ownership(stop) => stop.is_for(happened),
            _ => false,
        });
        let hits: Vec<_> = waiting.map(|b| (b.id, happened.clone())).collect();
        drop(table);
        let any = !hits.is_empty();
        self.stops.happening.hits.extend(hits);
        any
    }

    /// Notes the breakpoints that wait for a change of the table of blocks.
    pub(super) fn note_change(&mut self, change: &Change) {
        if !self.waits_for(|stop| !matches!(stop, OwnershipStop::Drop(_) | OwnershipStop::Move(_)))
        {
            return;
        }
        let happened = match change {
            Change::Began { block, .. } => Happened::Alloc {
                block: block.id,
                size: block.size,
                by: block.at.as_deref().cloned(),
            },
            Change::Resized { old_size, block, at, .. } => Happened::Realloc {
                block: block.id,
                old_size: *old_size,
                size: block.size,
                by: at.as_deref().cloned(),
            },
            Change::Freed { block, at } => Happened::Free {
                block: block.id,
                size: block.size,
                allocated_at: block.at.as_deref().cloned(),
                by: at.as_deref().cloned(),
            },
            Change::UnknownFree { .. } => return,
        };
        self.note_happened(&happened);
    }

    /// A block is about to be freed. Where a breakpoint waits for that, the ledger learns of it when
    /// the thread goes on, as of one that frees or resizes what it may not; else the call comes back.
    pub(super) fn hold_free(&mut self, called: Called) -> Option<Called> {
        if let Some(bad) = self.bad_free(&called) {
            self.stops.happening.bad = Some(bad);
            self.stops.happening.freeing = Some(called);
            return None;
        }
        let AllocatorCall::Free { pointer } = called.call() else { return Some(called) };
        // Most frees are not waited for, and their lines need not be known twice.
        let waits = |stop: &OwnershipStop| matches!(stop, OwnershipStop::Free { .. });
        if !self.waits_for(waits) {
            return Some(called);
        }
        let ends = self.ledger.about_to_end(called.thread, called.registers.sp(), pointer);
        let Some(AboutToEnd::Live(block)) = ends else { return Some(called) };
        let allocated_at = block.at.as_deref().cloned();
        let (block, size) = (block.id, block.size);
        let by = self.line_of_callers(&called.callers);
        match self.note_happened(&Happened::Free { block, size, allocated_at, by }) {
            true => {
                self.stops.happening.freeing = Some(called);
                None
            }
            false => Some(called),
        }
    }

    /// The thread that was about to free a block goes on: now it is freed. A thread that was sent
    /// elsewhere meanwhile frees nothing.
    pub(super) fn free_what_was_held(&mut self) {
        let Some(called) = self.stops.happening.freeing.take() else { return };
        let pc = called.registers.pc();
        let elsewhere =
            self.held(called.thread).is_some_and(|thread| thread.registers().pc() != pc);
        if !elsewhere {
            self.allocator_called(called);
        }
    }

    /// Breakpoints that were reached, with those that wait for what has happened.
    pub(super) fn with_happened(&self, hit: &[BreakpointId]) -> Vec<BreakpointId> {
        let mut all = hit.to_vec();
        for (id, _) in &self.stops.happening.hits {
            if !all.contains(id) {
                all.push(*id);
            }
        }
        all
    }

    /// What has happened that some breakpoints stop for, each once.
    pub(super) fn take_happened(&mut self, stops: &[BreakpointId]) -> Vec<Happened> {
        let mut happened = Vec::new();
        for (id, what) in std::mem::take(&mut self.stops.happening.hits) {
            if stops.contains(&id) && !happened.contains(&what) {
                happened.push(what);
            }
        }
        happened
    }
}
