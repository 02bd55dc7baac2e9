//! Freehold beside the debuggers that are installed, in one run, as ratios.
//!
//! `scripts/bench` runs it. Every figure is the median of several runs, taken in turns so that a
//! slow moment of the machine meets everyone. A peer that is not installed is left out and named.

mod dap;
mod drops;
mod values;

use std::io::{BufRead, BufReader, PipeReader};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

const RUNS: usize = 5;

/// What one run took.
#[derive(Clone, Copy)]
struct Cost {
    time: Duration,
    /// Peak resident memory in KiB, of the debugger or of the program, whichever is larger.
    memory: u64,
}

/// One contestant.
struct Contestant {
    name: &'static str,
    command: Vec<String>,
    /// The clock stops when a line with this text appears; without one, when the process ends.
    until: Option<&'static str>,
}

fn main() {
    // `cargo test --benches` passes `--test`: a bench is not a test and takes minutes.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    let freehold = env!("CARGO_BIN_EXE_freehold");
    let asked = |part: &str| std::env::args().any(|arg| arg == part);
    if asked("misses") {
        return misses(freehold, &compile("benches/hits.rs"));
    }
    if asked("drops") {
        return drops::run(freehold);
    }
    values::run(freehold);
    if asked("values") {
        return;
    }
    first_picture(freehold, &compile("test-programs/hello.rs"));
    match std::env::var_os("FREEHOLD_BENCH_BIG").map(PathBuf::from) {
        Some(big) => large_program(freehold, &big),
        None => println!(
            "\nFREEHOLD_BENCH_BIG names no program: how stopping at `main` scales is not measured."
        ),
    }
    let calls = compile("benches/hits.rs");
    hits(freehold, &calls);
    misses(freehold, &calls);
    stops(freehold, &calls);
    drops::run(freehold);
    println!(
        "\nBugStalker is a peer for values alone, by its debug adapter: its prompt takes commands from \
         a terminal only."
    );
}

fn first_picture(freehold: &str, hello: &Path) {
    let hello = hello.display().to_string();
    let until = Some("enter main");
    let watch =
        Contestant { name: "freehold", command: words(&[freehold, "watch", &hello]), until };
    let gdb = gdb(&["-ex", "break hello::main", "-ex", "run", "-ex", "info locals", &hello]);
    let lldb = lldb(&["-o", "b hello::main", "-o", "run", "-o", "frame variable", &hello]);
    compare(
        "First picture of a small program. The peers break on main and print the locals.",
        &[
            watch,
            Contestant { until: Some("No locals"), ..gdb },
            Contestant { until: Some("(lldb) frame variable"), ..lldb },
        ],
    );
}

fn large_program(freehold: &str, big: &Path) {
    let size = std::fs::metadata(big).map_or(0, |meta| meta.len() >> 20);
    let big = big.display().to_string();
    let main = "^[a-z_]+::main$";
    let until = Some("main(");
    let trace = words(&[freehold, "trace", main, &big, "--", "--version"]);
    let watch = words(&[freehold, "watch", "--function", main, &big, "--", "--version"]);
    compare(
        &format!("Stop at main of a program of {size} MiB."),
        &[
            Contestant { name: "freehold trace", command: trace, until },
            Contestant { name: "freehold watch", command: watch, until },
            Contestant {
                until: Some("Breakpoint 1, "),
                ..gdb(&["-ex", "break main", "-ex", "run", "--args", &big, "--version"])
            },
            Contestant {
                until: Some("stop reason"),
                ..lldb(&["-o", "b main", "-o", "run", "--", &big, "--version"])
            },
        ],
    );
}

/// Ten thousand calls of one function: what a hit costs.
fn hits(freehold: &str, calls: &Path) {
    const CALLS: u32 = 10_000;
    let n = CALLS.to_string();
    let contestants = [
        traced(freehold, "freehold, one core", &[], calls, &n),
        traced(freehold, "freehold, two cores", &["--no-pin"], calls, &n),
        // The cheapest that gdb and lldb have: a breakpoint that is ignored every time.
        one_core("gdb, one core", gdb(&gdb_hits(calls, &n))),
        Contestant { name: "gdb, two cores", ..gdb(&gdb_hits(calls, &n)) },
        lldb(
            &[
                &["-o", "b hits::hit", "-o", "breakpoint modify -i 1000000 1", "-o", "run", "--"],
                &[calls.to_str().unwrap_or_default(), &n][..],
            ]
            .concat(),
        ),
    ];
    let costs = compare(
        &format!(
            "{CALLS} calls of one function. Freehold stops at entry and return, 2 a call, shows a \
             few and counts the rest; the others stop at entry alone, and ignore it."
        ),
        &contestants,
    );
    for (name, cost) in costs {
        let stops = if name.starts_with("freehold") { 2 * CALLS } else { CALLS };
        let each = cost.time.as_secs_f64() * 1e6 / f64::from(stops);
        println!("  {name:<22} {each:8.1} µs a stop, its start included");
    }
}

