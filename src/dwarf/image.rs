//! One ELF file: its sections, and the doors to everything that is read from them.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gimli::{EndianSlice, LittleEndian, SectionId};
use object::read::elf::ProgramHeader;
use object::{CompressionFormat, Object, ObjectKind, ObjectSection, ObjectSegment, SectionFlags};
use thiserror::Error;

use super::units::Units;
use crate::base::{Bias, FileAddr, Range, VirtAddr};

/// How gimli reads: little-endian slices that live as long as the process.
///
/// A mapped file is never unmapped (see `os::map_file`), so that nothing that was read from it
/// borrows from anything and an [`Image`] can be shared freely.
pub(super) type Slice = EndianSlice<'static, LittleEndian>;

/// One ELF file.
pub struct Image {
    path: PathBuf,
    kind: ImageKind,
    entry: FileAddr,
    build_id: Option<&'static [u8]>,
    sections: Vec<Section>,
    segments: Vec<Range<FileAddr>>,
    pub(super) object: object::File<'static>,
    pub(super) dwarf: gimli::Dwarf<Slice>,
    pub(super) units: Units,
    pub(super) symbols: std::sync::OnceLock<super::Symbols>,
    pub(super) cfi: super::cfi::Cfi,
    pub(super) functions: super::functions::Cache,
    pub(super) types: super::type_loader::Cache,
    pub(super) vtables: super::vtables::Vtables,
    pub(super) origins: std::sync::OnceLock<super::origin::Origins>,
    pub(super) names: super::name_index::Names,
    pub(super) inlined: super::inlined_copies::InlinedCalls,
    pub(super) drop_impls: super::drop_impls::DropImpls,
    pub(super) call_slots: super::call_targets::Slots,
}

/// What kind of ELF file it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImageKind {
    /// An executable that is linked to a fixed address.
    Executable,
    /// A position independent executable.
    PositionIndependent,
    /// A shared library: it has no interpreter and is not marked as an executable.
    Library,
}

/// A section that occupies memory at run time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Section {
    /// Its name: `.text`.
    pub name: &'static str,
    /// Where it lies.
    pub range: Range<FileAddr>,
    /// Whether its bytes are in the file (`.bss` has none).
    pub in_file: bool,
    /// Whether the program may write to it.
    pub writable: bool,
    /// Whether it holds code.
    pub executable: bool,
    /// Whether it is a template for thread-local storage.
    pub thread_local: bool,
}

/// The template of thread-local storage (`PT_TLS`, ELF specification, part 2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TlsSegment {
    /// Where the template lies. No thread has its own copy there.
    pub start: FileAddr,
    /// How much memory each thread has for it, in bytes.
    pub size: u64,
    /// The alignment that each copy keeps, a power of two, or zero for none.
    pub align: u64,
}

/// Why a file cannot be debugged.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ImageError {
    /// It does not begin with the ELF magic.
    #[error("it is not an ELF file (it begins with {0})")]
    NotElf(String),
    /// It is an ELF file for another machine.
    #[error("it is for {0}, and Freehold debugs x86-64")]
    OtherMachine(String),
    /// It is an ELF file, but cut short or garbled.
    #[error("its ELF headers are damaged: {0}")]
    Damaged(String),
    /// It is an object file or something else that cannot be run or loaded.
    #[error("it is {0}, which cannot be run")]
    NotRunnable(String),
}

/// Finds the image that is loaded at an address. The inferior's module table is one.
pub trait Images {
    /// The image whose mapping contains the address.
    fn image_at(&self, at: VirtAddr) -> Option<Loaded>;
}

/// An image and where it is loaded.
#[derive(Clone)]
pub struct Loaded {
    /// The image.
    pub image: Arc<Image>,
    /// What was added to its addresses.
    pub bias: Bias,
}

impl Image {
    /// Reads the headers of an ELF file, and nothing behind them.
    ///
    /// `path` is only for messages and for the rules that tell whose code it is.
    ///
    /// # Errors
    /// [`ImageError`] says what the file is instead.
    pub fn parse(path: &Path, bytes: &'static [u8]) -> Result<Image, ImageError> {
        check_ident(bytes)?;
        let object =
            object::File::parse(bytes).map_err(|error| ImageError::Damaged(error.to_string()))?;
        let kind = kind_of(&object)?;
        let sections = object.sections().filter_map(|section| describe(&section)).collect();
        let segments = object
            .segments()
            .map(|s| {
                Range::new(FileAddr(s.address()), FileAddr(s.address().saturating_add(s.size())))
            })
            .collect();
        let dwarf = load_dwarf(&object);
        Ok(Image {
            path: path.to_owned(),
            kind,
            entry: FileAddr(object.entry()),
            build_id: object.build_id().ok().flatten(),
            sections,
            segments,
            units: Units::default(),
            symbols: Default::default(),
            cfi: super::cfi::Cfi::new(&object),
            functions: Default::default(),
            types: Default::default(),
            vtables: Default::default(),
            origins: Default::default(),
            names: Default::default(),
            inlined: Default::default(),
            drop_impls: Default::default(),
            call_slots: Default::default(),
            object,
            dwarf,
        })
    }

