//! Maps, sets and lists as rustc 1.95 lays them out.

use std::sync::Arc;

use super::World;
use crate::dwarf::{Field, PointerFlavour, TypeKind, TypeRef};

impl World {
    /// Bytes from the start of an internal node of [`World::btree_map`] to its edges.
    pub(crate) const EDGES: u64 = 192;

    /// The type with these arguments.
    pub(in crate::value) fn with_params(
        &mut self,
        id: TypeRef,
        params: &[(&str, TypeRef)],
    ) -> TypeRef {
        let params = params.iter().map(|(name, ty)| ((*name).into(), *ty));
        Arc::make_mut(&mut self.types[id.0]).params.extend(params);
        id
    }

    fn raw_table_of(&mut self, entry: TypeRef) -> TypeRef {
        let (word, byte) = (self.uint(8), self.uint(1));
        let raw = self.pointer("*const u8", Some(byte), PointerFlavour::Const);
        let ctrl = self.record("core::ptr::NonNull<u8>", 8, 8, &[("pointer", raw, 0)]);
        let fields = [
            ("bucket_mask", word, 8),
            ("ctrl", ctrl, 0),
            ("growth_left", word, 16),
            ("items", word, 24),
        ];
        let inner = self.record("hashbrown::raw::RawTableInner", 32, 8, &fields);
        let table = self.record("hashbrown::raw::RawTable<T>", 32, 8, &[("table", inner, 0)]);
        self.with_params(table, &[("T", entry)])
    }

    /// A map of pairs with the value directly behind the key. Its words: ctrl, bucket_mask,
    /// growth_left, items.
    pub(crate) fn hash_map_of(&mut self, key: TypeRef, value: TypeRef) -> TypeRef {
        let offset = self.size_or(key, 8);
        let end = self.size_or(value, 8);
        let size = offset.saturating_add(end).checked_next_multiple_of(8).unwrap_or(u64::MAX);
        let pair = self.tuple_struct("(K, V)", size, 8, &[(key, 0), (value, offset)]);
        let table = self.raw_table_of(pair);
        let hashbrown = [("table", table, 0)];
        let base = self.record("hashbrown::map::HashMap<K, V>", 32, 8, &hashbrown);
        let name = "std::collections::hash::map::HashMap<K, V>";
        self.record(name, 32, 8, &[("base", base, 0)])
    }

    pub(crate) fn hash_set_of(&mut self, element: TypeRef) -> TypeRef {
        let size = self.size_or(element, 8);
        let unit = self.unit();
        let pair = self.tuple_struct("(T, ())", size, 4, &[(element, 0), (unit, size)]);
        let table = self.raw_table_of(pair);
        let map = self.record("hashbrown::map::HashMap<T, ()>", 32, 8, &[("table", table, 0)]);
        let base = self.record("hashbrown::set::HashSet<T>", 32, 8, &[("map", map, 0)]);
        self.record("std::collections::hash::set::HashSet<T>", 32, 8, &[("base", base, 0)])
    }

    /// `{"Ada": 36, "B": 7}` with four buckets, of which the second and the third are full; gives
    /// the words of the map.
    pub(crate) fn put_hash_map(&mut self) -> [u64; 4] {
        self.put_words(0x5000, &[0, 0, 0, 0, 1, 0x6100, 1, 7, 3, 0x6000, 3, 36, 0, 0, 0, 0]);
        let mut control = [0xff; 20];
        (control[1], control[2]) = (0x11, 0x7f);
        self.put(0x5080, &control);
        self.put(0x6000, b"Ada");
        self.put(0x6100, b"B");
        [0x5080, 3, 1, 2]
    }

    /// `Option<NonNull<T>>` of a type, around a struct of that name.
    pub(in crate::value) fn option_of(&mut self, inner: TypeRef, size: u64) -> TypeRef {
        let tag = self.uint(8);
        let none = self.marker("core::option::Option::None");
        let some = self.tuple_struct("core::option::Option::Some", size, 8, &[(inner, 0)]);
        let variants: [(&str, &[u128], _); 2] =
            [("None", &[0], Some(none)), ("Some", &[], Some(some))];
        self.enumeration("core::option::Option<T>", size, 8, Some((tag, 0)), &variants)
    }

    pub(in crate::value) fn non_null(&mut self, to: TypeRef) -> TypeRef {
        let raw = self.pointer("*const T", Some(to), PointerFlavour::Const);
        self.record("core::ptr::NonNull<T>", 8, 8, &[("pointer", raw, 0)])
    }

