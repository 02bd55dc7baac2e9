//! Stops at system calls.

use super::Inferior;
use super::error::{InferiorError, unless_gone};
use super::stop::Stop;
use super::waiting::Seen;
use crate::base::Tid;
use crate::os;

pub use os::CallSide;

/// A system call at which a thread stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SystemCall {
    /// Its number (`base::system_call_name` has the names).
    pub number: u64,
    /// Whether it is about to begin, or over and with which result.
    pub side: CallSide,
}

impl Inferior {
    /// Whether [`Stop::SystemCall`] is told at the beginning and at the end of each system call, for
    /// every thread from when it is next resumed. Each call costs two stops then.
    pub fn tell_system_calls(&mut self, on: bool) {
        self.system_calls = on;
    }

    /// A thread has stopped at a system call.
    pub(super) fn at_system_call(&mut self, tid: Tid) -> Seen {
        let call = if self.system_calls { self.system_call_of(tid)? } else { None };
        let Some(call) = call else {
            // It was resumed before nobody wanted to know any more, or it died.
            self.go(tid, 0)?;
            return Ok(None);
        };
        Ok(self.held(tid)?.map(|thread| Stop::SystemCall { thread, call }))
    }

    /// The system call that a thread stands at; nothing where it died.
    pub(super) fn system_call_of(&self, tid: Tid) -> Result<Option<SystemCall>, InferiorError> {
        let failed = InferiorError::when("reading which system call was made");
        let side = unless_gone(os::call_side(tid)).map_err(failed)?.flatten();
        let number = self.registers_of(tid)?.and_then(|raw| raw.system_call());
        let number = number.and_then(|number| u64::try_from(number).ok());
        Ok(number.zip(side).map(|(number, side)| SystemCall { number, side }))
    }

    /// Lets a thread run up to a signal, or to the next system call where those are told.
    pub(super) fn run_on(&self, tid: Tid, signal: i32) -> std::io::Result<()> {
        match self.system_calls {
            true => os::resume_to_system_call(tid, signal),
            false => os::resume(tid, signal),
        }
    }

    /// Whether a thread waits for the child of its vfork, which uses its memory.
    pub fn has_vforked(&self, tid: Tid) -> bool {
        self.threads.waits_for_child(tid)
    }
}
