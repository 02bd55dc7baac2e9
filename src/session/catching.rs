//! Catchpoints: stopping for what happens to the process.

use serde::Serialize;

use super::breakpoints::BreakpointId;
use super::deciding::Decision;
use super::error::SessionError;
use super::halt::Halt;
use super::run::Run;
use super::signals;
use crate::base::{ThreadNo, Tid, system_call_name};
use crate::inferior::{CallSide, SignalInfo, Stop, Stopped, SystemCall};

/// What a catchpoint stops for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Catch {
    /// A panic, before its stack is unwound.
    Panic,
    /// Another program is executed.
    Exec,
    /// A child with a memory of its own is made.
    Fork,
    /// A child that shares the memory is made.
    Vfork,
    /// A signal by its number, or any that halts the program.
    Signal(Option<i32>),
    /// A system call by its number, or any; at its beginning and at its end.
    #[serde(rename = "syscall")]
    SystemCall(Option<u64>),
    /// A thread begins or ends.
    Thread,
    /// A library is loaded whose path matches this, or any.
    Load(Option<String>),
}

/// What was caught.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "caught", rename_all = "snake_case")]
pub enum Caught {
    /// A panic.
    Panic {
        /// Its message; none where it has none, or is no text.
        message: Option<String>,
    },
    /// Another program, which stands at its entry point.
    Exec {
        /// Its path.
        program: String,
    },
    /// A child.
    Fork {
        /// Its process id.
        child: i32,
        /// Whether it shares the memory until it executes a program.
        vfork: bool,
    },
    /// A signal that is about to be delivered.
    Signal {
        /// Its number.
        number: i32,
        /// Its name.
        name: String,
        /// What it means here, where that is known.
        explanation: Option<String>,
    },
    /// A system call.
    #[serde(rename = "syscall")]
    SystemCall {
        /// Its number.
        number: u64,
        /// Its name, where it has one.
        name: Option<&'static str>,
        /// What it returned; none where it is about to begin. From -4095 to -1 it is an error.
        result: Option<i64>,
    },
    /// A thread that begins.
    ThreadStarted,
    /// A thread that has ended; the halt's own thread is another one.
    ThreadEnded {
        /// Its number.
        ended: ThreadNo,
    },
    /// Libraries that were loaded.
    Loaded {
        /// Their paths.
        files: Vec<String>,
    },
}

impl Run {
    /// Stops for something that has catchpoints, if their terms are met; otherwise the thread goes
    /// on.
    pub(super) fn catch(
        &mut self,
        thread: Stopped,
        signal: Option<i32>,
        caught_by: &[BreakpointId],
        what: Caught,
    ) -> Result<Option<Halt>, SessionError> {
        let no = thread.no();
        let (thread, decision) = self.decide(thread, caught_by);
        if decision.stops.is_empty() {
            self.let_go(thread, signal)?;
            return Ok(None);
        }
        self.hold_all(thread, signal)?;
        let (hit, failed) = (decision.stops, decision.failed);
        Ok(Some(Halt::Caught { thread: no, hit, failed, what }))
    }

    /// A signal for which there are catchpoints; the thread comes back where there are none.
    pub(super) fn catch_signal(
        &mut self,
        thread: Stopped,
        info: &SignalInfo,
    ) -> Result<Result<Option<Halt>, Stopped>, SessionError> {
        let number = info.number;
        let wanted = |catch: &Catch| match catch {
            Catch::Signal(Some(wanted)) => *wanted == number,
            Catch::Signal(None) => signals::halts(number),
            _ => false,
        };
        let caught_by = self.stops.table.borrow().catches(wanted);
        if caught_by.is_empty() {
            return Ok(Err(thread));
        }
        let explanation = self.explain(&thread, info);
        let what = Caught::Signal { number, name: signals::name(number), explanation };
        let delivered = self.signal_table.of(number).pass.then_some(number);
        self.catch(thread, delivered, &caught_by, what).map(Ok)
    }

    /// The process has forked; the thread is one of the process that is followed.
    pub(super) fn catch_fork(
        &mut self,
        thread: Stopped,
        child: Tid,
        vfork: bool,
    ) -> Result<Option<Halt>, SessionError> {
        let wanted = if vfork { Catch::Vfork } else { Catch::Fork };
        let caught_by = self.stops.table.borrow().catches(|catch| *catch == wanted);
        self.catch(thread, None, &caught_by, Caught::Fork { child: child.0, vfork })
    }

    /// A thread makes a system call.
    pub(super) fn catch_system_call(
        &mut self,
        thread: Stopped,
        call: SystemCall,
    ) -> Result<Option<Halt>, SessionError> {
        let wanted = |catch: &Catch| match catch {
            Catch::SystemCall(Some(number)) => *number == call.number,
            Catch::SystemCall(None) => true,
            _ => false,
        };
        let caught_by = self.stops.table.borrow().catches(wanted);
        let result = match call.side {
            CallSide::Begins => None,
            CallSide::Ends { result } => Some(result),
        };
        let (number, name) = (call.number, system_call_name(call.number));
        self.catch(thread, None, &caught_by, Caught::SystemCall { number, name, result })
    }

