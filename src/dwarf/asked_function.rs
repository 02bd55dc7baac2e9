//! What a person asks for when they name a function: its path, and which of its instances and
//! closures.
//!
//! A symbol of the legacy mangling tells neither the arguments of a generic function nor the number
//! of a closure; the name in the debug information tells both (`max<i32>`, `main::{closure#1}`).

use super::name_match::Name;
use super::names::without_generics;

/// A name that a person wrote for a function.
pub(super) struct Asked<'a> {
    /// The path without generic arguments, and with closures without their numbers.
    pub path: String,
    segments: Vec<&'a str>,
    arguments: Vec<&'a str>,
}

impl<'a> Asked<'a> {
    /// Reads a name: `f`, `max::<i32>`, `f::{closure#1}`, `<T as Trait>::f`.
    pub fn of(name: &'a str) -> Asked<'a> {
        let segments = segments(name);
        let arguments = segments.iter().flat_map(|segment| arguments(segment)).collect();
        Asked { path: plain(name), segments, arguments }
    }

    /// Whether the name tells more than the path does.
    pub fn is_precise(&self) -> bool {
        !self.arguments.is_empty() || self.segments.iter().any(|s| is_precise_closure(s))
    }

    /// Whether the name of an instance has the arguments and the numbers that were asked for. The
    /// path is not looked at.
    pub fn means(&self, instance: &str) -> bool {
        let there = segments(instance);
        let from_the_end = self.segments.iter().rev().zip(there.iter().rev());
        let closures = from_the_end
            .filter(|(asked, _)| is_precise_closure(asked))
            .all(|(asked, segment)| without_arguments(asked) == without_arguments(segment));
        let given = there.iter().rev().map(|segment| arguments(segment)).find(|a| !a.is_empty());
        let given = given.unwrap_or_default();
        let fits = |(asked, given): (&&str, &&str)| Name::of(asked).fits(given).is_some();
        closures
            && self.arguments.len() <= given.len()
            && self.arguments.iter().zip(&given).all(fits)
    }
}

/// A path without generic arguments, in which all closures are called `{closure}`.
pub(super) fn plain(path: &str) -> String {
    let path = without_generics(path);
    if !path.contains('{') {
        return path;
    }
    let plain = |segment: &str| match brace(segment) {
        Some((word, _)) if is_closure(word) => "{closure}".to_owned(),
        _ => segment.to_owned(),
    };
    path.split("::").map(plain).collect::<Vec<_>>().join("::")
}

/// The words by which compilers call functions without a name: symbols know closures alone.
fn is_closure(word: &str) -> bool {
    matches!(word, "closure" | "async_fn" | "async_block" | "async_closure" | "coroutine")
}

/// Whether a segment asks for more than any closure.
fn is_precise_closure(segment: &str) -> bool {
    brace(segment).is_some_and(|(word, number)| is_closure(word) && number.is_some())
}

/// The word and the number of `{closure#0}`, `{{closure}}` and their like.
fn brace(segment: &str) -> Option<(&str, Option<&str>)> {
    let inner = without_arguments(segment).strip_prefix('{')?.strip_suffix('}')?;
    let inner = inner.strip_prefix('{').and_then(|i| i.strip_suffix('}')).unwrap_or(inner);
    Some(match inner.split_once('#') {
        Some((word, number)) => (word, Some(number)),
        None => (inner, None),
    })
}

/// The segments of a path, each with the generic arguments behind it.
fn segments(path: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut depth, mut start, mut before) = (0usize, 0usize, '\0');
    for (at, c) in path.char_indices() {
        match c {
            '<' | '(' | '[' => depth = depth.saturating_add(1),
            '>' if before == '-' => {}
            '>' | ')' | ']' => depth = depth.saturating_sub(1),
            ':' if depth == 0 && before == ':' => {
                // `max::<i32>` is one segment.
                let rest = path.get(at.saturating_add(1)..).unwrap_or_default();
                if !(rest.starts_with('<') && at > 1) {
                    found.extend(path.get(start..at.saturating_sub(1)));
                    start = at.saturating_add(1);
                }
            }
            _ => {}
        }
        before = c;
    }
    found.extend(path.get(start..));
    found
}

