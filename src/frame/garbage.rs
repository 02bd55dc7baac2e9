//! Random call frame information, registers and memory: a walk of the stack ends, and the slots of
//! a frame add up to it.

use std::path::Path;
use std::sync::Arc;

use super::slots::{Bounds, Placed, divide};
use super::{Unwinder, innermost_cfa};
use crate::base::garbage::Choices;
use crate::base::{Bias, Buffer, Register, Registers, VirtAddr};
use crate::dwarf::garbage::elf;
use crate::dwarf::{Image, Images, Loaded, Location, PieceAt};

/// Where the code is, in the file; it is loaded at the same place.
const CODE: u64 = 0x1000;

/// Bytes of code, and so many of them for each function.
const CODE_SIZE: u64 = 256;
const FUNCTION: u64 = 64;

/// Where the stack is, and its size.
const STACK: u64 = 0x7000;
const STACK_SIZE: u64 = 1024;

/// Frames that are asked for.
const MOST_FRAMES: usize = 40;

/// Bytes from `DW_CFA_advance_loc` to an expression's operands that a compiler writes, and what
/// none writes (DWARF 4, sections 6.4.2 and 7.7.1).
const EXPRESSIONS: [u8; 24] = [
    0x77, 0x76, 0x06, 0x12, 0x16, 0x22, 0x1c, 0x23, 0x30, 0x31, 0x38, 0x08, 0x0e, 0x28, 0x2f, 0x9c,
    0x94, 0x96, 0x9f, 0x93, 0xa3, 0xe0, 0x1b, 0x50,
];

/// An ELF file with random call frame information for its functions.
pub fn file(choices: &mut Choices<'_>) -> Vec<u8> {
    let mut section = Vec::new();
    let signal = choices.once_in(6);
    let augmentation: &[u8] = if signal { b"zRS\0" } else { b"zR\0" };
    // Version 1; factors 1 and -8; the return address is in column 16; addresses are absolute.
    let mut cie = [&[0, 0, 0, 0, 1], augmentation, &[1, 0x78, 16, 1, 0]].concat();
    // The CFA is rsp + 8, and the return address is saved below it.
    cie.extend([0x0c, 7, 8, 0x90, 1]);
    entry(&mut section, cie);
    for start in (CODE..CODE + CODE_SIZE).step_by(FUNCTION as usize) {
        let mut fde = (section.len() as u32 + 4).to_le_bytes().to_vec();
        fde.extend(start.to_le_bytes().iter().chain(&FUNCTION.to_le_bytes()).chain(&[0]));
        (0..choices.below(12)).for_each(|_| instruction(choices, &mut fde));
        entry(&mut section, fde);
    }
    if choices.once_in(8) {
        let count = choices.below(8);
        choices.flip_bits(&mut section, count);
    }
    section.extend([0; 4]);
    let code = [0x90; CODE_SIZE as usize];
    elf(&[(".text", CODE, &code), (".eh_frame", 0x5000, &section)])
}

fn entry(section: &mut Vec<u8>, mut body: Vec<u8>) {
    // `DW_CFA_nop` is zero.
    body.resize(body.len().next_multiple_of(8) + 4, 0);
    section.extend((body.len() as u32).to_le_bytes());
    section.extend(body);
}

/// One instruction with operands that fit it (DWARF 4, figure 40).
fn instruction(choices: &mut Choices<'_>, into: &mut Vec<u8>) {
    let register = choices.below(18) as u8;
    let offset = choices.below(12) as u8;
    match choices.below(20) {
        0 | 1 => into.push(0x40 | choices.below(32) as u8),
        2 | 3 => into.extend([0x80 | register, offset]),
        4 => into.push(0xc0 | register),
        5 | 6 => into.extend([0x0c, choices.pick(&[6, 7, register]), 8 * offset]),
        7 => into.extend([0x0d, register]),
        8 | 9 => into.extend([0x0e, 8 * offset]),
        10 => block(choices, into, &[0x0f]),
        11 => block(choices, into, &[0x10, register]),
        12 => block(choices, into, &[0x16, register]),
        13 => into.extend([choices.pick(&[0x07, 0x08]), register]),
        14 => into.extend([0x09, register, choices.below(18) as u8]),
        15 => into.push(choices.pick(&[0x0a, 0x0b])),
        16 => into.extend([choices.pick(&[0x05, 0x11, 0x12, 0x14, 0x15]), register, offset]),
        17 => into.extend([0x13, choices.byte() & 0x7f]),
        _ => into.push(choices.byte()),
    }
}

