//! The prompt and the program at a real terminal: a pseudo-terminal on which a person types.
//!
//! Nothing here depends on time: what is typed waits for what must be on the screen before.

mod support;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use expectrl::process::unix::Signal;
use expectrl::session::OsSession;
use expectrl::{Eof, Expect, Regex, Session};
use support::{Program, Variant, program};
use tempfile::TempDir;

/// No answer takes as long, on a machine that does a hundred other things.
const PATIENCE: Duration = Duration::from_secs(120);

/// What rustyline writes when it begins to read a line: brackets around pasted text, please.
const READS: &str = "\u{1b}[?2004h";

const CTRL_C: &str = "\u{3}";
const CTRL_D: &str = "\u{4}";
const CTRL_Z: &str = "\u{1a}";
const UP: &str = "\u{1b}[A";

/// Freehold at a terminal of its own.
struct Person {
    terminal: OsSession,
    home: TempDir,
}

impl Person {
    /// Runs `freehold debug` of the test program and waits for the prompt.
    fn debugs(args: &[&str]) -> Person {
        let home = tempfile::tempdir().expect("a folder");
        Person::debugs_again(home, args)
    }

    /// The same with the files of an earlier session.
    fn debugs_again(home: TempDir, args: &[&str]) -> Person {
        let program = terminal_program();
        let mut command = freehold(home.path());
        command.arg("debug").arg(&program.executable).args(args);
        let mut person = Person::runs(command, home);
        person.is_asked();
        person
    }

    fn runs(command: Command, home: TempDir) -> Person {
        let mut terminal = Session::spawn(command).expect("it starts");
        terminal.set_expect_timeout(Some(PATIENCE));
        terminal.get_process_mut().set_window_size(100, 40).expect("resized");
        Person { terminal, home }
    }

    /// Waits for a text, which must come.
    #[track_caller]
    fn sees(&mut self, text: &str) -> String {
        match self.terminal.expect(text) {
            Ok(found) => String::from_utf8_lossy(found.before()).into_owned(),
            Err(error) => panic!("{text:?} did not come: {error}"),
        }
    }

    /// Waits for a prompt that is ready.
    #[track_caller]
    fn is_asked(&mut self) -> String {
        let before = self.sees(READS);
        self.sees("(freehold) ");
        before
    }

    fn types(&mut self, text: &str) {
        self.terminal.send(text).expect("typed");
    }

    fn enters(&mut self, line: &str) {
        self.types(&format!("{line}\r"));
    }

    #[track_caller]
    fn leaves(mut self) -> TempDir {
        self.enters("set confirm off");
        self.is_asked();
        self.types(CTRL_D);
        self.terminal.expect(Eof).expect("it ends");
        self.home
    }
}

/// `freehold` with a home of its own, on a terminal without colours.
fn freehold(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_freehold"));
    for name in ["XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"] {
        command.env(name, home);
    }
    command.env("TERM", "xterm").env("NO_COLOR", "1").env_remove("PAGER").env_remove("COLUMNS");
    command
}

fn terminal_program() -> Program {
    program("terminal", Variant::Debug)
}

fn break_at(marker: &str) -> String {
    format!("break terminal.rs:{}", terminal_program().line(marker))
}

#[test]
fn a_program_reads_lines_from_the_terminal_and_breakpoints_work_between() {
    let mut person = Person::debugs(&["--", "line"]);
    person.enters(&break_at("greet"));
    person.sees("Breakpoint 1 at line");
    person.enters("run");
    person.sees("name?");
    person.enters("Ferris");
    person.sees("Breakpoint 1, line at terminal.rs");
    person.is_asked();
    person.enters("print name");
    person.sees("\"Ferris\"");
    person.enters("continue");
    person.sees("good day, Ferris, for time 1");
    person.sees("The program ended with code 0.");
    person.is_asked();
    person.leaves();
}