/// Ten thousand calls of one function with a breakpoint whose condition never holds.
fn misses(freehold: &str, calls: &Path) {
    const CALLS: &str = "10000";
    let calls = calls.to_str().unwrap_or_default();
    let condition = "break hits::hit if n == 20000";
    let ours = [freehold, "debug", "--batch", "-e", condition, "-e", "run", calls, "--", CALLS];
    let name = ["breakpoint", "set", "-n", "hits::hit", "-c", "'n == 20000'"].join(" ");
    let costs = compare(
        &format!("{CALLS} times that the condition of a breakpoint does not hold."),
        &[
            Contestant { name: "freehold", command: words(&ours), until: None },
            gdb(&["-ex", condition, "-ex", "run", "--args", calls, CALLS]),
            lldb(&["-o", &name, "-o", "run", "--", calls, CALLS]),
        ],
    );
    for (name, cost) in costs {
        println!(
            "  {name:<22} {:8.1} µs a miss, its start included",
            cost.time.as_secs_f64() * 100.0
        );
    }
}

fn traced(
    freehold: &str,
    name: &'static str,
    options: &[&str],
    calls: &Path,
    n: &str,
) -> Contestant {
    let mut command = words(&[freehold, "trace"]);
    command.extend(words(options));
    command.extend(words(&["^hits::hit$", &calls.display().to_string(), "--", n]));
    Contestant { name, command, until: None }
}

/// The same on the first core alone, as Freehold does it by itself.
fn one_core(name: &'static str, on_any: Contestant) -> Contestant {
    let mut command = words(&["taskset", "-c", "0"]);
    command.extend(on_any.command);
    Contestant { name, command, ..on_any }
}

fn gdb_hits<'a>(calls: &'a Path, n: &'a str) -> [&'a str; 9] {
    let calls = calls.to_str().unwrap_or_default();
    let ignore = "ignore 1 1000000";
    ["-ex", "break hits::hit", "-ex", ignore, "-ex", "run", "--args", calls, n]
}

/// How often the debugger waits for the program, by strace, per hit.
fn stops(freehold: &str, calls: &Path) {
    if !installed("strace") {
        println!("\nstrace is not installed: stops per hit are not counted.");
        return;
    }
    println!("\nStops of the program per breakpoint hit, counted by strace.");
    stops_per_hit(|n| traced(freehold, "freehold", &[], calls, n), 2.0);
    stops_per_hit(|n| gdb(&gdb_hits(calls, n)), 1.0);
}

fn stops_per_hit(contestant: impl Fn(&str) -> Contestant, hits_per_call: f64) {
    let Contestant { name, command, .. } = contestant("1100");
    if installed(&command[0]) {
        let more = waits(&command) - waits(&contestant("100").command);
        println!("  {name:<22} {:8.2}", more / (1000.0 * hits_per_call));
    }
}

fn waits(command: &[String]) -> f64 {
    let file = std::env::temp_dir().join(format!("freehold-waits-{}", std::process::id()));
    let status = Command::new("strace")
        .args(["-e", "trace=wait4,waitid", "-o"])
        .arg(&file)
        .args(command)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    assert!(status.is_ok(), "strace did not run");
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    let _ = std::fs::remove_file(&file);
    // A wait that returned a stopped process; those that found nothing do not count.
    text.lines().filter(|line| line.contains("WIFSTOPPED")).count() as f64
}

fn compare(what: &str, contestants: &[Contestant]) -> Vec<(&'static str, Cost)> {
    compare_runs(RUNS, what, contestants)
}

