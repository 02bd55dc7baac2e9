use super::*;
use crate::dwarf::PointerFlavour;
use crate::value::testing::World;

fn of(world: &World, id: TypeRef) -> TypeLayout {
    layout_of(world, id, 2).expect("a layout")
}

fn spans(spans: &[Span]) -> Vec<(u64, u64)> {
    spans.iter().map(|span| (span.offset, span.size)).collect()
}

/// The path, the offset and the values of a niche.
type Found<'a> = (&'a str, u64, Vec<(u128, u128)>);

fn niches(layout: &TypeLayout) -> Vec<Found<'_>> {
    let values =
        |niche: &Niche| niche.values.iter().map(|values| (values.from, values.to)).collect();
    let niches = layout.niches.iter();
    niches.map(|niche| (niche.field.as_str(), niche.at.offset, values(niche))).collect()
}

#[test]
fn fields_are_in_the_order_of_their_offsets_and_holes_lie_between_them() {
    let mut world = World::new();
    let (u8_, u32_) = (world.uint(1), world.uint(4));
    let ty = world.record("krate::Holes", 12, 4, &[("a", u8_, 8), ("b", u32_, 0), ("c", u8_, 5)]);
    let layout = of(&world, ty);
    let names: Vec<&str> = layout.fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["b", "c", "a"]);
    assert_eq!(spans(&layout.padding), [(4, 1), (6, 2), (9, 3)]);
    assert_eq!((layout.padding_bytes, layout.packed, layout.reordered_size), (6, false, None));
    assert_eq!(layout.align, Some(Alignment { bytes: 4, inferred: false }));
}

#[test]
fn another_order_is_only_better_where_the_fields_lie_as_declared_and_would_take_less() {
    let mut world = World::new();
    let (u8_, u64_, u128_) = (world.uint(1), world.uint(8), world.uint(16));
    let c = world.record("krate::C", 24, 8, &[("a", u8_, 0), ("b", u64_, 8), ("c", u8_, 16)]);
    assert_eq!(of(&world, c).reordered_size, Some(16));
    let chosen = world.record("krate::R", 24, 8, &[("a", u8_, 8), ("b", u64_, 0), ("c", u8_, 16)]);
    assert_eq!(of(&world, chosen).reordered_size, None, "the compiler chose that order");
    let tight = world.record("krate::T", 16, 8, &[("b", u64_, 0), ("a", u8_, 8), ("c", u8_, 9)]);
    assert_eq!(of(&world, tight).reordered_size, None);
    let aligned = world.record("krate::A", 64, 64, &[("a", u8_, 0)]);
    assert_eq!(of(&world, aligned).reordered_size, None, "its alignment was asked for");
    let packed = world.record("krate::P", 10, 1, &[("a", u8_, 0), ("b", u64_, 1), ("c", u8_, 9)]);
    assert_eq!((of(&world, packed).reordered_size, of(&world, packed).packed), (None, true));
    // What is aligned to 8 or to 16 is counted as aligned to 16.
    let wide = world.record("krate::W", 48, 16, &[("a", u8_, 0), ("b", u128_, 16), ("c", u8_, 32)]);
    assert_eq!(of(&world, wide).reordered_size, Some(32));
}

#[test]
fn an_alignment_that_nothing_states_is_inferred_from_the_parts() {
    let mut world = World::new();
    let (u8_, u64_, u128_) = (world.uint(1), world.uint(8), world.uint(16));
    let ty = world.record("Shown", 16, 0, &[("a", u8_, 0), ("b", u64_, 8)]);
    // Zero is no alignment: the die is as good as silent.
    assert_eq!(of(&world, ty).align, Some(Alignment { bytes: 8, inferred: true }));
    assert_eq!(of(&world, u64_).align, Some(Alignment { bytes: 8, inferred: false }));
    assert_eq!(of(&world, u128_).align, Some(Alignment { bytes: 8, inferred: true }));
    let function = world.function_type();
    assert_eq!(of(&world, function).kind, Kind::Function);
}

