//! Calls of the allocator: records for the ledger, and the ledger's changes as events.

use std::sync::Arc;

use super::allocator::{self, Family, Hook};
use super::run::Run;
use super::stop_source::Called;
use super::symbolize::Symbolizer;
use crate::base::{At, EventKind, Evidence, MemoryExt, ThreadNo, VirtAddr};
use crate::dwarf::Images;
use crate::frame::Unwinder;
use crate::inferior::Stopped;
use crate::track::{AllocatorCall, Change, Folded, Source};

/// How many calls up the user's line is looked for. User code sits three to eight frames above the
/// allocator; what lies deeper is a container of containers, or the runtime itself.
const CALLERS: usize = 48;

impl Run {
    pub(super) fn allocator_entered(&mut self, thread: &Stopped, hook: Hook) {
        let (no, registers) = (thread.no(), *thread.registers());
        // What was unwound is told before what the program does next.
        self.end_gone(no, registers.sp() + 1);
        let (callers, return_to) = self.callers(thread);
        let called = Called { hook, thread: no, registers, callers, return_to };
        if self.is_libcs_own(&called) {
            return;
        }
        if matches!(called.call(), AllocatorCall::Free { .. }) {
            self.find_freeing_drop(thread);
        }
        if let Some(called) = self.hold_free(called) {
            self.allocator_called(called);
        }
    }

    /// Reports a call of the allocator, and sees to it that its return is seen.
    pub(super) fn allocator_called(&mut self, called: Called) {
        let (sp, return_to) = (called.registers.sp(), called.return_to);
        let returns = self.at_stops.entered(called);
        self.take_records();
        let read = || self.inferior.memory().read_u64(sp).ok().map(VirtAddr);
        if returns && let Some(back) = return_to.or_else(read) {
            self.plant_return(back);
        }
    }

    pub(super) fn allocator_returned(&mut self, thread: &Stopped) {
        self.at_stops.returned(thread.no(), thread.registers(), self.inferior.memory());
        for change in self.take_records() {
            self.note_change(&change);
        }
    }

    /// Takes what the source has seen into the ledger, and tells what it changes.
    pub(super) fn take_records(&mut self) -> Vec<Change> {
        let mut changes = Vec::new();
        while let Some(record) = self.at_stops.next_record() {
            let (symbolizer, modules) = (&mut self.symbolizer, self.inferior.modules());
            let line = &mut |callers: &[VirtAddr]| line_of(symbolizer, modules, callers);
            if let Some(change) = self.ledger.apply(&record, line) {
                self.tell_change(record.thread, change.clone());
                changes.push(change);
            }
        }
        changes
    }

    /// Whether libc gives back what it had kept for itself: a thread that ends passes the free
    /// chunks of its cache to `free` once more, each of which the program freed long before.
    fn is_libcs_own(&mut self, called: &Called) -> bool {
        let AllocatorCall::Free { pointer } = called.call() else { return false };
        if self.family != Some(Family::Libc) || self.ledger.block_from(pointer).is_some() {
            return false;
        }
        let Some(caller) = called.callers.first() else { return false };
        let modules = self.inferior.modules();
        let in_library = modules.image_at(*caller).is_some_and(|loaded| {
            !Arc::ptr_eq(&loaded.image, &modules.main().image)
                && allocator::libc_family(&loaded.image).is_some()
        });
        let places = self.symbolizer.places(modules, *caller);
        in_library || places.iter().any(|place| allocator::is_end_of_thread(&place.function))
    }

    /// Addresses inside the calls that led here, up to the first of the user's, and where the
    /// function will return to.
    fn callers(&mut self, thread: &Stopped) -> (Vec<VirtAddr>, Option<VirtAddr>) {
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
        (callers, return_to.filter(|_| at_first_instruction))
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
            Change::UnknownFree { address, ended, realloc, at } => {
                let line = |at: &Option<Arc<At>>| at.as_deref().cloned();
                let kind = EventKind::UnknownFree {
                    address,
                    ended: ended.as_ref().map(|ended| ended.id),
                    allocated_at: ended.as_ref().and_then(|ended| line(&ended.allocated_at)),
                    freed_at: ended.as_ref().and_then(|ended| line(&ended.at)),
                    realloc,
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
