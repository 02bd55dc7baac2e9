//! `freehold::testing`: what is asserted of recordings holds for the programs, and what does not
//! hold is told with its history.

mod support;

use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};

use freehold::base::{EventKind, ExitStatus, Keeper};
use freehold::testing::{Point, Program, Recording, mark, recorded};
use support::{Variant, program};

#[track_caller]
fn run(name: &str, follow: &[&str]) -> Recording {
    let executable = program(name, Variant::Debug).executable;
    let program = Program::file(executable);
    let recording = follow.iter().fold(program, |program, f| program.follow(f)).record();
    recording.assert_success();
    recording
}

fn message(assertion: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(assertion)).expect_err("it does not hold");
    panic.downcast_ref::<String>().cloned().unwrap_or_default()
}

#[test]
fn a_moved_string_is_freed_by_the_function_that_got_it() {
    let run = run("moved", &[]);
    let value = run.blocks().allocated_in("main").allocated_at("moved.rs:11");
    assert_eq!((value.len(), value.bytes()), (1, 16));
    value.assert_freed_in("f");
    value.assert_freed_once();
    run.assert_no_leaks();
    assert_eq!(run.status(), ExitStatus::Code(0));
    assert!(run.stdout().ends_with("main owns nothing any more\n"), "{}", run.stdout());
}

#[test]
fn what_does_not_hold_is_told_with_the_history() {
    let run = run("moved", &[]);
    let value = run.blocks().allocated_at("moved.rs:11");
    let told = message(|| value.assert_freed_in("main"));
    assert!(
        told.starts_with("expected that each block allocated at moved.rs:11 was freed in `main`")
    );
    assert!(told.contains("allocated  moved.rs:11  main"), "{told}");
    assert!(told.contains("freed      moved.rs:8   f"), "{told}");
    assert!(message(|| value.assert_never_freed()).contains("is alive at the end"));
}

#[test]
fn the_calls_of_a_function_are_points_in_time() {
    let run = run("consumed", &["length"]);
    let part = run.between(Point::Entry("length".into()), Point::Exit("length".into()));
    part.assert_no_allocation();
    assert_eq!(part.peak_heap(), 0);
    let made = run.blocks().allocated_at("consumed.rs:10");
    assert_eq!(made.len(), 4, "the row and its three strings");
    made.assert_freed_in("main");
    let told = message(|| _ = run.between(Point::Entry("legnth".into()), Point::Exit("f".into())));
    assert!(told.ends_with("reach the entry of `legnth`; it entered consumed::length"), "{told}");
}

#[test]
fn the_order_of_drops_is_asserted_by_name_and_type() {
    let run = run("drop_order", &["scopes"]);
    let guards = || run.drops().of_type("Guard");
    guards().in_function("in_reverse").assert_order(&["_c", "_b", "_a"]);
    guards().in_function("in_reverse").assert_order(&["_c: Guard", "_", "_a"]);
    guards().in_function("forgotten").assert_none();
    let scopes = run.between(Point::Entry("scopes".into()), Point::Exit("scopes".into()));
    scopes.drops().of_type("Guard").assert_order(&["_inner", "_outer"]);
    let told = message(|| guards().in_function("in_reverse").assert_order(&["_c", "_a", "_b"]));
    let line = program("drop_order", Variant::Debug).line("in-reverse-end");
    let wrong = "`_b: Guard` was dropped before `_a: Guard`; expected after";
    assert!(told.contains(&format!("{wrong}; drop_order.rs:{line}")), "{told}");
    let told = message(|| guards().in_function("in_reverse").assert_order(&["_c", "_b"]));
    assert!(told.contains("`_a: Guard` was dropped as well"), "{told}");
    let four = ["_c", "_b", "_a", "_d"];
    let told = message(|| guards().in_function("in_reverse").assert_order(&four));
    assert!(told.contains("`_d` was never dropped"), "{told}");
}

#[test]
fn a_program_that_fails_says_what_it_said() {
    let executable = program("moved", Variant::Debug).executable;
    let missing = Program::file(executable.with_extension("not-there")).try_record();
    let told = missing.expect_err("there is no such file").to_string();
    assert!(told.starts_with("error: no such file"), "{told}");
}

