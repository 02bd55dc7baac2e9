//! The symbol table: functions and statics by name and by address.

use object::elf::{STT_FUNC, STT_GNU_IFUNC, STT_NOTYPE, STT_OBJECT, STT_TLS};
use object::{Object, ObjectSymbol, SymbolFlags};
use rayon::prelude::*;
use regex::Regex;

use super::image::Image;
use super::intervals::Intervals;
use super::names::{demangle, without_generics};
use super::symbol_filter::{text_required_by_path, text_required_by_pattern};
use crate::base::{FileAddr, Range};

/// All symbols of an image that name code or data, sorted by address.
pub struct Symbols {
    all: Vec<Symbol>,
    /// Indices into `all`, without thread-locals: their addresses are offsets in a template.
    by_address: Intervals<usize>,
    /// Indices of the thread-locals, by offset.
    thread_locals: Vec<usize>,
}

/// One symbol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Symbol {
    /// Its name as the linker knows it.
    pub name: &'static str,
    /// What it covers. A symbol of size zero reaches to the next one or the end of its section.
    pub range: Range<FileAddr>,
    /// What it names.
    pub kind: SymbolKind,
}

/// What a symbol names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SymbolKind {
    /// A function.
    Function,
    /// A function whose address is chosen at load time by calling a resolver (`STT_GNU_IFUNC`).
    IndirectFunction,
    /// A static or constant.
    Data,
    /// A thread-local.
    ThreadLocal,
}

impl Image {
    /// The symbols of `.symtab`, or of `.dynsym` where that was stripped. Read once.
    pub fn symbols(&self) -> &Symbols {
        self.symbols.get_or_init(|| Symbols::read(self))
    }
}

impl Symbols {
    /// All of them, sorted by address.
    pub fn all(&self) -> &[Symbol] {
        &self.all
    }

    /// The symbol that covers an address; the innermost, then the global, then the first by name.
    /// Thread-locals have no address before a thread runs, and cover none.
    pub fn at(&self, at: FileAddr) -> Option<&Symbol> {
        self.by_address.at(at).and_then(|(_, index)| self.all.get(*index))
    }

    /// The thread-locals, by address: their offset in the image's block of thread-local storage.
    pub fn thread_locals(&self) -> impl Iterator<Item = &Symbol> {
        self.thread_locals.iter().filter_map(|index| self.all.get(*index))
    }

    /// Functions of exactly this linker name.
    pub fn by_linkage_name<'a>(
        &'a self,
        name: &'a str,
    ) -> Box<dyn Iterator<Item = &'a Symbol> + 'a> {
        Box::new(self.functions().filter(move |symbol| symbol.name == name))
    }

    /// Functions whose demangled path without hash matches, one for each address, by address.
    pub fn functions_matching(&self, pattern: &Regex) -> Vec<&Symbol> {
        let required = text_required_by_pattern(pattern.as_str());
        self.functions_where(required, |path| pattern.is_match(path))
    }

    /// Functions by demangled path without hash, exactly: every instance, in any mangling, by
    /// address.
    ///
    /// A path without generic arguments stands for all instances: `Vec::push` is found as
    /// `Vec<T,A>::push` (legacy mangling) and as `<Vec<i32>>::push` (v0).
    pub fn functions_named(&self, path: &str) -> Vec<&Symbol> {
        self.functions_where(text_required_by_path(path), |candidate| {
            candidate == path || without_generics(candidate) == path
        })
    }

    fn functions(&self) -> impl Iterator<Item = &Symbol> {
        self.all.iter().filter(|symbol| symbol.kind.is_code())
    }

    /// The functions whose linker name contains `required` and whose path is `wanted`. Most names
    /// are turned away by the first test, which is ten times cheaper than demangling.
    pub(super) fn functions_where(
        &self,
        required: Option<&str>,
        wanted: impl Fn(&str) -> bool + Sync,
    ) -> Vec<&Symbol> {
        let candidate = |symbol: &&Symbol| {
            symbol.kind.is_code()
                && required.is_none_or(|text| symbol.name.contains(text))
                && wanted(&demangle(symbol.name))
        };
        let mut found: Vec<&Symbol> =
            self.all.par_iter().with_min_len(512).filter(candidate).collect();
        found.dedup_by_key(|symbol| symbol.range.start);
        found
    }

    fn read(image: &Image) -> Symbols {
        let mut raw: Vec<Raw> =
            image.object.symbols().filter_map(|symbol| Raw::of(image, &symbol)).collect();
        if raw.is_empty() {
            let dynamic = image.object.dynamic_symbols();
            raw = dynamic.filter_map(|symbol| Raw::of(image, &symbol)).collect();
        }
        let all = in_order(raw);
        Symbols::indexed(all)
    }

    fn indexed(all: Vec<Symbol>) -> Symbols {
        let local = |(_, symbol): &(usize, &Symbol)| symbol.kind == SymbolKind::ThreadLocal;
        let (locals, places): (Vec<_>, Vec<_>) = all.iter().enumerate().partition(local);
        let thread_locals = locals.into_iter().map(|(index, _)| index).collect();
        let places = places.into_iter().map(|(index, symbol)| (symbol.range, index));
        let by_address = Intervals::new(places.collect());
        Symbols { all, by_address, thread_locals }
    }
}

