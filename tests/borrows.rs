//! What is borrowed, by whom and for how long, at a stop and in the events of a run. What is expected
//! follows from the source of the test programs.

mod support;

use serde_json::Value;
use support::{Variant, at_prompt, debug, program, told};

/// What a command prints at a marker of `lending`, of the variable of a name.
#[track_caller]
fn at(marker: &str, before: &[&str], variable: &str) -> String {
    let program = program("lending", Variant::Debug);
    let commands: Vec<&str> = before.iter().copied().chain(["locals"]).collect();
    let text = debug::text(&program, marker, &commands);
    let mut lines = text.lines().skip_while(|line| !line.starts_with(&format!("{variable} ")));
    let first = lines.next().unwrap_or_else(|| panic!("no {variable} in {text}"));
    first.to_owned()
}

#[test]
fn a_struct_that_holds_a_reference_borrows_as_long_as_it_is_used() {
    let text = at("held", &[], "text");
    assert!(text.ends_with("\"text\"  borrowed by locals::held (shared)"), "{text}");
    let text = at("held-no-more", &[], "text");
    assert!(text.ends_with("\"text\""), "{text}");
}

#[test]
fn a_reference_that_is_only_a_number_is_told_by_the_lines_that_name_it() {
    let text = at("plain", &[], "text");
    assert!(text.ends_with("\"text\"  borrowed by locals::plain (shared)"), "{text}");
    let text = at("plain-no-more", &[], "text");
    assert!(text.ends_with("\"text\""), "{text}");
}

#[test]
fn what_is_passed_on_names_the_innermost_holder_first() {
    let text = at("in-deeper", &["up", "up"], "text");
    let borrowed = "borrowed by deeper::text, change::text (unique)";
    assert!(text.ends_with(&format!("\"text!\"  {borrowed}")), "{text}");
}

#[test]
fn parts_are_borrowed_each_by_itself() {
    let program = program("lending", Variant::Debug);
    let text = debug::text(&program, "parts", &["print pair"]);
    // Which of them the code goes on to use may be unknown; which part each has borrowed is not.
    let told: Vec<&str> =
        text.lines().last().into_iter().flat_map(|line| line.split("; ")).collect();
    let [right, left] = told[..] else { panic!("{text}") };
    assert!(right.trim().starts_with(".right ") && right.ends_with("parts::right (unique)"));
    assert!(left.starts_with(".left ") && left.ends_with("parts::left (shared)"), "{text}");
}

#[test]
fn an_iterator_a_closure_and_a_guard_borrow() {
    let text = at("iterates", &[], "words");
    assert!(text.ends_with("borrowed by iterates::word, iterates::iter (shared)"), "{text}");
    let text = at("closes", &[], "list");
    assert!(text.ends_with("borrowed by closes::grow (unique)"), "{text}");
    assert!(!at("closed", &[], "list").contains("borrowed"));
    let text = at("guards", &[], "cell");
    assert!(text.ends_with("borrowed by guards::guard (unique)"), "{text}");
    assert!(!at("unguarded", &[], "cell").contains("borrowed"));
}

#[test]
fn a_value_that_another_thread_borrows_says_which() {
    let program = program("lending", Variant::Debug);
    let (answers, _) = debug::answers(&program, "waits", &["thread 1", "slots -all"]);
    let slots = answers.iter().flat_map(|answer| answer["data"]["frames"].as_array().cloned());
    let slots = slots.flatten().flat_map(|frame| frame["slots"].as_array().cloned());
    let texts = slots.flatten().filter(|slot| slot["name"] == "text" && slot["type"] == "String");
    let borrows = texts.flat_map(|slot| slot["borrowed"].as_array().cloned()).flatten();
    let by: Vec<(Value, Value)> =
        borrows.map(|borrow| (borrow["by"].clone(), borrow["thread"].clone())).collect();
    assert!(by.contains(&("wait::text".into(), 2.into())), "{by:?} in {answers:?}");
}

#[test]
fn print_tells_of_borrows_and_json_says_how_they_are_known() {
    let program = program("borrowed", Variant::Debug);
    let text = debug::text(&program, "in-g", &["up", "print value"]);
    assert!(text.contains("borrowed by g::value (shared)"), "{text}");
    let (answers, _) = debug::answers(&program, "in-g", &["up", "print value"]);
    let borrowed = &answers[1]["data"]["borrowed"];
    let expected = r#"[{"by":"g::value","kind":"shared","evidence":"inferred"}]"#;
    assert_eq!(*borrowed, serde_json::from_str::<Value>(expected).expect("JSON"));
}

#[test]
fn a_run_tells_when_a_borrow_begins_and_ends() {
    for variant in [Variant::Debug, Variant::Opt] {
        let program = program("borrowed", variant);
        let told = told(&["watch"], &program.executable, "");
        let begun: Vec<Value> = told.of("borrow").cloned().collect();
        let [begun] = &begun[..] else { panic!("{begun:?}") };
        assert_eq!((&begun["from"], &begun["to"]), (&"main::value".into(), &"g::value".into()));
        assert_eq!((&begun["kind"], &begun["evidence"]), (&"shared".into(), &"inferred".into()));
        assert_eq!(begun["at"]["line"], u64::from(program.line("borrow")));
        let ended: Vec<Value> = told.of("borrow_end").cloned().collect();
        let [ended] = &ended[..] else { panic!("{ended:?}") };
        assert_eq!((&ended["from"], &ended["to"]), (&begun["from"], &begun["to"]));
        let of = |kind: &str| told.of(kind).next().expect("one")["seq"].as_u64();
        assert!(of("borrow") < of("borrow_end"));
    }
}

#[test]
fn the_history_of_a_block_has_its_borrows() {
    let program = program("borrowed", Variant::Debug);
    let text = debug::text(&program, "in-g", &["up", "print value", "history value"]);
    let line = program.line("borrow");
    let borrowed =
        text.lines().find(|line| line.contains("borrowed by g::value (shared, inferred)"));
    let borrowed = borrowed.unwrap_or_else(|| panic!("{text}"));
    assert!(borrowed.contains(&format!("borrowed.rs:{line}")), "{borrowed}");
}

#[test]
fn borrows_are_told_at_a_stop_where_drops_are_followed_too() {
    let borrowed = program("borrowed", Variant::Debug);
    let said = |first: &[&str]| {
        let commands = [first, &["break g", "run", "frame 1", "locals", "why value"]].concat();
        at_prompt(&commands, &borrowed.executable)
    };
    let followed = said(&["set drops on"]);
    assert_eq!(followed, said(&[]));
    assert!(followed.contains("borrowed by g::value (shared)"), "{followed}");
}
