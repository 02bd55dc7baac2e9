//! The memory that a core file has, with what it left out read from the files that were mapped.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::mapped_files::MappedFiles;
use super::notes::FileNote;
use crate::base::{Memory, MemoryError, Range, VirtAddr};
use crate::dwarf::Image;
use crate::os::procfs::Mapping;

/// A segment: memory of the process, of which the file has the beginning, all, or nothing.
pub(super) struct Segment {
    /// The addresses.
    pub range: Range<VirtAddr>,
    /// What the file has of them, from the start on.
    pub bytes: &'static [u8],
    /// Whether the process could read, write and execute it.
    pub rights: [bool; 3],
}

/// The memory of a core file.
pub struct CoreMemory {
    segments: Segments,
    files: MappedFiles,
    maps: Vec<Mapping>,
}

/// Segments by address.
pub(super) struct Segments(Vec<Segment>);

impl Segments {
    pub fn new(mut all: Vec<Segment>) -> Segments {
        all.sort_by_key(|segment| segment.range.start);
        Segments(all)
    }

    fn at(&self, at: VirtAddr) -> Option<&Segment> {
        let behind = self.0.partition_point(|segment| segment.range.start <= at);
        self.0.get(behind.checked_sub(1)?).filter(|segment| segment.range.contains(at))
    }

    /// Copies what the file has from an address on, at most to the end of its segment; how much.
    fn copy(&self, at: VirtAddr, into: &mut [u8]) -> usize {
        let Some(segment) = self.at(at) else { return 0 };
        let from = usize::try_from(at - segment.range.start).ok();
        let bytes = from.and_then(|from| segment.bytes.get(from..)).unwrap_or_default();
        copy(bytes, into)
    }
}

/// What the core file itself has, and nothing else.
impl Memory for Segments {
    fn read(&self, at: VirtAddr, into: &mut [u8]) -> Result<(), MemoryError> {
        fill(at, into, |at, into| self.copy(at, into))
    }
}

impl CoreMemory {
    pub(super) fn new(
        segments: Segments,
        notes: Vec<FileNote>,
        vdso: Option<VirtAddr>,
        written: std::time::SystemTime,
    ) -> CoreMemory {
        let maps = mappings(&segments, &notes, vdso);
        CoreMemory { segments, files: MappedFiles::new(notes, written), maps }
    }

    /// Says where the executable is now, where that is another place than it was.
    pub(super) fn name_executable(&mut self, mapped: &str, now: PathBuf) {
        self.files.rename(mapped, now);
    }

    /// The mappings of the process. Those of anonymous memory have no path; what is known of the
    /// rest is what core files keep.
    pub fn mappings(&self) -> &[Mapping] {
        &self.maps
    }

    /// The file that was mapped from a path, if it is the same still.
    pub(in crate::inferior) fn image(&self, mapped: &Path) -> Option<Arc<Image>> {
        self.files.image(mapped.to_str()?, &self.segments).ok()
    }

    /// As [`CoreMemory::image`], with the reason where it is not.
    pub(super) fn image_or_reason(&self, mapped: &str) -> Result<Arc<Image>, String> {
        self.files.image(mapped, &self.segments)
    }

    /// Copies from the files that were mapped.
    fn copy_from_file(&self, at: VirtAddr, into: &mut [u8]) -> usize {
        copy(self.files.bytes_at(at, &self.segments).unwrap_or_default(), into)
    }
}

impl Memory for CoreMemory {
    fn read(&self, at: VirtAddr, into: &mut [u8]) -> Result<(), MemoryError> {
        fill(at, into, |at, into| match self.segments.copy(at, into) {
            0 => self.copy_from_file(at, into),
            some => some,
        })
    }
}

/// Reads piece by piece: `piece` fills a part from an address on, and says how long it is.
fn fill(
    at: VirtAddr,
    into: &mut [u8],
    piece: impl Fn(VirtAddr, &mut [u8]) -> usize,
) -> Result<(), MemoryError> {
    let mut at = at;
    let mut rest = into;
    while !rest.is_empty() {
        let len = piece(at, rest).min(rest.len());
        if len == 0 {
            return Err(MemoryError::unmapped(at));
        }
        let failed = MemoryError::unmapped(at);
        at = at.0.checked_add(len as u64).map(VirtAddr).ok_or(failed)?;
        (_, rest) = rest.split_at_mut(len);
    }
    Ok(())
}

