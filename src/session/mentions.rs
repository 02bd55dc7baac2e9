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
        let mut found = Mentions { lines: BTreeMap::new(), first: declared, last: declared };
        // The lines on which the braces were opened that are open, with whether the statement of
        // the line had begun before.
        let mut open: Vec<u32> = Vec::new();
        let mut statement = declared;
        for (text, no) in lines.iter().skip(skip).take(MOST_LINES).zip(declared..) {
            let line = Line::of(text)?;
            let mut times = line.words().filter(|word| word.is(name)).count();
            // The name that is declared.
            times = times.saturating_sub(usize::from(no == declared));
            if times > 0 || line.says_in_text(name) {
                line.has_known_macros().then_some(())?;
                let alone = statement == no && line.ends() && times > 0;
                let mention = if alone { Mention::Certain } else { Mention::Perhaps };
                found.add(no, mention);
                (statement..no).for_each(|before| found.add(before, Mention::Perhaps));
                open.iter().for_each(|opener| found.add(*opener, Mention::Perhaps));
            } else if found.lines.get(&no.saturating_sub(1)).is_some() && statement < no {
                // A statement that goes on behind the line that names it.
                found.add(no, Mention::Perhaps);
            }
            found.last = no;
            for brace in line.braces() {
                match brace {
                    '{' => open.push(statement),
                    _ if open.pop().is_none() => return Some(found),
                    _ => {}
                }
            }
            if line.ends() {
                statement = no.checked_add(1)?;
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

    /// Whether a text in quotes has the name, as the arguments of `println!` may.
    fn says_in_text(&self, name: &str) -> bool {
        self.text.contains(name)
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
