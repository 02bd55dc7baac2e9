//! The files that are loaded in the process, and where.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use crate::base::{Bias, FileAddr, Range, Tid, VirtAddr};
use crate::dwarf::{Image, Images, Loaded};
use crate::os::procfs::{self, Mapping};

pub(super) use super::file_source::Source;

/// Images by the address of their bytes, which are mapped once and for ever: a file is parsed once,
/// however often it is loaded. Bounded as the mapped files are.
static PARSED: LazyLock<Mutex<HashMap<usize, Arc<Image>>>> = LazyLock::new(Mutex::default);

/// The main executable, its libraries, the dynamic linker and the vdso.
///
/// The table is read again from `/proc/PID/maps` when an address is asked for that it does not
/// know, at most once between two resumptions. Images are parsed when somebody asks for them. A
/// library that was unloaded and replaced by another at the same addresses is noticed by
/// [`Modules::refresh`] only.
pub struct Modules {
    source: Source,
    main: Loaded,
    table: RefCell<Table>,
}

#[derive(Default)]
struct Table {
    maps: Vec<Mapping>,
    modules: Vec<Rc<Module>>,
    /// Whether nothing can have been loaded since the table was read.
    fresh: bool,
}

/// One loaded file.
pub struct Module {
    path: PathBuf,
    range: Range<VirtAddr>,
    /// The first of its mappings.
    first: Range<VirtAddr>,
    source: Source,
    loaded: OnceCell<Option<Loaded>>,
}

impl Module {
    /// The path of the file, or `[vdso]`.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// From its first mapping to the end of its last.
    pub fn range(&self) -> Range<VirtAddr> {
        self.range
    }

    /// The image, parsed now if nobody asked before; none where the file is gone or no ELF file.
    pub fn loaded(&self) -> Option<Loaded> {
        self.loaded.get_or_init(|| self.load()).clone()
    }

    fn load(&self) -> Option<Loaded> {
        let image = self.source.image(&self.path, self.range, self.first)?;
        let bias = bias_of(&image, self.range.start)?;
        Some(Loaded { image, bias })
    }
}

/// The bias of an image whose first mapping begins at an address: that is the one of its lowest
/// segment, rounded down to a page.
pub(super) fn bias_of(image: &Image, first: VirtAddr) -> Option<Bias> {
    let lowest = image.segments().iter().map(|range| range.start.0).min()?;
    Some(Bias::between(FileAddr(lowest & !0xfff), first))
}

impl Modules {
    /// Reads the main executable of a process that stands at the end of its exec.
    pub(super) fn of_main(process: Tid, witness: &Rc<Cell<Tid>>, main: Arc<Image>) -> Modules {
        let entry = procfs::auxv(process).ok().and_then(|auxv| auxv.entry());
        Modules::of_core(Source::Process(Rc::clone(witness)), main, entry)
    }

    /// The modules of a core file, or of any other source; `entry` is where the executable's first
    /// instruction is.
    pub(super) fn of_core(source: Source, main: Arc<Image>, entry: Option<VirtAddr>) -> Modules {
        let bias = Bias::between(main.entry(), entry.unwrap_or(VirtAddr(main.entry().0)));
        Modules { source, main: Loaded { image: main, bias }, table: RefCell::default() }
    }

    /// The main executable.
    pub fn main(&self) -> Loaded {
        self.main.clone()
    }

    /// All modules as they are now, by address. What `dlopen` has loaded since the last resumption
    /// is among them after [`Modules::refresh`].
    pub fn iter(&self) -> impl Iterator<Item = Rc<Module>> + use<> {
        self.ensure();
        self.table.borrow().modules.clone().into_iter()
    }

    /// The mappings of the process, by address, as of the last look.
    pub fn mappings(&self) -> Vec<Mapping> {
        self.ensure();
        self.table.borrow().maps.clone()
    }

    /// Reads the table again.
    pub fn refresh(&self) {
        let maps = self.source.mappings();
        let mut table = self.table.borrow_mut();
        table.fresh = true;
        // A process that is ending has no mappings left, but what is known stays true of the
        // addresses that were seen.
        if !maps.is_empty() {
            table.modules = self.modules_in(&maps, &table.modules);
            table.maps = maps;
        }
    }

    /// The program ran: an address that is unknown may be known at the next look.
    pub(super) fn expire(&self) {
        self.table.borrow_mut().fresh = false;
    }

    /// Whether the program can execute what lies at an address.
    pub(super) fn is_code(&self, at: VirtAddr) -> bool {
        self.look_up(|table| {
            let index = table.maps.partition_point(|mapping| mapping.range.end <= at);
            let mapping = table.maps.get(index).filter(|mapping| mapping.range.contains(at))?;
            mapping.executable.then_some(())
        })
        .is_some()
    }

    /// Whether one mapping holds both addresses.
    pub fn in_one_mapping(&self, a: VirtAddr, b: VirtAddr) -> bool {
        self.look_up(|table| {
            let index = table.maps.partition_point(|mapping| mapping.range.end <= a);
            let range = table.maps.get(index)?.range;
            (range.contains(a) && range.contains(b)).then_some(())
        })
        .is_some()
    }

