//! Names as people write them: symbols and the paths in them.

use std::borrow::Cow;
use std::fmt::Write;

/// How deep brackets are followed in a name; deeper ones are left as they are.
const MAX_DEPTH: usize = 32;

/// Crates whose code is the standard library's, or what rustc generates (`__rustc`).
///
/// The crates that std is built with, such as `hashbrown`, are not among them: a program may link
/// its own copy of those.
const STD_CRATES: [&str; 12] = [
    "std",
    "core",
    "alloc",
    "proc_macro",
    "test",
    "std_detect",
    "panic_unwind",
    "panic_abort",
    "unwind",
    "compiler_builtins",
    "rustc_std_workspace_core",
    "__rustc",
];

/// The demangled path of a symbol without its hash, in Rust's manglings (legacy and v0); any other
/// name as it is. In both manglings `<T as Trait>::f`, `krate::module::f` and the like come out;
/// disambiguators (`[1a2b]`) and hashes do not.
///
/// Closures are `krate::f::{closure#0}` in v0 and `krate::f::{{closure}}` in the legacy mangling,
/// which does not number them. Only v0 names the arguments of generic functions: `krate::f::<i32>`.
pub fn demangle(linkage_name: &str) -> Cow<'_, str> {
    let Ok(name) = rustc_demangle::try_demangle(linkage_name) else {
        return Cow::Borrowed(linkage_name);
    };
    let mut path = String::new();
    // The alternate form has neither hash nor disambiguators. Its size is limited by the crate.
    if write!(path, "{name:#}").is_err() {
        return Cow::Borrowed(linkage_name);
    }
    Cow::Owned(path)
}

/// The crate that a demangled path belongs to: `alloc` for `<alloc::vec::Vec<T> as …>::drop`; for
/// `<A as B>::f` where exactly one of the crates of `A` and `B` is not std's, that one, and where
/// neither is, that of `A`. Empty for a name without a path (`main`, `memcpy`).
///
/// A path does not tell who wrote the `f` of `<krate::T as core::X>::f`: the crate, or std for all
/// types.
pub fn crate_of(path: &str) -> &str {
    crate_within(path, 0)
}

/// Whether a crate is part of the standard library.
pub(super) fn is_std_crate(name: &str) -> bool {
    STD_CRATES.contains(&name)
}

/// All crates that a path names, as often as it does: `krate` and `core` for
/// `<krate::T as core::X>::f`.
pub(super) fn crates_in(path: &str) -> impl Iterator<Item = &str> {
    path.split(|c| !in_path(c)).filter_map(|part| {
        let (first, _) = part.split_once("::")?;
        (!first.is_empty()).then_some(first)
    })
}

/// Whether a symbol has one of Rust's manglings.
pub(super) fn is_rust_symbol(linkage_name: &str) -> bool {
    // A hash tells legacy names from C++ ones like `_ZN3foo3barE`.
    (linkage_name.starts_with("_R") || linkage_name.contains("17h"))
        && rustc_demangle::try_demangle(linkage_name).is_ok()
}

/// A path without generic arguments, in the form that both manglings then share: `<Foo<T>>::new`,
/// `Foo<T>::new` and `Foo::new` all become `Foo::new`.
pub fn without_generics(path: &str) -> String {
    let mut plain = String::with_capacity(path.len());
    push_without_generics(path, 0, &mut plain);
    plain
}

fn push_without_generics(path: &str, depth: usize, plain: &mut String) {
    let mut rest = path;
    while let Some(open) = rest.find('<') {
        let (before, bracket) = rest.split_at(open);
        plain.push_str(before);
        let Some((inner, behind)) = split_bracket(bracket).filter(|_| depth < MAX_DEPTH) else {
            plain.push_str(bracket);
            return;
        };
        rest = behind;
        let after_name = plain.ends_with(|c: char| in_path(c) || c == '>');
        if after_name && !inner.starts_with("impl ") {
            let len = plain.trim_end_matches("::").len();
            plain.truncate(len);
        } else if let Some((ty, of)) = split_as(inner) {
            plain.push('<');
            push_without_generics(ty, depth + 1, plain);
            plain.push_str(" as ");
            push_without_generics(of, depth + 1, plain);
            plain.push('>');
        } else {
            let bare = inner.starts_with(in_path) && !inner.starts_with("impl ");
            plain.push_str(if bare { "" } else { "<" });
            push_without_generics(inner, depth + 1, plain);
            plain.push_str(if bare { "" } else { ">" });
        }
    }
    plain.push_str(rest);
}

