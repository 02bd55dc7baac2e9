//! Which events are shown one by one, and which are only counted.
//!
//! A loop that calls a function ten thousand times is legible as three calls and a count. The
//! decision is made before the frames are read, so that what is only counted costs next to nothing.

use std::collections::HashMap;
use std::hash::Hash;

use crate::base::{EventKind, RepeatedCalls, ThreadNo};

/// Decides and counts.
#[derive(Debug)]
pub struct Folding {
    /// None where everything is shown.
    limits: Option<Limits>,
    /// Whether what happens to blocks is shown whatever the limits are.
    whole_blocks: bool,
    threads: HashMap<ThreadNo, Vec<Level>>,
    shown_calls: HashMap<usize, u32>,
    shown_lines: HashMap<(Folded, usize), u32>,
    counted: Counted,
}

#[derive(Clone, Copy, Debug)]
struct Limits {
    /// Calls of one function, or allocations of one line, within one call of their caller.
    within_a_call: u32,
    /// Activations of one function on one stack.
    recursion: u32,
    /// In the whole run.
    in_all: u32,
}

/// One call on a thread's stack.
#[derive(Debug)]
struct Level {
    function: Option<usize>,
    shown: bool,
    calls: HashMap<usize, u32>,
    lines: HashMap<(Folded, usize), u32>,
}

/// What kind of event of the ledger is folded.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Folded {
    /// An allocation.
    Alloc,
    /// A reallocation.
    Realloc,
    /// A free.
    Free,
}

#[derive(Debug, Default)]
struct Counted {
    calls: Vec<CountedCalls>,
    allocs: u64,
    reallocs: u64,
    frees: u64,
}

/// Calls of functions of one kin.
#[derive(Debug)]
struct CountedCalls {
    kin: usize,
    function: usize,
    /// Whether others of the kin were called too.
    several: bool,
    calls: u64,
}

impl Folding {
    /// Shows a few of each, and counts the others.
    pub fn few() -> Folding {
        Folding::new(Some(Limits { within_a_call: 3, recursion: 6, in_all: 24 }))
    }

    /// Shows a few calls of each function and counts the others, and shows everything that happens
    /// to blocks.
    pub fn of_calls() -> Folding {
        Folding { whole_blocks: true, ..Folding::few() }
    }

    /// Shows everything.
    pub fn full() -> Folding {
        Folding::new(None)
    }

    fn new(limits: Option<Limits>) -> Folding {
        Folding {
            limits,
            whole_blocks: false,
            threads: HashMap::new(),
            shown_calls: HashMap::new(),
            shown_lines: HashMap::new(),
            counted: Counted::default(),
        }
    }

    /// A function is entered; whether to show it. `function` is any number that stands for it,
    /// and `kin` one for it and all that a reader takes for the same: other instances of a generic
    /// function, other implementations of a trait's method. They share what is shown in all.
    pub fn enter(&mut self, thread: ThreadNo, function: usize, kin: usize) -> bool {
        let Some(limits) = self.limits else { return true };
        let levels = self.threads.entry(thread).or_insert_with(|| vec![Level::outermost()]);
        let active = levels.iter().filter(|level| level.function == Some(function)).count();
        let recursion = active >= limits.recursion as usize;
        let within = levels.last_mut().map_or(1, |level| count(&mut level.calls, function));
        let visible = levels.last().is_none_or(|level| level.shown);
        let in_all = self.shown_calls.get(&kin).copied().unwrap_or(0);
        let shown =
            visible && !recursion && within <= limits.within_a_call && in_all < limits.in_all;
        levels.push(Level { function: Some(function), shown, ..Level::outermost() });
        if shown {
            count(&mut self.shown_calls, kin);
        } else {
            self.counted.call(function, kin);
        }
        shown
    }

    /// The innermost function of the thread is left; whether its entry was shown.
    pub fn leave(&mut self, thread: ThreadNo) -> bool {
        if self.limits.is_none() {
            return true;
        }
        let Some(levels) = self.threads.get_mut(&thread) else { return true };
        if levels.len() < 2 {
            return true;
        }
        levels.pop().is_none_or(|level| level.shown)
    }

    /// Something happened to a block; whether to show it. `line` stands for the user's line.
    pub fn block(&mut self, thread: ThreadNo, kind: Folded, line: usize) -> bool {
        let Some(limits) = self.limits.filter(|_| !self.whole_blocks) else { return true };
        let levels = self.threads.entry(thread).or_insert_with(|| vec![Level::outermost()]);
        let key = (kind, line);
        let shown = levels.last_mut().is_none_or(|level| {
            level.shown && count(&mut level.lines, key) <= limits.within_a_call
        }) && self.shown_lines.get(&key).copied().unwrap_or(0) < limits.in_all;
        if shown {
            count(&mut self.shown_lines, key);
        } else {
            match kind {
                Folded::Alloc => self.counted.allocs += 1,
                Folded::Realloc => self.counted.reallocs += 1,
                Folded::Free => self.counted.frees += 1,
            }
        }
        shown
    }

