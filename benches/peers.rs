//! Freehold beside the debuggers that are installed, in one run, as ratios.
//!
//! `scripts/bench` runs it. Every figure is the median of several runs, taken in turns so that a
//! slow moment of the machine meets everyone. A peer that is not installed is left out and named.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const RUNS: usize = 5;

/// What one run took.
#[derive(Clone, Copy)]
struct Cost {
    time: Duration,
    /// Peak resident memory in KiB, the program's own included.
    memory: u64,
}

/// One contestant.
struct Contestant {
    name: &'static str,
    command: Vec<String>,
    /// The run is over when a line with this text appears; without one, when the process ends.
    until: Option<&'static str>,
}

fn main() {
    // `cargo test --benches` passes `--test`: a bench is not a test and takes minutes.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    let freehold = env!("CARGO_BIN_EXE_freehold");
    println!("Freehold {freehold}");
    let hello = compile("test-programs/hello.rs");
    first_picture(freehold, &hello);
    if let Some(big) = std::env::var_os("FREEHOLD_BENCH_BIG").map(PathBuf::from) {
        large_program(freehold, &big);
    } else {
        println!(
            "\n(set FREEHOLD_BENCH_BIG to a program with much debug information to compare \
                  how stopping at its `main` scales)"
        );
    }
    let calls = compile("benches/hits.rs");
    hits(freehold, &calls);
    stops(freehold, &calls);
}

fn first_picture(freehold: &str, hello: &Path) {
    let hello = hello.display().to_string();
    let contestants = [
        Contestant {
            name: "freehold",
            command: words(&[freehold, "watch", &hello]),
            until: Some("enter main"),
        },
        gdb(&["-ex", "break hello::main", "-ex", "run", "-ex", "info locals", &hello]),
        lldb(&["-o", "b hello::main", "-o", "run", "-o", "frame variable", &hello]),
    ];
    compare(
        "first picture of a small program (gdb: break on main, print the locals)",
        &contestants,
    );
}

fn large_program(freehold: &str, big: &Path) {
    let size = std::fs::metadata(big).map_or(0, |meta| meta.len() >> 20);
    let big = big.display().to_string();
    let contestants = [
        Contestant {
            name: "freehold",
            command: words(&[freehold, "trace", "^[a-z_]+::main$", &big, "--", "--version"]),
            until: Some("main("),
        },
        gdb(&["-ex", "break main", "-ex", "run", "--args", &big, "--version"]),
        lldb(&["-o", "b main", "-o", "run", "--", &big, "--version"]),
    ];
    compare(&format!("stop at main of a program of {size} MiB"), &contestants);
}

/// 20,000 calls of one function: what a hit costs, beyond a run without a breakpoint.
fn hits(freehold: &str, calls: &Path) {
    const HITS: u32 = 20_000;
    let calls = calls.display().to_string();
    let n = HITS.to_string();
    let contestants = [
        Contestant {
            name: "freehold, one core",
            command: words(&[freehold, "trace", "^hits::hit$", &calls, "--", &n]),
            until: None,
        },
        Contestant {
            name: "freehold, two cores",
            command: words(&[freehold, "trace", "--no-pin", "^hits::hit$", &calls, "--", &n]),
            until: None,
        },
        // The cheapest that gdb and lldb have: a breakpoint that is ignored every time.
        gdb(&[
            "-ex",
            "break hits::hit",
            "-ex",
            "ignore 1 1000000",
            "-ex",
            "run",
            "--args",
            &calls,
            &n,
        ]),
        lldb(&[
            "-o",
            "b hits::hit",
            "-o",
            "breakpoint modify -i 1000000 1",
            "-o",
            "run",
            "--",
            &calls,
            &n,
        ]),
    ];
    println!(
        "\n{HITS} calls of one function. Freehold stops at entry and at return (2 a call), the others at entry."
    );
    let costs = compare("breakpoint hits", &contestants);
    for (name, cost) in costs {
        let stops = if name.starts_with("freehold") { 2 * HITS } else { HITS };
        let each = cost.time.as_secs_f64() * 1e6 / f64::from(stops);
        println!("  {name:<22} {each:8.1} µs a hit");
    }
}

