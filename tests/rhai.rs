//! Programs of Rhai: the commands as functions, values as data, functions of breakpoints, commands
//! that scripts add, and errors with their places.

mod support;

use std::fs;

use support::{Ran, Variant, command, program};

/// `freehold debug OPTIONS` of a test program with the text of a script in `a.rhai`.
#[track_caller]
fn debug(name: &str, script: &str, options: &[&str], stdin: &str) -> Ran {
    let dir = tempfile::tempdir().expect("a folder");
    fs::write(dir.path().join("a.rhai"), script).expect("written");
    let executable = program(name, Variant::Debug).executable;
    let mut freehold = command();
    freehold.current_dir(dir.path()).write_stdin(stdin);
    freehold.arg("debug").args(options).arg(executable);
    Ran::of(freehold.output().expect("it ends within the limit"))
}

/// The script in batch.
#[track_caller]
fn batch(name: &str, script: &str) -> Ran {
    debug(name, script, &["--batch", "-x", "a.rhai"], "")
}

/// What a script says that ends well.
#[track_caller]
fn says(name: &str, script: &str) -> String {
    let ran = batch(name, script);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran.stderr
}

/// The same, where the program ends with a code of its own.
#[track_caller]
fn says_with_code(name: &str, script: &str, code: i32) -> String {
    let ran = batch(name, script);
    assert_eq!(ran.code, code, "{}", ran.stderr);
    ran.stderr
}

/// A script that goes to a marker first.
fn at(name: &str, marker: &str, script: &str) -> String {
    let line = program(name, Variant::Debug).line(marker);
    format!("break_at(\"{name}.rs:{line}\"); run();\n{script}")
}

