//! Machine code as text, with what each instruction refers to.

use std::collections::HashMap;

use iced_x86::{
    Decoder, DecoderOptions, FlowControl, Formatter, FormatterOutput, FormatterTextKind,
    Instruction, InstructionInfoFactory, Mnemonic, NasmFormatter, OpKind, Register, SymbolResolver,
    SymbolResult,
};

use super::access::writes;
use crate::base::{self, FileAddr, Range};

/// Column, from the mnemonic on, at which operands begin.
const OPERANDS: u32 = 7;

/// One instruction, as it is listed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listed {
    /// Where it is.
    pub at: FileAddr,
    /// Its length in bytes.
    pub len: usize,
    /// Its text in NASM's syntax (destination first), with names for addresses where the caller
    /// has some. `(bad)` for a byte that no instruction begins with.
    pub text: String,
    /// What it does to the flow of control.
    pub flow: Flow,
    /// Where it jumps to or what it calls, where the instruction says so itself.
    pub target: Option<FileAddr>,
    /// The address of the data that it refers to relative to itself.
    pub data: Option<FileAddr>,
    /// What it reads, writes or takes the address of by a register and a distance alone.
    pub accesses: Vec<Access>,
    /// Whether it is one of those by which a function gives its frame back: `pop`, `leave`, an
    /// addition to the stack pointer.
    pub frees_frame: bool,
}

/// What an instruction does to the flow of control.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flow {
    /// The next instruction follows.
    Next,
    /// It calls.
    Call,
    /// It jumps, always or on a condition.
    Jump,
    /// It returns.
    Return,
    /// It traps, or the processor does not know it.
    Trap,
}

/// A part of memory that an instruction refers to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Access {
    /// The register that its address is counted from.
    pub base: base::Register,
    /// The distance from it, in bytes.
    pub offset: i64,
    /// How many bytes; none where only the address is taken.
    pub size: Option<u64>,
    /// Whether it is written to.
    pub writes: bool,
}

/// Gives the name of an address that an instruction refers to.
pub type Name<'a> = &'a dyn Fn(FileAddr) -> Option<String>;

/// The instructions of some code, by address. `code` are the bytes of `range`, which begins with an
/// instruction. Targets within `range` are named by `label`, other addresses by `name`.
pub fn listing(
    code: &[u8],
    range: Range<FileAddr>,
    label: Name<'_>,
    name: Name<'_>,
) -> Vec<Listed> {
    let len = usize::try_from(range.end - range.start).unwrap_or(usize::MAX).min(code.len());
    let code = code.get(..len).unwrap_or_default();
    let names = Names::collect(code, range, label, name);
    let mut formatter = formatter(names);
    let mut info = InstructionInfoFactory::new();
    let mut list = Vec::new();
    each(code, range.start, |instruction| {
        list.push(listed(instruction, &mut formatter, &mut info));
    });
    list
}

/// Decodes from the start; what is not an instruction is stepped over by one byte.
fn each(code: &[u8], start: FileAddr, mut see: impl FnMut(&Instruction)) {
    let mut decoder = Decoder::with_ip(64, code, start.0, DecoderOptions::NONE);
    while decoder.can_decode() {
        let position = decoder.position();
        let mut instruction = decoder.decode();
        if instruction.is_invalid() {
            let next = position.saturating_add(1);
            instruction.set_len(1);
            instruction.set_ip(start.0.wrapping_add(position as u64));
            if decoder.set_position(next).is_err() {
                break;
            }
            decoder.set_ip(start.0.wrapping_add(next as u64));
        }
        see(&instruction);
    }
}

/// The names of all addresses that the code refers to: the formatter keeps what resolves them, and
/// can keep nothing that is borrowed.
struct Names(HashMap<u64, String>);

impl Names {
    fn collect(code: &[u8], range: Range<FileAddr>, label: Name<'_>, name: Name<'_>) -> Names {
        let mut names = HashMap::new();
        each(code, range.start, |instruction| {
            let branch = branch_target(instruction);
            let Some(at) = branch.or(data_address(instruction)) else { return };
            let inside = branch.is_some_and(|at| range.contains(at));
            let found = if inside { label(at) } else { name(at) };
            names.extend(found.map(|found| (at.0, found)));
        });
        Names(names)
    }
}

impl SymbolResolver for Names {
    fn symbol(
        &mut self,
        instruction: &Instruction,
        _: u32,
        _: Option<u32>,
        address: u64,
        _: u32,
    ) -> Option<SymbolResult<'_>> {
        let refers = branch_target(instruction).or(data_address(instruction))?;
        let name = self.0.get(&address).filter(|_| refers.0 == address)?;
        Some(SymbolResult::with_str(address, name))
    }
}

fn formatter(names: Names) -> NasmFormatter {
    let mut formatter = NasmFormatter::with_options(Some(Box::new(names)), None);
    let options = formatter.options_mut();
    options.set_first_operand_char_index(OPERANDS);
    options.set_space_after_operand_separator(true);
    options.set_hex_prefix("0x");
    options.set_hex_suffix("");
    options.set_uppercase_hex(false);
    options.set_add_leading_zero_to_hex_numbers(false);
    options.set_branch_leading_zeros(false);
    options.set_signed_immediate_operands(true);
    options.set_show_branch_size(false);
    formatter
}

/// Collects the text of one instruction.
struct Text(String);

impl FormatterOutput for Text {
    fn write(&mut self, text: &str, _: FormatterTextKind) {
        self.0.push_str(text);
    }
}

