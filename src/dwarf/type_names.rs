//! Names of types as people write them.

use super::names::in_path;
use super::type_sugar::sweetened;

/// A type's name as people write it: `Vec<String>` for
/// `alloc::vec::Vec<alloc::string::String, alloc::alloc::Global>` (module paths and the default
/// allocator and hasher dropped), `f::{closure#0}` and `f::{async fn}` for what has no name of its
/// own, `dyn Fn(u8) -> u8` for the traits of functions.
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
            push_last_segment(path.trim_matches(':'), &mut short);
        }
        let other = behind.find(in_path).unwrap_or(behind.len());
        let (between, next) = behind.split_at(other);
        short.push_str(between);
        rest = next;
    }
    // What an argument list is left with whose only argument was dropped.
    sweetened(&short.replace("<>", ""))
}

/// The last segment of a path, with those before it as far as it has no name of its own: a closure
/// is told by the function that it stands in.
fn push_last_segment(path: &str, into: &mut String) {
    let mut from = path.len();
    for segment in path.rsplit("::") {
        from = from.saturating_sub(segment.len());
        if !(segment.starts_with('{') && segment.contains('#')) || from == 0 {
            break;
        }
        from = from.saturating_sub("::".len());
    }
    let mut colons = "";
    for segment in path.get(from..).unwrap_or(path).split("::") {
        into.push_str(colons);
        push_segment(segment, into);
        colons = "::";
    }
}

/// `{closure#1}` for `{closure_env#1}`, `{async block#0}` for `{async_block_env#0}`. A function has
/// one body: `{async fn}` for `{async_fn_env#0}`.
fn push_segment(segment: &str, into: &mut String) {
    let nameless = segment.strip_prefix('{').and_then(|rest| rest.split_once('#'));
    let Some((kind, number)) = nameless.filter(|(kind, _)| *kind != "impl") else {
        return into.push_str(segment);
    };
    let kind = kind.strip_suffix("_env").unwrap_or(kind).replace('_', " ");
    into.push('{');
    into.push_str(&kind);
    into.push_str(if kind.ends_with("fn") { "}" } else { "#" });
    into.push_str(if kind.ends_with("fn") { "" } else { number });
}

fn is_default_argument(path: &str) -> bool {
    path == "alloc::alloc::Global" || (path.starts_with("std::") && path.ends_with("::RandomState"))
}

/// Takes back the comma before an argument that is not shown; false where it is not the last of a
/// list.
fn drop_argument(written: &mut String, behind: &str) -> bool {
    let len = written.strip_suffix(", ").map(str::len);
    // The default hasher stands before the default allocator, which is dropped next.
    let ends = behind.starts_with('>') || behind.starts_with(", alloc::alloc::Global>");
    let last = ends && (len.is_some() || written.ends_with('<'));
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
                "std::collections::hash::set::HashSet<i32, std::hash::random::RandomState, \
                 alloc::alloc::Global>",
                "HashSet<i32>",
            ),
            (
                "alloc::boxed::Box<dyn core::ops::function::Fn<(i32), Output=hello::A>, alloc::alloc::Global>",
                "Box<dyn Fn(i32) -> A>",
            ),
            ("alloc::raw_vec::RawVecInner<alloc::alloc::Global>", "RawVecInner"),
            ("hello::main::{closure_env#0}", "main::{closure#0}"),
            ("&mut hello::main::{closure_env#1}<u8>", "&mut main::{closure#1}<u8>"),
            ("hello::fetch::{async_fn_env#0}", "fetch::{async fn}"),
            ("hello::fetch::{async_fn#0}::{closure_env#2}", "fetch::{async fn}::{closure#2}"),
            ("hello::main::{async_block_env#1}", "main::{async block#1}"),
            ("hello::{impl#3}::new::{closure_env#0}", "new::{closure#0}"),
            ("hello::{impl#0}::{vtable_type}", "{vtable_type}"),
            ("(i64)", "(i64,)"),
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
