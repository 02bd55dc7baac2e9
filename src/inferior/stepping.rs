//! One instruction of one thread.

use super::Inferior;
use super::error::{InferiorError, unless_gone};
use super::news::News;
use super::sites::For;
use super::step_plan::Plan;
use super::stop::{Stop, Stopped};
use super::threads::State;
use crate::asm::Stepping;
use crate::base::{Tid, VirtAddr};
use crate::os::{self, RawRegisters, WaitEvent};

/// What came of a step.
#[derive(Debug)]
pub enum Step {
    /// The instruction ran.
    Done(Stopped),
    /// Something came in between, or a site is where the step ends. After [`Stop::Signal`] and
    /// [`Stop::Forked`] the instruction is not finished: step again.
    Stop(Stop),
    /// The thread is gone; [`Inferior::wait`] tells of its end, unless it did already.
    Gone,
}

impl Inferior {
    /// Lets a thread run one instruction, delivering a signal first if one is given. All that is
    /// held stays held; nothing is lifted, so threads that run lose no hit meanwhile.
    ///
    /// At a site it runs the instruction there, whether the hit was told or not. A repeated string
    /// instruction and a system call are one instruction; a system call that blocks keeps this call
    /// waiting. A thread that stands inside a system call finishes that. With a signal that has a
    /// handler, the step ends before the handler's first instruction. Threads that the instruction
    /// starts are told by the next [`Inferior::wait`]. A thread with news (see
    /// [`Inferior::stop_all`]) does not run: its news are what is returned. A thread that job
    /// control has stopped leaves its group stop.
    ///
    /// The program does not see the trap flag in its flags, wherever it puts them.
    ///
    /// # Errors
    /// As [`Inferior::resume`].
    pub fn step(&mut self, stopped: Stopped, deliver: Option<i32>) -> Result<Step, InferiorError> {
        let tid = stopped.tid;
        if stopped.epoch != self.epoch || self.threads.no(tid).is_none() {
            return Ok(Step::Gone);
        }
        if let Some(thread) = self.threads.get_mut(tid)
            && matches!(thread.news, Some(News::GroupStop))
        {
            thread.news = None;
        }
        let step = self.step_living(&stopped, deliver);
        if step.is_err() && self.is_gone(tid) {
            self.threads.set_state(tid, State::Running);
            return Ok(Step::Gone);
        }
        step
    }

    fn step_living(
        &mut self,
        stopped: &Stopped,
        deliver: Option<i32>,
    ) -> Result<Step, InferiorError> {
        let tid = stopped.tid;
        if self.threads.has_news(tid) {
            self.resume_with_news(stopped, deliver)?;
            self.untold.pop_back();
            return Ok(self.tell(tid)?.map_or(Step::Gone, Step::Stop));
        }
        let (mut raw, due) = self.next_registers(stopped, deliver.is_some());
        let mut plan = self.plan(&raw);
        if deliver.is_some() {
            // Only the trap flag ends a step at the beginning of a handler.
            plan.end = None;
        }
        let at_site = self.memory.sites.borrow().is_active(raw.pc());
        if at_site && raw.system_call().is_none() {
            if due.is_none() {
                self.pin_hit(tid, &raw, plan.from)?;
            }
            if deliver.is_none() {
                let Some(copy) = self.copy_of(tid, plan.from)? else {
                    self.threads.set_state(tid, State::Running);
                    return Ok(Step::Gone);
                };
                raw.set_pc(copy);
            } else if due.is_some()
                && let Some(thread) = self.threads.get_mut(tid)
            {
                // As when it is resumed: the hit after the handler has returned is not news.
                thread.will_return_to(plan.from, raw.sp());
            }
        }
        if raw != stopped.raw {
            self.write_registers(tid, &stopped.raw, &raw)?;
        }
        if deliver.is_some() {
            self.scratch.signal_at(raw.pc());
        }
        self.send_and_await(tid, plan, deliver.unwrap_or(0))
    }

