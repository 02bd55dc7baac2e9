//! Scripts: what they demand of a program, how they end, and that they say the same in every run.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use support::{Ran, Variant, command, program};
use tempfile::TempDir;

/// A folder with files, in which Freehold runs with a home of its own.
struct Place {
    dir: TempDir,
}

impl Place {
    fn with(files: &[(&str, &str)]) -> Place {
        let dir = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("created");
            fs::write(path, text).expect("written");
        }
        Place { dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("it is there")
    }

    /// `freehold debug ARGS` of a test program, without prompt.
    #[track_caller]
    fn debug(&self, name: &str, args: &[&str], program_args: &[&str]) -> Ran {
        self.debug_with(name, args, program_args, "")
    }

    #[track_caller]
    fn debug_with(&self, name: &str, args: &[&str], program_args: &[&str], stdin: &str) -> Ran {
        let executable = program(name, Variant::Debug).executable;
        let mut command = command();
        command.current_dir(self.dir.path()).write_stdin(stdin);
        command.env("XDG_STATE_HOME", self.path("state"));
        command.env("XDG_CONFIG_HOME", self.path("config"));
        command.arg("debug").args(args).arg(executable).arg("--").args(program_args);
        let mut ran = Ran::of(command.output().expect("it ends within the limit"));
        let here = fs::canonicalize(self.dir.path()).expect("it is there");
        ran.stderr = ran.stderr.replace(&format!("{}/", here.display()), "");
        ran
    }
}

fn batch<'a>(rest: &[&'a str]) -> Vec<&'a str> {
    [&["--batch"], rest].concat()
}

#[test]
fn a_script_has_comments_and_empty_lines_and_says_things() {
    let place =
        Place::with(&[("a.fh", "# a comment\n\n   # another\necho one\\ntwo\n  echo \" x\"\n")]);
    let ran = place.debug("hello", &batch(&["-x", "a.fh"]), &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, "one\ntwo\n x\n"));
}

#[test]
fn an_expectation_that_holds_says_nothing_and_one_that_does_not_ends_with_1() {
    let line = program("nested", Variant::Debug).line("built");
    let unmet = "words[0] == \"hello\" && words[1] == \"word\"";
    let script =
        format!("break {line}\nrun\nexpect words.len() == 2\nexpect {unmet}\necho never\n");
    let place = Place::with(&[("a.fh", &script)]);
    let ran = place.debug("nested", &batch(&["-x", "a.fh"]), &[]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let failure = format!(
        "error: `{unmet}` does not hold\n  at: a.fh:4: expect {unmet}\n    words[1] = \"world\"\n    \
         {0:10} \"word\"\n    {0:10}     ^\n",
        ""
    );
    assert!(ran.stderr.ends_with(&failure), "{}", ran.stderr);
    assert!(!ran.stderr.contains("expect words.len()"), "{}", ran.stderr);
}

#[test]
fn with_keep_going_every_failure_is_told() {
    // Without a process there is nothing to compare: that is no expectation that does not hold.
    let commands = ["-e", "expect x == 2", "-e", "run", "-e", "echo after"];
    let ran = Place::with(&[]).debug("hello", &batch(&commands), &[]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(!ran.stderr.contains("after"), "{}", ran.stderr);
    let line = program("hello", Variant::Debug).line("print").to_string();
    let (stop, wrong) = (format!("break {line}"), "expect edition == 2021");
    let args = ["--keep-going", "-e", &stop, "-e", "run", "-e", wrong, "-e", wrong, "-e", "c"];
    let ran = Place::with(&[]).debug("hello", &batch(&args), &[]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("edition = 2024").count(), 2, "{}", ran.stderr);
    assert_eq!(ran.stdout, "Hello from Rust, edition 2024\n");
}

#[test]
fn a_command_that_fails_ends_with_2_and_the_program_with_its_own_code() {
    let ran = Place::with(&[]).debug("hello", &batch(&["-e", "nonsense", "-e", "run"]), &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("there is no command `nonsense`"), "{}", ran.stderr);
    assert!(ran.stderr.contains("-e: nonsense"), "{}", ran.stderr);
    let ran = Place::with(&[]).debug("hello", &batch(&["-e", "run"]), &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "Hello from Rust, edition 2024\n"));
}

#[test]
fn what_the_program_writes_is_compared_and_passed_on() {
    let print = program("hello", Variant::Debug).line("print");
    let script = format!(
        "break {print}\nrun\nexpect-output \"\"\nnext_or_continue\n\
         expect-output Hello from Rust, edition 2024\nexpect-output \"\"\n"
    )
    .replace("next_or_continue", "continue");
    let place = Place::with(&[("a.fh", &script)]);
    let ran = place.debug("hello", &batch(&["-x", "a.fh"]), &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "Hello from Rust, edition 2024\n"), "{ran:?}");
    let wrong = script.replace("2024", "2021");
    let place = Place::with(&[("a.fh", &wrong), ("b.fh", "source a.fh\n")]);
    // `source` finds out that the output is needed before the program starts.
    let ran = place.debug("hello", &batch(&["-x", "b.fh"]), &[]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let failure = "error: the program wrote something else\n  \
                   at: a.fh:5: expect-output Hello from Rust, edition 2021\n    \
                   - Hello from Rust, edition 2021\n    + Hello from Rust, edition 2024\n";
    assert!(ran.stderr.ends_with(failure), "{}", ran.stderr);
    assert_eq!(ran.stdout, "Hello from Rust, edition 2024\n");
}

#[test]
fn output_that_is_not_kept_cannot_be_expected() {
    let place = Place::with(&[]);
    let stdin = "run\nexpect-output x\n";
    let ran = place.debug_with("hello", &[], &[], stdin);
    assert!(ran.stderr.contains("the output of the program is not kept"), "{}", ran.stderr);
    let ran = place.debug_with("hello", &["--capture"], &[], stdin);
    assert!(ran.stderr.contains("- x\n    + Hello from Rust"), "{}", ran.stderr);
}

#[test]
fn a_lot_of_output_does_not_stop_the_program() {
    let script = "run\nexpect-output \"\"\n";
    let place = Place::with(&[("a.fh", script)]);
    let many = "x".repeat(2000);
    let args: Vec<&str> = std::iter::repeat_n(many.as_str(), 60).collect();
    // 120,000 bytes and more: a pipe holds 65,536.
    let ran = place.debug("terminal", &batch(&["-x", "a.fh"]), &args);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stdout.len() > 120_000, "{}", ran.stdout.len());
}

