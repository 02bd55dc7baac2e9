//! What a watched place belongs to, and noticing that it is gone: its bytes are something else then.

use super::breakpoints::{BreakpointId, Target};
use super::halt::Halt;
use super::run::Run;
use crate::base::{BlockId, FileAddr, ThreadNo, VirtAddr};
use crate::inferior::Stopped;

/// How many frames are looked through for the one that a variable lies in.
const FRAMES: usize = 20_000;

/// What a watched place belongs to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Home {
    /// Nothing that ends before the process does.
    Nowhere,
    /// A variable of a frame.
    Frame {
        /// The thread.
        thread: ThreadNo,
        /// The canonical frame address.
        cfa: VirtAddr,
        /// Where the function begins, in its file.
        function: Option<FileAddr>,
        /// Where the frame returns to; none for the outermost.
        returns_to: Option<VirtAddr>,
        /// The die of the variable, where there is one at the place.
        variable: Option<usize>,
    },
    /// A block of the heap.
    Block(BlockId),
}

/// A watchpoint that has ended.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct WatchEnd {
    /// The watchpoint; it is deleted.
    pub id: BreakpointId,
    /// The expression, as it was written.
    pub expression: String,
    /// Why, in a sentence without full stop.
    pub why: String,
}

impl Home {
    /// Where the frame that it belongs to will return to.
    pub fn returns_to(&self) -> Option<VirtAddr> {
        match self {
            Home::Frame { returns_to, .. } => *returns_to,
            Home::Nowhere | Home::Block(_) => None,
        }
    }

    /// The canonical frame address of its frame, where that is of this thread.
    pub fn frame_of(&self, no: ThreadNo) -> Option<VirtAddr> {
        match self {
            Home::Frame { thread, cfa, .. } if *thread == no => Some(*cfa),
            _ => None,
        }
    }
}

impl Run {
    /// A thread stands where the frame of a watched variable was to return to. Another call of the
    /// function, further in, can return to the same place.
    pub(super) fn watch_may_end(&mut self, thread: &Stopped, id: BreakpointId) {
        let live = self.stops.watches.iter().find(|live| live.id == id);
        let cfa = live.and_then(|live| live.home.frame_of(thread.no()));
        if cfa.is_some_and(|cfa| thread.registers().sp() >= cfa) {
            self.watch_ends(id, "its function has returned");
        }
    }

    /// A thread has ended, with all of its frames.
    pub(super) fn thread_of_watches_ended(&mut self, no: ThreadNo) {
        let live = self.stops.watches.iter().filter(|live| live.home.frame_of(no).is_some());
        for id in live.map(|live| live.id).collect::<Vec<_>>() {
            self.watch_ends(id, "its thread has ended");
        }
        self.note_ended_watches();
    }

    /// Finds out whether what a watched place belonged to is gone, when the place is touched.
    pub(super) fn find_watch_end(&mut self, thread: &Stopped, id: BreakpointId) -> bool {
        let live = self.stops.watches.iter().find(|live| live.id == id);
        let why = live.map(|live| (live.home.clone(), live.at)).and_then(|(home, at)| match home {
            Home::Nowhere => None,
            Home::Block(block) => {
                let now = self.ledger_in_use()?.block_at(at).map(|(now, _)| now.id);
                (now != Some(block)).then(|| format!("the block {block} that it lay in was freed"))
            }
            Home::Frame { thread: owner, .. } if owner != thread.no() => None,
            Home::Frame { cfa, function, variable, .. } => {
                self.frame_end(thread, cfa, function, variable).map(str::to_owned)
            }
        });
        if let Some(why) = &why {
            self.watch_ends(id, why);
        }
        why.is_some()
    }

    /// Why a variable of a frame is no longer there; nothing where it is.
    pub(super) fn frame_end(
        &self,
        thread: &Stopped,
        cfa: VirtAddr,
        function: Option<FileAddr>,
        variable: Option<usize>,
    ) -> Option<&'static str> {
        const GONE: Option<&str> = Some("its function was left");
        if thread.registers().sp() >= cfa {
            return GONE;
        }
        let (frames, cut) = self.unwind(thread, FRAMES);
        let Some(index) = frames.iter().position(|frame| frame.cfa == Some(cfa)) else {
            // Where the stack cannot be followed, nothing is known of the frame.
            return if cut.is_none() { GONE } else { None };
        };
        let frame = frames.get(index)?;
        let loaded = frame.loaded.as_ref()?;
        // The instruction that did it lies before the pc of the innermost frame.
        let lookup = if index == 0 { frame.lookup.offset(-1) } else { frame.lookup };
        let at = loaded.bias.to_file(lookup);
        let now = loaded.image.symbols().at(at).map(|symbol| symbol.range.start);
        if function.is_some() && now != function {
            return GONE;
        }
        let described = loaded.image.function_at(at)?;
        let visible = described.visible_at(at);
        let seen = visible.iter().find(|seen| Some(seen.variable.die) == variable)?;
        (!seen.in_scope).then_some("its block has ended")
    }

    /// The process has ended: says which watchpoints end with it.
    pub(super) fn note_watches_without_process(&mut self) {
        let mut gone = Vec::new();
        self.stops.table.borrow_mut().list.retain(|breakpoint| match &breakpoint.target {
            target if target.ends_with_process() => {
                gone.push((breakpoint.id, target.clone()));
                false
            }
            _ => true,
        });
        for (id, of) in gone {
            let of = match of {
                Target::Watch(watched) => format!("Watchpoint {id} of {}", watched.expression),
                Target::Ownership(stop) => format!("Breakpoint {id}, {stop},"),
                _ => format!("Breakpoint {id}"),
            };
            let note = format!("{of} was deleted: the process has ended.");
            self.notes.push(note);
        }
    }

    /// Takes a watchpoint away whose place is gone.
    fn watch_ends(&mut self, id: BreakpointId, why: &str) {
        let live = self.stops.watches.iter().find(|live| live.id == id);
        let Some(expression) = live.map(|live| live.expression.clone()) else { return };
        self.end_watch(id);
        self.stops.table.borrow_mut().list.retain(|breakpoint| breakpoint.id != id);
        self.stops.ended.push(WatchEnd { id, expression, why: why.to_owned() });
    }

    /// The halt for watchpoints that have ended; none where none have.
    pub(super) fn watches_ended(&mut self, thread: ThreadNo) -> Option<Halt> {
        let ended = std::mem::take(&mut self.stops.ended);
        (!ended.is_empty()).then_some(Halt::WatchEnded { thread, ended })
    }

    /// Says which watchpoints have ended, where the program stops for something else, or does not
    /// stop.
    pub(super) fn note_ended_watches(&mut self) {
        for WatchEnd { id, expression, why } in std::mem::take(&mut self.stops.ended) {
            self.notes.push(format!("Watchpoint {id} of {expression} was deleted: {why}."));
        }
    }
}
