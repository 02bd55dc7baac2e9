//! `OnceCell<T>`, `OnceLock<T>`, `LazyCell<T>`, `LazyLock<T>`: a value, once it is there; and `Once`
//! itself, with that of the crate `parking_lot`.
//!
//! The cells hold an enum that says it. The locks hold bytes and a `Once`: what was not completed
//! is not read.

use super::{Look, Member, Parts, Told, lock, state};
use crate::base::Unreadable;
use crate::dwarf::Type;

pub(super) fn is(ty: &Type) -> bool {
    const NAMES: [&str; 5] = ["OnceCell", "OnceLock", "LazyCell", "LazyLock", "Once"];
    NAMES.iter().any(|name| ty.is_std(name)) || is_parking_lots(ty)
}

fn is_parking_lots(ty: &Type) -> bool {
    &*ty.krate == "parking_lot" && &*ty.base_name == "Once"
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    if is_parking_lots(look.ty()) || look.ty().is_std("Once") {
        return once(look);
    }
    if look.ty().is_std("OnceCell") {
        return Ok(Parts::Inside(look.find("inner")?));
    }
    if look.ty().is_std("LazyCell") {
        return Ok(Parts::Inside(look.find("state")?));
    }
    let lazy = look.ty().is_std("LazyLock");
    let cell = look.find(if lazy { "data" } else { "value" })?;
    let id = look.param("T")?;
    let ty = look.walk.reader.types.get(id)?;
    // The states of a futex Once, without the bit for threads that wait.
    let variant = match lock::half_word(look, "state_and_queued")? & 3 {
        0 => {
            let value = Told::Member(Member { id, ty, offset: cell.offset });
            let variant = if lazy { "Init" } else { "Some" };
            return Ok(Parts::Variant(variant, Some(value)));
        }
        1 => "Running",
        2 => "Poisoned",
        _ if lazy => "Uninit",
        _ => "None",
    };
    Ok(Parts::Variant(variant, None))
}

/// What `{:?}` of parking_lot's prints: the state alone.
fn once(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    let name = if is_parking_lots(look.ty()) {
        let bits = look.find_peeled("__0")?;
        let bits = look.walk.number(&look.at.source.at(bits.offset), 1)?;
        // DONE_BIT, POISON_BIT and LOCKED_BIT of `parking_lot::once`.
        match bits {
            _ if bits & 1 != 0 => "Done",
            _ if bits & 4 != 0 => "InProgress",
            _ if bits & 2 != 0 => "Poisoned",
            _ => "New",
        }
    } else {
        match lock::half_word(look, "state_and_queued")? & 3 {
            0 => "Complete",
            1 => "Running",
            2 => "Poisoned",
            _ => "Incomplete",
        }
    };
    Ok(Parts::Told(vec![("state", Told::Made("OnceState", state(name)))]))
}

#[cfg(test)]
mod tests {
    use crate::value::testing::World;

    #[test]
    fn a_once_is_its_state() {
        let mut world = World::new();
        let (u8_, u32_) = (world.uint(1), world.uint(4));
        let fields = [("state_and_queued", u32_, 0)];
        let inner = world.record("std::sys::sync::once::futex::Once", 4, 4, &fields);
        let once = world.record("std::sync::once::Once", 4, 4, &[("inner", inner, 0)]);
        let lot = world.tuple_struct("parking_lot::once::Once", 1, 1, &[(u8_, 0)]);
        let text = |ty, state: u32| world.text(&world.read_bytes(ty, &state.to_le_bytes()));
        let expected = |state: &str| format!("Once {{ state: {state} }}");
        for (state, name) in (0..).zip(["Complete", "Running", "Poisoned", "Incomplete"]) {
            assert_eq!(text(once, state), expected(name));
        }
        assert_eq!(text(once, 1 | 4), expected("Running"), "with others waiting");
        for (bits, name) in [(0, "New"), (1, "Done"), (2, "Poisoned"), (4 | 8, "InProgress")] {
            assert_eq!(text(lot, bits), expected(name));
        }
    }

    #[test]
    fn a_once_lock_is_read_only_when_it_is_complete() {
        let mut world = World::new();
        let u32_ = world.uint(4);
        let once = world.record("std::sync::once::Once", 4, 4, &[("state_and_queued", u32_, 0)]);
        let bytes = world.union("core::mem::maybe_uninit::MaybeUninit<u32>", 4, 4, &[u32_]);
        let cell = world.record("core::cell::UnsafeCell<_>", 4, 4, &[("value", bytes, 0)]);
        for (name, member, texts) in [
            (
                "std::sync::once_lock::OnceLock<u32>",
                "value",
                ["Some(7)", "Running", "Poisoned", "None"],
            ),
            (
                "std::sync::lazy_lock::LazyLock<u32>",
                "data",
                ["Init(7)", "Running", "Poisoned", "Uninit"],
            ),
        ] {
            let ty = world.record(name, 8, 4, &[(member, cell, 0), ("once", once, 4)]);
            let ty = world.with_element(ty, u32_);
            for (state, text) in (0_u64..).zip(texts) {
                let value = world.read_words(ty, &[7 | state << 32]);
                assert_eq!(world.text(&value), text);
            }
        }
    }
}
