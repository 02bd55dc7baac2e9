//! What was seen in the registers of functions compiled by rustc 1.95, with types written by hand
//! as their debug information gives them. Each name is that of the type returned.

use super::*;
use crate::dwarf::{Encoding, PointerFlavour};
use crate::value::testing::World;

const XMM1: Register = Register(18);

fn regs(parts: &[(u64, u64, Register)]) -> Passing {
    let part = |(offset, size, register): &(u64, u64, Register)| Part {
        offset: *offset,
        size: *size,
        register: *register,
    };
    Passing::Registers(parts.iter().map(part).collect())
}

/// How Rust returns the type, and how C does.
fn both(world: &World, ty: TypeRef) -> (Passing, Passing) {
    let of = |convention| passing(world, ty, convention).unwrap();
    (of(Convention::Rust), of(Convention::C))
}

fn rust_way(world: &World, ty: TypeRef) -> Passing {
    both(world, ty).0
}

fn float(world: &mut World, size: u64) -> TypeRef {
    world.base(&format!("f{}", size * 8), Encoding::Float, size)
}

/// `Option<T>` with a tag of its own.
fn tagged_option(world: &mut World, tag: u64, inner: TypeRef, at: u64, size: u64) -> TypeRef {
    let tag = world.uint(tag);
    let align = at.max(1);
    let none = world.tuple_struct("None", size, align, &[]);
    let some = world.tuple_struct("Some", size, align, &[(inner, at)]);
    let variants: [(&str, &[u128], _); 2] =
        [("None", &[0], Some(none)), ("Some", &[1], Some(some))];
    world.enumeration("core::option::Option<T>", size, align, Some((tag, 0)), &variants)
}

#[test]
fn scalars_are_returned_in_rax_and_floats_in_xmm0() {
    let mut world = World::new();
    for size in [1, 2, 4, 8] {
        let ty = world.uint(size);
        assert_eq!(rust_way(&world, ty), regs(&[(0, size, Register::RAX)]));
    }
    let boolean = world.base("bool", Encoding::Bool, 1);
    assert_eq!(rust_way(&world, boolean), regs(&[(0, 1, Register::RAX)]));
    for size in [4, 8] {
        let ty = float(&mut world, size);
        assert_eq!(both(&world, ty).0, regs(&[(0, size, Register::XMM0)]));
        assert_eq!(both(&world, ty).0, both(&world, ty).1);
    }
    let wide = world.uint(16);
    let halves = regs(&[(0, 8, Register::RAX), (8, 8, Register::RDX)]);
    assert_eq!(both(&world, wide), (halves.clone(), halves));
    let ordering = world.c_like("core::cmp::Ordering", Encoding::Signed, 1, &[("Less", -1)]);
    assert_eq!(rust_way(&world, ordering), regs(&[(0, 1, Register::RAX)]));
}

#[test]
fn what_has_no_bytes_is_returned_nowhere() {
    let mut world = World::new();
    let (unit, word) = (world.unit(), world.uint(8));
    let empty = world.record("krate::Zst", 0, 1, &[]);
    let array = world.array(word, 0);
    for ty in [unit, empty, array] {
        assert_eq!(both(&world, ty), (Passing::Nothing, Passing::Nothing));
    }
    let never = world.never();
    assert!(passing(&world, never, Convention::Rust).is_err());
}

#[test]
fn fat_pointers_are_pairs() {
    let mut world = World::new();
    let byte = world.uint(1);
    let two = regs(&[(0, 8, Register::RAX), (8, 8, Register::RDX)]);
    let text = world.slice("&str", byte);
    assert_eq!(both(&world, text), (two.clone(), two.clone()));
    let boxed = world.fat_dyn("alloc::boxed::Box<dyn krate::Tr, alloc::alloc::Global>");
    assert_eq!(rust_way(&world, boxed), two);
}

