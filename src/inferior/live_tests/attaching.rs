//! Attaching to what runs already, and letting it go as it was.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use crate::base::{MemoryExt, Tid, VirtAddr};
use crate::inferior::test_programs::{subject, symbol};
use crate::inferior::{AttachError, Inferior, Stop, Stopped};
use crate::os::procfs;

/// A subject that serves with some threads, and is ready.
fn serve(threads: &str) -> (Child, Tid) {
    let mut command = Command::new(subject());
    command.args(["serve", threads]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("started");
    let mut line = String::new();
    let out = child.stdout.as_mut().expect("a pipe");
    BufReader::new(out).read_line(&mut line).expect("a line");
    assert_eq!(line, "ready\n");
    let process = Tid(child.id().cast_signed());
    (child, process)
}

/// Lets a serving subject end; it must be content with what it saw.
fn end(mut child: Child) {
    drop(child.stdin.take());
    assert!(child.wait().expect("waited").success());
}

/// What a process looks like from outside: its mappings by place and kind, and its code.
fn looks(process: Tid, code: VirtAddr) -> (Vec<String>, Vec<u8>) {
    let maps = procfs::maps(process).expect("mappings");
    let maps = maps.iter().filter(|map| map.executable);
    let maps = maps.map(|map| format!("{:?} {}", map.range, map.path)).collect();
    let memory = crate::os::ProcessMemory::open(process).expect("memory");
    let mut bytes = vec![0; 64];
    memory.read(code, &mut bytes).expect("code");
    (maps, bytes)
}

fn resume_all(inferior: &mut Inferior, all: Vec<Stopped>) {
    for thread in all {
        inferior.resume(thread, None).expect("resumed");
    }
}

/// Resumes all and waits for some hits of a site, by which threads.
fn hits(inferior: &mut Inferior, all: Vec<Stopped>, count: usize) -> Vec<u32> {
    resume_all(inferior, all);
    let mut hits = Vec::new();
    while hits.len() < count {
        let stop = inferior.wait().expect("a stop");
        let Stop::Site { thread, .. } = stop else { panic!("{stop:?}") };
        hits.push(thread.no().0);
        inferior.resume(thread, None).expect("resumed");
    }
    hits
}

#[test]
fn a_process_with_threads_is_taken_and_let_go_without_a_trace() {
    let (child, process) = serve("4");
    let (mut inferior, all) = Inferior::attach(process).expect("attached");
    assert_eq!(all.iter().map(|thread| thread.no().0).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert_eq!(all.first().map(Stopped::tid), Some(process));
    for thread in &all {
        assert!(inferior.memory().read_u64(thread.registers().sp()).is_ok());
        assert!(inferior.modules().module_at(thread.registers().pc()).is_some());
    }
    let touch = symbol(&inferior, "touch");
    let before = looks(process, touch);
    inferior.insert_site(touch).expect("a site");
    let by = hits(&mut inferior, all, 500);
    assert!((2..=5).any(|no| by.contains(&no)));
    inferior.detach_all().expect("detached");
    assert_eq!(looks(process, touch), before);
    assert_eq!(procfs::tracer(process).expect("alive"), None);
    // And once more, while it runs.
    let (mut inferior, all) = Inferior::attach(process).expect("attached again");
    inferior.insert_site(touch).expect("a site");
    hits(&mut inferior, all, 100);
    drop(inferior);
    assert_eq!(looks(process, touch), before);
    end(child);
}

#[test]
fn a_process_that_makes_threads_all_the_time_is_taken_whole() {
    // A shell is its parent, and tells how it ended: what this thread traces it also reaps.
    let script = "\"$0\" news 300 & echo $!; wait $!; echo $?";
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script]).arg(subject()).stdout(Stdio::piped());
    let mut shell = command.spawn().expect("started");
    let mut lines = BufReader::new(shell.stdout.take().expect("a pipe")).lines();
    let mut line = || lines.next().expect("a line").expect("text");
    let process = Tid(line().parse().expect("a number"));
    let mut times = 0;
    // It may end at any moment.
    while let Ok((mut inferior, all)) = Inferior::attach(process) {
        let mut ids = procfs::threads(process).unwrap_or_default();
        ids.retain(|tid| !procfs::has_exited(*tid));
        assert!(ids.iter().all(|tid| all.iter().any(|thread| thread.tid() == *tid)), "{ids:?}");
        times += 1;
        inferior.detach_all().expect("detached");
    }
    assert_eq!(line(), "0");
    // The shell is a child of this thread, which may have reaped it while it waited for a tracee.
    let _ = shell.wait();
    assert!(times > 0);
}

