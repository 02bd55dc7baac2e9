//! Files that are no programs for Freehold, programs that end in every way there is, and programs
//! that say little of themselves: each is told clearly, and ends with the right exit code.

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use support::{Told, Variant, freehold, freehold_in, program, program_with, run, told};

/// `freehold trace` of every function with a path, and `freehold watch`.
const COMMANDS: [&[&str]; 2] = [&["watch"], &["trace", "::"]];

fn bad(name: &str) -> PathBuf {
    program(&format!("bad/{name}"), Variant::Debug).executable
}

// ---- files ----

#[test]
fn watch_and_trace_refuse_the_same_files_in_the_same_words() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let hello = fs::read(program("hello", Variant::Debug).executable).expect("built");
    let mut foreign = hello.clone();
    foreign[18..20].copy_from_slice(&183_u16.to_le_bytes());
    let mut object = hello.clone();
    object[16..18].copy_from_slice(&1_u16.to_le_bytes());
    let files: [(&str, &[u8], u32, &str); 6] = [
        ("text", b"Dear diary", 0o755, "it is not an ELF file (it begins with \"Dear dia\")"),
        ("script", b"#!/bin/sh\necho", 0o755, "it is a script for /bin/sh"),
        ("foreign", &foreign, 0o755, "it is for AArch64, and Freehold debugs x86-64"),
        ("object", &object, 0o755, "it is an object file, which cannot be run"),
        ("locked", &hello, 0o644, "no execute permission"),
        ("cut", &hello[..100], 0o755, "its ELF headers are damaged"),
    ];
    for (name, bytes, mode, reason) in files {
        let path = dir.path().join(name);
        fs::write(&path, bytes).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("permissions");
        let [watched, traced] =
            COMMANDS.map(|args| freehold(args.iter().map(Path::new).chain([path.as_path()])));
        assert!(watched.stderr.contains(reason), "{name}: {}", watched.stderr);
        assert_eq!((watched.code, &*watched.stdout), (2, ""), "{name}");
        assert_eq!((traced.code, traced.stderr), (2, watched.stderr), "{name}");
    }
    let traced = freehold(["trace", "::", "/no/such/place"]);
    assert_eq!(traced.code, 2);
    assert!(traced.stderr.starts_with("error: no such file: /no/such/place\n"));
}

#[test]
fn a_pattern_that_matches_nothing_suggests_a_name_and_ends_with_4() {
    let hello = program("moved", Variant::Debug).executable;
    let ran = freehold([Path::new("trace"), Path::new("moved::mian"), &hello]);
    assert_eq!((ran.code, &*ran.stdout), (4, ""));
    assert!(ran.stderr.contains("did you mean `moved::main`?"), "{}", ran.stderr);
}

// ---- programs that say little of themselves ----

const MOVED: &str = "f owns \"hello, ownership\"\nmain owns nothing any more\n";

/// The frame sizes of the functions that were entered.
fn frames(told: &Told) -> Vec<(String, u64)> {
    let frame = |event: &Value| {
        let function = event["frame"]["at"]["function"].as_str().expect("a name").to_owned();
        (function, event["frame"]["bytes"].as_u64().expect("a number"))
    };
    told.of("enter").map(frame).collect()
}

#[test]
fn without_debug_information_functions_frames_and_blocks_are_seen() {
    let with = told(&["watch"], program("moved", Variant::Debug).executable, "");
    let without = told(&["watch"], program("moved", Variant::NoDebug).executable, "");
    assert_eq!((without.ran.code, &*without.ran.stdout), (0, MOVED));
    assert_eq!(frames(&with), frames(&without));
    assert_eq!(frames(&without).len(), 2);
    for name in ["allocated", "freed", "bytes", "peak_bytes", "leaked"] {
        assert_eq!(with.total(name), without.total(name), "{name}");
    }
    let functions: Vec<_> = without.of("alloc").map(|e| &e["at"]["function"]).collect();
    assert!(functions.iter().any(|name| **name == "moved::main"), "{functions:?}");
    assert_eq!(with.notes(), "");
    assert!(without.notes().contains("Build with -g "), "{}", without.notes());
    let traced = told(&["trace", "moved::"], program("moved", Variant::NoDebug).executable, "");
    assert!(traced.notes().contains("Build with -g "), "{}", traced.notes());
    assert_eq!(frames(&traced), frames(&without));
}

