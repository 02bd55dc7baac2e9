//! What each command begins with.

use std::sync::Arc;

use super::arrivals::beginning;
use super::follow::Next;
use super::ground::{Ground, Sight};
use super::lines::{From, Lines};
use super::waits::{Means, Wait};
use super::{Finish, Goal, Plan, View};
use crate::base::{ThreadNo, VirtAddr};
use crate::dwarf::Loaded;
use crate::session::error::SessionError;
use crate::session::places::BreakPlace;
use crate::session::run::Run;
use crate::session::stack::{Frame, Stack};

impl Plan {
    fn new(thread: ThreadNo, name: &'static str, goal: Goal, sight: Sight) -> Plan {
        Plan {
            thread,
            name,
            goal,
            again: 0,
            sight,
            ground: Ground::default(),
            waits: Vec::new(),
            before: None,
            begun: false,
            runs: false,
            steps: 0,
            trampoline: 0,
            floor: VirtAddr(0),
            coroutine: None,
            unwound: false,
            left: false,
        }
    }

    /// A plan that runs one instruction, `times` times; `over` calls, or into them.
    pub fn by_instructions(over: bool, thread: ThreadNo, times: u32) -> Plan {
        let name = if over { "nexti" } else { "stepi" };
        let plan = Plan::new(thread, name, Goal::Instructions { over }, Sight::default());
        Plan { again: times.saturating_sub(1), ..plan }
    }
}

impl Run {
    /// The first move of a plan, or of another round of it.
    pub(super) fn first_move(&mut self, plan: &mut Plan) -> Result<Next, SessionError> {
        plan.begun = true;
        if !plan.enters() {
            self.forget_entries();
        }
        match plan.goal {
            Goal::Instructions { .. } => return Ok(Next::Step),
            Goal::Reach { .. } => {
                let pc = self.registers_of(plan.thread)?.pc();
                if let Some(within) = plan.inlined_at(pc)
                    && self.plans.hidden(plan.thread, pc).is_some_and(|hidden| hidden > within)
                {
                    // It stands in front of the call: to be in it, nothing has to run.
                    return Ok(Next::Done { hidden: within });
                }
                // A site where the thread stands is for when it comes there again.
                let here = plan.waits.iter().any(|wait| wait.at == pc);
                return Ok(if here { Next::Step } else { Next::Run });
            }
            _ if !plan.waits.is_empty() => return self.run_watchfully(plan),
            Goal::Lines(_) | Goal::Finish(_) => {}
        }
        let Some(thread) = self.held(plan.thread) else { return Err(SessionError::NotRunning) };
        let registers = *thread.registers();
        plan.ground = self.ground(thread);
        plan.floor = plan.ground.cfa.unwrap_or(registers.sp());
        let pc = registers.pc();
        let levels = self.levels(&plan.ground, pc, &plan.sight);
        if !plan.ground.has_lines() {
            // There are no lines to step by.
            return self.leave(plan);
        }
        plan.sight.outside = levels.iter().all(|level| !level.visible);
        let hidden = self.plans.hidden(plan.thread, pc).unwrap_or_else(|| beginning(&levels));
        let starts = plan.ground.starts_statement(pc);
        let outside = plan.sight.outside;
        plan.coroutine = if plan.enters() { None } else { self.coroutine(plan) };
        let Goal::Lines(lines) = &mut plan.goal else { return Ok(Next::Step) };
        *lines = Lines::begin(lines.into, &levels, hidden);
        if hidden == 0 || hidden > beginning(&levels) {
            return Ok(Next::Step);
        }
        // It stands in front of calls: to enter one, nothing has to run.
        Ok(Next::from(lines.judge(&levels, starts, outside)))
    }

    /// A plan that runs to another line than that where a frame stands, `times` times. What the frame
    /// has called comes to its end first.
    ///
    /// # Errors
    /// [`SessionError::Inferior`] where a site cannot be planted.
    pub(in crate::session) fn plan_by_lines(
        &mut self,
        (into, times): (bool, u32),
        thread: ThreadNo,
        (stack, frame): (&Stack, &Frame),
        sight: Sight,
    ) -> Result<Plan, SessionError> {
        let name = if into { "step" } else { "next" };
        let raw = stack.raw_of(frame).ok_or(SessionError::NotRunning)?;
        let ground = self.ground_at(raw.lookup, raw.cfa);
        let levels = self.levels(&ground, raw.lookup, &sight);
        let lines = Lines::begin(into, &levels, frame.call);
        let mut plan = Plan::new(thread, name, Goal::Lines(lines), sight);
        plan.again = times.saturating_sub(1);
        if let Some(called) = frame.raw.checked_sub(1) {
            plan.sight.outside = levels.iter().all(|level| !level.visible);
            self.wait_for_return_of(&mut plan, stack, called, Means::Over)?;
            plan.ground = ground;
            plan.floor = raw.cfa.unwrap_or(plan.floor);
        } else {
            // In front of the calls that begin here, as far as they are not shown.
            let pc = raw.registers.pc();
            self.plans.view = Some(View { thread, pc, hidden: frame.call, came_back: false });
        }
        Ok(plan)
    }

