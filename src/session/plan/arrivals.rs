//! What a plan makes of each place that its thread comes to.

use super::follow::Next;
use super::ground::Level;
use super::lines::{From, Lines, Verdict};
use super::waits::{Means, Wait};
use super::{Goal, Plan, ReturnedAt};
use crate::asm::Transfer;
use crate::base::{MemoryExt, Registers, ThreadNo, VirtAddr};
use crate::session::error::SessionError;
use crate::session::run::Run;

/// How many frames are looked through for one of the user's.
const FRAMES: usize = 2000;

/// A thread is sent over so many instructions behind a signal handler, to where the signal arrived.
const TRAMPOLINE: u32 = 16;

impl Run {
    /// The thread of a plan has run one instruction.
    pub(super) fn judge_step(&mut self, plan: &mut Plan) -> Result<Next, SessionError> {
        let Some(before) = plan.before.take() else { return Ok(Next::Step) };
        let registers = self.registers_of(plan.thread)?;
        let (pc, sp) = (registers.pc(), registers.sp());
        let called =
            matches!(before.transfer, Transfer::Call { next } if next != pc) && sp + 8 == before.sp;
        if let Goal::Instructions { over } = plan.goal
            && !(over && called)
        {
            return self.done_here(plan);
        }
        if let Goal::Reach { .. } = plan.goal {
            // Wherever it is now, in a call or a signal handler too: the sites are all there is to it.
            let arrived = self.held(plan.thread).and_then(|thread| self.arrival(plan, thread));
            return arrived.map_or(Ok(Next::Run), |wait| self.judge_arrival(plan, wait));
        }
        if before.signal && self.in_handler(registers) {
            return self.over(plan, Means::HandlerDone);
        }
        if called {
            return self.called(plan);
        }
        if plan.ground.contains(pc) && before.transfer != Transfer::Return {
            plan.trampoline = 0;
            return self.judge_place(plan);
        }
        if plan.trampoline > 0 {
            plan.trampoline -= 1;
            return Ok(Next::Step);
        }
        match before.transfer {
            Transfer::Return if before.suspends => self.await_resumption(plan),
            Transfer::Return => self.came_back(plan),
            _ => self.jumped(plan),
        }
    }

    /// The thread of a plan stands where the plan has waited.
    pub(super) fn judge_arrival(
        &mut self,
        plan: &mut Plan,
        wait: Wait,
    ) -> Result<Next, SessionError> {
        match wait.means {
            Means::Pad | Means::Unwinder => {
                self.forget_wait(plan, wait);
                return self.unwound(plan);
            }
            _ => self.forget_waits(plan),
        }
        match wait.means {
            Means::HandlerDone => {
                plan.trampoline = TRAMPOLINE;
                Ok(Next::Step)
            }
            Means::Entered => self.done_here(plan),
            Means::UserEntry => self.enter(plan),
            Means::Inlined => self.came_upon(plan),
            Means::Out => self.came_back(plan),
            Means::Over if matches!(plan.goal, Goal::Instructions { .. }) => self.done_here(plan),
            Means::Over => self.judge_place(plan),
            Means::Goal => self.goal_reached(plan),
            Means::Resumed => {
                let registers = self.registers_of(plan.thread)?;
                self.stand_in(plan, Some(registers.sp() + 8), registers.pc());
                Ok(Next::Step)
            }
            Means::Dropped => self.leave(plan),
            Means::Pad | Means::Unwinder => Ok(Next::Run),
        }
    }

    /// The thread stands in the frame that is stepped in.
    fn judge_place(&mut self, plan: &mut Plan) -> Result<Next, SessionError> {
        let pc = self.registers_of(plan.thread)?.pc();
        let levels = self.levels(&plan.ground, pc, &plan.sight);
        let starts = plan.ground.starts_statement(pc);
        let outside = plan.sight.outside;
        let Some(lines) = plan.lines() else { return Ok(Next::Step) };
        let verdict = lines.judge(&levels, starts, outside);
        let mut around = levels.iter().take(lines.path.len());
        if verdict == Verdict::Go && !outside && around.all(|level| !level.visible) {
            // It has come out of code that was inlined here, into code that is not shown.
            return self.leave(plan);
        }
        Ok(Next::from(verdict))
    }

