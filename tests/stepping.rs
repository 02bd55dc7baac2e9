//! Stepping through programs: the places that are visited are those that the source names.
//!
//! Each test runs `freehold debug --batch` on `test-programs/stepping.rs` and compares the markers of
//! the lines where the program stood still with what a reader of the source expects.

mod support;

use std::collections::BTreeMap;
use std::fs;

use freehold::base::Event;
use freehold::inferior::Launch;
use freehold::session::{Halt, Settings};
use serde_json::Value;
use support::program::markers;
use support::run::{Ran, command};
use support::{Program, Variant, program};

/// A session that has ended.
struct Session {
    ran: Ran,
    answers: Vec<Value>,
    names: BTreeMap<u32, String>,
}

/// Runs commands on the part of the program that `word` names. Those that are written `next*3` are
/// given three times.
#[track_caller]
fn session(variant: Variant, word: &str, commands: &[&str]) -> Session {
    let program = program("stepping", variant);
    run(&program, word, commands)
}

#[track_caller]
fn run(program: &Program, word: &str, commands: &[&str]) -> Session {
    let mut freehold = command();
    freehold.args(["debug", "--batch", "--format", "json"]);
    for line in commands {
        let (line, times) = line.split_once('*').unwrap_or((line, "1"));
        for _ in 0..times.parse().expect("a number of times") {
            freehold.args(["-e", line]);
        }
    }
    freehold.arg(&program.executable).args(["--", word]);
    let ran = Ran::of(freehold.output().expect("it ends within the limit"));
    let answers = ran.stderr.lines().filter(|line| line.starts_with('{'));
    let answers = answers.map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let source = fs::read_to_string(&program.source).expect("the source");
    let names = markers(&source).into_iter().map(|(name, line)| (line, name)).collect();
    Session { ran, answers, names }
}

impl Session {
    /// Why the program stood still, each time.
    fn halts(&self) -> impl Iterator<Item = &Value> {
        self.answers.iter().filter(|a| a["answer"] == "stopped").map(|answer| &answer["data"])
    }

    /// Where it stood, each time: the marker of the line, or the line and its function where there
    /// is none; `end` for the end of the process.
    fn visits(&self) -> Vec<String> {
        self.halts().map(|halt| self.place(halt)).collect()
    }

    fn place(&self, halt: &Value) -> String {
        let frame = &halt["frame"]["at"];
        match frame["line"].as_u64().and_then(|line| u32::try_from(line).ok()) {
            None if halt["halt"] == "ended" => "end".to_owned(),
            None => frame["function"].as_str().unwrap_or("?").to_owned(),
            Some(line) => match self.names.get(&line) {
                Some(name) if self.in_program(frame) => name.clone(),
                _ => format!("{} {line}", frame["function"].as_str().unwrap_or("?")),
            },
        }
    }

    fn in_program(&self, frame: &Value) -> bool {
        frame["file"].as_str().is_some_and(|file| file.ends_with("/stepping.rs"))
    }

    /// What the last halt was.
    #[track_caller]
    fn last(&self) -> &Value {
        self.halts().last().unwrap_or_else(|| panic!("it never stood still: {:?}", self.ran))
    }
}

#[track_caller]
fn visits(variant: Variant, word: &str, commands: &[&str], expected: &[&str]) {
    let session = session(variant, word, commands);
    assert_eq!(session.visits(), expected, "{commands:?} of {word}: {}", session.ran.stderr);
}

#[test]
fn next_goes_round_a_loop_line_by_line_and_over_a_loop_on_one_line() {
    visits(
        Variant::Debug,
        "loops",
        &["break loops", "run", "next*12"],
        &[
            "loops-sum",
            "loops-for",
            "loops-add",
            "loops-use",
            "loops-for",
            "loops-add",
            "loops-use",
            "loops-for",
            "loops-while",
            "loops-last",
            "loops-end",
            "main-loops",
            "main-matched",
        ],
    );
}

#[test]
fn a_count_makes_as_many_steps() {
    visits(
        Variant::Debug,
        "loops",
        &["break loops", "run", "next 3", "step 4"],
        &["loops-sum", "loops-use", "loops-for"],
    );
}

