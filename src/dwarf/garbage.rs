//! Everything that an image can be asked, for tests with damaged files and for the fuzz target
//! `image`: whatever the bytes say, every query ends and none panics.

use std::collections::HashSet;

use super::{Image, LocationContext, SymbolKind, TypeKind, TypeRef, Types};
use crate::base::{Bias, Buffer, FileAddr, Memory, Register, Registers, VirtAddr};

/// How many types are followed from what an image gives.
const MOST_TYPES: usize = 2000;

/// Asks everything there is to ask at some addresses, and follows the types that come up. Gives how
/// many answers there were.
///
/// # Panics
/// Where an answer contradicts the question.
pub fn ask(image: &Image, addresses: &[FileAddr]) -> usize {
    let mut frame = Frame::default();
    (0..17).for_each(|number| frame.registers.set(Register(number), 0x1000));
    let mut types: Vec<TypeRef> = Vec::new();
    let mut answers = 0;
    for at in addresses {
        answers += ask_code(image, *at);
        answers += ask_function(image, *at, &frame, &mut types);
    }
    answers += ask_file(image, &mut types);
    answers + follow(image, types)
}

/// The middles of some functions that the image claims to have, one in so many.
pub fn claimed_functions(image: &Image, one_in: usize) -> Vec<FileAddr> {
    let all = image.symbols().all().iter().step_by(one_in);
    let functions = all.filter(|symbol| symbol.kind == SymbolKind::Function);
    functions.map(|symbol| symbol.range.start + 5).collect()
}

/// What is known of an instruction: its line, its unwind rules, its symbol.
fn ask_code(image: &Image, at: FileAddr) -> usize {
    let mut answers = usize::from(image.line_at(at).is_some());
    answers += usize::from(image.unwind_row(at).is_some());
    if let Some(symbol) = image.symbols().at(at) {
        assert!(image.prologue_end(symbol.range) >= symbol.range.start);
        answers += 1 + image.line_rows(symbol.range).len().min(3);
        image.bytes(symbol.range);
        image.may_be_users(symbol.name);
    }
    image.origin_at(at);
    image.detail_at(at);
    image.is_inlined_elsewhere(at);
    answers
}

/// What is known of the function there: its scopes, its variables and where they are.
fn ask_function(image: &Image, at: FileAddr, frame: &Frame, types: &mut Vec<TypeRef>) -> usize {
    let Some(function) = image.function_at(at) else { return 0 };
    let mut answers = 1 + function.inline_chain(at, image.line_at(at)).len();
    for visible in function.visible_at(at).into_iter().take(200) {
        types.extend(visible.variable.ty);
        let located = image.locate(&function, visible.variable, at, frame);
        image.stays_in_place(visible.variable);
        answers += usize::from(located.is_ok());
    }
    for variable in image.statics_of_unit(function.unit) {
        types.extend(variable.ty);
        answers += 1;
    }
    answers
}

/// What is known of the file as a whole.
fn ask_file(image: &Image, types: &mut Vec<TypeRef>) -> usize {
    if let Some(section) = image.sections().iter().find(|s| s.name == ".data.rel.ro") {
        let words = (section.range.start.0..section.range.end.0).step_by(8).take(64);
        types.extend(words.filter_map(|at| image.vtable_type(FileAddr(at))));
    }
    for name in ["Shape", "Vec<_>", "[u8; 2]"] {
        types.extend(image.types_named(name, None).into_iter().take(100));
    }
    let mut found = 0;
    for name in ["LOCAL", "COUNTER", "Plain::A"] {
        found += image.statics_named(name, None).len();
        found += image.constants_named(name, None).len();
    }
    image.code_of_line("t.rs", 3);
    for at in [0, 1, u64::MAX] {
        image.line_at(FileAddr(at));
        image.unwind_row(FileAddr(at));
        image.section_at(FileAddr(at));
    }
    image.references_to(&["main", "exported", "malloc"]);
    image.has_symbol_table();
    found + image.symbols().functions_named("t::add").len()
}