#[test]
fn pairs_take_the_registers_of_their_kinds_in_turn() {
    let mut world = World::new();
    let (u8_, u32_, u64_) = (world.uint(1), world.uint(4), world.uint(8));
    let (f32_, f64_) = (float(&mut world, 4), float(&mut world, 8));
    let rows = [
        ("(u32, f64)", u32_, f64_, 8, 16, (4, Register::RAX), (8, Register::XMM0)),
        ("(f32, f32)", f32_, f32_, 4, 8, (4, Register::XMM0), (4, XMM1)),
        ("(f64, f64)", f64_, f64_, 8, 16, (8, Register::XMM0), (8, XMM1)),
        ("(f32, u32)", f32_, u32_, 4, 8, (4, Register::XMM0), (4, Register::RAX)),
        ("(u8, u8)", u8_, u8_, 1, 2, (1, Register::RAX), (1, Register::RDX)),
        ("(u8, u64)", u8_, u64_, 8, 16, (1, Register::RAX), (8, Register::RDX)),
    ];
    for (name, a, b, at, size, first, second) in rows {
        let ty = world.tuple_struct(name, size, at, &[(a, 0), (b, at)]);
        let expected = regs(&[(0, first.0, first.1), (at, second.0, second.1)]);
        assert_eq!(rust_way(&world, ty), expected, "{name}");
    }
    // (f64, u32): rustc puts the float first in memory.
    let ty = world.tuple_struct("(f64, u32)", 16, 8, &[(f64_, 0), (u32_, 8)]);
    assert_eq!(rust_way(&world, ty), regs(&[(0, 8, Register::XMM0), (8, 4, Register::RAX)]));
}

#[test]
fn pairs_with_wrappers_and_empty_fields_remain_pairs_and_larger_ones_do_not() {
    let mut world = World::new();
    let (unit, u32_) = (world.unit(), world.uint(4));
    let pair = regs(&[(0, 4, Register::RAX), (4, 4, Register::RDX)]);
    let point = world.record("krate::P", 8, 4, &[("x", u32_, 0), ("y", u32_, 4)]);
    let nested = world.tuple_struct("krate::Nest", 8, 4, &[(point, 0), (unit, 0)]);
    let empty = world.array(u32_, 0);
    let fields = [(u32_, 0), (empty, 4), (u32_, 4)];
    let with_empty = world.tuple_struct("krate::A16", 8, 4, &fields);
    for ty in [point, nested, with_empty] {
        assert_eq!(rust_way(&world, ty), pair);
    }
    let three = world.tuple_struct("krate::NestPair", 12, 4, &[(point, 0), (u32_, 8)]);
    assert_eq!(rust_way(&world, three), Passing::Memory);
}

#[test]
fn wrappers_of_one_scalar_are_that_scalar() {
    let mut world = World::new();
    let (u64_, f64_) = (world.uint(8), float(&mut world, 8));
    let metres = world.tuple_struct("krate::W64", 8, 8, &[(f64_, 0)]);
    let cell = world.record("core::cell::UnsafeCell<f64>", 8, 8, &[("value", metres, 0)]);
    for ty in [metres, cell] {
        let expected = regs(&[(0, 8, Register::XMM0)]);
        assert_eq!(both(&world, ty), (expected.clone(), expected));
    }
    // #[repr(align(16))] struct Al(u64): larger than its field.
    let aligned = world.tuple_struct("krate::Al", 16, 16, &[(u64_, 0)]);
    let c = regs(&[(0, 8, Register::RAX)]);
    assert_eq!(both(&world, aligned), (Passing::Memory, c));
}

#[test]
fn aggregates_of_up_to_eight_bytes_are_one_integer_and_larger_ones_are_in_memory() {
    let mut world = World::new();
    let (u8_, u64_) = (world.uint(1), world.uint(8));
    let (f32_, f64_) = (float(&mut world, 4), float(&mut world, 8));
    let rax = |size| regs(&[(0, size, Register::RAX)]);
    for (element, count, expected) in [
        (u8_, 5, rax(5)),
        (u8_, 9, Passing::Memory),
        (u64_, 1, rax(8)),
        (u64_, 2, Passing::Memory),
        (f64_, 1, rax(8)),
        (f64_, 2, Passing::Memory),
        (f32_, 2, rax(8)),
        (f32_, 4, Passing::Memory),
    ] {
        let ty = world.array(element, count);
        assert_eq!(rust_way(&world, ty), expected, "{count}");
    }
    let bytes = world.tuple_struct("krate::T3", 3, 1, &[(u8_, 0), (u8_, 1), (u8_, 2)]);
    assert_eq!(rust_way(&world, bytes), rax(3));
    let string = world.string();
    assert_eq!(both(&world, string), (Passing::Memory, Passing::Memory));
    // #[repr(packed)] struct Pk(u8, u64)
    let packed = world.tuple_struct("krate::Pk", 9, 1, &[(u8_, 0), (u64_, 1)]);
    assert_eq!(both(&world, packed), (Passing::Memory, Passing::Memory));
}

