//! Code addresses to functions and lines, with the calls that were inlined there.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use crate::base::{At, FileAddr, VirtAddr};
use crate::dwarf::{Images, InlineFrame, Loaded, Origin, SourceLine, crate_of, demangle};

/// A function at an address: the one that has the code, or one that was inlined there.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// The demangled path.
    pub function: Arc<str>,
    /// Who wrote it.
    pub origin: Origin,
    /// The line at which it stands.
    pub line: Option<SourceLine>,
}

/// Addresses that have been looked up. A program allocates from a few thousand call sites, however
/// often it allocates. They are kept by file and address in it: a library that was unloaded can have
/// made place for another, whose functions are others.
#[derive(Default)]
pub(super) struct Symbolizer {
    places: HashMap<Key, Arc<[Place]>>,
    lines: HashMap<Key, Option<Arc<At>>>,
}

/// An image, by its address, and an address in it. Images that were parsed once are kept.
type Key = (usize, FileAddr);

impl Symbolizer {
    /// The functions at an address, innermost inlined call first. Empty where no file is mapped.
    pub fn places(&mut self, images: &dyn Images, lookup: VirtAddr) -> Arc<[Place]> {
        match images.image_at(lookup) {
            Some(loaded) => self.places_in(&loaded, lookup),
            None => Arc::default(),
        }
    }

    fn places_in(&mut self, loaded: &Loaded, lookup: VirtAddr) -> Arc<[Place]> {
        let find = || find_places(loaded, lookup).into();
        self.places.entry(key(loaded, lookup)).or_insert_with(find).clone()
    }

    /// The user's line at an address: that of the innermost of its functions that the user wrote. A
    /// `#[global_allocator]` of the user's is no answer to the question of who allocates.
    pub fn user_line(&mut self, images: &dyn Images, lookup: VirtAddr) -> Option<Arc<At>> {
        let loaded = images.image_at(lookup)?;
        if let Some(known) = self.lines.get(&key(&loaded, lookup)) {
            return known.clone();
        }
        let places = self.places_in(&loaded, lookup);
        let user = places
            .iter()
            .find(|place| place.origin == Origin::User && !is_allocator(&place.function));
        let line = user.map(|place| Arc::new(place.at()));
        self.lines.insert(key(&loaded, lookup), line.clone());
        line
    }

    /// The line to name for calls none of which the user wrote: the innermost function that is not
    /// plumbing of the allocation itself.
    pub fn runtime_line(&mut self, images: &dyn Images, callers: &[VirtAddr]) -> Option<Arc<At>> {
        let mut outermost = None;
        for caller in callers {
            for place in self.places(images, *caller).iter() {
                if !is_plumbing(&place.function) {
                    return Some(Arc::new(place.at()));
                }
                outermost = Some(place.at());
            }
        }
        outermost.map(Arc::new)
    }

    /// The address space was replaced.
    pub fn forget(&mut self) {
        *self = Symbolizer::default();
    }
}

impl Place {
    /// The place as events name it.
    pub fn at(&self) -> At {
        At {
            function: self.function.to_string(),
            file: self.line.as_ref().map(|line| line.file.to_string()),
            line: self.line.as_ref().map(|line| line.line),
        }
    }
}

/// The name of a file without its folders.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn is_plumbing(function: &str) -> bool {
    matches!(crate_of(function), "alloc" | "core" | "hashbrown" | "__rustc")
        || function.starts_with("std::alloc::")
        || function.starts_with("std::sys::alloc::")
        || is_allocator(function)
        || function.contains("__rust_")
        || function.contains("__rdl_")
}

/// Whether a function is one of an implementation of `GlobalAlloc`, in either mangling, or a shim
/// that calls it: rustc generates those at the line of the `#[global_allocator]`.
pub(super) fn is_allocator(function: &str) -> bool {
    function.starts_with("__rustc::__r")
        || function.starts_with('<') && function.contains("core::alloc::global::GlobalAlloc>::")
        || function.contains("<impl core::alloc::global::GlobalAlloc for ")
}

fn key(loaded: &Loaded, lookup: VirtAddr) -> Key {
    (Arc::as_ptr(&loaded.image) as usize, loaded.bias.to_file(lookup))
}

fn find_places(loaded: &Loaded, lookup: VirtAddr) -> Vec<Place> {
    let at = loaded.bias.to_file(lookup);
    let image = &loaded.image;
    if let Some(function) = image.function_at(at) {
        let place = |frame: InlineFrame<'_>| {
            let by_crate = || image.origin_of_crate(crate_of(&frame.name));
            let origin = match frame.at.as_ref().map(|line| Origin::of_source_file(&line.file)) {
                Some(origin @ (Origin::User | Origin::Std | Origin::Foreign)) => origin,
                // A file in a registry can be that of the program itself.
                Some(Origin::Dependency) | None => by_crate(),
            };
            Place { function: frame.name, origin, line: frame.at }
        };
        return function.inline_chain(at, image.line_at(at)).into_iter().map(place).collect();
    }
    let function = match image.symbols().at(at) {
        Some(symbol) => demangle(symbol.name).as_ref().into(),
        None => format!("?? in {}", file_name(image.path())).into(),
    };
    vec![Place { function, origin: image.origin_at(at), line: image.line_at(at) }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Bias;
    use crate::dwarf::sample;

    #[test]
    fn an_implementation_of_an_allocator_is_told_from_code_that_mentions_one() {
        assert!(is_allocator("<user::Counting as core::alloc::global::GlobalAlloc>::alloc"));
        assert!(is_allocator(
            "std::sys::alloc::unix::<impl core::alloc::global::GlobalAlloc for \
             std::alloc::System>::dealloc"
        ));
        assert!(is_allocator("__rustc::__rust_alloc"));
        assert!(!is_allocator("user::GlobalAlloc::work") && !is_allocator("user::main"));
    }

    /// One image, wherever it is loaded now.
    struct Moving(Loaded);

    impl Images for Moving {
        fn image_at(&self, _: VirtAddr) -> Option<Loaded> {
            Some(self.0.clone())
        }
    }

    #[test]
    fn an_address_at_which_something_else_is_loaded_later_is_looked_up_again() {
        let image = sample::debug().clone();
        let of = |name| {
            let symbol = image.symbols().by_linkage_name(name).next();
            symbol.expect("a function of the sample").range.start
        };
        let at = VirtAddr(0x7f00_0000_0000);
        let mut symbolizer = Symbolizer::default();
        for name in ["exported", "main"] {
            let bias = Bias::between(of(name), at);
            let images = Moving(Loaded { image: image.clone(), bias });
            let places = symbolizer.places(&images, at);
            let function = places.last().map(|place| place.function.to_string());
            assert!(function.as_ref().is_some_and(|f| f.ends_with(name)), "{function:?}");
        }
    }
}
