//! From the registers of a stopped thread to those of its callers, by call frame information.
//!
//! ```text
//!   higher addresses
//!   | the caller's frame  |
//!   +---------------------+ <- CFA of this frame = the caller's sp when it goes on
//!   | return address      |    CFA - 8
//!   | saved registers     |    CFA - 16 and below, where the rules say
//!   | locals              |
//!   +---------------------+ <- sp of this frame
//!   lower addresses
//! ```

use std::fmt;

use super::stack_reader::StackReader;
use crate::base::{Bias, Memory, Register, Registers, Unreadable, VirtAddr};
use crate::dwarf::{CfaRule, Images, Loaded, LocationContext, RegisterRule, UnwindRow};

/// One frame that has code of its own; inlined calls are within it.
#[derive(Clone)]
pub struct RawFrame {
    /// The registers as they are in this frame. In callers: pc, sp, and those that callees saved or
    /// did not touch; the others are unknown.
    pub registers: Registers,
    /// The canonical frame address: the stack pointer of the caller when this frame is gone. Unknown
    /// where unwinding ends for want of rules.
    pub cfa: Option<VirtAddr>,
    /// The image that the code is in.
    pub loaded: Option<Loaded>,
    /// The address to look up functions and lines at: the pc, but one less for a return address.
    pub lookup: VirtAddr,
    /// Where this frame saved registers of its caller, and, as [`Register::RIP`], the return address.
    pub saved: Vec<(Register, VirtAddr)>,
}

/// Why a walk of the stack ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StackEnd {
    /// There is no caller: the return address is undefined or zero, or the function is `_start`.
    Outermost,
    /// No call frame information covers the code.
    NoCfi {
        /// The address that was looked up.
        at: VirtAddr,
    },
    /// The call frame information asks for something that is not known here.
    Unknown {
        /// The address that was looked up.
        at: VirtAddr,
        /// What is not known.
        reason: Unreadable,
    },
    /// The stack cannot be read where the return address must be.
    Unreadable {
        /// The address of the return address.
        at: VirtAddr,
    },
    /// The caller's frame would lie below this one, as on a damaged stack.
    NotGrowing {
        /// The canonical frame address that was found.
        at: VirtAddr,
    },
    /// As many frames were given as were asked for, and there are more.
    Limit,
}

/// Walks a stack from the innermost frame outwards, one frame at a time.
pub struct Unwinder<'a> {
    images: &'a dyn Images,
    stack: StackReader<'a>,
    next: Option<Next>,
    left: usize,
    innermost: bool,
    end: Option<StackEnd>,
}

/// The frame to give next.
struct Next {
    registers: Registers,
    /// Whether the pc is a return address, and not where the thread was stopped or interrupted.
    returned_to: bool,
}

/// What the rules of one frame say.
struct Unwound {
    cfa: VirtAddr,
    saved: Vec<(Register, VirtAddr)>,
    caller: Result<Next, StackEnd>,
}

impl<'a> Unwinder<'a> {
    /// Begins at a thread's registers. At most `limit` frames will be given.
    pub fn new(
        images: &'a dyn Images,
        memory: &'a dyn Memory,
        registers: Registers,
        limit: usize,
    ) -> Self {
        Unwinder {
            images,
            stack: StackReader::new(memory),
            next: Some(Next { registers, returned_to: false }),
            left: limit,
            innermost: true,
            end: None,
        }
    }

    /// Why the walk ended; nothing while there are frames left to ask for.
    pub fn end(&self) -> Option<&StackEnd> {
        self.end.as_ref()
    }

    fn frame(&mut self, Next { registers, returned_to }: Next) -> RawFrame {
        let pc = registers.pc();
        let lookup = if returned_to { pc.for_lookup_of_return() } else { pc };
        let loaded = self.images.image_at(lookup);
        let unwound = self.unwind(&registers, loaded.as_ref(), lookup);
        self.innermost = false;
        let (cfa, saved) = match unwound {
            Ok(Unwound { cfa, saved, caller }) => {
                match caller {
                    Ok(next) => self.next = Some(next),
                    Err(end) => self.end = Some(end),
                }
                (Some(cfa), saved)
            }
            Err(end) => {
                self.end = Some(end);
                (None, Vec::new())
            }
        };
        RawFrame { registers, cfa, loaded, lookup, saved }
    }

    fn unwind(
        &self,
        registers: &Registers,
        loaded: Option<&Loaded>,
        lookup: VirtAddr,
    ) -> Result<Unwound, StackEnd> {
        let Some(loaded) = loaded else { return self.after_wild_call(registers, lookup) };
        let at = loaded.bias.to_file(lookup);
        let Some(row) = loaded.image.unwind_row(at) else {
            // The C runtime's entry point may be without any rules: nothing called it.
            let name = loaded.image.symbols().at(at).map(|symbol| symbol.name);
            let outermost = at == loaded.image.entry() || name == Some("_start");
            return Err(if outermost {
                StackEnd::Outermost
            } else {
                StackEnd::NoCfi { at: lookup }
            });
        };
        Rules { row: &row, registers, loaded, stack: &self.stack, cfa: None, lookup }.apply()
    }

    /// A call through a bad pointer: no code is there, so nothing but the call itself has happened,
    /// and the return address is still at the stack pointer.
    fn after_wild_call(&self, registers: &Registers, pc: VirtAddr) -> Result<Unwound, StackEnd> {
        let code_is_missing = self.stack.memory().read(pc, &mut [0]).is_err();
        if !self.innermost || !code_is_missing {
            return Err(StackEnd::NoCfi { at: pc });
        }
        let sp = registers.sp();
        let from = self.stack.word(sp).map_err(|_| StackEnd::Unreadable { at: sp })?;
        if self.images.image_at(VirtAddr(from).for_lookup_of_return()).is_none() {
            return Err(StackEnd::NoCfi { at: pc });
        }
        let mut caller = *registers;
        caller.set(Register::RIP, from);
        caller.set(Register::RSP, sp.0.wrapping_add(8));
        Ok(Unwound {
            cfa: sp + 8,
            saved: vec![(Register::RIP, sp)],
            caller: Ok(Next { registers: caller, returned_to: true }),
        })
    }
}

impl Iterator for Unwinder<'_> {
    type Item = RawFrame;

    fn next(&mut self) -> Option<RawFrame> {
        let next = self.next.take()?;
        let Some(left) = self.left.checked_sub(1) else {
            self.end = Some(StackEnd::Limit);
            return None;
        };
        self.left = left;
        Some(self.frame(next))
    }
}

/// The rules for one frame, and what they may ask for.
struct Rules<'a> {
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

impl Rules<'_> {
    fn apply(mut self) -> Result<Unwound, StackEnd> {
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
        Ok(Unwound { cfa, saved, caller })
    }

    fn canonical_frame_address(&self) -> Result<VirtAddr, StackEnd> {
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

impl fmt::Display for StackEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StackEnd::Outermost => f.write_str("this is the outermost frame"),
            StackEnd::NoCfi { at } => write!(f, "no unwind rules cover the code at {at}"),
            StackEnd::Unknown { at, reason } => {
                write!(f, "the unwind rules at {at} need a value that is {reason}")
            }
            StackEnd::Unreadable { at } => {
                write!(f, "the return address at {at} cannot be read")
            }
            StackEnd::NotGrowing { at } => {
                write!(
                    f,
                    "the next frame would begin at {at}, below this one: the stack is damaged"
                )
            }
            StackEnd::Limit => f.write_str("there are more frames than were asked for"),
        }
    }
}