    /// Sends the thread off, with a site of our own at the end of the instruction where that is how
    /// the step ends. What cannot have a site there is stepped by the trap flag after all.
    fn send_and_await(
        &mut self,
        tid: Tid,
        mut plan: Plan,
        signal: i32,
    ) -> Result<Step, InferiorError> {
        let end = plan.end.filter(|end| self.insert_for(*end, For::Inferior).is_ok());
        plan.end = end;
        let step = self.send(tid, &plan, signal).and_then(|()| self.await_step(tid, &plan));
        if let Some(end) = end {
            self.memory.remove_site(end, For::Inferior);
        }
        match step? {
            Some(step) => Ok(step),
            None => self.landed(tid, &plan),
        }
    }

    fn send(&mut self, tid: Tid, plan: &Plan, signal: i32) -> Result<(), InferiorError> {
        if plan.end.is_some() {
            return self.go(tid, signal);
        }
        self.about_to_run(tid)?;
        unless_gone(os::step(tid, signal)).map_err(InferiorError::when("stepping a thread"))?;
        Ok(())
    }

    /// Waits for the end of the step; nothing means that it was reached, and the thread stands
    /// there.
    fn await_step(&mut self, tid: Tid, plan: &Plan) -> Result<Option<Step>, InferiorError> {
        loop {
            let event = match self.next_event_of(tid)? {
                Some(event) => event,
                None if self.early.get(&self.process) == Some(&WaitEvent::Exec) => {
                    self.early.remove(&self.process);
                    return Ok(Some(self.executed(self.process)?.map_or(Step::Gone, Step::Stop)));
                }
                None => return Ok(Some(Step::Gone)),
            };
            let over = match event {
                WaitEvent::Signal { signal: os::SIGTRAP } => self.step_trapped(tid, plan)?,
                WaitEvent::Clone | WaitEvent::Fork | WaitEvent::Vfork => {
                    // A thread that made another one is still on its way.
                    self.take_birth(tid, event)?.map_or(After::Again, After::News)
                }
                WaitEvent::Exited { .. }
                | WaitEvent::Killed { .. }
                | WaitEvent::Signal { .. }
                | WaitEvent::Exec => {
                    let stop = self.handle(tid, event)?;
                    return Ok(Some(stop.map_or(Step::Gone, Step::Stop)));
                }
                WaitEvent::VforkDone => {
                    self.threads.set_waits_for_child(tid, false);
                    After::Again
                }
                WaitEvent::GroupStop { .. }
                | WaitEvent::Syscall
                | WaitEvent::Trapped
                | WaitEvent::Other { .. } => After::Again,
            };
            match over {
                After::Again => self.send(tid, plan, 0)?,
                After::Arrived => return Ok(None),
                After::Stop(stop) => return Ok(Some(Step::Stop(*stop))),
                After::Gone => return Ok(Some(Step::Gone)),
                After::News(news) => {
                    self.queue(tid, news);
                    self.untold.pop_back();
                    return Ok(Some(self.tell(tid)?.map_or(Step::Gone, Step::Stop)));
                }
            }
        }
    }

    /// A SIGTRAP during a step: its end, a site on the way, or the program's own.
    fn step_trapped(&mut self, tid: Tid, plan: &Plan) -> Result<After, InferiorError> {
        let Some(info) = self.signal_of(tid)? else { return Ok(After::Gone) };
        let Some(raw) = self.registers_of(tid)? else { return Ok(After::Gone) };
        let at = raw.pc().offset(-1);
        let is_site = self.memory.sites.borrow().is_active(at) || self.is_stale_hit(at);
        if info.is_breakpoint() && is_site {
            return self.step_hit(tid, plan, raw, at);
        }
        if !info.is_step() {
            return Ok(After::of(self.signalled(tid)?));
        }
        let repeats = matches!(plan.how, Stepping::Repeats { .. }) && raw.pc() == plan.from;
        let on_the_way = repeats || self.is_halfway(&raw);
        let again = on_the_way && self.fired(tid)?.is_empty();
        Ok(if again { After::Again } else { After::Arrived })
    }

