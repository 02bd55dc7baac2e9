//! Breakpoints, watchpoints and catchpoints by their effect, through `freehold debug --batch`.

mod support;

use std::path::Path;

use serde_json::Value;
use support::{Program, Ran, Variant, normalise, program, program_with};

/// Runs commands on a program, and gives back what was left behind.
#[track_caller]
fn debug_with(program: &Program, commands: &[&str], args: &[&str]) -> Ran {
    let mut words = vec!["debug".to_owned(), "--batch".to_owned(), "--width=100".to_owned()];
    words.extend(commands.iter().flat_map(|command| ["-e".to_owned(), (*command).to_owned()]));
    words.push(program.executable.display().to_string());
    words.push("--".to_owned());
    words.extend(args.iter().map(|arg| (*arg).to_owned()));
    support::freehold(words)
}

/// What a session says, without colours and with the names of files alone.
#[track_caller]
fn debug(program: &Program, commands: &[&str]) -> String {
    let ran = debug_with(program, commands, &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    normalise(&ran.stderr)
}

fn stops() -> Program {
    program("stops", Variant::Debug)
}

/// The lines that begin so.
fn lines<'t>(text: &'t str, begin: &str) -> Vec<&'t str> {
    text.lines().filter(|line| line.starts_with(begin)).collect()
}

/// The values that `print` has shown.
fn printed(text: &str) -> Vec<&str> {
    let shown = text.lines().filter(|line| line.starts_with('$'));
    shown.filter_map(|line| Some(line.split_once(" = ")?.1)).collect()
}

#[track_caller]
fn has(text: &str, part: &str) {
    assert!(text.contains(part), "no {part:?} in:\n{text}");
}

#[test]
fn a_condition_stops_where_it_holds_and_nowhere_else() {
    let condition = "break visit if n > 2 && name == \"odd\" && seen.len() < 6";
    let said = debug(&stops(), &[condition, "run", "print n", "continue", "print n", "continue"]);
    assert_eq!(printed(&said), ["3", "5"]);
    has(&said, "The program ended with code 0.");
}

#[test]
fn a_condition_is_changed_and_taken_away() {
    let commands = [
        "break visit",
        "condition 1 n == 8",
        "run",
        "print n",
        "condition 1",
        "continue",
        "print n",
    ];
    assert_eq!(printed(&debug(&stops(), &commands)), ["8", "9"]);
}

#[test]
fn a_condition_in_the_middle_of_a_function_knows_its_variables() {
    let stops = stops();
    let at = format!("break stops.rs:{} if total == 5 && list[1] == 21", stops.line("total-6"));
    let said = debug(&stops, &[&at, "run", "print total"]);
    assert_eq!(printed(&said), ["5"]);
    let never = format!("break stops.rs:{} if total == 6", stops.line("total-6"));
    has(&debug(&stops, &[&never, "run"]), "The program ended with code 0.");
}

#[test]
fn a_condition_that_cannot_be_evaluated_stops_and_says_why() {
    let said = debug(&stops(), &["break visit if nosuch == 1", "run", "print n"]);
    has(&said, "the condition `nosuch == 1` of breakpoint 1 cannot be evaluated");
    has(&said, "nothing is called `nosuch` here");
    assert_eq!(printed(&said), ["0"]);
    let said = debug(&stops(), &["break visit if n + 1", "run", "print n"]);
    has(&said, "a condition is a bool");
    assert_eq!(printed(&said), ["0"]);
}

#[test]
fn a_condition_is_not_decided_by_the_stale_bytes_of_what_was_moved() {
    let stops = stops();
    let at = format!("break stops.rs:{} if text.len() == 4", stops.line("after-move"));
    let said = debug(&stops, &[&at, "run", "print taken"]);
    has(&said, "cannot be evaluated");
    has(&said, "`text` is moved to take::text");
    assert_eq!(printed(&said), ["3"]);
}

#[test]
fn a_breakpoint_is_ignored_as_often_as_asked_and_counts_those_times() {
    let commands =
        ["break visit if n % 2 == 0", "ignore 1 3", "run", "print n", "info breakpoints"];
    let said = debug(&stops(), &commands);
    assert_eq!(printed(&said), ["6"]);
    has(&said, "reached 4 times");
}

