//! Whose code it is: the user's, a dependency's, std's.
//!
//! The path of a function tells its crate, and a source file tells who wrote that: rustc records
//! std as `/rustc/HASH/library/…`, and cargo unpacks dependencies in folders of its own. So one line
//! for each crate has to be looked up, not one for each function.

use std::collections::HashMap;
use std::sync::Mutex;

use rayon::prelude::*;

use super::image::Image;
use super::names::{crate_of, demangle, is_rust_symbol, is_std_crate};
use super::symbols::SymbolKind;
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
}

impl Origin {
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
    /// The crate of its path tells, except for `<A as B>::f`, for crates that std has a copy of, and
    /// for functions without a path: for those the source file of the function's first line does.
    pub fn origin_at(&self, at: FileAddr) -> Origin {
        let Some(symbol) = self.symbols().at(at).filter(|symbol| is_rust_symbol(symbol.name))
        else {
            return self.origin_by_unit(at);
        };
        let path = demangle(symbol.name);
        let krate = crate_of(&path);
        if is_std_crate(krate) {
            return Origin::Std;
        }
        if path.starts_with('<') || BUNDLED_WITH_STD.contains(&krate) {
            if let Some(file) = self.file_at(symbol.range.start) {
                return Origin::of_source_file(&file);
            }
        }
        self.origin_of_crate(krate)
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
            .origin_by_samples(origins, name)
            .or_else(|| self.origin_by_root_dies(name))
            .unwrap_or_else(|| self.origin_without_debug_info(origins, name));
        if let Ok(mut known) = origins.known.lock() {
            known.insert(name.to_owned(), origin);
        }
        origin
    }

    /// For a function whose symbol is not Rust's: `#[no_mangle]` functions lie in units of Rust.
    fn origin_by_unit(&self, at: FileAddr) -> Origin {
        let rust = self.unit_at(at).is_some_and(|(_, unit)| self.is_rust_unit(&unit));
        let start = self.symbols().at(at).map_or(at, |symbol| symbol.range.start);
        match rust.then(|| self.file_at(start)).flatten() {
            Some(file) => Origin::of_source_file(&file),
            None => Origin::Foreign,
        }
    }

    fn origin_by_samples(&self, origins: &Origins, name: &str) -> Option<Origin> {
        let samples = origins.samples.get(name)?;
        let files = samples.iter().filter_map(|at| self.file_at(*at));
        let found = files.map(|file| Origin::of_source_file(&file));
        if BUNDLED_WITH_STD.contains(&name) {
            // The program's own copy, if it has one, before std's.
            return found.min();
        }
        found.take(1).next()
    }

    /// For a crate all of whose functions were inlined: the root die of its unit still names its
    /// main file, as `src/lib.rs/@/krate.HASH-cgu.0`.
    fn origin_by_root_dies(&self, name: &str) -> Option<Origin> {
        let marker = format!("/@/{name}.");
        self.unit_headers().par_iter().find_map_any(|header| {
            let unit = self.unit_unkept(header.id)?;
            let path = String::from_utf8_lossy(unit.name?.slice());
            let (file, _) = path.split_once(&marker)?;
            if file.starts_with('/') {
                return Some(Origin::of_source_file(file));
            }
            let directory = String::from_utf8_lossy(unit.comp_dir?.slice());
            Some(Origin::of_source_file(&format!("{directory}/{file}")))
        })
    }

    fn origin_without_debug_info(&self, origins: &Origins, name: &str) -> Origin {
        if BUNDLED_WITH_STD.contains(&name) {
            return Origin::Std;
        }
        let described = |krate: &&str| self.origin_by_samples(origins, krate).is_some();
        if !origins.with_main.contains(&name) && origins.with_main.iter().any(described) {
            return Origin::Dependency;
        }
        Origin::User
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
        Origins { samples, with_main, known: Mutex::default() }
    }
}

/// The crate of a mangled path that begins with one (not `<A as B>::f`), and whether the function is
/// its `main`. Reads no more of the symbol than its head, because it is done for all of them.
fn crate_of_symbol(symbol: &'static str) -> Option<(&'static str, bool)> {
    if let Some(legacy) = symbol.strip_prefix("_ZN") {
        let (krate, rest) = identifier(legacy)?;
        let plain = krate.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        return plain.then_some((krate, rest.starts_with("4main17h")));
    }
    // The grammar of v0 is in the RFC 2603: `N` and a namespace or `I` before each part of a path,
    // then `C`, a disambiguator `s…_`, and the identifier of the crate.
    let mut rest = symbol.strip_prefix("_R")?;
    let mut parts = 0;
    loop {
        rest = match *rest.as_bytes().first()? {
            b'N' => {
                parts += 1;
                rest.get(2..)?
            }
            b'I' => rest.get(1..)?,
            b'C' => rest.get(1..)?,
            _ => return None,
        };
        if rest.starts_with(|c: char| c.is_ascii_digit() || c == 's') {
            break;
        }
    }
    let after_disambiguator = match rest.strip_prefix('s') {
        Some(disambiguator) => disambiguator.split_once('_')?.1,
        None => rest,
    };
    let (krate, rest) = identifier(after_disambiguator)?;
    // Before an identifier that begins with an underscore or a digit stands an underscore that its
    // length does not count. No crate that is not std's is worth the care.
    if krate.starts_with('_') {
        return None;
    }
    Some((krate, parts == 1 && rest.starts_with("4main")))
}

/// Splits a length and that many bytes off: `4mainE` is `main` and `E`. Both manglings write
/// identifiers so.
fn identifier(text: &'static str) -> Option<(&'static str, &'static str)> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let len: usize = text.get(..digits)?.parse().ok()?;
    text.get(digits..)?.split_at_checked(len)
}
