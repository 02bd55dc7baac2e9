//! Whether an operand is read or written.

use iced_x86::OpAccess;

/// Whether something is read or written, or may be: what a `lea` and a `nop` name is not.
pub(super) fn is_access(access: OpAccess) -> bool {
    !matches!(access, OpAccess::None | OpAccess::NoMemAccess)
}

/// Whether something is read, or may be.
pub(super) fn reads(access: OpAccess) -> bool {
    is_access(access) && !matches!(access, OpAccess::Write | OpAccess::CondWrite)
}

/// Whether something is written, or may be.
pub(super) fn writes(access: OpAccess) -> bool {
    is_access(access) && !matches!(access, OpAccess::Read | OpAccess::CondRead)
}
