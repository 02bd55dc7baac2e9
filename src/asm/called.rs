//! Which function a call called, from the instruction in front of its return address.

use crate::base::VirtAddr;

/// What a call instruction calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Called {
    /// The function at this address.
    Direct(VirtAddr),
    /// The function whose address lies in memory here, as the global offset table has them.
    Through(VirtAddr),
}

/// What the call instruction in front of a return address calls. `code` are the bytes in front of
/// it, six of them at least. None where that is decided by registers.
///
/// The encodings are `e8 rel32` and `ff 15 rel32` (Intel SDM, volume 2, `CALL`).
pub fn called_before(code: &[u8], return_address: VirtAddr) -> Option<Called> {
    let (_, last) = code.split_last_chunk::<6>()?;
    let [a, b, distance @ ..] = last;
    let distance = i32::from_le_bytes(*distance);
    let target = VirtAddr(return_address.0.wrapping_add_signed(distance.into()));
    match (a, b) {
        (0xff, 0x15) => Some(Called::Through(target)),
        (_, 0xe8) => Some(Called::Direct(target)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn direct_calls_and_those_through_the_global_offset_table_tell_what_they_call() {
        let at = VirtAddr(0x1000);
        let direct = [0x90, 0x90, 0xe8, 0xfb, 0xff, 0xff, 0xff];
        assert_eq!(called_before(&direct, at), Some(Called::Direct(VirtAddr(0xffb))));
        let through = [0xff, 0x15, 0x10, 0, 0, 0];
        assert_eq!(called_before(&through, at), Some(Called::Through(VirtAddr(0x1010))));
        let register = [0x90, 0x90, 0x90, 0x90, 0xff, 0xd0];
        assert_eq!(called_before(&register, at), None);
        assert_eq!(called_before(&[0xe8, 0, 0, 0, 0], at), None, "too few bytes");
    }
}
