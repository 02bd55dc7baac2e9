//! Blocks that are hash tables of std.

/// Control bytes that are read at once; as many follow the table's own (hashbrown, `Group::WIDTH`
/// with SSE2, which every x86-64 has).
const GROUP: u64 = 16;
/// A bucket that never was in use (hashbrown, `Tag::EMPTY`).
const EMPTY: u8 = 0xff;
/// A bucket that is no longer in use (hashbrown, `Tag::DELETED`).
const DELETED: u8 = 0x80;

/// Where the control bytes begin in a block that is a table of a `HashMap` or a `HashSet`, in bytes
/// from its beginning; none where it is not one. The map points there, into the middle: the entries
/// lie below, and one control byte for each above.
///
/// `words` gives the words of so many bytes from an offset on, as far as they can be read. It is asked
/// only where the size is that of a table. What is no table looks like one only by its last bytes: as
/// many control bytes as a power of two, then the first ones once more.
pub(super) fn control_bytes(size: u64, mut words: impl FnMut(u64, u64) -> Vec<u64>) -> Option<u64> {
    // Four buckets are the fewest (hashbrown, `capacity_to_buckets`).
    let buckets = std::iter::successors(Some(4_u64), |buckets| buckets.checked_mul(2));
    let fit = buckets.take_while(|buckets| buckets.saturating_add(GROUP) < size);
    fit.filter_map(|buckets| Some((buckets, size.checked_sub(buckets + GROUP)?)))
        // Entries take a byte each at least; sixteen bytes are the alignment of the control bytes.
        .filter(|(buckets, at)| at.is_multiple_of(GROUP) && at >= buckets)
        .find(|(buckets, at)| {
            let control = words(*at, buckets + GROUP).into_iter().flat_map(u64::to_le_bytes);
            is_control(*buckets, &control.collect::<Vec<_>>())
        })
        .map(|(_, at)| at)
}

/// Whether bytes are the control bytes of so many buckets, as far as they are there.
fn is_control(buckets: u64, bytes: &[u8]) -> bool {
    let Ok(buckets) = usize::try_from(buckets) else { return false };
    let group = GROUP as usize;
    let Some(own) = bytes.get(..buckets).filter(|_| bytes.len() >= buckets.max(group)) else {
        return false;
    };
    // Below the size of a group there are buckets that do not exist between the two.
    let (between, again) = match bytes.get(buckets..group) {
        Some(between) => (between, bytes.get(group..)),
        None => (&[][..], bytes.get(buckets..)),
    };
    let full = own.iter().filter(|byte| **byte < DELETED).count();
    own.iter().all(|byte| matches!(*byte, EMPTY | DELETED) || *byte < DELETED)
        && between.iter().all(|byte| *byte == EMPTY)
        && again.unwrap_or_default().iter().zip(own).all(|(again, own)| again == own)
        // One bucket at least is free always, so that a search ends.
        && full < buckets
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table of so many buckets of so many bytes each, of which some are in use.
    fn table(buckets: usize, entry: usize, used: &[(usize, u8)]) -> (u64, Vec<u64>) {
        let data = (buckets * entry).next_multiple_of(16);
        let mut bytes = vec![7_u8; data];
        let mut control = vec![EMPTY; buckets + 16];
        for (bucket, hash) in used {
            control[*bucket] = *hash;
            let again = (bucket.wrapping_sub(16) & (buckets - 1)) + 16;
            control[again] = *hash;
        }
        bytes.extend(control);
        let words = bytes.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word));
        (bytes.len() as u64, words.collect())
    }

    fn from(words: &[u64]) -> impl FnMut(u64, u64) -> Vec<u64> {
        |at, _| words.iter().skip((at / 8) as usize).copied().collect()
    }

    #[test]
    fn the_map_points_to_the_control_bytes_behind_the_entries() {
        for (buckets, entry) in [(4, 24), (4, 1), (8, 8), (16, 3), (64, 48), (1024, 32)] {
            let (size, words) = table(buckets, entry, &[(1, 0x35), (buckets - 1, 0)]);
            let at = (buckets * entry).next_multiple_of(16) as u64;
            let found = control_bytes(size, from(&words));
            // A table whose entries are smaller than its control bytes would be found at one
            // smaller than them.
            assert_eq!(found, (at >= buckets as u64).then_some(at), "{buckets} of {entry}");
        }
    }

    #[test]
    fn other_blocks_are_none() {
        let (size, mut words) = table(16, 24, &[(3, 1)]);
        if let Some(last) = words.last_mut() {
            *last ^= 1;
        }
        assert_eq!(
            control_bytes(size, from(&words)),
            None,
            "the first bytes do not come once more"
        );
        assert_eq!(control_bytes(64, from(&[0; 8])), None, "all are in use");
        assert_eq!(control_bytes(0, from(&[])), None);
        assert_eq!(control_bytes(u64::MAX, from(&[0; 4])), None);
        assert_eq!(control_bytes(1 << 40, from(&[])), None, "nothing could be read");
    }
}
