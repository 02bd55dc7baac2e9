//! What other debuggers get wrong, a test each.

use crate::support::debug::{answers, shown, text};
use crate::support::{Program, Variant, program};
use crate::{BUILDS, errors, values};

fn peers(variant: Variant) -> Program {
    program("peers", variant)
}

#[test]
fn the_inner_of_two_shadowed_variables_is_meant_and_the_outer_has_a_name() {
    for variant in BUILDS {
        let program = peers(variant);
        let (outer, inner) = (program.line("outer"), program.line("inner"));
        let rows: &[(&str, &str, &str)] = &[
            ("s", "String", "\"inner\""),
            ("s@1", "u8", "1"),
            ("s@2", "String", "\"inner\""),
            (&format!("s@:{outer}"), "u8", "1"),
            (&format!("s@:{inner}"), "String", "\"inner\""),
            ("s@1 + outer", "u8", "3"),
        ];
        values(&program, "shadowed", rows);
        let rows: &[(&str, &[&str])] = &[
            ("print s@3", &["there is no `s` number 3"]),
            ("print s@:1", &["no `s` is declared on line 1"]),
        ];
        errors(&program, "shadowed", rows);
        let expected = "\
s@1    u8      1  shadowed
outer  u8      2
s      String  \"inner\"
";
        assert_eq!(text(&program, "shadowed", &["locals"]), expected, "{variant:?}");
    }
}

#[test]
fn boxes_and_counting_pointers_are_shown_by_their_values() {
    for variant in BUILDS {
        let rows = [
            ("boxed", "Box<Point>", "Point { x: 3, y: -4 }"),
            ("rc", "Rc<Point>", "Point { x: 5, y: 6 }"),
            ("second.y", "i32", "6"),
            ("arc", "Arc<String>", "\"shared\""),
            ("rc.strong_count()", "usize", "2"),
            ("Rc::weak_count(&rc)", "usize", "0"),
        ];
        values(&peers(variant), "pointers", &rows);
    }
}

#[test]
fn a_dyn_has_its_concrete_type_and_value() {
    for variant in BUILDS {
        let rows = [
            ("shape", "Box<dyn Shape>", "Square { side: 1.5 }"),
            ("reference", "&dyn Shape", "Square { side: 2.0 }"),
            ("*shape", "Square", "Square { side: 1.5 }"),
            ("shape.side + reference.side", "f64", "3.5"),
        ];
        values(&peers(variant), "dynamic", &rows);
    }
}

