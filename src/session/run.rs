//! From the launch to the end.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use super::allocator::Family;
use super::borrows::Lending;
use super::breakpoints::BreakpointId;
use super::drops::Dropping;
use super::error::SessionError;
use super::functions::Chosen;
use super::halt::Halt;
use super::kin::common;
use super::options::Options;
use super::plan::Plans;
use super::planting::{Role, Sites};
use super::regions::Regions;
use super::signal_table::SignalTable;
use super::signals::{self, Fault};
use super::slots::Stores;
use super::stop_source::StopSource;
use super::subject::Subject;
use super::symbolize::Symbolizer;
use super::threads::Threads;
use super::turns::Turns;
use super::user_stops::UserStops;
use crate::base::{
    At, BlockId, Event, EventKind, Evidence, ExitStatus, FrameView, Keeper, Seq, SlotState,
    ThreadNo, VirtAddr,
};
use crate::dwarf::{Images, Loaded};
use crate::inferior::{Inferior, Stop, Stopped};
use crate::track::{Folding, Ledger, Log, Owners, PlaceKey, Stories};

/// Allocations that take a second or so to follow.
const COSTLY: u64 = 100_000;

/// Blocks whose stories are at hand; those of others are told anew from the log.
const STORIES: usize = 1 << 16;

/// Watches a run. It cannot steer it.
pub trait Observer {
    /// Something happened.
    fn event(&mut self, event: &Event);
}

impl<F: FnMut(&Event)> Observer for F {
    fn event(&mut self, event: &Event) {
        self(event);
    }
}

/// A run of a program.
pub struct Run {
    pub(super) options: Options,
    pub(super) inferior: Subject,
    pub(super) functions: Vec<Chosen>,
    /// For each of them, the first that is its kin.
    pub(super) kin: Vec<usize>,
    pub(super) sites: Sites,
    pub(super) symbolizer: Symbolizer,
    pub(super) stores: Stores,
    pub(super) threads: Threads,
    /// What stops the program at each call of the allocator.
    pub(super) at_stops: StopSource,
    pub(super) ledger: Ledger,
    pub(super) owners: Owners,
    /// The places that had lost what they owned when their thread was last looked at.
    pub(super) lost: HashMap<PlaceKey, SlotState>,
    /// What variables have lent when their thread was last looked at.
    pub(super) lending: Lending,
    /// The threads that were looked at since they are held.
    pub(super) judged: HashSet<ThreadNo>,
    /// What kept each live block when the process was about to end.
    pub(super) keepers: HashMap<BlockId, Keeper>,
    pub(super) dropping: Dropping,
    pub(super) family: Option<Family>,
    pub(super) notes: Vec<String>,
    pub(super) folding: Folding,
    pub(super) lines: HashMap<Arc<At>, usize>,
    pub(super) last_fault: Option<Fault>,
    pub(super) seq: u64,
    pub(super) peak_stack: u64,
    /// What the user wants to stop for.
    pub(super) stops: UserStops,
    /// Whether it was said what the ledger costs.
    told_costly: bool,
    /// Threads that stand still, each with the signal to deliver to it when it goes on.
    pub(super) held: Vec<(Stopped, Option<i32>)>,
    /// What is done with signals, where the program stands still for some.
    pub(super) signal_table: SignalTable,
    /// Every event, for a debugger's user.
    pub(super) log: Option<Log>,
    /// The last stop that is in it.
    pub(super) stop_recorded: Option<Seq>,
    /// What happened to each block, for a debugger's user.
    pub(super) stories: Stories,
    pub(super) plans: Plans,
    /// Whether the children of forks are followed.
    pub(super) follows_children: bool,
    /// The terminal that debugger and program share, if they do.
    pub(super) turns: Option<Rc<Turns>>,
    outbox: Vec<Event>,
}

impl Run {
    /// Runs a program from its launch to its end.
    ///
    /// # Errors
    /// [`SessionError`] says what is wrong with the file, the launch or what was chosen. A program
    /// that ends before its entry point is not an error.
    pub fn to_end(
        options: Options,
        observer: &mut dyn Observer,
    ) -> Result<ExitStatus, SessionError> {
        let (mut run, mut halt) = Run::launch(options)?;
        loop {
            if let Halt::Ended { status } = halt {
                run.deliver(observer);
                return Ok(status);
            }
            halt = run.go_on(observer)?;
        }
    }

