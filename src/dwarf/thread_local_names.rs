//! What the user calls a thread-local variable: the `thread_local!` macro keeps the value in a
//! variable of its own, deep below the name that was given to it.

use super::names::demangle;
use super::symbols::Symbols;
use crate::base::FileAddr;

impl Symbols {
    /// The name of the thread-local variable that has the byte at an offset of the image's block of
    /// thread-local storage: the path that the user gave it, where the macro made it. None where no
    /// symbol says.
    pub fn thread_local_at(&self, offset: u64) -> Option<String> {
        // The addresses of such symbols are offsets in the block.
        let at = FileAddr(offset);
        let symbol = self.thread_locals().filter(|symbol| symbol.range.contains(at)).last()?;
        let path = demangle(symbol.name);
        Some(users_name(&path).unwrap_or(&path).to_owned())
    }
}

/// The user's name in the path of what the `thread_local!` macro keeps a value in:
/// `krate::COUNTER` for `krate::COUNTER::{{constant}}::{{closure}}::__RUST_STD_INTERNAL_VAL`. None
/// for a variable that the macro did not make.
fn users_name(path: &str) -> Option<&str> {
    let (mut around, storage) = path.rsplit_once("::")?;
    if !is_thread_local_storage(storage) {
        return None;
    }
    let mut found = None;
    while let Some((outside, segment)) = around.rsplit_once("::") {
        if is_thread_local_access(segment) {
            found = Some(outside);
        } else if found.is_some() {
            break;
        }
        around = outside;
    }
    found
}

/// What the macro calls the variable itself: since 1.80, and before.
pub(super) fn is_thread_local_storage(name: &str) -> bool {
    matches!(name, "__RUST_STD_INTERNAL_VAL" | "VAL" | "__KEY")
}

/// What lies between the user's name and the variable: the constant that the macro defines it as, in
/// DWARF and in both manglings, or the function in it.
pub(super) fn is_thread_local_access(segment: &str) -> bool {
    let constant = ["{constant#", "{{constant}}", "{K#"];
    constant.iter().any(|begin| segment.starts_with(begin)) || segment == "__getit"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dwarf::sample;

    #[test]
    fn the_macros_own_path_is_left_out() {
        let cases = [
            ("k::N::{{constant}}::{{closure}}::__RUST_STD_INTERNAL_VAL", Some("k::N")),
            ("k::m::N::{constant#0}::{closure#1}::VAL", Some("k::m::N")),
            ("k::m::N::{K#0}::{closure#1}::__RUST_STD_INTERNAL_VAL", Some("k::m::N")),
            ("<k::A as m::B>::f::N::__getit::__KEY", Some("<k::A as m::B>::f::N")),
            ("k::VAL", None),
            ("k::f::VAL", None),
            ("k::N", None),
            ("VAL", None),
        ];
        for (path, name) in cases {
            assert_eq!(users_name(path), name, "{path}");
        }
    }

    #[test]
    fn each_thread_local_variable_is_named_at_each_of_its_bytes() {
        for image in [sample::debug(), sample::optimised()] {
            let symbols = image.symbols();
            let size = image.tls_segment().expect("std has thread-local variables").size;
            let names: Vec<_> = (0..size).filter_map(|at| symbols.thread_local_at(at)).collect();
            assert!(names.iter().any(|name| name == "std::thread::current::CURRENT"), "{names:?}");
            let of_macro = "std::thread::spawnhook::SPAWN_HOOKS";
            assert!(names.iter().any(|name| name == of_macro), "{names:?}");
            assert!(names.iter().all(|name| !name.contains("INTERNAL")), "{names:?}");
            assert_eq!(symbols.thread_local_at(size + 4096), None);
        }
    }
}
