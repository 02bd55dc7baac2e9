//! Standing still: why the program does, and holding all of its threads.

use super::breakpoints::BreakpointId;
use super::error::SessionError;
use super::run::Run;
use super::signals;
use crate::base::{ExitStatus, ThreadNo};
use crate::inferior::{SignalInfo, Stopped};

/// Why the program stands still.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Halt {
    /// It stands at its entry point: nothing of it has run but the dynamic linker.
    Entry,
    /// A thread reached breakpoints.
    Breakpoint {
        /// The thread.
        thread: ThreadNo,
        /// The breakpoints, all of them at this address.
        hit: Vec<BreakpointId>,
    },
    /// A signal is about to be delivered.
    Signal {
        /// The thread.
        thread: ThreadNo,
        /// The number of the signal.
        number: i32,
        /// Its name: `SIGSEGV`.
        name: String,
        /// What it means here, where that is known.
        explanation: Option<String>,
    },
    /// The process ended, and can no more be asked.
    Ended(ExitStatus),
}

impl Halt {
    /// The thread that it is about.
    pub fn thread(&self) -> ThreadNo {
        match self {
            Halt::Breakpoint { thread, .. } | Halt::Signal { thread, .. } => *thread,
            Halt::Entry | Halt::Ended(_) => ThreadNo(1),
        }
    }
}

impl Run {
    /// Holds a thread, and stops all others, so that nothing changes while somebody looks.
    pub(super) fn hold_all(
        &mut self,
        thread: Stopped,
        signal: Option<i32>,
    ) -> Result<(), SessionError> {
        self.held.push((thread, signal));
        Ok(())
    }

    /// Holds everything at a signal, which is delivered when the thread goes on.
    pub(super) fn halt_at_signal(
        &mut self,
        thread: Stopped,
        info: &SignalInfo,
    ) -> Result<Halt, SessionError> {
        let halt = Halt::Signal {
            thread: thread.no(),
            number: info.number,
            name: signals::name(info.number),
            explanation: self.explain(&thread, info),
        };
        self.hold_all(thread, Some(info.number))?;
        Ok(halt)
    }

    /// A thread that is held.
    pub(super) fn held(&self, no: ThreadNo) -> Option<&Stopped> {
        self.held.iter().map(|(thread, _)| thread).find(|thread| thread.no() == no)
    }
}
