//! Panics: a call that does not return, but leaves by the unwinder.
//!
//! The unwinder asks the personality routine of each frame, and that says where the frame goes on:
//! it calls `_Unwind_SetIP` with the address of a landing pad. This is the one place that all
//! unwinders share (libgcc's and LLVM's export it, psABI 6.2.5), and the pad is met before one of
//! its instructions has run. Most pads only drop what the frame owned, and unwinding goes on behind
//! them; std's `catch_unwind` goes on to its caller.

use super::follow::Next;
use super::waits::{Means, Wait};
use super::{Goal, Plan};
use crate::base::{Register, VirtAddr};
use crate::dwarf::SymbolKind;
use crate::inferior::Stopped;
use crate::session::error::SessionError;
use crate::session::run::Run;

/// The function that is told where a frame goes on.
const SET_IP: &str = "_Unwind_SetIP";

impl Run {
    /// Lets a plan hear of the landing pads that its thread comes to.
    pub(super) fn watch_unwinder(&mut self, plan: &mut Plan) -> Result<(), SessionError> {
        for at in self.unwinders() {
            self.wait_at(plan, Wait::anyhow(at, Means::Unwinder))?;
        }
        Ok(())
    }

    /// The thread stands at the entry of `_Unwind_SetIP`, whose second argument is the pad.
    pub(super) fn expect_pad(
        &mut self,
        plan: &mut Plan,
        thread: &Stopped,
    ) -> Result<(), SessionError> {
        let Some(pad) = thread.registers().get(Register::RSI) else { return Ok(()) };
        let not_below = Some(plan.floor);
        self.wait_at(plan, Wait { not_below, ..Wait::anyhow(VirtAddr(pad), Means::Pad) })
    }

    /// The thread stands at a landing pad of the plan's frame, or of one around it.
    pub(super) fn unwound(&mut self, plan: &mut Plan) -> Result<Next, SessionError> {
        let Some(thread) = self.held(plan.thread) else { return Err(SessionError::NotRunning) };
        let pc = thread.registers().pc();
        let ground = self.ground(thread);
        plan.floor = ground.cfa.unwrap_or(plan.floor);
        plan.unwound = true;
        let levels = self.levels(&ground, pc, &plan.sight);
        let inside = levels.iter().rposition(|level| level.catches);
        let around = inside.and_then(|index| levels.get(..index));
        let catcher = around.and_then(|levels| levels.iter().rposition(|level| level.visible));
        match (catcher, plan.goal_lines()) {
            // `catch_unwind` was inlined into code that is shown.
            (Some(_), true) => {
                plan.ground = ground;
                if let Some(lines) = plan.lines() {
                    lines.come_back(&levels, false);
                }
                Ok(Next::Step)
            }
            (Some(_), false) => self.done_here(plan),
            (None, _) => self.leave(plan),
        }
    }

    /// Where `_Unwind_SetIP` is: in a library of its own, or in the program where that is linked
    /// statically.
    fn unwinders(&self) -> Vec<VirtAddr> {
        let modules = self.inferior.modules();
        let main = modules.main();
        let is_unwinder = |path: &std::path::Path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("libgcc_s") || name.starts_with("libunwind")
        };
        let libraries = modules.iter().filter(|module| is_unwinder(module.path()));
        let images = libraries.filter_map(|module| module.loaded()).chain([main]);
        let found = images.flat_map(|loaded| {
            let symbols = loaded.image.symbols().by_linkage_name(SET_IP);
            let functions = symbols.filter(|symbol| symbol.kind == SymbolKind::Function);
            let at: Vec<_> =
                functions.map(|symbol| loaded.bias.to_virt(symbol.range.start)).collect();
            at
        });
        found.collect()
    }
}

impl Plan {
    fn goal_lines(&self) -> bool {
        matches!(self.goal, Goal::Lines(_))
    }
}
