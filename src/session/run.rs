//! From the launch to the end.

use std::collections::HashMap;
use std::sync::Arc;

use super::allocator::{self, Family, Hook};
use super::error::SessionError;
use super::functions::Chosen;
use super::options::Options;
use super::planting::{Role, Sites};
use super::regions::Regions;
use super::signals::{self, Fault};
use super::symbolize::Symbolizer;
use super::threads::{Activation, Threads};
use crate::asm::{Exit, ExitKind, takes_branch};
use crate::base::{
    At, Event, EventKind, Evidence, ExitStatus, FrameView, MemoryExt, ReturnEnd, Seq, ThreadNo,
    VirtAddr,
};
use crate::dwarf::Images;
use crate::frame::{Unwinder, innermost_cfa};
use crate::inferior::{Inferior, Stop, Stopped};
use crate::track::{AllocatorCall, Change, Folded, Folding, Ledger, Owners, Record, What};

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

/// How many calls up the user's line is looked for. User code sits three to eight frames above the
/// allocator; what lies deeper is a container of containers, or the runtime itself.
const CALLERS: usize = 48;

/// Who called a function of the allocator.
struct Callers {
    /// Addresses inside the calls, innermost first.
    callers: Vec<VirtAddr>,
    /// Where the function will return to.
    return_to: Option<VirtAddr>,
}

/// A run of a program.
pub struct Session {
    pub(super) options: Options,
    pub(super) inferior: Inferior,
    pub(super) functions: Vec<Chosen>,
    pub(super) sites: Sites,
    pub(super) symbolizer: Symbolizer,
    pub(super) threads: Threads,
    pub(super) ledger: Ledger,
    pub(super) owners: Owners,
    pub(super) family: Option<Family>,
    pub(super) notes: Vec<String>,
    folding: Folding,
    lines: HashMap<Arc<At>, usize>,
    pub(super) last_fault: Option<Fault>,
    seq: u64,
    peak_stack: u64,
    outbox: Vec<Event>,
}

impl Session {
    /// Launches the program and runs it to its entry point; then plants the sites.
    ///
    /// # Errors
    /// [`SessionError`] says what is wrong with the file, the launch or what was chosen. A program
    /// that ends before its entry point is not an error: [`Session::run`] tells of its end.
    pub fn run(
        mut options: Options,
        observer: &mut dyn Observer,
    ) -> Result<ExitStatus, SessionError> {
        let launch = std::mem::take(&mut options.launch);
        let (mut inferior, at_exec) = Inferior::launch(launch)?;
        let folding = if options.full { Folding::full() } else { Folding::few() };
        let reached = inferior.run_to_entry(at_exec)?;
        let mut session = Session {
            options,
            inferior,
            functions: Vec::new(),
            sites: Sites::default(),
            symbolizer: Symbolizer::default(),
            threads: Threads::default(),
            ledger: Ledger::default(),
            owners: Owners::default(),
            family: None,
            notes: Vec::new(),
            folding,
            lines: HashMap::new(),
            last_fault: None,
            seq: 0,
            peak_stack: 0,
            outbox: Vec::new(),
        };
        match session.begin(reached)? {
            Some(status) => {
                session.deliver(observer);
                Ok(status)
            }
            None => session.follow(observer),
        }
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
        let ledger = self.family.is_some().then_some(&self.ledger);
        self.outbox.push(Event {
            v: 1,
            seq: Seq(self.seq),
            kind,
            thread,
            evidence,
            at,
            stack_bytes,
            heap_bytes: ledger.map(Ledger::live_bytes),
            blocks: ledger.map(Ledger::live_blocks),
        });
    }