#[test]
fn commands_are_functions_and_values_are_data() {
    let script = "break_at(\"add\");
        let stop = run();
        echo(`${stop.halt} in ${stop.function}, line ${stop.line}`);
        let sum = print(\"a\") + print(\"b\");
        echo(sum + 1);
        expect(sum == 30);
        expect(\"a == 10\");
        expect(print(\"a < b\"), \"a is less\");
        let end = cont();
        expect(end.halt == \"ended\" && end.code == 0);
        expect(!alive());";
    let line = program("add", Variant::Debug).line("add");
    assert_eq!(says("add", script), format!("breakpoint in add::add, line {line}\n31\n"));
}

#[test]
fn values_are_numbers_texts_arrays_and_maps() {
    let script = at(
        "expressions",
        "here",
        r#"fn same(value, wanted) { if value != wanted { throw `${value} is not ${wanted}` } }
        same(print("small"), -5);
        same(print("half") * 2.0, 1.0);
        same(print("letter"), 'é');
        same(print("text").len(), 12);
        same(print("grid")[1][2], 6);
        same(print("words"), ["zero", "one", "two", "three"]);
        same(print("ages")["Ada"], 36);
        same(print("by_id")["3"], "c");
        same(print("unit"), ());
        let user = print("user");
        same(user.type, "User");
        same(user.children.age, 36);
        same(user.children.friends[1], "Eve");
        same(user.children.home.variant, "Some");
        same(user.children.home.children["0"].children.y, -4);
        same(print("reference").text, user.text);
        same(print("colour").variant, "Blue");
        same(print("boxed").children.x, 1);
        same(print("wide").text, "340282366920938463463374607431768211455");
        same(print("/x byte"), "0xfa");
        same(locals().pair.children["1"], "seven");
        let total = 0;
        for row in print("grid") { for cell in row { total += cell; } }
        same(total, 21);
        echo("done")"#,
    );
    assert_eq!(says("expressions", &script), "done\n");
}

#[test]
fn a_value_that_was_cut_off_is_no_array() {
    let script = at(
        "expressions",
        "here",
        r#"set("elements 2");
        expect(print("words").len() == 4, "a script reads all, whatever a person is shown");
        echo(text("print words"))"#,
    );
    let said = says("expressions", &script);
    assert!(said.contains("\"zero\", \"one\", …"), "{said}");
}

#[test]
fn a_value_that_is_none_is_an_error_that_can_be_caught() {
    let line = program("moved", Variant::Debug).line("after");
    let script = format!(
        "break_at(\"moved.rs:{line}\"); run();
        try {{ print(\"value\"); echo(\"never\"); }} catch (error) {{ echo(`no: ${{error}}`); }}
        echo(locals().value.unreadable);
        print(\"value\");"
    );
    let ran = batch("moved", &script);
    let lines: Vec<_> = ran.stderr.lines().collect();
    assert!(
        lines[0].starts_with("no: ") && lines[0].contains("moved to f::value at moved.rs:12"),
        "{}",
        ran.stderr
    );
    assert!(lines[1].contains("moved to f::value at moved.rs:12"), "{}", ran.stderr);
    assert!(
        lines[2].starts_with("error: ") && lines[2].contains("is moved to f::value"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("at: a.rhai:4:9\n"), "{}", ran.stderr);
    assert_eq!(ran.code, 2);
}

#[test]
fn functions_of_breakpoints_see_each_stop_and_let_the_program_go_on() {
    let script = "let sums = [];
        let id = on_break(\"step\", || {
            expect(stop().function == \"many_calls::step\");
            sums.push(print(\"sum\"));
            sums.len() < 200
        });
        let stop = run();
        expect(stop.halt == \"breakpoint\" && stop.hit == [id]);
        expect(sums.len() == 200);
        for i in 0..200 { expect(sums[i] == i * (i + 1) / 2, `${i}: ${sums[i]}`); }
        delete(id);
        expect(cont().halt == \"ended\");
        expect_output(\"sum 50005000\\n\");
        echo(`${id} ${sums[199]}`)";
    assert_eq!(says("bad/many_calls", script), "1 19900\n");
}

#[test]
fn a_function_belongs_to_a_catchpoint_by_its_number_too() {
    let script = "let panic = catch_(\"panic\");
        let messages = [];
        on_break(panic.id, || { messages.push(stop().message); true });
        expect(run().halt == \"ended\");
        echo(messages)";
    let said = says_with_code("bad/panics", script, 101);
    assert!(said.ends_with("\n[\"it is not empty\"]\n"), "{said}");
}

#[test]
fn a_step_over_a_breakpoint_whose_function_goes_on_comes_to_its_end() {
    let line = program("add", Variant::Debug).line("call");
    let next = program("add", Variant::Debug).line("print");
    let script = format!(
        "break_at(\"add.rs:{line}\"); run();
        let seen = false;
        on_break(\"add\", || {{ seen = true; true }});
        let stop = next();
        expect(seen && stop.halt == \"step\" && stop.line == {next}, `${{stop}}`);
        expect(print(\"sum\") == 30);
        echo(\"stepped\")"
    );
    assert_eq!(says("add", &script), "stepped\n");
}

#[test]
fn finish_gives_the_value_returned() {
    let script = "break_at(\"add\"); run(); echo(finish().returned)";
    assert_eq!(says("add", script), "30\n");
}

#[test]
fn a_line_is_done_and_shown_as_at_the_prompt_and_can_be_had_as_text() {
    let script = "cmd(\"break add\"); cmd(\"run\"); let p = text(\"print a\"); echo(`<${p}>`); cmd(\"echo x\")";
    let said = says("add", script);
    let parts = ["Breakpoint 1 at add", "Breakpoint 1, add", "<$1: i32 = 10\n>", "\nx\n"];
    for part in parts {
        assert!(said.contains(part), "{part:?} in {said}");
    }
}

#[test]
fn functions_of_rhai_with_names_of_commands_are_the_commands() {
    let script = at(
        "nested",
        "built",
        "let s = split(\"words\"); echo(s.split.totals.heap_bytes);
        let t = thread(); echo(type_of(t)); b(\"main\"); clear(\"main\"); echo(breakpoints());
        fn breakpoints() { info(\"breakpoints\").len() }",
    );
    assert_eq!(says("nested", &script), "58\narray\n1\n");
}

#[test]
fn errors_have_file_line_and_column_and_the_calls_that_lead_there() {
    let ran = batch(
        "add",
        "fn check() {\n    print(\"nothing\")\n}\nbreak_at(\"add\");\nrun();\n  check();\n",
    );
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("error: "), "{}", ran.stderr);
    assert!(ran.stderr.contains("at: a.rhai:2:5, called at a.rhai:6:3\n"), "{}", ran.stderr);
    let ran = batch("add", "let x = 1;\n  x + }\n");
    assert!(ran.stderr.contains("    x + }\n          ^\n  at: a.rhai:2:7\n"), "{}", ran.stderr);
    let ran = batch("add", "let x = 1;\nprnt(x)\n");
    assert!(
        ran.stderr.contains("no function prnt (i64)") && ran.stderr.contains("a.rhai:2:1"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("did you mean `print`?"), "{}", ran.stderr);
    let ran = batch("add", "throw \"of my own\"");
    assert!(ran.stderr.starts_with("error: of my own\n"), "{}", ran.stderr);
}

#[test]
fn an_expectation_that_does_not_hold_ends_with_1() {
    let ran = batch(
        "add",
        "break_at(\"add\"); run();\nexpect(print(\"a\") == 11, \"a is 11\");\necho(1)",
    );
    assert_eq!((ran.code, ran.stderr.starts_with("error: a is 11\n")), (1, true), "{}", ran.stderr);
    assert!(ran.stderr.ends_with("at: a.rhai:2:1\n"), "{}", ran.stderr);
    let ran = batch("add", "break_at(\"add\"); run(); expect(\"a == 11\");");
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.contains("`a == 11` does not hold") && ran.stderr.contains("a = 10\n        11"),
        "{}",
        ran.stderr
    );
}

#[test]
fn the_output_of_the_program_is_kept_for_a_script_that_reads_it() {
    let ran = batch("add", "run(); expect_output(\"10 + 20 = 30\\n\"); expect(output() == \"\")");
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "10 + 20 = 30\n"), "{}", ran.stderr);
    let ran = batch("add", "run(); expect_output(\"else\")");
    assert_eq!(ran.code, 1, "{}", ran.stderr);
}

#[test]
fn a_command_that_a_script_defines_is_there_for_lines_and_help() {
    let script = "define_command(\"sum\", \"add two\", |args| {
            let names = args.split(\" \");
            echo(print(names[0]) + print(names[1]));
        });";
    let lines = ["break add", "run", "sum a b", "help sum", "help"];
    let mut options = vec!["--batch", "-x", "a.rhai"];
    lines.iter().for_each(|line| options.extend(["-e", line]));
    let ran = debug("add", script, &options, "");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("\n30\n"), "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("add two").count(), 2, "{}", ran.stderr);
    let ran = batch("add", "define_command(\"run\", \"\", |args| {})");
    assert!(ran.stderr.contains("`run` is a command already"), "{}", ran.stderr);
}

#[test]
fn functions_of_breakpoints_outlive_their_script() {
    let script =
        "let hits = 0; on_break(\"add\", || { hits += 1; echo(`hit ${hits}`); hits > 1 });";
    let options = ["--batch", "-x", "a.rhai", "-e", "run", "-e", "run"];
    let ran = debug("add", script, &options, "");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("hit 1\nBreakpoint 1, "), "{}", ran.stderr);
    assert!(ran.stderr.contains("hit 2\nThe program ended"), "{}", ran.stderr);
}

#[test]
fn scripts_are_sourced_by_lines_and_by_scripts() {
    let dir = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).expect("written");
    write("a.fh", "echo one\nsource b.rhai\necho four\n");
    write("b.rhai", "echo(\"two\"); source(\"c.fh\")");
    write("c.fh", "# a comment\necho three\n");
    write("endless.rhai", "source(\"endless.rhai\")");
    let executable = program("add", Variant::Debug).executable;
    let run = |options: &[&str]| {
        let mut freehold = command();
        freehold.current_dir(dir.path()).args(["debug", "--batch"]).args(options).arg(&executable);
        Ran::of(freehold.output().expect("it ends within the limit"))
    };
    assert_eq!(run(&["-x", "a.fh"]).stderr, "one\ntwo\nthree\nfour\n");
    let ran = run(&["-x", "endless.rhai"]);
    assert!(ran.stderr.contains("does one lead to itself?"), "{}", ran.stderr);
    let ran = run(&["-x", "missing.rhai"]);
    assert!(ran.stderr.contains("missing.rhai"), "{}", ran.stderr);
}

#[test]
fn a_script_without_an_end_is_ended() {
    let ran = batch("add", "try { loop { } }\ncatch { echo(\"never\") }");
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("`unlimited()`") && !ran.stderr.contains("never"),
        "{}",
        ran.stderr
    );
    let ran = batch("add", "fn f(n) { f(n + 1) } f(0)");
    assert!(ran.stderr.contains("stack overflow"), "{}", ran.stderr);
    let ran = batch("add", "on_break(\"add\", || { run(); true }); run();");
    assert!(ran.stderr.contains("does one lead to itself?"), "{}", ran.stderr);
}

#[test]
fn quit_ends_the_session_and_exit_the_script() {
    let options = ["--batch", "-x", "a.rhai", "-e", "echo after"];
    assert_eq!(debug("add", "quit(); echo(\"no\")", &options, "").stderr, "");
    assert_eq!(debug("add", "exit(); echo(\"no\")", &options, "").stderr, "after\n");
}
