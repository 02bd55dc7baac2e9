//! Why a value cannot be shown: a value of its own, never an aborted listing and never a guess.

use serde::Serialize;
use thiserror::Error;

use super::{BlockId, VirtAddr};

/// The reason why a value cannot be read. Its text completes "`x` is …".
#[derive(Clone, PartialEq, Eq, Debug, Error, Serialize)]
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
    #[error("moved to {to}")]
    Moved {
        /// The new owner, as a place.
        to: String,
    },
    /// What it owned is gone; its own bytes are stale.
    #[error("dropped: {block} was freed{}", at.as_ref().map(|at| format!(" at {at}")).unwrap_or_default())]
    Dropped {
        /// The block that it last owned.
        block: BlockId,
        /// The line that freed it, `main.rs:7`, where it is known.
        at: Option<String>,
    },
    /// It belongs to a thread that is ending, which has begun to drop it.
    #[error("destroyed with its thread")]
    Destroyed,
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
        register: &'static str,
    },
    /// The debug information does not describe it, or not in a way that can be true.
    #[error("not described: {0}")]
    NotDescribed(String),
    /// The bytes cannot be a value of the type.
    #[error("not a valid {0}")]
    Invalid(String),
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
