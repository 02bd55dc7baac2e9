//! Where all elements of a container are, for who goes through them one by one.

use super::{FAMILIES, Look, Parts};
use crate::base::VirtAddr;
use crate::dwarf::{TypeKind, TypeRef};
use crate::value::HeapSpan;
use crate::value::place::Source;
use crate::value::read::{At, Walk};
use crate::value::std_types::entries::Shape;

/// Wrappers around a container that are opened.
const WRAPPERS: usize = 8;

/// Where the elements or entries of a container are.
#[derive(Clone, PartialEq, Debug)]
pub(in crate::value) struct Places {
    /// The type of the elements, or of the keys.
    pub(in crate::value) key: TypeRef,
    /// The type of the values, for a map.
    pub(in crate::value) value: Option<TypeRef>,
    /// Where they are.
    pub(in crate::value) at: PlacesAt,
    /// The memory that holds them, the value's own first.
    pub(in crate::value) blocks: Vec<HeapSpan>,
}

#[derive(Clone, PartialEq, Debug)]
pub(in crate::value) enum PlacesAt {
    /// One behind the other: from each of these addresses on so many.
    Rows { stride: u64, rows: [(VirtAddr, u64); 2] },
    /// Key and value at addresses of their own.
    Listed(Vec<(VirtAddr, VirtAddr)>),
}

impl Places {
    /// How many there are.
    pub(in crate::value) fn len(&self) -> u64 {
        match &self.at {
            PlacesAt::Rows { rows, .. } => {
                rows.iter().fold(0, |sum, (_, len)| sum.saturating_add(*len))
            }
            PlacesAt::Listed(at) => at.len() as u64,
        }
    }

    /// Where the element is, or the key and the value.
    pub(in crate::value) fn get(&self, index: u64) -> Option<(VirtAddr, VirtAddr)> {
        match &self.at {
            PlacesAt::Listed(at) => at.get(usize::try_from(index).ok()?).copied(),
            PlacesAt::Rows { stride, rows: [(first, len), (second, more)] } => {
                let at = match index.checked_sub(*len) {
                    None => *first + index.saturating_mul(*stride),
                    Some(behind) if behind < *more => *second + behind.saturating_mul(*stride),
                    Some(_) => return None,
                };
                Some((at, at))
            }
        }
    }

    /// Elements of one type, one behind the other.
    pub(in crate::value) fn in_a_row(
        element: TypeRef,
        stride: u64,
        first: VirtAddr,
        len: u64,
    ) -> Places {
        Places::rows(element, stride, [(first, len), (first, 0)])
    }

    fn rows(key: TypeRef, stride: u64, rows: [(VirtAddr, u64); 2]) -> Places {
        Places { key, value: None, at: PlacesAt::Rows { stride, rows }, blocks: Vec::new() }
    }
}

impl Walk<'_> {
    /// Where the elements of a container are, as many of them as the limit on elements allows where
    /// they do not lie in a row. None for what is no container, or is broken.
    pub(in crate::value) fn places(&mut self, id: TypeRef, source: &Source) -> Option<Places> {
        self.places_only = true;
        let (mut id, mut source) = (id, source.clone());
        for _ in 0..WRAPPERS {
            let ty = self.reader.types.get(id).ok()?;
            let at = At { id, ty: &ty, source: &source, depth: 0 };
            if let TypeKind::Array { element, count } = ty.kind {
                let start = source.place(ty.size?).address()?;
                let stride = self.size_of(element);
                return Some(Places::in_a_row(element, stride, start, count));
            }
            let family = FAMILIES.iter().find(|family| (family.of)(&ty))?;
            let parts = (family.read)(&mut Look { walk: &mut *self, at }).ok()?;
            match parts {
                Parts::Row(row, element) => {
                    let stride = self.size_of(element);
                    return Some(Places::in_a_row(element, stride, row.pointer, row.len));
                }
                Parts::Ring(row, first, element) => {
                    let stride = self.size_of(element);
                    let room = row.capacity.unwrap_or(row.len).saturating_sub(first);
                    let before_end = if stride == 0 { row.len } else { row.len.min(room) };
                    let head = row.pointer + first.saturating_mul(stride);
                    let around = row.len.saturating_sub(before_end);
                    let rows = [(head, before_end), (row.pointer, around)];
                    return Some(Places::rows(element, stride, rows));
                }
                Parts::Entries(entries) => {
                    let value = match entries.shape {
                        Shape::Map(value) => Some(value),
                        Shape::List | Shape::Set => None,
                    };
                    let at = PlacesAt::Listed(entries.at);
                    return Some(Places { key: entries.key, value, at, blocks: entries.blocks });
                }
                Parts::Inside(member) => {
                    source = source.at(member.offset);
                    id = member.id;
                }
                _ => return None,
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::World;

    fn places(world: &World, ty: TypeRef, words: &[u64]) -> Option<Places> {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let source = Source::new(&crate::dwarf::Location::Value(bytes));
        world.with_reader(|reader| Walk::new(reader).places(ty, &source))
    }

    #[test]
    fn the_elements_of_a_ring_are_in_two_rows() {
        let mut world = World::new();
        let u32_ = world.uint(4);
        let ring = world.vec_deque_of(u32_);
        let places = places(&world, ring, &[4, 0x5000, 2, 3]).unwrap();
        let at: Vec<_> = (0..4).map(|index| places.get(index).map(|(at, _)| at.0)).collect();
        assert_eq!(at, [Some(0x5008), Some(0x500c), Some(0x5000), None]);
        assert_eq!(places.len(), 3);
    }

    #[test]
    fn the_entries_of_a_table_are_listed_with_their_block() {
        let mut world = World::new();
        let (string, u32_) = (world.string(), world.uint(4));
        let map = world.hash_map_of(string, u32_);
        let words = world.put_hash_map();
        let places = places(&world, map, &words).unwrap();
        let PlacesAt::Listed(at) = &places.at else { panic!("{places:?}") };
        assert_eq!(at.len(), 2);
        assert!(at.iter().all(|(key, value)| *value - *key == 24));
        assert_eq!((places.key, places.value, places.blocks.len()), (string, Some(u32_), 1));
    }

    #[test]
    fn what_is_no_container_has_no_elements() {
        let mut world = World::new();
        let (word, string) = (world.uint(8), world.string());
        assert_eq!(places(&world, word, &[1]), None);
        assert_eq!(places(&world, string, &[1, 0x5000, 1]), None);
    }
}