#[test]
fn two_runs_at_random_addresses_say_the_same() {
    let line = program("smart_pointers", Variant::Debug).line("boxes").to_string();
    let stop = format!("break smart_pointers.rs:{line}");
    let looks = [
        "backtrace",
        "locals",
        "info frame",
        "info breakpoints",
        "print boxed",
        "where boxed",
        "split boxed",
    ];
    let mut args = vec!["--aslr", "--keep-going", "-e", &stop, "-e", "run"];
    looks.iter().for_each(|look| args.extend(["-e", look]));
    let place = Place::with(&[]);
    let runs: Vec<_> = (0..3).map(|_| place.debug("smart_pointers", &batch(&args), &[])).collect();
    assert!(runs[0].stderr.contains("Breakpoint 1"), "{}", runs[0].stderr);
    for run in &runs {
        assert_eq!(run.stderr, runs[0].stderr);
        assert_eq!((run.code, &run.stdout), (runs[0].code, &runs[0].stdout));
    }
}

#[test]
fn files_lead_to_files_but_not_without_end() {
    let place = Place::with(&[
        ("a.fh", "source b.fh\necho a\n"),
        ("b.fh", "echo b\n"),
        ("c.fh", "source c.fh\n"),
    ]);
    let ran = place.debug("hello", &batch(&["-x", "a.fh"]), &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, "b\na\n"));
    let ran = place.debug("hello", &batch(&["-x", "c.fh"]), &[]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("more than 50 files lead to each other"), "{}", ran.stderr);
    let ran = place.debug("hello", &batch(&["-e", "source no.fh"]), &[]);
    assert!(ran.stderr.starts_with("error: cannot read no.fh: no such file"), "{}", ran.stderr);
}

#[test]
fn a_transcript_is_a_script_that_does_the_same_again() {
    let place = Place::with(&[]);
    let line = program("hello", Variant::Debug).line("print");
    let typed =
        format!("break {line}\nrun\nnonsense\nprint edition + 1\ntranscript again.fh\ncontinue\n");
    let first = place.debug_with("hello", &[], &[], &typed);
    assert!(first.stderr.contains("3 commands in"), "{}", first.stderr);
    let script = place.read("again.fh");
    assert!(script.contains("\nrun\n# nonsense\n#   there is no command"), "{script}");
    let again = place.debug("hello", &batch(&["-x", "again.fh"]), &[]);
    assert!(again.stderr.contains("= 2025"), "{}", again.stderr);
    let until = |ran: &Ran| ran.stderr.split("error:").next().map(str::to_owned);
    assert!(again.stderr.starts_with(&until(&first).expect("a beginning")), "{}", again.stderr);
}