#[test]
fn options_with_a_tag_are_pairs() {
    let mut world = World::new();
    for (size, register) in [(1, Register::RDX), (4, Register::RDX), (8, Register::RDX)] {
        let inner = world.uint(size);
        let ty = tagged_option(&mut world, size, inner, size, size * 2);
        assert_eq!(rust_way(&world, ty), regs(&[(0, size, Register::RAX), (size, size, register)]));
    }
    let f64_ = float(&mut world, 8);
    let metres = world.tuple_struct("krate::W64", 8, 8, &[(f64_, 0)]);
    for inner in [f64_, metres] {
        let ty = tagged_option(&mut world, 8, inner, 8, 16);
        let expected = regs(&[(0, 8, Register::RAX), (8, 8, Register::XMM0)]);
        assert_eq!(rust_way(&world, ty), expected);
    }
    let u128_ = world.uint(16);
    let wide = tagged_option(&mut world, 16, u128_, 16, 32);
    assert_eq!(rust_way(&world, wide), Passing::Memory);
    let u32_ = world.uint(4);
    let point = world.record("krate::P", 8, 4, &[("x", u32_, 0), ("y", u32_, 4)]);
    let ty = tagged_option(&mut world, 4, point, 4, 12);
    assert_eq!(rust_way(&world, ty), Passing::Memory);
    let unit = world.unit();
    let ty = tagged_option(&mut world, 1, unit, 1, 1);
    assert_eq!(rust_way(&world, ty), regs(&[(0, 1, Register::RAX)]));
}

#[test]
fn options_with_a_niche_are_what_they_hold() {
    let mut world = World::new();
    let (u8_, u64_) = (world.uint(1), world.uint(8));
    let option = |world: &mut World, inner, size, align, niche, values: &[u128]| {
        let none = world.tuple_struct("None", size, align, &[]);
        let some = world.tuple_struct("Some", size, align, &[(inner, 0)]);
        let variants = [("None", values, Some(none)), ("Some", &[], Some(some))];
        world.enumeration("core::option::Option<T>", size, align, Some((niche, 0)), &variants)
    };
    let boxed = world.pointer("alloc::boxed::Box<u64>", Some(u64_), PointerFlavour::Box);
    let ty = option(&mut world, boxed, 8, 8, u64_, &[0]);
    assert_eq!(rust_way(&world, ty), regs(&[(0, 8, Register::RAX)]));
    let text = world.slice("&str", u8_);
    let ty = option(&mut world, text, 16, 8, u64_, &[0]);
    let two = regs(&[(0, 8, Register::RAX), (8, 8, Register::RDX)]);
    assert_eq!(rust_way(&world, ty), two);
    // Option<Option<u8>>: the niche is in the tag of the inner one.
    let inner = tagged_option(&mut world, 1, u8_, 1, 2);
    let ty = option(&mut world, inner, 2, 1, u8_, &[2]);
    assert_eq!(rust_way(&world, ty), regs(&[(0, 1, Register::RAX), (1, 1, Register::RDX)]));
    let string = world.string();
    let ty = option(&mut world, string, 24, 8, u64_, &[1 << 63]);
    assert_eq!(rust_way(&world, ty), Passing::Memory);
    // Result<&str, u8>: both variants have bytes.
    let ok = world.tuple_struct("Ok", 16, 8, &[(text, 0)]);
    let err = world.tuple_struct("Err", 16, 8, &[(u8_, 8)]);
    let variants: [(&str, &[u128], _); 2] = [("Ok", &[], Some(ok)), ("Err", &[0], Some(err))];
    let ty = world.enumeration("core::result::Result<_, _>", 16, 8, Some((u64_, 0)), &variants);
    assert_eq!(rust_way(&world, ty), Passing::Memory);
}

#[test]
fn enums_pair_their_tag_only_with_a_scalar_common_to_all_variants() {
    let mut world = World::new();
    let (u8_, u32_, u64_) = (world.uint(1), world.uint(4), world.uint(8));
    let i32_ = world.base("i32", Encoding::Signed, 4);
    let (f32_, f64_) = (float(&mut world, 4), float(&mut world, 8));
    let reference = world.pointer("&u8", Some(u8_), PointerFlavour::Shared);
    let rax = |size| regs(&[(0, size, Register::RAX)]);
    let pair = |size, second| regs(&[(0, size, Register::RAX), (size, size, second)]);
    let rows = [
        ("E1(u32 | i32)", u32_, (u32_, 4), (i32_, 4), 8, pair(4, Register::RDX)),
        ("E2(u32 | f32)", u32_, (u32_, 4), (f32_, 4), 8, rax(8)),
        ("E3(u8 | u32)", u8_, (u8_, 1), (u32_, 4), 8, rax(8)),
        ("E5(f64 | f64)", u64_, (f64_, 8), (f64_, 8), 16, pair(8, Register::XMM0)),
        ("E7(&u8 | u64)", u64_, (reference, 8), (u64_, 8), 16, pair(8, Register::RDX)),
        ("Result<u8, u64>", u8_, (u8_, 1), (u64_, 8), 16, Passing::Memory),
    ];
    for (name, tag, a, b, size, expected) in rows {
        let align = size / 2;
        let first = world.tuple_struct("A", size, align, &[a]);
        let second = world.tuple_struct("B", size, align, &[b]);
        let variants: [(&str, &[u128], _); 2] =
            [("A", &[0], Some(first)), ("B", &[1], Some(second))];
        let ty = world.enumeration(name, size, align, Some((tag, 0)), &variants);
        assert_eq!(rust_way(&world, ty), expected, "{name}");
    }
}

