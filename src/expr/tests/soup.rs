//! Whatever the text is, it is read or refused, and evaluation ends.

use super::program::Program;
use crate::expr::Expression;

/// Pseudo-random numbers (xorshift, Marsaglia 2003), the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

const PIECES: &[&str] = &[
    "x",
    "n",
    "s",
    "v",
    "map",
    "some",
    "none",
    "point",
    "boxed",
    "raw",
    "null",
    "dangling",
    "rc",
    "circle",
    "huge",
    "broken",
    "gone",
    "1",
    "0",
    "255u8",
    "-1",
    "1.5",
    "'a'",
    "\"x\"",
    "true",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "+",
    "-",
    "*",
    "/",
    "%",
    "&",
    "&&",
    "||",
    "!",
    "==",
    "<",
    ">=",
    "=",
    "+=",
    ".",
    "..",
    "..=",
    ",",
    ";",
    ":",
    "::",
    "@",
    "@1",
    "$",
    "$rip",
    "$1",
    "as",
    "u8",
    "i128",
    "*const",
    "i32",
    "if",
    "else",
    "let",
    "matches!",
    "Some",
    "None",
    "Colour",
    "Red",
    "len()",
    ".len()",
    ".unwrap()",
    ".contains(",
    "sizeof(",
    "typeof(",
    "_",
    "|",
    "\\",
    "é",
    "#",
    "'",
    "\"",
    "1 << 127",
    "i128::MIN",
    ".pow(",
    "for",
    "struct",
    "async",
    "move",
    "return",
    "<",
    ">",
];

#[test]
fn a_soup_of_tokens_is_refused_or_evaluated() {
    let program = Program::new();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut evaluated = 0;
    for _ in 0..3000 {
        let count = 1 + random.below(9);
        let text: Vec<&str> = (0..count).map(|_| PIECES[random.below(PIECES.len())]).collect();
        let text = text.join(if random.below(3) == 0 { "" } else { " " });
        evaluated += usize::from(program.evaluate(&text).is_ok());
        let _ = program.shown(&text);
        if let Err(error) = program.assign(&text)
            && let Some(span) = error.span
        {
            assert!(text.get(span.clone()).is_some(), "{text:?}: {span:?}");
        }
    }
    assert!(evaluated > 100, "only {evaluated} were expressions");
}

#[test]
fn random_bytes_are_refused_or_evaluated() {
    let program = Program::new();
    let mut random = Random(42);
    for _ in 0..1000 {
        let len = random.below(40);
        let bytes: Vec<u8> = (0..len).map(|_| random.below(128) as u8).collect();
        let _ = program.shown(&String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn texts_that_are_too_long_or_too_deep_are_refused() {
    let repeated = |part: &str, times: usize| part.repeat(times);
    let deep = [
        format!("{}1{}", repeated("(", 80), repeated(")", 80)),
        format!("{}1{}", repeated("(", 2000), repeated(")", 2000)),
        format!("{}1{}", repeated("[", 60), repeated("]", 60)) + &repeated("[0]", 60),
        repeated("!", 4000) + "x",
        repeated("-", 4000) + "1",
        repeated("&", 4000) + "x",
        repeated("*", 4000) + "x",
        repeated("x=", 2000) + "x",
        repeated("|| ", 1300) + "x",
        repeated("return ", 580) + "x",
        repeated("if x {1} else ", 290) + "{1}",
        repeated("x+", 2000) + "x",
        repeated("x.", 2000) + "x",
        repeated("x as ", 800) + "u8",
        "x as ".to_owned() + &repeated("&", 4000) + "u8",
        "x as ".to_owned() + &repeated("*const ", 580) + "u8",
        "matches!(x, ".to_owned() + &repeated("&", 4000) + "y)",
        "x".to_owned() + &repeated("[x", 1300),
        repeated("x::<", 1000),
        repeated("a<", 2000),
    ];
    for text in &deep {
        let short: String = text.chars().take(40).collect();
        assert!(Expression::parse(text).is_err(), "{short}");
    }
    let error = Expression::parse(&repeated("1+", 3000)).unwrap_err();
    assert!(error.message.starts_with("the expression has 6000 bytes"), "{error}");
    let many = repeated("x == 1 || ", 60) + "yes";
    let program = Program::new();
    assert_eq!(program.shown(&many), "true");
    assert_eq!(program.shown(&(repeated("!", 98) + "yes")), "true");
    let nested = repeated("(1, ", 60) + "2" + &repeated(")", 60);
    assert_eq!(program.shown(&format!("{nested} == {nested}")), "true");
}
