//! What a run knows of the user's breakpoints, watchpoints and catchpoints, and planting them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::block_stops::Happening;
use super::breakpoints::{Breakpoint, BreakpointId, Table, Target};
use super::catching::Catch;
use super::functions::Chosen;
use super::ownership_stops::OwnershipStop;
use super::panic_message::PANIC_FUNCTION;
use super::places::{self, BreakPlace, PlaceError, Where};
use super::plan::View;
use super::planting::Role;
use super::run::Run;
use super::watch_ends::WatchEnd;
use super::watching::LiveWatch;
use crate::asm::Exit;
use crate::base::{ThreadNo, VirtAddr};
use crate::dwarf::{Image, Loaded};
use crate::expr::Operand;

/// What a run knows of what the user wants to stop for.
#[derive(Default)]
pub(super) struct UserStops {
    /// The breakpoints. The session shares them, because they outlive the run.
    pub table: Rc<RefCell<Table>>,
    /// The watchpoints that are set in the process.
    pub watches: Vec<LiveWatch>,
    /// Those whose frame a thread that has just stopped may have left.
    pub leaving: Vec<BreakpointId>,
    /// Those that have ended and nobody was told of.
    pub ended: Vec<WatchEnd>,
    /// How functions are left where a breakpoint waits for it.
    pub exits: HashMap<VirtAddr, Exit>,
    /// The files that were loaded when that was last looked at.
    pub modules: Vec<String>,
    /// The values that `$1` and so on mean in conditions.
    pub history: Vec<Operand>,
    /// What has happened at the stop that is being looked at.
    pub happening: Happening,
}

impl Run {
    /// From now on an inlined call counts as begun in which a thread has stopped: that at a
    /// position of the chain at its pc.
    pub(super) fn begin_inlined(&mut self, no: ThreadNo, position: usize) {
        if let Some(thread) = self.held(no) {
            let pc = thread.registers().pc();
            self.plans.view = Some(View { thread: no, pc, hidden: position, came_back: false });
        }
    }

    /// Finds the places of breakpoints in the process as it is now, and puts them there: all of a
    /// process that is new, later those that are in libraries or wait for one.
    pub(super) fn replant(&mut self) {
        let ids: Vec<_> = self.stops.table.borrow().list.iter().map(|b| b.id).collect();
        for id in ids {
            self.find_again(id);
            self.plant_user(id);
        }
        self.ask_for_events();
    }

    /// Finds the places of a breakpoint that depend on what is loaded.
    fn find_again(&mut self, id: BreakpointId) {
        let table = self.stops.table.clone();
        let wanted = {
            let table = table.borrow();
            let Some(breakpoint) = table.get(id) else { return };
            let moves = breakpoint.places.iter().any(|place| place.library.is_some());
            if !(breakpoint.is_pending() || moves || is_panic(breakpoint)) {
                return;
            }
            breakpoint.target.clone()
        };
        self.unplant_user(id);
        let found = self.find(&wanted).unwrap_or_default();
        if let Some(breakpoint) = table.borrow_mut().get_mut(id) {
            breakpoint.places = found;
        }
    }

    /// The places of what a breakpoint stops for: in the executable, and where that has none, in
    /// the libraries.
    ///
    /// # Errors
    /// [`PlaceError`] as the executable has it.
    pub(super) fn find(&self, target: &Target) -> Result<Vec<BreakPlace>, PlaceError> {
        let main = self.inferior.modules().main();
        let error = match places_in(&main.image, target) {
            Ok(places) => return Ok(places),
            Err(error) if !error.may_come() => return Err(error),
            Err(error) => error,
        };
        let mut found = Vec::new();
        for (path, loaded) in self.libraries() {
            for place in places_in(&loaded.image, target).unwrap_or_default() {
                found.push(BreakPlace { library: Some(path.clone()), ..place });
            }
        }
        if found.is_empty() { Err(error) } else { Ok(found) }
    }

    /// The place at an address of the process.
    ///
    /// # Errors
    /// [`PlaceError::NoCode`] where no file is loaded.
    pub(super) fn find_address(&self, at: VirtAddr) -> Result<BreakPlace, PlaceError> {
        let loaded = self.module_at(at).ok_or(PlaceError::NoCode(at))?;
        let place = places::place(&loaded.image, loaded.bias.to_file(at));
        let main = self.inferior.modules().main();
        let is_main = std::sync::Arc::ptr_eq(&loaded.image, &main.image);
        let library = (!is_main).then(|| loaded.image.path().display().to_string());
        Ok(BreakPlace { library, ..place })
    }

