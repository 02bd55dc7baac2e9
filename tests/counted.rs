//! Blocks, bytes and frees as Freehold counts them, against two that count for themselves: a
//! `#[global_allocator]` that is linked into each program, and valgrind.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use support::program::{build_dir, package};
use support::{Told, told};

/// An allocator that counts what it is asked for, and writes the numbers when the program ends: to
/// the file that `COUNTED` names, by libc alone, so that the writing allocates nothing.
const COUNTING: &str = r#"#![crate_type = "rlib"]
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

static COUNTS: [AtomicU64; 4] = [const { AtomicU64::new(0) }; 4];

fn add(index: usize, amount: usize) { COUNTS[index].fetch_add(amount as u64, SeqCst); }

struct Counting;

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(0, 1);
        add(3, layout.size());
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        add(0, 1);
        add(3, layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        add(1, 1);
        add(3, size.saturating_sub(layout.size()));
        unsafe { System.realloc(pointer, layout, size) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        add(2, 1);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

unsafe extern "C" {
    fn getenv(name: *const i8) -> *const i8;
    fn creat(path: *const i8, mode: u32) -> i32;
    fn write(file: i32, bytes: *const u8, count: usize) -> isize;
}

extern "C" fn tell() {
    let counts = COUNTS.each_ref().map(|count| count.load(SeqCst).to_le_bytes());
    unsafe {
        let path = getenv(c"COUNTED".as_ptr());
        if !path.is_null() {
            write(creat(path, 0o600), counts.as_ptr().cast(), size_of_val(&counts));
        }
    }
}

#[used]
#[unsafe(link_section = ".fini_array")]
static AT_EXIT: extern "C" fn() = tell;
"#;

/// A few programs of each sort: collections, counted pointers, panics, leaks, several threads.
const SOME: [&str; 8] = [
    "async_tasks",
    "collections",
    "drop_order",
    "growth",
    "leaks",
    "panics",
    "thread_locals",
    "threads",
];

/// Programs whose counts are not compared: with an allocator of their own, without an end of their
/// own at which the counts could be written, of which a thread still runs then, or no programs at all.
const NOT_COUNTED: [&str; 6] =
    ["global_allocator", "double_free", "plugin", "loads_plugin", "std_more", "crowd"];

const BUILDS: [(&str, &[&str]); 2] = [("debug", &["-g"]), ("opt", &["-O", "-g"])];

fn folder() -> PathBuf {
    let folder = build_dir().join("counted");
    fs::create_dir_all(&folder).expect("the folder");
    folder
}

#[track_caller]
fn run(command: &mut Command) {
    let output = command.output().expect("it starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn rustc(dir: &Path) -> Command {
    let mut rustc = Command::new("rustc");
    rustc.current_dir(dir).args(["--edition", "2024", "-Awarnings"]);
    rustc
}

/// A program with the counting allocator: its source, with one line more at the end.
fn counting(dir: &Path, name: &str, build: &str, flags: &[&str]) -> PathBuf {
    let source = package().join("test-programs").join(name).with_extension("rs");
    let text = fs::read_to_string(source).expect("the source");
    let file = format!("{name}.rs");
    fs::write(dir.join(&file), format!("{text}\nextern crate counting as _;\n")).expect("written");
    let executable = dir.join(format!("{name}-{build}"));
    let mut rustc = rustc(dir);
    rustc.args(flags).args(["--extern", "counting=libcounting.rlib", "-o"]);
    run(rustc.arg(&executable).arg(&file));
    executable
}

/// Compares what the allocator has counted with the totals of the ledger.
fn compare(names: &[String]) {
    let dir = tempfile::tempdir_in(folder()).expect("a folder");
    fs::write(dir.path().join("counting.rs"), COUNTING).expect("the allocator");
    run(rustc(dir.path()).args(["-O", "counting.rs", "-o", "libcounting.rlib"]));
    for name in names {
        for (build, flags) in BUILDS {
            let executable = counting(dir.path(), name, build, flags);
            let counts = dir.path().join("counts");
            let events = dir.path().join("events");
            let mut freehold = support::command();
            freehold.env("COUNTED", &counts).args(["drops", "--format", "json", "--output"]);
            freehold.arg(&events).arg(&executable).write_stdin("");
            let output = freehold.output().expect("it ends");
            let bytes = fs::read(&counts);
            let bytes = bytes.unwrap_or_else(|error| panic!("{name} {build}: {error}: {output:?}"));
            let counted: Vec<u64> = bytes
                .chunks_exact(8)
                .map(|bytes| u64::from_le_bytes(bytes.try_into().expect("eight bytes")))
                .collect();
            let events = fs::read_to_string(&events).expect("its events");
            let exit: serde_json::Value =
                serde_json::from_str(events.lines().last().expect("the exit")).expect("JSON");
            let totals = ["allocated", "reallocated", "freed", "bytes"];
            let told = totals.map(|total| exit["totals"][total].as_u64().expect("a number"));
            assert!(told[0] > 2, "{exit}");
            assert_eq!(counted, told, "{name} {build}: {totals:?}");
            println!("{name} {build}: {told:?} of {totals:?} agree");
            // The next program writes its own, and all of them are large.
            for file in [&counts, &executable] {
                fs::remove_file(file).expect("it is there");
            }
        }
    }
}

#[test]
fn the_counts_of_an_allocator_that_counts_itself_are_those_of_the_ledger() {
    compare(&SOME.map(str::to_owned));
}

#[test]
#[ignore = "scripts/count-oracle runs it"]
fn the_counts_of_all_programs_are_those_of_the_ledger() {
    let files = package().join("test-programs").read_dir().expect("the folder");
    let paths = files.map(|file| file.expect("a file").path());
    let sources = paths.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let names = sources.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()));
    let mut names: Vec<String> =
        names.filter(|name| !NOT_COUNTED.contains(&name.as_str())).collect();
    names.sort();
    compare(&names);
}

/// The totals of valgrind's memcheck for what the program itself asks for: without what glibc gives
/// back at the end for a leak checker alone.
fn by_valgrind(executable: &Path) -> [u64; 3] {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--run-libc-freeres=no", "--run-cxx-freeres=no"]).arg(executable);
    let output = valgrind.stdin(Stdio::null()).output().expect("valgrind is installed");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = said.lines().find(|line| line.contains("total heap usage: "));
    let line = line.unwrap_or_else(|| panic!("no totals: {said}")).replace(',', "");
    let rest = line.split_once("usage: ").map_or("", |(_, rest)| rest);
    let numbers: Vec<u64> = rest.split(' ').filter_map(|word| word.parse().ok()).collect();
    numbers.try_into().unwrap_or_else(|_| panic!("{line}"))
}

/// The same of Freehold's events: valgrind counts a reallocation as a block that ends and one that
/// begins.
fn by_events(told: &Told) -> [u64; 3] {
    let size = |event: &serde_json::Value| event["size"].as_u64().expect("a size");
    let begun = || told.of("alloc").chain(told.of("realloc"));
    let ended = told.of("free").count() + told.of("realloc").count();
    let number = |count: usize| u64::try_from(count).expect("64 bits");
    [number(begun().count()), number(ended), begun().map(size).sum()]
}

/// Without symbols the ledger is kept from malloc, calloc, realloc and free of libc: it has what C
/// code allocates, too, as valgrind has.
#[test]
fn the_totals_of_valgrind_are_those_of_the_ledger_of_libc() {
    if !support::installed("valgrind") {
        return;
    }
    let dir = tempfile::tempdir_in(folder()).expect("a folder");
    let names = ["collections", "growth", "leaks", "panics"];
    for name in names {
        for (build, flags) in BUILDS {
            let built = support::program_with(name, build, flags);
            let stripped = dir.path().join(format!("{name}-{build}"));
            run(Command::new("strip").arg("-o").arg(&stripped).arg(&built.executable));
            let told = told(&["drops"], &stripped, "");
            assert_eq!(by_events(&told), by_valgrind(&stripped), "{name} {build}");
        }
    }
}
