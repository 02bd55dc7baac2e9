//! Letting go: killing the process, or detaching from it.

use super::Inferior;
use super::error::{InferiorError, unless_gone};
use super::threads::State;
use crate::base::{ExitStatus, Tid};
use crate::os::{self, Newborn, WaitEvent, procfs};

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

    /// Takes out all sites and lets every thread run on, without Freehold. A signal that was
    /// reported and not yet delivered is not delivered.
    ///
    /// # Errors
    /// [`InferiorError::Kernel`].
    pub fn detach_all(&mut self) -> Result<(), InferiorError> {
        if self.ended.is_some() || self.detached {
            return Ok(());
        }
        self.stop_pinning()?;
        let mut halted: Vec<(Tid, i32)> = Vec::new();
        // A thread that is not yet halted can make another.
        while let Some(next) = self.next_to_halt(&halted) {
            match self.halt(next)? {
                Some(signal) => halted.push((next, signal)),
                None => {
                    self.threads.remove(next);
                }
            }
        }
        self.memory.sites.borrow().clean(self.memory.file());
        self.detached = true;
        for (tid, signal) in halted {
            unless_gone(os::detach(tid, signal)).map_err(InferiorError::when("detaching"))?;
        }
        Ok(())
    }

    fn next_to_halt(&self, halted: &[(Tid, i32)]) -> Option<Tid> {
        let own = self.threads.own().map(|(tid, ..)| tid);
        own.chain(self.threads.guests()).find(|tid| halted.iter().all(|(done, _)| done != tid))
    }

    /// Brings a thread to a stop at an address of its own, and says which signal waits for it;
    /// nothing where it is gone.
    fn halt(&mut self, tid: Tid) -> Result<Option<i32>, InferiorError> {
        let failed = InferiorError::when("stopping a thread");
        let state = self.threads.get_mut(tid).map(|thread| thread.state);
        let mut signal = 0;
        if state == Some(State::Running) {
            if unless_gone(os::interrupt(tid)).map_err(&failed)?.is_none() {
                return Ok(None);
            }
            let early = self.early.remove(&tid);
            let event = match early {
                Some(event) => event,
                None => os::wait(Some(tid)).map_err(&failed)?.1,
            };
            match event {
                WaitEvent::Exited { .. } | WaitEvent::Killed { .. } => return Ok(None),
                WaitEvent::Signal { signal: os::SIGTRAP } => {}
                WaitEvent::Signal { signal: other } => signal = other,
                WaitEvent::Clone | WaitEvent::Fork | WaitEvent::Vfork => self.adopt(tid)?,
                _ => {}
            }
        }
        self.straighten(tid, state)?;
        Ok(Some(signal))
    }

    /// A child that was made while its parent was being halted: threads and guests are halted
    /// like all others, forked children are let go.
    fn adopt(&mut self, parent: Tid) -> Result<(), InferiorError> {
        let Some(birth) = self.birth_of(parent)? else { return Ok(()) };
        match birth.alive() {
            Some((Newborn::Fork, child)) => self.release_fork(child),
            Some((_, child)) => {
                self.threads.add_guest(child);
                self.threads.set_state(child, State::Held);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Puts the program counter back from behind a site, or out of a copy.
    fn straighten(&mut self, tid: Tid, state: Option<State>) -> Result<(), InferiorError> {
        let Some(mut raw) = self.registers_of(tid)? else { return Ok(()) };
        let before = raw;
        let behind = raw.pc().offset(-1);
        let at_site = match state {
            Some(State::AtSite(at)) => Some(at),
            Some(State::Held) => None,
            _ => (self.memory.sites.borrow().is_active(behind) || self.is_stale_hit(behind))
                .then_some(behind),
        };
        if let Some(at) = at_site {
            raw.set_pc(at);
        } else {
            self.leave_copy(&mut raw, true);
        }
        if raw != before { self.write_registers(tid, &before, &raw) } else { Ok(()) }
    }

    /// Lets go of all guests, with the sites taken out of the memory that they share.
    fn release_guests(&mut self) {
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
    /// A process that is still under control is killed: it would otherwise run into its sites with
    /// nobody to let it through.
    fn drop(&mut self) {
        let _ = self.kill();
        self.end_pinning();
    }
}
