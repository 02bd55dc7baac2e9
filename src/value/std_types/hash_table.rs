//! `HashMap`, `HashSet` and hashbrown's tables, on which std's are built.
//!
//! One block holds the buckets and, behind them, a control byte for each: its top bit is clear
//! where the bucket is full. `ctrl` points between the two; bucket 0 ends there and the others
//! lie before it (`RawTableInner` and `TableLayout::calculate_layout_for` in hashbrown's `raw`).

use super::entries::field;
use super::{Look, Member, Parts, Row, members};
use crate::base::{Hold, Unreadable, VirtAddr};
use crate::dwarf::{Type, TypeRef};
use crate::value::HeapSpan;
use crate::value::place::Source;
use crate::value::shape::{Entries, EntriesKind};

/// Control bytes that are looked at together: the width of an SSE2 register, which every x86-64
/// has. So many lie behind those of the buckets, and the control bytes are aligned to it.
pub(super) const GROUP: u64 = 16;

/// Control bytes that are searched for full buckets.
pub(super) const MOST_SEARCHED: u64 = 64 * 1024;

/// Control bytes that are searched for each entry that is wanted, where that is more.
const BUCKETS_EACH: u64 = 16;

/// Control bytes that are read at once.
pub(super) const CHUNK: u64 = 256;

/// The words of a table.
pub(super) struct Table {
    ctrl: VirtAddr,
    bucket_mask: u64,
    items: u64,
    /// Bytes of an entry.
    stride: u64,
    /// Its type.
    entry: TypeRef,
}

pub(super) fn is(ty: &Type) -> bool {
    let std = ty.is_std("HashMap") || ty.is_std("HashSet");
    let names = ["HashMap", "HashSet", "HashTable", "RawTable"];
    std || &*ty.krate == "hashbrown" && names.contains(&&*ty.base_name)
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    let types = look.walk.reader.types;
    let name = look.ty().base_name.clone();
    let of_pairs = matches!(&*name, "HashMap" | "HashSet");
    let raw = match of_pairs {
        true => look.find("table")?,
        false => Member { id: look.at.id, ty: types.get(look.at.id)?, offset: 0 },
    };
    let table = table(look, &raw)?;
    let (blocks, full) = match table.open(look) {
        Ok(found) => found,
        Err(reason) => return Ok(Parts::Broken(table.words(), reason)),
    };
    let ((key_offset, key), value) = if of_pairs {
        let pair = types.get(table.entry)?;
        // A set is a map to `()`.
        let value = if &*name == "HashMap" { Some(field(&pair, "__1")?) } else { None };
        (field(&pair, "__0")?, value)
    } else {
        ((0, table.entry), None)
    };
    let kind = value.map_or(EntriesKind::Set, |(_, ty)| EntriesKind::Map(ty));
    let value_offset = value.map_or(0, |(offset, _)| offset);
    let place = |index: &u64| {
        let entry = table.address(*index);
        (entry + key_offset, entry + value_offset)
    };
    let at = full.iter().map(place).collect();
    Ok(Parts::Entries(Entries { kind, len: table.items, key, at, blocks }))
}

/// The words of the table that a member is, or holds.
pub(super) fn table(look: &mut Look<'_, '_>, raw: &Member) -> Result<Table, Unreadable> {
    let entry = raw.ty.param("T").ok_or_else(|| members::missing(&raw.ty, "T"))?;
    Ok(Table {
        ctrl: VirtAddr(look.word_in(raw, "ctrl")?),
        bucket_mask: look.word_in(raw, "bucket_mask")?,
        items: look.word_in(raw, "items")?,
        stride: look.walk.size_of(entry),
        entry,
    })
}

impl Table {
    /// The block that holds the table; none where nothing was allocated.
    ///
    /// # Errors
    /// A sentence that says which of the words cannot be.
    pub(super) fn span(&self) -> Result<Option<HeapSpan>, String> {
        let buckets = self.buckets().filter(|buckets| buckets.is_power_of_two());
        let buckets = buckets.ok_or("its number of buckets is not a power of two")?;
        // At least one bucket of eight stays empty, so that a search ends.
        let room = if buckets < 8 { self.bucket_mask } else { buckets / 8 * 7 };
        if self.items > room {
            return Err(format!("its length {} exceeds its capacity {room}", self.items));
        }
        if self.bucket_mask == 0 {
            // An empty table has one group of control bytes, which is not on the heap.
            return Ok(None);
        }
        let too_large =
            || format!("{buckets} buckets of {} bytes do not fit into memory", self.stride);
        // A type aligned to more than a group fills its buckets up to that alignment.
        let before = self.stride.checked_mul(buckets);
        let before = before.and_then(|bytes| bytes.checked_next_multiple_of(GROUP));
        let before = before.ok_or_else(too_large)?;
        let bytes = before.checked_add(buckets).and_then(|bytes| bytes.checked_add(GROUP));
        let capacity = bytes.filter(|bytes| i64::try_from(*bytes).is_ok()).ok_or_else(too_large)?;
        let start = self.ctrl.0.checked_sub(before).filter(|start| *start != 0);
        let pointer = VirtAddr(start.ok_or("its buckets begin before the address space")?);
        if pointer.checked_add(capacity).is_none() {
            return Err("its end lies beyond the address space".to_owned());
        }
        let used = self.stride.saturating_mul(self.items);
        Ok(Some(HeapSpan { pointer, used, capacity, hold: Hold::Owner }))
    }

