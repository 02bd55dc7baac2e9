//! One `.rs` file: built with `rustc -g` into a cache, and not built again while nothing changes.
//!
//! An entry lies at `CACHE/rs/FILE-KEY/CONTENT-KEY/NAME`: the first key is of the path, the flags
//! and the version of rustc, the second of the source. rustc writes under a name that no other
//! process uses and the result is renamed into place, so that parallel runs never see half a file.

use std::ffi::OsString;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use clap::Args;

use super::{cannot_start, colour_flag, tool};
use crate::front::errors::UserError;

/// How one source file is compiled.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Rust source file")]
pub(super) struct RustArgs {
    /// The edition of the source [default: 2024]
    #[arg(long, value_name = "EDITION")]
    edition: Option<String>,

    /// Optimise (rustc -O), still with debug information
    #[arg(long = "opt", short = 'O')]
    optimise: bool,

    /// A further argument for rustc (may be repeated)
    #[arg(long = "rustc-arg", value_name = "ARG", allow_hyphen_values = true)]
    rustc_args: Vec<OsString>,
}

/// How many versions of one source file are kept.
const KEPT: usize = 8;

impl RustArgs {
    /// Refuses options for source files where the target is none.
    pub(super) fn refuse(&self, target: &str) -> Result<(), UserError> {
        let given = [
            ("--edition", self.edition.is_some()),
            ("--opt", self.optimise),
            ("--rustc-arg", !self.rustc_args.is_empty()),
        ];
        let Some((option, _)) = given.into_iter().find(|(_, given)| *given) else { return Ok(()) };
        let error =
            UserError::new(format!("{option} is for .rs files, and the target is {target}"));
        Err(match option {
            "--opt" => error.hint("an optimised build of a package: --release"),
            _ => error,
        })
    }

    fn flags(&self) -> Vec<OsString> {
        let edition = self.edition.as_deref().unwrap_or("2024");
        let mut flags: Vec<OsString> = vec!["-g".into(), "--edition".into(), edition.into()];
        if self.optimise {
            flags.push("-O".into());
        }
        flags.extend(self.rustc_args.iter().cloned());
        flags
    }
}

/// Builds the file, or finds it built, and returns the absolute path of the executable.
pub(super) fn build(source: &Path, args: &RustArgs) -> Result<PathBuf, UserError> {
    let content = fs::read(source).map_err(|error| UserError::io("read", source, &error))?;
    let flags = args.flags();
    let cache = cache_dir()?;
    let entry = Entry::new(&cache, source, &content, &flags, &rustc_version()?);
    if entry.is_fresh() {
        return Ok(entry.executable());
    }
    let doing = "create the cache directory";
    fs::create_dir_all(&entry.dir).map_err(|error| UserError::io(doing, &entry.dir, &error))?;
    let result = compile(source, &flags, &entry);
    prune(&entry.dir);
    result.map(|()| entry.executable())
}

fn compile(source: &Path, flags: &[OsString], entry: &Entry) -> Result<(), UserError> {
    let built = entry.dir.join(format!(".build-{}", std::process::id()));
    let dependencies = built.with_extension("d");
    let mut emit = OsString::from("dep-info=");
    emit.push(&dependencies);
    emit.push(",link=");
    emit.push(&built);
    let status = tool("RUSTC", "rustc")
        .arg(colour_flag())
        .args(flags)
        .arg("--emit")
        .arg(emit)
        .arg(source)
        .stdin(Stdio::null())
        .status()
        .map_err(|error| cannot_start("rustc", &error))?;
    if !status.success() {
        let _ = fs::remove_file(&dependencies);
        return Err(UserError::build(format!("rustc could not build {}", source.display())));
    }
    if !built.is_file() {
        return Err(UserError::build(format!("{} is not a program", source.display()))
            .hint("rustc built no executable from it: it needs a `fn main`"));
    }
    // The dependencies first: an executable without them would never be found stale.
    fs::rename(&dependencies, entry.dependencies())
        .and_then(|()| fs::rename(&built, entry.executable()))
        .map_err(|error| UserError::io("write", &entry.executable(), &error))
}

/// One build of one version of one file.
struct Entry {
    dir: PathBuf,
    name: OsString,
}

impl Entry {
    fn new(cache: &Path, source: &Path, content: &[u8], flags: &[OsString], rustc: &str) -> Entry {
        // The path as it was written is what `file!()` says in the program, and the absolute one is
        // where the debug information looks for the source.
        let absolute = std::path::absolute(source).unwrap_or_else(|_| source.to_owned());
        let file_key = hash(&(source, absolute, flags, rustc));
        let dir = cache.join("rs").join(file_key).join(hash(&content));
        Entry { dir, name: source.file_stem().unwrap_or(source.as_os_str()).to_owned() }
    }

    fn executable(&self) -> PathBuf {
        self.dir.join(&self.name)
    }

    /// rustc's list of the files it read, in the form of a makefile.
    fn dependencies(&self) -> PathBuf {
        self.dir.join(".dependencies")
    }

    /// Whether it is built, and no file that it includes has changed since. The source itself is
    /// part of the key.
    fn is_fresh(&self) -> bool {
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

/// `rustc -vV`: the version with its commit and host.
fn rustc_version() -> Result<String, UserError> {
    let output = tool("RUSTC", "rustc")
        .arg("-vV")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| cannot_start("rustc", &error))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(UserError::build(format!("rustc does not work: {}", said.trim())));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// `$XDG_CACHE_HOME/freehold`, or `~/.cache/freehold` (XDG base directory specification).
fn cache_dir() -> Result<PathBuf, UserError> {
    let absolute =
        |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")));
    base.map(|base| base.join("freehold")).ok_or_else(|| {
        UserError::new("there is no directory for the programs that are built from .rs files")
            .hint("set HOME or XDG_CACHE_HOME to an absolute path")
    })
}

/// Removes the oldest versions of a file, so that editing and running does not fill the disk. What
/// cannot be removed stays: it is only a cache. A program that still runs keeps its own file.
fn prune(newest: &Path) {
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
