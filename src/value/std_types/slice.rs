//! Fat pointers that own nothing: `&[T]`, `&mut [T]`, `&str`, `*const [T]`, `&dyn Trait`.
//!
//! rustc describes a pointer to a slice as a struct of `data_ptr` and `length`, and one to a `dyn`
//! as a struct of `pointer` and `vtable` (`build_pointer_or_reference_di_node` in
//! `rustc_codegen_llvm`).

use super::{Look, Parts, Row};
use crate::base::{Hold, Unreadable, VirtAddr};
use crate::dwarf::{PointerFlavour, Type, TypeKind};
use crate::value::{HeapSpan, Pointer};

pub(super) fn is(ty: &Type) -> bool {
    let pointer = ty.name.starts_with('&') || ty.name.starts_with('*');
    pointer && ty.fields().len() == 2 && (is_slice(ty) || is_dyn(ty))
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    let raw = look.ty().name.starts_with('*');
    let flavour = flavour(&look.ty().name);
    if raw || is_dyn(look.ty()) {
        return pointer(look, flavour);
    }
    row(look, Hold::Refers)
}

/// Whether it is a pointer with a length.
pub(super) fn is_slice(ty: &Type) -> bool {
    ty.field("data_ptr").is_some() && ty.field("length").is_some()
}

/// Whether it is a pointer with a vtable.
pub(super) fn is_dyn(ty: &Type) -> bool {
    ty.field("pointer").is_some() && ty.field("vtable").is_some()
}

/// The elements or the text behind a pointer with a length.
pub(super) fn row(look: &mut Look<'_, '_>, hold: Hold) -> Result<Parts, Unreadable> {
    let mut row =
        Row { pointer: look.address("data_ptr")?, len: look.word("length")?, capacity: None, hold };
    if is_c_text(&look.ty().name) {
        row.capacity = Some(row.len);
        row.len = row.len.saturating_sub(1);
        return Ok(Parts::Text(row));
    }
    if is_text(&look.ty().name) {
        return Ok(Parts::Text(row));
    }
    match look.find_peeled("data_ptr")?.ty.kind {
        TypeKind::Pointer { to: Some(element), .. } => Ok(Parts::Row(row, element)),
        _ => Err(Unreadable::NotDescribed("its elements have no type".to_owned())),
    }
}

/// A raw fat pointer, which is not followed, or a pointer to a `dyn`, which is followed where the
/// debug information knows whose vtable it has.
pub(super) fn pointer(
    look: &mut Look<'_, '_>,
    flavour: PointerFlavour,
) -> Result<Parts, Unreadable> {
    let is_dyn = is_dyn(look.ty());
    let target = look.address(if is_dyn { "pointer" } else { "data_ptr" })?;
    let vtable = if is_dyn { Some(VirtAddr(look.word("vtable")?)) } else { None };
    let raw = matches!(flavour, PointerFlavour::Const | PointerFlavour::Mut);
    if target.0 == 0 && !raw {
        return Err(look.at.invalid("its pointer is null"));
    }
    let used = match vtable {
        Some(vtable) => look.layout_of_dyn(vtable).map(|(size, _)| size),
        None => Some(bytes(look)?),
    };
    let hold = crate::value::pointers::hold_by(flavour);
    let size = used.unwrap_or(0);
    let span = HeapSpan { pointer: target, used: size, capacity: size, hold };
    // A box or reference of a type without bytes leads nowhere.
    let heap = (target.0 != 0 && (raw || used != Some(0))).then_some(span);
    let concrete = vtable.filter(|_| !raw).and_then(|at| look.behind_vtable(at, used));
    let depth = look.at.depth;
    let pointee = concrete.map(|ty| Box::new(look.walk.follow(ty, target, depth)));
    let pointer = Pointer { target, flavour, pointee, vtable, counts: Vec::new() };
    Ok(Parts::Pointer(pointer, heap))
}

/// Bytes behind a raw pointer with a length, zero where that is more than memory holds.
fn bytes(look: &mut Look<'_, '_>) -> Result<u64, Unreadable> {
    let length = look.word("length")?;
    let stride = match look.find_peeled("data_ptr")?.ty.kind {
        TypeKind::Pointer { to: Some(element), .. } => look.walk.size_of(element),
        _ => 0,
    };
    Ok(length.checked_mul(stride).filter(|bytes| i64::try_from(*bytes).is_ok()).unwrap_or(0))
}

fn flavour(name: &str) -> PointerFlavour {
    match name {
        _ if name.starts_with("&mut ") => PointerFlavour::Unique,
        _ if name.starts_with('&') => PointerFlavour::Shared,
        _ if name.starts_with("*mut ") => PointerFlavour::Mut,
        _ => PointerFlavour::Const,
    }
}

/// `&str`, `&mut str`, `Box<str>`, `&Path`, `&OsStr`: the elements are bytes of text.
pub(super) fn is_text(name: &str) -> bool {
    matches!(behind(name), "str" | "std::path::Path" | "std::ffi::os_str::OsStr")
}

/// `&CStr`: bytes of text with a zero at the end.
fn is_c_text(name: &str) -> bool {
    behind(name) == "core::ffi::c_str::CStr"
}