fn copy(from: &[u8], into: &mut [u8]) -> usize {
    let len = from.len().min(into.len());
    into.iter_mut().zip(from).for_each(|(into, from)| *into = *from);
    len
}

/// What `/proc/PID/maps` had said, as far as the core file knows.
fn mappings(segments: &Segments, notes: &[FileNote], vdso: Option<VirtAddr>) -> Vec<Mapping> {
    let mapping = |range: Range<VirtAddr>, rights: [bool; 3], offset: u64, path: &str| {
        let [readable, writable, executable] = rights;
        let path = path.to_owned();
        Mapping { range, readable, writable, executable, offset, inode: 0, path }
    };
    let mut maps: Vec<Mapping> = notes
        .iter()
        .map(|note| {
            // gdb leaves whole mappings out that it takes to be in files, and their rights with
            // them: those are constants and code, and code does not stand at the start of a file.
            let left_out = [true, false, note.offset != 0];
            let rights = segments.at(note.range.start).map_or(left_out, |s| s.rights);
            mapping(note.range, rights, note.offset, &note.path)
        })
        .collect();
    let files: Vec<_> = notes.iter().map(|note| note.range.start).collect();
    for segment in segments.0.iter().filter(|s| !files.contains(&s.range.start)) {
        let is_vdso = vdso.is_some_and(|at| segment.range.contains(at));
        let path = if is_vdso { "[vdso]" } else { "" };
        maps.push(mapping(segment.range, segment.rights, 0, path));
    }
    maps.sort_by_key(|mapping| mapping.range.start);
    maps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::MemoryExt;

    fn segment(start: u64, len: u64, bytes: &'static [u8]) -> Segment {
        let range = Range::new(VirtAddr(start), VirtAddr(start + len));
        Segment { range, bytes, rights: [true, true, false] }
    }

    fn memory() -> CoreMemory {
        let parts = vec![segment(0x2000, 0x10, &[7; 0x10]), segment(0x1ff0, 0x10, &[5; 8])];
        CoreMemory::new(Segments::new(parts), Vec::new(), None, std::time::SystemTime::now())
    }

    #[test]
    fn reads_cross_segments_and_end_where_the_file_has_nothing() {
        let memory = memory();
        assert_eq!(memory.read_bytes(VirtAddr(0x1ff0), 8), Ok(vec![5; 8]));
        let missing = VirtAddr(0x1ff8);
        assert_eq!(memory.read_u64(VirtAddr(0x1ff4)), Err(MemoryError::unmapped(missing)));
        assert_eq!(memory.read_bytes(VirtAddr(0x2008), 8), Ok(vec![7; 8]));
        assert_eq!(memory.read_u64(VirtAddr(0x2009)), Err(MemoryError::unmapped(VirtAddr(0x2010))));
        let last = VirtAddr(u64::MAX);
        assert_eq!(memory.read_u64(last), Err(MemoryError::unmapped(last)));
        assert_eq!(memory.read(last, &mut []), Ok(()));
    }

    #[test]
    fn mappings_are_those_of_files_and_of_the_segments_without_one() {
        let note = FileNote {
            range: Range::new(VirtAddr(0x2000), VirtAddr(0x2010)),
            offset: 0x1000,
            path: "/bin/a".to_owned(),
        };
        let parts = Segments::new(vec![segment(0x1ff0, 0x10, &[]), segment(0x2000, 0x10, &[])]);
        let maps = mappings(&parts, &[note], Some(VirtAddr(0x1ff0)));
        let paths: Vec<_> = maps.iter().map(|map| (&*map.path, map.offset)).collect();
        assert_eq!(paths, [("[vdso]", 0), ("/bin/a", 0x1000)]);
    }
}
