//! Core files: those that we write, those of the kernel, and those of gdb.

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use support::{Program, Ran, Serving, Variant, freehold, program};

fn serving() -> Program {
    program("serving", Variant::Debug)
}

/// `freehold core --batch` of a file, with commands.
#[track_caller]
fn core(core: &Path, commands: &[&str]) -> Ran {
    let mut args = vec!["core", "--batch", "--keep-going"];
    commands.iter().for_each(|command| args.extend(["-e", command]));
    args.push(core.to_str().expect("plain text"));
    freehold(args)
}

/// What looking at the main thread of a process that waits must show, whoever wrote the core file.
#[track_caller]
fn shows_the_waiting_thread(file: &Path) {
    let frame = core(file, &["bt"]);
    let waiting = frame.stderr.lines().find(|line| line.contains("wait_for_end"));
    let no = waiting.and_then(|line| line.split_whitespace().find_map(|word| word.parse().ok()));
    let no: u32 = no.unwrap_or_else(|| panic!("no such frame: {}", frame.stderr));
    let ran = core(
        file,
        &[
            &format!("frame {no}"),
            "print ground.name",
            "print ground.pages[20480]",
            "print ground.pages[20481]",
            "print labels",
            "print label_count",
            "print TICKS",
        ],
    );
    for expected in [
        "= \"Grund\"",
        "$2: u8 = 42",
        "$3: u8 = 0",
        "[\"eins\", \"zwei\"]",
        "$5: usize = 2",
        "AtomicU64",
    ] {
        assert!(ran.stderr.contains(expected), "{expected}:\n{}", ran.stderr);
    }
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

/// A core file that we write of a process at a breakpoint.
fn of_ours(dir: &Path) -> (PathBuf, Serving) {
    let process = Serving::start(&serving().executable, &["3"]);
    let file = dir.join("core");
    let gcore = format!("gcore {}", file.display());
    let ran = freehold([
        "attach",
        "--batch",
        "-e",
        "break tick",
        "-e",
        "continue",
        "-e",
        &gcore,
        "-e",
        "delete",
        &process.id().to_string(),
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    (file, process)
}

#[test]
fn a_core_file_of_ours_shows_every_thread_as_it_stood() {
    let dir = tempfile::tempdir().expect("a folder");
    let (file, process) = of_ours(dir.path());
    assert!(process.end().contains("true"), "writing it has disturbed nothing");
    let line = serving().line("tick");
    let ran =
        core(&file, &["bt", "args", "print *total % worker", "print MARK.v.value == worker * 11"]);
    assert!(ran.stderr.contains(&format!("In a core file, tick at serving.rs:{line}")));
    assert!(ran.stderr.contains("$1: u64 = 0"), "{}", ran.stderr);
    let frames = ran.stderr.lines().filter(|line| line.contains("serving.rs")).count();
    assert!(frames >= 3, "{}", ran.stderr);
}

#[test]
fn what_needs_a_process_is_refused_and_the_core_file_stays() {
    let dir = tempfile::tempdir().expect("a folder");
    let (file, _process) = of_ours(dir.path());
    let commands = ["continue", "set worker = 5", "gcore", "kill", "detach", "print worker > 0"];
    let ran = core(&file, &commands);
    let refused = ran.stderr.matches("error: this is a core file: nothing runs in it").count();
    assert_eq!(refused, 5, "{}", ran.stderr);
    assert!(ran.stderr.contains("$1: bool = true"), "{}", ran.stderr);
}

#[test]
fn a_core_file_of_ours_has_no_breakpoints_in_it_and_holes_for_zeros() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let dir = tempfile::tempdir().expect("a folder");
    let (file, _process) = of_ours(dir.path());
    let about = std::fs::metadata(&file).expect("it is there");
    assert_eq!(about.permissions().mode() & 0o777, 0o600);
    assert!(about.blocks() * 512 < about.len() / 2, "{} of {}", about.blocks() * 512, about.len());
    if !support::installed("gdb") {
        return;
    }
    // gdb reads the code at the breakpoint out of it, and the executable says what it must be.
    let said = gdb(&serving(), &file, &["x/4xb $pc", "x/4xb $pc - 1"]);
    let own = gdb_static(&serving(), "tick");
    let first = said.lines().find(|line| line.starts_with("0x")).expect("code");
    let bytes = first.split_once(":").expect("bytes").1.trim();
    assert!(own.contains(bytes) && !bytes.contains("0xcc"), "{bytes} in {own}");
}

#[test]
fn gdb_reads_our_core_files_with_all_threads_and_libraries() {
    if !support::installed("gdb") {
        return;
    }
    let dir = tempfile::tempdir().expect("a folder");
    let (file, process) = of_ours(dir.path());
    let commands =
        ["info threads", "thread apply all bt", "info sharedlibrary", "p *total % worker"];
    let said = gdb(&serving(), &file, &commands);
    assert_eq!(said.matches("LWP").count(), 4 + 4 + 1 + 4, "{said}");
    assert!(said.contains(&format!("LWP {}", process.id())), "{said}");
    for expected in ["serving::tick (worker=", "serving::wait_for_end", "libc.so.6", "$1 = 0"] {
        assert!(said.contains(expected), "{expected}:\n{said}");
    }
}

#[test]
fn the_waiting_thread_is_shown_from_core_files_of_everyone() {
    let dir = tempfile::tempdir().expect("a folder");
    let process = Serving::start(&serving().executable, &["2"]);
    let id = process.id().to_string();
    let ours = dir.path().join("ours");
    let ran = freehold(["attach", "--batch", "-e", &format!("gcore {}", ours.display()), &id]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    shows_the_waiting_thread(&ours);
    if support::installed("gdb") {
        let gdbs = dir.path().join("gdbs");
        let generate = format!("generate-core-file {}", gdbs.display());
        let gdb = Command::new("gdb").args(["-nx", "-batch", "-p", &id, "-ex", &generate]).output();
        assert!(gdb.expect("gdb starts").status.success());
        shows_the_waiting_thread(&gdbs);
    }
    assert!(process.end().contains("true"));
}

/// A core file that the kernel writes, where this machine lets it write any that a test can find.
fn of_the_kernel(dir: &Path) -> Option<PathBuf> {
    let pattern = std::fs::read_to_string("/proc/sys/kernel/core_pattern").ok()?;
    if pattern.starts_with(['|', '/']) {
        return None;
    }
    let status = Command::new("sh")
        .args(["-c", "ulimit -c unlimited && exec \"$0\" 2 crash"])
        .arg(serving().executable)
        .current_dir(dir)
        .output()
        .expect("sh starts");
    assert!(!status.status.success());
    let mut files = dir.read_dir().expect("a folder").filter_map(|entry| Some(entry.ok()?.path()));
    files.next()
}

#[test]
fn a_core_file_of_the_kernel_shows_what_killed_the_program() {
    let dir = tempfile::tempdir().expect("a folder");
    let Some(file) = of_the_kernel(dir.path()) else { return };
    let line = serving().line("crash");
    let ran = core(&file, &["print ground.name", "print ground.pages[20480]", "bt"]);
    let expected =
        format!("access through a null pointer, at offset 0 from it, crash at serving.rs:{line}");
    assert!(ran.stderr.contains(&expected), "{}", ran.stderr);
    assert!(ran.stderr.contains("= \"Grund\"") && ran.stderr.contains("$2: u8 = 42"));
    assert!(ran.stderr.contains("main  serving.rs:"), "{}", ran.stderr);
}

#[test]
fn an_executable_that_was_built_anew_is_refused_and_the_right_one_can_be_named() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("server");
    std::fs::copy(serving().executable, &path).expect("copied");
    let process = Serving::start(&path, &["1"]);
    let file = dir.path().join("core");
    let gcore = format!("gcore {}", file.display());
    let ran = freehold(["attach", "--batch", "-e", &gcore, &process.id().to_string()]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(process.end().contains("true"));
    std::fs::remove_file(&path).expect("removed");
    std::fs::copy(program("serving", Variant::Opt).executable, &path).expect("copied");
    let ran = core(&file, &["bt"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("is not the file that the program had mapped"), "{}", ran.stderr);
    assert!(ran.stderr.contains("help: name it, if it is elsewhere: freehold core FILE TARGET"));
    std::fs::remove_file(&path).expect("removed");
    let ran = core(&file, &["bt"]);
    assert!(ran.stderr.contains("cannot be read"), "{}", ran.stderr);
    let right = serving().executable;
    let named = [file.as_os_str(), right.as_os_str()];
    let mut args: Vec<_> = ["core", "--batch", "-e", "bt"].map(std::ffi::OsStr::new).to_vec();
    args.extend(named);
    let ran = freehold(args);
    assert!(ran.stderr.contains("wait_for_end  serving.rs:"), "{}", ran.stderr);
}

#[test]
fn what_is_no_core_file_is_refused() {
    let ran = core(&serving().executable, &[]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("is not a core file of an x86-64 process"), "{}", ran.stderr);
    let dir = tempfile::tempdir().expect("a folder");
    let (file, _process) = of_ours(dir.path());
    let whole = std::fs::read(&file).expect("readable");
    // Cut anywhere, and with bytes overwritten, it is refused or shown in part: nothing panics.
    for part in 0..24 {
        let mut bytes = whole.clone();
        bytes.truncate(whole.len() * part / 24);
        let path = dir.path().join("cut");
        std::fs::write(&path, &bytes).expect("written");
        let ran = core(&path, &["bt"]);
        assert!(!ran.stderr.contains("mistake in itself"), "{}", ran.stderr);
    }
    let notes_at = whole.len().saturating_sub(16_000);
    for step in 0..24_usize {
        let mut bytes = whole.clone();
        let at = notes_at + step * 640;
        bytes.iter_mut().skip(at).take(64).for_each(|byte| *byte = byte.wrapping_mul(37) ^ 0xff);
        let path = dir.path().join("garbled");
        std::fs::write(&path, &bytes).expect("written");
        let ran = core(&path, &["bt", "locals"]);
        assert!(!ran.stderr.contains("mistake in itself"), "{}", ran.stderr);
    }
}

/// gdb on a core file, with commands: what it says.
#[track_caller]
fn gdb(program: &Program, core: &Path, commands: &[&str]) -> String {
    let mut gdb = Command::new("gdb");
    gdb.args(["-nx", "-batch"]);
    commands.iter().for_each(|command| {
        gdb.args(["-ex", command]);
    });
    let output = gdb.arg(&program.executable).arg(core).output().expect("gdb starts");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The bytes of a function in the executable, as gdb prints them.
#[track_caller]
fn gdb_static(program: &Program, function: &str) -> String {
    let mut gdb = Command::new("gdb");
    let command = format!("x/64xb serving::{function}");
    let output = gdb.args(["-nx", "-batch", "-ex", &command]).arg(&program.executable).output();
    let text = String::from_utf8_lossy(&output.expect("gdb starts").stdout).into_owned();
    let bytes = text.lines().filter_map(|line| Some(line.split_once(':')?.1.trim()));
    bytes.collect::<Vec<_>>().join("\t")
}