#[test]
fn debug_information_that_is_thin_or_elsewhere_is_told_by_its_flag() {
    let says = |folder: &str, flags: &[&str], words: &str| {
        let told = told(&["watch"], program_with("moved", folder, flags).executable, "");
        assert_eq!((told.ran.code, &*told.ran.stdout), (0, MOVED), "{folder}");
        assert!(told.notes().contains(words), "{folder}: {}", told.notes());
        assert_eq!(told.of("enter").count(), 2, "{folder}");
        let lines = told.of("alloc").filter(|e| e["at"]["line"] == 11).count();
        assert_eq!(lines, 1, "{folder}: the line of main's block is known");
    };
    says("limited", &["-Cdebuginfo=1"], "-C debuginfo=2");
    says("lines", &["-Cdebuginfo=line-tables-only"], "-C debuginfo=2");
    says("packed", &["-g", "-Csplit-debuginfo=packed"], "-C split-debuginfo=off");
    says("unpacked", &["-g", "-Csplit-debuginfo=unpacked"], "-C split-debuginfo=off");
}

#[test]
fn of_a_stripped_program_libcs_blocks_are_seen() {
    let stripped = program_with("moved", "stripped", &["-Cstrip=symbols"]).executable;
    let watched = told(&["watch"], &stripped, "");
    assert_eq!((watched.ran.code, &*watched.ran.stdout), (0, MOVED));
    assert!(watched.of("alloc").any(|event| event["size"] == 16), "the text of main");
    let notes = watched.notes();
    for words in ["seen at malloc", "no symbol table", "-C strip=symbols"] {
        assert!(notes.contains(words), "{notes}");
    }
    let traced = freehold([Path::new("trace"), Path::new("moved::"), &stripped]);
    assert_eq!((traced.code, &*traced.stdout), (4, ""));
    assert!(traced.stderr.contains("-C strip=symbols"), "{}", traced.stderr);
}

// ---- damaged files ----

/// A section of an ELF file: where its bytes lie.
fn section(elf: &[u8], name: &str) -> std::ops::Range<usize> {
    use object::{Object, ObjectSection};
    let file = object::File::parse(elf).expect("an ELF file");
    let found = file.section_by_name(name).unwrap_or_else(|| panic!("no {name}"));
    let (start, size) = found.file_range().expect("in the file");
    start as usize..(start + size) as usize
}

/// Bytes that are no pattern, and the same at every run (xorshift).
fn noise(bytes: &mut [u8]) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for byte in bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        *byte = state as u8;
    }
}

/// Runs a damaged `moved`, with 2 GB of address space and half a minute.
fn run_damaged(bytes: &[u8], what: &str) -> run::Ran {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let path = dir.path().join("moved");
    fs::write(&path, bytes).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("permissions");
    let limited = "ulimit -v 2000000; exec timeout -s ABRT 30 \"$0\" watch \"$1\"";
    let output = Command::new("sh")
        .args(["-c", limited, env!("CARGO_BIN_EXE_freehold")])
        .arg(&path)
        .stdin(Stdio::null())
        .output();
    let ran = run::Ran::of(output.expect("sh starts"));
    assert!(!ran.stderr.contains("mistake in itself"), "{what}: {}", ran.stderr);
    assert!(!ran.stderr.contains("panicked"), "{what}: {}", ran.stderr);
    ran
}

/// What is done to the bytes of a section.
type Damage = fn(&mut [u8]);

/// A section of nonsense leaves the program as it is: it runs to its end, and Freehold with it.
fn survives_damage(name: &str) {
    let executable = program("moved", Variant::Debug).executable;
    let good = fs::read(executable).expect("built");
    let damages: [(&str, Damage); 5] = [
        ("zeros", |bytes| bytes.fill(0)),
        ("ones", |bytes| bytes.fill(0xff)),
        ("noise", noise),
        ("flipped bits", |bytes| bytes.iter_mut().skip(7).step_by(16).for_each(|b| *b ^= 0x80)),
        ("zeros behind the middle", |bytes| {
            let half = bytes.len() / 2;
            bytes[half..].fill(0);
        }),
    ];
    for (damage, apply) in damages {
        let mut bytes = good.clone();
        apply(&mut bytes[section(&good, name)]);
        let what = format!("{damage} in {name}");
        let ran = run_damaged(&bytes, &what);
        assert_eq!((ran.code, &*ran.stdout), (0, MOVED), "{what}: {}", ran.stderr);
        assert!(ran.stderr.contains("exit     code 0"), "{what}: {}", ran.stderr);
    }
}

