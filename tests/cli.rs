//! The command line, from outside: bad input gives a clear error and the right exit code.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::{Ran, Variant, freehold, freehold_in, program};
use tempfile::TempDir;

/// A file in a folder of its own.
fn file(name: &str, bytes: &[u8], mode: u32) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let path = dir.path().join(name);
    fs::write(&path, bytes).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("permissions");
    (dir, path)
}

/// `freehold watch` of a file that cannot be watched: what it says, with `FILE` for the path.
fn watch(path: &Path) -> Ran {
    let mut ran = freehold([Path::new("watch"), path]);
    ran.stderr = ran.stderr.replace(&path.display().to_string(), "FILE");
    ran
}

#[track_caller]
fn refused(ran: &Ran, code: i32, expected: &str) {
    assert_eq!(ran.stderr, expected);
    assert_eq!(ran.code, code);
    assert_eq!(ran.stdout, "");
}

/// The first 64 bytes of an executable (ELF header, ELF-64 specification) for some machine.
fn elf_header(machine: u16) -> Vec<u8> {
    let mut header = vec![0_u8; 64];
    header[..8].copy_from_slice(b"\x7fELF\x02\x01\x01\x00");
    header[16..18].copy_from_slice(&2_u16.to_le_bytes());
    header[18..20].copy_from_slice(&machine.to_le_bytes());
    header[52..54].copy_from_slice(&64_u16.to_le_bytes());
    header
}

#[test]
fn a_file_that_does_not_exist_suggests_the_nearest_one() {
    refused(
        &freehold(["watch", "test-programs/nestde.rs"]),
        2,
        "error: no such file: test-programs/nestde.rs\n  \
         help: did you mean test-programs/nested.rs?\n",
    );
    refused(
        &freehold(["watch", "/no/such/place"]),
        2,
        "error: no such file: /no/such/place\n  \
         help: TARGET is an executable or a .rs file; a package's programs are named with --bin, \
         --example or --test\n",
    );
}

#[test]
fn the_name_of_a_binary_of_the_package_is_pointed_at_its_option() {
    refused(
        &freehold(["watch", "freehold"]),
        2,
        "error: no such file: freehold\n  \
         help: the package here has a binary of that name: --bin freehold\n",
    );
}

#[test]
fn a_file_that_is_not_an_elf_file_is_refused() {
    let (_dir, path) = file("notes.txt", b"Dear diary, today", 0o755);
    refused(
        &watch(&path),
        2,
        "error: cannot debug FILE: it is not an ELF file (it begins with \"Dear dia\")\n  \
         help: TARGET is an executable, a Rust source file (NAME.rs), or is left out to use the \
         package in this directory\n",
    );
}

#[test]
fn an_empty_file_is_refused() {
    let (_dir, path) = file("empty", b"", 0o755);
    let ran = watch(&path);
    assert!(ran.stderr.contains("it is not an ELF file (it begins with nothing: it is empty)"));
    assert_eq!(ran.code, 2);
}

#[test]
fn an_executable_for_another_machine_names_the_machine() {
    let (_dir, path) = file("tool", &elf_header(183), 0o755);
    refused(
        &watch(&path),
        2,
        "error: cannot debug FILE: it is for AArch64, and Freehold debugs x86-64\n  \
         help: build it for this machine: --target x86_64-unknown-linux-gnu\n",
    );
}

#[test]
fn an_executable_that_is_cut_short_is_refused() {
    let (_dir, path) = file("tool", &elf_header(62)[..40], 0o755);
    let ran = watch(&path);
    assert!(
        ran.stderr.starts_with("error: cannot debug FILE: its ELF headers are damaged: "),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.ends_with("\n  help: build it again: the file may have been cut short\n"));
    assert_eq!(ran.code, 2);
}

#[test]
fn a_shared_library_is_no_program() {
    let (dir, source) = file("demo.rs", b"#[unsafe(no_mangle)] pub extern \"C\" fn f() {}", 0o644);
    let library = dir.path().join("libdemo.so");
    let status = Command::new("rustc")
        .args(["--edition", "2024", "--crate-type", "cdylib", "-o"])
        .args([&library, &source])
        .status()
        .expect("rustc starts");
    assert!(status.success());
    refused(
        &watch(&library),
        2,
        "error: cannot run FILE: it is a shared library, not a program\n  \
         help: name a program that loads it\n",
    );
}

#[test]
fn a_script_names_its_interpreter() {
    let (_dir, path) = file("run", b"#!/bin/sh -e\necho hello\n", 0o755);
    refused(
        &watch(&path),
        2,
        "error: cannot debug FILE: it is a script for /bin/sh\n  \
         help: to debug the interpreter itself: /bin/sh -- -e FILE\n  \
         help: to debug what the script starts, name that executable\n",
    );
}

