//! Values of std that own little or nothing: numbers, times, addresses, ranges, iterators, files,
//! errors, threads. Each is printed as a debugger must show it at the end of its function.
//!
//! `debug!` prints what `{:?}` gives, `shown!` the form that is expected where that says more or
//! less than the bytes do.

use std::any::TypeId;
use std::cmp::{Ordering, Reverse};
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, LinkedList};
use std::fs::File;
use std::hash::BuildHasherDefault;
use std::hint::black_box;
use std::io;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6, TcpListener, TcpStream};
use std::num::{NonZeroI16, NonZeroU64, Saturating, Wrapping};
use std::ops::{Bound, ControlFlow};
use std::os::fd::AsRawFd;
use std::process::{Command, Stdio};
use std::ptr::NonNull;
use std::sync::atomic::{self, AtomicBool, AtomicI64, AtomicPtr, AtomicU8, AtomicUsize};
use std::time::{Duration, Instant, SystemTime};

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

#[inline(never)]
fn numbers() {
    let wrapping = Wrapping(250_u8);
    let saturating = Saturating(-3_i32);
    let non_zero = NonZeroU64::MAX;
    let some_non_zero = NonZeroI16::new(-2);
    let no_non_zero = NonZeroI16::new(0);
    let flag = AtomicBool::new(true);
    let small = AtomicU8::new(200);
    let signed = AtomicI64::new(-9);
    let size = AtomicUsize::new(usize::MAX);
    let null = AtomicPtr::<u8>::new(std::ptr::null_mut());
    let less = Ordering::Less;
    let relaxed = atomic::Ordering::Relaxed;
    let reverse = Reverse(3);
    let bound = Bound::Excluded(4);
    let flow: ControlFlow<u8, ()> = ControlFlow::Break(1);
    let nothing: PhantomData<String> = PhantomData;
    let unset: MaybeUninit<u32> = MaybeUninit::uninit();
    let type_id = TypeId::of::<String>();
    debug!(wrapping, saturating, non_zero, some_non_zero, no_non_zero, flag, small, signed, size);
    debug!(less, relaxed, reverse, bound, flow, type_id);
    shown!(nothing, "PhantomData");
    shown!(unset, "MaybeUninit<u32>");
    // It is a struct of its own in some versions of std, and an `Atomic<*mut u8>` in others.
    let null_type = std::any::type_name_of_val(&null).rsplit("::").next().unwrap_or("");
    shown!(null, "{null_type} → null");
    } // #numbers

#[inline(never)]
fn times() {
    let duration = Duration::new(1, 500_000_000);
    let tiny = Duration::from_nanos(1);
    let zero = Duration::ZERO;
    let instant = Instant::now();
    let epoch = SystemTime::UNIX_EPOCH;
    let now = SystemTime::now();
    let some_duration = Some(duration);
    let no_duration: Option<Duration> = None;
    debug!(duration, tiny, zero, instant, epoch, now, some_duration, no_duration);
} // #times

#[inline(never)]
fn addresses() {
    let v4 = Ipv4Addr::LOCALHOST;
    let v6 = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 8);
    let ip = IpAddr::V4(v4);
    let ip_v6 = IpAddr::V6(v6);
    let socket = SocketAddr::from(([10, 0, 0, 1], 80));
    let socket_v6 = SocketAddrV6::new(v6, 443, 0, 2);
    let some_ip = Some(ip);
    debug!(v4, v6, ip, ip_v6, socket, socket_v6, some_ip);
} // #addresses

#[inline(never)]
fn ranges() {
    let range = 1..5_u32;
    let from = 2_i8..;
    let to = ..'z';
    let inclusive = 1..=4_u64;
    let to_inclusive = ..=-1_i32;
    let full = ..;
    let empty = 5..1;
    let mut exhausted = 1..=2_u8;
    exhausted.by_ref().for_each(drop);
    debug!(range, from, to, inclusive, to_inclusive, full, empty);
    shown!(exhausted, "RangeInclusive {{ start: 2, end: 2, exhausted: true }}");
} // #ranges