#[test]
fn nonsense_in_the_tree_of_dies_is_survived() {
    survives_damage(".debug_info");
    survives_damage(".debug_abbrev");
}

#[test]
fn nonsense_in_the_line_tables_is_survived() {
    survives_damage(".debug_line");
    survives_damage(".debug_str");
}

#[test]
fn nonsense_in_the_tables_of_ranges_is_survived() {
    survives_damage(".debug_ranges");
    survives_damage(".debug_aranges");
}

#[test]
fn nonsense_in_the_unwind_tables_is_survived() {
    survives_damage(".eh_frame");
    survives_damage(".eh_frame_hdr");
}

#[test]
fn nonsense_in_the_symbol_table_is_survived() {
    survives_damage(".symtab");
    survives_damage(".strtab");
}

#[test]
fn sections_without_names_leave_a_program_that_runs() {
    survives_damage(".shstrtab");
}

#[test]
fn a_file_that_was_cut_short_is_refused() {
    let good = fs::read(program("moved", Variant::Debug).executable).expect("built");
    let len = good.len();
    for cut in [16, 64, 1000, 4096, len / 4, len / 2, len * 3 / 4, len - 64, len - 1] {
        let ran = run_damaged(&good[..cut], "cut");
        assert_eq!((ran.code, &*ran.stdout), (2, ""), "at {cut}: {}", ran.stderr);
        assert!(ran.stderr.contains("\n  help: "), "at {cut}: {}", ran.stderr);
    }
}

// ---- how programs end ----

/// Under both commands, a program ends with its own code and prints what it prints by itself.
fn ends(name: &str, code: i32) {
    let program = bad(name);
    let alone = Command::new(&program).stdin(Stdio::null()).output().expect("it starts");
    for args in COMMANDS {
        let told = told(args, &program, "");
        assert_eq!(told.ran.code, code, "{name} {args:?}: {}", told.ran.stderr);
        assert_eq!(told.ran.stdout, String::from_utf8_lossy(&alone.stdout), "{name} {args:?}");
        let end = told.events.last().expect("an event");
        match code {
            139 => assert_eq!(end["signal"], 11, "{name}"),
            _ => assert_eq!(end["code"], code, "{name}"),
        }
    }
}

#[test]
fn a_program_ends_freehold_with_its_own_code() {
    ends("exit_before_main", 3);
    ends("segfault", 139);
    ends("panics", 101);
    ends("panics_caught", 0);
}

#[test]
fn processes_that_fork_spawn_and_execute_end_as_they_do_alone() {
    ends("forks", 8);
    ends("spawns", 11);
    ends("execs", 9);
}

#[test]
fn values_that_lie_are_shown_as_what_they_are() {
    ends("garbage_string", 0);
    ends("cyclic_box", 0);
    let garbage = told(&["watch"], bad("garbage_string"), "");
    let shown = |event: &Value| event.to_string().contains("unmapped");
    assert!(garbage.of("enter").any(shown), "the String at no address");
    let cyclic = told(&["watch"], bad("cyclic_box"), "");
    let longest = cyclic.events.iter().map(|event| event.to_string().len()).max();
    assert!(longest.is_some_and(|len| len < 100_000), "{longest:?}");
}

#[test]
fn a_fault_is_explained_once_where_it_happened() {
    let told = told(&["watch"], bad("segfault"), "");
    let [signal] = told.of("signal").collect::<Vec<_>>()[..] else { panic!("{told:?}") };
    assert_eq!(signal["name"], "SIGSEGV");
    assert_eq!(signal["explanation"], "access through a null pointer, at offset 0 from it");
    let frames = signal["stack"]["frames"].as_array().expect("frames");
    assert_eq!(frames[0]["at"]["function"], "segfault::write_to");
    let alive = told.events.last().expect("an end")["alive"].to_string();
    assert!(alive.contains("segfault::main"), "{alive}");
}