    /// Launches the program, runs it to its entry point and plants the sites. It stands there then,
    /// unless it has ended before.
    ///
    /// # Errors
    /// As [`Run::to_end`].
    pub(super) fn launch(mut options: Options) -> Result<(Run, Halt), SessionError> {
        let launch = std::mem::take(&mut options.launch);
        let (mut inferior, at_exec) = Inferior::launch(launch)?;
        let reached = inferior.run_to_entry(at_exec)?;
        let mut run = Run::of(options, Subject::Process(Box::new(inferior)));
        let halt = run.begin(reached)?;
        Ok((run, halt))
    }

    /// A run of which nothing is known yet.
    pub(super) fn of(options: Options, inferior: Subject) -> Run {
        let folding = folding(&options);
        // It is a debugger's user who stops at signals.
        let log = options.halt_on_signals.then(Log::default);
        Run {
            options,
            inferior,
            functions: Vec::new(),
            kin: Vec::new(),
            sites: Sites::default(),
            symbolizer: Symbolizer::default(),
            stores: Stores::default(),
            threads: Threads::default(),
            at_stops: StopSource::default(),
            ledger: Ledger::default(),
            owners: Owners::default(),
            lost: HashMap::new(),
            lending: Lending::default(),
            judged: HashSet::new(),
            keepers: HashMap::new(),
            dropping: Dropping::default(),
            family: None,
            notes: Vec::new(),
            folding,
            lines: HashMap::new(),
            last_fault: None,
            seq: 0,
            peak_stack: 0,
            stops: UserStops::default(),
            told_costly: false,
            held: Vec::new(),
            signal_table: SignalTable::default(),
            log,
            stop_recorded: None,
            stories: Stories::at_most(STORIES),
            plans: Plans::default(),
            follows_children: false,
            turns: None,
            outbox: Vec::new(),
        }
    }

    /// Lets the threads that are held go on, until something happens that the program should stand
    /// still for.
    ///
    /// # Errors
    /// [`SessionError::Inferior`] where the kernel refuses something.
    pub(super) fn go_on(&mut self, observer: &mut dyn Observer) -> Result<Halt, SessionError> {
        self.judged.clear();
        self.free_what_was_held();
        if let Some(turns) = &self.turns {
            turns.give(self.inferior.process());
        }
        if let Some(plan) = self.plans.active.take() {
            return self.follow(plan, observer);
        }
        self.run_freely();
        for (thread, signal) in std::mem::take(&mut self.held) {
            self.inferior.resume(thread, signal)?;
        }
        self.run_to_halt(observer)
    }

    /// Waits until something happens that the program should stand still for.
    pub(super) fn run_to_halt(
        &mut self,
        observer: &mut dyn Observer,
    ) -> Result<Halt, SessionError> {
        loop {
            self.deliver(observer);
            let stop = self.inferior.wait()?;
            if let Some(halt) = self.on_stop(stop)? {
                self.note_costly_ledger();
                self.deliver(observer);
                return Ok(halt);
            }
        }
    }

    /// Says once what the ledger costs a program that allocates much, to somebody who waits for it.
    fn note_costly_ledger(&mut self) {
        let calls = self.ledger.totals().allocated;
        if self.options.calls || self.told_costly || calls < COSTLY {
            return;
        }
        self.told_costly = true;
        self.notes.push(format!(
            "{calls} allocations were followed until here, each of them a stop. With --no-ledger the \
             program allocates at full speed, and its blocks have no names and no history."
        ));
    }

    /// The ledger, where one is kept.
    pub(super) fn ledger_in_use(&self) -> Option<&Ledger> {
        self.family.is_some().then_some(&self.ledger)
    }

    /// The file that is loaded at an address.
    pub(super) fn module_at(&self, at: VirtAddr) -> Option<Loaded> {
        self.inferior.modules().image_at(at)
    }

