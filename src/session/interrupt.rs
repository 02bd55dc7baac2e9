//! Ctrl-C: the program stands still, and nothing else has happened to it.

use std::sync::Arc;

use super::debugger::Session;
use super::error::SessionError;
use super::halt::Halt;
use super::run::Run;
use crate::base::ThreadNo;
use crate::dwarf::Origin;
use crate::inferior::{SignalInfo, Stopped};
use crate::os::{self, StopRequest};

/// Makes the program of a session stand still while it runs, from any thread.
#[derive(Clone, Debug)]
pub struct Interrupter(Arc<StopRequest>);

impl Interrupter {
    /// Asks the program to stand still; whether there is one that runs. The call that has let it run
    /// returns [`Halt::Interrupted`] then, unless something else has halted it first.
    pub fn interrupt(&self) -> bool {
        self.0.send()
    }

    /// Whether the terminal's interrupt came while nothing ran, since this was last asked: it is
    /// meant for the debugger then.
    pub fn take_missed(&self) -> bool {
        self.0.take_missed()
    }

    /// Lets the terminal's interrupt (SIGINT) ask, instead of ending this process.
    pub fn on_terminal_interrupt(&self) {
        os::stop_on_interrupt(&self.0);
    }
}

impl Session {
    /// What makes the program stand still while it runs.
    pub fn interrupter(&self) -> Interrupter {
        Interrupter(self.stop_request.clone())
    }
}

impl Run {
    /// Whether a signal is none of the program's: the one that an [`Interrupter`] sends, or the one
    /// that the terminal sends for Ctrl-C, which a debugger's user means for the debugger.
    pub(super) fn is_our_stop(&self, info: &SignalInfo) -> bool {
        let by_request = info.number == os::SIGSTOP && info.is_our_own();
        let by_terminal = info.number == os::SIGINT && info.is_from_kernel();
        self.options.halt_on_signals && (by_request || by_terminal)
    }

    /// Holds everything because somebody asked for it. The signal is not delivered.
    ///
    /// Where the program shares the terminal with the debugger, both get a signal: the one that is
    /// seen second is about a wish that was granted already.
    pub(super) fn interrupted(
        &mut self,
        thread: Stopped,
        info: &SignalInfo,
    ) -> Result<Option<Halt>, SessionError> {
        let wanted = self.plans.stop.take();
        let by_terminal = info.number == os::SIGINT;
        if !by_terminal {
            self.plans.stop.arrived();
        }
        let late = by_terminal && std::mem::take(&mut self.plans.stopped_by_request);
        if !wanted && (!by_terminal || late) {
            self.let_go(thread, None)?;
            return Ok(None);
        }
        self.plans.stopped_by_request = !by_terminal;
        let no = thread.no();
        self.hold_all(thread, None)?;
        Ok(Some(Halt::Interrupted { thread: self.thread_of_interest(no) }))
    }

    /// The thread to look at where the kernel has chosen one that means nothing: that one, where it
    /// runs code of the user's, or else the first that does.
    fn thread_of_interest(&mut self, chosen: ThreadNo) -> ThreadNo {
        let mut threads: Vec<_> = self.held.iter().map(|(thread, _)| thread.no()).collect();
        threads.sort_unstable_by_key(|no| (*no != chosen, *no));
        threads.into_iter().find(|no| self.runs_users_code(*no)).unwrap_or(chosen)
    }

    fn runs_users_code(&mut self, no: ThreadNo) -> bool {
        let stack = self.stack(no).unwrap_or_default();
        stack.frames.iter().any(|frame| frame.origin == Origin::User)
    }
}
