//! Carries out the rules for one frame: from its registers to those of its caller.

use super::stack_reader::StackReader;
use super::unwind::StackEnd;
use crate::base::{Bias, Memory, Register, Registers, Unreadable, VirtAddr};
use crate::dwarf::{CfaRule, Loaded, LocationContext, RegisterRule, UnwindRow};

/// The frame to give next.
pub(super) struct Next {
    pub(super) registers: Registers,
    /// Whether the pc is a return address, and not where the thread was stopped or interrupted.
    pub(super) returned_to: bool,
}

/// What the rules of one frame say.
pub(super) struct Unwound {
    pub(super) cfa: VirtAddr,
    pub(super) saved: Vec<(Register, VirtAddr)>,
    pub(super) caller: Result<Next, StackEnd>,
    pub(super) signal: bool,
}

/// The rules for one frame, and what they may ask for.
pub(super) struct Rules<'a> {
    row: &'a UnwindRow,
    registers: &'a Registers,
    loaded: &'a Loaded,
    stack: &'a StackReader<'a>,
    cfa: Option<VirtAddr>,
    lookup: VirtAddr,
}

/// What a rule gives: a value, and the address that it was read from if it was.
struct Restored {
    value: u64,
    from: Option<VirtAddr>,
}

/// Why a rule gives nothing.
enum Lost {
    /// The rule says so.
    Undefined,
    /// Its memory cannot be read.
    Unreadable(VirtAddr),
    /// It needs what is not known.
    Unknown(Unreadable),
}

impl<'a> Rules<'a> {
    /// The rules of `row` for a frame with these registers, whose code is looked up at `lookup`.
    pub(super) fn new(
        row: &'a UnwindRow,
        registers: &'a Registers,
        loaded: &'a Loaded,
        stack: &'a StackReader<'a>,
        lookup: VirtAddr,
    ) -> Self {
        Rules { row, registers, loaded, stack, cfa: None, lookup }
    }

    /// Finds the canonical frame address and the caller's registers.
    pub(super) fn apply(mut self) -> Result<Unwound, StackEnd> {
        let cfa = self.canonical_frame_address()?;
        // A signal handler can run on a stack of its own, above that of the interrupted code.
        if !self.row.signal_frame && cfa <= self.registers.sp() {
            return Err(StackEnd::NotGrowing { at: cfa });
        }
        self.cfa = Some(cfa);
        let mut saved = Vec::new();
        let mut caller = Registers::default();
        // The thread pointer is the same in all frames; a caller is inside of no system call.
        caller.fs_base = self.registers.fs_base;
        caller.orig_rax = u64::MAX;
        caller.set(Register::RSP, cfa.0);
        for register in Register::CALLEE_SAVED {
            if let Some(value) = self.registers.get(register) {
                caller.set(register, value);
            }
        }
        for (register, rule) in &self.row.registers {
            if *register == self.row.return_address {
                continue;
            }
            match self.restore(*register, rule) {
                Ok(Restored { value, from }) => {
                    caller.set(*register, value);
                    saved.extend(from.map(|from| (*register, from)));
                }
                Err(_) => caller.forget(*register),
            }
        }
        let caller = self.return_to(caller, &mut saved);
        Ok(Unwound { cfa, saved, caller, signal: self.row.signal_frame })
    }

    /// Where the frame of the caller begins, without reading what is saved in this one.
    pub(super) fn canonical_frame_address(&self) -> Result<VirtAddr, StackEnd> {
        let unknown = |reason| StackEnd::Unknown { at: self.lookup, reason };
        match self.row.cfa {
            CfaRule::RegisterAndOffset(register, offset) => {
                let base = self.registers.get(register);
                let base = base.ok_or(Unreadable::RegisterLost { register: register.name() });
                Ok(VirtAddr(base.map_err(unknown)?).offset(offset))
            }
            CfaRule::Expression(expression) => {
                let cfa = self.loaded.image.evaluate_cfi(expression, None, self);
                cfa.map(VirtAddr).map_err(unknown)
            }
        }
    }

