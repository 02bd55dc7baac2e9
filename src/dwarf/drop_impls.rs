//! Which types have a `Drop` of their own: told by the functions that implement it.

use std::collections::HashSet;
use std::sync::OnceLock;

use super::image::Image;
use super::names::{demangle, without_generics};
use super::types::Type;

/// The paths, without generic arguments, of the types with a `Drop` of their own.
#[derive(Default)]
pub(super) struct DropImpls {
    /// Those whose function has code of its own.
    own: OnceLock<HashSet<String>>,
    /// Those whose function was inlined somewhere, once they were looked for.
    inlined: OnceLock<HashSet<String>>,
}

/// How the path of an implementation ends.
const DROP: &str = " as core::ops::drop::Drop>::drop";

impl Image {
    /// Whether a type implements `Drop` itself, as far as the image has code for that: code that
    /// was inlined everywhere is found after [`Image::find_inlined_drop_impls`].
    pub fn implements_drop(&self, ty: &Type) -> bool {
        let own = self.drop_impls.own.get_or_init(|| self.find_drop_impls());
        let mut known = [Some(own), self.drop_impls.inlined.get()].into_iter().flatten();
        let path = without_generics(&ty.name);
        known.any(|known| known.contains(&path))
    }

    /// Looks for the implementations of `Drop` that were inlined. This walks over the debug
    /// information of all units, once: only who has optimised code before him asks for it.
    pub fn find_inlined_drop_impls(&self) {
        self.drop_impls.inlined.get_or_init(|| {
            let copies = self.inlined_where(Some("drop"), &|path| path.ends_with(DROP), &|_| true);
            copies.iter().filter_map(|copy| implemented_by(&copy.name)).collect()
        });
    }

    fn find_drop_impls(&self) -> HashSet<String> {
        // Both manglings write the path of the trait with the lengths of its segments between.
        let impls = self.symbols().functions_where(Some("drop"), |path| path.ends_with(DROP));
        impls.into_iter().filter_map(|symbol| implemented_by(&demangle(symbol.name))).collect()
    }
}

/// The path of the type whose implementation a function is.
fn implemented_by(path: &str) -> Option<String> {
    Some(without_generics(path.strip_suffix(DROP)?.strip_prefix('<')?))
}

#[cfg(test)]
mod tests {
    use super::super::sample;

    #[test]
    fn what_was_inlined_is_found_when_it_was_asked_for() {
        let image = sample::optimised();
        image.find_inlined_drop_impls();
        let inlined = image.drop_impls.inlined.get().expect("it was looked for");
        assert!(inlined.contains("alloc::raw_vec::RawVec"), "{inlined:?}");
        assert!(inlined.iter().all(|path| !path.ends_with('>')), "{inlined:?}");
    }

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
