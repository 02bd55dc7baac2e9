//! Where the files come from that are loaded in a process: the process itself, or a core file.

use std::cell::Cell;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use super::core_file::CoreMemory;
use super::modules::parse_once;
use crate::base::{Memory, MemoryError, Range, Tid, VirtAddr};
use crate::dwarf::Image;
use crate::os::procfs::{self, Mapping};
use crate::os::{map_file, read_memory};

/// The largest vdso that is read out of memory, in bytes; real ones have two pages.
const MAX_VDSO: u64 = 0x1_0000;

/// The vdsos that were seen, by content: one for each kernel, so few.
static VDSOS: LazyLock<Mutex<Vec<&'static [u8]>>> = LazyLock::new(Mutex::default);

/// Who has mapped the files.
#[derive(Clone)]
pub(in crate::inferior) enum Source {
    /// A process, of which this is a thread that was alive lately.
    Process(Rc<Cell<Tid>>),
    /// A core file.
    Core(Rc<CoreMemory>),
}

impl Source {
    /// The mappings, by address; empty once a process has none.
    pub fn mappings(&self) -> Vec<Mapping> {
        match self {
            Source::Process(witness) => procfs::maps(witness.get()).unwrap_or_default(),
            Source::Core(memory) => memory.mappings().to_vec(),
        }
    }

    /// The image of a loaded file, by its path, all of its addresses, and those of its first
    /// mapping.
    pub fn image(
        &self,
        path: &Path,
        range: Range<VirtAddr>,
        first: Range<VirtAddr>,
    ) -> Option<Arc<Image>> {
        let is_vdso = path.as_os_str() == "[vdso]";
        match self {
            Source::Process(witness) if is_vdso => {
                let bytes = read_vdso(|into| read_memory(witness.get(), range.start, into), range)?;
                parse_once(path, bytes).ok()
            }
            Source::Core(memory) if is_vdso => {
                let bytes = read_vdso(|into| memory.read(range.start, into), range)?;
                parse_once(path, bytes).ok()
            }
            Source::Process(witness) => {
                let bytes = map_loaded(witness.get(), path, first).ok()?;
                parse_once(&undeleted(path), bytes).ok()
            }
            Source::Core(memory) => memory.image(path),
        }
    }
}

/// The path without what the kernel adds to that of a file that was deleted or replaced.
pub fn undeleted(path: &Path) -> PathBuf {
    let plain = path.to_str().and_then(|path| path.strip_suffix(" (deleted)"));
    plain.map_or(path, Path::new).to_owned()
}

/// Maps a file that a process has mapped. Its path is one in the process's own file system, which
/// can be another than ours (containers); a file that was deleted is reached by its mapping.
fn map_loaded(tid: Tid, path: &Path, first: Range<VirtAddr>) -> io::Result<&'static [u8]> {
    let by_mapping = || map_file(&procfs::mapped_file(tid, first));
    if undeleted(path) != path {
        return by_mapping();
    }
    match map_file(&procfs::path_within(tid, path)) {
        // The thread is gone, so that nobody can say what its file system was.
        Err(_) if procfs::has_exited(tid) => map_file(path),
        Err(_) => by_mapping(),
        mapped => mapped,
    }
}

/// The vdso is in no file: it is read out of memory once and kept, as a mapped file is.
fn read_vdso(
    memory: impl Fn(&mut [u8]) -> Result<(), MemoryError>,
    range: Range<VirtAddr>,
) -> Option<&'static [u8]> {
    let len = usize::try_from((range.end - range.start).min(MAX_VDSO)).ok()?;
    let mut bytes = vec![0; len];
    memory(&mut bytes).ok()?;
    let mut seen = VDSOS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = seen.iter().find(|known| ***known == *bytes) {
        return Some(known);
    }
    let kept: &'static [u8] = Vec::leak(bytes);
    seen.push(kept);
    Some(kept)
}
