//! Memory that is read once from end to end: pages are kept for a while, and then others.

use std::cell::RefCell;

use crate::base::{Memory, MemoryError, VirtAddr};

const PAGE: u64 = 4096;

/// Pages that are kept at a time: sixteen megabytes.
const SLOTS: u64 = 4096;

/// Memory of which each slot keeps the page that was read last of those that belong there.
///
/// Unlike [`Cached`](crate::base::Cached), which keeps the first pages of a stop, this serves a
/// walk over more than can be kept.
pub(super) struct Streamed<'a> {
    inner: &'a dyn Memory,
    slots: RefCell<Vec<Slot>>,
}

#[derive(Clone, Default)]
struct Slot {
    /// The page's number plus one; zero for none.
    page: u64,
    /// Its bytes; none where nothing is mapped.
    bytes: Option<Box<[u8]>>,
}

impl<'a> Streamed<'a> {
    pub(super) fn new(inner: &'a dyn Memory) -> Streamed<'a> {
        Streamed { inner, slots: RefCell::new(vec![Slot::default(); SLOTS as usize]) }
    }

    fn read_kept(&self, at: VirtAddr, into: &mut [u8]) -> Option<()> {
        let page = at.0 / PAGE;
        let mut slots = self.slots.borrow_mut();
        let slot = slots.get_mut((page % SLOTS) as usize)?;
        if slot.page != page.saturating_add(1) {
            let mut bytes = slot.bytes.take().unwrap_or_else(|| vec![0; PAGE as usize].into());
            let start = VirtAddr(page.saturating_mul(PAGE));
            slot.bytes = self.inner.read(start, &mut bytes).is_ok().then_some(bytes);
            slot.page = page.saturating_add(1);
        }
        let from = usize::try_from(at.0 % PAGE).ok()?;
        let end = from.checked_add(into.len())?;
        into.copy_from_slice(slot.bytes.as_ref()?.get(from..end)?);
        Some(())
    }
}

impl Memory for Streamed<'_> {
    fn read(&self, at: VirtAddr, into: &mut [u8]) -> Result<(), MemoryError> {
        // What crosses pages is rare, and what cannot be read as a page is asked for as it is.
        match self.read_kept(at, into) {
            Some(()) => Ok(()),
            None => self.inner.read(at, into),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::base::MemoryExt;

    /// Each byte is the number of its page.
    struct Counting(Cell<u64>);

    impl Memory for Counting {
        fn read(&self, at: VirtAddr, into: &mut [u8]) -> Result<(), MemoryError> {
            self.0.set(self.0.get() + 1);
            if at.0 < PAGE {
                return Err(MemoryError::unmapped(at));
            }
            into.fill((at.0 / PAGE) as u8);
            Ok(())
        }
    }

    #[test]
    fn pages_in_a_row_are_read_once_each_and_forgotten_when_others_need_the_place() {
        let memory = Counting(Cell::new(0));
        let streamed = Streamed::new(&memory);
        for word in 0..4 * PAGE / 8 {
            let at = VirtAddr(PAGE + word * 8);
            assert_eq!(streamed.read_bytes(at, 1), Ok(vec![(at.0 / PAGE) as u8]));
        }
        assert_eq!(memory.0.get(), 4);
        let far = VirtAddr(PAGE + SLOTS * PAGE);
        assert_eq!(streamed.read_bytes(far, 1), Ok(vec![1]));
        assert_eq!(streamed.read_bytes(VirtAddr(PAGE), 1), Ok(vec![1]));
        assert_eq!(memory.0.get(), 6);
    }

    #[test]
    fn what_crosses_a_page_or_is_not_mapped_is_asked_for_directly() {
        let memory = Counting(Cell::new(0));
        let streamed = Streamed::new(&memory);
        assert_eq!(streamed.read_bytes(VirtAddr(2 * PAGE - 1), 2), Ok(vec![1, 1]));
        assert_eq!(streamed.read_bytes(VirtAddr(8), 1), Err(MemoryError::unmapped(VirtAddr(8))));
    }
}
