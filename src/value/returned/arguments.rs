//! How a function of Rust's own convention gets an argument.
//!
//! Source: as for what is returned; checked on the LLVM IR that rustc 1.95 makes of functions with
//! parameters of some 25 types. What holds: scalars and pairs of scalars are passed by themselves,
//! any other type of up to eight bytes as one integer, and everything else by its address.

use super::layout::{Abi, Layouts, Scalar};
use crate::base::Unreadable;
use crate::dwarf::{TypeRef, Types};

/// How many integer registers there are for arguments (psABI, section 3.2.3).
const REGISTERS: usize = 6;

/// How an argument is passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Argument {
    /// How many integer registers each of its scalars takes. Floats take none of them.
    scalars: [usize; 2],
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
        let by_itself = |a, b| Argument { scalars: [a, b], by_address: false };
        Ok(match layout.abi {
            _ if layout.size == 0 => by_itself(0, 0),
            Abi::Scalar(scalar) => by_itself(integers(scalar), 0),
            Abi::Pair(a, b) => by_itself(integers(a), integers(b)),
            Abi::Aggregate if layout.size <= 8 => by_itself(1, 0),
            Abi::Aggregate => Argument { scalars: [1, 0], by_address: true },
        })
    }

    /// How many integer registers it takes, as long as there are any left.
    pub fn wanted(self) -> usize {
        self.scalars.into_iter().fold(0, usize::saturating_add)
    }

    /// The first register that it gets, counted from 0, where so many are taken by what comes before,
    /// and how many are taken with it. A number of 128 bits is not split: where one register is left it
    /// goes to the stack, and leaves that to what comes next.
    pub fn registers(self, taken: usize) -> (Option<usize>, usize) {
        let (mut first, mut taken) = (None, taken);
        for scalar in self.scalars.into_iter().filter(|scalar| *scalar > 0) {
            let with = taken.saturating_add(scalar);
            if with <= REGISTERS {
                first = first.or(Some(taken));
                taken = with;
            }
        }
        (first, taken)
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
