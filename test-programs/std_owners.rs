//! What of std owns or shares, family by family: each variable is printed as a debugger must show
//! it at the end of its function.
//!
//! `debug!` prints what `{:?}` gives. Where that says less than the bytes do (`Mutex { data: <locked>
//! … }`, `(Weak)`), `shown!` prints the form that is expected, with what the program itself knows.

use std::borrow::Cow;
use std::cell::{Cell, LazyCell, OnceCell, RefCell};
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::error::Error;
use std::ffi::{CStr, CString, OsStr, OsString};
use std::fmt::Debug;
use std::hash::BuildHasherDefault;
use std::hint::black_box;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::sync::mpsc::{channel, sync_channel};
use std::sync::{
    Arc, Barrier, LazyLock, Mutex, Once, OnceLock, RwLock, Weak as ArcWeak,
};

/// Without the random seed the order of the entries is the same in every run.
type Hasher = BuildHasherDefault<DefaultHasher>;

/// Prints `name=` and what `{:?}` gives.
macro_rules! debug {
    ($($name:ident),* $(,)?) => { $(println!("{}={:?}", stringify!($name), $name);)* };
}

/// Prints `name=` and a form of another kind.
macro_rules! shown {
    ($name:ident, $($form:tt)*) => {
        println!("{}={}", stringify!($name), format_args!($($form)*));
        black_box(&$name);
    };
}

#[derive(Debug)]
#[expect(dead_code, reason = "a debugger reads it")]
struct Square {
    side: u32,
}

#[expect(dead_code, reason = "a debugger reads it")]
struct Link {
    id: u8,
    next: RefCell<Option<Rc<Link>>>,
    back: Weak<Link>,
}

#[derive(Debug)]
struct Refused;

impl std::fmt::Display for Refused {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("refused")
    }
}

impl Error for Refused {}

#[inline(never)]
fn texts() {
    let string = String::from("a \"quoted\" text\n");
    let empty_string = String::new();
    let reserved_string = String::with_capacity(10);
    let os_string = OsString::from("os");
    let os_str: &OsStr = OsStr::new("borrowed os");
    let path_buf = PathBuf::from("/etc/hostname");
    let path: &Path = Path::new("/etc");
    let boxed_path: Box<Path> = Path::new("/boxed").into();
    let counted_path: Arc<Path> = Path::new("/counted").into();
    let c_string = CString::from(c"c string");
    let c_str: &CStr = c"c str";
    let boxed_c_str: Box<CStr> = c"boxed".into();
    let boxed_str: Box<str> = "boxed".into();
    let rc_str: Rc<str> = "counted".into();
    let arc_str: Arc<str> = "shared".into();
    let borrowed: Cow<'_, str> = Cow::Borrowed("as it was");
    let owned: Cow<'_, str> = Cow::Owned(String::from("changed"));
    let borrowed_row: Cow<'_, [u8]> = Cow::Borrowed(&[1, 2]);
    debug!(string, empty_string, reserved_string, os_string, os_str, path_buf, path, boxed_path);
    debug!(counted_path, c_string, c_str, boxed_c_str, boxed_str, rc_str, arc_str);
    shown!(borrowed, "Borrowed({borrowed:?})");
    shown!(owned, "Owned({owned:?})");
    shown!(borrowed_row, "Borrowed({borrowed_row:?})");
} // #texts

#[inline(never)]
fn rows() {
    let vec = vec![1, 2, 3];
    let empty_vec: Vec<String> = Vec::new();
    // In the middle of being built: there is room, but no element yet.
    let reserved_vec: Vec<String> = Vec::with_capacity(8);
    let nested = vec![vec![String::from("a")], vec![], vec![String::from("b"), String::new()]];
    let units = vec![(), (), ()];
    let boxed_row: Box<[u16]> = vec![4, 5].into();
    let rc_row: Rc<[String]> = vec![String::from("r"), String::from("c")].into();
    let arc_row: Arc<[u8]> = vec![1, 2].into();
    let mut wrapped = VecDeque::with_capacity(4);
    wrapped.extend([1, 2, 3, 4]);
    wrapped.pop_front();
    wrapped.push_back(5);
    let empty_deque: VecDeque<u8> = VecDeque::new();
    let list = LinkedList::from([1, 2, 3]);
    let empty_list: LinkedList<u8> = LinkedList::new();
    let heap = BinaryHeap::from([3, 1, 4, 1, 5]);
    let empty_heap: BinaryHeap<u8> = BinaryHeap::new();
    let some_vec = Some(vec![Some(1), None]);
    debug!(vec, empty_vec, reserved_vec, nested, units, boxed_row, rc_row, arc_row, wrapped);
    debug!(empty_deque, list, empty_list, heap, empty_heap, some_vec);
} // #rows

