//! `Cell<T>`, `UnsafeCell<T>` and `RefCell<T>` with its borrows.

use super::{Look, Parts};
use crate::base::Unreadable;
use crate::dwarf::Type;

pub(super) fn is(ty: &Type) -> bool {
    ["Cell", "UnsafeCell", "RefCell"].iter().any(|name| ty.is_std(name))
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    let value = look.find("value")?;
    if !look.ty().is_std("RefCell") {
        return Ok(Parts::Inside(value));
    }
    // Positive: that many shared borrows; negative: borrowed mutably (core::cell::BorrowFlag).
    let borrow = look.find_peeled("borrow")?;
    Ok(Parts::Named(vec![("value", value), ("borrow", borrow)]))
}

#[cfg(test)]
mod tests {
    use crate::dwarf::Encoding;
    use crate::value::testing::World;

    #[test]
    fn a_ref_cell_shows_its_value_and_whether_it_is_borrowed() {
        let mut world = World::new();
        let (flag, u32_) = (world.base("isize", Encoding::Signed, 8), world.uint(4));
        let cell = world.record("core::cell::Cell<isize>", 8, 8, &[("value", flag, 0)]);
        let inner = world.record("core::cell::UnsafeCell<u32>", 4, 4, &[("value", u32_, 0)]);
        let fields = [("borrow", cell, 0), ("value", inner, 8)];
        let ty = world.record("core::cell::RefCell<u32>", 16, 8, &fields);
        let value = world.read_words(ty, &[u64::MAX, 7]);
        assert_eq!(world.text(&value), "RefCell { value: 7, borrow: -1 }");
        assert_eq!(world.text(&world.read_words(cell, &[3])), "3");
    }
}
