//! What is told of a variable of a text.

use super::*;

/// What is told of `v` on the line of `f` that says `here();`.
fn told(body: &str) -> Option<Told> {
    let text = format!("fn f() {{\n{body}\n}}\n");
    let line = |word: &str| {
        let found = text.lines().position(|line| line.contains(word));
        found.and_then(|no| u32::try_from(no).ok()).map_or(0, |no| no + 1)
    };
    let owns = |field: &str| field != "n";
    let line_of = line("mut v");
    let drops = |name: &str, _: u32| (name != "lost").then_some(name == "big");
    let variable = Named {
        name: "v",
        line: line_of,
        parameter: false,
        of_std: false,
        owns: &owns,
        drops: &drops,
    };
    FunctionText::of(&text, 1)?.told(&variable, line("here();"))
}

const LIVE: Option<Told> = Some(Told::Live(Changed::No));

fn gone(line: u32) -> Option<Told> {
    Some(Told::Gone { line })
}

#[test]
fn what_was_given_a_value_that_nothing_took_is_live() {
    for body in [
        "let mut v = a();\nhere();",
        "let mut v = a();\ntouch(&v);\nlet w = &v.x;\nhere();",
        "let mut v = a();\nprintln!(\"{:?}\", v);\nhere();",
        "let mut v = a();\nlet _ = v;\nhere();",
        "let mut v = a();\nlet n = v.n;\nprintln!(\"{v:?}\");\nhere();",
        "let mut v = a();\nfor x in b() {\nif x {\nhere();\n}\n}",
        "let mut v = a();\nif c {\ntake(v);\nreturn;\n}\nhere();",
        "for x in y {\nlet mut v = a();\nif c {\ntake(v);\nbreak;\n}\nhere();\n}",
        "let mut v = a();\nif c {\ntake(v);\n} else {\nhere();\n}",
        "let mut v = a();\nhere();\ntake(v);",
        "if let Some(mut v) = x() && c {\nhere();\n}",
        "match x {\nSome(mut v) if c => {\nhere();\n}\nB => {}\n}",
        "match x {\nA => {\nlet mut v = a();\nhere();\n}\nB => {}\n}",
    ] {
        assert_eq!(told(body), LIVE, "{body}");
    }
    for body in [
        "let mut v = a();\nfor x in y {\nhere();\nv = b();\n}",
        "let mut v = a();\nhere();\nchange(&mut v);",
        "let mut v = a();\nmatch v {\nSome(big) => {}\nNone => {\nhere();\n}\n}",
        "let mut v = a();\nmatch v {\nSome(n) => {\nhere();\n}\nNone => {}\n}",
    ] {
        assert!(matches!(told(body), Some(Told::Live(_))), "{body}");
    }
    let assigned = told("let mut v = a();\ntake(v);\nv = b();\nhere();");
    assert_eq!(assigned, Some(Told::Live(Changed::Assigned)));
    let late = told("let mut v;\nif c {\nd();\n}\nv = b();\nhere();");
    assert_eq!(late, Some(Told::Live(Changed::Assigned)));
}

#[test]
fn what_a_statement_has_moved_that_control_came_through_is_gone() {
    for body in [
        "let mut v = a();\ntake(v);\nhere();",
        "let mut v = a();\nlet w = v;\nhere();",
        "let mut v = a();\nprintln!(\"{}\", pass(v));\nhere();",
        "let mut v = a();\nlet w = move || println!(\"{v}\");\nhere();",
        "let mut v = a();\nlet w = move || touch(&v);\nhere();",
        "let mut v = a();\nlet w = vec![v];\nhere();",
        "let mut v = a();\nb.push(v);\nif c {\nhere();\n}",
        "let mut v = a();\ntake(v)?;\nfor x in y {\nhere();\n}",
    ] {
        assert_eq!(told(body), gone(3), "{body}");
    }
    assert_eq!(told("for x in y {\nlet mut v = a();\ntake(v);\nhere();\n}"), gone(4));
    let matched = "let mut v = a();\nmatch v {\nNone => {}\nSome(big) => {\nhere();\n}\n}";
    assert_eq!(told(matched), gone(5));
    let by_let = "let mut v = a();\nif let Some(big) = v && c {\nhere();\n}";
    assert_eq!(told(by_let), gone(3));
    let by_else = "let mut v = a();\nlet Some(big) = v else {\nreturn;\n};\nhere();";
    assert_eq!(told(by_else), gone(3));
}

