//! From what the kernel says to what happened.

use super::Inferior;
use super::error::{InferiorError, unless_gone};
use super::stop::Stop;
use super::threads::State;
use crate::base::{ExitStatus, Tid, VirtAddr};
use crate::os::{self, RawRegisters, SignalInfo, WaitEvent};

/// What came of an event: something to tell, or nothing.
pub(super) type Seen = Result<Option<Stop>, InferiorError>;

impl Inferior {
    /// Waits until something happens that is worth telling.
    ///
    /// Each thread runs free of the others: those that have stopped meanwhile are told one by one.
    ///
    /// # Errors
    /// [`InferiorError::NothingRuns`] where every thread is held, [`InferiorError::Ended`] after
    /// the end was told.
    pub fn wait(&mut self) -> Result<Stop, InferiorError> {
        loop {
            if let Some(stop) = self.next_untold()? {
                return Ok(stop);
            }
            if self.ended.is_some() || self.detached {
                return Err(InferiorError::Ended);
            }
            let (tid, event) = self.next_event()?;
            if let Some(stop) = self.handle(tid, event)? {
                return Ok(stop);
            }
        }
    }

    /// As [`Inferior::wait`], but returns nothing where nothing has happened yet.
    ///
    /// # Errors
    /// As [`Inferior::wait`]; that every thread is held is none.
    pub fn poll(&mut self) -> Result<Option<Stop>, InferiorError> {
        loop {
            if let Some(stop) = self.next_untold()? {
                return Ok(Some(stop));
            }
            if self.ended.is_some() || self.detached {
                return Err(InferiorError::Ended);
            }
            let failed = InferiorError::when("waiting for the program");
            let event = match self.take_early() {
                Some(event) => Some(event),
                None => os::poll(None).map_err(failed)?,
            };
            let Some((tid, event)) = event else { return Ok(None) };
            if let Some(stop) = self.handle(tid, event)? {
                return Ok(Some(stop));
            }
        }
    }

    fn next_event(&mut self) -> Result<(Tid, WaitEvent), InferiorError> {
        if let Some(event) = self.take_early() {
            return Ok(event);
        }
        let failed = InferiorError::when("waiting for the program");
        if self.threads.any_runs() {
            return os::wait(None).map_err(failed);
        }
        // Everything is held; but what is held can be killed from outside.
        os::poll(None).map_err(failed)?.ok_or(InferiorError::NothingRuns)
    }

    /// An event that was taken from the kernel before its time.
    fn take_early(&mut self) -> Option<(Tid, WaitEvent)> {
        let known = self.early.keys().copied().find(|tid| self.knows(*tid))?;
        Some((known, self.early.remove(&known)?))
    }

    fn knows(&self, tid: Tid) -> bool {
        self.threads.no(tid).is_some() || self.threads.is_guest(tid)
    }

    pub(super) fn handle(&mut self, tid: Tid, event: WaitEvent) -> Seen {
        if self.threads.is_guest(tid) {
            return self.handle_guest(tid, event).map(|()| None);
        }
        if self.threads.no(tid).is_none() {
            // A child whose parent has not told of it yet.
            self.early.insert(tid, event);
            return Ok(None);
        }
        self.memory.witness().set(tid);
        match event {
            WaitEvent::Exited { code } => self.thread_ended(tid, ExitStatus::Code(code)),
            WaitEvent::Killed { signal } => self.thread_ended(tid, ExitStatus::Signal(signal)),
            WaitEvent::Signal { signal: os::SIGTRAP } => self.trapped(tid),
            WaitEvent::Signal { .. } => self.signalled(tid),
            WaitEvent::Clone | WaitEvent::Fork | WaitEvent::Vfork => self.gave_birth(tid, event),
            WaitEvent::Exec => self.executed(tid),
            WaitEvent::Syscall => self.at_system_call(tid),
            event => self.pass_on(tid, event).map(|()| None),
        }
    }

