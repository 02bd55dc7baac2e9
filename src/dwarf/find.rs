//! Types, statics and constants by name.

use std::sync::Arc;

use super::image::Image;
use super::name_match::{Fit, Name};
use super::name_walk::Kind;
use super::statics::{Static, StaticAt};
use super::types::{TypeKind, TypeRef, Types};
use super::units::UnitId;
use crate::base::Unreadable;

/// How many arrays are looked at when one is asked for by name: their dies have none.
const MAX_ARRAYS: usize = 1 << 16;
/// How many types or statics of one name are returned.
const MAX_FOUND: usize = 1 << 14;

/// Something that has a value and no place: a constant, a variant of an enum without data, a static
/// that optimisation left nothing of.
#[derive(Clone, PartialEq, Debug)]
pub struct Constant {
    /// Its full path: `krate::Enum::Variant`, `krate::NAME`.
    pub name: Arc<str>,
    /// Its type.
    pub ty: Option<TypeRef>,
    /// Its bytes, lowest first, at most as many as the type has; where there are fewer, the rest is
    /// zero.
    pub value: Result<Vec<u8>, Unreadable>,
}

impl Image {
    /// The types that a name may mean.
    ///
    /// It is a full path or the end of one (`module::Point`, `Point`), with or without generic
    /// arguments (`Vec` is every `Vec`, `Vec<String>` leaves out the allocator, `_` stands for any
    /// argument), a primitive, a tuple, a reference, an array, or what
    /// [`short_type_name`](super::short_type_name) prints. Full paths are preferred to ends of paths.
    /// Types that look alike in several units are one; types that are only declared come last, and
    /// only where none is described.
    ///
    /// The unit `near` is asked first, and where it knows the name, no other. In a program with more
    /// than 32 MB of debug information the units of the user's crates are asked before the rest.
    /// Each set of units is walked once, in parallel (`.debug_info`; rustc writes no usable
    /// `.debug_names`).
    pub fn types_named(&self, name: &str, near: Option<UnitId>) -> Vec<TypeRef> {
        if Name::of(name).is_array() {
            return self.arrays_named(name, near);
        }
        let found = self.first_found(near, |index| index.types(name));
        let described = found.iter().any(|(_, kind, _)| *kind != Kind::Declared);
        let wanted = found.into_iter().filter(|(_, kind, _)| !described || *kind != Kind::Declared);
        best(wanted.map(|(fit, _, die)| (fit, TypeRef(die))).collect())
    }

    /// The statics and thread-locals that a path or the end of one may mean, where they have a place.
    ///
    /// A thread-local of the `thread_local!` macro has the name that the user gave it. Its type is
    /// that of the macro's storage (`Storage<T, …>` of std, or `T` itself), and its place is that
    /// of the storage. `near` is as for [`Image::types_named`].
    pub fn statics_named(&self, path: &str, near: Option<UnitId>) -> Vec<Static> {
        best(self.first_found(near, |index| {
            let found = index.variables(path).into_iter().take(MAX_FOUND);
            let found = found.filter_map(|(fit, die, name)| {
                let read = self.read_static(die)?;
                Some((fit, Static { name: name.into(), ..read }))
            });
            self.without_tombstones(found.collect())
        }))
    }

    /// What has a value and no place: variables of no function with `DW_AT_const_value` (DWARF 4,
    /// section 4.1), variants of enums without data by the enum's name (`Ordering::Relaxed`), and
    /// statics that were optimised out, with that reason.
    ///
    /// rustc describes no `const` and no associated `const`: they are found only where another
    /// compiler wrote one down.
    pub fn constants_named(&self, path: &str, near: Option<UnitId>) -> Vec<Constant> {
        let mut found = best(self.first_found(near, |index| {
            let variables = index.variables(path).into_iter().take(MAX_FOUND);
            let constant =
                |(fit, die, name): (Fit, usize, String)| Some((fit, self.constant_of(die, name)?));
            variables.filter_map(constant).collect()
        }));
        // A static that has a place in one unit is only optimised out of the others.
        let value = found.iter().any(|constant| constant.value.is_ok());
        if value || !self.statics_named(path, near).is_empty() {
            found.retain(|constant| constant.value.is_ok());
        }
        if let Some((of, name)) = path.rsplit_once("::") {
            let enums = self.types_named(of, near).into_iter();
            found.extend(enums.filter_map(|ty| self.enumerator(ty, name)));
        }
        found.dedup();
        found
    }

    /// The full names of all types that are described, in no order, for completion and for
    /// suggestions. The first call walks all units.
    pub fn type_names(&self) -> impl Iterator<Item = String> {
        self.all_names().type_names()
    }

    /// The full paths of all statics, as [`Image::type_names`] does for types.
    pub fn static_names(&self) -> impl Iterator<Item = String> {
        self.all_names().variable_names()
    }

