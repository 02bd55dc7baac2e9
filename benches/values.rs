//! What printing values costs: a hundred elements of large collections, and a frame of fifty
//! variables, beside gdb and lldb with rustc's printers, and BugStalker.
//!
//! Every contestant stops at the same line and prints once, and then again and again. Told are the
//! first print, from a line on its output behind the stop to the last of the values, in which types
//! and printers are read for the first time; each print after that, which is what the reading of the
//! values itself takes; and the whole, for somebody who starts a debugger to ask once.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::dap;
use super::{RUNS, compile, installed, words};

/// A contestant that takes longer is not asked again.
const PATIENCE: Duration = Duration::from_secs(20);

/// Locals that lldb 19 is not asked for: rustc's printers for it do not come to an end with enums of
/// several variants.
const WITHOUT_END: [&str; 4] = ["e01", "e02", "e04", "o02"];

/// A contestant that takes longer is stopped.
const LIMIT: Duration = Duration::from_secs(90);

/// The end of the line that programs stop at, which Freehold shows.
const STOP: &str = "// #stop";

/// What is printed before the first print, and at once: gdb keeps the lines of the stop to itself for
/// a while.
const BEGINS: &str = "733001";

/// What is printed between the first print and the others.
const AGAIN: &str = "733002";

/// How often Freehold prints after the first time.
const OFTEN: usize = 300;

/// What is printed, and how each contestant is asked for it.
struct Print {
    what: &'static str,
    program: &'static str,
    freehold: &'static str,
    gdb: &'static str,
    lldb: &'static str,
    /// The variable whose children are asked of a debug adapter; none for all.
    variable: Option<&'static str>,
    /// Elements that are asked for.
    elements: u32,
    /// What must be in the output.
    proof: &'static str,
    /// How often gdb and lldb print after the first time.
    again: (usize, usize),
}

const PRINTS: [Print; 3] = [
    Print {
        what: "The first 100 elements of a Vec<u64> of 1,000,000.",
        program: "big",
        freehold: "print --elements 100 numbers",
        gdb: "print numbers",
        lldb: "frame variable numbers",
        variable: Some("numbers"),
        elements: 100,
        proof: "9801",
        again: (50, 5),
    },
    Print {
        what: "The first 100 entries of a HashMap<u64, String> of 1,000,000.",
        program: "big",
        freehold: "print --elements 100 map",
        gdb: "print map",
        lldb: "frame variable map",
        variable: Some("map"),
        elements: 100,
        proof: "\"",
        again: (1, 1),
    },
    Print {
        what: "All locals of a frame of 50 rich variables, 10 elements of each.",
        program: "rich",
        freehold: "info locals",
        gdb: "info locals",
        lldb: "frame variable",
        variable: None,
        elements: 10,
        proof: "word 1",
        again: (10, 1),
    },
];

/// One debugger.
struct Asked {
    name: &'static str,
    /// Runs once, or says why it could not.
    run: Box<dyn Fn() -> Result<Took, String>>,
}

/// What one run took.
#[derive(Clone, Copy)]
struct Took {
    first: Duration,
    /// Each print after the first, where there were some.
    again: Option<Duration>,
    /// From the start to the end of the first print.
    whole: Duration,
}

pub fn run(freehold: &str) {
    for print in &PRINTS {
        let source = format!("benches/programs/{}.rs", print.program);
        let program = compile(&source);
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(source);
        let line = line_of_stop(&source);
        println!("\n{}", print.what);
        let mut all = vec![by_freehold(freehold, print, &program, line)];
        all.extend(by_gdb(print, &program, line));
        all.extend(by_lldb(print, &program, &source, line));
        all.extend(by_bug_stalker(print, &program, &source, line));
        compare(&all);
    }
}

fn line_of_stop(source: &Path) -> usize {
    let text = std::fs::read_to_string(source).expect("the source");
    text.lines().position(|line| line.ends_with(STOP)).expect("a line to stop at") + 1
}

