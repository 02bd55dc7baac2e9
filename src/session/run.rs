//! From the launch to the end.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use super::allocator::Family;
use super::breakpoints::BreakpointId;
use super::drops::Dropping;
use super::error::SessionError;
use super::functions::Chosen;
use super::halt::Halt;
use super::kin::common;
use super::options::Options;
use super::planting::{Role, Sites};
use super::regions::Regions;
use super::signals::{self, Fault};
use super::slots::Stores;
use super::symbolize::Symbolizer;
use super::threads::Threads;
use crate::base::{
    At, Event, EventKind, Evidence, ExitStatus, FrameView, Seq, SlotState, ThreadNo, VirtAddr,
};
use crate::dwarf::{Images, Loaded};
use crate::inferior::{Inferior, Stop, Stopped};
use crate::track::{Folding, Ledger, Owners, PlaceKey, Record, What};

/// Allocations that take a second or so to follow.
const COSTLY: u64 = 100_000;

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
    pub(super) inferior: Inferior,
    pub(super) functions: Vec<Chosen>,
    /// For each of them, the first that is its kin.
    pub(super) kin: Vec<usize>,
    pub(super) sites: Sites,
    pub(super) symbolizer: Symbolizer,
    pub(super) stores: Stores,
    pub(super) threads: Threads,
    pub(super) ledger: Ledger,
    pub(super) owners: Owners,
    /// The places that had lost what they owned when their thread was last looked at.
    pub(super) lost: HashMap<PlaceKey, SlotState>,
    /// The threads that were looked at since they are held.
    pub(super) judged: HashSet<ThreadNo>,
    pub(super) dropping: Dropping,
    pub(super) family: Option<Family>,
    pub(super) notes: Vec<String>,
    pub(super) folding: Folding,
    pub(super) lines: HashMap<Arc<At>, usize>,
    pub(super) last_fault: Option<Fault>,
    pub(super) seq: u64,
    pub(super) peak_stack: u64,
    /// Whether it was said what the ledger costs.
    told_costly: bool,
    /// Threads that stand still, each with the signal to deliver to it when it goes on.
    pub(super) held: Vec<(Stopped, Option<i32>)>,
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
        let folding = folding(&options);
        let reached = inferior.run_to_entry(at_exec)?;
        let mut run = Run {
            options,
            inferior,
            functions: Vec::new(),
            kin: Vec::new(),
            sites: Sites::default(),
            symbolizer: Symbolizer::default(),
            stores: Stores::default(),
            threads: Threads::default(),
            ledger: Ledger::default(),
            owners: Owners::default(),
            lost: HashMap::new(),
            judged: HashSet::new(),
            dropping: Dropping::default(),
            family: None,
            notes: Vec::new(),
            folding,
            lines: HashMap::new(),
            last_fault: None,
            seq: 0,
            peak_stack: 0,
            told_costly: false,
            held: Vec::new(),
            outbox: Vec::new(),
        };
        let halt = run.begin(reached)?;
        Ok((run, halt))
    }

    /// Lets the threads that are held go on, until something happens that the program should stand
    /// still for.
    ///
    /// # Errors
    /// [`SessionError::Inferior`] where the kernel refuses something.
    pub(super) fn go_on(&mut self, observer: &mut dyn Observer) -> Result<Halt, SessionError> {
        self.judged.clear();
        for (thread, signal) in std::mem::take(&mut self.held) {
            self.inferior.resume(thread, signal)?;
        }
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
            threads: &self.threads,
            images: self.inferior.modules(),
            memory: self.inferior.memory(),
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
        self.outbox.push(Event {
            v: 1,
            seq: Seq(self.seq),
            kind,
            thread,
            evidence,
            at,
            stack_bytes,
            heap_bytes,
            blocks,
        });
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

    fn deliver(&mut self, observer: &mut dyn Observer) {
        for text in std::mem::take(&mut self.notes) {
            self.emit(ThreadNo(1), Evidence::Observed, None, None, EventKind::Note { text });
        }
        for event in self.outbox.drain(..) {
            observer.event(&event);
        }
    }

    fn on_stop(&mut self, stop: Stop) -> Result<Option<Halt>, SessionError> {
        match stop {
            Stop::Site { thread, at } => {
                let mut hit = Vec::new();
                // The first hit of a function plants its exits, which can add a role to this site.
                for index in 0.. {
                    let Some(role) = self.sites.role(at, index) else { break };
                    hit.extend(self.act(&thread, role));
                }
                if !hit.is_empty() {
                    let no = thread.no();
                    self.hold_all(thread, None)?;
                    return Ok(Some(Halt::Breakpoint { thread: no, hit }));
                }
                self.inferior.resume(thread, None)?;
            }
            Stop::Signal { thread, info } => {
                if signals::is_fault(info.number) {
                    self.tell_fault(&thread, &info);
                }
                if self.options.halt_on_signals && signals::halts(info.number) {
                    return self.halt_at_signal(thread, &info).map(Some);
                }
                self.inferior.resume(thread, Some(info.number))?;
            }
            Stop::ThreadStarted { thread } => {
                self.tell(thread.no(), EventKind::ThreadStart);
                self.inferior.resume(thread, None)?;
            }
            Stop::ThreadExited { no } => self.thread_ended(no),
            Stop::Exec { thread, path } => return self.exec(thread, path),
            // Neither is asked for here.
            Stop::Watch { thread, .. } | Stop::Modules { thread } => {
                self.inferior.resume(thread, None)?;
            }
            Stop::Forked { thread, child } => {
                self.tell(thread.no(), EventKind::Fork { child: child.0 });
                self.inferior.resume(thread, None)?;
            }
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
            Role::Break(id) => return Some(id),
            Role::Enter(index) => self.entered(thread, index),
            Role::Leave(index, exit) => self.left(thread, index, exit),
            Role::ScopeEnd(index) => self.scope_ended(thread, index),
            Role::Allocator(hook) => self.allocator_entered(thread, hook),
            Role::AllocatorReturn => self.allocator_returned(thread),
            Role::Drop(index) => self.drop_begins(thread, index),
            Role::Unwinds => self.dropping.drops.panic_began(thread.no()),
            Role::Caught => self.dropping.drops.panic_caught(thread.no()),
        }
        None
    }

    fn tell(&mut self, thread: ThreadNo, kind: EventKind) {
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
        let what = What::ThreadEnded;
        self.apply(Record {
            seq: Seq(self.seq + 1),
            thread: no,
            sp: VirtAddr(0),
            callers: Vec::new(),
            what,
        });
        self.end_all(no);
        self.threads.remove(no);
        self.folding.forget(no);
        self.owners.thread_ended(no);
        self.dropping.drops.thread_ended(no);
        self.tell(no, EventKind::ThreadEnd);
    }

    fn exec(&mut self, thread: Stopped, path: PathBuf) -> Result<Option<Halt>, SessionError> {
        self.tell(thread.no(), EventKind::Exec { program: path.display().to_string() });
        self.sites.clear();
        self.functions.clear();
        self.symbolizer.forget();
        self.stores.forget();
        self.threads.clear();
        self.ledger.forget_all();
        self.owners = Owners::default();
        self.dropping = Dropping::default();
        self.lost.clear();
        // Functions are numbered anew.
        self.folding = folding(&self.options);
        self.family = None;
        match self.inferior.run_to_entry(thread)? {
            Stop::Site { thread, .. } => {
                if let Err(SessionError::NothingChosen { wanted, .. }) = self.plant() {
                    self.notes.push(format!("The new program has no function {wanted}."));
                }
                self.tell_start();
                self.note_missing();
                self.inferior.resume(thread, None)?;
                Ok(None)
            }
            other => self.on_stop(other),
        }
    }

    fn ended(&mut self, status: ExitStatus) {
        self.flush_repeated(ThreadNo(1));
        let totals = self.ledger.totals();
        let totals = crate::base::Totals { peak_stack_bytes: self.peak_stack, ..totals };
        let kind = EventKind::Exit { status, totals, alive: self.ledger.alive() };
        self.emit(ThreadNo(1), Evidence::Observed, None, None, kind);
    }
}

fn folding(options: &Options) -> Folding {
    if options.full { Folding::full() } else { Folding::few() }
}

impl FrameView {
    /// A frame at an address where no file is mapped.
    pub(super) fn unknown(bytes: u64) -> FrameView {
        let at = At { function: "??".into(), file: None, line: None };
        FrameView { at, user: false, bytes, inlined: false, slots: Vec::new() }
    }
}
