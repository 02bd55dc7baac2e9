//! Whose code it is: the user's, a dependency's, std's.
//!
//! The path of a function tells its crate, and a source file tells who wrote that: rustc records
//! std as `/rustc/HASH/library/…`, and cargo unpacks dependencies in folders of its own. So one line
//! for each crate has to be looked up, not one for each function.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use rayon::prelude::*;

use super::image::Image;
use super::mangled_crate::{crate_of_symbol, crates_of_impl};
use super::names::{crate_of, crates_in, demangle, is_rust_symbol, is_std_crate};
use super::root_die::RootDie;
use super::symbols::SymbolKind;
use super::units::UnitId;
use crate::base::FileAddr;

/// How many functions of a crate are tried until one has a line.
const MAX_SAMPLES: usize = 8;

/// Crates that std is built with. A program may link its own copy of them, so that only a source
/// file tells which one a function belongs to.
const BUNDLED_WITH_STD: [&str; 11] = [
    "hashbrown",
    "gimli",
    "addr2line",
    "object",
    "miniz_oxide",
    "adler2",
    "memchr",
    "rustc_demangle",
    "libc",
    "cfg_if",
    "getopts",
];

/// Who wrote a function.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Origin {
    /// The user: a crate of the workspace, or of a path that is nobody else's.
    User,
    /// A dependency from a registry or a git checkout.
    Dependency,
    /// The standard library and the runtime that rustc links.
    Std,
    /// Not Rust: libc, the dynamic linker, C code.
    Foreign,
}

/// What is known of the crates of an image: by name, who wrote them.
pub(super) struct Origins {
    /// For each crate that has functions, where some of them begin.
    samples: HashMap<&'static str, Vec<FileAddr>>,
    /// Crates with a function `main` of their own.
    with_main: Vec<&'static str>,
    known: Mutex<HashMap<String, Origin>>,
    /// For each crate that has functions, whether the user wrote it.
    users: OnceLock<HashMap<&'static str, bool>>,
    /// The crates that units are named after.
    named: OnceLock<HashMap<String, Origin>>,
}

impl Origin {
    /// Whose code it is, in a word: `yours`, `std`, `dependencies`, `C`.
    pub fn whose(self) -> &'static str {
        match self {
            Origin::User => "yours",
            Origin::Std => "std",
            Origin::Dependency => "dependencies",
            Origin::Foreign => "C",
        }
    }

    /// Who wrote a file of Rust source, by its path in the debug information.
    pub fn of_source_file(path: &str) -> Origin {
        // What rustc calls std's files, where they are if its source is installed, and where the
        // crates that std is built with were.
        let std = ["/rustc/", "/rust/deps/"].iter().any(|prefix| path.starts_with(prefix))
            || path.contains("/lib/rustlib/src/");
        let dependency = ["/registry/src/", "/git/checkouts/"].iter().any(|d| path.contains(d));
        match (std, dependency) {
            (true, _) => Origin::Std,
            (_, true) => Origin::Dependency,
            _ => Origin::User,
        }
    }
}

impl Image {
    /// Who wrote the function at an address.
    ///
    /// The crate of its path tells, except for `<A as B>::f` where some of the crates in `A` and `B`
    /// are the user's: `<user::T as core::X>::f` can be of the user or of std for all types. For those,
    /// and for crates that std has a copy of, the function's declaration tells.
    pub fn origin_at(&self, at: FileAddr) -> Origin {
        let Some(symbol) = self.symbols().at(at).filter(|symbol| is_rust_symbol(symbol.name))
        else {
            return self.origin_by_unit(at);
        };
        let path = demangle(symbol.name);
        let krate = crate_of(&path);
        let unclear = if path.starts_with('<') {
            let users = |krate| self.origin_of_crate(krate) == Origin::User;
            crates_in(&path).any(users) && !crates_in(&path).all(users)
        } else {
            BUNDLED_WITH_STD.contains(&krate)
        };
        match unclear.then(|| self.file_of_function(symbol.range.start)).flatten() {
            Some(file) => Origin::of_source_file(&file),
            // `<[T]>::f`: only std may add functions to what belongs to no crate.
            None if krate.is_empty() => Origin::Std,
            None => self.origin_of_crate(krate),
        }
    }

