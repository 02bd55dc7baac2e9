//! On which lines of its source a variable is named: whether an instruction that uses a place does so
//! for a reference to it is told by nothing else, where the compiler keeps no reference.

use std::collections::BTreeMap;

use crate::asm::uses::Mention;

/// Macros of std, whose code has the line that they are called on.
const MACROS: [&str; 17] = [
    "print",
    "println",
    "eprint",
    "eprintln",
    "format",
    "write",
    "writeln",
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "vec",
    "panic",
    "matches",
    "dbg",
];

/// Lines of a variable's scope that are looked at.
const MOST_LINES: usize = 4096;

/// The lines on which a variable is named, from its declaration to the end of its block.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Mentions {
    lines: BTreeMap<u32, Mention>,
    first: u32,
    last: u32,
}

impl Mentions {
    /// Of a variable that is declared on a line, from 1. None where the text cannot be followed: it
    /// has comments or texts over several lines, or macros whose code may have other lines.
    pub fn of(lines: &[&str], declared: u32, name: &str) -> Option<Mentions> {
        let skip = usize::try_from(declared.checked_sub(1)?).ok()?;
        let mut reading = Reading::of(declared, name);
        for (text, no) in lines.iter().skip(skip).take(MOST_LINES).zip(declared..) {
            if reading.line(&Line::of(text)?, no)? {
                return Some(reading.found);
            }
        }
        None
    }

    /// How the line of an instruction names the variable.
    pub fn on(&self, line: Option<u32>) -> Mention {
        match line {
            Some(line) if (self.first..=self.last).contains(&line) => {
                self.lines.get(&line).copied().unwrap_or(Mention::Never)
            }
            // What has no line is of no statement; what has another's was made by a macro.
            None => Mention::Perhaps,
            Some(_) => Mention::Never,
        }
    }

    fn add(&mut self, line: u32, mention: Mention) {
        let known = self.lines.entry(line).or_insert(mention);
        if mention == Mention::Perhaps {
            *known = mention;
        }
    }
}

/// What was read of a variable's scope.
struct Reading<'a> {
    name: &'a str,
    found: Mentions,
    /// What was made of the variable, for which the compiler may make no code: `s` of `let s = r;`.
    made: Vec<String>,
    /// The lines on which the statements began that have opened the braces that are open.
    open: Vec<u32>,
    /// How many braces are open around a `match` on the variable, whose arms may use it.
    matched: Option<usize>,
    /// The line on which the statement began.
    statement: u32,
}

impl<'a> Reading<'a> {
    fn of(declared: u32, name: &'a str) -> Reading<'a> {
        let found = Mentions { lines: BTreeMap::new(), first: declared, last: declared };
        let (made, open) = (Vec::new(), Vec::new());
        Reading { name, found, made, open, matched: None, statement: declared }
    }

    /// Takes a line in; true where the variable's block ends there, and none where the text cannot
    /// be followed.
    fn line(&mut self, line: &Line, no: u32) -> Option<bool> {
        let declares = usize::from(no == self.found.first);
        let times = line.words().filter(|word| word.is(self.name)).count().saturating_sub(declares);
        let made = line.words().any(|word| self.made.iter().any(|made| word.is(made)));
        if times > 0 || made || self.matched.is_some() || line.text.contains(self.name) {
            line.has_known_macros().then_some(())?;
            let alone = self.statement == no && line.ends() && times > 0;
            let mention = if alone { Mention::Certain } else { Mention::Perhaps };
            self.found.add(no, mention);
            (self.statement..no).for_each(|before| self.found.add(before, Mention::Perhaps));
            self.open.iter().for_each(|opener| self.found.add(*opener, Mention::Perhaps));
            if no != self.found.first {
                self.made.extend(line.bound().filter(|word| *word != self.name).map(str::to_owned));
            }
            if line.words().any(|word| word.text == "match") {
                self.matched = self.matched.or(Some(self.open.len()));
            }
        } else if self.found.lines.contains_key(&no.saturating_sub(1)) && self.statement < no {
            // A statement that goes on behind the line that names it.
            self.found.add(no, Mention::Perhaps);
        }
        self.found.last = no;
        for brace in line.braces() {
            match brace {
                '{' => self.open.push(self.statement),
                _ if self.open.pop().is_none() => return Some(true),
                _ => {}
            }
        }
        self.matched = self.matched.filter(|depth| self.open.len() > *depth);
        if line.ends() {
            self.statement = no.checked_add(1)?;
        }
        Some(false)
    }
}

/// A line of source without its comment, and without what stands between quotes.
struct Line {
    code: String,
    text: String,
}

/// A word of it, with what stands around.
struct Word<'a> {
    text: &'a str,
    before: Option<char>,
    after: &'a str,
}

