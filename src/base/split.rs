//! How the bytes of one value split between the stack and the heap.

use serde::Serialize;

use super::{BlockId, Hold, Region};

/// Where the bytes of a value are: its own, and those of the blocks that it leads to.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Split {
    /// The name of its type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Where its own bytes live.
    pub region: Region,
    /// How many they are.
    pub size: u64,
    /// The sums.
    pub totals: SplitTotals,
    /// Where the sizes of blocks come from.
    pub sizes: SizesFrom,
    /// Why the totals may be less than what is there; none where they are exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<String>,
    /// What it leads to, the outer before the inner.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<SplitPart>,
    /// What is counted and not listed.
    #[serde(skip_serializing_if = "SplitMore::is_empty")]
    pub more: SplitMore,
}

/// Where the sizes of blocks come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SizesFrom {
    /// From the calls of the allocator.
    Ledger,
    /// From what the values say of themselves: their capacities. No ledger was kept.
    Capacities,
}

/// The sums of a split. What is borrowed is in none of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct SplitTotals {
    /// The value's own bytes, where they lie on a stack.
    pub stack_bytes: u64,
    /// Bytes of the blocks that it owns or shares, each block once.
    pub heap_bytes: u64,
    /// The number of these blocks.
    pub blocks: u64,
    /// Bytes of them that hold no value.
    pub spare: u64,
    /// Bytes of those among them that it shares: others may keep them alive.
    pub shared_bytes: u64,
    /// The number of those.
    pub shared_blocks: u64,
    /// References, raw pointers and weak pointers that were met. What is behind them belongs to
    /// others.
    pub borrowed: u64,
}

/// A part of a value that leads to memory elsewhere.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SplitPart {
    /// The part: empty for the value itself, `[1].name`, `*`.
    pub path: String,
    /// The name of its type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Where it leads.
    pub region: Region,
    /// Bytes of the block; of what is borrowed, those that the reference covers.
    pub size: u64,
    /// Bytes that hold values.
    pub used: u64,
    /// Bytes of the block that hold none.
    pub spare: u64,
    /// What the value is to the memory.
    pub hold: Hold,
    /// What a counting pointer counts: `strong`, `weak`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub counts: Vec<(&'static str, u64)>,
    /// Whether it is in the totals: not what is borrowed, nor what was reached before by another
    /// part, nor what is no memory of the allocator.
    pub counted: bool,
    /// What the values in it lead to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<SplitPart>,
    /// What they lead to that is counted and not listed.
    #[serde(skip_serializing_if = "SplitMore::is_empty")]
    pub more: SplitMore,
}

/// Parts that are counted in the totals and not listed one by one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct SplitMore {
    /// How many parts (elements, entries, nodes), without those inside of them.
    pub parts: u64,
    /// Bytes of their blocks, those inside included.
    pub bytes: u64,
    /// The number of these blocks.
    pub blocks: u64,
    /// Bytes of them that hold no value.
    pub spare: u64,
}

impl SplitMore {
    /// Whether nothing is left out.
    pub fn is_empty(&self) -> bool {
        *self == SplitMore::default()
    }
}

impl SplitPart {
    /// The block that it leads to.
    pub fn block(&self) -> Option<BlockId> {
        match self.region {
            Region::Heap { block, .. } => Some(block),
            _ => None,
        }
    }
}
