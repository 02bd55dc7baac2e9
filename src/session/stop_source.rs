//! The source of records that stops the program at each call of the allocator.

use std::collections::VecDeque;

use super::allocator::{self, Hook};
use crate::base::{Memory, Register, Registers, Seq, ThreadNo, VirtAddr};
use crate::track::{AllocatorCall, OpenCalls, Record, Source, What};

/// What was seen at stops, until somebody takes it.
#[derive(Default)]
pub(super) struct StopSource {
    seq: u64,
    seen: VecDeque<Record>,
    /// The calls that will return; of a `posix_memalign` where it stores its pointer.
    calls: OpenCalls<Option<VirtAddr>>,
}

/// A call of the allocator, at the first instruction of its function.
pub(super) struct Called {
    pub hook: Hook,
    pub thread: ThreadNo,
    pub registers: Registers,
    /// Addresses inside the calls that led here, innermost first.
    pub callers: Vec<VirtAddr>,
    /// Where the function will return to, where unwinding tells.
    pub return_to: Option<VirtAddr>,
}

impl Called {
    /// What is called, with its arguments.
    pub fn call(&self) -> AllocatorCall {
        allocator::call_at_entry(self.hook, &self.registers)
    }

    /// Where a `posix_memalign` stores its pointer: its first argument (posix_memalign(3)).
    fn out(&self) -> Option<VirtAddr> {
        let first = || VirtAddr(self.registers.get(Register::RDI).unwrap_or(0));
        (self.hook == Hook::PosixMemalign).then(first)
    }
}

impl StopSource {
    /// A function of the allocator is entered; whether its return is to be reported too.
    pub fn entered(&mut self, called: Called) -> bool {
        let (thread, sp) = (called.thread, called.registers.sp());
        let call = called.call();
        let own = self.calls.entered(thread, sp);
        let returns = own && !matches!(call, AllocatorCall::Free { .. });
        if returns {
            self.calls.open(thread, sp, called.out());
        }
        self.saw(thread, sp, called.callers, What::AllocatorEntered(call));
        returns
    }

    /// A thread stands where a call of the allocator may have returned to.
    pub fn returned(&mut self, thread: ThreadNo, registers: &Registers, memory: &dyn Memory) {
        let sp = VirtAddr(registers.sp().0.wrapping_sub(8));
        let Some(out) = self.calls.returned(thread, sp) else { return };
        let result = allocator::result_at_return(registers, out, memory);
        self.saw(thread, sp, Vec::new(), What::AllocatorReturned { result });
    }

    /// A thread has ended.
    pub fn thread_ended(&mut self, thread: ThreadNo) {
        self.calls.thread_ended(thread);
        self.saw(thread, VirtAddr(0), Vec::new(), What::ThreadEnded);
    }

    /// The address space was replaced.
    pub fn forget_program(&mut self) {
        self.calls.clear();
    }

    fn saw(&mut self, thread: ThreadNo, sp: VirtAddr, callers: Vec<VirtAddr>, what: What) {
        self.seq += 1;
        self.seen.push_back(Record { seq: Seq(self.seq), thread, sp, callers, what });
    }
}

impl Source for StopSource {
    fn next_record(&mut self) -> Option<Record> {
        self.seen.next_record()
    }
}
