//! Borrows of which a line of source is no proof, and what `why` says of those that cannot be told.
//! What is expected follows from the source of the test program.

mod support;

use support::{Variant, debug, program};

/// What commands print at a marker of `borrow_lines`.
fn at(marker: &str, commands: &[&str]) -> String {
    debug::text(&program("borrow_lines", Variant::Debug), marker, commands)
}

/// Fails where a text says for certain that a variable borrows.
#[track_caller]
fn is_not_told(text: &str, by: &str) {
    let certain = text.replace("perhaps borrowed by", "").contains(&format!("borrowed by {by}"));
    assert!(!certain, "{text}");
}

#[test]
fn a_use_behind_a_stop_in_the_same_line_is_not_taken_for_that_of_another_statement() {
    is_not_told(&at("between", &["up", "print text"]), "one_line::plain");
}

#[test]
fn what_a_macro_of_the_program_does_with_a_reference_is_not_told_and_why_names_the_reason() {
    let text = at("macro", &["why text"]);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let why = "it is perhaps borrowed by by_macro::plain (shared): the code keeps no reference of \
               its own, and the lines of the source do not tell";
    assert!(text.contains(why), "{text}");
}

#[test]
fn a_reference_that_is_given_another_value_first_is_not_used() {
    is_not_told(&at("again", &["print text"]), "again::plain");
}

#[test]
fn a_parameter_of_a_closure_with_the_same_name_is_no_use_of_the_variable() {
    is_not_told(&at("same-name", &["print words"]), "same_name::word");
}

#[test]
fn what_the_next_round_of_a_loop_declares_anew_is_not_used_by_this_one() {
    let text = at("rounds", &["print words"]);
    assert!(text.contains("\"text\"") && !text.contains("borrowed"), "{text}");
}

#[test]
fn what_may_write_is_told_as_unique_by_why() {
    for (marker, of, by) in
        [("iter-mut", "list", "all"), ("drain", "list", "gone"), ("mutex", "lock", "held")]
    {
        let text = at(marker, &[&format!("why {of}")]);
        assert!(text.contains(&format!("borrowed by writes::{by} (unique)")), "{text}");
        assert!(!text.contains("(shared)"), "{text}");
    }
}

#[test]
fn a_call_of_std_that_runs_a_closure_has_borrowed_what_it_was_passed() {
    let program = program("borrow_lines", Variant::Debug);
    let (answers, _) = debug::answers(&program, "keep", &["slots -all"]);
    let frames = answers.iter().flat_map(|answer| answer["data"]["frames"].as_array().cloned());
    let slots = frames.flatten().flat_map(|frame| frame["slots"].as_array().cloned()).flatten();
    let borrows = slots
        .filter(|slot| slot["name"] == "list")
        .flat_map(|slot| slot["borrowed"].as_array().cloned())
        .flatten();
    let told: Vec<(String, String)> =
        borrows.map(|borrow| (borrow["by"].to_string(), borrow["kind"].to_string())).collect();
    let by_call = |(by, kind): &(String, String)| {
        by.contains("a call of") && by.contains("::retain") && kind.contains("unique")
    };
    assert!(told.iter().any(by_call), "{told:?}");
}

#[test]
fn a_reference_that_only_a_macro_of_std_uses_is_told_as_long_as_that_is_ahead() {
    let text = at("formats", &["locals"]);
    assert!(text.contains("borrowed by formats::whole, formats::plain (shared)"), "{text}");
    let why = at("formats", &["why text"]);
    assert!(!why.contains("not seen to borrow"), "{why}");
    let text = at("formatted", &["locals"]);
    assert!(!text.contains("borrowed"), "{text}");
}

#[test]
fn a_reference_is_used_by_a_call_that_returns_a_small_value_by_its_address() {
    let text = at("not-called", &["print text"]);
    assert!(text.contains("borrowed by returned_by_address::plain (shared)"), "{text}");
    assert!(!text.contains("perhaps"), "{text}");
    let text = at("called", &["print text"]);
    assert!(text.contains("\"text\"") && !text.contains("borrowed"), "{text}");
}

#[test]
fn small_values_that_are_passed_by_their_address_are_moved() {
    let text = at("unsent", &["locals"]);
    assert!(text.contains("Three(1, 2, 3)") && text.contains("Boxed(2)"), "{text}");
    let text = at("sent", &["locals"]);
    assert!(text.contains("three  Three   <moved to sum at borrow_lines.rs:"), "{text}");
    assert!(text.contains("one    Either  <moved to sum::either at borrow_lines.rs:"), "{text}");
    assert!(text.contains("other  Either  Short(1)"), "{text}");
}

/// They come in registers that the first call loses.
#[test]
fn what_is_passed_by_its_address_is_there_in_the_first_call_of_a_function() {
    let text = at("in-a-call", &["up", "locals"]);
    assert!(text.contains("Three(7, 8, 9)") && text.contains("Boxed(2)"), "{text}");
}

#[test]
fn a_vector_that_has_dropped_an_element_within_retain_is_not_taken_for_dropped() {
    let words = ["continue", "frame function borrow_lines::filters", "print words", "why words"];
    let text = at("longer", &words);
    assert!(text.contains("dangling: into #") && text.contains("\"three\""), "{text}");
    assert!(text.contains("it is live") && !text.contains("it is dead"), "{text}");
}
