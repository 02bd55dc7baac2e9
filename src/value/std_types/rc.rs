//! `Rc<T>`, `Arc<T>` and their `Weak`s: a pointer to two counts and the value.

use super::behind::{Fat, Tail};
use super::{Look, Member, Parts, members};
use crate::base::{Hold, Unreadable, VirtAddr};
use crate::dwarf::{PointerFlavour, Type};
use crate::value::{HeapSpan, Pointer, Value, ValueKind};

pub(super) fn is(ty: &Type) -> bool {
    ty.is_std("Rc") || ty.is_std("Arc") || is_weak(ty)
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    let pointer = look.find_peeled("ptr")?;
    let fat = look.fat(&pointer)?;
    let target = fat.target;
    let weak = is_weak(look.ty());
    if weak && target.0 == u64::MAX {
        // `Weak::new` points at usize::MAX: it never had a value, nor counts.
        let counts = vec![("strong", 0), ("weak", 0)];
        return Ok(Parts::Pointer(share(&fat, None, counts), None));
    }
    let inner = Member { id: fat.to, ty: look.walk.reader.types.get(fat.to)?, offset: 0 };
    let strong = count(look, target, &inner, "strong")?;
    let weaks = count(look, target, &inner, "weak")?;
    // All strong pointers together hold one weak count, so that the block outlives the value.
    let others = if strong > 0 { weaks.saturating_sub(1) } else { weaks };
    // An Arc's is called `data`. Not searched deeper: the counts are cells with a `value` as well.
    let value = inner.ty.field("value").or_else(|| inner.ty.field("data"));
    let value = value.ok_or_else(|| members::missing(&inner.ty, "value"))?;
    let alive = !weak && strong > 0;
    let mut pointee = look.pointee(&fat, value.ty, value.offset, alive)?;
    if !weak && !alive {
        let why = Unreadable::Invalid(format!("{}: its value was dropped", look.ty().base_name));
        pointee.value = Some(Box::new(look.at.value(ValueKind::Unreadable(why))));
    }
    let size = match fat.tail {
        Tail::Thin => inner.ty.size.unwrap_or(0),
        // The counts are words, and the whole is padded to the larger alignment of the two.
        _ => pointee
            .offset
            .saturating_add(pointee.size)
            .checked_next_multiple_of(pointee.align.max(8))
            .unwrap_or(0),
    };
    // One whose value was dropped holds the block no longer: only a `Weak` can keep it.
    let hold = if alive { Hold::Shares } else { Hold::Refers };
    let heap = HeapSpan { pointer: target, used: size, capacity: size, hold };
    let counts = vec![("strong", strong), ("weak", others)];
    Ok(Parts::Pointer(share(&fat, pointee.value, counts), Some(heap)))
}

fn is_weak(ty: &Type) -> bool {
    ty.is_std("Weak")
}

