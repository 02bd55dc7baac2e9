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
    },
    /// The process forked; the child was let go, or will be when it stops sharing this process's
    /// memory (after a vfork).
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
}

impl Stopped {
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

    /// Changes its registers; they are written when the thread is resumed. General registers that
    /// are unknown in `registers` keep their values.
    pub fn set_registers(&mut self, registers: Registers) {
        self.changed |= registers != self.registers;
        self.registers = registers;
    }

    /// Its vector registers, which are read on demand.
    ///
    /// # Errors
    /// `ESRCH` where it was killed meanwhile.
    pub fn vectors(&self) -> io::Result<Vectors> {
        os::vectors(self.tid)
    }

    /// Changes its vector registers, at once.
    ///
    /// # Errors
    /// `ESRCH` where it was killed meanwhile.
    pub fn set_vectors(&mut self, vectors: &Vectors) -> io::Result<()> {
        os::set_vectors(self.tid, vectors)
    }
}