    /// A site that was hit during a step.
    fn step_hit(
        &mut self,
        tid: Tid,
        plan: &Plan,
        raw: RawRegisters,
        at: VirtAddr,
    ) -> Result<After, InferiorError> {
        let mut then = raw;
        then.set_pc(at);
        let mut after = After::Arrived;
        if plan.end != Some(at) {
            // The thread stood at a site, and a signal without a handler was delivered.
            let told = self.threads.get_mut(tid).is_some_and(|t| t.returns_to(at, raw.sp()));
            if !told && self.memory.sites.borrow().is_asked(at) {
                let hit = self.stopped(tid, raw, State::AtSite(at));
                return Ok(After::of(hit.map(|thread| Stop::Site { thread, at })));
            }
            if self.memory.sites.borrow().is_active(at) {
                let Some(copy) = self.copy_of(tid, at)? else { return Ok(After::Gone) };
                then.set_pc(copy);
            }
            after = After::Again;
        }
        self.write_registers(tid, &raw, &then)?;
        Ok(after)
    }

    /// Whether a thread stands in the middle of a copy that needs two instructions.
    fn is_halfway(&self, raw: &RawRegisters) -> bool {
        self.scratch.point_at(raw.pc()).is_some_and(|point| point.is_pending())
    }

    /// The thread stands where its step has ended.
    fn landed(&mut self, tid: Tid, plan: &Plan) -> Result<Step, InferiorError> {
        let Some(before) = self.registers_of(tid)? else { return Ok(Step::Gone) };
        let mut raw = before;
        if !self.is_halfway(&raw) {
            self.leave_copy(&mut raw, true);
        }
        if plan.shows_in_r11(&raw) {
            self.hide_trap_flag_in_r11(&mut raw);
        }
        if raw != before {
            self.write_registers(tid, &before, &raw)?;
        }
        if plan.how == Stepping::PushesFlags && !plan.own_trap_flag {
            self.hide_pushed_trap_flag(raw.sp());
        }
        let fired = self.take_fired(tid)?;
        if !fired.is_empty() {
            let held = self.held(tid)?;
            return Ok(held.map_or(Step::Gone, |thread| Step::Stop(Stop::Watch { thread, fired })));
        }
        let at = raw.pc();
        let asked = self.memory.sites.borrow().is_asked(at);
        if !asked && self.linker_hit(at) {
            let stopped = self.stopped(tid, raw, State::AtSite(at));
            return Ok(stopped.map_or(Step::Gone, |thread| Step::Stop(Stop::Modules { thread })));
        }
        let returned =
            asked && self.threads.get_mut(tid).is_some_and(|t| t.returns_to(at, raw.sp()));
        if asked && !returned {
            self.pin_hit(tid, &raw, at)?;
        }
        let state = if asked { State::AtSite(at) } else { State::Held };
        let stopped = self.stopped(tid, raw, state);
        Ok(match stopped {
            None => Step::Gone,
            Some(thread) if asked && !returned => Step::Stop(Stop::Site { thread, at }),
            Some(thread) => Step::Done(thread),
        })
    }
}

/// What a stop during a step means for it.
enum After {
    /// The thread has to be sent off once more.
    Again,
    /// The instruction ran.
    Arrived,
    /// Something else is to be told.
    Stop(Box<Stop>),
    /// The thread is gone.
    Gone,
    /// The thread has news.
    News(News),
}

impl After {
    /// What is to be told, unless the thread died.
    fn of(stop: Option<Stop>) -> After {
        stop.map_or(After::Gone, |stop| After::Stop(Box::new(stop)))
    }
}
