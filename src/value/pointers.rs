//! Thin pointers: references, raw pointers, `Box`, functions.

use super::model::{HeapSpan, Pointer, Value, ValueKind};
use super::read::{At, Walk};
use crate::base::{Hold, VirtAddr};
use crate::dwarf::{PointerFlavour, TypeKind, TypeRef};

impl Walk<'_> {
    pub(super) fn pointer(
        &mut self,
        at: &At<'_>,
        to: Option<TypeRef>,
        flavour: PointerFlavour,
    ) -> Value {
        let target = match self.number(at.source, 8) {
            Ok(word) => VirtAddr(word as u64),
            Err(reason) => return at.value(ValueKind::Unreadable(reason)),
        };
        let never_null = !matches!(flavour, PointerFlavour::Const | PointerFlavour::Mut);
        if never_null && target.0 == 0 {
            return at.value(ValueKind::Unreadable(at.invalid("its pointer is null")));
        }
        if flavour == PointerFlavour::Function {
            return at.value(ValueKind::Function { target });
        }
        let size = to.map_or(0, |to| self.size_of(to));
        let pointee = to
            .filter(|to| never_null && self.can_be_followed(*to))
            .map(|to| Box::new(self.follow(to, target, at.depth)))
            .or_else(|| self.c_text(to.filter(|_| !never_null)?, target));
        let pointer = Pointer { target, flavour, pointee, vtable: None, counts: Vec::new() };
        let mut value = at.value(ValueKind::Pointer(pointer));
        value.heap = span(target, size, flavour);
        value
    }

    /// Bytes of a type; zero where it does not say.
    pub(super) fn size_of(&self, id: TypeRef) -> u64 {
        self.reader.types.get(id).ok().and_then(|ty| ty.size).unwrap_or(0)
    }

    fn can_be_followed(&self, id: TypeRef) -> bool {
        let kind = self.reader.types.get(id).map(|ty| ty.kind.clone());
        !matches!(kind, Ok(TypeKind::Function | TypeKind::Opaque))
    }
}

/// The memory behind a thin pointer. References and boxes of types without bytes point nowhere.
fn span(pointer: VirtAddr, size: u64, flavour: PointerFlavour) -> Option<HeapSpan> {
    let raw = matches!(flavour, PointerFlavour::Const | PointerFlavour::Mut);
    let hold = hold_by(flavour);
    let leads_somewhere = if raw { pointer.0 != 0 } else { size != 0 };
    leads_somewhere.then_some(HeapSpan { pointer, used: size, capacity: size, hold })
}

/// What a pointer of this flavour is to what it points to.
pub(super) fn hold_by(flavour: PointerFlavour) -> Hold {
    match flavour {
        PointerFlavour::Box => Hold::Owner,
        _ => Hold::Refers,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Unreadable;
    use crate::value::Cut;
    use crate::value::testing::World;

    #[test]
    fn a_box_and_a_reference_show_what_they_lead_to_and_only_the_box_owns_it() {
        let mut world = World::new();
        let u32_ = world.uint(4);
        let boxed = world.pointer("alloc::boxed::Box<u32>", Some(u32_), PointerFlavour::Box);
        let shared = world.pointer("&u32", Some(u32_), PointerFlavour::Shared);
        world.put(0x5000, &7_u32.to_le_bytes());
        let span = |hold| HeapSpan { pointer: VirtAddr(0x5000), used: 4, capacity: 4, hold };
        for (ty, hold) in [(boxed, Hold::Owner), (shared, Hold::Refers)] {
            let value = world.read_bytes(ty, &0x5000_u64.to_le_bytes());
            assert_eq!(world.text(&value), "7");
            assert_eq!(value.heap, Some(span(hold)));
        }
    }

    #[test]
    fn a_raw_pointer_is_not_followed_and_may_be_null() {
        let mut world = World::new();
        let u32_ = world.uint(4);
        let raw = world.pointer("*const u32", Some(u32_), PointerFlavour::Const);
        let value = world.read_bytes(raw, &0x5000_u64.to_le_bytes());
        assert_eq!(world.text(&value), "*const u32 → @5000");
        assert!(value.heap.is_some_and(|heap| heap.hold == Hold::Refers));
        let null = world.read_bytes(raw, &[0; 8]);
        assert_eq!((world.text(&null).as_str(), null.heap), ("*const u32 → null", None));
    }

    #[test]
    fn a_null_box_is_not_a_box_and_an_unmapped_one_says_where() {
        let mut world = World::new();
        let u32_ = world.uint(4);
        let boxed = world.pointer("alloc::boxed::Box<u32>", Some(u32_), PointerFlavour::Box);
        let null = world.read_bytes(boxed, &[0; 8]);
        assert_eq!(world.text(&null), "<not a valid Box: its pointer is null>");
        let value = world.read_bytes(boxed, &0x9000_u64.to_le_bytes());
        let ValueKind::Pointer(Pointer { pointee: Some(pointee), .. }) = &value.kind else {
            panic!("{value:?}");
        };
        let unmapped = Unreadable::Unmapped { at: VirtAddr(0x9000) };
        assert_eq!(pointee.kind, ValueKind::Unreadable(unmapped));
        assert_eq!(world.text(&value), "<unmapped>");
    }

    #[test]
    fn a_box_that_holds_itself_ends() {
        let mut world = World::new();
        let (node, boxed) = world.self_boxing_node();
        world.put(0x5000, &0x5000_u64.to_le_bytes());
        let value = world.read_bytes(node, &0x5000_u64.to_le_bytes());
        assert_eq!(world.text(&value), "Node { next: Node { next: … } }");
        let cut = value.field("next").map(|next| &next.kind);
        let Some(ValueKind::Pointer(Pointer { pointee: Some(inner), .. })) = cut else {
            panic!("{value:?}");
        };
        let Some(ValueKind::Pointer(Pointer { pointee: Some(again), .. })) =
            inner.field("next").map(|next| &next.kind)
        else {
            panic!("{inner:?}");
        };
        assert_eq!(again.kind, ValueKind::Cut(Cut::Cycle));
        assert_eq!(world.size(boxed), 8);
    }
}
