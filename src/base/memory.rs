//! Memory to read from, wherever it is: a live process, a file, a recorded stop, a literal.

use thiserror::Error;

use super::{Unreadable, VirtAddr};

/// Something that can be read at addresses.
///
/// Everything that interprets the program's bytes takes `&dyn Memory`, so that it runs on a live
/// process, on a core file, on a recorded stop and on a literal in a test.
pub trait Memory {
    /// Fills `into` with the bytes from `at` on.
    ///
    /// # Errors
    /// [`MemoryError`] with the first address that could not be read; `into` is then unspecified.
    fn read(&self, at: VirtAddr, into: &mut [u8]) -> Result<(), MemoryError>;
}

/// Why memory could not be read.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{}", what(*at, gone.as_deref()))]
pub struct MemoryError {
    /// The address that is not mapped or not readable, exact to a page.
    pub at: VirtAddr,
    /// Why what was there is gone, where something is mapped all the same.
    pub gone: Option<Box<Unreadable>>,
}

impl MemoryError {
    /// Nothing is mapped there, or it cannot be read.
    pub fn unmapped(at: VirtAddr) -> MemoryError {
        MemoryError { at, gone: None }
    }

    /// Why what lies there cannot be read.
    pub fn reason(self) -> Unreadable {
        self.gone.map_or(Unreadable::Unmapped { at: self.at }, |gone| *gone)
    }
}

fn what(at: VirtAddr, gone: Option<&Unreadable>) -> String {
    match gone {
        None => format!("no memory is mapped at {at}"),
        Some(why) => format!("the memory at {at} is {why}"),
    }
}

/// Conveniences over [`Memory::read`].
pub trait MemoryExt: Memory {
    /// A little-endian word of eight bytes.
    ///
    /// # Errors
    /// As [`Memory::read`].
    fn read_u64(&self, at: VirtAddr) -> Result<u64, MemoryError> {
        let mut word = [0; 8];
        self.read(at, &mut word)?;
        Ok(u64::from_le_bytes(word))
    }

    /// `len` bytes. The caller caps `len` first: it is allocated before anything is read.
    ///
    /// # Errors
    /// As [`Memory::read`].
    fn read_bytes(&self, at: VirtAddr, len: usize) -> Result<Vec<u8>, MemoryError> {
        let mut bytes = vec![0; len];
        self.read(at, &mut bytes)?;
        Ok(bytes)
    }
}

impl<M: Memory + ?Sized> MemoryExt for M {}

/// Bytes at a fixed address: a literal in a test, or a part of memory that was read in one go.
#[derive(Clone, Debug, Default)]
pub struct Buffer {
    /// The address of the first byte.
    pub start: VirtAddr,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl Memory for Buffer {
    fn read(&self, at: VirtAddr, into: &mut [u8]) -> Result<(), MemoryError> {
        let missing = || MemoryError::unmapped(at);
        let from = usize::try_from(at.0.checked_sub(self.start.0).ok_or_else(missing)?)
            .map_err(|_| missing())?;
        let end = from.checked_add(into.len()).ok_or_else(missing)?;
        into.copy_from_slice(self.bytes.get(from..end).ok_or_else(missing)?);
        Ok(())
    }
}

/// Several buffers, the first that holds all of a read answers it.
impl Memory for [Buffer] {
    fn read(&self, at: VirtAddr, into: &mut [u8]) -> Result<(), MemoryError> {
        self.iter().find_map(|part| part.read(at, into).ok()).ok_or(MemoryError::unmapped(at))
    }
}

impl Memory for Vec<Buffer> {
    fn read(&self, at: VirtAddr, into: &mut [u8]) -> Result<(), MemoryError> {
        self.as_slice().read(at, into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_answers_only_what_it_holds() {
        let buffer = Buffer { start: VirtAddr(0x1000), bytes: vec![1, 0, 0, 0, 0, 0, 0, 0, 9] };
        assert_eq!(buffer.read_u64(VirtAddr(0x1000)), Ok(1));
        assert_eq!(buffer.read_u64(VirtAddr(0x1002)), Err(MemoryError::unmapped(VirtAddr(0x1002))));
        assert_eq!(buffer.read_u64(VirtAddr(0xfff)), Err(MemoryError::unmapped(VirtAddr(0xfff))));
        assert_eq!(
            buffer.read_u64(VirtAddr(u64::MAX)),
            Err(MemoryError::unmapped(VirtAddr(u64::MAX)))
        );
    }
}