    /// A union whose fields all begin where it does.
    pub(in crate::value) fn named_union(
        &mut self,
        name: &str,
        size: u64,
        fields: &[(&str, TypeRef)],
    ) -> TypeRef {
        let field =
            |(name, ty): &(&str, TypeRef)| Field { name: (*name).into(), ty: *ty, offset: 0 };
        let fields = fields.iter().map(field).collect();
        self.named(name, size, 8, TypeKind::Union { fields })
    }

    /// A `BTreeMap<u64, u64>`. Its words: the root, its height, the length.
    pub(crate) fn btree_map(&mut self) -> TypeRef {
        let (word, short) = (self.uint(8), self.uint(2));
        let array = self.array(word, 11);
        // The two kinds of nodes refer to each other: the internal one comes ten types later.
        let internal = TypeRef(self.types.len() + 6);
        let parent = self.non_null(internal);
        let parent = self.option_of(parent, 8);
        let fields =
            [("parent", parent, 0), ("keys", array, 8), ("vals", array, 96), ("len", short, 186)];
        assert_eq!(self.types.len(), internal.0);
        let leaf = TypeRef(internal.0 + 1);
        let edges = [("data", leaf, 0), ("edges", array, Self::EDGES)];
        self.record("alloc::collections::btree::node::InternalNode<u64, u64>", 288, 8, &edges);
        let node =
            self.record("alloc::collections::btree::node::LeafNode<u64, u64>", 192, 8, &fields);
        assert_eq!(node, leaf);
        let leaf = self.with_params(leaf, &[("K", word), ("V", word)]);
        let node = self.non_null(leaf);
        let fields = [("height", word, 8), ("node", node, 0)];
        let root = self.record("alloc::collections::btree::node::NodeRef<K, V>", 16, 8, &fields);
        let root = self.option_of(root, 16);
        let fields = [("root", root, 0), ("length", word, 16)];
        let map = self.record("alloc::collections::btree::map::BTreeMap<u64, u64>", 24, 8, &fields);
        self.with_params(map, &[("K", word), ("V", word)])
    }

    /// A node of [`World::btree_map`] without edges.
    pub(crate) fn put_leaf(&mut self, at: u64, parent: u64, keys: &[u64], vals: &[u64]) {
        let mut words = [0; 24];
        words[0] = parent;
        words[1..1 + keys.len()].copy_from_slice(keys);
        words[12..12 + vals.len()].copy_from_slice(vals);
        words[23] = (keys.len() as u64) << 16;
        self.put_words(at, &words);
    }

    /// A list whose nodes are the element, the next node and the previous one.
    pub(crate) fn linked_list_of(&mut self, element: TypeRef) -> TypeRef {
        let word = self.uint(8);
        let size = self.size_or(element, 8);
        let end = size.saturating_add(16);
        let node = TypeRef(self.types.len() + 6);
        let link = self.non_null(node);
        let link = self.option_of(link, 8);
        let fields =
            [("next", link, size), ("prev", link, size.saturating_add(8)), ("element", element, 0)];
        let name = "alloc::collections::linked_list::Node<T>";
        assert_eq!(self.record(name, end, 8, &fields), node);
        let fields = [("head", link, 0), ("tail", link, 8), ("len", word, 16)];
        self.record("alloc::collections::linked_list::LinkedList<T>", 24, 8, &fields)
    }

    /// An `IndexMap<u64, u64>`. Its words: those of a `Vec`, then those of a table.
    pub(crate) fn index_map(&mut self) -> TypeRef {
        let word = self.uint(8);
        let fields = [("hash", word, 0), ("key", word, 8), ("value", word, 16)];
        let bucket = self.record("indexmap::Bucket<u64, u64>", 24, 8, &fields);
        let entries = self.vec_of(bucket, true);
        let raw = self.raw_table_of(word);
        let indices = self.record("hashbrown::table::HashTable<usize>", 32, 8, &[("raw", raw, 0)]);
        let indices = self.with_params(indices, &[("T", word)]);
        let fields = [("indices", indices, 24), ("entries", entries, 0)];
        let core = self.record("indexmap::inner::Core<u64, u64>", 56, 8, &fields);
        self.record("indexmap::map::IndexMap<u64, u64>", 56, 8, &[("core", core, 0)])
    }
}
