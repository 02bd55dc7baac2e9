//! Coroutines, of which async functions and blocks are made: enums whose variants are the places at
//! which they wait, with the variables that are alive there.
//!
//! rustc names the variants `Unresumed`, `Returned`, `Panicked`, `Suspend0` and so on. Each holds
//! the captured variables behind its own (`build_coroutine_variant_struct_type_di_node` in
//! `rustc_codegen_llvm`), whether or not they are alive: that is decided here.

use std::sync::Arc;

use super::model::{Fields, ValueKind};
use super::read::{At, Walk, is_nameless};
use crate::base::{Unreadable, VirtAddr};
use crate::dwarf::{Field, Type, TypeKind, TypeRef, Types, Variant, VariantPart, short_type_name};

/// Whether the type is that of a coroutine.
pub(super) fn is(ty: &Type) -> bool {
    is_nameless(ty) && matches!(ty.kind, TypeKind::Enum(_))
}

/// A future that runs: its body is on the stack of a thread. The state that its bytes tell is that
/// of its last wait, and what it held then may be gone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Running {
    /// Where it is.
    pub at: VirtAddr,
    /// The name of its type, which tells it from the one that it waits for, at the same place.
    pub type_name: Arc<str>,
}

impl Running {
    /// Why nothing is told of it.
    pub fn reason() -> Unreadable {
        let why = "it is running, and its state is told when it waits or ends";
        Unreadable::NotDescribed(why.to_owned())
    }
}

impl Walk<'_> {
    /// The reason why an enum is not what its discriminant says, where it is a future that runs.
    pub(super) fn why_it_has_no_state(&self, at: &At<'_>) -> Option<Unreadable> {
        let here = |running: &Running| {
            at.source.place(0).address() == Some(running.at) && running.type_name == at.ty.name
        };
        self.reader.running.iter().any(here).then(Running::reason)
    }

    /// A coroutine in its state, with the variables that are alive in it and no others.
    pub(super) fn coroutine(&mut self, at: &At<'_>, part: &VariantPart) -> ValueKind {
        let variant = match self.select(at, part) {
            Ok(variant) => variant,
            Err(reason) => return ValueKind::Unreadable(reason),
        };
        let types = self.reader.types;
        let state = State::of(types, variant);
        let captured = if state == State::Unresumed { 0 } else { count_captured(types, part) };
        let alive = alive(types, at.ty, state, &fields_of(types, variant.ty), captured);
        let fields = match alive.is_empty() {
            true => Fields::default(),
            false => self.fields(at, &alive, false),
        };
        let variant = format!("{} {}", name(at.ty), state.text(variant.line)).into();
        ValueKind::Enum { variant, fields }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Unresumed,
    Returned,
    Panicked,
    Suspended,
}

impl State {
    fn of(types: &dyn Types, variant: &Variant) -> State {
        let ty = variant.ty.and_then(|ty| types.get(ty).ok());
        match ty.as_ref().map_or("", |ty| &*ty.base_name) {
            "Unresumed" => State::Unresumed,
            "Returned" => State::Returned,
            "Panicked" => State::Panicked,
            _ => State::Suspended,
        }
    }

    fn text(self, line: Option<u32>) -> String {
        match (self, line) {
            (State::Unresumed, _) => "unresumed".to_owned(),
            (State::Returned, _) => "returned".to_owned(),
            (State::Panicked, _) => "panicked".to_owned(),
            (State::Suspended, Some(line)) => format!("suspended at line {line}"),
            (State::Suspended, None) => "suspended".to_owned(),
        }
    }

    /// Whether what the coroutine has captured is alive.
    ///
    /// An async function begins by moving its arguments out of what was captured, whose bytes are
    /// stale from then on. What a block has captured stays where it is. A closure has arguments and
    /// captured variables, and nothing tells them apart but that a borrowed one is no argument.
    fn keeps_captured(self, of: &Type, field: &Field) -> bool {
        match self {
            State::Unresumed => true,
            State::Returned | State::Panicked => false,
            State::Suspended if of.base_name.contains("closure_env#") => {
                field.name.starts_with("_ref__")
            }
            State::Suspended => !is_body_of_fn(of),
        }
    }
}

