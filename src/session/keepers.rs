//! What keeps each live block: a static, a thread-local variable, a stack, another block; or
//! nothing, which is a leak.

use super::root_words::words;
use super::run::Run;
use super::threads::below_red_zone;
use crate::base::{BlockId, Keeper, Range, Register, Registers, ThreadNo, VirtAddr};
use crate::frame::Unwinder;
use crate::inferior::{Inferior, Stopped};
use crate::os::procfs::Mapping;
use crate::track::{Graph, Lost};

/// Bytes that are searched at most, of blocks and of roots each: a second's work.
const MOST_BYTES: u64 = 1 << 30;

/// Bytes that are taken at most to note which blocks lead to which.
const ROOM: usize = 1 << 30;

/// Bytes behind the thread pointer in which the C library keeps what belongs to the thread (glibc's
/// `struct pthread`, with the first values of `pthread_setspecific`).
const THREAD_DATA: u64 = 0x900;

/// Frames of the C library between `_exit` and who called for the end, at most.
const MOST_FRAMES: usize = 64;

/// A piece of memory that no block has to lead to.
#[derive(Clone, Debug)]
pub(super) struct Root {
    /// Where it lies.
    pub range: Range<VirtAddr>,
    /// What it is.
    pub kind: RootKind,
}

/// What a root is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum RootKind {
    /// The data of a file: statics.
    Statics,
    /// The data of the file that has `malloc`. The allocator's own pointers lie just before a block,
    /// and those can be within the one before it: only addresses of first bytes count here.
    OfMalloc,
    /// The thread-local variables of a thread: those of one file, or what the C library keeps for
    /// the thread.
    ThreadLocals(ThreadNo, Option<TlsBlock>),
    /// The part of a thread's stack that is in use.
    Stack(ThreadNo),
    /// Its registers.
    Registers(ThreadNo),
}

/// A thread's copy of the thread-local variables of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct TlsBlock {
    /// Where the file is loaded.
    pub file: VirtAddr,
    /// The first byte of the copy.
    pub start: VirtAddr,
}

/// The live blocks, with how each is reached from the roots.
pub(super) struct Kept {
    roots: Vec<Root>,
    pub graph: Graph,
}

impl Kept {
    /// What a root is, by its number.
    pub fn kind_of(&self, root: usize) -> Option<RootKind> {
        Some(self.roots.get(root)?.kind)
    }

    /// The root that a block is reached from in the end, and the address of the word in it; none for
    /// a block that is lost.
    pub fn root_of(&self, block: BlockId) -> Option<(RootKind, VirtAddr)> {
        let (root, at) = self.graph.root_of(block)?;
        Some((self.kind_of(root)?, at))
    }
}

impl Run {
    /// Finds what keeps each live block, while these threads stand still; `ending` is one that ends
    /// the process. None where there is more memory than is searched.
    pub(super) fn kept(&self, threads: &[&Stopped], ending: Option<ThreadNo>) -> Option<Kept> {
        let live = || self.ledger.live().map(|(at, block)| (at, block.size, block.id));
        if live().fold(0, |sum: u64, (_, size, _)| sum.saturating_add(size)) > MOST_BYTES {
            return None;
        }
        let memory = self.inferior.memory();
        let mut graph = Graph::new(live(), ROOM, |at, size| words(memory, at, size))?;
        let mut roots = self.static_data();
        roots.extend(
            threads.iter().flat_map(|thread| self.roots_of(thread, ending == Some(thread.no()))),
        );
        roots.retain(|root| {
            matches!(root.kind, RootKind::Registers(_)) || root.range.start < root.range.end
        });
        let sizes = roots.iter().map(|root| root.range.end - root.range.start);
        if sizes.fold(0, u64::saturating_add) > MOST_BYTES {
            return None;
        }
        for (index, root) in (0..).zip(&roots) {
            let starts = root.kind == RootKind::OfMalloc;
            if let RootKind::Registers(no) = root.kind {
                let thread = threads.iter().find(|thread| thread.no() == no);
                let held = thread.map(|thread| words_of(thread.registers())).unwrap_or_default();
                graph.follow(index, root.range.start, &held, starts);
                continue;
            }
            let Range { start, end } = root.range;
            for (at, words) in words(memory, start, end - start) {
                graph.follow(index, at, &words, starts);
            }
        }
        graph.finish();
        Some(Kept { roots, graph })
    }

    /// The process is about to end: what keeps the blocks that are alive is told with its end.
    pub(super) fn process_ends(&mut self, thread: &Stopped) {
        if self.ledger_in_use().is_none() {
            return;
        }
        let others = match self.inferior.live_mut().and_then(Inferior::stop_all) {
            Ok(others) => others,
            Err(error) => {
                self.notes.push(format!("What keeps the blocks alive was not searched: {error}."));
                return;
            }
        };
        let threads: Vec<_> = others.iter().chain([thread]).collect();
        let kept = self.kept(&threads, Some(thread.no())).map(|kept| self.keepers_in(&kept));
        self.keepers = kept.into_iter().flatten().collect();
        for other in others {
            if let Err(error) = self.let_go(other, None) {
                self.notes.push(format!("A thread could not go on: {error}."));
            }
        }
    }

    /// The blocks that nothing leads to.
    pub(super) fn lost_in(&self, kept: &Kept) -> impl Iterator<Item = (BlockId, Keeper)> + use<> {
        kept.graph.lost().into_iter().map(|(block, fate)| (block, lost(fate)))
    }

