//! The files that the process had mapped: whether they are the same still, and their bytes.
//!
//! A core file leaves out what it takes to be in files: code and constants. Such a file can have
//! been built anew since. It is believed where its build-id is the one that the core file has in
//! memory, or, for a file without one, where it was not changed since the core file was written.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::notes::FileNote;
use crate::base::{Bias, FileAddr, Memory, VirtAddr};
use crate::dwarf::Image;
use crate::inferior::modules::{bias_of, parse_once};
use crate::os::map_file;

/// A build-id is not longer than this, with its note: those in use have 20 bytes.
const MOST_NOTE: u64 = 4096;

/// The files of a core file.
pub(super) struct MappedFiles {
    notes: Vec<FileNote>,
    renamed: HashMap<String, PathBuf>,
    written: SystemTime,
    opened: RefCell<HashMap<String, Result<Opened, String>>>,
}

/// A file that is the same as it was.
#[derive(Clone)]
struct Opened {
    bytes: &'static [u8],
    image: Arc<Image>,
}

impl MappedFiles {
    /// The files of `notes`, for a core file that was written at a time.
    pub fn new(mut notes: Vec<FileNote>, written: SystemTime) -> MappedFiles {
        notes.sort_by_key(|note| note.range.start);
        let (renamed, opened) = (HashMap::new(), RefCell::default());
        MappedFiles { notes, renamed, written, opened }
    }

    /// Says where a file is now.
    pub fn rename(&mut self, mapped: &str, now: PathBuf) {
        self.renamed.insert(mapped.to_owned(), now);
    }

    /// The file of a path, or why it cannot be used.
    pub fn image(&self, mapped: &str, core: &dyn Memory) -> Result<Arc<Image>, String> {
        self.open(mapped, core).map(|opened| opened.image)
    }

    /// The bytes of the file that was mapped at an address, to the end of the mapping; none where
    /// there is none, or another by now.
    pub fn bytes_at(&self, at: VirtAddr, core: &dyn Memory) -> Option<&'static [u8]> {
        let behind = self.notes.partition_point(|note| note.range.start <= at);
        let note = self.notes.get(behind.checked_sub(1)?)?;
        if !note.range.contains(at) {
            return None;
        }
        let bytes = self.open(&note.path, core).ok()?.bytes;
        let from = note.offset.checked_add(at - note.range.start)?;
        let to = note.offset.checked_add(note.range.end - note.range.start)?;
        let end = usize::try_from(to).unwrap_or(usize::MAX).min(bytes.len());
        bytes.get(usize::try_from(from).ok()?..end)
    }

    fn open(&self, mapped: &str, core: &dyn Memory) -> Result<Opened, String> {
        if let Some(known) = self.opened.borrow().get(mapped) {
            return known.clone();
        }
        let opened = self.open_now(mapped, core);
        self.opened.borrow_mut().insert(mapped.to_owned(), opened.clone());
        opened
    }

    fn open_now(&self, mapped: &str, core: &dyn Memory) -> Result<Opened, String> {
        let plain = mapped.strip_suffix(" (deleted)").unwrap_or(mapped);
        let path = self.renamed.get(mapped).map_or(Path::new(plain), PathBuf::as_path);
        let shown = path.display();
        let bytes = map_file(path).map_err(|error| format!("{shown} cannot be read: {error}"))?;
        let image = parse_once(path, bytes).map_err(|why| format!("{shown}: {why}"))?;
        let first = self.notes.iter().find(|note| note.path == mapped);
        let bias = first.and_then(|note| bias_of(&image, note.range.start));
        let same = bias.and_then(|bias| has_same_build_id(&image, bias, core));
        match same {
            Some(true) => Ok(Opened { bytes, image }),
            Some(false) => Err(format!(
                "{shown} is not the file that the program had mapped: its build-id is another"
            )),
            None if plain != mapped && !self.renamed.contains_key(mapped) => {
                Err(format!("{shown} was deleted while the program ran"))
            }
            None if changed_since(path, self.written) => Err(format!(
                "{shown} was changed after the core file was written, and has no build-id by which \
                 to tell whether it is the same"
            )),
            None => Ok(Opened { bytes, image }),
        }
    }
}

/// Whether a file has the build-id that lies in memory; none where it has none, or where the core
/// file does not have it.
fn has_same_build_id(image: &Image, bias: Bias, core: &dyn Memory) -> Option<bool> {
    image.build_id()?;
    let note = image.sections().iter().find(|section| section.name == ".note.gnu.build-id")?;
    let len = (note.range.end - note.range.start).min(MOST_NOTE);
    let end = FileAddr(note.range.start.0.checked_add(len)?);
    let in_file = image.bytes(crate::base::Range::new(note.range.start, end))?;
    let mut in_core = vec![0; in_file.len()];
    core.read(bias.to_virt(note.range.start), &mut in_core).ok()?;
    Some(in_core == in_file)
}

fn changed_since(path: &Path, written: SystemTime) -> bool {
    let changed = fs::metadata(path).and_then(|about| about.modified());
    changed.map_or(true, |changed| changed > written)
}
