//! Where a function has left what it returns, when it stands at its `ret`, and how it gets its
//! arguments.
//!
//! The debug information does not say. It follows from the layout of the type as rustc sees it
//! (`layout`), and from the calling convention: Rust's own here, C's in `sysv`. Source:
//! `rustc_target::callconv::FnAbi::adjust_for_rust_abi`; checked on rustc 1.95, unoptimised and
//! optimised, by reading the registers of some 140 functions at their `ret`. What holds:
//!
//! - a scalar is in `rax`, one of sixteen bytes in `rax` and `rdx`, a float in `xmm0`;
//! - a pair of scalars takes the next free of `rax`, `rdx` and of `xmm0`, `xmm1`, each by its kind;
//! - anything else of up to eight bytes is in `rax` as one integer, floats included;
//! - anything larger, and all that exceeds sixteen bytes, is in memory of the caller, and `rax`
//!   holds its address (SIMD vectors as well).

mod arguments;
mod enum_layout;
mod layout;
mod sysv;

use crate::base::{Register, Unreadable, VirtAddr};
use crate::dwarf::{Location, Piece, PieceAt, TypeRef, Types};

use super::ReadRegister;
pub use arguments::Argument;
use layout::{Abi, Layouts, Scalar};

/// The calling convention of a function, as far as it is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Convention {
    /// Rust's own.
    Rust,
    /// That of `extern "C"` functions.
    C,
    /// One of the two: the debug information does not tell.
    Unknown,
}

/// How a type is returned: known from the type alone, before any call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Passing {
    /// It has no bytes.
    Nothing,
    /// In registers.
    Registers(Vec<Part>),
    /// In memory at the address in `rax`.
    Memory,
}

/// A part of a value that is returned in a register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part {
    /// Bytes from the start of the value.
    pub offset: u64,
    /// Bytes.
    pub size: u64,
    /// The register that holds them, in its low bytes.
    pub register: Register,
}

/// How values of the type are returned.
///
/// A struct or union of nothing but one float is taken to have Rust's layout: `#[repr(C)]` leaves no
/// mark in the debug information, and would put the float into `rax`.
///
/// # Errors
/// [`Unreadable::NotDescribed`] where the type is not, and where the convention is unknown and
/// would make a difference.
pub fn passing(
    types: &dyn Types,
    ty: TypeRef,
    convention: Convention,
) -> Result<Passing, Unreadable> {
    match convention {
        Convention::Rust => rust(types, ty),
        Convention::C => sysv::passing(types, ty),
        Convention::Unknown => {
            let (rust, c) = (rust(types, ty)?, sysv::passing(types, ty)?);
            let differ = "a function of Rust's or of C's calling convention, which differ here";
            if rust == c { Ok(rust) } else { Err(Unreadable::NotDescribed(differ.to_owned())) }
        }
    }
}

impl Convention {
    /// What a linker name tells: a name in one of Rust's manglings is of Rust's convention. An
    /// `extern "C"` function without `no_mangle` has such a name too; nothing tells it apart.
    pub fn of_linkage_name(name: Option<&str>) -> Convention {
        match name {
            Some(name) if name.starts_with("_ZN") || name.starts_with("_R") => Convention::Rust,
            _ => Convention::Unknown,
        }
    }
}

impl Passing {
    /// Where the value is, in a thread that stands at the `ret`.
    ///
    /// # Errors
    /// [`Unreadable::RegisterLost`] where the value is in memory and `rax` is not known.
    pub fn location(&self, registers: &ReadRegister<'_>) -> Result<Location, Unreadable> {
        match self {
            Passing::Nothing => Ok(Location::Value(Vec::new())),
            Passing::Memory => {
                let rax = registers(Register::RAX);
                let lost = Unreadable::RegisterLost { register: Register::RAX.name() };
                Ok(Location::Memory(VirtAddr(rax.ok_or(lost)? as u64)))
            }
            Passing::Registers(parts) => Ok(match parts.as_slice() {
                [Part { offset: 0, register, .. }] => Location::Register(*register),
                parts => Location::Pieces(pieces(parts)),
            }),
        }
    }
}

/// The pieces of a value, with the padding between its parts missing.
fn pieces(parts: &[Part]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut end = 0_u64;
    for part in parts {
        let gap = part.offset.saturating_sub(end);
        if gap > 0 {
            pieces.push(Piece { size: gap, at: PieceAt::Missing });
        }
        pieces.push(Piece { size: part.size, at: PieceAt::Register(part.register) });
        end = part.offset.saturating_add(part.size);
    }
    pieces
}

fn rust(types: &dyn Types, ty: TypeRef) -> Result<Passing, Unreadable> {
    let layout = Layouts::new(types).of(ty)?;
    Ok(match layout.abi {
        _ if layout.size == 0 => Passing::Nothing,
        _ if layout.size > 16 => Passing::Memory,
        Abi::Scalar(scalar) => Passing::Registers(in_registers(&[(scalar, 0)])),
        Abi::Pair(first, second) => {
            let offset = first.size.next_multiple_of(second.size.max(1));
            Passing::Registers(in_registers(&[(first, 0), (second, offset)]))
        }
        Abi::Aggregate if layout.size <= 8 => {
            let part = Part { offset: 0, size: layout.size, register: Register::RAX };
            Passing::Registers(vec![part])
        }
        Abi::Aggregate => Passing::Memory,
    })
}

/// Hands out the return registers of each class in turn (psABI, section 3.2.3).
fn in_registers(scalars: &[(Scalar, u64)]) -> Vec<Part> {
    let mut integers = [Register::RAX, Register::RDX].into_iter();
    let mut vectors = [Register::XMM0, Register(Register::XMM0.0 + 1)].into_iter();
    let mut parts = Vec::new();
    for (scalar, start) in scalars {
        let mut offset = 0;
        while offset < scalar.size {
            let left = scalar.size.saturating_sub(offset);
            let (next, size) = if scalar.is_float() {
                (vectors.next(), left)
            } else {
                (integers.next(), left.min(8))
            };
            // At most sixteen bytes are asked for, which the registers of each class hold.
            let Some(register) = next else { break };
            parts.push(Part { offset: start.saturating_add(offset), size, register });
            offset = offset.saturating_add(size);
        }
    }
    parts
}

#[cfg(test)]
mod tests;
