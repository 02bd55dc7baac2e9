//! What a person gets who asks for values at a stop: what other debuggers get wrong, and every kind
//! of expression, format, place and assignment. What is expected is what the sources say.

mod support;

use support::debug::{answers, answers_with, refused, shown, text};
use support::{Program, Variant, program};

/// Builds in which every value is there: with `-O` too, because the program takes its address.
const BUILDS: [Variant; 2] = [Variant::Debug, Variant::Opt];

fn peers(variant: Variant) -> Program {
    program("peers", variant)
}

/// That expressions have values of these types, at a marker of a program.
#[track_caller]
fn values(program: &Program, marker: &str, expected: &[(&str, &str, &str)]) {
    let commands: Vec<_> = expected.iter().map(|row| format!("print {}", row.0)).collect();
    let commands: Vec<_> = commands.iter().map(String::as_str).collect();
    let (told, _) = answers(program, marker, &commands);
    let mut wrong = Vec::new();
    for (answer, (expression, ty, value)) in told.iter().zip(expected) {
        let found = (answer["data"]["data"]["type"].as_str(), answer["data"]["pretty"].as_str());
        if found != (Some(*ty), Some(format!("{value}\n").as_str())) {
            wrong.push(format!("{expression}: {answer}, and not {ty} = {value}"));
        }
    }
    assert!(wrong.is_empty(), "{}: {}", program.name, wrong.join("\n"));
}