#[inline(never)]
fn tables() {
    let map: HashMap<u8, Vec<u8>, Hasher> = [(1, vec![2]), (3, vec![])].into_iter().collect();
    let mut tombstones: HashMap<u32, u32, Hasher> = (0..50).map(|n| (n, n * n)).collect();
    tombstones.retain(|n, _| n % 10 == 7);
    let empty_map: HashMap<String, String> = HashMap::new();
    let reserved_map: HashMap<String, String> = HashMap::with_capacity(100);
    let mut cleared: HashMap<u32, u32> = (0..50).map(|n| (n, n)).collect();
    cleared.clear();
    let set: HashSet<&str, Hasher> = ["x", "y"].into_iter().collect();
    let empty_set: HashSet<u8> = HashSet::new();
    let marked: HashSet<(), Hasher> = [()].into_iter().collect();
    debug!(map, tombstones, empty_map, reserved_map, cleared, set, empty_set, marked);
} // #tables

/// A tree of `n` entries, told by its first ten.
fn squares(n: u32) -> (BTreeMap<u32, u64>, String) {
    let tree: BTreeMap<u32, u64> = (0..n).map(|n| (n, u64::from(n) * 2)).collect();
    let first: Vec<String> = tree.iter().take(10).map(|(k, v)| format!("{k}: {v}")).collect();
    let more = n.saturating_sub(10);
    let more = if more > 0 { format!(", … {more} more") } else { String::new() };
    let text = format!("{{{}{more}}}", first.join(", "));
    (tree, text)
}

#[inline(never)]
fn trees() {
    let (height_0, text) = squares(9);
    shown!(height_0, "{text}");
    let (height_1, text) = squares(60);
    shown!(height_1, "{text}");
    let (height_2, text) = squares(600);
    shown!(height_2, "{text}");
    let (height_3, text) = squares(5000);
    shown!(height_3, "{text}");
    let names = BTreeSet::from(["b", "a"]);
    let empty_tree: BTreeMap<u8, String> = BTreeMap::new();
    let empty_names: BTreeSet<String> = BTreeSet::new();
    let mut emptied = BTreeMap::from([(1, 2)]);
    emptied.clear();
    let nested_tree = BTreeMap::from([("a", BTreeMap::from([(1, "one")])), ("b", BTreeMap::new())]);
    debug!(names, empty_tree, empty_names, emptied, nested_tree);
} // #trees

#[inline(never)]
fn pointers() {
    let boxed = Box::new(42);
    let some_box = Some(Box::new(7));
    let no_box: Option<Box<i32>> = None;
    let boxed_dyn: Box<dyn Debug> = Box::new(Square { side: 3 });
    let rc_dyn: Rc<dyn Debug> = Rc::new(Square { side: 4 });
    let counted = Rc::new(RefCell::new(vec![1]));
    let shared = Arc::new(Mutex::new(vec![1, 2]));
    let weak = Rc::downgrade(&counted);
    let dangling: Weak<String> = Weak::new();
    let arc_weak: ArcWeak<Mutex<Vec<i32>>> = Arc::downgrade(&shared);
    let dead = Rc::downgrade(&Rc::new(5));
    let pinned: Pin<Box<u32>> = Box::pin(5);
    let pinned_ref: Pin<&u32> = Pin::new(&7);
    let by_hand = ManuallyDrop::new(String::from("kept"));
    let refused: Result<u8, Box<dyn Error>> = "x".parse().map_err(Box::from);
    let text_error: Result<u8, Box<dyn Error>> = Err("refused".into());
    debug!(boxed, some_box, no_box, boxed_dyn, rc_dyn, weak, dangling, arc_weak, dead, pinned);
    let own_error: Result<u8, Box<dyn Error>> = Err(Refused.into());
    debug!(pinned_ref, refused, own_error);
    shown!(by_hand, "{:?}", *by_hand);
    shown!(counted, "RefCell {{ value: [1], borrow: 0 }}");
    shown!(shared, "Mutex {{ data: [1, 2], locked: false, poisoned: false }}");
    // The type of this error is private to std, whose debug information nobody has.
    shown!(text_error, "Err(Box<dyn Error> → #n)");
} // #pointers

#[inline(never)]
fn cycle() {
    let first_link = Rc::new(Link { id: 1, next: RefCell::new(None), back: Weak::new() });
    let back = Rc::downgrade(&first_link);
    let next = RefCell::new(Some(Rc::clone(&first_link)));
    let second_link = Rc::new(Link { id: 2, next, back });
    *first_link.next.borrow_mut() = Some(Rc::clone(&second_link));
    let link = |id, next: &str| {
        format!("Link {{ id: {id}, next: RefCell {{ value: {next}, borrow: 0 }}, back: (Weak) }}")
    };
    let some = |link: String| format!("Some({link})");
    // Eight levels are read, and then no more: these two have no end.
    shown!(first_link, "{}", link(1, &some(link(2, "…"))));
    shown!(second_link, "{}", link(2, &some(link(1, "…"))));
} // #cycle

