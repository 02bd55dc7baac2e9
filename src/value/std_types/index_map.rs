//! `IndexMap` and `IndexSet` of the crate `indexmap`: a `Vec` of entries, and a table of indices
//! into it.

use super::entries::field;
use super::{Look, Parts, hash_table, members};
use crate::base::Unreadable;
use crate::dwarf::Type;
use crate::value::shape::{Entries, EntriesKind};

pub(super) fn is(ty: &Type) -> bool {
    &*ty.krate == "indexmap" && matches!(&*ty.base_name, "IndexMap" | "IndexSet")
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    let types = look.walk.reader.types;
    let entries = look.find("entries")?;
    let bucket = entries.ty.param("T").ok_or_else(|| members::missing(&entries.ty, "T"))?;
    let bucket_type = types.get(bucket)?;
    let (key_offset, key) = field(&bucket_type, "key")?;
    let (value_offset, value) = field(&bucket_type, "value")?;
    // A set is a map to `()`.
    let is_map = &*look.ty().base_name == "IndexMap";
    let kind = if is_map { EntriesKind::Map(value) } else { EntriesKind::Set };
    let row = look.growing_row(&entries.ty, entries.offset)?;
    let stride = look.walk.size_of(bucket);
    let indices = look.find("indices")?;
    let table = hash_table::table(look, &indices)?;
    let spans = row.span(stride).and_then(|entries| Ok([entries, table.span()?]));
    let blocks = match spans {
        Ok(spans) => spans.into_iter().flatten().collect(),
        Err(what) => return Ok(Parts::Broken(row, look.at.invalid(&what))),
    };
    let place = |index: u64| {
        let entry = row.pointer + index.saturating_mul(stride);
        (entry + key_offset, entry + value_offset)
    };
    let at = (0..look.wanted(row.len) as u64).map(place).collect();
    Ok(Parts::Entries(Entries { kind, len: row.len, key, at, blocks }))
}

#[cfg(test)]
mod tests {
    use crate::value::testing::World;

    #[test]
    fn entries_are_read_in_their_order_and_the_indices_are_a_block_of_their_own() {
        let mut world = World::new();
        let map = world.index_map();
        world.put_words(0x5000, &[0xaaaa, 7, 70, 0xbbbb, 8, 80]);
        // Entries: capacity, pointer, length. Indices: ctrl, mask, room, items.
        let words = [2, 0x5000, 2, 0x6020, 3, 1, 2];
        let value = world.read_words(map, &words);
        assert_eq!(world.text(&value), "{7: 70, 8: 80}");
        let listed: Vec<_> = value
            .heap_parts()
            .into_iter()
            .map(|part| (part.path, part.pointer.0, part.capacity))
            .collect();
        // Four indices of 8 bytes, four control bytes and a group.
        let indices = (".node[1]".to_owned(), 0x6000, 52);
        assert_eq!(listed, [(String::new(), 0x5000, 48), indices]);
        let value = world.read_words(map, &[1, 0x5000, 2, 0x6020, 3, 1, 2]);
        let text = "<not a valid IndexMap: its length 2 exceeds its capacity 1>";
        assert_eq!(world.text(&value), text);
    }
}