/// The fields of a state whose variables are alive. The last `captured` of them are what the
/// coroutine has captured; where the compiler has moved those into variables of the same place,
/// they are listed twice.
fn alive(types: &dyn Types, of: &Type, state: State, all: &[Field], captured: usize) -> Vec<Field> {
    let (own, captured) = all.split_at(all.len().saturating_sub(captured));
    let has_bytes = |field: &Field| types.get(field.ty).map_or(true, |ty| ty.size != Some(0));
    let listed = |field: &&Field| own.iter().any(|own| same_place(own, field));
    let kept = captured.iter().filter(|field| state.keeps_captured(of, field) && !listed(field));
    // A temporary, which has a number for a name, is told for what it holds.
    let own = own.iter().filter(|field| !is_number(&field.name) || has_bytes(field));
    own.chain(kept).cloned().collect()
}

fn same_place(a: &Field, b: &Field) -> bool {
    (&a.name, a.offset) == (&b.name, b.offset)
}

fn is_number(name: &str) -> bool {
    name.strip_prefix("__").is_some_and(|n| n.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_body_of_fn(of: &Type) -> bool {
    of.base_name.contains("fn_env#")
}

/// How many variables the coroutine was made with: all that it has before it runs.
fn count_captured(types: &dyn Types, part: &VariantPart) -> usize {
    let unresumed = part.variants.iter().find(|v| State::of(types, v) == State::Unresumed);
    unresumed.map_or(0, |variant| fields_of(types, variant.ty).len())
}

fn fields_of(types: &dyn Types, id: Option<TypeRef>) -> Vec<Field> {
    let ty = id.and_then(|id| types.get(id).ok());
    ty.map_or_else(Vec::new, |ty| ty.fields().to_vec())
}

/// The function that an async function is, or where a block or closure stands.
fn name(ty: &Type) -> String {
    let name = short_type_name(&ty.name);
    match is_body_of_fn(ty).then(|| name.split_once("::{")).flatten() {
        Some((function, body)) => {
            format!("{function}{}", body.split_once('}').map_or("", |(_, rest)| rest))
        }
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dwarf::Location;
    use crate::value::testing::World;

    /// A coroutine of the kind, which has captured a number, and waits in two lines: the first with
    /// another number alive, the second with a future that it waits for.
    fn coroutine(world: &mut World, name: &str, capture: &str) -> TypeRef {
        let (u8_, u32_) = (world.uint(1), world.uint(4));
        let captured = (capture, u32_, 0);
        let states = ["Unresumed", "Returned", "Panicked"];
        let [unresumed, returned, panicked] =
            states.map(|state| world.record(&format!("k::f::{state}"), 12, 4, &[captured]));
        let first = world.record("k::f::Suspend0", 12, 4, &[("kept", u32_, 4), captured]);
        let second = world.record("k::f::Suspend1", 12, 4, &[("__awaitee", u32_, 4), captured]);
        let variants = [
            ("0", &[0_u128][..], Some(unresumed)),
            ("1", &[1], Some(returned)),
            ("2", &[2], Some(panicked)),
            ("3", &[3], Some(first)),
            ("4", &[4], Some(second)),
        ];
        let id = world.enumeration(&format!("k::f::{name}"), 12, 4, Some((u8_, 8)), &variants);
        world.with_lines(id, &[None, None, None, Some(30), Some(31)])
    }

    fn in_states(world: &World, ty: TypeRef) -> [String; 6] {
        [0_u8, 1, 2, 3, 4, 9].map(|state| {
            let value = world.read_bytes(ty, &[5, 0, 0, 0, 6, 0, 0, 0, state, 0, 0, 0]);
            world.text(&value)
        })
    }

    #[test]
    fn the_body_of_an_async_function_shows_its_arguments_until_it_runs() {
        let mut world = World::new();
        let ty = coroutine(&mut world, "{async_fn_env#0}", "n");
        let expected = [
            "f unresumed { n: 5 }",
            "f returned",
            "f panicked",
            "f suspended at line 30 { kept: 6 }",
            "f suspended at line 31 { awaits: 6 }",
            "<not a valid f::{async fn}: discriminant 9>",
        ];
        assert_eq!(in_states(&world, ty), expected);
    }

    #[test]
    fn a_future_that_runs_is_not_said_to_wait_and_another_one_at_its_place_is() {
        let mut world = World::new();
        let own = coroutine(&mut world, "{async_fn_env#0}", "n");
        let other = coroutine(&mut world, "{async_block_env#0}", "n");
        world.put_words(0x5000, &[5 | 6 << 32, 3]);
        let type_name = world.get(own).unwrap().name.clone();
        let running = [Running { at: VirtAddr(0x5000), type_name }];
        world.with_reader(|reader| {
            let reader = crate::value::Reader { running: &running, ..*reader };
            let at = Location::Memory(VirtAddr(0x5000));
            assert_eq!(reader.read(own, &at).kind, ValueKind::Unreadable(Running::reason()));
            assert_eq!(reader.shape(own, &at), Err(Running::reason()));
            let text = world.text(&reader.read(other, &at));
            assert!(text.contains("suspended at line 30"), "{text}");
        });
    }

    #[test]
    fn a_block_keeps_what_it_has_captured() {
        let mut world = World::new();
        let ty = coroutine(&mut world, "{async_block_env#2}", "n");
        let expected = [
            "f::{async block#2} unresumed { n: 5 }",
            "f::{async block#2} returned",
            "f::{async block#2} panicked",
            "f::{async block#2} suspended at line 30 { kept: 6, n: 5 }",
            "f::{async block#2} suspended at line 31 { awaits: 6, n: 5 }",
            "<not a valid f::{async block#2}: discriminant 9>",
        ];
        assert_eq!(in_states(&world, ty), expected);
    }

    #[test]
    fn of_a_closure_only_what_it_borrows_is_known_to_be_alive_while_it_waits() {
        let mut world = World::new();
        let ty = coroutine(&mut world, "{async_closure_env#0}", "n");
        let text = in_states(&world, ty);
        assert_eq!(text[3], "f::{async closure#0} suspended at line 30 { kept: 6 }");
        let ty = coroutine(&mut world, "{async_closure_env#0}", "_ref__n");
        let text = in_states(&world, ty);
        assert_eq!(text[3], "f::{async closure#0} suspended at line 30 { kept: 6, &n: 5 }");
    }

    #[test]
    fn a_captured_variable_that_has_become_a_local_one_is_listed_once() {
        let mut world = World::new();
        let (u8_, u32_) = (world.uint(1), world.uint(4));
        let unresumed = world.record("k::f::Unresumed", 12, 4, &[("n", u32_, 0)]);
        let fields = [("n", u32_, 4), ("__1", u8_, 8), ("n", u32_, 4)];
        let suspended = world.record("k::f::Suspend0", 12, 4, &fields);
        let variants = [("0", &[0_u128][..], Some(unresumed)), ("3", &[3], Some(suspended))];
        for kind in ["block", "fn"] {
            let name = format!("k::f::{{async_{kind}_env#0}}");
            let ty = world.enumeration(&name, 12, 4, Some((u8_, 9)), &variants);
            let value = world.read_bytes(ty, &[5, 0, 0, 0, 6, 0, 0, 0, 7, 3, 0, 0]);
            assert!(world.text(&value).ends_with(" suspended { n: 6, _1: 7 }"), "{value:?}");
        }
    }

    #[test]
    fn an_instance_of_a_generic_function_is_called_with_its_arguments() {
        let mut world = World::new();
        let ty = coroutine(&mut world, "{async_fn_env#0}<u8>", "n");
        assert_eq!(in_states(&world, ty)[1], "f<u8> returned");
    }
}