#[inline(never)]
fn cells() {
    let cell = Cell::new(4_u8);
    let ref_cell = RefCell::new(String::from("free"));
    let lent = RefCell::new(1);
    let taken = RefCell::new(2);
    let (first, second) = (lent.borrow(), lent.borrow());
    let writer = taken.borrow_mut();
    let once_cell: OnceCell<u32> = OnceCell::from(3);
    let empty_once: OnceCell<u32> = OnceCell::new();
    let waiting_cell: LazyCell<u32> = LazyCell::new(|| 4);
    let forced_cell: LazyCell<u32> = LazyCell::new(|| 4);
    debug!(first, second, writer);
    shown!(cell, "{}", cell.get());
    shown!(ref_cell, "RefCell {{ value: {:?}, borrow: 0 }}", *ref_cell.borrow());
    shown!(lent, "RefCell {{ value: {}, borrow: 2 }}", *first);
    shown!(taken, "RefCell {{ value: {}, borrow: -1 }}", *writer);
    shown!(once_cell, "{:?}", once_cell.get());
    shown!(empty_once, "{:?}", empty_once.get());
    shown!(waiting_cell, "Uninit(std_owners::cells::{{closure#0}})");
    shown!(forced_cell, "Init({})", *forced_cell);
} // #cells

#[inline(never)]
fn locks() {
    let free = Mutex::new(1);
    let held = Mutex::new(String::from("held"));
    let (unread, read, written) = (RwLock::new(7_u64), RwLock::new(9_u64), RwLock::new(8_u64));
    let poisoned = Mutex::new(5);
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _guard = poisoned.lock();
        panic!("with the lock held");
    }));
    std::panic::set_hook(hook);
    assert!(panicked.is_err());
    drop(panicked);
    let Ok(holder) = held.lock() else { return };
    let (Ok(reader), Ok(other_reader)) = (read.read(), read.read()) else { return };
    let Ok(lock_writer) = written.write() else { return };
    let once_lock: OnceLock<String> = OnceLock::from(String::from("once"));
    let empty_lock: OnceLock<String> = OnceLock::new();
    let waiting: LazyLock<u32> = LazyLock::new(|| 4);
    let forced: LazyLock<u32> = LazyLock::new(|| 4);
    let never_run = Once::new();
    let run = Once::new();
    run.call_once(|| {});
    let barrier = Barrier::new(3);
    debug!(holder, reader, other_reader, lock_writer);
    shown!(free, "Mutex {{ data: 1, locked: false, poisoned: false }}");
    shown!(held, "Mutex {{ data: {:?}, locked: true, poisoned: false }}", *holder);
    shown!(poisoned, "Mutex {{ data: 5, locked: false, poisoned: true }}");
    shown!(unread, "RwLock {{ data: 7, readers: 0, writer: false, poisoned: false }}");
    shown!(read, "RwLock {{ data: 9, readers: 2, writer: false, poisoned: false }}");
    shown!(written, "RwLock {{ data: 8, readers: 0, writer: true, poisoned: false }}");
    shown!(once_lock, "{:?}", once_lock.get());
    shown!(empty_lock, "{:?}", empty_lock.get());
    shown!(waiting, "Uninit");
    shown!(forced, "Init({})", *forced);
    shown!(never_run, "Once {{ state: Incomplete }}");
    shown!(run, "Once {{ state: Complete }}");
    shown!(barrier, "Barrier {{ count: 0, generation_id: 0, num_threads: 3 }}");
} // #locks

#[inline(never)]
fn channels() {
    let (sender, receiver) = channel::<String>();
    let second_sender = sender.clone();
    for n in 0..100 {
        let sent = sender.send(n.to_string());
        assert!(sent.is_ok());
        if n < 40 {
            let got = receiver.recv();
            assert!(got.is_ok());
        }
    }
    let (bounded, bounded_receiver) = sync_channel::<u32>(4);
    for n in 0..6 {
        let sent = bounded.try_send(n);
        assert!(sent.is_ok());
        if n < 3 {
            let got = bounded_receiver.try_recv();
            assert!(got.is_ok());
        }
    }
    let (rendezvous, zero_receiver) = sync_channel::<u8>(0);
    let (empty_sender, empty_receiver) = channel::<u8>();
    let (_, orphan) = channel::<u8>();
    let list_form = "kind: List, queued: 60, senders: 2, receivers: 1";
    shown!(sender, "Sender {{ {list_form} }}");
    shown!(second_sender, "Sender {{ {list_form} }}");
    shown!(receiver, "Receiver {{ {list_form} }}");
    let array_form = "kind: Array, queued: 3, capacity: 4, senders: 1, receivers: 1";
    shown!(bounded, "SyncSender {{ {array_form} }}");
    shown!(bounded_receiver, "Receiver {{ {array_form} }}");
    let zero_form = "kind: Zero, senders: 1, receivers: 1";
    shown!(rendezvous, "SyncSender {{ {zero_form} }}");
    shown!(zero_receiver, "Receiver {{ {zero_form} }}");
    let empty_form = "kind: List, queued: 0, senders: 1, receivers: 1";
    shown!(empty_sender, "Sender {{ {empty_form} }}");
    shown!(empty_receiver, "Receiver {{ {empty_form} }}");
    shown!(orphan, "Receiver {{ kind: List, queued: 0, senders: 0, receivers: 1 }}");
} // #channels

fn main() {
    texts();
    rows();
    tables();
    trees();
    pointers();
    cycle();
    cells();
    locks();
    channels();
} // #end
