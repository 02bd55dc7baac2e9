//! Registers and memory, as far as they are known.

use iced_x86::Register as Name;

use super::flags::{Flags, masked};
use super::stored::{Stored, Word};
use crate::base::Register;

/// Reads bytes of memory as they are now; none where they are not known, or may be others by then.
pub type Peek<'a> = dyn Fn(u64, usize) -> Option<Vec<u8>> + 'a;

/// The general registers by their number in the encoding, for each number of DWARF (psABI, figure
/// 3.36).
const BY_DWARF: [usize; 16] = [0, 2, 1, 3, 6, 7, 5, 4, 8, 9, 10, 11, 12, 13, 14, 15];
/// Those that a called function leaves as they were (psABI, section 3.2.1): rbx, rsp, rbp, r12 to r15.
const KEPT: [usize; 7] = [3, 4, 5, 12, 13, 14, 15];
/// Those that arguments are passed in, in their order.
const ARGUMENTS: [usize; 6] = [7, 6, 2, 1, 8, 9];

/// The most bytes that are read in one go.
const CHUNK: u64 = 16;

/// What is known of a thread at one place in its code.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Machine {
    general: [Option<u64>; 16],
    vectors: [Option<u128>; 16],
    pub(super) flags: Flags,
    stored: Stored,
    /// The bytes that no pointer leads to: the first, and the first behind them.
    own: (u64, u64),
    /// Whether something was stored nobody knows where.
    scattered: bool,
}

impl Machine {
    /// Sets what a general register holds.
    pub fn set(&mut self, register: Register, value: u64) {
        let index = BY_DWARF.get(usize::from(register.0)).copied();
        if let Some(known) = index.and_then(|index| self.general.get_mut(index)) {
            *known = Some(value);
        }
    }

    /// What is passed as an argument in a register, counted from 0.
    pub fn argument(&self, index: usize) -> Option<u64> {
        ARGUMENTS.get(index).and_then(|register| *self.general.get(*register)?)
    }

    /// What `rax` holds: the result of a function, or the address of it.
    pub fn result(&self) -> Option<u64> {
        self.general.first().copied().flatten()
    }

    /// A called function has returned, or unwinding has come here: only what it leaves as it was is
    /// known still.
    pub fn after_call(&mut self) {
        for (index, known) in self.general.iter_mut().enumerate() {
            if !KEPT.contains(&index) {
                *known = None;
            }
        }
        self.vectors = [None; 16];
        self.flags = Flags::default();
    }

    /// No pointer leads to some bytes: what is stored nobody knows where is not stored there.
    pub fn set_own(&mut self, at: u64, size: u64) {
        self.own = (at, at.saturating_add(size & !7));
    }

    /// Whether a pointer may lead to a byte.
    pub fn is_reachable(&self, at: u64) -> bool {
        !(self.own.0..self.own.1).contains(&at)
    }

    /// Whether something was stored nobody knows where, so that what pointers lead to may be other
    /// than it was.
    pub fn is_scattered(&self) -> bool {
        self.scattered
    }

    /// Something is stored nobody knows where.
    pub fn scatter(&mut self) {
        let (from, end) = self.own;
        self.stored.keep(&|word| word >= from && word.saturating_add(8) <= end);
        self.scattered = true;
    }

    /// The bytes that no pointer leads to: the first, and the first behind them.
    pub fn own(&self) -> (u64, u64) {
        self.own
    }

    /// Bytes that somebody else may write to are not known any more.
    pub fn forget(&mut self, at: u64, size: u64) {
        self.stored.set(at, (0..size).map(|_| None));
    }

    /// Forgets what was stored elsewhere than in words that are kept: somebody else may have stored
    /// something there.
    pub fn keep(&mut self, is_kept: &dyn Fn(u64) -> bool) {
        self.stored.keep(is_kept);
    }

    /// Copies bytes, as `memmove` does.
    pub fn copy(&mut self, to: u64, from: u64, size: u64, peek: &Peek<'_>) {
        let mut bytes = Vec::new();
        let mut done = 0;
        while done < size {
            let count = (size - done).min(CHUNK);
            let at = from.wrapping_add(done);
            let of = usize::try_from(count).ok().filter(|_| !self.stored.touches(at, count));
            let whole = of.and_then(|count| peek(at, count)).filter(|_| !self.stored.is_lost());
            match whole {
                Some(whole) => bytes.extend(whole.into_iter().map(Some)),
                None => bytes.extend((0..count).map(|n| self.byte(at.wrapping_add(n), peek))),
            }
            done = done.saturating_add(count);
        }
        self.stored.set(to, bytes.into_iter());
    }

