//! The cache of programs that were built from one source file each.
//!
//! An entry lies at `CACHE/rs/FILE-KEY/CONTENT-KEY/NAME`: the first key is of the path, the flags
//! and the version of rustc, the second of the source. What is built is renamed into place, so that
//! parallel runs never see half a file.

use std::ffi::OsString;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};

use crate::front::errors::UserError;
use crate::front::folders::Folder;

/// The name of the executable in the directory of a build.
pub(super) const PROGRAM: &str = "program";
/// The name of rustc's list of dependencies in the directory of a build.
pub(super) const DEPENDENCIES: &str = "dependencies";

/// How many versions of one source file are kept.
const KEPT: usize = 8;

/// One build of one version of one file.
pub(super) struct Entry {
    pub(super) dir: PathBuf,
    name: OsString,
}

impl Entry {
    /// The entry of a source file with this content, compiled so.
    pub(super) fn new(
        cache: &Path,
        source: &Path,
        content: &[u8],
        flags: &[OsString],
        rustc: &str,
    ) -> Entry {
        // The path as it was written is what `file!()` says in the program, and the absolute one is
        // where the debug information looks for the source.
        let absolute = std::path::absolute(source).unwrap_or_else(|_| source.to_owned());
        let file_key = hash(&(source, absolute, flags, rustc));
        let dir = cache.join("rs").join(file_key).join(hash(&content));
        Entry { dir, name: source.file_stem().unwrap_or(source.as_os_str()).to_owned() }
    }

    /// Where the executable is, once it is built.
    pub(super) fn executable(&self) -> PathBuf {
        self.dir.join(&self.name)
    }

    /// rustc's list of the files it read, in the form of a makefile.
    fn dependencies(&self) -> PathBuf {
        self.dir.join(".dependencies")
    }

    /// Moves what was built into place.
    pub(super) fn take(&self, built: &Path) -> Result<(), UserError> {
        // The dependencies first: an executable without them would never be found stale.
        fs::rename(built.join(DEPENDENCIES), self.dependencies())
            .and_then(|()| fs::rename(built.join(PROGRAM), self.executable()))
            .map_err(|error| UserError::io("write", &self.executable(), &error))
    }

    /// Whether it is built, and no file that it includes has changed since. The source itself is
    /// part of the key.
    pub(super) fn is_fresh(&self) -> bool {
        let Ok(built) = fs::metadata(self.executable()).and_then(|meta| meta.modified()) else {
            return false;
        };
        let Ok(list) = fs::read_to_string(self.dependencies()) else { return false };
        included(&list).all(|file| {
            fs::metadata(file).and_then(|meta| meta.modified()).is_ok_and(|time| time < built)
        })
    }
}

/// The files of a list of rustc's, but the first, which is the source itself. Each has a rule of
/// its own without dependencies, where a space in a name is written `\ `.
fn included(list: &str) -> impl Iterator<Item = PathBuf> {
    let rules = list.lines().filter(|line| !line.starts_with('#'));
    let files = rules.filter_map(|line| line.strip_suffix(':'));
    files.skip(1).map(|name| PathBuf::from(name.replace("\\ ", " ")))
}

/// A name for the cache. It need not be the same in another version of Freehold, which would only
/// build again.
fn hash(value: &impl Hash) -> String {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// The folder of the cache.
pub(super) fn cache_dir() -> Result<PathBuf, UserError> {
    Folder::Cache.path().ok_or_else(|| {
        UserError::new("there is no directory for the programs that are built from .rs files")
            .hint("set HOME or XDG_CACHE_HOME to an absolute path")
    })
}

/// Removes the oldest versions of a file, so that editing and running does not fill the disk. What
/// cannot be removed stays: it is only a cache. A program that still runs keeps its own file.
pub(super) fn prune(newest: &Path) {
    let Some(versions) = newest.parent().and_then(|dir| dir.read_dir().ok()) else { return };
    let age = |path: &Path| -> io::Result<_> { fs::metadata(path)?.modified() };
    let mut dirs: Vec<_> = versions
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path != newest)
        .filter_map(|path| Some((age(&path).ok()?, path)))
        .collect();
    dirs.sort();
    let surplus = (dirs.len() + 1).saturating_sub(KEPT);
    for (_, dir) in dirs.into_iter().take(surplus) {
        let _ = fs::remove_dir_all(dir);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn included_files_are_read_from_rustcs_list() {
        let list = "out: a.rs b.rs with\\ space.txt\n\na.rs:\nb.rs:\nwith\\ space.txt:\n\n\
                    # env-dep:X=y:\n";
        let files: Vec<PathBuf> = included(list).collect();
        assert_eq!(files, [PathBuf::from("b.rs"), PathBuf::from("with space.txt")]);
    }

    #[test]
    fn another_source_path_flag_or_compiler_is_another_entry() {
        let cache = Path::new("/cache");
        let dir = |source: &str, content: &str, flag: &str, rustc: &str| {
            Entry::new(cache, Path::new(source), content.as_bytes(), &[flag.into()], rustc).dir
        };
        let one = dir("a.rs", "x", "-g", "1.95");
        assert_eq!(one, dir("a.rs", "x", "-g", "1.95"));
        assert_ne!(one, dir("b.rs", "x", "-g", "1.95"));
        assert_ne!(one, dir("a.rs", "y", "-g", "1.95"));
        assert_ne!(one, dir("a.rs", "x", "-O", "1.95"));
        assert_ne!(one, dir("a.rs", "x", "-g", "1.96"));
    }

    #[test]
    fn old_versions_are_removed_and_the_newest_is_kept() {
        let cache = tempfile::tempdir().expect("a temporary directory");
        let dirs: Vec<PathBuf> =
            (0..KEPT + 3).map(|number| cache.path().join(number.to_string())).collect();
        for dir in &dirs {
            fs::create_dir(dir).expect("created");
        }
        let newest = &dirs[0];
        prune(newest);
        assert!(newest.is_dir());
        assert_eq!(dirs.iter().filter(|dir| dir.is_dir()).count(), KEPT);
    }
}
