//! The states of variables, against programs that are made up: each of them prints what it drops, and
//! it is known by construction what each of its variables holds at every mark.
//!
//! `scripts/drop-oracle` runs the last test here over thousands of functions.

#[path = "states/check.rs"]
mod check;
#[path = "states/generate.rs"]
mod generate;
#[path = "states/kinds.rs"]
mod kinds;
#[path = "states/lend_check.rs"]
mod lend_check;
#[path = "states/lend_maker.rs"]
mod lend_maker;
#[path = "states/lend_source.rs"]
mod lend_source;
#[path = "states/lend_tree.rs"]
mod lend_tree;
#[path = "states/lend_truth.rs"]
mod lend_truth;
#[path = "states/lending.rs"]
mod lending;
#[path = "states/patterns.rs"]
mod patterns;
#[path = "states/prelude.rs"]
mod prelude;
#[path = "support/random.rs"]
mod random;
#[path = "states/source.rs"]
mod source;
#[path = "states/tree.rs"]
mod tree;
#[path = "states/truth.rs"]
mod truth;

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use check::{Mode, Tally, check};

const DEBUG: &[&str] = &[];
const OPTIMISED: &[&str] = &["-O"];
const ABORTING: &[&str] = &["-Cpanic=abort"];

fn dir(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("states").join(name)
}

#[track_caller]
fn all_agree(name: &str, seeds: std::ops::Range<u64>, functions: usize, mode: Mode) -> Tally {
    let mut tally = Tally::default();
    for seed in seeds {
        tally.add(check(&dir(name), seed, functions, mode));
    }
    println!(
        "{name}: {} functions, {} states: {} live, {} gone ({} lines told), {} partly moved, \
         {} unknown, {} wrong",
        tally.functions,
        tally.states,
        tally.live,
        tally.gone,
        tally.lines,
        tally.partly,
        tally.unknown,
        tally.wrong.len()
    );
    let mut reasons: Vec<_> = tally.reasons.iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    for (reason, count) in reasons.into_iter().take(20) {
        println!("    {count} unknown: {reason}");
    }
    add_to("STATES_UNKNOWN", &tally.unknowns);
    none_is_wrong(&tally.wrong);
    tally
}

/// Adds lines to the file that a variable of the environment names, where it is set.
fn add_to(variable: &str, lines: &[String]) {
    if let Some(file) = std::env::var_os(variable) {
        let mut file = File::options().append(true).create(true).open(file).expect("the list");
        file.write_all((lines.join("\n") + "\n").as_bytes()).expect("the list is written");
    }
}

/// Fails where something was found to be wrong, and adds it to the file that `STATES_WRONG` names.
#[track_caller]
fn none_is_wrong(wrong: &[String]) {
    add_to("STATES_WRONG", wrong);
    let first: Vec<&str> = wrong.iter().take(40).map(String::as_str).collect();
    assert!(wrong.is_empty(), "{}", first.join("\n"));
}

#[test]
fn in_debug_builds_every_variable_is_live_or_gone_as_the_program_has_it() {
    let mode = Mode { flags: DEBUG, ledger: true, on_lines: false };
    let tally = all_agree("called", 1..3, 20, mode);
    assert!(tally.gone > 500 && tally.partly > 10 && tally.lines > 500, "{tally:?}");
    let untold = tally.reasons.iter().filter(|(reason, _)| reason.contains("does not tell"));
    let untold: usize = untold.map(|(_, count)| count).sum();
    assert!(untold * 200 < tally.states, "{untold} of {tally:?}");
}

#[test]
fn on_a_line_and_without_a_ledger_the_states_are_the_same() {
    let mode = Mode { flags: DEBUG, ledger: false, on_lines: true };
    all_agree("lines", 10..12, 8, mode);
}

#[test]
fn in_optimised_builds_nothing_is_wrong_and_most_of_what_lives_is_known() {
    let mode = Mode { flags: OPTIMISED, ledger: true, on_lines: false };
    let tally = all_agree("optimised", 20..22, 6, mode);
    assert!(tally.live > 120 && tally.gone > 0, "{tally:?}");
    assert!(tally.unknown * 100 < tally.states * 15, "{tally:?}");
}

#[test]
#[ignore = "scripts/drop-oracle runs it"]
fn thousands_of_functions_agree() {
    let asked = |name: &str| std::env::var(name).ok();
    let number = |name: &str| asked(name).and_then(|text| text.parse::<u64>().ok());
    let (from, count) = (number("STATES_FROM").unwrap_or(0), number("STATES_COUNT").unwrap_or(10));
    let flags = match asked("STATES_MODE").as_deref() {
        Some("opt") => OPTIMISED,
        Some("abort") => ABORTING,
        _ => DEBUG,
    };
    let mode = Mode {
        flags,
        ledger: asked("STATES_LEDGER").as_deref() != Some("off"),
        on_lines: asked("STATES_LINES").is_some(),
    };
    all_agree("many", from..from + count, 40, mode);
}