#[test]
fn a_stopped_process_stays_stopped_and_goes_on_when_it_is_told_to() {
    let (child, process) = serve("2");
    let kill = |signal: i32| {
        crate::os::send_signal(process, process, signal).expect("sent");
    };
    let state = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.0)).expect("alive");
        stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next())
    };
    let until = |wanted: char| {
        while state() != Some(wanted) {
            std::thread::yield_now();
        }
    };
    kill(crate::os::SIGSTOP);
    until('T');
    let (mut inferior, all) = Inferior::attach(process).expect("attached");
    assert_eq!(all.len(), 3);
    inferior.detach_all().expect("detached");
    until('T');
    // Resumed by the debugger it stays stopped as well.
    let (mut inferior, all) = Inferior::attach(process).expect("attached");
    resume_all(&mut inferior, all);
    let all = inferior.stop_all().expect("stopped");
    assert_eq!(all.len(), 3);
    resume_all(&mut inferior, all);
    inferior.detach_all().expect("detached");
    until('T');
    kill(18);
    end(child);
}

#[test]
fn what_cannot_be_attached_to_is_explained() {
    let fails =
        |process: Tid| Inferior::attach(process).map(|_| ()).expect_err("it cannot be attached to");
    assert!(matches!(fails(Tid(i32::MAX)), AttachError::NoSuchProcess(_)));
    assert!(matches!(fails(crate::os::own_process()), AttachError::Itself(_)));
    let (child, process) = serve("1");
    let threads = procfs::threads(process).expect("threads");
    let thread = threads.into_iter().find(|tid| *tid != process).expect("another");
    let error = fails(thread);
    assert!(matches!(error, AttachError::Thread { process: of, .. } if of == process));
    let (inferior, _all) = Inferior::attach(process).expect("attached");
    let error = std::thread::scope(|scope| scope.spawn(|| fails(process)).join()).expect("said");
    let AttachError::Traced { by, .. } = &error else { panic!("{error}") };
    assert_eq!(*by, crate::os::own_process());
    assert!(error.to_string().contains("traced by process"));
    drop(inferior);
    end(child);
    let mut dead = Command::new("/bin/true").spawn().expect("started");
    let zombie = Tid(dead.id().cast_signed());
    while !procfs::has_exited(zombie) {
        std::thread::yield_now();
    }
    assert!(matches!(fails(zombie), AttachError::Zombie(_)));
    dead.wait().expect("reaped");
}

/// A program for 32-bit x86 that waits for a signal: an ELF header, a program header, and
/// `mov eax, 29 (pause); int 0x80; jmp` back.
fn program_of_32_bits() -> Vec<u8> {
    let half = |n: u16| n.to_le_bytes().to_vec();
    let word = |n: u32| n.to_le_bytes().to_vec();
    let base = 0x0804_8000;
    let code = [0xb8, 29, 0, 0, 0, 0xcd, 0x80, 0xeb, 0xf7];
    let mut file = b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    file.extend([half(2), half(3), word(1), word(base + 84), word(52), word(0), word(0)].concat());
    file.extend([half(52), half(32), half(1), half(0), half(0), half(0)].concat());
    let len = 84 + code.len() as u32;
    file.extend([1, 0, base, base, len, len, 5, 4096].map(word).concat());
    file.extend(code);
    file
}

#[test]
fn a_program_of_32_bits_is_refused_and_runs_on() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("small");
    std::fs::write(&path, program_of_32_bits()).expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("set");
    let mut command = Command::new(&path);
    let mut child = loop {
        match command.process_group(0).spawn() {
            Ok(child) => break child,
            // ETXTBSY: a child that another test is just forking still has the file open.
            Err(error) if error.raw_os_error() == Some(26) => std::thread::yield_now(),
            // A kernel without IA-32 emulation has no such processes: ENOEXEC.
            Err(error) => return assert_eq!(error.raw_os_error(), Some(8)),
        }
    };
    let process = Tid(child.id().cast_signed());
    let error = Inferior::attach(process).map(|_| ()).expect_err("not for this machine");
    assert!(matches!(error, AttachError::Image { .. }), "{error}");
    assert!(error.to_string().contains("32-bit x86"), "{error}");
    assert!(!procfs::has_exited(process));
    child.kill().expect("killed");
    child.wait().expect("reaped");
}
