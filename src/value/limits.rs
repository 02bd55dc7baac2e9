//! How much of a value is read.

/// How much of a value is read, whatever its bytes say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Elements that are shown of each sequence.
    pub elements: usize,
    /// Levels of parts within parts, pointees included.
    pub depth: usize,
    /// Bytes that are shown of each text.
    pub text_bytes: usize,
    /// Parts of one value in all.
    pub total_parts: usize,
    /// Bytes that are read for one value in all.
    pub total_bytes: u64,
    /// Whether std types are read field by field, as the debug information describes them.
    pub raw: bool,
    /// Whether rows of bytes are read as text, and raw pointers to bytes as C strings.
    pub bytes_as_text: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            elements: 10,
            depth: 8,
            text_bytes: 200,
            total_parts: 2_000,
            total_bytes: 1024 * 1024,
            raw: false,
            bytes_as_text: false,
        }
    }
}

impl Limits {
    /// Levels beyond which nothing is read, so that the stack of the debugger itself holds whatever
    /// depth was asked for.
    pub(super) const DEEPEST: usize = 64;

    /// Parts beyond which nothing is read, however many were asked for: with the memory that each
    /// takes they are the bound on what one value costs, whatever its bytes say.
    pub const MOST_PARTS: usize = 1 << 18;

    /// Bytes beyond which nothing is read, however many were asked for.
    pub const MOST_BYTES: u64 = 1 << 26;

    /// What a program gets that asks for a value, and not a person: all of it, as a rule.
    pub fn for_programs() -> Limits {
        Limits {
            elements: 1 << 16,
            depth: 16,
            text_bytes: 1 << 20,
            total_parts: 1 << 17,
            total_bytes: 1 << 24,
            ..Limits::default()
        }
    }

    /// The levels that are read.
    pub(super) fn levels(&self) -> usize {
        self.depth.min(Self::DEEPEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_setting_lets_the_reader_recurse_without_end() {
        let limits = Limits { depth: usize::MAX, ..Limits::default() };
        assert_eq!(limits.levels(), Limits::DEEPEST);
        assert_eq!(Limits::default().levels(), 8);
    }
}
