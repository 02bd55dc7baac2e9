//! The test programs do what their headers say, when nobody watches them.

mod support;

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output, Stdio};

use support::{Program, Variant, normalise, program};

fn run(program: &Program) -> Output {
    Command::new(&program.executable)
        .stdin(Stdio::null())
        .env_remove("RUST_BACKTRACE")
        .output()
        .expect("the program starts")
}

fn prints(name: &str, expected: &str) {
    let variants: &[Variant] = match name {
        "moved" | "borrowed" | "memory_layout" | "smart_pointers" => {
            &[Variant::Debug, Variant::Opt, Variant::NoDebug, Variant::OptNoDebug, Variant::Dwarf5]
        }
        _ => &[Variant::Debug, Variant::Opt],
    };
    for variant in variants {
        let output = run(&program(name, *variant));
        assert!(output.status.success(), "{name} {variant:?}: {output:?}");
        let printed = String::from_utf8_lossy(&output.stdout);
        assert_eq!(printed, expected, "{name} {variant:?}");
    }
}

#[test]
fn the_programs_print_what_their_headers_say() {
    prints("hello", "Hello from Rust, edition 2024\n");
    prints("add", "10 + 20 = 30\n");
    prints(
        "looking",
        "[\"one\", \"two\"] 5 5 17 ((7, 7), (-1, -1)) 180 8\n\
         [48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 97, 98, 99, 100, 101, 0] [1.5, -2.25] 3 -4 corner\n",
    );
    prints("workers", "sum 12\n");
    prints("calc", "3 * 7 + 10 = 31\n");
    prints("accordion", "compute(5) = 50\n");
    prints("moved", "f owns \"hello, ownership\"\nmain owns nothing any more\n");
    prints(
        "borrowed",
        "g may look at \"hello, borrowing\"\nmain still owns \"hello, borrowing\"\n",
    );
    prints(
        "memory_layout",
        "Hello, static! Hello, owner! total 84\n5 in the list, 5 in the array\n\
         small 8, large -9000000000, counter 8, last zero 0\n",
    );
    prints(
        "growth",
        "nine pushes: room for 16\none hundred reserved: room for 100\n\
         a sentence: room for 32\n",
    );
    prints("deferred", "sum 14\n");
    prints("raw_alloc", "dangling true 6 16\nthree 15\ndrop Three owned::three\nsums 6 15\n");
    prints("nested", "[\"hello\", \"world\"]\n");
    prints("smart_pointers", "area 19\n");
    prints("collections", "elements [4, 101, 8]\n");
    prints("std_values", "area 30\n");
    prints("language_types", "all types\n");
    prints("literals", "one text, one text, one text: same literal true\n");
    prints(
        "threads",
        "scoped threads: 21\nmoved into a thread: 16 bytes\nshared counter: 4\n\
         through a channel: 13 bytes\n",
    );
    prints("inlining", "twice 16 is 32\n");
    prints("peers", "all rows\n");
    prints(
        "expressions",
        "Ada 36 4\nGreen Some(Point { x: 3, y: -4 }) \
         [Circle(1.5), Rectangle { width: 2, height: 3 }, Nothing] Red\n",
    );
    prints(
        "places",
        "1 a false 0.25 Red [1, 2, 3] [10, 20, 30] (1, true) 5\n\
         Settings { level: 3, ratio: 0.5, light: Amber, name: \"old\" } Some(9) 6 6 1\n42\n\
         [Red, Amber, Green]\n",
    );
}

#[test]
fn the_bad_programs_end_as_they_must() {
    let ends = |name: &str, code: Option<i32>, signal: Option<i32>, printed: &str| {
        let output = run(&program(&format!("bad/{name}"), Variant::Debug));
        let ended = (output.status.code(), output.status.signal());
        assert_eq!(ended, (code, signal), "{name}: {output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), printed, "{name}");
    };
    ends("garbage_string", Some(0), None, "answer 1\n");
    ends("cyclic_box", Some(0), None, "value 1, then 2\n");
    ends("exit_before_main", Some(3), None, "");
    ends("segfault", None, Some(11), "");
    ends("waits_for_stdin", Some(0), None, "ready\nread 0 bytes\n");
    ends("forks", Some(8), None, "parent 9, child 8, signal 0, waited true\n");
    ends("spawns", Some(11), None, "Some(5) Some(6)\n");
    ends("execs", Some(9), None, "before\n");
    ends("many_calls", Some(0), None, "sum 50005000\n");
    ends("many_allocations", Some(0), None, "160000 bytes\n");
    ends("deep_recursion", Some(0), None, "depth 999\n");
    ends("panics_caught", Some(0), None, "caught true, returned 26\n");
    ends("panics", Some(101), None, "");
    ends("own_arena", Some(0), None, "sum 45\n");
    ends("rounds", Some(0), None, "30 19 3\n");
    ends("signal_stacks", Some(0), None, "");
    ends("left_running", Some(0), None, "");
}

#[test]
fn every_program_has_a_header_and_markers_that_are_found() {
    let folder = support::program::package().join("test-programs");
    let folders = [folder.clone(), folder.join("bad")];
    let files = folders.iter().flat_map(|dir| dir.read_dir().expect("the folder")).flatten();
    let sources = files.filter(|file| file.path().extension().is_some_and(|ext| ext == "rs"));
    let mut seen = 0;
    for file in sources {
        let text = fs::read_to_string(file.path()).expect("the source");
        assert!(text.starts_with("//! "), "{:?} says what it shows", file.path());
        assert!(!support::program::markers(&text).is_empty(), "{:?} has markers", file.path());
        seen += 1;
    }
    assert!(seen >= 25, "only {seen} programs");
}

#[test]
fn a_marker_is_a_line_of_the_source() {
    let program = program("add", Variant::Debug);
    let text = fs::read_to_string(&program.source).expect("the source");
    let line = text.lines().nth(program.line("call") as usize - 1);
    assert_eq!(line, Some("    let sum = add(10, 20); // #call"));
}

#[test]
fn expected_output_has_file_names_and_no_folders() {
    assert_eq!(
        normalise("at /home/me/x/test-programs/hello.rs:5, from library/std/src/rt.rs:206"),
        "at hello.rs:5, from rt.rs:206"
    );
    let address = std::panic::catch_unwind(|| normalise("at 0x7ffff7fe3a40"));
    assert!(address.is_err());
}
