//! A thread has reached sites: whether the program stands still for that.

use super::breakpoints::{BreakpointId, Target};
use super::catching::{Catch, Caught};
use super::error::SessionError;
use super::halt::Halt;
use super::run::Run;
use super::value_returned::Returned;
use super::vantage::Vantage;
use crate::base::ThreadNo;
use crate::inferior::Stopped;

impl Run {
    /// A thread has reached breakpoints, or none, at a site that is for something else.
    pub(super) fn reached(
        &mut self,
        thread: Stopped,
        hit: &[BreakpointId],
    ) -> Result<Option<Halt>, SessionError> {
        for id in std::mem::take(&mut self.stops.leaving) {
            self.watch_may_end(&thread, id);
        }
        let hit = &self.with_happened(hit);
        let no = thread.no();
        if let Some(free) = self.stops.happening.bad.take() {
            self.hold_all(thread, None)?;
            return Ok(Some(Halt::BadFree { thread: no, free }));
        }
        if hit.is_empty() && self.stops.ended.is_empty() {
            self.let_go(thread, None)?;
            return Ok(None);
        }
        let (thread, decision) = self.decide(thread, hit);
        let happened = self.take_happened(&decision.stops);
        if decision.stops.is_empty() {
            self.free_what_was_held();
            if self.stops.ended.is_empty() {
                self.let_go(thread, None)?;
                return Ok(None);
            }
            self.hold_all(thread, None)?;
            return Ok(self.watches_ended(no));
        }
        self.hold_all(thread, None)?;
        self.note_ended_watches();
        let (hit, failed) = (decision.stops, decision.failed);
        if !happened.is_empty() {
            return Ok(Some(Halt::Ownership { thread: no, hit, failed, happened }));
        }
        if self.is_caught_panic(&hit) {
            let what = Caught::Panic { message: self.panic_message(no) };
            return Ok(Some(Halt::Caught { thread: no, hit, failed, what }));
        }
        self.stand_in_inlined_call(no, &hit);
        let returned = self.returned_at(no, &hit);
        Ok(Some(Halt::Breakpoint { thread: no, hit, failed, returned }))
    }

    fn is_caught_panic(&self, hit: &[BreakpointId]) -> bool {
        let table = self.stops.table.borrow();
        let target = |id: &BreakpointId| table.get(*id).map(|breakpoint| &breakpoint.target);
        hit.iter().any(|id| target(id) == Some(&Target::Catch(Catch::Panic)))
    }

    /// Where a breakpoint was for a function that is inlined here, the thread stands in that call,
    /// although nothing of it has run.
    fn stand_in_inlined_call(&mut self, no: ThreadNo, hit: &[BreakpointId]) {
        let depth = hit.iter().find_map(|id| match self.vantage(no, *id) {
            Vantage::Innermost { depth, .. } => depth,
            _ => None,
        });
        if let Some(depth) = depth {
            self.begin_inlined(no, depth);
        }
    }

    /// What is returned, where a breakpoint is for that.
    fn returned_at(&self, no: ThreadNo, hit: &[BreakpointId]) -> Option<Returned> {
        let table = self.stops.table.borrow();
        let on_return = |id: &BreakpointId| {
            table.get(*id).is_some_and(|b| matches!(b.target, Target::Return(_)))
        };
        hit.iter().any(on_return).then_some(())?;
        let pc = self.held(no)?.registers().pc();
        let exit = self.stops.exits.get(&pc)?;
        Some(self.value_returned(no, exit.kind))
    }

    /// The address space was replaced: what was set in it is gone.
    pub(super) fn forget_user_stops(&mut self) {
        self.stops.exits.clear();
        self.plans.view = None;
        for live in std::mem::take(&mut self.stops.watches) {
            self.stops.table.borrow_mut().list.retain(|breakpoint| breakpoint.id != live.id);
            let (id, of) = (live.id, live.expression);
            self.notes.push(format!(
                "Watchpoint {id} of {of} was deleted: the process runs another program."
            ));
        }
    }
}