#[test]
fn a_program_that_is_killed_from_outside_ends_with_137() {
    let mut freehold = Command::new(env!("CARGO_BIN_EXE_freehold"))
        .args([Path::new("watch"), &bad("waits_for_stdin")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("freehold starts");
    let mut line = String::new();
    let stdout = freehold.stdout.take().expect("piped");
    BufReader::new(stdout).read_line(&mut line).expect("readable");
    assert_eq!(line, "ready\n");
    let pid = freehold.id();
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).expect("procfs");
    let child = children.trim().parse().expect("one child");
    // The pipe to stdin is open as long as `freehold` is, so that the program waits.
    kill(Pid::from_raw(child), Signal::SIGKILL).expect("it is there");
    let mut said = String::new();
    let mut stderr = freehold.stderr.take().expect("piped");
    stderr.read_to_string(&mut said).expect("text");
    assert_eq!(freehold.wait().expect("it ends").code(), Some(137), "{said}");
    assert!(said.contains("killed by signal 9 (SIGKILL)"), "{said}");
}

#[test]
fn standard_input_is_the_programs() {
    let program = bad("waits_for_stdin");
    let args = [Path::new("watch"), &program];
    let ran = freehold_in(support::program::package(), args, "hello\n");
    assert_eq!((ran.code, &*ran.stdout), (0, "ready\nread 6 bytes\n"));
}

#[test]
fn a_reader_that_goes_away_does_not_stop_the_program() {
    let program = bad("forks");
    let alone = "parent 9, child 8, signal 0, waited true\n";
    for (args, redirect) in COMMANDS.iter().flat_map(|args| {
        ["2>&1 >\"$OUT\" | head -n 1", "2>&- >\"$OUT\"", "2>/dev/full >\"$OUT\""]
            .map(|redirect| (args.join(" "), redirect))
    }) {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let out = dir.path().join("out");
        let script = format!("set -o pipefail; \"$0\" {args} \"$1\" {redirect}");
        let status = Command::new("bash")
            .args(["-c", &script, env!("CARGO_BIN_EXE_freehold")])
            .arg(&program)
            .env("OUT", &out)
            .stdout(Stdio::null())
            .status()
            .expect("bash starts");
        assert_eq!(status.code(), Some(8), "{args} {redirect}");
        assert_eq!(fs::read_to_string(&out).expect("written"), alone, "{args} {redirect}");
    }
}

// ---- loops ----

/// How often a function was entered: shown and counted.
fn calls(told: &Told, function: &str) -> u64 {
    let shown = told.of("enter").filter(|event| event["frame"]["at"]["function"] == function);
    let lists = told.of("repeated").filter_map(|event| event["calls"].as_array());
    let counted = lists.flatten().filter(|calls| calls["function"] == function);
    shown.count() as u64 + counted.filter_map(|calls| calls["calls"].as_u64()).sum::<u64>()
}

/// How many events of a kind there were: shown and counted.
fn blocks(told: &Told, kind: &str) -> u64 {
    let counted = told.of("repeated").filter_map(|event| event[format!("{kind}s")].as_u64());
    told.of(kind).count() as u64 + counted.sum::<u64>()
}

#[test]
fn ten_thousand_calls_are_few_lines_and_a_count() {
    let program = bad("many_calls");
    let few = told(&["watch"], &program, "");
    assert_eq!(calls(&few, "many_calls::step"), 10_000);
    assert!(few.events.len() < 40, "{}", few.events.len());
    let text = freehold([Path::new("watch"), &program]);
    assert!(text.stderr.contains("9,997 more calls of step"), "{}", text.stderr);
    let full = told(&["trace", "step", "--full"], &program, "");
    assert_eq!(full.of("enter").count(), 10_000);
    assert_eq!(full.of("return").count(), 10_000);
}

#[test]
fn ten_thousand_blocks_are_few_lines_and_a_count() {
    let program = bad("many_allocations");
    let few = told(&["watch"], &program, "");
    let full = told(&["watch", "--full"], &program, "");
    assert!(few.events.len() < 40, "{}", few.events.len());
    assert!(full.of("alloc").count() > 10_000 && full.of("repeated").count() == 0);
    for told in [&few, &full] {
        assert_eq!(blocks(told, "alloc"), told.total("allocated"));
        assert_eq!(blocks(told, "free"), told.total("freed"));
    }
    assert_eq!(few.total("bytes"), full.total("bytes"));
}

#[test]
fn a_thousand_levels_of_recursion_are_few_pictures_and_a_count() {
    let program = bad("deep_recursion");
    let few = told(&["watch"], &program, "");
    assert_eq!(calls(&few, "deep_recursion::descend"), 1_000);
    assert!(few.events.len() < 60, "{}", few.events.len());
    let full = told(&["trace", "descend", "--full"], &program, "");
    let depths = full.of("enter").filter_map(|event| event["depth"].as_u64());
    assert!(depths.eq(0..1_000));
    assert_eq!(full.of("return").count(), 1_000);
    assert_eq!(full.total("peak_stack_bytes"), few.total("peak_stack_bytes"));
}

#[test]
fn text_and_json_tell_the_same_numbers() {
    let program = program("smart_pointers", Variant::Debug).executable;
    let json = told(&["watch"], &program, "");
    let text = freehold([Path::new("watch"), &program]);
    assert_eq!(text.stdout, json.ran.stdout);
    let plain: String = text.stderr.chars().filter(|c| *c != ',').collect();
    let [allocated, freed, bytes, peak] =
        ["allocated", "freed", "bytes", "peak_bytes"].map(|name| json.total(name));
    let heap = format!(
        "  heap     {allocated} blocks allocated {freed} freed; {bytes} B in all peak {peak} B"
    );
    assert!(plain.lines().any(|line| line.starts_with(&heap)), "{heap}\n{plain}");
    let stack = format!("  stack    peak {} B\n", json.total("peak_stack_bytes"));
    assert!(plain.contains(&stack), "{stack}\n{plain}");
    assert_eq!(json.total("allocated"), json.total("freed") + json.total("leaked"));
    let pictures = text.stderr.lines().filter(|line| line.starts_with("━━ enter ")).count();
    assert_eq!(pictures, json.of("enter").count());
}

// ---- ways to build ----

/// What `counts_itself` counted.
fn counted(told: &Told, name: &str) -> u64 {
    let mut words = told.ran.stdout.lines().map(str::split_whitespace);
    let line = words.find_map(|mut words| (words.next() == Some(name)).then(|| words.next()));
    line.flatten().and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("{told:?}"))
}

