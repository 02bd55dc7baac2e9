//! Code of a few instructions, walked through by hand.

use iced_x86::{Decoder, DecoderOptions};

use super::*;
use crate::base::Register;

const STACK: u64 = 0x7000;

/// A machine whose stack pointer is known, and memory of which every byte is 0x11.
fn machine() -> Machine {
    let mut machine = Machine::default();
    machine.set(Register::RSP, STACK);
    machine
}

fn elevens(_: u64, size: usize) -> Option<Vec<u8>> {
    Some(vec![0x11; size])
}

/// Runs code from 0x1000 to its end, and gives where control goes from its last instruction.
fn run(machine: &mut Machine, code: &[u8]) -> Then {
    let mut decoder = Decoder::with_ip(64, code, 0x1000, DecoderOptions::NONE);
    let mut then = Then::Unknown;
    while decoder.can_decode() {
        then = machine.step(&decoder.decode().into(), &elevens);
    }
    then
}

#[test]
fn a_word_is_known_where_it_was_stored_and_where_it_is_copied_to() {
    let mut machine = machine();
    // mov eax,5; mov [rsp+8],rax; movups xmm0,[rsp+8]; movups [rsp+0x20],xmm0; lea rdi,[rsp+0x20]
    let code = [
        0xb8, 5, 0, 0, 0, 0x48, 0x89, 0x44, 0x24, 8, 0x0f, 0x10, 0x44, 0x24, 8, 0x0f, 0x11, 0x44,
        0x24, 0x20, 0x48, 0x8d, 0x7c, 0x24, 0x20,
    ];
    assert_eq!(run(&mut machine, &code), Then::To(0x1019));
    assert_eq!(machine.argument(0), Some(STACK + 0x20));
    assert_eq!(machine.word(STACK + 0x20, &elevens), Some(5));
    assert_eq!(machine.word(STACK + 0x28, &elevens), Some(0x1111_1111_1111_1111));
}

#[test]
fn a_branch_is_decided_by_what_is_known_and_open_otherwise() {
    // cmp dword [rsp],0x11111111; je +2
    let known = [0x81, 0x3c, 0x24, 0x11, 0x11, 0x11, 0x11, 0x74, 2];
    assert_eq!(run(&mut machine(), &known), Then::To(0x100b));
    // test rbx,rbx; je +2
    let open = [0x48, 0x85, 0xdb, 0x74, 2];
    assert_eq!(run(&mut machine(), &open), Then::Either(0x1007, 0x1005));
    // add rbx,rbx; je +2
    let doubled = [0x48, 0x01, 0xdb, 0x74, 2];
    assert_eq!(run(&mut machine(), &doubled), Then::Either(0x1007, 0x1005));
    // cmp rbx,rbx; je +2
    let itself = [0x48, 0x39, 0xdb, 0x74, 2];
    assert_eq!(run(&mut machine(), &itself), Then::To(0x1007));
    // xor ebx,ebx; test rbx,rbx; jne +2
    let zero = [0x31, 0xdb, 0x48, 0x85, 0xdb, 0x75, 2];
    assert_eq!(run(&mut machine(), &zero), Then::To(0x1007));
}

#[test]
fn what_is_computed_of_something_unknown_is_unknown() {
    let mut machine = machine();
    // mov ecx,3; add rcx,rax; imul ebx,ebx,7; dec qword [rsp]
    let code = [0xb9, 3, 0, 0, 0, 0x48, 0x01, 0xc1, 0x6b, 0xdb, 7, 0x48, 0xff, 0x0c, 0x24];
    run(&mut machine, &code);
    assert_eq!(machine.argument(3), None);
    assert_eq!(machine.word(STACK, &elevens), Some(0x1111_1111_1111_1110));
    machine.forget(STACK + 7, 1);
    assert_eq!(machine.word(STACK, &elevens), None);
}

