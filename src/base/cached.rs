//! Memory read page by page, and each page once.

use std::cell::RefCell;
use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::{Memory, MemoryError, VirtAddr};

const PAGE: u64 = 4096;

/// The bytes of a page; none where it cannot be read.
type Page = Option<Box<[u8]>>;

/// How many pages are kept; beyond them memory is read directly.
const PAGES: usize = 1024;

/// Memory as it was at one stop, read page by page and each page once. Reading a value field by
/// field would otherwise cost a system call for each field.
///
/// Make a new one for each stop: what is kept here does not change when the program runs on.
pub struct Cached<'a> {
    inner: &'a dyn Memory,
    pages: RefCell<HashMap<u64, Page, FixedState>>,
}

impl<'a> Cached<'a> {
    /// Keeps nothing yet.
    pub fn new(inner: &'a dyn Memory) -> Cached<'a> {
        Cached { inner, pages: RefCell::default() }
    }

    /// Fills `into` from one page. `None` where the page is not kept.
    fn read_kept(&self, at: VirtAddr, into: &mut [u8]) -> Option<()> {
        let number = at.0 / PAGE;
        let mut pages = self.pages.borrow_mut();
        if !pages.contains_key(&number) {
            if pages.len() >= PAGES {
                return None;
            }
            let mut page = vec![0; PAGE as usize].into_boxed_slice();
            let read = self.inner.read(VirtAddr(number * PAGE), &mut page).is_ok();
            pages.insert(number, read.then_some(page));
        }
        let page = pages.get(&number)?.as_ref()?;
        let from = usize::try_from(at.0 % PAGE).ok()?;
        into.copy_from_slice(page.get(from..from + into.len())?);
        Some(())
    }
}

impl Memory for Cached<'_> {
    fn read(&self, at: VirtAddr, into: &mut [u8]) -> Result<(), MemoryError> {
        // A large read is one system call already, and one that crosses pages is rare.
        let in_one_page = at.0 % PAGE + into.len() as u64 <= PAGE;
        match in_one_page.then(|| self.read_kept(at, into)).flatten() {
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

    /// Two pages of which every byte is its own offset, and a count of reads.
    struct Counting(Cell<u32>);

    impl Memory for Counting {
        fn read(&self, at: VirtAddr, into: &mut [u8]) -> Result<(), MemoryError> {
            self.0.set(self.0.get() + 1);
            if at.0 < 0x1000 || at.0 + into.len() as u64 > 0x3000 {
                return Err(MemoryError::unmapped(at));
            }
            for (offset, byte) in (at.0..).zip(into.iter_mut()) {
                *byte = offset.to_le_bytes()[0];
            }
            Ok(())
        }
    }

    #[test]
    fn a_page_is_read_once() {
        let memory = Counting(Cell::new(0));
        let cached = Cached::new(&memory);
        let words: Vec<_> = (0..8).map(|n| cached.read_u64(VirtAddr(0x1000 + 8 * n))).collect();
        assert!(words.iter().all(Result::is_ok));
        assert_eq!(words[1], Ok(0x0f0e_0d0c_0b0a_0908));
        assert_eq!(memory.0.get(), 1);
    }

    #[test]
    fn a_read_across_pages_and_one_of_nothing_are_as_without_it() {
        let memory = Counting(Cell::new(0));
        let cached = Cached::new(&memory);
        assert_eq!(cached.read_u64(VirtAddr(0x1ffc)), memory.read_u64(VirtAddr(0x1ffc)));
        assert_eq!(cached.read_u64(VirtAddr(0x5000)), Err(MemoryError::unmapped(VirtAddr(0x5000))));
        assert!(cached.read(VirtAddr(0x1000), &mut []).is_ok());
    }
}
