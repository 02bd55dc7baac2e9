//! The sites of a plan, and what it means to arrive at one.

use super::Plan;
use crate::base::{Register, VirtAddr};
use crate::frame::innermost_cfa;
use crate::inferior::Stopped;
use crate::session::error::SessionError;
use crate::session::planting::Role;
use crate::session::run::Run;

/// Where a plan waits for its thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Wait {
    /// The address.
    pub at: VirtAddr,
    /// The stack pointer that the thread must have there, so that recursion is not fooled; any
    /// where there is none.
    pub sp: Option<VirtAddr>,
    /// The canonical frame address below which an arrival is one of an inner call.
    pub not_below: Option<VirtAddr>,
    /// What must lie in a register.
    pub given: Option<(Register, VirtAddr)>,
    /// What it means.
    pub means: Means,
}

/// What it means to arrive at a site of a plan.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Means {
    /// A call that was not entered has returned.
    Over,
    /// The frame was left, for a caller.
    Out,
    /// The frame of a function that is entered is complete.
    Entered,
    /// A function of the user's begins.
    UserEntry,
    /// A statement of the user's that was inlined into a function that is not.
    Inlined,
    /// A signal handler has returned.
    HandlerDone,
    /// The coroutine whose body is stepped in is polled again, by any thread.
    Resumed,
    /// It is dropped.
    Dropped,
    /// The unwinder has chosen a landing pad.
    Unwinder,
    /// A landing pad begins.
    Pad,
    /// What the plan is for is reached.
    Goal,
}

impl Means {
    /// Whether it is the same whichever thread arrives.
    pub fn is_of_any_thread(self) -> bool {
        matches!(self, Means::Resumed | Means::Dropped)
    }
}

impl Wait {
    /// Where a call returns to, if its frame is the one with this canonical frame address.
    pub fn for_return(at: VirtAddr, cfa: VirtAddr, means: Means) -> Wait {
        Wait { sp: Some(cfa), ..Wait::anyhow(at, means) }
    }

    /// Wherever the thread comes from.
    pub fn anyhow(at: VirtAddr, means: Means) -> Wait {
        Wait { at, sp: None, not_below: None, given: None, means }
    }
}

impl Run {
    /// Lets a plan wait somewhere, beside where it waits already.
    pub(super) fn wait_at(&mut self, plan: &mut Plan, wait: Wait) -> Result<(), SessionError> {
        if !plan.waits.contains(&wait) {
            self.add_site(wait.at, Role::Plan)?;
            plan.waits.push(wait);
        }
        Ok(())
    }

    /// Ends all waiting of a plan.
    pub(super) fn forget_waits(&mut self, plan: &mut Plan) {
        for wait in std::mem::take(&mut plan.waits) {
            self.remove_site(wait.at, Role::Plan);
        }
    }

    /// Ends a wait.
    pub(super) fn forget_wait(&mut self, plan: &mut Plan, done: Wait) {
        plan.waits.retain(|wait| *wait != done);
        if !plan.waits.iter().any(|wait| wait.at == done.at) {
            self.remove_site(done.at, Role::Plan);
        }
    }

    /// What it means for a plan that its thread stands where it does; nothing where it means nothing.
    pub(super) fn arrival(&self, plan: &Plan, thread: &Stopped) -> Option<Wait> {
        let (pc, sp) = (thread.registers().pc(), thread.registers().sp());
        let cfa =
            || innermost_cfa(self.inferior.modules(), self.inferior.memory(), thread.registers());
        let own = thread.no() == plan.thread;
        let holds = |(register, value): (Register, VirtAddr)| {
            thread.registers().get(register) == Some(value.0)
        };
        let fits = |wait: &&Wait| {
            wait.at == pc
                && (own || wait.means.is_of_any_thread())
                && wait.given.is_none_or(holds)
                && wait.sp.is_none_or(|wanted| wanted == sp)
                && wait.not_below.is_none_or(|floor| cfa().is_none_or(|cfa| cfa >= floor))
        };
        let waited = plan.waits.iter().find(fits).copied();
        let entry = || {
            let entered = own && plan.enters() && self.plans.entries.binary_search(&pc).is_ok();
            entered.then(|| Wait::anyhow(pc, Means::UserEntry))
        };
        waited.or_else(entry)
    }
}
