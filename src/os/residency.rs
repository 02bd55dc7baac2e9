//! What of a process's memory there is to save (proc(5): `smaps`, `pagemap`).

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;

use super::procfs::{self, Mapping};
use crate::base::{Range, Tid, VirtAddr};

const PAGE: u64 = 4096;

/// A mapping, and what it holds beside the bytes of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Residency {
    /// The mapping.
    pub mapping: Mapping,
    /// Whether other processes see what is written to it (`MAP_SHARED`).
    pub shared: bool,
    /// Whether pages of it are in memory or swapped out.
    pub resident: bool,
    /// Whether it has pages of its own: anonymous ones, or copies of a file's that were written to.
    pub own_pages: bool,
    /// Whether it is not to be read: memory of a device, or what the program does not want to be
    /// in core files (`MADV_DONTDUMP`).
    pub forbidden: bool,
}

/// The mappings of a process with what they hold.
///
/// # Errors
/// As `open(2)`.
pub fn residency(tid: Tid) -> io::Result<Vec<Residency>> {
    let text = fs::read(procfs::file(tid, "smaps"))?;
    Ok(parse(&String::from_utf8_lossy(&text)))
}

fn parse(text: &str) -> Vec<Residency> {
    let mut found: Vec<Residency> = Vec::new();
    for line in text.lines() {
        if let Some(mapping) = procfs::parse_mapping(line) {
            let shared = line.split(' ').nth(1).is_some_and(|rights| rights.ends_with('s'));
            let (resident, own_pages, forbidden) = (false, false, false);
            found.push(Residency { mapping, shared, resident, own_pages, forbidden });
            continue;
        }
        let (Some(last), Some((name, value))) = (found.last_mut(), line.split_once(':')) else {
            continue;
        };
        let some = value.split_ascii_whitespace().next().is_some_and(|number| number != "0");
        match name {
            "Rss" => last.resident |= some,
            "Swap" => {
                last.resident |= some;
                last.own_pages |= some;
            }
            "Anonymous" => last.own_pages |= some,
            "VmFlags" => {
                last.forbidden = value.split_ascii_whitespace().any(|f| matches!(f, "io" | "dd"));
            }
            _ => {}
        }
    }
    found
}

/// Which pages of a process there are.
pub struct PageMap(File);

impl PageMap {
    /// Opens the table of a process.
    ///
    /// # Errors
    /// As `open(2)`.
    pub fn open(tid: Tid) -> io::Result<PageMap> {
        File::open(procfs::file(tid, "pagemap")).map(PageMap)
    }

    /// For each page of a range, whether it is in memory or swapped out. A page of anonymous memory
    /// that is neither was never written, and reads as zeros.
    ///
    /// # Errors
    /// As `read(2)`.
    pub fn present(&self, range: Range<VirtAddr>) -> io::Result<Vec<bool>> {
        // Bits 63 and 62 of an entry (linux, Documentation/admin-guide/mm/pagemap.rst).
        const THERE: u64 = 3 << 62;
        let pages = usize::try_from((range.end - range.start) / PAGE).unwrap_or(usize::MAX);
        let mut bytes = vec![0; pages.saturating_mul(8)];
        self.0.read_exact_at(&mut bytes, range.start.0 / PAGE * 8)?;
        let (entries, _) = bytes.as_chunks::<8>();
        Ok(entries.iter().map(|entry| u64::from_le_bytes(*entry) & THERE != 0).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mapping_has_what_stands_below_it() {
        let text = "\
00001000-00003000 r-xp 00000000 fe:00 7 /bin/a b\n\
Size:                  8 kB\n\
Rss:                   8 kB\n\
Anonymous:             4 kB\n\
Swap:                  0 kB\n\
VmFlags: rd ex mr mw me\n\
00005000-00006000 rw-s 00000000 00:00 0 \n\
Rss:                   0 kB\n\
Anonymous:             0 kB\n\
Swap:                  0 kB\n\
VmFlags: rd wr sh dd\n";
        let [first, second] = &parse(text)[..] else { panic!("two mappings") };
        assert_eq!(first.mapping.path, "/bin/a b");
        let flags = |r: &Residency| (r.shared, r.resident, r.own_pages, r.forbidden);
        assert_eq!(flags(first), (false, true, true, false));
        assert_eq!(flags(second), (true, false, false, true));
    }

    #[test]
    fn only_pages_that_were_touched_are_present() {
        let mut map = memmap2::MmapMut::map_anon(64 * 4096).expect("some pages");
        if let Some(byte) = map.get_mut(3 * 4096) {
            *byte = 1;
        }
        let start = VirtAddr(map.as_ptr() as u64);
        let myself = Tid(std::process::id().cast_signed());
        let pages = PageMap::open(myself).expect("own table");
        let present = pages.present(Range::new(start, start + 8 * 4096)).expect("read");
        // The kernel may have given more pages at once (huge pages), but this one it must have.
        assert_eq!((present.len(), present.get(3)), (8, Some(&true)));
    }
}
