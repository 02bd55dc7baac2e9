//! Expressions: what they are worth, and what is refused.

use crate::support::debug::answers;
use crate::support::{Variant, program};
use crate::{BUILDS, errors, values};

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
