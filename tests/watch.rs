//! What `watch` prints for each program, against the expected output beside it.
//!
//! `scripts/bless` writes the files after a change; read the difference against the program's
//! source before it is committed.

mod support;

use std::fs;
use std::process::Command;

use support::program::package;
use support::{Variant, freehold, normalise, program};

/// Compares what `watch` says of a program with `test-programs/expected/NAME.VARIANT.snap`.
fn check(name: &str, variant: Variant) {
    let built = program(name, variant);
    let executable = built.executable.to_str().expect("a path of the package is text");
    let ran = freehold(["watch", "--width", "100", executable]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let seen = stable(&normalise(&ran.stderr), executable);
    let snapshot = format!("{name}.{}", format!("{variant:?}").to_lowercase());
    if same_toolchain() {
        insta::with_settings!({
            snapshot_path => "../test-programs/expected",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, { insta::assert_snapshot!(snapshot, seen) });
    } else {
        // Another compiler makes other frames: what is said must be the same, in other numbers.
        let file = package().join(format!("test-programs/expected/{snapshot}.snap"));
        let expected = fs::read_to_string(&file).expect("it is part of the package");
        assert_eq!(users_part(&seen), users_part(&expected), "{}", file.display());
    }
}

/// Whether `scripts/bless` runs.
fn blessing() -> bool {
    std::env::var_os("INSTA_UPDATE").is_some_and(|update| update == "always")
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

/// Lines about the user's own functions and blocks, without numbers.
fn users_part(text: &str) -> Vec<String> {
    let text = text.rsplit_once("\n---\n").map_or(text, |(_, body)| body);
    let told = text.lines().filter(|line| line.contains(".rs:") && !line.contains("std::"));
    let no_numbers = |line: &str| line.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
    let words = |line: String| line.split_whitespace().collect::<Vec<_>>().join(" ");
    told.map(no_numbers).map(words).map(|line| line.replace(['━', '─'], "")).collect()
}

/// Whether the programs are built by the compiler, and run on the libc, that the expected output was
/// made with: the frames under `main` are theirs.
fn same_toolchain() -> bool {
    let here = format!("{}\n{}\n", first_line("rustc", "-V"), first_line("ldd", "--version"));
    let file = package().join("test-programs/expected/TOOLCHAIN");
    if blessing() {
        fs::write(&file, &here).expect("it can be written");
    }
    fs::read_to_string(&file).expect("scripts/bless has written it") == here
}

fn first_line(program: &str, option: &str) -> String {
    // A machine without ldd has another libc than glibc, and no version to compare.
    let output = Command::new(program).arg(option).output();
    let text = output.map_or(Vec::new(), |output| output.stdout);
    String::from_utf8_lossy(&text).lines().next().unwrap_or_default().to_owned()
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
