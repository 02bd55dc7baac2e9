//! Lines of Rust source as words: as much of the language as it takes to find the uses of a variable.

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

/// Words before `=` that are no names of what gets a value.
const KEYWORDS: [&str; 11] =
    ["_", "let", "mut", "ref", "if", "while", "else", "for", "in", "match", "const"];

/// A line of source.
pub(super) struct Line {
    /// What it says, without its comment, and without what stands between quotes.
    code: String,
    /// What stands between quotes.
    text: String,
}

/// A word of it, with what stands around.
pub(super) struct Word<'a> {
    pub text: &'a str,
    before: Option<char>,
    after: &'a str,
}

impl Word<'_> {
    /// Whether it names a variable: no field, no field that is given a value, no path.
    pub fn is(&self, name: &str) -> bool {
        let label = self.after.starts_with(':') && !self.after.starts_with("::");
        self.text == name && self.before != Some('.') && !label && !self.after.starts_with("::")
    }
}

impl Line {
    /// None where it cannot be read by itself: where a comment or a text may go on in the next.
    pub fn of(text: &str) -> Option<Line> {
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
                    // The name of a lifetime is no word.
                    line.code.push('\'');
                }
                c => line.code.push(c),
            }
            before = c;
        }
        Some(line)
    }

    /// Its words, in order.
    pub fn words(&self) -> impl Iterator<Item = Word<'_>> {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let inside = move |c: char| is_part(c) || c == '\'';
        let starts = self.code.char_indices().filter(move |(at, c)| {
            is_part(*c) && !self.code.get(..*at).is_some_and(|before| before.ends_with(inside))
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
    pub fn bound(&self) -> impl Iterator<Item = &str> {
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
        let words = bound.split(|c: char| !c.is_alphanumeric() && c != '_');
        // Variables begin with a small letter; types, variants and constants do not.
        let is_name = |word: &&str| {
            word.starts_with(|c: char| c.is_lowercase() || c == '_') && !KEYWORDS.contains(word)
        };
        words.filter(is_name)
    }

    /// Whether the line is one statement, or the head of one, that uses what a variable of a name
    /// holds, wherever it is begun.
    pub fn uses_all_of(&self, name: &str) -> bool {
        let code = self.code.trim_end();
        let alone = code.find(';').is_none_or(|at| at.saturating_add(1) == code.len());
        // A call that goes on in the next lines uses what is passed behind them.
        let whole = code.matches(['(', '[']).count() == code.matches([')', ']']).count();
        // Of the head of a `for`, only the first round uses what it goes over.
        let again = self.words().all(|word| word.text != "for");
        // A parameter of a closure may have the name, and what is given a value is not used.
        let uses = !code.contains('|') && self.bound().all(|word| word != name);
        alone && whole && again && uses && self.ends()
    }

    /// Whether a variable of a name is given another value.
    pub fn assigns(&self, name: &str) -> bool {
        // What it leads to, and a part of it, is not the variable.
        let whole =
            |word: &Word<'_>| word.before != Some('*') && !word.after.starts_with(['.', '[']);
        let gets = |word: &Word<'_>| {
            let value = word.after.strip_prefix('=');
            value.is_some_and(|value| !value.starts_with(['=', '>']))
        };
        let mut own = self.words().filter(|word| word.is(name) && whole(word));
        let among = self.bound().any(|word| word == name);
        own.any(|word| among || gets(&word))
    }

    /// Whether a loop may begin.
    pub fn may_loop(&self) -> bool {
        let begins = |word: Word<'_>| matches!(word.text, "for" | "while" | "loop");
        self.words().any(begins) || !self.has_known_macros()
    }

    /// Whether a text between quotes has a name in it, as that of `println!` may.
    pub fn has_text(&self, name: &str) -> bool {
        self.text.contains(name)
    }

    /// Whether all macros that are called are those of std.
    pub fn has_known_macros(&self) -> bool {
        let called = |word: &Word<'_>| {
            let after = word.after.strip_prefix('!')?.trim_start();
            after.starts_with(['(', '[', '{']).then(|| word.text.to_owned())
        };
        self.words().filter_map(|word| called(&word)).all(|name| MACROS.contains(&&*name))
    }

    /// Whether a statement ends with the line.
    pub fn ends(&self) -> bool {
        let code = self.code.trim_end();
        code.is_empty() || code.ends_with([';', '{', '}'])
    }

    /// Its braces, in order.
    pub fn braces(&self) -> impl Iterator<Item = char> {
        self.code.chars().filter(|c| matches!(c, '{' | '}'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses(text: &str) -> bool {
        Line::of(text).expect("a line").uses_all_of("r")
    }

    #[test]
    fn one_statement_or_the_head_of_one_uses_all_that_it_names() {
        for text in
            ["touch(r);", "    if r.is_empty() {", "let n = r.len(); // and so on", "} else {"]
        {
            assert!(uses(text), "{text}");
        }
        let not = [
            "touch(r); touch(&a);",
            "if c { touch(r); }",
            "touch(r,",
            "touch(r, {",
            "for x in r {",
            "r = &a;",
            "a.iter().for_each(|r| touch(r));",
        ];
        for text in not {
            assert!(!uses(text), "{text}");
        }
    }

    #[test]
    fn what_gets_a_value_is_named_by_small_letters_and_no_keyword() {
        let bound = |text: &str| {
            let line = Line::of(text).expect("a line");
            line.bound().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(bound("let mut s = &*r;"), ["s"]);
        assert_eq!(bound("if let Some(x) = r.first() {"), ["x"]);
        assert_eq!(bound("for (n, _) in r {"), ["n"]);
        assert_eq!(bound("if a == r && b <= r {"), [""; 0]);
    }

    #[test]
    fn the_name_of_a_lifetime_is_no_word() {
        let line = Line::of("f::<'r>(x, 'r', 'y');").expect("a line");
        assert_eq!(line.words().map(|word| word.text).collect::<Vec<_>>(), ["f", "x"]);
    }
}