/// How often the debugger waits for the program, by strace, per hit.
fn stops(freehold: &str, calls: &Path) {
    let calls = calls.display().to_string();
    if !installed("strace") {
        println!("\n(strace is not installed: stops per hit are not counted)");
        return;
    }
    println!("\nwaits of the debugger per breakpoint hit (strace)");
    let freehold_command = words(&[freehold, "trace", "^hits::hit$", &calls, "--"]);
    let gdb_command =
        gdb(&["-ex", "break hits::hit", "-ex", "ignore 1 1000000", "-ex", "run", "--args", &calls]);
    for (name, command, per_call) in
        [("freehold", freehold_command, 2), ("gdb", gdb_command.command, 1)]
    {
        if !installed(&command[0]) {
            continue;
        }
        let few = waits(&command, "100");
        let many = waits(&command, "1100");
        let each = (many - few) / (1000.0 * f64::from(per_call));
        println!("  {name:<22} {each:8.2}");
    }
}

fn waits(command: &[String], calls: &str) -> f64 {
    let file = std::env::temp_dir().join(format!("freehold-waits-{}", std::process::id()));
    let status = Command::new("strace")
        .args(["-e", "trace=wait4,waitid", "-o"])
        .arg(&file)
        .args(command)
        .arg(calls)
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
    println!("\n{what}");
    let (here, missing): (Vec<_>, Vec<_>) =
        contestants.iter().partition(|contestant| installed(&contestant.command[0]));
    let mut costs: Vec<Vec<Cost>> = here.iter().map(|_| Vec::new()).collect();
    for _ in 0..RUNS {
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
        println!("  {:<22} not installed", contestant.name);
    }
    medians
}

fn measure(contestant: &Contestant) -> Cost {
    let start = Instant::now();
    let mut child = Command::new(&contestant.command[0])
        .args(&contestant.command[1..])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(if contestant.until.is_some() { Stdio::piped() } else { Stdio::null() })
        .spawn()
        .expect("it is installed");
    let reached = contestant.until.map(|text| wait_for(&mut child, text, start));
    let (memory, ok) = reap(&child);
    assert!(ok || reached.is_some(), "{} failed", contestant.name);
    Cost { time: reached.unwrap_or_else(|| start.elapsed()), memory }
}

/// Reads to the end, so that the child does not block, and notes when the text came.
fn wait_for(child: &mut Child, text: &str, start: Instant) -> Duration {
    let lines = BufReader::new(child.stderr.take().expect("it is piped")).lines();
    let mut reached = None;
    for line in lines.map_while(Result::ok) {
        if line.contains(text) {
            reached.get_or_insert_with(|| start.elapsed());
        }
    }
    reached.unwrap_or_else(|| panic!("{text:?} did not appear"))
}

/// Waits for a child, and tells its peak memory in KiB.
fn reap(child: &Child) -> (u64, bool) {
    let mut status = 0;
    // SAFETY: both pointers are to local values, and a zeroed rusage is a valid one to overwrite.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    let pid = i32::try_from(child.id()).expect("a pid is positive");
    // SAFETY: as above; the pid is that of our own child, which nobody else waits for.
    unsafe { libc::wait4(pid, &mut status, 0, &mut usage) };
    let status = std::process::ExitStatus::from_raw(status);
    (u64::try_from(usage.ru_maxrss).unwrap_or(0), status.success())
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
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(source);
    let name = source.file_stem().expect("a file has a name");
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let status = Command::new("rustc")
        .args(["-g", "--edition", "2024", "-o"])
        .arg(&out)
        .arg(&source)
        .status()
        .expect("rustc runs");
    assert!(status.success(), "{} does not compile", source.display());
    out
}
