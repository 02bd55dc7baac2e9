//! What a session remembers of each thread: the calls of chosen functions that are open.

use std::collections::HashMap;

use crate::base::{ThreadNo, VirtAddr};

/// A call of a chosen function that has not ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Activation {
    /// The function, as an index into the session's table.
    pub function: usize,
    /// The canonical frame address of its frame.
    pub cfa: VirtAddr,
    /// Bytes of its frame when it was entered.
    pub frame_bytes: u64,
    /// Whether its entry was shown.
    pub shown: bool,
}

/// One thread.
#[derive(Debug, Default)]
pub(super) struct ThreadState {
    /// Open calls, outermost first.
    pub open: Vec<Activation>,
    /// The canonical frame address of its outermost frame, where it was reached.
    pub top: Option<VirtAddr>,
    /// The stack pointer at its last stop.
    pub sp: VirtAddr,
    /// The function that was left last, where it stands at the exit still or has gone on, and the
    /// canonical frame address of that call.
    pub left: Option<(usize, VirtAddr)>,
}

/// All threads of the program.
#[derive(Debug, Default)]
pub(super) struct Threads(HashMap<ThreadNo, ThreadState>);

impl Threads {
    /// The state of a thread, begun where it is new.
    pub fn of(&mut self, thread: ThreadNo) -> &mut ThreadState {
        self.0.entry(thread).or_default()
    }

    /// The thread ended.
    pub fn remove(&mut self, thread: ThreadNo) {
        self.0.remove(&thread);
    }

    /// All but one of them are of another process now.
    pub fn keep_only(&mut self, thread: ThreadNo) {
        self.0.retain(|known, _| *known == thread);
    }

    /// The address space was replaced.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Calls are no longer followed.
    pub fn forget_calls(&mut self) {
        self.0.values_mut().for_each(|thread| thread.open.clear());
    }

    /// Whether an address lies in the part of some thread's stack that is in use, which a function
    /// that calls no other may extend below the stack pointer (psABI, section 3.2.2).
    pub fn on_a_stack(&self, at: VirtAddr) -> bool {
        let low = |t: &ThreadState| below_red_zone(t.sp);
        self.0.values().any(|t| t.top.is_some_and(|top| low(t) <= at && at < top))
    }

    /// The stack pointer of the only thread that there has been, as it was when it stood still last.
    pub fn only_stack_pointer(&self) -> Option<VirtAddr> {
        let mut states = self.0.values();
        let first = states.next().filter(|state| state.top.is_some())?;
        states.next().is_none().then_some(first.sp)
    }
}

/// The end of what a function may use of its stack, which can lie below its stack pointer (psABI,
/// section 3.2.2).
pub(super) fn below_red_zone(sp: VirtAddr) -> VirtAddr {
    const RED_ZONE: u64 = 128;
    VirtAddr(sp.0.saturating_sub(RED_ZONE))
}

impl ThreadState {
    /// Takes out the calls whose frames lay below an address where there is a frame now, each with
    /// its depth; innermost first. A call on another stack goes on: `same_stack` tells those of this
    /// one by their canonical frame addresses.
    pub fn take_gone(
        &mut self,
        bound: VirtAddr,
        same_stack: impl Fn(VirtAddr) -> bool,
    ) -> Vec<(Activation, usize)> {
        let lower = self.open.iter().rev().take_while(|call| call.cfa < bound).count();
        let mut gone = Vec::new();
        for depth in (self.open.len() - lower..self.open.len()).rev() {
            if self.open.get(depth).is_some_and(|call| same_stack(call.cfa)) {
                gone.push((self.open.remove(depth), depth));
            }
        }
        gone
    }

    /// Whether a call of this function with this frame is open already: a jump back to its entry, or
    /// a call that was unwound and is made again.
    pub fn is_open(&self, function: usize, cfa: VirtAddr) -> bool {
        self.open.last().is_some_and(|call| call.function == function && call.cfa == cfa)
    }

