//! The headers and notes of a core file that is written.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::notes::{
    NT_AUXV, NT_FILE, NT_PRFPREG, NT_PRPSINFO, NT_PRSTATUS, NT_SIGINFO, NT_X86_XSTATE, PR_CURSIG,
    PR_FNAME, PR_FPVALID, PR_PID, PR_PSARGS, PR_PSINFO_PID, PR_REG, PRPSINFO, PRSTATUS,
};
use super::write::CoreThread;
use crate::base::Tid;
use crate::os::processes::{self, Kinship};
use crate::os::procfs::{self, Mapping};
use crate::os::{self, Residency};

/// Sizes of the file header, a program header and a section header (ELF-64 specification).
const EHDR: u16 = 64;
const PHDR: u16 = 56;
const SHDR: u16 = 64;

/// What `e_phnum` says where there are more program headers than it can count (`PN_XNUM`).
const XNUM: u16 = 0xffff;

/// The unit of `NT_FILE`'s offsets, and of alignment, in bytes.
const PAGE: u64 = 4096;

/// A mapping, and where in the file its bytes are.
pub(super) struct Part {
    /// The mapping.
    pub mapping: Mapping,
    /// Where its bytes begin.
    pub offset: u64,
    /// How many there are.
    pub len: u64,
}

/// Writes notes and program headers from an offset on, and the file header at the start.
pub(super) fn write(file: &File, parts: &[Part], notes: &[u8], offset: u64) -> io::Result<()> {
    let notes_len = notes.len() as u64;
    let table_at = offset.saturating_add(notes_len).next_multiple_of(8);
    let mut table = Vec::new();
    // PT_NOTE is 4, PT_LOAD 1 (ELF-64 specification, table 16).
    program_header(&mut table, 4, 0, [offset, 0, notes_len, 0, 4]);
    for part in parts {
        let Mapping { range, readable, writable, executable, .. } = &part.mapping;
        let flags = u32::from(*readable) << 2 | u32::from(*writable) << 1 | u32::from(*executable);
        let len = range.end - range.start;
        program_header(&mut table, 1, flags, [part.offset, range.start.0, part.len, len, PAGE]);
    }
    let count = parts.len().saturating_add(1);
    let sections_at = table_at.saturating_add(table.len() as u64);
    let many = u16::try_from(count).map_or(true, |count| count == XNUM);
    if many {
        table.extend(count_section(count)?);
    }
    let header = file_header(table_at, count, many.then_some(sections_at));
    file.write_all_at(notes, offset)?;
    file.write_all_at(&table, table_at)?;
    file.write_all_at(&header, 0)
}

/// `Elf64_Phdr`; the numbers are offset, address, length in the file, length in memory, alignment.
fn program_header(table: &mut Vec<u8>, kind: u32, flags: u32, numbers: [u64; 5]) {
    let [offset, address, in_file, in_memory, align] = numbers;
    table.extend(kind.to_le_bytes());
    table.extend(flags.to_le_bytes());
    for number in [offset, address, 0, in_file, in_memory, align] {
        table.extend(number.to_le_bytes());
    }
}

/// The one section header of a file with very many program headers: it counts them.
fn count_section(count: usize) -> io::Result<[u8; SHDR as usize]> {
    const SH_INFO: usize = 44;
    let count = u32::try_from(count).map_err(io::Error::other)?;
    let mut section = [0; SHDR as usize];
    put(&mut section, SH_INFO, &count.to_le_bytes());
    Ok(section)
}

/// `Elf64_Ehdr` of a core file.
fn file_header(table_at: u64, count: usize, sections_at: Option<u64>) -> Vec<u8> {
    let mut header = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    // ET_CORE, EM_X86_64, version 1, no entry point.
    header.extend(4_u16.to_le_bytes());
    header.extend(62_u16.to_le_bytes());
    header.extend(1_u32.to_le_bytes());
    header.extend(0_u64.to_le_bytes());
    header.extend(table_at.to_le_bytes());
    header.extend(sections_at.unwrap_or(0).to_le_bytes());
    header.extend(0_u32.to_le_bytes());
    let sections = u16::from(sections_at.is_some());
    let count = u16::try_from(count).unwrap_or(XNUM);
    for number in [EHDR, PHDR, count, sections * SHDR, sections, 0] {
        header.extend(number.to_le_bytes());
    }
    header
}

/// Collects the notes about a process.
pub(super) struct NoteWriter {
    process: Tid,
    kin: Kinship,
    bytes: Vec<u8>,
}

impl NoteWriter {
    /// About a process, with its relations.
    pub fn new(process: Tid, kin: Kinship) -> NoteWriter {
        NoteWriter { process, kin, bytes: Vec::new() }
    }

