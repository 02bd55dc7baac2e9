//! Bytes on disk that nobody else sees: temporary files without a name, of which the oldest is given
//! up where they take too much room.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// How much room a store takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Room {
    /// Bytes of one file.
    pub file: u64,
    /// How many files there are at most.
    pub files: usize,
}

/// Where a row of bytes lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Place {
    file: u64,
    offset: u64,
    len: usize,
}

/// The files.
#[derive(Debug)]
pub(super) struct Store {
    room: Room,
    folder: PathBuf,
    files: VecDeque<(File, u64)>,
    /// The number of the first of them: those before were given up.
    first: u64,
}

impl Store {
    /// An empty store, for which there is no file yet; those to come are made in a folder.
    pub fn new(room: Room, folder: PathBuf) -> Store {
        Store { room, folder, files: VecDeque::new(), first: 0 }
    }

    /// Where its files are made.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes bytes behind the others. The oldest file is given up where there would be too many.
    ///
    /// # Errors
    /// The system's: the disk is full, or there is no folder for temporary files.
    pub fn put(&mut self, bytes: &[u8]) -> io::Result<Place> {
        let full = self.files.back().is_none_or(|(_, used)| *used >= self.room.file);
        if full {
            if self.files.len() >= self.room.files.max(1) {
                self.give_up_oldest();
            }
            self.files.push_back((nameless(&self.folder)?, 0));
        }
        let file = self.first.saturating_add(self.files.len() as u64).saturating_sub(1);
        let Some((last, used)) = self.files.back_mut() else {
            return Err(io::ErrorKind::NotFound.into());
        };
        let offset = *used;
        last.write_all_at(bytes, offset)?;
        *used = used.saturating_add(bytes.len() as u64);
        Ok(Place { file, offset, len: bytes.len() })
    }

    /// Reads bytes back.
    ///
    /// # Errors
    /// The system's; [`io::ErrorKind::NotFound`] where their file was given up.
    pub fn get(&self, place: Place) -> io::Result<Vec<u8>> {
        let index = place.file.checked_sub(self.first).and_then(|n| usize::try_from(n).ok());
        let file = index.and_then(|index| self.files.get(index));
        let (file, _) = file.ok_or(io::ErrorKind::NotFound)?;
        let mut bytes = vec![0; place.len];
        file.read_exact_at(&mut bytes, place.offset)?;
        Ok(bytes)
    }

    /// Whether the bytes of a place are still there.
    pub fn has(&self, place: Place) -> bool {
        place.file >= self.first
    }

    /// Gives up the oldest file; whether there was one.
    pub fn give_up_oldest(&mut self) -> bool {
        let gone = self.files.pop_front().is_some();
        self.first = self.first.saturating_add(u64::from(gone));
        gone
    }

    /// Puts another file in the place of the newest, so that a test sees what then goes wrong.
    #[cfg(test)]
    pub fn replace_newest(&mut self, path: &str) {
        let file = OpenOptions::new().read(true).write(true).open(path).expect("it can be opened");
        if let Some((newest, _)) = self.files.back_mut() {
            *newest = file;
        }
    }
}

/// Whether a write failed because there is no room on the disk, or no more than is allowed.
pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// A file without a name: it is gone when nobody has it open any more, however the debugger ends.
fn nameless(folder: &Path) -> io::Result<File> {
    loop {
        // Each state is another one, and differs from run to run.
        let number = RandomState::new().build_hasher().finish();
        let path = folder.join(format!(".freehold-log-{number:016x}"));
        let mut options = OpenOptions::new();
        match options.read(true).write(true).create_new(true).mode(0o600).open(&path) {
            Ok(file) => {
                fs::remove_file(&path)?;
                return Ok(file);
            }
            // Somebody else has that very name.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_back_until_their_file_is_given_up() {
        let mut store = Store::new(Room { file: 8, files: 2 }, std::env::temp_dir());
        let places: Vec<Place> = ["first", "second", "third", "fourth", "fifth"]
            .iter()
            .map(|text| store.put(text.as_bytes()).expect("written"))
            .collect();
        let text = |place: &Place| {
            store.get(*place).ok().map(|bytes| String::from_utf8(bytes).expect("text"))
        };
        // A file is full with two of them, and two files are kept.
        let kept: Vec<_> = places.iter().map(text).collect();
        let expected = [None, None, Some("third"), Some("fourth"), Some("fifth")];
        assert_eq!(kept, expected.map(|text| text.map(str::to_owned)));
        assert_eq!(places.iter().filter(|place| store.has(**place)).count(), 3);
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_an_error() {
        assert!(nameless(Path::new("/nowhere/at/all")).is_err());
    }
}
