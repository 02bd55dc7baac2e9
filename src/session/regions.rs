//! Addresses to the region that they belong to.

use std::cell::OnceCell;

use super::fates::short;
use super::run::Run;
use super::symbolize::file_name;
use super::threads::{Threads, below_red_zone};
use crate::base::{BlockId, Memory, Region, Shown, VirtAddr};
use crate::dwarf::{Images, short_type_name};
use crate::os::procfs::Mapping;
use crate::track::Ledger;
use crate::value::{Naming, Value};

/// Characters of the one-line form of a value; views cut it further.
const VALUE_WIDTH: usize = 160;

/// Bytes that a stack takes at most.
const LARGEST_STACK: u64 = 1 << 30;

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
    /// The run, for what is asked seldom.
    pub run: &'a Run,
    /// The mappings, once they were asked for.
    pub mappings: OnceCell<Vec<Mapping>>,
}

impl Regions<'_> {
    /// The region of an address.
    pub fn of(&self, at: VirtAddr) -> Region {
        if let Some((block, offset)) = self.ledger.block_at(at) {
            return Region::Heap { block: block.id, offset };
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
        if let Some((ended, offset)) = self.ledger.ended_at(at) {
            let at = ended.at.as_deref().and_then(short).map(Into::into);
            return Region::Freed { block: ended.id, offset, at };
        }
        if self.is_left(at) {
            return Region::LeftFrame;
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

    /// What some bytes belonged to that are gone: the block that was freed, with the line that did
    /// it, or none for a frame. Nothing where they are there.
    pub fn gone(&self, at: VirtAddr, len: u64) -> Option<(Option<BlockId>, Option<Box<str>>)> {
        // Most of what is read is alive, and told so by few questions.
        let buried = self.ledger.ended_within(at, len);
        if buried.is_none() && !self.may_be_left(at) {
            return None;
        }
        match self.of(buried.unwrap_or(at)) {
            Region::Freed { .. } if self.run.is_thread_local(at) => None,
            Region::Freed { block, at, .. } => Some((Some(block), at)),
            Region::LeftFrame => Some((None, None)),
            _ => None,
        }
    }

    /// Whether an address may lie in a frame that was left, before the mappings are asked.
    fn may_be_left(&self, at: VirtAddr) -> bool {
        let below = |low: VirtAddr| at < low && low - at < LARGEST_STACK;
        self.lows().any(below) && self.ledger.block_at(at).is_none() && !self.threads.on_a_stack(at)
    }

    fn is_left(&self, at: VirtAddr) -> bool {
        let mappings = || self.run.inferior.modules().mappings();
        self.may_be_left(at)
            && self.mappings.get_or_init(mappings).iter().any(|mapping| {
                mapping.range.contains(at) && self.lows().any(|low| mapping.range.contains(low))
            })
    }

    /// Where the stacks end that are in use now: below, frames were left, or there was none ever.
    /// That is known of threads that stand still.
    fn lows(&self) -> impl Iterator<Item = VirtAddr> {
        let held = self.run.held.iter().map(|(thread, _)| thread.registers().sp());
        // While events are told, the thread that made them is not among those.
        let only = self.threads.only_stack_pointer().filter(|_| self.run.held.is_empty());
        held.chain(only).map(below_red_zone)
    }

    /// How an address is named to people: by block, section or region, never by number.
    pub fn name(&self, at: VirtAddr) -> String {
        match self.of(at) {
            gone if gone.is_gone() => format!("dangling: into {gone}"),
            region => region.to_string(),
        }
    }
}
