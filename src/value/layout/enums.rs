//! Enums: which values of which bytes select a variant, and where its fields lie.

use std::sync::Arc;

use super::record::{holes, plain_name, spans};
use super::{
    Builder, Discriminant, FieldLayout, MAX_PARTS, Span, TypeLayout, Values, VariantLayout,
};
use crate::dwarf::{Encoding, Field, TypeKind, TypeRef, Variant, VariantPart};
use crate::value::enums::is_inhabited;

/// How deep a niche is followed into fields of fields.
const MAX_PATH: usize = 32;

/// An enum whose variants have no data: all of it is the discriminant.
pub(super) fn without_data(
    layout: &mut TypeLayout,
    signed: bool,
    enumerators: &[(Arc<str>, i128)],
) {
    let size = layout.size.unwrap_or(0);
    layout.cut |= enumerators.len() > MAX_PARTS;
    let ty = format!("{}{}", if signed { "i" } else { "u" }, size.saturating_mul(8));
    let at = Span { offset: 0, size };
    layout.discriminant = Some(Discriminant { at, ty, signed, niche_of: None });
    let variant = |(name, value): &(Arc<str>, i128)| {
        let value = value.cast_unsigned() & mask(size);
        VariantLayout {
            name: name.to_string(),
            values: vec![Values { from: value, to: value }],
            inhabited: true,
            fields: Vec::new(),
            padding: Vec::new(),
        }
    };
    layout.variants = enumerators.iter().take(MAX_PARTS).map(variant).collect();
}

/// All ones in a number of so many bytes.
pub(super) fn mask(size: u64) -> u128 {
    let bits = u32::try_from(size).unwrap_or(16).min(16).saturating_mul(8);
    u128::MAX.checked_shr(128_u32.saturating_sub(bits)).unwrap_or(0)
}

impl Builder<'_> {
    pub(super) fn enumeration(
        &mut self,
        layout: &mut TypeLayout,
        part: &VariantPart,
        depth: usize,
    ) {
        layout.cut |= part.variants.len() > MAX_PARTS;
        let tag = part.discriminant.as_ref().and_then(|tag| self.discriminant(tag));
        let size = layout.size.unwrap_or(0);
        let tag_span = tag.as_ref().map(|tag| tag.at);
        for variant in part.variants.iter().take(MAX_PARTS) {
            let fields = self.variant_fields(variant, depth);
            let values = variant.values.iter().take(MAX_PARTS);
            let values = values.map(|(from, to)| Values { from: *from, to: *to }).collect();
            let covered = spans(&fields).into_iter().chain(tag_span).collect();
            layout.variants.push(VariantLayout {
                name: variant.name.to_string(),
                values,
                inhabited: is_inhabited(self.types, variant),
                fields,
                padding: holes(covered, size),
            });
        }
        layout.discriminant = tag.map(|tag| {
            let niche_of = self.niche_path(&tag, part, &layout.variants);
            Discriminant { niche_of, ..tag }
        });
        if !layout.cut {
            let used = layout.variants.iter().flat_map(|variant| spans(&variant.fields));
            layout.padding = holes(used.chain(tag_span).collect(), size);
        }
    }

    fn discriminant(&mut self, tag: &Field) -> Option<Discriminant> {
        let ty = self.types.get(tag.ty).ok()?;
        let signed = ty.kind == TypeKind::Base(Encoding::Signed);
        let at = Span { offset: tag.offset, size: ty.size? };
        Some(Discriminant { at, ty: ty.name.to_string(), signed, niche_of: None })
    }

    fn variant_fields(&mut self, variant: &Variant, depth: usize) -> Vec<FieldLayout> {
        let Some(Ok(ty)) = variant.ty.map(|id| self.types.get(id)) else { return Vec::new() };
        let mut fields = self.fields(ty.fields(), depth);
        fields.sort_by_key(|field| (field.offset, field.size));
        fields
    }

    /// The field that the discriminant hides in. No other variant has bytes of its own there; a tag
    /// overlaps no field at all.
    fn niche_path(
        &self,
        tag: &Discriminant,
        part: &VariantPart,
        layouts: &[VariantLayout],
    ) -> Option<String> {
        let in_field = |layout: &VariantLayout| {
            layout.inhabited && spans(&layout.fields).iter().any(|span| span.overlaps(tag.at))
        };
        let mut within = part.variants.iter().zip(layouts).filter(|(_, layout)| in_field(layout));
        let (variant, _) = within.next()?;
        let mut path = vec![variant.name.to_string()];
        path.extend(self.path_to(variant.ty?, tag.at));
        Some(path.join("."))
    }

    /// The names of the fields that lead to some bytes of a type, outermost first.
    pub(super) fn path_to(&self, within: TypeRef, mut at: Span) -> Vec<String> {
        let mut path = Vec::new();
        let mut next = Some(within);
        while let Some(Ok(ty)) = next.take().map(|id| self.types.get(id)) {
            let size = |field: &Field| self.types.get(field.ty).ok()?.size;
            let holds = |field: &&Field| {
                let span = Span { offset: field.offset, size: size(field).unwrap_or(0) };
                span.offset <= at.offset && at.end() <= span.end()
            };
            let Some(field) = ty.fields().iter().take(MAX_PARTS).find(holds) else { break };
            if path.len() >= MAX_PATH {
                break;
            }
            path.push(plain_name(&field.name).to_owned());
            at.offset = at.offset.saturating_sub(field.offset);
            next = Some(field.ty);
        }
        path
    }
}
