//! Where a value is, and how its bytes are fetched from there.

use std::sync::Arc;

use crate::base::{Memory, MemoryError, Register, Unreadable, VirtAddr};
use crate::dwarf::{Location, Piece, PieceAt};

use super::ReadRegister;

/// Where a value is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// In memory.
    Memory(VirtAddr),
    /// In a register.
    Register(Register),
    /// In several places, or nowhere: its bytes are put together or computed.
    Computed,
}

/// Where bytes are fetched from: a location, and how far into it the value begins.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Memory(VirtAddr),
    Spans { spans: Arc<[Span]>, offset: u64 },
}

/// A run of bytes that are all in one place.
#[derive(Clone, Debug)]
pub(super) struct Span {
    start: u64,
    end: u64,
    at: PieceAt,
}

impl Place {
    /// The address, for what is in memory.
    pub fn address(self) -> Option<VirtAddr> {
        match self {
            Place::Memory(at) => Some(at),
            _ => None,
        }
    }
}

impl Source {
    pub(super) fn new(location: &Location) -> Source {
        let whole = |at| vec![Span { start: 0, end: u64::MAX, at }];
        let spans = match location {
            Location::Memory(at) => return Source::Memory(*at),
            Location::Register(register) => whole(PieceAt::Register(*register)),
            Location::Value(bytes) => whole(PieceAt::Value(bytes.clone())),
            Location::Pieces(pieces) => {
                let mut end = 0_u64;
                let next = |piece: &crate::dwarf::Piece| {
                    let start = end;
                    end = end.saturating_add(piece.size);
                    Span { start, end, at: piece.at.clone() }
                };
                pieces.iter().map(next).collect()
            }
        };
        Source::Spans { spans: spans.into(), offset: 0 }
    }

    /// The same place, `bytes` further on.
    pub(super) fn at(&self, bytes: u64) -> Source {
        match self {
            Source::Memory(at) => Source::Memory(*at + bytes),
            Source::Spans { spans, offset } => {
                Source::Spans { spans: spans.clone(), offset: offset.saturating_add(bytes) }
            }
        }
    }

    /// What to tell of where `size` bytes from here are.
    pub(super) fn place(&self, size: u64) -> Place {
        let (spans, offset) = match self {
            Source::Memory(at) => return Place::Memory(*at),
            Source::Spans { spans, offset } => (spans, *offset),
        };
        let end = offset.saturating_add(size);
        match spans.iter().find(|span| span.start <= offset && end <= span.end) {
            Some(Span { at: PieceAt::Memory(at), start, .. }) => {
                Place::Memory(*at + offset.saturating_sub(*start))
            }
            Some(Span { at: PieceAt::Register(register), .. }) => Place::Register(*register),
            _ => Place::Computed,
        }
    }

    /// The location of the next `size` bytes. What lies in the middle of a register is given by
    /// its bytes.
    ///
    /// # Errors
    /// [`Unreadable::OptimisedOut`] where all of them are missing, [`Unreadable::RegisterLost`]
    /// where such a register is not known.
    pub(super) fn location(
        &self,
        size: u64,
        registers: &ReadRegister<'_>,
    ) -> Result<Location, Unreadable> {
        let (spans, offset) = match self {
            Source::Memory(at) => return Ok(Location::Memory(*at)),
            Source::Spans { spans, offset } => (spans, *offset),
        };
        let end = offset.saturating_add(size);
        let mut pieces = Vec::new();
        for span in spans.iter() {
            let (from, to) = (offset.max(span.start), end.min(span.end));
            let Some(len) = to.checked_sub(from).filter(|len| *len > 0) else { continue };
            let at = span.cut(from.saturating_sub(span.start), len, registers)?;
            pieces.push(Piece { size: len, at });
        }
        if let [Piece { size: whole, at }] = pieces.as_mut_slice()
            && *whole == size
        {
            return match std::mem::replace(at, PieceAt::Missing) {
                PieceAt::Memory(at) => Ok(Location::Memory(at)),
                PieceAt::Register(register) => Ok(Location::Register(register)),
                PieceAt::Value(bytes) => Ok(Location::Value(bytes)),
                PieceAt::Missing => Err(Unreadable::OptimisedOut),
            };
        }
        match size {
            0 => Ok(Location::Value(Vec::new())),
            _ => Ok(Location::Pieces(pieces)),
        }
    }

