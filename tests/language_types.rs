//! Every type of the language, as `watch` tells it in debug and optimised builds, against what the
//! source of `test-programs/language_types.rs` says.

mod support;

use std::process::Command;

use serde_json::Value;
use support::program::package;
use support::{Program, Told, Variant, at_prompt, program, program_with, told};

/// A function of the program, and the text of each of its variables.
type Group<'a> = (&'a str, &'a [(&'a str, &'a str)]);

fn watch(built: &Program, groups: &[Group<'_>]) -> Told {
    let mut args = vec!["watch"];
    for (function, _) in groups {
        args.extend(["--function", function]);
    }
    let run = told(&args, &built.executable, "");
    assert_eq!(run.ran.code, 0, "{:?}", run.ran);
    run
}

/// The slot of a variable of the function's own, and not of a call that was inlined into it, at the
/// function's first event of that kind.
#[track_caller]
fn slot<'a>(run: &'a Told, kind: &'a str, function: &str, name: &str) -> &'a Value {
    let suffix = format!("::{function}");
    let event = run.of(kind).find(|event| {
        event["frame"]["at"]["function"].as_str().is_some_and(|path| path.ends_with(&suffix))
    });
    let event = event.unwrap_or_else(|| panic!("no {kind} of {function}"));
    let mut slots = event["frame"]["slots"].as_array().expect("slots").iter();
    let found = slots.find(|slot| slot["name"] == name && slot["inlined_from"].is_null());
    found.unwrap_or_else(|| panic!("no {name} in {function}"))
}

/// Compares every variable of the groups at that event; where an optimised build has not kept one,
/// it must say so.
#[track_caller]
fn check(run: &Told, kind: &str, groups: &[Group<'_>], optimised: bool) {
    let mut wrong = Vec::new();
    for (function, variables) in groups {
        for (name, expected) in *variables {
            let slot = slot(run, kind, function, name);
            let lost = is_lost(slot);
            if slot["value"]["text"] != *expected && !(optimised && lost) {
                let found =
                    if slot["value"].is_null() { &slot["state"] } else { &slot["value"]["text"] };
                wrong.push(format!("{function}::{name}: {found}, and not {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether the compiler has not kept a value, or not all of it.
fn is_lost(slot: &Value) -> bool {
    let text = slot["value"]["text"].as_str().unwrap_or("");
    slot["state"]["unreadable"] == "optimised_out" || text.contains("<optimised out>")
}

const END: &str = "scope_end";
const ENTER: &str = "enter";

/// Values that look the same wherever the compiler keeps them.
const GROUPS: &[Group<'_>] = &[
    (
        "integers",
        &[
            ("i_8", "-128"),
            ("i_16", "-300"),
            ("i_32", "-70000"),
            ("i_64", "-9223372036854775808"),
            ("u_8", "255"),
            ("u_16", "65535"),
            ("u_32", "4294967295"),
            ("u_64", "18446744073709551615"),
            ("i_128", "-170141183460469231731687303715884105728"),
            ("u_128", "340282366920938463463374607431768211455"),
            ("i_size", "-1"),
            ("u_size", "500"),
        ],
    ),
    (
        "scalars",
        &[
            ("single", "0.1"),
            ("double", "-1.5e300"),
            ("infinite", "-inf"),
            ("nothing", "NaN"),
            ("minus_zero", "-0.0"),
            ("yes", "true"),
            ("no", "false"),
            ("letter", "'x'"),
            ("quote", r"'\''"),
            ("wide", "'🦀'"),
            ("control", r"'\n'"),
            ("unit", "()"),
        ],
    ),
    (
        "aggregates",
        &[
            ("marker", "Marker"),
            ("point", "Point { x: -3, y: 4 }"),
            ("metres", "Metres(2.5)"),
            ("nested", r#"Nested { name: "n", inner: (Point { x: 1, y: 2 }, [7, 8, 9]) }"#),
            // 0x0102030405060708, behind a byte.
            ("packed", "Packed { tag: 1, wide: 72623859790382856, half: 515 }"),
            ("aligned", "Aligned { byte: 5 }"),
            ("generic", "Generic { items: [1, 2, 3] }"),
            // 1.0 is 0x3f800000 in IEEE 754's binary32.
            ("bits", "Bits { int: 1065353216, float: 1.0, bytes: [0, 0, 128, 63] }"),
            ("pair", r#"(1, "two")"#),
            ("one", "(3,)"),
            ("array", "[10, 20, 30]"),
            ("matrix", "[[1, 2], [3, 4]]"),
            ("none", "[]"),
            ("units", "[(), (), ()]"),
        ],
    ),
    (
        "enums",
        &[
            ("hearts", "Hearts"),
            ("spades", "Spades"),
            ("minus", "Minus"),
            ("plus", "Plus"),
            ("dot", "Dot"),
            ("circle", "Circle(1.5)"),
            ("named", r#"Named { sides: 4, name: "square" }"#),
            ("empty", "Empty"),
            ("full", "Full(900, 9)"),
            ("low", "Low(1)"),
            ("high", "High(2)"),
            ("small", "Small"),
            ("large", "Large"),
            ("only", "One(5, 6)"),
            ("text", r#"Text("t", true)"#),
            ("missing", "Missing"),
            ("unknown", "Unknown(8)"),
        ],
    ),
    (
        "options",
        &[
            ("some", "Some(7)"),
            ("none", "None"),
            ("non_zero", "Some(9)"),
            ("no_zero", "None"),
            ("reference", "Some(11)"),
            ("no_reference", "None"),
            ("twice", "Some(Some(true))"),
            ("half", "Some(None)"),
            ("neither", "None"),
            ("good", "Ok(1)"),
            ("bad", "Err(2)"),
            ("infallible", "Ok(12)"),
            ("no_never", "None"),
            ("order", "Less"),
        ],
    ),
    ("invalid", &[("filled", "MaybeUninit(<may be uninitialised> 05 00 00 00)")]),
    (
        "pointers",
        &[
            ("shared", "21"),
            ("again", "21"),
            ("raw", "*const u64 → stack"),
            ("null", "*const u64 → null"),
            ("null_mut", "*mut i32 → null"),
            ("dangling", "*const u64 → unmapped"),
            ("raw_slice", "*const [u16] → stack"),
            ("slice", "[6, 7]"),
            ("empty", "[]"),
            ("text", r#""té\"xt""#),
            ("no_text", r#""""#),
            ("of_units", "[(), ()]"),
            ("exclusive", "22"),
            ("mutable", "[2, 3]"),
        ],
    ),
    (
        "objects",
        &[
            ("object", "Square { side: 3 }"),
            ("raw_object", "*const dyn Area → stack"),
            ("empty", "Marker"),
            ("generic", "Wrap { value: 8 }"),
            ("boxed", "Wrap { value: 9 }"),
            ("number", "5"),
            ("function", "objects::{closure#0} { &added: 5 }"),
            ("once", "objects::{closure#1} { added: 5 }"),
        ],
    ),
    (
        "functions",
        &[
            ("pointer", "language_types::double"),
            ("generic", "language_types::deep::generic::<i32>"),
            ("foreign", "language_types::deep::foreign"),
            ("method", "language_types::Point::sum"),
            ("closure_pointer", "language_types::functions::{closure#0}"),
            ("maybe", "Some(language_types::double)"),
            ("no_function", "None"),
            // Of an item, the debug information tells the signature alone.
            ("item", "fn(i32) -> i32"),
            ("table", "[language_types::double, language_types::double]"),
        ],
    ),
    (
        "closures",
        &[
            ("nothing", "closures::{closure#0}"),
            ("copies", "closures::{closure#1} { by_value: 4 }"),
            ("owns", r#"closures::{closure#2} { text: "owned" }"#),
            ("borrows", "closures::{closure#3} { &borrowed: Point { x: 5, y: 6 } }"),
            ("changes", "closures::{closure#4} { &mut count: 10 }"),
        ],
    ),
    // _mm_set_epi32 takes the highest lane first, and the type has lanes of 64 bits:
    // 2 << 32 | 1 and 4 << 32 | (-3 as u32).
    (
        "vectors",
        &[("floats", "__m128(1.5, 2.0, 3.0, 4.0)"), ("ints", "__m128i(8589934593, 21474836477)")],
    ),
    ("statics", &[("counter", "*const u32 → .data"), ("greeting", r#""hello""#), ("local", "7")]),
];

#[test]
fn values_of_every_type_are_what_the_source_says() {
    for variant in [Variant::Debug, Variant::Dwarf5, Variant::Opt] {
        let built = program("language_types", variant);
        let run = watch(&built, GROUPS);
        check(&run, END, GROUPS, variant == Variant::Opt);
    }
}

#[test]
fn most_of_the_values_survive_optimisation() {
    let built = program("language_types", Variant::Opt);
    let run = watch(&built, GROUPS);
    let all =
        GROUPS.iter().flat_map(|(function, names)| names.iter().map(move |n| (function, n.0)));
    let lost = all.filter(|(function, name)| is_lost(slot(&run, END, function, name)));
    let lost: Vec<_> = lost.map(|(_, name)| name).collect();
    assert!(lost.len() <= 3, "{lost:?}");
}

#[test]
fn generics_are_named_with_their_parameters() {
    for variant in [Variant::Debug, Variant::Opt] {
        let run = watch(&program("language_types", variant), GROUPS);
        for (function, name, ty) in [
            ("aggregates", "generic", "Generic<u16, 3>"),
            ("aggregates", "one", "(i64,)"),
            ("objects", "function", "&dyn Fn(u32) -> u32"),
            ("objects", "once", "Box<dyn FnOnce() -> u32>"),
            ("closures", "owns", "closures::{closure#2}"),
            ("functions", "foreign", "extern \"C\" fn(u8) -> u8"),
        ] {
            assert_eq!(slot(&run, END, function, name)["type"], ty);
        }
        assert_eq!(slot(&run, END, "aggregates", "packed")["size"], 11);
        assert_eq!(slot(&run, END, "functions", "item")["size"], 0);
    }
}

#[test]
fn bytes_that_are_no_value_of_their_type_say_so() {
    for variant in [Variant::Debug, Variant::Opt] {
        let run = watch(&program("language_types", variant), GROUPS);
        let field = |of: &str, name: &str| {
            let fields = &slot(&run, END, "invalid", of)["value"]["data"]["children"];
            let fields = fields.as_array().expect("fields").iter();
            let field = fields.map(|pair| (&pair[0], &pair[1])).find(|(n, _)| **n == name);
            field.unwrap_or_else(|| panic!("no {name}")).1["unreadable"]["invalid"].clone()
        };
        // The bytes are 2, 0xd8 and zeros.
        assert_eq!(field("damaged", "letter"), "char: its bytes are 0xd802");
        assert_eq!(field("damaged", "flag"), "bool: its byte is 0x2");
        assert_eq!(field("damaged", "suit"), "Suit: discriminant 2");
        assert_eq!(field("damaged", "sign"), "Sign: discriminant 2");
        assert_eq!(field("damaged", "coded"), "Coded: discriminant 2");
        assert_eq!(field("zero", "reference"), "&u8: its pointer is null");
        assert_eq!(field("zero", "function"), "fn(): its pointer is null");
        assert!(field("zero", "letter").is_null(), "zero is a char");
    }
}

#[test]
fn a_future_tells_its_state_and_only_what_is_alive_in_it() {
    for variant in [Variant::Debug, Variant::Dwarf5, Variant::Opt] {
        let built = program("language_types", variant);
        let later = |number: u32| format!("awaits: Later {{ polled: true, number: {number} }}");
        let waits = |name: &str, marker: &str, alive: &str| {
            format!("{name} suspended at line {} {{ {alive} }}", built.line(marker))
        };
        let in_inner = waits("inner", "inner-await", &format!("kept: 7, {}", later(30)));
        let alive = format!("name: \"first\", before: [1, 2], awaits: {in_inner}");
        let waiting = waits("outer", "outer-await", &alive);
        // `inner` gave its own 7 and the 30 of what it waited for.
        let alive = format!("name: \"next\", before: [1, 2], after: 38, {}", later(40));
        let further = waits("outer", "second-await", &alive);
        let alive = format!("inside: 3, {}, &lent: \"lent\"", later(1));
        let block = waits("futures::{async block#1}", "block-await", &alive);
        let alive = format!("{}, given: [7, 8]", later(2));
        let owning = waits("futures::{async block#2}", "owning-await", &alive);
        let alive = format!("argument: \"passed\", {}, &lent: \"lent\"", later(3));
        let called = waits("futures::{closure#3}::{async closure#0}", "closure-await", &alive);
        let first: &[_] = &[
            ("waiting", waiting.as_str()),
            ("further", &further),
            ("finished", "inner returned"),
            ("panicked", "panics panicked"),
        ];
        let second: &[_] = &[
            ("unresumed", r#"outer unresumed { name: "new" }"#),
            ("block", &block),
            ("owning", &owning),
            ("called", &called),
        ];
        let groups = [("show", first), ("show_blocks", second)];
        let run = watch(&built, &groups);
        check(&run, ENTER, &groups, false);
        assert_eq!(slot(&run, ENTER, "show", "waiting")["type"], "&Pin<Box<outer::{async fn}>>");
    }
}

#[test]
fn arguments_in_registers_are_read_from_there() {
    let groups: &[Group<'_>] = &[
        (
            "registers",
            &[("option", "Some(6)"), ("text", "\"in two\""), ("object", "Square { side: 5 }")],
        ),
        (
            "halves",
            &[
                // 2^100 + 3.
                ("wide", "1267650600228229401496703205379"),
                ("signed", "-4"),
                ("ratio", "0.25"),
                ("flag", "true"),
                ("suit", "Spades"),
            ],
        ),
        ("pieces", &[("seed", "20")]),
    ];
    for variant in [Variant::Debug, Variant::Opt] {
        let run = watch(&program("language_types", variant), groups);
        check(&run, ENTER, groups, false);
        let pair = slot(&run, END, "pieces", "pair")["value"]["text"].as_str().expect("a part");
        let whole = pair == "Point { x: 21, y: 22 }";
        let half = pair == "Point { x: 21, y: <optimised out> }";
        assert!(whole || (half && variant == Variant::Opt), "{pair}");
        assert_eq!(slot(&run, END, "pieces", "constant")["value"]["text"], "(7, 1000000)");
    }
}

#[test]
fn a_future_that_is_running_is_not_said_to_wait() {
    let built = program("language_types", Variant::Debug);
    let run = told(&["watch", "--function", "panics"], &built.executable, "");
    let own = run.of("scope_end").flat_map(|event| {
        event["frame"]["slots"].as_array().into_iter().flatten().filter(|slot| {
            slot["type"].as_str().is_some_and(|ty| ty == "Pin<&mut panics::{async fn}>")
        })
    });
    let states: Vec<_> = own.map(|slot| slot["state"].clone()).collect();
    let running = "it is running, and its state is told when it waits or ends";
    assert!(!states.is_empty(), "the body was watched");
    assert!(
        states.iter().all(|state| state["unreadable"]["not_described"] == running),
        "{states:?}"
    );
}

#[test]
fn a_running_future_says_so_in_the_frames_that_poll_it() {
    let built = program("language_types", Variant::Debug);
    let place = format!("break language_types.rs:{}", built.line("running"));
    let told = at_prompt(&[&place, "run", "up", "print panicked"], &built.executable);
    let running = "it is running, and its state is told when it waits or ends";
    assert!(told.contains(running) && !told.contains("suspended"), "{told}");
}

#[test]
fn a_function_item_that_is_passed_is_not_taken_for_a_pointer() {
    for variant in [Variant::Debug, Variant::Opt] {
        let run = watch(&program("language_types", variant), &[("apply", &[])]);
        let item = slot(&run, ENTER, "apply", "item");
        assert!(item["value"].is_null() || item["value"]["text"] == "fn(i32) -> i32", "{item}");
        let pointer = slot(&run, ENTER, "apply", "pointer");
        assert_eq!(pointer["value"]["text"], "language_types::double");
    }
}

#[test]
fn statics_are_told_when_the_program_starts() {
    for variant in [Variant::Debug, Variant::Opt] {
        let run = watch(&program("language_types", variant), &[]);
        let start = run.of("start").next().expect("a start");
        let statics = start["statics"].as_array().expect("statics");
        for (name, text) in [("COUNTER", "41"), ("GREETING", r#""hello""#)] {
            let path = format!("language_types::{name}");
            let found = statics.iter().find(|slot| slot["name"] == path.as_str());
            assert_eq!(found.expect(name)["value"]["text"], text);
        }
    }
}

/// The types that only the nightly compiler has, where it is installed.
#[test]
fn types_of_the_nightly_compiler_are_what_the_source_says() {
    let nightly = Command::new("rustc").current_dir(package()).args(["+nightly", "-V"]).output();
    if !nightly.is_ok_and(|output| output.status.success()) {
        eprintln!("f16, f128 and core::simd are not tested: no nightly compiler is installed");
        return;
    }
    let groups: &[Group<'_>] = &[
        (
            "floats",
            &[
                ("tenth", "0.1"),
                ("large", "60000.0"),
                ("minus", "-2.5"),
                ("third", "0.1"),
                ("small", "1.5e-4000"),
                ("whole", "7.0"),
                ("nothing", "NaN"),
            ],
        ),
        (
            "vectors",
            &[
                ("floats", "[1.0, 2.5, -3.0, 0.0]"),
                ("ints", "[-7, -7, -7, -7, -7, -7, -7, -7]"),
                // A mask has all bits of a lane set, or none.
                ("mask", "Mask([-1, 0, -1, -1])"),
            ],
        ),
        ("never", &[("done", "Ok(5)"), ("failed", "Err(6)")]),
    ];
    for (folder, flags) in
        [("nightly", &["+nightly", "-g"][..]), ("nightly-opt", &["+nightly", "-O", "-g"])]
    {
        let built = program_with("nightly/language_types", folder, flags);
        check(&watch(&built, groups), END, groups, folder == "nightly-opt");
    }
}
