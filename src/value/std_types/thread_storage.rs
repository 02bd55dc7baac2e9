//! What the `thread_local!` macro keeps a variable in: a storage with the value and its state, told
//! as the value that the user declared.
//!
//! A variable with a constant initialiser and a destructor is in an `eager::Storage`, whose value is
//! there from the thread's start; one that is initialised when it is first used is in a
//! `lazy::Storage`, whose value is there in one state of three. A constant without a destructor has
//! no storage (`std::sys::thread_local::native`).

use super::{Look, Member, Parts, members};
use crate::base::Unreadable;
use crate::dwarf::{Field, Type};
use crate::value::{Part, Reader, Shape};

pub(super) fn is(ty: &Type) -> bool {
    ty.is_std("Storage") && ty.field("state").is_some()
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    let state = look.find_peeled("state")?;
    let (name, held) = look.variant_of(&state)?;
    let of = look.ty();
    match &*name {
        "Destroyed" => Err(Unreadable::Destroyed),
        "Initial" | "Alive" if of.field("val").is_some() => declared(look, of.field("val")),
        "Alive" if of.field("value").is_some() => declared(look, of.field("value")),
        // In an older std the state of a lazy one holds the value.
        "Alive" => {
            let held = held.ok_or_else(|| members::missing(of, "value"))?;
            let value = members::find(look.walk.reader.types, &held.ty, "__0")?;
            let offset = held.offset.saturating_add(value.offset);
            Ok(Parts::Inside(Member { offset, ..value }))
        }
        "Initial" | "Uninitialized" => Err(Unreadable::NotYetInitialised),
        other => {
            let why = format!("{} has a state {other}, which is not known", of.base_name);
            Err(Unreadable::NotDescribed(why))
        }
    }
}

/// The value without the cells around it.
fn declared(look: &Look<'_, '_>, field: Option<&Field>) -> Result<Parts, Unreadable> {
    let field = field.ok_or_else(|| members::missing(look.ty(), "value"))?;
    let id = look.param("T")?;
    let ty = look.walk.reader.types.get(id)?;
    Ok(Parts::Inside(Member { id, ty, offset: field.offset }))
}

