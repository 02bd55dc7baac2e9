//! The process itself: what it consists of, and what can be asked of it.

use std::collections::{HashMap, VecDeque};
use std::marker::PhantomData;

use super::error::{InferiorError, unless_gone};
use super::following::Following;
use super::memory::LiveMemory;
use super::modules::Modules;
use super::news::Untold;
use super::pin::Pin;
use super::scratch::Scratch;
use super::sites::For;
use super::stop::{Origin, Stopped};
use super::threads::{State, Threads};
use super::watches::Watches;
use crate::base::{ExitStatus, Memory, ThreadNo, Tid, VirtAddr};
use crate::os::{self, RawRegisters, WaitEvent, procfs};

/// A process under control.
///
/// It must stay on the thread that launched it, because the kernel lets only that thread trace it;
/// so it is not `Send`. When that thread ends, the kernel kills the process. While it lives, the
/// thread should have no other children: waiting for any of its tracees reaps them too.
pub struct Inferior {
    pub(super) process: Tid,
    pub(super) epoch: u32,
    pub(super) threads: Threads,
    pub(super) memory: LiveMemory,
    pub(super) modules: Modules,
    pub(super) scratch: Scratch,
    pub(super) pin: Pin,
    pub(super) watches: Watches,
    /// Where the dynamic linker says that it has changed something, if that is listened to.
    pub(super) linker_site: Option<VirtAddr>,
    /// Whether system calls are told.
    pub(super) system_calls: bool,
    /// Whether it was there before: it is then let go, and not killed, at the end.
    pub(super) attached: bool,
    /// First stops of threads and processes whose parents have not told of them yet, and events
    /// that were taken from the kernel before their time.
    pub(super) early: HashMap<Tid, WaitEvent>,
    /// What the next waits will tell.
    pub(super) untold: VecDeque<Untold>,
    /// What is to be done with its children.
    pub(super) following: Following,
    /// How it ended, once it has.
    pub(super) ended: Option<ExitStatus>,
    /// Whether it was let go.
    pub(super) detached: bool,
    pub(super) not_send: PhantomData<*const ()>,
}

impl Inferior {
    /// The process id.
    pub fn process(&self) -> Tid {
        self.process
    }

    /// The files that are loaded in it.
    pub fn modules(&self) -> &Modules {
        &self.modules
    }

    /// Its memory as the program sees it, without sites.
    pub fn memory(&self) -> &dyn Memory {
        &self.memory
    }

    /// Its threads by number.
    pub fn threads(&self) -> Vec<(ThreadNo, Tid)> {
        let mut threads: Vec<_> = self.threads.own().map(|(tid, no, _)| (no, tid)).collect();
        threads.sort_unstable();
        threads
    }

    /// The name of a thread, if it lives and has one.
    pub fn thread_name(&self, no: ThreadNo) -> Option<String> {
        let (tid, ..) = self.threads.own().find(|(_, found, _)| *found == no)?;
        procfs::thread_name(tid).ok()
    }

    /// Stops the program at an address from now on, before the instruction there runs. Inserting
    /// it again changes nothing.
    ///
    /// A program that blocks or ignores `SIGTRAP` while it hits a site gets the default action for
    /// that signal: the kernel forces it (force_sig in kernel/signal.c), with every debugger.
    ///
    /// # Errors
    /// [`InferiorError::NotCode`] where the program has no code, and
    /// [`InferiorError::Instruction`] where the bytes are not an instruction.
    pub fn insert_site(&mut self, at: VirtAddr) -> Result<(), InferiorError> {
        self.insert_for(at, For::Caller)
    }

    /// No longer stops at an address. A hit that the kernel has already noted is forgotten.
    pub fn remove_site(&mut self, at: VirtAddr) {
        self.memory.remove_site(at, For::Caller);
    }

    /// Whether a site was inserted at an address and not removed since.
    pub fn has_site(&self, at: VirtAddr) -> bool {
        self.memory.sites.borrow().is_asked(at)
    }

    /// The address in the program that an address in a scratch page stands for; any other address
    /// stands for itself. A signal handler can find such an address in the context it was given.
    pub fn original(&self, at: VirtAddr) -> VirtAddr {
        self.scratch.point_at(at).map_or(at, |point| point.original)
    }

    /// Whether the process was there before: it is let go at the end then, and not killed.
    pub fn was_attached_to(&self) -> bool {
        self.attached
    }

    /// Whether an address lies in memory that Freehold has mapped, for copies of patched
    /// instructions.
    pub fn is_scratch(&self, at: VirtAddr) -> bool {
        self.scratch.contains(at)
    }

    /// While the program has one thread, keeps it and the debugger's thread on one processor:
    /// a stop then costs a tenth. The program itself is always told its own set of processors.
    /// Does nothing where they have no processor in common. An exec or a second thread ends it.
    ///
    /// # Errors
    /// [`InferiorError`] where the sites it needs cannot be inserted.
    pub fn pin(&mut self, on: bool) -> Result<(), InferiorError> {
        if on { self.start_pinning() } else { self.stop_pinning() }
    }

    pub(super) fn insert_for(&mut self, at: VirtAddr, whom: For) -> Result<(), InferiorError> {
        if self.ended.is_some() || self.detached {
            return Err(InferiorError::Ended);
        }
        let patched = self.memory.sites.borrow().is_active(at);
        if !patched && (!self.modules.is_code(at) || self.scratch.contains(at)) {
            return Err(InferiorError::NotCode(at));
        }
        self.memory.insert_site(at, whom)
    }

    /// Whether a thread that should be stopped was killed. Its memory goes at the same time, so this
    /// explains failures of other kinds.
    pub(super) fn is_gone(&self, tid: Tid) -> bool {
        os::registers(tid).is_err_and(|error| os::is_gone(&error))
    }

    /// Makes what the caller gets of a stopped thread, or nothing where it is gone.
    pub(super) fn stopped(&mut self, tid: Tid, raw: RawRegisters, state: State) -> Option<Stopped> {
        let no = self.threads.no(tid)?;
        self.threads.set_state(tid, state);
        let mut registers = raw.to_registers();
        let site = match state {
            State::AtSite(at) => Some(at),
            State::Held | State::Running | State::Queued => None,
        };
        if let Some(at) = site {
            registers.set_pc(at);
        } else if let Some(point) = self.scratch.point_at(raw.pc()) {
            registers.set_pc(point.original);
            registers.set(crate::base::Register::RSP, raw.sp().0.wrapping_add(point.sp_adjust));
        }
        let (epoch, origin) = (self.epoch, Origin::Process);
        Some(Stopped { tid, no, epoch, raw, registers, changed: false, site, origin })
    }

    /// As [`Inferior::stopped`], for a stop that is not at a site.
    pub(super) fn held(&mut self, tid: Tid) -> Result<Option<Stopped>, InferiorError> {
        let raw =
            unless_gone(os::registers(tid)).map_err(InferiorError::when("reading registers"))?;
        Ok(raw.and_then(|raw| self.stopped(tid, raw, State::Held)))
    }
}
