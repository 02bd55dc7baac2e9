//! Hardware watchpoints: the processor stops a thread that touches memory.
//!
//! Each thread has its own debug registers. They are written before a thread runs for the first
//! time after the watches have changed, so that new threads have them too; forked children and new
//! programs have none (the kernel clears them).

use super::Inferior;
use super::error::{InferiorError, unless_gone};
use crate::base::{Tid, VirtAddr};
use crate::os::{self, DebugRegisters};

/// How many the processor has.
const MOST: usize = 4;

/// What a hardware watchpoint looks at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Watch {
    /// The first byte. It must be a multiple of `len`.
    pub at: VirtAddr,
    /// How many bytes: 1, 2, 4 or 8.
    pub len: u64,
    /// Which accesses stop.
    pub kind: WatchKind,
}

/// Which accesses stop. The processor cannot stop at reads alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WatchKind {
    /// Writes, also of the value that is there.
    Write,
    /// Reads and writes.
    ReadWrite,
}

/// The watches that are set.
#[derive(Default)]
pub(super) struct Watches {
    set: [Option<Watch>; MOST],
    /// How often they have changed. A thread that has the registers of another time must get new
    /// ones before it runs; new threads have those of time zero.
    time: u64,
}

impl Inferior {
    /// Stops every thread that touches some memory from now on, behind the instruction that did;
    /// that is told as [`Stop::Watch`](super::Stop::Watch). What the kernel does in the name of a
    /// thread (`read` into a buffer) is not seen by the processor.
    ///
    /// Threads that run are stopped for a moment. Setting the same watch again changes nothing.
    ///
    /// # Errors
    /// [`InferiorError::Watch`] where the processor cannot do that, or all of its four are in use.
    pub fn watch(&mut self, watch: Watch) -> Result<(), InferiorError> {
        let refuse = |reason| InferiorError::Watch { at: watch.at, len: watch.len, reason };
        if ![1, 2, 4, 8].contains(&watch.len) {
            return Err(refuse("it can watch 1, 2, 4 or 8 bytes"));
        }
        if !watch.at.0.is_multiple_of(watch.len) {
            return Err(refuse("the address is not a multiple of the length"));
        }
        if watch.at.0.checked_add(watch.len).is_none_or(|end| end > os::USER_END) {
            return Err(refuse("no program can have memory there"));
        }
        if self.watches.set.contains(&Some(watch)) {
            return Ok(());
        }
        let Some(free) = self.watches.set.iter_mut().find(|slot| slot.is_none()) else {
            return Err(refuse("all four watchpoints of the processor are in use"));
        };
        *free = Some(watch);
        let applied = self.watches_changed();
        if applied.is_err() {
            self.unwatch(watch)?;
        }
        applied
    }

    /// No longer watches.
    ///
    /// # Errors
    /// [`InferiorError::Kernel`].
    pub fn unwatch(&mut self, watch: Watch) -> Result<(), InferiorError> {
        let slot = self.watches.set.iter_mut().find(|slot| **slot == Some(watch));
        if let Some(slot) = slot {
            *slot = None;
            return self.watches_changed();
        }
        Ok(())
    }

    /// What is watched.
    pub fn watches(&self) -> Vec<Watch> {
        self.watches.set.iter().flatten().copied().collect()
    }

    /// Gives every thread the registers that it must have now. Those that are held get them too, so
    /// that a refusal of the kernel is known at once.
    fn watches_changed(&mut self) -> Result<(), InferiorError> {
        self.watches.time = self.watches.time.wrapping_add(1);
        let moved = self.stop_all()?;
        let all: Vec<Tid> = self.threads.own().map(|(tid, ..)| tid).collect();
        let applied = all.into_iter().try_for_each(|tid| self.apply_watches(tid));
        for thread in moved {
            self.resume(thread, None)?;
        }
        applied
    }

    /// Writes the debug registers of a thread that stands still, unless it has them.
    pub(super) fn apply_watches(&mut self, tid: Tid) -> Result<(), InferiorError> {
        let time = self.watches.time;
        let Some(thread) = self.threads.get_mut(tid) else { return Ok(()) };
        if thread.watch_time == time {
            return Ok(());
        }
        let registers = self.watches.registers();
        let written = unless_gone(os::set_debug_registers(tid, &registers))
            .map_err(InferiorError::when("setting a watchpoint"))?;
        if written.is_some()
            && let Some(thread) = self.threads.get_mut(tid)
        {
            thread.watch_time = time;
        }
        Ok(())
    }

    /// Which watches have stopped a thread that stands at a SIGTRAP.
    pub(super) fn fired(&self, tid: Tid) -> Result<Vec<Watch>, InferiorError> {
        if self.watches.set.iter().all(Option::is_none) {
            return Ok(Vec::new());
        }
        let failed = InferiorError::when("reading which watchpoint was hit");
        let hit = unless_gone(os::watchpoints_hit(tid)).map_err(failed)?.unwrap_or_default();
        let fired = self.watches.set.iter().zip(hit).filter(|(_, hit)| *hit);
        Ok(fired.filter_map(|(watch, _)| *watch).collect())
    }

    /// As [`Inferior::fired`], and forgets it: the processor only ever adds.
    pub(super) fn take_fired(&self, tid: Tid) -> Result<Vec<Watch>, InferiorError> {
        let fired = self.fired(tid)?;
        if !fired.is_empty() {
            unless_gone(os::forget_watchpoints_hit(tid))
                .map_err(InferiorError::when("forgetting a watchpoint that was hit"))?;
        }
        Ok(fired)
    }
}

impl Watches {
    fn registers(&self) -> DebugRegisters {
        let watched = |watch: Watch| (watch.at, watch.len, watch.kind == WatchKind::ReadWrite);
        DebugRegisters::new(self.set.map(|watch| watch.map(watched)))
    }

    /// Watches nothing from now on.
    pub(super) fn clear(&mut self) {
        self.set = [None; MOST];
        self.time = self.time.wrapping_add(1);
    }

    /// After an exec: the kernel has cleared the registers, and the memory is another one.
    pub(super) fn forget(&mut self) {
        *self = Watches::default();
    }
}
