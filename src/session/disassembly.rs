//! Machine code with what it means: lines, names, variables, prologue and epilogues.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};

use serde::{Serialize, Serializer};

use super::address_names::{in_image, near_symbol};
use super::stack_names::StackNames;
use crate::asm::{Flow, Listed, frame_made, listing};
use crate::base::{FileAddr, Range, VirtAddr};
use crate::dwarf::{DynamicPointer, Loaded, demangle};

/// Instructions that are listed at most; the largest functions have some ten thousand.
const MOST: usize = 200_000;

/// A piece of code.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Disassembly {
    /// The function, where the code is in one: its demangled path.
    pub function: Option<String>,
    /// The instructions, by address.
    pub instructions: Vec<CodeLine>,
    /// How many more there are, which were left out.
    #[serde(skip_serializing_if = "is_zero")]
    pub more: usize,
}

fn is_zero(n: &usize) -> bool {
    *n == 0
}

/// One instruction.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct CodeLine {
    /// Bytes from the beginning of the function, or of the code that was asked for.
    pub offset: u64,
    /// Its address in the process; of the file where there is no process.
    pub address: VirtAddr,
    /// Its bytes.
    #[serde(serialize_with = "as_hex")]
    pub bytes: Vec<u8>,
    /// Its text, with names for addresses.
    pub text: String,
    /// The label that jumps name it by, where any does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The part of the function that it belongs to.
    pub part: Part,
    /// What the memory holds that it refers to by the stack: variables, saved registers, the return
    /// address.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// What the pointer leads to that it uses, where the dynamic linker has written that: the
    /// function that it calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub through: Option<String>,
    /// The path of the file of its line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Its line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Whether the thread stands here.
    pub current: bool,
}

/// A part of a function.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Makes the frame.
    Prologue,
    /// Does the work.
    Body,
    /// Gives the frame back, and returns.
    Epilogue,
}

fn as_hex<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    to.serialize_str(&text)
}

/// What is asked to be listed.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    /// The code.
    pub range: Range<FileAddr>,
    /// How many instructions at most.
    pub count: usize,
    /// Where the thread stands.
    pub pc: Option<FileAddr>,
}

/// Lists code of an image; none where the bytes of `range` are not all in the file.
pub(super) fn disassemble(loaded: &Loaded, wanted: Wanted) -> Option<Disassembly> {
    let image = &loaded.image;
    let code = image.bytes(wanted.range)?;
    let function = image.symbols().at(wanted.range.start).filter(|symbol| symbol.kind.is_code());
    let whole = function.map_or(wanted.range, |symbol| symbol.range);
    let code_of_whole = image.bytes(whole).unwrap_or(code);
    let labels = Labels::of(code_of_whole, whole);
    let names = Names { loaded, pointers: OnceCell::new() };
    let label = |at| labels.name(at);
    let listed = listing(code, wanted.range, &label, &|at| Some(names.of(at)));
    let total = listed.len();
    let prologue_end = prologue_end(loaded, whole, code_of_whole);
    let epilogues = epilogues(&listed);
    let mut stack = StackNames::new(image, whole.start);
    let limit = wanted.count.min(MOST);
    let instructions = listed.into_iter().take(limit).map(|listed| {
        let line = image.line_at(listed.at);
        let end = FileAddr(listed.at.0.saturating_add(listed.len as u64));
        let part = match epilogues.contains(&listed.at) {
            _ if listed.at < prologue_end && whole.contains(listed.at) => Part::Prologue,
            true => Part::Epilogue,
            false => Part::Body,
        };
        CodeLine {
            offset: listed.at - whole.start,
            address: loaded.bias.to_virt(listed.at),
            bytes: image.bytes(Range::new(listed.at, end)).unwrap_or_default().to_vec(),
            label: labels.name(listed.at),
            part,
            names: match part {
                Part::Prologue => Vec::new(),
                _ => stack.names(listed.at, &listed.accesses),
            },
            through: names.through(&listed),
            file: line.as_ref().map(|line| line.file.to_string()),
            line: line.map(|line| line.line),
            current: wanted.pc == Some(listed.at),
            text: listed.text,
        }
    });
    let instructions: Vec<CodeLine> = instructions.collect();
    let more = if wanted.count < MOST { 0 } else { total.saturating_sub(instructions.len()) };
    let function = near_symbol(image, whole.start).map(|near| near.name);
    Some(Disassembly { function: function.filter(|_| !whole.is_empty()), instructions, more })
}

/// The labels of a function: what its own jumps go to, numbered by address.
struct Labels(HashMap<FileAddr, String>);

impl Labels {
    fn of(code: &[u8], range: Range<FileAddr>) -> Labels {
        let none = |_: FileAddr| None;
        let jumps = listing(code, range, &none, &none).into_iter();
        let targets: BTreeSet<_> = jumps
            .filter(|listed| listed.flow == Flow::Jump)
            .filter_map(|listed| listed.target)
            .filter(|target| range.contains(*target))
            .collect();
        Labels(targets.into_iter().zip(1..).map(|(at, n)| (at, format!(".{n}"))).collect())
    }

    fn name(&self, at: FileAddr) -> Option<String> {
        self.0.get(&at).cloned()
    }
}

/// Names of what code refers to.
struct Names<'a> {
    loaded: &'a Loaded,
    pointers: OnceCell<HashMap<FileAddr, DynamicPointer>>,
}

impl Names<'_> {
    fn of(&self, at: FileAddr) -> String {
        in_image(self.loaded, self.loaded.bias.to_virt(at))
    }

    /// What a pointer leads to that the dynamic linker has written.
    fn through(&self, listed: &Listed) -> Option<String> {
        let at = listed.data?;
        let section = self.loaded.image.section_at(at)?;
        section.name.starts_with(".got").then_some(())?;
        let pointers = self.pointers.get_or_init(|| self.loaded.image.dynamic_pointers());
        Some(match pointers.get(&at)? {
            DynamicPointer::Address(at) => self.of(*at),
            DynamicPointer::Symbol(name) => demangle(name).into_owned(),
        })
    }
}

/// Where the frame is made: by the line table, and by the code where there is none.
fn prologue_end(loaded: &Loaded, function: Range<FileAddr>, code: &[u8]) -> FileAddr {
    let by_lines = loaded.image.prologue_end(function);
    let by_code = frame_made(code, function);
    match by_lines > function.start {
        // rustc ends the prologue behind the stores of the parameters, which are of interest.
        true => by_lines.min(by_code.max(function.start)),
        false => by_code,
    }
}

/// The instructions before each `ret` that give the frame back, and the `ret` itself.
fn epilogues(listed: &[Listed]) -> BTreeSet<FileAddr> {
    let mut found = BTreeSet::new();
    for (index, last) in listed.iter().enumerate().filter(|(_, l)| l.flow == Flow::Return) {
        found.insert(last.at);
        let before = listed.get(..index).unwrap_or_default().iter().rev();
        found.extend(before.take_while(|listed| listed.frees_frame).map(|listed| listed.at));
    }
    found
}
