//! The debug registers of the processor (Intel SDM, volume 3, section 17.2), through
//! `PTRACE_POKEUSER` (ptrace(2)): four addresses, a word that says what to watch for, and one that
//! says what was seen.

use std::io;
use std::mem::offset_of;

use super::ptrace::{peek_user, poke_user};
use crate::base::{Tid, VirtAddr};

/// Where the addresses that programs can have end: one page below 2^47, or 2^56 with five levels of
/// page tables, which a program must ask for (linux/Documentation/arch/x86/x86_64/mm.rst).
pub const USER_END: u64 = (1 << 56) - 4096;

/// The watching part of the debug registers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DebugRegisters {
    addresses: [u64; 4],
    control: u64,
}

/// The register that says which watchpoint was hit (DR6).
const STATUS: usize = 6;

/// The register that says what is watched (DR7).
const CONTROL: usize = 7;

impl DebugRegisters {
    /// Watches up to four places: an address, its length (1, 2, 4 or 8 bytes), and whether reads
    /// count too.
    pub fn new(watched: [Option<(VirtAddr, u64, bool)>; 4]) -> DebugRegisters {
        let mut registers = DebugRegisters { addresses: [0; 4], control: 0 };
        let places = registers.addresses.iter_mut().zip(watched).enumerate();
        for (index, (address, watched)) in places {
            let Some((at, len, reads)) = watched else { continue };
            *address = at.0;
            let length = match len {
                2 => 0b01,
                4 => 0b11,
                8 => 0b10,
                _ => 0b00,
            };
            let access = if reads { 0b11 } else { 0b01 };
            registers.control |= 1 << (2 * index);
            registers.control |= (length << 2 | access) << (16 + 4 * index);
        }
        registers
    }
}

/// Gives a stopped thread these watchpoints instead of those that it has.
///
/// # Errors
/// `ESRCH` where it is gone, `EINVAL` for addresses the kernel does not allow, `ENOSPC` where
/// somebody else (perf) uses the registers.
pub fn set_debug_registers(tid: Tid, registers: &DebugRegisters) -> io::Result<()> {
    // While they are in use the kernel checks each address against the length of the one before.
    poke_user(tid, offset(CONTROL), 0)?;
    for (index, address) in registers.addresses.iter().enumerate() {
        if registers.control & (1 << (2 * index)) != 0 {
            poke_user(tid, offset(index), *address)?;
        }
    }
    poke_user(tid, offset(CONTROL), registers.control)
}

/// Which of the four watchpoints a stopped thread has hit since that was last forgotten.
///
/// # Errors
/// `ESRCH` where it is gone.
pub fn watchpoints_hit(tid: Tid) -> io::Result<[bool; 4]> {
    let status = peek_user(tid, offset(STATUS))?;
    Ok([0, 1, 2, 3].map(|index| status & (1 << index) != 0))
}

/// Forgets which watchpoints a stopped thread has hit.
///
/// # Errors
/// `ESRCH` where it is gone.
pub fn forget_watchpoints_hit(tid: Tid) -> io::Result<()> {
    poke_user(tid, offset(STATUS), 0)
}

/// The offset of a debug register in `struct user`.
fn offset(register: usize) -> usize {
    offset_of!(libc::user, u_debugreg) + register * size_of::<u64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_control_word_names_length_and_access_of_each_place() {
        let at = VirtAddr(0x1000);
        let one = DebugRegisters::new([Some((at, 8, false)), None, None, None]);
        assert_eq!((one.addresses, one.control), ([0x1000, 0, 0, 0], 0b1001 << 16 | 1));
        let second = DebugRegisters::new([None, Some((at, 4, true)), None, None]);
        assert_eq!(second.control, 0b1111 << 20 | 1 << 2);
        let all = DebugRegisters::new([Some((at, 1, false)), None, None, Some((at, 2, true))]);
        assert_eq!(all.control, 0b0001 << 16 | 1 | 0b0111 << 28 | 1 << 6);
        assert_eq!(DebugRegisters::new([None; 4]).control, 0);
    }
}
