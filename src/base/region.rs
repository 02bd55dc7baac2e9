//! Where a byte lives.

use serde::{Deserialize, Serialize};

use super::BlockId;
use super::registers::{RegisterName, register_name};

/// The kind of memory that an address belongs to.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Region {
    /// The stack of a thread.
    Stack,
    /// The stack of a thread, in the part of it that belongs to one frame.
    StackOf {
        /// The function whose frame it is.
        function: String,
        /// The number of the frame, from 0 for the innermost.
        frame: u32,
    },
    /// The memory that a thread has of its own for variables declared with `thread_local!`.
    ThreadLocal,
    /// A live heap block, with the offset into it in bytes.
    Heap {
        /// The block.
        block: BlockId,
        /// Bytes from the start of the block.
        offset: u64,
    },
    /// Where a heap block lay that has ended, and none has begun since.
    Freed {
        /// The block.
        block: BlockId,
        /// Bytes from the start of the block.
        #[serde(skip_serializing_if = "is_zero")]
        offset: u64,
        /// The line that freed it, `main.rs:7`, where it is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        at: Option<Box<str>>,
    },
    /// The stack of a thread, where a frame lay that was left.
    LeftFrame,
    /// Heap or anonymous memory in which no live block of the ledger lies.
    Anonymous,
    /// A section of a loaded file, by the name its section header gives: `.rodata`, `.data`, `.bss`.
    Section(String),
    /// A mapped file, outside of any section with a name.
    File(String),
    /// A register, by its assembler's name.
    Register(#[serde(deserialize_with = "register_name")] RegisterName),
    /// Nothing is mapped there.
    Unmapped,
    /// The value has no address: the compiler computes it where it is used.
    Nowhere,
}

impl Region {
    /// Whether it is the stack of a thread.
    pub fn is_stack(&self) -> bool {
        matches!(self, Region::Stack | Region::StackOf { .. })
    }

    /// Whether a pointer that leads there dangles.
    pub fn is_gone(&self) -> bool {
        matches!(self, Region::Freed { .. } | Region::LeftFrame)
    }

    /// Whether the allocator may have given it: a live block, or anonymous memory of which no
    /// ledger tells.
    pub fn may_be_heap(&self) -> bool {
        matches!(self, Region::Heap { .. } | Region::Anonymous)
    }
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl std::fmt::Display for Region {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Region::Stack => f.pad("stack"),
            Region::StackOf { function, frame } => {
                f.pad(&format!("stack of {function} (frame {frame})"))
            }
            Region::ThreadLocal => f.pad("thread-local"),
            Region::Heap { block, offset: 0 } => f.pad(&block.to_string()),
            Region::Heap { block, offset } => f.pad(&format!("{block}+{offset}")),
            Region::Freed { block, offset, at } => {
                let offset = if *offset > 0 { format!("+{offset}") } else { String::new() };
                let at = at.as_ref().map(|at| format!(" at {at}")).unwrap_or_default();
                f.pad(&format!("{block}{offset}, freed{at}"))
            }
            Region::LeftFrame => f.pad("a frame that was left"),
            Region::Anonymous => f.pad("anonymous"),
            Region::Section(name) | Region::File(name) => f.pad(name),
            Region::Register(name) => f.pad(name),
            Region::Unmapped => f.pad("unmapped"),
            Region::Nowhere => f.pad("no address"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_says_whose_stack_it_is_and_how_far_into_a_block() {
        let main = Region::StackOf { function: "krate::main".to_owned(), frame: 2 };
        assert_eq!(main.to_string(), "stack of krate::main (frame 2)");
        assert!(main.is_stack() && !main.may_be_heap());
        assert_eq!(Region::Heap { block: BlockId(3), offset: 16 }.to_string(), "#3+16");
        assert_eq!(Region::ThreadLocal.to_string(), "thread-local");
    }

    #[test]
    fn the_plain_stack_is_written_to_json_as_before() {
        let json = |region: &Region| serde_json::to_string(region).unwrap();
        assert_eq!(json(&Region::Stack), "\"stack\"");
        let main = Region::StackOf { function: "main".to_owned(), frame: 0 };
        assert_eq!(json(&main), r#"{"stack_of":{"function":"main","frame":0}}"#);
        assert_eq!(json(&Region::ThreadLocal), "\"thread_local\"");
    }
}
