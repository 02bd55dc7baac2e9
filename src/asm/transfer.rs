//! Where one instruction hands control to.

use iced_x86::{FlowControl, Mnemonic};

use super::relocate::decode;
use crate::base::VirtAddr;

/// How an instruction hands control on, as far as a debugger that steps must know before it runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Transfer {
    /// It goes on behind itself, or jumps.
    Plain,
    /// It calls, and the call returns to `next`.
    Call {
        /// The address behind it.
        next: VirtAddr,
    },
    /// It returns to an address on the stack.
    Return,
    /// It asks the kernel, where it may wait for another thread.
    SystemCall,
}

/// How the instruction that the bytes begin with hands control on; plain where they are none.
pub fn transfer(bytes: &[u8], at: VirtAddr) -> Transfer {
    let Some(instruction) = decode(bytes, at) else { return Transfer::Plain };
    // iced counts `syscall` among the calls.
    if matches!(instruction.mnemonic(), Mnemonic::Syscall | Mnemonic::Sysenter) {
        return Transfer::SystemCall;
    }
    match instruction.flow_control() {
        FlowControl::Call | FlowControl::IndirectCall => {
            Transfer::Call { next: VirtAddr(instruction.next_ip()) }
        }
        FlowControl::Return => Transfer::Return,
        _ => Transfer::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_returns_and_system_calls_are_told_from_the_rest() {
        let at = VirtAddr(0x1000);
        let of = |bytes: &[u8]| transfer(bytes, at);
        assert_eq!(of(&[0xe8, 0, 0, 0, 0]), Transfer::Call { next: VirtAddr(0x1005) });
        assert_eq!(of(&[0xff, 0xd0]), Transfer::Call { next: VirtAddr(0x1002) }); // call rax
        assert_eq!(of(&[0xc3]), Transfer::Return);
        assert_eq!(of(&[0x0f, 0x05]), Transfer::SystemCall);
        for plain in [&[0xeb, 0x10][..], &[0x74, 0x10], &[0x90], &[0xff, 0xe0], &[]] {
            assert_eq!(of(plain), Transfer::Plain);
        }
    }
}