#[test]
fn a_program_in_raw_mode_gets_single_keys_and_finds_its_mode_again_after_a_stop() {
    let mut person = Person::debugs(&["--", "keys"]);
    person.enters(&break_at("between"));
    person.sees("Breakpoint 1");
    person.enters("run");
    person.sees("first key?");
    // In raw mode this is a key like others, and interrupts nobody.
    person.types(CTRL_C);
    person.sees("Breakpoint 1, keys at terminal.rs");
    person.is_asked();
    person.enters("print first + 1");
    person.sees("= 4");
    person.is_asked();
    person.enters("continue");
    person.sees("second key?");
    person.types("x");
    person.sees("keys 3 120, still raw: true");
    person.sees("The program ended with code 0.");
    person.is_asked();
    person.leaves();
}

#[test]
fn ctrl_c_stops_the_program_while_it_runs_and_the_session_goes_on() {
    let mut person = Person::debugs(&["--", "wait"]);
    person.enters("run");
    person.sees("waiting");
    person.types(CTRL_C);
    // A terminal that shows the key shows it behind what the program has written: what is told
    // begins on another line.
    let told = person.is_asked();
    assert!(told.contains("\r\n\r\nInterrupted"), "{told:?}");
    person.enters("backtrace");
    person.sees("wait");
    person.sees("terminal.rs");
    person.is_asked();
    person.enters("kill");
    person.sees("The program was ended.");
    person.is_asked();
    person.leaves();
}

#[test]
fn ctrl_c_ends_a_script_whether_it_computes_or_the_program_runs() {
    let mut person = Person::debugs(&["--", "wait"]);
    let script = |name: &str, text: &str| {
        std::fs::write(person.home.path().join(name), text).expect("written");
        format!("source {}", person.home.path().join(name).display())
    };
    let computes = script("a.rhai", "unlimited(); echo(\"it be\" + \"gins\"); loop { }");
    let runs = script("b.rhai", "loop { run() }");
    let defines = script("c.rhai", "define_command(\"greet\", \"be kind\", |to| echo(`hel${to}`))");
    person.enters(&computes);
    person.sees("it begins");
    person.types(CTRL_C);
    person.sees("the script was interrupted");
    person.is_asked();
    person.enters(&runs);
    person.sees("waiting");
    person.types(CTRL_C);
    person.sees("the script was interrupted");
    person.is_asked();
    person.enters("kill");
    person.is_asked();
    person.enters(&defines);
    person.is_asked();
    // Tab completes what a script has defined.
    person.types("gre\t");
    person.enters(" lo");
    person.sees("hello");
    person.is_asked();
    person.leaves();
}

#[test]
fn ctrl_c_at_the_prompt_gives_up_the_line_and_nothing_else() {
    let mut person = Person::debugs(&[]);
    person.types(r"echo nev\\er");
    person.sees(r"echo nev\\er");
    person.types(CTRL_C);
    person.is_asked();
    person.enters(r"echo aft\\er");
    let before = person.sees("aft\\er\r\n");
    assert!(!before.contains("nev\\er\r\n"), "{before}");
    person.is_asked();
    person.leaves();
}

#[test]
fn ctrl_d_asks_while_the_program_lives_and_ends_the_session_otherwise() {
    let mut person = Person::debugs(&["--", "wait"]);
    person.enters(&break_at("round"));
    person.sees("Breakpoint 1");
    person.enters("run");
    person.sees("Breakpoint 1, wait");
    person.is_asked();
    person.types(CTRL_D);
    person.sees("The program is still running. End it? (y or n) ");
    person.enters("n");
    person.is_asked();
    person.enters("run");
    person.sees("Start it anew? (y or n) ");
    person.types(CTRL_C);
    person.is_asked();
    person.enters("print round");
    person.sees("= 0");
    person.is_asked();
    person.types(CTRL_D);
    person.sees("End it? (y or n) ");
    person.enters("y");
    person.terminal.expect(Eof).expect("it ends");
    // Without a program there is nothing to lose.
    let mut person = Person::debugs(&[]);
    person.types(CTRL_D);
    person.terminal.expect(Eof).expect("it ends");
}

