//! What is left of a process in a core file: memory, threads, and the files that it had mapped.
//!
//! Core files of the kernel (linux, fs/binfmt_elf.c, `elf_core_dump`), of gdb's
//! `generate-core-file` and of [`Inferior::write_core`](super::Inferior::write_core) are read.

mod headers;
mod mapped_files;
mod memory;
mod notes;
#[cfg(test)]
mod tests;
mod write;

use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use object::LittleEndian;
use object::elf::{ET_CORE, FileHeader64, PF_R, PF_W, PF_X, PT_LOAD, PT_NOTE};
use object::read::elf::{FileHeader, ProgramHeader};
use thiserror::Error;

use super::linker::Linker;
use super::modules::{Modules, Source};
use super::stop::Stopped;
use crate::base::{Memory, Range, Registers, ThreadNo, Tid, Unreadable, VirtAddr};
use crate::os::{SignalInfo, map_file};
use memory::{Segment, Segments};
use notes::{Notes, ProcessNote, ThreadNote};

pub use memory::CoreMemory;
pub use write::{CoreThread, WriteCoreError, Written};

/// What a core file kept of a process.
pub struct CoreFile {
    path: PathBuf,
    process: Option<ProcessNote>,
    threads: Vec<(ThreadNo, Tid)>,
    memory: Rc<CoreMemory>,
    modules: Modules,
}

/// Why a process ended, as its core file tells it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CoreSignal {
    /// The thread that the file names first: the one that the signal was for.
    pub thread: ThreadNo,
    /// The signal; none where the process was well when the file was written.
    pub info: Option<SignalInfo>,
}

/// Why a core file cannot be looked at.
#[derive(Debug, Error)]
pub enum CoreError {
    /// It cannot be read.
    #[error("cannot read {}: {error}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// How it failed.
        error: io::Error,
    },
    /// It is something else, or cut short.
    #[error("{} is not a core file of an x86-64 process: {reason}", .path.display())]
    NotCore {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The executable cannot be found.
    #[error("the executable of the process cannot be used: {0}")]
    Executable(String),
}

impl CoreFile {
    /// Opens a core file. Its threads come with it, by number; they stand still for ever.
    /// `executable` is the program where it is not, or not any more, where the process had it.
    ///
    /// # Errors
    /// [`CoreError`] says what is wrong with the file, or with the executable that it names.
    pub fn open(
        path: &Path,
        executable: Option<&Path>,
    ) -> Result<(CoreFile, Vec<Stopped>, CoreSignal), CoreError> {
        let failed = |error| CoreError::File { path: path.to_owned(), error };
        let bytes = map_file(path).map_err(failed)?;
        let written = std::fs::metadata(path).and_then(|about| about.modified());
        let wrong = |reason| CoreError::NotCore { path: path.to_owned(), reason };
        let (notes, segments) = parse(bytes).map_err(wrong)?;
        let mut memory = CoreMemory::new(
            Segments::new(segments),
            notes.files,
            notes.auxv.vdso(),
            written.map_err(failed)?,
        );
        let (modules, memory) = {
            let mapped = main_path(&memory, notes.auxv.entry()).map_err(CoreError::Executable)?;
            if let Some(now) = executable {
                memory.name_executable(&mapped, now.to_owned());
            }
            let image = memory.image_or_reason(&mapped).map_err(CoreError::Executable)?;
            let memory = Rc::new(memory);
            let source = Source::Core(Rc::clone(&memory));
            (Modules::of_core(source, image, notes.auxv.entry()), memory)
        };
        let (threads, stopped, signal) = number(notes.threads);
        let process = notes.process;
        let core = CoreFile { path: path.to_owned(), process, threads, memory, modules };
        Ok((core, stopped, signal))
    }

    /// The path of the core file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The id that the process had.
    pub fn process(&self) -> Tid {
        let first = self.threads.first().map(|(_, tid)| *tid);
        self.process.as_ref().map(|note| note.process).or(first).unwrap_or(Tid(0))
    }

    /// The command line that it was started by: 79 bytes of it at most.
    pub fn command(&self) -> Option<&str> {
        self.process.as_ref().map(|note| &*note.command)
    }

    /// The files that were loaded.
    pub fn modules(&self) -> &Modules {
        &self.modules
    }

    /// What is in the way of using files that were loaded: a sentence for each that is gone, or
    /// another one by now. Nothing of what they had is shown.
    pub fn absent_files(&self) -> Vec<String> {
        let modules = self.modules.iter().filter(|module| module.path().is_absolute());
        let reason = |path: &Path| self.memory.image_or_reason(&path.to_string_lossy()).err();
        let mut reasons: Vec<_> = modules.filter_map(|module| reason(module.path())).collect();
        reasons.dedup();
        reasons
    }

    /// Its memory.
    pub fn memory(&self) -> &dyn Memory {
        &*self.memory
    }

