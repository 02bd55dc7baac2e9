//! Whether control runs out of a piece of code at its end.

use iced_x86::{Decoder, DecoderOptions, FlowControl};

use crate::base::{FileAddr, Range};

/// Whether control can come to the end of some code and go on behind it: code that was cut, or that a
/// person wrote so. Behind a call at the end nothing is expected to be: the compiler put nothing there,
/// because it knew that the call does not come back.
pub fn runs_off(code: &[u8], range: Range<FileAddr>) -> bool {
    let mut decoder = Decoder::with_ip(64, code, range.start.0, DecoderOptions::NONE);
    let mut last = FlowControl::Next;
    while decoder.can_decode() {
        last = decoder.decode().flow_control();
    }
    matches!(
        last,
        FlowControl::Next | FlowControl::ConditionalBranch | FlowControl::XbeginXabortXend
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_ends_with_what_does_not_go_on() {
        let off = |code: &[u8]| runs_off(code, Range::new(FileAddr(0x1000), FileAddr(0x1010)));
        assert!(off(&[]) && off(&[0x90]) && off(&[0xc3, 0x90]) && off(&[0x74, 0xfe]));
        assert!(!off(&[0xc3]) && !off(&[0x0f, 0x0b]) && !off(&[0xeb, 0xfe]));
        assert!(!off(&[0x90, 0xe8, 0, 0, 0, 0]), "a call that does not come back");
    }
}