    /// The notes.
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }

    /// A note: lengths, type, name and bytes, the latter two filled up to four bytes.
    fn note(&mut self, name: &[u8], kind: u32, bytes: &[u8]) {
        let lengths = [name.len(), bytes.len()].map(|len| u32::try_from(len).unwrap_or(u32::MAX));
        for number in [lengths[0], lengths[1], kind] {
            self.bytes.extend(number.to_le_bytes());
        }
        for part in [name, bytes] {
            self.bytes.extend(part);
            self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        }
    }

    fn core(&mut self, kind: u32, bytes: &[u8]) {
        self.note(b"CORE\0", kind, bytes);
    }

    /// A thread: its signal and its general registers, as the program sees them.
    pub fn status(&mut self, held: &CoreThread<'_>) {
        let tid = held.thread.tid();
        let mut status = [0; PRSTATUS];
        let signal = held.signal.unwrap_or(0);
        put(&mut status, 0, &signal.to_le_bytes());
        put(&mut status, PR_CURSIG, &signal.to_le_bytes()[..2]);
        let blocked = os::signal_mask(tid).unwrap_or(0);
        put(&mut status, 24, &blocked.to_le_bytes());
        let Kinship { parent, group, session, .. } = self.kin;
        for (index, id) in [tid.0, parent, group, session].into_iter().enumerate() {
            put(&mut status, PR_PID + index * 4, &id.to_le_bytes());
        }
        put(&mut status, PR_REG, &held.thread.as_program_sees().to_bytes());
        put(&mut status, PR_FPVALID, &1_i32.to_le_bytes());
        self.core(NT_PRSTATUS, &status);
    }

    /// What else the processor keeps for a thread, and the signal it stands before.
    pub fn more_registers(&mut self, held: &CoreThread<'_>) {
        let tid = held.thread.tid();
        if let Ok(state) = os::floating_point(tid) {
            self.core(NT_PRFPREG, &state);
        }
        if let Ok(state) = os::extended_state(tid) {
            self.note(b"LINUX\0", NT_X86_XSTATE, &state);
        }
        if let (Some(_), Ok(info)) = (held.signal, os::signal_bytes(tid)) {
            self.core(NT_SIGINFO, &info);
        }
    }

    /// The process: its relations, its name and its command line.
    pub fn process(&mut self) {
        let Kinship { state, parent, group, session, user, user_group } = self.kin;
        let mut info = [0; PRPSINFO];
        put(&mut info, 1, &[state]);
        put(&mut info, 16, &user.to_le_bytes());
        put(&mut info, 20, &user_group.to_le_bytes());
        for (index, id) in [self.process.0, parent, group, session].into_iter().enumerate() {
            put(&mut info, PR_PSINFO_PID + index * 4, &id.to_le_bytes());
        }
        // Each text ends with a null byte, however long it was.
        let name = procfs::thread_name(self.process).unwrap_or_default();
        let room = PR_PSARGS - PR_FNAME - 1;
        put(&mut info, PR_FNAME, name.as_bytes().get(..name.len().min(room)).unwrap_or_default());
        let command = processes::command_line(self.process).unwrap_or_default().join(" ");
        let room = PRPSINFO - PR_PSARGS - 1;
        let command = command.as_bytes();
        put(&mut info, PR_PSARGS, command.get(..command.len().min(room)).unwrap_or_default());
        self.core(NT_PRPSINFO, &info);
    }

    /// The auxiliary vector.
    pub fn auxv(&mut self) {
        if let Ok(auxv) = procfs::auxv_bytes(self.process) {
            self.core(NT_AUXV, &auxv);
        }
    }

    /// The files that are mapped: see `notes::files` for the layout.
    pub fn files(&mut self, maps: &[Residency]) {
        let files = maps.iter().map(|map| &map.mapping).filter(|map| map.path.starts_with('/'));
        let files: Vec<_> = files.collect();
        let mut words = vec![files.len() as u64, PAGE];
        let mut names = Vec::new();
        for map in files {
            words.extend([map.range.start.0, map.range.end.0, map.offset / PAGE]);
            names.extend(map.path.as_bytes());
            names.push(0);
        }
        let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        bytes.append(&mut names);
        self.core(NT_FILE, &bytes);
    }
}

/// Puts bytes into a structure; what does not fit is left out.
fn put(into: &mut [u8], at: usize, bytes: &[u8]) {
    let place = into.get_mut(at..).unwrap_or_default();
    place.iter_mut().zip(bytes).for_each(|(into, byte)| *into = *byte);
}
