//! What one instruction, or a short run of them, will do.

use iced_x86::{
    Code, ConditionCode, Decoder, DecoderOptions, FlowControl, InstructionInfoFactory, Register,
};

use super::access::writes;
use crate::base::FileAddr;

/// Whether a conditional jump will be taken, by the flags register and rcx.
///
/// False for anything that is not a conditional jump. Flags as in the Intel SDM, volume 1, 3.4.3.
pub fn takes_branch(code: &[u8], eflags: u64, rcx: u64) -> bool {
    let instruction = Decoder::new(64, code, DecoderOptions::NONE).decode();
    let flag = |bit: u32| eflags & (1 << bit) != 0;
    let (carry, parity, zero) = (flag(0), flag(2), flag(6));
    let (sign, overflow) = (flag(7), flag(11));
    match instruction.condition_code() {
        ConditionCode::o => overflow,
        ConditionCode::no => !overflow,
        ConditionCode::b => carry,
        ConditionCode::ae => !carry,
        ConditionCode::e => zero,
        ConditionCode::ne => !zero,
        ConditionCode::be => carry || zero,
        ConditionCode::a => !carry && !zero,
        ConditionCode::s => sign,
        ConditionCode::ns => !sign,
        ConditionCode::p => parity,
        ConditionCode::np => !parity,
        ConditionCode::l => sign != overflow,
        ConditionCode::ge => sign == overflow,
        ConditionCode::le => zero || sign != overflow,
        ConditionCode::g => !zero && sign == overflow,
        ConditionCode::None => match instruction.code() {
            Code::Jrcxz_rel8_64 => rcx == 0,
            Code::Jecxz_rel8_64 => rcx & 0xffff_ffff == 0,
            _ => false,
        },
    }
}

/// Whether a run of code stores to the bytes from `offset` above the stack pointer on, `size` of
/// them, by an address that is the stack pointer plus a constant. It ends where the function returns:
/// what lies behind that is of another way, or of another function.
pub fn stores_to_stack(code: &[u8], at: FileAddr, offset: i64, size: u64) -> bool {
    let mut decoder = Decoder::with_ip(64, code, at.0, DecoderOptions::NONE);
    let mut info = InstructionInfoFactory::new();
    let end = offset.saturating_add_unsigned(size);
    while decoder.can_decode() {
        let instruction = decoder.decode();
        let stores = info.info(&instruction).used_memory().iter().any(|memory| {
            let from = memory.displacement().cast_signed();
            let direct = memory.base() == Register::RSP && memory.index() == Register::None;
            writes(memory.access()) && direct && offset <= from && from < end
        });
        if stores {
            return true;
        }
        if instruction.flow_control() == FlowControl::Return {
            break;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_is_taken_as_its_flags_say() {
        let (je, jne, jl) = ([0x74, 0x10], [0x75, 0x10], [0x7c, 0x10]);
        let (zero, sign) = (1 << 6, 1 << 7);
        assert!(takes_branch(&je, zero, 0) && !takes_branch(&je, 0, 0));
        assert!(takes_branch(&jne, 0, 0) && !takes_branch(&jne, zero, 0));
        assert!(takes_branch(&jl, sign, 0) && !takes_branch(&jl, sign | 1 << 11, 0));
        let jrcxz = [0xe3, 0x10];
        assert!(takes_branch(&jrcxz, 0, 0) && !takes_branch(&jrcxz, 0, 1));
        assert!(!takes_branch(&[0xc3], u64::MAX, 0), "a ret is no conditional jump");
    }

    #[test]
    fn a_store_behind_the_return_is_none_of_the_function() {
        // mov 4(%rsp),%eax; add $0x38,%rsp; ret; mov %rdi,0x10(%rsp)
        let [before, ret, behind] =
            [&b"\x8b\x44\x24\x04\x48\x83\xc4\x38"[..], b"\xc3", b"\x48\x89\x7c\x24\x10"];
        let stores = |code: &[&[u8]]| stores_to_stack(&code.concat(), FileAddr(0), 0x10, 16);
        assert!(stores(&[before, behind]));
        assert!(!stores(&[before, ret, behind]));
    }

    #[test]
    fn a_store_to_a_variable_is_seen_and_one_beside_it_is_not() {
        // movl $3,0xc(%rsp); mov 0x10(%rsp),%eax
        let code = [0xc7, 0x44, 0x24, 0x0c, 3, 0, 0, 0, 0x8b, 0x44, 0x24, 0x10];
        let stores = |offset, size| stores_to_stack(&code, FileAddr(0x1000), offset, size);
        assert!(stores(0xc, 4) && stores(8, 16));
        assert!(!stores(0x10, 4), "that is a load");
        assert!(!stores(0x8, 4) && !stores(0xc, 0));
    }
}
