//! What one instruction does to the frame, as far as it can be followed.

use crate::base::FileAddr;

/// A byte that instructions name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Place {
    /// A byte of the frame, by its distance from the canonical frame address.
    Frame(i64),
    /// A byte at a distance from where a pointer in the frame leads: an argument that is passed by
    /// its address.
    Behind {
        /// Where the pointer is, by its distance from the canonical frame address.
        cell: i64,
        /// The distance.
        plus: i64,
    },
}

impl Place {
    /// The byte at a distance.
    pub fn plus(self, distance: i64) -> Place {
        match self {
            Place::Frame(at) => Place::Frame(at.wrapping_add(distance)),
            Place::Behind { cell, plus } => {
                Place::Behind { cell, plus: plus.wrapping_add(distance) }
            }
        }
    }

    /// How far another byte lies behind it; none where that is not known.
    pub fn to(self, other: Place) -> Option<i64> {
        match (self, other) {
            (Place::Frame(a), Place::Frame(b)) => b.checked_sub(a),
            (Place::Behind { cell: a, plus: from }, Place::Behind { cell: b, plus: to })
                if a == b =>
            {
                to.checked_sub(from)
            }
            _ => None,
        }
    }
}

/// Bytes that instructions name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Part {
    /// The first.
    pub at: Place,
    /// How many.
    pub size: u64,
}

impl Part {
    /// Whether the parts have a byte in common.
    pub fn overlaps(&self, other: &Part) -> bool {
        let Some(distance) = self.at.to(other.at) else { return false };
        let reach = if distance < 0 { other.size } else { self.size };
        distance.unsigned_abs() < reach && self.size > 0 && other.size > 0
    }

    /// Whether a byte is one of the part.
    pub fn contains(&self, at: Place) -> bool {
        self.at.to(at).is_some_and(|distance| {
            u64::try_from(distance).is_ok_and(|distance| distance < self.size)
        })
    }
}

/// Where an instruction says that it calls.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Target {
    /// Code at this address.
    Code(FileAddr),
    /// What this slot of the file holds at run time.
    Slot(FileAddr),
}

/// A function that is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Callee {
    /// How the call names it; none for a call through a pointer that the program computed.
    pub target: Option<Target>,
    /// What is known of it.
    pub known: CalleeKnown,
}

/// What is known of a called function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CalleeKnown {
    /// What kind it is.
    pub kind: CalleeKind,
    /// How many registers its arguments take at most; none where that is not described.
    pub registers: Option<usize>,
    /// Those of them that hold the address of a value that it gets by value, as a set of bits.
    pub by_value: u8,
    /// Whether the first holds the address that the result is to be stored at.
    pub returns_there: bool,
}

impl CalleeKnown {
    /// A function of which nothing is described.
    pub fn of(kind: CalleeKind) -> CalleeKnown {
        CalleeKnown { kind, registers: None, by_value: 0, returns_there: false }
    }

    /// Whether an argument is the address of a value that is given away.
    pub fn takes_value_at(&self, register: usize) -> bool {
        u32::try_from(register)
            .is_ok_and(|bit| self.by_value.checked_shr(bit).unwrap_or(0) & 1 != 0)
    }
}

/// What a called function does with what it gets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CalleeKind {
    /// `memcpy` and `memmove`: it copies as many bytes as its third argument says.
    Copies,
    /// Drop glue: it drops the value whose address it gets.
    Drops {
        /// Bytes of the value; none where its type is not described.
        size: Option<u64>,
    },
    /// `core::mem::drop`: it drops the value that it gets.
    DropsArgument,
    /// It frees the memory of a `Box` whose value was moved out.
    FreesBox,
    /// It goes on with unwinding, in the caller.
    Resumes,
    /// Another that never returns.
    Never,
    /// Any other.
    Other,
}

/// What becomes of bytes that are read, or of an address that is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Taker {
    /// A function gets it as an argument.
    Argument { index: usize, callee: Callee },
    /// It is stored there.
    Place(Place),
    /// The function returns it.
    Caller,
    /// It is used in a way that is not followed.
    Elsewhere,
}

/// One thing that an instruction does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Effect {
    /// Bytes are used as they are: copied, passed on, or followed as a pointer. Bytes that are only
    /// compared are not: what is left of an `Option` may be looked at after its value was moved.
    Reads { part: Part, by: Taker },
    /// Bytes are compared, or what the pointer that they are leads to; or the address of the first is.
    Compares { part: Part },
    /// An address is used.
    Takes { at: Place, by: Taker },
    /// Bytes are written; directly, or through a pointer that was taken before.
    Writes { part: Part, direct: bool, constant: Option<u8> },
}

impl Effect {
    /// The cell of the frame that an address is stored in, and the address.
    pub fn address_stored(&self) -> Option<(i64, Place)> {
        match self {
            Effect::Takes { at, by: Taker::Place(Place::Frame(cell)) } => Some((*cell, *at)),
            _ => None,
        }
    }
}
