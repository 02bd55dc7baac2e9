//! Finding a member of a std type by name, wherever this version of std keeps it.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::base::Unreadable;
use crate::dwarf::{Field, Type, TypeKind, TypeRef, Types};

/// A member of a struct, perhaps several structs deep.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) id: TypeRef,
    pub(super) ty: Arc<Type>,
    /// Bytes from the start of the outermost struct.
    pub(super) offset: u64,
}

/// How many structs are opened in search of a member. `Vec` needs four, `HashMap` six.
const MOST_STRUCTS: usize = 64;

/// The member of this name that is nearest to the surface: among the fields of the type itself,
/// then among the fields of those, and so on.
///
/// Names of members outlive their paths: `buf.cap` became `buf.inner.cap.__0`.
pub(super) fn find(types: &dyn Types, ty: &Type, name: &str) -> Result<Member, Unreadable> {
    let mut opened: VecDeque<(Arc<Type>, u64)> = VecDeque::new();
    let mut queue = fields_at(types, ty.fields(), 0);
    for _ in 0..MOST_STRUCTS {
        if let Some((_, member)) = queue.iter().find(|(field, _)| &**field == name) {
            return Ok(member.clone());
        }
        let structs = queue.drain(..).filter(|(_, member)| is_struct(&member.ty));
        opened.extend(structs.map(|(_, member)| (member.ty, member.offset)));
        let Some((next, offset)) = opened.pop_front() else { break };
        queue = fields_at(types, next.fields(), offset);
    }
    Err(missing(ty, name))
}

/// What a wrapper wraps: follows structs that have a single field with bytes, down to something
/// else (a scalar, a pointer, an array).
pub(super) fn peel(types: &dyn Types, member: Member) -> Member {
    let mut outer = member;
    for _ in 0..MOST_STRUCTS {
        if !is_struct(&outer.ty) {
            break;
        }
        let with_bytes = fields_at(types, outer.ty.fields(), outer.offset).into_iter();
        let mut with_bytes = with_bytes.filter(|(_, inner)| inner.ty.size != Some(0));
        match (with_bytes.next(), with_bytes.next()) {
            (Some((_, inner)), None) => outer = inner,
            _ => break,
        }
    }
    outer
}

/// That a std type has no such member.
pub(super) fn missing(ty: &Type, name: &str) -> Unreadable {
    Unreadable::NotDescribed(format!("{} has no member `{name}`", ty.base_name))
}

/// That a member of a std type is a word.
///
/// # Errors
/// [`Unreadable::NotDescribed`] for one of another size.
pub(super) fn check_word(of: &Type, member: &Member) -> Result<(), Unreadable> {
    match member.ty.size {
        Some(8) => Ok(()),
        size => {
            let size = size.unwrap_or(0);
            let why = format!("a word of {} has {size} bytes", of.base_name);
            Err(Unreadable::NotDescribed(why))
        }
    }
}

fn fields_at(types: &dyn Types, fields: &[Field], start: u64) -> Vec<(Arc<str>, Member)> {
    let member = |field: &Field| {
        let ty = types.get(field.ty).ok()?;
        let offset = start.saturating_add(field.offset);
        Some((field.name.clone(), Member { id: field.ty, ty, offset }))
    };
    fields.iter().take(MOST_STRUCTS).filter_map(member).collect()
}

fn is_struct(ty: &Type) -> bool {
    matches!(ty.kind, TypeKind::Struct { .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::World;

    #[test]
    fn the_same_member_is_found_in_the_layouts_of_two_versions_of_std() {
        for new in [false, true] {
            let mut world = World::new();
            let u32_ = world.uint(4);
            let vec = world.vec_of(u32_, new);
            let ty = world.get(vec).unwrap();
            let cap = peel(&world, find(&world, &ty, "cap").unwrap());
            assert_eq!((cap.offset, &*cap.ty.name), (0, "u64"));
            let pointer = peel(&world, find(&world, &ty, "ptr").unwrap());
            assert_eq!(pointer.offset, 8);
            assert!(matches!(pointer.ty.kind, TypeKind::Pointer { .. }));
            assert_eq!(find(&world, &ty, "len").unwrap().offset, 16);
            let error = find(&world, &ty, "head").unwrap_err();
            assert_eq!(error.to_string(), "not described: Vec has no member `head`");
        }
    }

    #[test]
    fn the_search_ends_in_a_struct_that_contains_itself() {
        let mut world = World::new();
        let id = world.next_id();
        let ty = world.record("krate::Loop", 8, 8, &[("inner", id, 0)]);
        assert_eq!(ty, id);
        let ty = world.get(ty).unwrap();
        assert!(find(&world, &ty, "len").is_err());
        let member = Member { id, ty, offset: 0 };
        assert!(is_struct(&peel(&world, member).ty));
    }
}
