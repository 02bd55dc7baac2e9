//! Watchpoints by their effect, through `freehold debug --batch`.

mod support;

use support::{Program, Ran, Variant, normalise, program};

#[track_caller]
fn debug(program: &Program, commands: &[&str]) -> Ran {
    let mut words = vec!["debug".to_owned(), "--batch".to_owned(), "--width=100".to_owned()];
    words.extend(commands.iter().flat_map(|command| ["-e".to_owned(), (*command).to_owned()]));
    words.push(program.executable.display().to_string());
    let mut ran = support::freehold(words);
    ran.stderr = normalise(&ran.stderr);
    ran
}

/// The program, and the command that stops where its values are about to change.
fn stops() -> (Program, String) {
    let stops = program("stops", Variant::Debug);
    let at = format!("break stops.rs:{}", stops.line("total-5"));
    (stops, at)
}

#[track_caller]
fn has(ran: &Ran, part: &str) {
    assert!(ran.stderr.contains(part), "no {part:?} in:\n{}", ran.stderr);
}

#[test]
fn a_watched_local_stops_with_both_values_and_the_line_and_ends_with_its_function() {
    let (stops, at) = stops();
    let ran = debug(&stops, &[&at, "run", "watch total", "c", "c", "c", "info breakpoints", "c"]);
    let by = |marker| format!("  by changes at stops.rs:{}", stops.line(marker));
    has(&ran, &format!("  total was 0\n  total  is 5\n{}", by("total-5")));
    has(&ran, &format!("  total was 5\n  total  is 6\n{}", by("total-6")));
    has(&ran, "Watchpoint 2 ended, main");
    has(&ran, "  total is gone: its function has returned.");
    let listed = ran.stderr.lines().filter(|line| line.starts_with("  2  ")).count();
    assert_eq!((listed, ran.code), (0, 0), "{ran:?}");
}

#[test]
fn fields_and_elements_are_watched_at_once() {
    let (stops, at) = stops();
    let commands = [&at, "run", "watch pair.right", "watch list[1]", "watch total", "c", "c", "c"];
    let ran = debug(&stops, &commands);
    let order: Vec<_> = ran.stderr.lines().filter(|line| line.contains(" was ")).collect();
    assert_eq!(order, ["  total was 0", "  pair.right was 2", "  list[1] was 20"]);
    has(&ran, "  list[1]  is 21");
}

#[test]
fn reads_and_any_access_are_watched() {
    let (stops, at) = stops();
    let ran = debug(&stops, &[&at, "run", "rwatch pair.left", "c", "c"]);
    for marker in ["left-read", "changes-end"] {
        has(&ran, &format!("  pair.left is 1\n  by changes at stops.rs:{}", stops.line(marker)));
    }
    let ran = debug(&stops, &[&at, "run", "awatch pair.right", "c"]);
    has(&ran, "  pair.right was 2\n  pair.right  is 9");
    // A write is no read.
    let ran = debug(&stops, &[&at, "run", "rwatch pair.right", "c"]);
    has(&ran, "Watchpoint 2 ended");
    assert!(!ran.stderr.contains("pair.right is 9"), "{ran:?}");
}

#[test]
fn a_static_stays_watched_from_run_to_run() {
    let (stops, at) = stops();
    let commands = [&at, "run", "watch COUNTER", "delete 1", "c", "c", "run", "print COUNTER", "c"];
    let ran = debug(&stops, &commands);
    let found = ran.stderr.matches("  COUNTER was 7\n  COUNTER  is 8").count();
    assert_eq!((found, ran.code), (2, 0), "{ran:?}");
    has(&ran, &format!("  by changes at stops.rs:{}", stops.line("counter-8")));
}

#[test]
fn a_watchpoint_has_conditions_counts_and_can_be_disabled() {
    let (stops, at) = stops();
    let ran = debug(&stops, &[&at, "run", "watch total if total > 5", "c"]);
    has(&ran, "  total was 5\n  total  is 6");
    assert!(!ran.stderr.contains("total was 0"), "{ran:?}");
    let ran = debug(&stops, &[&at, "run", "watch total", "ignore 2 1", "c", "info breakpoints"]);
    has(&ran, "  total was 5\n  total  is 6");
    has(&ran, "reached 2 times");
    let line = format!("tbreak stops.rs:{}", stops.line("right-9"));
    let commands = [&at, &line, "run", "watch total", "disable 3", "c", "enable 3", "c"];
    let ran = debug(&stops, &commands);
    has(&ran, "  total was 0\n  total  is 6");
}

#[test]
fn the_value_behind_a_heap_pointer_ends_with_its_block() {
    let (stops, at) = stops();
    let ran = debug(&stops, &[&at, "run", "watch list[0]", "c"]);
    has(&ran, "Watchpoint 2 ended");
    has(&ran, "  list[0] is gone: the block #");
    has(&ran, " that it lay in was freed.");
}

#[test]
fn what_the_processor_cannot_watch_is_refused_with_a_way_out() {
    let (stops, at) = stops();
    let five =
        ["watch total", "watch pair.left", "watch pair.right", "watch list[0]", "watch list[1]"];
    let ran = debug(&stops, &[&[at.as_str(), "run"], &five[..]].concat());
    has(&ran, "the processor can watch 4 places at once, and 4 are in use");
    has(&ran, "`delete` or `disable` another watchpoint");
    assert_eq!(ran.code, 2);
    let ran = debug(&stops, &[&at, "run", "watch total + 1"]);
    has(&ran, "`total + 1` is computed: only a place can be watched");
    let ran = debug(&stops, &[&at, "run", "watch wide"]);
    has(&ran, "`wide` has 64 bytes: the processor can watch 4 places of 1, 2, 4 or 8 bytes");
    has(&ran, "watch an element: `watch wide[0]`");
    let ran = debug(&stops, &["watch COUNTER"]);
    has(&ran, "the program is not running");
}

#[test]
fn three_words_are_watched_as_three_places() {
    let (stops, at) = stops();
    let ran = debug(&stops, &[&at, "run", "watch list", "watch total", "watch pair.left"]);
    has(&ran, "Watchpoint 2: list: Vec<u64>");
    has(&ran, "the processor can watch 4 places at once, and 4 are in use");
}
