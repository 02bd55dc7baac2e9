//! Plans: letting the program run to where a person wants it next.
//!
//! A plan steers one thread. It sends it over single instructions, or lets the whole program run to
//! sites of its own ([`Wait`]), and decides at each arrival how to go on. Nothing is stepped through
//! that will not be shown: a call that is not entered is run through to its return address, and a
//! panic that leaves the frame is met at the landing pad that the unwinder chooses.
//!
//! | file | what is there |
//! |---|---|
//! | `follow` | the loop: step or run, until the plan is over or something else stops the program |
//! | `waits` | the sites of a plan, and what it means to arrive at one |
//! | `ground` | the frame that is stepped in: its code, its rows, its inlined calls |
//! | `lines` | where a step by lines ends, as a function of the calls and lines at an address |
//! | `arrivals` | calls that are entered or run over, returns, jumps to other functions |
//! | `unwinding` | panics |
//! | `suspended` | async bodies, which go on when they are polled again |
//! | `others` | the other threads, which stand still during single instructions |
//! | `entries` | functions of the user's that are called by code that is not |
//! | `inlined` | code of the user's that was inlined into code that is not |
//! | `begin` | what each command begins with |
//!
//! Only one plan is active. What else happens on the way (a breakpoint of any thread, a signal, an
//! interrupt) halts the program, and the session then drops the plan.

mod arrivals;
mod begin;
mod entries;
mod follow;
mod ground;
mod inlined;
mod lines;
mod others;
mod suspended;
mod unwinding;
mod waits;

pub(super) use begin::sight;
pub(super) use ground::Sight;

use std::collections::HashMap;
use std::sync::Arc;

use crate::asm::Transfer;
use crate::base::{FileAddr, ThreadNo, VirtAddr};
use crate::dwarf::{Function, Loaded};
use crate::inferior::Stopped;
use crate::os::StopRequest;
use ground::Ground;
use lines::Lines;
use suspended::Coroutine;
use waits::Wait;

/// A plan on its way.
pub(super) struct Plan {
    /// The thread that it steers.
    pub thread: ThreadNo,
    /// What the user calls it: `next`.
    pub name: &'static str,
    goal: Goal,
    /// How often it is done again when it is done.
    again: u32,
    sight: Sight,
    ground: Ground,
    waits: Vec<Wait>,
    /// What the thread stood at when it was sent over one instruction, until that was judged.
    before: Option<Before>,
    /// Whether its first move was made.
    begun: bool,
    /// Whether it runs to where it waits, and does not step.
    runs: bool,
    /// Instructions since the other threads last ran.
    steps: u32,
    /// Instructions that are left to come back from a signal handler.
    trampoline: u32,
    /// The canonical frame address below which a landing pad is none of the plan's business.
    floor: VirtAddr,
    /// The coroutine in whose body it steps over lines.
    coroutine: Option<Coroutine>,
    /// Whether a panic has left the frame.
    unwound: bool,
    /// Whether the frame was left before the place was reached.
    left: bool,
}

/// What a plan is for.
enum Goal {
    /// Another line.
    Lines(Lines),
    /// Another instruction; in this frame, where calls are run over.
    Instructions {
        /// Whether calls are run over.
        over: bool,
    },
    /// The end of a call.
    Finish(Finish),
    /// A place.
    Reach {
        /// Those of the places where the call begins that is to be reached and was inlined there,
        /// each with the number of inlined calls within it that begin there too.
        inlined: Vec<(VirtAddr, usize)>,
    },
}

/// A call of which the end is awaited.
struct Finish {
    /// The function.
    name: String,
    /// What the debug information says of it, where it has code of its own.
    function: Option<(Arc<Function>, Loaded)>,
    /// For an inlined call: the way out of it, once its physical frame is reached.
    lines: Option<Lines>,
}

/// A thread before an instruction.
#[derive(Clone, Copy)]
struct Before {
    sp: VirtAddr,
    transfer: Transfer,
    /// Whether a signal was delivered first.
    signal: bool,
    /// Whether it returns from a coroutine that has not come to its end.
    suspends: bool,
}

/// What is kept of plans beside the run itself.
#[derive(Default)]
pub(super) struct Plans {
    /// The plan that is to be followed when the program goes on.
    pub active: Option<Plan>,
    /// The thread that a plan wants back instead of seeing it resumed.
    catching: Option<ThreadNo>,
    /// Whether it wants back any.
    catching_any: bool,
    /// That thread, with the signal that is to be delivered to it.
    caught: Option<(Stopped, Option<i32>)>,
    /// What the user sees of the calls that begin where a thread stands.
    pub view: Option<View>,
    /// Where functions of the user's begin, while there are sites.
    entries: Vec<VirtAddr>,
    /// The same, once they were looked for.
    users: Option<Arc<[VirtAddr]>>,
    /// Where statements of the user's were inlined into a function that is not, and into what it
    /// calls, by where it begins in the executable.
    inlined: HashMap<FileAddr, Arc<[FileAddr]>>,
    /// How somebody asks the program to stand still while it runs.
    pub stop: Arc<StopRequest>,
    /// Whether the program stands still because somebody has asked so.
    pub stopped_by_request: bool,
    /// What the call that was awaited has returned.
    pub returned: Option<ReturnedAt>,
}

/// Where a thread has just come back from a call.
pub(super) struct ReturnedAt {
    /// The function.
    pub function: Arc<Function>,
    /// Where its image is loaded.
    pub loaded: Loaded,
}

/// How many of the inlined calls at the place where a thread stands have not begun, as the last
/// plan left it, or the breakpoint that it has reached.
#[derive(Clone, Copy)]
pub(super) struct View {
    pub thread: ThreadNo,
    pub pc: VirtAddr,
    pub hidden: usize,
    /// Whether it has just come back from a call.
    pub came_back: bool,
}

impl Plans {
    /// The address space was replaced, and the sites are gone with it.
    pub fn forget(&mut self) {
        self.active = None;
        self.catch_nobody();
        self.entries.clear();
        self.users = None;
        self.inlined.clear();
        self.view = None;
    }

    /// From now on threads that have nothing to show are resumed.
    fn catch_nobody(&mut self) {
        self.catching = None;
        self.catching_any = false;
    }

    /// How many of the innermost inlined calls at a thread's place have not begun; nothing where no
    /// plan has left it there.
    pub fn hidden(&self, thread: ThreadNo, pc: VirtAddr) -> Option<usize> {
        let view = self.view.filter(|view| view.thread == thread && view.pc == pc)?;
        Some(view.hidden)
    }

    /// Whether a thread has come to where it stands by coming back from a call.
    pub fn came_back(&self, thread: ThreadNo, pc: VirtAddr) -> bool {
        self.view.is_some_and(|view| view.came_back && view.thread == thread && view.pc == pc)
    }
}
