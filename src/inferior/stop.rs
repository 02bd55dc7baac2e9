//! What a wait returns, and the one thread that stands still with it.

use std::io;
use std::path::PathBuf;

use super::system_calls::SystemCall;
use super::watches::Watch;
use crate::base::{ExitStatus, Registers, ThreadNo, Tid, Vectors, VirtAddr};
use crate::os::{self, RawRegisters, SignalInfo};

/// Something happened in the process.
#[derive(Debug)]
pub enum Stop {
    /// A thread reached a site. Its program counter is the site's address.
    Site {
        /// The thread.
        thread: Stopped,
        /// The site.
        at: VirtAddr,
    },
    /// A signal is about to be delivered. Resume the thread with its number to deliver it, or
    /// without to swallow it.
    Signal {
        /// The thread.
        thread: Stopped,
        /// What is known of the signal.
        info: SignalInfo,
    },
    /// A thread has touched memory that is watched, and stands behind the instruction that did.
    Watch {
        /// The thread.
        thread: Stopped,
        /// The watches that saw it, at least one.
        fired: Vec<Watch>,
    },
    /// The dynamic linker has loaded or unloaded something. Told where
    /// [`Inferior::tell_modules`](super::Inferior::tell_modules) asked for it.
    Modules {
        /// The thread that did.
        thread: Stopped,
    },
    /// A thread began, and stands before its first instruction.
    ThreadStarted {
        /// The new thread.
        thread: Stopped,
    },
    /// A thread ended. The first thread of a process does not end before all others.
    ThreadExited {
        /// Its number, which is not given again.
        no: ThreadNo,
    },
    /// The process executes another program, of which no instruction ran yet. All other threads
    /// are gone, and so are all sites.
    Exec {
        /// The thread that is left, under the number it had.
        thread: Stopped,
        /// The path of the new program.
        path: PathBuf,
        /// The process that was let go because this one, its child, is followed instead; none for
        /// an exec of the process itself.
        left: Option<Tid>,
    },
    /// The process forked; the child was let go, or will be when it stops sharing this process's
    /// memory (after a vfork). Where children are followed it stands still instead: see
    /// [`Inferior::follow_children`](super::Inferior::follow_children).
    Forked {
        /// The thread that forked.
        thread: Stopped,
        /// The process id of the child.
        child: Tid,
    },
    /// A thread makes a system call. Told where
    /// [`Inferior::tell_system_calls`](super::Inferior::tell_system_calls) asked for it.
    SystemCall {
        /// The thread.
        thread: Stopped,
        /// Which, and whether it begins or ends.
        call: SystemCall,
    },
    /// The process ended.
    Ended(ExitStatus),
}

impl Stop {
    /// The thread that stopped, if one did.
    pub fn into_thread(self) -> Option<Stopped> {
        match self {
            Stop::Site { thread, .. }
            | Stop::Signal { thread, .. }
            | Stop::ThreadStarted { thread }
            | Stop::Watch { thread, .. }
            | Stop::Modules { thread }
            | Stop::Exec { thread, .. }
            | Stop::SystemCall { thread, .. }
            | Stop::Forked { thread, .. } => Some(thread),
            Stop::ThreadExited { .. } | Stop::Ended(_) => None,
        }
    }
}

/// A thread that stands still. Give it to [`Inferior::resume`](super::Inferior::resume) to let it
/// run; one that is dropped stays stopped until the process ends.
#[derive(Debug)]
#[must_use = "a stopped thread stays stopped until it is resumed"]
pub struct Stopped {
    pub(super) tid: Tid,
    pub(super) no: ThreadNo,
    /// How many programs the process had executed when this thread stopped: a thread of an earlier
    /// one is gone, even if its id is in use again.
    pub(super) epoch: u32,
    /// What the kernel has.
    pub(super) raw: RawRegisters,
    /// What is shown, and what the caller made of it.
    pub(super) registers: Registers,
    pub(super) changed: bool,
    /// The site that it stopped at.
    pub(super) site: Option<VirtAddr>,
    /// Whom to ask for more of its registers.
    pub(super) origin: Origin,
}

/// Where a thread stands.
#[derive(Debug)]
pub(super) enum Origin {
    /// In a process: the kernel has the rest of its registers.
    Process,
    /// In a core file, which has these vector registers of it.
    Core(Option<Box<Vectors>>),
}

impl Stopped {
    /// A thread of a core file.
    pub(super) fn of_core(
        tid: Tid,
        no: ThreadNo,
        raw: RawRegisters,
        vectors: Option<Vectors>,
    ) -> Stopped {
        let registers = raw.to_registers();
        let origin = Origin::Core(vectors.map(Box::new));
        Stopped { tid, no, epoch: 0, raw, registers, changed: false, site: None, origin }
    }

    /// The kernel's id of the thread.
    pub fn tid(&self) -> Tid {
        self.tid
    }

    /// Freehold's number of the thread.
    pub fn no(&self) -> ThreadNo {
        self.no
    }

    /// Its general registers. The program counter is that of the program itself: never in a
    /// scratch page, and at a site the site's own address.
    pub fn registers(&self) -> &Registers {
        &self.registers
    }

    /// What the kernel would have of it, were there no sites and no copies of instructions, and
    /// with the changes that were made.
    pub(super) fn as_program_sees(&self) -> RawRegisters {
        let mut raw = self.raw;
        raw.update(&self.registers);
        raw
    }

    /// Changes its registers; they are written when the thread is resumed. General registers that
    /// are unknown in `registers` keep their values.
    pub fn set_registers(&mut self, registers: Registers) {
        self.changed |= registers != self.registers;
        self.registers = registers;
    }

    /// Its vector registers, which are read on demand.
    ///
    /// # Errors
    /// `ESRCH` where it was killed meanwhile; `NotFound` for a core file that does not have them.
    pub fn vectors(&self) -> io::Result<Vectors> {
        match &self.origin {
            Origin::Process => os::vectors(self.tid),
            Origin::Core(vectors) => {
                vectors.as_deref().copied().ok_or(io::ErrorKind::NotFound.into())
            }
        }
    }

    /// Changes its vector registers, at once.
    ///
    /// # Errors
    /// `ESRCH` where it was killed meanwhile; `Unsupported` in a core file.
    pub fn set_vectors(&mut self, vectors: &Vectors) -> io::Result<()> {
        match self.origin {
            Origin::Process => os::set_vectors(self.tid, vectors),
            Origin::Core(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}