#[inline(never)]
fn iterators() {
    let row = [1, 2, 3, 4];
    let mut slice_iter = row.iter();
    slice_iter.next();
    let mut vec_iter = vec![String::from("a"), String::from("b"), String::from("c")].into_iter();
    vec_iter.next();
    vec_iter.next_back();
    let mut chars = "äbc".chars();
    chars.next();
    let mut enumerated = row.iter().enumerate();
    enumerated.next();
    let mapped = row.iter().map(|n| n + 1);
    let filtered = row.iter().filter(|n| **n > 1);
    let skipped = row.iter().skip(2);
    let taken = row.iter().take(2);
    let zipped = row.iter().zip("ab".chars());
    let peeked = row.iter().peekable();
    let reversed = row.iter().rev();
    let chained = row.iter().chain(row.iter());
    let copied = row.iter().copied();
    let stepped = (0..10).step_by(3);
    let repeated = std::iter::repeat(5);
    let once = std::iter::once(6);
    let array_iter = [7, 8].into_iter();
    let mut list = LinkedList::from([1, 2, 3]);
    let mut list_iter = list.iter_mut();
    list_iter.next();
    let left = vec_iter.as_slice();
    shown!(slice_iter, "{:?}", slice_iter.as_slice());
    shown!(vec_iter, "{left:?}");
    shown!(left, "{left:?}");
    shown!(chars, "{:?}", chars.as_str());
    shown!(enumerated, "Enumerate {{ iter: [2, 3, 4], count: 1 }}");
    shown!(mapped, "Map {{ iter: [1, 2, 3, 4], f: {{closure_env#0}} }}");
    shown!(filtered, "Filter {{ iter: [1, 2, 3, 4], predicate: {{closure_env#1}} }}");
    shown!(skipped, "Skip {{ iter: [1, 2, 3, 4], n: 2 }}");
    shown!(taken, "Take {{ iter: [1, 2, 3, 4], n: 2 }}");
    shown!(copied, "Copied {{ it: [1, 2, 3, 4] }}");
    shown!(reversed, "Rev {{ iter: [1, 2, 3, 4] }}");
    shown!(chained, "Chain {{ a: Some([1, 2, 3, 4]), b: Some([1, 2, 3, 4]) }}");
    shown!(peeked, "Peekable {{ iter: [1, 2, 3, 4], peeked: None }}");
    shown!(array_iter, "[7, 8]");
    shown!(list_iter, "[2, 3]");
    black_box((&zipped, &stepped, &repeated, &once));
} // #iterators

#[inline(never)]
fn entries() {
    let map: HashMap<u32, char, Hasher> =
        (0..).zip("abcdefghijklmnopqrstuvwxyz".chars()).collect();
    let mut map_iter = map.iter();
    let start: Vec<u32> = map_iter.by_ref().take(20).map(|(n, _)| *n).collect();
    let rest: Vec<String> = map_iter.clone().map(|(n, c)| format!("{n}: {c:?}")).collect();
    let mut set: HashSet<u32, Hasher> = (0..8).collect();
    set.remove(&3);
    let set_iter = set.iter();
    let keys = map.keys();
    let key_text: Vec<String> = keys.clone().take(10).map(u32::to_string).collect();
    let mut owned_keys = map.clone().into_keys();
    owned_keys.by_ref().take(17).for_each(drop);
    let tree: BTreeMap<u32, u32> = (0..40).map(|n| (n, n)).collect();
    let whole_tree = tree.iter();
    let mut tree_iter = tree.iter();
    tree_iter.by_ref().take(33).for_each(drop);
    let tree_rest: Vec<String> = tree_iter.clone().map(|(k, v)| format!("{k}: {v}")).collect();
    let tree_range = tree.range(30..36);
    let names = BTreeSet::from(["a", "b"]);
    let name_iter = names.iter();
    let mut sums: BTreeMap<u8, u8> = BTreeMap::from([(1, 1), (2, 2), (3, 3)]);
    let mut sum_iter = sums.iter_mut();
    sum_iter.next_back();
    assert_eq!(start.len(), 20);
    shown!(map_iter, "{{{}}}", rest.join(", "));
    debug!(set_iter, owned_keys);
    shown!(keys, "[{}, … 16 more]", key_text.join(", "));
    let first: Vec<String> = (0..10).map(|n| format!("{n}: {n}")).collect();
    shown!(whole_tree, "{{{}, … 30 more}}", first.join(", "));
    shown!(tree_iter, "{{{}}}", tree_rest.join(", "));
    shown!(name_iter, "[\"a\", \"b\"]");
    shown!(sum_iter, "{{1: 1, 2: 2}}");
    black_box(&tree_range);
} // #entries