#[test]
fn a_temporary_breakpoint_stops_once() {
    let said = debug(&stops(), &["tbreak visit", "run", "print n", "info breakpoints", "continue"]);
    assert_eq!(printed(&said), ["0"]);
    has(&said, "There are no breakpoints.");
    has(&said, "The program ended with code 0.");
}

#[test]
fn breakpoints_are_disabled_and_enabled_for_once_and_for_good() {
    let commands = [
        "break visit",
        "break visit if n == 2",
        "break visit if n == 4",
        "disable 1",
        "run",
        "print n",
        "enable once 1",
        "continue",
        "print n",
        "continue",
        "print n",
        "disable",
        "enable delete 1",
        "continue",
        "print n",
        "info breakpoints",
        "continue",
    ];
    let said = debug(&stops(), &commands);
    assert_eq!(printed(&said), ["2", "3", "4", "5"]);
    has(&said, "The program ended with code 0.");
    assert!(!said.lines().rev().take(6).any(|line| line.starts_with("  1  ")), "{said}");
}

#[test]
fn deleted_breakpoints_stop_nothing_and_their_numbers_are_checked() {
    let commands = ["break visit", "break early", "break changes", "delete 1-2", "run", "bt 1"];
    let said = debug(&stops(), &commands);
    assert_eq!(lines(&said, "Breakpoint 3, changes").len(), 1, "{said}");
    let ran = debug_with(&stops(), &["delete 7"], &[]);
    assert_eq!(ran.code, 2);
    has(&ran.stderr, "there is no breakpoint 7");
}

#[test]
fn what_stops_at_a_place_is_cleared_by_the_place_however_it_was_named() {
    let commands =
        ["break visit", "break early", "break changes", "clear early", "run", "clear", "continue"];
    let said = debug(&stops(), &commands);
    assert_eq!(lines(&said, "Deleted breakpoint 2.").len(), 1, "{said}");
    assert_eq!(lines(&said, "Deleted breakpoint 1.").len(), 1, "{said}");
    assert_eq!(lines(&said, "Breakpoint 1, visit").len(), 1, "{said}");
    assert_eq!(lines(&said, "Breakpoint 3, changes").len(), 1, "{said}");
    let ran = debug_with(&stops(), &["break visit", "clear early"], &[]);
    has(&ran.stderr, "there is no breakpoint at that place");
}

#[test]
fn a_step_goes_on_over_breakpoints_whose_conditions_do_not_hold() {
    let commands = ["tbreak visit", "break visit if n > 3", "run", "finish", "print n", "finish"];
    let said = debug(&stops(), &commands[..4]);
    assert_eq!(lines(&said, "Returned from visit").len(), 1, "{said}");
    // `advance` passes the second and third visit, whose condition does not hold.
    let passing = ["break early if n > 100", "break visit if n > 3", "tbreak visit", "run"];
    let said = debug(&stops(), &[&passing[..], &["up", "advance changes", "print n"]].concat());
    assert_eq!(printed(&said), ["4"], "{said}");
    has(&said, "(`advance` is not finished)");
}

#[test]
fn every_instance_of_a_generic_function_is_meant_or_the_one_with_its_arguments() {
    let said = debug(&stops(), &["break largest", "run", "print a", "continue", "print a"]);
    has(&said, "Breakpoint 1 at 2 places");
    assert_eq!(printed(&said), ["1", "30"]);
    let said = debug(&stops(), &["break largest::<u64>", "run", "print a", "continue"]);
    assert_eq!(printed(&said), ["30"]);
    has(&said, "The program ended with code 0.");
    let ran = debug_with(&stops(), &["break largest::<i128>"], &[]);
    has(&ran.stderr, "no function is called `largest::<i128>`");
}

