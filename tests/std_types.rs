//! The types of std and of widely used crates, read from live programs.
//!
//! Each program prints, for each variable, the form that a debugger must show at the end of its
//! function: `name=form`. Freehold watches the same run and must show exactly that.
//! `scripts/layouts` runs these tests with the programs built by each installed toolchain.

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use support::program::{build_dir, toolchain};
use support::{Variant, program, told};

/// Watches a program and compares what is read with what the program says. `least` is the number of
/// variables that it must tell.
fn check(executable: &Path, least: usize) {
    let told = told(&["watch"], executable, "");
    assert_eq!(told.ran.code, 0, "{}", told.ran.stderr);
    let mut read = BTreeMap::new();
    for event in told.of("scope_end") {
        for slot in event["frame"]["slots"].as_array().into_iter().flatten() {
            if let (Some(name), Some(text)) =
                (slot["name"].as_str(), slot["value"]["text"].as_str())
            {
                read.insert(name.to_owned(), without_ordinals(text));
            }
        }
    }
    let mut compared = 0;
    let mut wrong = String::new();
    for line in told.ran.stdout.lines() {
        let (name, expected) = line.split_once('=').expect("name=form");
        let shown = read.get(name).map_or("(no such variable)", String::as_str);
        compared += 1;
        if shown != expected {
            wrong.push_str(&format!("{name}\n  expected {expected}\n  shown    {shown}\n"));
        }
    }
    assert!(wrong.is_empty(), "{}:\n{wrong}", executable.display());
    assert!(compared >= least, "{} tells only {compared} variables", executable.display());
}

/// `→ #n` for the ordinals of blocks, which the program cannot know.
fn without_ordinals(text: &str) -> String {
    let mut parts = text.split("→ #");
    let first = parts.next().unwrap_or("").to_owned();
    parts.fold(first, |text, part| {
        text + "→ #n" + part.trim_start_matches(|c: char| c.is_ascii_digit())
    })
}

#[test]
fn what_std_owns_and_shares_is_shown_as_the_program_says() {
    check(&program("std_owners", Variant::Debug).executable, 100);
}

#[test]
fn the_small_values_of_std_are_shown_as_the_program_says() {
    check(&program("std_more", Variant::Debug).executable, 80);
}

#[test]
fn the_types_of_widely_used_crates_are_shown_as_the_program_says() {
    check(&crates(), 40);
}

/// The example that uses them: cargo builds it with the tests, and `scripts/layouts` with other
/// toolchains.
fn crates() -> PathBuf {
    match toolchain() {
        Some(toolchain) => build_dir().join(format!("crates{toolchain}/debug/crates")),
        None => build_dir().with_file_name("debug").join("examples/crates"),
    }
}
