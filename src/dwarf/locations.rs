//! Where a variable is: DWARF location lists and expressions, evaluated.
use super::functions::{Function, Variable};
use super::image::Image;
use crate::base::{FileAddr, Memory, Register, Unreadable, VirtAddr};

/// What an evaluation may ask of the frame.
pub trait LocationContext {
    /// A register of the frame, general (0 to 16) or vector (its low 8 bytes).
    fn register(&self, register: Register) -> Option<u64>;
    /// The canonical frame address.
    fn cfa(&self) -> Option<VirtAddr>;
    /// What was added to the addresses of the image.
    fn bias(&self) -> crate::base::Bias;
    /// Memory.
    fn memory(&self) -> &dyn Memory;
    /// A register as it was at the entry of the function (`DW_OP_entry_value`), where known.
    fn entry_value(&self, register: Register) -> Option<u64>;
    /// The address of a thread-local at this offset in the image's TLS block.
    fn thread_local(&self, offset: u64) -> Option<VirtAddr>;
}

/// Where a variable is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Location {
    /// In memory.
    Memory(VirtAddr),
    /// In a register.
    Register(Register),
    /// Nowhere: this is its value.
    Value(Vec<u8>),
    /// In several places (`DW_OP_piece`).
    Pieces(Vec<Piece>),
}

/// A part of a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Piece {
    /// Bytes.
    pub size: u64,
    /// Where it is.
    pub at: PieceAt,
}

/// Where a part of a value is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PieceAt {
    /// In memory.
    Memory(VirtAddr),
    /// In the low bytes of a register.
    Register(Register),
    /// This is its value.
    Value(Vec<u8>),
    /// It was optimised out.
    Missing,
}

impl Image {
    /// Where a variable of a function is when the frame stands at `at`.
    ///
    /// # Errors
    /// [`Unreadable::OptimisedOut`] where no location covers `at`, [`Unreadable::RegisterLost`]
    /// where a register is needed that the frame does not know, and
    /// [`Unreadable::NotDescribed`] for an expression that is malformed or not supported.
    pub fn locate(
        &self,
        function: &Function,
        variable: &Variable,
        at: FileAddr,
        context: &dyn LocationContext,
    ) -> Result<Location, Unreadable> {
        let _ = (function, variable, at, context);
        todo!("helper A2")
    }

    /// Evaluates an expression of the CFI, with the CFA pushed first where the rule says so
    /// (DWARF 4, section 6.4.2).
    ///
    /// # Errors
    /// As [`Image::locate`].
    pub fn evaluate_cfi(
        &self,
        expression: &'static [u8],
        initial: Option<u64>,
        context: &dyn LocationContext,
    ) -> Result<u64, Unreadable> {
        let _ = (expression, initial, context);
        todo!("helper A2")
    }
}
