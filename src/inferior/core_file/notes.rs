//! The notes of a core file: threads, mapped files, and what the kernel told the process.
//!
//! The structures are those of `linux/elfcore.h` and `linux/procfs.h` for x86-64; a note that is
//! too short for its structure is left out.

use crate::base::{Range, Tid, Vectors, VirtAddr};
use crate::os::procfs::Auxv;
use crate::os::{RawRegisters, SignalInfo};

/// Types of notes (elf.h).
pub(super) const NT_PRSTATUS: u32 = 1;
pub(super) const NT_PRFPREG: u32 = 2;
pub(super) const NT_PRPSINFO: u32 = 3;
pub(super) const NT_AUXV: u32 = 6;
pub(super) const NT_X86_XSTATE: u32 = 0x202;
pub(super) const NT_SIGINFO: u32 = 0x5349_4749;
pub(super) const NT_FILE: u32 = 0x4649_4c45;

/// Sizes and offsets in `struct elf_prstatus`.
pub(super) const PRSTATUS: usize = 336;
pub(super) const PR_CURSIG: usize = 12;
pub(super) const PR_PID: usize = 32;
pub(super) const PR_REG: usize = 112;
pub(super) const PR_FPVALID: usize = 328;

/// Sizes and offsets in `struct elf_prpsinfo`.
pub(super) const PRPSINFO: usize = 136;
pub(super) const PR_PSINFO_PID: usize = 24;
pub(super) const PR_FNAME: usize = 40;
pub(super) const PR_PSARGS: usize = 56;

/// Where `struct user_fpregs_struct` (sys/user.h) has xmm0 to xmm15. That of the extended state is
/// the same (Intel SDM, volume 1, section 13.4.1).
const XMM: usize = 160;

/// What the notes of a core file say.
#[derive(Default)]
pub(super) struct Notes {
    /// The threads, in the order of the file. The kernel writes the one that died first.
    pub threads: Vec<ThreadNote>,
    /// The files that were mapped.
    pub files: Vec<FileNote>,
    /// The auxiliary vector.
    pub auxv: Auxv,
    /// The process.
    pub process: Option<ProcessNote>,
}

/// A thread.
pub(super) struct ThreadNote {
    /// Its id.
    pub tid: Tid,
    /// The signal that it stopped for; zero for none.
    pub signal: i32,
    /// Its registers.
    pub registers: RawRegisters,
    /// Its vector registers, where the file has them.
    pub vectors: Option<Vectors>,
    /// What is known of its signal.
    pub info: Option<SignalInfo>,
}

/// A mapping of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct FileNote {
    /// Where it is mapped.
    pub range: Range<VirtAddr>,
    /// Where in the file that begins, in bytes.
    pub offset: u64,
    /// The path of the file, as the kernel knew it.
    pub path: String,
}

/// The process, from `NT_PRPSINFO`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ProcessNote {
    /// Its id.
    pub process: Tid,
    /// The name of its executable, at most 15 bytes.
    pub name: String,
    /// Its command line, at most 79 bytes.
    pub command: String,
}

impl Notes {
    /// Takes in one note. Those about a thread stand behind its `NT_PRSTATUS`.
    pub fn take(&mut self, kind: u32, bytes: &[u8]) {
        match kind {
            NT_PRSTATUS => self.threads.extend(thread(bytes)),
            NT_PRFPREG => {
                if let Some(thread) = self.threads.last_mut() {
                    thread.vectors = vectors(bytes);
                }
            }
            NT_SIGINFO => {
                if let Some(thread) = self.threads.last_mut() {
                    thread.info = SignalInfo::from_bytes(bytes);
                }
            }
            NT_PRPSINFO => self.process = process(bytes),
            NT_AUXV => self.auxv = Auxv::parse(bytes),
            NT_FILE => self.files = files(bytes).unwrap_or_default(),
            _ => {}
        }
    }
}

fn word(bytes: &[u8], at: usize) -> Option<i32> {
    let word = bytes.get(at..at.checked_add(4)?)?;
    Some(i32::from_le_bytes(word.try_into().ok()?))
}

fn thread(bytes: &[u8]) -> Option<ThreadNote> {
    let registers = RawRegisters::from_bytes(bytes.get(PR_REG..PR_FPVALID)?)?;
    let signal = bytes.get(PR_CURSIG..PR_CURSIG + 2)?;
    Some(ThreadNote {
        tid: Tid(word(bytes, PR_PID)?),
        signal: i32::from(i16::from_le_bytes(signal.try_into().ok()?)),
        registers,
        vectors: None,
        info: None,
    })
}

