//! What remains of the iterators of hash maps and hash sets, std's and hashbrown's.
//!
//! A `RawIterRange` keeps the full buckets of the group that it is in as bits, where that group's
//! buckets end, and where the next group of control bytes begins (hashbrown's `raw`).

use super::entries::{field, pointee, words};
use super::hash_table::{CHUNK, GROUP, MOST_SEARCHED};
use super::{Look, Member, Parts, members};
use crate::base::{Hold, Unreadable, VirtAddr};
use crate::dwarf::Type;
use crate::value::HeapSpan;
use crate::value::place::Source;
use crate::value::shape::{Entries, EntriesKind};

pub(super) fn is(ty: &Type) -> bool {
    const NAMES: [&str; 9] = [
        "Iter",
        "IterMut",
        "IntoIter",
        "Keys",
        "Values",
        "ValuesMut",
        "IntoKeys",
        "IntoValues",
        "Drain",
    ];
    let home = ["std::collections::hash::", "hashbrown::map::", "hashbrown::set::"];
    NAMES.contains(&&*ty.base_name) && home.iter().any(|path| ty.name.starts_with(path))
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    let types = look.walk.reader.types;
    let len = look.word("items")?;
    let data = look.find("data")?;
    let pair = pointee(types, data.id).ok_or_else(|| members::missing(look.ty(), "data"))?;
    let pair_type = types.get(pair)?;
    let ((key_offset, key), (value_offset, value)) =
        (field(&pair_type, "__0")?, field(&pair_type, "__1")?);
    let group = look.find_peeled("current_group")?;
    // As many bits as a group has control bytes.
    if group.ty.size != Some(GROUP / 8) {
        return Err(members::missing(look.ty(), "current_group"));
    }
    let found = match remaining(look, &group, len, look.walk.size_of(pair)) {
        Ok(found) => found,
        Err(reason) => return Ok(Parts::Broken(words(look.address("data")?, len), reason)),
    };
    let name = look.ty().base_name.clone();
    let of_set = look.ty().name.contains("::set::");
    let (kind, key, first) = match &*name {
        name if name.contains("Values") => (EntriesKind::List, value, value_offset),
        name if name.contains("Keys") || of_set => (EntriesKind::List, key, key_offset),
        _ => (EntriesKind::Map(value), key, key_offset),
    };
    let at = found.into_iter().map(|entry| (entry + first, entry + value_offset)).collect();
    let blocks = allocation(look, len.saturating_mul(look.walk.size_of(pair)))?;
    Ok(Parts::Entries(Entries { kind, len, key, at, blocks: blocks.into_iter().collect() }))
}

/// Control bytes that are searched for full buckets: as many reads as a table is given.
const MOST: u64 = MOST_SEARCHED / CHUNK * GROUP;

/// Where the first of the `len` entries that remain are.
fn remaining(
    look: &mut Look<'_, '_>,
    group: &Member,
    len: u64,
    stride: u64,
) -> Result<Vec<VirtAddr>, Unreadable> {
    let wanted = look.wanted(len);
    let mut bits = look.walk.number(&look.at.source.at(group.offset), GROUP / 8)? as u64;
    // Bucket 0 of a group ends here, and the others lie before it.
    let mut end = look.address("data")?.0;
    let mut next = look.address("next_ctrl")?;
    let mut found = Vec::new();
    let mut searched = 0;
    loop {
        for bucket in (0..GROUP).filter(|bucket| bits >> bucket & 1 == 1) {
            let back = bucket.saturating_add(1).saturating_mul(stride);
            found.push(VirtAddr(end.saturating_sub(back)));
        }
        if found.len() >= wanted || searched >= MOST {
            break;
        }
        let control = look.walk.bytes(&Source::Memory(next), GROUP as usize)?;
        let full = (0_u64..).zip(control).filter(|(_, byte)| byte & 0x80 == 0);
        bits = full.fold(0, |bits, (bucket, _)| bits | 1 << bucket);
        end = end.saturating_sub(GROUP.saturating_mul(stride));
        next = next + GROUP;
        searched = searched.saturating_add(GROUP);
    }
    found.truncate(wanted);
    Ok(found)
}