/// The name of what a reference or a box leads to.
fn behind(name: &str) -> &str {
    let reference = name.strip_prefix("&mut ").or_else(|| name.strip_prefix('&'));
    reference.unwrap_or_else(|| {
        let argument = name.strip_prefix("alloc::boxed::Box<").unwrap_or(name);
        argument.split([',', '>']).next().unwrap_or(argument)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dwarf::{Location, Piece, PieceAt};
    use crate::value::testing::World;

    #[test]
    fn a_str_is_text_that_belongs_to_somebody_else() {
        let mut world = World::new();
        let u8_ = world.uint(1);
        let str_ = world.slice("&str", u8_);
        world.put(0x5000, b"hello");
        let value = world.read_words(str_, &[0x5000, 5]);
        assert_eq!(world.text(&value), "\"hello\"");
        let span = HeapSpan { pointer: VirtAddr(0x5000), used: 5, capacity: 5, hold: Hold::Refers };
        assert_eq!(value.heap, Some(span));
    }

    #[test]
    fn slices_are_read_by_their_own_length() {
        let mut world = World::new();
        let u8_ = world.uint(1);
        world.put(0x5000, b"hello");
        for name in ["&[u8]", "&mut [u8]"] {
            let slice = world.slice(name, u8_);
            assert_eq!(world.text(&world.read_words(slice, &[0x5001, 2])), "[101, 108]");
        }
        let raw = world.slice("*const [u8]", u8_);
        let value = world.read_words(raw, &[0x5000, 5]);
        assert_eq!(world.text(&value), "*const [u8] → @5000");
        assert_eq!(value.heap.map(|heap| (heap.used, heap.hold)), Some((5, Hold::Refers)));
    }

    #[test]
    fn what_is_left_of_an_optimised_slice_is_shown_field_by_field() {
        let mut world = World::new();
        let u8_ = world.uint(1);
        let str_ = world.slice("&str", u8_);
        let gone = Piece { size: 8, at: PieceAt::Missing };
        let six = Piece { size: 8, at: PieceAt::Value(6_u64.to_le_bytes().to_vec()) };
        let read = |pieces| world.text(&world.read(str_, &Location::Pieces(pieces)));
        let length = read(vec![gone.clone(), six.clone()]);
        assert_eq!(length, "&str { data_ptr: <optimised out>, length: 6 }");
        // The last piece need not be listed.
        let pointer = read(vec![six]);
        assert_eq!(pointer, "&str { data_ptr: *const u8 → @6, length: <optimised out> }");
        assert_eq!(read(vec![gone.clone(), gone]), "<optimised out>");
    }

    #[test]
    fn a_garbage_slice_is_not_followed() {
        let mut world = World::new();
        let u8_ = world.uint(1);
        let str_ = world.slice("&str", u8_);
        let text = world.text(&world.read_words(str_, &[0x5000, u64::MAX]));
        assert!(text.starts_with("<not a valid &str: "), "{text}");
        let text = world.text(&world.read_words(str_, &[0, 3]));
        assert_eq!(text, "<not a valid &str: its pointer is null>");
    }

    #[test]
    fn a_reference_to_a_dyn_shows_where_it_points() {
        let mut world = World::new();
        let dyn_ = world.fat_dyn("&dyn krate::Shape");
        let value = world.read_words(dyn_, &[0x5000, 0x7000]);
        assert_eq!(world.text(&value), "&dyn krate::Shape → @5000");
        assert_eq!(value.heap.map(|heap| (heap.used, heap.hold)), Some((0, Hold::Refers)));
    }

    #[test]
    fn a_dyn_whose_vtable_is_described_shows_the_concrete_value() {
        let mut world = World::new();
        let dyn_ = world.fat_dyn("&dyn krate::Shape");
        let u32_ = world.uint(4);
        let square = world.record("krate::Square", 4, 4, &[("side", u32_, 0)]);
        world.vtable(0x7000, square, 4);
        world.put(0x5000, &3_u32.to_le_bytes());
        let value = world.read_words(dyn_, &[0x5000, 0x7000]);
        assert_eq!(world.text(&value), "Square { side: 3 }");
        assert_eq!(value.heap.map(|heap| (heap.used, heap.hold)), Some((4, Hold::Refers)));
    }

    #[test]
    fn a_vtable_with_another_size_than_its_type_is_not_believed() {
        let mut world = World::new();
        let dyn_ = world.fat_dyn("&dyn krate::Shape");
        world.put_words(0x7800, &[0, 16, 8]);
        let wide = world.uint(8);
        world.claim_vtable(0x7800, wide);
        let value = world.read_words(dyn_, &[0x5000, 0x7800]);
        assert_eq!(world.text(&value), "&dyn krate::Shape → @5000");
    }

    #[test]
    fn paths_are_text_and_a_c_string_ends_before_its_zero() {
        let mut world = World::new();
        let u8_ = world.uint(1);
        world.put(0x5000, b"/etc\0");
        for (name, len) in [("&std::path::Path", 4), ("&core::ffi::c_str::CStr", 5)] {
            let ty = world.slice(name, u8_);
            assert_eq!(world.text(&world.read_words(ty, &[0x5000, len])), "\"/etc\"");
        }
    }
}