    fn arrays_named(&self, name: &str, near: Option<UnitId>) -> Vec<TypeRef> {
        let asked = Name::of(name);
        let mut found = best(self.first_found(near, |index| {
            let fits = |die: usize| {
                let fit = asked.fits(&self.get(TypeRef(die)).ok()?.name)?;
                Some((fit, TypeRef(die)))
            };
            index.arrays().take(MAX_ARRAYS).filter_map(fits).collect()
        }));
        // Each unit has its own die of `[u8; 4]`.
        let mut seen = std::collections::HashSet::new();
        found.retain(|ty| self.get(*ty).is_ok_and(|ty| seen.insert((ty.name.clone(), ty.size))));
        found
    }

    fn enumerator(&self, ty: TypeRef, name: &str) -> Option<Constant> {
        let of = self.get(ty).ok()?;
        let TypeKind::CLike { enumerators, .. } = &of.kind else { return None };
        let (_, value) = enumerators.iter().find(|(enumerator, _)| &**enumerator == name)?;
        let mut bytes = value.to_le_bytes().to_vec();
        bytes.truncate(usize::try_from(of.size?).ok()?);
        Some(Constant {
            name: format!("{}::{name}", of.name).into(),
            ty: Some(ty),
            value: Ok(bytes),
        })
    }

    /// A variable without a place; none where it has one.
    fn constant_of(&self, die: usize, name: String) -> Option<Constant> {
        let chain = self.chain(die);
        let first = chain.first()?;
        if first.flag(gimli::DW_AT_declaration) || self.static_place(first).is_some() {
            return None;
        }
        let ty = chain.iter().find_map(|die| die.type_ref());
        let value = chain.iter().find_map(|die| die.value(gimli::DW_AT_const_value));
        let value =
            value.map_or(Err(Unreadable::OptimisedOut), |value| self.constant(first, value));
        let size = ty.and_then(|ty| self.get(ty).ok()?.size).and_then(|n| usize::try_from(n).ok());
        let cut = |mut bytes: Vec<u8>| {
            bytes.truncate(size.unwrap_or(usize::MAX));
            bytes
        };
        Some(Constant { name: name.into(), ty, value: value.map(cut) })
    }

    /// Takes out the thread-locals that the linker removed: their offset reads as zero, which is
    /// also that of the first one. The macro writes a storage for values with and one for values
    /// without a destructor, and only one of them stays.
    fn without_tombstones(&self, mut found: Vec<(Fit, Static)>) -> Vec<(Fit, Static)> {
        let stays = |found: &Static| match (found.at, found.linkage_name) {
            (StaticAt::ThreadLocal(offset), Some(name)) => {
                offset != 0 || self.symbols().thread_locals().any(|symbol| symbol.name == name)
            }
            _ => true,
        };
        if found.iter().any(|(_, found)| stays(found)) {
            found.retain(|(_, found)| stays(found));
        }
        found
    }
}

