//! Call frame information: how to find the caller's registers.
use super::image::Image;
use crate::base::{FileAddr, Register};

/// What was found of `.eh_frame` and `.debug_frame`.
pub(super) struct Cfi {}

/// The rules for one address (DWARF 4, section 6.4.1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnwindRow {
    /// How to compute the canonical frame address.
    pub cfa: CfaRule,
    /// How to restore registers; those not listed keep their value if the psABI calls them
    /// callee-saved, and are unknown otherwise.
    pub registers: Vec<(Register, RegisterRule)>,
    /// The column of the return address.
    pub return_address: Register,
    /// Whether the function is a signal trampoline (augmentation `S`): its caller was interrupted,
    /// so that the caller's pc is not looked up at minus one.
    pub signal_frame: bool,
}

/// How to compute the canonical frame address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CfaRule {
    /// A register plus an offset.
    RegisterAndOffset(Register, i64),
    /// A DWARF expression.
    Expression(&'static [u8]),
}

/// How to restore one register.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RegisterRule {
    /// It cannot be restored.
    Undefined,
    /// It was not changed.
    SameValue,
    /// It was saved at CFA + offset.
    Offset(i64),
    /// It is CFA + offset.
    ValueOffset(i64),
    /// It was saved in another register.
    Register(Register),
    /// It was saved at the address that a DWARF expression computes.
    Expression(&'static [u8]),
    /// It is what a DWARF expression computes.
    ValueExpression(&'static [u8]),
}

impl Cfi {
    pub(super) fn new(_object: &object::File<'static>) -> Cfi {
        Cfi {}
    }
}

impl Image {
    /// The rules for an instruction, or nothing where no CFI covers it. Rows are cached.
    pub fn unwind_row(&self, at: FileAddr) -> Option<std::sync::Arc<UnwindRow>> {
        let _ = (&self.cfi, at);
        todo!("helper A1")
    }
}