    /// Its threads by number: the first thread of the process is number 1, and the others follow
    /// by their ids, which is the order in which they were made unless ids wrapped around.
    pub fn threads(&self) -> Vec<(ThreadNo, Tid)> {
        self.threads.clone()
    }

    /// See [`Inferior::thread_local`](super::Inferior::thread_local).
    ///
    /// # Errors
    /// As there.
    pub fn thread_local(
        &self,
        module: VirtAddr,
        thread: &Registers,
        offset: u64,
    ) -> Result<VirtAddr, Unreadable> {
        let linker = Linker { modules: &self.modules, memory: &*self.memory };
        linker.thread_local(module, thread, offset)
    }
}

/// Threads under their numbers, and the one that the file names first.
fn number(notes: Vec<ThreadNote>) -> (Vec<(ThreadNo, Tid)>, Vec<Stopped>, CoreSignal) {
    let mut ids: Vec<_> = notes.iter().map(|note| note.tid).collect();
    ids.sort_unstable();
    ids.dedup();
    let threads: Vec<_> = (1..).map(ThreadNo).zip(ids).collect();
    let no = |tid: Tid| threads.iter().find(|(_, known)| *known == tid).map(|(no, _)| *no);
    let first = notes.first();
    let signal = CoreSignal {
        thread: first.and_then(|note| no(note.tid)).unwrap_or(ThreadNo(1)),
        info: first.and_then(|note| {
            let plain =
                SignalInfo { number: note.signal, code: 0, fault_address: None, sender: None };
            let info = note.info.filter(|info| info.number == note.signal);
            (note.signal != 0).then(|| info.unwrap_or(plain))
        }),
    };
    let mut stopped: Vec<_> = notes
        .iter()
        .filter_map(|note| {
            Some(Stopped::of_core(note.tid, no(note.tid)?, note.registers, note.vectors))
        })
        .collect();
    stopped.sort_by_key(Stopped::no);
    (threads, stopped, signal)
}

/// The path of the executable: that of the file whose mapping holds the entry point.
fn main_path(memory: &CoreMemory, entry: Option<VirtAddr>) -> Result<String, String> {
    let missing = || "the core file does not say what it is (it has no NT_AUXV or NT_FILE)";
    let entry = entry.ok_or_else(missing)?;
    let main = memory.mappings().iter().find(|mapping| mapping.range.contains(entry));
    let path = main.map(|mapping| mapping.path.clone()).filter(|path| !path.is_empty());
    path.ok_or_else(|| missing().to_owned())
}

/// Reads the headers and the notes, of one thread at least.
fn parse(bytes: &'static [u8]) -> Result<(Notes, Vec<Segment>), String> {
    let (notes, segments) = parse_headers(bytes)?;
    match notes.threads.is_empty() {
        true => Err("it has no thread (NT_PRSTATUS)".to_owned()),
        false => Ok((notes, segments)),
    }
}

fn parse_headers(bytes: &'static [u8]) -> Result<(Notes, Vec<Segment>), String> {
    let header = FileHeader64::<LittleEndian>::parse(bytes).map_err(|error| error.to_string())?;
    let endian = header.endian().map_err(|error| error.to_string())?;
    if header.e_type(endian) != ET_CORE {
        return Err("it is an ELF file of another kind".to_owned());
    }
    if header.e_machine(endian) != object::elf::EM_X86_64 {
        return Err("it is of a program for another machine".to_owned());
    }
    let headers = header.program_headers(endian, bytes).map_err(|error| error.to_string())?;
    let mut notes = Notes::default();
    let mut segments = Vec::new();
    for header in headers {
        match header.p_type(endian) {
            PT_LOAD => {
                let start = VirtAddr(header.p_vaddr(endian));
                let end = VirtAddr(start.0.saturating_add(header.p_memsz(endian)));
                let flags = header.p_flags(endian);
                let rights = [PF_R, PF_W, PF_X].map(|right| flags.0 & right.0 != 0);
                let there = part(bytes, header.p_offset(endian), header.p_filesz(endian));
                let len = usize::try_from(end - start).unwrap_or(usize::MAX);
                let there = there.get(..len).unwrap_or(there);
                segments.push(Segment { range: Range::new(start, end), bytes: there, rights });
            }
            PT_NOTE => {
                let found = header.notes(endian, bytes).map_err(|error| error.to_string())?;
                let mut found = found.into_iter().flatten();
                while let Some(Ok(note)) = found.next() {
                    notes.take(note.n_type(endian).0, note.desc());
                }
            }
            _ => {}
        }
    }
    Ok((notes, segments))
}

/// What there is of a part of a file that may be cut short.
fn part(bytes: &'static [u8], offset: u64, len: u64) -> &'static [u8] {
    let from = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
    let to = usize::try_from(offset.saturating_add(len)).unwrap_or(usize::MAX).min(bytes.len());
    bytes.get(from..to).unwrap_or_default()
}
