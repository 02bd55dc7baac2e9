//! Stopping for what happens to blocks and values: what can be asked for, and what has happened.

use std::fmt;

use serde::{Serialize, Serializer};

use super::drop_stops::DropAsked;
use super::move_stops::MoveAsked;
use crate::base::{At, BlockId, DropView};

/// What of a block or a value a breakpoint stops for.
#[derive(Clone, PartialEq, Debug)]
pub enum OwnershipStop {
    /// A block begins: behind the allocation, so that it has its number.
    Alloc(Option<SizeIs>),
    /// A block has got another size: behind the reallocation. The size is the new one.
    Realloc(Option<SizeIs>),
    /// A block ends: before the allocator takes it back.
    Free {
        /// This block alone.
        block: Option<BlockId>,
        /// Blocks of such a size alone.
        size: Option<SizeIs>,
    },
    /// A value is dropped: before anything of it is.
    Drop(DropAsked),
    /// A variable is moved: at the instruction that moves it. Inferred from the code.
    Move(MoveAsked),
}

/// What a size in bytes is compared with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SizeIs {
    /// How.
    pub how: Compared,
    /// Bytes.
    pub bytes: u64,
}

/// How sizes are compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Compared {
    /// `>`
    More,
    /// `>=`
    AtLeast,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `==`
    Equal,
}

/// What has happened, that breakpoints wait for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Happened {
    /// A block has begun.
    Alloc {
        /// The block.
        block: BlockId,
        /// Bytes.
        size: u64,
        /// The user's line that did it, where one is known.
        by: Option<At>,
    },
    /// A block has got another size.
    Realloc {
        /// The block.
        block: BlockId,
        /// Bytes before.
        old_size: u64,
        /// Bytes now.
        size: u64,
        /// As for `alloc`.
        by: Option<At>,
    },
    /// A block is about to end; or, by a `realloc` to no bytes of C code, has ended.
    Free {
        /// The block.
        block: BlockId,
        /// Bytes.
        size: u64,
        /// The user's line that allocated it, where one is known.
        allocated_at: Option<At>,
        /// As for `alloc`.
        by: Option<At>,
    },
    /// A value is about to be dropped.
    Drop {
        /// The drop.
        #[serde(flatten)]
        drop: Box<DropView>,
        /// As for `alloc`.
        by: Option<At>,
    },
    /// A variable is about to be moved: inferred, because a move leaves no mark in machine code.
    Move {
        /// The variable or the part of one: `main::s`.
        place: String,
        /// Who gets the value, where the code tells.
        to: Option<String>,
        /// The line.
        by: Option<At>,
    },
}

impl SizeIs {
    /// Whether a size is such.
    pub fn holds(self, size: u64) -> bool {
        match self.how {
            Compared::More => size > self.bytes,
            Compared::AtLeast => size >= self.bytes,
            Compared::Less => size < self.bytes,
            Compared::AtMost => size <= self.bytes,
            Compared::Equal => size == self.bytes,
        }
    }
}

impl Compared {
    /// All of them, those of two characters first, as they are written.
    pub const ALL: [(&'static str, Compared); 5] = [
        (">=", Compared::AtLeast),
        ("<=", Compared::AtMost),
        ("==", Compared::Equal),
        (">", Compared::More),
        ("<", Compared::Less),
    ];

    fn sign(self) -> &'static str {
        Compared::ALL.iter().find(|(_, how)| *how == self).map_or("==", |(sign, _)| sign)
    }
}

/// The units of sizes, the largest first.
pub const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];

impl fmt::Display for SizeIs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |(_, unit): &&(&str, u64)| self.bytes > 0 && self.bytes.is_multiple_of(*unit);
        write!(f, "{} ", self.how.sign())?;
        match UNITS.iter().find(whole) {
            Some((name, unit)) => write!(f, "{} {name}", self.bytes / unit),
            None => write!(f, "{}", self.bytes),
        }
    }
}

