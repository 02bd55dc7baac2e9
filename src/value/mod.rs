//! Floor 2: from bytes and a type to a value that a person can read.
//!
//! A [`Reader`] takes a type and a location and gives a [`Value`]: a tree of parts in which what
//! cannot be read is a part with a reason. `std_types` knows how std's types keep what they hold;
//! [`returned`] knows where a function leaves what it returns. A value says which heap memory it
//! leads to ([`Value::heap_parts`]), and renders to one line ([`Value::text`]) and to the parts of
//! an event ([`Value::data`]). Where only one part is wanted, a [`Shape`] says where the parts are
//! without reading them.
//!
//! Nothing here may touch a process or a file: bytes come through
//! [`Memory`](crate::base::Memory), types through [`Types`](crate::dwarf::Types). The bytes of the
//! program lie, and so may its types: every length is checked against [`Limits`] before it is
//! believed, every chain of pointers ends, and nothing is allocated on the program's word.

mod bytes_text;
mod coroutines;
mod data;
mod enums;
mod floats;
mod format;
mod heap;
mod lanes;
pub mod layout;
mod limits;
mod loans;
mod may_lend;
mod members;
mod model;
mod naming;
mod native;
mod needs_drop;
mod place;
mod pointers;
mod pretty;
mod read;
pub mod returned;
mod scalars;
mod sequences;
mod shape;
mod shaping;
mod split;
mod std_types;
mod text;

#[cfg(any(test, fuzzing))]
pub mod garbage;
#[cfg(any(test, fuzzing))]
pub(crate) mod testing;

pub use coroutines::Running;
pub use format::{Expand, Format, FormatError, Radix};
pub use heap::HeapPart;
pub use limits::Limits;
pub use loans::{LentOn, Loan};
pub use may_lend::may_lend;
pub use model::{Cut, Fields, Float, HeapSpan, Map, Pointer, Sequence, Text, Value, ValueKind};
pub use naming::Naming;
pub use needs_drop::{OwningPart, needs_drop, owning_parts, variant_needs_drop};
pub use place::Place;
pub use pretty::{CutAt, CutUnit, Pretty, Token, TokenKind};
pub use read::{ReadRegister, Reader};
pub use shape::{
    Behind, Beside, Elements, Entries, EntriesKind, MOST_ENTRIES, Members, Part, Pointee, Shape,
    TextAt,
};
pub use split::{BlockAt, Ground};
