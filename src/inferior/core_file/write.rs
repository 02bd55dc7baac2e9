//! Writing a core file of a process that stands still.
//!
//! What is saved is what the kernel saves by default (core(5), `coredump_filter`): anonymous
//! memory, pages of files that were written to, and the first page of each mapped executable, by
//! which it can be known again. Our sites are not in it, and neither are our scratch pages.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::headers::{self, NoteWriter, Part};
use crate::base::{Memory, Range, VirtAddr};
use crate::inferior::{Inferior, Stopped};
use crate::os::procfs::Mapping;
use crate::os::{self, PageMap, Residency, residency};

const PAGE: u64 = 4096;

/// How much is read at a time, in bytes.
const CHUNK: u64 = 1 << 20;

/// A thread, and the signal that it stands before.
pub struct CoreThread<'a> {
    /// The thread.
    pub thread: &'a Stopped,
    /// The signal; none where it stands for another reason.
    pub signal: Option<i32>,
}

/// What was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Written {
    /// The file.
    pub path: PathBuf,
    /// Its length in bytes.
    pub length: u64,
    /// What it takes on the disk: pages of zeros take nothing.
    pub on_disk: u64,
    /// Mappings of which a part could not be read, and is missing.
    pub unread: Vec<Range<VirtAddr>>,
}

/// Why a core file was not written. What there was of it is deleted.
#[derive(Debug, Error)]
#[error("cannot write the core file {}: {doing}: {error}", .path.display())]
pub struct WriteCoreError {
    /// The file.
    pub path: PathBuf,
    /// What was being done.
    pub doing: &'static str,
    /// How it failed.
    pub error: io::Error,
}

/// How much of a mapping is saved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Extent {
    Nothing,
    FirstPage,
    All,
}

impl Inferior {
    /// Writes a core file of the process. `threads` are all of its threads that stand still; the
    /// first one is what a reader of the file looks at first.
    ///
    /// Only its owner may read the file: it holds all that the program knew.
    ///
    /// # Errors
    /// [`WriteCoreError`].
    pub fn write_core(
        &self,
        path: &Path,
        threads: &[CoreThread<'_>],
    ) -> Result<Written, WriteCoreError> {
        let failed = |doing| move |error| WriteCoreError { path: path.to_owned(), doing, error };
        let witness = threads.first().map_or(self.process, |first| first.thread.tid());
        let maps = residency(witness).map_err(failed("reading the mappings of the process"))?;
        let maps: Vec<_> = maps.into_iter().filter(|map| self.is_programs(map)).collect();
        let notes = self.notes(threads, &maps);
        let file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
        let file = file.map_err(failed("creating it"))?;
        let pages = PageMap::open(witness).ok();
        let mut saver = Saver { memory: self.memory(), pages, file: &file, unread: Vec::new() };
        let written = saver.write(&maps, &notes);
        let unread = saver.unread;
        if let Err(error) = written {
            let _ = fs::remove_file(path);
            return Err(failed("writing")(error));
        }
        let about = file.metadata().map_err(failed("asking for its size"))?;
        let on_disk = std::os::unix::fs::MetadataExt::blocks(&about).saturating_mul(512);
        Ok(Written { path: path.to_owned(), length: about.len(), on_disk, unread })
    }

    /// Whether a mapping is of the program, and not of ours.
    fn is_programs(&self, map: &Residency) -> bool {
        let range = map.mapping.range;
        // Above the end of user space lies only the vsyscall page, which is the kernel's.
        range.end.0 <= os::USER_END && !self.scratch.contains(range.start)
    }

    fn notes(&self, threads: &[CoreThread<'_>], maps: &[Residency]) -> Vec<u8> {
        let kin = os::processes::kinship(self.process).unwrap_or_default();
        let mut notes = NoteWriter::new(self.process, kin);
        for (index, held) in threads.iter().enumerate() {
            notes.status(held);
            if index == 0 {
                notes.process();
                notes.auxv();
                notes.files(maps);
            }
            notes.more_registers(held);
        }
        notes.finish()
    }
}

/// Saves memory to a file.
struct Saver<'a> {
    memory: &'a dyn Memory,
    pages: Option<PageMap>,
    file: &'a File,
    unread: Vec<Range<VirtAddr>>,
}

impl Saver<'_> {
    /// Writes everything: the header at the start, then memory, then notes and the table of parts.
    fn write(&mut self, maps: &[Residency], notes: &[u8]) -> io::Result<()> {
        let mut parts = Vec::new();
        let mut offset = PAGE;
        for map in maps {
            let range = map.mapping.range;
            let len = match extent(map, self.memory) {
                Extent::Nothing => 0,
                Extent::FirstPage => self.save(range.start, PAGE, offset, false)?,
                Extent::All => {
                    let whole = range.end - range.start;
                    let sparse = map.mapping.inode == 0 && !map.shared;
                    self.save(range.start, whole, offset, sparse)?
                }
            };
            parts.push(Part { mapping: map.mapping.clone(), offset, len });
            offset = offset.saturating_add(len);
        }
        headers::write(self.file, &parts, notes, offset)
    }

