//! Niches: values that some bytes of a type never have, as far as the debug information tells.
//!
//! It tells of `bool`, `char`, references and enums. That `NonNull` is never null, and what the
//! integers of `core::num::niche_types` leave out, is known by name: those attributes of std
//! (`rustc_layout_scalar_valid_range`) leave no mark in the debug information.

use super::enums::mask;
use super::{Builder, MAX_PARTS, Niche, Span, Values};
use crate::dwarf::{Encoding, PointerFlavour, Type, TypeKind, TypeRef, VariantPart};
use crate::value::enums::is_inhabited;

/// How deep niches are looked for in fields of fields.
const MAX_DEPTH: usize = 32;
/// How many niches of one type are listed.
const MAX_NICHES: usize = 256;

/// The niches of a type.
pub(super) struct Niches {
    /// Those that are known, the one with the most values first.
    pub found: Vec<Niche>,
    /// Whether there are no others.
    pub complete: bool,
}

impl Builder<'_> {
    pub(super) fn niches(&mut self, id: TypeRef) -> Niches {
        let mut search = Search {
            builder: self,
            left: MAX_DEPTH.saturating_mul(64),
            depth: 0,
            path: Vec::new(),
        };
        let mut niches = Niches { found: Vec::new(), complete: true };
        search.add(id, 0, &mut niches);
        niches.found.sort_by_key(|niche| (std::cmp::Reverse(niche.count), niche.at));
        niches
    }
}

struct Search<'s, 'a> {
    builder: &'s Builder<'a>,
    /// How many more types are looked at.
    left: usize,
    /// Types within types on the way to this one. The data of an enum has no name in the path.
    depth: usize,
    path: Vec<String>,
}

impl Search<'_, '_> {
    fn add(&mut self, id: TypeRef, offset: u64, to: &mut Niches) {
        let known = self.left > 0 && self.depth < MAX_DEPTH && to.found.len() < MAX_NICHES;
        let ty = known.then(|| self.builder.types.get(id).ok()).flatten();
        let Some(ty) = ty else {
            to.complete = false;
            return;
        };
        self.left = self.left.saturating_sub(1);
        self.depth = self.depth.saturating_add(1);
        self.add_known(&ty, offset, to);
        self.depth = self.depth.saturating_sub(1);
    }

    fn add_known(&mut self, ty: &Type, offset: u64, to: &mut Niches) {
        let size = ty.size.unwrap_or(0);
        let at = Span { offset, size };
        match &ty.kind {
            TypeKind::Base(Encoding::Bool) => self.push(at, vec![(2, mask(size))], to),
            TypeKind::Base(Encoding::Char) if size == 4 => {
                self.push(at, vec![(0x11_0000, mask(size))], to);
            }
            TypeKind::Pointer { flavour, .. } => match flavour {
                PointerFlavour::Const | PointerFlavour::Mut => {}
                _ => self.push(at, vec![(0, 0)], to),
            },
            TypeKind::CLike { repr, enumerators } => {
                let used = enumerators.iter().map(|(_, value)| value.cast_unsigned() & mask(size));
                self.tag(at, *repr == Encoding::Signed, &used.collect::<Vec<_>>(), to);
            }
            TypeKind::Array { element, count } if *count > 0 => {
                self.within("[0]", *element, offset, to);
            }
            TypeKind::Struct { .. } => self.record(ty, offset, to),
            TypeKind::Enum(part) => self.enumeration(ty, part, offset, to),
            _ => {}
        }
    }

    fn push(&mut self, at: Span, values: Vec<(u128, u128)>, to: &mut Niches) {
        if values.is_empty() || at.size == 0 {
            return;
        }
        let count = |(from, to): &(u128, u128)| to.saturating_sub(*from).saturating_add(1);
        let total = values.iter().map(count).fold(0_u128, u128::saturating_add);
        to.found.push(Niche {
            field: self.path.join("."),
            at,
            values: values.into_iter().map(|(from, to)| Values { from, to }).collect(),
            count: u64::try_from(total).unwrap_or(u64::MAX),
        });
    }

    fn within(&mut self, name: &str, id: TypeRef, offset: u64, to: &mut Niches) {
        self.path.push(super::record::plain_name(name).to_owned());
        self.add(id, offset, to);
        self.path.pop();
    }

    fn record(&mut self, ty: &Type, offset: u64, to: &mut Niches) {
        // What may change behind a shared reference must not be looked at by an `Option` around it.
        if ty.is_std("UnsafeCell") || ty.is_std("UnsafePinned") {
            return;
        }
        let size = ty.size.unwrap_or(0);
        if let Some(values) = by_name(ty) {
            // A fat `NonNull` is never null in its first half.
            let size = if ty.is_std("NonNull") { size.min(8) } else { size };
            return self.push(Span { offset, size }, values, to);
        }
        to.complete &= !ty.name.starts_with("core::num::niche_types::");
        let fat = ty.name.starts_with('&') || ty.is_std("Box");
        for field in ty.fields().iter().take(MAX_PARTS) {
            if self.left == 0 {
                to.complete = false;
                break;
            }
            let at = offset.saturating_add(field.offset);
            if fat && matches!(&*field.name, "data_ptr" | "pointer") {
                self.path.push(field.name.to_string());
                self.push(Span { offset: at, size: 8 }, vec![(0, 0)], to);
                self.path.pop();
            } else {
                self.within(&field.name, field.ty, at, to);
            }
        }
        to.complete &= ty.fields().len() <= MAX_PARTS;
    }