#[test]
fn closures_are_named_by_their_function_and_their_number() {
    let stops = stops();
    let said = debug(&stops, &["break stops::main::{closure}", "run", "print x", "c", "print x"]);
    has(&said, "at 2 places");
    assert_eq!(printed(&said), ["5", "5"]);
    let said = debug(&stops, &["break main::{closure#1}", "run", "continue"]);
    let line = stops.line("subtract-closure");
    has(&said, &format!("Breakpoint 1, main::{{{{closure}}}} at stops.rs:{line}"));
    has(&said, "The program ended with code 0.");
}

#[test]
fn methods_are_named_by_type_by_trait_and_by_both() {
    let stops = stops();
    for (name, places) in [
        ("Dog::speak", "at <Dog as Speak>::speak"),
        ("<Cat as Speak>::speak", "at <Cat as Speak>::speak"),
        ("Speak::speak", "at 2 places"),
        ("speak", "at 2 places"),
    ] {
        has(&debug(&stops, &[&format!("break {name}")]), &format!("Breakpoint 1 {places}"));
    }
}

#[test]
fn a_function_that_is_always_inlined_stops_at_each_of_its_copies_in_its_own_frame() {
    for variant in [Variant::Debug, Variant::Opt] {
        let stops = program("stops", variant);
        let commands = ["break twice", "run", "bt 2", "continue", "bt 2", "continue"];
        let said = debug(&stops, &commands);
        has(&said, "Breakpoint 1 at 2 places");
        let frames: Vec<_> = said.lines().filter(|line| line.starts_with("▸ 0  twice")).collect();
        assert_eq!(frames.len(), 2, "{said}");
        assert!(frames.iter().all(|frame| frame.contains("inlined")));
        for marker in ["first-twice", "second-twice"] {
            has(&said, &format!("  1  main  stops.rs:{}", stops.line(marker)));
        }
        has(&said, "The program ended with code 0.");
    }
}

#[test]
fn a_condition_in_an_inlined_copy_sees_the_parameters_of_the_inlined_function() {
    let said = debug(&stops(), &["break twice if x == 4", "run", "print x", "bt 2", "continue"]);
    has(&said, &format!("main  stops.rs:{}", stops().line("second-twice")));
    has(&said, "The program ended with code 0.");
}

#[test]
fn functions_are_chosen_by_regular_expression() {
    let said = debug(&stops(), &["rbreak ^stops::(early|changes)$", "run", "continue", "info b"]);
    has(&said, "Breakpoint 1 at 2 places");
    assert_eq!(lines(&said, "Breakpoint 1, early").len(), 2);
    has(&said, "reached 2 times");
    let ran = debug_with(&stops(), &["rbreak ("], &[]);
    has(&ran.stderr, "`(` is not a regular expression: unclosed group");
}

#[test]
fn a_return_stops_with_the_value_wherever_the_function_returns() {
    for variant in [Variant::Debug, Variant::Opt] {
        let stops = program("stops", variant);
        let said = debug(&stops, &["break --ret early", "run", "c", "c", "c"]);
        assert_eq!(lines(&said, "  returns "), ["  returns -1", "  returns 0", "  returns 50"]);
        has(&said, "The program ended with code 0.");
    }
    let said = debug(&stops(), &["rbreak --ret ^<stops::", "run", "c"]);
    assert_eq!(lines(&said, "  returns "), ["  returns 1", "  returns 2"]);
    let ran = debug_with(&stops(), &["break --ret twice"], &[]);
    has(&ran.stderr, "it has no return to stop at");
}

#[test]
fn a_logpoint_says_its_message_and_does_not_stop() {
    let message = "logpoint early \"n={n} hex={n:x} {{{n + 1}}}\" if n >= 0";
    let said = debug(&stops(), &[message, "run"]);
    assert_eq!(lines(&said, "n="), ["n=0 hex=0x0 {1}", "n=5 hex=0x5 {6}"]);
    has(&said, "The program ended with code 0.");
    let said = debug(&stops(), &["logpoint visit \"{name} {seen.len()}\" if n < 2", "run"]);
    assert!(said.contains("\"even\" 0\n\"odd\" 1\n"), "{said}");
    let ran = debug_with(&stops(), &["logpoint visit \"{\""], &[]);
    has(&ran.stderr, "a `{` has no `}`");
}

