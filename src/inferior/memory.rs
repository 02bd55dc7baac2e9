//! The memory of the process as the program sees it: without sites.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::error::InferiorError;
use super::sites::{For, Sites};
use crate::base::{Memory, MemoryError, Tid, VirtAddr};
use crate::os::{self, ProcessMemory};

/// The memory of a live process. Where a site is patched in, the original byte is read.
pub struct LiveMemory {
    /// A thread that was alive lately: the first one of the process may have exited, and has no
    /// memory then.
    witness: Rc<Cell<Tid>>,
    file: ProcessMemory,
    pub(super) sites: RefCell<Sites>,
}

impl LiveMemory {
    pub(super) fn open(process: Tid) -> Result<LiveMemory, InferiorError> {
        let file = ProcessMemory::open(process)
            .map_err(InferiorError::when("opening the memory of the process"))?;
        Ok(LiveMemory { witness: Rc::new(Cell::new(process)), file, sites: RefCell::default() })
    }

    /// A place that always holds a living thread of the process, as far as is known.
    pub(super) fn witness(&self) -> &Rc<Cell<Tid>> {
        &self.witness
    }

    /// After an exec: the memory is another one, without sites.
    pub(super) fn renew(&mut self, process: Tid) -> Result<(), InferiorError> {
        self.file = ProcessMemory::open(process)
            .map_err(InferiorError::when("opening the memory of the process"))?;
        self.witness.set(process);
        self.sites.borrow_mut().forget();
        Ok(())
    }

    pub(super) fn file(&self) -> &ProcessMemory {
        &self.file
    }

    pub(super) fn insert_site(&self, at: VirtAddr, whom: For) -> Result<(), InferiorError> {
        self.sites.borrow_mut().insert(at, whom, &self.file)
    }

    pub(super) fn remove_site(&self, at: VirtAddr, whom: For) {
        self.sites.borrow_mut().remove(at, whom, &self.file);
    }

    /// See [`Inferior::write_memory`](super::Inferior::write_memory).
    pub(super) fn write(&self, at: VirtAddr, bytes: &[u8]) -> Result<(), MemoryError> {
        self.sites.borrow_mut().write_below(at, bytes, &self.file)
    }

    /// The bytes of the instruction at an address, as many as can be read.
    pub(super) fn instruction_bytes(&self, at: VirtAddr) -> Vec<u8> {
        self.sites.borrow().instruction_bytes(at, &self.file)
    }
}

impl Memory for LiveMemory {
    fn read(&self, at: VirtAddr, into: &mut [u8]) -> Result<(), MemoryError> {
        // Where the quick way fails, because the witness has died or the page is not readable for
        // the program itself, the file still knows.
        os::read_memory(self.witness.get(), at, into).or_else(|_| self.file.read(at, into))?;
        self.sites.borrow().hide(at, into);
        Ok(())
    }
}