fn crate_within(path: &str, depth: usize) -> &str {
    if depth > MAX_DEPTH {
        return "";
    }
    let Some((inner, _)) = path.starts_with('<').then(|| split_bracket(path)).flatten() else {
        let end = path.find(|c: char| !is_ident(c)).unwrap_or(path.len());
        let (first, behind) = path.split_at(end);
        return if behind.starts_with("::") { first } else { "" };
    };
    let (ty, of) = split_as(inner).unwrap_or((inner, ""));
    let ty = crate_within(strip_type(ty), depth + 1);
    let of = crate_within(strip_type(of), depth + 1);
    if ty.is_empty() || (is_std_crate(ty) && !of.is_empty() && !is_std_crate(of)) { of } else { ty }
}

/// The path inside of a reference, pointer, slice, tuple or trait object.
fn strip_type(mut ty: &str) -> &str {
    const BEFORE: [&str; 9] = ["&", "mut ", "*const ", "*mut ", "[", "(", "dyn ", "impl ", " "];
    while let Some(rest) = BEFORE.iter().find_map(|before| ty.strip_prefix(before)) {
        ty = rest;
    }
    ty
}

/// What is between the bracket that a text begins with and its partner, and what follows that.
fn split_bracket(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0usize;
    let mut before = 0;
    for (i, byte) in text.bytes().enumerate() {
        match byte {
            b'<' => depth += 1,
            // Not the arrow of a function type.
            b'>' if before != b'-' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some((text.get(1..i)?, text.get(i + 1..)?));
                }
            }
            _ => {}
        }
        before = byte;
    }
    None
}

/// The two sides of the outermost ` as `.
fn split_as(text: &str) -> Option<(&str, &str)> {
    let (mut depth, mut before) = (0i64, 0);
    for (i, byte) in text.bytes().enumerate() {
        match byte {
            b'<' => depth += 1,
            b'>' if before != b'-' => depth -= 1,
            b' ' if depth == 0 => {
                if let Some(of) = text.get(i..).and_then(|rest| rest.strip_prefix(" as ")) {
                    return Some((text.get(..i)?, of));
                }
            }
            _ => {}
        }
        before = byte;
    }
    None
}