fn share(fat: &Fat, pointee: Option<Box<Value>>, counts: Vec<(&'static str, u64)>) -> Pointer {
    let vtable = match fat.tail {
        Tail::Vtable(vtable) => Some(vtable),
        Tail::Thin | Tail::Length(_) => None,
    };
    Pointer { target: fat.target, flavour: PointerFlavour::Shared, pointee, vtable, counts }
}

fn count(
    look: &mut Look<'_, '_>,
    target: VirtAddr,
    inner: &Member,
    name: &str,
) -> Result<u64, Unreadable> {
    let types = look.walk.reader.types;
    look.word_behind(target, &members::find(types, &inner.ty, name)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::World;

    fn world(name: &str) -> (World, crate::dwarf::TypeRef) {
        let mut world = World::new();
        let (word, u32_) = (world.uint(8), world.uint(4));
        let cell = world.record("core::cell::Cell<usize>", 8, 8, &[("value", word, 0)]);
        let fields = [("strong", cell, 0), ("weak", cell, 8), ("value", u32_, 16)];
        let inner = world.record("alloc::rc::RcInner<u32>", 24, 8, &fields);
        let raw = world.pointer("*const RcInner<u32>", Some(inner), PointerFlavour::Const);
        let fields = [("pointer", raw, 0)];
        let non_null = world.record("core::ptr::non_null::NonNull<_>", 8, 8, &fields);
        let ty = world.record(name, 8, 8, &[("ptr", non_null, 0)]);
        world.put_words(0x5000, &[2, 3, 7]);
        (world, ty)
    }

    #[test]
    fn an_rc_shows_its_value_and_its_counts() {
        let (world, ty) = world("alloc::rc::Rc<u32, alloc::alloc::Global>");
        let value = world.read_words(ty, &[0x5000]);
        assert_eq!(world.text(&value), "7");
        let ValueKind::Pointer(pointer) = &value.kind else { panic!("{value:?}") };
        assert_eq!(pointer.counts, [("strong", 2), ("weak", 2)]);
        assert!(value.heap.is_some_and(|heap| heap.hold == Hold::Shares && heap.capacity == 24));
    }

    #[test]
    fn a_weak_does_not_own_and_a_new_one_leads_nowhere() {
        let (world, ty) = world("alloc::rc::Weak<u32, alloc::alloc::Global>");
        let value = world.read_words(ty, &[0x5000]);
        assert_eq!(world.text(&value), "(Weak)");
        assert!(value.heap.is_some_and(|heap| heap.hold == Hold::Refers));
        let new = world.read_words(ty, &[u64::MAX]);
        assert_eq!((world.text(&new).as_str(), new.heap), ("(Weak)", None));
    }

    #[test]
    fn an_rc_that_only_weak_pointers_keep_has_no_value() {
        let (mut world, ty) = world("alloc::rc::Rc<u32, alloc::alloc::Global>");
        world.put_words(0x6000, &[0, 1, 7]);
        let value = world.read_words(ty, &[0x6000]);
        assert_eq!(world.text(&value), "<not a valid Rc: its value was dropped>");
        assert!(value.heap.is_some_and(|heap| heap.hold == Hold::Refers));
    }

    #[test]
    fn a_dangling_rc_says_that_nothing_is_mapped() {
        let (world, ty) = world("alloc::sync::Arc<u32, alloc::alloc::Global>");
        let value = world.read_words(ty, &[0x9000]);
        assert_eq!(world.text(&value), "<unmapped>");
    }

    /// An `Rc` of an unsized type, with the counts 1 and 1 at 0x5000 and `tail` at its end.
    fn unsized_rc(name: &str, tail: &str, of: Option<u64>) -> (World, crate::dwarf::TypeRef) {
        let mut world = World::new();
        let word = world.uint(8);
        let element = match of {
            Some(size) => world.uint(size),
            None => world.marker("dyn krate::Shape"),
        };
        let fields = [("strong", word, 0), ("weak", word, 8), ("value", element, 16)];
        let inner = world.record("alloc::rc::RcInner<_>", 16, 8, &fields);
        let raw = world.pointer("*const RcInner<_>", Some(inner), PointerFlavour::Const);
        let first = if tail == "length" { "data_ptr" } else { "pointer" };
        let fat = world.record("*const RcInner<_>", 16, 8, &[(first, raw, 0), (tail, word, 8)]);
        let non_null =
            world.record("core::ptr::non_null::NonNull<_>", 16, 8, &[("pointer", fat, 0)]);
        let ty = world.record(name, 16, 8, &[("ptr", non_null, 0)]);
        (world, ty)
    }

    #[test]
    fn counted_slices_and_texts_are_read_to_their_length() {
        let (mut world, ty) =
            unsized_rc("alloc::rc::Rc<[u16], alloc::alloc::Global>", "length", Some(2));
        world.put_words(0x5000, &[1, 1, 1 | 2 << 16 | 3 << 32]);
        let value = world.read_words(ty, &[0x5000, 3]);
        assert_eq!(world.text(&value), "[1, 2, 3]");
        assert_eq!(value.heap.map(|heap| (heap.used, heap.hold)), Some((24, Hold::Shares)));
        let mad = world.read_words(ty, &[0x5000, u64::MAX]);
        assert!(world.text(&mad).starts_with("<not a valid Rc: "), "{mad:?}");
        let (mut world, ty) =
            unsized_rc("alloc::rc::Rc<str, alloc::alloc::Global>", "length", Some(1));
        world.put_words(0x5000, &[1, 1, 0x63_62_61]);
        let value = world.read_words(ty, &[0x5000, 3]);
        assert_eq!(world.text(&value), "\"abc\"");
        assert_eq!(value.heap_parts().len(), 1, "the text is a part of the one block");
        let (mut world, ty) = unsized_rc(
            "alloc::sync::Arc<std::path::Path, alloc::alloc::Global>",
            "length",
            Some(1),
        );
        world.put_words(0x5000, &[1, 1, 0x63_62_2f]);
        assert_eq!(world.text(&world.read_words(ty, &[0x5000, 3])), "\"/bc\"");
    }

    #[test]
    fn a_counted_dyn_shows_the_concrete_value_behind_its_padding() {
        let name = "alloc::rc::Rc<dyn krate::Shape, alloc::alloc::Global>";
        let (mut world, ty) = unsized_rc(name, "vtable", None);
        let u32_ = world.uint(4);
        let big = world.record("krate::Big", 64, 64, &[("big", u32_, 0)]);
        world.vtable(0x7000, big, 64);
        world.put_words(0x5000, &[1, 1]);
        world.put(0x5040, &5_u32.to_le_bytes());
        let value = world.read_words(ty, &[0x5000, 0x7000]);
        assert_eq!(world.text(&value), "Big { big: 5 }");
        assert_eq!(value.heap.map(|heap| heap.used), Some(128));
        let unknown = world.read_words(ty, &[0x5000, 0x7800]);
        assert_eq!(world.text(&unknown), format!("{name} → @5000"));
    }
}
