//! Changing the program's memory.

use super::Inferior;
use super::sites::LONGEST;
use crate::base::{MemoryError, Range, VirtAddr};

impl Inferior {
    /// Writes memory as the program sees it, also where the program itself may not write (code,
    /// constants). Sites stay: an instruction that is overwritten below one is the new one when a
    /// thread goes on from there.
    ///
    /// The threads that run see the new bytes at once, and not all of them at the same time.
    ///
    /// # Errors
    /// The first address that cannot be written, exact to a page; what lies before it was written.
    /// Nothing can be written after the end or a detach, nor to the scratch pages, which are no
    /// memory of the program.
    pub fn write_memory(&self, at: VirtAddr, bytes: &[u8]) -> Result<(), MemoryError> {
        let refused = || MemoryError::unmapped(at);
        let len = bytes.len() as u64;
        let end = at.0.checked_add(len).map(VirtAddr).ok_or_else(refused)?;
        let gone = self.ended.is_some() || self.detached;
        if gone || self.scratch.overlaps(Range::new(at, end)) {
            return Err(refused());
        }
        let written = self.memory.write(at, bytes);
        // An instruction that begins before what is written may reach into it.
        let reach = VirtAddr(at.0.saturating_sub(LONGEST as u64));
        self.scratch.outdate(Range::new(reach, end));
        written
    }
}