fn by_freehold(freehold: &str, print: &Print, program: &Path, line: usize) -> Asked {
    let stop = format!("break {}.rs:{line}", print.program);
    // Like the peers it follows no allocations: those of three million blocks take a minute.
    let command = words(&[freehold, "debug", "--no-ledger", "--batch", "-e", &stop, "-e", "run"]);
    let begin = format!("print {BEGINS}");
    let again = format!("print {AGAIN}");
    let command = [command, prints("-e", &begin, print.freehold, &again, OFTEN, program)].concat();
    asked("freehold", command, OFTEN, print.proof)
}

fn by_gdb(print: &Print, program: &Path, line: usize) -> Option<Asked> {
    let stop = format!("break {}.rs:{line}", print.program);
    let elements = format!("set print elements {}", print.elements);
    let command = words(&["rust-gdb", "-nx", "-batch", "-iex", "set debuginfod enabled off"]);
    let command = [command, words(&["-ex", &elements, "-ex", &stop, "-ex", "run"])].concat();
    let say = |what: &str| format!("python print('{what}'); gdb.flush()");
    let times = print.again.0;
    let ask = prints("-ex", &say(BEGINS), print.gdb, &say(AGAIN), times, program);
    here("rust-gdb").then(|| asked("rust-gdb", [command, ask].concat(), times, print.proof))
}

/// As `rust-lldb` starts it, which looks for no other name than `lldb`.
fn by_lldb(print: &Print, program: &Path, source: &Path, line: usize) -> Option<Asked> {
    if !here("lldb-19") {
        return None;
    }
    let stop = format!("b {}.rs:{line}", print.program);
    let elements = format!("settings set target.max-children-count {}", print.elements);
    let printers = sysroot().join("lib/rustlib/etc");
    let import = format!("command script import \"{}/lldb_lookup.py\"", printers.display());
    let commands = format!("{}/lldb_commands", printers.display());
    let command =
        words(&["lldb-19", "--no-lldbinit", "--batch", "--one-line-before-file", &import]);
    let options = ["--source-before-file", &commands, "-o", &elements, "-o", &stop, "-o", "run"];
    let command = [command, words(&options)].concat();
    let ask = match print.variable {
        Some(_) => print.lldb.to_owned(),
        None => format!("{} {}", print.lldb, locals(source).join(" ")),
    };
    let say = |what: &str| format!("script print('{what}', flush=True)");
    let times = print.again.1;
    let ask = prints("-o", &say(BEGINS), &ask, &say(AGAIN), times, program);
    Some(asked("rust-lldb 19", [command, ask].concat(), times, print.proof))
}

/// The end of a command line: a print between two marks, and more of them behind the second.
fn prints(
    option: &str,
    begin: &str,
    print: &str,
    again: &str,
    times: usize,
    program: &Path,
) -> Vec<String> {
    let first = [begin, print, again];
    let all = first.into_iter().chain(std::iter::repeat_n(print, times));
    let mut words: Vec<String> = all.flat_map(|ask| [option.to_owned(), ask.to_owned()]).collect();
    words.push(program.display().to_string());
    words
}

/// The names of the variables of a program's frame, without those that lldb does not end with.
fn locals(source: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(source).expect("the source");
    let name = |line: &str| {
        let name = line.strip_prefix("    let ")?.split([':', ' ']).next()?;
        (name.len() == 3 && !WITHOUT_END.contains(&name)).then(|| name.to_owned())
    };
    text.lines().filter_map(name).collect()
}

fn by_bug_stalker(print: &Print, program: &Path, source: &Path, line: usize) -> Option<Asked> {
    let Some(bs) = std::env::var_os("FREEHOLD_BENCH_BS").map(PathBuf::from) else {
        println!("  FREEHOLD_BENCH_BS does not say where BugStalker is: it is left out");
        return None;
    };
    let (program, source) = (program.to_owned(), source.to_owned());
    let (variable, elements) = (print.variable, print.elements);
    let run = move || {
        let start = Instant::now();
        let mut adapter = dap::Adapter::start(&bs, LIMIT)?;
        let frame = adapter.stop_at(&program, &source, line)?;
        let stopped = start.elapsed();
        adapter.ask(frame, variable, elements)?;
        let whole = start.elapsed();
        adapter.end();
        Ok(Took { first: whole.saturating_sub(stopped), again: None, whole })
    };
    Some(Asked { name: "BugStalker, by DAP", run: Box::new(run) })
}

