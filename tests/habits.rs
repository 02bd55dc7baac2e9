//! What people who know another debugger type without thinking, and what they read.

mod support;

use support::debug::text;
use support::{Variant, freehold, program};

#[track_caller]
fn at_words(commands: &[&str]) -> String {
    text(&program("looking", Variant::Debug), "also", commands)
}

#[test]
fn where_alone_is_a_backtrace_and_threads_are_listed_by_their_word() {
    let backtrace = at_words(&["backtrace"]);
    assert!(backtrace.contains("0  main  looking.rs"), "{backtrace}");
    assert_eq!(at_words(&["where"]), backtrace);
    let threads = at_words(&["info threads"]);
    assert!(threads.contains("1  looking  main  looking.rs"), "{threads}");
    assert_eq!(at_words(&["threads"]), threads);
}

#[test]
fn a_frame_is_found_by_its_function() {
    let program = program("looking", Variant::Debug);
    let found = text(&program, "bottom", &["frame function main", "frame function nothing"]);
    let deep = format!("looking.rs:{}", program.line("deep"));
    assert!(found.contains(&format!("main  {deep}")), "{found}");
    assert!(found.contains("no frame is of a function `nothing`"), "{found}");
    // Of several, the innermost.
    let found = text(&program, "bottom", &["up 2", "frame function down"]);
    assert!(found.contains("  0  down"), "{found}");
}

#[test]
fn a_variable_has_its_type_before_it_has_a_value() {
    let typed = at_words(&["whatis sum", "ptype shape", "print sum"]);
    assert!(typed.starts_with("f64\nenum Shape {"), "{typed}");
    assert!(typed.contains("    Circle(f64),\n    Named {\n"), "{typed}");
    assert!(typed.contains("`sum` is not yet initialised"), "{typed}");
}

#[test]
fn a_setting_that_there_is_not_suggests_those_that_there_are() {
    let told = at_words(&["set context on", "set widht 3", "set sum 3"]);
    for part in ["no setting `context`", "`context-at-stop`", "no setting `widht`", "`width`"] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn what_is_too_long_for_a_line_goes_on_in_the_next() {
    let program = program("looking", Variant::Debug);
    let executable = program.executable.display().to_string();
    let line = format!("break looking.rs:{}", program.line("in-twice"));
    let commands = ["rbreak ^looking::twice", &line, "run", "info breakpoints", "help break"];
    let mut args = vec!["debug", "--batch", "--width", "40"];
    commands.iter().for_each(|command| args.extend(["-e", command]));
    args.push(&executable);
    let ran = freehold(args);
    assert!(ran.stderr.lines().all(|line| line.chars().count() <= 40), "{}", ran.stderr);
    let whole = ran.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    // Both instances of the function are at one place.
    assert!(whole.contains("reached 1 time") && whole.contains("in 2 instances"), "{whole}");
    assert!(whole.contains("move EXPR] [thread N] [if CONDITION]"), "{whole}");
}

#[test]
fn two_runs_that_fork_print_the_same() {
    let program = program("forking", Variant::Debug);
    let executable = program.executable.display().to_string();
    let run = |mode: &str| {
        let mode = format!("set follow-fork-mode {mode}");
        let commands = [mode.as_str(), "break both", "run", "bt", "info program", "continue"];
        let mut args = vec!["debug", "--batch", "--no-ledger"];
        commands.iter().for_each(|command| args.extend(["-e", command]));
        args.extend([executable.as_str(), "--", "fork"]);
        freehold(args).stderr
    };
    for (mode, told) in [("parent", "its child was let go"), ("child", "its child is followed")] {
        let first = run(mode);
        assert!(first.contains(told), "{first}");
        assert_eq!(first, run(mode));
    }
}

#[test]
fn watchpoints_have_a_list_of_their_own_and_say_how_much_they_take() {
    let commands = ["watch words", "break area", "info watchpoints", "watch bytes"];
    let told = text(&program("looking", Variant::Debug), "area", &commands);
    let words = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("3 are in use: `bytes` takes 2"), "{told}");
    assert!(told.contains("  2  words: Vec<String>") && !told.contains("  3  area"), "{told}");
}

#[test]
fn only_who_sets_a_breakpoint_is_told_of_places_that_come_later() {
    let told = at_words(&["break nothing_called_so"]);
    assert!(told.contains("with --pending"), "{told}");
    let told = at_words(&["disassemble nothing_called_so", "advance nothing_called_so"]);
    assert!(told.contains("no function is called") && !told.contains("--pending"), "{told}");
}
