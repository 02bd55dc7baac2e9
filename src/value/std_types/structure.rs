//! The parts of std's types as a [`Shape`]: where they are, without reading them.

use super::{FAMILIES, Look, Member, Parts, Row, Told, members};
use crate::base::{Unreadable, VirtAddr};
use crate::dwarf::{Location, PointerFlavour, TypeKind, TypeRef};
use crate::value::read::{At, Walk};
use crate::value::shape::{Behind, Beside, Elements, Members, Part, Pointee, TextAt};
use crate::value::{Pointer, Shape, Value, ValueKind};

/// The shape, if the type belongs to one of the families and is built as its reader expects.
pub(in crate::value) fn shape(
    walk: &mut Walk<'_>,
    at: &At<'_>,
) -> Option<Result<Shape, Unreadable>> {
    let family = FAMILIES.iter().find(|family| (family.of)(at.ty))?;
    let parts = (family.read)(&mut Look { walk: &mut *walk, at: *at });
    match parts {
        Ok(parts) => from_parts(walk, at, parts).transpose(),
        // Its fields are what is left of it.
        Err(Unreadable::NotDescribed(_)) => None,
        Err(reason) => Some(Err(reason)),
    }
}

/// None for what is told best by the fields of the type.
fn from_parts(walk: &mut Walk<'_>, at: &At<'_>, parts: Parts) -> Result<Option<Shape>, Unreadable> {
    Ok(Some(match parts {
        Parts::Text(row) => {
            checked(at, &row, 1)?;
            Shape::Text(TextAt { pointer: row.pointer, len: row.len, capacity: row.capacity })
        }
        Parts::Row(row, element) => Shape::Elements(elements(walk, at, row, 0, element)?),
        Parts::Ring(row, first, element) => ring(walk, at, row, first, element)?,
        Parts::Entries(entries) => Shape::Entries(entries),
        Parts::Broken(_, reason) => return Err(reason),
        Parts::Inside(member) => {
            Shape::Inside { part: part(walk, at, &member)?, beside: Vec::new() }
        }
        Parts::Pointer(pointer, _) => Shape::Pointer(pointee(walk, at, pointer)),
        Parts::Named(list) => {
            let told = list.into_iter().map(|(name, member)| (name, Told::Member(member)));
            return record(walk, at, told.collect());
        }
        Parts::Told(list) => return record(walk, at, list),
        Parts::Variant(variant, told) => {
            let list = match told {
                Some(Told::Member(member)) => vec![("0".into(), part(walk, at, &member))],
                _ => Vec::new(),
            };
            Shape::Enum { variant: variant.into(), fields: Members { list, tuple: true } }
        }
        Parts::Made(kind @ (ValueKind::Bool(_) | ValueKind::Char(_))) => Shape::Scalar(kind),
        Parts::Made(kind @ (ValueKind::Int(_) | ValueKind::Uint(_))) => Shape::Scalar(kind),
        Parts::Made(_) | Parts::Leading(..) => return Ok(None),
    }))
}

fn part(walk: &Walk<'_>, at: &At<'_>, member: &Member) -> Result<Part, Unreadable> {
    walk.part(at, member.id, member.offset)
}

fn checked(at: &At<'_>, row: &Row, stride: u64) -> Result<(), Unreadable> {
    row.span(stride).map(|_| ()).map_err(|what| at.invalid(&what))
}

fn elements(
    walk: &Walk<'_>,
    at: &At<'_>,
    row: Row,
    first: u64,
    element: TypeRef,
) -> Result<Elements, Unreadable> {
    let stride = walk.size_of(element);
    checked(at, &row, stride)?;
    let (len, capacity) = (row.len, row.capacity);
    let start = Location::Memory(row.pointer);
    Ok(Elements { start, element, stride, len, first, ring: None, capacity })
}

