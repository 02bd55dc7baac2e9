//! Processes that ran before Freehold came, and what becomes of them when it goes.

mod support;

use std::path::{Path, PathBuf};

use support::{Program, Ran, Serving, Variant, freehold, program};

fn serving() -> Program {
    program("serving", Variant::Debug)
}

/// `freehold attach --batch` of a process, with commands.
#[track_caller]
fn attach(process: &str, commands: &[&str]) -> Ran {
    let mut args = vec!["attach", "--batch"];
    commands.iter().for_each(|command| args.extend(["-e", command]));
    args.push(process);
    freehold(args)
}

/// A copy of the program under a name that nothing else on the machine has.
fn copy(program: &Program, name: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join(name);
    std::fs::copy(&program.executable, &path).expect("copied");
    (dir, path)
}

/// The code of the executable as it lies in the memory of a process.
fn code(process: u32, executable: &Path) -> Vec<u8> {
    use std::os::unix::fs::FileExt;
    let maps = std::fs::read_to_string(format!("/proc/{process}/maps")).expect("mappings");
    let name = executable.to_str().expect("plain text");
    let line = maps.lines().find(|line| line.contains("r-xp") && line.contains(name));
    let range = line.and_then(|line| line.split(' ').next()).expect("code");
    let ends = range.split_once('-').expect("a range");
    let number = |text: &str| u64::from_str_radix(text, 16).expect("a number");
    let (start, end) = (number(ends.0), number(ends.1));
    let mut bytes = vec![0; usize::try_from(end - start).expect("small")];
    let memory = std::fs::File::open(format!("/proc/{process}/mem")).expect("its memory");
    memory.read_exact_at(&mut bytes, start).expect("readable");
    bytes
}

#[test]
fn a_process_with_threads_is_stopped_looked_at_and_let_go_as_it_was() {
    let program = serving();
    let process = Serving::start(&program.executable, &["3"]);
    let id = process.id().to_string();
    let before = (code(process.id(), &program.executable), process.status("Threads"));
    let tick = program.line("tick");
    let commands = [
        &*format!("break serving.rs:{tick}"),
        "continue",
        "print *total >= worker",
        "bt",
        "detach",
    ];
    let ran = attach(&id, &commands);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for expected in [
        &*format!("Attached to process {id}, 4 threads"),
        "Nothing is known of the blocks",
        &format!("Breakpoint 1, tick at serving.rs:{tick}"),
        "$1: bool = true",
        &format!("Process {id} was let go."),
    ] {
        assert!(ran.stderr.contains(expected), "{expected}:\n{}", ran.stderr);
    }
    assert_eq!(process.status("TracerPid"), "0");
    assert_eq!((code(process.id(), &program.executable), process.status("Threads")), before);
    assert!(process.end().contains("true"), "no tick was lost and none done twice");
}