    /// The path it was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What kind of ELF file it is.
    pub fn kind(&self) -> ImageKind {
        self.kind
    }

    /// The address of its first instruction (`e_entry`).
    pub fn entry(&self) -> FileAddr {
        self.entry
    }

    /// Its build-id, where the linker wrote one.
    pub fn build_id(&self) -> Option<&'static [u8]> {
        self.build_id
    }

    /// Whether it has any DWARF units at all.
    pub fn has_debug_info(&self) -> bool {
        self.object.section_by_name(".debug_info").is_some_and(|s| s.size() > 0)
    }

    /// The sections that occupy memory, in file order.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// The loadable segments.
    pub fn segments(&self) -> &[Range<FileAddr>] {
        &self.segments
    }

    /// The template of its thread-local storage, if it has any.
    pub fn tls_segment(&self) -> Option<TlsSegment> {
        let object::File::Elf64(elf) = &self.object else { return None };
        let endian = elf.endian();
        let mut headers = elf.elf_program_headers().iter();
        let header = headers.find(|header| header.p_type(endian) == object::elf::PT_TLS)?;
        Some(TlsSegment {
            start: FileAddr(header.p_vaddr(endian)),
            size: header.p_memsz(endian),
            align: header.p_align(endian),
        })
    }

    /// What the dynamic linker reads of it (`PT_DYNAMIC`); a statically linked program may have
    /// none.
    pub fn dynamic_section(&self) -> Option<Range<FileAddr>> {
        let object::File::Elf64(elf) = &self.object else { return None };
        let endian = elf.endian();
        let mut headers = elf.elf_program_headers().iter();
        let header = headers.find(|header| header.p_type(endian) == object::elf::PT_DYNAMIC)?;
        let start = header.p_vaddr(endian);
        let end = start.saturating_add(header.p_memsz(endian));
        Some(Range::new(FileAddr(start), FileAddr(end)))
    }

    /// The section that an address lies in. Thread-local templates are left out, because their
    /// addresses overlap those of other sections.
    pub fn section_at(&self, at: FileAddr) -> Option<&Section> {
        self.sections.iter().find(|section| !section.thread_local && section.range.contains(at))
    }

    /// The bytes of the file that are loaded at `range`, or nothing where they are not all in it.
    pub fn bytes(&self, range: Range<FileAddr>) -> Option<&'static [u8]> {
        let len = range.end.0.checked_sub(range.start.0)?;
        self.object.sections().find_map(|section| {
            let in_memory = section.address() != 0;
            in_memory.then(|| section.data_range(range.start.0, len).ok().flatten()).flatten()
        })
    }
}

fn check_ident(bytes: &[u8]) -> Result<(), ImageError> {
    if !bytes.starts_with(b"\x7fELF") {
        let begin = &bytes[..bytes.len().min(8)];
        return Err(ImageError::NotElf(match begin {
            [] => "nothing: it is empty".to_owned(),
            _ => format!("\"{}\"", begin.escape_ascii()),
        }));
    }
    // e_machine, ELF specification, figure 4-3; it lies at the same offset in both classes.
    let machine = bytes.get(18..20).map_or(0, |b| u16::from_le_bytes([b[0], b[1]]));
    let class = bytes.get(4).copied().unwrap_or(0);
    if machine == object::elf::EM_X86_64.0 && class == object::elf::ELFCLASS64.0 {
        return Ok(());
    }
    Err(ImageError::OtherMachine(match machine {
        3 => "32-bit x86".to_owned(),
        40 => "32-bit ARM".to_owned(),
        183 => "AArch64".to_owned(),
        243 => "RISC-V".to_owned(),
        62 => "x32".to_owned(),
        other => format!("ELF machine {other}"),
    }))
}

