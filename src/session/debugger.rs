//! A program under a debugger: what is kept from one run to the next, and what is asked at a stop.

use std::sync::Arc;

use super::breakpoints::{self, BreakPlace, Breakpoint, BreakpointId, PlaceError, Where};
use super::error::SessionError;
use super::halt::Halt;
use super::options::{EntryPoint, Options, Selection};
use super::planting::Role;
use super::run::{Observer, Run};
use super::stack::{Frame, Stack};
use crate::base::{FileAddr, Shown, ThreadNo, VirtAddr};
use crate::dwarf::{Image, Origin};
use crate::expr::Operand;
use crate::inferior::Launch;
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
    /// Whether debugger and program share one core while the program has one thread.
    pub pin: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { limits: Limits::default(), width: 80, parts: true, ledger: true, pin: true }
    }
}

/// A program under a debugger.
///
/// It must stay on the thread that made it, because the kernel lets only that thread trace the
/// program; when it is dropped, the program ends.
pub struct Session {
    /// How it behaves.
    pub settings: Settings,
    launch: Launch,
    image: Arc<Image>,
    breakpoints: Vec<Breakpoint>,
    next_breakpoint: u32,
    pub(super) run: Option<Run>,
    halt: Option<Halt>,
    pub(super) selected: Selected,
    pub(super) history: Vec<Operand>,
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
        Ok(Session {
            settings,
            launch,
            image,
            breakpoints: Vec::new(),
            next_breakpoint: 1,
            run: None,
            halt: None,
            selected: Selected { thread: ThreadNo(1), frame: 0, stack: None },
            history: Vec::new(),
        })
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

    /// The breakpoints, by number.
    pub fn breakpoints(&self) -> &[Breakpoint] {
        &self.breakpoints
    }

    /// Stops the program at a place from now on, and in runs to come.
    ///
    /// # Errors
    /// [`PlaceError`] says what is wrong with the place.
    pub fn break_at(&mut self, wanted: Where, temporary: bool) -> Result<&Breakpoint, PlaceError> {
        let places = match wanted {
            Where::Address(at) => vec![self.place_at(at)?],
            _ => {
                let here = self.file_looked_at();
                breakpoints::places(&self.image, &wanted, here.as_deref())?
            }
        };
        let id = BreakpointId(self.next_breakpoint);
        self.next_breakpoint += 1;
        self.breakpoints.push(Breakpoint { id, wanted, places, temporary, enabled: true, hits: 0 });
        self.plant(id);
        let index = self.breakpoints.len() - 1;
        Ok(&self.breakpoints[index])
    }

    /// Takes a breakpoint away; whether there was one of that number.
    pub fn delete_breakpoint(&mut self, id: BreakpointId) -> bool {
        self.unplant(id);
        let before = self.breakpoints.len();
        self.breakpoints.retain(|breakpoint| breakpoint.id != id);
        self.breakpoints.len() < before
    }

    /// Starts the program, or starts it anew, and lets it run until something stops it.
    ///
    /// # Errors
    /// [`SessionError`] where it cannot be started, or the kernel refuses something.
    pub fn start(&mut self, observer: &mut dyn Observer) -> Result<&Halt, SessionError> {
        self.kill();
        let options = Options {
            launch: self.launch.again()?,
            calls: false,
            selection: Selection::default(),
            entry: EntryPoint::AfterPrologue,
            ledger: self.settings.ledger,
            drops: false,
            whole_stack: true,
            full: false,
            halt_on_signals: true,
            pin: self.settings.pin,
            max_depth: None,
        };
        let (run, halt) = Run::launch(options)?;
        self.run = Some(run);
        let ids: Vec<_> = self.breakpoints.iter().map(|breakpoint| breakpoint.id).collect();
        ids.into_iter().for_each(|id| self.plant(id));
        match halt {
            Halt::Entry => self.resume(observer),
            other => Ok(self.halted(other)),
        }
    }

    /// Lets the program run until something stops it.
    ///
    /// # Errors
    /// [`SessionError::NotRunning`] without a process; [`SessionError::Inferior`] where the kernel
    /// refuses something.
    pub fn resume(&mut self, observer: &mut dyn Observer) -> Result<&Halt, SessionError> {
        self.selected.stack = None;
        let run = self.run.as_mut().ok_or(SessionError::NotRunning)?;
        let halt = run.go_on(observer)?;
        Ok(self.halted(halt))
    }

