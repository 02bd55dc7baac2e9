//! What is borrowed, against programs that are made up: at every mark it is known by construction which
//! variables hold references into which others, and will still use them.

use super::lend_check::{Tally, check};
use super::{DEBUG, OPTIMISED, dir, none_is_wrong};

#[track_caller]
fn all_agree(name: &str, seeds: std::ops::Range<u64>, functions: usize, flags: &[&str]) -> Tally {
    let mut tally = Tally::default();
    for seed in seeds {
        tally.add(check(&dir(name), seed, functions, flags));
    }
    println!(
        "{name}: {} functions, {} states: {} borrows told, {} unborrowed, {} perhaps ({} of them \
         true), {} left out, {} owners not told, {} wrong",
        tally.functions,
        tally.states,
        tally.borrows,
        tally.free,
        tally.unknown,
        tally.unknown_true,
        tally.missing,
        tally.untold,
        tally.wrong.len()
    );
    for (reason, count) in &tally.reasons {
        println!("    {count} perhaps: {reason}");
    }
    none_is_wrong(&tally.wrong);
    tally
}

#[test]
fn in_debug_builds_every_borrow_is_told_and_none_is_made_up() {
    let tally = all_agree("lent", 0..2, 20, DEBUG);
    assert!(tally.borrows > 100 && tally.free > 100, "{tally:?}");
}

#[test]
fn in_optimised_builds_no_borrow_is_made_up() {
    all_agree("lent-optimised", 10..11, 20, OPTIMISED);
}

#[test]
#[ignore = "scripts/drop-oracle runs it"]
fn thousands_of_functions_lend() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (from, count) = (number("STATES_FROM").unwrap_or(0), number("STATES_COUNT").unwrap_or(10));
    let optimised = std::env::var("STATES_MODE").is_ok_and(|mode| mode == "opt");
    all_agree("lent-many", from..from + count, 40, if optimised { OPTIMISED } else { DEBUG });
}
