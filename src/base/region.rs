//! Where a byte lives.

use serde::Serialize;

use super::BlockId;

/// The kind of memory that an address belongs to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Region {
    /// The stack of a thread.
    Stack,
    /// A live heap block, with the offset into it in bytes.
    Heap {
        /// The block.
        block: BlockId,
        /// Bytes from the start of the block.
        offset: u64,
    },
    /// Where a heap block began that has ended, and none has begun since.
    Freed {
        /// The block.
        block: BlockId,
    },
    /// Heap or anonymous memory in which no live block of the ledger lies.
    Anonymous,
    /// A section of a loaded file, by the name its section header gives: `.rodata`, `.data`, `.bss`.
    Section(String),
    /// A mapped file, outside of any section with a name.
    File(String),
    /// A register, by its assembler's name.
    Register(&'static str),
    /// Nothing is mapped there.
    Unmapped,
    /// The value has no address: the compiler computes it where it is used.
    Nowhere,
}

impl std::fmt::Display for Region {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Region::Stack => f.pad("stack"),
            Region::Heap { block, offset: 0 } => f.pad(&block.to_string()),
            Region::Heap { block, offset } => f.pad(&format!("{block}+{offset}")),
            Region::Freed { block } => f.pad(&format!("{block}, freed")),
            Region::Anonymous => f.pad("anonymous"),
            Region::Section(name) | Region::File(name) => f.pad(name),
            Region::Register(name) => f.pad(name),
            Region::Unmapped => f.pad("unmapped"),
            Region::Nowhere => f.pad("no address"),
        }
    }
}
