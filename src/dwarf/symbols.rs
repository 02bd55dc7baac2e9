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
    fn functions_where(
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
        let places = all.iter().enumerate();
        let places = places.filter(|(_, symbol)| symbol.kind != SymbolKind::ThreadLocal);
        let by_address = Intervals::new(places.map(|(i, symbol)| (symbol.range, i)).collect());
        Symbols { all, by_address }
    }
}

impl SymbolKind {
    fn is_code(self) -> bool {
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
    raw.sort_by_key(|raw| (raw.start(), raw.label));
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
    raw.sort_by(|a, b| {
        let key = |raw: &Raw| (raw.start(), std::cmp::Reverse(raw.symbol.range.end), raw.global);
        key(a).cmp(&key(b)).then_with(|| b.symbol.name.cmp(a.symbol.name))
    });
    let mut symbols: Vec<Symbol> = raw.into_iter().map(|raw| raw.symbol).collect();
    symbols.dedup();
    symbols
}