    /// The module whose mappings hold an address.
    pub fn module_at(&self, at: VirtAddr) -> Option<Rc<Module>> {
        self.look_up(|table| table.modules.iter().find(|module| module.range.contains(at)).cloned())
    }

    /// Looks in the table, and once more after it was read again.
    fn look_up<T>(&self, look: impl Fn(&Table) -> Option<T>) -> Option<T> {
        let found = look(&self.table.borrow());
        if found.is_some() || self.table.borrow().fresh {
            return found;
        }
        self.refresh();
        look(&self.table.borrow())
    }

    fn ensure(&self) {
        if self.table.borrow().maps.is_empty() {
            self.refresh();
        }
    }

    fn modules_in(&self, maps: &[Mapping], known: &[Rc<Module>]) -> Vec<Rc<Module>> {
        let groups = group(maps);
        let main_at = self.main.bias.to_virt(self.main.image.entry());
        let make = |(path, range, first): (&str, Range<VirtAddr>, Range<VirtAddr>)| {
            let same = |m: &&Rc<Module>| m.range.start == range.start && m.path.as_os_str() == path;
            let loaded = OnceCell::new();
            if range.contains(main_at) {
                let _ = loaded.set(Some(self.main.clone()));
            } else if let Some(found) = known.iter().find(same).and_then(|m| m.loaded.get()) {
                let _ = loaded.set(found.clone());
            }
            let (path, source) = (PathBuf::from(path), self.source.clone());
            Rc::new(Module { path, range, first, source, loaded })
        };
        groups.into_iter().map(make).collect()
    }
}

impl Images for Modules {
    fn image_at(&self, at: VirtAddr) -> Option<Loaded> {
        self.module_at(at)?.loaded()
    }
}

/// Groups the mappings of each loaded file: consecutive, of rising offset, one of them executable.
/// The program may map the same file once more as data (Rust's backtraces do): that begins anew at
/// offset zero and holds no code.
///
/// With each comes the range of all its mappings, and that of the first.
fn group(maps: &[Mapping]) -> Vec<(&str, Range<VirtAddr>, Range<VirtAddr>)> {
    struct Group<'a> {
        path: &'a str,
        range: Range<VirtAddr>,
        first: Range<VirtAddr>,
        offset: u64,
        code: bool,
    }
    let mut groups: Vec<Group<'_>> = Vec::new();
    for mapping in maps {
        let path = mapping.path.as_str();
        let is_file = path.starts_with('/') || path == "[vdso]";
        if !is_file {
            continue;
        }
        match groups.last_mut() {
            Some(last)
                if last.path == path && mapping.offset > 0 && mapping.offset >= last.offset =>
            {
                last.range.end = mapping.range.end;
                last.offset = mapping.offset;
                last.code |= mapping.executable;
            }
            _ => groups.push(Group {
                path,
                range: mapping.range,
                first: mapping.range,
                offset: mapping.offset,
                code: mapping.executable,
            }),
        }
    }
    groups.into_iter().filter(|group| group.code).map(|g| (g.path, g.range, g.first)).collect()
}

/// Parses the file that bytes were mapped from, or finds it parsed.
pub(super) fn parse_once(
    path: &Path,
    bytes: &'static [u8],
) -> Result<Arc<Image>, crate::dwarf::ImageError> {
    let key = bytes.as_ptr() as usize;
    let known = |parsed: &HashMap<usize, Arc<Image>>| {
        parsed.get(&key).filter(|image| image.path() == path).cloned()
    };
    if let Some(image) = known(&PARSED.lock().unwrap_or_else(PoisonError::into_inner)) {
        return Ok(image);
    }
    let image = Arc::new(Image::parse(path, bytes)?);
    let mut parsed = PARSED.lock().unwrap_or_else(PoisonError::into_inner);
    parsed.insert(key, Arc::clone(&image));
    Ok(image)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::procfs::parse_maps;

    #[test]
    fn a_file_mapped_again_as_data_is_not_a_module() {
        let maps = parse_maps(
            "1000-9000 r--p 00000000 fe:00 1 /bin/a\n\
             555000-556000 r--p 00000000 fe:00 1 /bin/a\n\
             556000-558000 r-xp 00001000 fe:00 1 /bin/a\n\
             558000-559000 rw-p 00003000 fe:00 1 /bin/a\n\
             559000-55a000 rw-p 00000000 00:00 0 \n\
             7f0000-7f1000 r-xp 00000000 00:00 0 [vdso]\n",
        );
        let modules = group(&maps);
        let main = Range::new(VirtAddr(0x555000), VirtAddr(0x559000));
        let vdso = Range::new(VirtAddr(0x7f0000), VirtAddr(0x7f1000));
        let first = Range::new(VirtAddr(0x555000), VirtAddr(0x556000));
        assert_eq!(modules, [("/bin/a", main, first), ("[vdso]", vdso, vdso)]);
    }
}
