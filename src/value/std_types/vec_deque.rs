//! `VecDeque<T>`: a `Vec`'s buffer used as a ring.

use super::{Look, Parts};
use crate::base::Unreadable;
use crate::dwarf::Type;

pub(super) fn is(ty: &Type) -> bool {
    ty.is_std("VecDeque")
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    let element = look.param("T")?;
    let row = look.growing_row(look.ty(), 0)?;
    Ok(Parts::Ring(row, look.word("head")?, element))
}

#[cfg(test)]
mod tests {
    use crate::value::testing::World;

    #[test]
    fn a_ring_is_read_from_its_head_around_its_end() {
        let mut world = World::new();
        let u32_ = world.uint(4);
        let ring = world.vec_deque_of(u32_);
        world.put(0x5000, &[3, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]);
        let value = world.read_words(ring, &[4, 0x5000, 2, 3]);
        assert_eq!(world.text(&value), "[1, 2, 3]");
        assert_eq!(value.heap.map(|heap| (heap.used, heap.capacity)), Some((12, 16)));
        let value = world.read_words(ring, &[4, 0x5000, 9, 3]);
        let text = "<not a valid VecDeque: its first index 9 is not below its capacity 4>";
        assert_eq!(world.text(&value), text);
    }
}
