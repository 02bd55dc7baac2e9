//! What `/proc` tells of a process (proc(5)). The parsers are pure; lines that do not parse are
//! left out.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::base::{Range, Tid, VirtAddr};

/// The most mappings that are read: a process can have 65,530 unless the machine is set up so.
const MAX_MAPPINGS: usize = 200_000;

/// One line of `/proc/PID/maps`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mapping {
    /// The addresses.
    pub range: Range<VirtAddr>,
    /// Whether the program may read it.
    pub readable: bool,
    /// Whether the program may write it.
    pub writable: bool,
    /// Whether the program may execute it.
    pub executable: bool,
    /// Where in the file it begins, in bytes.
    pub offset: u64,
    /// The inode of the file, zero where there is none.
    pub inode: u64,
    /// The path of the file, a name in brackets (`[stack]`), or nothing.
    pub path: String,
}

/// The auxiliary vector: what the kernel told the program about itself (getauxval(3)).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Auxv(Vec<(u64, u64)>);

/// The mappings of the process that a thread belongs to, by address. Empty once that thread has
/// exited.
///
/// # Errors
/// As `open(2)`.
pub fn maps(tid: Tid) -> io::Result<Vec<Mapping>> {
    Ok(parse_maps(&String::from_utf8_lossy(&fs::read(file(tid, "maps"))?)))
}

/// Parses `/proc/PID/maps`.
pub fn parse_maps(text: &str) -> Vec<Mapping> {
    text.lines().filter_map(parse_mapping).take(MAX_MAPPINGS).collect()
}

pub(super) fn parse_mapping(line: &str) -> Option<Mapping> {
    // address perms offset dev inode, and a path that may hold spaces.
    let mut words = line.splitn(6, ' ');
    let (start, end) = words.next()?.split_once('-')?;
    let rights = words.next()?.as_bytes();
    let offset = hex(words.next()?)?;
    let _device = words.next()?;
    let inode = words.next()?.parse().ok()?;
    Some(Mapping {
        range: Range::new(VirtAddr(hex(start)?), VirtAddr(hex(end)?)),
        readable: rights.first() == Some(&b'r'),
        writable: rights.get(1) == Some(&b'w'),
        executable: rights.get(2) == Some(&b'x'),
        offset,
        inode,
        path: words.next().unwrap_or("").trim_start().to_owned(),
    })
}

fn hex(word: &str) -> Option<u64> {
    u64::from_str_radix(word, 16).ok()
}

/// The auxiliary vector of a process.
///
/// # Errors
/// As `open(2)`.
pub fn auxv(process: Tid) -> io::Result<Auxv> {
    Ok(Auxv::parse(&auxv_bytes(process)?))
}

/// The auxiliary vector of a process as it is.
///
/// # Errors
/// As `open(2)`.
pub fn auxv_bytes(process: Tid) -> io::Result<Vec<u8>> {
    fs::read(file(process, "auxv"))
}

impl Auxv {
    /// Parses `/proc/PID/auxv`: pairs of words, up to a pair of type zero.
    pub fn parse(bytes: &[u8]) -> Auxv {
        let (words, _) = bytes.as_chunks::<8>();
        let (pairs, _) = words.as_chunks::<2>();
        let numbers = pairs.iter().map(|pair| pair.map(u64::from_le_bytes));
        Auxv(numbers.take_while(|pair| pair[0] != 0).map(|[key, value]| (key, value)).collect())
    }

    fn get(&self, key: u64) -> Option<u64> {
        self.0.iter().find(|(found, _)| *found == key).map(|(_, value)| *value)
    }

    /// Where the program's own first instruction is (`AT_ENTRY`), behind the dynamic linker's.
    pub fn entry(&self) -> Option<VirtAddr> {
        self.get(libc::AT_ENTRY).map(VirtAddr)
    }

    /// Where the vdso is loaded (`AT_SYSINFO_EHDR`).
    pub fn vdso(&self) -> Option<VirtAddr> {
        self.get(libc::AT_SYSINFO_EHDR).map(VirtAddr)
    }
}

/// The name of a thread, at most 15 bytes (`comm`).
///
/// # Errors
/// As `open(2)`.
pub fn thread_name(tid: Tid) -> io::Result<String> {
    let name = fs::read(file(tid, "comm"))?;
    Ok(String::from_utf8_lossy(&name).trim_end_matches('\n').to_owned())
}

/// The path of the executable, as the kernel knows it now; ` (deleted)` is part of it once the
/// file is gone.
///
/// # Errors
/// As `readlink(2)`.
pub fn executable(tid: Tid) -> io::Result<PathBuf> {
    fs::read_link(executable_link(tid))
}

/// The link through which the executable can be opened even after it was deleted or replaced.
pub fn executable_link(tid: Tid) -> PathBuf {
    file(tid, "exe")
}

/// A path of the file system that a process lives in, as seen from ours: it can be another, in a
/// container.
pub fn path_within(tid: Tid, path: &Path) -> PathBuf {
    let relative = path.strip_prefix("/").unwrap_or(path);
    file(tid, "root").join(relative)
}

/// The link through which the file of a mapping can be opened, even after it was deleted. It takes
/// the rights of the superuser.
pub fn mapped_file(tid: Tid, mapping: Range<VirtAddr>) -> PathBuf {
    let (start, end) = (mapping.start.0, mapping.end.0);
    file(tid, "map_files").join(format!("{start:x}-{end:x}"))
}

/// The process that a thread belongs to: the id of its first thread.
///
/// # Errors
/// As `open(2)`; `InvalidData` where the kernel does not say.
pub fn process_of(tid: Tid) -> io::Result<Tid> {
    status_field(tid, "Tgid:")?.map(Tid).ok_or_else(invalid)
}