#[test]
fn a_test_records_a_piece_of_itself() {
    let before = Box::new([1_u8; 100]);
    let run = recorded(|| {
        let kept = Vec::<u64>::with_capacity(4);
        mark("kept");
        drop(String::from("short lived"));
        let thread = std::thread::spawn(|| black_box(Box::new([0_u8; 64])).len());
        assert_eq!(thread.join().expect("it does not panic"), 64);
        std::mem::forget(kept);
    });
    assert_eq!(before.len(), 100);
    let code = run.of_code();
    let ours = code.blocks().allocated_at("tests/recordings.rs");
    assert!(
        ours.iter().any(|block| block.size == 64 && block.allocated.thread != ours_thread(&run))
    );
    ours.clone().that("of 32 bytes", |block| block.size == 32).assert_never_freed();
    ours.that("of 11 bytes", |block| block.size == 11).assert_freed_once();
    assert!(code.peak_heap() >= 32 + 64);
    let told = message(|| code.assert_no_leaks());
    assert!(told.contains("  32 B\n") && !told.contains("100 B"), "{told}");
    run.between(Point::Mark("kept".into()), Point::Mark("kept".into())).assert_no_allocation();
}

fn ours_thread(run: &Recording) -> freehold::base::ThreadNo {
    let blocks = run.of_code();
    let own = blocks.blocks().allocated_at("recordings.rs").that("of 32 bytes", |b| b.size == 32);
    own.iter().next().expect("the row").allocated.thread
}

const KEPT: &str = r#"
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Mutex;

static KEPT: Mutex<Vec<Box<u32>>> = Mutex::new(Vec::new());

thread_local!(static OWN: Cell<Option<Box<[u8; 72]>>> = const { Cell::new(None) });

struct Node {
    next: RefCell<Option<Rc<Node>>>,
    name: Box<[u8; 48]>,
}

fn ring() {
    let node = |name| Rc::new(Node { next: RefCell::new(None), name: Box::new(name) });
    let (a, b) = (node([1; 48]), node([2; 48]));
    *a.next.borrow_mut() = Some(b.clone());
    *b.next.borrow_mut() = Some(a);
    assert_eq!(b.name[0], 2);
}

fn main() {
    KEPT.lock().unwrap().push(Box::new(7));
    OWN.set(Some(Box::new([3; 72])));
    ring();
    std::mem::forget(Box::new([4_u8; 56]));
}
"#;

#[test]
fn what_nothing_leads_to_is_a_leak_and_what_a_static_leads_to_is_none() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let source = dir.path().join("kept.rs");
    std::fs::write(&source, KEPT).expect("the source");
    for optimised in [false, true] {
        let program = Program::file(&source);
        let program = if optimised { program.optimised() } else { program };
        let run = program.record();
        run.assert_success();
        let end = run.events().iter().find_map(|event| match &event.kind {
            EventKind::Exit { alive, .. } => Some(alive),
            _ => None,
        });
        let keeper = |size: u64| {
            let block = end.expect("an end").iter().find(|block| block.size == size);
            block.unwrap_or_else(|| panic!("{size} bytes in {end:?}")).keeper.clone()
        };
        let of_kept = keeper(4);
        let Some(Keeper::Static { name: Some(name) }) = of_kept else { panic!("{of_kept:?}") };
        assert!(name.starts_with("kept::KEPT"), "{name}");
        // `OWN` is dropped with its thread, so that its block is freed.
        assert!(end.expect("an end").iter().all(|block| block.size != 72));
        assert!(matches!(keeper(48), Some(Keeper::LostBlock { .. })), "{:?}", keeper(48));
        let told = message(|| run.assert_no_leaks());
        assert!(told.contains("there are 5") || optimised, "{told}");
        assert!(!told.contains("  4 B\n"), "{told}");
        let nodes = run.blocks().allocated_in("ring").that("of a node", |block| block.size != 48);
        for node in nodes.iter() {
            let fate = end.expect("an end").iter().find(|block| block.block == node.id);
            let fate = fate.and_then(|block| block.keeper.clone());
            assert!(matches!(fate, Some(Keeper::Cycle { .. })), "{fate:?}");
        }
    }
}