fn ring(
    walk: &Walk<'_>,
    at: &At<'_>,
    row: Row,
    first: u64,
    element: TypeRef,
) -> Result<Shape, Unreadable> {
    let mut elements = elements(walk, at, row, first, element)?;
    let room = row.capacity.unwrap_or(row.len);
    if elements.stride != 0 && first >= room && row.len > 0 {
        return Err(
            at.invalid(&format!("its first index {first} is not below its capacity {room}"))
        );
    }
    elements.ring = (elements.stride != 0).then_some(room);
    Ok(Shape::Elements(elements))
}

/// A type that keeps a value among other things, or one that is told by several members.
fn record(
    walk: &Walk<'_>,
    at: &At<'_>,
    list: Vec<(&'static str, Told)>,
) -> Result<Option<Shape>, Unreadable> {
    let mut kept = None;
    let mut beside = Vec::new();
    for (name, told) in list {
        match told {
            Told::Member(member) if matches!(name, "value" | "data") => {
                kept = Some(part(walk, at, &member)?);
            }
            Told::Member(member) => {
                beside.push((name.into(), Beside::Part(part(walk, at, &member)?)));
            }
            Told::Made(ty, kind) => beside.push((name.into(), Beside::Made(ty, kind))),
        }
    }
    // Without a kept value the fields of the type tell as much.
    Ok(kept.map(|part| Shape::Inside { part, beside }))
}

fn pointee(walk: &mut Walk<'_>, at: &At<'_>, pointer: Pointer) -> Pointee {
    let Pointer { target, flavour, counts, pointee, .. } = &pointer;
    let behind = match pointee.as_deref() {
        Some(value) => behind(walk, value),
        None => unfollowed(walk, at, &pointer),
    };
    Pointee { target: *target, flavour: *flavour, counts: counts.clone(), behind }
}

/// Where the reader of a pointer went. It read nothing there, but noted the place.
fn behind(walk: &mut Walk<'_>, value: &Value) -> Behind {
    if let ValueKind::Unreadable(reason) = &value.kind {
        return Behind::Nothing(reason.to_string());
    }
    match (&value.kind, value.ty, value.place.address()) {
        (ValueKind::Text(text), ..) => {
            Behind::Text(TextAt { pointer: text.pointee, len: text.len, capacity: None })
        }
        (_, Some(ty), Some(at)) => Behind::Part(Part { ty, at: Location::Memory(at) }),
        (_, None, Some(_)) => match walk.take_row() {
            Some(row) => Behind::Elements(row),
            None => Behind::Nothing("the type of its elements is not described".to_owned()),
        },
        _ => Behind::Nothing("the debug information does not say where its value is".to_owned()),
    }
}

/// What a pointer leads to that the readers do not follow: raw pointers, a `Weak`.
fn unfollowed(walk: &mut Walk<'_>, at: &At<'_>, pointer: &Pointer) -> Behind {
    const NOT_SAID: &str = "the debug information does not say what type is behind its vtable";
    if !pointer.counts.is_empty() {
        return Behind::Nothing(
            "it is a Weak, which does not keep its value; an Rc or Arc that does can be".to_owned(),
        );
    }
    let raw = matches!(pointer.flavour, PointerFlavour::Const | PointerFlavour::Mut);
    let mut look = Look { walk, at: *at };
    if let Some(vtable) = pointer.vtable {
        let size = look.layout_of_dyn(vtable).map(|(size, _)| size);
        return match look.behind_vtable(vtable, size).filter(|_| raw) {
            Some(ty) => Behind::Part(Part { ty, at: Location::Memory(pointer.target) }),
            None => Behind::Nothing(NOT_SAID.to_owned()),
        };
    }
    let row = look.word("length").and_then(|len| {
        let element = match look.find_peeled("data_ptr")?.ty.kind {
            TypeKind::Pointer { to: Some(element), .. } => element,
            _ => return Err(members::missing(at.ty, "data_ptr")),
        };
        let hold = crate::base::Hold::Refers;
        let row = Row { pointer: pointer.target, len, capacity: None, hold };
        elements(look.walk, at, row, 0, element)
    });
    match row {
        Ok(row) if pointer.target != VirtAddr(0) => Behind::Elements(row),
        _ => Behind::Nothing("it is null, or its length cannot be right".to_owned()),
    }
}