/// The block of the table, where the iterator owns it: a pointer and a `Layout`.
fn allocation(look: &mut Look<'_, '_>, used: u64) -> Result<Option<HeapSpan>, Unreadable> {
    let Ok(allocation) = look.find("allocation") else { return Ok(None) };
    let (_, Some(some)) = look.variant_of(&allocation)? else { return Ok(None) };
    if some.ty.fields().is_empty() {
        return Ok(None);
    }
    let (pointer, capacity) = (look.word_in(&some, "pointer")?, look.word_in(&some, "size")?);
    let pointer = VirtAddr(pointer);
    Ok(Some(HeapSpan { pointer, used: used.min(capacity), capacity, hold: Hold::Owner }))
}

#[cfg(test)]
mod tests {
    use crate::dwarf::{PointerFlavour, TypeRef};
    use crate::value::testing::World;

    /// An iterator of pairs of `u64`. Its words: items, the pairs' end, the next control bytes, and
    /// the bits of the group.
    fn iter(world: &mut World, name: &str) -> TypeRef {
        let (word, short, byte) = (world.uint(8), world.uint(2), world.uint(1));
        let pair = world.tuple_struct("(u64, u64)", 16, 8, &[(word, 0), (word, 8)]);
        let data = world.non_null(pair);
        let raw = world.pointer("*const u8", Some(byte), PointerFlavour::Const);
        let bits = world.tuple_struct("hashbrown::control::bitmask::BitMask", 2, 2, &[(short, 0)]);
        let fields = [("data", data, 0), ("next_ctrl", raw, 8), ("current_group", bits, 16)];
        let range = world.record("hashbrown::raw::RawIterRange<(u64, u64)>", 24, 8, &fields);
        let fields = [("items", word, 0), ("iter", range, 8)];
        let raw = world.record("hashbrown::raw::RawIter<(u64, u64)>", 32, 8, &fields);
        world.record(name, 32, 8, &[("base", raw, 0)])
    }

    /// Buckets 1 and 2 of the group before 0x6000 are full, then the first of the next group.
    fn put(world: &mut World) -> [u64; 4] {
        world.put_words(0x5ef0, &[5, 50]);
        world.put_words(0x5fd0, &[3, 30, 2, 20, 1, 10]);
        let mut control = [0xff; 16];
        control[0] = 0x11;
        world.put(0x7010, &control);
        [3, 0x6000, 0x7010, 0b110]
    }

    #[test]
    fn what_remains_is_read_group_by_group() {
        let mut world = World::new();
        let entries = iter(&mut world, "std::collections::hash::map::Iter<u64, u64>");
        let keys = iter(&mut world, "std::collections::hash::map::Keys<u64, u64>");
        let values = iter(&mut world, "hashbrown::map::Values<u64, u64>");
        let words = put(&mut world);
        let text = |ty, words: &[u64]| world.text(&world.read_words(ty, words));
        assert_eq!(text(entries, &words), "{2: 20, 3: 30, 5: 50}");
        assert_eq!(text(keys, &words), "[2, 3, 5]");
        assert_eq!(text(values, &words), "[20, 30, 50]");
        assert_eq!(text(entries, &[0, 0x6000, 0x9000, 0]), "{}");
        assert_eq!(text(entries, &[9, 0x6000, 0x9000, 0]), "<unmapped>");
        assert_eq!(world.read_words(entries, &words).heap, None);
    }

    #[test]
    fn an_iterator_of_another_group_width_is_shown_raw() {
        let mut world = World::new();
        let (word, byte) = (world.uint(8), world.uint(1));
        let pair = world.tuple_struct("(u8, u8)", 2, 1, &[(byte, 0), (byte, 1)]);
        let data = world.non_null(pair);
        let fields = [("items", word, 0), ("data", data, 8), ("current_group", word, 16)];
        let ty = world.record("hashbrown::map::Iter<u8, u8>", 24, 8, &fields);
        let text = world.text(&world.read_words(ty, &[1, 0x5000, 1]));
        assert!(text.starts_with("Iter { items: 1, "), "{text}");
    }
}
