//! How the bytes of a value split: its own, and those of the blocks that it owns, shares or borrows.
//!
//! `account` walks over values and `reach` counts the blocks that they lead to; `tree` keeps what
//! is listed and sums the rest; `rest` reads on where a value was cut, element by element, without
//! keeping a tree of them, and `plan` makes that quick; `leads` knows which types can lead to memory
//! at all. Nothing here knows the ledger: which block lies at an address is asked for through
//! [`Ground`].
//!
//! Every step takes a part of [`Ground::most_parts`], so that lengths and chains that lie end; the
//! totals then say that they are lower bounds.

mod account;
mod leads;
mod plan;
mod reach;
mod rest;
mod streamed;
mod tree;

use super::{Limits, Naming, Reader, Value};
use crate::base::{BlockId, Split, VirtAddr};
use crate::dwarf::{Location, TypeRef};
use account::Account;
use streamed::Streamed;

/// A live block of the heap, as an address finds it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BlockAt {
    /// The block.
    pub id: BlockId,
    /// Its bytes, as the allocator was asked for them.
    pub size: u64,
    /// Bytes from its start to the address.
    pub offset: u64,
}

/// What splitting a value needs to know beside the value.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// Finds the live block that an address lies in; none where no ledger is kept. Sizes are then
    /// the capacities that values tell, which may be less than what the allocator gave.
    pub block_at: Option<&'a dyn Fn(VirtAddr) -> Option<BlockAt>>,
    /// Tells what lies where, and shortens the names of types.
    pub naming: &'a Naming<'a>,
    /// How many parts of each value are listed one by one, on the outer levels; the others are in
    /// the totals.
    pub listed: usize,
    /// How many parts are visited in all.
    pub most_parts: u64,
}

impl<'a> Ground<'a> {
    /// Ten parts of each value are listed, and ten million visited.
    pub fn new(
        block_at: Option<&'a dyn Fn(VirtAddr) -> Option<BlockAt>>,
        naming: &'a Naming<'a>,
    ) -> Ground<'a> {
        Ground { block_at, naming, listed: 10, most_parts: 10_000_000 }
    }
}

impl Value {
    /// How the bytes of the value split, as far as it was read. Where it was cut, the totals are
    /// lower bounds, and say so.
    pub fn split(&self, ground: &Ground<'_>) -> Split {
        Account::new(ground, None).whole(self, None)
    }
}

impl Reader<'_> {
    /// How the bytes of the value of this type at this place split, all of its elements included,
    /// however many they are. Of texts no
    /// more is read than names need: their lengths are enough.
    pub fn split(&self, ty: TypeRef, at: &Location, ground: &Ground<'_>) -> Split {
        let memory = Streamed::new(self.memory);
        let limits = Limits {
            // At least one element tells the type of the others.
            elements: ground.listed.clamp(1, 100),
            depth: 8,
            // As much as the keys need by which the entries of maps are called.
            text_bytes: 40,
            ..Limits::default()
        };
        let reader = Reader { memory: &memory, limits, ..*self };
        let value = reader.read(ty, at);
        Account::new(ground, Some(&reader)).whole(&value, Some(at))
    }
}

#[cfg(test)]
mod tests;