    /// The thread has come to a statement of the user's in a function that is not.
    fn came_upon(&mut self, plan: &mut Plan) -> Result<Next, SessionError> {
        let Some(thread) = self.held(plan.thread) else { return Err(SessionError::NotRunning) };
        let (cfa, pc) = (self.ground(thread).cfa, thread.registers().pc());
        self.stand_in(plan, cfa, pc);
        if let Some(lines) = plan.lines() {
            // Whatever it was stepping in is left for the function itself.
            (lines.path, lines.from) = (vec![0], From::Nothing);
        }
        self.judge_place(plan)
    }

    /// The thread has just run a call, and stands at the first instruction of what it called.
    fn called(&mut self, plan: &mut Plan) -> Result<Next, SessionError> {
        if plan.enters() && self.enters_here(plan) {
            return self.enter(plan);
        }
        self.over(plan, Means::Over)
    }

    /// Runs over the call whose first instruction the thread stands at.
    fn over(&mut self, plan: &mut Plan, means: Means) -> Result<Next, SessionError> {
        let sp = self.registers_of(plan.thread)?.sp();
        if let Goal::Instructions { .. } = plan.goal {
            // The frame that called lies above that of the call.
            plan.floor = sp + 9;
        }
        let back = self.inferior.memory().read_u64(sp).map_err(SessionError::Stack)?;
        self.wait_at(plan, Wait::for_return(VirtAddr(back), sp + 8, means))?;
        self.run_watchfully(plan)
    }

    /// The thread has left the function by a jump, and runs another one in its place.
    fn jumped(&mut self, plan: &mut Plan) -> Result<Next, SessionError> {
        if plan.enters() && self.enters_here(plan) {
            return self.enter(plan);
        }
        self.leave(plan)
    }

    /// Enters the function whose first instruction the thread stands at.
    fn enter(&mut self, plan: &mut Plan) -> Result<Next, SessionError> {
        let Some(thread) = self.held(plan.thread) else { return Err(SessionError::NotRunning) };
        let entry = thread.registers().pc();
        let cfa = Some(thread.registers().sp() + 8);
        self.stand_in(plan, cfa, entry);
        match plan.ground.behind_prologue(entry) {
            Some(behind) => {
                self.wait_at(plan, Wait::anyhow(behind, Means::Entered))?;
                Ok(Next::RunAlone)
            }
            None => self.done_here(plan),
        }
    }

    /// The thread has come back to a caller, behind the call.
    fn came_back(&mut self, plan: &mut Plan) -> Result<Next, SessionError> {
        if let Goal::Reach { .. } | Goal::Instructions { .. } = plan.goal {
            plan.left = true;
            return self.done_here(plan);
        }
        if plan.unwound && matches!(plan.goal, Goal::Finish(_)) {
            return self.done_here(plan);
        }
        let Some(thread) = self.held(plan.thread) else { return Err(SessionError::NotRunning) };
        plan.ground = self.ground(thread);
        let registers = *thread.registers();
        plan.floor = plan.ground.cfa.unwrap_or(registers.sp());
        if !plan.ground.has_lines() {
            return self.leave(plan);
        }
        let levels = self.levels(&plan.ground, registers.pc(), &plan.sight);
        let outside = plan.sight.outside;
        match plan.lines().and_then(|lines| lines.come_back(&levels, outside)) {
            Some(verdict) => Ok(Next::from(verdict)),
            None => self.leave(plan),
        }
    }

    /// What the plan is for is reached: a place, or the caller of a call.
    fn goal_reached(&mut self, plan: &mut Plan) -> Result<Next, SessionError> {
        let Goal::Finish(finish) = &mut plan.goal else { return self.done_here(plan) };
        if let Some((function, loaded)) = finish.function.take() {
            self.plans.returned = Some(ReturnedAt { function, loaded });
        }
        if finish.lines.is_none() {
            return self.done_here(plan);
        }
        let registers = self.registers_of(plan.thread)?;
        let cfa = self.held(plan.thread).and_then(|thread| self.ground(thread).cfa);
        self.stand_in(plan, cfa, registers.pc());
        self.judge_place(plan)
    }

