//! What the dynamic linker writes into an image when it loads it: the pointers of the global offset
//! table above all, through which code calls.

use std::collections::HashMap;

use object::elf::{R_X86_64_64, R_X86_64_GLOB_DAT, R_X86_64_JUMP_SLOT, R_X86_64_RELATIVE};
use object::{Object, ObjectSymbol, ObjectSymbolTable, RelocationFlags, RelocationTarget};

use super::image::Image;
use crate::base::FileAddr;

/// How many relocations are looked at; the largest programs have some hundred thousand.
const MAX_RELOCATIONS: usize = 1 << 22;

/// What the dynamic linker writes to an address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DynamicPointer {
    /// The address of something in the same image.
    Address(FileAddr),
    /// The address of a symbol that may be in another, by its linker name.
    Symbol(String),
}

impl Image {
    /// The pointers that the dynamic linker writes, by where it writes them (psABI, table 4.9:
    /// `R_X86_64_RELATIVE`, `R_X86_64_GLOB_DAT`, `R_X86_64_JUMP_SLOT`, `R_X86_64_64`). Read anew at
    /// each call.
    pub fn dynamic_pointers(&self) -> HashMap<FileAddr, DynamicPointer> {
        let symbols = self.object.dynamic_symbol_table();
        let relocations = self.object.dynamic_relocations().into_iter().flatten();
        let mut found = HashMap::new();
        for (at, relocation) in relocations.take(MAX_RELOCATIONS) {
            let RelocationFlags::Elf { r_type } = relocation.flags() else { continue };
            let addend = relocation.addend().cast_unsigned();
            let symbol = match relocation.target() {
                RelocationTarget::Symbol(index) => {
                    symbols.as_ref().and_then(|symbols| symbols.symbol_by_index(index).ok())
                }
                _ => None,
            };
            let pointer = match (r_type, symbol) {
                (R_X86_64_RELATIVE, _) => DynamicPointer::Address(FileAddr(addend)),
                (R_X86_64_GLOB_DAT | R_X86_64_JUMP_SLOT | R_X86_64_64, Some(symbol)) => {
                    match (symbol.is_undefined(), symbol.name()) {
                        (false, _) => {
                            DynamicPointer::Address(FileAddr(symbol.address().wrapping_add(addend)))
                        }
                        (true, Ok(name)) => DynamicPointer::Symbol(name.to_owned()),
                        (true, Err(_)) => continue,
                    }
                }
                _ => continue,
            };
            found.insert(FileAddr(at), pointer);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dwarf::sample;

    #[test]
    fn pointers_to_functions_of_the_image_and_of_libraries_are_told_apart() {
        let pointers = sample::debug().dynamic_pointers();
        let is_code = |at: &FileAddr| {
            sample::debug().section_at(*at).is_some_and(|section| section.executable)
        };
        let own = |pointer: &DynamicPointer| match pointer {
            DynamicPointer::Address(at) => is_code(at),
            DynamicPointer::Symbol(_) => false,
        };
        assert!(pointers.values().any(own));
        let malloc = DynamicPointer::Symbol("malloc".to_owned());
        assert!(pointers.values().any(|pointer| *pointer == malloc));
    }
}