/// The thread that traces a thread, if one does.
///
/// # Errors
/// As `open(2)`.
pub fn tracer(tid: Tid) -> io::Result<Option<Tid>> {
    Ok(status_field(tid, "TracerPid:")?.filter(|tracer| *tracer != 0).map(Tid))
}

/// A number in `/proc/PID/status`.
pub(super) fn status_field(tid: Tid, name: &str) -> io::Result<Option<i32>> {
    let status = fs::read(file(tid, "status"))?;
    let status = String::from_utf8_lossy(&status);
    let value = status.lines().find_map(|line| line.strip_prefix(name));
    // The first of several: users and groups are told in four ways, the real one first.
    Ok(value.and_then(|numbers| numbers.split_ascii_whitespace().next()?.parse().ok()))
}

/// The threads of a process, by id.
///
/// # Errors
/// As `open(2)`.
pub fn threads(process: Tid) -> io::Result<Vec<Tid>> {
    let mut threads: Vec<Tid> = fs::read_dir(file(process, "task"))?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok().map(Tid))
        .collect();
    threads.sort_unstable();
    Ok(threads)
}

/// What Yama allows (`/proc/sys/kernel/yama/ptrace_scope`), if the kernel has it: 0 means that a
/// user may trace their own processes, 1 only descendants, 2 only the superuser, 3 nobody.
pub fn ptrace_scope() -> Option<u32> {
    fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope").ok()?.trim().parse().ok()
}

/// Whether a thread has exited, and is only kept for somebody to be told (a zombie), or is gone
/// altogether.
pub fn has_exited(tid: Tid) -> bool {
    let Ok(stat) = fs::read(file(tid, "stat")) else { return true };
    matches!(field_behind_name(&String::from_utf8_lossy(&stat), 0), Some("Z" | "X" | "x"))
}

/// The processor that a thread ran on last.
///
/// # Errors
/// As `open(2)`; `InvalidData` where the kernel does not say.
pub fn last_cpu(tid: Tid) -> io::Result<usize> {
    let stat = fs::read(file(tid, "stat"))?;
    parse_last_cpu(&String::from_utf8_lossy(&stat)).ok_or_else(invalid)
}

/// Field 39 of `/proc/PID/stat`; the second is the name, which may hold spaces and parentheses.
fn parse_last_cpu(stat: &str) -> Option<usize> {
    field_behind_name(stat, 36)?.parse().ok()
}

/// A field of `/proc/PID/stat`, counted from the one behind the name: the state.
pub(super) fn field_behind_name(stat: &str, index: usize) -> Option<&str> {
    let (_, behind_name) = stat.rsplit_once(')')?;
    behind_name.split_ascii_whitespace().nth(index)
}

pub(super) fn file(tid: Tid, name: &str) -> PathBuf {
    PathBuf::from(format!("/proc/{}/{name}", tid.0))
}

pub(super) fn invalid() -> io::Error {
    io::Error::from(io::ErrorKind::InvalidData)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_are_parsed_with_spaces_in_paths_and_without_paths() {
        let text = "\
555555554000-555555556000 r-xp 00001000 fe:00 2373 /home/me/a b\n\
7ffff7fc0000-7ffff7fc2000 rw-p 00000000 00:00 0 \n\
this is not a mapping\n\
7ffffffde000-7ffffffff000 rw-p 00000000 00:00 0                          [stack]\n";
        let maps = parse_maps(text);
        assert_eq!(maps.len(), 3);
        let first = maps.first().expect("a mapping");
        assert_eq!(first.range, Range::new(VirtAddr(0x555555554000), VirtAddr(0x555555556000)));
        assert_eq!((first.offset, first.inode, &*first.path), (0x1000, 2373, "/home/me/a b"));
        assert!(first.readable && !first.writable && first.executable);
        let paths: Vec<&str> = maps.iter().map(|mapping| &*mapping.path).collect();
        assert_eq!(paths, ["/home/me/a b", "", "[stack]"]);
    }

    #[test]
    fn own_maps_hold_this_code() {
        let here = VirtAddr(own_maps_hold_this_code as fn() as usize as u64);
        let maps = maps(Tid(std::process::id().cast_signed())).expect("own maps");
        let mapping = maps.iter().find(|mapping| mapping.range.contains(here));
        assert!(mapping.is_some_and(|mapping| mapping.executable));
    }

    #[test]
    fn the_auxiliary_vector_ends_at_its_null_entry() {
        let words: [u64; 6] = [9, 0x1000, 0, 0, 33, 5];
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let auxv = Auxv::parse(&bytes);
        assert_eq!(auxv.entry(), Some(VirtAddr(0x1000)));
        assert_eq!(auxv.vdso(), None);
        assert_eq!(Auxv::parse(&bytes[..13]), Auxv::default());
    }

    #[test]
    fn the_processor_is_found_behind_a_name_with_parentheses() {
        let rest: Vec<String> = (3..=52).map(|field: u32| field.to_string()).collect();
        assert_eq!(parse_last_cpu(&format!("77 (a) b (c) {}", rest.join(" "))), Some(39));
        assert_eq!(parse_last_cpu("77 (cut"), None);
    }

    #[test]
    fn a_thread_knows_its_process() {
        let process = Tid(std::process::id().cast_signed());
        assert_eq!(process_of(process).expect("own status"), process);
        assert!(last_cpu(process).is_ok());
        assert!(process_of(Tid(i32::MAX)).is_err());
        assert!(threads(process).expect("own threads").contains(&process));
        assert!(!has_exited(process) && has_exited(Tid(i32::MAX)));
    }
}