impl Reader<'_> {
    /// What the user declared, where `part` is a thread-local variable as the debug information
    /// gives it: the value in std's storage, or the part itself where there is no such storage.
    ///
    /// # Errors
    /// [`Unreadable::NotYetInitialised`] before the thread has used the variable,
    /// [`Unreadable::Destroyed`] after its destructor has begun, and why the state cannot be read.
    pub fn declared(&self, part: Part) -> Result<Part, Unreadable> {
        if !is(&*self.types.get(part.ty)?) {
            return Ok(part);
        }
        match self.shape(part.ty, &part.at)? {
            Shape::Inside { part, .. } => Ok(part),
            _ => Ok(part),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dwarf::{Encoding, Location, TypeRef, Types};
    use crate::value::testing::World;

    const LAZY: &str = "std::sys::thread_local::native::lazy::Storage<u32, ()>";
    const EAGER: &str = "std::sys::thread_local::native::eager::Storage<u32>";

    /// A struct of that one field, at offset 0.
    fn around(world: &mut World, name: &str, size: u64, inner: TypeRef) -> TypeRef {
        world.record(name, size, 4, &[("value", inner, 0)])
    }

    fn lazy(world: &mut World) -> TypeRef {
        let (u8_, u32_) = (world.uint(1), world.uint(4));
        let unit = world.unit();
        let destroyed = world.tuple_struct("Destroyed", 1, 1, &[(unit, 1)]);
        let [uninitialized, alive] =
            ["Uninitialized", "Alive"].map(|name| world.tuple_struct(name, 1, 1, &[]));
        let states = [
            ("Uninitialized", &[0_u128][..], Some(uninitialized)),
            ("Alive", &[1], Some(alive)),
            ("Destroyed", &[2], Some(destroyed)),
        ];
        let state = world.enumeration("lazy::State<()>", 1, 1, Some((u8_, 0)), &states);
        let cell = around(world, "core::cell::Cell<lazy::State<()>>", 1, state);
        let bytes = world.union("core::mem::maybe_uninit::MaybeUninit<u32>", 4, 4, &[u32_]);
        let value = around(world, "core::cell::UnsafeCell<_>", 4, bytes);
        let storage = world.record(LAZY, 8, 4, &[("value", value, 0), ("state", cell, 4)]);
        world.with_element(storage, u32_)
    }

    fn eager(world: &mut World) -> TypeRef {
        let u32_ = world.uint(4);
        let states = [("Initial", 0), ("Alive", 1), ("Destroyed", 2)];
        let state = world.c_like("eager::State", Encoding::Unsigned, 1, &states);
        let cell = around(world, "core::cell::Cell<eager::State>", 1, state);
        let value = around(world, "core::cell::UnsafeCell<u32>", 4, u32_);
        let storage = world.record(EAGER, 8, 4, &[("val", value, 0), ("state", cell, 4)]);
        world.with_element(storage, u32_)
    }

    /// The storage whose state holds the value.
    fn older(world: &mut World) -> TypeRef {
        let u32_ = world.uint(4);
        let alive = world.tuple_struct("Alive", 8, 4, &[(u32_, 0)]);
        let [initial, destroyed] =
            ["Initial", "Destroyed"].map(|name| world.tuple_struct(name, 8, 4, &[]));
        let states = [
            ("Initial", &[0_u128][..], Some(initial)),
            ("Alive", &[1], Some(alive)),
            ("Destroyed", &[2], Some(destroyed)),
        ];
        let state = world.enumeration("lazy::State<u32, ()>", 8, 4, Some((u32_, 4)), &states);
        let cell = around(world, "core::cell::UnsafeCell<lazy::State<u32, ()>>", 8, state);
        let storage = world.record(LAZY, 8, 4, &[("state", cell, 0)]);
        world.with_element(storage, u32_)
    }

    /// What is shown in the states 0, 1 and 2 of a storage that holds 7.
    fn in_states(world: &World, storage: TypeRef) -> [String; 3] {
        [0, 1, 2].map(|state: u64| world.text(&world.read_words(storage, &[7 | state << 32])))
    }

    const GONE: &str = "<destroyed with its thread>";

    #[test]
    fn a_lazy_variable_has_its_value_between_the_first_use_and_the_end_of_the_thread() {
        let mut world = World::new();
        let (new, old) = (lazy(&mut world), older(&mut world));
        for storage in [new, old] {
            assert_eq!(in_states(&world, storage), ["<not yet initialised>", "7", GONE]);
        }
    }

    #[test]
    fn a_constant_is_there_before_the_first_use() {
        let mut world = World::new();
        let storage = eager(&mut world);
        assert_eq!(in_states(&world, storage), ["7", "7", GONE]);
    }

    #[test]
    fn a_state_that_cannot_be_is_said_and_one_that_is_not_known_is_shown_raw() {
        let mut world = World::new();
        let storage = lazy(&mut world);
        let text = world.text(&world.read_words(storage, &[7 | 9 << 32]));
        assert!(text.contains("discriminant 9"), "{text}");
        let states = [("Asleep", 0)];
        let state = world.c_like("eager::State", Encoding::Unsigned, 1, &states);
        let u32_ = world.uint(4);
        let other = world.record(EAGER, 8, 4, &[("val", u32_, 0), ("state", state, 4)]);
        let value = world.read_words(other, &[7]);
        assert!(matches!(value.kind, crate::value::ValueKind::Raw { .. }), "{value:?}");
    }

    #[test]
    fn the_declared_part_is_the_value_in_the_storage_or_the_variable_itself() {
        let mut world = World::new();
        let (storage, u32_) = (lazy(&mut world), world.uint(4));
        let declared = |ty, words: [u64; 1]| {
            let at = Location::Value(words[0].to_le_bytes().to_vec());
            world.with_reader(|reader| reader.declared(Part { ty, at }))
        };
        let alive = declared(storage, [7 | 1 << 32]).unwrap();
        let seven = Location::Value(vec![7, 0, 0, 0]);
        assert_eq!((&*world.get(alive.ty).unwrap().name, alive.at), ("u32", seven));
        assert_eq!(declared(storage, [7]), Err(Unreadable::NotYetInitialised));
        assert_eq!(declared(storage, [7 | 2 << 32]), Err(Unreadable::Destroyed));
        let plain = declared(u32_, [7]).unwrap();
        assert_eq!(plain.ty, u32_);
    }
}
