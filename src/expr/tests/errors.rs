//! What is wrong, where, and what to do about it.

use super::program::Program;
use crate::base::Unreadable;

#[test]
fn errors_say_what_is_wrong() {
    let program = Program::new();
    let rows = [
        ("xx", "nothing is called `xx` here"),
        ("gone", "`gone` is optimised out"),
        ("moved.len()", "`moved` was moved to demo::keep::kept"),
        ("twice@3", "there is no `twice` number 3"),
        ("twice@:11", "no `twice` is declared on line 11"),
        ("$zax", "there is no register `$zax`"),
        ("$rbx", "$rbx is lost: rbx was not saved by a callee"),
        ("$9", "no value $9 has been shown"),
        ("point.z", "Point has no field `z`"),
        ("some.1", "it is Some, which has no field `1`"),
        ("v[4]", "the index 4 is out of range: the length is 4"),
        ("v[-1]", "the index -1 is out of range"),
        ("v[1..9]", "the range ends at 9, out of range: the length is 4"),
        ("v[3..1]", "the range begins at 3 and ends at 1"),
        ("v[\"a\"]", "an index is an integer, and this is `&str`"),
        ("x[0]", "`i32` has no elements to index"),
        ("s[0]", "a text is indexed by a range of bytes"),
        ("s[0..3]", "byte 3 is inside of a character"),
        ("map[\"rot\"]", "the map has no such key among its 2"),
        ("map[1]", "`String` is not compared with `i32`"),
        ("*null", "the pointer is null"),
        ("*dangling", "the pointer dangles: nothing is mapped at 0xdead0000"),
        ("*x", "`i32` cannot be dereferenced"),
        (
            "unknown_dynamic.x",
            "the pointer cannot be followed: \
            the debug information does not say what type is behind its vtable",
        ),
        ("&in_rax", "it is in the register rax and has no address"),
        ("byte + 100", "200 + 100 overflows u8"),
        ("byte + 300", "300 is out of range for u8"),
        ("-small", "-(-128) overflows i8"),
        ("small / -1", "-128 / -1 overflows i8"),
        ("x / 0", "-7 / 0 divides by zero"),
        ("x % 0", "-7 % 0 divides by zero"),
        ("byte << 8", "200 << 8 overflows u8"),
        ("x + byte", "i32 + u8: the types differ"),
        ("-byte", "`u8` cannot be negated"),
        ("256u8", "256 is out of range for u8"),
        ("x + yes", "there is no i32 + bool"),
        ("x == \"a\"", "`i32` is not compared with `&str`"),
        ("x && yes", "a condition is a bool, and this is `i32`"),
        ("x as bool", "`i32` cannot be cast to bool"),
        ("300 as char", "`i32` cannot be cast to char"),
        ("s as u8", "`String` cannot be cast to u8"),
        ("0 as *const Nothing", "the program has no type `Nothing`"),
        ("colour == Colour::Gren", "the enum Colour has no variant `Gren`"),
        ("colour == Shape::Circle(1)", "`Colour` is not compared with `Shape`"),
        ("colour == None", "`Colour` is not compared with `Option`"),
        ("some == Option::Sme(1)", "the enum Option has no variant `Sme`"),
        ("matches!(some, Sone(_))", "the enum Option has no variant `Sone`"),
        ("matches!(pair, (_, _, _))", "3 patterns for 2 fields"),
        ("none.unwrap()", "`unwrap` of None would panic"),
        ("v.lenn()", "`lenn` of `Vec<T>` is not evaluated"),
        ("s.len(1)", "`len` takes 0 arguments, and has 1"),
        ("double.push(1)", "`push` of `f64` is not evaluated"),
        ("no_colour == Colour::Red", "the value is not a valid Colour: discriminant 9"),
        ("broken.len()", "the value is not a valid String: its length 11 exceeds its capacity 2"),
        ("Foo::Bar", "nothing is called `Foo::Bar` here"),
        ("x = 1", "this assigns a value, and has none itself"),
        ("x + (n = 1)", "an assignment is no part of an expression"),
        ("f(1)", "the program's functions are not called: an expression only reads its data"),
        ("demo::f()", "the program's functions are not called: an expression only reads its data"),
        ("|x| x", "closures are not evaluated"),
        ("match x { _ => 1 }", "`match` expressions are not evaluated"),
        ("if yes { 1 }", "an `if` needs an `else` to always have a value"),
        ("println!(\"\")", "of all macros only `matches!` is evaluated"),
        ("", "there is no expression"),
        ("circle == circle", "no more than 64 levels are compared"),
    ];
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(text, message)| match program.evaluate(text) {
            Err(error) if error.message == *message => None,
            other => Some(format!("{text}\n  {other:?}\n  should be {message}")),
        })
        .collect();
    assert!(wrong.is_empty(), "{} rows:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn errors_point_at_the_part_of_the_text() {
    let program = Program::new();
    let rows = [
        ("x + yy * 2", "yy"),
        ("s == point.zz", "point.zz"),
        ("n > 0 && v[9] > 1", "9"),
        ("é + 1", "é"),
        ("\"é\" == $zax", "zax"),
        ("v.lenn()", "lenn"),
        ("matches!(some, Sone(_))", "Sone(_)"),
        ("1 + (n = 1)", "n = 1"),
    ];
    for (text, part) in rows {
        let error = program.evaluate(text).expect_err(text);
        let span = error.span.clone().expect(text);
        assert_eq!(text.get(span), Some(part), "{error:?}");
    }
    for text in ["x +", "(x", "x y", "'a", "x..y)"] {
        let span = program.evaluate(text).expect_err(text).span.expect(text);
        assert!(span.end <= text.len(), "{text}");
    }
}

#[test]
fn errors_suggest_the_nearest_name() {
    let program = Program::new();
    let rows = [
        ("boxd", "did you mean `boxed`?"),
        ("shape.ww", "did you mean `w`?"),
        ("colour == Colour::Gren", "did you mean `Green`?"),
        ("Colour::Rad", "did you mean `Red`?"),
        ("v.lenn()", "did you mean `len`?"),
        ("$ripp", "did you mean `rip`?"),
    ];
    for (text, hint) in rows {
        let hints = program.evaluate(text).expect_err(text).hints;
        assert!(hints.iter().any(|h| h == hint), "{text}: {hints:?}");
    }
    let hints = program.evaluate("v.push(1)").expect_err("a call").hints;
    assert!(hints.iter().any(|hint| hint.contains("is_empty, first, last")), "{hints:?}");
}

#[test]
fn an_unreadable_variable_keeps_its_reason() {
    let program = Program::new();
    let reason = |text| program.evaluate(text).expect_err(text).unreadable.map(|why| *why);
    assert_eq!(reason("gone + 1"), Some(Unreadable::OptimisedOut));
    assert_eq!(reason("$rbx"), Some(Unreadable::RegisterLost { register: "rbx" }));
    assert!(matches!(reason("*dangling"), Some(Unreadable::Unmapped { .. })));
    assert!(matches!(reason("broken.len()"), Some(Unreadable::Invalid(_))));
    assert_eq!(reason("nonsense"), None);
}
