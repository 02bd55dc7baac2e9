//! The symbol table: functions and statics by name and by address.
use super::image::Image;
use crate::base::{FileAddr, Range};
use regex::Regex;

/// All symbols of an image that name code or data, sorted by address.
pub struct Symbols {}

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
        self.symbols.get_or_init(|| todo!("helper A1"))
    }
}

impl Symbols {
    /// All of them, sorted by address.
    pub fn all(&self) -> &[Symbol] {
        todo!("helper A1")
    }

    /// The symbol that covers an address; the innermost, then the global, then the first by name.
    pub fn at(&self, at: FileAddr) -> Option<&Symbol> {
        let _ = at;
        todo!("helper A1")
    }

    /// Functions of exactly this linker name.
    pub fn by_linkage_name<'a>(
        &'a self,
        name: &'a str,
    ) -> Box<dyn Iterator<Item = &'a Symbol> + 'a> {
        let _ = name;
        todo!("helper A1")
    }

    /// Functions whose demangled path without hash matches, one for each address.
    pub fn functions_matching(&self, pattern: &Regex) -> Vec<&Symbol> {
        let _ = pattern;
        todo!("helper A1")
    }

    /// Functions by demangled path without hash, exactly: every instance, in any mangling.
    pub fn functions_named(&self, path: &str) -> Vec<&Symbol> {
        let _ = path;
        todo!("helper A1")
    }
}
