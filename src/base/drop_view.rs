//! A drop, as events tell of it.

use serde::{Deserialize, Serialize};

use super::{Seq, VirtAddr};

/// The drop of one value.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
pub struct DropView {
    /// The type's name, without module paths.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The type's name in full.
    pub type_path: String,
    /// Who wrote the type.
    pub whose: Whose,
    /// Whether the type implements `Drop` itself, and does not only drop its fields. Not told of
    /// std's.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub implements_drop: bool,
    /// Which part of the drop begins.
    pub part: DroppedPart,
    /// The place of the value: `main::a`, `main::g.field`, `#3[1]`, `temporary` for one that has no
    /// name; none where that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Whether the place is concluded and not certain: in optimised code several variables can have
    /// had the bytes of the value, one after the other, and not all of them are described. Reports
    /// show such a place with a `?`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub place_inferred: bool,
    /// Where the value lies, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<VirtAddr>,
    /// How many drops of its thread enclose it.
    pub depth: u32,
    /// The `drop` event of the innermost of those.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<Seq>,
    /// Whether its thread is unwinding from a panic.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unwinding: bool,
    /// What brought it about, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<DropCause>,
    /// For an `Rc`, an `Arc` or a `Weak`: the handles that share the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<HandleCount>,
}

/// Who wrote a type.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// The user.
    User,
    /// A crate that the user depends on.
    Dependency,
    /// std, and it is one that a program names when it owns something.
    Std,
}

/// A part of a drop.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DroppedPart {
    /// The value: its type's own `Drop::drop` first, where it has one, then its fields.
    Value,
    /// Its type's own `Drop::drop`, within the drop of the value.
    Body,
}

/// What brought a drop about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DropCause {
    /// The scope of its variable ended: at a closing brace, a `return` or a `?`.
    EndOfScope,
    /// It was given to `drop`.
    DropCall,
    /// Its variable was assigned another value.
    Assignment,
    /// It had no name, and its statement ended.
    Temporary,
}

/// The handles that share a value, as the handle that is dropped counts them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
pub struct HandleCount {
    /// How many there were, this one included.
    pub before: u64,
    /// How many are left. The value is dropped where that is 0; for a `Weak`, its block is freed
    /// then, unless the value still lives.
    pub after: u64,
}
