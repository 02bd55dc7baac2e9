//! What the trap flag does not do right by itself.

use iced_x86::Mnemonic;

use super::relocate::decode;
use crate::base::VirtAddr;

/// How an instruction behaves when the processor is told to trap behind it (the trap flag; Intel
/// SDM, volume 3, section 17.3.1.4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stepping {
    /// It runs as always, and the trap comes behind it.
    Plain,
    /// It pushes the flags, and the trap flag among them.
    PushesFlags,
    /// It traps once for each repetition (`rep movs` and its like).
    Repeats {
        /// Its length in bytes.
        len: u64,
    },
    /// A system call: it leaves the flags in r11, and the trap flag among them.
    SystemCall {
        /// Its length in bytes.
        len: u64,
    },
}

/// How the instruction that the bytes begin with behaves; plain where they are none.
pub fn stepping(bytes: &[u8]) -> Stepping {
    let Some(instruction) = decode(bytes, VirtAddr(0)) else { return Stepping::Plain };
    let len = instruction.len() as u64;
    let repeats = instruction.has_rep_prefix() || instruction.has_repne_prefix();
    match instruction.mnemonic() {
        Mnemonic::Pushf | Mnemonic::Pushfd | Mnemonic::Pushfq => Stepping::PushesFlags,
        Mnemonic::Syscall => Stepping::SystemCall { len },
        _ if repeats && instruction.is_string_instruction() => Stepping::Repeats { len },
        _ => Stepping::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_instructions_that_the_trap_flag_shows_in_are_known() {
        assert_eq!(stepping(&[0x9c]), Stepping::PushesFlags);
        assert_eq!(stepping(&[0x66, 0x9c]), Stepping::PushesFlags);
        assert_eq!(stepping(&[0x0f, 0x05]), Stepping::SystemCall { len: 2 });
        assert_eq!(stepping(&[0xf3, 0x48, 0xab]), Stepping::Repeats { len: 3 });
        assert_eq!(stepping(&[0xf2, 0xae]), Stepping::Repeats { len: 2 });
    }

    #[test]
    fn a_prefix_that_repeats_nothing_and_a_string_instruction_without_one_are_plain() {
        // `pause`, `endbr64`, `repz ret`, `movsd xmm0, xmm1`, `stosb`, nothing.
        let plain: [&[u8]; 6] = [
            &[0xf3, 0x90],
            &[0xf3, 0x0f, 0x1e, 0xfa],
            &[0xf3, 0xc3],
            &[0xf2, 0x0f, 0x10, 0xc1],
            &[0xaa],
            &[],
        ];
        assert!(plain.iter().all(|bytes| stepping(bytes) == Stepping::Plain));
    }
}
