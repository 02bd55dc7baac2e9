//! Ranges of scalars, as they are written: `1..5`, `..=4`.

use super::{Look, Parts};
use crate::base::Unreadable;
use crate::dwarf::Type;
use crate::value::text::scalar;
use crate::value::{Value, ValueKind};

pub(super) fn is(ty: &Type) -> bool {
    ["Range", "RangeInclusive", "RangeFrom", "RangeTo", "RangeToInclusive", "RangeFull"]
        .iter()
        .any(|name| ty.is_std(name))
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    let whole = look.walk.by_kind(&look.at);
    Ok(Parts::Made(match written(&whole, &look.ty().base_name) {
        Some(text) => ValueKind::Plain(text),
        None => whole.kind,
    }))
}

/// None where an end is no scalar, and where the range was run to its end: then its fields tell
/// more.
fn written(whole: &Value, name: &str) -> Option<String> {
    if let Some(exhausted) = whole.field("exhausted")
        && exhausted.kind != ValueKind::Bool(false)
    {
        return None;
    }
    let end = |name| match whole.field(name) {
        Some(value) => scalar(value),
        None => Some(String::new()),
    };
    // The ranges of `core::range` call the end of those that include it `last`.
    let last = if whole.field("last").is_some() { "last" } else { "end" };
    let dots = if name.ends_with("Inclusive") { "..=" } else { ".." };
    Some(format!("{}{dots}{}", end("start")?, end(last)?))
}

#[cfg(test)]
mod tests {
    use crate::dwarf::Encoding;
    use crate::value::testing::World;

    #[test]
    fn ranges_of_scalars_are_written_with_dots() {
        let mut world = World::new();
        let (u8_, bool_) = (world.uint(1), world.base("bool", Encoding::Bool, 1));
        let range = world.record(
            "core::ops::range::Range<u8>",
            2,
            1,
            &[("start", u8_, 0), ("end", u8_, 1)],
        );
        assert_eq!(world.text(&world.read_bytes(range, &[1, 5])), "1..5");
        let to = world.record("core::ops::range::RangeToInclusive<u8>", 1, 1, &[("end", u8_, 0)]);
        assert_eq!(world.text(&world.read_bytes(to, &[4])), "..=4");
        let full = world.marker("core::ops::range::RangeFull");
        assert_eq!(world.text(&world.read_bytes(full, &[])), "..");
        let fields = [("start", u8_, 0), ("end", u8_, 1), ("exhausted", bool_, 2)];
        let ty = world.record("core::ops::range::RangeInclusive<u8>", 3, 1, &fields);
        assert_eq!(world.text(&world.read_bytes(ty, &[1, 2, 0])), "1..=2");
        let run = "RangeInclusive { start: 2, end: 2, exhausted: true }";
        assert_eq!(world.text(&world.read_bytes(ty, &[2, 2, 1])), run);
        let ty = world.record(
            "core::range::RangeInclusive<u8>",
            2,
            1,
            &[("start", u8_, 0), ("last", u8_, 1)],
        );
        assert_eq!(world.text(&world.read_bytes(ty, &[1, 2])), "1..=2");
        let string = world.string();
        let fields = [("start", string, 0)];
        let from = world.record("core::ops::range::RangeFrom<String>", 24, 8, &fields);
        world.put(0x5000, b"a");
        let text = world.text(&world.read_words(from, &[1, 0x5000, 1]));
        assert_eq!(text, "RangeFrom { start: \"a\" }");
    }
}
