//! Variables of the `thread_local!` macro at the prompt: each thread has its own.

mod support;

use support::{Variant, at_prompt, program};

/// What `print` shows of each variable, at each time that the program stops at a function or line.
/// The batch ends at the first error, which is the variable's own.
fn shown(place: &str, stops: usize, variant: Variant) -> [Vec<String>; 4] {
    let program = program("thread_locals", variant);
    let stop = format!("break {place}");
    ["COUNTER", "LATE", "WORDS", "GUARD.0"].map(|variable| {
        let ask = format!("print {variable}");
        let mut commands = vec![stop.as_str(), "run"];
        for _ in 0..stops {
            commands.extend([ask.as_str(), "continue"]);
        }
        let told = at_prompt(&commands, &program.executable);
        let answers = told.lines().filter_map(|line| match line.strip_prefix("error: ") {
            Some(error) => Some(error),
            None => line.strip_prefix('$')?.split_once(" = ").map(|(_, value)| value),
        });
        let answers: Vec<_> = answers.map(str::to_owned).collect();
        assert_eq!(answers.len(), stops, "{told}");
        answers
    })
}

#[test]
fn each_thread_shows_its_own_value_of_a_thread_local_variable() {
    for variant in [Variant::Debug, Variant::Opt] {
        let [counter, late, words, guard] = shown("thread_locals::used", 3, variant);
        assert_eq!(counter, ["11", "21", "11"], "{variant:?}");
        assert_eq!(late, ["12", "22", "12"], "{variant:?}");
        let [first, second] =
            ["10", "20"].map(|n| format!("RefCell {{ value: [\"word {n}\"], borrow: 0 }}"));
        assert_eq!(words, [first.as_str(), &second, &first], "{variant:?}");
        assert_eq!(guard, ["\"guarded\""; 3], "{variant:?}");
    }
}

#[test]
fn a_variable_that_the_thread_has_not_used_has_its_constant_or_no_value_yet() {
    for variant in [Variant::Debug, Variant::Opt] {
        let told = shown("thread_locals::fresh", 1, variant);
        let not_yet = ["LATE", "GUARD"].map(|name| format!("`{name}` is not yet initialised"));
        let words = "RefCell { value: [], borrow: 0 }";
        assert_eq!(told.concat(), ["1", &not_yet[0], words, &not_yet[1]], "{variant:?}");
    }
}

#[test]
fn a_variable_that_its_ending_thread_drops_is_not_shown() {
    let line = program("thread_locals", Variant::Debug).line("ending");
    let [counter, .., guard] = shown(&format!("thread_locals.rs:{line}"), 1, Variant::Debug);
    assert_eq!(counter, ["21"], "a constant without a destructor stays");
    assert_eq!(guard, ["`GUARD` is destroyed with its thread"]);
}

#[test]
fn a_thread_local_variable_is_named_as_what_keeps_a_block() {
    for variant in [Variant::Debug, Variant::Opt] {
        let program = program("thread_locals", variant);
        let stop = ["break thread_locals::used", "run", "continue"];
        let ask = |more: &[&str]| at_prompt(&[&stop[..], more].concat(), &program.executable);
        let kept = |name: &str, thread: u32| {
            format!("thread-local thread_locals::{name} of thread {thread}")
        };
        let flat = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let leaks = flat(ask(&["leaks"]));
        for name in ["WORDS", "GUARD"] {
            for thread in [1, 2] {
                let kept = kept(name, thread);
                assert!(leaks.contains(&format!("kept by {kept}")), "{variant:?} {kept}: {leaks}");
            }
        }
        assert!(
            leaks.contains("kept by statics and thread-local variables"),
            "{variant:?} {leaks}"
        );
        assert!(!leaks.contains("a thread-local variable of"), "{variant:?} {leaks}");
        let list = ask(&["heap 100"]);
        let is_of_guard = |line: &&str| line.contains("  thread-local GUARD of thread 2  ");
        let of_guard = list.lines().find(is_of_guard).expect("a block that it keeps");
        let block = of_guard.split_whitespace().next().expect("its number");
        let owner = flat(ask(&[&format!("owner {block}")]));
        assert!(owner.contains(&format!("kept by {}", kept("GUARD", 2))), "{variant:?} {owner}");
    }
}
