//! What was stored on the way, kept in words.

use std::collections::BTreeMap;

/// How many words are kept. A way that stores more knows nothing of memory from then on.
const MAX_WORDS: usize = 1 << 12;

/// The bytes that were stored on the way, by address.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Stored {
    words: BTreeMap<u64, Word>,
    too_many: bool,
}

/// Eight bytes, of which some were stored; the lowest bit of a mask is that of the first byte.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
struct Word {
    bytes: [u8; 8],
    /// Those that were stored.
    stored: u8,
    /// Those of them that are known.
    known: u8,
}

impl Stored {
    /// Whether more was stored than is kept, so that all memory may be other than it was.
    pub fn is_lost(&self) -> bool {
        self.too_many
    }

    /// Whether any of some bytes were stored.
    pub fn touches(&self, at: u64, size: u64) -> bool {
        let Some(last) = at.checked_add(size.saturating_sub(1)) else { return true };
        self.words.range(at & !7..=last).next().is_some()
    }

    /// A byte: none for one that was not stored, and in that none for one that is not known.
    pub fn byte(&self, at: u64) -> Option<Option<u8>> {
        let word = self.words.get(&(at & !7))?;
        let bit = 1u8 << (at & 7);
        (word.stored & bit != 0).then_some(())?;
        let index = usize::try_from(at & 7).ok()?;
        Some(word.bytes.get(index).copied().filter(|_| word.known & bit != 0))
    }

    /// Stores a byte; none for one that is not known.
    pub fn set(&mut self, at: u64, byte: Option<u8>) {
        let known = self.words.contains_key(&(at & !7));
        if self.too_many || (!known && self.words.len() >= MAX_WORDS) {
            self.words.clear();
            self.too_many = true;
            return;
        }
        let word = self.words.entry(at & !7).or_default();
        let bit = 1u8 << (at & 7);
        let index = usize::try_from(at & 7).unwrap_or(0);
        if let Some(into) = word.bytes.get_mut(index) {
            // Bytes that are not known are zero, so that equal knowledge compares equal.
            *into = byte.unwrap_or(0);
        }
        word.stored |= bit;
        word.known = (word.known & !bit) | if byte.is_some() { bit } else { 0 };
    }

    /// Forgets all that was stored elsewhere than in words that are kept.
    pub fn keep(&mut self, is_kept: &dyn Fn(u64) -> bool) {
        self.words.retain(|at, _| is_kept(*at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_is_not_stored_or_stored_and_unknown_or_known() {
        let mut stored = Stored::default();
        stored.set(15, Some(7));
        stored.set(16, None);
        assert_eq!((stored.byte(14), stored.byte(15)), (None, Some(Some(7))));
        assert_eq!((stored.byte(16), stored.byte(17)), (Some(None), None));
        assert!(stored.touches(8, 1), "by words: more is said to be touched, and never less");
        assert!(stored.touches(0, 9) && !stored.touches(0, 8) && !stored.touches(24, 8));
        stored.keep(&|at| at >= 16);
        assert_eq!((stored.byte(15), stored.byte(16)), (None, Some(None)));
    }

    #[test]
    fn equal_knowledge_is_equal_however_it_came_about() {
        let (mut one, mut other) = (Stored::default(), Stored::default());
        one.set(1, Some(5));
        one.set(1, None);
        other.set(1, None);
        assert_eq!(one, other);
    }

    #[test]
    fn who_stores_more_than_is_kept_knows_nothing_any_more() {
        let mut stored = Stored::default();
        for word in 0..=4096 {
            stored.set(word * 8, Some(1));
        }
        assert!(stored.is_lost());
        assert_eq!(stored.byte(8), None);
        stored.set(8, Some(1));
        assert_eq!(stored.byte(8), None);
    }
}
