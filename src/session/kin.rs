//! Functions that are one to a reader: the instances of a generic function, and the
//! implementations of one method of a trait.
//!
//! A program with a hundred implementations of a trait calls a hundred functions where its author
//! wrote one line in a loop. They share what is shown of a function in a whole run.

use std::collections::HashMap;

/// For each function, by its path, the number of the first one that is its kin; its own for one
/// that has none.
pub(super) fn kin<'a>(paths: impl Iterator<Item = &'a str>) -> Vec<usize> {
    let mut first = HashMap::new();
    paths.enumerate().map(|(index, path)| *first.entry(common(path)).or_insert(index)).collect()
}

/// The name that a function shares with its kin: `krate::Trait::method` for
/// `<krate::Type as krate::Trait>::method`, and the path itself for any other.
pub(super) fn common(path: &str) -> String {
    trait_method(path).unwrap_or_else(|| path.to_owned())
}

fn trait_method(path: &str) -> Option<String> {
    let inside = path.strip_prefix('<')?;
    let mut depth = 0u32;
    let mut of_trait = None;
    for (at, c) in inside.char_indices() {
        match c {
            '<' | '(' | '[' => depth = depth.saturating_add(1),
            // The arrow of a function pointer closes nothing.
            '>' if inside[..at].ends_with('-') => {}
            '>' if depth == 0 => return Some(format!("{}{}", of_trait?, &inside[at + 1..])),
            '>' | ')' | ']' => depth = depth.saturating_sub(1),
            ' ' if depth == 0 && inside[at..].starts_with(" as ") => {
                // Up to the bracket that closes the type and its trait.
                let rest = &inside[at + 4..];
                of_trait = Some(&rest[..closing(rest)?]);
            }
            _ => {}
        }
    }
    None
}

/// Where the bracket closes that was opened before the text.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0u32;
    text.char_indices().find_map(|(at, c)| {
        match c {
            '<' => depth += 1,
            '>' if text[..at].ends_with('-') => {}
            '>' if depth == 0 => return Some(at),
            '>' => depth -= 1,
            _ => {}
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traits_method_is_named_by_the_trait() {
        assert_eq!(common("<a::X as b::Flag>::name"), "b::Flag::name");
        assert_eq!(common("<a::X<c::Y as d::Z> as b::Flag<c::Y>>::name"), "b::Flag<c::Y>::name");
        assert_eq!(common("<fn(u8) -> a::X as b::Flag>::name"), "b::Flag::name");
        assert_eq!(common("<a::X as b::Flag>::name::{{closure}}"), "b::Flag::name::{{closure}}");
    }

    #[test]
    fn another_function_keeps_its_path() {
        for path in ["a::f", "<a::X>::f", "a::<impl b::T for a::X>::f", "<a as b", "<é as ü"] {
            assert_eq!(common(path), path);
        }
    }

    #[test]
    fn instances_and_implementations_are_kin() {
        let paths = ["a::f", "<a::X as a::T>::m", "a::f", "<a::Y as a::T>::m", "a::g"];
        assert_eq!(kin(paths.into_iter()), [0, 1, 0, 1, 4]);
    }
}