    /// Fills `into` with the bytes from here. Only the pieces that it covers are asked for, so that
    /// a missing piece makes no more unreadable than what lies in it.
    pub(super) fn fetch(
        &self,
        memory: &dyn Memory,
        registers: &ReadRegister<'_>,
        into: &mut [u8],
    ) -> Result<(), Unreadable> {
        let (spans, offset) = match self {
            Source::Memory(at) => return read_memory(memory, *at, into),
            Source::Spans { spans, offset } => (spans, *offset),
        };
        let mut done = 0_usize;
        for span in spans.iter() {
            let here = offset.saturating_add(done as u64);
            if here < span.start || here >= span.end || done >= into.len() {
                continue;
            }
            let wanted = into.len().saturating_sub(done) as u64;
            let len = wanted.min(span.end.saturating_sub(here)) as usize;
            let Some(part) = into.get_mut(done..done.saturating_add(len)) else { break };
            span.fetch(here.saturating_sub(span.start), memory, registers, part)?;
            done = done.saturating_add(len);
        }
        // The pieces at the end that are gone need not be listed.
        if done == into.len() { Ok(()) } else { Err(Unreadable::OptimisedOut) }
    }
}

impl Span {
    /// Some of its bytes.
    fn cut(
        &self,
        skip: u64,
        len: u64,
        registers: &ReadRegister<'_>,
    ) -> Result<PieceAt, Unreadable> {
        Ok(match &self.at {
            PieceAt::Memory(at) => PieceAt::Memory(*at + skip),
            PieceAt::Missing => PieceAt::Missing,
            PieceAt::Register(register) if skip == 0 => PieceAt::Register(*register),
            PieceAt::Value(bytes) => PieceAt::Value(some_of(bytes, skip, len)),
            PieceAt::Register(register) => {
                let lost = Unreadable::RegisterLost { register: register.name() };
                let bytes = registers(*register).ok_or(lost)?.to_le_bytes();
                let whole = bytes.get(..width(*register)).unwrap_or(&bytes);
                PieceAt::Value(some_of(whole, skip, len))
            }
        })
    }

    fn fetch(
        &self,
        skip: u64,
        memory: &dyn Memory,
        registers: &ReadRegister<'_>,
        into: &mut [u8],
    ) -> Result<(), Unreadable> {
        match &self.at {
            PieceAt::Memory(at) => read_memory(memory, *at + skip, into),
            PieceAt::Value(bytes) => copy_from(bytes, skip, into),
            PieceAt::Missing => Err(Unreadable::OptimisedOut),
            PieceAt::Register(register) => {
                let lost = Unreadable::RegisterLost { register: register.name() };
                let bytes = registers(*register).ok_or(lost)?.to_le_bytes();
                copy_from(bytes.get(..width(*register)).unwrap_or(&bytes), skip, into)
            }
        }
    }
}

/// Bytes of a register: 8 for a general one, 16 for xmm0 to xmm15 (psABI, figure 3.36).
fn width(register: Register) -> usize {
    if (17..=32).contains(&register.0) { 16 } else { 8 }
}

fn read_memory(memory: &dyn Memory, at: VirtAddr, into: &mut [u8]) -> Result<(), Unreadable> {
    if into.is_empty() {
        // Types without bytes live at addresses where nothing need be mapped.
        return Ok(());
    }
    memory.read(at, into).map_err(MemoryError::reason)
}

/// As many of the bytes as there are.
fn some_of(bytes: &[u8], skip: u64, len: u64) -> Vec<u8> {
    let skip = usize::try_from(skip).unwrap_or(usize::MAX);
    let len = usize::try_from(len).unwrap_or(usize::MAX);
    bytes.iter().skip(skip).take(len).copied().collect()
}

fn copy_from(bytes: &[u8], skip: u64, into: &mut [u8]) -> Result<(), Unreadable> {
    let skip = usize::try_from(skip).map_err(|_| too_short())?;
    let end = skip.checked_add(into.len()).ok_or_else(too_short)?;
    into.copy_from_slice(bytes.get(skip..end).ok_or_else(too_short)?);
    Ok(())
}

