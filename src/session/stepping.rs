//! Letting the program run to somewhere: by lines, by instructions, out of a call, to a place.

use super::asking::{Answered, answer, keep};
use super::debugger::Session;
use super::error::SessionError;
use super::halt::Halt;
use super::places::{BreakPlace, Where};
use super::plan::{Plan, sight};
use super::run::{Observer, Run};
use super::value_returned::place_returned;
use crate::base::{ThreadNo, Unreadable, VirtAddr};
use crate::expr::Operand;
use crate::value::{Format, Part};

impl Session {
    /// Runs to the start of another line than that where the frame that is looked at stands, `times`
    /// times; what that frame has called comes to its end first. A call of a function of the user's is
    /// entered, wherever it is made from; std and dependencies are run through, unless
    /// [`Settings::step_into_all`](super::Settings::step_into_all) says otherwise.
    ///
    /// # Errors
    /// As [`Session::resume_with`].
    pub fn step_with(
        &mut self,
        times: u32,
        observer: &mut dyn Observer,
    ) -> Result<&Halt, SessionError> {
        self.by_lines(true, times, observer)
    }

    /// Runs to the start of another line of this function, or of the one that called it, `times`
    /// times. Calls are run through.
    ///
    /// # Errors
    /// As [`Session::resume_with`].
    pub fn next_with(
        &mut self,
        times: u32,
        observer: &mut dyn Observer,
    ) -> Result<&Halt, SessionError> {
        self.by_lines(false, times, observer)
    }

    /// Runs one instruction, `times` times; `over` calls, or into them.
    ///
    /// # Errors
    /// As [`Session::resume_with`].
    pub fn step_instruction_with(
        &mut self,
        over: bool,
        times: u32,
        observer: &mut dyn Observer,
    ) -> Result<&Halt, SessionError> {
        self.follow(Plan::by_instructions(over, self.selected.thread, times), observer)
    }

    /// Runs to the end of the call that is looked at. [`Session::returned`] tells its value.
    ///
    /// # Errors
    /// [`SessionError::NoCaller`] for the outermost frame, otherwise as [`Session::resume_with`].
    pub fn finish_with(&mut self, observer: &mut dyn Observer) -> Result<&Halt, SessionError> {
        let (frame, stack, thread) = (self.frame()?, self.stack()?, self.selected.thread);
        let sight = sight(self.settings.step_into_all, &self.settings.skips);
        let run = self.run.as_mut().ok_or(SessionError::NotRunning)?;
        run.plans.returned = None;
        let plan = run.plan_to_end(thread, &stack, &frame, sight)?;
        self.follow(plan, observer)
    }

    /// Runs to a line of this function behind the current one, which gets it out of a loop, or out
    /// of the function. Lines are compared by their numbers: those of the loop are left behind.
    ///
    /// # Errors
    /// As [`Session::resume_with`].
    pub fn until_with(&mut self, observer: &mut dyn Observer) -> Result<&Halt, SessionError> {
        let (frame, stack, thread) = (self.frame()?, self.stack()?, self.selected.thread);
        let run = self.run.as_mut().ok_or(SessionError::NotRunning)?;
        match run.plan_past_line(thread, &stack, &frame)? {
            Some(plan) => self.follow(plan, observer),
            None => self.next_with(1, observer),
        }
    }

    /// Runs to a place, or out of the frame that is looked at. With `within`, a place in the same
    /// function counts in this call alone, and not in those that it makes of itself.
    ///
    /// # Errors
    /// [`SessionError::Place`] says what is wrong with the place, otherwise as [`Session::resume_with`].
    pub fn advance_with(
        &mut self,
        to: &Where,
        within: bool,
        observer: &mut dyn Observer,
    ) -> Result<&Halt, SessionError> {
        let places = self.places(to)?;
        let (frame, stack, thread) = (self.frame()?, self.stack()?, self.selected.thread);
        let run = self.run.as_mut().ok_or(SessionError::NotRunning)?;
        let name = if within { "until" } else { "advance" };
        let plan = run.plan_to_place(name, thread, (&stack, &frame), &places, within)?;
        self.follow(plan, observer)
    }

    /// Goes on at another place. Nothing between here and there runs, and nothing is undone: no
    /// destructor runs for what goes out of scope, and what comes into scope holds whatever lies
    /// there.
    ///
    /// # Errors
    /// [`SessionError::JumpOut`] for a place in another function, unless it is forced;
    /// [`SessionError::JumpWhere`] where several are meant; otherwise as [`Session::resume_with`].
    pub fn jump_with(
        &mut self,
        to: &Where,
        force: bool,
        observer: &mut dyn Observer,
    ) -> Result<&Halt, SessionError> {
        let places = self.places(to)?;
        let thread = self.selected.thread;
        let run = self.run.as_mut().ok_or(SessionError::NotRunning)?;
        run.set_place(thread, &places, force)?;
        self.resume_with(observer)
    }

