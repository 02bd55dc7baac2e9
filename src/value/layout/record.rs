//! Structs, tuples and unions: fields and the bytes between them.

use super::{Alignment, Builder, FieldLayout, Kind, MAX_PARTS, Span, TypeLayout};
use crate::dwarf::Field;

impl Builder<'_> {
    pub(super) fn record(&mut self, layout: &mut TypeLayout, fields: &[Field], depth: usize) {
        layout.cut |= fields.len() > MAX_PARTS;
        let declared = self.fields(fields, depth);
        layout.packed = is_packed(&declared, layout.align);
        layout.reordered_size = reordered_size(layout, &declared);
        layout.fields = declared;
        layout.fields.sort_by_key(|field| (field.offset, field.size));
        // Of what is cut short it cannot be told which bytes are free.
        if let (false, Some(size)) = (layout.cut, layout.size) {
            layout.padding = holes(spans(&layout.fields), size);
        }
    }

    pub(super) fn union(&mut self, layout: &mut TypeLayout, fields: &[Field], depth: usize) {
        self.record(layout, fields, depth);
        layout.reordered_size = None;
    }

    /// The fields in their order, each with the layout of its type where that was asked for.
    pub(super) fn fields(&mut self, fields: &[Field], depth: usize) -> Vec<FieldLayout> {
        fields.iter().take(MAX_PARTS).map(|field| self.field(field, depth)).collect()
    }

    fn field(&mut self, field: &Field, depth: usize) -> FieldLayout {
        let ty = self.types.get(field.ty).ok();
        let align = ty.as_ref().and_then(|ty| self.align(ty));
        let inner = depth.checked_sub(1).and_then(|depth| self.inner(field.ty, depth));
        FieldLayout {
            name: plain_name(&field.name).into(),
            offset: field.offset,
            size: ty.as_ref().and_then(|ty| ty.size),
            align,
            ty: ty.map_or_else(|| "?".to_owned(), |ty| ty.name.to_string()),
            layout: inner.filter(|inner| inner.has_parts()),
        }
    }
}

/// The name as it is written: `0` for the `__0` of a tuple.
pub(super) fn plain_name(name: &str) -> &str {
    match name.strip_prefix("__") {
        Some(number) if number.parse::<u32>().is_ok() => number,
        _ => name,
    }
}

/// The bytes of fields.
pub(super) fn spans(fields: &[FieldLayout]) -> Vec<Span> {
    let span = |field: &FieldLayout| Span { offset: field.offset, size: field.size.unwrap_or(0) };
    fields.iter().map(span).collect()
}

/// The bytes of a type that none of some spans covers.
pub(super) fn holes(mut covered: Vec<Span>, size: u64) -> Vec<Span> {
    covered.retain(|span| span.size > 0);
    covered.sort();
    let mut holes = Vec::new();
    let mut at = 0;
    for span in covered.into_iter().chain([Span { offset: size, size: 0 }]) {
        let until = span.offset.min(size);
        if at < until {
            holes.push(Span { offset: at, size: until.saturating_sub(at) });
        }
        at = at.max(span.end());
    }
    holes
}

/// Whether a field lies where its type alone would not be put.
fn is_packed(fields: &[FieldLayout], whole: Option<Alignment>) -> bool {
    fields.iter().filter(|field| field.size != Some(0)).any(|field| {
        let Some(Alignment { bytes, .. }) = field.align else { return false };
        let stated = whole.filter(|whole| !whole.inferred);
        !field.offset.is_multiple_of(bytes) || stated.is_some_and(|whole| whole.bytes < bytes)
    })
}

/// The size with the fields in the order of their alignment, where the fields lie as declared and
/// that is less than it is.
///
/// The size of a type is a multiple of its alignment, so that fields in falling order of alignment
/// leave no holes between them. An alignment that is only inferred is taken for as large as it can
/// be.
fn reordered_size(layout: &TypeLayout, declared: &[FieldLayout]) -> Option<u64> {
    let whole = layout.align.filter(|whole| !whole.inferred)?;
    let mut next = 0_u64;
    let mut sum = 0_u64;
    for field in declared {
        let (size, align) = (field.size?, natural(field)?);
        let stated = field.align?.bytes;
        // The order is the compiler's own choice, unless each field lies at the first place behind
        // the one before it.
        if field.offset != next.checked_next_multiple_of(stated)?
            && field.offset != next.checked_next_multiple_of(align)?
        {
            return None;
        }
        next = field.offset.checked_add(size)?;
        sum = sum.checked_add(size.checked_next_multiple_of(align)?)?;
    }
    let least = sum.checked_next_multiple_of(whole.bytes)?;
    let movable = !layout.packed && matches!(layout.kind, Kind::Struct | Kind::Tuple);
    (movable && Some(least) < layout.size).then_some(least)
}

/// The largest alignment that a field's type can have.
fn natural(field: &FieldLayout) -> Option<u64> {
    match field.align? {
        Alignment { bytes, inferred: false } => Some(bytes),
        // Only scalars of 16 bytes are inferred and known to be at most as aligned as they are long.
        Alignment { bytes: 8, .. } if field.size == Some(16) && field.layout.is_none() => Some(16),
        _ => None,
    }
}
