//! Another process's memory.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;

use crate::base::{MemoryError, Tid, VirtAddr};

const PAGE: u64 = 4096;

/// Reads memory of the process that a thread belongs to (process_vm_readv(2)): the fastest way,
/// two microseconds for a word or a page. The process may run meanwhile.
///
/// # Errors
/// The first address that cannot be read, exact to a page. A thread that is gone (or the first
/// thread of a process, once it has exited) has no memory at all: use [`ProcessMemory`] then.
pub fn read_memory(tid: Tid, at: VirtAddr, into: &mut [u8]) -> Result<(), MemoryError> {
    let mut done = 0;
    while done < into.len() {
        let from = at + done as u64;
        let rest = &mut into[done..];
        let local = libc::iovec { iov_base: rest.as_mut_ptr().cast(), iov_len: rest.len() };
        let remote = libc::iovec { iov_base: from.0 as *mut _, iov_len: rest.len() };
        // SAFETY: the kernel writes at most `iov_len` bytes to `rest`, which is borrowed mutably
        // here; the remote address is never touched by this process.
        let read = unsafe { libc::process_vm_readv(tid.0, &local, 1, &remote, 1, 0) };
        match usize::try_from(read) {
            Ok(more) if more > 0 => done += more,
            _ => return Err(MemoryError::unmapped(from)),
        }
    }
    Ok(())
}

/// `/proc/PID/mem`, kept open: it writes where the program itself may not (code), and it stays with
/// the memory it was opened for when the first thread exits or the process execs.
pub struct ProcessMemory {
    file: File,
}

impl ProcessMemory {
    /// Opens the memory of a traced process.
    ///
    /// # Errors
    /// As `open(2)`: the process is gone, or is not traced by the calling thread.
    pub fn open(tid: Tid) -> io::Result<ProcessMemory> {
        let path = format!("/proc/{}/mem", tid.0);
        Ok(ProcessMemory { file: OpenOptions::new().read(true).write(true).open(path)? })
    }

    /// Writes, also to pages that the program may only read or execute.
    ///
    /// # Errors
    /// The first address that could not be written, exact to a page.
    pub fn write(&self, at: VirtAddr, bytes: &[u8]) -> Result<(), MemoryError> {
        let mut done = 0;
        while done < bytes.len() {
            let to = at + done as u64;
            match self.file.write_at(&bytes[done..], to.0) {
                Ok(more) if more > 0 => done += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                _ => return Err(MemoryError::unmapped(to)),
            }
        }
        Ok(())
    }

    /// Reads, also pages that the program itself may not read.
    ///
    /// # Errors
    /// The first address that could not be read, exact to a page.
    pub fn read(&self, at: VirtAddr, into: &mut [u8]) -> Result<(), MemoryError> {
        let mut done = 0;
        while done < into.len() {
            let from = at + done as u64;
            // The kernel may stop anywhere inside a page; asking page by page keeps the failing
            // address exact.
            let in_page = (PAGE - from.0 % PAGE) as usize;
            let end = into.len().min(done.saturating_add(in_page));
            match self.file.read_at(&mut into[done..end], from.0) {
                Ok(more) if more > 0 => done += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                _ => return Err(MemoryError::unmapped(from)),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn myself() -> Tid {
        Tid(std::process::id().cast_signed())
    }

    #[test]
    fn memory_is_read_across_pages() {
        let bytes: Vec<u8> = (0..20_000_u32).map(|n| n as u8).collect();
        let mut copy = vec![0; bytes.len()];
        let at = VirtAddr(bytes.as_ptr() as u64);
        assert_eq!(read_memory(myself(), at, &mut copy), Ok(()));
        assert_eq!(copy, bytes);
        copy.fill(0);
        let memory = ProcessMemory::open(myself()).expect("own memory");
        assert_eq!(memory.read(at, &mut copy), Ok(()));
        assert_eq!(copy, bytes);
    }

    #[test]
    fn the_first_unreadable_page_is_named() {
        let page = VirtAddr(PAGE);
        let mut bytes = [0; 16];
        assert_eq!(read_memory(myself(), page, &mut bytes), Err(MemoryError::unmapped(page)));
        let mut map = memmap2::MmapMut::map_anon(8192).expect("two pages");
        let second = VirtAddr(map.as_mut_ptr() as u64 + PAGE);
        // SAFETY: the second page of the mapping is ours, and nothing refers to it.
        assert_eq!(unsafe { libc::mprotect(second.0 as *mut _, 4096, libc::PROT_NONE) }, 0);
        let mut across = [0; 64];
        let at = second.offset(-32);
        assert_eq!(read_memory(myself(), at, &mut across), Err(MemoryError::unmapped(second)));
    }

    #[test]
    fn a_read_at_the_end_of_the_address_space_fails_and_does_not_wrap() {
        let mut bytes = [0; 32];
        let at = VirtAddr(u64::MAX - 4);
        assert!(read_memory(myself(), at, &mut bytes).is_err());
        let memory = ProcessMemory::open(myself()).expect("own memory");
        assert!(memory.read(at, &mut bytes).is_err());
        assert!(memory.write(at, &bytes).is_err());
    }
}
