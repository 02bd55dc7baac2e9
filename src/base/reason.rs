//! Why a value cannot be shown: a value of its own, never an aborted listing and never a guess.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::registers::{RegisterName, register_name};
use super::{BlockId, VirtAddr};

/// The reason why a value cannot be read. Its text completes "`x` is …".
#[derive(Clone, PartialEq, Eq, Debug, Error, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unreadable {
    /// The compiler kept no location for it at this address.
    #[error("optimised out")]
    OptimisedOut,
    /// The program has not reached the end of its initialiser.
    #[error("not yet initialised")]
    NotYetInitialised,
    /// Its block has ended.
    #[error("out of scope")]
    OutOfScope,
    /// What it owned has passed to another place; its own bytes are stale.
    #[error("moved{}{}", to.as_ref().map(|to| format!(" to {to}")).unwrap_or_default(), at_line(at.as_deref()))]
    Moved {
        /// The new owner, as a place, or the function that it was passed to, where it is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        to: Option<Box<str>>,
        /// The line that moved it, `main.rs:7`, where it is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        at: Option<Box<str>>,
    },
    /// It was moved or dropped, as control went; its own bytes are stale.
    #[error("moved or dropped{}", any_of(at))]
    MovedOrDropped {
        /// The lines that can have done it, `main.rs:7`.
        at: Vec<String>,
    },
    /// Some of its fields were moved out of it, so that it is no whole value any more.
    #[error("partly moved: {}", parts.join(", "))]
    PartlyMoved {
        /// Each field that is gone, with what became of it: `.name to f::name at main.rs:7`.
        parts: Vec<String>,
    },
    /// Its value was dropped, or what it owned is gone; its own bytes are stale.
    #[error("dropped{}{}", was_freed(*block), at_line(at.as_deref()))]
    Dropped {
        /// The block that it last owned, where its end was seen.
        #[serde(skip_serializing_if = "Option::is_none")]
        block: Option<BlockId>,
        /// The line that dropped or freed it, `main.rs:7`, where it is known.
        at: Option<Box<str>>,
    },
    /// Whether it still holds its value cannot be told; its bytes may be stale.
    #[error("unknown: {0}")]
    Uncertain(String),
    /// It belongs to a thread that is ending, which has begun to drop it.
    #[error("destroyed with its thread")]
    Destroyed,
    /// Its bytes lie in memory that something else may have now: in a block that was freed, or in a
    /// frame that was left.
    #[error("dangling: into {}{}", left(*into), at_line(at.as_deref()))]
    Dangling {
        /// The block; none for a frame.
        #[serde(skip_serializing_if = "Option::is_none")]
        into: Option<BlockId>,
        /// The line that freed the block, `main.rs:7`, where it is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        at: Option<Box<str>>,
    },
    /// Its bytes lie at an address where nothing is mapped.
    #[error("unmapped at {at}")]
    Unmapped {
        /// The address.
        at: VirtAddr,
    },
    /// The register that holds it was overwritten by a callee that did not save it.
    #[error("lost: {register} was not saved by a callee")]
    RegisterLost {
        /// The assembler's name of the register.
        #[serde(deserialize_with = "register_name")]
        register: RegisterName,
    },
    /// The debug information does not describe it, or not in a way that can be true.
    #[error("not described: {0}")]
    NotDescribed(String),
    /// The bytes cannot be a value of the type.
    #[error("not a valid {0}")]
    Invalid(String),
}

fn was_freed(block: Option<BlockId>) -> String {
    block.map(|block| format!(": {block} was freed")).unwrap_or_default()
}

fn left(into: Option<BlockId>) -> String {
    into.map_or_else(|| "a frame that was left".to_owned(), |block| format!("{block}, freed"))
}

fn any_of(lines: &[String]) -> String {
    if lines.is_empty() { String::new() } else { format!(" at {}", lines.join(" or ")) }
}

fn at_line(at: Option<&str>) -> String {
    at.map(|at| format!(" at {at}")).unwrap_or_default()
}

impl Unreadable {
    /// The reason as it stands in the place of a value, without addresses: `<unmapped>`.
    pub fn in_place(&self) -> String {
        match self {
            Unreadable::Unmapped { .. } => "<unmapped>".to_owned(),
            other => format!("<{other}>"),
        }
    }
}
