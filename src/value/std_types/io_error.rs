//! `std::io::Error`: one word, whose lowest two bits say what the others are.
//!
//! The type that they stand for, `ErrorData`, is the argument of the marker beside the word
//! (`std::io::error::repr_bitpacked`).

use super::{Look, Parts, concluded, members, state};
use crate::base::{Hold, Unreadable, VirtAddr};
use crate::dwarf::{Location, Type, TypeKind, TypeRef};
use crate::value::model::Fields;
use crate::value::place::Source;
use crate::value::{HeapSpan, ValueKind};

pub(super) fn is(ty: &Type) -> bool {
    ty.is_std("Error") && ty.field("repr").is_some()
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    let word = look.word("__0")?;
    // The kinds of `repr_bitpacked`: TAG_SIMPLE_MESSAGE, TAG_CUSTOM, TAG_OS, TAG_SIMPLE.
    match word & 3 {
        0 => message(look, VirtAddr(word)),
        1 => custom(look, VirtAddr(word.saturating_sub(1))),
        2 => Ok(Parts::Made(of_system((word >> 32) as u32 as i32))),
        _ => simple(look, word >> 32),
    }
}

/// What the variant of that name of `ErrorData` holds.
fn held(look: &Look<'_, '_>, variant: &str) -> Result<TypeRef, Unreadable> {
    let types = look.walk.reader.types;
    let missing = || members::missing(look.ty(), variant);
    let data = look.find("__1")?.ty.param("T").ok_or_else(missing)?;
    let data = types.get(data)?;
    let TypeKind::Enum(part) = &data.kind else { return Err(missing()) };
    let found = part.variants.iter().find(|found| &*found.name == variant);
    let ty = types.get(found.and_then(|found| found.ty).ok_or_else(missing)?)?;
    ty.field("__0").map(|field| field.ty).ok_or_else(missing)
}

/// What a pointer that a variant holds leads to.
fn behind(look: &Look<'_, '_>, variant: &str) -> Result<TypeRef, Unreadable> {
    match look.walk.reader.types.get(held(look, variant)?)?.kind {
        TypeKind::Pointer { to: Some(to), .. } => Ok(to),
        _ => Err(members::missing(look.ty(), variant)),
    }
}

/// A kind and a text that the program has.
fn message(look: &mut Look<'_, '_>, target: VirtAddr) -> Result<Parts, Unreadable> {
    let id = behind(look, "SimpleMessage")?;
    let value = look.walk.follow(id, target, look.at.depth);
    Ok(Parts::Made(match value.kind {
        ValueKind::Record { fields, .. } => {
            ValueKind::Record { name: look.ty().base_name.clone(), fields }
        }
        other => other,
    }))
}

/// A box of a kind and of another error.
fn custom(look: &mut Look<'_, '_>, target: VirtAddr) -> Result<Parts, Unreadable> {
    let id = behind(look, "Custom")?;
    let value = look.walk.follow(id, target, look.at.depth);
    let size = look.walk.size_of(id);
    let heap = HeapSpan { pointer: target, used: size, capacity: size, hold: Hold::Owner };
    Ok(Parts::Leading(value.kind, heap))
}

/// A number of errno(3). The program would look up its kind and its text in the same tables.
fn of_system(code: i32) -> ValueKind {
    let error = std::io::Error::from_raw_os_error(code);
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or("");
    let kind = state(&format!("{:?}", error.kind()));
    let message = ValueKind::Plain(format!("{text:?}"));
    let list = vec![
        ("code".into(), concluded("i32", ValueKind::Int(code.into()))),
        ("kind".into(), concluded("std::io::error::ErrorKind", kind)),
        ("message".into(), concluded("alloc::string::String", message)),
    ];
    ValueKind::Enum { variant: "Os".into(), fields: Fields { list, ..Fields::default() } }
}