#[test]
fn the_fields_of_a_union_overlap_and_leave_what_none_of_them_has() {
    let mut world = World::new();
    let (u8_, u32_) = (world.uint(1), world.uint(4));
    let ty = world.union("krate::Bits", 8, 8, &[u8_, u32_]);
    let layout = of(&world, ty);
    assert_eq!(spans(&layout.padding), [(4, 4)]);
    assert_eq!((layout.kind, layout.reordered_size), (Kind::Union, None));
    assert_eq!((niches(&layout), layout.all_niches_known), (vec![], true));
}

#[test]
fn the_niche_of_an_enum_is_a_field_of_its_variant_with_data() {
    let mut world = World::new();
    let (u64_, string) = (world.uint(8), world.string());
    let text = world.tuple_struct("Text", 24, 8, &[(string, 0)]);
    let missing = world.tuple_struct("Missing", 24, 8, &[]);
    let (first, second) = (1 << 63, (1 << 63) + 1);
    let ty = world.enumeration(
        "krate::Niche",
        24,
        8,
        Some((u64_, 0)),
        &[
            ("Text", &[], Some(text)),
            ("Missing", &[first], Some(missing)),
            ("Unknown", &[second], Some(missing)),
        ],
    );
    let layout = of(&world, ty);
    let tag = layout.discriminant.as_ref().expect("a discriminant");
    assert_eq!(tag.niche_of.as_deref(), Some("Text.0.vec.buf.inner.cap.0"));
    assert_eq!(spans(&layout.variants[1].padding), [(8, 16)]);
    assert_eq!((spans(&layout.variants[0].padding), spans(&layout.padding)), (vec![], vec![]));
    let left = vec![((1 << 63) + 2, u128::from(u64::MAX))];
    assert_eq!(niches(&layout), [("0.vec.buf.inner.cap", 0, left)]);
    assert_eq!(layout.niches[0].count, (1 << 63) - 2);
}

#[test]
fn a_tag_has_bytes_of_its_own_and_leaves_the_values_that_it_does_not_use() {
    let mut world = World::new();
    let (u8_, u32_) = (world.uint(1), world.uint(4));
    let number = world.tuple_struct("Number", 8, 4, &[(u32_, 4)]);
    let small = world.tuple_struct("Small", 8, 4, &[(u8_, 1)]);
    let ty = world.enumeration(
        "krate::Tagged",
        8,
        4,
        Some((u8_, 0)),
        &[("Number", &[0], Some(number)), ("Small", &[1], Some(small))],
    );
    let layout = of(&world, ty);
    assert_eq!(layout.discriminant.as_ref().map(|tag| tag.niche_of.clone()), Some(None));
    assert_eq!(spans(&layout.padding), [(2, 2)], "what neither variant has");
    assert_eq!(spans(&layout.variants[0].padding), [(1, 3)]);
    assert_eq!(spans(&layout.variants[1].padding), [(2, 6)]);
    assert_eq!(niches(&layout), [("", 0, vec![(2, 255)])]);
    assert!(layout.all_niches_known);
}

#[test]
fn values_that_a_signed_enum_does_not_use_go_around_its_end() {
    let mut world = World::new();
    let signed = Encoding::Signed;
    let ty = world.c_like("krate::Sign", signed, 1, &[("Minus", -1), ("Zero", 0), ("Plus", 1)]);
    let layout = of(&world, ty);
    assert_eq!((niches(&layout), layout.niches[0].count), (vec![("", 0, vec![(2, 254)])], 253));
    assert!(layout.all_niches_known);
    let minus = &layout.variants[0];
    assert_eq!(minus.values, [Values { from: 255, to: 255 }]);
    let ty = world.c_like("krate::Ends", Encoding::Unsigned, 1, &[("A", 0), ("B", 255)]);
    let layout = of(&world, ty);
    assert_eq!((niches(&layout), layout.all_niches_known), (vec![], false), "1 to 254 may be used");
    let ty = world.c_like("krate::Middle", Encoding::Unsigned, 1, &[("A", 5), ("B", 6)]);
    assert_eq!(niches(&of(&world, ty)), [("", 0, vec![(0, 4), (7, 255)])]);
}