/// The ledger agrees with a counting allocator in the program, to the byte.
#[track_caller]
fn agrees(folder: &str, flags: &[&str], options: &[&str]) {
    let program = program_with("bad/counts_itself", folder, flags);
    let told = told(&[&["watch"], options].concat(), program.executable, "");
    assert_eq!(told.ran.code, 0, "{folder}: {}", told.ran.stderr);
    for name in ["allocated", "freed", "reallocated", "bytes", "leaked_bytes"] {
        assert_eq!(told.total(name), counted(&told, name), "{folder}: {name}");
    }
    assert_eq!(told.of("unknown_free").count(), 0, "{folder}");
    assert_eq!(told.of("thread_start").count(), 1, "{folder}");
}

#[test]
fn blocks_agree_with_what_the_program_counts() {
    agrees("debug", &["-g"], &[]);
    agrees("debug", &["-g"], &["--aslr"]);
    agrees("debug", &["-g"], &["--full", "--no-pin"]);
    agrees("no-debug", &[], &[]);
}

#[test]
fn blocks_agree_however_the_program_is_linked() {
    agrees("static-pie", &["-g", "-Ctarget-feature=+crt-static"], &[]);
    agrees("static", &["-g", "-Ctarget-feature=+crt-static", "-Crelocation-model=static"], &[]);
    agrees("no-pie", &["-g", "-Crelocation-model=static", "-Clink-arg=-no-pie"], &[]);
}

#[test]
fn blocks_agree_whatever_the_debug_information() {
    agrees("dwarf5", &["-g", "-Cdwarf-version=5"], &[]);
    agrees("limited", &["-Cdebuginfo=1"], &[]);
    agrees("packed", &["-g", "-Csplit-debuginfo=packed"], &[]);
    agrees("abort", &["-g", "-Cpanic=abort", "-Cforce-frame-pointers=yes"], &[]);
}

/// The sizes of the blocks that `counts_itself::work` and its closures allocated, by thread.
fn sizes_in_work(told: &Told) -> Vec<(u64, u64)> {
    let number = |value: &Value| value.as_u64().expect("a number");
    let mut sizes: Vec<_> = told
        .of("alloc")
        .filter(|e| {
            e["at"]["function"].as_str().is_some_and(|f| f.starts_with("counts_itself::work"))
        })
        .map(|event| (number(&event["thread"]), number(&event["size"])))
        .collect();
    sizes.sort_unstable();
    sizes
}

