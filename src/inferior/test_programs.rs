//! What the live tests share: the program they debug, and short ways to do so.

use std::io::Read;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use object::{Object, ObjectSymbol};

use super::{Inferior, Launch, Stop, Stopped, SystemCall};
use crate::base::{ExitStatus, FileAddr, VirtAddr};

/// How the subject ends when it saw what it expects.
pub(super) const SUCCESS: Option<ExitStatus> = Some(ExitStatus::Code(0));

/// The path of the subject, compiled once for all tests of this process.
pub(super) fn subject() -> &'static Path {
    static SUBJECT: OnceLock<tempfile::TempDir> = OnceLock::new();
    static PATH: OnceLock<std::path::PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        let dir = SUBJECT.get_or_init(|| tempfile::tempdir().expect("a directory"));
        compile(dir.path(), &[])
    })
}

/// The path of a library that the subject can load.
pub(super) fn library(dir: &Path) -> std::path::PathBuf {
    let text = include_str!("testdata/library.rs.txt");
    rustc(dir, "library", text, &["--crate-type=cdylib"])
}

/// Compiles the subject with flags of its own.
pub(super) fn compile(dir: &Path, flags: &[&str]) -> std::path::PathBuf {
    rustc(dir, "subject", include_str!("testdata/subject.rs.txt"), flags)
}

fn rustc(dir: &Path, name: &str, text: &str, flags: &[&str]) -> std::path::PathBuf {
    let source = dir.join(format!("{name}.rs"));
    std::fs::write(&source, text).expect("written");
    let program = dir.join(name);
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition=2024", "-Awarnings", "-o"]).arg(&program).args(flags).arg(&source);
    assert!(rustc.status().expect("rustc").success());
    program
}

/// A program that stands at its entry point, and the thread that does.
pub(super) fn start(args: &[&str]) -> (Inferior, Stopped) {
    start_with(launch(args))
}

pub(super) fn start_with(launch: Launch) -> (Inferior, Stopped) {
    let (mut inferior, first) = Inferior::launch(launch).expect("launched");
    let Stop::Site { thread, .. } = inferior.run_to_entry(first).expect("at the entry") else {
        panic!("something came before the entry");
    };
    (inferior, thread)
}

pub(super) fn launch(args: &[&str]) -> Launch {
    args.iter().fold(Launch::new(subject()), |launch, arg| launch.arg(arg))
}

/// Where a symbol of the main executable is.
pub(super) fn symbol(inferior: &Inferior, name: &str) -> VirtAddr {
    symbol_where(inferior, |found| found == name)
}

/// Where a static of the subject is, whose symbol is mangled.
pub(super) fn static_of_subject(inferior: &Inferior, name: &str) -> VirtAddr {
    symbol_where(inferior, |found| found.starts_with("_ZN7subject") && found.contains(name))
}

fn symbol_where(inferior: &Inferior, is_it: impl Fn(&str) -> bool) -> VirtAddr {
    let main = inferior.modules().main();
    let bytes = std::fs::read(main.image.path()).expect("the executable");
    let file = object::File::parse(&*bytes).expect("an ELF file");
    let symbol = file.symbols().find(|symbol| symbol.name().is_ok_and(&is_it)).expect("the symbol");
    main.bias.to_virt(FileAddr(symbol.address()))
}

/// Where a function of libc is, by its name in the symbol table that libc has.
pub(super) fn libc_symbol(inferior: &Inferior, name: &str) -> Option<VirtAddr> {
    let is_libc =
        |module: &std::rc::Rc<super::Module>| module.path().to_string_lossy().contains("libc.so");
    let libc = inferior.modules().iter().find(is_libc)?.loaded()?;
    let bytes = std::fs::read(libc.image.path()).expect("libc");
    let file = object::File::parse(&*bytes).expect("an ELF file");
    let mut all = file.symbols().chain(file.dynamic_symbols());
    let symbol = all.find(|symbol| symbol.name() == Ok(name))?;
    Some(libc.bias.to_virt(FileAddr(symbol.address())))
}

/// What happened until the end of the program, when every signal but SIGTRAP of sites is delivered.
#[derive(Default, Debug)]
pub(super) struct Course {
    pub(super) hits: Vec<(u32, VirtAddr)>,
    pub(super) signals: Vec<i32>,
    pub(super) started: Vec<u32>,
    pub(super) exited: Vec<u32>,
    pub(super) forks: u32,
    pub(super) execs: u32,
    pub(super) watched: u32,
    pub(super) modules: u32,
    pub(super) calls: Vec<SystemCall>,
    pub(super) end: Option<ExitStatus>,
}

impl Course {
    /// Notes a stop, and says which signal is to be delivered.
    pub(super) fn note(&mut self, stop: &Stop) -> Option<i32> {
        match stop {
            Stop::Site { thread, at } => self.hits.push((thread.no().0, *at)),
            Stop::Signal { info, .. } => {
                self.signals.push(info.number);
                return Some(info.number);
            }
            Stop::ThreadStarted { thread } => self.started.push(thread.no().0),
            Stop::ThreadExited { no } => self.exited.push(no.0),
            Stop::Exec { .. } => self.execs += 1,
            Stop::Watch { .. } => self.watched += 1,
            Stop::Modules { .. } => self.modules += 1,
            Stop::SystemCall { call, .. } => self.calls.push(*call),
            Stop::Forked { .. } => self.forks += 1,
            Stop::Ended(status) => self.end = Some(*status),
        }
        None
    }
}

/// Runs a program to its end and returns its course.
pub(super) fn run(inferior: &mut Inferior, first: Stopped) -> Course {
    run_with(inferior, first, |_, _| {})
}

/// As [`run`], with a look at every stop before it is resumed.
pub(super) fn run_with(
    inferior: &mut Inferior,
    first: Stopped,
    mut look: impl FnMut(&mut Inferior, &Stop),
) -> Course {
    let mut course = Course::default();
    inferior.resume(first, None).expect("resumed");
    loop {
        let stop = inferior.wait().expect("a stop");
        look(inferior, &stop);
        let deliver = course.note(&stop);
        if course.end.is_some() {
            return course;
        }
        if let Some(thread) = stop.into_thread() {
            inferior.resume(thread, deliver).expect("resumed");
        }
    }
}

/// Runs the subject with a site at the function that it calls.
pub(super) fn run_with_site(args: &[&str]) -> Course {
    let (mut inferior, first) = start(args);
    let touch = symbol(&inferior, "touch");
    inferior.insert_site(touch).expect("a site");
    run(&mut inferior, first)
}

/// A pipe for the program's output: its end for [`Launch::stdio`], and a way to read it all.
pub(super) fn output() -> (std::os::fd::OwnedFd, impl FnOnce() -> String) {
    let (mut reader, writer) = std::io::pipe().expect("a pipe");
    let read = move || {
        let mut text = String::new();
        reader.read_to_string(&mut text).expect("read");
        text
    };
    (writer.into(), read)
}
