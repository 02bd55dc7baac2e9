//! What an expression may ask of the place in the program at which it is evaluated.

use super::operand::Operand;
use crate::base::{Register, Unreadable};
use crate::dwarf::TypeRef;
use crate::value::{Part, Reader};

/// The names that an expression can use, and what they stand for.
///
/// A session implements it for a frame, a test with literals.
pub trait Scope {
    /// A variable or parameter of the frame.
    fn variable(&self, name: &str, which: Which) -> Lookup;

    /// A variable of which some fields were moved out, with what is left of it; none for one that is
    /// whole, gone or not there.
    fn partly(&self, _name: &str, _which: Which) -> Option<Partly> {
        None
    }

    /// A static, thread-local or constant: `NAME`, `module::NAME`, `crate::module::NAME`. A path of
    /// several segments may leave out the first ones.
    fn item(&self, path: &str) -> Lookup;

    /// A type of the program by its path, as in `item`, with generic arguments where it has them.
    /// Not asked for the primitive types that Rust has without it, unless a place of such a type is
    /// needed.
    fn type_named(&self, path: &str) -> Option<TypeRef>;

    /// A register by its name without `$`; none for one that does not exist.
    fn register(&self, name: &str) -> Option<RegisterValue>;

    /// A value that was shown before.
    fn history(&self, which: History) -> Option<Operand>;

    /// Reads values of the frame.
    fn reader(&self) -> &Reader<'_>;

    /// The variables and items that a wrong name may have meant.
    fn names(&self) -> Vec<String>;
}

/// Which of several variables of one name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Which {
    /// The one that the name means in the program: the innermost.
    Innermost,
    /// `s@1`: the first that is declared in the function, counted from 1.
    Nth(u32),
    /// `s@:12`: the one that is declared on that line.
    Line(u32),
}

/// Which of the values that were shown before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum History {
    /// `$3`: the one with that number.
    Number(u32),
    /// `$` is 0, the last one; `$$2` is the second before it.
    Back(u32),
}

/// What a name stands for.
#[derive(Clone, PartialEq, Debug)]
pub enum Lookup {
    /// A place with a type.
    Found(Part),
    /// It exists, and has no value that can be read.
    Unreadable(Unreadable),
    /// It exists and is not shown, for a reason that completes "`x` …": `was moved to main::y`.
    Withheld(String),
    /// There is no such name.
    Missing,
}

/// A variable of which some fields were moved out.
#[derive(Clone, PartialEq, Debug)]
pub struct Partly {
    /// The whole of it. The bytes of the fields that are gone are stale.
    pub whole: Part,
    /// The paths to those fields, `.name`, `.pair.0`, or `.*` for what a box held, and why they have
    /// no value.
    pub gone: Vec<(String, Unreadable)>,
}

/// A register.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegisterValue {
    /// What it holds, zero extended.
    pub value: Result<u128, Unreadable>,
    /// Its bytes: 8 for a general register, 16 for `xmm0`; 1, 2 or 4 for a part of one.
    pub size: u64,
    /// Its DWARF number, for one that can be written as a whole.
    pub register: Option<Register>,
}