    /// What the call that was run to its end has returned; none for one that returns nothing, and
    /// for one of which the debug information says nothing. It becomes the next of the values that
    /// `$1`, `$2` and so on name.
    ///
    /// # Errors
    /// Why the value cannot be read.
    pub fn returned(&mut self) -> Option<Result<Answered, Unreadable>> {
        let run = self.run.as_mut()?;
        let at = run.plans.returned.take()?;
        let ty = at.function.returns?;
        let no = self.history.len() + 1;
        let (limits, format) = (self.settings.limits, Format::default());
        let parts = self.settings.parts;
        let answered = self.look(limits, |looking| {
            if !std::ptr::eq(looking.image, &*at.loaded.image) {
                let why = "its type is described in another file than its caller";
                return Err(Unreadable::NotDescribed(why.to_owned()));
            }
            let image = &*at.loaded.image;
            let place = place_returned(image, &at.function, ty, looking.reader.registers)?;
            let operand = Operand::Place(Part { ty, at: place });
            Ok((answer(looking, &operand, no, &format, parts), keep(looking, operand)))
        });
        let answered = answered.ok()?;
        Some(answered.map(|(answered, kept)| {
            self.history.push(kept);
            answered
        }))
    }

    /// The step that the last halt has kept from its end, as its command is called: a breakpoint was
    /// reached on the way, a signal arrived.
    pub fn unfinished(&self) -> Option<&'static str> {
        self.unfinished
    }

    fn by_lines(
        &mut self,
        into: bool,
        times: u32,
        observer: &mut dyn Observer,
    ) -> Result<&Halt, SessionError> {
        let (frame, stack, thread) = (self.frame()?, self.stack()?, self.selected.thread);
        let sight = sight(self.settings.step_into_all, &self.settings.skips);
        let run = self.run.as_mut().ok_or(SessionError::NotRunning)?;
        let plan = run.plan_by_lines((into, times), thread, (&stack, &frame), sight)?;
        self.follow(plan, observer)
    }

    fn follow(&mut self, plan: Plan, observer: &mut dyn Observer) -> Result<&Halt, SessionError> {
        let run = self.run.as_mut().ok_or(SessionError::NotRunning)?;
        run.drop_plan();
        run.plans.active = Some(plan);
        self.go_on_with(observer)
    }
}

impl Run {
    /// Those of some addresses that lie in the same function as another.
    fn in_function_of(&self, pc: VirtAddr, all: &[VirtAddr]) -> Vec<VirtAddr> {
        let Some(loaded) = self.module_at(pc) else { return Vec::new() };
        let symbol = loaded.image.symbols().at(loaded.bias.to_file(pc));
        let Some(range) = symbol.map(|symbol| symbol.range) else { return Vec::new() };
        let inside = |at: &&VirtAddr| range.contains(loaded.bias.to_file(**at));
        all.iter().filter(inside).copied().collect()
    }

    /// Lets a thread that is held go on at one of some places.
    fn set_place(
        &mut self,
        no: ThreadNo,
        places: &[BreakPlace],
        force: bool,
    ) -> Result<(), SessionError> {
        let pc = self.held(no).ok_or(SessionError::NotRunning)?.registers().pc();
        let located = self.located(places);
        let all: Vec<VirtAddr> =
            located.iter().map(|(place, loaded)| loaded.bias.to_virt(place.address)).collect();
        let here: Vec<VirtAddr> = self.in_function_of(pc, &all);
        let to = match (here.as_slice(), all.as_slice()) {
            ([one], _) => *one,
            ([], [one]) if force => *one,
            ([], _) => {
                let to = places.first().map(|place| place.at.function.clone()).unwrap_or_default();
                let from = self.find_address(pc).map(|place| place.at.function);
                return Err(SessionError::JumpOut { to, from: from.unwrap_or_default() });
            }
            (several, _) => return Err(SessionError::JumpWhere(several.len())),
        };
        let held = self.held.iter_mut().map(|(thread, _)| thread);
        let thread = held.into_iter().find(|t| t.no() == no).ok_or(SessionError::NotRunning)?;
        let mut registers = *thread.registers();
        registers.set_pc(to);
        thread.set_registers(registers);
        self.notes.push(
            "Nothing runs between here and there: destructors are left out, and variables hold \
             what lies in their places."
                .to_owned(),
        );
        Ok(())
    }
}
