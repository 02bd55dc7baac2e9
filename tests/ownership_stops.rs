//! Stops for what happens to blocks and values: `break alloc`, `realloc`, `free`, `drop` and `move`,
//! and frees of what is not there to be freed. What is expected follows from the source of the test
//! programs.

mod support;

use serde_json::Value;
use support::{Program, Ran, Variant, freehold, normalise, program};

#[track_caller]
fn ran(program: &Program, options: &[&str], commands: &[&str], args: &[&str]) -> Ran {
    let mut words: Vec<String> =
        ["debug", "--batch", "--keep-going", "--width=100"].map(str::to_owned).into();
    words.extend(options.iter().map(|option| (*option).to_owned()));
    words.extend(commands.iter().flat_map(|command| ["-e".to_owned(), (*command).to_owned()]));
    words.push(program.executable.display().to_string());
    words.push("--".to_owned());
    words.extend(args.iter().map(|arg| (*arg).to_owned()));
    freehold(words)
}

/// What a session says, with the names of files alone.
#[track_caller]
fn said(program: &Program, commands: &[&str]) -> String {
    normalise(&ran(program, &[], commands, &[]).stderr)
}

/// The answers of the commands that stop the program.
#[track_caller]
fn halts(program: &Program, commands: &[&str]) -> Vec<Value> {
    let ran = ran(program, &["--format", "json"], commands, &[]);
    let lines = ran.stderr.lines().map(|line| {
        serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"))
    });
    lines.filter(|line| line["answer"] == "stopped").map(|line| line["data"].clone()).collect()
}

#[track_caller]
fn has(text: &str, part: &str) {
    assert!(text.contains(part), "no {part:?} in:\n{text}");
}

#[test]
fn an_allocation_of_a_size_stops_behind_it_in_the_users_line() {
    let growth = program("growth", Variant::Debug);
    let line = growth.line("reserve");
    let halts = halts(&growth, &["break alloc == 400", "run", "continue"]);
    let [stop, end] = &halts[..] else { panic!("{halts:#?}") };
    let happened = &stop["happened"][0];
    assert_eq!((&stop["halt"], &happened["what"]), (&"ownership".into(), &"alloc".into()));
    assert_eq!((&happened["size"], &happened["by"]["line"]), (&400.into(), &line.into()));
    assert_eq!(stop["frame"]["at"]["function"], "growth::reserved");
    assert_eq!(stop["frame"]["at"]["line"], line);
    assert_eq!(end["halt"], "ended", "there is one block of that size");
    // The block has its number, and is alive.
    let block = format!("history #{}", happened["block"]);
    let text = said(&growth, &["break alloc == 400", "run", &block]);
    has(&text, &format!("Breakpoint 1: alloc of #{}, 400 B, reserved at ", happened["block"]));
    has(&text, "\n  alive\n");
}

#[test]
fn sizes_are_compared_and_every_allocation_can_stop() {
    let growth = program("growth", Variant::Debug);
    let many = |condition: &str| {
        let set = format!("break alloc{condition}");
        let text = said(&growth, &[&set, "ignore 1 100000", "run", "info breakpoints"]);
        let reached = text.split_once("reached ").expect("some were").1;
        reached.split_once(' ').expect("a number").0.parse::<u64>().expect("a number")
    };
    let (all, large, small) = (many(""), many(" >= 400"), many(" < 400"));
    assert!(large >= 1 && small >= 2, "{large} {small}");
    assert_eq!(large + small, all);
}

#[test]
fn a_reallocation_stops_behind_it_with_both_sizes() {
    let growth = program("growth", Variant::Debug);
    let line = growth.line("push");
    let text = said(&growth, &["break realloc == 64", "run", "print numbers.len()"]);
    has(&text, "B → 64 B, pushes at ");
    has(&text, &format!(".rs:{line}\n"));
}

#[test]
fn a_free_stops_before_it_with_the_block_alive() {
    for variant in [Variant::Debug, Variant::Opt] {
        let moved = program("moved", variant);
        let found = halts(&moved, &["break alloc == 16", "run"]);
        let block = found[0]["happened"][0]["block"].as_u64().expect("a block");
        let one = format!("break free #{block}");
        let commands =
            [&one, "run", &format!("heap #{block}"), "continue", &format!("history #{block}")];
        let text = said(&moved, &commands);
        has(&text, &format!("Breakpoint 1: free of #{block}, 16 B, f at "));
        let alloc = moved.line("alloc");
        has(&text, &format!("allocated   main at moved.rs:{alloc}\n"));
        // It was alive when it was looked at, and freed when the program went on.
        has(&text, "hello, ownership");
        has(&text, "The program ended with code 0.");
        has(&text, "\n  freed ");
        let freed = text.matches("\n  freed ").count();
        assert_eq!(freed, 1, "{variant:?}:\n{text}");
    }
}

