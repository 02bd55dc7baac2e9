//! Reads a stack in large pieces: many frames fit in one, and each read of a live process is a
//! system call.

use std::cell::RefCell;

use crate::base::{Buffer, Memory, MemoryError, MemoryExt, VirtAddr};

/// How much is read at once, in bytes.
const CHUNK: u64 = 4096;

/// The unit in which memory is mapped, in bytes.
const PAGE: u64 = 4096;

/// Memory with the last piece that was read from it.
pub(super) struct StackReader<'a> {
    memory: &'a dyn Memory,
    piece: RefCell<Buffer>,
}

impl<'a> StackReader<'a> {
    pub(super) fn new(memory: &'a dyn Memory) -> Self {
        StackReader { memory, piece: RefCell::default() }
    }

    /// The memory behind it, for reads that are not of the stack.
    pub(super) fn memory(&self) -> &'a dyn Memory {
        self.memory
    }

    /// A word. Reads ahead, towards the outermost frame.
    pub(super) fn word(&self, at: VirtAddr) -> Result<u64, MemoryError> {
        if let Ok(word) = self.piece.borrow().read_u64(at) {
            return Ok(word);
        }
        // Words are read from the return address down: start lower, so that those below it are in.
        let start = VirtAddr(at.0.saturating_sub(CHUNK / 8));
        let to_page_end = PAGE - start.0 % PAGE;
        for len in [CHUNK, to_page_end] {
            let Ok(bytes) = self.memory.read_bytes(start, len as usize) else { continue };
            let piece = Buffer { start, bytes };
            if let Ok(word) = piece.read_u64(at) {
                self.piece.replace(piece);
                return Ok(word);
            }
        }
        self.memory.read_u64(at)
    }
}
