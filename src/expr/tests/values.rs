//! What expressions are worth.

use super::program::Program;

/// Checks every row, and tells of all that are wrong.
fn check(rows: &[(&str, &str)]) {
    let program = Program::new();
    let wrong: Vec<String> = rows
        .iter()
        .map(|(text, expected)| (text, program.shown(text), expected))
        .filter(|(_, shown, expected)| shown != **expected)
        .map(|(text, shown, expected)| {
            format!("{text}\n  is        {shown}\n  should be {expected}")
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

#[test]
fn literals_are_worth_what_they_say() {
    check(&[
        ("1", "1"),
        ("0xff_u8", "255"),
        ("-128i8", "-128"),
        ("1_000", "1000"),
        ("340282366920938463463374607431768211455", "340282366920938463463374607431768211455"),
        ("-170141183460469231731687303715884105728", "-170141183460469231731687303715884105728"),
        ("1.5", "1.5"),
        ("1f32", "1.0"),
        ("-0.5e1", "-5.0"),
        ("0.1f32", "0.1"),
        ("true", "true"),
        ("'x'", "'x'"),
        ("b'x'", "120"),
        ("\"a\\n\"", "\"a\\n\""),
        ("b\"ab\"", "[97, 98]"),
        ("()", "()"),
        ("(1, true)", "(1, true)"),
        ("(1,)", "(1,)"),
        ("[1, 2]", "[1, 2]"),
        ("u8::MAX", "255"),
        ("i16::MIN", "-32768"),
        ("u64::BITS", "64"),
        ("f64::INFINITY", "inf"),
    ]);
}

#[test]
fn names_lead_to_variables_items_registers_and_values_shown_before() {
    check(&[
        ("x", "-7"),
        ("c", "'é'"),
        ("single", "0.1"),
        ("twice", "2"),
        ("twice@1", "1"),
        ("twice@2", "2"),
        ("twice@:10", "1"),
        ("twice@1 + twice@2", "3"),
        ("COUNT", "5"),
        ("counters::COUNT", "5"),
        ("crate::counters::COUNT", "5"),
        ("demo::counters::COUNT", "5"),
        ("$rip", "4198400"),
        ("$xmm0", "18446744073709551616"),
        ("$eflags & 2", "2"),
        ("$", "33"),
        ("$$", "22"),
        ("$$1", "22"),
        ("$2 + $3", "55"),
        ("$1.0", "1"),
        ("$1.1 == Colour::Red", "true"),
        ("$ > 3", "true"),
        ("in_rax", "-1"),
    ]);
}

#[test]
fn arithmetic_keeps_the_types() {
    check(&[
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("x + 1", "-6"),
        ("-x", "7"),
        ("!yes", "false"),
        ("!0u8", "255"),
        ("!n", "-42"),
        ("n % 10", "1"),
        ("x / 2", "-3"),
        ("x % 2", "-1"),
        ("x >> 1", "-4"),
        ("byte >> 3", "25"),
        ("byte & 0xf0 | 1", "193"),
        ("byte ^ 0xff", "55"),
        ("1 << 40", "1099511627776"),
        ("yes & no", "false"),
        ("yes ^ yes", "false"),
        ("double * 2.0", "5.0"),
        ("double + 1", "3.5"),
        ("1 / double", "0.4"),
        ("single + 0.2", "0.3"),
        ("v.len() - 1", "3"),
        ("v[0] + v[1]", "30"),
        ("*raw + 1", "5"),
    ]);
    let program = Program::new();
    for (text, ty) in [
        ("x + 1", "i32"),
        ("byte >> 1u64", "u8"),
        ("1", "i32"),
        ("1.5", "f64"),
        ("single + 1", "f32"),
        ("v.len()", "usize"),
        ("v[0..2]", "[i32]"),
        ("s[0..2]", "str"),
        ("&x", "&i32"),
        ("(x, yes)", "(i32, bool)"),
    ] {
        assert_eq!(program.type_of(text), ty, "{text}");
    }
}

#[test]
fn comparisons_are_of_values_whatever_leads_to_them() {
    check(&[
        ("x == -7", "true"),
        ("x < 0", "true"),
        ("byte > 199", "true"),
        ("x < byte", "true"),
        ("big == u128::MAX", "true"),
        ("c == 'é'", "true"),
        ("c > 'a'", "true"),
        ("single == 0.1", "true"),
        ("single < 1", "true"),
        ("nan == nan", "false"),
        ("nan < 1.0 || nan >= 1.0", "false"),
        ("s == \"grün, blau\"", "true"),
        ("t == \"grün\"", "true"),
        ("\"grün\" == t", "true"),
        ("p == \"grün\"", "true"),
        ("cow == \"grün\"", "true"),
        ("s == t", "false"),
        ("s > t", "true"),
        ("t != s", "true"),
        ("strings[0] == t", "true"),
        ("nothing == \"\"", "true"),
        ("rc_str == \"counted\"", "true"),
        ("rc_slice == [1, 2]", "true"),
        ("point == *boxed", "true"),
        ("point == boxed", "true"),
        ("pair == (1, Colour::Red)", "true"),
        ("(1, 2) < (1, 3)", "true"),
        ("v == [10, 20, 30, 40]", "true"),
        ("v == array", "true"),
        ("ring == [40, 10, 20]", "true"),
        ("v > [10, 20]", "true"),
        ("slice == v[1..3]", "true"),
        ("nested == [[10, 20, 30, 40]]", "true"),
        ("raw == null", "false"),
        ("raw == 0x7004 as *const i32", "true"),
        ("function == 0x401000", "true"),
        ("&x == &-7", "true"),
        ("x == -7 && s == \"grün, blau\"", "true"),
        ("no && gone", "false"),
        ("yes || gone", "true"),
    ]);
}

#[test]
fn enums_compare_with_what_is_written() {
    check(&[
        ("colour", "Green"),
        ("colour == Colour::Green", "true"),
        ("colour == crate::Colour::Red", "false"),
        ("Colour::Red != colour", "true"),
        ("colour > Colour::Red", "true"),
        ("Colour::Red", "Red"),
        ("some == Some(3)", "true"),
        ("some == Some(4)", "false"),
        ("some == None", "false"),
        ("none == None", "true"),
        ("some == Option::Some(3)", "true"),
        ("none < some", "true"),
        ("round == Shape::Circle(5)", "true"),
        ("round == Shape::Circle(6)", "false"),
        ("shape == Shape::Rectangle { w: 6, h: 7 }", "true"),
        ("shape == Shape::Rectangle { h: 7, w: 5 }", "false"),
        ("shape == round", "false"),
        ("point == Point { x: 3, y: 4 }", "true"),
        ("Some(1) == Some(1)", "true"),
        ("strings.get(9) == None", "true"),
    ]);
}

#[test]
fn fields_and_elements_are_reached_through_whatever_leads_to_them() {
    check(&[
        ("point.x", "3"),
        ("boxed.y", "4"),
        ("(*boxed).y", "4"),
        ("reference.x", "3"),
        ("rc.x", "5"),
        ("ref_cell.y", "2"),
        ("ref_cell.borrow", "18446744073709551615"),
        ("mutex.x", "8"),
        ("mutex.locked", "true"),
        ("dynamic.x", "3"),
        ("*dynamic", "Point { x: 3, y: 4 }"),
        ("pair.0", "1"),
        ("pair.1", "Red"),
        ("shape.w", "6"),
        ("some.0", "3"),
        ("circle.next.next.next.next", "Node { next: … }"),
        ("v[0]", "10"),
        ("v[at]", "30"),
        ("v[v.len() - 1]", "40"),
        ("array[3]", "40"),
        ("slice[1]", "30"),
        ("ring[0]", "40"),
        ("ring[2]", "20"),
        ("strings[1]", "\"grü\""),
        ("strings[1][0..2]", "\"gr\""),
        ("nested[0][2]", "30"),
        ("v[1..3]", "[20, 30]"),
        ("v[..2]", "[10, 20]"),
        ("v[2..]", "[30, 40]"),
        ("v[..]", "[10, 20, 30, 40]"),
        ("v[1..=2]", "[20, 30]"),
        ("v[1..][1]", "30"),
        ("ring[1..]", "[10, 20]"),
        ("v[4..]", "[]"),
        ("s[0..5]", "\"grün\""),
        ("&s[7..]", "\"blau\""),
        ("s[..=1]", "\"gr\""),
        ("\"grün\"[2..4]", "\"ü\""),
        ("v.len", "4"),
        ("rc_str[5..]", "\"ed\""),
        ("rc_slice[1]", "2"),
    ]);
}

#[test]
fn pointers_are_followed_and_addresses_taken() {
    check(&[
        ("*raw", "4"),
        ("*boxed", "Point { x: 3, y: 4 }"),
        ("**reference", "Point { x: 3, y: 4 }"),
        ("*rc", "Point { x: 5, y: 6 }"),
        ("*ref_cell", "Point { x: 1, y: 2 }"),
        ("ref_cell.borrow()", "Point { x: 1, y: 2 }"),
        ("*&x", "-7"),
        ("&raw const x == &x as *const i32", "true"),
        ("*(raw as *const u8)", "4"),
        ("*(0x7000 as *const i32)", "3"),
        ("raw as usize", "28676"),
        ("&point.y as *const i32 as usize - &point as *const _ as usize", "4"),
        ("null.is_null()", "true"),
        ("raw.is_null()", "false"),
        ("raw", "*const i32 → @7004"),
        ("*s", "\"grün, blau\""),
        ("*v", "[10, 20, 30, 40]"),
    ]);
}

#[test]
fn casts_follow_the_rules_of_rust() {
    check(&[
        ("300 as u8", "44"),
        ("-1 as u16", "65535"),
        ("x as u8", "249"),
        ("byte as i8", "-56"),
        ("-1i8 as u128", "340282366920938463463374607431768211455"),
        ("3.99 as u8", "3"),
        ("-1.5 as u8", "0"),
        ("1e10 as i32", "2147483647"),
        ("f64::NAN as i32", "0"),
        ("-1e40 as i128", "-170141183460469231731687303715884105728"),
        ("16777217 as f32", "16777216.0"),
        ("n as f64 / 2.0", "20.5"),
        ("97u8 as char", "'a'"),
        ("c as u32", "233"),
        ("yes as i32", "1"),
        ("colour as u8", "1"),
        ("Colour::Other as i32", "-1"),
        ("double as f32", "2.5"),
        ("function as usize", "4198400"),
    ]);
}

#[test]
fn methods_are_evaluated_on_the_data() {
    check(&[
        ("s.len()", "11"),
        ("s.is_empty()", "false"),
        ("nothing.is_empty()", "true"),
        ("s.contains(\"blau\")", "true"),
        ("s.contains('ü')", "true"),
        ("s.contains(\"rot\")", "false"),
        ("s.contains(\"\")", "true"),
        ("s.starts_with(\"grün\")", "true"),
        ("s.ends_with(t)", "false"),
        ("s.ends_with(\"blau\")", "true"),
        ("s.capacity()", "16"),
        ("s.as_str() == s.clone()", "true"),
        ("cow.len()", "5"),
        ("t.eq_ignore_ascii_case(\"GRün\")", "true"),
        ("v.len()", "4"),
        ("v.capacity()", "8"),
        ("v.is_empty()", "false"),
        ("v.first()", "Some(10)"),
        ("v.last().unwrap()", "40"),
        ("empty.first()", "None"),
        ("empty.last().is_none()", "true"),
        ("v.get(1)", "Some(20)"),
        ("v.get(9)", "None"),
        ("v.contains(&30)", "true"),
        ("v.contains(&31)", "false"),
        ("strings.contains(\"grü\")", "true"),
        ("v.starts_with(&[10, 20])", "true"),
        ("v.ends_with(&v[2..])", "true"),
        ("v.iter().count()", "4"),
        ("ring.front().unwrap()", "40"),
        ("some.is_some()", "true"),
        ("none.is_none()", "true"),
        ("some.unwrap() + 1", "4"),
        ("none.unwrap_or(9)", "9"),
        ("x.abs()", "7"),
        ("x.min(3)", "-7"),
        ("n.max(50)", "50"),
        ("byte.count_ones()", "3"),
        ("x.count_ones()", "30"),
        ("1u8.leading_zeros()", "7"),
        ("8u16.trailing_zeros()", "3"),
        ("2u64.pow(40)", "1099511627776"),
        ("(-1i8).pow(4000000001)", "-1"),
        ("byte.wrapping_add(100)", "44"),
        ("x.abs_diff(3)", "10"),
        ("double.floor()", "2.0"),
        ("nan.is_nan()", "true"),
        ("c.is_alphabetic()", "true"),
        ("rc.strong_count()", "2"),
        ("Rc::strong_count(&rc)", "2"),
        ("rc.weak_count()", "2"),
        ("cell.get()", "9"),
        ("atomic.load(Ordering::Relaxed)", "12"),
        ("atomic + 1", "13"),
        ("mutex.lock().unwrap().x", "8"),
        ("mutex.is_poisoned()", "false"),
        ("list.len()", "0"),
        ("rc_str.len()", "7"),
        ("rc_slice.contains(&2)", "true"),
        ("flag.load(Ordering::SeqCst)", "true"),
        ("(1..5).contains(&3)", "true"),
        ("(1..=5).contains(&n)", "false"),
    ]);
}

#[test]
fn maps_and_sets_are_searched_by_key() {
    check(&[
        ("map[\"grün\"]", "36"),
        ("map[\"gr\"] + 1", "8"),
        ("map[t]", "36"),
        ("map.len()", "2"),
        ("map.contains_key(\"gr\")", "true"),
        ("map.contains_key(\"rg\")", "false"),
        ("map.get(\"gr\")", "Some(7)"),
        ("map.get(\"x\")", "None"),
        ("tree[&3]", "30"),
        ("tree[5]", "50"),
        ("tree.contains_key(&4)", "false"),
        ("tree.get(&1).unwrap()", "10"),
        ("set.contains(&6)", "true"),
        ("set.contains(&7)", "true"),
        ("set.contains(&8)", "false"),
        ("set.len()", "2"),
        ("large.len()", "100000"),
        ("large[&131071]", "262142"),
        ("large[&31072]", "62144"),
        ("large.contains_key(&31071)", "false"),
    ]);
}

#[test]
fn patterns_match_and_bind() {
    check(&[
        ("matches!(some, Some(3))", "true"),
        ("matches!(some, Some(n) if n > 3)", "false"),
        ("matches!(some, Some(n) if n == 3 && x < 0)", "true"),
        ("matches!(some, Some(_))", "true"),
        ("matches!(none, Some(_) | None)", "true"),
        ("matches!(x, -10..=-1)", "true"),
        ("matches!(x, ..0)", "true"),
        ("matches!(x, -7)", "true"),
        ("matches!(double, -2.5)", "false"),
        ("matches!(x, 1 | 2 | 3)", "false"),
        ("matches!(c, 'a'..='z')", "false"),
        ("matches!(t, \"rot\" | \"grün\")", "true"),
        ("matches!(colour, Colour::Red | Colour::Green)", "true"),
        ("matches!(shape, Shape::Rectangle { w, .. } if w == 6)", "true"),
        ("matches!(shape, Shape::Rectangle { w: 1..=5, .. })", "false"),
        ("matches!(shape, Shape::Circle(..))", "false"),
        ("matches!(pair, (1, Colour::Red))", "true"),
        ("matches!(pair, (_, Colour::Green))", "false"),
        ("matches!(pair, (one @ 1..=3, _) if one == 1)", "true"),
        ("matches!(v, [10, .., 40])", "true"),
        ("matches!(v[..2], [a, b] if a < b)", "true"),
        ("matches!(v, [_, _])", "false"),
        ("matches!(point, Point { x: 3, y })", "true"),
        ("matches!(&some, &Some(3))", "true"),
        ("if let Some(n) = some { n * 2 } else { 0 }", "6"),
        ("if let Some(n) = none { n } else { 0 }", "0"),
        ("if let Some(n) = some && n > 2 { n } else { 0 }", "3"),
        ("let Some(n) = some && n == 3", "true"),
        ("if x < 0 { \"less\" } else if x == 0 { \"none\" } else { \"more\" }", "\"less\""),
        ("(if yes { v } else { empty }).len()", "4"),
    ]);
}

#[test]
fn sizes_and_types_can_be_asked_for() {
    check(&[
        ("sizeof(x)", "4"),
        ("sizeof(v)", "24"),
        ("sizeof(point)", "8"),
        ("sizeof(u32)", "4"),
        ("sizeof(Point)", "8"),
        ("size_of::<Point>()", "8"),
        ("size_of::<u128>()", "16"),
        ("size_of::<*const Point>()", "8"),
        ("std::mem::size_of::<i16>()", "2"),
        ("align_of::<Point>()", "4"),
        ("align_of::<u64>()", "8"),
        ("size_of_val(&v[1..])", "12"),
        ("sizeof(s[0..5])", "5"),
        ("typeof(x)", "i32"),
        ("typeof(s)", "String"),
        ("typeof(v[0])", "i32"),
        ("typeof(1 + 1)", "i32"),
        ("typeof(&boxed)", "&Box<Point>"),
    ]);
}

#[test]
fn only_the_words_that_are_needed_are_read() {
    // The text of `lost` is not mapped: its length is known without it.
    check(&[
        ("lost.len() > 3", "true"),
        ("lost == \"x\"", "false"),
        ("v.len() > 9 && lost == \"four\"", "false"),
        ("lost == \"four\"", "error: nothing is mapped at 0xdead0000"),
        ("huge.len() > 3", "true"),
    ]);
}
