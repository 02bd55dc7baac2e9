//! The names of functions, as short as they can be without becoming another's.

use unicode_width::UnicodeWidthStr;

/// A function's name for people: without its crate, except for std's, and with the types in it by
/// their last names: `main` for `hello::main`, `<Cli as Args>::parse` for
/// `<tool::Cli as clap::Args>::parse`.
pub(in crate::front) fn function(path: &str) -> String {
    last_names(without_crate(path))
}

/// A path without its crate, except for std's.
pub(super) fn without_crate(path: &str) -> &str {
    match path.split_once("::") {
        Some(("std" | "core" | "alloc", _)) => path,
        Some((krate, rest)) if !krate.contains(['<', '{', ' ']) => rest,
        _ => path,
    }
}

/// A path of at most so many columns, if leaving out what lies between its crate and its last
/// segments can make it so: `std::…::thread_info::set_current_info`.
pub(super) fn brief(path: &str, columns: usize) -> String {
    // The segments of a path with generic arguments or an impl cannot be told apart by colons.
    let plain = !path.contains(['<', ' ']);
    let Some((krate, rest)) = path.split_once("::").filter(|_| plain && path.width() > columns)
    else {
        return path.to_owned();
    };
    let ends = rest.match_indices("::").map(|(at, _)| &rest[at..]);
    let shorter = ends.map(|end| format!("{krate}::…{end}"));
    let shortest = shorter.clone().last();
    shorter.clone().find(|path| path.width() <= columns).or(shortest).unwrap_or(path.to_owned())
}

/// A place of at most so many columns, if leaving out fields between the variable and the last ones can
/// make it so: `main::tree….tags[0]`.
pub(super) fn brief_place(place: &str, columns: usize) -> String {
    if place.width() <= columns {
        return place.to_owned();
    }
    let mut joints = place.match_indices(['.', '[']).map(|(at, _)| at);
    let head = joints.next().map_or(place, |at| &place[..at]);
    let mut shorter = joints.map(|at| format!("{head}…{}", &place[at..]));
    shorter.find(|place| place.width() <= columns).unwrap_or_else(|| place.to_owned())
}

/// The path with each path between its angle brackets cut to the last segment. A closure keeps the
/// function that it stands in, because `{{closure}}` alone names nothing.
pub(super) fn last_names(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    // Where the path that is being read begins in `out`, one for each open bracket.
    let mut begins: Vec<usize> = Vec::new();
    let mut rest = path;
    while let Some(c) = rest.chars().next() {
        let inside = begins.last().copied();
        let behind = rest.strip_prefix("::");
        if let (Some(begin), Some(behind)) = (inside, behind) {
            match behind.chars().next() {
                Some('{') => out.push_str("::"),
                // `Vec::<u8>` is `Vec<u8>`.
                Some('<') => {}
                _ => out.truncate(begin),
            }
            rest = behind;
            continue;
        }
        let arrow = c == '>' && out.ends_with('-');
        out.push(c);
        match c {
            '<' => begins.push(out.len()),
            '>' if !arrow => {
                begins.pop();
            }
            ' ' | '&' | '*' | '(' | '[' | ',' | ';' | '=' | '>' => {
                if let Some(begin) = begins.last_mut() {
                    *begin = out.len();
                }
            }
            _ => {}
        }
        rest = &rest[c.len_utf8()..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_named_without_its_crate_but_for_those_of_std() {
        assert_eq!(function("hello::greet::main"), "greet::main");
        assert_eq!(function("std::rt::lang_start"), "std::rt::lang_start");
        assert_eq!(function("main"), "main");
    }

    #[test]
    fn the_types_in_a_path_have_their_last_names() {
        let cases = [
            ("<tool::Cli as clap::derive::Args>::parse", "<Cli as Args>::parse"),
            (
                "core::ptr::drop_in_place<alloc::vec::Vec<&tool::Person>>",
                "core::ptr::drop_in_place<Vec<&Person>>",
            ),
            (
                "tool::_::<impl serde::de::Deserialize for tool::Person>::deserialize",
                "_::<impl Deserialize for Person>::deserialize",
            ),
            (
                "<tool::_::<impl serde::De for tool::P>::de::__Visitor as serde::de::Visitor>::visit",
                "<__Visitor as Visitor>::visit",
            ),
            (
                "<(a::B, [c::D; 2]) as e::F<fn(g::H) -> i::J, K = l::M>>::n",
                "<(B, [D; 2]) as F<fn(H) -> J, K = M>>::n",
            ),
            (
                "<std::once::Once>::call::<std::rt::cleanup::{closure#0}>",
                "<Once>::call::<cleanup::{closure#0}>",
            ),
            ("<a::Vec::<b::C> as d::E>::f", "<Vec<C> as E>::f"),
        ];
        for (path, name) in cases {
            assert_eq!(function(path), name);
        }
    }

    #[test]
    fn a_name_with_brackets_that_do_not_match_is_kept_in_one_piece() {
        assert_eq!(function(">><a::b"), ">><b");
        assert_eq!(function("a::é<é::ü"), "é<ü");
    }

    #[test]
    fn a_long_place_keeps_its_variable_and_its_last_fields() {
        let place = "main::tree*.kids.value[0]*.item.tags[10]";
        assert_eq!(brief_place(place, 40), place);
        assert_eq!(brief_place(place, 28), "main::tree*….item.tags[10]");
        assert_eq!(brief_place(place, 16), "main::tree*…[10]");
        assert_eq!(brief_place(place, 10), place, "no part of it fits");
        assert_eq!(brief_place("main::a_long_name", 8), "main::a_long_name");
    }

    #[test]
    fn a_long_path_keeps_its_crate_and_its_end() {
        let path = "std::sys::pal::unix::stack_overflow::thread_info::set_current_info";
        assert_eq!(brief(path, 40), "std::…::thread_info::set_current_info");
        assert_eq!(brief(path, 10), "std::…::set_current_info");
        assert_eq!(brief("std::rt::lang_start", 40), "std::rt::lang_start");
        assert_eq!(brief("<a::B as c::D>::f", 3), "<a::B as c::D>::f");
    }
}
