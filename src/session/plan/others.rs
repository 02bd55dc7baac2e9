//! The other threads: during single instructions they stand still.

use super::Plan;
use crate::base::ThreadNo;
use crate::inferior::Stopped;
use crate::session::error::SessionError;
use crate::session::halt::Halt;
use crate::session::run::{Observer, Run};

/// After so many single instructions the other threads run too: the stepping thread may be waiting
/// for one of them in a loop.
const PATIENCE: u32 = 300;

/// How often the others are looked after from then on, in instructions.
const GLANCE: u32 = 64;

impl Run {
    /// Lets a thread run that has nothing to show; the thread of a plan goes back to its plan.
    pub(in crate::session) fn let_go(
        &mut self,
        thread: Stopped,
        signal: Option<i32>,
    ) -> Result<(), SessionError> {
        if self.plans.catching_any || self.plans.catching == Some(thread.no()) {
            self.plans.caught = Some((thread, signal));
        } else {
            self.inferior.resume(thread, signal)?;
        }
        Ok(())
    }

    /// Stops every thread that runs.
    pub(super) fn hold_others(&mut self) -> Result<(), SessionError> {
        let others = self.inferior.stop_all()?;
        self.held.extend(others.into_iter().map(|thread| (thread, None)));
        Ok(())
    }

    /// Lets all threads run that are held, but for one.
    pub(super) fn release_others(&mut self, but: ThreadNo) -> Result<(), SessionError> {
        let (kept, others): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.held).into_iter().partition(|(t, _)| t.no() == but);
        self.held = kept;
        for (thread, signal) in others {
            self.inferior.resume(thread, signal)?;
        }
        Ok(())
    }

    /// The thread of the plan has ended, and perhaps the process with it.
    pub(super) fn thread_is_gone(
        &mut self,
        plan: &mut Plan,
        observer: &mut dyn Observer,
    ) -> Result<Halt, SessionError> {
        let no = plan.thread;
        self.plans.catch_nobody();
        loop {
            let threads = self.inferior.threads();
            let left = threads.iter().any(|(other, _)| *other != no);
            if left && threads.iter().all(|(other, _)| *other != no) {
                break;
            }
            // Its end is still to be told, or that of the process.
            self.deliver(observer);
            let stop = self.inferior.wait()?;
            if let Some(halt) = self.on_stop(stop)? {
                return Ok(halt);
            }
        }
        self.hold_others()?;
        if self.held.is_empty() {
            // The others have ended meanwhile.
            return self.run_to_halt(observer);
        }
        let held = self.held.first().map(|(thread, _)| thread.no());
        Ok(Halt::ThreadEnded { ended: no, thread: held.unwrap_or(ThreadNo(1)) })
    }

    /// Lets the other threads run beside a step that may wait for one of them, and looks after them.
    pub(super) fn make_room(&mut self, plan: &mut Plan) -> Result<Option<Halt>, SessionError> {
        if plan.steps < PATIENCE || !plan.steps.is_multiple_of(GLANCE) {
            return Ok(None);
        }
        self.plans.catching = Some(plan.thread);
        while let Some(stop) = self.inferior.poll()? {
            if let Some(halt) = self.on_stop(stop)? {
                return Ok(Some(halt));
            }
        }
        self.release_others(plan.thread)?;
        Ok(None)
    }
}
