//! A program under a debugger: what is kept from one run to the next, and what is asked at a stop.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::breaking::Due;
use super::breakpoints::Table;
use super::catching::Caught;
use super::error::SessionError;
use super::following::{FollowExec, FollowFork};
use super::halt::Halt;
use super::looks::Looks;
use super::options::{EntryPoint, Options, Selection};
use super::ownership::Past;
use super::run::{Observer, Run};
use super::signal_table::SignalTable;
use super::skip::Skip;
use super::stack::{Frame, Stack};
use super::stage::Stage;
use super::symbolize::is_allocator;
use super::value_then::recorded_form;
use super::viewing::Viewing;
use crate::base::{Shown, ThreadNo};
use crate::dwarf::{Image, Origin};
use crate::expr::Operand;
use crate::inferior::Launch;
use crate::os::StopRequest;
use crate::track::Log;
use crate::value::{Limits, Value};

/// How a session behaves; every part can be changed at any time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// How much of a value is read.
    pub limits: Limits,
    /// Columns that a value may take.
    pub width: usize,
    /// Whether values are told in parts as well, with the bytes and the region of each: programs
    /// want that, and it costs far more than the lines that people read.
    pub parts: bool,
    /// Whether the blocks of the heap are followed from the start of the program: each call of the
    /// allocator is a stop then. It takes effect at the next run.
    pub ledger: bool,
    /// Whether drops are followed: each is a stop then. [`Session::follow_drops`] changes it while a
    /// process runs.
    pub drops: bool,
    /// Whether debugger and program share one core while the program has one thread.
    pub pin: bool,
    /// Whether addresses are shown as numbers, beside the names of what lies there.
    pub addresses: bool,
    /// Whether source, stack, heap and the last events are shown at each stop.
    pub context_at_stop: bool,
    /// Whether a step enters std and dependencies too.
    pub step_into_all: bool,
    /// What a step does not stop in.
    pub skips: Vec<Skip>,
    /// Whether the log has the entries and returns of the user's functions, with pictures;
    /// [`Session::record_calls`] changes it while a program runs.
    pub record: bool,
    /// Which process to go on with after a fork; [`Session::follow_fork`] changes it while one runs.
    pub follow_fork: FollowFork,
    /// Which program `run` starts after an exec.
    pub follow_exec: FollowExec,
    /// Whether the program stops where it is about to free what it has freed already, or what it
    /// never was given.
    pub stop_on_bad_free: bool,
    /// Whether a person is asked before long output goes on.
    pub pagination: bool,
    /// Whether a person is asked before the program is ended.
    pub confirm: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            limits: Limits::default(),
            width: 80,
            parts: true,
            ledger: true,
            drops: false,
            pin: true,
            addresses: false,
            context_at_stop: false,
            step_into_all: false,
            skips: Vec::new(),
            record: false,
            follow_fork: FollowFork::default(),
            follow_exec: FollowExec::default(),
            stop_on_bad_free: true,
            pagination: true,
            confirm: true,
        }
    }
}

impl Settings {
    /// How a process is followed with these settings.
    pub(super) fn options(&self, launch: Launch) -> Options {
        Options {
            launch,
            calls: self.record,
            selection: Selection::default(),
            entry: EntryPoint::AfterPrologue,
            ledger: self.ledger,
            drops: self.drops,
            whole_stack: true,
            values: true,
            full: false,
            halt_on_signals: true,
            nameless_borrows: true,
            pin: self.pin,
            max_depth: None,
        }
    }
}

/// A program under a debugger.
///
/// It must stay on the thread that made it, because the kernel lets only that thread trace the
/// program; when it is dropped, the program ends.
pub struct Session {
    /// How it behaves.
    pub settings: Settings,
    pub(super) launch: Launch,
    pub(super) stage: Stage,
    pub(super) image: Arc<Image>,
    pub(super) table: Rc<RefCell<Table>>,
    /// Commands that are to be done at this stop.
    pub(super) due: Vec<Due>,
    pub(super) run: Option<Run>,
    pub(super) halt: Option<Halt>,
    pub(super) selected: Selected,
    pub(super) history: Vec<Operand>,
    pub(super) looks: Looks,
    pub(super) signal_table: SignalTable,
    pub(super) stop_request: Arc<StopRequest>,
    pub(super) unfinished: Option<&'static str>,
    /// What is kept of the run that ended last.
    pub(super) past: Past,
    /// Its log.
    pub(super) kept_log: Option<Log>,
    /// The moment of the past that is looked at, while one is.
    pub(super) viewing: Option<Box<Viewing>>,
    pub(super) keeps_steps: bool,
    /// Who is told what happens, where nobody else is named.
    pub(super) observer: Option<Box<dyn Observer>>,
}