    /// What needs nothing but to go on.
    pub(super) fn pass_on(&mut self, tid: Tid, event: WaitEvent) -> Result<(), InferiorError> {
        match event {
            WaitEvent::GroupStop { .. } => return self.leave_in_group_stop(tid),
            WaitEvent::VforkDone => self.threads.set_waits_for_child(tid, false),
            WaitEvent::Trapped => self.mend_system_call(tid)?,
            _ => {}
        }
        self.go(tid, 0)
    }

    pub(super) fn thread_ended(&mut self, tid: Tid, how: ExitStatus) -> Seen {
        if tid == self.process {
            self.ended = Some(how);
            self.tidy_after_end();
            return Ok(Some(Stop::Ended(how)));
        }
        if let Some((another, ..)) = self.threads.own().find(|(other, ..)| *other != tid) {
            self.memory.witness().set(another);
        }
        Ok(self.threads.remove(tid).map(|no| Stop::ThreadExited { no }))
    }

    /// A SIGTRAP: a site, the trace of one that was removed, or the program's own.
    fn trapped(&mut self, tid: Tid) -> Seen {
        let fired = self.take_fired(tid)?;
        if !fired.is_empty() {
            return Ok(self.held(tid)?.map(|thread| Stop::Watch { thread, fired }));
        }
        let Some(raw) = self.registers_of(tid)? else { return Ok(None) };
        let at = raw.pc().offset(-1);
        if self.memory.sites.borrow().is_active(at) {
            return self.hit(tid, raw, at);
        }
        if self.is_stale_hit(at) {
            self.pass(tid, raw, at)?;
            return Ok(None);
        }
        self.signalled(tid)
    }

    /// Whether a trap behind `at` was a site that was removed before the trap was seen.
    pub(super) fn is_stale_hit(&self, at: VirtAddr) -> bool {
        let mut byte = [0];
        self.memory.sites.borrow().was_active(at)
            && self.memory.file().read(at, &mut byte).is_ok()
            && byte != [super::sites::INT3]
    }

    fn hit(&mut self, tid: Tid, raw: RawRegisters, at: VirtAddr) -> Seen {
        let returned =
            self.threads.get_mut(tid).is_some_and(|thread| thread.returns_to(at, raw.sp()));
        if returned {
            self.pass(tid, raw, at)?;
            return Ok(None);
        }
        self.pin_hit(tid, &raw, at)?;
        if self.linker_hit(at) && !self.memory.sites.borrow().is_asked(at) {
            let stopped = self.stopped(tid, raw, State::AtSite(at));
            return Ok(stopped.map(|thread| Stop::Modules { thread }));
        }
        if !self.memory.sites.borrow().is_asked(at) {
            self.pass(tid, raw, at)?;
            return Ok(None);
        }
        let stopped = self.stopped(tid, raw, State::AtSite(at));
        Ok(stopped.map(|thread| Stop::Site { thread, at }))
    }

    pub(super) fn signalled(&mut self, tid: Tid) -> Seen {
        let Some(info) = self.signal_of(tid)? else { return Ok(None) };
        Ok(self.held(tid)?.map(|thread| Stop::Signal { thread, info }))
    }

    /// The signal that a thread is stopped for, unless it died.
    pub(super) fn signal_of(&self, tid: Tid) -> Result<Option<SignalInfo>, InferiorError> {
        let info =
            unless_gone(os::signal_info(tid)).map_err(InferiorError::when("reading a signal"))?;
        let Some(mut info) = info else { return Ok(None) };
        // A fault of an instruction in a copy is a fault of its original.
        info.fault_address = info.fault_address.map(|at| self.original(at));
        Ok(Some(info))
    }

    pub(super) fn registers_of(&self, tid: Tid) -> Result<Option<RawRegisters>, InferiorError> {
        unless_gone(os::registers(tid)).map_err(InferiorError::when("reading registers"))
    }
}
