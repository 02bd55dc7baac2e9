//! Standing still: why the program does, and holding all of its threads.

use std::path::PathBuf;

use serde::Serialize;

use super::bad_frees::BadFree;
use super::breakpoints::BreakpointId;
use super::catching::Caught;
use super::error::SessionError;
use super::ownership_stops::Happened;
use super::run::Run;
use super::signals;
use super::value_returned::Returned;
use super::watch_ends::WatchEnd;
use super::watching::Touched;
use crate::base::{At, ExitStatus, Register, ThreadNo, Unreadable, VirtAddr};
use crate::frame::RawFrame;
use crate::inferior::{SignalInfo, Stopped};

/// Why the program stands still.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(tag = "halt", rename_all = "snake_case")]
pub enum Halt {
    /// It stands at its entry point: nothing of it has run but the dynamic linker.
    Entry,
    /// Freehold has taken control of a process that ran already; it stands wherever it was.
    Attached {
        /// The process.
        process: i32,
        /// How many of its threads stand still.
        threads: usize,
    },
    /// A core file: the process as it was when nothing was wrong with it.
    Core {
        /// The thread that the file names first.
        thread: ThreadNo,
    },
    /// The process executes another program, and stands at its entry point.
    Exec {
        /// The thread that is left.
        thread: ThreadNo,
        /// The path of the program.
        program: PathBuf,
    },
    /// A thread reached breakpoints.
    Breakpoint {
        /// The thread.
        thread: ThreadNo,
        /// The breakpoints, all of them at this address.
        hit: Vec<BreakpointId>,
        /// Why conditions could not be evaluated, a sentence each: it stands still then, too.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        failed: Vec<String>,
        /// What the function is about to return, where one of them waits for that.
        #[serde(rename = "returns", skip_serializing_if = "Option::is_none")]
        returned: Option<Returned>,
    },
    /// A thread has touched memory that is watched.
    Watchpoint {
        /// The thread.
        thread: ThreadNo,
        /// The watchpoints, and what has changed.
        touched: Vec<Touched>,
        /// The user's line that did it.
        #[serde(skip_serializing_if = "Option::is_none")]
        by: Option<At>,
        /// As for breakpoints.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        failed: Vec<String>,
    },
    /// What was watched is no longer there.
    WatchEnded {
        /// The thread.
        thread: ThreadNo,
        /// The watchpoints, which are deleted.
        ended: Vec<WatchEnd>,
    },
    /// Something happened that a catchpoint waits for.
    Caught {
        /// The thread.
        thread: ThreadNo,
        /// The catchpoints.
        hit: Vec<BreakpointId>,
        /// As for breakpoints.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        failed: Vec<String>,
        /// What happened.
        #[serde(flatten)]
        what: Caught,
    },
    /// Something happened to blocks or values that breakpoints wait for.
    Ownership {
        /// The thread.
        thread: ThreadNo,
        /// The breakpoints.
        hit: Vec<BreakpointId>,
        /// As for breakpoints.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        failed: Vec<String>,
        /// What happened; more than one thing where values are dropped as one.
        happened: Vec<Happened>,
    },
    /// A thread is about to free what it may not; the allocator has not been called yet.
    BadFree {
        /// The thread.
        thread: ThreadNo,
        /// What it frees.
        #[serde(flatten)]
        free: Box<BadFree>,
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
    /// A step is over.
    Step {
        /// The thread.
        thread: ThreadNo,
    },
    /// A call is over.
    Returned {
        /// The thread.
        thread: ThreadNo,
        /// What was called.
        function: String,
        /// Whether a panic has left it.
        unwound: bool,
    },
    /// The place that was asked for is reached.
    Reached {
        /// The thread.
        thread: ThreadNo,
        /// Whether the frame was left before.
        left: bool,
    },
    /// A thread has ended in the middle of a step.
    ThreadEnded {
        /// That thread.
        ended: ThreadNo,
        /// Another one, that is looked at now.
        thread: ThreadNo,
    },
    /// Somebody has asked the program to stand still.
    Interrupted {
        /// The thread that was stopped first.
        thread: ThreadNo,
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
            Halt::Breakpoint { thread, .. }
            | Halt::Watchpoint { thread, .. }
            | Halt::WatchEnded { thread, .. }
            | Halt::Caught { thread, .. }
            | Halt::Ownership { thread, .. }
            | Halt::BadFree { thread, .. }
            | Halt::Signal { thread, .. }
            | Halt::Exec { thread, .. }
            | Halt::Core { thread }
            | Halt::Step { thread }
            | Halt::Returned { thread, .. }
            | Halt::Reached { thread, .. }
            | Halt::ThreadEnded { thread, .. }
            | Halt::Interrupted { thread } => *thread,
            Halt::Entry | Halt::Attached { .. } | Halt::Ended { .. } => ThreadNo(1),
        }
    }

    /// Whether a command that lets the program run to somewhere has come to its end.
    pub(super) fn is_of_plan(&self) -> bool {
        matches!(
            self,
            Halt::Step { .. }
                | Halt::Returned { .. }
                | Halt::Reached { .. }
                | Halt::ThreadEnded { .. }
        )
    }
}

impl Halt {
    /// The breakpoints, watchpoints and catchpoints that it is for.
    pub fn hit(&self) -> Vec<BreakpointId> {
        match self {
            Halt::Breakpoint { hit, .. }
            | Halt::Caught { hit, .. }
            | Halt::Ownership { hit, .. } => hit.clone(),
            Halt::Watchpoint { touched, .. } => touched.iter().map(|t| t.id).collect(),
            _ => Vec::new(),
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

    /// Does with a signal what its entry in the table says.
    pub(super) fn handle(
        &mut self,
        thread: Stopped,
        info: &SignalInfo,
    ) -> Result<Option<Halt>, SessionError> {
        let handling = self.signal_table.of(info.number);
        if handling.stop {
            return self.halt_at_signal(thread, info, handling.pass).map(Some);
        }
        if handling.print {
            self.tell_signal(&thread, info);
        }
        self.let_go(thread, handling.pass.then_some(info.number))?;
        Ok(None)
    }

    /// Holds everything at a signal, which is delivered when the thread goes on if it is to be.
    fn halt_at_signal(
        &mut self,
        thread: Stopped,
        info: &SignalInfo,
        pass: bool,
    ) -> Result<Halt, SessionError> {
        let halt = Halt::Signal {
            thread: thread.no(),
            number: info.number,
            name: signals::name(info.number),
            explanation: self.explain(&thread, info),
        };
        self.hold_all(thread, pass.then_some(info.number))?;
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