#[test]
fn a_free_that_is_passed_by_is_followed_all_the_same() {
    let moved = program("moved", Variant::Debug);
    let text = said(&moved, &["break free == 16 if false", "run", "leaks"]);
    has(&text, "The program ended with code 0.");
    assert!(!text.contains("error"), "{text}");
    let ignored = said(&moved, &["break free == 16", "ignore 1 1", "run", "info breakpoints"]);
    has(&ignored, "free == 16  reached 1 time");
}

#[test]
fn terms_and_commands_hold_as_for_any_breakpoint() {
    let growth = program("growth", Variant::Debug);
    let commands = [
        "tbreak realloc == 32",
        "break alloc == 400 thread 2",
        "logpoint realloc \"grows to {numbers.len()}\" if true",
        "break realloc == 64",
        "commands 4\nprint numbers[0]\nend",
        "run",
        "info breakpoints",
        "continue",
        "disable",
        "continue",
    ];
    let text = said(&growth, &commands);
    has(&text, "Temporary breakpoint 1: realloc == 32");
    has(&text, "Breakpoint 1: realloc of #");
    has(&text, "  2  alloc == 400");
    has(&text, "in thread 2 alone");
    has(&text, "grows to 4");
    has(&text, "Breakpoint 4: realloc of #");
    has(&text, "$1: i32 = 1");
    has(&text, "The program ended with code 0.");
}

#[test]
fn all_values_of_a_type_stop_where_they_are_dropped() {
    for variant in [Variant::Debug, Variant::Opt] {
        let order = program("drop_order", variant);
        let halts = halts(&order, &["break drop Guard", "run", "continue", "continue"]);
        for (halt, own) in halts.iter().zip(["_c", "_b", "_a"]) {
            let drop = &halt["happened"][0];
            assert_eq!((&drop["what"], &drop["type"]), (&"drop".into(), &"Guard".into()));
            assert_eq!(halt["frame"]["at"]["function"], "drop_order::in_reverse", "{variant:?}");
            if variant == Variant::Debug {
                assert_eq!(drop["place"], format!("in_reverse::{own}"));
            }
        }
        assert_eq!(halts.len(), 3);
    }
}

#[test]
fn the_drops_of_a_type_that_stop_are_those_that_its_impl_prints() {
    for variant in [Variant::Debug, Variant::Opt] {
        let order = program("drop_order", variant);
        let commands = ["break drop Guard", "ignore 1 100000", "run", "info breakpoints"];
        let ran = ran(&order, &[], &commands, &[]);
        let printed = ran.stdout.lines().filter(|line| line.starts_with("drop Guard ")).count();
        has(&ran.stderr, &format!("drop Guard  reached {printed} times"));
    }
}

#[test]
fn one_value_stops_where_it_is_dropped_and_no_other() {
    let order = program("drop_order", Variant::Debug);
    let here = format!("break drop_order.rs:{}", order.line("declare-a") + 3);
    let commands = [&here, "run", "delete 1", "break drop _b", "continue", "delete", "continue"];
    let text = said(&order, &commands);
    has(&text, "Breakpoint 2: drop of Guard  in_reverse::_b");
    let again = said(&order, &[&here, "run", "delete 1", "break drop _b", "continue", "continue"]);
    has(&again, "The program ended with code 0.");
    has(&again, "Breakpoint 2, drop _b, was deleted: the process has ended.");
}

#[test]
fn a_value_that_was_moved_stops_where_its_block_is_dropped() {
    let moved = program("moved", Variant::Debug);
    let here = format!("break moved.rs:{}", moved.line("move"));
    let text = said(&moved, &[&here, "run", "break drop value", "continue", "continue"]);
    has(&text, "Breakpoint 2: drop of String  f::value");
    has(&text, "The program ended with code 0.");
}

