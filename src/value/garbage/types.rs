//! Random types of the language.

use super::{any, loose, shapes, word};
use crate::base::garbage::Choices;
use crate::dwarf::{Encoding, Field, PointerFlavour, TypeKind, TypeRef, Variant, VariantPart};
use crate::value::testing::World;

const ENCODINGS: [Encoding; 5] =
    [Encoding::Bool, Encoding::Char, Encoding::Signed, Encoding::Unsigned, Encoding::Float];

const FLAVOURS: [PointerFlavour; 6] = [
    PointerFlavour::Shared,
    PointerFlavour::Unique,
    PointerFlavour::Const,
    PointerFlavour::Mut,
    PointerFlavour::Function,
    PointerFlavour::Box,
];

/// Names of types, odd ones among them.
const NAMES: [&str; 16] = [
    "krate::Own",
    "krate::Generic<u8, &str>",
    "()",
    "(x, y)",
    "",
    "<",
    "::",
    "&",
    "&x",
    "*mut x",
    "krate::größe::Maß<",
    "alloc::boxed::Box<",
    "krate::main::{closure_env#0}",
    "core::option::Option<x>",
    "core::result::Result<x, y>",
    "[x; 3]",
];

/// Adds one type, which may refer to any other, itself included.
pub(super) fn add(world: &mut World, choices: &mut Choices<'_>, roots: &[TypeRef]) -> TypeRef {
    let mut id = match choices.below(24) {
        0 => scalar(world, choices),
        1 => c_like(world, choices),
        2 => pointer(world, choices, roots),
        3 | 4 => record(world, choices, roots),
        5 | 6 => enumeration(world, choices, roots),
        7 => array(world, choices, roots),
        8 => {
            let fields = [any(world, choices, roots), any(world, choices, roots)];
            let size = size(choices);
            world.union(choices.pick(&NAMES), size, 8, &fields)
        }
        9 => match choices.below(4) {
            0 => world.unit(),
            1 => world.never(),
            2 => world.function_type(),
            _ => world.named(choices.pick(&NAMES), 0, 1, TypeKind::Opaque),
        },
        10 => collection(world, choices, roots),
        11 => shapes::row(world, choices, roots),
        12 => loose::add(world, choices, roots),
        _ => shapes::add(world, choices, roots),
    };
    if choices.once_in(24) {
        id = world.changed(id, |ty| ty.size = None);
    }
    if choices.once_in(24) {
        let odd = size(choices);
        id = world.changed(id, |ty| ty.size = Some(odd));
    }
    id
}

/// Bytes of a type, most of the time of one that can be.
fn size(choices: &mut Choices<'_>) -> u64 {
    if choices.once_in(8) { word(choices) } else { choices.below(40) }
}

fn scalar(world: &mut World, choices: &mut Choices<'_>) -> TypeRef {
    let sizes = [0, 1, 2, 3, 4, 8, 10, 16, 17, u64::MAX];
    world.base("x", choices.pick(&ENCODINGS), choices.pick(&sizes))
}

fn c_like(world: &mut World, choices: &mut Choices<'_>) -> TypeRef {
    let values = [0, 1, -1, 127, 255, i128::MAX, i128::MIN, i64::MIN.into(), u64::MAX.into()];
    let names = ["A", "B", "", "Ö"];
    let count = choices.index(5);
    let list: Vec<(&str, i128)> =
        names[..count].iter().map(|name| (*name, choices.pick(&values))).collect();
    let size = choices.pick(&[0, 1, 2, 4, 8, 16, 17]);
    world.c_like("krate::C", choices.pick(&ENCODINGS), size, &list)
}

fn pointer(world: &mut World, choices: &mut Choices<'_>, roots: &[TypeRef]) -> TypeRef {
    let to = any(world, choices, roots);
    let to = (!choices.once_in(8)).then_some(to);
    let name = choices.pick(&["&x", "*const x", "alloc::boxed::Box<x>", "fn(x)", ""]);
    world.pointer(name, to, choices.pick(&FLAVOURS))
}

fn record(world: &mut World, choices: &mut Choices<'_>, roots: &[TypeRef]) -> TypeRef {
    let names = ["__0", "__1", "a", "cap", "len", "ptr", "value", "", "__", "data_ptr", "length"];
    let count = choices.index(6);
    let fields: Vec<Field> = (0..count)
        .map(|_| {
            let offset = if choices.once_in(8) { word(choices) } else { 8 * choices.below(6) };
            Field { name: choices.pick(&names).into(), ty: any(world, choices, roots), offset }
        })
        .collect();
    let tuple = choices.once_in(3);
    let size = size(choices);
    world.named(choices.pick(&NAMES), size, 8, TypeKind::Struct { fields, tuple })
}

/// An enum with or without a discriminant, which may be of 128 bits or of any other type.
fn enumeration(world: &mut World, choices: &mut Choices<'_>, roots: &[TypeRef]) -> TypeRef {
    let ends = [0, 1, 2, 255, u128::from(u64::MAX), u128::MAX - 1, u128::MAX];
    let tag = match choices.below(4) {
        0 => any(world, choices, roots),
        1 => world.uint(16),
        _ => world.uint(choices.pick(&[1, 2, 4, 8])),
    };
    let offset = if choices.once_in(8) { word(choices) } else { 8 * choices.below(3) };
    let discriminant = Field { name: "".into(), ty: tag, offset };
    let discriminant = (!choices.once_in(6)).then_some(discriminant);
    let mut variants = Vec::new();
    for name in ["A", "B", "", "Ö"].into_iter().take(choices.index(5)) {
        let range = |choices: &mut Choices<'_>| (choices.pick(&ends), choices.pick(&ends));
        let values = (0..choices.below(3)).map(|_| range(choices)).collect();
        let ty = any(world, choices, roots);
        let ty = (!choices.once_in(6)).then_some(ty);
        variants.push(Variant { name: name.into(), values, ty, line: None });
    }
    let size = size(choices);
    let part = VariantPart { discriminant, variants };
    world.named(choices.pick(&NAMES), size, 8, TypeKind::Enum(part))
}

fn array(world: &mut World, choices: &mut Choices<'_>, roots: &[TypeRef]) -> TypeRef {
    let element = any(world, choices, roots);
    let count = size(choices);
    let size = size(choices);
    world.named("[x; n]", size, 8, TypeKind::Array { element, count })
}

/// A collection as rustc lays it out, of any elements.
fn collection(world: &mut World, choices: &mut Choices<'_>, roots: &[TypeRef]) -> TypeRef {
    let (a, b) = (any(world, choices, roots), any(world, choices, roots));
    match choices.below(9) {
        0 => world.vec_of(a, true),
        1 => world.vec_of(a, false),
        2 => world.vec_deque_of(a),
        3 => world.string(),
        4 => world.hash_map_of(a, b),
        5 => world.hash_set_of(a),
        6 => world.btree_map(),
        7 => world.linked_list_of(a),
        _ => world.index_map(),
    }
}