fn listed(
    instruction: &Instruction,
    formatter: &mut NasmFormatter,
    info: &mut InstructionInfoFactory,
) -> Listed {
    let mut text = Text(String::new());
    match instruction.is_invalid() {
        true => text.0.push_str("(bad)"),
        false => formatter.format(instruction, &mut text),
    }
    Listed {
        at: FileAddr(instruction.ip()),
        len: instruction.len(),
        text: text.0,
        flow: flow(instruction),
        target: branch_target(instruction),
        data: data_address(instruction),
        accesses: accesses(instruction, info),
        frees_frame: frees_frame(instruction),
    }
}

fn flow(instruction: &Instruction) -> Flow {
    match instruction.flow_control() {
        FlowControl::Next => Flow::Next,
        // A system call returns to the next instruction, and pushes nothing.
        FlowControl::Call if instruction.mnemonic() != Mnemonic::Call => Flow::Next,
        FlowControl::Call | FlowControl::IndirectCall => Flow::Call,
        FlowControl::UnconditionalBranch
        | FlowControl::IndirectBranch
        | FlowControl::ConditionalBranch
        | FlowControl::XbeginXabortXend => Flow::Jump,
        FlowControl::Return => Flow::Return,
        FlowControl::Interrupt | FlowControl::Exception => Flow::Trap,
    }
}

fn branch_target(instruction: &Instruction) -> Option<FileAddr> {
    let near = matches!(
        instruction.op0_kind(),
        OpKind::NearBranch16 | OpKind::NearBranch32 | OpKind::NearBranch64
    );
    near.then(|| FileAddr(instruction.near_branch_target()))
}

fn data_address(instruction: &Instruction) -> Option<FileAddr> {
    let relative = instruction.is_ip_rel_memory_operand();
    relative.then(|| FileAddr(instruction.ip_rel_memory_address()))
}

fn accesses(instruction: &Instruction, info: &mut InstructionInfoFactory) -> Vec<Access> {
    if instruction.mnemonic() == Mnemonic::Lea {
        let taken = access(
            instruction.memory_base(),
            instruction.memory_index(),
            instruction.memory_displacement64(),
        );
        return taken.into_iter().collect();
    }
    let implicit = matches!(instruction.mnemonic(), Mnemonic::Push | Mnemonic::Pop);
    let stack = implicit || matches!(flow(instruction), Flow::Call | Flow::Return);
    let used = info.info(instruction).used_memory().iter();
    used.filter(|memory| !(stack && memory.base() == Register::RSP))
        .filter_map(|memory| {
            let plain = access(memory.base(), memory.index(), memory.displacement())?;
            let writes = writes(memory.access());
            let size = memory.memory_size().size().max(1) as u64;
            Some(Access { size: Some(size), writes, ..plain })
        })
        .collect()
}

fn access(base: Register, index: Register, displacement: u64) -> Option<Access> {
    let name = format!("{base:?}").to_ascii_lowercase();
    let base = base::Register::named(&name).filter(|_| index == Register::None)?;
    (base < base::Register::RIP).then_some(Access {
        base,
        offset: displacement.cast_signed(),
        size: None,
        writes: false,
    })
}

fn frees_frame(instruction: &Instruction) -> bool {
    let onto_sp =
        instruction.op0_kind() == OpKind::Register && instruction.op0_register() == Register::RSP;
    match instruction.mnemonic() {
        Mnemonic::Pop => instruction.op0_kind() == OpKind::Register,
        Mnemonic::Leave => true,
        Mnemonic::Add => onto_sp && instruction.op1_kind() != OpKind::Register,
        Mnemonic::Lea | Mnemonic::Mov => onto_sp,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(code: &[u8]) -> Vec<Listed> {
        let range = Range::new(FileAddr(0x1000), FileAddr(0x1000 + code.len() as u64));
        let label = |at: FileAddr| Some(format!(".{}", at - range.start));
        let name = |at: FileAddr| (at.0 == 0x2000).then(|| "demo::f".to_owned());
        listing(code, range, &label, &name)
    }

    #[test]
    fn targets_inside_are_labels_and_others_have_names() {
        // je +0; call 0x2000; jmp 0x3000; lea rax,[rip+0xfed] (0x2000)
        let code = b"\x74\x00\xe8\xf9\x0f\x00\x00\xe9\xf4\x1f\x00\x00\
                     \x48\x8d\x05\xed\x0f\x00\x00";
        let texts: Vec<String> = list(code).into_iter().map(|listed| listed.text).collect();
        let expected =
            ["je     .2", "call   demo::f", "jmp    0x3000", "lea    rax, [rel demo::f]"];
        assert_eq!(texts, expected);
    }

    #[test]
    fn accesses_are_told_by_register_distance_and_size() {
        // mov qword [rsp+8],7; lea rdi,[rsp+0x10]; mov eax,[rbp-4]; mov al,[rsp+rcx]; push rax
        let code = b"\x48\xc7\x44\x24\x08\x07\x00\x00\x00\x48\x8d\x7c\x24\x10\
                     \x8b\x45\xfc\x8a\x04\x0c\x50";
        let found: Vec<_> = list(code).iter().map(|listed| listed.accesses.clone()).collect();
        let at = |base, offset, size, writes| vec![Access { base, offset, size, writes }];
        let expected = vec![
            at(base::Register::RSP, 8, Some(8), true),
            at(base::Register::RSP, 16, None, false),
            at(base::Register::RBP, -4, Some(4), false),
            vec![],
            vec![],
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_no_instruction_is_one_byte_and_the_next_one_is_found() {
        let listed = list(b"\x06\xc3");
        let seen: Vec<_> = listed.iter().map(|l| (l.at.0, l.len, l.text.as_str())).collect();
        assert_eq!(seen, [(0x1000, 1, "(bad)"), (0x1001, 1, "ret")]);
        assert!(list(b"").is_empty());
    }
}