#[test]
fn arguments_environment_folder_and_files_reach_the_program() {
    let place = Place::with(&[("in.txt", "Ferris\n"), ("below/x", "")]);
    let args =
        ["-e", "set env GREETING=moin moin", "-e", "show args", "-e", "run 'a b' c > out.txt"];
    let ran = place.debug("terminal", &batch(&args), &["first"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{}", ran.stderr);
    assert!(ran.stderr.starts_with("first\n"), "{}", ran.stderr);
    assert_eq!(place.read("out.txt"), "[\"a b\", \"c\"] in Some(\"moin moin\")\r\n");
    // Without arguments, those of the last time count, and the file is written anew.
    let args = ["-e", "run x >out.txt", "-e", "unset env GREETING", "-e", "run", "-e", "show args"];
    let ran = place.debug("terminal", &batch(&args), &[]);
    assert_eq!(place.read("out.txt"), "[\"x\"] in None\r\n");
    let here = fs::canonicalize(place.dir.path()).expect("it is there");
    assert!(ran.stderr.ends_with("x > out.txt\n"), "{here:?}: {}", ran.stderr);
    let ran = place.debug("terminal", &batch(&["-e", "run line < in.txt 2>&1"]), &[]);
    assert!(ran.stdout.contains("good day, Ferris"), "{ran:?}");
    let args = ["-e", "cd below", "-e", "run > there.txt", "-e", "pwd"];
    let ran = place.debug("terminal", &batch(&args), &[]);
    assert!(ran.stderr.ends_with("below\n"), "{}", ran.stderr);
    assert_eq!(place.read("below/there.txt"), "[] in None\r\n");
    for (wrong, why) in [
        ("run < no.txt", "cannot read no.txt: No such file"),
        ("run a | b", "`|` is a shell's"),
        ("cd nowhere", "cannot enter nowhere: no such file"),
        ("tty /dev/null", "cannot use as a terminal /dev/null"),
        ("set pagination perhaps", "`perhaps` is neither on nor off"),
        ("show nothing", "there is no setting `nothing`"),
    ] {
        let ran = place.debug("terminal", &batch(&["-e", wrong]), &[]);
        assert_eq!(ran.code, 2, "{wrong}");
        assert!(ran.stderr.contains(why), "{wrong}: {}", ran.stderr);
    }
}

#[test]
fn help_knows_commands_topics_and_words() {
    let place = Place::with(&[]);
    let says = |command: &str| place.debug("hello", &batch(&["-e", command]), &[]);
    let all = says("help").stderr;
    assert!(all.contains("\n  expect-output ") && all.contains("\nsession\n"), "{all}");
    let topic = says("help breakpoints").stderr;
    assert!(topic.starts_with("breakpoints\n  break "), "{topic}");
    assert!(says("help b").stderr.starts_with("break [--ret]"));
    assert!(says("apropos environment").stderr.contains("set env"));
    let wrong = says("help xyzzy");
    assert!(wrong.code == 2 && wrong.stderr.contains("apropos WORD"), "{}", wrong.stderr);
}

#[test]
fn the_users_init_file_runs_first_unless_it_is_left_out() {
    let place = Place::with(&[("config/freehold/init", "echo from init\nset elements 7\n")]);
    let args = ["-e", "show elements"];
    let ran = place.debug("hello", &batch(&args), &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, "from init\n7\n"));
    let ran = place.debug("hello", &batch(&[&["--no-init"], &args[..]].concat()), &[]);
    assert!(!ran.stderr.contains("from init"), "{}", ran.stderr);
}

#[test]
fn the_projects_init_file_runs_only_as_the_text_that_was_trusted() {
    let place = Place::with(&[(".freehold", "echo from project\n")]);
    let run = |options: &[&str]| place.debug("hello", &batch(options), &[]);
    let ran = run(&[]);
    assert_eq!(ran.code, 0);
    let note = "note: .freehold does not run: you have not trusted it\n  help: read it; then \
                `freehold debug --trust` runs it, now and until it changes\n  \
                help: --no-init leaves it out without a word\n";
    assert_eq!(ran.stderr, note);
    assert_eq!(run(&["--no-init"]).stderr, "");
    assert_eq!(run(&["--trust"]).stderr, "from project\n");
    assert_eq!(run(&[]).stderr, "from project\n");
    fs::write(place.path(".freehold"), "echo something else\n").expect("written");
    let ran = run(&[]);
    assert!(ran.stderr.contains("it has changed since you trusted it"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("something else"), "{}", ran.stderr);
    let nothing = Place::with(&[]).debug("hello", &batch(&["--trust"]), &[]);
    assert!(nothing.code == 2 && nothing.stderr.contains("there is no .freehold here"));
}

#[test]
fn shells_get_their_completion_and_manuals_their_pages() {
    let ran = support::freehold(["completions", "bash"]);
    assert!(
        ran.code == 0 && ran.stdout.contains("freehold__subcmd__debug"),
        "{}",
        ran.stdout.len()
    );
    for shell in ["zsh", "fish", "elvish", "powershell"] {
        let ran = support::freehold(["completions", shell]);
        assert!(ran.code == 0 && ran.stdout.contains("layout"), "{shell}");
    }
    let ran = support::freehold(["man"]);
    assert!(ran.stdout.contains(".TH freehold 1"), "{}", ran.stdout);
    let place = Place::with(&[]);
    let ran = support::freehold([Path::new("man"), &place.path("pages")]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(place.read("pages/freehold-debug.1").contains("Trust the project"));
    let help = support::freehold(["--help"]).stdout;
    assert!(!help.contains("completions"), "hidden: {help}");
}