#[test]
fn tab_completes_commands_functions_variables_fields_and_files() {
    let mut person = Person::debugs(&["--", "line"]);
    person.types("bre\t");
    person.sees("break");
    person.types("terminal.\t");
    person.sees("terminal.rs:");
    person.enters(&terminal_program().line("greet").to_string());
    person.sees("Breakpoint 1 at line");
    person.is_asked();
    person.types("tbreak terminal::wa\t");
    person.sees("terminal::wait");
    person.enters("");
    person.sees("Temporary breakpoint 2 at wait");
    person.is_asked();
    person.enters("run");
    person.sees("name?");
    person.enters("Ferris");
    person.sees("Breakpoint 1, line");
    person.is_asked();
    person.types("prin\tgue\t.vis\t + 40\r");
    person.sees("= 41");
    person.is_asked();
    person.types("help data\r");
    person.sees("print");
    person.is_asked();
    person.types("info brea\t\r");
    person.sees("reached 1 time");
    person.is_asked();
    person.leaves();
}

#[test]
fn the_history_is_there_in_the_next_session() {
    let mut person = Person::debugs(&[]);
    person.enters(r"echo remem\\bered");
    person.sees("remem\\bered\r\n");
    person.is_asked();
    person.types(UP);
    person.sees(r"echo remem\\bered");
    person.types(CTRL_C);
    person.is_asked();
    let home = person.leaves();
    let mut person = Person::debugs_again(home, &[]);
    // Behind it lies what ended the session.
    person.types(&format!("{UP}{UP}\r"));
    person.sees("remem\\bered\r\n");
    person.is_asked();
    person.leaves();
}

#[test]
fn an_empty_line_goes_on_listing_and_continuing() {
    let mut person = Person::debugs(&["--", "wait"]);
    person.enters(&break_at("round"));
    person.sees("Breakpoint 1");
    person.enters("run");
    person.sees("Breakpoint 1, wait");
    person.is_asked();
    person.enters("list 10");
    let first = person.is_asked();
    person.enters("");
    let second = person.is_asked();
    assert!(first.contains("   5 │") && first.contains("  15 │"), "{first}");
    assert!(second.contains("  16 │") && !second.contains("  15 │"), "{second}");
    person.enters("c");
    person.sees("Breakpoint 1, wait");
    person.is_asked();
    person.enters("");
    person.sees("Breakpoint 1, wait");
    person.is_asked();
    person.enters("print round");
    person.sees("= 2");
    person.is_asked();
    person.leaves();
}

#[test]
fn pasted_lines_are_commands_one_after_the_other() {
    let mut person = Person::debugs(&[]);
    person.types("\u{1b}[200~echo pas\\\\ted\necho al\\\\so\u{1b}[201~\r");
    person.sees("pas\\ted\r\n");
    person.sees("al\\so\r\n");
    person.is_asked();
    person.leaves();
}

#[test]
fn text_follows_the_width_of_a_resized_terminal() {
    let mut person = Person::debugs(&[]);
    let widest = |person: &mut Person| {
        person.enters("help print");
        person.sees("\r\nprint ");
        let shown = person.is_asked();
        shown.lines().map(|line| line.chars().count()).max().expect("lines")
    };
    let wide = widest(&mut person);
    assert!((70..=100).contains(&wide), "{wide}");
    person.terminal.get_process_mut().set_window_size(60, 40).expect("resized");
    let narrow = widest(&mut person);
    assert!((40..=60).contains(&narrow), "{narrow}");
    person.leaves();
}

#[test]
fn long_output_waits_for_a_key_unless_it_is_told_not_to() {
    let mut person = Person::debugs(&[]);
    person.terminal.get_process_mut().set_window_size(100, 10).expect("resized");
    person.enters("help");
    person.sees("-- Enter: more, c: all of it, q: enough -- ");
    person.enters("");
    person.sees("-- Enter: more, c: all of it, q: enough -- ");
    person.enters("q");
    person.is_asked();
    person.enters("set pagination off");
    person.is_asked();
    person.enters("help");
    let all = person.is_asked();
    assert!(all.contains("quit") && !all.contains("-- Enter"), "{all}");
    person.leaves();
}

#[test]
fn ctrl_z_suspends_freehold_and_the_shell_brings_it_back() {
    let home = tempfile::tempdir().expect("a folder");
    let mut command = freehold(home.path());
    // A shell with job control: without one there would be nobody to come back from.
    let freehold = command.get_program().to_owned();
    let mut shell = Command::new("sh");
    shell.args(["-c", "set -m; \"$0\" debug \"$1\"; echo sus\"\"pended; fg; echo ov\"\"er"]);
    shell.arg(freehold).arg(&terminal_program().executable);
    command.get_envs().for_each(|(name, value)| {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    });
    command = shell;
    let mut person = Person::runs(command, home);
    person.is_asked();
    person.types(CTRL_Z);
    person.sees("suspended");
    person.enters(r"echo ba\\ck");
    person.sees("ba\\ck\r\n");
    person.is_asked();
    person.types(CTRL_D);
    person.sees("over");
    person.terminal.expect(Eof).expect("it ends");
}

