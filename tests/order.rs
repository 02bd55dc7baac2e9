//! The order of drops, against programs that are made up: their `Drop` impls print what is dropped,
//! and, as std's own backtrace has it, in which function and on which line.
//!
//! `scripts/order-oracle` runs the last test here over thousands of functions.

#[path = "order/built.rs"]
mod built;
#[path = "order/compare.rs"]
mod compare;
#[path = "order/generate.rs"]
mod generate;
#[path = "order/names.rs"]
mod names;
#[path = "order/operations.rs"]
mod operations;
#[path = "order/prelude.rs"]
mod prelude;
#[path = "support/random.rs"]
mod random;
mod support;
#[path = "order/told.rs"]
mod told;
#[path = "order/types.rs"]
mod types;

use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use built::{Build, DEBUG, Made, NIGHTLY, NIGHTLY_OPTIMISED, OPTIMISED};
use compare::{Tally, compare, compare_threads};

/// How many functions a program of the long run has: rustc spends less on one in a larger program.
const FUNCTIONS: usize = 30;

fn nightly_is_there() -> bool {
    let output = Command::new("rustc").args(["+nightly", "-V"]).output();
    output.is_ok_and(|output| output.status.success())
}

#[test]
fn drops_of_programs_that_are_made_up_come_as_they_print_them() {
    for seed in 1..3 {
        let made = Made::new("fixed", seed, 4);
        made.build(&DEBUG);
        let printed = made.printed(&DEBUG);
        let events = support::told(&["drops"], made.executable(&DEBUG), "");
        for part in ["value", "body"] {
            let seen = told::of_events(events.of("drop"), part);
            let tally = compare(&format!("{} {part}", made.name(&DEBUG)), &printed, &seen);
            tally.tell("debug", false);
            assert!(tally.is_exact() && tally.told > 70, "{tally:?}");
        }
        let seen = told::of_snapshot(&made.accept(&DEBUG, true));
        let tally = compare_threads(&made.name(&DEBUG), &printed, &seen);
        assert!(tally.is_exact() && tally.told > 70, "the snapshot: {tally:?}");
    }
}

#[test]
fn optimised_code_hides_some_drops_and_shows_none_that_were_not_or_in_another_order() {
    let made = Made::new("fixed-opt", 3, 5);
    for build in [&DEBUG, &OPTIMISED] {
        made.build(build);
        made.accept(build, false);
    }
    let seen = told::of_snapshot(&made.accept(&OPTIMISED, true));
    let tally = compare_threads(&made.name(&OPTIMISED), &made.printed(&OPTIMISED), &seen);
    tally.tell("optimised", true);
    assert!(tally.invents_nothing(), "{tally:?}");
    assert!(tally.printed > 100 && tally.told * 10 > tally.printed * 7, "{tally:?}");
    for (of, with) in [(&DEBUG, &OPTIMISED), (&OPTIMISED, &DEBUG)] {
        assert_eq!(made.differ(of, with), None);
    }
}

/// Where the nightly compiler is installed.
#[test]
fn a_snapshot_of_a_made_up_program_holds_for_another_compiler() {
    if !nightly_is_there() {
        eprintln!("other compilers are not tested: no nightly compiler is installed");
        return;
    }
    let made = Made::new("fixed-nightly", 4, 5);
    for build in [&DEBUG, &NIGHTLY] {
        made.build(build);
        made.accept(build, false);
    }
    for (of, with) in [(&DEBUG, &NIGHTLY), (&NIGHTLY, &DEBUG)] {
        assert_eq!(made.differ(of, with), None);
    }
}

/// What came of the programs that were looked at.
#[derive(Default)]
struct Results {
    tallies: Vec<(Build, Tally)>,
    snapshots: usize,
    differ: Vec<String>,
}

/// Builds a program in some ways, and compares each with what it prints, and with the snapshot of a
/// debug build.
fn look_at(seed: u64, builds: &[Build], results: &Mutex<Results>) {
    let made = Made::new("many", seed, FUNCTIONS);
    for build in builds {
        made.build(build);
        let seen = told::of_snapshot(&made.accept(build, true));
        let tally = compare_threads(&made.name(build), &made.printed(build), &seen);
        let differs = match build.name == DEBUG.name {
            true => {
                made.accept(build, false);
                None
            }
            false => made.differ(&DEBUG, build),
        };
        // Debug builds are large, and there are thousands.
        std::fs::remove_file(made.executable(build)).expect("the program was built");
        let mut results = results.lock().expect("no other thread panicked");
        results.snapshots += usize::from(build.name != DEBUG.name);
        results.differ.extend(differs);
        match results.tallies.iter_mut().find(|(of, _)| of.name == build.name) {
            Some((_, all)) => all.add(tally),
            None => results.tallies.push((*build, tally)),
        }
    }
}

#[test]
#[ignore = "scripts/order-oracle runs it"]
fn drops_of_thousands_of_functions_come_as_they_print_them() {
    let asked = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
    let number = |name: &str| asked(name).and_then(|text| text.parse::<u64>().ok());
    let (from, count) = (number("ORDER_FROM").unwrap_or(0), number("ORDER_COUNT").unwrap_or(10));
    let names = asked("ORDER_BUILDS").unwrap_or_else(|| "debug,opt,nightly,nightly-opt".to_owned());
    let all = [DEBUG, OPTIMISED, NIGHTLY, NIGHTLY_OPTIMISED].into_iter();
    let builds: Vec<Build> = all
        .filter(|build| names.split(',').any(|name| name == build.name))
        .filter(|build| !build.name.starts_with("nightly") || nightly_is_there())
        .collect();
    assert_eq!(builds.first().map(|build| build.name), Some("debug"), "the others need it");
    let (results, next) = (Mutex::new(Results::default()), AtomicU64::new(from));
    std::thread::scope(|scope| {
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= from + count {
                        break;
                    }
                    look_at(seed, &builds, &results);
                }
            });
        }
    });
    let results = results.into_inner().expect("no thread panicked");
    println!("{count} programs of {FUNCTIONS} functions");
    results.tallies.iter().for_each(|(build, tally)| tally.tell(build.name, build.optimised));
    println!(
        "{} of {} times the snapshot of the debug build does not hold\n{}",
        results.differ.len(),
        results.snapshots,
        results.differ.join("\n")
    );
    for (build, tally) in &results.tallies {
        let right = if build.optimised { tally.invents_nothing() } else { tally.is_exact() };
        assert!(right, "{}", build.name);
    }
    assert!(results.differ.is_empty(), "snapshots");
}