    /// Runs until code that is shown is reached again: a frame around this one, or, for a step, a
    /// function that is called on the way.
    pub(super) fn leave(&mut self, plan: &mut Plan) -> Result<Next, SessionError> {
        let (frames, _) = self.unwind_from(self.registers_of(plan.thread)?, FRAMES);
        for pair in frames.windows(2) {
            let [inner, outer] = pair else { continue };
            let places = self.symbolizer.places(self.inferior.modules(), outer.lookup);
            let sight = &plan.sight;
            let shown = places
                .iter()
                .any(|place| sight.shows(place) || sight.outside && place.line.is_some());
            if let (true, Some(cfa)) = (shown, inner.cfa) {
                let back = outer.registers.pc();
                // A frame that a signal interrupted is not returned to by its caller.
                let wait = match inner.signal {
                    true => Wait::anyhow(back, Means::Out),
                    false => Wait::for_return(back, cfa, Means::Out),
                };
                self.wait_at(plan, wait)?;
                break;
            }
        }
        self.run_watchfully(plan)
    }

    /// Lets everything run, with an eye on panics, and on the user's functions where those are
    /// entered.
    pub(super) fn run_watchfully(&mut self, plan: &mut Plan) -> Result<Next, SessionError> {
        self.watch_unwinder(plan)?;
        if plan.enters() {
            self.plant_entries();
            let pc = self.registers_of(plan.thread)?.pc();
            self.watch_inlined(plan, pc)?;
        }
        Ok(Next::Run)
    }

    /// Steps in the frame of the function at an address from now on.
    pub(super) fn stand_in(&mut self, plan: &mut Plan, cfa: Option<VirtAddr>, at: VirtAddr) {
        plan.ground = self.ground_at(at, cfa);
        plan.floor = cfa.unwrap_or(plan.floor);
    }

    /// The plan is over where its thread stands, in front of the calls that begin there; in that
    /// which it was to reach, if it is one of them.
    pub(super) fn done_here(&mut self, plan: &mut Plan) -> Result<Next, SessionError> {
        let pc = self.registers_of(plan.thread)?.pc();
        if let (false, Some(hidden)) = (plan.left, plan.inlined_at(pc)) {
            return Ok(Next::Done { hidden });
        }
        let ground = self.ground_at(pc, None);
        let levels = self.levels(&ground, pc, &plan.sight);
        Ok(Next::Done { hidden: beginning(&levels) })
    }

    /// The registers of a thread that is held.
    pub(super) fn registers_of(&self, thread: ThreadNo) -> Result<Registers, SessionError> {
        self.held(thread).map(|thread| *thread.registers()).ok_or(SessionError::NotRunning)
    }

    fn enters_here(&mut self, plan: &Plan) -> bool {
        let Ok(registers) = self.registers_of(plan.thread) else { return false };
        self.is_entered(plan, registers.pc())
    }

    /// Whether the thread stands in a signal handler that has just begun.
    fn in_handler(&self, registers: Registers) -> bool {
        let (frames, _) = self.unwind_from(registers, 2);
        frames.get(1).is_some_and(|frame| frame.signal)
    }
}

/// How many of the innermost calls begin at the address.
pub(super) fn beginning(levels: &[Level]) -> usize {
    levels.iter().rev().take_while(|level| level.begins).count()
}

impl std::convert::From<Verdict> for Next {
    fn from(verdict: Verdict) -> Next {
        match verdict {
            Verdict::Go => Next::Step,
            Verdict::Stop { hidden } => Next::Done { hidden },
        }
    }
}

impl Plan {
    /// Whether calls are entered.
    pub(super) fn enters(&self) -> bool {
        matches!(&self.goal, Goal::Lines(lines) if lines.into)
    }

    /// How many inlined calls that begin at an address lie within the one that it is to reach there.
    pub(super) fn inlined_at(&self, pc: VirtAddr) -> Option<usize> {
        let Goal::Reach { inlined } = &self.goal else { return None };
        inlined.iter().find(|(at, _)| *at == pc).map(|(_, within)| *within)
    }

    /// The step by lines that it consists of at the moment.
    pub(super) fn lines(&mut self) -> Option<&mut Lines> {
        match &mut self.goal {
            Goal::Lines(lines) => Some(lines),
            Goal::Finish(finish) => finish.lines.as_mut(),
            Goal::Instructions { .. } | Goal::Reach { .. } => None,
        }
    }
}
