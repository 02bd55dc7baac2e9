//! What is known of the content of a register.

use super::effects::{Part, Place, Target};
use crate::base::FileAddr;

/// What a register or a cell of the frame holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Known {
    /// Anything.
    Nothing,
    /// A number.
    Constant(u64),
    /// The address of a byte.
    Address(Place),
    /// Bytes as they were loaded, to which a number was added; `fresh` until they are used.
    Bytes { part: Part, plus: i64, fresh: bool },
    /// What a slot of the file holds.
    Slot(Target),
    /// What a function has returned.
    Result(CallResult),
}

/// A part of what a function has returned.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CallResult {
    /// The call.
    pub call: FileAddr,
    /// How it names the function.
    pub target: Target,
    /// Which part.
    pub within: Within,
}

/// Which part of what a function has returned lies somewhere.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Within {
    /// What it has returned in `rax`.
    Rax,
    /// What it has returned in `rdx`.
    Rdx,
    /// The bytes from this one on of a value that it has stored where it was told to.
    Memory(u64),
}

impl Known {
    /// After a number was added.
    pub fn plus(self, number: i64) -> Known {
        match self {
            Known::Address(place) => Known::Address(place.plus(number)),
            Known::Bytes { part, plus, fresh } if part.size == 8 => {
                Known::Bytes { part, plus: plus.wrapping_add(number), fresh }
            }
            _ => Known::Nothing,
        }
    }

    /// The byte that it points to.
    pub fn pointee(self) -> Option<Place> {
        match self {
            Known::Address(place) => Some(place),
            Known::Bytes { part: Part { at: Place::Frame(cell), size: 8 }, plus, .. } => {
                Some(Place::Behind { cell, plus })
            }
            _ => None,
        }
    }
}
