//! The values that are asked for.

use std::collections::HashSet;
use std::sync::Arc;

use crate::asm::walk::{Machine, Peek, Touched};

/// How many bytes of a value are searched for the words of another.
const SEARCHED: u64 = 256;

/// A value that needs to be dropped: a variable, or a field of one that is dropped by itself.
#[derive(Clone, Debug)]
pub(in crate::session) struct Owned {
    /// Its path in the variable; empty for all of that.
    pub path: String,
    /// The full name of its type.
    pub type_name: Arc<str>,
    /// Where it lies; none for one that is in registers.
    pub place: Option<Span>,
    /// The bytes of it in which nothing but a new value is stored.
    pub core: Vec<Span>,
    /// The full name of the type of the variable.
    pub whole_type: Arc<str>,
    /// Where the variable lies.
    pub whole: Option<Span>,
    /// The memory that it owns itself.
    pub blocks: Vec<Span>,
}

/// Some bytes of memory.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(in crate::session) struct Span {
    /// The first.
    pub at: u64,
    /// How many.
    pub size: u64,
}

impl Span {
    /// Whether a byte is among them.
    pub fn contains(self, at: u64) -> bool {
        at.checked_sub(self.at).is_some_and(|offset| offset < self.size)
    }

    /// Whether a byte of others is among them.
    pub fn meets(self, other: Span) -> bool {
        self.contains(other.at) || other.contains(self.at)
    }

    /// Whether an instruction reads or writes one of them.
    pub fn touched(self, by: &Touched) -> bool {
        self.meets(Span { at: by.at, size: by.size })
    }

    /// The first byte behind them.
    pub fn end(self) -> u64 {
        self.at.saturating_add(self.size)
    }
}

impl Owned {
    /// Whether it is of a type, or the variable is that it is a field of.
    pub fn is_of(&self, name: &str) -> bool {
        *self.type_name == *name || *self.whole_type == *name
    }

    /// Whether it, or the variable, is what lies at an address as a value of a type.
    pub fn is_exactly(&self, name: Option<&Arc<str>>, at: u64) -> bool {
        let of = |span: Option<Span>, ty: &Arc<str>| {
            span.is_some_and(|span| span.at == at) && name == Some(ty)
        };
        of(self.place, &self.type_name) || of(self.whole, &self.whole_type)
    }

    /// Whether its words are among the bytes at an address.
    pub fn is_copied(
        &self,
        at: u64,
        size: Option<u64>,
        machine: &Machine,
        peek: &Peek<'_>,
    ) -> bool {
        let words = size.unwrap_or(0).min(SEARCHED) >> 3;
        let word = |n: u64| machine.word(at.wrapping_add(n << 3), peek);
        let words: HashSet<u64> = (0..words).filter_map(word).collect();
        !self.blocks.is_empty() && self.blocks.iter().all(|block| words.contains(&block.at))
    }

    /// Whether another value may be the same one: it owns the same memory, or lies in the same place.
    pub fn is_same(&self, other: &Owned) -> bool {
        let same_block = self.blocks.iter().any(|block| other.blocks.contains(block));
        same_block || (self.place.is_some() && self.place == other.place)
    }
}