    /// At the entry point, or at the end of a program that did not reach it.
    fn begin(&mut self, reached: Stop) -> Result<Option<ExitStatus>, SessionError> {
        let thread = match reached {
            Stop::Ended(status) => {
                self.ended(status);
                return Ok(Some(status));
            }
            Stop::Site { thread, .. } => thread,
            other => {
                // Something else came first; the run begins without its sites, and says so.
                self.notes.push("The program did not reach its entry point undisturbed.".into());
                self.on_stop(other)?;
                return Ok(None);
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
        self.inferior.resume(thread, None)?;
        Ok(None)
    }

    fn follow(mut self, observer: &mut dyn Observer) -> Result<ExitStatus, SessionError> {
        loop {
            self.deliver(observer);
            let stop = self.inferior.wait()?;
            let ended = self.on_stop(stop)?;
            if let Some(status) = ended {
                self.deliver(observer);
                return Ok(status);
            }
        }
    }

    fn deliver(&mut self, observer: &mut dyn Observer) {
        for text in std::mem::take(&mut self.notes) {
            self.emit(ThreadNo(1), Evidence::Observed, None, None, EventKind::Note { text });
        }
        for event in self.outbox.drain(..) {
            observer.event(&event);
        }
    }

    fn on_stop(&mut self, stop: Stop) -> Result<Option<ExitStatus>, SessionError> {
        match stop {
            Stop::Site { thread, at } => {
                // The first hit of a function plants its exits, which can add a role to this site.
                for index in 0.. {
                    let Some(role) = self.sites.role(at, index) else { break };
                    self.act(&thread, role);
                }
                self.inferior.resume(thread, None)?;
            }
            Stop::Signal { thread, info } => {
                if signals::is_fault(info.number) {
                    self.tell_fault(&thread, &info);
                }
                self.inferior.resume(thread, Some(info.number))?;
            }
            Stop::ThreadStarted { thread } => {
                let name = self.inferior.thread_name(thread.no());
                self.tell(thread.no(), EventKind::ThreadStart { name });
                self.inferior.resume(thread, None)?;
            }
            Stop::ThreadExited { no } => self.thread_ended(no),
            Stop::Exec { thread, path } => self.exec(thread, path)?,
            Stop::Forked { thread, child } => {
                self.tell(thread.no(), EventKind::Fork { child: child.0 });
                self.inferior.resume(thread, None)?;
            }
            Stop::Ended(status) => {
                self.ended(status);
                return Ok(Some(status));
            }
        }
        Ok(None)
    }

    fn act(&mut self, thread: &Stopped, role: Role) {
        match role {
            Role::Enter(index) => self.entered(thread, index),
            Role::Leave(index, exit) => self.left(thread, index, exit),
            Role::ScopeEnd(index) => self.scope_ended(thread, index),
            Role::Allocator(hook) => self.allocator_entered(thread, hook),
            Role::AllocatorReturn => self.allocator_returned(thread),
        }
    }

    fn tell(&mut self, thread: ThreadNo, kind: EventKind) {
        self.flush_repeated(thread);
        self.emit(thread, Evidence::Observed, None, None, kind);
    }

    /// Before anything is shown, what was only counted until now.
    pub(super) fn flush_repeated(&mut self, thread: ThreadNo) {
        let functions = &self.functions;
        let name = |index: usize| functions.get(index).map_or("?".into(), |f| f.name.to_string());
        if let Some(kind) = self.folding.take(name) {
            self.emit(thread, Evidence::Observed, None, None, kind);
        }
    }

    // ---- functions ----

    fn entered(&mut self, thread: &Stopped, index: usize) {
        self.plant_exits(index);
        let registers = *thread.registers();
        let no = thread.no();
        let sp = registers.sp();
        let cfa = innermost_cfa(self.inferior.modules(), self.inferior.memory(), &registers);
        let cfa = cfa.unwrap_or(sp + 8);
        if self.threads.of(no).is_open(index, cfa) {
            return;
        }
        self.end_gone(no, cfa, ReturnEnd::Unwound);
        let depth = u32::try_from(self.threads.of(no).open.len()).unwrap_or(u32::MAX);
        let too_deep = self.options.max_depth.is_some_and(|limit| depth >= limit);
        let shown = self.folding.enter(no, index) && !too_deep;
        let frame_bytes = cfa.0.saturating_sub(sp.0);
        self.threads.of(no).open.push(Activation { function: index, cfa, frame_bytes, shown });
        if let Some(top) = self.threads.of(no).top {
            self.peak_stack = self.peak_stack.max(top.0.saturating_sub(sp.0));
        }
        if shown {
            self.tell_enter(thread, depth);
        }
    }

    fn scope_ended(&mut self, thread: &Stopped, index: usize) {
        let open = &self.threads.of(thread.no()).open;
        let depth = open.len().saturating_sub(1);
        let sp = thread.registers().sp();
        let current = open.last().filter(|call| call.function == index && call.cfa > sp);
        if current.is_some_and(|call| call.shown) {
            self.tell_scope_end(thread, u32::try_from(depth).unwrap_or(u32::MAX));
        }
    }

    fn left(&mut self, thread: &Stopped, index: usize, exit: Exit) {
        let no = thread.no();
        if exit.conditional && !self.is_taken(thread) {
            return;
        }
        // At a `ret`, and at the jump that takes its place, the frame holds the return address alone.
        let cfa = thread.registers().sp() + 8;
        self.end_gone(no, cfa, ReturnEnd::Unwound);
        let Some(call) = self.threads.of(no).take_returning(index, cfa) else { return };
        self.folding.leave(no);
        if call.shown {
            let end = match exit.kind {
                ExitKind::Ret => ReturnEnd::Ret,
                ExitKind::TailCall { .. } => ReturnEnd::TailCall,
            };
            self.tell_return(thread, call, end);
        }
    }

    /// Whether the conditional jump at which a thread stands will jump.
    fn is_taken(&self, thread: &Stopped) -> bool {
        let registers = thread.registers();
        let rcx = registers.get(crate::base::Register::RCX).unwrap_or(0);
        // The longest instruction has 15 bytes (Intel SDM, volume 2, 2.3.11).
        let code = self.inferior.memory().read_bytes(registers.pc(), 15);
        code.is_ok_and(|code| takes_branch(&code, registers.eflags, rcx))
    }

    /// Ends the calls whose frames lie below a frame that is the innermost now.
    fn end_gone(&mut self, no: ThreadNo, cfa: VirtAddr, end: ReturnEnd) {
        for call in self.threads.of(no).take_gone(cfa) {
            self.folding.leave(no);
            if !call.shown {
                continue;
            }
            self.flush_repeated(no);
            let kind = EventKind::Return {
                depth: u32::try_from(self.threads.of(no).open.len()).unwrap_or(u32::MAX),
                function: self.functions[call.function].name.to_string(),
                frame_bytes: call.frame_bytes,
                value: None,
                end: end.clone(),
                stack: None,
            };
            self.emit(no, Evidence::Inferred, None, None, kind);
        }
    }

    // ---- the allocator ----

    fn allocator_entered(&mut self, thread: &Stopped, hook: Hook) {
        let registers = *thread.registers();
        let no = thread.no();
        let sp = registers.sp();
        let call = allocator::call_at_entry(hook, &registers);
        let what = What::AllocatorEntered(call);
        let Callers { callers, return_to } = self.callers(thread);
        if self.is_libcs_own(call, &callers) {
            return;
        }
        self.apply(Record { seq: Seq(self.seq + 1), thread: no, sp, callers, what });
        if !self.ledger.awaits_return(no, sp) {
            return;
        }
        if hook == Hook::PosixMemalign {
            let out = VirtAddr(registers.get(crate::base::Register::RDI).unwrap_or(0));
            self.threads.of(no).memalign_out.insert(sp, out);
        }
        let read = || self.inferior.memory().read_u64(sp).ok().map(VirtAddr);
        if let Some(back) = return_to.or_else(read) {
            self.plant_return(back);
        }
    }

    fn allocator_returned(&mut self, thread: &Stopped) {
        let registers = *thread.registers();
        let no = thread.no();
        let sp = VirtAddr(registers.sp().0.wrapping_sub(8));
        if !self.ledger.awaits_return(no, sp) {
            return;
        }
        let out = self.threads.of(no).memalign_out.remove(&sp);
        let result = allocator::result_at_return(&registers, out, self.inferior.memory());
        let what = What::AllocatorReturned { result };
        self.apply(Record { seq: Seq(self.seq + 1), thread: no, sp, callers: Vec::new(), what });
    }

    /// Whether libc gives back what it had kept for itself: a thread that ends passes the free
    /// chunks of its cache to `free` once more, each of which the program freed long before.
    fn is_libcs_own(&mut self, call: AllocatorCall, callers: &[VirtAddr]) -> bool {
        let AllocatorCall::Free { pointer } = call else { return false };
        if self.family != Some(Family::Libc) || self.ledger.block_from(pointer).is_some() {
            return false;
        }
        let Some(caller) = callers.first() else { return false };
        let modules = self.inferior.modules();
        let in_library = modules.image_at(*caller).is_some_and(|loaded| {
            !Arc::ptr_eq(&loaded.image, &modules.main().image)
                && allocator::libc_family(&loaded.image).is_some()
        });
        let places = self.symbolizer.places(modules, *caller);
        in_library || places.iter().any(|place| allocator::is_end_of_thread(&place.function))
    }

    /// The calls that led here, up to the first of the user's.
    fn callers(&mut self, thread: &Stopped) -> Callers {
        let modules = self.inferior.modules();
        let registers = *thread.registers();
        let mut unwinder = Unwinder::new(modules, self.inferior.memory(), registers, CALLERS);
        let mut callers = Vec::new();
        let mut return_to = None;
        let called = unwinder.next();
        for frame in unwinder {
            return_to.get_or_insert(frame.registers.pc());
            callers.push(frame.lookup);
            if self.symbolizer.user_line(modules, frame.lookup).is_some() {
                break;
            }
        }
        let at_first_instruction = called.is_some_and(|f| f.cfa == Some(registers.sp() + 8));
        Callers { callers, return_to: return_to.filter(|_| at_first_instruction) }
    }

    fn apply(&mut self, record: Record) {
        let thread = record.thread;
        let (symbolizer, modules) = (&mut self.symbolizer, self.inferior.modules());
        let change = self.ledger.apply(&record, &mut |callers| {
            let last = callers.last()?;
            let user = symbolizer.user_line(modules, *last);
            user.or_else(|| symbolizer.runtime_line(modules, callers))
        });
        if let Some(change) = change {
            self.tell_change(thread, change);
        }
    }

    fn tell_change(&mut self, thread: ThreadNo, change: Change) {
        let (kind, folded, at) = match change {
            Change::Began { address, block } => {
                let kind = EventKind::Alloc {
                    block: block.id,
                    size: block.size,
                    align: block.align,
                    address,
                };
                (kind, Folded::Alloc, block.at)
            }
            Change::Resized { from, address, old_size, block, at } => {
                let kind = EventKind::Realloc {
                    block: block.id,
                    old_size,
                    size: block.size,
                    moved: from != address,
                    address,
                };
                (kind, Folded::Realloc, at)
            }
            Change::Freed { block, at } => {
                self.owners.ended(block.id);
                let kind = EventKind::Free {
                    block: block.id,
                    size: block.size,
                    allocated_at: block.at.as_deref().cloned(),
                    allocated_by: (block.thread != thread).then_some(block.thread),
                };
                (kind, Folded::Free, at)
            }
            Change::UnknownFree { address, ended, at } => {
                let kind = EventKind::UnknownFree { address, ended: ended.map(|ended| ended.id) };
                self.flush_repeated(thread);
                self.emit(thread, Evidence::Observed, at.as_deref().cloned(), None, kind);
                return;
            }
        };
        let line = self.line_number(at.as_ref());
        if self.folding.block(thread, folded, line) {
            self.flush_repeated(thread);
            self.emit(thread, Evidence::Observed, at.as_deref().cloned(), None, kind);
        }
    }

    /// A number that stands for a line, for the folding.
    fn line_number(&mut self, at: Option<&Arc<At>>) -> usize {
        let next = self.lines.len() + 1;
        at.map_or(0, |at| *self.lines.entry(at.clone()).or_insert(next))
    }

    // ---- threads, signals, the end ----

    fn thread_ended(&mut self, no: ThreadNo) {
        let what = What::ThreadEnded;
        self.apply(Record {
            seq: Seq(self.seq + 1),
            thread: no,
            sp: VirtAddr(0),
            callers: Vec::new(),
            what,
        });
        self.end_gone(no, VirtAddr(u64::MAX), ReturnEnd::Unwound);
        self.threads.remove(no);
        self.folding.forget(no);
        self.tell(no, EventKind::ThreadEnd);
    }

    fn exec(&mut self, thread: Stopped, path: std::path::PathBuf) -> Result<(), SessionError> {
        self.tell(thread.no(), EventKind::Exec { program: path.display().to_string() });
        self.sites.clear();
        self.functions.clear();
        self.symbolizer.forget();
        self.threads.clear();
        self.ledger.forget_all();
        self.owners = Owners::default();
        self.family = None;
        match self.inferior.run_to_entry(thread)? {
            Stop::Site { thread, .. } => {
                if let Err(SessionError::NothingChosen { wanted, .. }) = self.plant() {
                    self.notes.push(format!("The new program has no function {wanted}."));
                }
                self.tell_start();
                self.note_missing();
                self.inferior.resume(thread, None)?;
            }
            other => {
                self.on_stop(other)?;
            }
        }
        Ok(())
    }

    fn ended(&mut self, status: ExitStatus) {
        self.flush_repeated(ThreadNo(1));
        let totals = self.ledger.totals();
        let totals = crate::base::Totals { peak_stack_bytes: self.peak_stack, ..totals };
        let kind = EventKind::Exit { status, totals, alive: self.ledger.alive() };
        self.emit(ThreadNo(1), Evidence::Observed, None, None, kind);
    }
}

impl FrameView {
    /// A frame at an address where no file is mapped.
    pub(super) fn unknown(bytes: u64) -> FrameView {
        let at = At { function: "??".into(), file: None, line: None };
        FrameView { at, user: false, bytes, inlined: false, slots: Vec::new() }
    }
}
