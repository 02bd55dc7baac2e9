//! Letting threads run, through the copies of the instructions that sites have replaced.

use super::Inferior;
use super::error::{InferiorError, unless_gone};
use super::scratch::{AREA, gaps_near};
use super::stop::Stopped;
use super::threads::State;
use crate::asm::{self, Relocation};
use crate::base::{Tid, VirtAddr};
use crate::os::{self, RawRegisters, RemoteCalls, RemoteError, procfs};

/// Where a copy is assumed to be while only its length matters.
const ROOM: u64 = 64;

impl Inferior {
    /// Lets a stopped thread run, delivering a signal first if one is given. At a site it goes
    /// through the copy of the instruction there.
    ///
    /// A thread that was killed meanwhile is left alone: its end is reported by a later wait.
    ///
    /// # Errors
    /// [`InferiorError`]; the thread then stays stopped, and the process can still be killed.
    pub fn resume(&mut self, stopped: Stopped, deliver: Option<i32>) -> Result<(), InferiorError> {
        let tid = stopped.tid;
        if stopped.epoch != self.epoch || self.threads.no(tid).is_none() {
            return Ok(());
        }
        let resumed = match self.threads.has_news(tid) {
            true => self.resume_with_news(&stopped, deliver),
            false => self.resume_living(&stopped, deliver),
        };
        self.unless_dead(tid, resumed)
    }

    /// A failure is none where the thread was killed: it then runs to its end.
    fn unless_dead(
        &mut self,
        tid: Tid,
        result: Result<(), InferiorError>,
    ) -> Result<(), InferiorError> {
        if result.is_err() && self.is_gone(tid) {
            self.threads.set_state(tid, State::Running);
            return Ok(());
        }
        result
    }

    fn resume_living(
        &mut self,
        stopped: &Stopped,
        deliver: Option<i32>,
    ) -> Result<(), InferiorError> {
        let tid = stopped.tid;
        let (mut raw, due) = self.next_registers(stopped, deliver.is_some());
        let at = raw.pc();
        if due == Some(at) && self.memory.sites.borrow().is_active(at) {
            if deliver.is_some() {
                // The handler must find the true address. When it returns the site is hit again,
                // which is then not news.
                if let Some(thread) = self.threads.get_mut(tid) {
                    thread.will_return_to(at, raw.sp());
                }
            } else {
                let Some(copy) = self.copy_of(tid, at)? else {
                    self.threads.set_state(tid, State::Running);
                    return Ok(());
                };
                raw.set_pc(copy);
            }
        }
        if raw != stopped.raw {
            self.write_registers(tid, &stopped.raw, &raw)?;
        }
        if deliver.is_some() {
            self.scratch.signal_at(raw.pc());
        }
        self.go(tid, deliver.unwrap_or(0))
    }

    /// What a thread goes on with, and the site whose instruction is due without being told again:
    /// the one that it was reported at, or in whose copy it stands before that instruction.
    pub(super) fn next_registers(
        &self,
        stopped: &Stopped,
        signal: bool,
    ) -> (RawRegisters, Option<VirtAddr>) {
        let mut raw = stopped.raw;
        let point = self.scratch.point_at(raw.pc());
        let due = match point {
            Some(point) => point.is_pending().then_some(point.original),
            None => stopped.site,
        };
        if stopped.changed {
            raw.update(&stopped.registers);
            let shown = stopped.site.unwrap_or_else(|| self.original(stopped.raw.pc()));
            if stopped.registers.pc() != shown {
                raw.leave_system_call();
                return (raw, None);
            }
            if raw.system_call().is_some() {
                // It may be restarted, by going back over its instruction in the copy.
                raw.set_pc(stopped.raw.pc());
            }
        } else if point.is_some() {
            self.leave_copy(&mut raw, signal);
        } else {
            raw.set_pc(stopped.registers.pc());
        }
        (raw, due)
    }

    /// A thread that stands in a copy just goes on there, unless a signal is delivered, whose handler
    /// must find the true address, or the original was overwritten. Inside a system call nothing is changed, so that the kernel can
    /// restart it.
    pub(super) fn leave_copy(&self, raw: &mut RawRegisters, signal: bool) {
        if let Some(point) = self.scratch.point_at(raw.pc())
            && (signal || (point.is_pending() && self.scratch.is_outdated(raw.pc())))
            && raw.system_call().is_none()
        {
            raw.set_pc(point.original);
            raw.set_sp(raw.sp() + point.sp_adjust);
        }
    }

    /// Sends a thread that hit a site on its way, without telling anybody.
    pub(super) fn pass(
        &mut self,
        tid: Tid,
        raw: RawRegisters,
        at: VirtAddr,
    ) -> Result<(), InferiorError> {
        let passed = self.pass_living(tid, raw, at);
        self.unless_dead(tid, passed)
    }

