//! What the paths of functions say about drops: drop glue, and a type's own `Drop::drop`.

/// Which part of a drop a function is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DropPart {
    /// What the compiler makes to end a value of a type: it calls the type's own `drop`, if it has
    /// one, and then ends the fields.
    Glue,
    /// The type's own `Drop::drop`.
    Body,
}

/// The names that drop glue has had: `core::ptr::drop_in_place<T>`, and `core::ptr::drop_glue<T>`
/// since 1.97.
const GLUE: [&str; 2] = ["core::ptr::drop_in_place", "core::ptr::drop_glue"];

/// The part of a drop that a function with this demangled path is, and the type as the path names
/// it; none for another function.
///
/// The legacy mangling names the parameters of generic types (`<a::Own<T> as …>::drop`) instead of
/// their arguments; the debug information tells those.
///
/// ```
/// use freehold::dwarf::{DropPart, dropped_by};
/// assert_eq!(dropped_by("core::ptr::drop_in_place<a::B>"), Some((DropPart::Glue, "a::B")));
/// assert_eq!(dropped_by("a::drop_in_place"), None);
/// ```
pub fn dropped_by(path: &str) -> Option<(DropPart, &str)> {
    let glue = GLUE.iter().find_map(|glue| path.strip_prefix(glue));
    if let Some(arguments) = glue {
        let arguments = arguments.strip_prefix("::").unwrap_or(arguments);
        let ty = arguments.strip_prefix('<')?.strip_suffix('>')?;
        return Some((DropPart::Glue, ty));
    }
    const OF: &str = " as core::ops::drop::Drop>::drop";
    const FOR: &str = "<impl core::ops::drop::Drop for ";
    if let Some(ty) = path.strip_suffix(OF) {
        return Some((DropPart::Body, ty.strip_prefix('<')?));
    }
    // An impl that stands in another module than its type.
    let (_, ty) = path.strip_suffix(">::drop")?.split_once(FOR)?;
    Some((DropPart::Body, ty))
}

/// Whether a linker name can be that of drop glue or of a `Drop::drop`: a test that turns most
/// symbols away before they are demangled.
pub(super) fn may_drop(linkage_name: &str) -> bool {
    linkage_name.contains("drop")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn glue_and_bodies_are_told_by_their_paths_in_both_manglings() {
        let glue = |path, ty| assert_eq!(dropped_by(path), Some((DropPart::Glue, ty)));
        glue("core::ptr::drop_in_place<(a::B, u8)>", "(a::B, u8)");
        glue("core::ptr::drop_in_place::<alloc::vec::Vec<u8>>", "alloc::vec::Vec<u8>");
        glue("core::ptr::drop_glue::<[a::B; 2]>", "[a::B; 2]");
        glue("core::ptr::drop_in_place<a::f::{{closure}}>", "a::f::{{closure}}");
        let body = |path, ty| assert_eq!(dropped_by(path), Some((DropPart::Body, ty)));
        body("<a::Guard as core::ops::drop::Drop>::drop", "a::Guard");
        body("<a::Own<T> as core::ops::drop::Drop>::drop", "a::Own<T>");
        body("a::elsewhere::<impl core::ops::drop::Drop for a::Guard>::drop", "a::Guard");
    }

    #[test]
    fn what_is_only_called_so_is_no_drop() {
        for path in [
            "core::mem::drop",
            "core::mem::drop::<a::Guard>",
            "core::ptr::drop_in_place",
            "core::ptr::drop_in_place_and_more<a::B>",
            "<a::Guard as a::Drop>::drop",
            "<a::Guard as core::ops::drop::Drop>::drop::helper",
            "a::drop",
            "",
        ] {
            assert_eq!(dropped_by(path), None, "{path}");
        }
    }
}
