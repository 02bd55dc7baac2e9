//! What is known of the content of a register.

use super::effects::{Part, Place, Target};

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
