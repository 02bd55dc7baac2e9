//! Names of types as people write them.

use super::names::in_path;

/// A type's name as people write it: `Vec<String>` for
/// `alloc::vec::Vec<alloc::string::String, alloc::alloc::Global>` (module paths and the default
/// allocator and hasher dropped).
pub fn short_type_name(name: &str) -> String {
    let mut short = String::with_capacity(name.len());
    let mut rest = name;
    while !rest.is_empty() {
        let len = rest.find(|c| !in_path(c)).unwrap_or(rest.len());
        let (path, behind) = rest.split_at(len);
        if !(is_default_argument(path) && drop_argument(&mut short, behind)) {
            // After a bracket, as in `<A as B>::C`, the separator stays.
            if path.starts_with("::") && !path.ends_with("::") {
                short.push_str("::");
            }
            let path = path.trim_end_matches("::");
            short.push_str(path.rsplit("::").next().unwrap_or(path));
        }
        let other = behind.find(in_path).unwrap_or(behind.len());
        let (between, next) = behind.split_at(other);
        short.push_str(between);
        rest = next;
    }
    // What an argument list is left with whose only argument was dropped.
    short.replace("<>", "")
}

fn is_default_argument(path: &str) -> bool {
    path == "alloc::alloc::Global" || (path.starts_with("std::") && path.ends_with("::RandomState"))
}

/// Takes back the comma before an argument that is not shown; false where it is not the last of a
/// list.
fn drop_argument(written: &mut String, behind: &str) -> bool {
    let len = written.strip_suffix(", ").map(str::len);
    let last = behind.starts_with('>') && (len.is_some() || written.ends_with('<'));
    if let (true, Some(len)) = (last, len) {
        written.truncate(len);
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_names_are_shortened_to_what_people_write() {
        let cases = [
            ("alloc::vec::Vec<alloc::string::String, alloc::alloc::Global>", "Vec<String>"),
            ("&mut [alloc::string::String]", "&mut [String]"),
            ("(i32, hello::Foo, [u8; 4])", "(i32, Foo, [u8; 4])"),
            (
                "std::collections::hash::map::HashMap<i32, &str, std::hash::random::RandomState>",
                "HashMap<i32, &str>",
            ),
            (
                "alloc::boxed::Box<dyn core::ops::function::Fn<(i32), Output=hello::A>, alloc::alloc::Global>",
                "Box<dyn Fn<(i32), Output=A>>",
            ),
            ("alloc::raw_vec::RawVecInner<alloc::alloc::Global>", "RawVecInner"),
            ("hello::main::{closure_env#0}", "{closure_env#0}"),
            ("fn(&hello::A) -> core::option::Option<hello::B>", "fn(&A) -> Option<B>"),
            ("<hello::A as hello::B>::C", "<A as B>::C"),
            ("hello::f::<hello::A>", "f<A>"),
            ("u8", "u8"),
            ("hello::Größe<4>", "Größe<4>"),
            ("", ""),
        ];
        for (name, short) in cases {
            assert_eq!(short_type_name(name), short);
        }
    }

    #[test]
    fn brackets_without_end_do_no_harm() {
        let deep = "<".repeat(100_000);
        assert_eq!(short_type_name(&deep), deep);
    }
}