fn asked(name: &'static str, command: Vec<String>, times: usize, proof: &'static str) -> Asked {
    Asked { name, run: Box::new(move || run_once(&command, times, proof)) }
}

/// Runs a debugger to its end, and notes when the marks came, and the last line.
fn run_once(command: &[String], times: usize, proof: &str) -> Result<Took, String> {
    let (read, write) = std::io::pipe().map_err(|error| error.to_string())?;
    let start = Instant::now();
    let mut process = Command::new("timeout");
    process.arg(LIMIT.as_secs().to_string()).args(command).stdin(Stdio::null());
    process.stderr(write.try_clone().map_err(|error| error.to_string())?).stdout(write);
    let mut child = process.spawn().map_err(|error| error.to_string())?;
    // Its ends of the pipe: the output ends when the debugger does.
    drop(process);
    let (mut begun, mut again, mut proven, mut last) = (None, None, 0, start.elapsed());
    let mut end = String::new();
    for line in BufReader::new(read).split(b'\n').map_while(Result::ok) {
        let now = start.elapsed();
        let line = String::from_utf8_lossy(&line);
        if line.contains(AGAIN) && begun.is_some() {
            again = Some(now);
        } else if line.contains(BEGINS) {
            begun = Some(now);
        } else if begun.is_some() && line.contains(proof) {
            proven += 1;
            // What a debugger says at its end is no print.
            last = now;
        }
        end = line.chars().take(100).collect();
    }
    child.wait().map_err(|error| error.to_string())?;
    match (begun, again) {
        _ if start.elapsed() >= LIMIT => Err(format!("was stopped after {} s", LIMIT.as_secs())),
        (Some(begun), Some(again)) if proven > times => Ok(Took {
            first: again.saturating_sub(begun),
            again: Some(last.saturating_sub(again) / u32::try_from(times).unwrap_or(1)),
            whole: again,
        }),
        _ => Err(format!("printed no {proof:?}, but {end:?} at last")),
    }
}

/// Asks everybody in turns, so that a slow moment of the machine meets all of them.
fn compare(all: &[Asked]) {
    let mut times: Vec<Result<Vec<Took>, String>> = vec![Ok(Vec::new()); all.len()];
    for _ in 0..RUNS {
        for (asked, times) in all.iter().zip(&mut times) {
            let Ok(done) = times else { continue };
            if done.iter().any(|took| took.whole > PATIENCE) {
                continue;
            }
            match (asked.run)() {
                Ok(took) => done.push(took),
                Err(why) => *times = Err(why),
            }
        }
    }
    let own = times.first().and_then(|times| times.as_ref().ok()).map(|times| costs(times));
    for (asked, times) in all.iter().zip(&times) {
        match times {
            Ok(times) => tell(asked.name, times, own),
            Err(why) => println!("  {:<22} {why}", asked.name),
        }
    }
}

/// The medians of the first print, of each that followed, and of the whole, in milliseconds.
fn costs(times: &[Took]) -> [f64; 3] {
    let median = |of: fn(&Took) -> Option<Duration>| {
        let mut all: Vec<Duration> = times.iter().filter_map(of).collect();
        all.sort();
        all.get(all.len() / 2).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
    };
    [median(|took| Some(took.first)), median(|took| took.again), median(|took| Some(took.whole))]
}

fn tell(name: &str, times: &[Took], own: Option<[f64; 3]>) {
    let costs = costs(times);
    let own = own.unwrap_or(costs);
    print!("  {name:<20}");
    for ((what, cost), own) in ["first", "again", "whole"].iter().zip(costs).zip(own) {
        match cost.is_nan() {
            true => print!("   {what} {:>9} {:>10}", "-", "-"),
            false => print!("   {what} {cost:9.2} ms {:7.1} x", cost / own),
        }
    }
    println!("   ({} run{})", times.len(), if times.len() == 1 { "" } else { "s" });
}

fn here(program: &str) -> bool {
    let found = installed(program);
    if !found {
        println!("  {program:<22} is not installed");
    }
    found
}

fn sysroot() -> PathBuf {
    let output = Command::new("rustc").args(["--print", "sysroot"]).output().expect("rustc runs");
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
}