impl SymbolKind {
    pub(crate) fn is_code(self) -> bool {
        matches!(self, SymbolKind::Function | SymbolKind::IndirectFunction)
    }
}

/// A symbol with what only its place in the table depends on.
struct Raw {
    symbol: Symbol,
    global: bool,
    /// Whether the file says how long it is.
    sized: bool,
    /// A label of assembly (`STT_NOTYPE`): a function only where nothing better covers it.
    label: bool,
}

impl Raw {
    fn of(image: &Image, symbol: &object::Symbol<'static, '_>) -> Option<Raw> {
        let SymbolFlags::Elf { st_info, .. } = symbol.flags() else { return None };
        let name = symbol.name().ok().filter(|name| !name.is_empty())?;
        if symbol.is_undefined() {
            return None;
        }
        let start = FileAddr(symbol.address());
        let section = image.section_at(start);
        let label = st_info.st_type() == STT_NOTYPE;
        let kind = match st_info.st_type() {
            STT_FUNC => SymbolKind::Function,
            STT_GNU_IFUNC => SymbolKind::IndirectFunction,
            STT_OBJECT => SymbolKind::Data,
            STT_TLS => SymbolKind::ThreadLocal,
            STT_NOTYPE if section?.executable => SymbolKind::Function,
            _ => return None,
        };
        let end = match (kind, section, symbol.size()) {
            (SymbolKind::ThreadLocal, ..) => start + symbol.size(),
            // Absolute symbols name numbers, not places.
            (_, None, _) => return None,
            // To the end of the section, until the next symbol is known.
            (_, Some(section), 0) => section.range.end,
            (_, Some(_), size) => FileAddr(start.0.saturating_add(size)),
        };
        let symbol_of_file = Symbol { name, range: Range::new(start, end), kind };
        let sized = symbol.size() > 0;
        Some(Raw { symbol: symbol_of_file, global: symbol.is_global(), sized, label })
    }

    fn start(&self) -> FileAddr {
        self.symbol.range.start
    }
}

