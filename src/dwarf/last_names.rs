//! Paths in which types have their last names, as people say them.

/// The path with each path between its angle brackets cut to the last segment. A closure keeps the
/// function that it stands in, because `{{closure}}` alone names nothing.
pub fn last_names(path: &str) -> String {
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
    fn the_types_in_a_path_have_their_last_names() {
        let cases = [
            ("<tool::Cli as clap::derive::Args>::parse", "<Cli as Args>::parse"),
            (
                "core::ptr::drop_in_place<alloc::vec::Vec<&tool::Person>>",
                "core::ptr::drop_in_place<Vec<&Person>>",
            ),
            (
                "tool::_::<impl serde::de::Deserialize for tool::Person>::deserialize",
                "tool::_::<impl Deserialize for Person>::deserialize",
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
            assert_eq!(last_names(path), name);
        }
    }

    #[test]
    fn a_name_with_brackets_that_do_not_match_is_kept_in_one_piece() {
        assert_eq!(last_names(">><a::b"), ">><b");
        assert_eq!(last_names("a::é<é::ü"), "a::é<ü");
    }
}