fn is_ident(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether a character can be part of a path, with closures: `krate::f::{closure#0}`.
pub(super) fn in_path(c: char) -> bool {
    is_ident(c) || matches!(c, ':' | '{' | '}' | '#')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legacy_names_lose_their_hash_and_escapes() {
        let cases = [
            ("_ZN5hello4main17h0123456789abcdefE", "hello::main"),
            (
                "_ZN5hello4main28_$u7b$$u7b$closure$u7d$$u7d$17h0123456789abcdefE",
                "hello::main::{{closure}}",
            ),
            (
                "_ZN47_$LT$hello..Foo$u20$as$u20$core..fmt..Debug$GT$3fmt17h0123456789abcdefE",
                "<hello::Foo as core::fmt::Debug>::fmt",
            ),
            (
                "_ZN4core3ptr42drop_in_place$LT$alloc..string..String$GT$17h0123456789abcdefE",
                "core::ptr::drop_in_place<alloc::string::String>",
            ),
            (
                "_ZN5alloc3vec16Vec$LT$T$C$A$GT$4push17h0123456789abcdefE",
                "alloc::vec::Vec<T,A>::push",
            ),
            ("_ZN5hello1f17h0123456789abcdefE.llvm.123456", "hello::f"),
        ];
        for (symbol, path) in cases {
            assert_eq!(demangle(symbol), path);
        }
    }

    #[test]
    fn v0_names_lose_their_disambiguators() {
        let cases = [
            ("_RNvCs1234_7___rustc12___rust_alloc", "__rustc::__rust_alloc"),
            ("_RNvCsjMaewn57Afh_5hello4main", "hello::main"),
            ("_RNCNvCsjMaewn57Afh_5hello4main0B3_", "hello::main::{closure#0}"),
            ("_RINvCsjMaewn57Afh_1t4showhEB2_", "t::show::<u8>"),
            ("_RNvMCsjMaewn57Afh_1tNtB2_3Foo3new", "<t::Foo>::new"),
            ("_RNvXs_CsjMaewn57Afh_1tNtB4_3FooNtB4_5Shape4area", "<t::Foo as t::Shape>::area"),
            (
                "_RINvNtCsgEmfK2I1SDS_4core3ptr13drop_in_placeINtNtCslNYArtu3iFV_5alloc3vec3VechEECsjrHSEGnQ3l9_3std",
                "core::ptr::drop_in_place::<alloc::vec::Vec<u8>>",
            ),
        ];
        for (symbol, path) in cases {
            assert_eq!(demangle(symbol), path);
        }
    }

    #[test]
    fn names_of_other_languages_stay_as_they_are() {
        for name in ["main", "memcpy", "_ZN3foo3barEv", "_Rubbish", "", "_ZN", "_R"] {
            assert_eq!(demangle(name), name);
            assert!(!is_rust_symbol(name));
        }
        assert!(!is_rust_symbol("_ZN3foo3barE"), "a C++ static");
        assert!(is_rust_symbol("_ZN5hello4main17h0123456789abcdefE"));
        assert!(is_rust_symbol("_RNvCs1234_7___rustc12___rust_alloc"));
    }

    #[test]
    fn a_path_belongs_to_the_crate_that_it_begins_with() {
        let cases = [
            ("hello::main::{closure#0}", "hello"),
            ("main", ""),
            ("", ""),
            ("core::ptr::drop_in_place<hello::Foo>", "core"),
            ("<hello::Foo>::new", "hello"),
            ("core::fmt::num::<impl core::fmt::Debug for i32>::fmt", "core"),
            ("__rustc::__rust_alloc", "__rustc"),
        ];
        for (path, krate) in cases {
            assert_eq!(crate_of(path), krate, "{path}");
        }
    }

    #[test]
    fn an_impl_belongs_to_the_crate_that_is_not_std() {
        let cases = [
            ("<alloc::vec::Vec<T,A> as core::ops::drop::Drop>::drop", "alloc"),
            ("<hello::Foo as core::fmt::Debug>::fmt", "hello"),
            ("<alloc::vec::Vec<u8> as hello::Shape>::area", "hello"),
            ("<i32 as hello::Shape>::area", "hello"),
            ("<T as core::convert::Into<U>>::into", "core"),
            ("<&hello::Foo as core::fmt::Debug>::fmt", "hello"),
            ("<[T] as core::fmt::Debug>::fmt", "core"),
            ("<dyn hello::Shape as core::any::Any>::type_id", "hello"),
            ("<fn(i32) -> core::cell::Cell<i32> as hello::Call>::call", "hello"),
            ("<<hello::A as core::iter::IntoIterator>::Item as core::fmt::Debug>::fmt", "hello"),
            ("<a::A as b::B>::f", "a"),
            ("<a::A as b::B", ""),
            ("<[u8]>::len", ""),
        ];
        for (path, krate) in cases {
            assert_eq!(crate_of(path), krate, "{path}");
        }
    }

    #[test]
    fn all_crates_of_a_path_are_found() {
        let crates = |path| crates_in(path).collect::<Vec<_>>();
        let path = "<alloc::vec::Vec<T> as core::convert::From<&[hello::Foo]>>::from::{closure#0}";
        assert_eq!(crates(path), ["alloc", "core", "hello"]);
        assert_eq!(crates("main"), [""; 0]);
        assert_eq!(crates("t::show::<u8>"), ["t"]);
    }

    #[test]
    fn generics_are_stripped_to_what_both_manglings_share() {
        let cases = [
            ("alloc::vec::Vec<T,A>::push", "alloc::vec::Vec::push"),
            ("<alloc::vec::Vec<i32>>::push", "alloc::vec::Vec::push"),
            ("t::show::<t::Foo<u8>>", "t::show"),
            ("<t::Foo<u8> as t::Shape<A, B>>::area", "<t::Foo as t::Shape>::area"),
            ("core::ptr::drop_in_place<a::B>", "core::ptr::drop_in_place"),
            (
                "core::fmt::num::<impl core::fmt::Debug for i32>::fmt",
                "core::fmt::num::<impl core::fmt::Debug for i32>::fmt",
            ),
            ("<[T]>::len", "<[T]>::len"),
            ("<fn(A<B>) -> C as D>::f", "<fn(A) -> C as D>::f"),
            ("a<b", "a<b"),
            ("a>b", "a>b"),
        ];
        for (path, plain) in cases {
            assert_eq!(without_generics(path), plain);
        }
    }

    #[test]
    fn brackets_without_end_do_no_harm() {
        let deep = "<".repeat(100_000);
        assert_eq!(crate_of(&deep), "");
        assert_eq!(without_generics(&deep), deep);
        let closed = format!("{deep}a::b{}", ">".repeat(100_000));
        assert_eq!(crate_of(&closed), "");
        assert!(without_generics(&closed).contains("a::b"));
    }
}
