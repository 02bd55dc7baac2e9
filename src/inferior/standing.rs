//! Bringing threads to a stop.

use super::Inferior;
use super::error::{InferiorError, unless_gone};
use super::news::{News, Untold};
use super::stop::{Stop, Stopped};
use super::threads::State;
use crate::base::{ExitStatus, Tid};
use crate::os::{self, WaitEvent, procfs};

/// How long to wait before looking again at a first thread that may have exited.
const PAUSE: std::time::Duration = std::time::Duration::from_micros(50);

impl Inferior {
    /// Stops every thread that runs, and returns those, by number. Threads that were held already
    /// are not among them.
    ///
    /// Each stands where it was: one that hit a site meanwhile is put back before it and hits it
    /// again; one inside a system call goes on with that when it is resumed. What else happened
    /// meanwhile (a signal, a fork, a new thread, an end) is told by [`Inferior::wait`] after the
    /// thread was resumed, and ends are told without. New threads are among those returned, although
    /// their start is told later.
    ///
    /// A thread that waits in the kernel for the child of its vfork is left out: it runs nothing
    /// until the child has executed a program, and cannot be stopped before. So is a first thread
    /// that has exited before the others. Children that share the memory meanwhile run on.
    ///
    /// # Errors
    /// [`InferiorError::Ended`] after the end was told.
    pub fn stop_all(&mut self) -> Result<Vec<Stopped>, InferiorError> {
        if self.detached || (self.ended.is_some() && self.untold.is_empty()) {
            return Err(InferiorError::Ended);
        }
        for tid in self.moving().collect::<Vec<_>>() {
            if !self.early.contains_key(&tid) {
                unless_gone(os::interrupt(tid))
                    .map_err(InferiorError::when("stopping a thread"))?;
            }
        }
        let mut stopped = Vec::new();
        let mut silent = Vec::new();
        while let Some(tid) = self.next_to_stand(&silent) {
            match self.bring_to_stand(tid) {
                Ok(Some(thread)) => stopped.push(thread),
                Ok(None) if self.stands_or_is_gone(tid) => {}
                Ok(None) => silent.push(tid),
                Err(error) => {
                    // Nobody else could resume them.
                    for thread in stopped {
                        let _ = self.resume(thread, None);
                    }
                    return Err(error);
                }
            }
        }
        stopped.retain(|thread| thread.epoch == self.epoch);
        stopped.sort_by_key(Stopped::no);
        Ok(stopped)
    }

    /// Whether a thread that is held was killed, or replaced by an exec, meanwhile. Resuming it is
    /// no error, and does nothing.
    pub fn has_died(&self, thread: &Stopped) -> bool {
        let known = thread.epoch == self.epoch && self.threads.no(thread.tid) == Some(thread.no);
        !known || self.ended.is_some() || self.detached || self.is_gone(thread.tid)
    }