/// Those that fit best.
fn best<T>(found: Vec<(Fit, T)>) -> Vec<T> {
    let best = found.iter().map(|(fit, _)| *fit).min();
    let found = found.into_iter().filter(|(fit, _)| Some(*fit) == best);
    found.map(|(_, found)| found).take(MAX_FOUND).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Build, builds, debug_builds};
    use super::super::sample;
    use super::super::symbols::SymbolKind;
    use super::*;

    fn types(build: &Build, name: &str) -> Vec<String> {
        let found = build.image.types_named(name, None).into_iter();
        let mut names: Vec<String> = found.map(|ty| build.ty(ty).name.to_string()).collect();
        names.sort();
        names
    }

    fn statics(build: &Build, path: &str) -> Vec<Static> {
        build.image.statics_named(path, None)
    }

    #[test]
    fn a_type_is_found_by_its_path_its_end_and_its_short_name() {
        const STRING: &str = "alloc::string::String";
        for build in debug_builds() {
            let point = ["program::deep::deeper::Point"];
            for name in [
                "program::deep::deeper::Point",
                "deeper::Point",
                "Point",
                "crate::deep::deeper::Point",
            ] {
                assert_eq!(types(build, name), point, "{name}");
            }
            for name in ["String", "string::String", STRING, "std::string::String"] {
                assert_eq!(types(build, name), [STRING], "{name}");
            }
            let vec = ["alloc::vec::Vec<i64, alloc::alloc::Global>"];
            for name in ["Vec<i64>", "alloc::vec::Vec<i64, alloc::alloc::Global>", "vec::Vec<_>"] {
                assert!(types(build, name).contains(&vec[0].to_owned()), "{name}");
            }
            assert_eq!(types(build, "Vec<i64>"), vec);
            for name in
                ["i32", "&str", "bool", "(u8, u32)", "[u16; 5]", "&mut i32", "fn(i32) -> i32"]
            {
                assert_eq!(types(build, name), [name], "{name}");
            }
            for name in ["", "Pont", "deep::Point", "Vec<Point>", "COUNTER", "sum", "Named"] {
                assert_eq!(types(build, name), [""; 0], "{name}");
            }
            assert_eq!(types(build, "Shape::Named"), ["program::Shape::Named"]);
        }
    }

    #[test]
    fn types_that_look_alike_in_several_units_are_one_and_instances_are_many() {
        for build in debug_builds() {
            let pairs = types(build, "Pair");
            assert_eq!(
                pairs,
                ["other::Pair<&str, u8>", "other::Pair<u8, &str>", "other::Pair<u8, f32>"]
            );
            let all: Vec<String> = build.image.type_names().collect();
            let once = |name: &str| all.iter().filter(|other| *other == name).count();
            assert_eq!((once("u8"), once("alloc::string::String"), once("&str")), (1, 1, 1));
            assert_eq!(once("program::Shape::Named"), 0);
        }
    }

    #[test]
    fn every_type_of_every_build_is_found_by_its_own_name() {
        for build in builds() {
            let names: Vec<String> = build.image.type_names().collect();
            assert!(names.len() > 100, "{}", names.len());
            for name in names {
                let found = types(build, &name);
                assert!(found.contains(&name), "{name}: {found:?}");
            }
        }
    }

    #[test]
    fn the_unit_that_is_near_is_asked_first_and_may_be_the_only_one() {
        for build in debug_builds() {
            let near = build.function("program::main").unit;
            let image = Image::parse(build.image.path(), build.bytes).expect("an ELF file");
            assert_eq!(image.types_named("Niche", Some(near)).len(), 1);
            assert!(!image.has_all_names(), "the other units were left alone");
            assert_eq!(image.types_named("Nihce", Some(near)), []);
            assert!(image.has_all_names());
        }
    }

    #[test]
    fn a_static_is_found_with_its_place() {
        for build in debug_builds() {
            for path in ["COUNTER", "deeper::COUNTER", "program::deep::deeper::COUNTER"] {
                let [found] = &statics(build, path)[..] else { panic!("{path}") };
                assert_eq!(&*found.name, "program::deep::deeper::COUNTER");
                assert!(matches!(found.at, StaticAt::Address(_)));
            }
            assert_eq!(statics(build, "COUNTERS"), []);
            assert_eq!(statics(build, "sum"), [], "it is a variable of a function");
            let names: Vec<String> = build.image.static_names().collect();
            assert!(names.contains(&"program::LOCAL".to_owned()), "{names:?}");
        }
    }

    #[test]
    fn a_static_that_was_optimised_out_says_so() {
        for build in builds().iter().filter(|build| build.optimised) {
            // Whether it is left is the optimiser's affair; that it is known is not.
            let placed = statics(build, "program::deep::deeper::COUNTER").len();
            let gone = build.image.constants_named("COUNTER", None);
            let reasons: Vec<_> = gone.iter().map(|gone| gone.value.clone()).collect();
            match placed {
                0 => assert_eq!(reasons, [Err(Unreadable::OptimisedOut)]),
                _ => assert_eq!((placed, reasons), (1, vec![])),
            }
        }
    }

    #[test]
    fn a_thread_local_is_found_by_the_users_name_and_only_where_it_is() {
        for build in builds() {
            for (name, ty) in [("LOCAL", "core::cell::Cell<u64>"), ("LAZY", "Storage<")] {
                let all = statics(build, name);
                let [local] = &all[..] else { panic!("{all:?}") };
                assert_eq!(*local.name, format!("program::{name}"));
                let symbols = build.image.symbols().all().iter();
                let mut symbols = symbols.filter(|s| Some(s.name) == local.linkage_name);
                let symbol = symbols.next().expect("a symbol");
                assert_eq!(symbol.kind, SymbolKind::ThreadLocal);
                assert!(matches!(local.at, StaticAt::ThreadLocal(_)));
                let found = build.ty(local.ty.expect("typed"));
                assert!(found.name.contains(ty), "{}", found.name);
            }
        }
    }

    #[test]
    fn a_variant_without_data_is_a_constant_of_its_enum() {
        for build in debug_builds() {
            let constant = |path: &str| match &build.image.constants_named(path, None)[..] {
                [one] => (one.name.to_string(), one.value.clone().expect("a value")),
                other => panic!("{path}: {other:?}"),
            };
            assert_eq!(constant("Sign::Minus"), ("program::Sign::Minus".to_owned(), vec![0xff]));
            assert_eq!(constant("program::Plain::B"), ("program::Plain::B".to_owned(), vec![200]));
            assert_eq!(build.image.constants_named("Plain::C", None), []);
            assert_eq!(build.image.constants_named("COUNTER", None), [], "it has a place");
        }
    }

    #[test]
    fn a_program_without_debug_information_has_no_names_of_its_own() {
        assert_eq!(sample::plain().types_named("t::Foo", None), []);
        assert_eq!(sample::plain().statics_named("t::FOO", None), []);
        assert_eq!(sample::debug().types_named("Foo", None).len(), 1);
    }
}
