//! Calls of the allocator that have not returned.

use std::collections::HashMap;

use crate::base::{ThreadNo, VirtAddr};

/// The calls that the program has made of its allocator, by their thread and by the stack pointer at
/// their entry. What an allocator calls to do its own work is none of them: `calloc` of some libcs
/// calls `malloc`, `realloc` allocates anew and frees.
#[derive(Debug)]
pub struct OpenCalls<T>(HashMap<ThreadNo, (VirtAddr, T)>);

impl<T> Default for OpenCalls<T> {
    fn default() -> OpenCalls<T> {
        OpenCalls(HashMap::new())
    }
}

impl<T> OpenCalls<T> {
    /// A function of the allocator is entered; whether the program called it. Calls whose frame is
    /// gone were left by unwinding or `longjmp`, and are forgotten: the stack grows down, so that
    /// whatever was entered at or below this stack pointer cannot return any more.
    pub fn entered(&mut self, thread: ThreadNo, sp: VirtAddr) -> bool {
        let within = self.is_within(thread, sp);
        if !within {
            self.0.remove(&thread);
        }
        !within
    }

    /// A call that the program made will return.
    pub fn open(&mut self, thread: ThreadNo, sp: VirtAddr, call: T) {
        self.0.insert(thread, (sp, call));
    }

    /// Takes out the call that returns; none where the program did not make it.
    pub fn returned(&mut self, thread: ThreadNo, sp: VirtAddr) -> Option<T> {
        let (entered, _) = self.0.get(&thread)?;
        let returns = *entered == sp;
        returns.then(|| self.0.remove(&thread)).flatten().map(|(_, call)| call)
    }

    /// Whether what is entered with this stack pointer is called by a function of the allocator.
    pub fn is_within(&self, thread: ThreadNo, sp: VirtAddr) -> bool {
        self.0.get(&thread).is_some_and(|(outer, _)| *outer > sp)
    }

    /// The thread has ended, and what it had called will not return.
    pub fn thread_ended(&mut self, thread: ThreadNo) {
        self.0.remove(&thread);
    }

    /// The address space was replaced.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: ThreadNo = ThreadNo(1);

    #[test]
    fn what_the_allocator_calls_is_not_the_programs_call() {
        let mut calls = OpenCalls::default();
        assert!(calls.entered(ONE, VirtAddr(100)));
        calls.open(ONE, VirtAddr(100), "outer");
        assert!(!calls.entered(ONE, VirtAddr(80)));
        assert!(calls.entered(ThreadNo(2), VirtAddr(80)), "another thread calls by itself");
        assert_eq!(calls.returned(ONE, VirtAddr(80)), None);
        assert_eq!(calls.returned(ONE, VirtAddr(100)), Some("outer"));
        assert_eq!(calls.returned(ONE, VirtAddr(100)), None);
    }

    #[test]
    fn a_call_that_was_left_by_unwinding_does_not_return() {
        let mut calls = OpenCalls::default();
        calls.open(ONE, VirtAddr(100), ());
        assert!(calls.entered(ONE, VirtAddr(100)), "a frame at the same place is another one");
        assert_eq!(calls.returned(ONE, VirtAddr(100)), None);
        calls.open(ONE, VirtAddr(100), ());
        calls.thread_ended(ONE);
        assert_eq!(calls.returned(ONE, VirtAddr(100)), None);
    }
}
