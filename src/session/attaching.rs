//! Sessions on processes that ran before, and letting processes go.

use std::sync::Arc;

use super::debugger::{Session, Settings};
use super::error::SessionError;
use super::halt::Halt;
use super::options::Options;
use super::run::{Observer, Run};
use super::subject::Subject;
use crate::base::Tid;
use crate::inferior::{Inferior, Launch, undeleted};

impl Session {
    /// Opens a session on a process that runs already, and stops all of its threads. It is let go
    /// when the session is dropped.
    ///
    /// Nothing is known of the blocks that it had before. Those that it allocates from now on are
    /// followed where [`Settings::ledger`] says so, which slows it down a great deal.
    ///
    /// # Errors
    /// [`SessionError::Attach`] says what is in the way; the process runs on then.
    pub fn attach(process: Tid, settings: Settings) -> Result<Session, SessionError> {
        let (run, halt) = Run::attach(attached_options(&settings), process)?;
        let image = run.inferior.modules().main().image;
        let launch = Launch::new(undeleted(image.path()));
        let mut session = Session::of(launch, image, settings);
        session.take(run, halt);
        Ok(session)
    }

    /// Takes control of a process that runs already, instead of the one that there is: that is
    /// ended, or let go where it ran before. Breakpoints are looked for in the new program.
    /// `ledger` says whether the blocks are followed that it allocates from now on.
    ///
    /// # Errors
    /// As [`Session::attach`]; the session is as it was then.
    pub fn attach_to(&mut self, process: Tid, ledger: bool) -> Result<&Halt, SessionError> {
        let settings = Settings { ledger, ..self.settings.clone() };
        let (run, halt) = Run::attach(attached_options(&settings), process)?;
        self.leave();
        self.launch = Launch::new(undeleted(run.inferior.modules().main().image.path()));
        Ok(self.take(run, halt))
    }

    /// Lets the process go: without sites, every thread where it was. Returns which one it was.
    ///
    /// A signal that the program stands still for is delivered.
    ///
    /// # Errors
    /// [`SessionError::NotRunning`] without a process, [`SessionError::Inferior`] where the kernel
    /// refuses something.
    pub fn detach(&mut self) -> Result<Tid, SessionError> {
        let run = self.run.as_mut().ok_or(SessionError::NotRunning)?;
        let process = run.inferior.process();
        run.pass_signals_on();
        run.inferior.detach_all()?;
        self.stop_request.take_back(process);
        self.leave();
        Ok(process)
    }

    /// The process that is under control, or that the core file is of.
    pub fn process(&self) -> Option<Tid> {
        self.run.as_ref().map(|run| run.inferior.process())
    }

    /// The process that a person means: by its id, or by the name of its executable.
    ///
    /// # Errors
    /// [`SessionError::Attach`] where there is none, or several of a name.
    pub fn process_called(text: &str) -> Result<Tid, SessionError> {
        Ok(Inferior::find(text)?)
    }

    /// Tells what there is to note about what was attached to or opened, and was not told yet.
    pub fn tell_notes(&mut self, observer: &mut dyn Observer) {
        if let Some(run) = &mut self.run {
            run.deliver(observer);
        }
    }

    /// Makes a run the one that is looked at.
    pub(super) fn take(&mut self, run: Run, halt: Halt) -> &Halt {
        self.adopt(run);
        self.halted(halt)
    }

    /// Gives a run what the session has for it.
    pub(super) fn adopt(&mut self, mut run: Run) {
        run.signal_table = self.signal_table.clone();
        run.plans.stop = self.stop_request.clone();
        run.follow_fork(self.settings.follow_fork);
        let image = run.inferior.modules().main().image;
        self.run = Some(run);
        self.use_image(image);
    }

    /// Makes a program the one that breakpoints are of: their places are looked for anew where it
    /// is another one.
    pub(super) fn use_image(&mut self, image: Arc<crate::dwarf::Image>) {
        let mut lost = Vec::new();
        if !Arc::ptr_eq(&self.image, &image) {
            self.image = image;
            lost = self.forget_places();
        }
        self.plant_all();
        self.note_without_place(&lost);
    }
}

/// Sites of our own are planted in a process of somebody else only where that is asked for, and
/// it is left on its processors.
fn attached_options(settings: &Settings) -> Options {
    Options { pin: false, ..settings.options(Launch::default()) }
}

impl Run {
    /// Takes control of a process that runs already. All of its threads are held.
    ///
    /// # Errors
    /// [`SessionError::Attach`].
    pub(super) fn attach(options: Options, process: Tid) -> Result<(Run, Halt), SessionError> {
        let (inferior, threads) = Inferior::attach(process)?;
        let mut run = Run::of(options, Subject::Process(Box::new(inferior)));
        let halt = Halt::Attached { process: process.0, threads: threads.len() };
        run.held = threads.into_iter().map(|thread| (thread, None)).collect();
        run.note_deleted();
        if run.options.ledger {
            run.plant()?;
            run.notes.push(BLOCKS_FROM_NOW.to_owned());
        } else {
            run.notes.push(NO_BLOCKS.to_owned());
        }
        run.note_missing();
        run.judge_all();
        Ok((run, halt))
    }

    /// Signals that threads stand before are delivered to a process that is let go.
    fn pass_signals_on(&mut self) {
        let Ok(inferior) = self.inferior.live_mut() else { return };
        for (thread, _) in self.held.iter().filter(|(_, signal)| signal.is_some()) {
            inferior.deliver_when_let_go(thread);
        }
    }

    /// Learns where the stacks of all threads are.
    pub(super) fn judge_all(&mut self) {
        let threads: Vec<_> = self.held.iter().map(|(thread, _)| thread.no()).collect();
        threads.into_iter().for_each(|thread| self.judge_once(thread));
    }

    fn note_deleted(&mut self) {
        let image = self.inferior.modules().main().image;
        let plain = undeleted(image.path());
        if plain != image.path() {
            self.notes.push(format!(
                "The executable, {}, was deleted or replaced since the process was started. What \
                 is shown is of the file that it runs.",
                plain.display()
            ));
        }
    }
}

impl Drop for Run {
    /// A process that was attached to is let go.
    fn drop(&mut self) {
        self.pass_signals_on();
        if let Ok(inferior) = self.inferior.live_mut()
            && inferior.was_attached_to()
        {
            // Where the kernel refuses it, the end of the tracer lets the process go all the same.
            let _ = inferior.detach_all();
            self.plans.stop.take_back(inferior.process());
        }
    }
}

const NO_BLOCKS: &str = "Nothing is known of the blocks of a process that ran before: its heap is \
    shown without names. `attach --ledger` follows the blocks that it allocates from then on, and \
    makes it slow.";

const BLOCKS_FROM_NOW: &str = "Blocks are followed from now on. Nothing is known of those that the \
    process had before.";
