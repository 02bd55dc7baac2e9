//! One `.rs` file: built with `rustc -g` into the cache, and not built again while nothing changes.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};

use clap::Args;

use super::cache::{DEPENDENCIES, Entry, PROGRAM, cache_dir, prune};
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
    build_in(&cache_dir()?, source, args)
}

fn build_in(cache: &Path, source: &Path, args: &RustArgs) -> Result<PathBuf, UserError> {
    let content = fs::read(source).map_err(|error| UserError::io("read", source, &error))?;
    let flags = args.flags();
    let entry = Entry::new(cache, source, &content, &flags, &rustc_version()?);
    if entry.is_fresh() {
        return Ok(entry.executable());
    }
    let result = compile(source, &flags, &entry);
    prune(&entry.dir);
    result.map(|()| entry.executable())
}

fn compile(source: &Path, flags: &[OsString], entry: &Entry) -> Result<(), UserError> {
    // Other processes, and other threads of this one, may be building the same. rustc names its
    // object files after the crate alone, so that each build needs a directory of its own.
    static BUILDS: AtomicU64 = AtomicU64::new(0);
    let number = BUILDS.fetch_add(1, Ordering::Relaxed);
    let dir = entry.dir.join(format!(".build-{}-{number}", std::process::id()));
    fs::create_dir_all(&dir)
        .map_err(|error| UserError::io("create the cache directory", &dir, &error))?;
    let result = compile_in(&dir, source, flags).and_then(|()| entry.take(&dir));
    // What is left of a failed build is of no use, and does no harm where it cannot be removed.
    let _ = fs::remove_dir_all(&dir);
    result
}

fn compile_in(dir: &Path, source: &Path, flags: &[OsString]) -> Result<(), UserError> {
    let emit = |kind: &str, name: &str| {
        let mut option = OsString::from(format!("--emit={kind}="));
        option.push(dir.join(name));
        option
    };
    let status = tool("RUSTC", "rustc")
        .arg(colour_flag())
        .args(flags)
        .args([emit("dep-info", DEPENDENCIES), emit("link", PROGRAM)])
        .arg("--out-dir")
        .args([dir, source])
        .stdin(Stdio::null())
        .status()
        .map_err(|error| cannot_start("rustc", &error))?;
    if !status.success() {
        return Err(UserError::build(format!("rustc could not build {}", source.display())));
    }
    // A library is written without the permission to execute it.
    if fs::metadata(dir.join(PROGRAM)).is_ok_and(|meta| meta.permissions().mode() & 0o111 != 0) {
        return Ok(());
    }
    Err(UserError::build(format!("{} is not a program", source.display()))
        .hint("rustc built no executable from it: it needs a `fn main`"))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn args(edition: Option<&str>, optimise: bool) -> RustArgs {
        RustArgs { edition: edition.map(str::to_owned), optimise, rustc_args: Vec::new() }
    }

    #[test]
    fn a_file_is_built_once_and_again_when_what_it_includes_changes() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let (cache, source) = (dir.path().join("cache"), dir.path().join("a-b.rs"));
        let included = dir.path().join("text.txt");
        fs::write(&included, "one").expect("written");
        fs::write(&source, "fn main() { println!(include_str!(\"text.txt\")); }").expect("written");
        let build = || build_in(&cache, &source, &args(None, false)).expect("it builds");
        let executable = build();
        let built_at =
            || fs::metadata(&executable).and_then(|meta| meta.modified()).expect("there");
        let first = built_at();
        assert_eq!(executable.file_name(), Some("a-b".as_ref()));
        assert_eq!((build(), built_at()), (executable.clone(), first), "nothing changed");
        fs::write(&included, "two").expect("written");
        assert_eq!(build(), executable);
        assert_ne!(built_at(), first, "the included file changed");
        let said = std::process::Command::new(&executable).output().expect("it runs");
        assert_eq!(said.stdout, b"two\n");
        assert_ne!(build_in(&cache, &source, &args(Some("2021"), true)), Ok(executable));
    }

    #[test]
    fn builds_at_the_same_time_do_not_disturb_each_other() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let (cache, source) = (dir.path().join("cache"), dir.path().join("demo.rs"));
        fs::write(&source, "fn main() {}").expect("written");
        let run = || {
            let executable = build_in(&cache, &source, &args(None, false)).expect("it builds");
            std::process::Command::new(executable).status().expect("it runs").success()
        };
        let all = std::thread::scope(|scope| {
            let threads = [scope.spawn(run), scope.spawn(run), scope.spawn(run)];
            threads.map(|thread| thread.join().expect("no panic"))
        });
        assert_eq!(all, [true; 3]);
    }

    #[test]
    fn a_file_without_main_is_a_build_error() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let source = dir.path().join("demo.rs");
        fs::write(&source, "#![crate_type = \"lib\"]").expect("written");
        let error = build_in(dir.path(), &source, &args(None, false)).expect_err("no program");
        assert_eq!(error.exit_code(), 101);
    }
}
