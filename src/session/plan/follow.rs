//! The loop of a plan: step or run, until it is over or something else halts the program.

use super::waits::{Means, Wait};
use super::{Before, Goal, Plan, View};
use crate::asm::{Transfer, transfer};
use crate::base::{MemoryExt, VirtAddr};
use crate::inferior::{Step, Stop, Stopped};
use crate::session::error::SessionError;
use crate::session::halt::Halt;
use crate::session::run::{Observer, Run};

/// How a plan goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Next {
    /// Its thread runs one instruction; the others stand still.
    Step,
    /// Everything runs, to where the plan waits.
    Run,
    /// Its thread runs, to where the plan waits; the others stand still.
    RunAlone,
    /// It is over, and so many of the innermost inlined calls have not begun.
    Done {
        /// How many.
        hidden: usize,
    },
}

/// The longest instruction, in bytes (Intel SDM, volume 2, section 2.3.11).
const LONGEST: usize = 15;

/// What came of letting a thread go.
enum Came {
    /// The thread has run its instruction, or could not.
    Stepped,
    /// The thread stands where the plan waits.
    Arrived(Wait),
    /// Something halts the program.
    Halt(Halt),
    /// The thread has ended.
    Ended,
    /// The thread runs another program.
    Lost,
}

impl Run {
    /// Follows a plan until it is over, or something else halts the program. In the second case it
    /// stays the active plan, and following it again goes on with it.
    ///
    /// # Errors
    /// As [`Run::go_on`]; the plan is dropped then.
    pub(in crate::session) fn follow(
        &mut self,
        mut plan: Plan,
        observer: &mut dyn Observer,
    ) -> Result<Halt, SessionError> {
        let followed = self.follow_on(&mut plan, observer);
        self.plans.catch_nobody();
        self.deliver(observer);
        match followed {
            // The plan was for another program.
            Ok(halt @ Halt::Exec { .. }) => Ok(halt),
            Ok(halt) if !halt.is_of_plan() => {
                self.plans.active = Some(plan);
                Ok(halt)
            }
            other => {
                self.forget_waits(&mut plan);
                other
            }
        }
    }

