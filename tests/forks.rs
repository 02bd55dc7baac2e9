//! Forks, execs and ends under the debugger: which process it goes on with, and that both are sane.

mod support;

use support::{Program, Ran, Variant, freehold, program};

/// How often each of the stress programs runs.
const ROUNDS: u32 = 10;

fn forking() -> Program {
    program("forking", Variant::Debug)
}

/// `freehold debug --batch` of the program in one of its ways, with commands.
#[track_caller]
fn debug(way: &str, commands: &[&str]) -> Ran {
    let program = forking();
    let mut args = vec!["debug", "--batch", "--no-ledger"];
    commands.iter().for_each(|command| args.extend(["-e", command]));
    args.extend([program.executable.to_str().expect("plain text"), "--", way]);
    freehold(args)
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
fn the_parent_is_followed_and_its_child_is_let_go_clean() {
    let ran = debug("fork", &["break both", "run", "print who", "continue"]);
    says(&ran, &["forked; its child", "was let go", "Breakpoint 1, both", "\"parent\"", "code 0"]);
    assert_eq!((ran.stdout.as_str(), ran.code), ("good\n", 0));
    assert!(!ran.stderr.contains("\"child\""), "{}", ran.stderr);
}

#[test]
fn the_child_is_followed_under_the_same_breakpoints_and_its_parent_is_let_go_clean() {
    let commands =
        ["break both", "set follow-fork-mode child", "run", "print who", "bt", "continue"];
    let ran = debug("fork", &commands);
    let line = format!("Breakpoint 1, both at forking.rs:{}", forking().line("both"));
    says(&ran, &["is followed;", "was let go", &line, "\"child\"", "fork_once", "main", "code 7"]);
    assert_eq!(ran.code, 7);
}

#[test]
fn a_child_that_a_thread_forks_has_that_thread_alone_and_its_number() {
    for _ in 0..ROUNDS {
        let commands = ["break both", "set follow-fork-mode child", "run", "print who", "continue"];
        let ran = debug("fork-in-thread", &commands);
        says(&ran, &["is followed;", "Breakpoint 1, both", "thread 5", "\"child\"", "code 9"]);
        assert_eq!(ran.code, 9, "{}", ran.stderr);
    }
}

#[test]
fn the_parent_of_a_followed_child_runs_on_to_its_end() {
    let program = forking();
    let dir = tempfile::tempdir().expect("a folder");
    // A shell is the parent's parent: it waits for it, and says how it ended.
    let script = "exec 3>&1; \"$0\" debug --batch --no-ledger -e 'break both' \
                  -e 'set follow-fork-mode child' -e run -e continue \"$1\" -- fork >&3";
    let output = std::process::Command::new("sh")
        .current_dir(dir.path())
        .args(["-c", script, env!("CARGO_BIN_EXE_freehold")])
        .arg(&program.executable)
        .output()
        .expect("sh starts");
    // The pipe ends when the parent, which has it too, has ended.
    assert_eq!(String::from_utf8_lossy(&output.stdout), "good\n");
}

#[test]
fn the_child_of_a_vfork_is_followed_from_the_program_that_it_executes() {
    for _ in 0..ROUNDS {
        let commands = ["break both", "set follow-fork-mode child", "run", "print who", "continue"];
        let ran = debug("spawn", &commands);
        says(&ran, &["is followed;", "executes", "Breakpoint 1, both", "\"executed\"", "code 5"]);
        assert_eq!(ran.code, 5, "{}", ran.stderr);
    }
}

#[test]
fn the_child_of_a_vfork_runs_free_where_the_parent_is_followed() {
    for _ in 0..ROUNDS {
        let ran = debug("spawn", &["break both", "run", "print who", "continue"]);
        says(&ran, &["was let go", "Breakpoint 1, both", "\"parent\"", "code 0"]);
        assert_eq!((ran.stdout.as_str(), ran.code), ("good\n", 0), "{}", ran.stderr);
    }
}

#[test]
fn breakpoints_are_planted_again_in_the_program_that_is_executed() {
    let commands = ["break both", "run", "print who", "continue", "print who", "continue"];
    let ran = debug("exec", &commands);
    says(&ran, &["\"before\"", "executes", "Breakpoint 1, both", "\"executed\"", "code 5"]);
    assert_eq!(ran.code, 5);
}

#[test]
fn signals_on_the_way_into_a_new_program_do_not_keep_its_breakpoints_from_it() {
    for _ in 0..ROUNDS {
        let commands = ["handle SIGUSR1 nostop noprint", "break both", "run", "print who"];
        let ran = debug("exec-signals", &[&commands[..], &["continue"]].concat());
        says(&ran, &["executes", "Breakpoint 1, both", "\"executed\"", "code 5"]);
        assert_eq!(ran.code, 5, "{}", ran.stderr);
    }
}

#[test]
fn a_signal_that_stops_the_program_on_its_way_into_a_new_one_leaves_the_breakpoints_there() {
    let commands = ["break both", "run", "handle SIGUSR1 nostop noprint", "continue", "print who"];
    let ran = debug("exec-signals", &commands);
    says(&ran, &["SIGUSR1", "Breakpoint 1, both", "\"executed\""]);
}

#[test]
fn a_system_call_is_caught_in_the_child_that_is_followed_too() {
    let child = format!("tbreak forking.rs:{}", forking().line("endless-tick"));
    let set = ["set follow-fork-mode child", &child, "catch syscall getppid", "run"];
    let ran = debug("fork-endless", &[&set[..], &["continue", "continue", "kill"]].concat());
    says(&ran, &["is followed;", "Breakpoint 1", "system call getppid begins", "returned"]);
}

#[test]
fn a_program_that_threads_run_in_is_replaced_in_the_middle_of_their_stops() {
    for round in 0..ROUNDS {
        let commands = ["break both", "tbreak tick", "run", "continue", "print who", "continue"];
        let ran = debug("exec-threads", &commands);
        says(&ran, &["tick", "executes", "Breakpoint 1, both", "\"executed\"", "code 5"]);
        assert_eq!(ran.code, 5, "{round}: {}", ran.stderr);
    }
}

#[test]
fn a_program_ends_in_the_middle_of_its_threads_stops() {
    for round in 0..ROUNDS {
        let mut commands = vec!["break tick", "run"];
        commands.extend(["continue"; 12]);
        commands.extend(["delete", "continue"]);
        let ran = debug("exit-threads", &commands);
        says(&ran, &["Breakpoint 1, tick", "The program ended with code 6"]);
        assert_eq!(ran.code, 6, "{round}: {}", ran.stderr);
    }
}

#[test]
fn in_a_storm_of_forks_every_child_is_let_go_clean() {
    for round in 0..ROUNDS {
        let ran = debug("storm", &["break both", "break tick", "run"]);
        assert_eq!((ran.stdout.as_str(), ran.code), ("good\n", 0), "{round}: {}", ran.stderr);
        assert_eq!(ran.stderr.matches("was let go").count(), 20, "{round}: {}", ran.stderr);
    }
}

#[test]
fn in_a_storm_of_forks_one_child_is_followed_to_its_end() {
    for round in 0..ROUNDS {
        let ran = debug("storm", &["break both", "set follow-fork-mode child", "run", "continue"]);
        says(&ran, &["is followed;", "Breakpoint 1, both", "The program ended with code"]);
        assert!((0..20).contains(&ran.code), "{round}: {}", ran.stderr);
    }
}

/// Runs some of the rounds of the signals, each of which takes seconds.
#[track_caller]
fn signals_arrive_once_each(rounds: std::ops::Range<u32>) {
    for round in rounds {
        let mut commands = vec!["break tick", "run"];
        commands.extend(["continue"; 30]);
        commands.push("delete");
        // Each signal is a stop too, unless breakpoints came first; there are 200.
        commands.extend(["continue"; 201]);
        let mut args = vec!["--keep-going"];
        args.extend(commands.iter().flat_map(|command| ["-e", command]));
        let program = forking();
        let executable = program.executable.to_str().expect("plain text");
        let mut all = vec!["debug", "--batch", "--no-ledger"];
        all.extend(args);
        all.extend([executable, "--", "signals"]);
        let ran = freehold(all);
        assert_eq!(ran.stdout, "good\n", "{round}: {}", ran.stderr);
    }
}

#[test]
fn signals_arrive_once_each_while_threads_stop() {
    signals_arrive_once_each(0..ROUNDS / 2);
}

/// The other rounds, beside the first.
#[test]
fn signals_arrive_once_each_in_two_debuggers_at_a_time() {
    signals_arrive_once_each(ROUNDS / 2..ROUNDS);
}

#[test]
fn a_program_that_is_run_again_after_an_exec_is_the_one_that_was_asked_for() {
    let commands =
        ["break both", "set follow-exec-mode new", "run", "continue", "run", "print who"];
    let ran = debug("exec", &commands);
    says(&ran, &["executes", "Breakpoint 1, both", "Breakpoint 1, both", "\"before\""]);
}

#[test]
fn settings_that_cannot_be_are_refused_with_what_can() {
    let ran = debug("fork", &["set detach-on-fork on", "set detach-on-fork off"]);
    says(&ran, &["Freehold follows one process", "`set follow-fork-mode child`"]);
    let ran = debug("fork", &["set follow-fork-mode chlid"]);
    says(
        &ran,
        &["`follow-fork-mode` cannot be `chlid`", "did you mean `child`?", "parent or child"],
    );
}