/// What stands behind `break`.
impl fmt::Display for OwnershipStop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sized = |f: &mut fmt::Formatter<'_>, size: &Option<SizeIs>| {
            size.iter().try_for_each(|size| write!(f, " {size}"))
        };
        match self {
            OwnershipStop::Alloc(size) => f.write_str("alloc").and_then(|()| sized(f, size)),
            OwnershipStop::Realloc(size) => f.write_str("realloc").and_then(|()| sized(f, size)),
            OwnershipStop::Free { block: Some(block), .. } => write!(f, "free {block}"),
            OwnershipStop::Free { size, .. } => f.write_str("free").and_then(|()| sized(f, size)),
            OwnershipStop::Drop(asked) => write!(f, "drop {}", asked.text),
            OwnershipStop::Move(asked) => write!(f, "move {}", asked.text),
        }
    }
}

impl Serialize for OwnershipStop {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl OwnershipStop {
    /// Whether it is of a variable or a value, so that it can only be asked for in a frame.
    pub fn is_of_a_frame(&self) -> bool {
        match self {
            OwnershipStop::Drop(asked) => asked.is_of_one_value(),
            OwnershipStop::Move(_) => true,
            _ => false,
        }
    }

    /// Whether the ledger of blocks is needed for it.
    pub(super) fn is_of_blocks(&self) -> bool {
        !matches!(self, OwnershipStop::Drop(_) | OwnershipStop::Move(_))
    }

    /// Whether it stops at places in the code that were found when it was set.
    pub(super) fn is_at_a_place(&self) -> bool {
        matches!(self, OwnershipStop::Move(_))
    }

    /// Whether it is for what has happened to a block.
    pub(super) fn is_for(&self, happened: &Happened) -> bool {
        let holds = |wanted: &Option<SizeIs>, size: u64| wanted.is_none_or(|is| is.holds(size));
        match (self, happened) {
            (OwnershipStop::Alloc(wanted), Happened::Alloc { size, .. })
            | (OwnershipStop::Realloc(wanted), Happened::Realloc { size, .. }) => {
                holds(wanted, *size)
            }
            (
                OwnershipStop::Free { block: wanted, size: is },
                Happened::Free { block, size, .. },
            ) => wanted.is_none_or(|wanted| wanted == *block) && holds(is, *size),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(how: Compared, bytes: u64) -> Option<SizeIs> {
        Some(SizeIs { how, bytes })
    }

    #[test]
    fn what_is_asked_for_is_told_as_it_can_be_asked_for_again() {
        let text = |stop: OwnershipStop| stop.to_string();
        assert_eq!(text(OwnershipStop::Alloc(None)), "alloc");
        assert_eq!(text(OwnershipStop::Alloc(is(Compared::More, 1 << 20))), "alloc > 1 MiB");
        assert_eq!(text(OwnershipStop::Realloc(is(Compared::AtMost, 1500))), "realloc <= 1500");
        let one = OwnershipStop::Free { block: Some(BlockId(3)), size: None };
        assert_eq!(text(one), "free #3");
        let small = OwnershipStop::Free { block: None, size: is(Compared::Equal, 0) };
        assert_eq!(text(small), "free == 0");
    }

    #[test]
    fn a_change_of_a_block_is_compared_with_its_kind_its_size_and_its_number() {
        let alloc = |size| Happened::Alloc { block: BlockId(7), size, by: None };
        let large = OwnershipStop::Alloc(is(Compared::More, 100));
        assert!(large.is_for(&alloc(101)) && !large.is_for(&alloc(100)));
        let free = |block| {
            let (allocated_at, by) = (None, None);
            Happened::Free { block: BlockId(block), size: 8, allocated_at, by }
        };
        let third = OwnershipStop::Free { block: Some(BlockId(3)), size: None };
        assert!(third.is_for(&free(3)) && !third.is_for(&free(4)) && !third.is_for(&alloc(8)));
        let any = OwnershipStop::Free { block: None, size: None };
        assert!(any.is_for(&free(4)) && !large.is_for(&free(4)));
    }
}
