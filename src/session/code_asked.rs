//! Which code a person means: a function by its name, that of a frame, a range of addresses.

use std::sync::Arc;

use super::debugger::Session;
use super::disassembly::{Disassembly, Wanted, disassemble};
use super::error::SessionError;
use super::places::{self, BreakPlace, PlaceError, Where};
use crate::base::{Bias, FileAddr, Range, VirtAddr};
use crate::dwarf::{Image, LineSearch, Loaded};

/// What to disassemble.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CodeAsked {
    /// The function that the frame stands in.
    Here,
    /// The functions at a place: all instances of a name, those with code of a line, that at an
    /// address.
    Place(Where),
    /// The addresses from one, included, to another.
    Range(VirtAddr, VirtAddr),
    /// So many instructions from an address on.
    From(VirtAddr, usize),
}

impl Session {
    /// Machine code with what it means. A function of several instances is several pieces. Without
    /// a process, functions of the executable can be asked for.
    ///
    /// # Errors
    /// [`SessionError::Place`] where there is no such function, or no code at an address.
    pub fn disassemble(&mut self, asked: &CodeAsked) -> Result<Vec<Disassembly>, SessionError> {
        let pc = self.frame().ok().map(|frame| frame.pc);
        match asked {
            CodeAsked::Here => {
                let pc = self.frame()?.pc;
                Ok(vec![self.function_at(pc, Some(pc))?])
            }
            CodeAsked::Place(Where::Address(at)) => Ok(vec![self.function_at(*at, pc)?]),
            CodeAsked::Place(wanted) => {
                let loaded = self.executable();
                let here = self.frame().ok().and_then(|frame| frame.at.file);
                let ranges = functions_at(&loaded.image, &wanted.in_file(here.as_deref()))?;
                let pc = pc.map(|pc| loaded.bias.to_file(pc));
                let ranges = ranges.into_iter();
                let pieces = ranges.filter_map(|range| {
                    disassemble(&loaded, Wanted { range, count: usize::MAX, pc })
                });
                Ok(pieces.collect())
            }
            CodeAsked::Range(from, to) => Ok(vec![self.code(*from, *to, usize::MAX)?]),
            CodeAsked::From(from, count) => {
                // No instruction is longer than 15 bytes (Intel SDM, volume 2, section 2.3.11).
                let bytes = (*count as u64).saturating_mul(15);
                let to = from.checked_add(bytes).unwrap_or(*from);
                Ok(vec![self.code(*from, to, *count)?])
            }
        }
    }

    /// The executable where it is loaded, or as it was linked before it runs.
    pub(super) fn executable(&self) -> Loaded {
        match &self.run {
            Some(run) => run.inferior.modules().main(),
            None => Loaded { image: Arc::clone(self.image()), bias: Bias(0) },
        }
    }

    /// The file that is loaded at an address; before the program runs the executable, at the
    /// addresses of the file.
    pub(super) fn loaded_at(&self, at: VirtAddr) -> Option<Loaded> {
        match &self.run {
            Some(run) => run.module_at(at),
            None => Some(self.executable()),
        }
    }

    fn function_at(
        &mut self,
        at: VirtAddr,
        pc: Option<VirtAddr>,
    ) -> Result<Disassembly, SessionError> {
        let none = || SessionError::from(PlaceError::NoCode(at));
        let loaded = self.loaded_at(at).ok_or_else(none)?;
        let file = loaded.bias.to_file(at);
        let symbol = loaded.image.symbols().at(file).filter(|symbol| symbol.kind.is_code());
        let range = symbol.map(|symbol| symbol.range).ok_or_else(none)?;
        let pc = pc.map(|pc| loaded.bias.to_file(pc));
        disassemble(&loaded, Wanted { range, count: usize::MAX, pc }).ok_or_else(none)
    }

    fn code(
        &mut self,
        from: VirtAddr,
        to: VirtAddr,
        count: usize,
    ) -> Result<Disassembly, SessionError> {
        let none = || SessionError::from(PlaceError::NoCode(from));
        let pc = self.frame().ok().map(|frame| frame.pc);
        let loaded = self.loaded_at(from).ok_or_else(none)?;
        let start = loaded.bias.to_file(from);
        let section = loaded.image.section_at(start).filter(|section| section.executable);
        let end = loaded.bias.to_file(to).min(section.ok_or_else(none)?.range.end);
        let range = Range::new(start, end);
        let pc = pc.map(|pc| loaded.bias.to_file(pc));
        disassemble(&loaded, Wanted { range, count, pc }).ok_or_else(none)
    }
}

/// The functions of an image that have code at a place, without a session.
///
/// # Errors
/// [`PlaceError`] says what is not there, and what is.
pub fn disassemble_file(
    image: &Arc<Image>,
    wanted: &Where,
) -> Result<Vec<Disassembly>, PlaceError> {
    let loaded = Loaded { image: Arc::clone(image), bias: Bias(0) };
    let ranges = match wanted {
        Where::Address(at) => {
            let symbol = image.symbols().at(FileAddr(at.0)).filter(|symbol| symbol.kind.is_code());
            vec![symbol.ok_or(PlaceError::NoCode(*at))?.range]
        }
        wanted => functions_at(image, wanted)?,
    };
    let pieces = ranges
        .into_iter()
        .filter_map(|range| disassemble(&loaded, Wanted { range, count: usize::MAX, pc: None }));
    Ok(pieces.collect())
}

/// The code of the functions that a place means.
pub(super) fn functions_at(
    image: &Image,
    wanted: &Where,
) -> Result<Vec<Range<FileAddr>>, PlaceError> {
    // Asked for its errors, which name what there is.
    let places = places::places(image, wanted)?;
    let ranges = match wanted {
        Where::Line { file, line } => {
            let file = file.as_deref().ok_or(PlaceError::WhichFile(*line))?;
            match image.code_of_line(file, *line) {
                LineSearch::Found(found) => {
                    found.iter().flat_map(|code| &code.functions).map(|f| f.function).collect()
                }
                _ => Vec::new(),
            }
        }
        _ => {
            let symbol = |at| image.symbols().at(at).map(|symbol| symbol.range);
            // Where a function has code of its own, those that it was inlined into are not meant.
            let own = places.iter().any(|place| !place.inlined);
            let meant = |place: &&BreakPlace| !(own && place.inlined);
            places.iter().filter(meant).filter_map(|place| symbol(place.address)).collect()
        }
    };
    let mut ranges: Vec<_> = ranges;
    ranges.sort_unstable();
    ranges.dedup();
    Ok(ranges)
}
