//! The threads of the process, under their numbers.

use std::collections::BTreeMap;

use super::news::News;
use crate::base::{ThreadNo, Tid, VirtAddr};

/// The most signals that can wait, nested, for a handler to return to a site.
const MAX_RETURNS: usize = 16;

/// The threads of the process, and the guests in its memory.
#[derive(Default)]
pub(super) struct Threads {
    own: BTreeMap<Tid, Thread>,
    guests: BTreeMap<Tid, Thread>,
    last: u32,
}

/// One thread.
#[derive(Default)]
pub(super) struct Thread {
    no: u32,
    /// What the debugger knows of its state.
    pub(super) state: State,
    /// Why it stands still, where nobody was told yet.
    pub(super) news: Option<News>,
    /// Which state of the watches its debug registers hold (see `watches.rs`).
    pub(super) watch_time: u64,
    /// Whether it waits in the kernel until the child of its vfork lets it go.
    waits_for_child: bool,
    returns: Vec<Return>,
}

/// What a thread is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum State {
    /// It runs, or has an event waiting to be seen.
    #[default]
    Running,
    /// It is stopped, and somebody holds its [`Stopped`](super::Stopped).
    Held,
    /// As `Held`, at a site that was told: its kernel program counter is there, or one byte behind.
    AtSite(VirtAddr),
    /// It is stopped and nobody holds it: it has news, which the next wait will tell.
    Queued,
}

/// A site that a signal handler will return to, whose instruction has been counted already.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Return {
    site: VirtAddr,
    sp: VirtAddr,
}

impl Threads {
    /// Numbers a new thread.
    pub(super) fn add(&mut self, tid: Tid) -> ThreadNo {
        self.last = self.last.saturating_add(1);
        self.own.insert(tid, Thread { no: self.last, ..Thread::default() });
        ThreadNo(self.last)
    }

    /// The threads of a forked child: the one that forked, under the number that it had.
    pub(super) fn of_fork(parents: &Threads, parent: Tid, child: Tid) -> Threads {
        let forked = parents.own.get(&parent);
        let no = forked.map_or(1, |thread| thread.no);
        let returns = forked.map(|thread| thread.returns.clone()).unwrap_or_default();
        let thread = Thread { no, returns, ..Thread::default() };
        Threads { own: BTreeMap::from([(child, thread)]), last: parents.last, ..Threads::default() }
    }

    /// Takes in a process that shares this one's memory: the child of a vfork.
    pub(super) fn add_guest(&mut self, tid: Tid) {
        self.guests.insert(tid, Thread::default());
    }

    pub(super) fn no(&self, tid: Tid) -> Option<ThreadNo> {
        self.own.get(&tid).map(|thread| ThreadNo(thread.no))
    }

    pub(super) fn is_guest(&self, tid: Tid) -> bool {
        self.guests.contains_key(&tid)
    }

    pub(super) fn get_mut(&mut self, tid: Tid) -> Option<&mut Thread> {
        self.own.get_mut(&tid).or_else(|| self.guests.get_mut(&tid))
    }

    pub(super) fn set_state(&mut self, tid: Tid, state: State) {
        if let Some(thread) = self.get_mut(tid) {
            thread.state = state;
        }
    }

    /// What one of the process's own threads is doing.
    pub(super) fn state(&self, tid: Tid) -> Option<State> {
        self.own.get(&tid).map(|thread| thread.state)
    }

    /// Whether a thread stands still for a reason that was not told.
    pub(super) fn has_news(&self, tid: Tid) -> bool {
        self.own.get(&tid).is_some_and(|thread| thread.news.is_some())
    }

    /// Whether a thread cannot be stopped before its vforked child goes its own way.
    pub(super) fn waits_for_child(&self, tid: Tid) -> bool {
        self.own.get(&tid).is_some_and(|thread| thread.waits_for_child)
    }

    pub(super) fn set_waits_for_child(&mut self, tid: Tid, waits: bool) {
        if let Some(thread) = self.get_mut(tid) {
            thread.waits_for_child = waits;
        }
    }

    /// Forgets a thread or guest that is gone.
    pub(super) fn remove(&mut self, tid: Tid) -> Option<ThreadNo> {
        self.guests.remove(&tid);
        self.own.remove(&tid).map(|thread| ThreadNo(thread.no))
    }

    /// After an exec: the thread `former` is the only one left, under the process's id.
    pub(super) fn keep_only(&mut self, former: Tid, process: Tid) -> ThreadNo {
        let kept = self.own.get(&former).or_else(|| self.own.get(&process));
        let no = kept.map_or(1, |thread| thread.no);
        self.own.clear();
        self.own.insert(process, Thread { no, ..Thread::default() });
        ThreadNo(no)
    }

    /// The process's own threads, by id, with their states.
    pub(super) fn own(&self) -> impl Iterator<Item = (Tid, ThreadNo, State)> + '_ {
        self.own.iter().map(|(tid, thread)| (*tid, ThreadNo(thread.no), thread.state))
    }

    /// The guests, by id.
    pub(super) fn guests(&self) -> impl Iterator<Item = Tid> + '_ {
        self.guests.keys().copied()
    }

    /// Whether any thread runs, so that there is something to wait for.
    pub(super) fn any_runs(&self) -> bool {
        let mut all = self.own.values().chain(self.guests.values());
        all.any(|thread| thread.state == State::Running)
    }

    /// How many threads the process has.
    pub(super) fn count(&self) -> usize {
        self.own.len()
    }
}

impl Thread {
    /// Remembers that a signal is delivered while the thread stands at a site that was reported.
    pub(super) fn will_return_to(&mut self, site: VirtAddr, sp: VirtAddr) {
        if self.returns.len() >= MAX_RETURNS {
            // Handlers that jump away never return; the oldest of them is the one to forget.
            self.returns.remove(0);
        }
        self.returns.push(Return { site, sp });
    }

    /// Whether this hit of a site is such a return, which ends it.
    pub(super) fn returns_to(&mut self, site: VirtAddr, sp: VirtAddr) -> bool {
        match self.returns.iter().rposition(|r| *r == Return { site, sp }) {
            Some(index) => {
                self.returns.truncate(index);
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_the_order_of_appearance_and_are_not_given_again() {
        let mut threads = Threads::default();
        assert_eq!(threads.add(Tid(70)), ThreadNo(1));
        assert_eq!(threads.add(Tid(50)), ThreadNo(2));
        assert_eq!(threads.remove(Tid(50)), Some(ThreadNo(2)));
        assert_eq!(threads.add(Tid(50)), ThreadNo(3));
        assert_eq!(threads.count(), 2);
    }

    #[test]
    fn a_thread_that_execs_keeps_its_number_under_the_process_id() {
        let mut threads = Threads::default();
        threads.add(Tid(70));
        threads.add(Tid(71));
        assert_eq!(threads.keep_only(Tid(71), Tid(70)), ThreadNo(2));
        assert_eq!(threads.no(Tid(70)), Some(ThreadNo(2)));
        assert_eq!(threads.no(Tid(71)), None);
    }

    #[test]
    fn a_handler_returns_to_a_site_once_and_at_the_same_stack_only() {
        let mut thread = Thread::default();
        let (site, sp) = (VirtAddr(0x1000), VirtAddr(0x7000));
        thread.will_return_to(site, sp);
        assert!(!thread.returns_to(site, VirtAddr(0x6000)));
        assert!(thread.returns_to(site, sp));
        assert!(!thread.returns_to(site, sp));
        (0..100).for_each(|n| thread.will_return_to(VirtAddr(n), sp));
        assert_eq!(thread.returns.len(), MAX_RETURNS);
    }
}