fn too_short() -> Unreadable {
    Unreadable::NotDescribed("its location covers fewer bytes than its type has".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Buffer;

    fn fetch(source: &Source, len: usize) -> Result<Vec<u8>, Unreadable> {
        let memory = Buffer { start: VirtAddr(0x1000), bytes: vec![1, 2, 3, 4, 5, 6, 7, 8] };
        let registers =
            |register: Register| (register == Register::RAX).then_some(0x1817_1615_1413_1211_u128);
        let mut bytes = vec![0; len];
        source.fetch(&memory, &registers, &mut bytes).map(|()| bytes)
    }

    fn pieces() -> Source {
        let piece = |size, at| Piece { size, at };
        Source::new(&Location::Pieces(vec![
            piece(4, PieceAt::Memory(VirtAddr(0x1002))),
            piece(4, PieceAt::Missing),
            piece(4, PieceAt::Register(Register::RAX)),
            piece(2, PieceAt::Value(vec![9, 10])),
        ]))
    }

    #[test]
    fn bytes_are_put_together_across_pieces() {
        assert_eq!(fetch(&pieces().at(8), 6), Ok(vec![0x11, 0x12, 0x13, 0x14, 9, 10]));
        assert_eq!(fetch(&pieces().at(2), 2), Ok(vec![5, 6]));
    }

    #[test]
    fn a_part_is_located_where_it_is_and_given_by_its_bytes_in_the_middle_of_a_register() {
        let registers = |register: Register| (register == Register::RAX).then_some(0x0807_u128);
        let located = |source: &Source, size| source.location(size, &registers);
        let memory = Ok(Location::Memory(VirtAddr(0x1004)));
        assert_eq!(located(&pieces().at(2), 2), memory);
        assert_eq!(located(&pieces().at(4), 4), Err(Unreadable::OptimisedOut));
        assert_eq!(located(&pieces().at(8), 4), Ok(Location::Register(Register::RAX)));
        assert_eq!(located(&pieces().at(9), 1), Ok(Location::Value(vec![8])));
        assert_eq!(located(&pieces().at(12), 1), Ok(Location::Value(vec![9])));
        let Ok(Location::Pieces(parts)) = located(&pieces().at(10), 4) else { panic!() };
        let sizes: Vec<_> = parts.iter().map(|part| part.size).collect();
        assert_eq!(sizes, [2, 2]);
        let lost = Source::new(&Location::Register(Register::RBX)).at(2);
        assert_eq!(located(&lost, 1), Err(Unreadable::RegisterLost { register: "rbx" }));
        assert_eq!(located(&lost, 0), Ok(Location::Value(vec![])));
    }

    #[test]
    fn a_missing_piece_makes_unreadable_only_what_it_covers() {
        assert_eq!(fetch(&pieces(), 4), Ok(vec![3, 4, 5, 6]));
        assert_eq!(fetch(&pieces(), 5), Err(Unreadable::OptimisedOut));
        assert_eq!(fetch(&pieces().at(12), 3), Err(Unreadable::OptimisedOut));
        assert_eq!(fetch(&pieces().at(u64::MAX), 1), Err(Unreadable::OptimisedOut));
    }

    #[test]
    fn a_part_inside_one_piece_has_that_pieces_place() {
        assert_eq!(pieces().at(2).place(2), Place::Memory(VirtAddr(0x1004)));
        assert_eq!(pieces().at(8).place(4), Place::Register(Register::RAX));
        assert_eq!(pieces().place(8), Place::Computed);
    }

    #[test]
    fn a_register_has_its_own_width_and_may_be_lost() {
        let rax = Source::new(&Location::Register(Register::RAX));
        assert_eq!(fetch(&rax, 2), Ok(vec![0x11, 0x12]));
        assert_eq!(fetch(&rax, 9), Err(too_short()));
        let rbx = Source::new(&Location::Register(Register::RBX));
        assert_eq!(fetch(&rbx, 1), Err(Unreadable::RegisterLost { register: "rbx" }));
    }
}
