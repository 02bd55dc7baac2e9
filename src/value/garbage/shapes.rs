//! The types of std and of other crates that have a reader, with the members that it looks for, and
//! anything in them.

use super::{any, word};
use crate::base::garbage::Choices;
use crate::dwarf::{Encoding, Field, PointerFlavour, TypeKind, TypeRef};
use crate::value::testing::World;

/// How a type is named and what it is made of.
struct Shape {
    name: &'static str,
    fields: &'static [(&'static str, Part)],
}

/// What a member is.
enum Part {
    /// Any type.
    Any,
    /// An unsigned number of so many bytes.
    Uint(u64),
    /// A thin pointer to any type.
    ToAny,
    /// A thin pointer.
    To(&'static Shape),
    /// A pointer with a second word of that name.
    Fat(&'static Shape, &'static str),
    /// A struct within.
    In(&'static Shape),
    /// An `Option`.
    Maybe(&'static Part),
    /// An enum of these variants.
    Either(&'static [(&'static str, &'static Shape)]),
    /// So many of any type.
    Row(u64),
    /// So many bytes.
    Bytes(u64),
    /// A `String`.
    String,
    /// A `Vec` of any type.
    Vec,
}

use Part::{Any, Bytes, Either, Fat, In, Maybe, Row, String, To, ToAny, Uint, Vec as List};

const fn shape(name: &'static str, fields: &'static [(&'static str, Part)]) -> Shape {
    Shape { name, fields }
}

static RC_INNER: Shape =
    shape("alloc::rc::RcInner<x>", &[("strong", Uint(8)), ("weak", Uint(8)), ("value", Any)]);
static ARC_INNER: Shape =
    shape("alloc::sync::ArcInner<x>", &[("strong", Uint(8)), ("weak", Uint(8)), ("data", Any)]);
static MUTEX: Shape = shape(
    "std::sync::poison::mutex::Mutex<x>",
    &[("futex", Uint(4)), ("poison", Uint(1)), ("data", Any)],
);
static RW_LOCK: Shape = shape(
    "std::sync::poison::rwlock::RwLock<x>",
    &[("state", Uint(4)), ("writer_notify", Uint(4)), ("poison", Uint(1)), ("data", Any)],
);
static V4: Shape = shape("core::net::ip_addr::Ipv4Addr", &[("octets", Bytes(4))]);
static V6: Shape = shape("core::net::ip_addr::Ipv6Addr", &[("octets", Bytes(16))]);
static LEAF: Shape = shape(
    "alloc::collections::btree::node::LeafNode<x, y>",
    &[("parent", Maybe(&In(&PARENT))), ("keys", Row(11)), ("vals", Row(11)), ("len", Uint(2))],
);
static PARENT: Shape = shape("core::ptr::non_null::NonNull<x>", &[("pointer", To(&INTERNAL))]);
static INTERNAL: Shape = shape(
    "alloc::collections::btree::node::InternalNode<x, y>",
    &[("data", In(&LEAF)), ("edges", Row(12))],
);
static NODE_REF: Shape = shape(
    "alloc::collections::btree::node::NodeRef<x>",
    &[("node", To(&LEAF)), ("height", Uint(8))],
);
static BTREE_MAP: Shape = shape(
    "alloc::collections::btree::map::BTreeMap<x, y>",
    &[("root", Maybe(&In(&NODE_REF))), ("length", Uint(8))],
);
static NODE: Shape = shape(
    "alloc::collections::linked_list::Node<x>",
    &[("next", Maybe(&In(&LINK))), ("prev", Maybe(&In(&LINK))), ("element", Any)],
);
static LINK: Shape = shape("core::ptr::non_null::NonNull<x>", &[("pointer", To(&NODE))]);
static TABLE: Shape = shape(
    "hashbrown::raw::RawTable<x>",
    &[("ctrl", ToAny), ("bucket_mask", Uint(8)), ("items", Uint(8))],
);
static PAIR: Shape = shape("(x, y)", &[("__0", Any), ("__1", Any)]);
static BUCKET: Shape =
    shape("indexmap::Bucket<x, y>", &[("hash", Uint(8)), ("key", Any), ("value", Any)]);

static POSITION: Shape =
    shape("std::sync::mpmc::list::Position<x>", &[("index", Uint(8)), ("block", To(&BLOCK))]);
static BLOCK: Shape =
    shape("std::sync::mpmc::list::Block<x>", &[("next", ToAny), ("slots", Row(31))]);
static LIST: Shape =
    shape("std::sync::mpmc::list::Channel<x>", &[("head", In(&POSITION)), ("tail", In(&POSITION))]);
static ARRAY: Shape = shape(
    "std::sync::mpmc::array::Channel<x>",
    &[("head", Uint(8)), ("tail", Uint(8)), ("cap", Uint(8)), ("mark_bit", Uint(8))],
);
static OF_LIST: Shape = shape(
    "std::sync::mpmc::counter::Counter<x>",
    &[("senders", Uint(8)), ("receivers", Uint(8)), ("chan", In(&LIST))],
);
static OF_ARRAY: Shape = shape(
    "std::sync::mpmc::counter::Counter<y>",
    &[("senders", Uint(8)), ("receivers", Uint(8)), ("chan", In(&ARRAY))],
);
static BY_LIST: Shape = shape("krate::List", &[("tag", Uint(8)), ("counter", To(&OF_LIST))]);
static BY_ARRAY: Shape = shape("krate::Array", &[("tag", Uint(8)), ("counter", To(&OF_ARRAY))]);
static HANDLE: Shape = shape(
    "alloc::collections::btree::node::Handle<x>",
    &[("tag", Uint(8)), ("node", To(&LEAF)), ("height", Uint(8)), ("idx", Uint(8))],
);
static ROOT: Shape = shape("krate::Root", &[("__0", In(&HANDLE))]);
static ALLOCATION: Shape =
    shape("(x, y, z)", &[("pointer", ToAny), ("size", Uint(8)), ("align", Uint(8))]);
const STORED: Part = Either(&[("Initial", &PHANTOM), ("Alive", &SIMPLE), ("Destroyed", &PHANTOM)]);
static THREAD: Shape = shape("std::thread::Inner", &[("id", Any), ("name", Any)]);
static ERROR: Shape = shape("std::io::error::Repr", &[("__0", ToAny), ("__1", In(&PHANTOM))]);
static PHANTOM: Shape = shape("core::marker::PhantomData<x>", &[]);
static SHARED: Shape = shape("krate::Shared", &[("__0", ToAny)]);
static SIMPLE: Shape = shape("krate::Simple", &[("__0", Any)]);
static INLINE: Shape = shape("krate::Inline", &[("__0", Row(4))]);
static HEAP: Shape = shape("krate::Heap", &[("tag", Uint(8)), ("ptr", ToAny), ("len", Uint(8))]);

/// One or more of each family.
static SHAPES: &[Shape] = &[
    shape(
        "std::sync::mpsc::Sender<x>",
        &[("flavor", Either(&[("Array", &BY_ARRAY), ("List", &BY_LIST), ("Zero", &BY_LIST)]))],
    ),
    shape(
        "std::sync::mpmc::Receiver<x>",
        &[("flavor", Either(&[("List", &BY_LIST), ("Array", &BY_ARRAY)]))],
    ),
    shape("arrayvec::arrayvec::ArrayVec<x>", &[("len", Uint(4)), ("xs", Row(5))]),
    shape("arrayvec::array_string::ArrayString", &[("len", Uint(4)), ("xs", Bytes(8))]),
    shape(
        "smallvec::SmallVec<x>",
        &[("capacity", Uint(8)), ("data", Either(&[("Inline", &INLINE), ("Heap", &HEAP)]))],
    ),
    shape("bytes::bytes::Bytes", &[("ptr", ToAny), ("len", Uint(8)), ("data", Uint(8))]),
    shape(
        "bytes::bytes_mut::BytesMut",
        &[("ptr", ToAny), ("len", Uint(8)), ("cap", Uint(8)), ("data", Uint(8))],
    ),
    shape(
        "std::collections::hash::map::Iter<x, y>",
        &[
            ("data", To(&PAIR)),
            ("current_group", Uint(2)),
            ("next_ctrl", ToAny),
            ("items", Uint(8)),
        ],
    ),
    shape(
        "hashbrown::map::IntoKeys<x, y>",
        &[
            ("allocation", Maybe(&In(&ALLOCATION))),
            ("data", To(&PAIR)),
            ("current_group", Uint(2)),
            ("next_ctrl", ToAny),
            ("items", Uint(8)),
        ],
    ),
    shape(
        "alloc::collections::btree::map::Values<x, y>",
        &[("front", Maybe(&Either(&[("Root", &ROOT), ("Edge", &ROOT)]))), ("length", Uint(8))],
    ),
    shape(
        "alloc::collections::btree::map::IntoIter<x, y>",
        &[("length", Uint(8)), ("front", Maybe(&Either(&[("Root", &ROOT)])))],
    ),
    shape("std::io::error::Error", &[("repr", In(&ERROR))]),
    shape("std::thread::Thread", &[("inner", To(&THREAD))]),
    shape(
        "std::sys::thread_local::native::lazy::Storage<x, y>",
        &[("value", Any), ("state", STORED)],
    ),
    shape("std::sys::thread_local::native::eager::Storage<x>", &[("val", Any), ("state", STORED)]),
    shape("std::sys::thread_local::native::lazy::Storage<x>", &[("state", STORED)]),
    shape("std::thread::JoinHandle<x>", &[("thread", Any), ("packet", Any)]),
    shape(
        "std::sync::barrier::Barrier",
        &[("count", Uint(8)), ("generation_id", Any), ("num_threads", Uint(8))],
    ),
    shape("std::fs::File", &[("fd", Uint(4))]),
    shape("core::fmt::Arguments", &[("template", ToAny), ("args", ToAny)]),
    shape("core::any::TypeId", &[("t", Uint(16))]),
    shape("alloc::string::String", &[("ptr", ToAny), ("len", Uint(8)), ("cap", Uint(8))]),
    shape("alloc::vec::Vec<x>", &[("ptr", ToAny), ("len", Uint(8)), ("cap", Uint(8))]),
    shape("alloc::rc::Rc<x>", &[("ptr", To(&RC_INNER))]),
    shape("alloc::rc::Rc<str>", &[("ptr", Fat(&RC_INNER, "length"))]),
    shape("alloc::rc::Rc<dyn x>", &[("ptr", Fat(&RC_INNER, "vtable"))]),
    shape("alloc::rc::Weak<x>", &[("ptr", To(&RC_INNER))]),
    shape("alloc::rc::Weak<[x]>", &[("ptr", Fat(&RC_INNER, "length"))]),
    shape("alloc::sync::Arc<x>", &[("ptr", To(&ARC_INNER))]),
    shape("alloc::sync::Arc<[x]>", &[("ptr", Fat(&ARC_INNER, "length"))]),
    shape("alloc::sync::Weak<dyn x>", &[("ptr", Fat(&ARC_INNER, "vtable"))]),
    shape("core::cell::Cell<x>", &[("value", Any)]),
    shape("core::cell::UnsafeCell<x>", &[("value", Any)]),
    shape("core::cell::RefCell<x>", &[("borrow", Uint(8)), ("value", Any)]),
    shape("std::path::PathBuf", &[("inner", String)]),
    shape("std::ffi::os_str::OsString", &[("inner", String)]),
    shape("core::num::nonzero::NonZero<x>", &[("__0", Any)]),
    shape("core::num::wrapping::Wrapping<x>", &[("__0", Any)]),
    shape("core::sync::atomic::AtomicUsize", &[("v", Uint(8))]),
    shape("core::sync::atomic::AtomicBool", &[("v", Uint(1))]),
    shape(
        "alloc::collections::vec_deque::VecDeque<x>",
        &[("ptr", ToAny), ("cap", Uint(8)), ("head", Uint(8)), ("len", Uint(8))],
    ),
    shape("std::collections::hash::map::HashMap<x, y>", &[("table", In(&TABLE))]),
    shape("std::collections::hash::set::HashSet<x>", &[("table", In(&TABLE))]),
    shape("hashbrown::map::HashMap<x, y>", &[("table", In(&TABLE))]),
    shape("hashbrown::table::HashTable<x>", &[("raw", In(&TABLE))]),
    shape(
        "hashbrown::raw::RawTable<x>",
        &[("ctrl", ToAny), ("bucket_mask", Uint(8)), ("items", Uint(8))],
    ),
    shape(
        "alloc::collections::btree::map::BTreeMap<x, y>",
        &[("root", Maybe(&In(&NODE_REF))), ("length", Uint(8))],
    ),
    shape("alloc::collections::btree::set::BTreeSet<x>", &[("map", In(&BTREE_MAP))]),
    shape(
        "alloc::collections::linked_list::LinkedList<x>",
        &[("head", Maybe(&In(&LINK))), ("tail", Maybe(&In(&LINK))), ("len", Uint(8))],
    ),
    shape("alloc::collections::binary_heap::BinaryHeap<x>", &[("data", List)]),
    shape("indexmap::map::IndexMap<x, y>", &[("entries", List), ("indices", In(&TABLE))]),
    shape("indexmap::set::IndexSet<x>", &[("entries", List), ("indices", In(&TABLE))]),
    shape("core::cell::Ref<x>", &[("value", ToAny), ("borrow", ToAny)]),
    shape("core::cell::RefMut<str>", &[("value", Fat(&V4, "length")), ("borrow", ToAny)]),
    shape("std::sync::poison::mutex::MutexGuard<x>", &[("lock", To(&MUTEX)), ("poison", Any)]),
    shape("std::sync::poison::mutex::MutexGuard<dyn x>", &[("lock", Fat(&MUTEX, "vtable"))]),
    shape("std::sync::poison::rwlock::RwLockReadGuard<x>", &[("data", ToAny)]),
    shape("std::sync::poison::rwlock::RwLockWriteGuard<x>", &[("lock", To(&RW_LOCK))]),
    shape(
        "std::sync::poison::mutex::Mutex<x>",
        &[("futex", Uint(4)), ("poison", Uint(1)), ("data", Any)],
    ),
    shape(
        "std::sync::poison::rwlock::RwLock<x>",
        &[("state", Uint(4)), ("poison", Uint(1)), ("data", Any)],
    ),
    shape("core::cell::once::OnceCell<x>", &[("inner", Any)]),
    shape("core::cell::lazy::LazyCell<x>", &[("state", Any)]),
    shape("std::sync::once_lock::OnceLock<x>", &[("state_and_queued", Uint(4)), ("value", Any)]),
    shape("std::sync::lazy_lock::LazyLock<x>", &[("state_and_queued", Uint(4)), ("data", Any)]),
    shape("core::time::Duration", &[("secs", Uint(8)), ("nanos", Uint(4))]),
    shape("std::time::Instant", &[("tv_sec", Uint(8)), ("tv_nsec", Uint(4))]),
    shape("std::time::SystemTime", &[("tv_sec", Any), ("tv_nsec", Any)]),
    shape("core::net::socket_addr::SocketAddrV4", &[("ip", In(&V4)), ("port", Uint(2))]),
    shape(
        "core::net::socket_addr::SocketAddrV6",
        &[("ip", In(&V6)), ("port", Uint(2)), ("flowinfo", Uint(4)), ("scope_id", Uint(4))],
    ),
    shape("core::net::ip_addr::IpAddr", &[("x", Any)]),
    shape("core::ops::range::Range<x>", &[("start", Any), ("end", Any)]),
    shape(
        "core::ops::range::RangeInclusive<x>",
        &[("start", Any), ("end", Any), ("exhausted", Any)],
    ),
    shape("core::ops::range::RangeFull", &[]),
    shape("core::mem::manually_drop::ManuallyDrop<x>", &[("value", Any)]),
    shape("core::mem::maybe_uninit::MaybeUninit<x>", &[("value", Any)]),
    shape("core::pin::Pin<x>", &[("pointer", Any)]),
    shape("core::ptr::non_null::NonNull<x>", &[("pointer", ToAny)]),
    shape("alloc::ffi::c_str::CString", &[("data_ptr", ToAny), ("length", Uint(8))]),
    shape(
        "alloc::vec::into_iter::IntoIter<x>",
        &[("buf", ToAny), ("ptr", ToAny), ("cap", Uint(8)), ("end", ToAny)],
    ),
    shape("core::slice::iter::Iter<x>", &[("ptr", ToAny), ("end_or_len", ToAny)]),
    shape("core::slice::iter::IterMut<x>", &[("ptr", ToAny), ("end_or_len", ToAny)]),
    shape("core::str::iter::Chars", &[("ptr", ToAny), ("end_or_len", ToAny)]),
    shape("alloc::borrow::Cow<x>", &[("__0", Any)]),
];

/// How deep shapes are put into one another before anything at all follows.
const DEEPEST: usize = 5;

/// Adds a type of one of the families.
pub(super) fn add(world: &mut World, choices: &mut Choices<'_>, roots: &[TypeRef]) -> TypeRef {
    let shape = &SHAPES[choices.index(SHAPES.len())];
    Builder { world, choices, roots }.shape(shape, 0)
}

/// Adds a pointer to a row or to a `dyn`.
pub(super) fn row(world: &mut World, choices: &mut Choices<'_>, roots: &[TypeRef]) -> TypeRef {
    let rows = ["&[x]", "&mut [x]", "&str", "*const [x]", "&core::ffi::c_str::CStr"];
    let owned = ["alloc::boxed::Box<[x]>", "alloc::boxed::Box<str>", "&std::path::Path"];
    let objects = ["&dyn x", "&mut dyn x", "*mut dyn x", "alloc::boxed::Box<dyn x>"];
    let element = any(world, choices, roots);
    match choices.below(3) {
        0 => world.fat_dyn(choices.pick(&objects)),
        1 => world.slice(choices.pick(&owned), element),
        _ => world.slice(choices.pick(&rows), element),
    }
}

struct Builder<'b, 'c> {
    world: &'b mut World,
    choices: &'b mut Choices<'c>,
    roots: &'b [TypeRef],
}

impl Builder<'_, '_> {
    fn shape(&mut self, shape: &Shape, depth: usize) -> TypeRef {
        let mut end = 0_u64;
        let mut fields = Vec::new();
        for (name, part) in shape.fields {
            // Now and then a member is missing, is something else, or is elsewhere.
            let (ty, odd) = (self.part(part, depth), self.choices.below(64));
            let ty = if odd == 1 { self.any() } else { ty };
            let size = self.world.size_or(ty, 8);
            let offset = if odd == 2 { word(self.choices) } else { end };
            end = end.saturating_add(size).checked_next_multiple_of(8).unwrap_or(0);
            if odd != 3 {
                fields.push(Field { name: (*name).into(), ty, offset });
            }
        }
        let element = match shape.name {
            // The entries of a table are pairs; those of a set as well.
            "hashbrown::raw::RawTable<x>" if !self.choices.once_in(4) => self.shape(&PAIR, DEEPEST),
            // What an `io::Error` packs into a word.
            "core::marker::PhantomData<x>" => {
                let data = [("SimpleMessage", &SHARED), ("Custom", &SHARED), ("Simple", &SIMPLE)];
                self.either(&data, depth)
            }
            _ => self.any(),
        };
        let array = self.part(&Row(4), depth);
        let params = [("T", element), ("K", self.any()), ("V", self.any()), ("A", array)];
        let tuple = shape.fields.first().is_some_and(|(name, _)| *name == "__0");
        let kind = match self.choices.below(32) {
            0 => TypeKind::Union { fields },
            _ => TypeKind::Struct { fields, tuple },
        };
        let id = self.world.named(shape.name, end, 8, kind);
        let params: &[_] = if self.choices.once_in(32) { &[] } else { &params };
        self.world.with_params(id, params)
    }

    fn part(&mut self, part: &Part, depth: usize) -> TypeRef {
        let below = |builder: &mut Self, shape: &Shape| match depth {
            DEEPEST => builder.any(),
            _ => builder.shape(shape, depth + 1),
        };
        match part {
            Any => self.any(),
            Uint(size) => self.world.base("uint", Encoding::Unsigned, *size),
            ToAny => {
                let to = self.any();
                self.pointer(to)
            }
            To(shape) => {
                let to = below(self, shape);
                self.pointer(to)
            }
            Fat(shape, second) => {
                let to = below(self, shape);
                let (first, word) = (self.pointer(to), self.world.uint(8));
                let name = if *second == "vtable" { "pointer" } else { "data_ptr" };
                self.world.record("*const x", 16, 8, &[(name, first, 0), (second, word, 8)])
            }
            In(shape) => below(self, shape),
            Either(variants) => self.either(variants, depth),
            Maybe(part) => {
                let inner = self.part(part, depth);
                let size = self.world.size_or(inner, 8);
                self.world.option_of(inner, size)
            }
            Row(count) => {
                let element = self.any();
                let size = self.world.size_or(element, 8).saturating_mul(*count);
                let kind = TypeKind::Array { element, count: *count };
                self.world.named("[x; n]", size, 8, kind)
            }
            Bytes(count) => {
                let element = self.world.uint(1);
                self.world.array(element, *count)
            }
            String => self.world.string(),
            List => {
                let buckets = self.choices.once_in(2);
                let element = if buckets { below(self, &BUCKET) } else { self.any() };
                self.world.vec_of(element, true)
            }
        }
    }

    fn either(&mut self, variants: &[(&str, &Shape)], depth: usize) -> TypeRef {
        let tag = self.world.uint(8);
        let values: Vec<[u128; 1]> = (0..variants.len() as u128).map(|value| [value]).collect();
        let mut made: Vec<(&str, &[u128], Option<TypeRef>)> = Vec::new();
        let mut size = 8;
        for ((name, shape), value) in variants.iter().zip(&values) {
            let ty = if depth < DEEPEST { self.shape(shape, depth + 1) } else { self.any() };
            size = size.max(self.world.size_or(ty, 8));
            made.push((*name, value, Some(ty)));
        }
        self.world.enumeration("krate::Either", size, 8, Some((tag, 0)), &made)
    }

    fn any(&mut self) -> TypeRef {
        any(self.world, self.choices, self.roots)
    }

    fn pointer(&mut self, to: TypeRef) -> TypeRef {
        self.world.pointer("*const x", Some(to), PointerFlavour::Const)
    }
}