fn vectors(bytes: &[u8]) -> Option<Vectors> {
    let (all, _) = bytes.get(XMM..)?.as_chunks::<16>();
    let mut vectors = Vectors::default();
    if all.len() < vectors.len() {
        return None;
    }
    for (vector, bytes) in vectors.iter_mut().zip(all) {
        *vector = u128::from_le_bytes(*bytes);
    }
    Some(vectors)
}

fn process(bytes: &[u8]) -> Option<ProcessNote> {
    let text = |bytes: &[u8]| {
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
        String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).trim_end().to_owned()
    };
    Some(ProcessNote {
        process: Tid(word(bytes, PR_PSINFO_PID)?),
        name: text(bytes.get(PR_FNAME..PR_PSARGS)?),
        command: text(bytes.get(PR_PSARGS..PRPSINFO)?),
    })
}

/// `NT_FILE` (linux, fs/binfmt_elf.c, `fill_files_note`): a count, the size of a page, three words
/// for each mapping (start, end, offset in pages), then as many paths that end with a null byte.
fn files(bytes: &[u8]) -> Option<Vec<FileNote>> {
    let (words, _) = bytes.as_chunks::<8>();
    let word = |index: usize| words.get(index).map(|word| u64::from_le_bytes(*word));
    let count = usize::try_from(word(0)?).ok()?;
    let page = word(1)?;
    let names_at = count.checked_mul(24)?.checked_add(16)?;
    let mut names = bytes.get(names_at..)?.split(|byte| *byte == 0);
    let mut found = Vec::new();
    for index in 0..count {
        let at = index.checked_mul(3)?.checked_add(2)?;
        let (start, end) = (word(at)?, word(at.checked_add(1)?)?);
        let offset = word(at.checked_add(2)?)?.checked_mul(page)?;
        let path = String::from_utf8_lossy(names.next()?).into_owned();
        if start < end {
            found.push(FileNote {
                range: Range::new(VirtAddr(start), VirtAddr(end)),
                offset,
                path,
            });
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Register;

    fn words(words: &[u64]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    #[test]
    fn files_are_read_up_to_where_the_note_ends() {
        let mut bytes = words(&[2, 4096, 0x1000, 0x3000, 0, 0x5000, 0x6000, 3]);
        bytes.extend(b"/bin/a\0/lib/b (deleted)\0");
        let file = |start, end, offset, path: &str| FileNote {
            range: Range::new(VirtAddr(start), VirtAddr(end)),
            offset,
            path: path.to_owned(),
        };
        let expected =
            [file(0x1000, 0x3000, 0, "/bin/a"), file(0x5000, 0x6000, 0x3000, "/lib/b (deleted)")];
        assert_eq!(files(&bytes).as_deref(), Some(&expected[..]));
        for len in 0..60 {
            assert_eq!(files(bytes.get(..len).expect("shorter")), None, "{len}");
        }
        assert_eq!(files(&words(&[u64::MAX, 4096])), None);
        assert_eq!(files(&words(&[1 << 40, u64::MAX, 1, 2, u64::MAX])), None);
    }

    #[test]
    fn a_thread_has_its_registers_its_signal_and_then_its_vectors() {
        let mut status = vec![0; PRSTATUS];
        status[PR_CURSIG] = 11;
        status[PR_PID..PR_PID + 4].copy_from_slice(&77_i32.to_le_bytes());
        // `rip` is the 17th word of `user_regs_struct` (sys/user.h).
        status[PR_REG + 16 * 8..][..8].copy_from_slice(&0x1234_u64.to_le_bytes());
        let mut float = vec![0; 512];
        float[XMM + 16] = 9;
        let mut notes = Notes::default();
        notes.take(NT_PRFPREG, &float);
        notes.take(NT_PRSTATUS, &status);
        notes.take(NT_PRFPREG, &float);
        notes.take(NT_PRSTATUS, &status[..200]);
        let [thread] = notes.threads.as_slice() else { panic!("{}", notes.threads.len()) };
        assert_eq!((thread.tid, thread.signal), (Tid(77), 11));
        assert_eq!(thread.registers.to_registers().get(Register::RIP), Some(0x1234));
        assert_eq!(thread.vectors.and_then(|vectors| vectors.get(1).copied()), Some(9));
    }
}
