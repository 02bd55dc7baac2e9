//! The words of a piece of memory, as far as it can be read.

use std::iter;

use crate::base::{Memory, MemoryExt, VirtAddr};

/// Bytes that are read at a time.
const PIECE: u64 = 1 << 20;

/// Bytes of a page: memory can be read or not a page at a time.
const PAGE: u64 = 4096;

/// The aligned words of a piece of memory, in pieces, each with the address of its first word. Pages
/// that cannot be read are left out, and those around them are not.
pub(super) fn words(
    memory: &dyn Memory,
    at: VirtAddr,
    size: u64,
) -> impl Iterator<Item = (VirtAddr, Vec<u64>)> {
    let end = at.0.saturating_add(size) & !7;
    let mut next = at.0.checked_next_multiple_of(8).unwrap_or(end);
    iter::from_fn(move || {
        while next < end {
            let start = VirtAddr(next);
            let until = end.min(next.saturating_add(PIECE));
            let read = read(memory, start, until);
            let read = match read {
                Ok(words) => {
                    next = until;
                    Ok(words)
                }
                Err(hole) => {
                    // Nothing is known of an error that names an address elsewhere.
                    let hole = hole.clamp(next, until.saturating_sub(1)) & !(PAGE - 1);
                    next = hole.saturating_add(PAGE);
                    self::read(memory, start, hole.max(start.0))
                }
            };
            match read {
                Ok(words) if !words.is_empty() => return Some((start, words)),
                _ => {}
            }
        }
        None
    })
}

/// The words of a piece of memory, or the first address of it that cannot be read.
fn read(memory: &dyn Memory, at: VirtAddr, end: u64) -> Result<Vec<u64>, u64> {
    let size = usize::try_from(end.saturating_sub(at.0).min(PIECE)).unwrap_or(0);
    let bytes = memory.read_bytes(at, size).map_err(|error| error.at.0)?;
    Ok(bytes.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::MemoryError;

    /// Each word is its own address; pages whose number is in the list cannot be read.
    struct Pages(Vec<u64>);

    impl Memory for Pages {
        fn read(&self, at: VirtAddr, into: &mut [u8]) -> Result<(), MemoryError> {
            for (byte, to) in (at.0..).zip(into) {
                if self.0.contains(&(byte / PAGE)) {
                    return Err(MemoryError::unmapped(VirtAddr(byte)));
                }
                *to = (byte & !7).to_le_bytes()[(byte % 8) as usize];
            }
            Ok(())
        }
    }

    /// The words that are found, and whether each has the place that it is said to have.
    fn found(memory: &Pages, at: u64, size: u64) -> Vec<u64> {
        let pieces = words(memory, VirtAddr(at), size);
        let mut found = Vec::new();
        for (start, words) in pieces {
            assert_eq!(Some(&start.0), words.first());
            found.extend(words);
        }
        found
    }

    #[test]
    fn whole_words_alone_are_read_and_none_twice() {
        assert_eq!(found(&Pages(vec![]), 0x1003, 21), [0x1008, 0x1010]);
        assert_eq!(found(&Pages(vec![]), 0x1000, 7), [0_u64; 0]);
        let all = found(&Pages(vec![]), 0x1000, 3 * PIECE + 16);
        assert_eq!(all, (0x1000..0x1000 + 3 * PIECE + 16).step_by(8).collect::<Vec<_>>());
    }

    #[test]
    fn a_page_that_cannot_be_read_hides_no_other() {
        let some = |from: u64, to: u64| (from * PAGE..to * PAGE).step_by(8);
        let memory = Pages(vec![2, 3, 300]);
        let all = found(&memory, PAGE, 400 * PAGE);
        let expected: Vec<u64> = some(1, 2).chain(some(4, 300)).chain(some(301, 401)).collect();
        assert_eq!(all, expected);
        assert_eq!(found(&memory, 2 * PAGE, 2 * PAGE), [0_u64; 0]);
    }

    #[test]
    fn the_end_of_the_address_space_is_the_end() {
        let memory = Pages(vec![u64::MAX / PAGE]);
        assert_eq!(found(&memory, u64::MAX - 64, u64::MAX), [0_u64; 0]);
        assert_eq!(found(&memory, u64::MAX - 2, u64::MAX), [0_u64; 0]);
    }
}
