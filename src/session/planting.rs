//! What each site is for, and planting them.

use std::collections::HashMap;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::allocator::{self, Family, Hook};
use super::breakpoints::BreakpointId;
use super::error::SessionError;
use super::functions;
use super::kin::kin;
use super::run::Run;
use crate::asm::Exit;
use crate::base::{Bias, FileAddr, VirtAddr};
use crate::dwarf::Image;
use crate::inferior::InferiorError;

/// What a site is for. One address can serve several ends: a function of one `ret` is entered and
/// left there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// A breakpoint of the user's.
    Break(BreakpointId),
    /// The frame may return to here that a watched variable lies in.
    WatchEnd(BreakpointId),
    /// A chosen function is entered.
    Enter(usize),
    /// A chosen function is left.
    Leave(usize, Exit),
    /// A chosen function leaves the scope of its variables.
    ScopeEnd(usize),
    /// A function of the allocator is entered.
    Allocator(Hook),
    /// A function of the allocator may have returned to here.
    AllocatorReturn,
    /// The process is about to end.
    ProcessEnd,
    /// Code is entered that drops a value.
    Drop(usize),
    /// A panic begins to unwind the thread.
    Unwinds,
    /// A panic was caught.
    Caught,
    /// The plan of the moment waits for its thread here.
    Plan,
    /// A function of the user's begins, which a step may come to through code that is not.
    UserEntry,
}

/// The roles of all sites.
#[derive(Default)]
pub(super) struct Sites(HashMap<VirtAddr, Vec<Role>>);

impl Sites {
    /// One role of a site. A function is entered before it is left: its first instruction can be
    /// its last.
    pub fn role(&self, at: VirtAddr, index: usize) -> Option<Role> {
        self.0.get(&at)?.get(index).copied()
    }

    /// Forgets all sites, with the address space that held them.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The sites that have a role.
    pub fn with_role(&self, role: Role) -> Vec<VirtAddr> {
        let sites = self.0.iter().filter(|(_, roles)| roles.contains(&role));
        sites.map(|(at, _)| *at).collect()
    }

    /// The sites where calls of chosen functions are followed, with what they are for.
    pub fn of_calls(&self) -> Vec<(VirtAddr, Role)> {
        let of_call =
            |role: &Role| matches!(role, Role::Enter(_) | Role::Leave(..) | Role::ScopeEnd(_));
        let all = self.0.iter().flat_map(|(at, roles)| roles.iter().map(|role| (*at, *role)));
        all.filter(|(_, role)| of_call(role)).collect()
    }

    /// Takes a role away; whether it was the last of its site.
    fn remove(&mut self, at: VirtAddr, role: Role) -> bool {
        let Some(roles) = self.0.get_mut(&at) else { return false };
        roles.retain(|known| *known != role);
        let last = roles.is_empty();
        if last {
            self.0.remove(&at);
        }
        last
    }

    /// Adds a role; whether it is new.
    fn add(&mut self, at: VirtAddr, role: Role) -> bool {
        let roles = self.0.entry(at).or_default();
        let new = !roles.contains(&role);
        if new {
            roles.push(role);
        }
        new
    }
}

impl Run {
    /// Plants the sites that a run begins with. What cannot be planted is noted, not fatal.
    ///
    /// # Errors
    /// [`SessionError::NothingChosen`].
    pub(super) fn plant(&mut self) -> Result<(), SessionError> {
        if self.options.calls {
            self.plant_calls()?;
        }
        if self.options.ledger {
            self.plant_allocator();
            self.plant_process_end();
        }
        if self.options.drops {
            self.plant_drops();
            self.note_drops_from_start();
        }
        Ok(())
    }

    pub(super) fn plant_calls(&mut self) -> Result<(), SessionError> {
        let main = self.inferior.modules().main();
        self.functions = functions::choose(&main, &self.options.selection)?;
        self.kin = kin(self.functions.iter().map(|function| &*function.name));
        for index in 0..self.functions.len() {
            let entry = self.functions[index].entry(self.options.entry);
            self.site(entry, Role::Enter(index));
        }
        Ok(())
    }

    /// Plants the exits of a function, when it is entered for the first time.
    pub(super) fn plant_exits(&mut self, index: usize) {
        let Some(function) = self.functions.get_mut(index).filter(|f| !f.exits_planted) else {
            return;
        };
        function.exits_planted = true;
        let bias = function.loaded.bias;
        if self.options.whole_stack
            && let Some(at) = function.scope_end()
        {
            self.site(bias.to_virt(at), Role::ScopeEnd(index));
        }
        let Some(function) = self.functions.get(index) else { return };
        for exit in function.exits() {
            self.site(bias.to_virt(exit.at), Role::Leave(index, exit));
        }
    }

