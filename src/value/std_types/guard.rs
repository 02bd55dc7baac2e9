//! What is borrowed from a cell or a lock: `Ref`, `RefMut`, `MutexGuard`, `RwLockReadGuard`,
//! `RwLockWriteGuard`, the mapped ones, and those of the crate `lock_api`, which are parking_lot's.
//! Each is shown as the value that it gives access to, which it does not own.

use super::behind::Tail;
use super::{Look, Parts, members};
use crate::base::{Hold, Unreadable};
use crate::dwarf::{PointerFlavour, Type};
use crate::value::{HeapSpan, Pointer};

/// The guards, and whether they let one write.
const GUARDS: [(&str, bool); 11] = [
    ("Ref", false),
    ("RefMut", true),
    ("MutexGuard", true),
    ("RwLockReadGuard", false),
    ("RwLockWriteGuard", true),
    ("RwLockUpgradableReadGuard", false),
    ("MappedMutexGuard", true),
    ("MappedRwLockReadGuard", false),
    ("MappedRwLockWriteGuard", true),
    ("ReentrantLockGuard", false),
    ("ReentrantMutexGuard", false),
];

/// What the guards call the lock that they lead to.
const LOCKS: [&str; 4] = ["lock", "mutex", "rwlock", "remutex"];

pub(super) fn is(ty: &Type) -> bool {
    let of_crate = |name: &str| ty.is_std(name) || &*ty.krate == "lock_api";
    GUARDS.iter().any(|(name, _)| &*ty.base_name == *name && of_crate(name))
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    let types = look.walk.reader.types;
    let writes = GUARDS.iter().any(|(name, writes)| *writes && &*look.ty().base_name == *name);
    // Some lead to the value itself, others to the lock around it.
    let value = ["value", "data"].iter().find_map(|name| look.find_peeled(name).ok());
    let (fat, id, offset) = match value {
        Some(pointer) => {
            let fat = look.fat(&pointer)?;
            (fat, fat.to, 0)
        }
        None => {
            let lock = LOCKS.iter().find_map(|name| look.find_peeled(name).ok());
            let lock = lock.ok_or_else(|| members::missing(look.ty(), "lock"))?;
            let fat = look.fat(&lock)?;
            let data = members::find(types, &*types.get(fat.to)?, "data")?;
            (fat, data.id, data.offset)
        }
    };
    let pointee = look.pointee(&fat, id, offset, true)?;
    let vtable = match fat.tail {
        Tail::Vtable(vtable) => Some(vtable),
        Tail::Thin | Tail::Length(_) => None,
    };
    let flavour = if writes { PointerFlavour::Unique } else { PointerFlavour::Shared };
    let target = fat.target + pointee.offset;
    let (used, hold) = (pointee.size, Hold::Refers);
    let heap = HeapSpan { pointer: target, used, capacity: used, hold };
    let pointer = Pointer { target, flavour, pointee: pointee.value, vtable, counts: Vec::new() };
    Ok(Parts::Pointer(pointer, (used != 0).then_some(heap)))
}

#[cfg(test)]
mod tests {
    use crate::base::{Hold, VirtAddr};
    use crate::dwarf::PointerFlavour;
    use crate::value::HeapSpan;
    use crate::value::testing::World;

    #[test]
    fn a_guard_shows_the_value_and_does_not_own_it() {
        let mut world = World::new();
        let (word, u32_) = (world.uint(8), world.uint(4));
        let raw = world.pointer("*mut u32", Some(u32_), PointerFlavour::Mut);
        let non_null =
            world.record("core::ptr::non_null::NonNull<u32>", 8, 8, &[("pointer", raw, 0)]);
        let fields = [("value", non_null, 0), ("borrow", word, 8)];
        let ty = world.record("core::cell::RefMut<u32>", 16, 8, &fields);
        world.put(0x5000, &7_u32.to_le_bytes());
        let value = world.read_words(ty, &[0x5000, 0]);
        assert_eq!(world.text(&value), "7");
        let span = HeapSpan { pointer: VirtAddr(0x5000), used: 4, capacity: 4, hold: Hold::Refers };
        assert_eq!(value.heap, Some(span));
    }

    #[test]
    fn the_guards_of_lock_api_lead_through_their_locks_as_well() {
        let mut world = World::new();
        let u32_ = world.uint(4);
        let lock = world.record("lock_api::rwlock::RwLock<R, u32>", 12, 4, &[("data", u32_, 8)]);
        let shared = world.pointer("&RwLock<R, u32>", Some(lock), PointerFlavour::Shared);
        let name = "lock_api::rwlock::RwLockReadGuard<R, u32>";
        let guard = world.record(name, 8, 8, &[("rwlock", shared, 0)]);
        world.put_words(0x5000, &[0, 9]);
        let value = world.read_words(guard, &[0x5000]);
        assert_eq!(world.text(&value), "9");
        assert_eq!(value.heap.map(|heap| heap.hold), Some(Hold::Refers));
    }

    #[test]
    fn a_mutex_guard_leads_through_its_lock_to_the_data() {
        let mut world = World::new();
        let u32_ = world.uint(4);
        let cell = world.record("core::cell::UnsafeCell<u32>", 4, 4, &[("value", u32_, 0)]);
        let fields = [("inner", u32_, 0), ("data", cell, 8)];
        let lock = world.record("std::sync::poison::mutex::Mutex<u32>", 12, 4, &fields);
        let shared = world.pointer("&Mutex<u32>", Some(lock), PointerFlavour::Shared);
        let ty =
            world.record("std::sync::poison::mutex::MutexGuard<u32>", 8, 8, &[("lock", shared, 0)]);
        world.put_words(0x5000, &[1, 9]);
        let value = world.read_words(ty, &[0x5000]);
        assert_eq!(world.text(&value), "9");
        assert_eq!(value.heap.map(|heap| heap.pointer), Some(VirtAddr(0x5008)));
        let lost = world.read_words(ty, &[0x9000]);
        assert_eq!(world.text(&lost), "<unmapped>");
    }
}
