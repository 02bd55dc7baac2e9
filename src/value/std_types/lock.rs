//! `Mutex<T>` and `RwLock<T>`: the value, who has it, and whether a holder panicked; and the locks of
//! the crate `parking_lot`, which are those of `lock_api` around its `RawMutex` and `RawRwLock`.

use super::{Look, Parts, Told, members};
use crate::base::Unreadable;
use crate::dwarf::Type;
use crate::value::ValueKind;

pub(super) fn is(ty: &Type) -> bool {
    // The lock of the operating system inside has the same name and no data.
    let std = ty.is_std("Mutex") || ty.is_std("RwLock");
    (std || is_lock_api(ty)) && ty.field("data").is_some()
}

fn is_lock_api(ty: &Type) -> bool {
    &*ty.krate == "lock_api" && matches!(&*ty.base_name, "Mutex" | "RwLock")
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    if is_lock_api(look.ty()) {
        return parking_lot(look);
    }
    let data = look.find("data")?;
    let mut told = vec![("data", Told::Member(data))];
    if look.ty().is_std("Mutex") {
        // A futex: 0 is free, 1 locked, 2 locked with others waiting.
        let locked = half_word(look, "futex")? != 0;
        told.push(("locked", Told::Made("bool", ValueKind::Bool(locked))));
    } else {
        // The low thirty bits count the readers; all of them set is a writer.
        const WRITER: u32 = (1 << 30) - 1;
        let holders = half_word(look, "state")? & WRITER;
        let readers = if holders == WRITER { 0 } else { holders };
        told.extend(readers_and_writer(readers.into(), holders == WRITER));
    }
    // The locks of `std::sync::nonpoison` have none.
    if let Ok(poison) = look.find_peeled("poison") {
        let poisoned = look.walk.number(&look.at.source.at(poison.offset), 1)? != 0;
        told.push(("poisoned", Told::Made("bool", ValueKind::Bool(poisoned))));
    }
    Ok(Parts::Told(told))
}