    /// A site where an allocator call that is open will return to.
    pub(super) fn plant_return(&mut self, at: VirtAddr) {
        self.site(at, Role::AllocatorReturn);
    }

    fn plant_allocator(&mut self) {
        let shims = self.shims();
        if !shims.is_empty() {
            self.family = Some(Family::Shims);
            self.note_inlined_shims(&shims);
            shims.into_iter().for_each(|(bias, hooks)| self.plant_hooks(bias, hooks));
            return;
        }
        match self.first_defining(allocator::libc_family) {
            Some((bias, hooks)) => {
                self.family = Some(Family::Libc);
                self.plant_hooks(bias, hooks);
                self.notes.push(
                    "Rust's allocator shims are absent or inlined away in this program: blocks are \
                     seen at malloc, realloc and free of libc, with those of C code among them."
                        .to_owned(),
                );
            }
            None => self.notes.push(
                "No allocator that Freehold knows was found in this program (neither Rust's shims \
                 nor malloc): nothing is known of its heap."
                    .to_owned(),
            ),
        }
    }

    /// All ends of a process that are not violent pass through `_exit` of its C library.
    fn plant_process_end(&mut self) {
        let end =
            |image: &Image| Some(image.symbols().by_linkage_name("_exit").next()?.range.start);
        if let Some((bias, at)) = self.first_defining(end) {
            self.site(bias.to_virt(at), Role::ProcessEnd);
        }
    }

    /// An allocator of the program's own that does not ask libc leaves no trace where it was inlined.
    fn note_inlined_shims(&mut self, shims: &[(Bias, Vec<(FileAddr, Hook)>)]) {
        let main = self.inferior.modules().main();
        let own = shims.iter().filter(|(bias, _)| *bias == main.bias);
        let mut shims = own.flat_map(|(_, hooks)| hooks);
        if shims.any(|(at, _)| main.image.is_inlined_elsewhere(*at)) {
            self.stops.happening.misses_blocks = true;
            self.notes.push(
                "The program's own allocator was inlined into some of its callers: blocks that those \
                 allocate are not seen, nor are those that they free. Without optimisation all are."
                    .to_owned(),
            );
        }
    }

    /// Rust's shims: the executable's, or the first library's that has some, and with `-C
    /// prefer-dynamic` both. std as a library has shims of its own, which an executable with a
    /// `#[global_allocator]` does not replace, and each frees what the other allocated.
    fn shims(&self) -> Vec<(Bias, Vec<(FileAddr, Hook)>)> {
        let first = self.first_defining(allocator::shims);
        let modules = self.inferior.modules();
        let is_std =
            |path: &Path| path.file_name().is_some_and(|n| n.as_bytes().starts_with(b"libstd-"));
        let libraries = modules.iter().filter(|module| is_std(module.path()));
        let of_std = libraries.filter_map(|module| {
            let loaded = module.loaded()?;
            Some((loaded.bias, allocator::shims(&loaded.image)?))
        });
        let mut all: Vec<_> = first.into_iter().collect();
        for found in of_std {
            if !all.contains(&found) {
                all.push(found);
            }
        }
        all
    }

    /// What the first image has, the executable before its libraries. Images that need not be asked
    /// are not parsed.
    fn first_defining<T>(&self, find: impl Fn(&Image) -> Option<T>) -> Option<(Bias, T)> {
        let modules = self.inferior.modules();
        let main = modules.main();
        let libraries = modules.iter().filter_map(|module| module.loaded());
        std::iter::once(main)
            .chain(libraries)
            .find_map(|loaded| Some((loaded.bias, find(&loaded.image)?)))
    }

    fn plant_hooks(&mut self, bias: Bias, hooks: Vec<(FileAddr, Hook)>) {
        for (at, hook) in hooks {
            self.site(bias.to_virt(at), Role::Allocator(hook));
        }
    }

    pub(super) fn site(&mut self, at: VirtAddr, role: Role) {
        if let Err(error) = self.add_site(at, role) {
            self.notes.push(format!("A site could not be planted: {error}."));
        }
    }

    /// Makes an address stop the program for one more reason.
    pub(super) fn add_site(&mut self, at: VirtAddr, role: Role) -> Result<(), InferiorError> {
        if self.sites.add(at, role) {
            self.inferior.insert_site(at)?;
        }
        Ok(())
    }

    /// Takes a reason away again, and the site where it was the last.
    pub(super) fn remove_site(&mut self, at: VirtAddr, role: Role) {
        if self.sites.remove(at, role) {
            self.inferior.remove_site(at);
        }
    }
}
