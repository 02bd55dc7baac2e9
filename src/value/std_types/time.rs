//! `Duration`, `Instant` and `SystemTime`.

use std::time::Duration as Std;

use super::{Look, Parts};
use crate::base::Unreadable;
use crate::dwarf::Type;
use crate::value::ValueKind;

pub(super) fn is(ty: &Type) -> bool {
    ["Duration", "Instant", "SystemTime"].iter().any(|name| ty.is_std(name))
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    if !look.ty().is_std("Duration") {
        // Since the boot of the machine, or since 1970 (clock_gettime(2)).
        let seconds = look.find("tv_sec")?;
        return Ok(Parts::Named(vec![
            ("tv_sec", seconds),
            ("tv_nsec", look.find_peeled("tv_nsec")?),
        ]));
    }
    let seconds = look.word("secs")?;
    let member = look.find_peeled("nanos")?;
    let nanos = look.walk.number(&look.at.source.at(member.offset), 4)? as u32;
    if nanos >= 1_000_000_000 {
        return Err(look.at.invalid("its nanoseconds are a second or more"));
    }
    Ok(Parts::Made(ValueKind::Plain(format!("{:?}", Std::new(seconds, nanos)))))
}

#[cfg(test)]
mod tests {
    use crate::dwarf::Encoding;
    use crate::value::testing::World;

    #[test]
    fn a_duration_is_written_in_its_unit_and_must_be_possible() {
        let mut world = World::new();
        let (u64_, u32_) = (world.uint(8), world.uint(4));
        let nanos = world.tuple_struct("core::num::niche_types::Nanoseconds", 4, 4, &[(u32_, 0)]);
        let fields = [("secs", u64_, 0), ("nanos", nanos, 8)];
        let ty = world.record("core::time::Duration", 16, 8, &fields);
        assert_eq!(world.text(&world.read_words(ty, &[1, 500_000_000])), "1.5s");
        assert_eq!(world.text(&world.read_words(ty, &[0, 1_000])), "1µs");
        let bad = world.text(&world.read_words(ty, &[0, 1_000_000_000]));
        assert_eq!(bad, "<not a valid Duration: its nanoseconds are a second or more>");
    }

    #[test]
    fn an_instant_shows_its_clock() {
        let mut world = World::new();
        let (i64_, u32_) = (world.base("i64", Encoding::Signed, 8), world.uint(4));
        let fields = [("tv_sec", i64_, 0), ("tv_nsec", u32_, 8)];
        let clock = world.record("std::sys::time::unix::Timespec", 16, 8, &fields);
        let ty = world.tuple_struct("std::time::Instant", 16, 8, &[(clock, 0)]);
        let text = world.text(&world.read_words(ty, &[5, 7]));
        assert_eq!(text, "Instant { tv_sec: 5, tv_nsec: 7 }");
    }
}