#[test]
fn what_was_declared_and_given_nothing_has_no_value_yet() {
    for body in [
        "let mut v;\nhere();",
        "let mut v: T;\nif c {\nhere();\nv = b();\n}",
        "let mut v;\nhere();\nv = b();",
    ] {
        assert_eq!(told(body), Some(Told::NotYet), "{body}");
    }
}

#[test]
fn fields_that_were_moved_out_are_told_with_their_lines() {
    let partly = |body: &str, parts: &[(&str, u32)], changed: Changed| {
        let parts = parts.iter().map(|(path, line)| ((*path).to_owned(), *line)).collect();
        assert_eq!(told(body), Some(Told::Partly(parts, changed)), "{body}");
    };
    partly("let mut v = a();\ntake(v.x);\nhere();", &[(".x", 3)], Changed::No);
    let both = "let mut v = a();\n{\ntake(v.x);\n}\nlet w = v.y;\nv.n = 1;\nhere();";
    partly(both, &[(".x", 4), (".y", 6)], Changed::Within);
}

#[test]
fn what_may_have_happened_is_not_told() {
    for body in [
        "let mut v;\nif c {\nv = a();\n}\nhere();",
        "let mut v;\nfor x in y {\nhere();\nv = b();\n}",
        "let mut v = a();\nif c {\ntake(v);\n}\nhere();",
        "let mut v = a();\ntake(v);\nif c {\nv = b();\n}\nhere();",
        "let mut v = a();\nc && take(v);\nhere();",
        "let mut v = a();\nv.finish();\nhere();",
        "let mut v = a();\nlet b = || take(v);\nhere();",
        "let mut v = a();\nlet b = move || touch(&v.x);\nhere();",
        "let mut v = a();\nlet b = once(move || println!(\"{v}\"));\nhere();",
        "let mut v = a();\nassert_eq!(1, 2, \"{}\", pass(v));\nhere();",
        "let mut v = a();\ntake(v.x);\nv.x = b();\nhere();",
        "let mut v = a();\nif c {\ntake(v.x);\n}\nhere();",
        "let mut v = a();\nmine!(v);\nhere();",
        "let mut v = a();\nlet p = P { x: b(v) };\nhere();",
        "let mut v = a();\nlet p = P { v };\nhere();",
        "let mut v = a();\ntake(&v.part());\nhere();",
        "let mut v = a();\nlet Some(lost) = v else {\nreturn;\n};\nhere();",
        "let mut v = a();\nmatch v {\nSome(big) => {}\nNone => {}\n}\nhere();",
        "let mut v = a();\nmatch v {\nSome(lost) => {\nhere();\n}\nNone => {}\n}",
        "let mut v = a();\nmatch v {\nA if take(v) => {}\nNone => {\nhere();\n}\n}",
        "let mut v = a();\nif let Some(big) = v && c {\n} else {\nhere();\n}",
        "let mut v = a();\nif let Some(big) = v.x {\nhere();\n}",
        "let mut v = a();\nfor x in y {\nhere();\ntake(v);\nbreak;\n}",
        "let mut v = a();\nlet d = x & v;\nhere();",
        "let mut v = a();\nif x {\nlet v = b();\n}\nhere();",
        "let mut v = a();\nmatch b {\nSome(v) => take(v),\n}\nhere();",
        "let mut v = a();\n'a: {\nif c {\nbreak 'a;\n}\ntake(v);\n}\nhere();",
        "let mut v = a();\nloop {\nif c {\ntake(v);\nbreak;\n}\n}\nhere();",
        "let mut v = a();\nb(); take(v); here();",
        "let mut v = a();\nhere(); take(\nv);",
        "let mut v = a();\nb(v, here());",
        "let mut v = a();\ntake(v);\n(v, w) = x();\nhere();",
        "let mut v = a();\n#[cfg(x)]\ntake(v);\nhere();",
        "if c {\nlet mut v = a();\nhere(); }",
    ] {
        assert_eq!(told(body), None, "{body}");
    }
}