/// What is looked at.
pub(super) struct Selected {
    /// The thread.
    pub thread: ThreadNo,
    /// The number of the frame.
    pub frame: usize,
    /// The frames of the thread, once they were asked for.
    pub stack: Option<Arc<Stack>>,
}

impl Session {
    /// Opens a program. Nothing of it runs yet.
    ///
    /// # Errors
    /// [`SessionError::Launch`] says what is wrong with the file.
    pub fn open(launch: Launch, settings: Settings) -> Result<Session, SessionError> {
        let image = launch.image()?;
        Ok(Session::of(launch, image, settings))
    }

    /// A session without a process yet.
    pub(super) fn of(launch: Launch, image: Arc<Image>, settings: Settings) -> Session {
        Session {
            settings,
            launch,
            stage: Stage::default(),
            image,
            table: Rc::default(),
            due: Vec::new(),
            run: None,
            halt: None,
            selected: Selected { thread: ThreadNo(1), frame: 0, stack: None },
            history: Vec::new(),
            looks: Looks::default(),
            signal_table: SignalTable::default(),
            stop_request: Arc::default(),
            unfinished: None,
            past: Past::default(),
            kept_log: None,
            viewing: None,
            keeps_steps: false,
            observer: None,
        }
    }

    /// The executable.
    pub fn image(&self) -> &Arc<Image> {
        &self.image
    }

    /// Why the program stands still; none before it runs.
    pub fn halt(&self) -> Option<&Halt> {
        self.halt.as_ref()
    }

    /// Whether there is a process that can be asked.
    pub fn is_alive(&self) -> bool {
        self.run.is_some()
    }

    /// Whether a process ends when the session does: one that was launched, and not one that was
    /// attached to.
    pub fn ends_process(&self) -> bool {
        let live = self.run_or_parked().and_then(|run| run.inferior.live().ok());
        live.is_some_and(|inferior| !inferior.was_attached_to())
    }

    /// Starts the program, or starts it anew, and lets it run until something stops it.
    ///
    /// # Errors
    /// [`SessionError`] where it cannot be started, or the kernel refuses something.
    pub fn start_with(&mut self, observer: &mut dyn Observer) -> Result<&Halt, SessionError> {
        self.leave();
        let launch = self.next_launch()?;
        let (mut run, halt) = Run::launch(self.settings.options(launch))?;
        run.turns = self.stage.turns.clone();
        self.adopt(run);
        match halt {
            Halt::Entry => self.resume_with(observer),
            other => Ok(self.halted(other)),
        }
    }

    /// Lets the program run until something stops it.
    ///
    /// # Errors
    /// [`SessionError::NotRunning`] without a process; [`SessionError::Inferior`] where the kernel
    /// refuses something.
    pub fn resume_with(&mut self, observer: &mut dyn Observer) -> Result<&Halt, SessionError> {
        if let Some(run) = &mut self.run {
            run.drop_plan();
        }
        self.go_on_with(observer)
    }

    /// Lets the program run until something stops it, and goes on with the step that the last halt
    /// has kept from its end, where [`Session::keep_steps`] has kept that.
    ///
    /// # Errors
    /// As [`Session::resume_with`].
    pub fn go_on_with(&mut self, observer: &mut dyn Observer) -> Result<&Halt, SessionError> {
        self.selected.stack = None;
        self.due.clear();
        self.lend_history();
        let run = self.run.as_mut().ok_or(SessionError::NotRunning)?;
        self.stop_request.aim(Some(run.inferior.process()));
        let halt = self.go_on(observer);
        self.stop_request.aim(None);
        Ok(self.halted(halt?))
    }

    /// Goes on through execs.
    fn go_on(&mut self, observer: &mut dyn Observer) -> Result<Halt, SessionError> {
        loop {
            let run = self.run.as_mut().ok_or(SessionError::NotRunning)?;
            let halt = run.go_on(observer)?;
            let Halt::Exec { thread, program } = &halt else {
                self.note_new_program();
                return Ok(halt);
            };
            if let Some(caught) = self.executed(*thread, program) {
                return Ok(caught);
            }
        }
    }

    /// A value as people and programs read it, with its addresses named.
    ///
    /// # Errors
    /// [`SessionError::NotRunning`].
    pub fn show(&self, value: &Value) -> Result<Shown, SessionError> {
        match &self.run {
            Some(run) => Ok(run.regions().shown(value)),
            None => recorded_form(value).ok_or_else(|| self.no_process()),
        }
    }