fn readers_and_writer(readers: u64, writer: bool) -> [(&'static str, Told); 2] {
    [
        ("readers", Told::Made("u32", ValueKind::Uint(readers.into()))),
        ("writer", Told::Made("bool", ValueKind::Bool(writer))),
    ]
}

fn parking_lot(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    let data = look.find("data")?;
    let raw = look.find("raw")?;
    // Other crates put other locks into `lock_api`, with states of their own.
    if &*raw.ty.krate != "parking_lot" {
        return Err(members::missing(look.ty(), "state"));
    }
    let state = members::peel(look.walk.reader.types, raw);
    let size = state.ty.size.unwrap_or(0);
    let bits = look.walk.number(&look.at.source.at(state.offset), size)? as u64;
    let mut told = vec![("data", Told::Member(data))];
    if &*look.ty().base_name == "Mutex" {
        // LOCKED_BIT of `parking_lot::raw_mutex`; the next one says that threads wait.
        told.push(("locked", Told::Made("bool", ValueKind::Bool(bits & 1 != 0))));
    } else {
        // WRITER_BIT and ONE_READER of `parking_lot::raw_rwlock`. While there are readers, the bit
        // says that a writer waits for them.
        let readers = bits >> 4;
        told.extend(readers_and_writer(readers, readers == 0 && bits & 8 != 0));
    }
    Ok(Parts::Told(told))
}

/// The atomic `u32` in the member of that name.
pub(super) fn half_word(look: &mut Look<'_, '_>, name: &str) -> Result<u32, Unreadable> {
    let member = look.find_peeled(name)?;
    if member.ty.size != Some(4) {
        return Err(members::missing(look.ty(), name));
    }
    Ok(look.walk.number(&look.at.source.at(member.offset), 4)? as u32)
}

#[cfg(test)]
mod tests {
    use crate::dwarf::TypeRef;
    use crate::value::testing::World;

    /// A lock whose word has that name, with a `u16` of data at offset 6.
    fn lock(world: &mut World, name: &str, word: &str) -> TypeRef {
        let (u8_, u16_, u32_) = (world.uint(1), world.uint(2), world.uint(4));
        let atomic = world.record("core::sync::atomic::AtomicU32", 4, 4, &[("v", u32_, 0)]);
        let inner = world.record("std::sys::sync::Lock", 4, 4, &[(word, atomic, 0)]);
        let flag = world.record("std::sync::poison::Flag", 1, 1, &[("failed", u8_, 0)]);
        let cell = world.record("core::cell::UnsafeCell<u16>", 2, 2, &[("value", u16_, 0)]);
        world.record(name, 8, 4, &[("inner", inner, 0), ("poison", flag, 4), ("data", cell, 6)])
    }

    #[test]
    fn a_mutex_says_whether_it_is_locked_and_poisoned() {
        let mut world = World::new();
        let ty = lock(&mut world, "std::sync::poison::mutex::Mutex<u16>", "futex");
        let text = |bytes: &[u8]| world.text(&world.read_bytes(ty, bytes));
        let free = "Mutex { data: 7, locked: false, poisoned: false }";
        assert_eq!(text(&[0, 0, 0, 0, 0, 0, 7, 0]), free);
        let both = "Mutex { data: 7, locked: true, poisoned: true }";
        assert_eq!(text(&[2, 0, 0, 0, 1, 0, 7, 0]), both);
    }

    #[test]
    fn an_rw_lock_counts_its_readers_and_knows_its_writer() {
        let mut world = World::new();
        let ty = lock(&mut world, "std::sync::poison::rwlock::RwLock<u16>", "state");
        let text = |state: u32| {
            let mut bytes = [0, 0, 0, 0, 0, 0, 7, 0];
            bytes[..4].copy_from_slice(&state.to_le_bytes());
            world.text(&world.read_bytes(ty, &bytes))
        };
        let expected = |readers: u32, writer: bool| {
            format!("RwLock {{ data: 7, readers: {readers}, writer: {writer}, poisoned: false }}")
        };
        assert_eq!(text(0), expected(0, false));
        assert_eq!(text(1 << 31 | 2), expected(2, false));
        assert_eq!(text((1 << 30) - 1), expected(0, true));
    }

    #[test]
    fn parking_lots_locks_keep_their_holders_in_bits() {
        let mut world = World::new();
        let (u8_, word) = (world.uint(1), world.uint(8));
        let cell = world.record("core::cell::UnsafeCell<u8>", 1, 1, &[("value", u8_, 0)]);
        let mut lock = |krate: &str, name: &str, of| {
            let raw = world.record(&format!("{krate}::Raw"), 8, 8, &[("state", of, 0)]);
            world.record(name, 16, 8, &[("raw", raw, 0), ("data", cell, 8)])
        };
        let mutex = lock("parking_lot", "lock_api::mutex::Mutex<R, u8>", u8_);
        let rw = lock("parking_lot", "lock_api::rwlock::RwLock<R, u8>", word);
        let other = lock("spin", "lock_api::mutex::Mutex<R, u8>", u8_);
        let text = |ty, state: u64| world.text(&world.read_words(ty, &[state, 7]));
        assert_eq!(text(mutex, 0), "Mutex { data: 7, locked: false }");
        assert_eq!(text(mutex, 3), "Mutex { data: 7, locked: true }");
        assert_eq!(text(rw, 2 << 4 | 4), "RwLock { data: 7, readers: 2, writer: false }");
        assert_eq!(text(rw, 8), "RwLock { data: 7, readers: 0, writer: true }");
        // The writer waits for the reader.
        assert_eq!(text(rw, 1 << 4 | 8), "RwLock { data: 7, readers: 1, writer: false }");
        assert_eq!(text(other, 1), "Mutex { raw: Raw { state: 1 }, data: 7 }");
    }

    #[test]
    fn a_lock_that_cannot_be_poisoned_does_not_say_that_it_is_not() {
        let mut world = World::new();
        let u32_ = world.uint(4);
        let fields = [("futex", u32_, 0), ("data", u32_, 4)];
        let ty = world.record("std::sync::nonpoison::mutex::Mutex<u32>", 8, 4, &fields);
        let text = world.text(&world.read_words(ty, &[7 << 32 | 1]));
        assert_eq!(text, "Mutex { data: 7, locked: true }");
    }

    #[test]
    fn a_lock_of_another_build_is_shown_raw() {
        let mut world = World::new();
        let ty = lock(&mut world, "std::sync::poison::mutex::Mutex<u16>", "ticket");
        let value = world.read_bytes(ty, &[0; 8]);
        assert!(matches!(value.kind, crate::value::ValueKind::Raw { .. }), "{value:?}");
    }
}
