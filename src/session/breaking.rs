//! Setting, changing and taking away what the program stops for.

use super::breakpoints::{Breakpoint, BreakpointId, Target, Terms};
use super::catching::Catch;
use super::debugger::Session;
use super::halt::Halt;
use super::places::{BreakPlace, PlaceError, Where};
use super::user_stops::places_in;

/// How a breakpoint is enabled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Enabling {
    /// It stops the program.
    On,
    /// It does not.
    Off,
    /// It stops the program once, and is disabled then.
    Once,
    /// It stops the program once, and is deleted then.
    Delete,
}

/// The commands of a breakpoint that has just stopped the program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Due {
    /// The breakpoint.
    pub of: BreakpointId,
    /// Its commands.
    pub commands: Vec<String>,
}

impl Session {
    /// All breakpoints, watchpoints and catchpoints, by number.
    pub fn breakpoints(&self) -> Vec<Breakpoint> {
        self.table.borrow().list.clone()
    }

    /// Stops the program for something in its code, on some terms. With `pending`, a place that no
    /// file has is looked for in each library that is loaded later.
    ///
    /// # Errors
    /// [`PlaceError`] says what is wrong with the place.
    pub fn add_breakpoint(
        &mut self,
        target: Target,
        terms: Terms,
        pending: bool,
    ) -> Result<Breakpoint, PlaceError> {
        let target = self.in_this_file(target);
        let places = match self.find_places(&target) {
            Err(error) if pending && error.may_come() => Vec::new(),
            other => other?,
        };
        let added = self.table.borrow_mut().add(target, places, terms);
        if let Some(run) = &mut self.run {
            run.plant_user(added.id);
            run.ask_for_events();
        }
        Ok(added)
    }

    /// What a place means now, in the executable and its libraries.
    ///
    /// # Errors
    /// [`PlaceError`] says what is wrong with the place.
    pub fn places(&mut self, wanted: &Where) -> Result<Vec<BreakPlace>, PlaceError> {
        let target = self.in_this_file(Target::Place(wanted.clone()));
        self.find_places(&target)
    }

    /// The breakpoints that stop at a place, or at one of those that it means.
    ///
    /// # Errors
    /// [`PlaceError`] says what is wrong with the place.
    pub fn breakpoints_at(&mut self, wanted: &Where) -> Result<Vec<BreakpointId>, PlaceError> {
        let meant = self.places(wanted)?;
        let is_there = |place: &BreakPlace| {
            meant.iter().any(|m| m.address == place.address && m.library == place.library)
        };
        let table = self.table.borrow();
        let there = table.list.iter().filter(|breakpoint| breakpoint.places.iter().any(is_there));
        Ok(there.map(|breakpoint| breakpoint.id).collect())
    }

    fn find_places(&self, target: &Target) -> Result<Vec<BreakPlace>, PlaceError> {
        match (target_address(target), &self.run) {
            (Some(at), None) => Err(PlaceError::NotRunning(at)),
            (Some(at), Some(run)) => run.find_address(at).map(|place| vec![place]),
            (None, None) => places_in(&self.image, target),
            (None, Some(run)) => run.find(target),
        }
    }

    /// Stops the program when something happens to the process.
    ///
    /// # Errors
    /// [`PlaceError::NotAPattern`] for a library.
    pub fn catch(&mut self, what: Catch, terms: Terms) -> Result<Breakpoint, PlaceError> {
        if let Catch::Load(Some(pattern)) = &what {
            super::places::pattern(pattern)?;
        }
        self.add_breakpoint(Target::Catch(what), terms, true)
    }

    /// Takes a breakpoint away; whether there was one of that number.
    pub fn delete_breakpoint(&mut self, id: BreakpointId) -> bool {
        if let Some(run) = &mut self.run {
            run.unplant_user(id);
            run.end_watch(id);
        }
        let known = self.table.borrow().get(id).is_some();
        self.table.borrow_mut().list.retain(|breakpoint| breakpoint.id != id);
        if let Some(run) = &mut self.run {
            run.ask_for_events();
        }
        known
    }

    /// Enables or disables a breakpoint; whether there is one of that number.
    ///
    /// # Errors
    /// [`SessionError`](super::SessionError) where the processor cannot watch once more what a
    /// watchpoint was for; it stays disabled.
    pub fn enable_breakpoint(
        &mut self,
        id: BreakpointId,
        how: Enabling,
    ) -> Result<bool, super::SessionError> {
        if let Some(breakpoint) = self.table.borrow_mut().get_mut(id) {
            breakpoint.enabled = how != Enabling::Off;
            breakpoint.once = how == Enabling::Once;
            breakpoint.terms.temporary |= how == Enabling::Delete;
        } else {
            return Ok(false);
        }
        let Some(run) = &mut self.run else { return Ok(true) };
        match how {
            Enabling::Off => run.unplant_user(id),
            _ => run.plant_user(id),
        }
        run.ask_for_events();
        if let Err(error) = run.sync_watches() {
            if let Some(breakpoint) = self.table.borrow_mut().get_mut(id) {
                breakpoint.enabled = false;
            }
            run.sync_watches()?;
            return Err(error.into());
        }
        Ok(true)
    }

