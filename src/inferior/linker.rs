//! What the dynamic linker publishes for debuggers: `struct r_debug` and its list of
//! `struct link_map` (glibc, elf/link.h; musl has the same).

use super::Inferior;
use super::error::InferiorError;
use super::modules::Modules;
use super::sites::For;
use crate::base::{Memory, MemoryExt, VirtAddr};
use crate::dwarf::{Loaded, SymbolKind};

/// The most entries of the list that are looked at: it lies in memory of the program, and could be
/// a ring.
const MOST: u64 = 100_000;

/// `DT_NULL` and `DT_DEBUG` (ELF specification, figure 5-10; elf.h).
const DT_NULL: u64 = 0;
const DT_DEBUG: u64 = 21;

/// Offsets in `struct r_debug`: the list, the function that is called at each change, and the state.
const R_MAP: u64 = 8;
const R_BRK: u64 = 16;
const R_STATE: u64 = 24;

/// Offsets in `struct link_map`: the dynamic section, and the next entry.
const L_LD: u64 = 16;
const L_NEXT: u64 = 24;

/// `RT_CONSISTENT`: the list is complete.
const CONSISTENT: u32 = 0;

/// What the dynamic linker and the C library of a process tell of themselves, in its memory.
pub(super) struct Linker<'a> {
    /// The files that are loaded.
    pub(super) modules: &'a Modules,
    /// The memory.
    pub(super) memory: &'a dyn Memory,
}

impl Linker<'_> {
    /// Where the dynamic linker has its `struct r_debug`; nothing before it has said so, and in a
    /// program without one.
    fn debug(&self) -> Option<VirtAddr> {
        let main = self.modules.main();
        let dynamic = main.image.dynamic_section()?;
        let entries = dynamic.end.0.saturating_sub(dynamic.start.0) / 16;
        let mut at = main.bias.to_virt(dynamic.start);
        for _ in 0..entries.min(MOST) {
            match self.memory.read_u64(at).ok()? {
                DT_NULL => return None,
                DT_DEBUG => {
                    let address = self.memory.read_u64(at + 8).ok()?;
                    return (address != 0).then_some(VirtAddr(address));
                }
                _ => at = at + 16,
            }
        }
        None
    }

    /// The function that the dynamic linker calls before and after each change of its list.
    fn breakpoint(&self) -> Option<VirtAddr> {
        let address = self.memory.read_u64(self.debug()? + R_BRK).ok()?;
        (address != 0).then_some(VirtAddr(address))
    }

    /// Whether the dynamic linker is done with its changes.
    fn is_consistent(&self) -> bool {
        let state = self.debug().and_then(|debug| {
            let mut state = [0; 4];
            self.memory.read(debug + R_STATE, &mut state).ok()?;
            Some(u32::from_le_bytes(state))
        });
        state == Some(CONSISTENT)
    }

    /// The `struct link_map` of a loaded file: the entry with the same dynamic section.
    pub(super) fn link_map(&self, of: &Loaded) -> Option<VirtAddr> {
        let dynamic = of.bias.to_virt(of.image.dynamic_section()?.start);
        let word = |at: VirtAddr| self.memory.read_u64(at).ok();
        let mut entry = word(self.debug()? + R_MAP)?;
        for _ in 0..MOST {
            if entry == 0 {
                return None;
            }
            let at = VirtAddr(entry);
            if word(at + L_LD)? == dynamic.0 {
                return Some(at);
            }
            entry = word(at + L_NEXT)?;
        }
        None
    }

    /// Where a datum that a library publishes lies, by its name in the symbol table.
    pub(super) fn published(&self, name: &str) -> Option<VirtAddr> {
        let in_module = |loaded: &Loaded| {
            let all = loaded.image.symbols().all();
            let found = all.iter().find(|s| s.kind == SymbolKind::Data && s.name == name)?;
            Some(loaded.bias.to_virt(found.range.start))
        };
        let mut libraries = self.modules.iter().filter(|module| is_of_libc(module.path()));
        libraries.find_map(|module| in_module(&module.loaded()?))
    }
}

impl Inferior {
    /// What the dynamic linker tells.
    pub(super) fn linker(&self) -> Linker<'_> {
        Linker { modules: &self.modules, memory: &self.memory }
    }

    /// Whether [`Stop::Modules`](super::Stop::Modules) is told from now on, each time that the
    /// dynamic linker has changed what is loaded (`dlopen`, `dlclose`). Returns whether the program
    /// has one that can be heard; before its entry point it has none yet. An exec ends it.
    ///
    /// # Errors
    /// As [`Inferior::insert_site`].
    pub fn tell_modules(&mut self, on: bool) -> Result<bool, InferiorError> {
        match (on, self.linker_site) {
            (true, None) => {
                let Some(at) = self.linker().breakpoint() else { return Ok(false) };
                self.insert_for(at, For::Inferior)?;
                self.linker_site = Some(at);
            }
            (false, Some(at)) => {
                self.memory.remove_site(at, For::Inferior);
                self.linker_site = None;
            }
            _ => {}
        }
        Ok(self.linker_site.is_some())
    }

    /// A site was hit; whether it is the dynamic linker that says it is done.
    pub(super) fn linker_hit(&self, at: VirtAddr) -> bool {
        let done = self.linker_site == Some(at) && self.linker().is_consistent();
        if done {
            self.modules.refresh();
        }
        done
    }
}

/// Whether a file may be a part of glibc: before version 2.34 threads had a library of their own.
fn is_of_libc(path: &std::path::Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    ["libc.so", "libc-", "libpthread", "ld-linux", "ld-2", "ld.so"]
        .iter()
        .any(|start| name.starts_with(start))
}