#[test]
fn step_enters_the_users_functions_and_comes_back_behind_the_call() {
    for variant in [Variant::Debug, Variant::Dwarf5] {
        visits(
            variant,
            "calls",
            &["break calls", "run", "step*20"],
            &[
                "calls-first",
                "twice-y",
                "twice-sum",
                "twice-end",
                "calls-first",
                "twice-y",
                "twice-sum",
                "twice-end",
                "calls-first",
                "calls-std",
                "calls-measure",
                "measure-if",
                "measure-len",
                "measure-end",
                "calls-measure",
                "calls-generic",
                "generic-a",
                "generic-sum",
                "generic-end",
                "calls-generic",
                "calls-use",
            ],
        );
    }
}

#[test]
fn step_enters_functions_of_optimised_code_too() {
    visits(
        Variant::Opt,
        "calls",
        &["break calls", "run", "step*8"],
        &[
            "calls-first",
            "twice-y",
            "twice-sum",
            "twice-end",
            "calls-first",
            "twice-y",
            "twice-sum",
            "twice-end",
            "calls-first",
        ],
    );
}

#[test]
fn next_runs_over_calls() {
    visits(
        Variant::Debug,
        "calls",
        &["break calls", "run", "next*8"],
        &[
            "calls-first",
            "calls-std",
            "calls-measure",
            "calls-generic",
            "calls-use",
            "calls-end",
            "main-calls",
            "main-matched",
            "main-end",
        ],
    );
}

#[test]
fn a_closure_that_an_iterator_calls_is_entered_at_each_call() {
    visits(
        Variant::Debug,
        "closures",
        &["break closures", "run", "step*10"],
        &[
            "closures-factor",
            "closures-map",
            "closures-collect",
            "closures-scaled",
            "closures-value",
            "closures-map-end",
            "closures-scaled",
            "closures-value",
            "closures-map-end",
            "closures-use",
            "closures-end",
        ],
    );
    visits(
        Variant::Debug,
        "closures",
        &["break closures", "run", "next*3"],
        &["closures-factor", "closures-map", "closures-collect", "closures-use"],
    );
}

#[test]
fn a_closure_that_was_inlined_into_an_iterator_is_entered_too() {
    visits(
        Variant::Opt,
        "closures",
        &["break closures", "run", "step*6"],
        &[
            "closures-factor",
            "closures-scaled",
            "closures-value",
            "closures-scaled",
            "closures-value",
            "closures-use",
            "closures-end",
        ],
    );
}

#[test]
fn a_macro_of_std_is_one_line_and_none_is_stopped_at_twice() {
    visits(
        Variant::Debug,
        "macros",
        &["break macros", "run", "step*5"],
        // The lines of a macro of the program itself are those of its definition: rustc says so.
        &["macros-sum", "macros-assert", "macros-format", "add-first", "macros-use", "macros-end"],
    );
}

#[test]
fn the_arm_that_matches_is_visited_and_no_other() {
    visits(
        Variant::Debug,
        "matches",
        &["break area", "run", "next*3", "continue", "next*4", "continue", "next*2"],
        &[
            "area-match",
            "area-circle",
            "area-end",
            "matches-area", // a circle
            "area-match",
            "area-big",
            "area-square",
            "area-end",
            "matches-area", // a square
            "area-match",
            "area-nothing",
            "area-end",
        ],
    );
}

#[test]
fn next_stays_in_its_call_of_a_recursive_function() {
    visits(
        Variant::Debug,
        "recursion",
        &["tbreak factorial", "run", "next*4"],
        &["factorial-if", "factorial-rest", "factorial-product", "factorial-end", "main-recursion"],
    );
}

#[test]
fn step_descends_into_a_recursive_function_and_comes_up_again() {
    visits(
        Variant::Debug,
        "recursion",
        &["tbreak factorial", "run", "step*16"],
        &[
            "factorial-if",
            "factorial-rest",
            "factorial-if",
            "factorial-rest",
            "factorial-if",
            "factorial-rest",
            "factorial-if",
            "factorial-one",
            "factorial-end",
            "factorial-rest",
            "factorial-product",
            "factorial-end",
            "factorial-rest",
            "factorial-product",
            "factorial-end",
            "factorial-rest",
            "factorial-product",
        ],
    );
}