    /// Changes the terms of a breakpoint; it is given back as it is then, where there is one of that
    /// number.
    pub fn change_terms(
        &mut self,
        id: BreakpointId,
        change: impl FnOnce(&mut Terms),
    ) -> Option<Breakpoint> {
        let mut table = self.table.borrow_mut();
        let breakpoint = table.get_mut(id)?;
        change(&mut breakpoint.terms);
        Some(breakpoint.clone())
    }

    /// The commands of the breakpoints that have stopped the program last; they are given once.
    pub fn take_due_commands(&mut self) -> Vec<Due> {
        std::mem::take(&mut self.due)
    }

    /// A line without a file is one of the file that is looked at now, whatever is later.
    fn in_this_file(&mut self, target: Target) -> Target {
        match target {
            Target::Place(wanted) => {
                Target::Place(wanted.in_file(self.file_looked_at().as_deref()))
            }
            other => other,
        }
    }

    /// The program stands still: what was set for one stop goes, and commands are due.
    pub(super) fn after_halt(&mut self, halt: &Halt) {
        let mut spent = Vec::new();
        for id in halt.hit() {
            let table = self.table.borrow();
            let Some(breakpoint) = table.get(id) else { continue };
            if !breakpoint.terms.commands.is_empty() {
                let commands = breakpoint.terms.commands.clone();
                self.due.push(Due { of: id, commands });
            }
            spent.push((id, breakpoint.terms.temporary, breakpoint.once));
        }
        for (id, temporary, once) in spent {
            if temporary {
                self.delete_breakpoint(id);
            } else if once
                && let Err(error) = self.enable_breakpoint(id, Enabling::Off)
                && let Some(run) = &mut self.run
            {
                run.notes.push(format!("Breakpoint {id} could not be disabled: {error}."));
            }
        }
    }

    /// The program is another one: forgets where the breakpoints were, which are given back, and
    /// what was watched in the memory of the other.
    pub(super) fn forget_places(&mut self) -> Vec<BreakpointId> {
        let mut table = self.table.borrow_mut();
        table.list.retain(|breakpoint| {
            let watches = matches!(breakpoint.target, Target::Watch(_));
            !watches && !breakpoint.target.ends_with_process()
        });
        let placed = table.list.iter().filter(|breakpoint| !breakpoint.places.is_empty());
        let placed = placed.map(|breakpoint| breakpoint.id).collect();
        table.list.iter_mut().for_each(|breakpoint| breakpoint.places.clear());
        placed
    }

    /// Says which of some breakpoints have no place in the program.
    pub(super) fn note_without_place(&mut self, ids: &[BreakpointId]) {
        let Some(run) = &mut self.run else { return };
        let table = self.table.borrow();
        let lost = ids.iter().filter_map(|id| table.get(*id)).filter(|b| b.places.is_empty());
        for breakpoint in lost {
            if let Err(why) = run.find(&breakpoint.target) {
                let (id, program) = (breakpoint.id, self.image.path().display());
                run.notes.push(format!("Breakpoint {id} has no place in {program}: {why}."));
            }
        }
    }

    /// Gives a new process what the user wants to stop for.
    pub(super) fn plant_all(&mut self) {
        let Some(run) = &mut self.run else { return };
        run.stops.table = self.table.clone();
        run.note_modules();
        run.replant();
        run.begin_kept_watches();
    }

    /// Gives the run the values that conditions name, where some do.
    pub(super) fn lend_history(&mut self) {
        let Some(run) = &mut self.run else { return };
        run.stops.happening.stops_for_bad_frees = self.settings.stop_on_bad_free;
        let table = self.table.borrow();
        let names_history = table.list.iter().any(|breakpoint| {
            let log = breakpoint.terms.log.as_ref().is_some_and(|log| log.text().contains('$'));
            log || breakpoint.terms.condition.as_ref().is_some_and(|c| c.text().contains('$'))
        });
        run.stops.history = if names_history { self.history.clone() } else { Vec::new() };
    }

    /// Forgets the watchpoints that cannot outlive the process.
    pub(super) fn forget_watches(&mut self) {
        let list = &mut self.table.borrow_mut().list;
        list.retain(|breakpoint| !breakpoint.target.ends_with_process());
    }
}

fn target_address(target: &Target) -> Option<crate::base::VirtAddr> {
    match target {
        Target::Place(Where::Address(at)) => Some(*at),
        _ => None,
    }
}
