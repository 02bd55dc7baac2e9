//! `fmt::Arguments`, what `format_args!` gives: its text, where it is one literal.
//!
//! The pointer to the arguments is then no pointer: it has its lowest bit set, and the others are
//! the length of the text that `template` points to (`core::fmt::Arguments`). Any other can only be
//! written by the program itself, and is shown by its members.

use super::{Look, Parts, Row};
use crate::base::{Hold, Unreadable};
use crate::dwarf::Type;

pub(super) fn is(ty: &Type) -> bool {
    ty.is_std("Arguments") && ty.field("template").is_some() && ty.field("args").is_some()
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    let args = look.word("args")?;
    if args & 1 == 0 {
        let (template, args) = (look.find("template")?, look.find("args")?);
        return Ok(Parts::Named(vec![("template", template), ("args", args)]));
    }
    let pointer = look.address("template")?;
    Ok(Parts::Text(Row { pointer, len: args >> 1, capacity: None, hold: Hold::Refers }))
}

#[cfg(test)]
mod tests {
    use crate::dwarf::PointerFlavour;
    use crate::value::testing::World;

    #[test]
    fn arguments_of_one_literal_are_its_text() {
        let mut world = World::new();
        let byte = world.uint(1);
        let raw = world.pointer("*const u8", Some(byte), PointerFlavour::Const);
        let fields = [("template", raw, 0), ("args", raw, 8)];
        let ty = world.record("core::fmt::Arguments", 16, 8, &fields);
        world.put(0x5000, b"a literal");
        assert_eq!(world.text(&world.read_words(ty, &[0x5000, 9 << 1 | 1])), "\"a literal\"");
        let other = world.text(&world.read_words(ty, &[0x5000, 0x6000]));
        assert_eq!(other, "Arguments { template: *const u8 → @5000, args: *const u8 → @6000 }");
        assert_eq!(world.text(&world.read_words(ty, &[0x9000, 9 << 1 | 1])), "<unmapped>");
    }
}
