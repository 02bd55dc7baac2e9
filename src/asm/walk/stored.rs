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
pub(super) struct Word {
    bytes: [u8; 8],
    /// Those that were stored.
    stored: u8,
    /// Those of them that are known.
    known: u8,
}

impl Word {
    /// The byte at an address in the word: none for one that was not stored, and in that none for one
    /// that is not known.
    pub fn byte(&self, at: u64) -> Option<Option<u8>> {
        let bit = 1u8 << (at & 7);
        (self.stored & bit != 0).then_some(())?;
        let index = usize::try_from(at & 7).ok()?;
        Some(self.bytes.get(index).copied().filter(|_| self.known & bit != 0))
    }

    fn set(&mut self, at: u64, byte: Option<u8>) {
        let bit = 1u8 << (at & 7);
        let index = usize::try_from(at & 7).unwrap_or(0);
        if let Some(into) = self.bytes.get_mut(index) {
            // Bytes that are not known are zero, so that equal knowledge compares equal.
            *into = byte.unwrap_or(0);
        }
        self.stored |= bit;
        self.known = (self.known & !bit) | if byte.is_some() { bit } else { 0 };
    }
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

    /// The word that an address lies in, where some of it was stored.
    pub fn word(&self, at: u64) -> Option<Word> {
        self.words.get(&(at & !7)).copied()
    }

    /// Stores bytes from an address on; none for one that is not known.
    pub fn set(&mut self, at: u64, bytes: impl Iterator<Item = Option<u8>>) {
        let mut bytes = (0..).map(|offset| at.wrapping_add(offset)).zip(bytes).peekable();
        while let Some(&(first, _)) = bytes.peek().filter(|_| !self.too_many) {
            let base = first & !7;
            let mut word = self.word(base).unwrap_or_default();
            while let Some((at, byte)) = bytes.next_if(|(at, _)| at & !7 == base) {
                word.set(at, byte);
            }
            self.put(base, word);
        }
    }

    fn put(&mut self, base: u64, word: Word) {
        let is_new = self.words.insert(base, word).is_none();
        if is_new && self.words.len() > MAX_WORDS {
            self.words.clear();
            self.too_many = true;
        }
    }

    /// Forgets all that was stored elsewhere than in words that are kept.
    pub fn keep(&mut self, is_kept: &dyn Fn(u64) -> bool) {
        self.words.retain(|at, _| is_kept(*at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn byte(stored: &Stored, at: u64) -> Option<Option<u8>> {
        stored.word(at)?.byte(at)
    }

    #[test]
    fn a_byte_is_not_stored_or_stored_and_unknown_or_known() {
        let mut stored = Stored::default();
        stored.set(15, [Some(7), None].into_iter());
        assert_eq!((byte(&stored, 14), byte(&stored, 15)), (None, Some(Some(7))));
        assert_eq!((byte(&stored, 16), byte(&stored, 17)), (Some(None), None));
        assert!(stored.touches(8, 1), "by words: more is said to be touched, and never less");
        assert!(stored.touches(0, 9) && !stored.touches(0, 8) && !stored.touches(24, 8));
        stored.keep(&|at| at >= 16);
        assert_eq!((byte(&stored, 15), byte(&stored, 16)), (None, Some(None)));
    }

    #[test]
    fn equal_knowledge_is_equal_however_it_came_about() {
        let (mut one, mut other) = (Stored::default(), Stored::default());
        one.set(1, [Some(5)].into_iter());
        one.set(1, [None].into_iter());
        other.set(1, [None].into_iter());
        assert_eq!(one, other);
    }

    #[test]
    fn who_stores_more_than_is_kept_knows_nothing_any_more() {
        let mut stored = Stored::default();
        for word in 0..4096 {
            stored.set(word * 8, [Some(1)].into_iter());
        }
        assert!(!stored.is_lost() && byte(&stored, 8) == Some(Some(1)));
        stored.set(8 * 4096, [Some(1)].into_iter());
        assert!(stored.is_lost());
        assert_eq!(byte(&stored, 8), None);
        stored.set(8, [Some(1)].into_iter());
        assert_eq!(byte(&stored, 8), None);
    }
}
