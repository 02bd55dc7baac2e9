//! Which values there are: of which frame, and none that was moved, dropped or not yet made.

use crate::BUILDS;
use crate::support::debug::{answers, refused, shown, text};
use crate::support::{Variant, program};

#[test]
fn a_moved_variable_is_not_shown_as_a_value() {
    for variant in BUILDS {
        let program = program("moved", variant);
        let (told, _) = answers(&program, "in-f", &["print value", "up", "print value", "locals"]);
        assert_eq!(shown(&told[0]), "\"hello, ownership\"");
        assert!(refused(&told[2]).contains("`value` is moved to f::value"), "{}", told[2]);
        let local = &told[3]["data"][0];
        assert_eq!((&local["name"], &local["value"]), (&"value".into(), &serde_json::Value::Null));
        assert_eq!(local["unreadable"]["moved"]["to"], "f::value");
    }
}

#[test]
fn a_variable_whose_value_was_dropped_by_a_function_is_not_shown_as_a_value() {
    let program = program("moved", Variant::Debug);
    let (told, _) = answers(&program, "after", &["print value", "locals", "print value.len()"]);
    assert!(refused(&told[0]).contains("`value` is moved to f::value at moved.rs:12"));
    assert!(told[1]["data"][0]["value"].is_null(), "{}", told[1]);
    assert!(refused(&told[2]).contains("moved"));
}

#[test]
fn a_variable_that_was_dropped_says_so_while_others_share_what_it_owned() {
    let program = program("smart_pointers", Variant::Debug);
    let (told, _) = answers(&program, "arc", &["print rc_clone", "print rc", "print arc"]);
    let line = program.line("drop-clone");
    let expected = format!("`rc_clone` is dropped at smart_pointers.rs:{line}");
    assert!(refused(&told[0]).contains(&expected), "{}", told[0]);
    assert_eq!(shown(&told[1]), "\"counted\"");
    assert_eq!(shown(&told[2]), "[1, 2, 3, 4]");
}

#[test]
fn a_vec_that_a_loop_consumes_is_not_shown_as_a_value() {
    for variant in BUILDS {
        let program = program("consumed", variant);
        let (told, _) = answers(&program, "call", &["print words", "print word", "locals"]);
        let why = told[0].to_string();
        assert!(why.contains("moved") || why.contains("optimised out"), "{variant:?}: {why}");
        // What the optimiser keeps of the word is not said.
        assert!(variant == Variant::Opt || shown(&told[1]) == "\"one\"", "{}", told[1]);
        let locals = told[2]["data"].as_array().expect("variables");
        let words = locals.iter().find(|local| local["name"] == "words").expect("words");
        let elements = words["value"]["data"]["children"].to_string();
        assert!(!elements.contains("[0]"), "{words}");
    }
}

#[test]
fn a_variable_has_no_value_before_its_initialiser_has_run() {
    let program = program("moved", Variant::Debug);
    let (told, _) = answers(&program, "alloc", &["print value"]);
    assert!(refused(&told[0]).contains("`value` is not yet initialised"), "{}", told[0]);
    assert_eq!(text(&program, "alloc", &["locals"]), "not yet initialised: value\n");
}

#[test]
fn names_mean_what_they_mean_in_the_frame_that_is_looked_at() {
    for variant in BUILDS {
        let program = program("places", variant);
        let commands = [
            "print own",
            "up",
            "print outer",
            "print own",
            "down",
            "print *argument",
            "frame 1",
            "print outer",
            "up 100",
        ];
        let (told, _) = answers(&program, "inner", &commands);
        assert_eq!((shown(&told[0]), shown(&told[2])), ("8", "7"));
        assert_eq!(told[1]["data"][0]["at"]["function"], "places::main");
        assert!(refused(&told[3]).contains("nothing is called `own` here"));
        assert_eq!((shown(&told[5]), shown(&told[7])), ("7", "7"));
        assert_eq!(told[8]["answer"], "frame");
    }
}

#[test]
fn an_inlined_call_is_a_frame_with_variables_of_its_own() {
    let program = program("inlining", Variant::Opt);
    let commands =
        ["print x", "up", "print tripled", "info frame", "up", "locals", "print tripled"];
    let (told, _) = answers(&program, "deepest", &commands);
    // 5 is tripled before it is passed on.
    assert_eq!(shown(&told[0]), "15");
    let frame = &told[1]["data"][0];
    assert_eq!(
        (&frame["at"]["function"], &frame["inlined"]),
        (&"inlining::always".into(), &true.into())
    );
    assert_eq!(frame["at"]["line"], program.line("in-always"));
    let tripled = &told[2];
    // It was passed on in a register that the callee may have used for something else.
    let lost = "<lost: rdi was not saved by a callee>";
    assert!(["15", lost].contains(&shown(tripled)), "{tripled}");
    let outer = &told[4]["data"][0];
    assert_eq!(
        (&outer["at"]["function"], &outer["inlined"]),
        (&"inlining::both".into(), &false.into())
    );
    assert_eq!(outer["at"]["line"], program.line("call-always"));
    let names: Vec<_> =
        told[5]["data"].as_array().expect("variables").iter().map(|v| &v["name"]).collect();
    assert!(names.iter().any(|name| **name == "x") && names.iter().all(|name| **name != "tripled"));
    assert!(refused(&told[6]).contains("nothing is called `tripled` here"));
}
