//! `freehold drops` beside what else watches allocations: heaptrack and valgrind's dhat, which run
//! inside the program, and gdb with breakpoints on the allocator.

use super::{Contestant, Cost, compare_runs, compile_with, gdb, one_core, words};

/// A build of the program, and how often it allocates there.
struct Build {
    what: &'static str,
    name: &'static str,
    options: &'static [&'static str],
    allocations: u32,
}

const BUILDS: [Build; 2] = [
    Build { what: "optimised", name: "allocs_opt", options: &["-O"], allocations: 1_000_000 },
    Build { what: "unoptimised", name: "allocs", options: &[], allocations: 100_000 },
];

/// Measures all builds, once each: the slowest need minutes.
pub(super) fn run(freehold: &str) {
    BUILDS.iter().for_each(|build| measure(freehold, build));
}

fn measure(freehold: &str, build: &Build) {
    let program = compile_with("benches/programs/allocs.rs", build.name, build.options);
    let program = program.display().to_string();
    let times = build.allocations.to_string();
    let after = |command: &[&str]| words(&[command, &[&*program, &*times]].concat());
    let folder = tempfile::tempdir().expect("a folder for what heaptrack and dhat write");
    let heaptrack = folder.path().join("heaptrack").display().to_string();
    let dhat = format!("--dhat-out-file={}", folder.path().join("dhat").display());
    let run = |name, command| Contestant { name, command, until: None };
    let costs = compare_runs(
        1,
        &format!(
            "{times} allocations, each freed by a drop, in an {} program. Freehold tells each drop \
             and what it freed; gdb ignores breakpoints on the allocator; heaptrack and dhat keep \
             the calls of each allocation.",
            build.what
        ),
        &[
            run("the program alone", after(&[])),
            run("freehold drops", words(&[freehold, "drops", &program, "--", &times])),
            run("heaptrack", after(&["heaptrack", "-o", &heaptrack])),
            run("valgrind dhat", after(&["valgrind", "--tool=dhat", &dhat])),
            one_core("gdb, one core", gdb(&gdb_on_the_allocator(&program, &times))),
        ],
    );
    let allocations = f64::from(build.allocations);
    for (name, Cost { time, .. }) in costs.iter().skip(1) {
        // Two allocations make an item, and its text, its box and itself are dropped.
        let drops = if name.starts_with("freehold") { allocations * 1.5 } else { 0.0 };
        let events = allocations * 2.0 + drops;
        println!("  {name:<22} {:12.0} events a second", events / time.as_secs_f64());
    }
}

/// The cheapest that gdb has: breakpoints that are ignored every time.
fn gdb_on_the_allocator<'a>(program: &'a str, times: &'a str) -> Vec<&'a str> {
    let breaks = ["-ex", "rbreak ::__rust_alloc$", "-ex", "rbreak ::__rust_dealloc$"];
    let ignore = ["-ex", "ignore 1 2000000000", "-ex", "ignore 2 2000000000", "-ex", "run"];
    [&breaks[..], &ignore, &["--args", program, times]].concat()
}
