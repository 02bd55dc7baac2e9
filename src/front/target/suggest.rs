//! What a target that does not exist could have been meant to be.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::cargo;
use crate::base::nearest;

/// No more entries of a directory than this are looked at.
const ENTRIES: usize = 10_000;

/// A hint for a file that does not exist: the same name elsewhere, or the nearest name.
pub(super) fn for_missing(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let bare = path.components().count() == 1;
    if bare {
        let bins = cargo::binaries_here();
        if bins.iter().any(|bin| bin == name) {
            return Some(format!("the package here has a binary of that name: --bin {name}"));
        }
        if let Some(found) = on_search_path(name) {
            return Some(format!("did you mean {}?", found.display()));
        }
        if let Some(bin) = nearest(name, bins.iter().map(String::as_str)) {
            return Some(format!("did you mean the binary `--bin {bin}`?"));
        }
    }
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    let names = names_in(dir.unwrap_or(Path::new(".")));
    let source = format!("{name}.rs");
    let found = match names.iter().find(|other| **other == source) {
        Some(source) => source,
        None => nearest(name, names.iter().map(String::as_str))?,
    };
    let found = dir.map_or_else(|| PathBuf::from(found), |dir| dir.join(found));
    Some(format!("did you mean {}?", found.display()))
}

/// A program of this name in the directories that a shell would look in.
fn on_search_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file())
}

fn names_in(dir: &Path) -> Vec<String> {
    let Ok(entries) = dir.read_dir() else { return Vec::new() };
    let files = entries.take(ENTRIES).flatten().filter(|entry| entry.path().is_file());
    let mut names: Vec<String> =
        files.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    // A program or source file before anything else of the same distance.
    names.sort_by_key(|name| {
        let extension = Path::new(name).extension().map(OsStr::to_owned);
        (extension.is_some_and(|extension| extension != "rs"), name.clone())
    });
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(files: &[&str], wanted: &str) -> Option<String> {
        let dir = tempfile::tempdir().expect("a temporary directory");
        for file in files {
            std::fs::write(dir.path().join(file), "").expect("written");
        }
        let hint = for_missing(&dir.path().join(wanted))?;
        Some(hint.replace(&format!("{}/", dir.path().display()), ""))
    }

    #[test]
    fn a_forgotten_extension_is_added() {
        let found = hint(&["hello.rs", "hallo"], "hello");
        assert_eq!(found.as_deref(), Some("did you mean hello.rs?"));
    }

    #[test]
    fn the_nearest_file_of_the_directory_is_named() {
        let found = hint(&["nested.rs", "moved.rs"], "moevd.rs");
        assert_eq!(found.as_deref(), Some("did you mean moved.rs?"));
    }

    #[test]
    fn nothing_is_guessed_in_a_directory_that_has_nothing_like_it() {
        assert_eq!(hint(&["moved.rs"], "server"), None);
        assert_eq!(for_missing(Path::new("/no/such/place/at/all")), None);
    }
}