impl Word<'_> {
    /// Whether it names a variable: no field, no field that is given a value, no path.
    fn is(&self, name: &str) -> bool {
        let label = self.after.starts_with(':') && !self.after.starts_with("::");
        self.text == name && self.before != Some('.') && !label && !self.after.starts_with("::")
    }
}

impl Line {
    fn of(text: &str) -> Option<Line> {
        let mut line = Line { code: String::new(), text: String::new() };
        let mut rest = text.chars().peekable();
        let mut before = ' ';
        while let Some(c) = rest.next() {
            match c {
                '/' if rest.peek() == Some(&'/') => break,
                '/' if rest.peek() == Some(&'*') => return None,
                '"' if before == 'r' || before == '#' => return None,
                '"' => {
                    line.code.push('"');
                    loop {
                        match rest.next()? {
                            '"' => break,
                            '\\' => line.text.extend(rest.next()),
                            c => line.text.push(c),
                        }
                    }
                    line.text.push(' ');
                    line.code.push('"');
                }
                '\'' => {
                    let mut ahead = rest.clone();
                    let escaped = ahead.next()? == '\\';
                    // A lifetime has no second quote there.
                    if escaped {
                        rest.next();
                        rest.next();
                        while rest.next()? != '\'' {}
                    } else if ahead.next() == Some('\'') {
                        rest.next();
                        rest.next();
                    }
                    line.code.push(' ');
                }
                c => line.code.push(c),
            }
            before = c;
        }
        Some(line)
    }

