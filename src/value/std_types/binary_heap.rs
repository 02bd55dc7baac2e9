//! `BinaryHeap<T>`: a `Vec`, in the order of the heap. The first element is the greatest.

use super::{Look, Parts};
use crate::base::Unreadable;
use crate::dwarf::Type;

pub(super) fn is(ty: &Type) -> bool {
    ty.is_std("BinaryHeap")
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    Ok(Parts::Inside(look.find("data")?))
}

#[cfg(test)]
mod tests {
    use crate::value::testing::World;

    #[test]
    fn a_heap_is_read_as_the_vec_in_it() {
        let mut world = World::new();
        let u64_ = world.uint(8);
        let vec = world.vec_of(u64_, true);
        let name = "alloc::collections::binary_heap::BinaryHeap<u64>";
        let heap = world.record(name, 24, 8, &[("data", vec, 0)]);
        world.put_words(0x5000, &[9, 4, 7]);
        let value = world.read_words(heap, &[4, 0x5000, 3]);
        assert_eq!(world.text(&value), "[9, 4, 7]");
        assert_eq!(value.heap.map(|heap| (heap.used, heap.capacity)), Some((24, 32)));
        assert_eq!(&*value.type_name, name);
    }
}
