//! What `watch` prints for each program, against the expected output beside it.
//!
//! `scripts/bless` writes the files after a change; read the difference against the program's
//! source before it is committed.

mod support;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use support::program::package;
use support::{Variant, freehold, normalise, program};

/// Compares what `watch` says of a program with `test-programs/expected/NAME.VARIANT.txt`.
fn check(name: &str, variant: Variant) {
    let built = program(name, variant);
    let executable = built.executable.to_str().expect("a path of the package is text");
    let ran = freehold(["watch", "--width", "100", executable]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let seen = stable(&normalise(&ran.stderr), executable);
    let file = expected_file(name, variant);
    if std::env::var_os("FREEHOLD_BLESS").is_some() {
        fs::create_dir_all(file.parent().expect("it lies in a folder")).expect("it can be made");
        fs::write(&file, &seen).expect("it can be written");
        return;
    }
    let expected = fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("{}: {error}; scripts/bless writes it", file.display()));
    if same_rustc() {
        assert_eq!(seen, expected, "{} differs; scripts/bless after reading", file.display());
    } else {
        // Another compiler makes other frames: what is said must be the same, in other numbers.
        assert_eq!(users_part(&seen), users_part(&expected), "{} differs", file.display());
    }
}

fn expected_file(name: &str, variant: Variant) -> PathBuf {
    let variant = format!("{variant:?}").to_lowercase();
    package().join(format!("test-programs/expected/{name}.{variant}.txt"))
}

/// Without what differs from machine to machine: the path of the program, and the sizes of the
/// sections, in which libc and the linker have a say.
fn stable(text: &str, executable: &str) -> String {
    let name = executable.rsplit('/').next().unwrap_or(executable);
    let mut stable = String::new();
    for line in text.lines() {
        let line = line.replace(executable, name);
        match line.starts_with("  sections ") {
            true => stable.push_str("  sections …"),
            false => stable.push_str(&line),
        }
        stable.push('\n');
    }
    stable
}

/// Lines about the user's own variables and blocks, without numbers.
fn users_part(text: &str) -> Vec<String> {
    let told = text.lines().filter(|line| line.contains(".rs:") && !line.contains("std::"));
    let no_numbers = |line: &str| line.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
    let words = |line: String| line.split_whitespace().collect::<Vec<_>>().join(" ");
    told.map(no_numbers).map(words).map(|line| line.replace(['━', '─'], "")).collect()
}

/// Whether the programs are built by the compiler that the expected output was made with.
fn same_rustc() -> bool {
    let version = Command::new("rustc").arg("-V").output().expect("rustc runs").stdout;
    let version = String::from_utf8_lossy(&version).trim().to_owned();
    let file = package().join("test-programs/expected/RUSTC");
    if std::env::var_os("FREEHOLD_BLESS").is_some() {
        fs::write(&file, format!("{version}\n")).expect("it can be written");
    }
    fs::read_to_string(&file).is_ok_and(|blessed| blessed.trim() == version)
}

macro_rules! programs {
    ($($test:ident: $name:literal $variant:ident;)*) => {
        $(#[test] fn $test() { check($name, Variant::$variant); })*
    };
}

programs! {
    hello: "hello" Debug;
    add: "add" Debug;
    calc: "calc" Debug;
    accordion: "accordion" Debug;
    moved: "moved" Debug;
    moved_optimised: "moved" Opt;
    moved_without_debug_information: "moved" NoDebug;
    borrowed: "borrowed" Debug;
    borrowed_optimised: "borrowed" Opt;
    borrowed_without_debug_information: "borrowed" NoDebug;
    memory_layout: "memory_layout" Debug;
    memory_layout_optimised: "memory_layout" Opt;
    memory_layout_without_debug_information: "memory_layout" NoDebug;
    memory_layout_in_dwarf_5: "memory_layout" Dwarf5;
    growth: "growth" Debug;
    nested: "nested" Debug;
    smart_pointers: "smart_pointers" Debug;
    smart_pointers_optimised: "smart_pointers" Opt;
    smart_pointers_without_debug_information: "smart_pointers" NoDebug;
    literals: "literals" Debug;
    inlining: "inlining" Debug;
    inlining_optimised: "inlining" Opt;
}

#[test]
fn the_expected_output_names_its_compiler() {
    same_rustc();
    assert!(package().join("test-programs/expected/RUSTC").exists());
}