#[test]
fn commands_are_done_at_each_stop_and_end_where_the_program_runs_on() {
    let commands = [
        "break visit if n < 3",
        "commands 1 { silent; print n * 100; continue; print 77 }",
        "break changes",
        "commands { print 55 }",
        "run",
        "print 66",
    ];
    let said = debug(&stops(), &commands);
    assert_eq!(printed(&said), ["0", "100", "200", "55", "66"]);
    assert!(!said.contains("Breakpoint 1, "), "silent: {said}");
    assert_eq!(lines(&said, "Breakpoint 2, changes").len(), 1);
}

#[test]
fn commands_stand_on_lines_of_their_own_in_a_script() {
    let dir = tempfile::tempdir().expect("a folder");
    let script = dir.path().join("session.fh");
    let text = "# a comment\nbreak visit if n == 1\ncommands\n  print n + 40\n  bt 1\nend\nrun\n\
                print 2\n";
    std::fs::write(&script, text).expect("written");
    let stops = stops();
    let ran = support::freehold([
        Path::new("debug"),
        Path::new("--batch"),
        Path::new("-x"),
        &script,
        &stops.executable,
    ]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(printed(&ran.stderr), ["41", "2"]);
}

#[test]
fn what_was_set_is_listed_with_its_terms() {
    let commands = [
        "break visit thread 1 if n == 7",
        "ignore 1 2",
        "tbreak early",
        "rbreak ^<stops::",
        "commands { print 1 }",
        "disable 3",
        "logpoint changes \"here\"",
        "break --pending nowhere",
        "break --ret early",
        "catch syscall write",
        "info breakpoints",
    ];
    let said = debug(&stops(), &commands);
    let listed = said.lines().skip_while(|line| !line.contains("system call write")).skip(1);
    let program = stops();
    let line = |marker| program.line(marker);
    let expected = format!(
        "  1  visit at stops.rs:{visit}\n     if n == 7\n     in thread 1 alone\n     ignored 2 times \
         more\n  2  early at stops.rs:{early}\n     deleted when it stops\n  3  <Cat as Speak>::speak \
         at stops.rs:{cat}  disabled\n     <Dog as Speak>::speak at stops.rs:{dog}\n     does print \
         1\n  4  changes at stops.rs:{changes}\n     says \"here\"\n  5  nowhere  pending\n  6  early \
         at stops.rs:{early_end}\n     where it returns\n  7  catch system call write",
        visit = line("in-visit") - 1,
        early = line("negative") - 1,
        cat = line("cat"),
        dog = line("dog"),
        changes = line("changes") - 4,
        early_end = line("positive") + 1,
    );
    assert_eq!(listed.collect::<Vec<_>>().join("\n"), expected);
}

#[test]
fn breakpoints_are_saved_as_a_script_that_sets_them_again() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("saved.fh");
    let save = format!("save breakpoints {}", file.display());
    let stops = stops();
    let line = format!("break stops.rs:{}", stops.line("total-6"));
    let set = [
        "break visit if n == 7 && name == \"odd\"",
        "ignore 1 1",
        "commands 1 { print n; continue }",
        "logpoint early \"a \\\"quote\\\" {n}\"",
        "tbreak largest::<u64>",
        "rbreak --ret ^<stops::",
        "disable 4",
        "enable once 2",
        "break --pending nowhere",
        "catch panic",
        "catch signal SIGUSR1",
        &line,
    ];
    let listing = |said: &str| {
        let all: Vec<_> = said.lines().map(str::to_owned).collect();
        let from = all.iter().rposition(|line| line.starts_with("  1  ")).expect("a list");
        all[from..].to_vec()
    };
    let first = debug(&stops, &[&set[..], &["info breakpoints", &save]].concat());
    let replay = support::freehold([
        "debug".as_ref(),
        "--batch".as_ref(),
        "--width=100".as_ref(),
        "-x".as_ref(),
        file.as_os_str(),
        "-e".as_ref(),
        "info breakpoints".as_ref(),
        stops.executable.as_os_str(),
    ]);
    assert_eq!(replay.code, 0, "{replay:?}");
    let mut before = listing(&first);
    has(&before.pop().expect("what was saved"), "Saved 8 breakpoints");
    assert_eq!(listing(&normalise(&replay.stderr)), before);
}

