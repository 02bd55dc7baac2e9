//! The layout of enums with data (`rustc_abi::layout::LayoutCalculator::layout_of_enum`).

use super::layout::{Abi, Layout, Layouts, Scalar, alignment, pair, struct_abi};
use crate::base::Unreadable;
use crate::dwarf::{Field, Type, TypeKind, Variant, VariantPart};
use crate::value::enums::is_inhabited;

impl Layouts<'_> {
    pub(super) fn enumeration(
        &mut self,
        ty: &Type,
        part: &VariantPart,
    ) -> Result<Layout, Unreadable> {
        let mut variants = Vec::new();
        for variant in &part.variants {
            let fields = self.variant(variant)?;
            variants.push((variant, fields));
        }
        let all: Vec<_> = variants.iter().flat_map(|(_, fields)| fields.iter().copied()).collect();
        let whole = Layout::aggregate(ty.size.unwrap_or(0), alignment(ty, &all));
        // The state of a coroutine is never taken apart into scalars.
        if ["{async", "{coroutine", "{gen"].iter().any(|kind| ty.base_name.starts_with(kind)) {
            return Ok(whole);
        }
        let types = self.types;
        let others = |v: &Variant| v.values.is_empty() && is_inhabited(types, v);
        let with_data = variants.iter().position(|(variant, _)| others(variant));
        let abi = match (&part.discriminant, with_data) {
            (None, Some(only)) => variants.get(only).map(|(_, fields)| struct_abi(whole, fields)),
            (Some(_), Some(data)) => Some(niche(whole, &variants, data)),
            (Some(tag), None) => Some(self.tagged(whole, tag, &variants)?),
            (None, None) => None,
        };
        let abi = abi.ok_or_else(|| {
            Unreadable::NotDescribed(format!("a value of the empty type {}", ty.name))
        })?;
        Ok(Layout { abi, ..whole })
    }

    /// The fields of a variant that have bytes. A variant that cannot exist has none that matter.
    fn variant(&mut self, variant: &Variant) -> Result<Vec<(u64, Layout)>, Unreadable> {
        let Some(id) = variant.ty.filter(|_| is_inhabited(self.types, variant)) else {
            return Ok(Vec::new());
        };
        match &self.types.get(id)?.kind {
            TypeKind::Struct { fields, .. } => {
                let mut fields = self.fields(fields)?;
                fields.retain(|(_, field)| field.size > 0);
                Ok(fields)
            }
            _ => Ok(Vec::new()),
        }
    }

    /// The discriminant has bytes of its own: it may pair up with a scalar that all variants with
    /// data have at the same offset.
    fn tagged(
        &mut self,
        whole: Layout,
        tag: &Field,
        variants: &[(&Variant, Vec<(u64, Layout)>)],
    ) -> Result<Abi, Unreadable> {
        let Layout { size, abi: Abi::Scalar(tag_scalar), .. } = self.of(tag.ty)? else {
            return Ok(Abi::Aggregate);
        };
        if size == whole.size {
            return Ok(Abi::Scalar(tag_scalar));
        }
        let common = variants.iter().map(|(_, fields)| fields.as_slice()).filter(|f| !f.is_empty());
        Ok(match common_scalar(common) {
            Some((at, scalar)) if tag.offset == 0 => pair(whole, tag_scalar, at, scalar),
            _ => Abi::Aggregate,
        })
    }
}

/// The discriminant hides in values that the field of another variant cannot have. That variant's
/// scalars stand for the whole, if it fills the enum and no other variant has bytes.
fn niche(whole: Layout, variants: &[(&Variant, Vec<(u64, Layout)>)], data: usize) -> Abi {
    let alone = variants.iter().enumerate().all(|(i, (_, fields))| i == data || fields.is_empty());
    match variants.get(data) {
        Some((_, fields)) if alone => struct_abi(whole, fields),
        _ => Abi::Aggregate,
    }
}

/// The one scalar of every variant: the same offset, the same size, and all integers (pointers
/// among them) or all floats.
fn common_scalar<'f>(
    mut variants: impl Iterator<Item = &'f [(u64, Layout)]>,
) -> Option<(u64, Scalar)> {
    let single = |fields: &[(u64, Layout)]| match fields {
        [(at, Layout { abi: Abi::Scalar(scalar), .. })] => Some((*at, *scalar)),
        _ => None,
    };
    let first = single(variants.next()?)?;
    let alike = |fields: &[(u64, Layout)]| {
        let (at, scalar) = single(fields)?;
        let (offset, of) = first;
        Some((at, scalar.size, scalar.is_float()) == (offset, of.size, of.is_float()))
    };
    variants.all(|fields| alike(fields) == Some(true)).then_some(first)
}