    /// The word at an address.
    pub fn word(&self, at: u64, peek: &Peek<'_>) -> Option<u64> {
        let value = self.load(at, 8, peek)?;
        u64::try_from(value).ok()
    }

    fn byte(&self, at: u64, peek: &Peek<'_>) -> Option<u8> {
        self.byte_in(self.stored.word(at), at, peek)
    }

    /// A byte, given the word that it lies in, where some of that was stored.
    fn byte_in(&self, word: Option<Word>, at: u64, peek: &Peek<'_>) -> Option<u8> {
        match word.and_then(|word| word.byte(at)) {
            Some(known) => known,
            None if self.stored.is_lost() => None,
            None => peek(at, 1)?.first().copied(),
        }
    }

    /// The bytes of a number of at most 16.
    pub(super) fn load(&self, at: u64, size: usize, peek: &Peek<'_>) -> Option<u128> {
        let count = u64::try_from(size).ok()?;
        let end = at.checked_add(count)?;
        let mut bytes = [0; 16];
        let into = bytes.get_mut(..size)?;
        if self.stored.touches(at, count) || self.stored.is_lost() {
            let mut word = self.stored.word(at);
            for (address, into) in (at..end).zip(into) {
                if address & 7 == 0 {
                    word = self.stored.word(address);
                }
                *into = self.byte_in(word, address, peek)?;
            }
        } else {
            into.copy_from_slice(peek(at, size)?.get(..size)?);
        }
        Some(u128::from_le_bytes(bytes))
    }

    /// Stores bytes at an address; none for one that is not known: then all that pointers lead to
    /// may be other than it was.
    pub(super) fn store(&mut self, at: Option<u64>, size: usize, value: Option<u128>) {
        let Some(at) = at else { return self.scatter() };
        let bytes = value.map(u128::to_le_bytes);
        let byte = |index: usize| bytes.as_ref().and_then(|bytes| bytes.get(index)).copied();
        self.stored.set(at, (0..size).map(byte));
    }

    /// What a register holds, its upper bytes zero; none for the second byte of one, too.
    pub(super) fn register(&self, name: Name) -> Option<u64> {
        let whole = self.general.get(index_of(name)?).copied().flatten()?;
        Some(masked(whole, name.size()))
    }

    pub(super) fn set_register(&mut self, name: Name, value: Option<u64>) {
        if name.is_xmm() || name.is_ymm() || name.is_zmm() {
            return self.set_vector(name, None);
        }
        let Some(whole) = general(name).and_then(|index| self.general.get_mut(index)) else {
            return;
        };
        let high = matches!(name, Name::AH | Name::BH | Name::CH | Name::DH);
        *whole = match (name.size(), value) {
            _ if high => None,
            (8, value) => value,
            (4, value) => value.map(|value| masked(value, 4)),
            (size, Some(value)) => {
                let kept = |whole: u64| whole & !masked(u64::MAX, size);
                whole.map(|whole| kept(whole) | masked(value, size))
            }
            (_, None) => None,
        };
    }

    pub(super) fn vector(&self, name: Name) -> Option<u128> {
        self.vectors.get(vector_of(name)?).copied().flatten()
    }

    pub(super) fn set_vector(&mut self, name: Name, value: Option<u128>) {
        if let Some(known) = vector_of(name).and_then(|index| self.vectors.get_mut(index)) {
            *known = value;
        }
    }
}

fn general(name: Name) -> Option<usize> {
    let whole = name.full_register();
    whole.is_gpr64().then(|| whole.number())
}

fn index_of(name: Name) -> Option<usize> {
    let high = matches!(name, Name::AH | Name::BH | Name::CH | Name::DH);
    general(name).filter(|_| !high)
}

fn vector_of(name: Name) -> Option<usize> {
    let vector = name.is_xmm() || name.is_ymm() || name.is_zmm();
    vector.then(|| name.number())
}