fn without_arguments(segment: &str) -> &str {
    match segment.find('<') {
        Some(open) if open > 0 => {
            segment.get(..open).unwrap_or_default().trim_end_matches("::").trim()
        }
        _ => segment.trim(),
    }
}

/// The generic arguments of a segment; none of `<T as Trait>`, which is no function yet.
fn arguments(segment: &str) -> Vec<&str> {
    let open = segment.find('<').filter(|open| *open > 0);
    let inner = open.and_then(|open| segment.get(open.checked_add(1)?..)?.strip_suffix('>'));
    let Some(inner) = inner else { return Vec::new() };
    let mut found = Vec::new();
    let (mut depth, mut start, mut before) = (0usize, 0usize, '\0');
    for (at, c) in inner.char_indices() {
        match c {
            '<' | '(' | '[' => depth = depth.saturating_add(1),
            '>' if before == '-' => {}
            '>' | ')' | ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                found.extend(inner.get(start..at).map(str::trim));
                start = at.saturating_add(1);
            }
            _ => {}
        }
        before = c;
    }
    found.extend(inner.get(start..).map(str::trim));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closures_of_all_manglings_have_one_plain_path() {
        for path in
            ["a::f::{{closure}}", "a::f::{closure#0}", "a::f::{async_fn#1}", "a::f::{closure}"]
        {
            assert_eq!(plain(path), "a::f::{closure}", "{path}");
        }
        assert_eq!(plain("a::{impl#0}::f"), "a::{impl#0}::f");
        assert_eq!(plain("a::max::<i32>"), "a::max");
    }

    #[test]
    fn a_name_without_arguments_and_numbers_is_not_precise() {
        for name in ["f", "a::f", "<A as B>::f", "f::{closure}", "<A<u8> as B>::f"] {
            assert!(!Asked::of(name).is_precise(), "{name}");
        }
        for name in ["f::<u8>", "f::{closure#1}", "S<u8>::f", "f::{closure#0}::{closure}"] {
            assert!(Asked::of(name).is_precise(), "{name}");
        }
    }

    #[test]
    fn arguments_are_compared_in_their_order_and_may_end_early() {
        let means = |name: &str, instance: &str| Asked::of(name).means(instance);
        assert!(means("max::<i32>", "a::max<i32>") && means("max<i32>", "a::max::<i32>"));
        assert!(!means("max::<u8>", "a::max<i32>") && !means("max::<u8>", "a::max"));
        assert!(means("S<u8>::push", "a::{impl#0}::push<u8>"));
        assert!(means("map::<_, u8>", "a::map<alloc::string::String, u8>"));
        assert!(means("map::<String>", "a::map<alloc::string::String, u8>"));
        assert!(means("f::<fn(u8) -> u8>", "a::f<fn(u8) -> u8>"));
    }

    #[test]
    fn closures_are_told_by_their_numbers() {
        let means = |name: &str, instance: &str| Asked::of(name).means(instance);
        assert!(means("f::{closure#1}", "a::f::{closure#1}"));
        assert!(means("f::{closure#1}", "a::f::{closure#1}<i32>"));
        assert!(!means("f::{closure#1}", "a::f::{closure#0}"));
        assert!(!means("f::{closure#0}", "a::f::{async_block#0}"));
        assert!(means("f::{closure#0}::{closure#2}", "a::f::{closure#0}::{closure#2}"));
    }

    #[test]
    fn brackets_without_end_do_no_harm() {
        for odd in ["<<<", ">>>", "::", "a::<", "{", "{{", "f<(", ",", ""] {
            let asked = Asked::of(odd);
            asked.is_precise();
            asked.means("a::f<u8>");
            Asked::of("f<u8>").means(odd);
        }
    }
}
