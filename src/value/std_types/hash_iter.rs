//! What remains of the iterators of hash maps and hash sets, std's and hashbrown's.
//!
//! A `RawIterRange` keeps the full buckets of the group that it is in as bits, where that group's
//! buckets end, and where the next group of control bytes begins (hashbrown's `raw`).

use super::entries::{Entries, Shape, field, pointee, words};
use super::hash_table::{CHUNK, GROUP, MOST_SEARCHED};
use super::{Look, Parts, members};
use crate::base::{Hold, Unreadable, VirtAddr};
use crate::dwarf::Type;
use crate::value::HeapSpan;
use crate::value::place::Source;

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
    let found = match remaining(look, len, look.walk.size_of(pair)) {
        Ok(found) => found,
        Err(reason) => return Ok(Parts::Broken(words(look.address("data")?, len), reason)),
    };
    let name = look.ty().base_name.clone();
    let of_set = look.ty().name.contains("::set::");
    let (shape, key, first) = match &*name {
        name if name.contains("Values") => (Shape::List, value, value_offset),
        name if name.contains("Keys") || of_set => (Shape::List, key, key_offset),
        _ => (Shape::Map(value), key, key_offset),
    };
    let at = found.into_iter().map(|entry| (entry + first, entry + value_offset)).collect();
    let blocks = allocation(look, len.saturating_mul(look.walk.size_of(pair)))?;
    Ok(Parts::Entries(Entries { shape, len, key, at, blocks: blocks.into_iter().collect() }))
}

/// Control bytes that are searched for full buckets: as many reads as a table is given.
const MOST: u64 = MOST_SEARCHED / CHUNK * GROUP;

/// Where the first of the `len` entries that remain are.
fn remaining(look: &mut Look<'_, '_>, len: u64, stride: u64) -> Result<Vec<VirtAddr>, Unreadable> {
    let wanted = look.wanted(len);
    let group = look.find_peeled("current_group")?;
    if group.ty.size != Some(2) {
        return Err(members::missing(look.ty(), "current_group"));
    }
    let mut bits = look.walk.number(&look.at.source.at(group.offset), 2)? as u64;
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