/// An instruction whose last operand is an expression.
fn block(choices: &mut Choices<'_>, into: &mut Vec<u8>, opcode: &[u8]) {
    let len = choices.below(12) as u8;
    into.extend(opcode.iter().chain(&[len]));
    for _ in 0..len {
        let odd = choices.once_in(3);
        into.push(if odd { choices.byte() } else { choices.pick(&EXPRESSIONS) });
    }
}

struct One(Loaded);

impl Images for One {
    fn image_at(&self, at: VirtAddr) -> Option<Loaded> {
        (CODE..CODE + CODE_SIZE).contains(&at.0).then(|| self.0.clone())
    }
}

/// Unwinds a random stack by the rules of the file, and divides its frames. Gives how many frames
/// there were.
///
/// # Panics
/// Where the walk does not end, or the parts of a frame do not add up to it.
pub fn check(elf: &'static [u8], choices: &mut Choices<'_>) -> usize {
    let Ok(image) = Image::parse(Path::new("made"), elf) else { return 0 };
    let images = One(Loaded { image: Arc::new(image), bias: Bias(0) });
    let mut registers = Registers::default();
    for number in (0..17).map(Register) {
        if !choices.once_in(8) {
            registers.set(number, word(choices));
        }
    }
    registers.set_pc(VirtAddr(CODE + choices.below(CODE_SIZE)));
    registers.set(Register::RSP, STACK + 8 * choices.below(16));
    let words = (0..STACK_SIZE / 8).flat_map(|_| word(choices).to_le_bytes()).collect();
    let memory = Buffer { start: VirtAddr(STACK), bytes: words };
    let _ = innermost_cfa(&images, &memory, &registers);
    let mut walk = Unwinder::new(&images, &memory, registers, MOST_FRAMES);
    let mut frames = 0;
    for frame in walk.by_ref() {
        frames += 1;
        let Some(cfa) = frame.cfa else { break };
        if !frame.signal {
            assert!(cfa > frame.registers.sp());
        }
        let bounds = Bounds { low: frame.registers.sp(), cfa };
        let variables = (0..choices.below(6)).map(|_| variable(choices, bounds)).collect();
        let slots = divide(bounds, &frame.saved, variables);
        let own = slots.iter().filter(|slot| !slot.shares_bytes && slot.offset.is_some());
        let sum: u128 = own.map(|slot| u128::from(slot.size)).sum();
        // Offsets are signed: a frame of more than half of the address space has no slots.
        let whole = u128::from(bounds.bytes());
        assert!(sum == whole || whole > i64::MAX as u128, "{bounds:?} {slots:?}");
    }
    assert!(frames <= MOST_FRAMES && walk.end().is_some() == walk.next().is_none());
    frames
}

/// Small, an address of the stack, or one of the code.
fn word(choices: &mut Choices<'_>) -> u64 {
    match choices.below(6) {
        0 => choices.below(20),
        1 => u64::MAX - choices.below(20),
        2 | 3 => STACK + 8 * choices.below(STACK_SIZE / 8),
        _ => CODE + choices.below(CODE_SIZE),
    }
}

fn variable(choices: &mut Choices<'_>, bounds: Bounds) -> Placed {
    let near = VirtAddr(bounds.low.0.wrapping_add(choices.below(80)));
    let location = match choices.below(6) {
        0 => Location::Register(Register(choices.below(40) as u16)),
        1 => Location::Value(vec![0; 4]),
        2 => {
            let at = PieceAt::Memory(near);
            Location::Pieces(vec![crate::dwarf::Piece { size: choices.below(20), at }])
        }
        _ => Location::Memory(near),
    };
    let size = if choices.once_in(10) { word(choices) } else { choices.below(40) };
    Placed {
        name: "x".into(),
        die: 0,
        line: None,
        parameter: choices.once_in(3),
        ty: None,
        size,
        location: Ok(location),
        over: false,
        in_scope: !choices.once_in(3),
        shadowed: false,
        inlined: None,
        fate: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_call_frame_information_ends_and_its_frames_add_up() {
        let mut choices = Choices::seeded(0xcf1);
        let frames: usize = (0..1500)
            .map(|_| {
                let file = Vec::leak(file(&mut choices));
                check(file, &mut choices)
            })
            .sum();
        assert!(frames > 2_000, "{frames}");
    }
}