    /// The frame that this one returns to, or why there is none.
    fn return_to(
        &self,
        mut caller: Registers,
        saved: &mut Vec<(Register, VirtAddr)>,
    ) -> Result<Next, StackEnd> {
        let column = self.row.return_address;
        let rule = self.row.registers.iter().find(|(register, _)| *register == column);
        let rule = rule.map_or(&RegisterRule::Undefined, |(_, rule)| rule);
        let restored = self.restore(column, rule).map_err(|lost| match lost {
            Lost::Undefined => StackEnd::Outermost,
            Lost::Unreadable(at) => StackEnd::Unreadable { at },
            Lost::Unknown(reason) => StackEnd::Unknown { at: self.lookup, reason },
        })?;
        saved.extend(restored.from.map(|from| (Register::RIP, from)));
        if restored.value == 0 {
            return Err(StackEnd::Outermost);
        }
        caller.set(Register::RIP, restored.value);
        Ok(Next { registers: caller, returned_to: !self.row.signal_frame })
    }

    /// Carries one rule out (DWARF 4, section 6.4.1).
    fn restore(&self, register: Register, rule: &RegisterRule) -> Result<Restored, Lost> {
        let cfa = self.cfa.unwrap_or_default();
        let value = |value| Ok(Restored { value, from: None });
        match rule {
            RegisterRule::Undefined => Err(Lost::Undefined),
            RegisterRule::SameValue => value(self.known(register)?),
            RegisterRule::Register(other) => value(self.known(*other)?),
            RegisterRule::ValueOffset(offset) => value(cfa.offset(*offset).0),
            RegisterRule::Offset(offset) => self.saved_at(cfa.offset(*offset)),
            RegisterRule::Expression(expression) => {
                self.saved_at(VirtAddr(self.evaluate(expression)?))
            }
            RegisterRule::ValueExpression(expression) => value(self.evaluate(expression)?),
        }
    }

    fn known(&self, register: Register) -> Result<u64, Lost> {
        let lost = Lost::Unknown(Unreadable::RegisterLost { register: register.name() });
        self.registers.get(register).ok_or(lost)
    }

    fn saved_at(&self, from: VirtAddr) -> Result<Restored, Lost> {
        let value = self.stack.word(from).map_err(|_| Lost::Unreadable(from))?;
        Ok(Restored { value, from: Some(from) })
    }

    fn evaluate(&self, expression: &'static [u8]) -> Result<u64, Lost> {
        let cfa = self.cfa.map(|cfa| cfa.0);
        self.loaded.image.evaluate_cfi(expression, cfa, self).map_err(Lost::Unknown)
    }
}

