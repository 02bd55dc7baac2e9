//! Texts: compared and searched piece by piece, so that none need fit into memory.

use super::super::error::{ExprError, Outcome};
use super::super::operand::Operand;
use super::Eval;
use super::view::Text;
use crate::base::MemoryExt;
use crate::value::TextAt;

/// The most bytes of a text that are read for one comparison or search.
const MOST_BYTES: u64 = 1 << 24;

/// Bytes that are read at once.
const CHUNK: u64 = 4096;

impl Text {
    /// Bytes.
    pub(super) fn len(&self) -> u64 {
        match self {
            Text::Made(text) => text.len() as u64,
            Text::At(text) => text.len,
        }
    }

    /// The bytes from one up to another; both are within, and between characters.
    pub(super) fn part(&self, from: u64, to: u64) -> Operand {
        match self {
            Text::Made(text) => {
                Operand::Text(text.get(from as usize..to as usize).unwrap_or_default().into())
            }
            Text::At(text) => Operand::TextAt(TextAt {
                pointer: text.pointer + from,
                len: to.saturating_sub(from),
                capacity: None,
            }),
        }
    }
}

impl Eval<'_> {
    pub(super) fn is_char_boundary(&self, text: &Text, at: u64) -> Outcome<bool> {
        if at == 0 || at >= text.len() {
            return Ok(at <= text.len());
        }
        // The bytes of a character after its first begin with the bits 10 (RFC 3629, section 3).
        let byte = self.bytes(text, at, 1)?;
        Ok(byte.iter().all(|byte| byte & 0xc0 != 0x80))
    }

    /// Some bytes of a text, no more than a chunk.
    fn bytes(&self, text: &Text, from: u64, len: u64) -> Outcome<Vec<u8>> {
        self.work(1)?;
        let len = len.min(CHUNK) as usize;
        match text {
            Text::Made(made) => {
                Ok(made.as_bytes().iter().skip(from as usize).take(len).copied().collect())
            }
            Text::At(at) => {
                let read = self.reader.memory.read_bytes(at.pointer + from, len);
                read.map_err(|error| ExprError::from(error.reason()))
            }
        }
    }

    /// All bytes of a text.
    pub(in crate::expr) fn whole_text(&self, text: &Text) -> Outcome<Vec<u8>> {
        let len = text.len();
        if len > MOST_BYTES {
            return Err(ExprError::new(format!(
                "the text has {len} bytes, and no more than {MOST_BYTES} are searched"
            )));
        }
        let mut whole = Vec::new();
        let mut at = 0;
        while at < len {
            whole.extend(self.bytes(text, at, len.saturating_sub(at))?);
            at = at.saturating_add(CHUNK);
        }
        Ok(whole)
    }

    /// Whether `b` stands in `a` at this byte.
    pub(super) fn stands_at(&self, a: &Text, b: &Text, at: u64) -> Outcome<bool> {
        if a.len().saturating_sub(at) < b.len() || at > a.len() {
            return Ok(false);
        }
        if b.len() > MOST_BYTES {
            return Err(ExprError::new("the texts are too long to be compared"));
        }
        let mut done = 0;
        while done < b.len() {
            let len = b.len().saturating_sub(done).min(CHUNK);
            let left = self.bytes(a, at.saturating_add(done), len)?;
            if left != self.bytes(b, done, len)? {
                return Ok(false);
            }
            done = done.saturating_add(len);
        }
        Ok(true)
    }

    pub(super) fn same_text(&self, a: &Text, b: &Text) -> Outcome<bool> {
        // Texts of different lengths are told apart without a look at their bytes.
        Ok(a.len() == b.len() && self.stands_at(a, b, 0)?)
    }

    /// Whether `b` stands anywhere in `a`.
    pub(super) fn text_contains(&self, a: &Text, b: &Text) -> Outcome<bool> {
        let (a, b) = (self.whole_text(a)?, self.whole_text(b)?);
        if let (Ok(a), Ok(b)) = (std::str::from_utf8(&a), std::str::from_utf8(&b)) {
            return Ok(a.contains(b));
        }
        let steps = (a.len() as u64).saturating_mul(b.len() as u64);
        self.work(steps / CHUNK)?;
        Ok(b.is_empty() || a.windows(b.len()).any(|part| part == b))
    }
}
