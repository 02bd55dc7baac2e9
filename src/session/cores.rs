//! Sessions on core files, and writing them.

use std::path::{Path, PathBuf};

use super::debugger::{Session, Settings};
use super::error::SessionError;
use super::halt::Halt;
use super::run::Run;
use super::signals;
use super::subject::Subject;
use crate::inferior::{CoreFile, CoreSignal, CoreThread, Launch, Written};

impl Session {
    /// Opens a session on a core file: everything that needs no running process works.
    /// `executable` is the program where it is not, or not any more, where the process had it.
    ///
    /// # Errors
    /// [`SessionError::Core`] says what is wrong with the file or the executable.
    pub fn open_core(
        core: &Path,
        executable: Option<&Path>,
        settings: Settings,
    ) -> Result<Session, SessionError> {
        let (run, halt) = Run::of_core(core, executable, &settings)?;
        let image = run.inferior.modules().main().image;
        let mut session = Session::of(Launch::new(image.path()), image, settings);
        session.take(run, halt);
        Ok(session)
    }

    /// Whether there is a core file instead of a process.
    pub fn is_core(&self) -> bool {
        self.run.as_ref().is_some_and(|run| run.inferior.core().is_some())
    }

    /// Writes a core file of the process as it stands; `core.PID` where no path is given. The file
    /// does not hold our breakpoints, and pages of zeros take no room.
    ///
    /// # Errors
    /// [`SessionError::NotRunning`] without a process, [`SessionError::CoreFile`] for one that is
    /// itself a core file, [`SessionError::WriteCore`] where the file cannot be written.
    pub fn write_core(&self, path: Option<&Path>) -> Result<Written, SessionError> {
        let run = self.run.as_ref().ok_or(SessionError::NotRunning)?;
        let inferior = run.inferior.live().map_err(|_| SessionError::CoreFile)?;
        let named = || PathBuf::from(format!("core.{}", inferior.process().0));
        let path = path.map_or_else(named, Path::to_owned);
        let mut threads: Vec<_> = run
            .held
            .iter()
            .map(|(thread, signal)| CoreThread { thread, signal: *signal })
            .collect();
        // The one that the program stands still for comes first, as in a core file of the kernel.
        let first = self.halt().map(Halt::thread);
        threads.sort_by_key(|held| (Some(held.thread.no()) != first, held.thread.no()));
        Ok(inferior.write_core(&path, &threads)?)
    }
}

impl Run {
    fn of_core(
        path: &Path,
        executable: Option<&Path>,
        settings: &Settings,
    ) -> Result<(Run, Halt), SessionError> {
        let (core, threads, signal) = CoreFile::open(path, executable)?;
        let mut run = Run::of(settings.options(Launch::default()), Subject::Core(Box::new(core)));
        run.held = threads.into_iter().map(|thread| (thread, None)).collect();
        run.note_missing();
        run.note_absent_files();
        run.judge_all();
        let halt = run.halt_of_core(signal);
        Ok((run, halt))
    }

    /// What the program stands still for in a core file: the signal that ended it, if one did.
    fn halt_of_core(&self, signal: CoreSignal) -> Halt {
        let thread = signal.thread;
        match (signal.info, self.held(thread)) {
            (Some(info), Some(stopped)) => Halt::Signal {
                thread,
                number: info.number,
                name: signals::name(info.number),
                explanation: self.explain(stopped, &info),
            },
            _ => Halt::Core { thread },
        }
    }

    /// Files that the program had loaded and that are not there, or are others by now: of those
    /// nothing can be shown.
    fn note_absent_files(&mut self) {
        let Some(core) = self.inferior.core() else { return };
        let notes = core.absent_files();
        self.notes.extend(notes);
    }
}