#[test]
fn the_end_of_the_session_lets_the_process_go_too() {
    let program = serving();
    let process = Serving::start(&program.executable, &["2"]);
    let before = code(process.id(), &program.executable);
    let ran = attach(&process.id().to_string(), &["break tick", "continue"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(process.status("TracerPid"), "0");
    assert_eq!(code(process.id(), &program.executable), before);
    assert!(process.end().contains("true"));
}

#[test]
fn a_process_is_attached_to_ten_times_while_its_threads_run() {
    let program = serving();
    let process = Serving::start(&program.executable, &["8"]);
    let id = process.id().to_string();
    for round in 0..10 {
        let ran = attach(&id, &["tbreak tick", "continue", "detach"]);
        assert!(ran.stderr.contains("Breakpoint 1, tick"), "{round}: {}", ran.stderr);
        assert_eq!(process.status("TracerPid"), "0", "{round}");
    }
    assert!(process.end().contains("true"));
}

#[test]
fn a_process_is_found_by_its_name_if_no_other_has_it() {
    let (_dir, path) = copy(&serving(), "only-one-of-this-name");
    let process = Serving::start(&path, &["1"]);
    let ran = attach("only-one-of-this-name", &["frame"]);
    let expected = format!("Attached to process {}, 2 threads", process.id());
    assert!(ran.stderr.contains(&expected), "{}", ran.stderr);
    let another = Serving::start(&path, &["1"]);
    let ran = attach("only-one-of-this-name", &["frame"]);
    assert_eq!(ran.code, 2);
    let ids = [process.id(), another.id()];
    assert!(ran.stderr.starts_with("error: 2 processes are called `only-one-of-this-name`: "));
    assert!(ids.iter().all(|id| ran.stderr.contains(&id.to_string())), "{}", ran.stderr);
    assert!(ran.stderr.contains("help: name one of them by its id"));
}

#[test]
fn a_deleted_executable_is_said_to_be_so_and_debugged_all_the_same() {
    let (_dir, path) = copy(&serving(), "deleted-soon");
    let process = Serving::start(&path, &["1"]);
    std::fs::remove_file(&path).expect("deleted");
    let ran = attach(&process.id().to_string(), &["break tick", "continue", "print worker"]);
    assert!(ran.stderr.contains("was deleted or replaced since"), "{}", ran.stderr);
    assert!(ran.stderr.contains("$1: u64 = 1"), "{}", ran.stderr);
    assert!(process.end().contains("true"));
}

#[test]
fn what_cannot_be_attached_to_is_refused_with_what_to_do() {
    let ran = attach("no-process-is-called-so", &[]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.starts_with("error: no process is called `no-process-is-called-so`\n"));
    // Beyond what the kernel gives (PID_MAX_LIMIT).
    let ran = attach("4194305", &[]);
    assert!(ran.stderr.starts_with("error: there is no process 4194305\n  help: "));
    let process = Serving::start(&serving().executable, &["1"]);
    let tasks = std::fs::read_dir(format!("/proc/{}/task", process.id())).expect("its threads");
    let mut ids = tasks.filter_map(|task| task.ok()?.file_name().into_string().ok());
    let thread = ids.find(|id| *id != process.id().to_string()).expect("a second thread");
    let ran = attach(&thread, &[]);
    let expected = format!("error: {thread} is a thread of process {0}\n", process.id());
    assert!(ran.stderr.starts_with(&expected), "{}", ran.stderr);
}

#[test]
fn a_process_that_is_debugged_already_names_its_debugger() {
    let process = Serving::start(&serving().executable, &["1"]);
    let id = process.id().to_string();
    // The session that has it already is the debugger that is in its own way.
    let ran = attach(&id, &[&format!("attach {id}")]);
    assert!(ran.stderr.contains(&format!("process {id} is traced by process ")), "{}", ran.stderr);
    assert!(ran.stderr.contains("(freehold) already"), "{}", ran.stderr);
    assert!(ran.stderr.contains("a process has one tracer at most"), "{}", ran.stderr);
}

#[test]
fn a_process_that_was_attached_to_can_be_killed_and_is_not_otherwise() {
    use std::os::unix::process::ExitStatusExt;
    let mut child = std::process::Command::new("sleep").arg("1000").spawn().expect("it starts");
    let id = child.id().to_string();
    let ran = attach(&id, &["detach"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(child.try_wait().expect("asked").is_none(), "it lives");
    let ran = attach(&id, &["kill"]);
    assert!(ran.stderr.contains("The program was ended."), "{}", ran.stderr);
    assert_eq!(child.wait().expect("it ended").signal(), Some(9));
}

#[test]
fn a_signal_that_the_process_stands_still_for_is_delivered_when_it_is_let_go() {
    use std::os::unix::process::ExitStatusExt;
    for end in ["detach", "quit"] {
        let mut child = std::process::Command::new("sleep").arg("1000").spawn().expect("it starts");
        let id = child.id().to_string();
        let commands = ["attach", "--batch", "-e", "continue", "-e", end, &id];
        let mut debugger = std::process::Command::new(env!("CARGO_BIN_EXE_freehold"));
        let debugger = debugger.args(commands).stderr(std::process::Stdio::piped()).spawn();
        let debugger = debugger.expect("it starts");
        let status = format!("/proc/{id}/status");
        let is_free = || {
            let status = std::fs::read_to_string(&status).expect("it lives");
            status.lines().any(|line| line == "TracerPid:\t0")
        };
        while is_free() {
            std::thread::yield_now();
        }
        let killed =
            std::process::Command::new("sh").args(["-c", "kill -TERM \"$0\"", &id]).status();
        assert!(killed.expect("sh starts").success());
        let output = debugger.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("Signal SIGTERM"), "{said}");
        assert_eq!(child.wait().expect("it ended").signal(), Some(15), "{end}");
    }
}

#[test]
fn a_process_that_has_ended_is_said_to_be_a_zombie() {
    let mut child = std::process::Command::new("true").spawn().expect("it starts");
    let stat = format!("/proc/{}/stat", child.id());
    while !std::fs::read_to_string(&stat).expect("it is kept").contains(") Z ") {
        std::thread::yield_now();
    }
    let ran = attach(&child.id().to_string(), &[]);
    let expected = format!("error: process {} has ended: it is a zombie", child.id());
    assert!(ran.stderr.starts_with(&expected), "{}", ran.stderr);
    let _ = child.wait();
}

#[test]
fn blocks_are_followed_from_the_attach_on_where_that_is_asked_for() {
    let process = Serving::start(&serving().executable, &["1"]);
    let ran =
        freehold(["attach", "--batch", "--ledger", "-e", "detach", &process.id().to_string()]);
    assert!(ran.stderr.contains("Blocks are followed from now on."), "{}", ran.stderr);
    assert!(process.end().contains("true"));
}