#[test]
fn freehold_that_is_killed_takes_the_program_with_it() {
    let mut person = Person::debugs(&["--", "wait"]);
    person.enters(&break_at("round"));
    person.sees("Breakpoint 1");
    person.enters("run");
    person.sees("Breakpoint 1, wait");
    person.is_asked();
    person.enters("print $rip > 0");
    person.sees("= true");
    person.terminal.get_process_mut().kill(Signal::SIGKILL).expect("killed");
    // The terminal is closed by the last one who has it: the program is gone, too.
    person.terminal.expect(Eof).expect("nobody has the terminal any more");
}

#[test]
fn another_terminal_shows_what_the_program_writes_and_is_read_by_it() {
    let other = nix::pty::openpty(None, None).expect("a second terminal");
    let path = nix::unistd::ttyname(&other.slave).expect("it has a name");
    let path = path.to_str().expect("a plain name");
    let mut person = Person::debugs(&["--tty", path, "--", "line"]);
    person.enters(&break_at("greet"));
    person.sees("Breakpoint 1");
    person.enters("run");
    let mut master = std::fs::File::from(other.master);
    let asked = read_until(&mut master, "name?");
    assert!(asked.contains("name?"), "{asked}");
    std::io::Write::write_all(&mut master, b"Corro\n").expect("typed");
    person.sees("Breakpoint 1, line");
    person.is_asked();
    person.enters("print name");
    person.sees("\"Corro\"");
    person.is_asked();
    person.enters("continue");
    person.sees("The program ended with code 0.");
    let greeted = read_until(&mut master, "good day, Corro");
    assert!(greeted.contains("good day, Corro"), "{greeted}");
    person.is_asked();
    person.leaves();
}

/// Reads until a text has come, or nothing more can.
fn read_until(file: &mut std::fs::File, text: &str) -> String {
    let mut all = Vec::new();
    let mut bytes = [0; 256];
    while !String::from_utf8_lossy(&all).contains(text) {
        match std::io::Read::read(file, &mut bytes) {
            Ok(count @ 1..) => all.extend_from_slice(&bytes[..count]),
            _ => break,
        }
    }
    String::from_utf8_lossy(&all).into_owned()
}

#[test]
fn the_prompt_says_after_which_event_the_moment_is_that_is_looked_at() {
    let mut person = Person::debugs(&["--", "a", "b"]);
    person.enters("run");
    person.sees("The program ended with code 0.");
    person.is_asked();
    person.enters("goto start");
    person.sees("read-only");
    person.sees("(freehold @1) ");
    person.enters("forward");
    person.sees("read-only");
    person.sees("(freehold @2) ");
    // An empty line does it again.
    person.enters("");
    person.sees("read-only");
    person.sees("(freehold @3) ");
    person.enters("continue");
    person.sees("`continue` needs the program");
    person.sees("(freehold @3) ");
    person.enters("goto end");
    person.sees("This is the end");
    person.is_asked();
    person.leaves();
}

#[test]
fn colours_and_hints_are_there_where_the_terminal_has_them() {
    let home = tempfile::tempdir().expect("a folder");
    let mut command = freehold(home.path());
    command.env_remove("NO_COLOR").arg("debug").arg(&terminal_program().executable);
    let mut person = Person::runs(command, home);
    person.sees(READS);
    person.types("break ");
    person.sees("FUNCTION");
    person.types(CTRL_C);
    person.sees(READS);
    person.enters("list 10");
    let listed = person.sees(READS);
    // `use` is a keyword, and bold.
    let shown = Regex("\u{1b}\\[1mtype\u{1b}\\[0m");
    let keyword = regex::Regex::new(shown.0).expect("valid").is_match(&listed);
    assert!(keyword, "{listed:?}");
    person.types(CTRL_D);
    person.terminal.expect(Eof).expect("it ends");
}
