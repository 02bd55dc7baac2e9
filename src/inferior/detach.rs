//! Letting a process go, as it was.

use super::Inferior;
use super::error::{InferiorError, unless_gone};
use super::news::News;
use super::stop::Stopped;
use super::threads::State;
use crate::base::Tid;
use crate::os::{self, Newborn, RemoteCalls, WaitEvent};

impl Inferior {
    /// Takes out all sites and watches and lets every thread run on, without Freehold; a process
    /// that job control has stopped stays stopped. A signal that was reported and not yet delivered
    /// is delivered where [`Inferior::deliver_when_let_go`] says so, one that was not reported is
    /// delivered always.
    ///
    /// The pages that copies of instructions ran in are unmapped, where a thread can be made to do
    /// so and no signal handler may return to one. No thread is left inside of them either way.
    ///
    /// # Errors
    /// [`InferiorError::Kernel`].
    pub fn detach_all(&mut self) -> Result<(), InferiorError> {
        if self.ended.is_some() || self.detached {
            return Ok(());
        }
        self.stop_pinning()?;
        // Nobody can resume them but by this function.
        let _held = self.stop_all()?;
        if self.ended.is_some() {
            return Ok(());
        }
        self.watches.clear();
        self.release_guests();
        self.release_kept();
        self.memory.sites.borrow().clean(self.memory.file());
        let standing: Vec<_> =
            self.threads.own().filter(|(_, _, s)| *s != State::Running).collect();
        let mut leaving = Vec::new();
        for (tid, _, state) in standing {
            self.straighten(tid, state)?;
            self.apply_watches(tid)?;
            leaving.push((tid, self.undelivered(tid)));
        }
        self.unmap_scratch(&leaving);
        leaving.extend(self.await_vforked()?);
        self.detached = true;
        self.untold.clear();
        for (tid, signal) in leaving {
            unless_gone(os::detach(tid, signal)).map_err(InferiorError::when("detaching"))?;
        }
        Ok(())
    }

    /// A signal that was reported is delivered after all if the process is let go while the thread
    /// stands before it.
    pub fn deliver_when_let_go(&mut self, thread: &Stopped) {
        if self.has_died(thread) {
            return;
        }
        let info = os::signal_info(thread.tid);
        if let (Ok(info), Some(known)) = (info, self.threads.get_mut(thread.tid)) {
            known.news.get_or_insert(News::Signal(info));
        }
    }

    /// The signal that a thread stands before and that nobody was told of; 0 for none.
    fn undelivered(&mut self, tid: Tid) -> i32 {
        match self.threads.get_mut(tid).and_then(|thread| thread.news.as_ref()) {
            Some(News::Signal(info)) => info.number,
            _ => 0,
        }
    }

    /// Threads that wait for their vforked children, which are let go: each stops when its child
    /// leaves the memory.
    fn await_vforked(&mut self) -> Result<Vec<(Tid, i32)>, InferiorError> {
        let waiting = self.threads.own().map(|(tid, ..)| tid);
        let waiting: Vec<_> = waiting.filter(|tid| self.threads.waits_for_child(*tid)).collect();
        let mut leaving = Vec::new();
        for tid in waiting {
            if self.threads.state(tid) == Some(State::Running)
                && let Some(event) = self.next_event_of(tid)?
                && !matches!(event, WaitEvent::Exited { .. } | WaitEvent::Killed { .. })
            {
                leaving.push((tid, 0));
            }
        }
        Ok(leaving)
    }

    /// Unmaps the scratch areas by a thread that can make system calls. Where that fails, they stay:
    /// unused, 64 KiB each.
    fn unmap_scratch(&mut self, leaving: &[(Tid, i32)]) {
        let areas = self.scratch.removable();
        let able = leaving.iter().find(|(tid, signal)| *signal == 0 && self.can_call(*tid));
        let (Some((tid, _)), false) = (able, areas.is_empty()) else { return };
        let main = self.modules.main();
        let entry = main.bias.to_virt(main.image.entry());
        let calls = RemoteCalls::begin(self.process, *tid, self.memory.file(), entry);
        let Ok(mut calls) = calls else { return };
        for area in areas {
            if calls.unmap(area).is_err() {
                return;
            }
        }
        drop(calls);
        self.scratch.forget();
    }

    /// Whether a thread that stands still can make system calls for us: it is not in the middle of
    /// one that the kernel has yet to finish, and has no news (a signal that would be lost, a group
    /// stop that would be left).
    fn can_call(&self, tid: Tid) -> bool {
        let registers = self.registers_of(tid).ok().flatten();
        !self.threads.has_news(tid) && registers.is_some_and(|raw| !raw.is_unfinished_call())
    }

    /// Brings a guest to a stop at an address of its own, and says which signal waits for it;
    /// nothing where it is gone.
    pub(super) fn halt(&mut self, tid: Tid) -> Result<Option<i32>, InferiorError> {
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
            match self.settle(tid, event)? {
                WaitEvent::Exited { .. } | WaitEvent::Killed { .. } => return Ok(None),
                WaitEvent::Signal { signal: os::SIGTRAP } => {}
                WaitEvent::Signal { signal: other } => signal = other,
                WaitEvent::Clone | WaitEvent::Fork | WaitEvent::Vfork => self.adopt(tid)?,
                _ => {}
            }
        }
        self.straighten(tid, state.unwrap_or_default())?;
        Ok(Some(signal))
    }

    /// A child that was made while its parent was being halted: guests are halted like all others,
    /// forked children are let go.
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

    /// Puts the program counter back from behind a site, or out of a copy. The sites are taken out
    /// already, so a system call that is restarted finds its instruction in the original.
    fn straighten(&mut self, tid: Tid, state: State) -> Result<(), InferiorError> {
        let Some(mut raw) = self.registers_of(tid)? else { return Ok(()) };
        let before = raw;
        let behind = raw.pc().offset(-1);
        let at_site = match state {
            State::AtSite(at) => Some(at),
            State::Held | State::Queued => None,
            State::Running => (self.memory.sites.borrow().is_active(behind)
                || self.is_stale_hit(behind))
            .then_some(behind),
        };
        if let Some(at) = at_site {
            raw.set_pc(at);
        } else if let Some(point) = self.scratch.point_at(raw.pc()) {
            raw.set_pc(point.original);
            raw.set_sp(raw.sp() + point.sp_adjust);
        }
        if raw != before { self.write_registers(tid, &before, &raw) } else { Ok(()) }
    }
}