#[test]
fn niches_are_found_in_fields_and_hidden_by_cells() {
    let mut world = World::new();
    let (boolean, letter) =
        (world.base("bool", Encoding::Bool, 1), world.base("char", Encoding::Char, 4));
    let ty = world.record("krate::Both", 8, 4, &[("flag", boolean, 4), ("letter", letter, 0)]);
    let layout = of(&world, ty);
    let of_char = ("letter", 0, vec![(0x11_0000, 0xffff_ffff)]);
    assert_eq!(niches(&layout), [of_char, ("flag", 4, vec![(2, 255)])]);
    let array = world.array(boolean, 3);
    assert_eq!(niches(&of(&world, array)), [("[0]", 0, vec![(2, 255)])]);
    let none = world.array(boolean, 0);
    assert_eq!(niches(&of(&world, none)), []);
    let cell = world.record("core::cell::UnsafeCell<bool>", 1, 1, &[("value", boolean, 0)]);
    let outer = world.record("core::cell::Cell<bool>", 1, 1, &[("value", cell, 0)]);
    assert_eq!((niches(&of(&world, outer)), of(&world, outer).all_niches_known), (vec![], true));
    let raw = world.pointer("*const u8", None, PointerFlavour::Const);
    assert_eq!(niches(&of(&world, raw)), []);
    let shared = world.pointer("&u8", None, PointerFlavour::Shared);
    assert_eq!(niches(&of(&world, shared)), [("", 0, vec![(0, 0)])]);
    let text = world.uint(1);
    let slice = world.slice("&[u8]", text);
    assert_eq!(niches(&of(&world, slice)), [("data_ptr", 0, vec![(0, 0)])]);
}

#[test]
fn an_option_in_an_option_takes_the_next_value() {
    let mut world = World::new();
    let (u8_, boolean) = (world.uint(1), world.base("bool", Encoding::Bool, 1));
    let mut inner = boolean;
    for used in 2..5_u128 {
        let some = world.tuple_struct("Some", 1, 1, &[(inner, 0)]);
        let variants: [(&str, &[u128], Option<TypeRef>); 2] =
            [("None", &[used], None), ("Some", &[], Some(some))];
        inner = world.enumeration("core::option::Option<T>", 1, 1, Some((u8_, 0)), &variants);
        let layout = of(&world, inner);
        let niches = niches(&layout);
        let [(_, 0, values)] = &niches[..] else { panic!("{niches:?}") };
        assert_eq!(values, &[(used + 1, 255)]);
    }
}

#[test]
fn a_type_that_contains_itself_and_one_with_too_many_parts_end() {
    let mut world = World::new();
    let id = world.next_id();
    let own = world.record("krate::Loop", 8, 0, &[("inner", id, 0), ("again", id, 0)]);
    assert_eq!(own, id);
    let layout = layout_of(&world, id, 16).expect("a layout");
    assert!(!layout.all_niches_known);
    let byte = world.uint(1);
    let names: Vec<String> = (0..5_000).map(|number| format!("f{number}")).collect();
    let fields: Vec<(&str, TypeRef, u64)> =
        names.iter().map(|name| (name.as_str(), byte, 0)).collect();
    let huge = world.record("krate::Huge", 5_000, 1, &fields);
    let layout = of(&world, huge);
    assert_eq!((layout.fields.len(), layout.cut), (4_096, true));
    assert_eq!(spans(&layout.padding), [], "which bytes are free is not known");
}

#[test]
fn sizes_and_offsets_that_cannot_be_true_overflow_nothing() {
    let mut world = World::new();
    let byte = world.uint(1);
    let wide = world.record("krate::Wide", u64::MAX, 1 << 63, &[("a", byte, u64::MAX)]);
    let ty =
        world.record("krate::Far", u64::MAX, 1 << 63, &[("a", wide, u64::MAX), ("b", wide, 1)]);
    let layout = of(&world, ty);
    assert_eq!(layout.reordered_size, None);
    let tag = world.base("u2040", Encoding::Signed, 255);
    let odd =
        world.enumeration("krate::Odd", 1, 1, Some((tag, u64::MAX)), &[("A", &[u128::MAX], None)]);
    let layout = of(&world, odd);
    assert_eq!(layout.variants.len(), 1);
    let json = serde_json::to_string(&layout).expect("it can be written");
    assert!(json.contains("0xffffffffffffffffffffffffffffffff"), "{json}");
}
