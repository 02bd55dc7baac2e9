//! Which types can lead to memory elsewhere. The elements of the others need not be read.

use std::collections::HashMap;

use crate::dwarf::{PointerFlavour, TypeKind, TypeRef, Types};

/// Levels of fields that are looked at; a type that is deeper is taken to lead somewhere.
const LEVELS: usize = 64;

/// Answers that are kept.
const KEPT: usize = 10_000;

/// What is known of types already.
#[derive(Default)]
pub(super) struct Leads(HashMap<TypeRef, bool>);

impl Leads {
    /// Whether a value of the type may lead to memory elsewhere: it has a pointer that is not one
    /// to code.
    pub(super) fn ask(&mut self, types: &dyn Types, id: TypeRef) -> bool {
        self.level(types, id, LEVELS)
    }

    fn level(&mut self, types: &dyn Types, id: TypeRef, levels: usize) -> bool {
        if let Some(known) = self.0.get(&id) {
            return *known;
        }
        let Some(below) = levels.checked_sub(1) else { return true };
        let leads = match types.get(id) {
            Err(_) => false,
            Ok(ty) => match &ty.kind {
                TypeKind::Pointer { flavour, .. } => *flavour != PointerFlavour::Function,
                TypeKind::Struct { fields, .. } | TypeKind::Union { fields } => {
                    fields.iter().any(|field| self.level(types, field.ty, below))
                }
                TypeKind::Enum(part) => {
                    let mut inner = part.variants.iter().filter_map(|variant| variant.ty);
                    inner.any(|ty| self.level(types, ty, below))
                }
                TypeKind::Array { element, count } => {
                    *count > 0 && self.level(types, *element, below)
                }
                TypeKind::Base(_) | TypeKind::Unit | TypeKind::Never => false,
                TypeKind::CLike { .. } | TypeKind::Function | TypeKind::Opaque => false,
            },
        };
        if self.0.len() < KEPT {
            self.0.insert(id, leads);
        }
        leads
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::World;

    #[test]
    fn only_a_pointer_to_data_leads_somewhere() {
        let mut world = World::new();
        let (u32_, string) = (world.uint(4), world.string());
        let code = world.function_type();
        let call = world.pointer("fn()", Some(code), PointerFlavour::Function);
        let plain = world.record("krate::Plain", 16, 8, &[("n", u32_, 0), ("f", call, 8)]);
        let named = world.record("krate::Named", 32, 8, &[("n", u32_, 0), ("s", string, 8)]);
        let (none, some) = (world.array(named, 0), world.array(named, 2));
        let mut leads = Leads::default();
        for (ty, expected) in [(u32_, false), (plain, false), (none, false)] {
            assert_eq!(leads.ask(&world, ty), expected);
        }
        assert!(leads.ask(&world, named) && leads.ask(&world, some) && leads.ask(&world, string));
    }

    #[test]
    fn a_type_that_contains_itself_ends() {
        let mut world = World::new();
        let id = world.next_id();
        world.record("krate::Loop", 8, 8, &[("inner", id, 0)]);
        assert!(Leads::default().ask(&world, id));
    }
}
