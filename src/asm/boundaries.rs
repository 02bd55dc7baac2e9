//! Where instructions end.

use iced_x86::{Decoder, DecoderOptions};

use crate::base::{FileAddr, Range};

/// Whether an instruction of a function ends at an address. `code` are the bytes of `range`, which
/// begins with an instruction.
pub fn ends_instruction(code: &[u8], range: Range<FileAddr>, at: FileAddr) -> bool {
    let mut decoder = Decoder::with_ip(64, code, range.start.0, DecoderOptions::NONE);
    let ends = std::iter::from_fn(|| {
        let more = decoder.can_decode() && decoder.ip() < at.0;
        more.then(|| decoder.decode().next_ip())
    });
    ends.last() == Some(at.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_instructions_end() {
        // mov eax, 1; call; ret
        let code = b"\xb8\x01\x00\x00\x00\xe8\x00\x00\x00\x00\xc3";
        let range = Range::new(FileAddr(0x100), FileAddr(0x10b));
        let ends: Vec<u64> =
            (0..16).filter(|n| ends_instruction(code, range, FileAddr(0x100 + n))).collect();
        assert_eq!(ends, [5, 10, 11]);
    }
}
