//! Which init files of projects may run: those that the user has looked at.
//!
//! A project's `.freehold` comes with its source, from whoever wrote that, and commands can do what
//! the program can. It runs only when the user trusted this very text; a changed one is asked for
//! anew.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::front::folders::Folder;

/// The name of a project's init file.
pub(super) const PROJECT_FILE: &str = ".freehold";

/// What is known of an init file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Trust {
    /// The user trusted this text.
    Trusted,
    /// The user trusted another text in this file.
    Changed,
    /// The user never trusted it.
    Unknown,
}

/// The files that the user trusts: lines of a hash and a path.
pub(super) struct TrustStore {
    file: PathBuf,
}

impl TrustStore {
    /// The store of the user; none where there is no place for it.
    pub fn open() -> Option<TrustStore> {
        Some(TrustStore { file: Folder::State.path()?.join("trusted") })
    }

    /// What is known of a file with this text.
    pub fn look_up(&self, path: &Path, text: &[u8]) -> Trust {
        let known = fs::read_to_string(&self.file).unwrap_or_default();
        let path = line_of_path(path);
        let mut of_path = known.lines().filter_map(|line| line.split_once("  "));
        let latest = of_path.rfind(|(_, known)| *known == path);
        match latest {
            Some((hash, _)) if hash == hash_of(text) => Trust::Trusted,
            Some(_) => Trust::Changed,
            None => Trust::Unknown,
        }
    }

    /// Trusts a file with this text from now on.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub fn add(&self, path: &Path, text: &[u8]) -> io::Result<()> {
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut store = OpenOptions::new().create(true).append(true).open(&self.file)?;
        let line = format!("{}  {}\n", hash_of(text), line_of_path(path));
        store.write_all(line.as_bytes())
    }
}

/// A path in one line: what could be taken for an end of line is escaped.
fn line_of_path(path: &Path) -> String {
    path.display().to_string().escape_default().to_string()
}

fn hash_of(text: &[u8]) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_trusted_until_it_changes() {
        let dir = tempfile::tempdir().expect("a folder");
        let store = TrustStore { file: dir.path().join("state/trusted") };
        let (one, other) = (Path::new("/a/.freehold"), Path::new("/b/.freehold"));
        assert_eq!(store.look_up(one, b"break main"), Trust::Unknown);
        store.add(one, b"break main").expect("written");
        assert_eq!(store.look_up(one, b"break main"), Trust::Trusted);
        assert_eq!(store.look_up(one, b"break evil"), Trust::Changed);
        assert_eq!(store.look_up(other, b"break main"), Trust::Unknown);
        store.add(one, b"break evil").expect("written");
        assert_eq!(store.look_up(one, b"break evil"), Trust::Trusted);
        assert_eq!(store.look_up(one, b"break main"), Trust::Changed);
    }

    #[test]
    fn the_hash_is_sha_256() {
        // NIST's first example, FIPS 180-2 appendix B.1.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash_of(b"abc"), abc);
    }
}
