//! How values are shown: formats, limits, JSON.

use crate::BUILDS;
use crate::support::debug::{answers, shown, text};
use crate::support::{Variant, program};

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