#[test]
fn next_over_a_call_that_panics_ends_in_the_caller_of_catch_unwind() {
    for variant in [Variant::Debug, Variant::Opt] {
        visits(variant, "panics", &["break fails", "run", "delete", "next*3"], &panicking(variant));
    }
    visits(
        Variant::Debug,
        "panics",
        &["break panics", "run", "next*2"],
        &["panics-catch", "panics-failed", "panics-use"],
    );
}

/// From the function through which a panic goes to the one that has caught it.
fn panicking(variant: Variant) -> Vec<&'static str> {
    match variant {
        Variant::Debug => vec!["fails-guard", "fails-call", "panics-catch", "panics-failed"],
        // `catch_unwind` was inlined: the next statement behind it is where it ends.
        _ => vec!["fails-call", "panics-failed", "panics-use", "panics-end"],
    }
}

#[test]
fn a_destructor_that_a_panic_runs_is_stepped_out_of_into_the_frame_that_is_left() {
    let program = program("stepping", Variant::Debug);
    let inside = format!("break {}", program.line("guard-set"));
    let session = run(&program, "panics", &[&inside, "run", "next*3"]);
    assert_eq!(session.visits(), ["guard-set", "guard-end", "fails-end", "panics-catch"]);
}

#[test]
fn a_panic_that_nobody_catches_ends_the_program() {
    let session = session(Variant::Debug, "uncaught", &["break uncaught", "run", "next"]);
    assert_eq!(session.visits(), ["uncaught-call", "end"]);
    assert_eq!(session.ran.code, 101);
    assert_eq!(session.last()["unfinished"], Value::Null);
}

#[test]
fn an_inlined_call_is_entered_and_left_like_any_other() {
    visits(
        Variant::Debug,
        "inlined",
        &["break inlined", "run", "step*9"],
        &[
            "inlined-a",
            "square-y",
            "square-product",
            "inlined-a",
            "inlined-b",
            "square-y",
            "square-product",
            "inlined-b",
            "inlined-use",
            "inlined-end",
        ],
    );
    visits(
        Variant::Debug,
        "inlined",
        &["break inlined", "run", "next*3"],
        &["inlined-a", "inlined-b", "inlined-use", "inlined-end"],
    );
}

#[test]
fn a_call_in_tail_position_comes_back_to_the_caller() {
    for variant in [Variant::Debug, Variant::Opt] {
        visits(
            variant,
            "tails",
            &["break tails", "run", "next*2"],
            &["tails-call", "tails-use", "tails-end"],
        );
    }
}

#[test]
fn a_destructor_at_the_closing_brace_is_entered() {
    visits(
        Variant::Debug,
        "drops",
        &["break drops", "run", "step*5"],
        &["drops-guard", "drops-use", "drops-end", "guard-set", "guard-end", "drops-end"],
    );
}

#[test]
fn an_async_body_is_stepped_through_from_poll_to_poll() {
    visits(
        Variant::Debug,
        "asynchronous",
        &["break asynchronous", "run", "step*20"],
        &[
            "executor-pin",
            "async-head",
            "async-end",
            "executor-pin",
            "executor-context",
            "executor-poll", // the first poll
            "async-head",
            "async-first",
            "later-if",
            "later-set",
            "later-pending",
            "later-end",
            "async-first",
            "executor-poll",
            "executor-pending",
            "executor-poll", // the second
            "async-head",
            "async-first",
            "later-if",
            "later-ready",
            "later-end",
        ],
    );
}

#[test]
fn next_in_an_async_body_goes_on_behind_an_await_that_had_to_wait() {
    let program = program("stepping", Variant::Debug);
    let first = format!("tbreak {}", program.line("async-first"));
    let session = run(&program, "asynchronous", &[&first, "run", "next*4"]);
    let expected = ["async-first", "async-second", "async-sum", "async-end", "executor-poll"];
    assert_eq!(session.visits(), expected, "{}", session.ran.stderr);
}

#[test]
fn finish_shows_what_the_call_returns() {
    let session = session(Variant::Debug, "calls", &["break measure", "run", "finish", "print $1"]);
    assert_eq!(session.visits(), ["measure-if", "calls-measure"]);
    let last = session.last();
    assert_eq!(last["halt"], "returned");
    assert_eq!(last["function"], "stepping::measure");
    assert_eq!(last["returned"]["pretty"], "4\n");
    let printed = session.answers.last().expect("an answer");
    assert_eq!(printed["data"]["pretty"], "4\n");
}

