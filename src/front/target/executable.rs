//! What a file on the command line is: source to be built, a program, or something else.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::suggest;
use crate::front::errors::UserError;

/// What is done with a file that was named.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FileKind {
    /// It is Rust source.
    Rust,
    /// It may be run, and begins like a program: its absolute path. Whether it really is one is
    /// told by [`Image::parse`](crate::dwarf::Image::parse).
    Program(PathBuf),
}

/// Looks at the file, its permissions and its first bytes.
pub(super) fn recognise(path: &Path) -> Result<FileKind, UserError> {
    let meta = match fs::metadata(path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(missing(path)),
        Err(error) => return Err(UserError::io("open", path, &error)),
    };
    if meta.is_dir() {
        return Err(directory(path));
    }
    if !meta.is_file() {
        return Err(UserError::new(format!("cannot debug {}: not a file", path.display())));
    }
    if path.extension() == Some(OsStr::new("rs")) {
        return Ok(FileKind::Rust);
    }
    let begin = first_bytes(path).map_err(|error| UserError::io("open", path, &error))?;
    if begin.starts_with(b"#!") {
        return Err(script(path, &begin));
    }
    if begin.starts_with(b"\x7fELF") && meta.permissions().mode() & 0o111 == 0 {
        return Err(UserError::new(format!(
            "cannot run {}: no execute permission",
            path.display()
        ))
        .hint(format!("chmod +x {}", path.display())));
    }
    let absolute =
        std::path::absolute(path).map_err(|error| UserError::io("open", path, &error))?;
    Ok(FileKind::Program(absolute))
}

/// As much as the kernel itself looks at for a `#!` line (execve(2)).
fn first_bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut begin = Vec::new();
    File::open(path)?.take(256).read_to_end(&mut begin)?;
    Ok(begin)
}

fn missing(path: &Path) -> UserError {
    let error = UserError::new(format!("no such file: {}", path.display()));
    match suggest::for_missing(path) {
        Some(hint) => error.hint(hint),
        None => error.hint(
            "TARGET is an executable or a .rs file; a package's programs are named with --bin, \
             --example or --test",
        ),
    }
}

fn directory(path: &Path) -> UserError {
    let error = UserError::new(format!("cannot debug {}: it is a directory", path.display()));
    let manifest = path.join("Cargo.toml");
    if manifest.is_file() {
        return error
            .hint(format!("for the package in it: --manifest-path {}", manifest.display()));
    }
    error
}

fn script(path: &Path, begin: &[u8]) -> UserError {
    let line = begin.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line.strip_prefix(b"#!").unwrap_or_default());
    let interpreter = line.trim();
    let name = interpreter.split_whitespace().next().unwrap_or("nothing");
    UserError::new(format!("cannot debug {}: it is a script for {name}", path.display()))
        .hint(format!(
            "to debug the interpreter itself: {name} -- {}{}",
            interpreter.strip_prefix(name).map(str::trim).map_or(String::new(), |rest| {
                if rest.is_empty() { String::new() } else { format!("{rest} ") }
            }),
            path.display()
        ))
        .hint("to debug what the script starts, name that executable")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, bytes: &[u8], mode: u32) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join(name);
        fs::write(&path, bytes).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("permissions");
        (dir, path)
    }

    fn text(path: &Path) -> String {
        let error = recognise(path).expect_err("refused");
        let text = anstream::adapter::strip_str(&error.to_string()).to_string();
        text.replace(&path.display().to_string(), "FILE")
    }

    #[test]
    fn source_is_known_by_its_extension_and_a_program_by_nothing_else() {
        let (_dir, path) = file("a.rs", b"fn main() {}", 0o644);
        assert_eq!(recognise(&path), Ok(FileKind::Rust));
        let (_dir, path) = file("a", b"\x7fELF", 0o755);
        assert_eq!(recognise(&path), Ok(FileKind::Program(path.clone())));
    }

    #[test]
    fn a_script_names_its_interpreter() {
        let (_dir, path) = file("a", b"#! /usr/bin/env  sh\necho\n", 0o755);
        assert_eq!(
            text(&path),
            "error: cannot debug FILE: it is a script for /usr/bin/env\n  \
             help: to debug the interpreter itself: /usr/bin/env -- sh FILE\n  \
             help: to debug what the script starts, name that executable\n"
        );
        let (_dir, path) = file("b", b"#!", 0o755);
        assert!(text(&path).contains("a script for nothing"));
    }

    #[test]
    fn a_program_that_may_not_be_run_says_how_to_allow_it() {
        let (_dir, path) = file("a", b"\x7fELF", 0o644);
        assert_eq!(
            text(&path),
            "error: cannot run FILE: no execute permission\n  help: chmod +x FILE\n"
        );
    }

    #[test]
    fn a_package_directory_is_pointed_at_its_manifest() {
        let (dir, _path) = file("Cargo.toml", b"", 0o644);
        assert!(text(dir.path()).contains("--manifest-path FILE/Cargo.toml"));
    }
}