    /// What the user calls the plan that something else has halted, where the halt has kept it from
    /// its end.
    pub(in crate::session) fn unfinished_plan(&self, halt: &Halt) -> Option<&'static str> {
        let plan = self.plans.active.as_ref()?;
        let arrives = |thread| self.arrival(plan, thread).is_some();
        let at_its_end = halt.thread() == plan.thread
            && (plan.before.is_some() || self.held(plan.thread).is_some_and(arrives));
        (!at_its_end).then_some(plan.name)
    }

    /// Drops the plan that something else has halted.
    pub(in crate::session) fn drop_plan(&mut self) {
        if let Some(mut plan) = self.plans.active.take() {
            self.forget_waits(&mut plan);
        }
    }

    fn follow_on(
        &mut self,
        plan: &mut Plan,
        observer: &mut dyn Observer,
    ) -> Result<Halt, SessionError> {
        let mut next = self.take_up(plan)?;
        loop {
            self.deliver(observer);
            let came = match next {
                Next::Done { hidden } => match self.done(plan, hidden)? {
                    Some(halt) => return Ok(halt),
                    None => {
                        next = self.first_move(plan)?;
                        continue;
                    }
                },
                Next::Step => self.step_once(plan)?,
                Next::Run => self.run_on(plan, false, observer)?,
                Next::RunAlone => self.run_on(plan, true, observer)?,
            };
            next = match came {
                Came::Stepped => self.judge_step(plan)?,
                Came::Arrived(wait) => self.judge_arrival(plan, wait)?,
                Came::Halt(halt) => return Ok(halt),
                Came::Ended => return self.thread_is_gone(plan, observer),
                Came::Lost => {
                    self.plans.catch_nobody();
                    return self.run_to_halt(observer);
                }
            };
        }
    }

    /// Begins with a plan, or goes on with one that was halted on its way.
    fn take_up(&mut self, plan: &mut Plan) -> Result<Next, SessionError> {
        if !plan.begun {
            return self.first_move(plan);
        }
        if !plan.runs {
            return self.judge_step(plan);
        }
        let arrived = self.held(plan.thread).and_then(|thread| self.arrival(plan, thread));
        arrived.map_or(Ok(Next::Run), |wait| self.judge_arrival(plan, wait))
    }

    /// A round of the plan is over; why the program halts, unless there is another round.
    fn done(&mut self, plan: &mut Plan, hidden: usize) -> Result<Option<Halt>, SessionError> {
        self.forget_waits(plan);
        let thread = plan.thread;
        if let Some(stopped) = self.held(thread) {
            let pc = stopped.registers().pc();
            let came_back = match &plan.goal {
                Goal::Finish(_) => !plan.unwound,
                Goal::Reach { .. } => plan.left && !plan.unwound,
                Goal::Lines(_) | Goal::Instructions { .. } => false,
            };
            self.plans.view = Some(View { thread, pc, hidden, came_back });
        }
        if plan.again > 0 {
            plan.again -= 1;
            return Ok(None);
        }
        self.hold_others()?;
        Ok(Some(match &plan.goal {
            Goal::Lines(_) | Goal::Instructions { .. } => Halt::Step { thread },
            Goal::Finish(finish) => {
                let function = finish.name.clone();
                Halt::Returned { thread, function, unwound: plan.unwound }
            }
            Goal::Reach { .. } => Halt::Reached { thread, left: plan.left },
        }))
    }

    fn step_once(&mut self, plan: &mut Plan) -> Result<Came, SessionError> {
        if let Some(halt) = self.make_room(plan)? {
            return Ok(Came::Halt(halt));
        }
        let Some(index) = self.held.iter().position(|(t, _)| t.no() == plan.thread) else {
            return Ok(Came::Ended);
        };
        let (thread, signal) = self.held.remove(index);
        let before = self.before(plan, &thread, signal.is_some());
        if before.transfer == Transfer::SystemCall {
            // It may wait for what another thread does.
            self.release_others(plan.thread)?;
        }
        self.plans.view = None;
        plan.before = Some(before);
        plan.runs = false;
        plan.steps = plan.steps.saturating_add(1);
        self.plans.catching = Some(plan.thread);
        self.plans.catching_any = false;
        let stop = match self.inferior.step(thread, signal)? {
            Step::Done(thread) => {
                self.held.push((thread, None));
                return Ok(Came::Stepped);
            }
            Step::Gone => return Ok(Came::Ended),
            Step::Stop(stop) => stop,
        };
        if matches!(stop, Stop::Signal { .. } | Stop::Forked { .. }) {
            // The instruction has not run.
            plan.before = None;
        }
        let lost = matches!(stop, Stop::Exec { .. });
        if let Some(halt) = self.on_stop(stop)? {
            return Ok(Came::Halt(halt));
        }
        Ok(match self.plans.caught.take() {
            Some(caught) => {
                self.held.push(caught);
                Came::Stepped
            }
            None if lost => Came::Lost,
            None => Came::Ended,
        })
    }

    /// What a thread is about to do.
    fn before(&self, plan: &Plan, thread: &Stopped, signal: bool) -> Before {
        let registers = thread.registers();
        let code = self.inferior.memory().read_bytes(registers.pc(), LONGEST).unwrap_or_default();
        let transfer = match transfer(&code, registers.pc()) {
            Transfer::Plain if self.is_behind_system_call(registers.pc()) => Transfer::SystemCall,
            other => other,
        };
        let suspends = transfer == Transfer::Return && self.is_pending(plan, thread);
        Before { sp: registers.sp(), transfer, signal, suspends }
    }

    /// Whether a thread at an address may stand inside of a system call, which it then finishes
    /// before it runs the instruction.
    fn is_behind_system_call(&self, pc: VirtAddr) -> bool {
        let before = self.inferior.memory().read_bytes(pc.offset(-2), 2);
        before.is_ok_and(|bytes| transfer(&bytes, pc) == Transfer::SystemCall)
    }

    /// Lets the program run to where the plan waits.
    fn run_on(
        &mut self,
        plan: &mut Plan,
        alone: bool,
        observer: &mut dyn Observer,
    ) -> Result<Came, SessionError> {
        self.plans.view = None;
        plan.before = None;
        plan.runs = true;
        plan.steps = 0;
        for (thread, signal) in std::mem::take(&mut self.held) {
            match alone && thread.no() != plan.thread {
                true => self.held.push((thread, signal)),
                false => self.inferior.resume(thread, signal)?,
            }
        }
        loop {
            self.deliver(observer);
            self.plans.catching = Some(plan.thread);
            self.plans.catching_any = plan.waits.iter().any(|wait| wait.means.is_of_any_thread());
            let stop = self.inferior.wait()?;
            let any = self.plans.catching_any;
            let ended = matches!(stop, Stop::ThreadExited { no } if no == plan.thread && !any);
            let lost = matches!(stop, Stop::Exec { .. });
            if let Some(halt) = self.on_stop(stop)? {
                return Ok(Came::Halt(halt));
            }
            if ended || lost {
                return Ok(if lost { Came::Lost } else { Came::Ended });
            }
            let Some((thread, signal)) = self.plans.caught.take() else { continue };
            // A signal that arrives at a site comes before the site.
            let arrived = match signal {
                None => self.arrival(plan, &thread),
                Some(_) => None,
            };
            match arrived {
                Some(wait) if wait.means == Means::Unwinder => {
                    self.expect_pad(plan, &thread)?;
                    self.inferior.resume(thread, None)?;
                }
                Some(wait)
                    if wait.means != Means::UserEntry
                        || self.is_entered(plan, thread.registers().pc()) =>
                {
                    plan.thread = thread.no();
                    self.hold_all(thread, None)?;
                    return Ok(Came::Arrived(wait));
                }
                _ => self.inferior.resume(thread, signal)?,
            }
        }
    }
}