/// Follows the types to those that they are made of.
fn follow(image: &Image, mut types: Vec<TypeRef>) -> usize {
    let mut seen = HashSet::new();
    while seen.len() < MOST_TYPES {
        let Some(id) = types.pop() else { break };
        if !seen.insert(id) {
            continue;
        }
        let Ok(ty) = image.get(id) else { continue };
        types.extend(ty.fields().iter().map(|field| field.ty));
        types.extend(ty.params.iter().map(|(_, ty)| *ty));
        match &ty.kind {
            TypeKind::Pointer { to, .. } => types.extend(to),
            TypeKind::Array { element, .. } => types.push(*element),
            TypeKind::Enum(part) => types.extend(part.variants.iter().filter_map(|v| v.ty)),
            _ => {}
        }
    }
    seen.len()
}

/// A frame made up for a test.
#[derive(Default)]
pub struct Frame {
    /// Its registers.
    pub registers: Registers,
    /// Its CFA.
    pub cfa: Option<VirtAddr>,
    /// The load bias.
    pub bias: u64,
    /// Its memory.
    pub memory: Vec<Buffer>,
    /// What rdi was at the entry.
    pub first_argument: Option<u64>,
}

impl LocationContext for Frame {
    fn register(&self, register: Register) -> Option<u64> {
        self.registers.get(register)
    }

    fn cfa(&self) -> Option<VirtAddr> {
        self.cfa
    }

    fn bias(&self) -> Bias {
        Bias(self.bias)
    }

    fn memory(&self) -> &dyn Memory {
        &self.memory
    }

    fn entry_value(&self, register: Register) -> Option<u64> {
        self.first_argument.filter(|_| register == Register::RDI)
    }

    fn thread_local(&self, offset: u64) -> Option<VirtAddr> {
        Some(VirtAddr(0x7000_0000) + offset)
    }
}

/// An executable of these sections, each with its name, its address and its bytes. What is at an
/// address is taken to be code (ELF specification, figures 1-3, 1-8 and 1-10).
pub fn elf(sections: &[(&str, u64, &[u8])]) -> Vec<u8> {
    const HEADER: u64 = 64;
    let mut names = b"\0.shstrtab\0".to_vec();
    let mut body: Vec<u8> = Vec::new();
    let mut headers = vec![0; HEADER as usize];
    let mut header = |name: u64, kind: u64, address: u64, at: usize, len: usize| {
        let flags = if address == 0 { 0 } else { 2 | 4 };
        headers.extend((name | kind << 32).to_le_bytes());
        for word in [flags, address, HEADER + at as u64, len as u64, 0, 1, 0] {
            headers.extend(word.to_le_bytes());
        }
    };
    for (name, address, bytes) in sections {
        header(names.len() as u64, 1, *address, body.len(), bytes.len());
        names.extend(name.as_bytes().iter().chain(b"\0"));
        body.extend_from_slice(bytes);
    }
    header(1, 3, 0, body.len(), names.len());
    body.extend(&names);
    let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    file.extend((2_u64 | 62 << 16 | 1 << 32).to_le_bytes());
    // Entry, program headers, section headers.
    for word in [0, 0, HEADER + body.len() as u64] {
        file.extend(u64::to_le_bytes(word));
    }
    let count = sections.len() as u16 + 2;
    // Flags in two words, then sizes and counts: no program headers, the names come last.
    for half in [0, 0, 64, 0, 0, 64, count, count - 1] {
        file.extend(u16::to_le_bytes(half));
    }
    file.extend(body);
    file.extend(headers);
    file
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::base::Range;

    #[test]
    fn an_executable_put_together_is_read_as_one() {
        let bytes = Vec::leak(elf(&[(".text", 0x1000, &[0xc3; 9]), (".note", 0, &[7])]));
        let image = Image::parse(Path::new("made"), bytes).expect("an ELF file");
        let text = Range::new(FileAddr(0x1000), FileAddr(0x1009));
        let sections: Vec<_> = image.sections().iter().map(|s| (s.name, s.range)).collect();
        assert_eq!(sections, [(".text", text)]);
        assert_eq!(image.bytes(text), Some(&[0xc3; 9][..]));
        assert_eq!(ask(&image, &[FileAddr(0x1003)]), 0);
    }
}