#[test]
fn an_enum_of_one_possible_variant_is_that_variants_struct() {
    let mut world = World::new();
    let (u32_, f32_) = (world.uint(4), float(&mut world, 4));
    let empty = world.enumeration("krate::V", 0, 1, None, &[]);
    let ok = world.tuple_struct("Ok", 8, 4, &[(u32_, 0), (f32_, 4)]);
    let err = world.tuple_struct("Err", 8, 4, &[(empty, 0)]);
    let variants: [(&str, &[u128], _); 2] = [("Ok", &[], Some(ok)), ("Err", &[], Some(err))];
    let ty = world.enumeration("core::result::Result<_, _>", 8, 4, None, &variants);
    let expected = regs(&[(0, 4, Register::RAX), (4, 4, Register::XMM0)]);
    assert_eq!(rust_way(&world, ty), expected);
    assert!(passing(&world, empty, Convention::Rust).is_err());
}

#[test]
fn unions_are_scalars_where_all_their_fields_are_the_same() {
    let mut world = World::new();
    let (unit, u64_, f64_) = (world.unit(), world.uint(8), float(&mut world, 8));
    let ty = world.union("krate::U1", 8, 8, &[u64_, f64_]);
    assert_eq!(rust_way(&world, ty), regs(&[(0, 8, Register::RAX)]));
    let (u32_, i32_) = (world.uint(4), world.base("i32", Encoding::Signed, 4));
    let unsigned = world.tuple_struct("(u32, u32)", 8, 4, &[(u32_, 0), (u32_, 4)]);
    let signed = world.tuple_struct("(i32, u32)", 8, 4, &[(i32_, 0), (u32_, 4)]);
    let ty = world.union("krate::UP", 8, 4, &[unsigned, unsigned]);
    assert_eq!(rust_way(&world, ty), regs(&[(0, 4, Register::RAX), (4, 4, Register::RDX)]));
    let ty = world.union("krate::UP2", 8, 4, &[unsigned, signed]);
    assert_eq!(rust_way(&world, ty), regs(&[(0, 8, Register::RAX)]));
    let ty = world.union("core::mem::MaybeUninit<f64>", 8, 8, &[unit, f64_]);
    assert_eq!(rust_way(&world, ty), regs(&[(0, 8, Register::XMM0)]));
}

#[test]
fn c_functions_return_eight_bytes_at_a_time() {
    let mut world = World::new();
    let (u8_, u32_, u64_) = (world.uint(1), world.uint(4), world.uint(8));
    let (f32_, f64_) = (float(&mut world, 4), float(&mut world, 8));
    let point = world.record("krate::P", 8, 4, &[("x", u32_, 0), ("y", u32_, 4)]);
    let floats = world.tuple_struct("krate::F3", 12, 4, &[(f32_, 0), (f32_, 4), (f32_, 8)]);
    let doubles = world.array(f64_, 2);
    let mixed = world.tuple_struct("krate::Mix", 16, 8, &[(u64_, 0), (f64_, 8)]);
    let wide = world.array(u8_, 17);
    let c = |ty| both(&world, ty).1;
    assert_eq!(c(point), regs(&[(0, 8, Register::RAX)]));
    assert_eq!(c(floats), regs(&[(0, 8, Register::XMM0), (8, 4, XMM1)]));
    assert_eq!(c(doubles), regs(&[(0, 8, Register::XMM0), (8, 8, XMM1)]));
    assert_eq!(c(mixed), regs(&[(0, 8, Register::RAX), (8, 8, Register::XMM0)]));
    assert_eq!(c(wide), Passing::Memory);
}

#[test]
fn an_unknown_convention_is_no_reason_to_guess() {
    let mut world = World::new();
    let u32_ = world.uint(4);
    let point = world.record("krate::P", 8, 4, &[("x", u32_, 0), ("y", u32_, 4)]);
    assert!(passing(&world, point, Convention::Unknown).is_err());
    let known = passing(&world, u32_, Convention::Unknown);
    assert_eq!(known, Ok(regs(&[(0, 4, Register::RAX)])));
    assert_eq!(Convention::of_linkage_name(Some("_ZN1a1bE")), Convention::Rust);
    assert_eq!(Convention::of_linkage_name(Some("callback")), Convention::Unknown);
}