#[test]
fn finish_ends_its_own_call_of_a_recursive_function() {
    let session = session(
        Variant::Debug,
        "recursion",
        &["break factorial", "run", "continue*2", "delete", "finish", "up", "finish"],
    );
    let visits = session.visits();
    assert_eq!(
        visits.get(3..),
        Some(&["factorial-rest".to_owned(), "main-recursion".to_owned()][..])
    );
    let values: Vec<_> = session.halts().map(|halt| halt["returned"]["pretty"].clone()).collect();
    assert_eq!(values.get(3..), Some(&[Value::from("1\n"), Value::from("6\n")][..]));
}

#[test]
fn finish_of_an_inlined_call_ends_with_its_code() {
    visits(
        Variant::Debug,
        "inlined",
        &["break inlined", "run", "step", "finish", "next"],
        &["inlined-a", "square-y", "inlined-a", "inlined-b"],
    );
}

#[test]
fn finish_of_a_call_that_panics_says_so() {
    let session = session(Variant::Debug, "panics", &["break explodes", "run", "finish"]);
    assert_eq!(session.visits(), ["explodes-assert", "panics-catch"]);
    assert_eq!(session.last()["unwound"], true);
    assert_eq!(session.last()["returned"], Value::Null);
}

#[test]
fn until_gets_out_of_a_loop_and_advance_to_a_place() {
    visits(
        Variant::Debug,
        "loops",
        &["break loops", "run", "next*3", "until*3"],
        &[
            "loops-sum",
            "loops-for",
            "loops-add",
            "loops-use",
            "loops-while",
            "loops-last",
            "loops-end",
        ],
    );
    visits(
        Variant::Debug,
        "calls",
        &["break calls", "run", "advance measure", "until generic"],
        &["calls-first", "measure-if", "calls-measure"],
    );
}

#[test]
fn an_inlined_function_is_advanced_to_in_each_of_its_copies() {
    for variant in [Variant::Debug, Variant::Opt] {
        visits(
            variant,
            "inlined",
            &["break inlined", "run", "advance square*3"],
            &["inlined-a", "square-y", "square-y", "main-inlined"],
        );
    }
}

#[test]
fn until_a_place_does_not_count_inner_calls() {
    let program = program("stepping", Variant::Debug);
    let place = format!("until {}", program.line("factorial-product"));
    let session = run(&program, "recursion", &["tbreak factorial", "run", &place, "print n"]);
    assert_eq!(session.visits(), ["factorial-if", "factorial-product"]);
    assert_eq!(session.answers.last().expect("an answer")["data"]["pretty"], "3\n");
}

#[test]
fn a_jump_goes_on_elsewhere_and_warns_and_refuses_another_function() {
    let program = program("stepping", Variant::Debug);
    let last = program.line("loops-last");
    let (stop, jump) = (format!("tbreak {last}"), format!("jump {last}"));
    let commands = ["break loops", "run", &stop, &jump, "print sum", "next"];
    let session = run(&program, "loops", &commands);
    assert_eq!(session.visits(), ["loops-sum", "loops-last", "loops-end"]);
    assert!(session.ran.stderr.contains("destructors are left out"), "{}", session.ran.stderr);
    let session = self::session(Variant::Debug, "calls", &["break calls", "run", "jump twice"]);
    assert!(session.ran.stderr.contains("`jump --force`"), "{}", session.ran.stderr);
    assert_eq!(session.ran.code, 2);
}

#[test]
fn an_instruction_is_one_and_nexti_runs_over_calls() {
    // Two arguments are set up at most before the first call.
    let into = session(Variant::Debug, "calls", &["break calls", "run", "stepi*4"]);
    assert!(into.visits().iter().any(|at| at.contains("twice")), "{:?}", into.visits());
    let over = session(Variant::Debug, "calls", &["break calls", "run", "nexti*4"]);
    assert_eq!(over.visits(), ["calls-first"; 5]);
}