    fn pass_living(
        &mut self,
        tid: Tid,
        before: RawRegisters,
        at: VirtAddr,
    ) -> Result<(), InferiorError> {
        let mut raw = before;
        if self.memory.sites.borrow().is_active(at) {
            let Some(copy) = self.copy_of(tid, at)? else {
                self.threads.set_state(tid, State::Running);
                return Ok(());
            };
            raw.set_pc(copy);
        } else {
            raw.set_pc(at);
        }
        self.write_registers(tid, &before, &raw)?;
        self.go(tid, 0)
    }

    /// Lets a thread run from where it is.
    pub(super) fn go(&mut self, tid: Tid, signal: i32) -> Result<(), InferiorError> {
        self.about_to_run(tid)?;
        unless_gone(self.run_on(tid, signal)).map_err(InferiorError::when("resuming a thread"))?;
        Ok(())
    }

    /// What must be done before a thread runs, however it is sent off.
    pub(super) fn about_to_run(&mut self, tid: Tid) -> Result<(), InferiorError> {
        self.apply_watches(tid)?;
        self.threads.set_state(tid, State::Running);
        self.modules.expire();
        Ok(())
    }

    /// Writes what has changed since the registers were `before`.
    pub(super) fn write_registers(
        &self,
        tid: Tid,
        before: &RawRegisters,
        raw: &RawRegisters,
    ) -> Result<(), InferiorError> {
        let written = match raw.same_but_for_pc(before) {
            true => os::set_pc(tid, raw.pc()),
            false => os::set_registers(tid, raw),
        };
        unless_gone(written).map_err(InferiorError::when("writing registers"))?;
        Ok(())
    }

    /// The copy of the instruction at a site, made now if this is the first time that a thread
    /// goes through it. Nothing where the thread died meanwhile.
    pub(super) fn copy_of(
        &mut self,
        tid: Tid,
        at: VirtAddr,
    ) -> Result<Option<VirtAddr>, InferiorError> {
        if let Some(copy) = self.scratch.copy_of(at) {
            return Ok(Some(copy));
        }
        let bytes = self.memory.instruction_bytes(at);
        let refuse = |reason| InferiorError::Instruction { at, reason };
        if self.scratch.place_near(at).is_none() {
            // An instruction that cannot be copied anywhere needs no scratch page.
            asm::relocate(&bytes, at, at + ROOM).map_err(refuse)?;
            if !self.map_scratch(tid, at)? {
                return Ok(None);
            }
        }
        let place = self.scratch.place_near(at).ok_or_else(|| no_scratch(at, "no room"))?;
        let Relocation { bytes, points } = asm::relocate(&bytes, at, place).map_err(refuse)?;
        let written = self.memory.file().write(place, &bytes);
        written.map_err(|error| no_scratch(at, &error.to_string()))?;
        self.scratch.record(at, place, bytes.len() as u64, points);
        Ok(Some(place))
    }

    /// Maps a scratch area near an address, by a system call of the thread; false where the thread
    /// died of something else meanwhile.
    ///
    /// The thread stands at a site, so it is not inside a system call of its own.
    fn map_scratch(&mut self, tid: Tid, near: VirtAddr) -> Result<bool, InferiorError> {
        if !self.scratch.may_grow() {
            return Err(no_scratch(near, "there are too many sites far from each other"));
        }
        let maps = procfs::maps(tid).unwrap_or_default();
        // The program's entry point runs once, before any site is hit, so nobody runs through it
        // while the call is made from there.
        let main = self.modules.main();
        let entry = main.bias.to_virt(main.image.entry());
        let failed = InferiorError::when("preparing a system call of the program");
        let started = RemoteCalls::begin(self.process, tid, self.memory.file(), entry);
        let Some(mut calls) = unless_gone(started).map_err(failed)? else { return Ok(false) };
        let mut reason = "nothing is free within reach".to_owned();
        for place in gaps_near(&maps, near) {
            match calls.map_code(place, AREA) {
                Ok(()) => {
                    self.scratch.add_area(place);
                    return Ok(true);
                }
                Err(RemoteError::Ended(event)) => {
                    drop(calls);
                    self.threads.set_state(tid, State::Running);
                    self.early.insert(tid, event);
                    return Ok(false);
                }
                Err(RemoteError::Kernel(error)) if os::is_gone(&error) => return Ok(false),
                Err(RemoteError::Kernel(error)) => reason = error.to_string(),
            }
        }
        Err(no_scratch(near, &reason))
    }
}

fn no_scratch(near: VirtAddr, reason: &str) -> InferiorError {
    InferiorError::NoScratch { near, reason: reason.to_owned() }
}
