//! The other threads: during single instructions they stand still.

use crate::base::ThreadNo;
use crate::inferior::Stopped;
use crate::session::error::SessionError;
use crate::session::run::Run;

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
}