#[test]
fn a_breakpoint_on_the_way_ends_a_step_and_that_is_said() {
    let session = session(Variant::Debug, "calls", &["break calls", "break twice", "run", "next"]);
    assert_eq!(session.visits(), ["calls-first", "twice-y"]);
    assert_eq!(session.last()["halt"], "breakpoint");
    assert_eq!(session.last()["unfinished"], "next");
}

#[test]
fn a_breakpoint_of_another_thread_stops_a_step_and_is_not_lost() {
    let program = program("stepping", Variant::Debug);
    let inside = format!("break {}", program.line("worker-value"));
    let receive = format!("advance {}", program.line("threads-receive"));
    let commands = ["break threads", &inside, "run", &receive, "continue"];
    let session = run(&program, "threads", &commands);
    let stops = session.halts().filter(|halt| halt["halt"] == "breakpoint");
    assert_eq!(stops.map(|halt| session.place(halt)).last(), Some("worker-value".to_owned()));
    let of_worker = session.halts().filter(|halt| halt["thread"] == 2);
    assert_eq!(of_worker.count(), 1, "{}", session.ran.stderr);
}

#[test]
fn nexti_over_a_call_that_panics_ends_where_the_panic_is_caught() {
    let program = program("stepping", Variant::Debug);
    let call = format!("break {}", program.line("fails-call"));
    let session = run(&program, "panics", &[&call, "run", "nexti*3"]);
    let mut visits = session.visits();
    visits.dedup();
    assert_eq!(visits.get(..2), Some(&["fails-call".to_owned(), "panics-catch".to_owned()][..]));
}

#[test]
fn skipped_functions_are_run_through_and_all_are_entered_on_demand() {
    visits(
        Variant::Debug,
        "calls",
        &["skip twice", "break calls", "run", "step*3"],
        &["calls-first", "calls-std", "calls-measure", "measure-if"],
    );
    let commands = ["set step-into-all on", "break twice", "run", "step"];
    let session = session(Variant::Debug, "calls", &commands);
    assert_eq!(session.last()["frame"]["at"]["function"], "core::hint::black_box");
}

#[test]
fn a_thread_is_stepped_while_the_others_wait_for_it() {
    visits(
        Variant::Debug,
        "threads",
        &["break threads", "run", "next*6"],
        &[
            "threads-channel",
            "threads-spawn",
            "worker-end",
            "threads-receive",
            "threads-join",
            "threads-use",
            "threads-end",
        ],
    );
    let program = program("stepping", Variant::Debug);
    let inside = format!("break {}", program.line("worker-base"));
    let session = run(&program, "threads", &[&inside, "run", "next*3"]);
    let expected = ["worker-base", "worker-value", "worker-send", "worker-end"];
    assert_eq!(session.visits(), expected);
    assert_eq!(session.last()["thread"], 2);
}

#[test]
fn a_thread_that_spins_on_another_gets_there() {
    visits(
        Variant::Debug,
        "spinning",
        &["break spinning", "run", "next*3"],
        &["spinning-spawn", "spinning-wait", "spinning-join", "spinning-end"],
    );
}

#[test]
fn a_program_is_run_again_and_starts_at_its_main() {
    visits(
        Variant::Debug,
        "loops",
        &["start", "break loops", "continue", "run", "next"],
        &["main-hook", "loops-sum", "loops-sum", "loops-for"],
    );
}

#[test]
fn a_closure_that_was_inlined_into_a_function_of_std_is_entered() {
    for variant in [Variant::Debug, Variant::Opt] {
        let session = session(variant, "sorts", &["break sorts", "run", "step*6"]);
        let visits = session.visits();
        let compared = visits.iter().filter(|at| *at == "sorts-compare").count();
        assert!(compared >= 2, "{variant:?}: {visits:?}");
    }
}

#[test]
fn a_signal_with_a_handler_does_not_divert_a_step() {
    let session = session(Variant::Debug, "signals", &["break signals", "run", "next*7"]);
    assert_eq!(
        session.visits(),
        [
            "signals-for",
            "signals-install",
            "signals-raise",
            "signals-behind",
            "signals-for",
            "signals-install",
            "signals-raise",
            // The second signal is one that a debugger's user wants to see.
            "signals-raise",
        ],
        "{}",
        session.ran.stderr
    );
    assert_eq!(session.last()["name"], "SIGUSR1");
    assert_eq!(session.last()["unfinished"], "next");
}