/// Sorts symbols by address, those that [`Symbols::at`] prefers last among their equals; cuts those
/// without a size at the next one, and drops labels inside of functions.
fn in_order(mut raw: Vec<Raw>) -> Vec<Symbol> {
    raw.sort_unstable_by_key(|raw| (raw.start(), raw.label));
    let mut next = None;
    for i in (0..raw.len()).rev() {
        let later = raw.get(i + 1).map(Raw::start);
        let Some(this) = raw.get_mut(i) else { break };
        if later.is_some_and(|later| later > this.start()) {
            next = later;
        }
        if let (false, Some(next)) = (this.sized, next) {
            this.symbol.range.end = this.symbol.range.end.min(next);
        }
    }
    let mut covered = FileAddr(0);
    raw.retain(|raw| {
        if raw.label {
            return covered <= raw.start();
        }
        if raw.sized && raw.symbol.kind.is_code() {
            covered = covered.max(raw.symbol.range.end);
        }
        true
    });
    // They are sorted by start already.
    for same_start in raw.chunk_by_mut(|a, b| a.start() == b.start()) {
        same_start.sort_unstable_by(|a, b| {
            let key = |raw: &Raw| (std::cmp::Reverse(raw.symbol.range.end), raw.global);
            key(a).cmp(&key(b)).then_with(|| b.symbol.name.cmp(a.symbol.name))
        });
    }
    let mut symbols: Vec<Symbol> = raw.into_iter().map(|raw| raw.symbol).collect();
    symbols.dedup();
    symbols
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dwarf::sample;

    fn raw(name: &'static str, start: u64, size: u64, limit: u64) -> Raw {
        let end = if size == 0 { limit } else { start + size };
        Raw {
            symbol: Symbol {
                name,
                range: Range::new(FileAddr(start), FileAddr(end)),
                kind: SymbolKind::Function,
            },
            global: name.starts_with("global"),
            sized: size > 0,
            label: name.starts_with("label"),
        }
    }

    #[test]
    fn a_symbol_without_size_reaches_to_the_next_or_the_end() {
        let symbols =
            in_order(vec![raw("a", 10, 0, 100), raw("c", 50, 0, 100), raw("b", 10, 0, 100)]);
        let ranges: Vec<_> =
            symbols.iter().map(|s| (s.name, s.range.start.0, s.range.end.0)).collect();
        assert_eq!(ranges, [("b", 10, 50), ("a", 10, 50), ("c", 50, 100)]);
    }

    #[test]
    fn labels_count_only_outside_of_functions() {
        let symbols = in_order(vec![
            raw("f", 10, 20, 0),
            raw("label inside", 15, 0, 100),
            raw("label at its start", 10, 0, 100),
            raw("label outside", 40, 0, 100),
        ]);
        let names: Vec<_> = symbols.iter().map(|s| s.name).collect();
        assert_eq!(names, ["f", "label outside"]);
    }

    #[test]
    fn the_innermost_then_the_global_then_the_first_symbol_covers_an_address() {
        let all = in_order(vec![
            raw("outer", 0, 100, 0),
            raw("b", 10, 10, 0),
            raw("a", 10, 10, 0),
            raw("global", 30, 10, 0),
            raw("alias", 30, 10, 0),
        ]);
        let symbols = Symbols::indexed(all);
        let at = |address| symbols.at(FileAddr(address)).map(|s| s.name);
        assert_eq!(at(5), Some("outer"));
        assert_eq!(at(12), Some("a"));
        assert_eq!(at(35), Some("global"));
        assert_eq!(at(100), None);
    }

    #[test]
    fn functions_are_found_by_path_in_both_manglings() {
        for image in [sample::debug(), sample::optimised()] {
            let symbols = image.symbols();
            for path in ["t::add", "t::main", "t::Foo::new", "<t::Foo as t::Shape>::area"] {
                let [function] = symbols.functions_named(path)[..] else { panic!("{path}") };
                assert_eq!(symbols.at(function.range.start), Some(function));
                let last = FileAddr(function.range.end.0 - 1);
                assert_eq!(symbols.at(last), Some(function));
            }
            assert_eq!(symbols.functions_named("t::show").len(), 3, "one for each instance");
            assert_eq!(symbols.functions_named("__rustc::__rust_alloc").len(), 1);
            assert_eq!(symbols.functions_named("t::ad").len(), 0);
        }
    }

    #[test]
    fn functions_are_found_by_linker_name() {
        let symbols = sample::debug().symbols();
        assert_eq!(symbols.by_linkage_name("exported").count(), 1);
        assert_eq!(symbols.by_linkage_name("_start").count(), 1);
        assert_eq!(symbols.by_linkage_name("export").count(), 0);
    }

    #[test]
    fn a_pattern_finds_each_address_once() {
        let symbols = sample::debug().symbols();
        let found = symbols.functions_matching(&Regex::new("^t::(add|main)$").unwrap());
        let mut names: Vec<_> = found.iter().map(|s| demangle(s.name).into_owned()).collect();
        names.sort();
        assert_eq!(names, ["t::add", "t::main"]);
    }

    #[test]
    fn the_quick_test_never_turns_a_function_away_that_has_the_path() {
        for image in [sample::debug(), sample::optimised()] {
            let symbols = image.symbols();
            let functions: Vec<_> = symbols.functions().collect();
            assert!(functions.len() > 500, "std has that many");
            for function in functions {
                let path = demangle(function.name);
                let plain = without_generics(&path);
                for text in [text_required_by_path(&path), text_required_by_path(&plain)] {
                    let text = text.unwrap_or_default();
                    assert!(function.name.contains(text), "{text:?} in {}", function.name);
                }
                for word in path.split(|c: char| !c.is_alphanumeric()) {
                    let text = text_required_by_pattern(word).unwrap_or_default();
                    assert!(function.name.contains(text), "{text:?} in {}", function.name);
                }
            }
        }
    }

    #[test]
    fn all_symbols_are_sorted_and_lie_in_sections() {
        let image = sample::debug();
        let all = image.symbols().all();
        assert!(all.is_sorted_by_key(|symbol| symbol.range.start));
        for symbol in all.iter().filter(|s| s.kind != SymbolKind::ThreadLocal) {
            assert!(image.section_at(symbol.range.start).is_some(), "{}", symbol.name);
        }
        assert!(all.iter().any(|symbol| symbol.kind == SymbolKind::ThreadLocal));
        assert!(all.iter().any(|symbol| symbol.kind == SymbolKind::Data));
    }
}
