//! Calls of the allocator: records for the ledger, and the ledger's changes as events.

use std::sync::Arc;

use super::allocator::{self, Family, Hook};
use super::run::Run;
use super::symbolize::Symbolizer;
use crate::base::{At, EventKind, Evidence, MemoryExt, Register, Seq, ThreadNo, VirtAddr};
use crate::dwarf::Images;
use crate::frame::Unwinder;
use crate::inferior::Stopped;
use crate::track::{AllocatorCall, Change, Folded, Record, What};

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

impl Run {
    pub(super) fn allocator_entered(&mut self, thread: &Stopped, hook: Hook) {
        let registers = *thread.registers();
        let no = thread.no();
        let sp = registers.sp();
        let call = allocator::call_at_entry(hook, &registers);
        let what = What::AllocatorEntered(call);
        // What was unwound is told before what the program does next.
        self.end_gone(no, sp + 1);
        let Callers { callers, return_to } = self.callers(thread);
        if self.is_libcs_own(call, &callers) {
            return;
        }
        if matches!(call, AllocatorCall::Free { .. }) {
            self.find_freeing_drop(thread);
        }
        let record = Record { seq: Seq(self.seq + 1), thread: no, sp, callers, what };
        match self.hold_free(registers.pc(), record) {
            Some(record) => self.apply(record),
            None => return,
        };
        if !self.ledger.awaits_return(no, sp) {
            return;
        }
        if hook == Hook::PosixMemalign {
            let out = VirtAddr(registers.get(Register::RDI).unwrap_or(0));
            self.threads.of(no).memalign_out.insert(sp, out);
        }
        let read = || self.inferior.memory().read_u64(sp).ok().map(VirtAddr);
        if let Some(back) = return_to.or_else(read) {
            self.plant_return(back);
        }
    }

    pub(super) fn allocator_returned(&mut self, thread: &Stopped) {
        let registers = *thread.registers();
        let no = thread.no();
        let sp = VirtAddr(registers.sp().0.wrapping_sub(8));
        if !self.ledger.awaits_return(no, sp) {
            return;
        }
        let out = self.threads.of(no).memalign_out.remove(&sp);
        let result = allocator::result_at_return(&registers, out, self.inferior.memory());
        let what = What::AllocatorReturned { result };
        let record = Record { seq: Seq(self.seq + 1), thread: no, sp, callers: Vec::new(), what };
        if let Some(change) = self.apply(record) {
            self.note_change(&change);
        }
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

    /// Takes a record into the ledger, and tells what it changes.
    pub(super) fn apply(&mut self, record: Record) -> Option<Change> {
        let thread = record.thread;
        let (symbolizer, modules) = (&mut self.symbolizer, self.inferior.modules());
        let line = &mut |callers: &[VirtAddr]| line_of(symbolizer, modules, callers);
        let change = self.ledger.apply(&record, line)?;
        self.tell_change(thread, change.clone());
        Some(change)
    }

    /// The line that is named for a call of the allocator.
    pub(super) fn line_of_callers(&mut self, callers: &[VirtAddr]) -> Option<At> {
        let line = line_of(&mut self.symbolizer, self.inferior.modules(), callers);
        line.as_deref().cloned()
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
                    drop: self.dropping.freeing.take(),
                };
                (kind, Folded::Free, at)
            }
            Change::UnknownFree { address, ended, at } => {
                let line = |at: &Option<Arc<At>>| at.as_deref().cloned();
                let kind = EventKind::UnknownFree {
                    address,
                    ended: ended.as_ref().map(|ended| ended.id),
                    allocated_at: ended.as_ref().and_then(|ended| line(&ended.allocated_at)),
                    freed_at: ended.as_ref().and_then(|ended| line(&ended.at)),
                };
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
}

fn line_of(
    symbolizer: &mut Symbolizer,
    modules: &dyn Images,
    callers: &[VirtAddr],
) -> Option<Arc<At>> {
    let user = symbolizer.user_line(modules, *callers.last()?);
    user.or_else(|| symbolizer.runtime_line(modules, callers))
}
