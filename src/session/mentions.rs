//! On which lines of its source a variable is named: whether an instruction that uses a place does so
//! for a reference to it is told by nothing else, where the compiler keeps no reference.
//!
//! A line is no proof by itself. What it says is believed where control comes to it from another line,
//! so that the whole statement is ahead, and where the line is one statement, which names the
//! variable for what it holds: not to give it another value, and no parameter of a closure. Everything
//! else that has the name, or goes on with what was made of it, may use it.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::source_loops::lines_in_loops;
use super::source_words::Line;
use crate::asm::uses::Mention;
use crate::dwarf::SourceLine;

/// Lines of a variable's scope that are looked at.
pub(super) const MOST_LINES: usize = 4096;

/// The lines on which a variable is named, from its declaration to the end of its block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Mentions {
    file: Arc<str>,
    lines: BTreeMap<u32, Mention>,
    /// The lines from the function's beginning on that lie in its loops; none where that cannot be
    /// told.
    looped: Option<HashSet<u32>>,
    /// Whether a call of the function declares it once, and gives it one value.
    pub once: bool,
}

impl Mentions {
    /// Of a variable that is declared at a place in a text. None where the text cannot be followed: it
    /// has comments or texts over several lines, or macros whose code may have other lines, or a
    /// macro has declared the variable. `function` is the line that declares the function.
    pub fn of(
        text: &str,
        declared: &SourceLine,
        name: &str,
        function: Option<u32>,
    ) -> Option<Mentions> {
        let skip = usize::try_from(declared.line.checked_sub(1)?).ok()?;
        let mut reading = Reading::of(declared.line, name);
        for (line, no) in text.lines().skip(skip).take(MOST_LINES).zip(declared.line..) {
            if reading.line(&Line::of(line)?, no)? {
                let looped = function.and_then(|since| lines_in_loops(text, since, no));
                let declared_once = looped.as_ref().is_some_and(|of| !of.contains(&declared.line));
                return Some(Mentions {
                    file: declared.file.clone(),
                    lines: reading.found,
                    looped,
                    once: declared_once && !reading.assigned,
                });
            }
        }
        None
    }

    /// Whether the statement of a line is sure to run behind where a frame stands, if it does.
    pub fn is_behind(&self, of: Option<&SourceLine>, stands: Option<&SourceLine>) -> bool {
        let (Some(of), Some(stands), Some(looped)) = (of, stands, &self.looped) else {
            return false;
        };
        of.file == stands.file && of.line > stands.line && !looped.contains(&stands.line)
    }

    /// How the place of an instruction in the source names the variable, where a frame stands at a
    /// place of its own: the rest of a statement that has begun need not use what it names.
    pub fn on(&self, of: Option<&SourceLine>, stands: Option<&SourceLine>) -> Mention {
        // What has no line is of no statement.
        let Some(of) = of else { return Mention::Perhaps };
        if of.file != self.file {
            // A macro's code: of one that was given the variable, or of any other.
            return Mention::Perhaps;
        }
        let begun = stands.is_none_or(|at| at.file == of.file && at.line == of.line);
        match self.lines.get(&of.line).copied().unwrap_or(Mention::Never) {
            Mention::Certain if begun => Mention::Perhaps,
            mention => mention,
        }
    }
}

/// What was read of a variable's scope.
struct Reading<'a> {
    name: &'a str,
    found: BTreeMap<u32, Mention>,
    /// The line of the declaration.
    first: u32,
    /// What was made of the variable, for which the compiler may make no code: `s` of `let s = r;`.
    made: Vec<String>,
    /// The lines on which the statements began that have opened the braces that are open.
    open: Vec<u32>,
    /// How many braces are open around a `match` on the variable, whose arms may use it.
    matched: Option<usize>,
    /// The line on which the statement began.
    statement: u32,
    /// Whether the variable is given another value.
    assigned: bool,
}