#[test]
fn a_step_over_a_signal_that_has_halted_the_program_delivers_it() {
    let program = program("stepping", Variant::Debug);
    let raise = format!("break {}", program.line("signals-raise"));
    let commands = [&raise, "run", "continue", "next", "next", "print SEEN"];
    let session = run(&program, "signals", &commands);
    let expected = ["signals-raise", "signals-raise", "signals-raise", "signals-behind"];
    assert_eq!(session.visits(), expected, "{}", session.ran.stderr);
}

#[test]
fn a_thread_that_ends_in_a_step_is_told() {
    let program = program("stepping", Variant::Debug);
    let last = format!("break {}", program.line("ender-last"));
    let session = run(&program, "ends", &[&last, "run", "next*2"]);
    let last = session.last();
    assert_eq!(last["halt"], "thread_ended", "{}", session.ran.stderr);
    assert_eq!((&last["ended"], &last["thread"]), (&Value::from(2), &Value::from(1)));
}

#[test]
fn a_program_that_is_let_go_runs_to_its_end() {
    let session = session(Variant::Debug, "loops", &["break loops", "run", "detach", "next"]);
    assert!(session.ran.stderr.contains("was let go"));
    assert!(session.ran.stderr.contains("the program is not running"));
}

/// The lines that gdb stops at, from a breakpoint at a function on.
fn lines_of_gdb(program: &Program, word: &str, function: &str, steps: usize) -> Vec<String> {
    let mut gdb = std::process::Command::new("gdb");
    gdb.args(["-q", "-nx", "-batch", "-ex", "set width 0", "-ex", "set debuginfod enabled off"]);
    gdb.args(["-ex", &format!("break stepping::{function}"), "-ex", &format!("run {word}")]);
    (0..steps).for_each(|_| {
        gdb.args(["-ex", "next"]);
    });
    let output = gdb.arg(&program.executable).output().expect("gdb is installed");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let number = |line: &str| line.split_once('\t')?.0.parse::<u32>().ok();
    text.lines().filter_map(number).map(|line| line.to_string()).collect()
}

/// gdb stops twice on a line that has code without a line in its middle, as a checked addition has.
#[test]
fn next_visits_the_lines_that_gdb_visits_and_each_once() {
    if !support::installed("gdb") {
        return;
    }
    let program = program("stepping", Variant::Debug);
    for (word, steps) in [("loops", 9), ("calls", 5), ("macros", 4), ("matches", 5)] {
        let mut expected = lines_of_gdb(&program, word, word, 2 * steps);
        expected.dedup();
        expected.truncate(steps + 1);
        let start = format!("break {word}");
        let next = format!("next*{steps}");
        let ours = run(&program, word, &[&start, "run", &next]);
        let line = |halt: &Value| halt["frame"]["at"]["line"].to_string();
        let ours: Vec<_> = ours.halts().map(line).collect();
        assert_eq!(ours, expected, "{word}");
    }
}

#[test]
fn an_interrupt_stops_the_program_and_loses_nothing() {
    let program = program("stepping", Variant::Debug);
    let launch = Launch::new(&program.executable).arg("endless");
    let mut session =
        freehold::session::Session::open(launch, Settings::default()).expect("opened");
    let interrupter = session.interrupter();
    assert!(!interrupter.interrupt(), "nothing runs");
    let asking = std::thread::spawn(move || {
        // It is asked again until the program runs, and once only from then on.
        while !interrupter.interrupt() {
            std::thread::yield_now();
        }
    });
    let halt = session.start().expect("started").clone();
    asking.join().expect("it has asked");
    assert!(matches!(halt, Halt::Interrupted { .. }), "{halt:?}");
    session.break_once("endless").expect("a breakpoint");
    let halt = session.resume().expect("resumed").clone();
    assert!(matches!(halt, Halt::Breakpoint { .. }), "{halt:?}");
    let halt = session.next_with(3, &mut |_: &Event| {}).expect("stepped").clone();
    assert!(matches!(halt, Halt::Step { .. }), "{halt:?}");
    let line = session.frame().expect("a frame").at.line;
    assert_eq!(line, Some(program.line("endless-loop")));
}