impl LocationContext for Rules<'_> {
    fn register(&self, register: Register) -> Option<u64> {
        self.registers.get(register)
    }

    fn cfa(&self) -> Option<VirtAddr> {
        self.cfa
    }

    fn bias(&self) -> Bias {
        self.loaded.bias
    }

    fn memory(&self) -> &dyn Memory {
        self.stack.memory()
    }

    fn entry_value(&self, _register: Register) -> Option<u64> {
        None
    }

    fn thread_local(&self, _offset: u64) -> Option<VirtAddr> {
        None
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::base::Buffer;
    use crate::dwarf::sample;

    pub(crate) const BIAS: Bias = Bias(0x5555_0000_0000);
    pub(crate) const STACK: u64 = 0x7ffc_0000_1000;

    /// The words of a stack from [`STACK`] up.
    pub(crate) fn stack(words: &[u64]) -> Buffer {
        Buffer {
            start: VirtAddr(STACK),
            bytes: words.iter().flat_map(|word| word.to_le_bytes()).collect(),
        }
    }

    pub(crate) fn registers(pc: VirtAddr, sp: u64) -> Registers {
        let mut registers = Registers::default();
        registers.set_pc(pc);
        registers.set(Register::RSP, sp);
        for (i, register) in Register::CALLEE_SAVED.into_iter().enumerate() {
            registers.set(register, 0x100 + i as u64);
        }
        registers.set(Register::RAX, 7);
        registers.fs_base = 0xf5;
        registers
    }

    fn row(cfa: CfaRule, registers: Vec<(Register, RegisterRule)>) -> UnwindRow {
        let return_address = Register::RIP;
        UnwindRow { cfa, registers, return_address, signal_frame: false, lsda: None }
    }

    fn apply(row: &UnwindRow, registers: &Registers, memory: &Buffer) -> Result<Unwound, StackEnd> {
        let loaded = Loaded { image: sample::debug().clone(), bias: BIAS };
        let stack = &StackReader::new(memory);
        let lookup = registers.pc();
        Rules::new(row, registers, &loaded, stack, lookup).apply()
    }

    #[test]
    fn saved_registers_are_restored_and_scratch_registers_are_unknown() {
        let rules = row(
            CfaRule::RegisterAndOffset(Register::RSP, 24),
            vec![
                (Register::RBX, RegisterRule::Offset(-16)),
                (Register(12), RegisterRule::SameValue),
                (Register(13), RegisterRule::Register(Register::RAX)),
                (Register(14), RegisterRule::ValueOffset(-3)),
                (Register(15), RegisterRule::Undefined),
                (Register::RIP, RegisterRule::Offset(-8)),
            ],
        );
        let here = registers(VirtAddr(0x10), STACK);
        let unwound = apply(&rules, &here, &stack(&[1, 2, 3])).ok().unwrap();
        assert_eq!(unwound.cfa, VirtAddr(STACK + 24));
        let places = [(Register::RBX, VirtAddr(STACK + 8)), (Register::RIP, VirtAddr(STACK + 16))];
        assert_eq!(unwound.saved, places);
        let Next { registers: caller, returned_to } = unwound.caller.ok().unwrap();
        assert!(returned_to);
        assert_eq!((caller.pc(), caller.sp()), (VirtAddr(3), VirtAddr(STACK + 24)));
        assert_eq!(caller.get(Register::RBX), Some(2));
        assert_eq!(caller.get(Register::RBP), here.get(Register::RBP), "no rule: kept");
        assert_eq!(caller.get(Register(12)), here.get(Register(12)));
        assert_eq!(caller.get(Register(13)), Some(7));
        assert_eq!(caller.get(Register(14)), Some(STACK + 21));
        assert_eq!(caller.get(Register(15)), None);
        assert_eq!(caller.get(Register::RAX), None, "a callee may use it");
        assert_eq!(caller.fs_base, here.fs_base);
    }

    #[test]
    fn the_walk_ends_where_the_rules_or_the_stack_say_so() {
        let cfa = |offset| CfaRule::RegisterAndOffset(Register::RSP, offset);
        let at = |offset| vec![(Register::RIP, RegisterRule::Offset(offset))];
        let here = registers(VirtAddr(0x10), STACK);
        let end = |rules: UnwindRow, words: &[u64]| match apply(&rules, &here, &stack(words)) {
            Ok(unwound) => unwound.caller.err(),
            Err(end) => Some(end),
        };
        assert_eq!(end(row(cfa(8), at(-8)), &[0x1234]), None);
        assert_eq!(end(row(cfa(8), at(-8)), &[0]), Some(StackEnd::Outermost));
        assert_eq!(end(row(cfa(8), vec![]), &[1]), Some(StackEnd::Outermost));
        let undefined = vec![(Register::RIP, RegisterRule::Undefined)];
        assert_eq!(end(row(cfa(8), undefined), &[1]), Some(StackEnd::Outermost));
        let unreadable = StackEnd::Unreadable { at: VirtAddr(STACK + 8) };
        assert_eq!(end(row(cfa(16), at(-8)), &[1]), Some(unreadable));
        let damaged = StackEnd::NotGrowing { at: VirtAddr(STACK) };
        assert_eq!(end(row(cfa(0), at(-8)), &[1]), Some(damaged));
        let unknown = end(row(CfaRule::RegisterAndOffset(Register(8), 8), at(-8)), &[1]);
        let reason = Unreadable::RegisterLost { register: "r8" };
        assert_eq!(unknown, Some(StackEnd::Unknown { at: VirtAddr(0x10), reason }));
    }

    #[test]
    fn what_a_signal_interrupted_is_not_looked_up_at_minus_one_and_may_lie_lower() {
        // As in the trampoline of glibc: the CFA is the interrupted stack pointer, which the kernel
        // saved in the frame. DW_OP_breg7 8, DW_OP_deref.
        const SAVED_RSP: &[u8] = &[0x77, 8, 0x06];
        // DW_OP_breg7 16: the address where the pc was saved.
        const SAVED_RIP: &[u8] = &[0x77, 16];
        let mut rules = row(
            CfaRule::Expression(SAVED_RSP),
            vec![(Register::RIP, RegisterRule::Expression(SAVED_RIP))],
        );
        rules.signal_frame = true;
        let here = registers(VirtAddr(0x10), STACK);
        let lower = STACK - 0x10000;
        let unwound = apply(&rules, &here, &stack(&[0, lower, 0x77, 0])).ok().unwrap();
        assert!(unwound.signal);
        assert_eq!(unwound.cfa, VirtAddr(lower));
        assert_eq!(unwound.saved, [(Register::RIP, VirtAddr(STACK + 16))]);
        let caller = unwound.caller.ok().unwrap();
        assert!(!caller.returned_to);
        assert_eq!(
            (caller.registers.pc(), caller.registers.sp()),
            (VirtAddr(0x77), VirtAddr(lower))
        );
    }
}
