//! The memory map of the process, with what lies where.

use std::collections::BTreeMap;

use serde::Serialize;

use super::debugger::Session;
use super::error::SessionError;
use super::run::Run;
use crate::base::{Range, ThreadNo, VirtAddr};
use crate::os::procfs::Mapping;

/// A mapping.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct MapView {
    /// The first address.
    pub start: VirtAddr,
    /// Bytes.
    pub size: u64,
    /// What the program may do there: `r-xp` as in `/proc/PID/maps`, without the last letter.
    pub rights: String,
    /// Where in the file it begins, in bytes.
    pub offset: u64,
    /// The path of the file, a name in brackets, or nothing.
    pub path: String,
    /// The stacks that lie in it, by thread.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stacks: Vec<ThreadNo>,
    /// The live blocks in it, and their bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocks: Option<(u64, u64)>,
    /// The sections of the file that lie in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<String>,
    /// Whether Freehold has put it there, for copies of patched instructions.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub freehold: bool,
}

impl Session {
    /// The mappings of the process, by address.
    ///
    /// # Errors
    /// [`SessionError::NotRunning`].
    pub fn maps(&mut self) -> Result<Vec<MapView>, SessionError> {
        let run = self.run.as_ref().ok_or(SessionError::NotRunning)?;
        run.inferior.modules().refresh();
        let mappings = run.inferior.modules().mappings();
        let blocks = run.blocks_by_mapping(&mappings);
        let views = mappings.iter().map(|mapping| MapView {
            start: mapping.range.start,
            size: mapping.range.end - mapping.range.start,
            rights: rights(mapping),
            offset: mapping.offset,
            path: mapping.path.clone(),
            stacks: run.stacks_in(mapping.range),
            blocks: blocks.get(&mapping.range.start).copied(),
            sections: run.sections_in(mapping.range),
            freehold: run.inferior.is_scratch(mapping.range.start),
        });
        Ok(views.collect())
    }
}

fn rights(mapping: &Mapping) -> String {
    let letters = [(mapping.readable, 'r'), (mapping.writable, 'w'), (mapping.executable, 'x')];
    letters.iter().map(|(may, letter)| if *may { *letter } else { '-' }).collect()
}

impl Run {
    fn stacks_in(&self, range: Range<VirtAddr>) -> Vec<ThreadNo> {
        let held = self.held.iter().map(|(thread, _)| thread);
        let here = held.filter(|thread| range.contains(thread.registers().sp()));
        let mut threads: Vec<_> = here.map(|thread| thread.no()).collect();
        threads.sort_unstable();
        threads
    }

    fn blocks_by_mapping(&self, mappings: &[Mapping]) -> BTreeMap<VirtAddr, (u64, u64)> {
        let mut found: BTreeMap<VirtAddr, (u64, u64)> = BTreeMap::new();
        for (at, block) in self.ledger.live() {
            let index = mappings.partition_point(|mapping| mapping.range.end <= at);
            let mapping = mappings.get(index).filter(|mapping| mapping.range.contains(at));
            if let Some(mapping) = mapping {
                let (count, bytes) = found.entry(mapping.range.start).or_default();
                *count = count.saturating_add(1);
                *bytes = bytes.saturating_add(block.size);
            }
        }
        found
    }

    fn sections_in(&self, range: Range<VirtAddr>) -> Vec<String> {
        let Some(loaded) = self.module_at(range.start) else { return Vec::new() };
        let sections = loaded.image.sections().iter().filter(|section| {
            let start = loaded.bias.to_virt(section.range.start);
            !section.thread_local && !section.range.is_empty() && range.contains(start)
        });
        sections.map(|section| section.name.to_owned()).collect()
    }
}

/// A file that is loaded.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LibraryView {
    /// Its path.
    pub path: String,
    /// Its first address.
    pub start: VirtAddr,
    /// The first address behind it.
    pub end: VirtAddr,
    /// Whether its functions have names.
    pub symbols: bool,
    /// Whether it has debug information.
    pub debug_info: bool,
}

impl Session {
    /// The libraries that are loaded, with the dynamic linker and the vdso, by address.
    ///
    /// # Errors
    /// [`SessionError::NotRunning`].
    pub fn libraries(&mut self) -> Result<Vec<LibraryView>, SessionError> {
        let run = self.run.as_ref().ok_or(SessionError::NotRunning)?;
        run.inferior.modules().refresh();
        let main = run.inferior.modules().main();
        let main_at = main.bias.to_virt(main.image.entry());
        let libraries = run.inferior.modules().iter().filter(|m| !m.range().contains(main_at));
        let views = libraries.map(|module| {
            let loaded = module.loaded();
            let image = loaded.as_ref().map(|loaded| &loaded.image);
            LibraryView {
                path: module.path().display().to_string(),
                start: module.range().start,
                end: module.range().end,
                symbols: image.is_some_and(|image| !image.symbols().all().is_empty()),
                debug_info: image.is_some_and(|image| image.has_debug_info()),
            }
        });
        Ok(views.collect())
    }
}