/// Runs builds in which the shims are inlined: what libc tells of is what the debug build allocates.
#[track_caller]
fn libc_tells_of_the_same_blocks(builds: &[(&str, &[&str])]) {
    let run = |folder, flags| {
        let program = program_with("bad/counts_itself", folder, flags);
        told(&["watch", "--full"], program.executable, "")
    };
    let expected = sizes_in_work(&run("debug", &["-g"]));
    assert!(expected.len() > 60, "{expected:?}");
    for (folder, flags) in builds {
        let told = run(folder, flags);
        assert_eq!(told.ran.code, 0, "{folder}: {}", told.ran.stderr);
        assert!(told.notes().contains("inlined away"), "{folder}: {}", told.notes());
        assert_eq!(told.of("unknown_free").count(), 0, "{folder}");
        assert_eq!(sizes_in_work(&told), expected, "{folder}");
        let (allocated, own) = (told.total("allocated"), counted(&told, "allocated"));
        assert!(allocated >= own, "{folder}: {allocated} blocks, C's among them, of {own}");
        assert_eq!(told.total("leaked"), allocated - told.total("freed"), "{folder}");
        assert_eq!(told.of("alloc").count() as u64, allocated, "{folder}");
    }
}

#[test]
fn where_the_shims_were_inlined_libc_tells_of_the_same_blocks() {
    libc_tells_of_the_same_blocks(&[
        ("opt", &["-O", "-g"]),
        ("opt-no-pie", &["-O", "-g", "-Crelocation-model=static", "-Clink-arg=-no-pie"]),
        ("opt-static-pie", &["-O", "-g", "-Ctarget-feature=+crt-static"]),
    ]);
}

#[test]
fn where_all_crates_were_optimised_as_one_libc_tells_of_the_same_blocks() {
    libc_tells_of_the_same_blocks(&[("lto", &["-O", "-g", "-Clto=fat"])]);
}

#[test]
fn where_all_crates_were_optimised_as_one_and_panics_abort_libc_tells_of_the_same_blocks() {
    let flags = &["-O", "-g", "-Clto=fat", "-Cpanic=abort"];
    libc_tells_of_the_same_blocks(&[("lto-abort", flags)]);
}

#[test]
fn an_allocator_that_was_inlined_and_calls_nobody_is_told() {
    let watch = |variant| told(&["watch"], program("bad/own_arena", variant).executable, "");
    let debug = watch(Variant::Debug);
    assert_eq!((debug.ran.code, &*debug.ran.stdout, &*debug.notes()), (0, "sum 45\n", ""));
    assert!(debug.of("alloc").any(|event| event["size"] == 40), "ten numbers of four bytes");
    let opt = watch(Variant::Opt);
    assert_eq!((opt.ran.code, &*opt.ran.stdout), (0, "sum 45\n"));
    assert!(opt.notes().contains("own allocator was inlined"), "{}", opt.notes());
}

#[test]
fn std_as_a_shared_library_has_its_shims_there() {
    let program = program_with("moved", "dynamic", &["-g", "-Cprefer-dynamic"]).executable;
    let sysroot = Command::new("rustc").args(["--print", "target-libdir"]).output();
    let folder = String::from_utf8(sysroot.expect("rustc starts").stdout).expect("a path");
    let env = format!("LD_LIBRARY_PATH={}", folder.trim());
    let dynamic = told(&["watch", "--env", &env], program, "");
    let plain = told(&["watch"], support::program("moved", Variant::Debug).executable, "");
    assert_eq!((dynamic.ran.code, &*dynamic.ran.stdout), (0, MOVED));
    for name in ["allocated", "freed", "bytes", "peak_bytes", "leaked"] {
        assert_eq!(dynamic.total(name), plain.total(name), "{name}");
    }
    let missing = told(&["watch", "--env", "LD_LIBRARY_PATH="], program_dynamic(), "");
    assert_eq!(missing.ran.code, 127);
    assert!(missing.ran.stderr.contains("libstd-"), "the dynamic linker's own words");
}

fn program_dynamic() -> PathBuf {
    program_with("moved", "dynamic", &["-g", "-Cprefer-dynamic"]).executable
}
