//! Files, mapped and kept.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{LazyLock, Mutex, PoisonError};

/// What tells one content of one file from another: device, inode, size and time of change.
type Identity = (u64, u64, u64, i64, i64);

static MAPPED: LazyLock<Mutex<HashMap<Identity, &'static [u8]>>> = LazyLock::new(Mutex::default);

/// Maps a file for reading, and keeps it for the life of the process.
///
/// Nothing that is read from an executable then borrows from anything, so images, names and
/// sections can be shared freely between threads and sessions. What this keeps is bounded by the
/// number of distinct files (device, inode, size, time of change) that were asked for, and costs
/// address space rather than memory: the pages are those of the page cache.
///
/// # Errors
/// As `open(2)` and `mmap(2)`; `EINVAL` for something that is not a regular file.
pub fn map_file(path: &Path) -> io::Result<&'static [u8]> {
    let file = File::open(path)?;
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(io::Error::from_raw_os_error(libc::EINVAL));
    }
    let identity = (about.dev(), about.ino(), about.size(), about.mtime(), about.mtime_nsec());
    let mut mapped = MAPPED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(bytes) = mapped.get(&identity) {
        return Ok(bytes);
    }
    let bytes = if about.size() == 0 { &[] } else { map_for_ever(&file)? };
    mapped.insert(identity, bytes);
    Ok(bytes)
}

fn map_for_ever(file: &File) -> io::Result<&'static [u8]> {
    // SAFETY: the mapping is private and never unmapped (it is leaked), so the slice stays valid.
    // That nobody writes to the file in place is the assumption every debugger and linker makes of
    // an executable; the kernel itself refuses to while the program runs (ETXTBSY), and compilers
    // write a new file instead.
    let map = unsafe { memmap2::Mmap::map(file)? };
    Ok(Box::leak(Box::new(map)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_mapped_once_and_again_after_it_was_replaced() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("file");
        std::fs::write(&path, "one").expect("a file");
        let first = map_file(&path).expect("mapped");
        assert_eq!(first, b"one");
        assert!(std::ptr::eq(first, map_file(&path).expect("mapped")));
        std::fs::remove_file(&path).expect("removed");
        std::fs::write(&path, "three").expect("a file");
        assert_eq!(map_file(&path).expect("mapped"), b"three");
        assert_eq!(first, b"one");
    }

    #[test]
    fn an_empty_file_is_empty_and_a_folder_is_no_file() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("empty");
        std::fs::write(&path, "").expect("a file");
        assert_eq!(map_file(&path).expect("mapped"), b"");
        assert!(map_file(dir.path()).is_err());
        let missing = map_file(&dir.path().join("none")).map_err(|error| error.kind());
        assert_eq!(missing, Err(io::ErrorKind::NotFound));
    }
}
