//! Which types may hold references: of the values of all others it need not be looked for.

use std::collections::HashSet;

use crate::dwarf::{PointerFlavour, Type, TypeKind, TypeRef, Types};

/// How many types one is made of before it is taken to hold references.
const MOST: usize = 512;

/// Types of std that lead to what they own, or have only what their fields and parameters have.
const OWNERS: [&str; 30] = [
    "String",
    "Vec",
    "VecDeque",
    "BinaryHeap",
    "LinkedList",
    "HashMap",
    "HashSet",
    "BTreeMap",
    "BTreeSet",
    "Box",
    "Rc",
    "Arc",
    "RawVec",
    "RawVecInner",
    "NonNull",
    "Unique",
    "Option",
    "Result",
    "Cell",
    "RefCell",
    "UnsafeCell",
    "Mutex",
    "RwLock",
    "ManuallyDrop",
    "MaybeUninit",
    "PhantomData",
    "Global",
    "UsizeNoHighBit",
    "PathBuf",
    "OsString",
];

/// Whether a value of a type may hold a reference that [`super::Value::loans`] finds: false only where
/// it certainly holds none.
pub fn may_lend(types: &dyn Types, ty: TypeRef) -> bool {
    let mut seen = HashSet::from([ty]);
    let mut open = vec![ty];
    while let Some(next) = open.pop() {
        let Ok(ty) = types.get(next) else { return true };
        if seen.len() > MOST || is_reference(&ty) || is_strange(&ty) {
            return true;
        }
        let mut add = |part: TypeRef| {
            if seen.insert(part) {
                open.push(part);
            }
        };
        ty.params.iter().for_each(|(_, param)| add(*param));
        match &ty.kind {
            TypeKind::Pointer { to, .. } => to.iter().copied().for_each(&mut add),
            TypeKind::Struct { fields, .. } | TypeKind::Union { fields } => {
                fields.iter().for_each(|field| add(field.ty));
            }
            TypeKind::Enum(parts) => {
                parts.variants.iter().filter_map(|variant| variant.ty).for_each(&mut add);
            }
            TypeKind::Array { element, .. } => add(*element),
            TypeKind::Opaque => return true,
            TypeKind::Base(_)
            | TypeKind::Unit
            | TypeKind::Never
            | TypeKind::CLike { .. }
            | TypeKind::Function => {}
        }
    }
    false
}

fn is_reference(ty: &Type) -> bool {
    let thin = match ty.kind {
        TypeKind::Pointer { flavour, .. } => {
            matches!(flavour, PointerFlavour::Shared | PointerFlavour::Unique)
        }
        _ => false,
    };
    thin || ty.name.starts_with('&')
}

/// Whether it is a type of std with words of its own that may lead anywhere: an iterator, a guard.
fn is_strange(ty: &Type) -> bool {
    let home = matches!(&*ty.krate, "core" | "alloc" | "std" | "lock_api" | "hashbrown");
    let words = matches!(ty.kind, TypeKind::Struct { .. } | TypeKind::Union { .. });
    home && words && ty.size.is_none_or(|size| size >= 8) && !OWNERS.contains(&&*ty.base_name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::World;

    #[test]
    fn a_reference_is_found_in_fields_and_in_what_a_collection_is_of() {
        let mut world = World::new();
        let word = world.uint(8);
        let shared = world.pointer("&u64", Some(word), PointerFlavour::Shared);
        let holder = world.record("krate::Holder", 16, 8, &[("n", word, 0), ("r", shared, 8)]);
        let vec = world.vec_of(holder, true);
        for ty in [shared, holder, vec] {
            assert!(may_lend(&world, ty));
        }
    }

    #[test]
    fn numbers_texts_and_collections_of_them_hold_none() {
        let mut world = World::new();
        let (word, string) = (world.uint(8), world.string());
        let vec = world.vec_of(string, true);
        let raw = world.pointer("*mut u64", Some(word), PointerFlavour::Mut);
        let record = world.record("krate::Plain", 32, 8, &[("v", vec, 0), ("p", raw, 24)]);
        for ty in [word, string, vec, raw, record] {
            assert!(!may_lend(&world, ty));
        }
    }

    #[test]
    fn what_is_not_described_and_an_iterator_of_std_may() {
        let mut world = World::new();
        let word = world.uint(8);
        let raw = world.pointer("*mut u64", Some(word), PointerFlavour::Mut);
        let fields = [("ptr", raw, 0), ("end_or_len", raw, 8)];
        let iter = world.record("core::slice::iter::Iter<u64>", 16, 8, &fields);
        assert!(may_lend(&world, iter));
        assert!(may_lend(&world, TypeRef(usize::MAX)));
    }

    #[test]
    fn a_type_that_leads_to_itself_ends() {
        let mut world = World::new();
        let list = world.next_id();
        let own = TypeRef(list.0 + 1);
        let list = world.record("krate::Node", 8, 8, &[("next", own, 0)]);
        let next = world.pointer("*mut Node", Some(list), PointerFlavour::Mut);
        assert_eq!(next, own);
        assert!(!may_lend(&world, list));
    }
}
