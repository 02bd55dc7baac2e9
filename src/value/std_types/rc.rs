//! `Rc<T>`, `Arc<T>` and their `Weak`s: a pointer to two counts and the value.

use super::{Look, Member, Parts, members};
use crate::base::{Hold, Unreadable, VirtAddr};
use crate::dwarf::{PointerFlavour, Type, TypeKind};
use crate::value::place::Source;
use crate::value::{HeapSpan, Pointer};

pub(super) fn is(ty: &Type) -> bool {
    ty.is_std("Rc") || ty.is_std("Arc") || is_weak(ty)
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    let pointer = look.find_peeled("ptr")?;
    let TypeKind::Pointer { to: Some(inner), .. } = pointer.ty.kind else {
        // A fat pointer: to a slice, a str or a dyn behind the counts.
        return Err(Unreadable::NotDescribed("its pointer is not a thin one".to_owned()));
    };
    let target = VirtAddr(look.word_of(&pointer)?);
    let inner = Member { id: inner, ty: look.walk.reader.types.get(inner)?, offset: 0 };
    let weak = is_weak(look.ty());
    if weak && target.0 == u64::MAX {
        // `Weak::new` points at usize::MAX: it never had a value, nor counts.
        let counts = vec![("strong", 0), ("weak", 0)];
        return Ok(Parts::Pointer(share(target, None, counts), None));
    }
    let strong = count(look, target, &inner, "strong")?;
    let weaks = count(look, target, &inner, "weak")?;
    // All strong pointers together hold one weak count, so that the block outlives the value.
    let others = if strong > 0 { weaks.saturating_sub(1) } else { weaks };
    // An Arc's is called `data`. Not searched deeper: the counts are cells with a `value` as well.
    let value = inner.ty.field("value").or_else(|| inner.ty.field("data"));
    let value = value.ok_or_else(|| members::missing(&inner.ty, "value"))?;
    let depth = look.at.depth;
    let alive = !weak && strong > 0;
    let pointee = alive.then(|| Box::new(look.walk.follow(value.ty, target + value.offset, depth)));
    let size = inner.ty.size.unwrap_or(0);
    let hold = if weak { Hold::Refers } else { Hold::Shares };
    let heap = HeapSpan { pointer: target, used: size, capacity: size, hold };
    let counts = vec![("strong", strong), ("weak", others)];
    Ok(Parts::Pointer(share(target, pointee, counts), Some(heap)))
}

fn is_weak(ty: &Type) -> bool {
    ty.is_std("Weak")
}

fn share(
    target: VirtAddr,
    pointee: Option<Box<crate::value::Value>>,
    counts: Vec<(&'static str, u64)>,
) -> Pointer {
    Pointer { target, flavour: PointerFlavour::Shared, pointee, vtable: None, counts }
}

fn count(
    look: &mut Look<'_, '_>,
    target: VirtAddr,
    inner: &Member,
    name: &str,
) -> Result<u64, Unreadable> {
    let types = look.walk.reader.types;
    let member = members::peel(types, members::find(types, &inner.ty, name)?);
    Ok(look.walk.number(&Source::Memory(target + member.offset), 8)? as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::ValueKind;
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
    fn a_dangling_rc_says_that_nothing_is_mapped() {
        let (world, ty) = world("alloc::sync::Arc<u32, alloc::alloc::Global>");
        let value = world.read_words(ty, &[0x9000]);
        assert_eq!(world.text(&value), "<unmapped>");
    }
}