#[test]
fn a_move_stops_at_the_instruction_that_makes_it_and_is_inferred() {
    let moved = program("moved", Variant::Debug);
    let line = moved.line("move");
    let commands = ["break main", "run", "break move value", "continue", "print value", "continue"];
    let text = said(&moved, &commands);
    has(&text, &format!("Breakpoint 2: move value at main at moved.rs:{line}"));
    has(&text, "Breakpoint 2: move of main::value to f::value (inferred), main at ");
    has(&text, "The program ended with code 0.");
}

#[test]
fn a_move_under_a_condition_stops_in_the_call_that_makes_it_and_of_a_struct_its_fields_are_told() {
    let order = program("drop_order", Variant::Debug);
    let line = order.line("give");
    // The function is called twice: the first call moves the variable, the second drops it.
    let commands = [
        "tbreak conditional_move",
        "run",
        "break move guard",
        "continue",
        "info breakpoints",
        "ignore 2 9",
        "continue",
        "info breakpoints",
    ];
    let text = said(&order, &commands);
    let moved = "move of conditional_move::guard to take::guard (inferred), conditional_move at";
    has(&text, &format!("Breakpoint 2: {moved}"));
    has(&text, &format!("drop_order.rs:{line}\n"));
    assert_eq!(text.matches("move guard  reached 1 time").count(), 3, "{text}");
    let commands =
        ["break partly_moved", "run", "break move pair.right", "break move pair", "continue"];
    let text = said(&order, &commands);
    has(&text, "error: where `pair.right` is moved cannot be told");
    has(&text, "Breakpoint 2: move of partly_moved::pair");
    has(&text, " to take::guard (inferred)");
}

#[test]
fn where_a_move_cannot_be_told_it_is_refused_with_the_reason() {
    let moved = program("moved", Variant::Opt);
    let text = said(&moved, &["break f", "run", "break move value"]);
    has(&text, "error: where `value` is moved cannot be told");
    let growth = program("growth", Variant::Debug);
    let here = format!("break growth.rs:{}", growth.line("pushed"));
    let text = said(&growth, &[&here, "run", "break move nothing", "break move numbers"]);
    has(&text, "it is no variable of this function");
    has(&text, "no instruction of its function moves it");
}

#[test]
fn what_there_is_not_is_refused_and_functions_are_named_by_their_path() {
    let twice = program("double_free", Variant::Debug);
    let text = said(&twice, &["break drop Nothing", "break drop Layout", "break alloc > x"]);
    has(&text, "error: no type is called `Nothing`");
    has(&text, "error: nothing drops a `Layout` in this program");
    has(&text, "error: `> x` is no size");
    let line = twice.line("free");
    let text = said(&twice, &["break crate::free", "run"]);
    has(&text, &format!("Breakpoint 1 at free at double_free.rs:{line}"));
    let none = ran(&twice, &["--no-ledger"], &["break alloc"], &[]).stderr;
    has(&none, "error: the heap is not followed");
}

#[test]
fn they_are_saved_as_commands_that_set_them_again() {
    let order = program("drop_order", Variant::Debug);
    let file = tempfile::NamedTempFile::new().expect("a file");
    let save = format!("save breakpoints {}", file.path().display());
    let here = format!("tbreak drop_order.rs:{}", order.line("declare-a") + 3);
    let commands = [
        "break alloc > 1 MiB if false",
        "tbreak free #3",
        &here,
        "run",
        "break drop _b",
        "break drop Holder",
        &save,
    ];
    said(&order, &commands);
    let saved = std::fs::read_to_string(file.path()).expect("it was written");
    let expected =
        "break alloc > 1 MiB if false\ntbreak free #3\n# break drop _b\nbreak drop Holder\n";
    assert_eq!(saved, expected);
    let source = format!("source {}", file.path().display());
    has(&said(&order, &[&source, "info breakpoints"]), "  3  drop Holder");
}

#[test]
fn a_second_free_stops_before_the_allocator_is_called_with_both_histories() {
    for variant in [Variant::Debug, Variant::Opt] {
        let twice = program("double_free", variant);
        let text = said(&twice, &["run", "backtrace"]);
        has(&text, "Double free of #");
        let (alloc, free) = (twice.line("alloc"), twice.line("free"));
        has(&text, &format!("allocated   twice at double_free.rs:{alloc}\n"));
        has(&text, &format!("freed first free at double_free.rs:{free}\n"));
        has(&text, &format!("freed now   free at double_free.rs:{free}\n"));
        let off = ran(&twice, &[], &["set stop-on-bad-free off", "run"], &[]).stderr;
        assert!(!off.contains("Double free of"), "{variant:?}: {off}");
    }
}