#[test]
fn a_program_without_execute_permission_is_not_run() {
    let hello = fs::read(program("hello", Variant::Debug).executable).expect("built");
    let (_dir, path) = file("hello", &hello, 0o644);
    refused(
        &watch(&path),
        2,
        "error: cannot run FILE: no execute permission\n  help: chmod +x FILE\n",
    );
}

#[test]
fn a_directory_is_not_a_program() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    refused(&watch(dir.path()), 2, "error: cannot debug FILE: it is a directory\n");
}

#[test]
fn source_that_does_not_compile_shows_rustcs_own_words() {
    let (_dir, path) = file("wrong.rs", b"fn main() { let x: i32 = \"no\"; }", 0o644);
    let ran = watch(&path);
    assert!(ran.stderr.contains("error[E0308]: mismatched types"), "{}", ran.stderr);
    assert!(ran.stderr.ends_with("\nerror: rustc could not build FILE\n"), "{}", ran.stderr);
    assert_eq!(ran.code, 101);
}

#[test]
fn a_package_that_does_not_compile_shows_cargos_own_words() {
    let dir = package(&[("src/main.rs", "fn main() { nothing() }")]);
    let ran = freehold_in(dir.path(), ["watch"], "");
    assert!(ran.stderr.contains("error[E0425]: cannot find function `nothing`"), "{}", ran.stderr);
    assert!(ran.stderr.ends_with("\nerror: cargo could not build demo\n"), "{}", ran.stderr);
    assert_eq!(ran.code, 101);
}

#[test]
fn a_package_with_several_binaries_lists_them() {
    let dir = package(&[("src/bin/one.rs", "fn main() {}"), ("src/bin/two.rs", "fn main() {}")]);
    refused(
        &freehold_in(dir.path(), ["watch"], ""),
        2,
        "error: the package has several binaries\n  help: choose one with --bin: one, two\n",
    );
    refused(
        &freehold_in(dir.path(), ["watch", "--bin", "tow"], ""),
        2,
        "error: no bin target named `tow`\n  help: did you mean `two`?\n  \
         help: there are: one, two\n",
    );
}

#[test]
fn without_a_target_there_must_be_a_package() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    refused(
        &freehold_in(dir.path(), ["watch"], ""),
        2,
        "error: no TARGET is given, and there is no Cargo.toml here or above\n  \
         help: name an executable or a .rs file, or go into a package's directory\n",
    );
}

/// A cargo package named `demo`.
fn package(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let manifest = "[package]\nname = \"demo\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    for (name, text) in files.iter().chain([&("Cargo.toml", manifest)]) {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        fs::write(path, text).expect("written");
    }
    dir
}

#[test]
fn options_that_do_not_fit_the_target_are_refused() {
    let hello = program("hello", Variant::Debug).executable;
    let hello = hello.to_str().expect("its path is text");
    refused(
        &freehold(["watch", "--opt", hello]),
        2,
        "error: --opt is for .rs files, and the target is an executable\n  \
         help: an optimised build of a package: --release\n",
    );
    refused(
        &freehold(["watch", hello, "--cwd", "/no/such/place"]),
        2,
        "error: no such directory: /no/such/place\n  at: --cwd /no/such/place\n",
    );
}

#[test]
fn a_wrong_command_line_ends_with_2() {
    let says = |args: &[&str], words: &str| {
        let ran = freehold(args);
        assert_eq!(ran.code, 2, "{args:?}: {ran:?}");
        assert!(ran.stderr.contains(words), "{args:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "");
    };
    says(&[], "Usage: freehold");
    says(&["traec"], "a similar subcommand exists: 'trace'");
    says(&["watch", "--fromat", "json"], "a similar argument exists: '--format'");
    says(&["watch", "demo", "--bin", "demo"], "cannot be used with");
    says(&["watch", "--function", "("], "invalid value '(' for '--function <REGEX>'");
    says(&["watch", "--env", "novalue"], "expected KEY=VALUE");
    says(&["trace"], "<REGEX>");
}

#[test]
fn help_and_version_go_to_stdout() {
    let ran = freehold(["--help"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(ran.stdout.contains("watch") && ran.stdout.contains("trace"), "{}", ran.stdout);
    for command in ["watch", "trace"] {
        let ran = freehold([command, "--help"]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        assert!(ran.stdout.contains("Examples:\n  freehold "), "{}", ran.stdout);
        assert!(ran.stdout.contains("--manifest-path"), "{}", ran.stdout);
    }
    let version = format!("freehold {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(freehold(["--version"]).stdout, version);
}

#[test]
fn colours_are_there_when_they_are_asked_for() {
    let ran = freehold(["watch", "/no/such/place", "--color", "always"]);
    assert!(ran.stderr.starts_with("\u{1b}["), "{:?}", ran.stderr);
    let ran = freehold(["watch", "/no/such/place", "--color", "auto"]);
    assert!(ran.stderr.starts_with("error: "), "{:?}", ran.stderr);
}
