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

use super::rules::{Next, Rules, Unwound};
use super::stack_reader::StackReader;
use crate::base::{Memory, Register, Registers, Unreadable, VirtAddr};
use crate::dwarf::{Images, Loaded};

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
    /// Whether it is the frame that the kernel made to run a signal handler. Its CFA is the stack
    /// pointer that was interrupted, which can lie on another stack (sigaltstack(2)).
    pub signal: bool,
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

/// The innermost frame by itself: without the registers that it saved, for which nothing is read.
pub fn innermost(images: &dyn Images, memory: &dyn Memory, registers: Registers) -> RawFrame {
    let lookup = registers.pc();
    let cfa = innermost_cfa(images, memory, &registers);
    let loaded = images.image_at(lookup);
    RawFrame { registers, cfa, loaded, lookup, signal: false, saved: Vec::new() }
}

/// The canonical frame address of the innermost frame, or nothing where no rules tell it.
///
/// For code from compilers it follows from a register alone, and nothing is read.
pub fn innermost_cfa(
    images: &dyn Images,
    memory: &dyn Memory,
    registers: &Registers,
) -> Option<VirtAddr> {
    let lookup = registers.pc();
    let loaded = images.image_at(lookup)?;
    let row = loaded.image.unwind_row(loaded.bias.to_file(lookup))?;
    let stack = StackReader::new(memory);
    let rules = Rules::new(&row, registers, &loaded, &stack, lookup);
    rules.canonical_frame_address().ok().filter(|cfa| *cfa > registers.sp())
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
        let (cfa, saved, signal) = match unwound {
            Ok(Unwound { cfa, saved, caller, signal }) => {
                match caller {
                    Ok(next) => self.next = Some(next),
                    Err(end) => self.end = Some(end),
                }
                (Some(cfa), saved, signal)
            }
            Err(end) => {
                self.end = Some(end);
                (None, Vec::new(), false)
            }
        };
        RawFrame { registers, cfa, loaded, lookup, signal, saved }
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
        Rules::new(&row, registers, loaded, &self.stack, lookup).apply()
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
            signal: false,
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::rules::tests::{BIAS, STACK, registers, stack};
    use super::*;
    use crate::base::{Buffer, Range};
    use crate::dwarf::{CfaRule, Image, sample};

    struct One(Arc<Image>);

    impl Images for One {
        fn image_at(&self, at: VirtAddr) -> Option<Loaded> {
            let inside = self.0.segments().iter().any(|s| s.contains(BIAS.to_file(at)));
            inside.then(|| Loaded { image: self.0.clone(), bias: BIAS })
        }
    }

    fn function(path: &str) -> Range<VirtAddr> {
        BIAS.range_to_virt(sample::debug().symbols().functions_named(path)[0].range)
    }

    #[test]
    fn a_stack_is_walked_from_a_function_through_main_to_an_end_with_a_reason() {
        let (add, main) = (function("t::add"), function("t::main"));
        let image = sample::debug();
        // A return address within main, behind its prologue.
        let back = VirtAddr((main.start.0 + main.end.0) / 2);
        let in_main = image.unwind_row(BIAS.to_file(back.for_lookup_of_return())).unwrap();
        let CfaRule::RegisterAndOffset(Register::RSP, size) = in_main.cfa else { panic!() };
        let size = usize::try_from(size).unwrap();
        let mut words = vec![0; 1 + size / 8];
        words[0] = back.0;
        // Main's own return address leads out of all images.
        words[size / 8] = 0x666;
        let images = One(image.clone());
        let memory = stack(&words);
        let mut walk = Unwinder::new(&images, &memory, registers(add.start, STACK), 100);
        let frames: Vec<_> = walk.by_ref().collect();
        let [inner, outer, lost] = &frames[..] else { panic!("{} frames", frames.len()) };
        assert_eq!((inner.lookup, inner.cfa), (add.start, Some(VirtAddr(STACK + 8))));
        let unread = Buffer::default();
        let alone = innermost_cfa(&images, &unread, &inner.registers);
        assert_eq!(alone, inner.cfa, "nothing is read for it");
        assert_eq!(inner.saved, [(Register::RIP, VirtAddr(STACK))]);
        assert_eq!(outer.registers.pc(), back);
        assert_eq!(outer.lookup, back.for_lookup_of_return());
        assert_eq!(outer.cfa, Some(VirtAddr(STACK + 8 + size as u64)));
        assert!(outer.loaded.is_some() && lost.loaded.is_none());
        assert_eq!(walk.end(), Some(&StackEnd::NoCfi { at: VirtAddr(0x665) }));
    }

    #[test]
    fn frames_are_limited_and_made_one_by_one() {
        let add = function("t::add");
        let images = One(sample::debug().clone());
        // Each return address is that of a function's start plus one: an endless recursion.
        let memory = stack(&vec![add.start.0 + 1; 100]);
        let mut walk = Unwinder::new(&images, &memory, registers(add.start, STACK), 2);
        assert!(walk.next().is_some() && walk.end().is_none());
        assert!(walk.next().is_some());
        assert!(walk.next().is_none());
        assert_eq!(walk.end(), Some(&StackEnd::Limit));
        assert!(Unwinder::new(&images, &memory, registers(add.start, STACK), 0).next().is_none());
    }

    #[test]
    fn a_call_through_a_null_pointer_is_undone() {
        let main = function("t::main");
        let images = One(sample::debug().clone());
        let back = VirtAddr((main.start.0 + main.end.0) / 2);
        let memory = stack(&[back.0]);
        let here = registers(VirtAddr(0), STACK);
        let mut walk = Unwinder::new(&images, &memory, here, 100);
        let null = walk.next().unwrap();
        assert_eq!(null.cfa, Some(VirtAddr(STACK + 8)));
        let caller = walk.next().unwrap();
        assert_eq!(caller.registers.pc(), back);
        assert_eq!(caller.registers.get(Register::RAX), Some(7), "nothing has run since");
    }

    #[test]
    fn a_wild_jump_with_nothing_to_return_to_ends_at_once() {
        let images = One(sample::debug().clone());
        for (pc, words) in [(0, vec![0x123]), (0, vec![]), (STACK, vec![1, 2])] {
            let memory = stack(&words);
            let mut walk = Unwinder::new(&images, &memory, registers(VirtAddr(pc), STACK), 100);
            let frame = walk.next().unwrap();
            assert!(frame.cfa.is_none() && frame.saved.is_empty());
            assert!(walk.next().is_none());
            assert!(walk.end().is_some_and(|end| *end != StackEnd::Outermost));
        }
    }

    #[test]
    fn the_entry_point_is_the_outermost_frame() {
        let image = sample::debug();
        let images = One(image.clone());
        let memory = stack(&[1, 2, 3]);
        let entry = BIAS.to_virt(image.entry());
        let mut walk = Unwinder::new(&images, &memory, registers(entry, STACK), 100);
        assert!(walk.next().is_some() && walk.next().is_none());
        assert_eq!(walk.end(), Some(&StackEnd::Outermost));
    }
}
