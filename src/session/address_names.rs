//! Names for addresses, the same in every run: by variable, block, frame, symbol and section.

use std::sync::Arc;

use super::looking::Looking;
use super::run::Run;
use super::slots::short_function;
use super::symbolize::file_name;
use crate::base::{FileAddr, Region, VirtAddr};
use crate::dwarf::{Image, Loaded, Location, demangle};

/// A symbol and how far behind its beginning an address lies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct NearSymbol {
    /// The demangled path, without hash.
    pub name: String,
    /// Bytes from its beginning.
    pub offset: u64,
}

impl NearSymbol {
    /// `name` or `name+8`.
    pub fn text(&self) -> String {
        with_offset(&self.name, self.offset)
    }
}

/// A name, and how many bytes behind it.
pub(super) fn with_offset(name: &str, offset: u64) -> String {
    match offset {
        0 => name.to_owned(),
        offset => format!("{name}+{offset}"),
    }
}

/// The symbol that covers an address of an image.
pub(super) fn near_symbol(image: &Image, at: FileAddr) -> Option<NearSymbol> {
    let symbol = image.symbols().at(at)?;
    let start = symbol.range.start;
    let label = symbol.kind.is_code().then(|| image.function_label(start)).flatten();
    let name = label.unwrap_or_else(|| demangle(symbol.name).into_owned());
    Some(NearSymbol { name, offset: at - start })
}

/// What lies at an address of an image: a symbol, or else a section.
pub(super) fn in_image(loaded: &Loaded, at: VirtAddr) -> String {
    let image = &loaded.image;
    let at = loaded.bias.to_file(at);
    if let Some(near) = near_symbol(image, at) {
        return near.text();
    }
    match image.section_at(at) {
        Some(section) => with_offset(section.name, at - section.range.start),
        None => file_name(image.path()),
    }
}

impl Looking<'_> {
    /// The name of an address: `v+8` in a variable of the frame, `#3+16` in a block, `main cfa-64`
    /// in another frame, `demo::f+4` or `.rodata+32` in a file.
    pub fn address_name(&self, at: VirtAddr) -> String {
        if let Some(name) = self.variable_at(at) {
            return name;
        }
        match self.region(at) {
            Region::StackOf { function, frame } => self.in_frame(&function, frame, at),
            Region::Section(_) | Region::File(_) => {
                self.run.file_place(at).unwrap_or_else(|| self.regions.name(at))
            }
            region => region.to_string(),
        }
    }

    /// The variable of the frame whose bytes an address is among; the smallest that is in scope.
    fn variable_at(&self, at: VirtAddr) -> Option<String> {
        let holds = self.variables.iter().filter_map(|variable| {
            let Ok(Location::Memory(start)) = variable.location else { return None };
            let offset = at.0.checked_sub(start.0)?;
            let live = variable.in_scope && !variable.over && offset < variable.size;
            live.then_some((variable, offset))
        });
        let (variable, offset) = holds.min_by_key(|(variable, _)| variable.size)?;
        Some(with_offset(&variable.name, offset))
    }

    fn in_frame(&self, function: &str, frame: u32, at: VirtAddr) -> String {
        let of = self.stack.frames.get(usize::try_from(frame).unwrap_or(usize::MAX));
        let cfa = of.and_then(|frame| self.stack.raw_of(frame)).and_then(|raw| raw.cfa);
        match cfa.and_then(|cfa| cfa.0.checked_sub(at.0)) {
            Some(distance) => format!("{function} cfa-{distance}"),
            None => format!("stack of {function}"),
        }
    }
}

impl Run {
    /// What lies at an address of code or data of a file; that of another file than the executable
    /// has its name in front: `libc.so.6!malloc+4`.
    pub(super) fn file_place(&self, at: VirtAddr) -> Option<String> {
        let loaded = self.module_at(at).or_else(|| self.module_of_section(at))?;
        Some(self.with_file(&loaded, in_image(&loaded, at)))
    }

    /// The file that has a section at an address where nothing of it is mapped: pages of `.bss` that
    /// the loader made.
    fn module_of_section(&self, at: VirtAddr) -> Option<Loaded> {
        let modules = self.inferior.modules().iter();
        let mut loaded = modules.filter_map(|module| module.loaded());
        loaded.find(|loaded| loaded.image.section_at(loaded.bias.to_file(at)).is_some())
    }

    /// The name of the thread-local variable that lies so many bytes behind the beginning of a
    /// thread's copy of the thread-local storage of the file that is loaded at an address.
    pub(super) fn thread_local_name(&self, file: VirtAddr, offset: u64) -> Option<String> {
        let loaded = self.module_at(file)?;
        let name = loaded.image.symbols().thread_local_at(offset)?;
        Some(self.with_file(&loaded, name))
    }

    /// The name of a place in a file, with that file where it is not the executable.
    fn with_file(&self, loaded: &Loaded, name: String) -> String {
        let main = self.inferior.modules().main();
        let file = file_name(loaded.image.path());
        let own = Arc::ptr_eq(&loaded.image, &main.image) || name == file;
        if own { name } else { format!("{file}!{name}") }
    }
}

/// The name of a function without its crate, with an offset.
pub(super) fn short_with_offset(near: &NearSymbol) -> String {
    with_offset(&short_function(&near.name), near.offset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Bias;
    use crate::dwarf::sample;

    #[test]
    fn an_address_in_a_function_is_named_by_it() {
        let image = sample::debug().clone();
        let symbol = *image.symbols().by_linkage_name("exported").next().expect("it is exported");
        let loaded = Loaded { image, bias: Bias(0x1000) };
        let at = loaded.bias.to_virt(symbol.range.start);
        assert_eq!(in_image(&loaded, at + 3), format!("{}+3", in_image(&loaded, at)));
        assert!(in_image(&loaded, at).ends_with("exported"), "{}", in_image(&loaded, at));
    }
}
