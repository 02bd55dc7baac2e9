//! Values in lines, as people read them.

use super::{CutAt, CutUnit, TokenKind};
use crate::dwarf::{Encoding, PointerFlavour};
use crate::value::testing::World;
use crate::value::{Expand, Format, Value};

fn pretty(world: &World, value: &Value, format: &str) -> String {
    let format = Format::parse(format).unwrap();
    world.pretty(value, &format).to_string()
}

/// A struct with a text, a row of numbers and a map.
fn user(world: &mut World) -> Value {
    let (string, u32_) = (world.string(), world.uint(4));
    let numbers = world.vec_of(u32_, true);
    let map = world.hash_map_of(string, u32_);
    let fields = [("name", string, 0), ("scores", numbers, 24), ("ages", map, 48)];
    let user = world.record("krate::User", 80, 8, &fields);
    let [ctrl, mask, growth, items] = world.put_hash_map();
    world.put(0x7000, b"Ada");
    let scores: Vec<u8> = [1_u32, 20, 300].iter().flat_map(|n| n.to_le_bytes()).collect();
    world.put(0x7100, &scores);
    let words = [3, 0x7000, 3, 3, 0x7100, 3, ctrl, mask, growth, items];
    world.read_words(user, &words)
}

#[test]
fn what_fits_stands_on_one_line_as_in_the_one_line_form() {
    let mut world = World::new();
    let value = user(&mut world);
    let line = r#"User { name: "Ada", scores: [1, 20, 300], ages: {"Ada": 36, "B": 7} }"#;
    assert_eq!(world.text(&value), line);
    assert_eq!(pretty(&world, &value, "80"), format!("{line}\n"));
    assert_eq!(line.len(), 69);
    assert_eq!(pretty(&world, &value, "69"), format!("{line}\n"));
    assert_eq!(pretty(&world, &value, "68").lines().count(), 5);
}

#[test]
fn what_does_not_fit_has_a_line_for_each_part_that_does() {
    let mut world = World::new();
    let value = user(&mut world);
    let expected = r#"User {
    name: "Ada",
    scores: [1, 20, 300],
    ages: {"Ada": 36, "B": 7},
}
"#;
    assert_eq!(pretty(&world, &value, "40"), expected);
    let expected = r#"User {
    name: "Ada",
    scores: [
          1,  20,
        300,
    ],
    ages: {
        "Ada": 36,
        "B": 7,
    },
}
"#;
    assert_eq!(pretty(&world, &value, "20"), expected);
}

#[test]
fn the_open_form_is_that_of_the_alternate_debug_flag() {
    let mut world = World::new();
    let value = user(&mut world);
    #[derive(Debug)]
    struct User {
        name: &'static str,
        scores: Vec<u32>,
        ages: std::collections::BTreeMap<&'static str, u32>,
    }
    let same = User { name: "Ada", scores: vec![1, 20, 300], ages: [("Ada", 36), ("B", 7)].into() };
    assert_eq!(same.name.len() + same.scores.len() + same.ages.len(), 8);
    assert_eq!(pretty(&world, &value, "#"), format!("{same:#?}\n"));
}

#[test]
fn one_line_is_never_broken_where_that_was_asked_for() {
    let mut world = World::new();
    let value = user(&mut world);
    let line = pretty(&world, &value, "20/line");
    assert_eq!(line, format!("{}\n", world.text(&value)));
}

#[test]
fn a_radix_applies_to_all_parts() {
    let mut world = World::new();
    let value = user(&mut world);
    let line = r#"User { name: "Ada", scores: [0x1, 0x14, 0x12c], ages: {"Ada": 0x24, "B": 0x7} }"#;
    assert_eq!(pretty(&world, &value, "100x"), format!("{line}\n"));
}

#[test]
fn addresses_are_told_as_numbers_only_in_a_radix() {
    let mut world = World::new();
    let u32_ = world.uint(4);
    let raw = world.pointer("*const u32", Some(u32_), PointerFlavour::Const);
    let value = world.read_words(raw, &[0x5000]);
    assert_eq!(pretty(&world, &value, "80"), "*const u32 → @5000\n");
    assert_eq!(pretty(&world, &value, "x"), "*const u32 → 0x5000 (@5000)\n");
    assert_eq!(pretty(&world, &value, "d"), "*const u32 → 20480 (@5000)\n");
    let null = world.read_words(raw, &[0]);
    assert_eq!(pretty(&world, &null, "x"), "*const u32 → null\n");
}

#[test]
fn long_rows_fill_their_lines_and_say_how_much_is_left() {
    let mut world = World::new();
    let i16_ = world.base("i16", Encoding::Signed, 2);
    let vec = world.vec_of(i16_, true);
    let bytes: Vec<u8> = (0..1000_i16).flat_map(|n| (n - 5).to_le_bytes()).collect();
    world.put(0x5000, &bytes);
    world.limits.elements = 12;
    let value = world.read_words(vec, &[1000, 0x5000, 1000]);
    let expected =
        "[\n    -5, -4, -3, -2, -1,\n     0,  1,  2,  3,  4,\n     5,  6,\n    … 988 more\n]\n";
    assert_eq!(pretty(&world, &value, "24"), expected);
    let format = Format::default();
    let mut shown = world.pretty(&value, &format);
    let cut = CutAt { path: String::new(), shown: 12, of: Some(1000), unit: CutUnit::Elements };
    assert_eq!(shown.cut, [cut]);
    shown.hint("print v[12..]");
    assert!(shown.to_string().ends_with("\nprint v[12..]\n"), "{shown}");
}