impl<'a> Reading<'a> {
    fn of(declared: u32, name: &'a str) -> Reading<'a> {
        Reading {
            name,
            found: BTreeMap::new(),
            first: declared,
            made: Vec::new(),
            open: Vec::new(),
            matched: None,
            statement: declared,
            assigned: false,
        }
    }

    fn add(&mut self, line: u32, mention: Mention) {
        let known = self.found.entry(line).or_insert(mention);
        if mention == Mention::Perhaps {
            *known = mention;
        }
    }

    /// Takes a line in; true where the variable's block ends there, and none where the text cannot
    /// be followed.
    fn line(&mut self, line: &Line, no: u32) -> Option<bool> {
        let declares = usize::from(no == self.first);
        let times = line.words().filter(|word| word.is(self.name)).count().checked_sub(declares)?;
        let made = line.words().any(|word| self.made.iter().any(|made| word.is(made)));
        if times > 0 || made || self.matched.is_some() || line.has_text(self.name) {
            line.has_known_macros().then_some(())?;
            let uses = self.statement == no && times > 0 && line.uses_all_of(self.name);
            self.add(no, if uses { Mention::Certain } else { Mention::Perhaps });
            (self.statement..no).for_each(|before| self.add(before, Mention::Perhaps));
            self.open.clone().into_iter().for_each(|opener| self.add(opener, Mention::Perhaps));
            // More than its declaration stands on its line.
            self.assigned |= if no == self.first { times > 0 } else { line.assigns(self.name) };
            if no != self.first {
                self.made.extend(line.bound().filter(|word| *word != self.name).map(str::to_owned));
            }
            if line.words().any(|word| word.text == "match") {
                self.matched = self.matched.or(Some(self.open.len()));
            }
        } else if self.found.contains_key(&no.saturating_sub(1)) && self.statement < no {
            // A statement that goes on behind the line that names it.
            self.add(no, Mention::Perhaps);
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn place(file: &str, line: u32) -> SourceLine {
        SourceLine { file: file.into(), line, column: 0 }
    }

    fn found(text: &str, name: &str) -> Option<Vec<(u32, Mention)>> {
        let found = Mentions::of(text, &place("a.rs", 1), name, None);
        found.map(|found| found.lines.into_iter().collect())
    }

    #[test]
    fn a_variable_is_named_by_its_word_and_not_by_fields_comments_or_other_words() {
        let text = "let r = &a;\ntouch(&a); // r\nother.r();\nrr(H { r: 1 });\ntouch(r);\n}";
        assert_eq!(found(text, "r"), Some(vec![(5, Mention::Certain)]));
        let text = "let r = &a; touch(r);\n}\ntouch(r);";
        assert_eq!(found(text, "r"), Some(vec![(1, Mention::Perhaps)]));
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
    fn only_lines_of_one_statement_are_sure_to_use_it() {
        let text = "let r = &a;\ntouch(r); mark(); touch(&a);\nr = &a;\nfor x in r {\n}\n\
                    a.each(|r| touch(r));\ntouch(r);\n}";
        let mut expected: Vec<_> = [2, 3, 4, 6].map(|no| (no, Mention::Perhaps)).into();
        expected.push((7, Mention::Certain));
        assert_eq!(found(text, "r"), Some(expected));
    }

    #[test]
    fn a_keyword_before_a_use_makes_no_other_line_one() {
        let text = "let r = &a;\nlet s = &*r;\nlet t = &b;\ntouch(t);\n}";
        assert_eq!(found(text, "r"), Some(vec![(2, Mention::Certain)]));
    }

    #[test]
    fn a_variable_that_a_macro_declares_is_not_followed() {
        assert_eq!(found("borrow_it!(a);\ntouch(r);\n}", "r"), None);
    }

    #[test]
    fn an_instruction_without_a_line_or_of_another_file_may_be_for_it() {
        let found = Mentions::of("let r = &a;\ntouch(r);\n}", &place("a.rs", 1), "r", None);
        let found = found.expect("it ends");
        let on = |of: Option<SourceLine>| found.on(of.as_ref(), Some(&place("a.rs", 1)));
        assert_eq!(on(None), Mention::Perhaps);
        assert_eq!(on(Some(place("a.rs", 2))), Mention::Certain);
        assert_eq!(on(Some(place("a.rs", 3))), Mention::Never);
        assert_eq!(on(Some(place("a.rs", 9))), Mention::Never);
        for line in [2, 3] {
            assert_eq!(on(Some(place("macros.rs", line))), Mention::Perhaps);
        }
    }

    #[test]
    fn the_rest_of_a_statement_that_has_begun_need_not_use_it() {
        let found = Mentions::of("let r = &a;\nf(r, mark(), &a);\n}", &place("a.rs", 1), "r", None);
        let found = found.expect("it ends");
        let here = place("a.rs", 2);
        assert_eq!(found.on(Some(&here), Some(&here)), Mention::Perhaps);
        assert_eq!(found.on(Some(&here), Some(&place("b.rs", 2))), Mention::Certain);
        assert_eq!(found.on(Some(&here), None), Mention::Perhaps);
    }

    #[test]
    fn what_is_declared_in_a_loop_or_given_another_value_is_not_the_same_all_the_time() {
        let once = |text: &str, line: u32| {
            Mentions::of(text, &place("a.rs", line), "r", Some(1)).expect("it ends").once
        };
        assert!(once("fn f() {\nlet r = &a;\nfor x in y {\ntouch(r);\n}\n}", 2));
        assert!(once("fn f() {\nfor x in y {\n}\nlet r = &a;\ntouch(r);\n}", 4));
        assert!(!once("fn f() {\nfor x in g(\n1,\n) {\nif c {\nlet r = &a;\n}\n}\n}", 6));
        assert!(!once("fn f() {\nfor r in y {\ntouch(r);\n}\n}", 2));
        assert!(!once("fn f() {\nrepeat! {\nlet r = &a;\n}\n}", 3));
        assert!(!once("fn f() {\nlet mut r = &a;\nr = &b;\n}", 2));
        assert!(once("fn f() {\nlet r = &mut a;\n*r = 1;\ng(r == s);\n}", 2));
        let text = "fn f() {\nlet r = &a;\nloop {\nmark();\n}\nmark();\ntouch(r);\n}";
        let of = Mentions::of(text, &place("a.rs", 2), "r", Some(1)).expect("it ends");
        let behind =
            |line, stands| of.is_behind(Some(&place("a.rs", line)), Some(&place("a.rs", stands)));
        assert!(behind(7, 6) && !behind(6, 7) && !behind(7, 4) && !behind(7, 7));
        let of = Mentions::of("let r = &a;\n}", &place("a.rs", 1), "r", None);
        assert!(!of.expect("it ends").once, "where the function begins is not known");
    }
}