fn compare_runs(runs: usize, what: &str, contestants: &[Contestant]) -> Vec<(&'static str, Cost)> {
    println!("\n{what}");
    let (here, missing): (Vec<_>, Vec<_>) =
        contestants.iter().partition(|contestant| installed(&contestant.command[0]));
    let mut costs: Vec<Vec<Cost>> = here.iter().map(|_| Vec::new()).collect();
    for _ in 0..runs {
        for (contestant, costs) in here.iter().zip(&mut costs) {
            costs.push(measure(contestant));
        }
    }
    let medians: Vec<_> = here
        .iter()
        .zip(costs)
        .map(|(contestant, costs)| (contestant.name, median(costs)))
        .collect();
    let Some((_, base)) = medians.first().copied() else { return Vec::new() };
    for (name, cost) in &medians {
        println!(
            "  {name:<22} {:8.1} ms {:8.1} MiB   {:6.1} x time {:6.1} x memory",
            cost.time.as_secs_f64() * 1e3,
            cost.memory as f64 / 1024.0,
            cost.time.as_secs_f64() / base.time.as_secs_f64(),
            cost.memory as f64 / base.memory.max(1) as f64,
        );
    }
    for contestant in missing {
        println!("  {:<22} is not installed", contestant.name);
    }
    medians
}

/// Runs a contestant to its end, and stops the clock at its text.
#[expect(clippy::zombie_processes, reason = "`reap` waits for it, to learn what it used")]
fn measure(contestant: &Contestant) -> Cost {
    let (read, write) = std::io::pipe().expect("a pipe");
    let start = Instant::now();
    let child = Command::new(&contestant.command[0])
        .args(&contestant.command[1..])
        .stdin(Stdio::null())
        .stdout(write.try_clone().expect("another end"))
        .stderr(write)
        .spawn()
        .expect("it is installed");
    let reached = read_to_end(read, contestant.until.unwrap_or("\0"), start);
    let (memory, status) = reap(&child);
    let time = match contestant.until {
        // Whoever printed what was asked for may end as it likes: gdb kills the program.
        Some(text) => reached.unwrap_or_else(|| panic!("{}: no {text:?}", contestant.name)),
        None => start.elapsed(),
    };
    assert!(reached.is_some() || status.success(), "{}: {status}", contestant.name);
    Cost { time, memory }
}

/// Reads to the end, so that the child does not block, and notes when the text came.
fn read_to_end(from: PipeReader, text: &str, start: Instant) -> Option<Duration> {
    let mut reached = None;
    for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
        if reached.is_none() && String::from_utf8_lossy(&line).contains(text) {
            reached = Some(start.elapsed());
        }
    }
    reached
}

/// Waits for a child, and tells the peak memory of it or of what it ran, whichever is larger, in KiB.
fn reap(child: &Child) -> (u64, ExitStatus) {
    let mut status = 0;
    // SAFETY: both pointers are to local values, and a zeroed rusage is a valid one to overwrite.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    let pid = i32::try_from(child.id()).expect("a pid is positive");
    // SAFETY: as above; the pid is that of our own child, which nobody else waits for.
    unsafe { libc::wait4(pid, &mut status, 0, &mut usage) };
    (u64::try_from(usage.ru_maxrss).unwrap_or(0), ExitStatus::from_raw(status))
}

fn median(mut costs: Vec<Cost>) -> Cost {
    costs.sort_by_key(|cost| cost.time);
    costs[costs.len() / 2]
}

fn gdb(args: &[&str]) -> Contestant {
    // Without the user's start-up files, and without asking the network for debug information.
    let mut command = words(&["gdb", "-nx", "-batch", "-iex", "set debuginfod enabled off"]);
    command.extend(words(args));
    Contestant { name: "gdb", command, until: None }
}

fn lldb(args: &[&str]) -> Contestant {
    let mut command = words(&["lldb-19", "--no-lldbinit", "--batch"]);
    command.extend(words(args));
    Contestant { name: "lldb-19", command, until: None }
}

fn installed(program: &str) -> bool {
    let mut probe = Command::new(program);
    probe.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Compiles a single file with debug information, next to the other build products.
fn compile(source: &str) -> PathBuf {
    let name = Path::new(source).file_stem().expect("a file has a name").to_string_lossy();
    compile_with(source, &name, &[])
}

/// As [`compile`], under a name and with options of rustc.
fn compile_with(source: &str, name: &str, options: &[&str]) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(source);
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let status = Command::new("rustc")
        .args(["-g", "--edition", "2024"])
        .args(options)
        .arg("-o")
        .arg(&out)
        .arg(&source)
        .status()
        .expect("rustc runs");
    assert!(status.success(), "{} does not compile", source.display());
    out
}
