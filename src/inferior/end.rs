//! The end of a process, and what must be put in order then.

use super::Inferior;
use super::error::{InferiorError, unless_gone};
use crate::base::{ExitStatus, Tid};
use crate::os::{self, WaitEvent, procfs};

impl Inferior {
    /// Kills the process and waits until it is gone.
    ///
    /// # Errors
    /// [`InferiorError::Kernel`]. A process that has ended already is no error.
    pub fn kill(&mut self) -> Result<(), InferiorError> {
        if self.ended.is_some() || self.detached {
            return Ok(());
        }
        self.release_guests();
        let failed = InferiorError::when("killing the process");
        unless_gone(os::kill_process(self.process)).map_err(failed)?;
        while self.ended.is_none() {
            let Ok((tid, event)) = os::wait(None) else { break };
            self.bury(tid, event);
        }
        self.ended.get_or_insert(ExitStatus::Signal(os::SIGKILL));
        self.untold.clear();
        self.tidy_after_end();
        Ok(())
    }

    /// Lets go of all guests, with the sites taken out of the memory that they share.
    pub(super) fn release_guests(&mut self) {
        let guests: Vec<Tid> = self.threads.guests().collect();
        if guests.is_empty() {
            return;
        }
        self.memory.sites.borrow().clean(self.memory.file());
        for guest in guests {
            // Where this fails the guest is gone.
            if let Ok(Some(signal)) = self.halt(guest) {
                let _ = os::detach(guest, signal);
            }
            self.threads.remove(guest);
        }
    }

    /// An event during the kill: only ends count, and children that the kill does not reach.
    fn bury(&mut self, tid: Tid, event: WaitEvent) {
        match event {
            WaitEvent::Exited { code } if tid == self.process => {
                self.ended = Some(ExitStatus::Code(code));
            }
            WaitEvent::Killed { signal } if tid == self.process => {
                self.ended = Some(ExitStatus::Signal(signal));
            }
            WaitEvent::Exited { .. } | WaitEvent::Killed { .. } => {}
            _ => self.release_orphan(tid),
        }
    }

    /// A forked child of which the process could not tell any more is let go; a thread dies with
    /// its process.
    fn release_orphan(&mut self, tid: Tid) {
        if procfs::process_of(tid).is_ok_and(|process| process != self.process) {
            let _ = self.release_fork(tid);
        }
    }

    /// After the end: what is left of children and of the debugger's own thread is put in order.
    pub(super) fn tidy_after_end(&mut self) {
        self.release_guests();
        self.release_kept();
        self.end_pinning();
        for (tid, _) in std::mem::take(&mut self.early) {
            self.release_orphan(tid);
        }
        while let Ok(Some((tid, event))) = os::poll(None) {
            self.bury_late(tid, event);
        }
    }

    fn bury_late(&mut self, tid: Tid, event: WaitEvent) {
        let ended = matches!(event, WaitEvent::Exited { .. } | WaitEvent::Killed { .. });
        if !ended {
            self.release_orphan(tid);
        }
    }
}

impl Drop for Inferior {
    /// A process that was launched and is still under control is killed: it would otherwise run into
    /// its sites with nobody to let it through. One that was attached to is let go.
    fn drop(&mut self) {
        let _ = if self.attached { self.detach_all() } else { self.kill() };
        self.end_pinning();
    }
}
