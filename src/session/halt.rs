//! Standing still: why the program does, and holding all of its threads.

use serde::Serialize;

use super::breakpoints::BreakpointId;
use super::error::SessionError;
use super::run::Run;
use super::signals;
use crate::base::{ExitStatus, Register, ThreadNo, Unreadable, VirtAddr};
use crate::frame::RawFrame;
use crate::inferior::{SignalInfo, Stopped};

/// Why the program stands still.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "halt", rename_all = "snake_case")]
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
    Ended {
        /// How.
        #[serde(flatten)]
        status: ExitStatus,
    },
}

impl Halt {
    /// The thread that it is about.
    pub fn thread(&self) -> ThreadNo {
        match self {
            Halt::Breakpoint { thread, .. } | Halt::Signal { thread, .. } => *thread,
            Halt::Entry | Halt::Ended { .. } => ThreadNo(1),
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
        let others = self.inferior.stop_all()?;
        self.held.extend(others.into_iter().map(|thread| (thread, None)));
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

    /// Changes a register of a thread that is held; it is written when the thread goes on.
    pub(super) fn set_register(
        &mut self,
        no: ThreadNo,
        register: Register,
        bytes: &[u8],
    ) -> Result<(), SessionError> {
        let held = self.held.iter_mut().map(|(thread, _)| thread);
        let thread = held.into_iter().find(|t| t.no() == no).ok_or(SessionError::NotRunning)?;
        let mut registers = *thread.registers();
        let mut word = [0; 8];
        word.iter_mut().zip(bytes).for_each(|(into, byte)| *into = *byte);
        registers.set(register, u64::from_le_bytes(word));
        thread.set_registers(registers);
        Ok(())
    }

    /// Where a thread-local variable of a frame's image is for a thread.
    pub(super) fn thread_local(
        &self,
        no: ThreadNo,
        frame: &RawFrame,
        offset: u64,
    ) -> Result<VirtAddr, Unreadable> {
        let lost = || Unreadable::NotDescribed("the thread is not held".to_owned());
        let registers = self.held(no).ok_or_else(lost)?.registers();
        let main = self.inferior.modules().main();
        let module = match frame.loaded {
            Some(_) => frame.lookup,
            // A frame in no file sees the variables of the executable.
            None => main.bias.to_virt(main.image.entry()),
        };
        self.inferior.thread_local(module, registers, offset)
    }

    /// Whether an address lies in the thread-local storage that a thread has for the executable.
    pub(super) fn is_thread_local(&self, at: VirtAddr) -> bool {
        let main = self.inferior.modules().main();
        let Some(segment) = main.image.tls_segment() else { return false };
        let module = main.bias.to_virt(main.image.entry());
        self.held.iter().any(|(thread, _)| {
            let start = self.inferior.thread_local(module, thread.registers(), 0);
            start.is_ok_and(|start| at.0.wrapping_sub(start.0) < segment.size)
        })
    }

    /// A thread that is held.
    pub(super) fn held(&self, no: ThreadNo) -> Option<&Stopped> {
        self.held.iter().map(|(thread, _)| thread).find(|thread| thread.no() == no)
    }
}