#[test]
fn a_free_of_what_is_no_block_stops_and_says_where_the_pointer_leads() {
    let twice = program("double_free", Variant::Debug);
    let ran = ran(&twice, &[], &["run"], &["stack"]);
    has(&ran.stderr, "Free of a pointer that is no block: it leads to stack");
    let line = twice.line("free");
    has(&normalise(&ran.stderr), &format!("freed now   free at double_free.rs:{line}\n"));
}

#[test]
fn a_realloc_of_what_was_freed_stops_before_the_allocator_is_called_with_both_histories() {
    for variant in [Variant::Debug, Variant::Opt] {
        let twice = program("double_free", variant);
        let text = normalise(&ran(&twice, &[], &["run", "info program"], &["grow"]).stderr);
        has(&text, "96 B → 96 B, after it was freed");
        let line = |marker| twice.line(marker);
        has(&text, &format!("allocated   grow at double_free.rs:{}\n", line("grow-alloc")));
        has(&text, &format!("freed       free at double_free.rs:{}\n", line("free")));
        has(&text, &format!("resized now resize at double_free.rs:{}\n", line("resize")));
        let none = ran(&twice, &[], &["run"], &["grow-stack"]).stderr;
        has(&none, "Realloc of a pointer that is no block: it leads to stack");
        let off = ran(&twice, &[], &["set stop-on-bad-free off", "run"], &["grow"]).stderr;
        assert!(!off.contains("after it was freed"), "{variant:?}: {off}");
    }
}

#[test]
fn a_realloc_of_a_block_that_is_alive_is_no_mistake() {
    let twice = program("double_free", Variant::Debug);
    let text = ran(&twice, &[], &["break realloc", "run"], &["grow"]).stderr;
    has(&text, ", 48 B → 96 B");
}

/// What `watch` tells of the program that makes mistakes, in lines of 200 columns.
fn watched(args: &[&str]) -> String {
    let twice = program("double_free", Variant::Debug);
    let executable = twice.executable.display().to_string();
    let words = ["watch", "--width=200", &executable, "--"];
    let ran = freehold(words.iter().chain(args).map(ToString::to_string));
    normalise(&ran.stderr)
}

#[test]
fn what_is_watched_tells_a_double_free_with_its_history() {
    let twice = program("double_free", Variant::Debug);
    let text = watched(&[]);
    let told = text.lines().find(|line| line.contains(" a second time")).expect("it is told");
    let (alloc, free) = (twice.line("alloc"), twice.line("free"));
    has(told, &format!("allocated in twice double_free.rs:{alloc}"));
    has(told, &format!("freed first in free double_free.rs:{free}"));
}

#[test]
fn what_is_watched_tells_a_realloc_of_what_was_freed_or_never_allocated() {
    let twice = program("double_free", Variant::Debug);
    let text = watched(&["grow"]);
    let told = text.lines().find(|line| line.contains(" after it was freed")).expect("it is told");
    has(told, "realloc");
    has(told, "to 96 B after it was freed");
    has(told, &format!("resize  double_free.rs:{}", twice.line("resize")));
    has(told, &format!("allocated in grow double_free.rs:{}", twice.line("grow-alloc")));
    has(told, &format!("freed in free double_free.rs:{}", twice.line("free")));
    let text = watched(&["grow-stack"]);
    let told =
        text.lines().find(|line| line.contains("of a pointer that no known block begins at"));
    let told = told.expect("it is told");
    has(told, "realloc");
    has(told, &format!("resize  double_free.rs:{}", twice.line("resize")));
}

#[test]
fn a_history_has_the_realloc_of_a_block_that_was_freed() {
    let twice = program("double_free", Variant::Debug);
    let text = watched(&["grow"]);
    let told = text.lines().find(|line| line.contains(" after it was freed")).expect("it is told");
    let block = told.split_whitespace().find(|word| word.starts_with('#')).expect("its number");
    let [history, why] = ["history", "why"].map(|ask| format!("{ask} {block}"));
    let commands = ["set stop-on-bad-free off", "run", &history, &why];
    let text = normalise(&ran(&twice, &[], &commands, &["grow"]).stderr);
    let of = |what: &str| text.lines().find(|line| line.contains(what)).unwrap_or_default();
    has(of("resized to 96 B after its end  "), &format!("double_free.rs:{}", twice.line("resize")));
    has(&text, "resized to 96 B after its end at");
}