#[test]
fn a_long_text_goes_on_in_the_next_line_and_is_cut_at_the_limit() {
    let mut world = World::new();
    let string = world.string();
    world.put(0x5000, "a word \"é\" ".repeat(100).as_bytes());
    world.limits.text_bytes = 36;
    let value = world.read_words(string, &[1200, 0x5000, 1200]);
    let expected = concat!(
        "\"a word \\\"é\\\" a word \\\"é\\\" a \\\n",
        "    word \\\"é\\\" \"… 1164 more bytes\n"
    );
    assert_eq!(pretty(&world, &value, "30"), expected);
    let format = Format::default();
    let shown = world.pretty(&value, &format);
    let cut = CutAt { path: String::new(), shown: 36, of: Some(1200), unit: CutUnit::Bytes };
    assert_eq!(shown.cut, [cut]);
}

#[test]
fn a_text_in_lines_is_a_literal_with_the_same_text() {
    let mut world = World::new();
    let string = world.string();
    let text = "one  two\n three   four      five\tsix";
    world.put(0x5000, text.as_bytes());
    let value = world.read_words(string, &[99, 0x5000, text.len() as u64]);
    let shown = pretty(&world, &value, "20");
    assert!(shown.lines().count() > 1, "{shown}");
    let literal: syn::LitStr = syn::parse_str(shown.trim_end()).unwrap();
    assert_eq!(literal.value(), text);
}

#[test]
fn enums_boxes_and_tuples_are_broken_as_they_nest() {
    let mut world = World::new();
    let (string, u8_) = (world.string(), world.uint(1));
    let boxed = world.pointer("alloc::boxed::Box<String>", Some(string), PointerFlavour::Box);
    let some = world.tuple_struct("Some", 16, 8, &[(boxed, 8)]);
    let option = world.enumeration(
        "core::option::Option<T>",
        16,
        8,
        Some((u8_, 0)),
        &[("None", &[0], None), ("Some", &[1], Some(some))],
    );
    let pair = world.tuple_struct("(u8, Option)", 24, 8, &[(u8_, 0), (option, 8)]);
    world.put_words(0x5000, &[20, 0x6000, 20]);
    world.put(0x6000, b"twenty characters ok");
    let value = world.read_words(pair, &[7, 1, 0x5000]);
    let line = "(7, Some(\"twenty characters ok\"))\n";
    assert_eq!(pretty(&world, &value, "80"), line);
    let expected = "(\n    7,\n    Some(\n        \"twenty characters ok\",\n    ),\n)\n";
    assert_eq!(pretty(&world, &value, "32"), expected);
    let unit = world.tuple_struct("(u8,)", 1, 1, &[(u8_, 0)]);
    assert_eq!(pretty(&world, &world.read_bytes(unit, &[1]), "80"), "(1,)\n");
    assert_eq!(pretty(&world, &world.read_bytes(unit, &[1]), "#"), "(\n    1,\n)\n");
}

#[test]
fn bytes_are_text_on_demand_even_where_they_were_read_as_numbers() {
    let mut world = World::new();
    let u8_ = world.uint(1);
    let array = world.array(u8_, 4);
    let value = world.read_bytes(array, b"a\"\xff\0");
    assert_eq!(pretty(&world, &value, "s"), "\"a\\\"\\xFF\\0\"\n");
    let raw = world.pointer("*const u8", Some(u8_), PointerFlavour::Const);
    world.put(0x5000, &[b"hello\0".as_slice(), &[0; 250]].concat());
    world.limits.bytes_as_text = true;
    let value = world.read_words(raw, &[0x5000]);
    assert_eq!(pretty(&world, &value, "s"), "*const u8 → @5000 \"hello\"\n");
}

#[test]
fn what_is_wrong_with_a_value_stands_beside_its_words() {
    let mut world = World::new();
    let string = world.string();
    let broken = world.read_words(string, &[3, 0x5000, 9]);
    let expected = "<not a valid String: its length 9 exceeds its capacity 3> {\n    pointer: *const u8 → @5000,\n    length: 9,\n    capacity: 3,\n}\n";
    assert_eq!(pretty(&world, &broken, "80"), expected);
    let word = world.uint(8);
    let odd = world.record("alloc::string::String", 8, 8, &[("rope", word, 0)]);
    let shown = pretty(&world, &world.read_words(odd, &[7]), "80");
    assert_eq!(shown, "String /* String has no member `ptr` */ { rope: 7 }\n");
}

#[test]
fn tokens_say_what_they_are() {
    let mut world = World::new();
    let value = user(&mut world);
    let format = Format { expand: Expand::Never, ..Format::default() };
    let shown = world.pretty(&value, &format);
    let of = |kind: TokenKind| {
        let tokens = shown.lines.iter().flatten().filter(|token| token.kind == kind);
        tokens.map(|token| token.text.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(of(TokenKind::Type), ["User"]);
    assert_eq!(of(TokenKind::Name), ["name", "scores", "ages"]);
    assert_eq!(of(TokenKind::Text), [r#""Ada""#, r#""Ada""#, r#""B""#]);
    assert_eq!(of(TokenKind::Number), ["1", "20", "300", "36", "7"]);
}
