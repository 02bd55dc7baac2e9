//! Addresses to the region that they belong to.

use super::symbolize::file_name;
use super::threads::Threads;
use crate::base::{Memory, Region, Shown, VirtAddr};
use crate::dwarf::{Images, short_type_name};
use crate::track::Ledger;
use crate::value::{Naming, Value};

/// Characters of the one-line form of a value; views cut it further.
const VALUE_WIDTH: usize = 160;

/// What is known of the address space at a stop.
pub(super) struct Regions<'a> {
    /// Live blocks.
    pub ledger: &'a Ledger,
    /// Whether values are told, or only what they own.
    pub values: bool,
    /// Stacks.
    pub threads: &'a Threads,
    /// Files.
    pub images: &'a dyn Images,
    /// Memory, to tell what is mapped from what is not.
    pub memory: &'a dyn Memory,
}

impl Regions<'_> {
    /// The region of an address.
    pub fn of(&self, at: VirtAddr) -> Region {
        if let Some((block, offset)) = self.ledger.block_at(at) {
            return Region::Heap { block: block.id, offset };
        }
        if let Some(ended) = self.ledger.ended_from(at) {
            return Region::Freed { block: ended.id };
        }
        if self.threads.on_a_stack(at) {
            return Region::Stack;
        }
        if let Some(loaded) = self.images.image_at(at) {
            return match loaded.image.section_at(loaded.bias.to_file(at)) {
                Some(section) => Region::Section(section.name.to_owned()),
                None => Region::File(file_name(loaded.image.path())),
            };
        }
        match self.memory.read(at, &mut [0]) {
            Ok(()) => Region::Anonymous,
            Err(_) => Region::Unmapped,
        }
    }

    /// A value as people and programs read it, with its addresses named.
    pub fn shown(&self, value: &Value) -> Shown {
        self.with_naming(&|at| self.of(at), |naming| value.shown(naming))
    }

    /// Gives the names of what values refer to, with another way to tell regions.
    pub fn with_naming<T>(
        &self,
        region: &dyn Fn(VirtAddr) -> Region,
        ask: impl FnOnce(&Naming<'_>) -> T,
    ) -> T {
        ask(&Naming {
            address: &|at| self.name(at),
            function: &|at| self.function(at),
            type_name: &|name| short_type_name(name),
            region,
            width: VALUE_WIDTH,
        })
    }

    /// The path of the function that begins at an address.
    pub fn function(&self, at: VirtAddr) -> Option<String> {
        let loaded = self.images.image_at(at)?;
        loaded.image.function_label(loaded.bias.to_file(at))
    }

    /// How an address is named to people: by block, section or region, never by number.
    pub fn name(&self, at: VirtAddr) -> String {
        self.of(at).to_string()
    }
}
