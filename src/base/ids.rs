//! Small numbers with meaning.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The kernel's id of one thread; for the first thread of a process also the process id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Deserialize, Serialize)]
pub struct Tid(pub i32);

/// Freehold's number of a thread: 1 for the first that the program started with, 2 for the next.
/// The same in every run that starts its threads in the same order, which a [`Tid`] is not.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Deserialize, Serialize)]
pub struct ThreadNo(pub u32);

/// The ordinal of a heap block: `#3` is the third that the program allocated.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Deserialize, Serialize)]
pub struct BlockId(pub u64);

/// The position of a record or event in the order in which Freehold saw them, from 1.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Deserialize, Serialize,
)]
pub struct Seq(pub u64);

impl fmt::Display for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("#{}", self.0))
    }
}

impl fmt::Display for ThreadNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Display for Tid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