    /// The thread ended.
    pub fn forget(&mut self, thread: ThreadNo) {
        self.threads.remove(&thread);
    }

    /// What was counted since the last time, as an event to show before the next one. `name` names
    /// a function, or, where it is asked for by `true`, what the function has in common with its
    /// kin.
    pub fn take(&mut self, name: impl Fn(usize, bool) -> String) -> Option<EventKind> {
        let Counted { calls, allocs, reallocs, frees } = std::mem::take(&mut self.counted);
        if calls.is_empty() && allocs + reallocs + frees == 0 {
            return None;
        }
        let calls = calls
            .into_iter()
            .map(|c| RepeatedCalls { function: name(c.function, c.several), calls: c.calls })
            .collect();
        Some(EventKind::Repeated { calls, allocs, reallocs, frees })
    }
}

impl Level {
    fn outermost() -> Level {
        Level { function: None, shown: true, calls: HashMap::new(), lines: HashMap::new() }
    }
}

impl Counted {
    fn call(&mut self, function: usize, kin: usize) {
        match self.calls.iter_mut().find(|known| known.kin == kin) {
            Some(known) => {
                known.calls += 1;
                known.several |= known.function != function;
            }
            None => self.calls.push(CountedCalls { kin, function, several: false, calls: 1 }),
        }
    }
}

fn count<K: Hash + Eq>(counts: &mut HashMap<K, u32>, key: K) -> u32 {
    let n = counts.entry(key).or_default();
    *n = n.saturating_add(1);
    *n
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: ThreadNo = ThreadNo(1);

    fn call(folding: &mut Folding, function: usize) -> bool {
        let shown = folding.enter(T, function, function);
        assert_eq!(folding.leave(T), shown);
        shown
    }

    #[test]
    fn three_calls_of_a_loop_are_shown_and_the_others_counted() {
        let mut folding = Folding::few();
        assert!(folding.enter(T, 1, 1));
        let shown = (0..10_000).filter(|_| call(&mut folding, 2)).count();
        assert_eq!(shown, 3);
        let repeated = RepeatedCalls { function: "f2".into(), calls: 9_997 };
        let event = folding.take(|n, _| format!("f{n}"));
        let expected =
            EventKind::Repeated { calls: vec![repeated], allocs: 0, reallocs: 0, frees: 0 };
        assert_eq!(event, Some(expected));
        assert_eq!(folding.take(|n, _| format!("f{n}")), None);
    }

    #[test]
    fn what_happens_inside_a_counted_call_is_counted_too() {
        let mut folding = Folding::few();
        for _ in 0..3 {
            assert!(call(&mut folding, 2));
        }
        assert!(!folding.enter(T, 2, 2));
        assert!(!folding.enter(T, 3, 3));
        assert!(!folding.block(T, Folded::Alloc, 9));
        folding.leave(T);
        folding.leave(T);
        let Some(EventKind::Repeated { calls, allocs, .. }) = folding.take(|n, _| n.to_string())
        else {
            panic!("nothing was counted")
        };
        assert_eq!((calls.len(), allocs), (2, 1));
        assert!(folding.block(T, Folded::Alloc, 9), "outside again");
    }

    #[test]
    fn deep_recursion_is_counted() {
        let mut folding = Folding::few();
        let shown = (0..1_000).filter(|_| folding.enter(T, 1, 1)).count();
        assert_eq!(shown, 6);
    }

    #[test]
    fn a_busy_function_is_counted_wherever_it_is_called_from() {
        let mut folding = Folding::few();
        let mut shown = 0;
        for caller in 0..1_000 {
            folding.enter(T, 100 + caller, 100 + caller);
            shown += usize::from(call(&mut folding, 1));
            folding.leave(T);
        }
        assert_eq!(shown, 24);
    }

    #[test]
    fn a_hundred_implementations_of_a_method_are_shown_as_one_busy_function() {
        let mut folding = Folding::few();
        let one_call = |function: usize| {
            let shown = folding.enter(T, function, 500);
            folding.leave(T);
            shown
        };
        assert_eq!((0..100).map(one_call).filter(|shown| *shown).count(), 24);
        let named = |_, several| if several { "Trait::method" } else { "f" }.to_owned();
        let Some(EventKind::Repeated { calls, .. }) = folding.take(named) else {
            panic!("nothing was counted")
        };
        assert_eq!(calls, [RepeatedCalls { function: "Trait::method".into(), calls: 76 }]);
    }

    #[test]
    fn in_full_everything_is_shown() {
        let mut folding = Folding::full();
        assert!((0..100).all(|_| call(&mut folding, 1) && folding.block(T, Folded::Free, 1)));
        assert_eq!(folding.take(|n, _| n.to_string()), None);
    }
}