    /// A call of a function begins.
    pub fn enters(&mut self, call: Activation) {
        self.left = None;
        self.open.push(call);
    }

    /// Takes out the call of a function whose frame is this one.
    pub fn take_returning(&mut self, function: usize, cfa: VirtAddr) -> Option<Activation> {
        let its = |call: &Activation| call.function == function && call.cfa == cfa;
        // Calls on other stacks can have begun since and not ended.
        let index = self.open.iter().rposition(its)?;
        self.left = Some((function, cfa));
        Some(self.open.remove(index))
    }

    /// Whether the entry of the call of a function that stands here with this stack pointer has been
    /// seen. One whose first instruction is its `ret` is over as soon as it is entered.
    pub fn has_seen_entry(&self, function: usize, sp: VirtAddr) -> bool {
        let open = self.open.last().is_some_and(|c| c.function == function && c.cfa > sp);
        open || self.left == Some((function, sp + 8))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(function: usize, cfa: u64) -> Activation {
        Activation { function, cfa: VirtAddr(cfa), frame_bytes: 8, shown: true }
    }

    #[test]
    fn frames_below_the_innermost_are_gone() {
        let mut thread = ThreadState {
            open: vec![call(1, 300), call(2, 200), call(3, 100)],
            ..Default::default()
        };
        assert_eq!(thread.take_gone(VirtAddr(200), |_| true), [(call(3, 100), 2)]);
        assert_eq!(thread.open.len(), 2);
    }

    #[test]
    fn frames_on_another_stack_are_not_gone() {
        let open = vec![call(1, 300), call(2, 20), call(3, 180)];
        let mut thread = ThreadState { open, ..Default::default() };
        let gone = thread.take_gone(VirtAddr(200), |cfa| cfa.0 >= 100);
        assert_eq!(gone, [(call(3, 180), 2)]);
        assert_eq!(thread.open, [call(1, 300), call(2, 20)]);
        assert_eq!(thread.take_returning(1, VirtAddr(300)), Some(call(1, 300)));
        assert_eq!(thread.open, [call(2, 20)]);
    }

    #[test]
    fn only_the_call_of_that_frame_returns() {
        let mut thread =
            ThreadState { open: vec![call(1, 300), call(1, 200)], ..Default::default() };
        assert!(thread.is_open(1, VirtAddr(200)) && !thread.is_open(1, VirtAddr(300)));
        assert_eq!(thread.take_returning(1, VirtAddr(250)), None);
        assert_eq!(thread.take_returning(2, VirtAddr(200)), None);
        assert_eq!(thread.take_returning(1, VirtAddr(200)), Some(call(1, 200)));
    }

    #[test]
    fn a_call_that_is_over_at_its_first_instruction_was_entered() {
        let mut thread = ThreadState::default();
        thread.enters(call(1, 200));
        assert!(
            thread.has_seen_entry(1, VirtAddr(192)) && !thread.has_seen_entry(2, VirtAddr(192))
        );
        thread.take_returning(1, VirtAddr(200));
        assert!(
            thread.has_seen_entry(1, VirtAddr(192)) && !thread.has_seen_entry(1, VirtAddr(184))
        );
        thread.enters(call(2, 184));
        assert!(!thread.has_seen_entry(1, VirtAddr(192)));
    }

    #[test]
    fn an_address_is_on_a_stack_between_the_stack_pointer_and_the_outermost_frame() {
        let mut threads = Threads::default();
        *threads.of(ThreadNo(1)) =
            ThreadState { top: Some(VirtAddr(3000)), sp: VirtAddr(1000), ..Default::default() };
        assert!(threads.on_a_stack(VirtAddr(1000)) && threads.on_a_stack(VirtAddr(2999)));
        assert!(threads.on_a_stack(VirtAddr(872)), "in the red zone");
        assert!(!threads.on_a_stack(VirtAddr(3000)) && !threads.on_a_stack(VirtAddr(871)));
    }
}