    /// What is known of the address space.
    pub(super) fn regions(&self) -> Regions<'_> {
        Regions {
            ledger: &self.ledger,
            values: self.options.values,
            threads: &self.threads,
            images: self.inferior.modules(),
            memory: self.inferior.memory(),
            run: self,
            mappings: OnceCell::new(),
        }
    }

    /// Puts an event into the outbox.
    pub(super) fn emit(
        &mut self,
        thread: ThreadNo,
        evidence: Evidence,
        at: Option<At>,
        stack_bytes: Option<u64>,
        kind: EventKind,
    ) {
        self.seq += 1;
        self.peak_stack = self.peak_stack.max(stack_bytes.unwrap_or(0));
        let ledger = self.ledger_in_use();
        let (heap_bytes, blocks) =
            (ledger.map(Ledger::live_bytes), ledger.map(Ledger::live_blocks));
        let event = Event {
            v: 1,
            seq: Seq(self.seq),
            kind,
            thread,
            evidence,
            at,
            stack_bytes,
            heap_bytes,
            blocks,
        };
        self.keep(&event);
        self.outbox.push(event);
    }

    /// At the entry point, or at the end of a program that did not reach it.
    fn begin(&mut self, reached: Stop) -> Result<Halt, SessionError> {
        let thread = match reached {
            Stop::Site { thread, .. } => thread,
            Stop::Ended(status) => {
                self.ended(status);
                return Ok(Halt::Ended { status });
            }
            other => {
                // Something else came first; the run begins without its sites, and says so.
                self.notes.push("The program did not reach its entry point undisturbed.".into());
                return Ok(self.on_stop(other)?.unwrap_or(Halt::Entry));
            }
        };
        self.plant()?;
        self.tell_start();
        self.note_missing();
        if self.options.pin
            && let Err(error) = self.inferior.pin(true)
        {
            self.notes.push(format!("Freehold and the program do not share a core: {error}."));
        }
        self.held.push((thread, None));
        Ok(Halt::Entry)
    }

    pub(super) fn deliver(&mut self, observer: &mut dyn Observer) {
        for text in std::mem::take(&mut self.notes) {
            self.emit(ThreadNo(1), Evidence::Observed, None, None, EventKind::Note { text });
        }
        for event in self.outbox.drain(..) {
            observer.event(&event);
        }
    }

    pub(super) fn on_stop(&mut self, stop: Stop) -> Result<Option<Halt>, SessionError> {
        match stop {
            Stop::Site { thread, at } => {
                let mut hit = Vec::new();
                // The first hit of a function plants its exits, which can add a role to this site.
                for index in 0.. {
                    let Some(role) = self.sites.role(at, index) else { break };
                    hit.extend(self.act(&thread, role));
                }
                return self.reached(thread, &hit);
            }
            Stop::Signal { thread, info } if self.is_our_stop(&info) => {
                return self.interrupted(thread, &info);
            }
            Stop::Signal { thread, info } => {
                if signals::is_fault(info.number) {
                    self.tell_fault(&thread, &info);
                }
                let thread = match self.catch_signal(thread, &info)? {
                    Ok(halt) => return Ok(halt),
                    Err(thread) => thread,
                };
                if self.options.halt_on_signals {
                    return self.handle(thread, &info);
                }
                self.let_go(thread, Some(info.number))?;
            }
            Stop::ThreadStarted { thread } => {
                self.tell(thread.no(), EventKind::ThreadStart);
                return self.catch_thread(thread);
            }
            Stop::ThreadExited { no } => {
                self.thread_ended(no);
                self.thread_of_watches_ended(no);
                return self.catch_thread_end(no);
            }
            Stop::Exec { thread, path, left } => return self.exec(thread, path, left),
            Stop::Watch { thread, fired } => return self.touched(thread, &fired),
            Stop::Modules { thread } => return self.modules_changed(thread),
            Stop::SystemCall { thread, call } => return self.catch_system_call(thread, call),
            Stop::Forked { thread, child } => return self.forked(thread, child),
            Stop::Ended(status) => {
                self.ended(status);
                return Ok(Some(Halt::Ended { status }));
            }
        }
        Ok(None)
    }

    /// Does what a site is for; the breakpoint to stop for, where it is one.
    fn act(&mut self, thread: &Stopped, role: Role) -> Option<BreakpointId> {
        match role {
            Role::Break(id) => {
                let reached = self.is_reached(thread, id) && self.is_moved_here(thread, id);
                return reached.then_some(id);
            }
            Role::WatchEnd(id) => self.stops.leaving.push(id),
            Role::Enter(index) => self.entered(thread, index),
            Role::Leave(index, exit) => self.left(thread, index, exit),
            Role::ScopeEnd(index) => self.scope_ended(thread, index),
            Role::ProcessEnd => self.process_ends(thread),
            Role::Allocator(hook) => self.allocator_entered(thread, hook),
            Role::AllocatorReturn => self.allocator_returned(thread),
            Role::Drop(index) => self.drop_begins(thread, index),
            Role::Unwinds => self.dropping.drops.panic_began(thread.no()),
            Role::Caught => self.dropping.drops.panic_caught(thread.no()),
            Role::Plan | Role::UserEntry => {}
        }
        None
    }

    pub(super) fn tell(&mut self, thread: ThreadNo, kind: EventKind) {
        self.flush_repeated(thread);
        self.emit(thread, Evidence::Observed, None, None, kind);
    }

    /// Before anything is shown, what was only counted until now.
    pub(super) fn flush_repeated(&mut self, thread: ThreadNo) {
        let functions = &self.functions;
        let name = |index: usize, several: bool| match functions.get(index) {
            Some(function) if several => common(&function.name),
            Some(function) => function.name.to_string(),
            None => "?".to_owned(),
        };
        if let Some(kind) = self.folding.take(name) {
            self.emit(thread, Evidence::Observed, None, None, kind);
        }
    }

    fn thread_ended(&mut self, no: ThreadNo) {
        self.at_stops.thread_ended(no);
        self.take_records();
        self.end_all(no);
        self.threads.remove(no);
        self.folding.forget(no);
        self.owners.thread_ended(no);
        self.lending.thread_ended(no);
        self.dropping.drops.thread_ended(no);
        self.tell(no, EventKind::ThreadEnd);
    }

    /// The address space was replaced.
    pub(super) fn forget_program(&mut self) {
        self.sites.clear();
        self.plans.forget();
        self.functions.clear();
        self.symbolizer.forget();
        self.stores.forget();
        self.threads.clear();
        self.at_stops.forget_program();
        self.ledger.forget_all();
        self.owners = Owners::default();
        self.dropping = Dropping::default();
        self.lost.clear();
        self.lending = Lending::default();
        // Functions are numbered anew.
        self.folding = folding(&self.options);
        self.family = None;
    }

    /// Runs a program that was just executed to its entry point and plants the sites. It is held
    /// there, unless something else came first.
    pub(super) fn begin_program(&mut self, thread: Stopped) -> Result<Option<Halt>, SessionError> {
        match self.run_new_program(thread)? {
            Stop::Site { thread, .. } => {
                if let Err(SessionError::NothingChosen { wanted, .. }) = self.plant() {
                    self.notes.push(format!("The new program has no function {wanted}."));
                }
                self.tell_start();
                self.note_missing();
                self.held.push((thread, None));
                Ok(Some(Halt::Entry))
            }
            other => self.on_stop(other),
        }
    }

    fn ended(&mut self, status: ExitStatus) {
        self.note_watches_without_process();
        self.flush_repeated(ThreadNo(1));
        let totals = self.ledger.totals();
        let totals = crate::base::Totals { peak_stack_bytes: self.peak_stack, ..totals };
        let mut alive = self.ledger.alive();
        for block in &mut alive {
            block.keeper = self.keepers.get(&block.block).cloned();
        }
        let kind = EventKind::Exit { status, totals, alive };
        self.emit(ThreadNo(1), Evidence::Observed, None, None, kind);
    }
}

fn folding(options: &Options) -> Folding {
    match options {
        Options { full: true, .. } => Folding::full(),
        // What happens to blocks is all kept in the log of a session.
        Options { halt_on_signals: true, .. } => Folding::of_calls(),
        _ => Folding::few(),
    }
}

impl FrameView {
    /// A frame at an address where no file is mapped.
    pub(super) fn unknown(bytes: u64) -> FrameView {
        let at = At { function: "??".into(), file: None, line: None };
        FrameView {
            at,
            user: false,
            bytes,
            inlined: false,
            pc: None,
            signal: false,
            slots: Vec::new(),
        }
    }
}