    fn enumeration(&mut self, ty: &Type, part: &VariantPart, offset: u64, to: &mut Niches) {
        let types = self.builder.types;
        let inhabited = || part.variants.iter().filter(|variant| is_inhabited(types, variant));
        // Whether rustc counts the tags of variants that cannot exist is not told, and neither is how
        // it lays out the state of a coroutine.
        to.complete &= inhabited().count() == part.variants.len() || part.discriminant.is_none();
        to.complete &=
            !["{async", "{coroutine", "{gen"].iter().any(|k| ty.base_name.starts_with(k));
        let Some(tag) = &part.discriminant else {
            if let Some(only) = inhabited().next().and_then(|variant| variant.ty) {
                self.add(only, offset, to);
            }
            return;
        };
        let Ok(tag_ty) = types.get(tag.ty) else {
            to.complete = false;
            return;
        };
        let at = Span { offset: offset.saturating_add(tag.offset), size: tag_ty.size.unwrap_or(0) };
        let used: Vec<(u128, u128)> =
            part.variants.iter().flat_map(|v| v.values.iter().copied()).take(MAX_PARTS).collect();
        let other = inhabited().find(|variant| variant.values.is_empty());
        match other.and_then(|variant| variant.ty) {
            Some(with_data) => self.rest(with_data, offset, at, &used, to),
            None => {
                let used: Vec<u128> = used.iter().flat_map(|(from, to)| [*from, *to]).collect();
                self.tag(at, tag_ty.kind == TypeKind::Base(Encoding::Signed), &used, to);
            }
        }
    }

    /// What is left of a niche that an enum already uses.
    fn rest(
        &mut self,
        with_data: TypeRef,
        offset: u64,
        at: Span,
        used: &[(u128, u128)],
        to: &mut Niches,
    ) {
        let mut inner = Niches { found: Vec::new(), complete: true };
        self.add(with_data, offset, &mut inner);
        match inner.found.into_iter().find(|niche| niche.at == at) {
            Some(niche) => {
                let values = niche.values.iter().map(|values| (values.from, values.to)).collect();
                let left = used.iter().fold(values, |values, used| without(values, *used));
                let path = niche.field.split('.').filter(|part| !part.is_empty());
                let outer = std::mem::replace(&mut self.path, path.map(str::to_owned).collect());
                self.push(at, left, to);
                self.path = outer;
            }
            None => to.complete = false,
        }
    }

    /// What a tag leaves over: the values outside of the smallest to the largest that it uses. Those
    /// in between may be used too, which is not told.
    fn tag(&mut self, at: Span, signed: bool, used: &[u128], to: &mut Niches) {
        let mask = mask(at.size);
        // The order of signed numbers is that of their patterns with the highest bit flipped.
        let flip = if signed { mask ^ (mask >> 1) } else { 0 };
        let in_order = || used.iter().map(|value| (value & mask) ^ flip);
        let (Some(least), Some(most)) = (in_order().min(), in_order().max()) else { return };
        let (first, last) = (least ^ flip, most ^ flip);
        // The unused values go from behind the last up to before the first, around the end.
        let (from, until) = (last.wrapping_add(1) & mask, first.wrapping_sub(1) & mask);
        let full = from == first;
        let values = match (full, from <= until) {
            (true, _) => vec![],
            (_, true) => vec![(from, until)],
            (_, false) => vec![(0, until), (from, mask)],
        };
        let mut distinct = used.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        let between = most.saturating_sub(least);
        to.complete &= between < u128::from(distinct.len() as u64);
        self.push(at, values, to);
    }
}

/// The invalid values of those types of std that say so by an attribute.
fn by_name(ty: &Type) -> Option<Vec<(u128, u128)>> {
    let size = ty.size?;
    let most = mask(size);
    let std = matches!(&*ty.krate, "core" | "alloc" | "std");
    match &*ty.base_name {
        "NonNull" if std => Some(vec![(0, 0)]),
        name if std && name.starts_with("NonZero") => Some(vec![(0, 0)]),
        "UsizeNoHighBit" | "Cap" if std && size == 8 => Some(vec![(1 << 63, most)]),
        "Nanoseconds" if std && size == 4 => Some(vec![(1_000_000_000, most)]),
        "CodePointInner" | "CodePoint" if std && size == 4 => Some(vec![(0x11_0000, most)]),
        _ => None,
    }
}

/// Ranges without the values of another.
fn without(ranges: Vec<(u128, u128)>, (from, to): (u128, u128)) -> Vec<(u128, u128)> {
    let cut = |(low, high): (u128, u128)| {
        let before = from.checked_sub(1).map(|end| (low, high.min(end)));
        let behind = to.checked_add(1).map(|start| (low.max(start), high));
        [before, behind].into_iter().flatten().filter(|(low, high)| low <= high)
    };
    ranges.into_iter().flat_map(cut).collect()
}