    /// Who wrote a crate, by the source file of one of its functions.
    ///
    /// A crate without debug information is std's if it is one of those that std is built with, a
    /// dependency if the crate of `main` has debug information, and otherwise the user's.
    pub fn origin_of_crate(&self, name: &str) -> Origin {
        if is_std_crate(name) {
            return Origin::Std;
        }
        let origins = self.origins.get_or_init(|| Origins::read(self));
        if let Some(known) = origins.known.lock().ok().and_then(|known| known.get(name).copied()) {
            return known;
        }
        let origin = self
            .origin_by_units(origins, name)
            .or_else(|| self.origin_by_root_dies(origins, name))
            .or_else(|| self.origin_by_lines(origins, name))
            .unwrap_or_else(|| self.origin_without_debug_info(origins, name));
        // Whoever installed the program from a registry still calls its own crate the program's:
        // nothing depends on the crate of `main`.
        let origin = match origin {
            Origin::Dependency if origins.with_main.contains(&name) => Origin::User,
            origin => origin,
        };
        if let Ok(mut known) = origins.known.lock() {
            known.insert(name.to_owned(), origin);
        }
        origin
    }

    /// Whether a function may belong to a crate of the user's, by the linker name alone: a test that
    /// turns most symbols away without demangling them, which takes ten times as long.
    pub fn may_be_users(&self, linkage_name: &'static str) -> bool {
        let users = self.crates_of_users();
        // A crate of which only impls are left is not in the table, and can be anybody's.
        let may = |krate: &str| *users.get(krate).unwrap_or(&!is_std_crate(krate));
        match crate_of_symbol(linkage_name) {
            Some((krate, _)) => may(krate),
            None if linkage_name.starts_with("_ZN") => crates_of_impl(linkage_name).any(may),
            None => linkage_name.starts_with("_R"),
        }
    }

    fn crates_of_users(&self) -> &HashMap<&'static str, bool> {
        let origins = self.origins.get_or_init(|| Origins::read(self));
        origins.users.get_or_init(|| {
            let is_users = |krate: &'static str| self.origin_of_crate(krate) == Origin::User;
            origins.samples.keys().map(|krate| (*krate, is_users(krate))).collect()
        })
    }

    /// For a function whose symbol is not Rust's. Those of `#[no_mangle]` lie in a unit of the crate
    /// that wrote them.
    fn origin_by_unit(&self, at: FileAddr) -> Origin {
        let unit = self.unit_at(at).filter(|(_, unit)| self.is_rust_unit(unit));
        let root = unit.and_then(|(id, _)| self.root(id));
        root.map_or(Origin::Foreign, |root| Origin::of_source_file(&root.file))
    }

    /// The source file that declares the function that begins at an address.
    fn file_of_function(&self, start: FileAddr) -> Option<Arc<str>> {
        let declared = self.function_at(start).and_then(|function| function.declared.clone());
        // Where optimisation put an inlined call first, the line table gives the callee's file.
        declared.map(|line| line.file).or_else(|| self.file_at(start))
    }

    /// By the units of some functions of the crate. A program's own copy of a crate that std has too
    /// counts for more than std's; of any other crate there is one, and the first unit tells.
    fn origin_by_units(&self, origins: &Origins, name: &str) -> Option<Origin> {
        let units = origins.samples.get(name)?.iter().filter_map(|at| self.unit_id_at(*at));
        let own = units.filter_map(|unit| self.root(unit)).filter(|root| root.krate() == name);
        let mut found = own.map(|root| Origin::of_source_file(&root.file));
        if BUNDLED_WITH_STD.contains(&name) { found.min() } else { found.next() }
    }

    /// By the lines of some functions of the crate. Incremental builds do not name their units, and
    /// generic functions lie in units of those who use them.
    fn origin_by_lines(&self, origins: &Origins, name: &str) -> Option<Origin> {
        let files = origins.samples.get(name)?.iter().filter_map(|at| self.file_at(*at));
        let found = files.map(|file| Origin::of_source_file(&file));
        // A line in std is that of an inlined call.
        found.filter(|o| *o != Origin::Std || BUNDLED_WITH_STD.contains(&name)).min()
    }

    /// For a crate of which no function was found in a unit of its own: its unit may still be there.
    /// All root dies are read once, when this is first asked.
    fn origin_by_root_dies(&self, origins: &Origins, name: &str) -> Option<Origin> {
        let named = origins.named.get_or_init(|| {
            let roots = self.unit_headers().par_iter().filter_map(|header| self.root(header.id));
            let mut named = HashMap::new();
            for root in roots.collect::<Vec<_>>() {
                let origin = Origin::of_source_file(&root.file);
                let known = named.entry(root.krate().to_owned()).or_insert(origin);
                *known = origin.min(*known);
            }
            named
        });
        named.get(name).copied()
    }

    fn origin_without_debug_info(&self, origins: &Origins, name: &str) -> Origin {
        if BUNDLED_WITH_STD.contains(&name) {
            return Origin::Std;
        }
        let described = |krate: &&str| {
            let by_units = self.origin_by_units(origins, krate);
            by_units.or_else(|| self.origin_by_lines(origins, krate)).is_some()
        };
        if !origins.with_main.contains(&name) && origins.with_main.iter().any(described) {
            return Origin::Dependency;
        }
        Origin::User
    }
}