#[test]
fn a_call_leaves_only_what_the_calling_convention_keeps() {
    let mut machine = machine();
    // mov ebx,1; mov edi,2; call +0
    let code = [0xbb, 1, 0, 0, 0, 0xbf, 2, 0, 0, 0, 0xe8, 0, 0, 0, 0];
    assert_eq!(run(&mut machine, &code), Then::Calls);
    assert_eq!(machine.argument(0), Some(2));
    machine.after_call();
    assert_eq!(machine.argument(0), None);
    // test ebx,ebx; je +2
    assert_eq!(run(&mut machine, &[0x85, 0xdb, 0x74, 2]), Then::To(0x1004));
}

#[test]
fn parts_of_registers_are_joined_as_the_processor_does() {
    let mut machine = machine();
    // mov rdi,-1; mov dil,0; mov rsi,-1; mov esi,5; movsx rdx,dil
    let code = [
        0x48, 0xc7, 0xc7, 0xff, 0xff, 0xff, 0xff, 0x40, 0xb7, 0, 0x48, 0xc7, 0xc6, 0xff, 0xff,
        0xff, 0xff, 0xbe, 5, 0, 0, 0, 0x48, 0x0f, 0xbe, 0xd7,
    ];
    run(&mut machine, &code);
    assert_eq!(machine.argument(0), Some(0xffff_ffff_ffff_ff00));
    assert_eq!((machine.argument(1), machine.argument(2)), (Some(5), Some(0)));
}

#[test]
fn what_is_not_followed_ends_the_walk() {
    assert_eq!(run(&mut machine(), &[0xf3, 0x48, 0xa5]), Then::Unknown, "rep movsq");
    assert_eq!(run(&mut machine(), &[0xff, 0xe0]), Then::Unknown, "jmp rax");
    assert_eq!(run(&mut machine(), &[0x0f, 0x0b]), Then::Stops, "ud2");
    assert_eq!(run(&mut machine(), &[0xc3]), Then::Returns);
}

#[test]
fn addresses_that_wrap_and_sizes_that_are_too_large_are_survived() {
    let mut machine = machine();
    machine.set(Register::RSP, u64::MAX - 3);
    // mov rax,[rsp]; mov [rsp],rax; push rax; pop rcx
    run(&mut machine, &[0x48, 0x8b, 0x04, 0x24, 0x48, 0x89, 0x04, 0x24, 0x50, 0x59]);
    machine.forget(u64::MAX - 1, 64);
    machine.copy(u64::MAX - 1, 8, 4, &elevens);
    assert_eq!(machine.word(u64::MAX - 3, &elevens), None);
}

/// What the last instruction of code touches, when what is in front of it has run.
fn touched(machine: &mut Machine, code: &[u8]) -> Vec<(u64, u64, bool)> {
    let mut decoder = Decoder::with_ip(64, code, 0x1000, DecoderOptions::NONE);
    let mut last = Vec::new();
    while decoder.can_decode() {
        let instruction = Decoded::from(decoder.decode());
        last = machine.touched(&instruction);
        machine.step(&instruction, &elevens);
    }
    last.iter().map(|touched| (touched.at, touched.size, touched.written)).collect()
}

#[test]
fn what_an_instruction_reads_and_writes_is_told_apart() {
    let touches = |code: &[u8]| touched(&mut machine(), code);
    assert_eq!(touches(&[0x48, 0x89, 0x44, 0x24, 8]), [(STACK + 8, 8, true)], "mov [rsp+8],rax");
    assert_eq!(touches(&[0x48, 0xf7, 0x24, 0x24]), [(STACK, 8, false)], "mul qword [rsp]");
    assert_eq!(touches(&[0xf7, 0x34, 0x24]), [(STACK, 4, false)], "div dword [rsp]");
    assert_eq!(touches(&[0xf7, 0x1c, 0x24]), [(STACK, 4, true)], "neg dword [rsp]");
    assert_eq!(touches(&[0x0f, 0xba, 0x24, 0x24, 3]), [(STACK, 4, false)], "bt dword [rsp],3");
    assert_eq!(touches(&[0x0f, 0x1f, 0x04, 0x24]), [], "nop dword [rsp]");
    assert_eq!(touches(&[0x48, 0x8d, 0x04, 0x24]), [], "lea rax,[rsp]");
    assert_eq!(touches(&[0x50]), [(STACK - 8, 8, true)], "push rax");
    assert_eq!(touches(&[0x8b, 0x05, 0x10, 0, 0, 0]), [(0x1016, 4, false)], "mov eax,[rip+16]");
    assert_eq!(touches(&[0x48, 0x8b, 0x07]), [], "mov rax,[rdi], which is not known");
    // mov rdi,rsp; movsd; from where rsi points to is not known
    let moved = touches(&[0x48, 0x89, 0xe7, 0xa5]);
    assert_eq!(moved, [(STACK, 4, true)]);
}

