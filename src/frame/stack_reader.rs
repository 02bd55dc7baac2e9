//! Reads a stack in large pieces: many frames fit in one, and each read of a live process is a
//! system call.

use std::cell::RefCell;

use crate::base::{Buffer, Memory, MemoryError, MemoryExt, VirtAddr};

/// How far below a word a piece begins, in bytes: a return address is read first, and then what is
/// saved below it.
const BELOW: u64 = 512;

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
        // To the end of the page and no further: the page behind the outermost frame is not mapped,
        // and an attempt costs as much as the read that follows it.
        let end = VirtAddr((at.0 | (PAGE - 1)).saturating_add(1));
        for start in [VirtAddr(at.0.saturating_sub(BELOW)), at] {
            let Ok(bytes) = self.memory.read_bytes(start, (end - start) as usize) else { continue };
            let piece = Buffer { start, bytes };
            if let Ok(word) = piece.read_u64(at) {
                self.piece.replace(piece);
                return Ok(word);
            }
        }
        self.memory.read_u64(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STACK: u64 = 0x7ffc_0000_1000;

    #[test]
    fn many_words_are_read_in_one_go_up_to_the_end_of_what_is_mapped() {
        struct Counted(Buffer, std::cell::Cell<u32>);
        impl Memory for Counted {
            fn read(&self, at: VirtAddr, into: &mut [u8]) -> Result<(), MemoryError> {
                self.1.set(self.1.get() + 1);
                self.0.read(at, into)
            }
        }
        let bytes = vec![1; 0x3000];
        let memory = Counted(Buffer { start: VirtAddr(STACK), bytes }, Default::default());
        let reader = StackReader::new(&memory);
        let word = Ok(0x0101_0101_0101_0101);
        for at in (0..0x800).step_by(8) {
            assert_eq!(reader.word(VirtAddr(STACK + 0x800 + at)), word);
        }
        assert_eq!(memory.1.get(), 1);
        assert_eq!(reader.word(VirtAddr(STACK + 0x3000 - 8)), word);
        assert!(reader.word(VirtAddr(STACK + 0x3000)).is_err());
        assert_eq!(reader.word(VirtAddr(STACK)), word, "the page below is not mapped");
    }
}
