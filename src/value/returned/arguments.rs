//! How a function of Rust's own convention gets an argument.
//!
//! Source: as for what is returned; checked on the LLVM IR that rustc 1.95 makes of functions with
//! parameters of some 25 types. What holds: scalars and pairs of scalars are passed by themselves,
//! any other type of up to eight bytes as one integer, and everything else by its address.

use super::layout::{Abi, Layouts, Scalar};
use crate::base::Unreadable;
use crate::dwarf::{TypeRef, Types};

/// How an argument is passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Argument {
    /// How many of the six integer registers it takes, as long as there are any left (psABI, section
    /// 3.2.3). Floats take none of them.
    pub registers: usize,
    /// Whether it is the address of the value that is passed.
    pub by_address: bool,
}

impl Argument {
    /// How an argument of a type is passed.
    ///
    /// # Errors
    /// [`Unreadable::NotDescribed`] where the type is not, and where it can have no value.
    pub fn of(types: &dyn Types, ty: TypeRef) -> Result<Argument, Unreadable> {
        let layout = Layouts::new(types).of(ty)?;
        let by_itself = |registers| Argument { registers, by_address: false };
        Ok(match layout.abi {
            _ if layout.size == 0 => by_itself(0),
            Abi::Scalar(scalar) => by_itself(integers(scalar)),
            Abi::Pair(a, b) => by_itself(integers(a).saturating_add(integers(b))),
            Abi::Aggregate if layout.size <= 8 => by_itself(1),
            Abi::Aggregate => Argument { registers: 1, by_address: true },
        })
    }
}

/// How many integer registers a scalar takes.
fn integers(scalar: Scalar) -> usize {
    match scalar.is_float() {
        true => 0,
        false if scalar.size > 8 => 2,
        false => 1,
    }
}
