//! What a session keeps of a run, to go back to: every event in a log, a picture at each stop, and
//! with `record` the calls of the user's functions as `watch` sees them.

use super::debugger::Session;
use super::error::SessionError;
use super::halt::Halt;
use super::planting::Role;
use super::run::Run;
use super::stack::Frame;
use crate::base::{BlockId, Event, EventKind, Evidence, Seq, ThreadNo};
use crate::track::{Folding, Log, Story};
use crate::value::Limits;

impl Run {
    /// Keeps what a session's user may ask for later.
    pub(super) fn keep(&mut self, event: &Event) {
        let Some(log) = &mut self.log else { return };
        log.push(event);
        if let Some(trouble) = log.take_news() {
            self.notes.push(format!("The recording cannot be written in full: {trouble}."));
        }
        self.stories.take(event);
        self.dropping.log.take(event);
    }

    /// Takes a picture of where the user is let look. `frame` is the one that is looked at first.
    pub(super) fn record_stop(&mut self, halt: &Halt, frame: &Frame, innermost: &Frame) {
        let thread = halt.thread();
        self.stop_recorded = None;
        if self.log.is_none() || self.inferior.live().is_err() {
            return;
        }
        self.record_entry(thread);
        self.flush_repeated(thread);
        let Some(stack) = self.picture_of(thread, Limits::default()) else { return };
        // What `backtrace` begins with: inlined calls before it have not begun.
        let same = |view: &crate::base::FrameView| view.at.function == innermost.at.function;
        let hidden = stack.frames.iter().position(same).unwrap_or(0);
        let sp = self.held(thread).map(|held| held.registers().sp());
        let stack_bytes = sp.and_then(|sp| self.stack_bytes(thread, sp));
        let kind = EventKind::Stop { reason: halt.in_short(), frame: frame.no, hidden, stack };
        self.emit(thread, Evidence::Observed, Some(frame.at.clone()), stack_bytes, kind);
        self.stop_recorded = Some(Seq(self.seq));
    }

    /// A step may end where a function counts as entered: the site there will not be hit then.
    fn record_entry(&mut self, no: ThreadNo) {
        let Some(index) = self.held.iter().position(|(held, _)| held.no() == no) else { return };
        let Some(registers) = self.held.get(index).map(|(held, _)| *held.registers()) else {
            return;
        };
        let (pc, sp) = (registers.pc(), registers.sp());
        let entered = (0..).map_while(|n| self.sites.role(pc, n)).find_map(|role| match role {
            Role::Enter(function) => Some(function),
            _ => None,
        });
        let Some(function) = entered else { return };
        if self.threads.of(no).has_seen_entry(function, sp) {
            return;
        }
        let (stopped, signal) = self.held.remove(index);
        self.entered(&stopped, function);
        // The first instruction can be the last, too.
        let exits = (0..).map_while(|n| self.sites.role(pc, n)).collect::<Vec<_>>();
        for role in exits {
            if let Role::Leave(function, exit) = role {
                self.left(&stopped, function, exit);
            }
        }
        self.held.insert(index, (stopped, signal));
    }

    /// Follows the calls of the user's functions from now on, or no longer.
    ///
    /// # Errors
    /// Those of planting.
    pub(super) fn record_calls(&mut self, on: bool) -> Result<(), SessionError> {
        if self.options.calls == on || self.inferior.live().is_err() {
            return Ok(());
        }
        self.options.calls = on;
        if on {
            return self.plant_calls();
        }
        for (at, role) in self.sites.of_calls() {
            self.remove_site(at, role);
        }
        self.functions.clear();
        self.threads.forget_calls();
        self.folding = Folding::of_calls();
        Ok(())
    }
}

impl Session {
    /// Records the calls of the user's functions from now on, in this run and in those to come, or
    /// no longer.
    ///
    /// # Errors
    /// [`SessionError`] where there is nothing to follow.
    pub fn record_calls(&mut self, on: bool) -> Result<(), SessionError> {
        if let Some(run) = &mut self.run {
            run.record_calls(on)?;
        }
        self.settings.record = on;
        Ok(())
    }

    /// What was recorded of the run, or of the last one where none is on its way.
    pub fn log(&self) -> Option<&Log> {
        match self.run_or_parked() {
            Some(run) => run.log.as_ref(),
            None => self.kept_log.as_ref(),
        }
    }

    /// What happened to a block, also in a run that is over. Where its story is not at hand any more,
    /// it is told anew from the log.
    ///
    /// # Errors
    /// [`SessionError::NoStory`] where nothing is known of it, [`SessionError::Past`] where something
    /// is that cannot be read back.
    pub(super) fn story(&self, block: BlockId) -> Result<Story, SessionError> {
        let stories = match self.run_or_parked() {
            Some(run) => &run.stories,
            None => &self.past.stories,
        };
        if let Some(story) = stories.of(block) {
            return Ok(story.clone());
        }
        let told = self.log().map(|log| log.story_of(block)).transpose()?.flatten();
        told.ok_or(SessionError::NoStory(block))
    }

    /// Keeps the log of a run that is over.
    pub(super) fn keep_log(&mut self) {
        if let Some(log) = self.run.as_mut().and_then(|run| run.log.take()) {
            self.kept_log = Some(log);
        }
    }

    /// Takes a picture of where the user is let look.
    pub(super) fn record_stop(&mut self, halt: &Halt) {
        let (Ok(frame), Ok(stack)) = (self.frame(), self.stack()) else { return };
        if let (Some(run), Some(innermost)) = (&mut self.run, stack.frames.first()) {
            run.record_stop(halt, &frame, innermost);
        }
    }
}

impl Halt {
    /// Why the program stands still, in a few words.
    fn in_short(&self) -> String {
        let numbers = || {
            let all: Vec<_> = self.hit().iter().map(ToString::to_string).collect();
            all.join(", ")
        };
        match self {
            Halt::Entry => "entry point".to_owned(),
            Halt::Attached { .. } => "attached".to_owned(),
            Halt::Core { .. } => "core file".to_owned(),
            Halt::Exec { .. } => "exec".to_owned(),
            Halt::Breakpoint { .. } => format!("breakpoint {}", numbers()),
            Halt::Watchpoint { .. } => format!("watchpoint {}", numbers()),
            Halt::WatchEnded { .. } => "end of a watchpoint".to_owned(),
            Halt::Ownership { .. } => format!("breakpoint {}", numbers()),
            Halt::BadFree { .. } => "bad free".to_owned(),
            Halt::Caught { .. } => format!("catchpoint {}", numbers()),
            Halt::Signal { name, .. } => format!("signal {name}"),
            Halt::Step { .. } => "step".to_owned(),
            Halt::Returned { .. } => "end of a call".to_owned(),
            Halt::Reached { .. } => "place reached".to_owned(),
            Halt::ThreadEnded { ended, .. } => format!("end of thread {ended}"),
            Halt::Interrupted { .. } => "interrupt".to_owned(),
            Halt::Ended { .. } => "end".to_owned(),
        }
    }
}