fn kind_of(object: &object::File<'_>) -> Result<ImageKind, ImageError> {
    let has_interpreter = has_interpreter(object);
    match object.kind() {
        ObjectKind::Executable => Ok(ImageKind::Executable),
        ObjectKind::Dynamic if has_interpreter || is_pie(object) => {
            Ok(ImageKind::PositionIndependent)
        }
        ObjectKind::Dynamic => Ok(ImageKind::Library),
        ObjectKind::Relocatable => Err(ImageError::NotRunnable("an object file".to_owned())),
        ObjectKind::Core => Err(ImageError::NotRunnable("a core file".to_owned())),
        other => Err(ImageError::NotRunnable(format!("an ELF file of kind {other:?}"))),
    }
}

/// Whether a program header names a dynamic linker (`PT_INTERP`, ELF specification, part 2): the
/// kernel looks at those alone, and a program may have lost its section headers.
fn has_interpreter(object: &object::File<'_>) -> bool {
    let object::File::Elf64(elf) = object else { return false };
    let endian = elf.endian();
    elf.elf_program_headers().iter().any(|header| header.p_type(endian) == object::elf::PT_INTERP)
}

/// `DF_1_PIE` in the dynamic section: what tells a static PIE from a library.
fn is_pie(object: &object::File<'_>) -> bool {
    const DT_FLAGS_1: u64 = 0x6fff_fffb;
    const DF_1_PIE: u64 = 0x0800_0000;
    let Some(Ok(bytes)) = object.section_by_name(".dynamic").map(|section| section.data()) else {
        return false;
    };
    bytes.chunks_exact(16).any(|entry| {
        let (tag, value) = entry.split_at(8);
        let word = |b: &[u8]| u64::from_le_bytes(b.try_into().unwrap_or_default());
        word(tag) == DT_FLAGS_1 && word(value) & DF_1_PIE != 0
    })
}

fn describe(section: &object::Section<'static, '_>) -> Option<Section> {
    let SectionFlags::Elf { sh_flags, .. } = section.flags() else { return None };
    let flags: u64 = sh_flags.0;
    let has = |flag: u64| flags & flag != 0;
    // SHF_WRITE 1, SHF_ALLOC 2, SHF_EXECINSTR 4, SHF_TLS 0x400 (ELF specification, figure 4-11).
    if !has(2) {
        return None;
    }
    let start = FileAddr(section.address());
    Some(Section {
        name: section.name().ok()?,
        range: Range::new(start, FileAddr(start.0.saturating_add(section.size()))),
        in_file: section.file_range().is_some(),
        writable: has(1),
        executable: has(4),
        thread_local: has(0x400),
    })
}

/// Sections that are missing or cannot be decompressed read as empty: the queries then find
/// nothing, and the caller says what is missing.
fn load_dwarf(object: &object::File<'static>) -> gimli::Dwarf<Slice> {
    let load = |id: SectionId| -> Result<Slice, std::convert::Infallible> {
        Ok(uncompressed(object, id.name()))
    };
    let load_ended = |id: SectionId| {
        let section = load(id)?;
        let is_text = matches!(id, SectionId::DebugStr | SectionId::DebugLineStr);
        Ok(if is_text && !ends(section.slice()) { Slice::default() } else { section })
    };
    let Ok(dwarf): Result<_, std::convert::Infallible> = gimli::Dwarf::load(load_ended);
    dwarf
}

/// The bytes of a section, decompressed where they are not as they are; none where there is none, or
/// where it claims to be more than deflate can have made so small.
pub(super) fn uncompressed(object: &object::File<'static>, name: &str) -> Slice {
    // Of 1032 equal bytes it makes one (RFC 1951, section 3.2.5: 258 of them take two bits).
    const MOST: u64 = 1032;
    let section = object.section_by_name(name).and_then(|section| section.compressed_data().ok());
    let believable = section.filter(|compressed| {
        compressed.format == CompressionFormat::None
            || compressed.uncompressed_size / MOST <= compressed.data.len() as u64
    });
    let bytes: &'static [u8] = match believable.and_then(|section| section.decompress().ok()) {
        Some(Cow::Borrowed(bytes)) => bytes,
        // A decompressed section lives as long as the mapping it came from: for ever.
        Some(Cow::Owned(bytes)) => Vec::leak(bytes),
        None => &[],
    };
    EndianSlice::new(bytes, LittleEndian)
}

/// Whether a section of texts ends with the end of one. In one that does not, each text without an
/// end would be searched for it up to the end of the section, once for each of thousands of names.
fn ends(texts: &[u8]) -> bool {
    texts.last().is_none_or(|byte| *byte == 0)
}
