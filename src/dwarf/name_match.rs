//! Names of types as people ask for them, compared with the names that compilers write.
//!
//! Nobody writes `alloc::vec::Vec<alloc::string::String, alloc::alloc::Global>`. Both names are read
//! as words and marks: a word of the question may leave out the front of a path, and a list of
//! arguments may be left out or end early.

use super::names::{in_path, is_std_crate};
use super::type_names::short_type_name;

/// How well a name answers a question, best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Fit {
    /// It is the same name.
    Same,
    /// It is the same path; generic arguments were left out.
    SamePath,
    /// The front of the path was left out.
    End,
}

/// A name in words and marks. Lifetimes and spaces are no part of it.
pub(super) struct Name<'a> {
    text: &'a str,
    tokens: Vec<Token<'a>>,
}

/// Whether a compiler's name of a type answers a name as people write it: `Vec<String>`, `Guard`,
/// `crate::Guard`. Generic arguments may be left out.
pub fn names_type(question: &str, full: &str) -> bool {
    Name::of(question).fits(full).is_some()
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Token<'a> {
    /// A path, a keyword or a number.
    Word(&'a str),
    /// Any other character.
    Mark(char),
    /// `->`, which is no closing bracket.
    Arrow,
}

/// How many words and marks of a name are read; longer names fit nothing.
const MAX_TOKENS: usize = 4096;

/// Under what key all arrays stand: their dies have no name.
pub(super) const ARRAY_KEY: u64 = 0;

impl<'a> Name<'a> {
    /// Reads a name.
    pub fn of(name: &'a str) -> Name<'a> {
        Name { text: name, tokens: tokens(name).take(MAX_TOKENS).collect() }
    }

    /// How well a compiler's name answers this question; none where it does not.
    pub fn fits(&self, full: &str) -> Option<Fit> {
        // What people are shown is another name for some types: `dyn Fn(u8) -> u8`.
        let shown = || self.tokens.len() < MAX_TOKENS && short_type_name(full) == self.text;
        self.fits_word_by_word(full).or_else(|| shown().then_some(Fit::End))
    }

    fn fits_word_by_word(&self, full: &str) -> Option<Fit> {
        let full = Name::of(full);
        let capped = full.tokens.len() >= MAX_TOKENS || self.tokens.len() >= MAX_TOKENS;
        let mut compared = Compared { question: &self.tokens, full: &full.tokens, fit: Fit::Same };
        (!capped && compared.run()).then_some(compared.fit)
    }

    /// Whether the question is one word without any path: `Point`.
    pub fn is_bare(&self) -> bool {
        self.tokens.first().is_some_and(|first| match first {
            Token::Word(word) => !word.contains("::"),
            _ => false,
        })
    }

    /// Whether it is an array or a slice.
    pub fn is_array(&self) -> bool {
        self.tokens.first() == Some(&Token::Mark('['))
    }
}

/// What all spellings of a name have in common, as a number: its words without their paths and
/// without generic arguments, and its marks.
pub(super) fn key(name: &str) -> u64 {
    let name = &short_type_name(name);
    let mut hash = Fnv::default();
    let mut after_word = false;
    // How deep in generic arguments.
    let mut depth = 0usize;
    for token in tokens(name).take(MAX_TOKENS) {
        match token {
            Token::Mark('<') if depth > 0 || after_word => depth = depth.saturating_add(1),
            Token::Mark('>') if depth > 0 => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            Token::Word(word) => hash.add(last_segment(word).as_bytes()),
            Token::Mark(mark) => hash.add(mark.encode_utf8(&mut [0; 4]).as_bytes()),
            Token::Arrow => hash.add(b"->"),
        }
        after_word = matches!(token, Token::Word(_));
    }
    hash.0.max(ARRAY_KEY.saturating_add(1))
}

/// Whether a path of a question means a path of the program, and how well.
///
/// What std shows under one path lies under another: `std::vec::Vec` is `alloc::vec::Vec`, and
/// `std::collections::HashMap` is `std::collections::hash::map::HashMap`. `crate::` stands for any
/// one crate.
pub(super) fn path_fits(question: &str, full: &str) -> Option<Fit> {
    let question = question.strip_prefix("self::").unwrap_or(question);
    if question == full {
        return Some(Fit::Same);
    }
    let front = full.strip_suffix(question).and_then(|front| front.strip_suffix("::"));
    let of_a_crate = || {
        let (_, behind) = full.split_once("::")?;
        (question.strip_prefix("crate::")? == behind).then_some(Fit::Same)
    };
    match front {
        Some(_) if !question.is_empty() => Some(Fit::End),
        _ => of_a_crate().or_else(|| is_shown_by_std(question, full).then_some(Fit::End)),
    }
}

/// Whether both are of std, end alike, and one has all segments of the other in their order.
fn is_shown_by_std(question: &str, full: &str) -> bool {
    let (Some((asked, wanted)), Some((krate, there))) =
        (question.split_once("::"), full.split_once("::"))
    else {
        return false;
    };
    let mut left = there.split("::");
    is_std_crate(asked)
        && is_std_crate(krate)
        && last_segment(wanted) == last_segment(there)
        && wanted.split("::").all(|segment| left.any(|other| other == segment))
}

/// `Vec` of `alloc::vec::Vec`.
pub(super) fn last_segment(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
}

/// FNV-1a (Fowler, Noll, Vo), 64 bits: the same number in every run.
pub(super) struct Fnv(pub u64);

impl Default for Fnv {
    fn default() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    /// Mixes some bytes in, and that they ended.
    pub fn add(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().chain(&[0xff]) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

fn tokens(name: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = name;
    std::iter::from_fn(move || {
        loop {
            rest = rest.trim_start();
            let first = rest.chars().next()?;
            if let Some(behind) = rest.strip_prefix("->") {
                rest = behind;
                return Some(Token::Arrow);
            }
            let len = rest.find(|c| !in_path(c)).unwrap_or(rest.len());
            if let Some((word, behind)) = rest.split_at_checked(len).filter(|_| len > 0) {
                rest = behind;
                return Some(Token::Word(word.strip_suffix("::").unwrap_or(word)));
            }
            rest = rest.get(first.len_utf8()..)?;
            if first != '\'' {
                return Some(Token::Mark(first));
            }
            // A lifetime: the debug information has none.
            rest = rest.trim_start_matches(in_path);
        }
    })
}

struct Compared<'q, 'a> {
    question: &'q [Token<'a>],
    full: &'q [Token<'a>],
    fit: Fit,
}

impl Compared<'_, '_> {
    fn run(&mut self) -> bool {
        loop {
            match (self.question.first(), self.full.first()) {
                (None, None) => return true,
                (Some(Token::Word("_")), Some(_)) => {
                    self.question = self.question.get(1..).unwrap_or_default();
                    self.skip_argument();
                    self.fit = self.fit.max(Fit::SamePath);
                }
                (Some(Token::Word(asked)), Some(Token::Word(word))) => {
                    let Some(fit) = path_fits(asked, word) else { return false };
                    self.fit = self.fit.max(fit);
                    self.step();
                    self.skip_arguments_not_asked_for();
                }
                (Some(Token::Mark('>')), Some(Token::Mark(','))) => {
                    self.fit = self.fit.max(Fit::SamePath);
                    while self.full.first() == Some(&Token::Mark(',')) {
                        self.full = self.full.get(1..).unwrap_or_default();
                        self.skip_argument();
                    }
                }
                (Some(asked), Some(there)) if asked == there => self.step(),
                _ => return false,
            }
        }
    }

    fn step(&mut self) {
        self.question = self.question.get(1..).unwrap_or_default();
        self.full = self.full.get(1..).unwrap_or_default();
    }

    /// Behind a path: its arguments, where the question has none.
    fn skip_arguments_not_asked_for(&mut self) {
        let open = Some(&Token::Mark('<'));
        if self.full.first() == open && self.question.first() != open {
            self.full = self.full.get(1..).unwrap_or_default();
            self.skip_argument();
            while self.full.first() == Some(&Token::Mark(',')) {
                self.full = self.full.get(1..).unwrap_or_default();
                self.skip_argument();
            }
            self.full = self.full.get(1..).unwrap_or_default();
            self.fit = self.fit.max(Fit::SamePath);
        }
    }

    /// Goes to the comma or the bracket that ends an argument.
    fn skip_argument(&mut self) {
        let mut depth = 0usize;
        let end = self.full.iter().position(|token| {
            let Token::Mark(mark) = token else { return false };
            let ends = depth == 0 && matches!(mark, ',' | '>' | ')' | ']');
            match mark {
                '<' | '(' | '[' => depth = depth.saturating_add(1),
                '>' | ')' | ']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            ends
        });
        self.full = end.and_then(|end| self.full.get(end..)).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 14] = [
        "alloc::vec::Vec<alloc::string::String, alloc::alloc::Global>",
        "&mut [alloc::string::String]",
        "(i32, hello::Foo, [u8; 4])",
        "std::collections::hash::map::HashMap<i32, &str, std::hash::random::RandomState>",
        "alloc::boxed::Box<dyn core::ops::function::Fn<(i32), Output=hello::A>, alloc::alloc::Global>",
        "alloc::raw_vec::RawVecInner<alloc::alloc::Global>",
        "hello::main::{closure_env#0}",
        "fn(&hello::A) -> core::option::Option<hello::B>",
        "<hello::A as hello::B>::C",
        "u8",
        "hello::Größe<4>",
        "&str",
        "*const hello::A",
        "core::option::Option<alloc::vec::Vec<u8, alloc::alloc::Global>>",
    ];

    #[test]
    fn every_name_is_found_by_itself_and_by_its_short_form() {
        for name in NAMES {
            assert_eq!(Name::of(name).fits(name), Some(Fit::Same), "{name}");
            let short = short_type_name(name);
            assert!(Name::of(&short).fits(name).is_some(), "{short} for {name}");
            assert_eq!(key(&short), key(name), "{short} for {name}");
        }
    }

    #[test]
    fn paths_and_arguments_may_be_left_out() {
        let fit = |question: &str, name: &str| Name::of(question).fits(name);
        let vec = NAMES[0];
        assert_eq!(fit("alloc::vec::Vec", vec), Some(Fit::SamePath));
        for question in ["Vec", "vec::Vec", "Vec<String>", "Vec<_>", "std::vec::Vec<String>"] {
            assert_eq!(fit(question, vec), Some(Fit::End), "{question}");
            assert_eq!(key(question), key(vec), "{question}");
        }
        assert_eq!(fit("Option<Vec>", NAMES[13]), Some(Fit::End));
        assert_eq!(fit("Option<Vec<u8>>", NAMES[13]), Some(Fit::End));
        assert_eq!(fit("&'static str", "&str"), Some(Fit::Same));
        assert_eq!(fit("(i32,Foo,[u8;4])", NAMES[2]), Some(Fit::End));
        assert_eq!(fit("std::collections::HashMap<i32, &str>", NAMES[3]), Some(Fit::End));
        assert_eq!(fit("crate::Größe", "hello::Größe<4>"), Some(Fit::SamePath));
    }

    #[test]
    fn other_types_do_not_fit() {
        let fits = |question: &str, name: &str| Name::of(question).fits(name).is_some();
        for (question, name) in [
            ("Vec<u8>", NAMES[0]),
            ("ec", NAMES[0]),
            ("Vec<String, Global, u8>", NAMES[0]),
            ("Vec<", NAMES[0]),
            ("", "u8"),
            ("mut str", "&mut str"),
            ("&str", "&mut str"),
            ("(i32, Foo)", NAMES[2]),
            ("other::Vec", NAMES[0]),
            ("std::Point", "alloc::Points"),
            ("crate::A", "hello::deep::A"),
            ("[u8; 4]", "[u8; 5]"),
        ] {
            assert!(!fits(question, name), "{question} for {name}");
        }
    }

    #[test]
    fn unbalanced_brackets_end() {
        for odd in ["Vec<<<<", "Vec>>>>", "<<>", "((", "'", "_", "_<", "->"] {
            Name::of(odd).fits("alloc::vec::Vec<u8>");
            Name::of("Vec<u8>").fits(odd);
            key(odd);
        }
        let deep = "<".repeat(100_000);
        assert_eq!(Name::of(&deep).fits(&deep), None, "longer than any name that is read");
    }
}
