//! Functions of the user's that code which is not shown calls: closures in iterator chains,
//! implementations of traits, bodies of threads.

use std::sync::Arc;

use super::Plan;
use crate::base::VirtAddr;
use crate::session::functions::{Chosen, choose};
use crate::session::options::{EntryPoint, Selection};
use crate::session::planting::Role;
use crate::session::run::Run;
use crate::session::symbolize::is_allocator;

/// The most functions that get a site for one step. Two microseconds each: a program with more
/// would make a step wait for seconds.
const MOST: usize = 200_000;

impl Run {
    /// Stops the program where a function of the user's begins, until it is let run freely.
    pub(super) fn plant_entries(&mut self) {
        if !self.plans.entries.is_empty() {
            return;
        }
        let mut entries = self.users_functions().to_vec();
        // What cannot be patched cannot run either.
        entries.retain(|at| self.add_site(*at, Role::UserEntry).is_ok());
        self.plans.entries = entries;
    }

    /// Where the functions of the user's begin, by address.
    fn users_functions(&mut self) -> Arc<[VirtAddr]> {
        if let Some(known) = &self.plans.users {
            return known.clone();
        }
        // What nobody chose cannot be missing.
        let main = self.inferior.modules().main();
        let users = choose(&main, &Selection::default()).unwrap_or_default();
        let begin = |function: &Chosen| function.entry(EntryPoint::FirstInstruction);
        let users = users.iter().filter(|function| !is_allocator(&function.name));
        let mut found: Vec<VirtAddr> = users.map(begin).take(MOST).collect();
        found.sort_unstable();
        found.dedup();
        self.plans.users.insert(found.into()).clone()
    }

    /// The program runs without a plan from here on.
    pub(in crate::session) fn run_freely(&mut self) {
        self.plans.view = None;
        self.plans.catch_nobody();
        self.forget_entries();
    }

    /// Takes those sites out again.
    pub(super) fn forget_entries(&mut self) {
        for at in std::mem::take(&mut self.plans.entries) {
            self.remove_site(at, Role::UserEntry);
        }
    }

    /// Whether a plan enters the function that begins at an address.
    pub(super) fn is_entered(&mut self, plan: &Plan, at: VirtAddr) -> bool {
        let Some(loaded) = self.module_at(at) else { return false };
        let file = loaded.bias.to_file(at);
        let begins = loaded.image.symbols().at(file).is_some_and(|s| s.range.start == file);
        let places = self.symbolizer.places(self.inferior.modules(), at);
        let shown = places.last().is_some_and(|place| plan.sight.shows(place));
        begins && shown && loaded.image.line_at(file).is_some()
    }
}
