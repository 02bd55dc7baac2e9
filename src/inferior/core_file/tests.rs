//! Headers that are written and read, whole, cut and garbled.

use std::os::unix::fs::FileExt;

use super::headers::{NoteWriter, Part};
use super::*;
use crate::base::MemoryExt;
use crate::os::processes::Kinship;
use crate::os::procfs::{Mapping, parse_maps};

/// A core file of mappings of one page each, the first of which is in it; of no thread.
fn core(count: u64) -> Vec<u8> {
    let file = tempfile::tempfile().expect("a file");
    file.write_all_at(&[9; 4096], 4096).expect("written");
    let parts = (0..count).map(|n| {
        let start = VirtAddr(0x1_0000 + n * 8192);
        let line = "1000-2000 rw-p 00000000 00:00 0 ";
        let mapping: Mapping = parse_maps(line).remove(0);
        let range = Range::new(start, start + 4096);
        Part {
            mapping: Mapping { range, ..mapping },
            offset: 4096,
            len: if n == 0 { 4096 } else { 0 },
        }
    });
    let mut notes = NoteWriter::new(Tid(7), Kinship::default());
    notes.process();
    headers::write(&file, &parts.collect::<Vec<_>>(), &notes.finish(), 8192).expect("written");
    let mut bytes = vec![0; usize::try_from(file.metadata().expect("known").len()).expect("small")];
    file.read_exact_at(&mut bytes, 0).expect("read");
    bytes
}

#[test]
fn what_is_written_is_read_also_with_more_parts_than_a_header_can_count() {
    for count in [1, 3, 70_000] {
        let (notes, segments) = parse_headers(core(count).leak()).expect("a core file");
        assert_eq!(notes.process.map(|note| note.process), Some(Tid(7)));
        assert_eq!(segments.len() as u64, count);
        let memory = Segments::new(segments);
        assert_eq!(memory.read_bytes(VirtAddr(0x1_0000), 4096), Ok(vec![9; 4096]));
        assert!(memory.read_bytes(VirtAddr(0x1_0000 + 4096), 1).is_err());
    }
}

#[test]
fn a_file_that_is_cut_or_garbled_anywhere_is_refused_or_read_in_part() {
    let whole: &'static [u8] = core(3).leak();
    let mut refused = 0;
    for len in (0..whole.len()).step_by(7) {
        refused += u32::from(parse(whole.get(..len).expect("shorter")).is_err());
    }
    assert!(refused > 1000, "{refused}");
    for at in (0..64).chain(8192..whole.len()) {
        for byte in [0, 0x7f, 0xff] {
            let mut bytes = whole.to_vec();
            bytes[at] = byte;
            // Whatever it is taken for, nothing is believed of it beyond its length.
            let segments = parse_headers(bytes.leak()).map_or(0, |(_, segments)| segments.len());
            assert!(segments <= whole.len() / 56, "{at}: {byte}");
        }
    }
}