#[test]
fn trees_lists_locks_and_times_are_readable() {
    for variant in BUILDS {
        let mutex = "Mutex { data: [1, -1], locked: false, poisoned: false }";
        let rows = [
            ("tree", "BTreeMap<u8, &str>", r#"{1: "one", 2: "two", 3: "three"}"#),
            ("list", "LinkedList<u16>", "[10, 20, 30]"),
            ("mutex", "Mutex<Vec<i8>>", mutex),
            ("mutex.lock().unwrap()[1]", "i8", "-1"),
            ("duration", "Duration", "1.5s"),
        ];
        values(&peers(variant), "containers", &rows);
    }
}

#[test]
fn a_borrowed_cow_is_borrowed_and_a_recursive_enum_is_followed() {
    for variant in BUILDS {
        let rows = [
            ("borrowed", "Cow<str>", "Borrowed(\"lent\")"),
            ("owned", "Cow<str>", "Owned(\"own\")"),
            ("term", "Term", "Sum(Sum(Number(1), Number(1)), Number(40))"),
            ("term.1.0", "i64", "40"),
        ];
        values(&peers(variant), "enums", &rows);
    }
}

#[test]
fn types_have_the_names_that_rust_gives_them() {
    for variant in BUILDS {
        let rows = [
            ("pair", "(u32, &str)", "(1, \"x\")"),
            ("words", "&[Option<Vec<u8>>]", "[None]"),
            ("array", "[[i16; 2]; 3]", "[[0, 0], [0, 0], [0, 0]]"),
            ("typeof(words)", "type", "&[Option<Vec<u8>>]"),
        ];
        values(&peers(variant), "names", &rows);
        let rows = [("typeof(hm)", "type", "HashMap<String, i32>")];
        values(&peers(variant), "indexed", &rows);
    }
}

#[test]
fn elements_and_entries_are_reached_by_index_and_key_and_strings_compare_with_literals() {
    for variant in BUILDS {
        let rows = [
            ("v[0]", "i32", "11"),
            ("v[1..]", "[i32]", "[22, 33]"),
            ("hm[\"k\"]", "i32", "42"),
            ("hm[\"other\"] + v[2]", "i32", "40"),
            ("s == \"x\"", "bool", "true"),
            ("s != \"x\"", "bool", "false"),
            ("\"w\" < s", "bool", "true"),
        ];
        values(&peers(variant), "indexed", &rows);
        let rows: &[(&str, &[&str])] = &[
            ("print v[3]", &["the index 3 is out of range", "the length is 3"]),
            ("print hm[\"none\"]", &["the map has no such key"]),
        ];
        errors(&peers(variant), "indexed", rows);
    }
}

#[test]
fn a_thread_local_is_that_of_the_thread() {
    for variant in BUILDS {
        let rows = [("CALLS", "Cell<u32>", "8"), ("CALLS.get() * 2", "u32", "16")];
        values(&peers(variant), "thread-local", &rows);
        let (told, _) = answers(&peers(variant), "thread-local", &["where CALLS"]);
        assert_eq!(told[0]["data"]["region"], "thread_local", "{}", told[0]);
    }
}

#[test]
fn a_vec_of_wild_words_says_what_is_wrong_and_costs_nothing() {
    for variant in BUILDS {
        let commands = [
            "print *wild",
            "print *huge",
            "print --elements 1000000 *huge",
            "locals",
            "split *wild",
        ];
        let (told, ran) = answers(&peers(variant), "garbage", &commands);
        // Its capacity is 0x123456789abcdef0, and its length larger.
        let reason = "not a valid Vec: its length 9223372036854775807 exceeds its capacity \
                      1311768467463790320";
        assert!(shown(&told[0]).starts_with(&format!("<{reason}>")), "{}", told[0]);
        assert_eq!(
            told[0]["data"]["data"]["unreadable"]["invalid"],
            reason.trim_start_matches("not a valid ")
        );
        // Length and capacity agree, and lead to where nothing can be mapped.
        let huge = "<unmapped> {\n    pointer: *const u8 → unmapped,\n    length: \
                    1152921504606846975,\n    capacity: 1152921504606846975,\n}";
        assert_eq!((shown(&told[1]), shown(&told[2])), (huge, huge));
        assert_eq!(told[3]["answer"], "variables");
        assert!(told[4]["data"]["split"]["at_least"].is_string(), "{}", told[4]);
        assert_eq!(ran.code, 0, "{ran:?}");
    }
}

#[test]
fn a_thousand_elements_are_cut_and_the_way_to_see_more_works_as_it_is_typed() {
    for variant in BUILDS {
        let program = peers(variant);
        let expected = "\
$1: Vec<u32> = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, … 990 more]
more: print --elements 100 many, or many[10..]
";
        assert_eq!(text(&program, "thousand", &["print many"]), expected);
        let commands = ["print --elements 100 many", "print many[10..]", "print many[990..]"];
        let (told, _) = answers(&program, "thousand", &commands);
        let hundred = shown(&told[0]);
        assert!(hundred.contains(" 98, 99,\n    … 900 more\n]"), "{hundred}");
        assert!(shown(&told[1]).contains("[10, 11, 12, 13, 14, 15, 16, 17, 18, 19, … 980 more]"));
        assert!(shown(&told[1]).ends_with("or many[20..]"), "{}", told[1]);
        let last = "[990, 991, 992, 993, 994, 995, 996, 997, 998, 999]";
        assert_eq!(shown(&told[2]), last);
    }
}

#[test]
fn an_unknown_name_is_an_error_that_suggests_the_nearest() {
    let expected = "\
error: nothing is called `manny` here
    manny.len()
    ^^^^^
  at: -e: print manny.len()
  help: did you mean `many`?
";
    let program = peers(Variant::Debug);
    assert_eq!(text(&program, "thousand", &["print manny.len()"]), expected);
    let rows: &[(&str, &[&str])] = &[
        ("print many.lenn()", &["did you mean `len`?"]),
        ("prnt many", &["there is no command `prnt`", "did you mean `print`?"]),
        ("print --elemnts 3 many", &["no option `--elemnts`", "did you mean `elements`?"]),
        ("print $ripp", &["there is no register `$ripp`", "did you mean `rip`?"]),
    ];
    errors(&program, "thousand", rows);
}
