//! A run of a program that is over, to be asked.

use std::collections::{HashMap, HashSet};

use super::blocks::Blocks;
use super::drops::Drops;
use super::history::name_fits;
use super::marks::MARK;
use crate::base::{
    BlockId, Event, EventKind, ExitStatus, FrameView, Keeper, Seq, SlotKind, ThreadNo,
};
use crate::track::{Moment, Stories, Story};

/// A run of a program, from its start to its end.
///
/// What is not in the events of the run is not in here: moves are inferred, the rest was observed.
#[derive(Clone, Debug)]
pub struct Recording {
    pub(super) events: Vec<Event>,
    pub(super) stories: Stories,
    pub(super) status: ExitStatus,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
}

/// A moment that the program is known to reach, named from outside or by a mark in its code.
///
/// Calls of functions are seen where the program was told to be followed into them:
/// [`Program::follow`](super::Program::follow).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Point {
    /// The function, named by the end of its path, is entered for the first time.
    Entry(String),
    /// It returns, or is left by unwinding, for the last time.
    Exit(String),
    /// [`mark`](super::mark) is called with this name, for the first time.
    Mark(String),
}

/// What happened between two points of a run: in the thread that was at the first of them, and in
/// the threads that began in between.
#[derive(Clone, Debug)]
pub struct Part<'a> {
    recording: &'a Recording,
    from: Seq,
    to: Seq,
    thread: Option<ThreadNo>,
}

impl Recording {
    /// How the program ended.
    pub fn status(&self) -> ExitStatus {
        self.status
    }

    /// What it wrote to its standard output; what is no UTF-8 is replaced.
    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// What it wrote to its standard error; what is no UTF-8 is replaced.
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// All events, in their order.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// All blocks, std's own among them.
    pub fn blocks(&self) -> Blocks<'_> {
        self.whole().blocks()
    }

    /// All values that were dropped: those of the user's types, and those of std that the user's
    /// code drops.
    pub fn drops(&self) -> Drops<'_> {
        Drops::of(self.events.iter())
    }

    /// The block of an ordinal.
    pub fn block(&self, id: BlockId) -> Option<&Story> {
        self.stories.of(id)
    }

    /// The most bytes of heap that were alive at one time.
    pub fn peak_heap(&self) -> u64 {
        self.whole().peak_heap()
    }

    /// The most bytes of these blocks that were alive at one time.
    pub(in crate::front) fn peak_of(&self, blocks: &HashSet<BlockId>) -> u64 {
        let mut sizes: HashMap<BlockId, u64> = HashMap::new();
        let (mut now, mut peak) = (0_u64, 0_u64);
        for event in &self.events {
            match &event.kind {
                EventKind::Alloc { block, size, .. } if blocks.contains(block) => {
                    sizes.insert(*block, *size);
                    now = now.saturating_add(*size);
                }
                EventKind::Realloc { block, size, .. } => {
                    if let Some(old) = sizes.get_mut(block) {
                        now = now.saturating_sub(*old).saturating_add(*size);
                        *old = *size;
                    }
                }
                EventKind::Free { block, .. } => {
                    now = now.saturating_sub(sizes.remove(block).unwrap_or(0));
                }
                _ => {}
            }
            peak = peak.max(now);
        }
        peak
    }

    /// Asserts that the program ended with exit code 0.
    ///
    /// # Panics
    /// Where it did not, with what it wrote to its standard error.
    #[track_caller]
    pub fn assert_success(&self) {
        let told = self.stderr();
        assert!(
            self.status == ExitStatus::Code(0),
            "the program ended with {:?}\n{told}",
            self.status
        );
    }

    /// Asserts that no block is lost at the end: each was freed, or a static, a thread-local variable
    /// or a stack leads to it.
    ///
    /// # Panics
    /// Where some are lost, with their history; and where that is not known, because the program was
    /// killed.
    #[track_caller]
    pub fn assert_no_leaks(&self) {
        self.whole().assert_no_leaks();
    }

    /// What keeps the blocks that are alive at the end; none where it was not searched.
    fn keepers(&self) -> Option<HashMap<BlockId, &Keeper>> {
        let alive = self.events.iter().rev().find_map(|event| match &event.kind {
            EventKind::Exit { alive, .. } => Some(alive),
            _ => None,
        })?;
        alive.iter().map(|block| Some((block.block, block.keeper.as_ref()?))).collect()
    }

    /// What happened between two points.
    ///
    /// # Panics
    /// Where the program did not reach one of them, or the second not after the first.
    #[track_caller]
    pub fn between(&self, from: Point, to: Point) -> Part<'_> {
        let find = |point: &Point| match self.find(point) {
            Some(event) => event,
            None => panic!("the program did not reach {point}; {}", self.reached()),
        };
        let (first, last) = (find(&from), find(&to));
        assert!(first.seq <= last.seq, "{to} comes before {from}");
        Part { recording: self, from: first.seq, to: last.seq, thread: Some(first.thread) }
    }

    /// Whether a mark was passed.
    pub(super) fn find_mark(&self, name: &str) -> bool {
        self.find(&Point::Mark(name.to_owned())).is_some()
    }

    fn whole(&self) -> Part<'_> {
        Part { recording: self, from: Seq(0), to: Seq(u64::MAX), thread: None }
    }

    fn find(&self, point: &Point) -> Option<&Event> {
        let mut events = self.events.iter();
        match point {
            Point::Exit(_) => events.rfind(|event| point.is(event)),
            _ => events.find(|event| point.is(event)),
        }
    }

    /// What there is to name, for who named something else.
    fn reached(&self) -> String {
        let entered = self.events.iter().filter_map(|event| match &event.kind {
            EventKind::Enter { frame, .. } => Some(frame.at.function.as_str()),
            _ => None,
        });
        let mut names: Vec<_> = entered.collect();
        names.sort_unstable();
        names.dedup();
        match names.as_slice() {
            [] => "no function was followed (Program::follow says which)".to_owned(),
            some => format!("it entered {}", some.join(", ")),
        }
    }
}