#[test]
fn what_was_returned_is_read_from_where_it_was_left() {
    let mut world = World::new();
    let (u32_, f64_) = (world.uint(4), float(&mut world, 8));
    let ty = world.tuple_struct("(u32, f64)", 16, 8, &[(u32_, 0), (f64_, 8)]);
    let registers = |register: Register| match register {
        Register::RAX => Some(0xffff_ffff_0000_0007),
        Register::XMM0 => Some(u128::from(1.5_f64.to_bits())),
        _ => None,
    };
    let place = rust_way(&world, ty).location(&registers).unwrap();
    let (memory, limits) = (Vec::<crate::base::Buffer>::new(), world.limits);
    let reader = crate::value::Reader {
        types: &world,
        bias: Default::default(),
        memory: &memory,
        registers: &registers,
        limits,
        running: &[],
    };
    assert_eq!(world.text(&reader.read(ty, &place)), "(7, 1.5)");
    let hidden = Passing::Memory.location(&registers);
    assert_eq!(hidden, Ok(Location::Memory(VirtAddr(0xffff_ffff_0000_0007))));
}

/// The registers that an argument takes, and whether that is one with its address.
fn argument(world: &World, ty: TypeRef) -> (usize, bool) {
    let argument = Argument::of(world, ty).unwrap();
    (argument.wanted(), argument.by_address)
}

#[test]
fn scalars_and_pairs_are_passed_by_themselves_and_other_types_of_nine_bytes_by_address() {
    let mut world = World::new();
    let (u16_, u32_, u64_) = (world.uint(2), world.uint(4), world.uint(8));
    let (u128_, f64_, unit) = (world.uint(16), float(&mut world, 8), world.unit());
    assert_eq!([u16_, u128_, f64_, unit].map(|ty| argument(&world, ty).0), [1, 2, 0, 0]);
    let pair = world.tuple_struct("G", 16, 8, &[(u64_, 0), (f64_, 8)]);
    let slice = world.tuple_struct("S", 16, 8, &[(u64_, 0), (u64_, 8)]);
    assert_eq!([pair, slice].map(|ty| argument(&world, ty)), [(1, false), (2, false)]);
    let three = world.tuple_struct("A", 16, 8, &[(u64_, 0), (u32_, 8), (u32_, 12)]);
    let words = world.array(u64_, 2);
    assert_eq!([three, words].map(|ty| argument(&world, ty)), [(1, true), (1, true)]);
    let small = world.array(u32_, 2);
    assert_eq!(argument(&world, small), (1, false));
}

#[test]
fn an_enum_whose_variants_have_different_scalars_is_passed_by_address() {
    let mut world = World::new();
    let (tag, word, short) = (world.uint(8), world.uint(8), world.uint(2));
    let x = world.tuple_struct("X", 16, 8, &[(word, 8)]);
    let mixed = world.tuple_struct("Y", 16, 8, &[(short, 8)]);
    let alike = world.tuple_struct("Z", 16, 8, &[(word, 8)]);
    let mut of = |other| {
        let variants: [(&str, &[u128], _); 2] = [("X", &[0], Some(x)), ("Y", &[1], Some(other))];
        world.enumeration("E", 16, 8, Some((tag, 0)), &variants)
    };
    let (mixed, alike) = (of(mixed), of(alike));
    assert_eq!([mixed, alike].map(|ty| argument(&world, ty)), [(1, true), (2, false)]);
    assert_eq!(rust_way(&world, mixed), Passing::Memory);
}

#[test]
fn a_number_of_128_bits_is_not_split_and_leaves_the_last_register_to_what_comes_next() {
    let mut world = World::new();
    let (u64_, u128_) = (world.uint(8), world.uint(16));
    let slice = world.tuple_struct("S", 16, 8, &[(u64_, 0), (u64_, 8)]);
    let [word, wide, slice] = [u64_, u128_, slice].map(|ty| Argument::of(&world, ty).unwrap());
    assert_eq!([wide.registers(4), wide.registers(5)], [(Some(4), 6), (None, 5)]);
    assert_eq!([word.registers(5), word.registers(6)], [(Some(5), 6), (None, 6)]);
    // Of two words the second one alone goes to the stack.
    assert_eq!([slice.registers(5), slice.registers(6)], [(Some(5), 6), (None, 6)]);
}
