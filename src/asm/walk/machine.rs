//! Registers and memory, as far as they are known.

use std::collections::BTreeMap;

use iced_x86::Register as Name;

use super::flags::{Flags, masked};
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

/// What is known of a thread at one place in its code.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Machine {
    general: [Option<u64>; 16],
    vectors: [Option<u128>; 16],
    pub(super) flags: Flags,
    /// The bytes that were written on the way, by address; none for one that is not known any more.
    written: BTreeMap<u64, Option<u8>>,
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

    /// Bytes that somebody else may write to are not known any more.
    pub fn forget(&mut self, at: u64, size: u64) {
        for address in at..at.saturating_add(size) {
            self.written.insert(address, None);
        }
    }

    /// Copies bytes, as `memcpy` does.
    pub fn copy(&mut self, to: u64, from: u64, size: u64, peek: &Peek<'_>) {
        for offset in 0..size {
            let byte = self.byte(from.wrapping_add(offset), peek);
            self.written.insert(to.wrapping_add(offset), byte);
        }
    }

    /// The word at an address.
    pub fn word(&self, at: u64, peek: &Peek<'_>) -> Option<u64> {
        let value = self.load(at, 8, peek)?;
        u64::try_from(value).ok()
    }

    fn byte(&self, at: u64, peek: &Peek<'_>) -> Option<u8> {
        match self.written.get(&at) {
            Some(known) => *known,
            None => peek(at, 1)?.first().copied(),
        }
    }

    /// The bytes of a number of at most 16.
    pub(super) fn load(&self, at: u64, size: usize, peek: &Peek<'_>) -> Option<u128> {
        let end = at.checked_add(u64::try_from(size).ok()?)?;
        let mut bytes = [0; 16];
        let into = bytes.get_mut(..size)?;
        let mut written = self.written.range(at..end).peekable();
        if written.peek().is_none() {
            into.copy_from_slice(peek(at, size)?.get(..size)?);
        } else {
            for (address, into) in (at..end).zip(into) {
                *into = self.byte(address, peek)?;
            }
        }
        Some(u128::from_le_bytes(bytes))
    }

    pub(super) fn store(&mut self, at: u64, size: usize, value: Option<u128>) {
        let bytes = value.map(u128::to_le_bytes);
        for (offset, index) in (0_u64..).zip(0..size) {
            let byte = bytes.as_ref().and_then(|bytes| bytes.get(index)).copied();
            self.written.insert(at.wrapping_add(offset), byte);
        }
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