    /// The threads that run, as far as is known, and can be stopped.
    fn moving(&self) -> impl Iterator<Item = Tid> + '_ {
        let runs = |(tid, _, state): (Tid, _, State)| (state == State::Running).then_some(tid);
        self.threads.own().filter_map(runs).filter(|tid| !self.threads.waits_for_child(*tid))
    }

    fn next_to_stand(&self, silent: &[Tid]) -> Option<Tid> {
        if self.ended.is_some() {
            return None;
        }
        let queued = self.threads.own().find(|(_, _, state)| *state == State::Queued);
        let queued = queued.map(|(tid, ..)| tid);
        queued.or_else(|| self.moving().find(|tid| !silent.contains(tid)))
    }

    fn stands_or_is_gone(&self, tid: Tid) -> bool {
        self.moving().all(|moving| moving != tid)
    }

    /// Brings one thread to a stop that was interrupted, or is stopped without anybody holding it.
    /// Nothing where it ended, or makes no stop.
    fn bring_to_stand(&mut self, tid: Tid) -> Result<Option<Stopped>, InferiorError> {
        if self.threads.state(tid) == Some(State::Queued) {
            self.untold
                .retain(|untold| !matches!(untold, Untold::Thread(queued) if *queued == tid));
            self.threads.set_state(tid, State::Running);
            return self.held(tid);
        }
        match self.next_event_of(tid)? {
            Some(event) => {
                let event = self.settle(tid, event)?;
                self.stand_at(tid, event)
            }
            None => match self.early.remove(&self.process) {
                Some(WaitEvent::Exec) => self.stand_at(self.process, WaitEvent::Exec),
                Some(event) => {
                    self.early.insert(self.process, event);
                    Ok(None)
                }
                None => Ok(None),
            },
        }
    }

    /// A thread that was interrupted can have hit a site or a watch just before, and not have told
    /// yet: it stands behind the site then. It is made to tell, without running on.
    pub(super) fn settle(
        &mut self,
        tid: Tid,
        event: WaitEvent,
    ) -> Result<WaitEvent, InferiorError> {
        if !matches!(event, WaitEvent::Trapped | WaitEvent::GroupStop { .. }) {
            return Ok(event);
        }
        let failed = InferiorError::when("reading what a thread has yet to tell");
        if unless_gone(os::has_pending_trap(tid)).map_err(failed)? != Some(true) {
            return Ok(event);
        }
        self.mend_system_call(tid)?;
        self.go(tid, 0)?;
        let Some(trap) = self.next_event_of(tid)? else { return Ok(event) };
        let in_group_stop = matches!(event, WaitEvent::GroupStop { .. });
        if in_group_stop
            && trap == (WaitEvent::Signal { signal: os::SIGTRAP })
            && self.put_back(tid)?
        {
            // The group stop is still on: asked again, the thread answers with it.
            unless_gone(os::interrupt(tid)).map_err(InferiorError::when("stopping a thread"))?;
            self.go(tid, 0)?;
            return Ok(self.next_event_of(tid)?.unwrap_or(event));
        }
        Ok(trap)
    }

    /// Waits until a thread changes its state; what happens to others is kept, and what happens to
    /// guests is dealt with. Nothing where the thread will not say a word: it is the first one and
    /// has exited before the others, or an exec has replaced it.
    pub(super) fn next_event_of(&mut self, tid: Tid) -> Result<Option<WaitEvent>, InferiorError> {
        let failed = InferiorError::when("waiting for a thread");
        loop {
            if let Some(event) = self.early.remove(&tid) {
                return Ok(Some(event));
            }
            if self.early.get(&self.process) == Some(&WaitEvent::Exec) {
                return Ok(None);
            }
            // The first thread of several can exit without a word before the others do.
            let may_be_silent = tid == self.process && self.threads.count() > 1;
            let seen = match may_be_silent {
                true => os::poll(None).map_err(&failed)?,
                false => Some(os::wait(None).map_err(&failed)?),
            };
            match seen {
                Some((seen, event)) if seen == tid => return Ok(Some(event)),
                // Becoming another process is no thing to do in between.
                Some((seen, WaitEvent::Exec))
                    if self.threads.is_guest(seen) && self.follows_guests() =>
                {
                    self.early.insert(seen, WaitEvent::Exec);
                }
                Some((seen, event)) if self.threads.is_guest(seen) => {
                    self.handle_guest(seen, event)?;
                }
                Some((seen, event)) => {
                    self.early.insert(seen, event);
                }
                None if procfs::has_exited(tid) => return Ok(None),
                None => std::thread::sleep(PAUSE),
            }
        }
    }

    /// What a thread that is to be held stands at.
    fn stand_at(&mut self, tid: Tid, event: WaitEvent) -> Result<Option<Stopped>, InferiorError> {
        let news = match event {
            WaitEvent::Exited { code } => return self.ends(tid, ExitStatus::Code(code)),
            WaitEvent::Killed { signal } => return self.ends(tid, ExitStatus::Signal(signal)),
            WaitEvent::Signal { signal } => self.signal_news(tid, signal)?,
            WaitEvent::Clone | WaitEvent::Fork | WaitEvent::Vfork => self.take_birth(tid, event)?,
            WaitEvent::Exec => match self.executed(tid)? {
                Some(Stop::Exec { path, left, .. }) => Some(News::Exec { path, left }),
                _ => None,
            },
            WaitEvent::GroupStop { .. } => Some(News::GroupStop),
            WaitEvent::VforkDone => {
                self.threads.set_waits_for_child(tid, false);
                None
            }
            WaitEvent::Trapped => {
                self.mend_system_call(tid)?;
                None
            }
            WaitEvent::Syscall if self.system_calls => {
                self.system_call_of(tid)?.map(News::SystemCall)
            }
            WaitEvent::Syscall | WaitEvent::Other { .. } => None,
        };
        let held = self.held(tid)?;
        if held.is_some() {
            self.memory.witness().set(tid);
            if let Some(thread) = self.threads.get_mut(tid) {
                thread.news = news;
            }
        }
        Ok(held)
    }

    /// A system call that gave up because the debugger has stopped its thread will go on.
    pub(super) fn mend_system_call(&self, tid: Tid) -> Result<(), InferiorError> {
        let Some(raw) = self.registers_of(tid)? else { return Ok(()) };
        let mut mended = raw;
        if mended.restart_broken_call() { self.write_registers(tid, &raw, &mended) } else { Ok(()) }
    }

    fn ends(&mut self, tid: Tid, how: ExitStatus) -> Result<Option<Stopped>, InferiorError> {
        let end = self.thread_ended(tid, how)?;
        self.untold.extend(end.map(|end| Untold::End(Box::new(end))));
        Ok(None)
    }

    /// What a signal means for a thread that is to be held: nothing where it has hit a site, before
    /// which it is put back.
    fn signal_news(&mut self, tid: Tid, signal: i32) -> Result<Option<News>, InferiorError> {
        if signal == os::SIGTRAP {
            let fired = self.take_fired(tid)?;
            if !fired.is_empty() {
                return Ok(Some(News::Watch(fired)));
            }
            let is_breakpoint = self.signal_of(tid)?.is_none_or(|info| info.is_breakpoint());
            if is_breakpoint && self.put_back(tid)? {
                return Ok(None);
            }
        }
        Ok(self.signal_of(tid)?.map(News::Signal))
    }

    /// Puts a thread that has just hit a site back before it; whether it has.
    pub(super) fn put_back(&mut self, tid: Tid) -> Result<bool, InferiorError> {
        let Some(raw) = self.registers_of(tid)? else { return Ok(true) };
        let at = raw.pc().offset(-1);
        if !self.memory.sites.borrow().is_active(at) && !self.is_stale_hit(at) {
            return Ok(false);
        }
        let mut before = raw;
        before.set_pc(at);
        self.write_registers(tid, &raw, &before)?;
        Ok(true)
    }
}
