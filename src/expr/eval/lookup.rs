//! Maps and sets: the entry with a key. Keys are compared, not hashed: the program may hash as it
//! likes. What the debugger compares is read ahead, and no value is read.

use std::cell::RefCell;

use super::super::error::{ExprError, Outcome};
use super::super::operand::Operand;
use super::super::scalar::Scalar;
use super::{Eval, View};
use crate::base::{Memory, MemoryError, MemoryExt, VirtAddr};
use crate::dwarf::{Encoding, Location, TypeKind, TypeRef};
use crate::value::{Entries, EntriesKind, MOST_ENTRIES, Part, Reader};

/// Bytes that are read at once, and how many such parts are kept.
const CHUNK: u64 = 1 << 14;
const CHUNKS: usize = 64;

impl Eval<'_> {
    /// The entry of a map or set with a key: the key and, in a map, the value.
    pub(super) fn lookup(&self, part: &Part, key: &Operand) -> Outcome<Option<(Operand, Operand)>> {
        let ahead = ReadAhead { inner: self.reader.memory, kept: RefCell::default() };
        let reader = Reader { memory: &ahead, ..*self.reader };
        let entries = match reader.shape_with(part.ty, &part.at, MOST_ENTRIES)? {
            crate::value::Shape::Entries(entries) => entries,
            _ => return Err(ExprError::new("it is no map or set")),
        };
        let ahead = Eval::over(self.scope, &reader);
        let found = ahead.find(&entries, key)?;
        if found.is_none() && (entries.at.len() as u64) < entries.len {
            let (len, most) = (entries.len, entries.at.len());
            return Err(ExprError::new(format!(
                "it is not among the first {most} of {len} entries, and no more are searched"
            )));
        }
        Ok(found.map(|(key, value)| {
            let place = |ty, at| Operand::Place(Part { ty, at: Location::Memory(at) });
            let value_ty = match entries.kind {
                EntriesKind::Map(value) => value,
                EntriesKind::List | EntriesKind::Set => entries.key,
            };
            (place(entries.key, key), place(value_ty, value))
        }))
    }

    fn find(&self, entries: &Entries, key: &Operand) -> Outcome<Option<(VirtAddr, VirtAddr)>> {
        let quick = self.quick(entries.key, key)?;
        for (key_at, value_at) in &entries.at {
            if let Some(quick) = &quick
                && !quick.may_be(self.reader.memory, *key_at)
            {
                continue;
            }
            let here = Part { ty: entries.key, at: Location::Memory(*key_at) };
            if self.equal(&Operand::Place(here), key)? {
                return Ok(Some((*key_at, *value_at)));
            }
        }
        Ok(None)
    }

    /// What the bytes of an equal key have to be like, for the types where that is known.
    fn quick(&self, ty: TypeRef, key: &Operand) -> Outcome<Option<Quick>> {
        let ty = self.reader.types.get(ty)?;
        let size = ty.size.and_then(|size| usize::try_from(size).ok()).filter(|size| *size <= 64);
        let Some(size) = size else { return Ok(None) };
        Ok(match (self.stripped(key)?, &ty.kind) {
            (View::Scalar(Scalar::Int(int)), TypeKind::Base(encoding))
                if matches!(encoding, Encoding::Signed | Encoding::Unsigned) && size <= 16 =>
            {
                let bytes = int.bits().to_le_bytes().iter().take(size).copied().collect();
                Some(Quick::Bytes(bytes))
            }
            (View::Text(text), _) if ty.is_std("String") || &*ty.name == "&str" => {
                Some(Quick::Word { of: size, word: text.len() })
            }
            _ => None,
        })
    }
}

/// What the bytes of a key have to be like.
enum Quick {
    /// These low bytes. They are compared in full afterwards: the number may be out of range.
    Bytes(Vec<u8>),
    /// One of its words is the length of the text.
    Word { of: usize, word: u64 },
}

impl Quick {
    /// Whether a key may be the one that is sought. Bytes that cannot be read may be.
    fn may_be(&self, memory: &dyn Memory, at: VirtAddr) -> bool {
        let len = match self {
            Quick::Bytes(bytes) => bytes.len(),
            Quick::Word { of, .. } => *of,
        };
        let Ok(read) = memory.read_bytes(at, len) else { return true };
        match self {
            Quick::Bytes(bytes) => read == *bytes,
            Quick::Word { word, .. } => {
                read.chunks_exact(8).any(|bytes| bytes == word.to_le_bytes())
            }
        }
    }
}

/// Which part of memory it is, and its bytes.
type Chunk = (u64, Vec<u8>);

/// Memory that is read in parts larger than was asked for: the entries of a table lie together.
struct ReadAhead<'a> {
    inner: &'a dyn Memory,
    /// The parts that were read last, each at its number modulo the number of parts.
    kept: RefCell<Vec<Option<Chunk>>>,
}

impl Memory for ReadAhead<'_> {
    fn read(&self, at: VirtAddr, into: &mut [u8]) -> Result<(), MemoryError> {
        match self.read_kept(at, into) {
            Some(()) => Ok(()),
            None => self.inner.read(at, into),
        }
    }
}

impl ReadAhead<'_> {
    fn read_kept(&self, at: VirtAddr, into: &mut [u8]) -> Option<()> {
        let number = at.0 / CHUNK;
        let start = number.checked_mul(CHUNK)?;
        let from = usize::try_from(at.0.checked_sub(start)?).ok()?;
        let end = from.checked_add(into.len()).filter(|end| *end as u64 <= CHUNK)?;
        let mut kept = self.kept.borrow_mut();
        kept.resize(CHUNKS, None);
        let slot = kept.get_mut((number % CHUNKS as u64) as usize)?;
        if slot.as_ref().is_none_or(|(of, _)| *of != number) {
            let bytes = self.inner.read_bytes(VirtAddr(start), CHUNK as usize).ok()?;
            *slot = Some((number, bytes));
        }
        let (_, bytes) = slot.as_ref()?;
        into.copy_from_slice(bytes.get(from..end)?);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::base::Buffer;

    /// Memory that counts how often it is asked.
    struct Counting {
        buffer: Buffer,
        reads: Cell<usize>,
    }

    impl Memory for Counting {
        fn read(&self, at: VirtAddr, into: &mut [u8]) -> Result<(), MemoryError> {
            self.reads.set(self.reads.get() + 1);
            self.buffer.read(at, into)
        }
    }

    #[test]
    fn what_lies_together_is_read_at_once_and_the_rest_as_it_is_asked_for() {
        let bytes: Vec<u8> = (0..0x1_2000_u32).map(|n| n as u8).collect();
        let buffer = Buffer { start: VirtAddr(0x8000), bytes };
        let memory = Counting { buffer, reads: Cell::new(0) };
        let ahead = ReadAhead { inner: &memory, kept: RefCell::default() };
        for at in (0x8000..0x1_8000).step_by(16) {
            let mut word = [0; 8];
            ahead.read(VirtAddr(at), &mut word).unwrap();
            assert_eq!(word[0], at as u8);
        }
        assert_eq!(memory.reads.get(), 4);
        // The part that begins here is not mapped to its end.
        let mut word = [0; 8];
        ahead.read(VirtAddr(0x1_9000), &mut word).unwrap();
        assert_eq!(word, [0, 1, 2, 3, 4, 5, 6, 7]);
        assert!(ahead.read(VirtAddr(0x1_a000), &mut word).is_err());
        assert!(ahead.read(VirtAddr(u64::MAX - 3), &mut word).is_err());
    }
}