    /// For each live block what keeps it, by ordinal.
    pub(super) fn keepers_in(&self, kept: &Kept) -> Vec<(BlockId, Keeper)> {
        let mut keepers: Vec<_> = self.lost_in(kept).collect();
        for (block, reach) in kept.graph.all() {
            let (Some(reach), Some((kind, at))) = (reach, kept.root_of(block)) else { continue };
            let keeper = self.keeper(kind, at);
            keepers.push((
                block,
                match reach.sure {
                    true => keeper,
                    false => Keeper::Perhaps { keeper: Box::new(keeper) },
                },
            ));
        }
        keepers.sort_unstable_by_key(|(block, _)| *block);
        keepers
    }

    /// What a word of a root is to people.
    pub(super) fn keeper(&self, kind: RootKind, at: VirtAddr) -> Keeper {
        match kind {
            RootKind::Statics | RootKind::OfMalloc => Keeper::Static { name: self.file_place(at) },
            RootKind::ThreadLocals(thread, block) => {
                let name =
                    block.and_then(|block| self.thread_local_name(block.file, at - block.start));
                Keeper::ThreadLocal { of: thread, name }
            }
            RootKind::Stack(thread) | RootKind::Registers(thread) => Keeper::Stack { of: thread },
        }
    }

    /// The writable data of all files, with the zeroed pages behind it that are `.bss`.
    fn static_data(&self) -> Vec<Root> {
        self.inferior.modules().refresh();
        let maps = self.inferior.modules().mappings();
        let of_file = |map: &Mapping| map.path.starts_with('/');
        let pairs = maps.iter().scan(None::<&Mapping>, |before, map| {
            let last = before.replace(map);
            Some((last, map))
        });
        let data = pairs.filter(|(before, map)| {
            let bss = map.path.is_empty()
                && before
                    .is_some_and(|b| of_file(b) && b.writable && b.range.end == map.range.start);
            map.writable && map.readable && (of_file(map) || bss)
        });
        let root = |(_, map): (_, &Mapping)| Root { range: map.range, kind: self.kind_of(map) };
        data.map(root).collect()
    }

    fn kind_of(&self, map: &Mapping) -> RootKind {
        let has = |name: &str| {
            let loaded = self.module_at(map.range.start);
            loaded.is_some_and(|l| l.image.symbols().by_linkage_name(name).next().is_some())
        };
        if has("malloc") { RootKind::OfMalloc } else { RootKind::Statics }
    }

    /// Where the frames end that the end of the process itself needs, whose bytes are left from
    /// calls that are over: those of the C library, from the innermost on.
    fn below_the_end(&self, thread: &Stopped) -> VirtAddr {
        let modules = self.inferior.modules();
        let registers = *thread.registers();
        let library = modules.module_at(registers.pc()).map(|module| module.range());
        let unwinder = Unwinder::new(modules, self.inferior.memory(), registers, MOST_FRAMES);
        let of_end = unwinder.take_while(|frame| library.is_some_and(|l| l.contains(frame.lookup)));
        of_end.filter_map(|frame| frame.cfa).last().unwrap_or(registers.sp())
    }

    fn roots_of(&self, thread: &Stopped, ending: bool) -> Vec<Root> {
        let (no, registers) = (thread.no(), thread.registers());
        let sp = registers.sp();
        let low = match ending {
            true => self.below_the_end(thread),
            false => below_red_zone(sp),
        };
        let maps = self.inferior.modules().mappings();
        let stack = maps.iter().find(|map| map.range.contains(sp));
        let stack = stack.map(|map| Range::new(low.max(map.range.start), map.range.end));
        let registers_at = Range::new(VirtAddr(0), VirtAddr(0));
        let mut roots = Vec::new();
        if !ending {
            roots.push(Root { range: registers_at, kind: RootKind::Registers(no) });
        }
        let locals = self.thread_locals_of(registers, &maps);
        roots.extend(locals.map(|(range, block)| {
            let kind = RootKind::ThreadLocals(no, block);
            Root { range, kind }
        }));
        roots.extend(stack.map(|range| Root { range, kind: RootKind::Stack(no) }));
        roots
    }

    fn thread_locals_of(
        &self,
        registers: &Registers,
        maps: &[Mapping],
    ) -> impl Iterator<Item = (Range<VirtAddr>, Option<TlsBlock>)> {
        let base = VirtAddr(registers.fs_base);
        // What is mapped behind it belongs to somebody else.
        let mapped = maps.iter().find(|map| map.range.contains(base));
        let own = mapped.map(|map| {
            let end = VirtAddr(base.0.saturating_add(THREAD_DATA));
            (Range::new(base, end.min(map.range.end)), None)
        });
        let mut ranges = Vec::new();
        for module in self.inferior.modules().iter() {
            let Some(loaded) = module.loaded() else { continue };
            let Some(segment) = loaded.image.tls_segment() else { continue };
            let file = module.range().start;
            if let Ok(start) = self.inferior.thread_local(file, registers, 0) {
                let range = Range::new(start, VirtAddr(start.0.saturating_add(segment.size)));
                ranges.push((range, Some(TlsBlock { file, start })));
            }
        }
        // What the C library keeps for itself is left from calls that are over, some of it, and may
        // name what lies there by now: the variables come before it.
        ranges.into_iter().chain(own)
    }
}

fn words_of(registers: &Registers) -> Vec<u64> {
    (0..16).filter_map(|number| registers.get(Register(number))).collect()
}

/// What a block that nothing reaches is to people.
pub(super) fn lost(fate: Lost) -> Keeper {
    match fate {
        Lost::Alone => Keeper::Nothing,
        Lost::Within(holder) => Keeper::LostBlock { block: holder },
        Lost::Cycle(next) => Keeper::Cycle { next },
    }
}
