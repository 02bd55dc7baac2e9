//! Types as an expression writes them: `u8`, `*const T`, `krate::Point`.

use std::sync::Arc;

use crate::dwarf::PointerFlavour;

/// An integer type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IntType {
    /// `i8`.
    I8,
    /// `i16`.
    I16,
    /// `i32`.
    I32,
    /// `i64`.
    I64,
    /// `i128`.
    I128,
    /// `isize`.
    Isize,
    /// `u8`.
    U8,
    /// `u16`.
    U16,
    /// `u32`.
    U32,
    /// `u64`.
    U64,
    /// `u128`.
    U128,
    /// `usize`.
    Usize,
}

/// A type that an expression names.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum TypeName {
    Int(IntType),
    F32,
    F64,
    Bool,
    Char,
    Pointer(PointerFlavour, Box<TypeName>),
    /// `_`.
    Inferred,
    /// As DWARF would write it.
    Named(Arc<str>),
}

const INTEGERS: [(IntType, &str, bool, u32); 12] = [
    (IntType::I8, "i8", true, 8),
    (IntType::I16, "i16", true, 16),
    (IntType::I32, "i32", true, 32),
    (IntType::I64, "i64", true, 64),
    (IntType::I128, "i128", true, 128),
    (IntType::Isize, "isize", true, 64),
    (IntType::U8, "u8", false, 8),
    (IntType::U16, "u16", false, 16),
    (IntType::U32, "u32", false, 32),
    (IntType::U64, "u64", false, 64),
    (IntType::U128, "u128", false, 128),
    (IntType::Usize, "usize", false, 64),
];

impl IntType {
    /// The type of that name.
    pub fn named(name: &str) -> Option<IntType> {
        INTEGERS.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// The type of that sign and size in bytes, never `isize` or `usize`.
    pub fn of_size(signed: bool, bytes: u64) -> Option<IntType> {
        let same = |row: &&(IntType, &str, bool, u32)| row.2 == signed && row.3 as u64 == bytes * 8;
        INTEGERS.iter().filter(|_| bytes <= 16).find(same).map(|row| row.0)
    }

    fn row(self) -> (&'static str, bool, u32) {
        let row = INTEGERS.iter().find(|row| row.0 == self);
        row.map_or(("i32", true, 32), |row| (row.1, row.2, row.3))
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// Whether it has negative numbers.
    pub fn is_signed(self) -> bool {
        self.row().1
    }

    /// Its bits.
    pub fn bits(self) -> u32 {
        self.row().2
    }
}

impl TypeName {
    /// The type that is written so.
    pub(super) fn named(name: &str) -> TypeName {
        match (IntType::named(name), name) {
            (Some(int), _) => TypeName::Int(int),
            (_, "f32") => TypeName::F32,
            (_, "f64") => TypeName::F64,
            (_, "bool") => TypeName::Bool,
            (_, "char") => TypeName::Char,
            (_, "_") => TypeName::Inferred,
            _ => TypeName::Named(name.into()),
        }
    }

    /// As Rust writes it.
    pub(super) fn text(&self) -> String {
        match self {
            TypeName::Int(int) => int.name().to_owned(),
            TypeName::F32 => "f32".to_owned(),
            TypeName::F64 => "f64".to_owned(),
            TypeName::Bool => "bool".to_owned(),
            TypeName::Char => "char".to_owned(),
            TypeName::Pointer(flavour, to) => format!("{}{}", spelled(*flavour), to.text()),
            TypeName::Inferred => "_".to_owned(),
            TypeName::Named(name) => name.to_string(),
        }
    }

    /// Its size in bytes, where that needs no debug information.
    pub(super) fn size(&self) -> Option<u64> {
        match self {
            TypeName::Int(int) => Some(u64::from(int.bits() / 8)),
            TypeName::F32 | TypeName::Char => Some(4),
            TypeName::F64 => Some(8),
            TypeName::Bool => Some(1),
            _ => None,
        }
    }
}

/// What stands before the type that a pointer of this flavour leads to.
pub(super) fn spelled(flavour: PointerFlavour) -> &'static str {
    match flavour {
        PointerFlavour::Shared => "&",
        PointerFlavour::Unique => "&mut ",
        PointerFlavour::Mut => "*mut ",
        PointerFlavour::Const | PointerFlavour::Function | PointerFlavour::Box => "*const ",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integer_types_are_found_by_name_and_by_size() {
        assert_eq!(IntType::named("usize"), Some(IntType::Usize));
        assert_eq!(IntType::named("u7"), None);
        assert_eq!(IntType::of_size(true, 8), Some(IntType::I64));
        assert_eq!(IntType::of_size(false, 3), None);
        assert_eq!(IntType::of_size(false, u64::MAX), None);
        assert_eq!((IntType::I128.bits(), IntType::U8.is_signed()), (128, false));
    }
}
