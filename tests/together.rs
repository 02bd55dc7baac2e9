//! What parts of a session do together: steps into forks and execs, catchpoints that a step meets,
//! core files under commands that need a process, settings and transcripts.

mod support;

use support::{Program, Ran, Variant, freehold, program};

/// `freehold debug --batch` of a program in one of its ways, with commands.
#[track_caller]
fn debug(program: &Program, way: &str, commands: &[&str]) -> Ran {
    let mut args = vec!["debug", "--batch", "--keep-going"];
    commands.iter().for_each(|command| args.extend(["-e", command]));
    args.extend([program.executable.to_str().expect("plain text"), "--", way]);
    freehold(args)
}

fn forking() -> Program {
    program("forking", Variant::Debug)
}

fn stops() -> Program {
    program("stops", Variant::Debug)
}

/// The texts in the order in which they must stand.
#[track_caller]
fn says(ran: &Ran, texts: &[&str]) {
    let mut rest = ran.stderr.as_str();
    for text in texts {
        let Some(at) = rest.find(text) else { panic!("{text:?} is not in:\n{}", ran.stderr) };
        rest = &rest[at + text.len()..];
    }
}

#[test]
fn a_step_over_an_exec_ends_at_the_breakpoint_of_the_new_program() {
    let commands = ["tbreak both", "run", "finish", "break both", "next", "next", "continue"];
    let ran = debug(&forking(), "exec", &commands);
    says(&ran, &["Returned from both", "executes", "Breakpoint 2, both", "code 5"]);
    assert_eq!(ran.code, 5);
}

#[test]
fn an_exec_is_caught_where_the_breakpoints_of_the_new_program_are_planted() {
    let commands = ["catch exec", "run", "break both", "info breakpoints", "continue", "print who"];
    let ran = debug(&forking(), "exec", &commands);
    says(&ran, &["Catchpoint 1", "Breakpoint 2 at both", "Breakpoint 2, both", "\"executed\""]);
    assert!(!ran.stderr.contains("no place"), "{}", ran.stderr);
}

#[test]
fn a_step_over_a_fork_goes_on_in_the_child_that_is_followed() {
    let commands =
        ["break fork_once", "set follow-fork-mode child", "run", "next", "print child", "next"];
    let ran = debug(&forking(), "fork", &commands);
    let child = ["if child == 0", "$1: i32 = 0", "#child-ticks"];
    says(&ran, &[&["Breakpoint 1, fork_once", "is followed;"][..], &child].concat());
    assert!(!ran.stderr.contains("not finished"), "{}", ran.stderr);
}

#[test]
fn a_fork_that_is_caught_stops_in_the_process_that_is_followed() {
    let commands =
        ["set follow-fork-mode child", "catch fork", "run", "break both", "continue", "print who"];
    let ran = debug(&forking(), "fork", &commands);
    says(&ran, &["is followed;", "Catchpoint 1", "Breakpoint 2, both", "\"child\""]);
}

#[test]
fn a_watchpoint_is_kept_in_the_child_that_is_followed() {
    let commands = [
        "break fork_once",
        "set follow-fork-mode child",
        "run",
        "watch TICKED",
        "continue",
        "continue",
    ];
    let ran = debug(&forking(), "fork", &commands);
    says(&ran, &["is followed;", "Watchpoint 2, fork_once", "was 0", "is 1", "code 7"]);
}

#[test]
fn a_step_is_kept_from_its_end_by_a_watchpoint_and_says_so() {
    let program = stops();
    let start = format!("break stops.rs:{}", program.line("call-changes"));
    let inside = format!("tbreak stops.rs:{}", program.line("total-5"));
    let commands = [&*start, &inside, "run", "continue", "watch pair.right", "up", "next"];
    let ran = debug(&program, "", &commands);
    says(&ran, &["Watchpoint 3, changes", "(`next` is not finished)", "was 2", "is 9"]);
}

#[test]
fn a_logpoint_speaks_in_the_middle_of_a_step_without_ending_it() {
    let program = stops();
    let line = format!("tbreak stops.rs:{}", program.line("call-visit"));
    let commands = [&*line, "logpoint visit \"visiting {n}\"", "run", "next", "print sum"];
    let ran = debug(&program, "", &commands);
    says(&ran, &["Temporary breakpoint 1", "visiting 0", "seen.push(n)", "$1: u64 = 0"]);
    assert!(!ran.stderr.contains("not finished"), "{}", ran.stderr);
}

#[test]
fn a_catchpoint_of_system_calls_stops_a_step_on_its_way() {
    let program = stops();
    let line = format!("tbreak stops.rs:{}", program.line("end"));
    let commands = [&*line, "run", "catch syscall write", "next", "delete", "continue"];
    let ran = debug(&program, "", &commands);
    says(&ran, &["Catchpoint 2", "write", "(`next` is not finished)", "code 0"]);
}

#[test]
fn a_core_file_refuses_what_needs_a_process_and_looks_at_the_rest() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("core");
    let gcore = format!("gcore {}", file.display());
    let program = stops();
    let line = format!("break stops.rs:{}", program.line("changes"));
    let wrote = debug(&program, "", &[&line, "run", &gcore]);
    says(&wrote, &["Wrote "]);
    let mut args = vec!["core", "--batch", "--keep-going"];
    for command in ["print total", "step", "watch total", "continue", "slots", "show width"] {
        args.extend(["-e", command]);
    }
    args.push(file.to_str().expect("plain text"));
    let ran = freehold(args);
    says(&ran, &["$1: u32 = 0", "core file", "core file", "core file", "total"]);
}

#[test]
fn settings_of_every_part_are_set_and_shown_in_one_way() {
    let commands = [
        "set follow-fork-mode child",
        "show follow-fork-mode",
        "set step-into-all on",
        "show step-into-all",
        "set context-at-stop maybe",
        "set follow-exec-mode old",
        "show detach-on-fork",
    ];
    let ran = debug(&stops(), "", &commands);
    says(&ran, &["child\n", "on\n", "neither on nor off", "`old`", "on\n"]);
}

#[test]
fn commands_of_a_breakpoint_do_scripts_that_expect_something() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("check.fh");
    std::fs::write(&script, "expect n < 2\n").expect("a file");
    let attach = format!("commands {{ source {}; continue }}", script.display());
    let program = stops();
    let mut args = vec!["debug", "--batch"];
    for command in ["break visit", &attach, "run"] {
        args.extend(["-e", command]);
    }
    args.push(program.executable.to_str().expect("plain text"));
    let ran = freehold(args);
    says(&ran, &["`n < 2` does not hold", "check.fh:1", "n = 2"]);
    assert_eq!(ran.code, 1);
}
