//! `PathBuf` and `OsString`: on Unix a `Vec<u8>` that need not be UTF-8.

use super::{Look, Parts, string};
use crate::base::Unreadable;
use crate::dwarf::Type;

pub(super) fn is(ty: &Type) -> bool {
    ty.is_std("PathBuf") || ty.is_std("OsString")
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    string::read(look)
}

#[cfg(test)]
mod tests {
    use crate::value::testing::World;

    #[test]
    fn a_path_is_text_and_bytes_that_are_not_utf8_are_escaped() {
        let mut world = World::new();
        let string = world.string();
        let bytes = world.record("std::sys::os_str::bytes::Buf", 24, 8, &[("inner", string, 0)]);
        let os = world.record("std::ffi::os_str::OsString", 24, 8, &[("inner", bytes, 0)]);
        let path = world.record("std::path::PathBuf", 24, 8, &[("inner", os, 0)]);
        world.put(0x5000, b"/tmp/\xff");
        let value = world.read_words(path, &[8, 0x5000, 6]);
        assert_eq!(world.text(&value), r#""/tmp/\xFF""#);
    }
}
