//! The order of drops, against programs that are made up: their `Drop` impls print what is dropped,
//! and, as std's own backtrace has it, in which function and on which line.
//!
//! `scripts/order-oracle` runs the last test here over thousands of functions.

#[path = "order/compare.rs"]
mod compare;
#[path = "order/generate.rs"]
mod generate;
#[path = "order/operations.rs"]
mod operations;
#[path = "order/prelude.rs"]
mod prelude;
#[path = "support/random.rs"]
mod random;
mod support;
#[path = "order/types.rs"]
mod types;

use compare::{Made, Tally};

const DEBUG: &[&str] = &["-g"];
const OPTIMISED: &[&str] = &["-O", "-g"];

fn tell(name: &str, tally: &Tally) {
    println!(
        "{name}: {} drops, {} told where, {} wrong, {} at a wrong place",
        tally.drops,
        tally.places,
        tally.wrong.len(),
        tally.misplaced.len()
    );
    let first: Vec<&str> =
        tally.wrong.iter().chain(&tally.misplaced).take(20).map(String::as_str).collect();
    println!("{}", first.join("\n"));
}

#[test]
fn drops_of_programs_that_are_made_up_come_as_they_print_them() {
    let mut tally = Tally::default();
    for seed in 1..3 {
        let made = Made::new("fixed", seed, 8);
        tally.add(made.compare("debug", DEBUG));
    }
    tell("debug", &tally);
    assert!(tally.drops > 300 && tally.places == tally.drops, "{tally:?}");
    assert!(tally.wrong.is_empty() && tally.misplaced.is_empty(), "{tally:?}");
}

#[test]
#[ignore = "scripts/order-oracle runs it"]
fn drops_of_thousands_of_functions_come_as_they_print_them() {
    let asked = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (from, count) = (asked("ORDER_FROM").unwrap_or(0), asked("ORDER_COUNT").unwrap_or(10));
    let (mut debug, mut optimised) = (Tally::default(), Tally::default());
    let mut differ = Vec::new();
    for seed in from..from + count {
        let made = Made::new("many", seed, 20);
        debug.add(made.compare("debug", DEBUG));
        optimised.add(made.compare("opt", OPTIMISED));
        differ.extend(made.snapshots_differ());
    }
    tell("debug", &debug);
    tell("optimised", &optimised);
    println!(
        "{} of {count} snapshots of debug builds do not hold for -O\n{}",
        differ.len(),
        differ.join("\n")
    );
    assert!(debug.wrong.is_empty() && debug.misplaced.is_empty(), "debug builds");
    assert!(optimised.wrong.is_empty() && differ.is_empty(), "optimised builds");
}