/// That expressions are refused, with these words among the error and its hints.
#[track_caller]
fn errors(program: &Program, marker: &str, expected: &[(&str, &[&str])]) {
    let commands: Vec<_> = expected.iter().map(|(command, _)| *command).collect();
    let (told, _) = answers(program, marker, &commands);
    for (answer, (command, words)) in told.iter().zip(expected) {
        let said = refused(answer);
        assert!(words.iter().all(|word| said.contains(word)), "{command}: {said}");
    }
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

/// The values of `test-programs/expressions.rs`, and what expressions make of them.
const EXPRESSIONS: &[(&str, &str, &str)] = &[
    // Paths.
    ("small", "i8", "-5"),
    ("wide", "u128", "340282366920938463463374607431768211455"),
    ("letter", "char", "'é'"),
    ("unit", "()", "()"),
    ("ANSWER", "u32", "42"),
    ("inner::DEPTH", "i64", "-3"),
    ("crate::inner::DEPTH", "i64", "-3"),
    ("expressions::inner::DEPTH", "i64", "-3"),
    ("Colour::Green", "Colour", "Green"),
    ("inner::Colour::Blue", "Colour", "Blue"),
    ("u8::MAX", "u8", "255"),
    ("i64::MIN", "i64", "-9223372036854775808"),
    // Fields, indices and ranges.
    ("pair.1", "&str", "\"seven\""),
    ("point.y", "i32", "-20"),
    ("user.friends[1]", "String", "\"Eve\""),
    ("user.home.unwrap().x", "i32", "3"),
    ("shapes[1].height", "u32", "3"),
    ("grid[1][2]", "i32", "6"),
    ("grid[1]", "[i32; 3]", "[4, 5, 6]"),
    ("words[1..3]", "[&str]", "[\"one\", \"two\"]"),
    ("words[..=1]", "[&str]", "[\"zero\", \"one\"]"),
    ("slice[0]", "&str", "\"one\""),
    ("text[1..3]", "str", "\"é\""),
    ("text[7..]", "str", "\" wörld\""),
    ("words[3][1..]", "str", "\"hree\""),
    // The ring of the queue begins at its second place.
    ("queue", "VecDeque<i32>", "[2, 3, 4, 1]"),
    ("queue[3]", "i32", "1"),
    ("queue[2..]", "[i32]", "[4, 1]"),
    ("ages[\"Ada\"]", "i32", "36"),
    ("by_id[&3]", "&str", "\"c\""),
    ("by_id[3]", "&str", "\"c\""),
    // Through pointers, cells and locks.
    ("boxed.y", "i32", "2"),
    ("(*boxed).x", "i32", "1"),
    ("*rc", "String", "\"counted\""),
    ("rc.len()", "usize", "7"),
    ("arc[2]", "u64", "3"),
    ("cell.get()", "i32", "9"),
    ("refcell.borrow()[0]", "String", "\"kept\""),
    ("reference.name", "String", "\"Ada\""),
    ("(*pointer).x", "i32", "10"),
    ("*pointer", "Point", "Point { x: 10, y: -20 }"),
    ("(&point).x", "i32", "10"),
    ("&raw const point == pointer", "bool", "true"),
    ("non_zero.get()", "u32", "8"),
    ("atomic.load(Ordering::Relaxed)", "u32", "77"),
    // Casts.
    ("byte as i8", "i8", "-6"),
    ("small as u8", "u8", "251"),
    ("300 as u8", "u8", "44"),
    ("letter as u32", "u32", "233"),
    ("97 as char", "char", "'a'"),
    ("colour as u8", "u8", "8"),
    ("-1.9 as i32", "i32", "-1"),
    ("1e10 as u8", "u8", "255"),
    ("-1i32 as u32", "u32", "4294967295"),
    ("yes as u8", "u8", "1"),
    // Arithmetic.
    ("byte + 5", "u8", "255"),
    ("small - 123", "i8", "-128"),
    ("long >> 40", "i64", "1"),
    ("-7 / 2", "i32", "-3"),
    ("-7 % 3", "i32", "-1"),
    ("half * 3.0", "f64", "1.5"),
    ("!byte", "u8", "5"),
    ("!yes", "bool", "false"),
    ("0xf0 | 0b1111", "i32", "255"),
    ("6 & 3 ^ 1", "i32", "3"),
    ("1 << 3 + 1", "i32", "16"),
    ("byte.wrapping_add(10)", "u8", "4"),
    ("pair.0 as f32 / 2.0", "f32", "3.5"),
    // Comparison and logic.
    ("user.name == \"Ada\"", "bool", "true"),
    ("user.name < \"Bob\"", "bool", "true"),
    ("user.colour == Colour::Green", "bool", "true"),
    ("colour != inner::Colour::Blue", "bool", "false"),
    ("some == Some(5)", "bool", "true"),
    ("some > none", "bool", "true"),
    ("point == Point { x: 10, y: -20 }", "bool", "true"),
    ("user.friends == [\"Bob\", \"Eve\"]", "bool", "true"),
    ("user.age >= 36 && user.age < 37", "bool", "true"),
    ("user.age < 18 || none.is_none()", "bool", "true"),
    // The right side is not looked at: it would divide by zero.
    ("yes || 1 / 0 == 1", "bool", "true"),
    // Patterns.
    ("matches!(shapes[1], Shape::Rectangle { width: 2, .. })", "bool", "true"),
    ("matches!(shapes[0], Shape::Circle(r) if r > 2.0)", "bool", "false"),
    ("matches!(user.age, 30..=39 | 50)", "bool", "true"),
    ("if let Some(p) = user.home { p.y } else { 0 }", "i32", "-4"),
    ("if let Err(why) = fine { why.len() } else { 9 }", "i32", "9"),
    // Methods, on the data.
    ("text.len()", "usize", "14"),
    ("text.contains(\"wör\")", "bool", "true"),
    ("text.starts_with('h')", "bool", "true"),
    ("text.ends_with(\"D\")", "bool", "false"),
    ("words.is_empty()", "bool", "false"),
    ("words.last().unwrap()", "&str", "\"three\""),
    ("words.contains(\"two\")", "bool", "true"),
    ("odd.contains(&3)", "bool", "true"),
    ("even.contains(&3)", "bool", "false"),
    ("ages.contains_key(\"Bob\")", "bool", "true"),
    ("some.is_some()", "bool", "true"),
    ("wrong.unwrap_err()", "String", "\"no\""),
    ("letter.is_alphabetic()", "bool", "true"),
    ("(1..5).contains(&grid[0][2])", "bool", "true"),
    ("Rc::strong_count(&rc)", "usize", "1"),
    ("weak.strong_count()", "usize", "1"),
    // Sizes and types. A Point is two i32; a String three words.
    ("sizeof(point)", "usize", "8"),
    ("size_of::<Point>()", "usize", "8"),
    ("sizeof(user.name)", "usize", "24"),
    ("alignof(point)", "usize", "4"),
    ("typeof(user.friends)", "type", "Vec<String>"),
    ("typeof(&grid[0])", "type", "&[i32; 3]"),
    // Literals.
    ("(1, 'a', \"s\")", "(i32, char, &str)", "(1, 'a', \"s\")"),
    ("[1u8, 2]", "[u8; 2]", "[1, 2]"),
];

#[test]
fn expressions_have_the_values_that_rust_gives_them() {
    for variant in BUILDS {
        values(&program("expressions", variant), "here", EXPRESSIONS);
    }
}

#[test]
fn what_was_shown_before_is_kept_as_it_was() {
    let rows = [
        ("grid[0][1]", "i32", "2"),
        ("$1 + 10", "i32", "12"),
        ("$", "i32", "12"),
        ("$$2", "i32", "2"),
        ("$3 * $2", "i32", "144"),
        ("user.friends", "Vec<String>", "[\"Bob\", \"Eve\"]"),
        ("$[0] == \"Bob\"", "bool", "true"),
    ];
    values(&program("expressions", Variant::Debug), "here", &rows);
}

#[test]
fn registers_are_values() {
    let program = program("places", Variant::Debug);
    let commands =
        ["print $rip", "print $edi", "print $rsp % 16 == 0 || $rsp % 16 == 8", "where $rip"];
    let (told, _) = answers(&program, "doubled", &commands);
    let values: Vec<_> = told[..3].iter().map(|told| &told["data"]["data"]).collect();
    assert_eq!(values[0]["type"], "u64");
    // The first integer argument is passed in rdi (psABI, 3.2.3), and was 21.
    assert_eq!((&values[1]["type"], &values[1]["value"]), (&"u32".into(), &"21".into()));
    assert_eq!(values[2]["value"], "true");
    assert_eq!(told[3]["data"]["region"]["section"], ".text", "{}", told[3]);
}

#[test]
fn what_rust_would_refuse_or_panic_at_is_refused_with_the_reason() {
    let rows: &[(&str, &[&str])] = &[
        ("print byte + 10", &["250 + 10 overflows u8"]),
        ("print i8::MIN - 1", &["overflows i8"]),
        ("print long * long", &["overflows i64"]),
        ("print 7 % 0", &["divides by zero"]),
        ("print 1i32 << 40", &["1 << 40"]),
        ("print text + 1", &["there is no String + i32"]),
        ("print byte == \"a\"", &["u8", "&str"]),
        ("print words[4]", &["out of range", "the length is 4"]),
        ("print words[\"a\"]", &["an index is an integer"]),
        ("print text[2..3]", &["byte 2 is inside of a character"]),
        ("print ages[\"Eve\"]", &["no such key"]),
        ("print none.unwrap()", &["would panic"]),
        ("print point.z", &["no field `z`"]),
        ("print user.nam", &["no field `nam`", "did you mean `name`?"]),
        ("print shapes[1].radius", &["it is Rectangle", "width, height"]),
        ("print pointer.x", &["no field `x`", "(*p).x"]),
        ("print Colour::Gren", &["no variant `Gren`", "did you mean `Green`?"]),
        ("print usr", &["nothing is called `usr` here", "did you mean `user`?"]),
        ("print point as u32", &["cannot be cast to u32"]),
        ("print 97u32 as char", &["cannot be cast to char", "only a u8"]),
        ("print user()", &["functions are not called"]),
        ("print user.clone_all()", &["`clone_all` of `User` is not evaluated"]),
        ("print *weak", &["it is a Weak"]),
        ("print if yes { 1 }", &["else"]),
        ("print 1 +", &["expected an expression"]),
        ("print (1", &["no partner"]),
        ("print $99", &["no value $99 has been shown"]),
        ("print", &["`print` needs an expression"]),
    ];
    errors(&program("expressions", Variant::Debug), "here", rows);
}

#[test]
fn a_format_says_how_numbers_and_texts_are_written() {
    let rows = [
        ("print/x byte", "0xfa"),
        ("print/x small", "0xfb"),
        ("print/b byte", "0b11111010"),
        ("print/t byte", "0b11111010"),
        ("print/o byte", "0o372"),
        ("print/d letter", "233"),
        ("print/c 97", "'a'"),
        ("print/x half", "0x3fe0000000000000"),
        ("print/x some", "Some(0x5)"),
        ("print/x grid", "[[0x1, 0x2, 0x3], [0x4, 0x5, 0x6]]"),
        ("print/x by_id", r#"{0x1: "a", 0x2: "b", 0x3: "c"}"#),
        ("print/s b\"a\\xff\"", r#""a\xFF""#),
        ("print/s bytes", r#""bytes""#),
        ("print /x byte", "0xfa"),
        ("print/raw/x some", "Some(0x5)"),
        ("print/line user", USER),
        ("print/# point", "Point {\n    x: 10,\n    y: -20,\n}"),
        ("print/20 grid", "[\n    [1, 2, 3],\n    [4, 5, 6],\n]"),
        ("print --width 20 grid", "[\n    [1, 2, 3],\n    [4, 5, 6],\n]"),
    ];
    for variant in BUILDS {
        let commands: Vec<_> = rows.iter().map(|(command, _)| *command).collect();
        let (told, _) = answers(&program("expressions", variant), "here", &commands);
        for (answer, (command, expected)) in told.iter().zip(rows) {
            assert_eq!(shown(answer), expected, "{command} {variant:?}");
        }
    }
}

const USER: &str = "User { name: \"Ada\", age: 36, colour: Green, friends: [\"Bob\", \"Eve\"], home: \
                    Some(Point { x: 3, y: -4 }) }";

#[test]
fn raw_shows_the_fields_of_std_types_by_their_own_names() {
    let (told, _) = answers(&program("expressions", Variant::Debug), "here", &["print/raw text"]);
    let raw = shown(&told[0]);
    assert!(raw.starts_with("String {\n    vec: Vec {\n"), "{raw}");
    assert!(raw.contains("len: 14,"), "{raw}");
}

#[test]
fn limits_are_set_for_one_value_or_for_all_and_say_how_to_see_more() {
    let program = program("expressions", Variant::Debug);
    let said = text(
        &program,
        "here",
        &[
            "print --elements 2 words",
            "print --bytes 4 text",
            "print --depth 1 user.home",
            "set elements 3",
            "print words",
            "set elements 10",
            "set bytes 2",
            "print words[3]",
            "set depth 1",
            "print shapes",
        ],
    );
    // The é of the text takes two bytes, so that the first four are "hél".
    let expected = "\
$1: Vec<&str> = [\"zero\", \"one\", … 2 more]
more: print --elements 100 words, or words[2..]
$2: String = \"hél\"… 10 more bytes
more: print --bytes 40 text
$3: Option<Point> = Some(Point { x: …, y: … })
more: print --depth 2 user.home
$4: Vec<&str> = [\"zero\", \"one\", \"two\", … 1 more]
more: print --elements 100 words, or words[3..]
$5: &str = \"th\"… 3 more bytes
more: print --bytes 20 words[3]
$6: [Shape; 3] = [Circle(…), Rectangle { width: …, height: … }, Nothing]
more: print --depth 2 shapes
";
    assert_eq!(said, expected);
}

#[test]
fn a_value_in_json_has_its_type_address_region_size_bytes_and_children() {
    let program = program("expressions", Variant::Debug);
    let commands = ["print point", "print user.friends", "print &point as *const Point as usize"];
    let (told, _) = answers(&program, "here", &commands);
    let data = &told[0]["data"]["data"];
    assert_eq!(data["type"], "Point");
    assert_eq!(data["region"]["stack_of"]["function"], "main");
    assert_eq!(data["size"], 8);
    // 10 and -20, each little-endian in four bytes.
    assert_eq!(data["bytes"], "0a000000ecffffff");
    let address = data["address"].as_u64().expect("an address");
    assert_eq!(told[2]["data"]["data"]["value"], address.to_string());
    let (name, y) = (&data["children"][1][0], &data["children"][1][1]);
    assert_eq!((name, &y["type"], &y["value"]), (&"y".into(), &"i32".into(), &"-20".into()));
    assert_eq!((y["address"].as_u64(), &y["size"]), (Some(address + 4), &4.into()));
    let friends = &told[1]["data"]["data"];
    let bob = &friends["children"][0][1];
    assert_eq!((&bob["value"], &bob["size"]), (&"Bob".into(), &24.into()));
    assert_eq!(bob["address"], friends["target"]);
    assert!(bob["region"]["heap"]["block"].is_u64(), "{bob}");
}

/// The regions that `where` tells: the own one and those of what it leads to, as text.
#[track_caller]
fn regions(program: &Program, marker: &str, rows: &[(&str, &str)]) {
    let commands: Vec<_> =
        rows.iter().map(|(expression, _)| format!("where {expression}")).collect();
    let commands: Vec<_> = commands.iter().map(String::as_str).collect();
    let expected: String = rows.iter().map(|(_, lines)| format!("{lines}\n")).collect();
    assert_eq!(text(program, marker, &commands), expected);
}

#[test]
fn a_variable_is_on_the_stack_of_its_function_or_in_a_register() {
    let rows = [
        ("own", "stack of inner (frame 0)  8 B"),
        (
            "argument",
            "stack of inner (frame 0)  8 B\n  leads to → stack of main (frame 1)  borrowed",
        ),
        ("*argument", "stack of main (frame 1)  8 B"),
    ];
    regions(&program("places", Variant::Debug), "inner", &rows);
    // Optimised code leaves an argument in the register that it is passed in: rdi is the first
    // (psABI, 3.2.3).
    regions(&program("places", Variant::Opt), "doubled", &[("n", "rdi  8 B")]);
}

#[test]
fn a_value_is_in_a_section_a_block_a_mapping_a_thread_or_nowhere() {
    for variant in BUILDS {
        let program = program("places", variant);
        let rows = [
            ("GREETING", ".data.rel.ro  16 B\n  leads to → .rodata  borrowed"),
            ("*GREETING", ".rodata  12 B"),
            ("PRIMES[2]", ".rodata  4 B"),
            ("COUNTER", ".data  8 B"),
            ("ZEROES", ".bss  64 B"),
            ("MINE", "thread-local  4 B"),
        ];
        regions(&program, "statics", &rows);
        let rows = [
            ("*pages", "anonymous  1 B"),
            ("16", "unmapped"),
            ("pages as usize + 4096", "anonymous"),
            ("1 + 1 == 2", "no address  1 B"),
        ];
        regions(&program, "mapping", &rows);
    }
}

#[test]
fn what_a_value_leads_to_is_told_by_block_and_offset() {
    for variant in BUILDS {
        let program = program("places", variant);
        let (told, _) = answers(&program, "split", &["split words", "split shared", "split roomy"]);
        let block = |answer: &serde_json::Value| {
            let part = &answer["data"]["split"]["parts"][0];
            part["region"]["heap"]["block"].as_u64().expect("a block")
        };
        let (words, shared, roomy) = (block(&told[0]), block(&told[1]), block(&told[2]));
        let (hello, world) = (words + 1, words + 2);
        let here = "stack of split (frame 0)";
        let rows = [
            (
                "words",
                format!(
                    "{here}  24 B\n  leads to → #{words}  owned\n  [0]      → #{hello}  owned\n  \
                     [1]      → #{world}  owned"
                ),
            ),
            // The second String lies 24 bytes into the buffer.
            ("words[1]", format!("#{words}+24  24 B\n  leads to → #{world}  owned")),
            ("words[1][2..4]", format!("#{world}+2  2 B")),
            ("roomy[2]", format!("#{roomy}+8  4 B")),
            ("shared", format!("{here}  8 B\n  leads to → #{shared}  shared")),
            // Behind the two counts.
            ("shared[1]", format!("#{shared}+24  8 B")),
            ("lent[0]", format!("#{words}  24 B\n  leads to → #{hello}  owned")),
        ];
        let rows: Vec<_> = rows.iter().map(|(what, region)| (*what, region.as_str())).collect();
        regions(&program, "split", &rows);
    }
}

#[test]
fn a_split_counts_every_byte_and_every_block_once() {
    for variant in BUILDS {
        let program = program("places", variant);
        let commands = [
            "split words",
            "split shared",
            "split holders",
            "split roomy",
            "split lent",
            "split empty",
        ];
        let (told, _) = answers(&program, "split", &commands);
        // Of each: bytes on the stack, bytes on the heap, blocks, spare, shared blocks, borrowed.
        let expected: [[u64; 6]; 6] = [
            // Two Strings of 24 bytes, and five bytes each.
            [24, 48 + 5 + 5, 3, 0, 0, 0],
            // Two counts and four u64, which three Rcs share.
            [8, 16 + 32, 1, 0, 1, 0],
            [16, 16 + 32, 1, 0, 1, 0],
            // Room for a hundred u32, of which three are there.
            [24, 400, 1, 400 - 12, 0, 0],
            // Optimised code has it in two registers.
            [if variant == Variant::Debug { 16 } else { 0 }, 0, 0, 0, 0, 1],
            [24, 0, 0, 0, 0, 0],
        ];
        for (answer, expected) in told.iter().zip(expected) {
            let totals = &answer["data"]["split"]["totals"];
            let names =
                ["stack_bytes", "heap_bytes", "blocks", "spare", "shared_blocks", "borrowed"];
            let found = names.map(|name| totals[name].as_u64().expect("a number"));
            assert_eq!(found, expected, "{variant:?} {answer}");
        }
    }
}

#[test]
fn a_split_of_a_hundred_thousand_elements_is_exact() {
    let program = program("places", Variant::Debug);
    let (told, _) = answers_with(&program, &["many"], "many", &["split many"]);
    let split = &told[0]["data"]["split"];
    let totals = &split["totals"];
    // A hundred thousand Strings of 24 bytes, and eight digits each.
    assert_eq!(totals["heap_bytes"], 100_000 * (24 + 8), "{totals}");
    assert_eq!((&totals["blocks"], &totals["spare"]), (&100_001.into(), &0.into()));
    assert_eq!(split["at_least"], serde_json::Value::Null);
    assert_eq!(split["parts"][0]["parts"].as_array().map(Vec::len), Some(10));
    assert_eq!(split["parts"][0]["more"]["blocks"], 99_990);
}

#[test]
fn a_split_is_a_tree_of_blocks() {
    let program = program("places", Variant::Debug);
    let said = text(&program, "split", &["split words"]);
    let mut lines = said.lines();
    assert_eq!(lines.next(), Some("words: Vec<String>"));
    let sums = "  24 B on the stack of split (frame 0) + 58 B on the heap in 3 blocks";
    assert_eq!(lines.next(), Some(sums));
    let tree: Vec<_> = lines.map(|line| line.split_once('#').expect("a block")).collect();
    let rows: Vec<_> =
        tree.iter().map(|(bar, row)| (*bar, row.split_once(' ').expect("a row").1)).collect();
    let expected = [
        ("", "   48 B  words     Vec<String>"),
        ("├ ", "  5 B  words[0]  String"),
        ("└ ", "  5 B  words[1]  String"),
    ];
    assert_eq!(rows, expected);
}

#[test]
fn what_is_written_is_what_the_program_goes_on_with() {
    let assignments = [
        "set count = 41",
        "print count += 1",
        "set letter = 'é'",
        "set yes = !yes",
        "set ratio = -1.5",
        "set light = Light::Green",
        "set settings.level = -7",
        "set settings.ratio = 2.0",
        "set settings.light = Light::Red",
        "set row[1] = row[0] + 21",
        "set list[2] = 0xff",
        "set pair.0 = 9",
        "set var pair.1 = false",
        "set *boxed = 55",
        "set *maybe.unwrap() = 8",
        "set *shared = 66",
        "set cell = 5",
        "continue",
    ];
    for variant in BUILDS {
        let (told, ran) = answers(&program("places", variant), "write", &assignments);
        let refused: Vec<_> = told.iter().filter(|answer| answer["answer"] == "error").collect();
        assert!(refused.is_empty(), "{refused:?}");
        let expected = "\
42 é true -1.5 Green [1, 22, 3] [10, 20, 255] (9, false) 55
Settings { level: -7, ratio: 2.0, light: Red, name: \"old\" } Some(8) 66 66 5
42
[Red, Amber, Green]
";
        assert_eq!((ran.code, ran.stdout.as_str()), (0, expected), "{variant:?}");
    }
}

#[test]
fn a_register_is_written_and_the_function_goes_on_with_it() {
    // The argument is in rdi still, and the function doubles it.
    let commands = ["set $rdi = 100", "print n", "continue"];
    let (told, ran) = answers(&program("places", Variant::Opt), "doubled", &commands);
    assert_eq!(shown(&told[1]), "100");
    assert!(ran.stdout.ends_with("\n200\n[Red, Amber, Green]\n"), "{}", ran.stdout);
    assert_eq!(ran.code, 0);
}

#[test]
fn what_owns_or_borrows_is_not_written_and_the_program_ends_as_it_would_have() {
    const OWNER: &str = "its old value would leak, and what the new one owns would be freed twice";
    let refusals: &[(&str, &[&str])] = &[
        ("set settings.name = \"new\"", &["`String` is not assigned to", OWNER]),
        ("set settings.name = settings.name", &["`String` is not assigned to", OWNER]),
        ("set list = list", &["`Vec<u8>` is not assigned to", OWNER]),
        ("set boxed = boxed", &["`Box<i64>` is not assigned to", OWNER]),
        ("set shared = shared", &["`Rc<i64>` is not assigned to", OWNER]),
        ("set maybe = None", &["`Option<Box<u8>>` is not assigned to", "may own", "fields of the"]),
        ("set borrowed = &shared", &["`&Rc<i64>` is not assigned to", "lives long enough"]),
        ("set settings = settings", &["`Settings` is not assigned to", "its fields can be"]),
        ("set row = [1, 2, 3]", &["`[i32; 3]` is not assigned to", "its elements can be"]),
        ("set list.len = 5", &["`len` of `Vec<u8>` is not assigned to", "std relies on"]),
        ("set count = -1", &["-1 is out of range for u32"]),
        ("set count = \"x\"", &["`u32` is expected, and this is `&str`"]),
        ("set yes = 1", &["`bool` is expected"]),
        ("set letter = 5", &["`char` is expected"]),
        ("set light = 1", &["`Light` is expected", "write the variant"]),
        ("set light = Light::Blue", &["Light has no variant `Blue`"]),
        ("set row[7] = 1", &["out of range"]),
        ("set 5 = 6", &["only a place"]),
        ("set counts = 5", &["nothing is called `counts` here"]),
        ("set count", &["this assigns nothing", "`x = VALUE`"]),
        ("set", &["`set` needs what to set"]),
    ];
    for variant in BUILDS {
        let mut commands: Vec<_> = refusals.iter().map(|(command, _)| *command).collect();
        commands.push("continue");
        let (told, ran) = answers(&program("places", variant), "write", &commands);
        for (answer, (command, words)) in told.iter().zip(refusals) {
            let said = refused(answer);
            assert!(words.iter().all(|word| said.contains(word)), "{command}: {said}");
        }
        let expected = "\
1 a false 0.25 Red [1, 2, 3] [10, 20, 30] (1, true) 5
Settings { level: 3, ratio: 0.5, light: Amber, name: \"old\" } Some(9) 6 6 1
42
[Red, Amber, Green]
";
        assert_eq!(ran.stdout, expected, "{variant:?}");
        let end = told.last().expect("an answer");
        assert_eq!(end["data"]["code"], 0, "{end}");
    }
}

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
fn a_dropped_variable_is_not_shown_as_a_value() {
    let program = program("moved", Variant::Debug);
    let (told, _) = answers(&program, "after", &["print value", "locals", "print value.len()"]);
    assert!(refused(&told[0]).contains("`value` is dropped: #3 was freed at moved.rs:8"));
    assert!(told[1]["data"][0]["value"].is_null(), "{}", told[1]);
    assert!(refused(&told[2]).contains("dropped"));
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
