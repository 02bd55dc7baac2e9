//! The names of functions, as short as they can be without becoming another's.

use unicode_width::UnicodeWidthStr;

use crate::dwarf::last_names;

/// A function's name for people: without its crate, except for std's, and with the types in it by
/// their last names: `main` for `hello::main`, `<Cli as Args>::parse` for
/// `<tool::Cli as clap::Args>::parse`.
pub(in crate::front) fn function(path: &str) -> String {
    last_names(without_crate(path))
}

/// A path without its crate, except for std's.
fn without_crate(path: &str) -> &str {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_named_without_its_crate_but_for_those_of_std() {
        assert_eq!(function("hello::greet::main"), "greet::main");
        assert_eq!(function("std::rt::lang_start"), "std::rt::lang_start");
        assert_eq!(function("main"), "main");
        assert_eq!(function("<tool::Cli as clap::Args>::parse"), "<Cli as Args>::parse");
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