    /// The block of the table, and which of its buckets are the first full ones.
    fn open(&self, look: &mut Look<'_, '_>) -> Result<(Vec<HeapSpan>, Vec<u64>), Unreadable> {
        let span = self.span().map_err(|what| look.at.invalid(&what))?;
        let wanted = look.wanted(self.items);
        // One that asks for many entries is let search further: a table may be nearly empty.
        let most = MOST_SEARCHED.max((wanted as u64).saturating_mul(BUCKETS_EACH));
        let searched = self.buckets().unwrap_or(0).min(most);
        let mut full = Vec::new();
        let mut next = 0;
        while next < searched && full.len() < wanted {
            let len = searched.saturating_sub(next).min(CHUNK);
            let control = look.walk.bytes(&Source::Memory(self.ctrl + next), len as usize)?;
            let here = (next..).zip(control).filter(|(_, byte)| byte & 0x80 == 0);
            full.extend(here.map(|(index, _)| index));
            next = next.saturating_add(len);
        }
        if full.len() < wanted && self.buckets() == Some(searched) {
            let what = format!("its control bytes mark {} of {} entries", full.len(), self.items);
            return Err(look.at.invalid(&what));
        }
        full.truncate(wanted);
        Ok((span.into_iter().collect(), full))
    }

    pub(super) fn words(&self) -> Row {
        Row {
            pointer: self.ctrl,
            len: self.items,
            capacity: Some(self.buckets().unwrap_or(u64::MAX)),
            hold: Hold::Owner,
        }
    }

    fn buckets(&self) -> Option<u64> {
        self.bucket_mask.checked_add(1)
    }

    fn address(&self, index: u64) -> VirtAddr {
        let back = index.saturating_add(1).saturating_mul(self.stride);
        VirtAddr(self.ctrl.0.saturating_sub(back))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::World;

    fn ages() -> (World, TypeRef, [u64; 4]) {
        let mut world = World::new();
        let (string, u32_) = (world.string(), world.uint(4));
        let map = world.hash_map_of(string, u32_);
        let words = world.put_hash_map();
        (world, map, words)
    }

    #[test]
    fn a_map_is_read_from_its_full_buckets_and_owns_the_block_around_them() {
        let (world, map, words) = ages();
        let value = world.read_words(map, &words);
        assert_eq!(world.text(&value), r#"{"Ada": 36, "B": 7}"#);
        // Four buckets of 32 bytes, then four control bytes and a group.
        let span =
            HeapSpan { pointer: VirtAddr(0x5000), used: 64, capacity: 148, hold: Hold::Owner };
        assert_eq!(value.heap, Some(span));
        let parts = value.heap_parts();
        let paths: Vec<_> = parts.iter().map(|part| part.path.as_str()).collect();
        assert_eq!(paths, ["", r#"["Ada"].key"#, r#"["B"].key"#]);
    }

    #[test]
    fn a_set_shows_its_elements_and_says_how_many_are_left() {
        let mut world = World::new();
        let u32_ = world.uint(4);
        let set = world.hash_set_of(u32_);
        // Sixteen buckets before 0x5040: number 3 is deleted, number 15 empty, the others full.
        world.put(0x5000, &(0..16_u32).rev().flat_map(u32::to_le_bytes).collect::<Vec<u8>>());
        let mut control = [0_u8; 32];
        (control[3], control[15]) = (0x80, 0xff);
        world.put(0x5040, &control);
        world.limits.elements = 4;
        let value = world.read_words(set, &[0x5040, 15, 0, 14]);
        assert_eq!(world.text(&value), "{0, 1, 2, 4, … 10 more}");
        assert_eq!(value.heap_parts()[0].more, 10);
    }

    #[test]
    fn an_empty_table_owns_nothing() {
        let (world, map, _) = ages();
        let value = world.read_words(map, &[0x9000, 0, 0, 0]);
        assert_eq!((world.text(&value).as_str(), value.heap), ("{}", None));
    }

    #[test]
    fn a_garbage_table_tells_what_is_wrong() {
        let (world, map, [ctrl, mask, left, _]) = ages();
        let text = |words: &[u64]| world.text(&world.read_words(map, words));
        let wrong = |what: &str| format!("<not a valid HashMap: {what}>");
        assert_eq!(text(&[ctrl, 4, left, 1]), wrong("its number of buckets is not a power of two"));
        assert_eq!(
            text(&[ctrl, u64::MAX, left, 1]),
            wrong("its number of buckets is not a power of two")
        );
        assert_eq!(text(&[ctrl, mask, left, 4]), wrong("its length 4 exceeds its capacity 3"));
        assert_eq!(text(&[ctrl, mask, left, 3]), wrong("its control bytes mark 2 of 3 entries"));
        assert_eq!(text(&[64, mask, left, 1]), wrong("its buckets begin before the address space"));
        assert!(text(&[ctrl, (1 << 62) - 1, left, 1]).contains("do not fit into memory"));
        assert_eq!(text(&[0xdead_0000, mask, left, 1]), "<unmapped>");
    }

    #[test]
    fn a_map_without_its_table_is_shown_raw() {
        let mut world = World::new();
        let word = world.uint(8);
        let odd = world.record(
            "std::collections::hash::map::HashMap<u8, u8>",
            8,
            8,
            &[("trie", word, 0)],
        );
        assert_eq!(world.text(&world.read_words(odd, &[7])), "HashMap { trie: 7 }");
    }
}