    /// A plan that runs to the end of a call.
    ///
    /// # Errors
    /// [`SessionError::NoCaller`] where nothing called it.
    pub(in crate::session) fn plan_to_end(
        &mut self,
        thread: ThreadNo,
        stack: &Stack,
        frame: &Frame,
        sight: Sight,
    ) -> Result<Plan, SessionError> {
        let name = frame.at.function.clone();
        let raw = stack.raw_of(frame).ok_or(SessionError::NotRunning)?;
        let ground = self.ground_at(raw.lookup, raw.cfa);
        let described = ground.function.clone().zip(ground.loaded.clone());
        let (inner, lines, function) = if frame.inlined {
            let levels = self.levels(&ground, raw.lookup, &sight);
            let depth = levels.len().saturating_sub(frame.call);
            let path = levels.iter().take(depth).map(|level| level.id).collect();
            let lines = Lines { into: false, path, from: From::Call };
            (frame.raw.checked_sub(1), Some(lines), None)
        } else {
            (Some(frame.raw), None, described)
        };
        let finish = Finish { name, function, lines };
        let mut plan = Plan::new(thread, "finish", Goal::Finish(finish), sight);
        if let Some(inner) = inner {
            self.wait_for_return_of(&mut plan, stack, inner, Means::Goal)?;
            self.watch_unwinder(&mut plan)?;
        }
        Ok(plan)
    }

    /// A plan that runs to one of some places, or out of a frame. `within` says
    /// whether a call of the same function that is made on the way does not count.
    ///
    /// # Errors
    /// [`SessionError::Inferior`] where a site cannot be planted.
    pub(in crate::session) fn plan_to_place(
        &mut self,
        name: &'static str,
        thread: ThreadNo,
        (stack, frame): (&Stack, &Frame),
        places: &[BreakPlace],
        within: bool,
    ) -> Result<Plan, SessionError> {
        let raw = stack.raw_of(frame).ok_or(SessionError::NotRunning)?;
        let ground = self.ground_at(raw.lookup, raw.cfa);
        let located = self.located(places);
        let here = raw.registers.pc();
        if frame.raw == 0 {
            self.plans.view = Some(View { thread, pc: here, hidden: frame.call, came_back: false });
        }
        let at = |place: &BreakPlace, loaded: &Loaded| loaded.bias.to_virt(place.address);
        let begins = |(place, loaded): &(&BreakPlace, Loaded)| {
            Some((at(place, loaded), place.inlined_calls_within(&loaded.image)?))
        };
        let inlined = located.iter().filter_map(begins).collect();
        let mut plan = Plan::new(thread, name, Goal::Reach { inlined }, Sight::default());
        for at in located.iter().map(|(place, loaded)| at(place, loaded)) {
            let not_below = raw.cfa.filter(|_| within && ground.contains(at));
            self.wait_at(&mut plan, Wait { not_below, ..Wait::anyhow(at, Means::Goal) })?;
        }
        self.until_left(&mut plan, stack, frame)?;
        Ok(plan)
    }

    /// A plan that runs to a line of the same function behind that where a frame stands, or out of
    /// the frame; nothing where no line is known there.
    ///
    /// # Errors
    /// [`SessionError::Inferior`] where a site cannot be planted.
    pub(in crate::session) fn plan_past_line(
        &mut self,
        thread: ThreadNo,
        stack: &Stack,
        frame: &Frame,
    ) -> Result<Option<Plan>, SessionError> {
        let raw = stack.raw_of(frame).ok_or(SessionError::NotRunning)?;
        let Some((file, line)) = frame.at.file.as_deref().zip(frame.at.line) else {
            return Ok(None);
        };
        let ground = self.ground_at(raw.lookup, raw.cfa);
        let sight = Sight { all: true, ..Sight::default() };
        let levels = self.levels(&ground, raw.lookup, &sight);
        let depth = levels.len().saturating_sub(frame.call);
        let path: Vec<_> = levels.iter().take(depth).map(|level| level.id).collect();
        let mut plan =
            Plan::new(thread, "until", Goal::Reach { inlined: Vec::new() }, Sight::default());
        let statements: Vec<_> = ground.statements().map(|(at, _)| at).collect();
        for at in statements {
            let there = self.levels(&ground, at, &sight);
            let same = there.iter().map(|level| level.id).take(depth).eq(path.iter().copied());
            let begins = there.get(depth).is_none_or(|inner| inner.begins);
            let own = depth.checked_sub(1).and_then(|index| there.get(index));
            let (in_file, behind) = own
                .and_then(|level| level.line.as_ref())
                .map_or((false, false), |(other, number)| (&**other == file, *number > line));
            if same && begins && in_file && behind {
                let wait = Wait { not_below: raw.cfa, ..Wait::anyhow(at, Means::Goal) };
                self.wait_at(&mut plan, wait)?;
            }
        }
        self.until_left(&mut plan, stack, frame)?;
        Ok(Some(plan))
    }

    /// Ends a plan where the frame is left too.
    fn until_left(
        &mut self,
        plan: &mut Plan,
        stack: &Stack,
        frame: &Frame,
    ) -> Result<(), SessionError> {
        // The outermost frame is left with the process.
        let _outermost = self.wait_for_return_of(plan, stack, frame.raw, Means::Out);
        self.watch_unwinder(plan)
    }

    /// Waits where a physical frame returns to.
    fn wait_for_return_of(
        &mut self,
        plan: &mut Plan,
        stack: &Stack,
        index: usize,
        means: Means,
    ) -> Result<(), SessionError> {
        let (inner, caller) = stack.with_caller(index).ok_or(SessionError::NoCaller)?;
        let cfa = inner.cfa.ok_or(SessionError::NoCaller)?;
        // Cleaning up in the frame itself is part of it; what unwinding leaves lies above.
        plan.floor = cfa + 1;
        let back = caller.registers.pc();
        let wait = match inner.signal {
            true => Wait::anyhow(back, means),
            false => Wait::for_return(back, cfa, means),
        };
        self.wait_at(plan, wait)
    }
}

/// What a step does not stop in, shared with the plans of a session.
pub(in crate::session) fn sight(all: bool, skips: &[crate::session::Skip]) -> Sight {
    Sight { all, outside: false, skips: Arc::from(skips) }
}