impl<'a> Part<'a> {
    /// The blocks that were allocated in it.
    pub fn blocks(&self) -> Blocks<'a> {
        let all = self.recording.stories.in_order().into_iter();
        Blocks::new(all.filter(|story| self.has(&story.allocated)).collect())
    }

    /// The values that were dropped in it.
    pub fn drops(&self) -> Drops<'a> {
        Drops::of(self.recording.events.iter().filter(|event| self.covers(event.seq, event.thread)))
    }

    /// The most bytes that were alive at one time beyond those at its beginning.
    pub fn peak_heap(&self) -> u64 {
        let within = |event: &&Event| self.from <= event.seq && event.seq <= self.to;
        let bytes = self.recording.events.iter().filter(within).filter_map(|e| e.heap_bytes);
        let before = self.recording.events.iter().filter(|event| event.seq <= self.from);
        let base = before.filter_map(|event| event.heap_bytes).next_back().unwrap_or(0);
        bytes.max().unwrap_or(0).saturating_sub(base)
    }

    /// Asserts that nothing was allocated or reallocated in it.
    ///
    /// # Panics
    /// Where something was, with its history.
    #[track_caller]
    pub fn assert_no_allocation(&self) {
        let grown = |block: &Story| block.resized.iter().any(|resized| self.has(&resized.moment));
        let all = self.recording.stories.in_order().into_iter();
        let list: Vec<_> = all.filter(|b| self.has(&b.allocated) || grown(b)).collect();
        Blocks::new(list).that("allocated or resized in between", |_| true).assert_none();
    }

    /// Asserts that no block that was allocated in it is lost at the end of the program.
    ///
    /// # Panics
    /// As [`Recording::assert_no_leaks`].
    #[track_caller]
    pub fn assert_no_leaks(&self) {
        let Some(keepers) = self.recording.keepers() else {
            panic!(
                "what keeps the blocks was not searched: the program ended by {:?}",
                self.recording.status
            );
        };
        let lost = |block: &Story| keepers.get(&block.id).is_some_and(|keeper| keeper.is_lost());
        self.blocks().that("lost at the end", lost).assert_none();
    }

    fn has(&self, moment: &Moment) -> bool {
        self.covers(moment.seq, moment.thread)
    }

    fn covers(&self, seq: Seq, thread: ThreadNo) -> bool {
        let when = self.from <= seq && seq <= self.to;
        let ours = self.thread.is_none_or(|ours| ours == thread);
        when && (ours || self.began_within(thread))
    }

    fn began_within(&self, thread: ThreadNo) -> bool {
        self.recording.events.iter().any(|event| {
            event.kind == EventKind::ThreadStart
                && event.thread == thread
                && self.from <= event.seq
                && event.seq <= self.to
        })
    }
}

impl Point {
    fn is(&self, event: &Event) -> bool {
        match (self, &event.kind) {
            (Point::Entry(name), EventKind::Enter { frame, .. }) => {
                name_fits(&frame.at.function, name)
            }
            (Point::Exit(name), EventKind::Return { function, .. }) => name_fits(function, name),
            (Point::Mark(name), EventKind::Enter { frame, .. }) => {
                frame.at.function.ends_with(MARK) && text_argument(frame) == Some(name)
            }
            _ => false,
        }
    }
}

impl std::fmt::Display for Point {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Point::Entry(name) => write!(f, "the entry of `{name}`"),
            Point::Exit(name) => write!(f, "the end of `{name}`"),
            Point::Mark(name) => write!(f, "the mark \"{name}\""),
        }
    }
}

fn text_argument(frame: &FrameView) -> Option<&str> {
    let parameter = frame.slots.iter().find(|slot| slot.kind == SlotKind::Parameter)?;
    parameter.value.as_ref()?.data.value.as_deref()
}
