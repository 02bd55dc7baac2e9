//! Which types' drops a reader wants to see, by their names.

use crate::dwarf::crate_of;

/// Types of std whose values own something that a reader cares for: memory, a lock, a thread, a
/// file. What they are made of is not listed: its drops are part of theirs.
const OWNERS: [&str; 40] = [
    "String",
    "Vec",
    "Box",
    "Rc",
    "Arc",
    "Weak",
    "VecDeque",
    "BinaryHeap",
    "LinkedList",
    "HashMap",
    "HashSet",
    "BTreeMap",
    "BTreeSet",
    "OsString",
    "PathBuf",
    "CString",
    "IntoIter",
    "Drain",
    "JoinHandle",
    "ScopedJoinHandle",
    "Sender",
    "SyncSender",
    "Receiver",
    "MutexGuard",
    "RwLockReadGuard",
    "RwLockWriteGuard",
    "MappedMutexGuard",
    "ReentrantLockGuard",
    "Ref",
    "RefMut",
    "File",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "UnixStream",
    "UnixListener",
    "OwnedFd",
    "Child",
    "BufReader",
    "BufWriter",
];

/// Types of std that only wrap others: the drop of one is that of what it holds.
const WRAPPERS: [&str; 31] = [
    "Option",
    "Result",
    "Cell",
    "RefCell",
    "UnsafeCell",
    "SyncUnsafeCell",
    "Mutex",
    "RwLock",
    "OnceCell",
    "OnceLock",
    "LazyCell",
    "LazyLock",
    "Poll",
    "Pin",
    "ManuallyDrop",
    "MaybeUninit",
    "MaybeDangling",
    "RcInner",
    "RcBox",
    "ArcInner",
    "ControlFlow",
    "Bound",
    "Cow",
    "Reverse",
    "Wrapping",
    "Saturating",
    "AssertUnwindSafe",
    "PoisonError",
    "TryLockError",
    "CachePadded",
    "Ready",
];

/// Whether a type of std is one whose drops are shown.
pub fn is_owner(type_name: &str) -> bool {
    OWNERS.contains(&base_name(type_name))
}

/// Whether a type only wraps others: its drop is theirs.
pub(super) fn is_wrapper(type_name: &str) -> bool {
    type_name.starts_with(['(', '['])
        || WRAPPERS.contains(&base_name(type_name))
        || type_name.starts_with("core::iter::")
        || type_name.starts_with("core::array::")
}

/// Whether a type's arguments name another type, so that its values can be among what it holds.
pub(super) fn holds(outer: &str, inner: &str) -> bool {
    let Some((_, arguments)) = outer.split_once('<') else { return false };
    arguments.contains("dyn ") || without_allocator(arguments).contains(&without_allocator(inner))
}

/// Whether two names are of one type: only some of the functions of a type name its allocator.
pub(super) fn is_same_type(one: &str, other: &str) -> bool {
    one == other || without_allocator(one) == without_allocator(other)
}

fn without_allocator(name: &str) -> String {
    name.replace(", alloc::alloc::Global", "")
}

/// The crate that a type belongs to; empty for tuples, arrays and their like.
pub fn crate_of_type(type_name: &str) -> &str {
    crate_of(type_name)
}

/// A type's path without its arguments: without debug information a `Drop::drop` names the
/// parameters of its type instead.
pub fn plain_name(type_name: &str) -> String {
    type_name.split('<').next().unwrap_or("").to_owned()
}

/// The last segment of a type's path, without its arguments.
fn base_name(type_name: &str) -> &str {
    let path = type_name.split('<').next().unwrap_or(type_name);
    path.rsplit("::").next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_told_from_what_they_are_made_of() {
        assert!(is_owner("alloc::string::String") && is_owner("alloc::vec::Vec<a::Vec2>"));
        assert!(!is_owner("alloc::raw_vec::RawVec<u8>") && !is_owner("std::thread::Thread"));
        assert!(is_wrapper("(a::B, u8)") && is_wrapper("core::option::Option<a::B>"));
        assert!(!is_wrapper("alloc::string::String"));
    }

    #[test]
    fn the_name_of_the_allocator_makes_no_other_type() {
        assert!(is_same_type("a::G<Box<a::B, alloc::alloc::Global>>", "a::G<Box<a::B>>"));
        assert!(!is_same_type("a::G<Box<a::B>>", "a::G<Box<a::C>>"));
    }

    #[test]
    fn what_a_container_holds_is_told_by_its_arguments() {
        let vec =
            "alloc::vec::Vec<alloc::vec::Vec<u8, alloc::alloc::Global>, alloc::alloc::Global>";
        assert!(holds(vec, "alloc::vec::Vec<u8>"));
        assert!(!holds("alloc::string::String", "alloc::vec::Vec<u8>"));
        assert!(holds("alloc::boxed::Box<dyn core::any::Any>", "alloc::string::String"));
        assert!(!holds("std::thread::JoinHandle<u8>", "alloc::sync::Arc<std::thread::Packet<u8>>"));
    }
}