    /// A thread began.
    pub(super) fn catch_thread(&mut self, thread: Stopped) -> Result<Option<Halt>, SessionError> {
        let caught_by = self.stops.table.borrow().catches(|catch| *catch == Catch::Thread);
        self.catch(thread, None, &caught_by, Caught::ThreadStarted)
    }

    /// A thread has ended: all others are stopped, where there are some that run.
    pub(super) fn catch_thread_end(
        &mut self,
        ended: ThreadNo,
    ) -> Result<Option<Halt>, SessionError> {
        let caught_by = self.stops.table.borrow().catches(|catch| *catch == Catch::Thread);
        if caught_by.is_empty() {
            return Ok(None);
        }
        let stood_already = self.held.len();
        let others = self.inferior.stop_all()?;
        self.held.extend(others.into_iter().map(|thread| (thread, None)));
        let Some(no) = self.held.first().map(|(thread, _)| thread.no()) else {
            // The process is ending, and no thread of it stands still any more.
            let note = format!("thread {ended} has ended, and the process ends with it");
            self.notes.push(format!("Catchpoint {} did not stop: {note}.", list(&caught_by)));
            return Ok(None);
        };
        let decision = self.decide_held(no, &caught_by);
        if decision.stops.is_empty() {
            // Those that a step holds stay where they are.
            for (thread, signal) in self.held.split_off(stood_already.min(self.held.len())) {
                self.inferior.resume(thread, signal)?;
            }
            return Ok(None);
        }
        let what = Caught::ThreadEnded { ended };
        let (hit, failed) = (decision.stops, decision.failed);
        Ok(Some(Halt::Caught { thread: no, hit, failed, what }))
    }

    /// The dynamic linker has changed what is loaded: breakpoints that wait for a library find
    /// their places, and what is new may be caught.
    pub(super) fn modules_changed(
        &mut self,
        thread: Stopped,
    ) -> Result<Option<Halt>, SessionError> {
        let before = std::mem::take(&mut self.stops.modules);
        self.note_modules();
        self.replant();
        let is_new = |path: &&String| !before.contains(path);
        let files: Vec<String> = self.stops.modules.iter().filter(is_new).cloned().collect();
        let wanted = |catch: &Catch| match catch {
            Catch::Load(Some(pattern)) => super::places::pattern(pattern)
                .is_ok_and(|pattern| files.iter().any(|file| pattern.is_match(file))),
            Catch::Load(None) => !files.is_empty(),
            _ => false,
        };
        let caught_by = self.stops.table.borrow().catches(wanted);
        self.catch(thread, None, &caught_by, Caught::Loaded { files })
    }

    /// Remembers what is loaded, to tell later what is new.
    pub(super) fn note_modules(&mut self) {
        let modules = self.inferior.modules().iter();
        self.stops.modules = modules.map(|module| module.path().display().to_string()).collect();
    }

    /// Another program was executed, and stands at its entry point.
    pub(super) fn catch_exec(&mut self, thread: ThreadNo, program: String) -> Option<Halt> {
        let caught_by = self.stops.table.borrow().catches(|catch| *catch == Catch::Exec);
        let Decision { stops: hit, failed } = self.decide_held(thread, &caught_by);
        let what = Caught::Exec { program };
        (!hit.is_empty()).then_some(Halt::Caught { thread, hit, failed, what })
    }

    /// Runs a program that was just executed to its entry point. System calls on the way there are
    /// the dynamic linker's, and are not told.
    pub(super) fn run_new_program(&mut self, thread: Stopped) -> Result<Stop, SessionError> {
        self.inferior.live_mut()?.tell_system_calls(false);
        let reached = self.inferior.run_to_entry(thread)?;
        self.ask_for_events();
        Ok(reached)
    }

    /// Asks the inferior for what is told only to those who ask.
    pub(super) fn ask_for_events(&mut self) {
        let table = self.stops.table.borrow();
        let calls = !table.catches(|catch| matches!(catch, Catch::SystemCall(_))).is_empty();
        let loads = !table.catches(|catch| matches!(catch, Catch::Load(_))).is_empty();
        let enabled = || table.list.iter().filter(|breakpoint| breakpoint.enabled);
        let waits =
            enabled().any(|b| b.is_pending() || b.places.iter().any(|p| p.library.is_some()));
        drop(table);
        let Ok(inferior) = self.inferior.live_mut() else { return };
        inferior.tell_system_calls(calls);
        if let Err(error) = inferior.tell_modules(loads || waits) {
            self.notes.push(format!("Libraries that are loaded later are not noticed: {error}."));
        }
    }
}

fn list(ids: &[BreakpointId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