/// A kind and nothing more.
fn simple(look: &mut Look<'_, '_>, kind: u64) -> Result<Parts, Unreadable> {
    let id = held(look, "Simple")?;
    let bytes = Location::Value(kind.to_le_bytes().to_vec());
    let kind = look.walk.value(id, &Source::new(&bytes), look.at.depth.saturating_add(1));
    let fields = Fields { list: vec![("0".into(), kind)], tuple: true, more: 0 };
    Ok(Parts::Made(ValueKind::Enum { variant: "Kind".into(), fields }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dwarf::{Encoding, PointerFlavour};
    use crate::value::testing::World;

    fn world() -> (World, TypeRef) {
        let mut world = World::new();
        let (word, u32_) = (world.uint(8), world.uint(4));
        let kinds = [("NotFound", 0), ("TimedOut", 22)];
        let kind = world.c_like("std::io::error::ErrorKind", Encoding::Unsigned, 1, &kinds);
        let fields = [("message", word, 0), ("kind", kind, 8)];
        let message = world.record("std::io::error::SimpleMessage", 16, 8, &fields);
        let message = world.pointer("&SimpleMessage", Some(message), PointerFlavour::Shared);
        let custom =
            world.record("std::io::error::Custom", 16, 8, &[("error", word, 0), ("kind", kind, 8)]);
        let custom = world.pointer("alloc::boxed::Box<Custom>", Some(custom), PointerFlavour::Box);
        let mut variant = |name, ty| world.tuple_struct(name, 16, 8, &[(ty, 8)]);
        let variants = [("Simple", kind), ("SimpleMessage", message), ("Custom", custom)];
        let variants = variants.map(|(name, ty)| (name, variant(name, ty)));
        let variants: Vec<(&str, &[u128], _)> =
            variants.iter().map(|(name, ty)| (*name, &[][..], Some(*ty))).collect();
        let data = "std::io::error::ErrorData<Box<Custom>>";
        let data = world.enumeration(data, 16, 8, Some((u32_, 0)), &variants);
        let marker = world.record("core::marker::PhantomData<_>", 0, 1, &[]);
        let marker = world.with_element(marker, data);
        let fields = [(word, 0), (marker, 8)];
        let repr = world.tuple_struct("std::io::error::repr_bitpacked::Repr", 8, 8, &fields);
        let error = world.record("std::io::error::Error", 8, 8, &[("repr", repr, 0)]);
        (world, error)
    }

    #[test]
    fn the_lowest_bits_tell_what_an_error_is() {
        let (mut world, ty) = world();
        world.put_words(0x5000, &[7, 22]);
        let text = |word: u64| world.text(&world.read_words(ty, &[word]));
        assert_eq!(text(0x5000), "Error { message: 7, kind: TimedOut }");
        assert_eq!(text(0x5001), "Custom { error: 7, kind: TimedOut }");
        let os = "Os { code: 2, kind: NotFound, message: \"No such file or directory\" }";
        assert_eq!(text(2 << 32 | 2), os);
        assert_eq!(text(22 << 32 | 3), "Kind(TimedOut)");
    }

    #[test]
    fn only_the_custom_one_owns_a_block_and_a_mad_one_says_what_is_wrong() {
        let (mut world, ty) = world();
        world.put_words(0x5000, &[7, 0]);
        let heap = |word: u64| world.read_words(ty, &[word]).heap;
        let span =
            HeapSpan { pointer: VirtAddr(0x5000), used: 16, capacity: 16, hold: Hold::Owner };
        assert_eq!((heap(0x5000), heap(0x5001)), (None, Some(span)));
        let text = |word: u64| world.text(&world.read_words(ty, &[word]));
        assert_eq!(text(0), "Error { message: <unmapped>, kind: <unmapped> }");
        assert_eq!(text(0x9001), "Custom { error: <unmapped>, kind: <unmapped> }");
        assert_eq!(text(99 << 32 | 3), "Kind(<not a valid ErrorKind: discriminant 99>)");
    }
}