#[inline(never)]
fn files() -> io::Result<()> {
    let file = File::open("/dev/null")?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let stream = TcpStream::connect(listener.local_addr()?)?;
    let mut child = Command::new("/bin/true").stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let ended = child.wait()?;
    shown!(file, "File {{ fd: {} }}", file.as_raw_fd());
    shown!(listener, "TcpListener {{ fd: {} }}", listener.as_raw_fd());
    shown!(stream, "TcpStream {{ fd: {} }}", stream.as_raw_fd());
    let out = child.stdout.as_ref().map_or(-1, AsRawFd::as_raw_fd);
    shown!(
        child,
        "Child {{ pid: {}, status: Some(ExitStatus(0)), stdin: None, stdout: Some(ChildStdout {{ fd: {out} }}), stderr: None }}",
        child.id()
    );
    shown!(ended, "ExitStatus(ExitStatus(0))");
    Ok(())
} // #files

#[inline(never)]
fn errors() {
    let os: io::Error = io::Error::from_raw_os_error(2);
    let simple: io::Error = io::ErrorKind::TimedOut.into();
    let custom: io::Error = io::Error::other("made up");
    let message: io::Error = match io::Read::read_exact(&mut io::empty(), &mut [0]) {
        Err(error) => error,
        Ok(()) => return,
    };
    let failed: io::Result<u8> = Err(io::Error::from_raw_os_error(13));
    let parse = "x".parse::<u32>();
    let utf8 = String::from_utf8(vec![b'a', 0xff]);
    let kind = simple.kind();
    debug!(os, message, failed, parse, utf8, kind);
    shown!(simple, "Kind(TimedOut)");
    shown!(custom, "Custom {{ kind: Other, error: StringError(\"made up\") }}");
} // #errors

#[inline(never)]
fn threads() {
    let current = std::thread::current();
    let id = current.id();
    let spawned = std::thread::Builder::new().name("worker".to_owned()).spawn(|| 7_u32);
    let Ok(finished) = spawned else { return };
    while !finished.is_finished() {
        std::thread::yield_now();
    }
    let worker = finished.thread().clone();
    debug!(id);
    shown!(current, "Thread {{ id: {id:?}, name: None }}");
    shown!(worker, "Thread {{ id: {:?}, name: Some(\"worker\") }}", worker.id());
    shown!(
        finished,
        "JoinHandle {{ thread: Thread {{ id: {:?}, name: Some(\"worker\") }}, result: Some(Ok(7)) }}",
        worker.id()
    );
} // #threads

#[inline(never)]
fn others() {
    let number = 5_u32;
    let non_null = NonNull::from(&number);
    let raw = &raw const number;
    let literal = format_args!("a literal");
    shown!(non_null, "NonNull<u32> → stack");
    shown!(raw, "*const u32 → stack");
    shown!(literal, "\"{literal}\"");
} // #others

fn main() -> io::Result<()> {
    numbers();
    times();
    addresses();
    ranges();
    iterators();
    entries();
    files()?;
    errors();
    threads();
    others();
    Ok(())
} // #end
