//! Memory without what is gone from it: what lies in a freed block, or in a frame that was left, is
//! no value any more, whatever its bytes are.

use super::regions::Regions;
use crate::base::{Memory, MemoryError, Unreadable, VirtAddr};

/// The memory that values are read from. Reads that touch what is gone say so; the bytes themselves
/// can be looked at in the memory below it.
pub(super) struct Alive<'a> {
    /// All of the memory.
    pub memory: &'a dyn Memory,
    /// Knows what is gone.
    pub regions: &'a Regions<'a>,
}

impl Memory for Alive<'_> {
    fn read(&self, at: VirtAddr, into: &mut [u8]) -> Result<(), MemoryError> {
        match self.regions.gone(at, into.len() as u64) {
            Some((into, line)) => {
                let why = Unreadable::Dangling { into, at: line };
                Err(MemoryError { at, gone: Some(Box::new(why)) })
            }
            None => self.memory.read(at, into),
        }
    }
}