    /// A value as people and programs read it, with its addresses named.
    ///
    /// # Errors
    /// [`SessionError::NotRunning`].
    pub fn show(&self, value: &Value) -> Result<Shown, SessionError> {
        let run = self.run.as_ref().ok_or(SessionError::NotRunning)?;
        Ok(run.regions().shown(value))
    }

    /// Ends the process, where there is one.
    pub fn kill(&mut self) {
        self.run = None;
        self.halt = None;
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
        let run = self.run.as_mut().ok_or(SessionError::NotRunning)?;
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

    fn halted(&mut self, halt: Halt) -> &Halt {
        let thread = halt.thread();
        self.selected = Selected { thread, frame: 0, stack: None };
        if let Halt::Breakpoint { hit, .. } = &halt {
            let hit = hit.clone();
            self.count_hits(&hit);
        }
        if let Halt::Ended { .. } = halt {
            self.run = None;
        } else {
            self.selected.frame = self.first_frame_of_interest(&halt);
        }
        self.halt.insert(halt)
    }

    /// A person who stops at a signal wants their own code, not the library's that raised it.
    fn first_frame_of_interest(&mut self, halt: &Halt) -> usize {
        if !matches!(halt, Halt::Signal { .. }) {
            return 0;
        }
        let stack = self.stack().ok();
        let users = stack.and_then(|s| s.frames.iter().position(|f| f.origin == Origin::User));
        users.unwrap_or(0)
    }

    fn count_hits(&mut self, hit: &[BreakpointId]) {
        for breakpoint in self.breakpoints.iter_mut().filter(|b| hit.contains(&b.id)) {
            breakpoint.hits += 1;
        }
        let gone = |b: &&Breakpoint| b.temporary && hit.contains(&b.id);
        let gone: Vec<_> = self.breakpoints.iter().filter(gone).map(|b| b.id).collect();
        gone.into_iter().for_each(|id| {
            self.delete_breakpoint(id);
        });
    }

    /// The file that a line without one is in: that of the frame, or of `main`.
    fn file_looked_at(&mut self) -> Option<String> {
        if let Ok(frame) = self.frame()
            && let Some(file) = frame.at.file
        {
            return Some(file);
        }
        let main = self.image.functions_called("main").first()?.range.start;
        Some(self.image.line_at(main)?.file.to_string())
    }

    fn place_at(&self, at: VirtAddr) -> Result<BreakPlace, PlaceError> {
        let run = self.run.as_ref().ok_or(PlaceError::NotRunning(at))?;
        let loaded = run.module_at(at).ok_or(PlaceError::NoCode(at))?;
        if !Arc::ptr_eq(&loaded.image, &self.image) {
            return Err(PlaceError::NoCode(at));
        }
        let file = loaded.bias.to_file(at);
        Ok(breakpoints::place(&self.image, file))
    }

    /// Puts the sites of a breakpoint into the process, where there is one.
    fn plant(&mut self, id: BreakpointId) {
        let Some(run) = &mut self.run else { return };
        let breakpoint = self.breakpoints.iter().find(|b| b.id == id && b.enabled);
        for place in breakpoint.into_iter().flat_map(|b| &b.places) {
            run.plant_break(place.address, Role::Break(id));
        }
    }

    fn unplant(&mut self, id: BreakpointId) {
        let Some(run) = &mut self.run else { return };
        for place in self.breakpoints.iter().filter(|b| b.id == id).flat_map(|b| &b.places) {
            run.unplant_break(place.address, Role::Break(id));
        }
    }
}

impl Run {
    fn plant_break(&mut self, at: FileAddr, role: Role) {
        let at = self.inferior.modules().main().bias.to_virt(at);
        if let Err(error) = self.add_site(at, role) {
            self.notes.push(format!("A breakpoint could not be set: {error}."));
        }
    }

    fn unplant_break(&mut self, at: FileAddr, role: Role) {
        let at = self.inferior.modules().main().bias.to_virt(at);
        self.remove_site(at, role);
    }
}
