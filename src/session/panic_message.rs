//! The message of a panic, where `rust_panic` is about to unwind the stack.
//!
//! `rust_panic(payload: &mut dyn PanicPayload)` is what every panic comes to (std, panicking.rs);
//! its payload holds the message, which was formatted for the panic hook before. std ships without
//! types, so the payload is told by its size, which stands in its vtable, and the text by what a
//! text must be: a pointer to so many bytes of UTF-8.

use super::run::Run;
use crate::base::{Memory, MemoryExt, Register, ThreadNo, VirtAddr};

/// The functions that every panic goes through, by the end of their paths.
pub(super) const PANIC_FUNCTION: &str = "rust_panic";

/// A message is not longer than this, in bytes.
const LONGEST: u64 = 1 << 16;

impl Run {
    /// The message of the panic in which a held thread stands at the entry of `rust_panic`.
    pub(super) fn panic_message(&self, no: ThreadNo) -> Option<String> {
        let registers = self.held(no)?.registers();
        let payload = VirtAddr(registers.get(Register::RDI)?);
        let vtable = VirtAddr(registers.get(Register::RSI)?);
        let memory = self.inferior.memory();
        // A vtable is drop glue, size, alignment, and the methods.
        let size = memory.read_u64(vtable + 8).ok()?;
        let method = VirtAddr(memory.read_u64(vtable + 24).ok()?);
        let kind = self.module_at(method).and_then(|loaded| {
            let symbol = *loaded.image.symbols().at(loaded.bias.to_file(method))?;
            Some(crate::dwarf::demangle(symbol.name).into_owned())
        });
        // `resume_unwind` passes on what an earlier panic has thrown.
        if kind.is_some_and(|kind| kind.contains("RewrapBox")) {
            return None;
        }
        message(memory, payload, size)
    }
}

/// The text of a payload of so many bytes: `&'static str`, `String`, or a `String` behind or before
/// the arguments that it was formatted from.
fn message(memory: &dyn Memory, payload: VirtAddr, size: u64) -> Option<String> {
    let word = |index: u64| memory.read_u64(payload + 8 * index).ok();
    match size {
        16 => text(memory, word(0)?, word(1)?),
        24 => string(memory, [word(0)?, word(1)?, word(2)?]),
        32 => {
            let words = [word(0)?, word(1)?, word(2)?, word(3)?];
            let [a, b, c, d] = words;
            let (first, last) = (string(memory, [a, b, c]), string(memory, [b, c, d]));
            // Two that could be it are none that is known.
            if first.is_some() && last.is_some() { None } else { first.or(last) }
        }
        _ => None,
    }
}

/// A `String` whose three words stand in an order that the compiler chose.
fn string(memory: &dyn Memory, words: [u64; 3]) -> Option<String> {
    let [a, b, c] = words;
    let found = [(a, b, c), (b, a, c), (c, a, b)].into_iter().filter_map(|(pointer, x, y)| {
        let (len, capacity) = (x.min(y), x.max(y));
        (capacity <= LONGEST * 16 && capacity > 0).then(|| text(memory, pointer, len)).flatten()
    });
    let mut found: Vec<_> = found.collect();
    if found.len() == 1 { found.pop() } else { None }
}

fn text(memory: &dyn Memory, pointer: u64, len: u64) -> Option<String> {
    if pointer < 4096 || len > LONGEST {
        return None;
    }
    let bytes = memory.read_bytes(VirtAddr(pointer), usize::try_from(len).ok()?).ok()?;
    // An empty text at an address where nothing is mapped is no text.
    memory.read(VirtAddr(pointer), &mut [0]).ok()?;
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Buffer;

    fn world(words: &[u64]) -> Vec<Buffer> {
        let payload = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        vec![
            Buffer { start: VirtAddr(0x10_0000), bytes: payload },
            Buffer { start: VirtAddr(0x7000_0000), bytes: b"no such key\xff".to_vec() },
        ]
    }

    fn of(words: &[u64]) -> Option<String> {
        message(&world(words), VirtAddr(0x10_0000), 8 * words.len() as u64)
    }

    #[test]
    fn a_message_is_read_wherever_its_words_stand() {
        let expected = Some("no such key".to_owned());
        assert_eq!(of(&[0x7000_0000, 11]), expected);
        assert_eq!(of(&[11, 0x7000_0000, 11]), expected);
        assert_eq!(of(&[0x7000_0000, 16, 11]), expected);
        assert_eq!(of(&[0x7fff_0000_0000, 16, 0x7000_0000, 11]), expected);
        assert_eq!(of(&[16, 0x7000_0000, 11, 0x7fff_0000_0000]), expected);
    }

    #[test]
    fn what_is_no_text_has_no_message() {
        assert_eq!(of(&[0x7000_0000, 12]), None, "not UTF-8");
        assert_eq!(of(&[0x7000_0000, u64::MAX]), None);
        assert_eq!(of(&[1 << 63, 0x7000_0000, 0x55]), None, "an Option that is None");
        assert_eq!(of(&[8, 0]), None);
        assert_eq!(of(&[5]), None);
        assert_eq!(of(&[]), None);
    }
}