    /// Puts the sites of a breakpoint into the process.
    pub(super) fn plant_user(&mut self, id: BreakpointId) {
        // In a core file nothing comes to them; the next run has them.
        if self.inferior.live().is_err() {
            return;
        }
        let table = self.stops.table.clone();
        let table = table.borrow();
        let Some(breakpoint) = table.get(id).filter(|breakpoint| breakpoint.enabled) else {
            return;
        };
        if let Target::Ownership(OwnershipStop::Drop(asked)) = &breakpoint.target {
            self.plant_drops_asked(asked);
        }
        for (place, loaded) in self.located(&breakpoint.places) {
            let at = loaded.bias.to_virt(place.address);
            if matches!(breakpoint.target, Target::Return(_)) {
                self.stops.exits.extend(exit_at(&loaded, place).map(|exit| (at, exit)));
            }
            if let Err(error) = self.add_site(at, Role::Break(id)) {
                self.notes.push(format!("Breakpoint {id} could not be set: {error}."));
            }
        }
    }

    /// Places with the files that they are in, as far as these are loaded.
    pub(super) fn located<'p>(&self, places: &'p [BreakPlace]) -> Vec<(&'p BreakPlace, Loaded)> {
        let main = self.inferior.modules().main();
        let libraries = match places.iter().any(|place| place.library.is_some()) {
            true => self.libraries(),
            false => Vec::new(),
        };
        let loaded = |place: &BreakPlace| match &place.library {
            None => Some(main.clone()),
            Some(path) => libraries.iter().find(|(p, _)| p == path).map(|(_, of)| of.clone()),
        };
        places.iter().filter_map(|place| Some((place, loaded(place)?))).collect()
    }

    /// Takes the sites of a breakpoint out of the process.
    pub(super) fn unplant_user(&mut self, id: BreakpointId) {
        for at in self.sites.with_role(Role::Break(id)) {
            self.remove_site(at, Role::Break(id));
        }
        self.sync_drop_sites(id);
    }

    /// Whether a thread at a place of a breakpoint does what that is set for: at a jump to another
    /// function, whether it jumps.
    pub(super) fn is_reached(&self, thread: &crate::inferior::Stopped, id: BreakpointId) -> bool {
        let table = self.stops.table.borrow();
        let on_return = table.get(id).is_some_and(|b| matches!(b.target, Target::Return(_)));
        let exit = self.stops.exits.get(&thread.registers().pc());
        !on_return || exit.is_none_or(|exit| !exit.conditional || self.is_taken(thread))
    }

    fn libraries(&self) -> Vec<(String, Loaded)> {
        let main = self.inferior.modules().main();
        let modules = self.inferior.modules().iter();
        let loaded = modules.filter_map(|module| {
            let loaded = module.loaded()?;
            Some((module.path().display().to_string(), loaded))
        });
        loaded.filter(|(_, loaded)| !std::sync::Arc::ptr_eq(&loaded.image, &main.image)).collect()
    }
}

/// The places of what a breakpoint stops for in one file.
pub(super) fn places_in(image: &Image, target: &Target) -> Result<Vec<BreakPlace>, PlaceError> {
    match target {
        Target::Place(wanted) => places::places(image, wanted),
        Target::Return(wanted) => returns_in(image, wanted),
        Target::Catch(Catch::Panic) => {
            let symbols = image.functions_called(PANIC_FUNCTION);
            let none = || PlaceError::NoFunction { name: PANIC_FUNCTION.into(), known: vec![] };
            let found: Vec<_> =
                symbols.iter().map(|symbol| places::place(image, symbol.range.start)).collect();
            if found.is_empty() { Err(none()) } else { Ok(found) }
        }
        Target::Ownership(OwnershipStop::Move(asked)) => Ok(asked.places_in(image)),
        Target::Watch(_) | Target::Catch(_) | Target::Ownership(_) => Ok(Vec::new()),
    }
}

/// Where functions return: every instruction by which they can be left.
fn returns_in(image: &Image, wanted: &Where) -> Result<Vec<BreakPlace>, PlaceError> {
    let mut found = Vec::new();
    for symbol in places::functions(image, wanted)? {
        let exits = Chosen::exits_of(image, symbol.range);
        found.extend(exits.iter().map(|exit| places::place(image, exit.at)));
    }
    match found.is_empty() {
        true => Err(PlaceError::NoReturn(wanted.to_string())),
        false => Ok(found),
    }
}

fn exit_at(loaded: &Loaded, place: &BreakPlace) -> Option<Exit> {
    let symbol = loaded.image.symbols().at(place.address)?;
    let exits = Chosen::exits_of(&loaded.image, symbol.range);
    exits.into_iter().find(|exit| exit.at == place.address)
}

fn is_panic(breakpoint: &Breakpoint) -> bool {
    breakpoint.target == Target::Catch(Catch::Panic) && breakpoint.places.is_empty()
}