#[test]
fn breakpoints_stay_from_run_to_run() {
    let commands = ["run", "break visit if n == 4", "run", "print n", "run", "print n", "kill"];
    let said = debug(&stops(), &[&["tbreak early"], &commands[..], &["run", "print n"]].concat());
    assert_eq!(printed(&said), ["4", "4", "4"]);
}

#[test]
fn a_pending_breakpoint_is_set_when_its_library_is_loaded_each_time() {
    let plugin = program_with("plugin", "plugin", &["-g", "--crate-type=cdylib"]);
    let loader = program("loads_plugin", Variant::Debug);
    let library = plugin.executable.display().to_string();
    let commands = [
        "break --pending work_in_plugin",
        "info breakpoints",
        "run",
        "print n",
        "bt 2",
        "continue",
        "print n",
        "info breakpoints",
        "continue",
        "run",
        "print n",
    ];
    let ran = debug_with(&loader, &commands, &[&library]);
    let said = normalise(&ran.stderr);
    has(&said, "Breakpoint 1: work_in_plugin  (pending: no loaded file has it)");
    assert_eq!(printed(&said), ["1", "20", "1"]);
    has(&said, "reached 2 times");
    has(&said, &format!("plugin_entry  plugin.rs:{}", plugin.line("entry")));
    let by_line = format!("break --pending plugin.rs:{}", plugin.line("in-plugin"));
    let ran = debug_with(&loader, &[&by_line, "run", "print n"], &[&library]);
    assert_eq!(printed(&ran.stderr), ["1"], "{ran:?}");
    let refused = debug_with(&loader, &["break work_in_plugin"], &[&library]);
    has(&refused.stderr, "with --pending, a library that is loaded later may have it");
}

#[test]
fn the_load_of_a_library_is_caught() {
    let plugin = program_with("plugin", "plugin", &["-g", "--crate-type=cdylib"]);
    let loader = program("loads_plugin", Variant::Debug);
    let library = plugin.executable.display().to_string();
    let commands = ["catch load plugin", "run", "break work_in_plugin", "c", "print n", "c"];
    let ran = debug_with(&loader, &commands, &[&library]);
    has(&ran.stderr, "Catchpoint 1: loaded ");
    assert_eq!(printed(&ran.stderr), ["1"], "{ran:?}");
    assert_eq!(lines(&ran.stderr, "Catchpoint 1: loaded").len(), 2, "{ran:?}");
    let ran = debug_with(&loader, &["catch load nothing_like_it", "run"], &[&library]);
    has(&ran.stderr, "The program ended with code 0.");
}

#[test]
fn a_panic_is_caught_with_its_message_in_the_frame_of_the_user() {
    let panics = program("bad/panics", Variant::Debug);
    let ran = debug_with(&panics, &["catch panic", "run", "bt", "continue"], &[]);
    let said = normalise(&ran.stderr);
    has(&said, "Catchpoint 1: panic \"it is not empty\", fail at panics.rs:5");
    assert!(said.lines().any(|line| line.starts_with('▸') && line.contains("fail")), "{said}");
    assert_eq!(ran.code, 101);
    let caught = program("bad/panics_caught", Variant::Opt);
    let ran = debug_with(&caught, &["catch panic", "run", "continue"], &[]);
    has(&ran.stderr, "Catchpoint 1: panic \"on purpose\"");
    assert_eq!(ran.code, 0);
}

