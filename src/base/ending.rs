//! What is told of a program at its end: what it allocated, what is left, how it ended.

use serde::{Deserialize, Serialize};

use super::{At, BlockId, ThreadNo};

/// A block as it is named at the end.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
pub struct BlockRef {
    /// The block.
    pub block: BlockId,
    /// Its size in bytes.
    pub size: u64,
    /// The line that allocated it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<At>,
    /// What keeps it; none where that was not searched: the program was killed, or has more memory
    /// than is searched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keeper: Option<Keeper>,
}

/// From where a block can be reached: by words of memory that are the address of its beginning,
/// without regard to types. A number that looks like such an address can make a leak look kept.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Keeper {
    /// A static leads to it, or to what leads to it.
    Static {
        /// Its name, where its file has one.
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
    /// A thread-local variable does.
    ThreadLocal {
        /// The thread.
        of: ThreadNo,
        /// The variable's name, where its file has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
    /// The stack or a register of a thread does.
    Stack {
        /// The thread.
        of: ThreadNo,
    },
    /// No word is the address of its beginning, but one of this is an address within it: a pointer
    /// into it, or bytes that were left from one.
    Perhaps {
        /// What has the word, or leads to the block that has it.
        keeper: Box<Keeper>,
    },
    /// Only a block that is lost itself leads to it.
    LostBlock {
        /// The block.
        block: BlockId,
    },
    /// It is lost in a ring of blocks that lead to each other.
    Cycle {
        /// The next of them.
        next: BlockId,
    },
    /// Nothing leads to it.
    Nothing,
}

impl Keeper {
    /// Whether no code can reach the block any more.
    pub fn is_lost(&self) -> bool {
        matches!(self, Keeper::Nothing | Keeper::Cycle { .. } | Keeper::LostBlock { .. })
    }
}

/// What a program allocated from its start to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, Serialize)]
pub struct Totals {
    /// Blocks allocated.
    pub allocated: u64,
    /// Blocks freed.
    pub freed: u64,
    /// Reallocations.
    pub reallocated: u64,
    /// Bytes allocated in all, growth by reallocation included.
    pub bytes: u64,
    /// The most bytes that were alive at one time.
    pub peak_bytes: u64,
    /// Blocks alive at the end.
    pub leaked: u64,
    /// Bytes alive at the end.
    pub leaked_bytes: u64,
    /// The most bytes of stack that were in use at an event of any one thread.
    pub peak_stack_bytes: u64,
}

/// How a process ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExitStatus {
    /// It called exit.
    Code(i32),
    /// A signal killed it.
    Signal(i32),
}

impl ExitStatus {
    /// The code a shell would report: 128 + n for signal n.
    pub fn shell_code(self) -> i32 {
        match self {
            ExitStatus::Code(code) => code,
            ExitStatus::Signal(number) => 128 + number,
        }
    }
}
