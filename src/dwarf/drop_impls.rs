//! Which types have a `Drop` of their own: told by the functions that implement it.

use std::collections::HashSet;
use std::sync::OnceLock;

use super::image::Image;
use super::names::{demangle, without_generics};
use super::types::Type;

/// The paths, without generic arguments, of the types with a `Drop` of their own.
pub(super) type DropImpls = OnceLock<HashSet<String>>;

/// How the path of an implementation ends.
const DROP: &str = " as core::ops::drop::Drop>::drop";

impl Image {
    /// Whether a type implements `Drop` itself, as far as the image has code for that: code that
    /// was inlined everywhere is not found.
    pub fn implements_drop(&self, ty: &Type) -> bool {
        let known = self.drop_impls.get_or_init(|| self.find_drop_impls());
        !known.is_empty() && known.contains(&without_generics(&ty.name))
    }

    fn find_drop_impls(&self) -> HashSet<String> {
        // Both manglings write the path of the trait with the lengths of its segments between.
        let impls = self.symbols().functions_where(Some("drop"), |path| path.ends_with(DROP));
        let types = impls.into_iter().filter_map(|symbol| {
            let path = demangle(symbol.name);
            let ty = path.strip_suffix(DROP)?.strip_prefix('<')?;
            Some(without_generics(ty))
        });
        types.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;

    #[test]
    fn types_of_std_with_a_drop_of_their_own_are_known_and_others_have_none() {
        for image in [sample::debug(), sample::optimised()] {
            let known = image.find_drop_impls();
            assert!(known.contains("alloc::vec::Vec"), "{known:?}");
            assert!(!known.contains("alloc::string::String"), "its buffer has one");
            assert!(known.iter().all(|path| !path.ends_with('>')), "{known:?}");
        }
    }
}
