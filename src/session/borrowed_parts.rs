//! Which part of a variable a reference leads to, as a path behind its name.

use super::borrows::Footprint;
use super::drops::member::member_path;
use crate::dwarf::{Image, TypeKind, TypeRef, Types};
use crate::value::Loan;

/// How deep a part that is borrowed is looked for in a value.
const DEEPEST: usize = 16;

/// The part of a variable's own bytes that a reference leads to.
pub(super) fn part_of(lender: &Footprint, loan: &Loan) -> String {
    let Some((start, size)) = lender.bytes else { return String::new() };
    let Some(offset) = loan.target.0.checked_sub(start.0) else { return String::new() };
    let unknown = &|_, _| None;
    let named = |of| member_path(&*lender.image, lender.ty, offset, of, unknown);
    let named = loan.of.as_ref().and_then(|of| named(of));
    if let Some(path) = named {
        return path;
    }
    if offset == 0 && loan.size >= size {
        return String::new();
    }
    field_around(&lender.image, lender.ty, offset, loan.size).unwrap_or_default()
}

/// The path of a part as it is written behind the name of a variable.
pub(super) fn dotted(path: &str) -> String {
    match path.chars().next() {
        None | Some('[' | '.' | '*') => path.to_owned(),
        Some(_) => format!(".{path}"),
    }
}

/// The path of the smallest field of a struct that holds some of its bytes.
fn field_around(image: &Image, ty: TypeRef, offset: u64, size: u64) -> Option<String> {
    let (mut ty, mut offset, mut path) = (ty, offset, String::new());
    for _ in 0..DEEPEST {
        let whole = image.get(ty).ok()?;
        let of_std = matches!(&*whole.krate, "core" | "alloc" | "std");
        let TypeKind::Struct { fields, .. } = &whole.kind else { break };
        let inner = fields.iter().find_map(|field| {
            let within = offset.checked_sub(field.offset)?;
            let bytes = image.get(field.ty).ok()?.size?;
            (within.saturating_add(size) <= bytes).then_some((field, within))
        });
        let Some((field, within)) = inner.filter(|_| !of_std) else { break };
        path.push('.');
        path.push_str(field.name.strip_prefix("__").unwrap_or(&field.name));
        (ty, offset) = (field.ty, within);
    }
    Some(path)
}