/// What the name of a unit of Rust consists of: `src/main.rs/@/hello.8a7b2c-cgu.0`.
struct Root {
    /// The main file of the crate, made absolute by `DW_AT_comp_dir`.
    file: String,
    /// The part of the crate that was compiled into the unit. Incremental builds give a hash alone.
    part: String,
}

impl Root {
    fn krate(&self) -> &str {
        self.part.split_once('.').map_or("", |(krate, _)| krate)
    }
}

impl Image {
    /// Who wrote the crate that a unit is of, by its main file; none for a unit without a name.
    pub(super) fn origin_of_unit(&self, unit: UnitId) -> Option<Origin> {
        self.root(unit).map(|root| Origin::of_source_file(&root.file))
    }

    /// What the root die of a unit says.
    fn root(&self, unit: UnitId) -> Option<Root> {
        let RootDie { name, directory } = self.root_die(unit)?;
        let (file, part) = name.split_once("/@/").unwrap_or((&name, ""));
        let file = match directory {
            Some(directory) if !file.starts_with('/') => format!("{directory}/{file}"),
            _ => file.to_owned(),
        };
        Some(Root { file, part: part.to_owned() })
    }
}

impl Origins {
    fn read(image: &Image) -> Origins {
        let mut samples: HashMap<&'static str, Vec<FileAddr>> = HashMap::new();
        let mut with_main = Vec::new();
        let functions = image.symbols().all().iter().filter(|s| s.kind == SymbolKind::Function);
        for symbol in functions {
            let Some((krate, is_main)) = crate_of_symbol(symbol.name) else { continue };
            let places = samples.entry(krate).or_default();
            if places.len() < MAX_SAMPLES {
                places.push(symbol.range.start);
            }
            if is_main {
                with_main.push(krate);
            }
        }
        Origins {
            samples,
            with_main,
            known: Mutex::default(),
            users: OnceLock::new(),
            named: OnceLock::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dwarf::sample;

    #[test]
    fn source_files_tell_who_wrote_them() {
        let cases = [
            ("/rustc/59807616e1fa/library/core/src/fmt/mod.rs", Origin::Std),
            (
                "/home/a/.rustup/toolchains/x/lib/rustlib/src/rust/library/core/src/lib.rs",
                Origin::Std,
            ),
            ("/rust/deps/hashbrown-0.15.5/src/raw/mod.rs", Origin::Std),
            ("/home/a/.cargo/registry/src/registry-1/serde-1.0/src/lib.rs", Origin::Dependency),
            ("/home/a/.cargo/git/checkouts/x-1/2/src/lib.rs", Origin::Dependency),
            ("/home/a/rustc/src/main.rs", Origin::User),
            ("src/main.rs", Origin::User),
        ];
        for (path, origin) in cases {
            assert_eq!(Origin::of_source_file(path), origin, "{path}");
        }
    }

    #[test]
    fn functions_belong_to_who_wrote_them_and_not_to_who_instantiated_them() {
        let of_foreign_type = regex::Regex::new("From<t::Foo>.*::from$").unwrap();
        for image in [sample::debug(), sample::optimised()] {
            let origin = |path: &str| {
                let found = image.symbols().functions_named(path);
                let found = found.first().unwrap_or_else(|| panic!("no {path}"));
                image.origin_at(FileAddr(found.range.start.0 + 1))
            };
            for path in
                ["t::main", "t::show", "t::Foo::new", "<t::Foo as t::Shape>::area", "exported"]
            {
                assert_eq!(origin(path), Origin::User, "{path}");
            }
            let [from] = image.symbols().functions_matching(&of_foreign_type)[..] else { panic!() };
            assert_eq!(image.origin_at(from.range.start), Origin::User);
            assert_eq!(origin("std::rt::lang_start_internal"), Origin::Std);
            assert_eq!(origin("__rustc::__rust_alloc"), Origin::Std);
            assert_eq!(origin("_start"), Origin::Foreign);
        }
    }

    #[test]
    fn the_test_by_linker_name_turns_away_none_of_the_users_functions() {
        for image in [sample::debug(), sample::optimised(), sample::plain()] {
            let functions = image.symbols().all().iter().filter(|s| s.kind == SymbolKind::Function);
            let (mut users, mut turned_away) = (0, 0);
            for symbol in functions {
                let path = demangle(symbol.name);
                let krate = crate_of(&path);
                let is_users = !krate.is_empty() && image.origin_of_crate(krate) == Origin::User;
                let may_be = image.may_be_users(symbol.name);
                assert!(may_be || !is_users, "{path}");
                users += usize::from(is_users);
                turned_away += usize::from(!may_be);
            }
            assert!(users > 5 && turned_away > 200, "{users} users', {turned_away} turned away");
        }
    }

    #[test]
    fn c_is_foreign_with_debug_information_too() {
        let image = sample::c_library();
        let add = image.symbols().by_linkage_name("add").next().unwrap().range.start;
        assert!(image.line_at(add).is_some());
        assert_eq!(image.origin_at(add), Origin::Foreign);
    }

    #[test]
    fn a_derived_impl_of_a_trait_of_std_is_the_users() {
        let image = sample::debug();
        let [fmt] = image.symbols().functions_named("<t::Foo as core::fmt::Debug>::fmt")[..] else {
            panic!("it is not inlined without optimisation")
        };
        assert_eq!(image.origin_at(fmt.range.start), Origin::User);
    }

    #[test]
    fn an_impl_of_std_for_all_types_is_std_although_it_names_the_users_type() {
        let image = sample::debug();
        let functions = image.symbols().functions_matching(&regex::Regex::new("^<&").unwrap());
        let legacy = functions.iter().find(|s| demangle(s.name) == "<&T as core::fmt::Debug>::fmt");
        assert_eq!(image.origin_at(legacy.unwrap().range.start), Origin::Std);
        let image = sample::optimised();
        let functions = image.symbols().functions_named("<&t::Foo as core::fmt::Debug>::fmt");
        assert_eq!(crate_of("<&t::Foo as core::fmt::Debug>::fmt"), "t");
        assert_eq!(image.origin_at(functions[0].range.start), Origin::Std);
    }

    #[test]
    fn crates_are_told_apart_with_and_without_debug_information() {
        for image in [sample::debug(), sample::optimised(), sample::plain()] {
            assert_eq!(image.origin_of_crate("t"), Origin::User);
            assert_eq!(image.origin_of_crate("core"), Origin::Std);
            assert_eq!(image.origin_of_crate("gimli"), Origin::Std);
            assert_eq!(image.origin_of_crate("gimli"), Origin::Std, "from the cache");
        }
    }

    #[test]
    fn a_crate_of_which_nothing_is_left_is_known_by_its_unit() {
        let image = sample::debug();
        let origins = Origins::read(image);
        assert_eq!(image.origin_by_root_dies(&origins, "t"), Some(Origin::User));
        assert_eq!(image.origin_by_root_dies(&origins, "core"), Some(Origin::Std));
        assert_eq!(image.origin_by_root_dies(&origins, "nowhere"), None);
    }

    #[test]
    fn a_crate_without_lines_is_a_dependency_where_main_has_lines() {
        assert_eq!(sample::debug().origin_of_crate("unheard_of"), Origin::Dependency);
        assert_eq!(sample::plain().origin_of_crate("unheard_of"), Origin::User);
    }
}
