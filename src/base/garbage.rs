//! Choices made by a string of bytes: what every test with random input and every fuzz target is
//! driven by.
//!
//! A fuzzer changes the string and watches what the program does; a property test takes it from a
//! seed, so that every run is the same.

/// Choices, from a string of bytes while it lasts and then from a seed.
pub struct Choices<'a> {
    bytes: &'a [u8],
    state: u64,
}

impl<'a> Choices<'a> {
    /// Choices made by these bytes. What lies behind their end is zeros.
    pub fn new(bytes: &'a [u8]) -> Choices<'a> {
        Choices { bytes, state: 0 }
    }

    /// The same choices in every run, without an end. The seed must not be zero.
    pub fn seeded(seed: u64) -> Choices<'static> {
        Choices { bytes: &[], state: seed }
    }

    /// Any byte.
    pub fn byte(&mut self) -> u8 {
        if let Some((first, rest)) = self.bytes.split_first() {
            self.bytes = rest;
            return *first;
        }
        // Marsaglia's xorshift64 (2003), which stays at zero once it is there.
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 24) as u8
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        u64::from_le_bytes(std::array::from_fn(|_| self.byte()))
    }

    /// A number below the limit, zero where the limit is. Takes no more bytes than it needs, so
    /// that a fuzzer finds its way through small choices quickly.
    pub fn below(&mut self, limit: u64) -> u64 {
        match limit {
            0 | 1 => 0,
            2..=0x100 => u64::from(self.byte()) % limit,
            0x101..=0x1_0000 => u64::from(u16::from_le_bytes([self.byte(), self.byte()])) % limit,
            _ => self.number() % limit,
        }
    }

    /// An index of something that has so many parts; zero where it has none.
    pub fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap_or(0)
    }

    /// Yes, once in so many times.
    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// One of several, which must not be none.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.index(from.len())]
    }

    /// So many bytes.
    pub fn take(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.byte()).collect()
    }

    /// The bytes of the string that no choice was made of yet.
    pub fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    /// Flips so many bits of a part of the bytes.
    pub fn flip_bits(&mut self, bytes: &mut [u8], count: u64) {
        for _ in 0..count {
            let (at, bit) = (self.index(bytes.len()), self.below(8));
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << bit;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_make_the_choices_and_zeros_follow() {
        let mut choices = Choices::new(&[7, 1, 2, 9]);
        assert_eq!((choices.below(5), choices.below(1000)), (2, 0x201));
        assert_eq!(choices.rest(), [9]);
        assert_eq!((choices.pick(&["a", "b"]), choices.number()), ("b", 0));
    }

    #[test]
    fn a_seed_gives_every_byte_and_the_same_ones_again() {
        let bytes = Choices::seeded(1).take(4096);
        assert_eq!(bytes, Choices::seeded(1).take(4096));
        assert!((0..=255).all(|byte| bytes.contains(&byte)));
    }
}
