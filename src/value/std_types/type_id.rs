//! `TypeId`: a hash of sixteen bytes, written as `{:?}` writes it.

use super::{Look, Parts};
use crate::base::Unreadable;
use crate::dwarf::Type;
use crate::value::ValueKind;

pub(super) fn is(ty: &Type) -> bool {
    ty.is_std("TypeId")
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    let hash = look.walk.number(look.at.source, look.ty().size.unwrap_or(0))?;
    Ok(Parts::Made(ValueKind::Plain(format!("TypeId({hash:#034x})"))))
}

#[cfg(test)]
mod tests {
    use crate::value::testing::World;

    #[test]
    fn a_type_id_is_its_hash_and_no_pair_of_pointers() {
        let mut world = World::new();
        let word = world.uint(8);
        let words = world.array(word, 2);
        let ty = world.record("core::any::TypeId", 16, 8, &[("data", words, 0)]);
        let text = world.text(&world.read_words(ty, &[0xfedc_ba98_7654_3210, 1]));
        assert_eq!(text, "TypeId(0x0000000000000001fedcba9876543210)");
    }
}
