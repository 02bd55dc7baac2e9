//! A frame as the evaluator of locations asks for it.

use crate::base::{Bias, Memory, Register, Vectors, VirtAddr};
use crate::dwarf::LocationContext;
use crate::frame::RawFrame;

/// A frame, and the memory behind it.
pub(super) struct FrameContext<'a> {
    /// The frame.
    pub frame: &'a RawFrame,
    /// The vector registers, which only the innermost frame has: no callee preserves them.
    pub vectors: Option<&'a Vectors>,
    /// Memory.
    pub memory: &'a dyn Memory,
}

impl FrameContext<'_> {
    /// A register with all its bits: 64 of a general one, 128 of a vector register.
    pub fn whole_register(&self, register: Register) -> Option<u128> {
        match register.0.checked_sub(Register::XMM0.0) {
            Some(index) => self.vectors?.get(usize::from(index)).copied(),
            None => self.frame.registers.get(register).map(u128::from),
        }
    }
}

impl LocationContext for FrameContext<'_> {
    fn register(&self, register: Register) -> Option<u64> {
        let low = self.whole_register(register)? & u128::from(u64::MAX);
        u64::try_from(low).ok()
    }

    fn cfa(&self) -> Option<VirtAddr> {
        self.frame.cfa
    }

    fn bias(&self) -> Bias {
        self.frame.loaded.as_ref().map_or(Bias::default(), |loaded| loaded.bias)
    }

    fn memory(&self) -> &dyn Memory {
        self.memory
    }

    fn entry_value(&self, _: Register) -> Option<u64> {
        // What a register held at the entry is known only where the caller describes the call
        // site, and rustc's call sites describe constants at most.
        None
    }

    fn thread_local(&self, _: u64) -> Option<VirtAddr> {
        None
    }
}