    /// Saves memory from an address on, up to the first page that cannot be read; how much. With
    /// `sparse`, pages that were never touched are zeros and need not be read.
    fn save(&mut self, start: VirtAddr, len: u64, offset: u64, sparse: bool) -> io::Result<u64> {
        let mut done = 0;
        while done < len {
            let chunk = CHUNK.min(len - done);
            let (at, to) = (start + done, offset.saturating_add(done));
            let range = Range::new(at, at + chunk);
            let pages = self.pages.as_ref().filter(|_| sparse);
            let present = pages.and_then(|pages| pages.present(range).ok());
            if present.as_ref().is_none_or(|present| present.contains(&true)) {
                let mut bytes = vec![0; usize::try_from(chunk).unwrap_or_default()];
                let read = self.read(at, &mut bytes);
                write_sparsely(self.file, bytes.get(..read).unwrap_or_default(), to)?;
                if (read as u64) < chunk {
                    self.unread.push(Range::new(at + read as u64, start + len));
                    return Ok(done + read as u64);
                }
            }
            done += chunk;
        }
        Ok(len)
    }

    /// Reads as many whole pages as can be read; how many bytes.
    fn read(&self, at: VirtAddr, into: &mut [u8]) -> usize {
        if self.memory.read(at, into).is_ok() {
            return into.len();
        }
        let pages = into.chunks_mut(PAGE as usize);
        let read = (0..).zip(pages).take_while(|(index, page)| {
            let mut bytes = vec![0; page.len()];
            self.memory.read(at + index * PAGE, &mut bytes).is_ok()
        });
        let count = read.count();
        let len = count.saturating_mul(PAGE as usize).min(into.len());
        if let Some(part) = into.get_mut(..len)
            && self.memory.read(at, part).is_err()
        {
            return 0;
        }
        len
    }
}

/// Writes the pages that are not zeros only: the rest stays a hole in the file.
fn write_sparsely(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    let mut at = offset;
    for page in bytes.chunks(PAGE as usize) {
        if page.iter().any(|byte| *byte != 0) {
            file.write_all_at(page, at)?;
        }
        at = at.saturating_add(page.len() as u64);
    }
    Ok(())
}

/// How much of a mapping is saved: see the head of the file.
fn extent(map: &Residency, memory: &dyn Memory) -> Extent {
    let Mapping { path, readable, inode, offset, .. } = &map.mapping;
    if map.forbidden {
        return Extent::Nothing;
    }
    let is_file = *inode != 0 && !(map.shared && path.ends_with(" (deleted)"));
    if !is_file {
        // What nobody may read and nobody has written is only reserved.
        return if *readable || map.own_pages { Extent::All } else { Extent::Nothing };
    }
    if map.own_pages && !map.shared {
        return Extent::All;
    }
    let mut magic = [0; 4];
    let begins = *offset == 0 && memory.read(map.mapping.range.start, &mut magic).is_ok();
    if begins && magic == *b"\x7fELF" { Extent::FirstPage } else { Extent::Nothing }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Buffer;
    use crate::os::procfs::parse_maps;

    fn map(line: &str, shared: bool, own_pages: bool) -> Residency {
        let mapping = parse_maps(line).remove(0);
        Residency { mapping, shared, resident: own_pages, own_pages, forbidden: false }
    }

    #[test]
    fn what_is_in_files_is_left_out_but_for_the_page_that_tells_which_file_it_is() {
        let memory = Buffer { start: VirtAddr(0x1000), bytes: b"\x7fELF".repeat(2000) };
        let extent = |line, shared, own| extent(&map(line, shared, own), &memory);
        let code = "1000-3000 r-xp 00000000 fe:00 7 /bin/a";
        assert_eq!(extent(code, false, false), Extent::FirstPage);
        assert_eq!(extent(code, false, true), Extent::All, "it was patched");
        let data = "2001-3000 r--p 00000000 fe:00 7 /data";
        assert_eq!(extent(data, false, false), Extent::Nothing);
        assert_eq!(extent("2000-3000 rw-s 00001000 fe:00 7 /data", true, true), Extent::Nothing);
        assert_eq!(
            extent("2000-3000 rw-s 00000000 00:01 7 /m (deleted)", true, false),
            Extent::All
        );
        assert_eq!(extent("2000-3000 rw-p 00000000 00:00 0 [heap]", false, true), Extent::All);
        assert_eq!(extent("2000-3000 ---p 00000000 00:00 0 ", false, false), Extent::Nothing);
        assert_eq!(extent("2000-3000 ---p 00000000 00:00 0 ", false, true), Extent::All);
    }

    #[test]
    fn pages_of_zeros_take_no_room() {
        let file = tempfile::tempfile().expect("a file");
        let mut bytes = vec![0; 64 << 12];
        bytes[40 << 12] = 1;
        write_sparsely(&file, &bytes, 4096).expect("written");
        let about = file.metadata().expect("known");
        assert_eq!(about.len(), 42 << 12);
        assert!(std::os::unix::fs::MetadataExt::blocks(&about) * 512 < 16 << 12);
    }
}
