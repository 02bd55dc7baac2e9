//! Random machine code: whatever the bytes are, every query ends and none panics.

use super::uses::{self, CalleeKind, CalleeKnown, Leaf, Place, Target, Uses};
use super::walk;
use super::{
    Touches, ends_instruction, exits, frame_made, instruction_length, jumps_into,
    last_outside_loops, relocate, stores_to_stack, takes_branch,
};
use crate::base::garbage::Choices;
use crate::base::{FileAddr, Range, Register, VirtAddr};

/// The longest copy of an instruction: itself, jumps, and the two words of a call.
const LONGEST_COPY: usize = 64;

/// Asks everything about the code that the bytes are. Gives how many of its instructions can run
/// elsewhere.
///
/// # Panics
/// Where an answer contradicts the question.
pub fn check(bytes: &[u8]) -> usize {
    let mut choices = Choices::new(bytes);
    let start = FileAddr(choices.pick(&[0x1000, 0, 0x7fff_f000, u64::MAX - 40]));
    let to = VirtAddr(choices.pick(&[0x2000, 0, 1 << 40, u64::MAX - 3, start.0]));
    let (eflags, rcx) = (u64::from(choices.byte()), choices.below(3));
    let offset = i64::from(choices.byte().cast_signed());
    let code = choices.rest();
    let range = Range::new(start, FileAddr(start.0.saturating_add(code.len() as u64)));
    ask_function(code, range, offset);
    let mut moved = 0;
    for skip in 0..code.len().min(256) {
        let (here, at) = (&code[skip..], start + skip as u64);
        takes_branch(here, eflags, rcx);
        let length = instruction_length(here);
        assert!(length.is_none_or(|len| (1..=15).contains(&len) && len <= here.len()));
        let Ok(copy) = relocate(here, VirtAddr(at.0), to) else { continue };
        moved += 1;
        assert!(length.is_some() && !copy.bytes.is_empty() && copy.bytes.len() <= LONGEST_COPY);
        assert!(copy.points.iter().all(|point| point.offset <= copy.bytes.len() as u64));
    }
    moved
}

fn ask_function(code: &[u8], range: Range<FileAddr>, offset: i64) {
    let found = exits(code, range, &[range]);
    assert!(found.undecodable <= code.len());
    assert!(found.list.iter().all(|exit| range.contains(exit.at)));
    let made = frame_made(code, range);
    assert!(made == range.start || range.contains(made));
    let ends: Vec<FileAddr> = (0..code.len() as u64).map(|at| range.start + at).collect();
    let ends = &ends[..ends.len().min(16)];
    last_outside_loops(code, range, ends);
    for at in ends {
        ends_instruction(code, range, *at);
        jumps_into(code, range, Range::new(*at, *at + 4));
        if let Some(touches) = Touches::on_the_way_to(code, range, *at) {
            touches.not_yet(offset, 8);
        }
    }
    stores_to_stack(code, range.start, offset, 8);
    walk_through(code, range.start);
    ask_values(code, range, ends, offset);
}

/// Walks through the code, whatever way it goes, with memory that changes from address to address.
fn walk_through(code: &[u8], start: FileAddr) {
    walk::below_taken(code);
    let mut machine = walk::Machine::default();
    machine.set(Register::RSP, start.0);
    machine.set_own(start.0, code.len() as u64);
    let peek =
        |at: u64, size: usize| (!at.is_multiple_of(5)).then(|| vec![at.to_le_bytes()[0]; size]);
    let mut decoder = iced_x86::Decoder::with_ip(64, code, start.0, 0);
    while decoder.can_decode() {
        let decoded = walk::Decoded::from(decoder.decode());
        machine.touched(&decoded);
        machine.registers_read(&decoded);
        if machine.step(&decoded, &peek) == walk::Then::Calls {
            let argument = |index| machine.argument(index).unwrap_or(start.0);
            let (to, from) = (argument(0), argument(1));
            machine.copy(to, from, argument(2) % 512, &peek);
            machine.after_call();
        }
    }
}

/// Asks what becomes of a value in the frame of whatever function the bytes are.
fn ask_values(code: &[u8], range: Range<FileAddr>, at: &[FileAddr], offset: i64) {
    let pads: Vec<uses::Pad> =
        at.iter().skip(4).step_by(3).map(|pad| uses::Pad { calls: range, at: *pad }).collect();
    let kinds = [CalleeKind::Copies, CalleeKind::Drops { size: None }, CalleeKind::Other];
    let kind = |target| match target {
        Target::Code(at) | Target::Slot(at) => kinds[usize::from(at.0 % 3 == 0)],
    };
    let asked = uses::Code {
        bytes: code,
        range,
        pads: &pads,
        callee: &|target| CalleeKnown::of(kind(target)),
        word: &|at| i32::try_from(at.0 & 0xff).ok(),
    };
    let Some(found) = Uses::of(&asked) else { return };
    for (place, at) in
        [Place::Frame(offset), Place::Behind { cell: offset, plus: 0 }].iter().zip(at)
    {
        let part = uses::Part { at: *place, size: 16 };
        let leaf = Leaf::new(part, vec![part], part, vec![range]);
        let standing = uses::Standing { at: *at, flag: &|flag| Some(flag % 2 == 0) };
        found.verdict(&leaf, offset > 0, standing);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_code_is_survived_and_some_of_it_can_run_elsewhere() {
        let mut choices = Choices::seeded(0xc0de);
        let moved: usize = (0..150)
            .map(|_| {
                let len = choices.index(200);
                check(&choices.take(len))
            })
            .sum();
        assert!(moved > 2_000, "{moved}");
    }

    #[test]
    fn the_code_of_these_tests_is_decoded_from_any_byte_on() {
        let code = std::fs::read(std::env::current_exe().expect("a path")).expect("the file");
        let middle = code.len() / 2;
        let moved: usize =
            code[middle..].chunks(3001).step_by(997).take(40).map(|part| check(&part[..400])).sum();
        assert!(moved > 100, "{moved}");
    }
}
