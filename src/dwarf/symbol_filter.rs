//! A cheap test that turns most symbols away before they are demangled.
//!
//! Both of Rust's manglings keep identifiers as they are. So an identifier that a demangled path
//! must contain is also in the symbol, unless the demangler writes that word by itself (`impl`,
//! `closure`, `usize`).

/// Words that the demangler writes without their standing in the symbol: keywords, primitive types
/// (one letter in v0), and what it calls closures and shims.
const GENERATED: [&str; 39] = [
    "as",
    "mut",
    "const",
    "dyn",
    "for",
    "fn",
    "unsafe",
    "extern",
    "impl",
    "closure",
    "shim",
    "vtable",
    "reify",
    "reify_fnptr",
    "drop_glue",
    "constant",
    "null",
    "true",
    "false",
    "bool",
    "char",
    "str",
    "usize",
    "isize",
    "i8",
    "i16",
    "i32",
    "i64",
    "i128",
    "u8",
    "u16",
    "u32",
    "u64",
    "u128",
    "f16",
    "f32",
    "f64",
    "f128",
    "global_asm",
];

/// Text that the linker name of a function with exactly this path contains.
pub(super) fn text_required_by_path(path: &str) -> Option<&str> {
    // A part of a word that is not ASCII may be encoded.
    if !path.is_ascii() {
        return None;
    }
    // It stands for any crate.
    let path = path.strip_prefix("crate::").unwrap_or(path);
    words(path).filter(|word| !GENERATED.contains(word)).max_by_key(|word| word.len())
}

/// Text that the linker name of every function contains whose path matches a regular expression.
/// Nothing where that is not obvious.
///
/// ```
/// use freehold::dwarf::text_required_by_pattern;
/// assert_eq!(text_required_by_pattern("^hello::main$"), Some("hello"));
/// ```
pub fn text_required_by_pattern(pattern: &str) -> Option<&str> {
    // Alternatives, groups, classes and escapes can make a part optional; `*` and `?` do so to the
    // letter before. The price of not looking closer is a slower search.
    if !pattern.is_ascii() || pattern.contains(['|', '(', '[', '{', '\\', '*', '?', '+']) {
        return None;
    }
    // A pattern matches parts of words, so a word does not count that is part of a generated one.
    let written = |word: &&str| !GENERATED.iter().any(|generated| generated.contains(*word));
    words(pattern).filter(written).max_by_key(|word| word.len())
}

/// The identifiers in a text, in order.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_requires_its_longest_identifier() {
        assert_eq!(text_required_by_path("hello::Foo::new_one"), Some("new_one"));
        assert_eq!(text_required_by_path("<u8 as core::fmt::Debug>::fmt"), Some("Debug"));
        assert_eq!(text_required_by_path("f::{closure#0}"), Some("f"));
        assert_eq!(text_required_by_path("malloc"), Some("malloc"));
        assert_eq!(text_required_by_path("café::f"), None);
        assert_eq!(text_required_by_path("<[u8] as X>::f").map(str::len), Some(1));
    }

    #[test]
    fn a_pattern_requires_a_word_only_where_it_cannot_do_without() {
        assert_eq!(text_required_by_pattern("^hello::.*"), None);
        assert_eq!(text_required_by_pattern("^hello::"), Some("hello"));
        assert_eq!(text_required_by_pattern("parse.json$"), Some("parse"));
        assert_eq!(text_required_by_pattern("add|sub"), None);
        assert_eq!(text_required_by_pattern("adds?"), None);
        assert_eq!(text_required_by_pattern("(?i)add"), None);
    }

    #[test]
    fn words_that_the_demangler_writes_are_not_required() {
        assert_eq!(text_required_by_pattern("closure"), None);
        assert_eq!(text_required_by_pattern("losur"), None);
        assert_eq!(text_required_by_path("usize"), None);
    }
}