#[test]
fn forks_execs_signals_and_system_calls_are_caught() {
    let forks = program("bad/forks", Variant::Debug);
    let ran = debug_with(&forks, &["catch fork", "run", "continue"], &[]);
    has(&ran.stderr, "Catchpoint 1: fork");
    has(&ran.stderr, "The program ended with code 8.");
    let execs = program("bad/execs", Variant::Debug);
    let ran = debug_with(&execs, &["catch exec", "run", "continue"], &[]);
    has(&ran.stderr, "Catchpoint 1: exec of /");
    has(&ran.stderr, "The program ended with code 9.");
    let segfault = program("bad/segfault", Variant::Debug);
    let ran = debug_with(&segfault, &["catch signal segv", "run", "info breakpoints"], &[]);
    has(&ran.stderr, "Catchpoint 1: signal SIGSEGV: access through a null pointer");
    has(&ran.stderr, "catch signal SIGSEGV  reached 1 time");
    let ran = debug_with(&stops(), &["catch syscall write", "run", "c", "c"], &[]);
    has(&ran.stderr, "Catchpoint 1: system call write begins");
    has(&ran.stderr, &format!("Catchpoint 1: system call write returned {}", ran.stdout.len()));
    has(&ran.stderr, "The program ended with code 0.");
}

#[test]
fn the_begin_and_the_end_of_each_thread_are_caught() {
    let threads = program("threads", Variant::Debug);
    let commands = ["catch thread", "commands { continue }", "run"];
    let said = debug(&threads, &commands);
    let begun = lines(&said, "Catchpoint 1: a thread begins").len();
    let ended = said.lines().filter(|line| line.contains("has ended")).count();
    // Two scoped, one that takes a String, four that share a counter, one that sends.
    assert_eq!((begun, ended), (8, 8), "{said}");
}

#[test]
fn a_breakpoint_of_one_thread_stops_no_other() {
    let crowd = program("crowd", Variant::Debug);
    let said = debug(&crowd, &["logpoint meet \"met {n}\" thread 2", "run"]);
    let mut met: Vec<u64> =
        lines(&said, "met ").iter().filter_map(|line| line[4..].parse().ok()).collect();
    met.sort_unstable();
    assert_eq!(met, (0..10_000).filter(|n| n % 64 == 0).collect::<Vec<_>>());
}

#[test]
fn sixty_four_threads_lose_no_hit_and_none_hangs_in_ten_runs() {
    let crowd = program("crowd", Variant::Debug);
    for _ in 0..10 {
        let commands = ["break meet", "ignore 1 1000000", "run", "info breakpoints"];
        let ran = debug_with(&crowd, &commands, &[]);
        assert_eq!((ran.code, ran.stdout.as_str()), (0, "10000\n"), "{ran:?}");
        has(&ran.stderr, "reached 10,000 times");
    }
}

#[test]
fn sixty_four_threads_are_all_stopped_a_hundred_times_and_lose_no_hit() {
    let crowd = program("crowd", Variant::Debug);
    let commands =
        ["break meet if n % 100 == 0", "commands { silent; print n; continue }", "run", "info b"];
    let ran = debug_with(&crowd, &commands, &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "10000\n"), "{ran:?}");
    let mut seen: Vec<u64> =
        printed(&ran.stderr).iter().filter_map(|value| value.parse().ok()).collect();
    seen.sort_unstable();
    assert_eq!(seen, (0..10_000).step_by(100).collect::<Vec<_>>());
    has(&ran.stderr, "reached 100 times");
}

#[test]
fn stops_are_told_as_json_with_their_reasons() {
    let stops = stops();
    let ran = support::freehold([
        "debug",
        "--batch",
        "--format",
        "json",
        "-e",
        "break --ret early if $rax == 0",
        "-e",
        "run",
        "-e",
        "info breakpoints",
        stops.executable.to_str().expect("a path"),
    ]);
    let told: Vec<Value> =
        ran.stderr.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let of = |kind: &str| told.iter().find(|line| line["answer"] == kind).expect(kind);
    let stopped = of("stopped");
    assert_eq!(stopped["data"]["halt"], "breakpoint", "{stopped}");
    assert_eq!(stopped["data"]["hit"], serde_json::json!([1]));
    assert_eq!(stopped["data"]["returns"]["value"]["text"], "0", "{stopped}");
    let listed = &of("breakpoints")["data"][0];
    assert_eq!((&listed["condition"], &listed["hits"]), (&"$rax == 0".into(), &1.into()));
}
