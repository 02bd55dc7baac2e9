//! What to run and what to look at.

use regex::Regex;

use crate::dwarf::{Origin, crate_of};
use crate::inferior::Launch;

/// What to run and what to look at.
#[derive(Debug)]
pub struct Options {
    /// The program.
    pub launch: Launch,
    /// Whether calls of functions are followed: each entry and return is an event.
    pub calls: bool,
    /// Which functions.
    pub selection: Selection,
    /// Where a function counts as entered.
    pub entry: EntryPoint,
    /// Whether to keep the ledger of blocks. Without it nothing of the heap is known, and a call of
    /// the allocator costs nothing.
    pub ledger: bool,
    /// Whether drops are followed: each is an event, and a stop.
    pub drops: bool,
    /// Whether to read the frames of all callers at each entry and return, or only the function's.
    pub whole_stack: bool,
    /// Whether pictures carry the values of slots, or only which blocks they hold, which is what a
    /// report of owners needs: it is spared the text of values, and the stack that a return leaves.
    pub values: bool,
    /// Whether loops are shown in full, or a few rounds and a count.
    pub full: bool,
    /// Whether the program stands still at a signal that would end it, or that a debugger's user
    /// wants to see.
    pub halt_on_signals: bool,
    /// Whether pictures find what borrows without a variable of its own, too: temporaries, references
    /// by which closures have captured, and what others lead to. Stops show it; it takes time.
    pub nameless_borrows: bool,
    /// Whether debugger and program share one core while the program has one thread, which makes a
    /// stop several times cheaper.
    pub pin: bool,
    /// Calls deeper than this many chosen functions are not shown.
    pub max_depth: Option<u32>,
}

/// Which functions to stop at.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Functions whose demangled path matches one of these.
    pub patterns: Vec<Regex>,
    /// Functions of these crates.
    pub crates: Vec<String>,
    /// All functions of the executable: std's and the dependencies' too.
    pub all: bool,
    /// Whether it is no error that there is none.
    pub may_be_none: bool,
}

/// Where a function counts as entered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum EntryPoint {
    /// Behind the prologue, where the line table says where that is: the frame is complete and the
    /// parameters lie where the debug information says.
    #[default]
    AfterPrologue,
    /// At the very first instruction: the frame holds the return address and nothing else.
    FirstInstruction,
}

impl Selection {
    /// Whether nothing was chosen, which means the user's own functions.
    pub fn is_default(&self) -> bool {
        self.patterns.is_empty() && self.crates.is_empty() && !self.all
    }

    /// Whether a function with this demangled path is meant. `origin` says whose it is; it is asked
    /// only where that decides.
    pub(super) fn means(&self, path: &str, origin: impl FnOnce() -> Origin) -> bool {
        if self.is_default() {
            return origin() == Origin::User;
        }
        let krate = crate_of(path);
        self.all
            || self.crates.iter().any(|wanted| wanted.replace('-', "_") == krate)
            || self.patterns.iter().any(|pattern| pattern.is_match(path))
    }
}