#[test]
fn a_store_to_nobody_knows_where_may_change_all_that_pointers_lead_to() {
    let mut machine = machine();
    machine.set_own(STACK, 16);
    // mov qword [rsp+8],1; mov qword [rsp+16],1
    let known = [0x48, 0xc7, 0x44, 0x24, 8, 1, 0, 0, 0, 0x48, 0xc7, 0x44, 0x24, 16, 1, 0, 0, 0];
    run(&mut machine, &known);
    assert!(!machine.is_scattered() && machine.word(STACK + 16, &elevens) == Some(1));
    // mov [rdi],al
    run(&mut machine, &[0x88, 0x07]);
    assert!(machine.is_scattered());
    assert_eq!(machine.word(STACK + 8, &elevens), Some(1), "no pointer leads there");
    let nothing = |_: u64, _: usize| None;
    assert_eq!(machine.word(STACK + 16, &nothing), None);
    assert!(machine.is_reachable(STACK + 16) && !machine.is_reachable(STACK + 15));
}

#[test]
fn a_bit_string_has_no_end_and_an_exchange_loses_both_sides() {
    let mut machine = machine();
    // mov ecx,99; bts [rsp],rcx
    run(&mut machine, &[0xb9, 99, 0, 0, 0, 0x48, 0x0f, 0xab, 0x0c, 0x24]);
    assert!(machine.is_scattered());
    let mut machine = self::machine();
    // mov edi,1; xchg [rsp],rdi
    run(&mut machine, &[0xbf, 1, 0, 0, 0, 0x48, 0x87, 0x3c, 0x24]);
    assert_eq!((machine.argument(0), machine.word(STACK, &elevens)), (None, None));
    assert!(!machine.is_scattered());
}

#[test]
fn bytes_that_are_copied_onto_themselves_are_moved() {
    let mut machine = machine();
    // mov qword [rsp],2
    run(&mut machine, &[0x48, 0xc7, 0x04, 0x24, 2, 0, 0, 0]);
    machine.copy(STACK + 1, STACK, 40, &elevens);
    assert_eq!(machine.word(STACK + 1, &elevens), Some(2));
    assert_eq!(machine.word(STACK + 9, &elevens), Some(0x1111_1111_1111_1111));
}

#[test]
fn a_register_that_is_only_written_is_not_read() {
    let mut machine = machine();
    machine.set(Register::RBX, 7);
    machine.set(Register::RSI, 9);
    let read = |code: &[u8]| {
        let mut decoder = Decoder::with_ip(64, code, 0x1000, DecoderOptions::NONE);
        machine.registers_read(&decoder.decode().into())
    };
    assert_eq!(read(&[0x48, 0x89, 0xf3]), [9], "mov rbx,rsi");
    assert_eq!(read(&[0x48, 0x01, 0xf3]), [7, 9], "add rbx,rsi");
    assert_eq!(read(&[0x48, 0x8b, 0x5c, 0x24, 8]), [0; 0], "mov rbx,[rsp+8]");
    assert_eq!(read(&[0x48, 0x8b, 0x5e, 8]), [9], "mov rbx,[rsi+8]");
    assert_eq!(read(&[0xff, 0xd3]), [7], "call rbx");
}