    /// Ends the process, where there is one, also one that was attached to.
    ///
    /// # Errors
    /// [`SessionError::Inferior`] where the kernel refuses it.
    pub fn kill(&mut self) -> Result<(), SessionError> {
        if let Some(run) = &mut self.run {
            run.inferior.live_mut()?.kill()?;
        }
        self.leave();
        Ok(())
    }

    /// Is done with the process: one that was launched ends, one that was attached to is let go.
    pub(super) fn leave(&mut self) {
        self.return_to_program();
        self.keep_log();
        self.run = None;
        self.forget_watches();
        self.halt = None;
        self.due.clear();
        self.unfinished = None;
        self.looks.forget_process();
        self.selected = Selected { thread: ThreadNo(1), frame: 0, stack: None };
    }

    /// The frames of the thread that is looked at.
    ///
    /// # Errors
    /// [`SessionError::NotRunning`].
    pub fn stack(&mut self) -> Result<Arc<Stack>, SessionError> {
        if let Some(known) = &self.selected.stack {
            return Ok(known.clone());
        }
        let none = self.no_process();
        let run = self.run.as_mut().ok_or(none)?;
        let stack = Arc::new(run.stack(self.selected.thread).ok_or(SessionError::NotRunning)?);
        self.selected.stack = Some(stack.clone());
        Ok(stack)
    }

    /// The frame that is looked at.
    ///
    /// # Errors
    /// [`SessionError::NotRunning`].
    pub fn frame(&mut self) -> Result<Frame, SessionError> {
        let no = self.selected.frame;
        let stack = self.stack()?;
        stack.frames.get(no).or(stack.frames.last()).cloned().ok_or(SessionError::NotRunning)
    }

    /// Looks at another frame of the thread.
    ///
    /// # Errors
    /// [`SessionError::NoFrame`] says how many there are.
    pub fn select_frame(&mut self, no: usize) -> Result<Frame, SessionError> {
        let frames = self.stack()?.frames.len();
        if no >= frames {
            return Err(SessionError::NoFrame { no, frames });
        }
        self.selected.frame = no;
        self.frame()
    }

    pub(super) fn halted(&mut self, halt: Halt) -> &Halt {
        let thread = halt.thread();
        self.selected = Selected { thread, frame: 0, stack: None };
        let ended = matches!(halt, Halt::Ended { .. });
        let unfinished = self.run.as_ref().and_then(|run| run.unfinished_plan(&halt));
        self.unfinished = unfinished.filter(|_| !ended);
        if let Some(run) = self.run.as_mut().filter(|_| !self.keeps_steps) {
            run.drop_plan();
        }
        self.after_halt(&halt);
        if let Halt::Ended { .. } = halt {
            self.past = self.run.as_mut().map(Past::of).unwrap_or_default();
            self.keep_log();
            self.run = None;
        } else {
            self.note_stop();
            self.selected.frame = self.first_frame_of_interest(&halt);
            self.record_stop(&halt);
        }
        self.halt.insert(halt)
    }

    /// A person who stops at a signal, a panic or a watchpoint, stops the program or comes to one
    /// that ran already, wants their own code, not the library's that did it or waits.
    fn first_frame_of_interest(&mut self, halt: &Halt) -> usize {
        let by_runtime = matches!(
            halt,
            Halt::Signal { .. }
                | Halt::Interrupted { .. }
                | Halt::Attached { .. }
                | Halt::Watchpoint { .. }
                | Halt::Ownership { .. }
                | Halt::BadFree { .. }
                | Halt::Caught { what: Caught::Panic { .. } | Caught::Signal { .. }, .. }
        );
        if !by_runtime {
            return 0;
        }
        let stack = self.stack().ok();
        // A `#[global_allocator]` of the user's is no answer to the question of who allocates.
        let is_users = |f: &Frame| f.origin == Origin::User && !is_allocator(&f.at.function);
        let users = stack.and_then(|s| s.frames.iter().position(is_users));
        users.unwrap_or(0)
    }

    /// The file that a line without one is in: that of the frame, or of `main`.
    pub(super) fn file_looked_at(&mut self) -> Option<String> {
        if let Ok(frame) = self.frame()
            && let Some(file) = frame.at.file
        {
            return Some(file);
        }
        let main = self.image.functions_called("main").first()?.range.start;
        Some(self.image.line_at(main)?.file.to_string())
    }
}