    fn words(&self) -> impl Iterator<Item = Word<'_>> {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let starts = self.code.char_indices().filter(move |(at, c)| {
            is_part(*c) && !self.code.get(..*at).is_some_and(|before| before.ends_with(is_part))
        });
        starts.filter_map(move |(at, _)| {
            let rest = self.code.get(at..)?;
            let end = rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
            let before = self.code.get(..at)?.trim_end();
            // `..r` is a range or the rest of a struct, and no field.
            let range = before.ends_with("..");
            Some(Word {
                text: rest.get(..end)?,
                before: before.chars().next_back().filter(|_| !range),
                after: rest.get(end..)?.trim_start(),
            })
        })
    }

    /// The words that a line gives a value: what stands before `=`, or between `for` and `in`.
    fn bound(&self) -> impl Iterator<Item = &str> {
        let code = self.code.as_str();
        let gives = |at: &usize| {
            let (before, behind) = (code.get(..*at), code.get(at.saturating_add(1)..));
            !before.is_some_and(|text| text.ends_with(['=', '<', '>', '!']))
                && !behind.is_some_and(|text| text.starts_with(['=', '>']))
        };
        let end = code.match_indices('=').map(|(at, _)| at).find(gives);
        let end =
            end.or_else(|| code.trim_start().starts_with("for ").then(|| code.find(" in "))?);
        let bound = end.and_then(|end| code.get(..end)).unwrap_or_default();
        bound.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
    }

    fn has_known_macros(&self) -> bool {
        let called = |word: &Word<'_>| {
            let after = word.after.strip_prefix('!')?.trim_start();
            after.starts_with(['(', '[', '{']).then(|| word.text.to_owned())
        };
        self.words().filter_map(|word| called(&word)).all(|name| MACROS.contains(&&*name))
    }

    /// Whether a statement ends with the line.
    fn ends(&self) -> bool {
        let code = self.code.trim_end();
        code.is_empty() || code.ends_with([';', '{', '}'])
    }

    fn braces(&self) -> impl Iterator<Item = char> {
        self.code.chars().filter(|c| matches!(c, '{' | '}'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, name: &str) -> Option<Vec<(u32, Mention)>> {
        let lines: Vec<&str> = text.lines().collect();
        Mentions::of(&lines, 1, name).map(|found| found.lines.into_iter().collect())
    }

    #[test]
    fn a_variable_is_named_by_its_word_and_not_by_fields_comments_or_other_words() {
        let text = "let r = &a;\ntouch(&a); // r\nother.r();\nrr(H { r: 1 });\ntouch(r);\n}";
        assert_eq!(found(text, "r"), Some(vec![(5, Mention::Certain)]));
        let text = "let r = &a; touch(r);\n}\ntouch(r);";
        assert_eq!(found(text, "r"), Some(vec![(1, Mention::Certain)]));
        let text = "let r = &a;\nprintln!(\"{r}\");\nf(0..r);\n}";
        assert_eq!(found(text, "r"), Some(vec![(2, Mention::Perhaps), (3, Mention::Certain)]));
    }

    #[test]
    fn statements_of_several_lines_and_blocks_around_may_name_it() {
        let text = "let r = &a;\ntouch(\n    r,\n    b,\n);\ntouch(&a);\n}";
        let all: Vec<(u32, Mention)> = (2..=5).map(|no| (no, Mention::Perhaps)).collect();
        assert_eq!(found(text, "r"), Some(all));
        let text = "let r = &a;\nlet c = || {\n    touch(r);\n};\n}";
        let expected = vec![(2, Mention::Perhaps), (3, Mention::Certain)];
        assert_eq!(found(text, "r"), Some(expected));
    }

    #[test]
    fn what_is_made_of_it_may_be_made_without_code() {
        let text =
            "let r = &a;\nlet s = &*r;\ntouch(s);\nif s == t {\n}\nfor x in r {\nf(x);\n}\n}";
        let found = found(text, "r").expect("it ends");
        assert_eq!(
            found[..3],
            [(2, Mention::Certain), (3, Mention::Perhaps), (4, Mention::Perhaps)]
        );
        assert_eq!(found[3..], [(6, Mention::Perhaps), (7, Mention::Perhaps)]);
    }

    #[test]
    fn the_arms_of_a_match_on_it_may_use_it() {
        let text = "let r = &a;\nmatch r {\nSome(x) => f(x),\nNone => {}\n}\ntouch(&a);\n}";
        let found = found(text, "r").expect("it ends");
        let lines: Vec<u32> = found.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [2, 3, 4, 5]);
    }

    #[test]
    fn what_cannot_be_followed_is_not_told() {
        for text in [
            "let r = &a;\nmine!(r);\n}",
            "let r = &a;\n/* r */\n}",
            "let r = &a;\nf(\"open\n\");\n}",
            "let r = &a;\nf(r\"x\");\n}",
            "let r = &a;\ntouch(r);",
        ] {
            assert_eq!(found(text, "r"), None, "{text}");
        }
    }

    #[test]
    fn quotes_braces_and_lifetimes_within_texts_open_nothing() {
        let text = "let r = &a;\nf('{', \"{\\\"\", '\\'', x::<'a>());\ntouch(r);\n}";
        assert_eq!(found(text, "r"), Some(vec![(3, Mention::Certain)]));
    }

    #[test]
    fn an_instruction_without_a_line_may_be_for_it() {
        let lines = ["let r = &a;", "touch(r);", "}"];
        let found = Mentions::of(&lines, 1, "r").expect("it ends");
        assert_eq!(found.on(None), Mention::Perhaps);
        assert_eq!((found.on(Some(2)), found.on(Some(3))), (Mention::Certain, Mention::Never));
        assert_eq!(found.on(Some(9)), Mention::Never);
    }
}
