//! Drops of a run: the code that drops values, and what is seen when a thread comes to it.

mod begins;
mod callers;
pub(super) mod member;
mod merged;
mod place;
mod scopes;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::context::FrameContext;
use super::drops_so_far::DropLog;
use super::planting::Role;
use super::run::Run;
use super::sources::Sources;
use crate::base::{
    DropView, DroppedPart, EventKind, Evidence, MemoryExt, Register, Seq, VirtAddr, Whose,
};
use crate::dwarf::{
    DropCode, DropPart, Image, Loaded, Location, Origin, Types, UnitId, demangle, short_type_name,
};
use crate::frame::RawFrame;
use crate::inferior::Stopped;
use crate::track::drops::{DropRecord, DropSite, Drops, crate_of_type, is_owner, plain_name};
use crate::value::{Limits, Reader, ValueKind};
use callers::{Surrounding, tail_calls};

/// What a run knows of drops.
#[derive(Default)]
pub(super) struct Dropping {
    /// The drops that have begun.
    pub drops: Drops,
    /// The event of the drop in which a block is being freed.
    pub freeing: Option<Seq>,
    /// The units that were optimised, as their variables and inlined drops show.
    optimised: HashSet<UnitId>,
    /// The code at each site, outermost call first.
    sites: Vec<Vec<Planted>>,
    /// Their addresses.
    at_address: HashMap<VirtAddr, usize>,
    /// What a debugger's user can ask for later.
    pub log: DropLog,
    /// The source, as it was when the program was built.
    sources: Sources,
    /// Which of its lines are of statements, by file: each is asked for at every drop there.
    statements: RefCell<HashMap<String, HashMap<u32, bool>>>,
}

impl Dropping {
    /// Whether some of the code, but for std's, was optimised.
    pub fn is_optimised(&self) -> bool {
        !self.optimised.is_empty()
    }
}

/// Code that drops values, where it is loaded.
#[derive(Clone)]
pub(super) struct Planted {
    pub site: Arc<DropSite>,
    pub code: Arc<DropCode>,
    /// Where it stops.
    pub at: VirtAddr,
    pub loaded: Loaded,
}

impl Run {
    /// Plants the code that drops values of the types that a reader cares for, and where unwinding
    /// begins and ends.
    pub(super) fn plant_drops(&mut self) {
        let main = self.inferior.modules().main();
        // What a type of std does in its own `drop` is not the program's, and glue tells of it.
        let wanted = |part, name: &str| match whose(&main.image, name) {
            Some(Whose::Std) => part == DropPart::Glue,
            other => other.is_some(),
        };
        self.plant_drop_code(main.image.drop_code(&wanted));
        self.plant_unwinding();
    }

    /// Plants some code that drops values, as far as it is not planted already.
    pub(super) fn plant_drop_code(&mut self, code: Vec<DropCode>) {
        let main = self.inferior.modules().main();
        let code = without_stds_own(code);
        if self.dropping.sites.is_empty() {
            self.dropping.optimised = main.image.optimised_units().into_iter().collect();
        }
        let bodies = code.iter().filter(|code| code.part == DropPart::Body);
        let implementing: HashSet<_> = bodies.map(|code| plain_name(&code.type_name)).collect();
        let without_bodies = merged::without_bodies(&main.image, &code);
        let entered = begins::entered(&main.image, &code);
        for ((code, without_body), entered) in code.into_iter().zip(without_bodies).zip(entered) {
            // What somebody asks for by name need not be what is shown to everybody.
            let whose = whose(&main.image, &code.type_name).unwrap_or(Whose::Std);
            let to_virt = |range| main.bias.range_to_virt(range);
            let entry = main.bias.to_virt(entered.entry);
            let inlined = entered.function;
            let jumps = inlined.as_ref().map_or_else(Vec::new, |function| {
                tail_calls(&main.image, &code.ranges, &function.ranges)
            });
            let begin = inlined.as_ref().and_then(|function| function.ranges.first());
            let implements_drop = implementing.contains(&plain_name(&code.type_name));
            let site = DropSite {
                part: code.part,
                type_name: code.type_name.clone(),
                whose,
                implements_drop,
                without_body: implements_drop && without_body,
                entry,
                ranges: code.ranges.iter().copied().map(to_virt).collect(),
                inlined_into: begin.map(|range| main.bias.to_virt(range.start)),
                jumps_to: jumps.into_iter().map(|(_, to)| main.bias.to_virt(to)).collect(),
            };
            let (site, code) = (Arc::new(site), Arc::new(code));
            for at in entered.begins {
                let (site, code, loaded) = (site.clone(), code.clone(), main.clone());
                self.plant_one_drop(Planted { site, code, at: loaded.bias.to_virt(at), loaded });
            }
        }
    }

    fn plant_one_drop(&mut self, planted: Planted) {
        let at = planted.at;
        let new = self.dropping.sites.len();
        let index = *self.dropping.at_address.entry(at).or_insert(new);
        match self.dropping.sites.get_mut(index) {
            Some(there) if there.iter().any(|known| known.is_same(&planted)) => {}
            Some(there) => {
                there.push(planted);
                there.sort_by_key(|planted| planted.code.inlined);
            }
            None => self.dropping.sites.push(vec![planted]),
        }
        self.site(at, Role::Drop(index));
    }

    /// Takes the sites away that drop nothing of some types.
    pub(super) fn unplant_drops_but(&mut self, wanted: &dyn Fn(&str) -> bool) {
        let mut gone = Vec::new();
        for (index, planted) in self.dropping.sites.iter().enumerate() {
            if !planted.iter().any(|planted| wanted(&planted.site.type_name)) {
                gone.extend(planted.first().map(|planted| (planted.at, index)));
            }
        }
        gone.into_iter().for_each(|(at, index)| self.remove_site(at, Role::Drop(index)));
    }

    /// A panic unwinds from `__rust_start_panic` to `__rust_panic_cleanup` (`std::panicking`).
    fn plant_unwinding(&mut self) {
        let main = self.inferior.modules().main();
        let at = |name: &str| {
            let symbols = main.image.symbols().all().iter();
            let named = symbols.filter(|symbol| symbol.name.contains(name));
            let mut found = named.filter(|symbol| demangle(symbol.name).ends_with(name));
            found.next().map(|symbol| main.bias.to_virt(symbol.range.start))
        };
        match (at("__rust_start_panic"), at("__rust_panic_cleanup")) {
            (Some(begins), Some(ends)) => {
                self.site(begins, Role::Unwinds);
                self.site(ends, Role::Caught);
            }
            _ => self.notes.push(
                "Where panics begin and end to unwind was not found in this program: drops while \
                 unwinding are not marked."
                    .to_owned(),
            ),
        }
    }

    /// A thread came to code that drops values: one, or a chain of inlined calls.
    pub(super) fn drop_begins(&mut self, thread: &Stopped, index: usize) {
        let planted = self.dropping.sites.get(index).cloned().unwrap_or_default();
        let sp = thread.registers().sp();
        self.end_gone(thread.no(), sp + 1);
        for (index, drop) in planted.iter().enumerate() {
            let inner = planted.iter().skip(index.saturating_add(1));
            let inner = inner.map(|planted| planted.site.clone()).collect();
            self.one_drop_begins(thread, drop, inner);
        }
    }

    /// A block is about to be freed: finds the drop that does it.
    pub(super) fn find_freeing_drop(&mut self, thread: &Stopped) {
        let frames = self.frames_of_drops(thread);
        self.dropping.freeing = self.dropping.drops.innermost_shown(thread.no(), &frames);
    }

    fn one_drop_begins(&mut self, thread: &Stopped, planted: &Planted, inner: Vec<Arc<DropSite>>) {
        let no = thread.no();
        let Surrounding { raw, frames, calls } = self.surrounding(thread, planted);
        let Some(frame) = raw.first() else { return };
        let address = self.dropped_address(planted, frame);
        let count = address.and_then(|at| self.handles(planted, at));
        let place = address.and_then(|at| self.place_of(no, planted, at, &raw, &frames, &calls));
        let record = DropRecord {
            thread: no,
            site: planted.site.clone(),
            inner,
            address,
            frames,
            calls,
            place,
            count,
        };
        // The calls that were only counted until now are told first, and take a number.
        self.flush_repeated(no);
        let seq = Seq(self.seq + 1);
        let Some(seen) = self.dropping.drops.begins(&record, planted.code.ty, seq) else { return };
        let view = DropView {
            type_name: short_type_name(&planted.site.type_name),
            type_path: planted.site.type_name.to_string(),
            whose: planted.site.whose,
            implements_drop: planted.site.implements_drop,
            part: seen.part,
            place: seen.place,
            place_inferred: seen.place_inferred,
            address,
            depth: seen.depth,
            within: seen.within,
            unwinding: seen.unwinding,
            cause: seen.cause,
            count: seen.count.filter(|_| seen.part == DroppedPart::Value),
        };
        let at = seen.at.as_deref().cloned();
        self.note_drop(thread, planted, &view, at.as_ref());
        self.emit(no, Evidence::Observed, at, None, EventKind::Drop(view));
    }

    /// The address of the value: the first argument, or what the parameter of an inlined call holds.
    fn dropped_address(&self, planted: &Planted, frame: &RawFrame) -> Option<VirtAddr> {
        if planted.code.by_convention {
            return frame.registers.get(Register::RDI).map(VirtAddr);
        }
        // Elsewhere in an inlined drop its parameter is that of any of the copies of its code.
        let at_entry = planted.at == planted.site.entry;
        let variable = planted.code.pointer.as_ref().filter(|_| at_entry)?;
        let image = &planted.loaded.image;
        let memory = self.inferior.memory();
        let context = FrameContext { frame, vectors: None, memory };
        let at = planted.loaded.bias.to_file(planted.at);
        if image.is_from_registers(variable, at) {
            return None;
        }
        let function = image.function_at(at)?;
        let word = |bytes: &[u8]| {
            let bytes = bytes.first_chunk::<8>().copied();
            bytes.map(|bytes| VirtAddr(u64::from_le_bytes(bytes)))
        };
        match image.locate(&function, variable, at, &context).ok()? {
            Location::Memory(at) => memory.read_u64(at).ok().map(VirtAddr),
            Location::Register(register) => frame.registers.get(register).map(VirtAddr),
            Location::Value(bytes) => word(&bytes),
            Location::Pieces(_) => None,
        }
    }

    /// How many handles share the value of an `Rc`, an `Arc` or a `Weak`.
    fn handles(&self, planted: &Planted, at: VirtAddr) -> Option<u64> {
        let image = &planted.loaded.image;
        let ty = image.get(planted.code.ty?).ok()?;
        let which = match ["Rc", "Arc", "Weak"].into_iter().find(|name| ty.is_std(name))? {
            "Weak" => "weak",
            _ => "strong",
        };
        let reader = Reader {
            types: &**image,
            bias: planted.loaded.bias,
            memory: self.inferior.memory(),
            registers: &|_| None,
            // The counts lie beside the value, which is not asked for.
            limits: Limits { depth: 1, elements: 0, text_bytes: 0, ..Limits::default() },
            running: &[],
        };
        let value = reader.read(planted.code.ty?, &Location::Memory(at));
        let ValueKind::Pointer(pointer) = value.kind else { return None };
        let (_, count) = pointer.counts.iter().find(|(name, _)| *name == which)?;
        // `Weak::new` has no counts.
        Some(*count).filter(|count| *count > 0)
    }
}

impl Planted {
    /// Whether it is the same code for the same type.
    fn is_same(&self, other: &Planted) -> bool {
        (&self.site.type_name, self.site.part, self.code.inlined)
            == (&other.site.type_name, other.site.part, other.code.inlined)
    }
}

/// Who wrote a type whose drops are shown; none for one whose drops are not.
fn whose(image: &Image, type_name: &str) -> Option<Whose> {
    let krate = crate_of_type(type_name);
    if krate.is_empty() {
        return None;
    }
    match image.origin_of_crate(krate) {
        Origin::User => Some(Whose::User),
        Origin::Dependency => Some(Whose::Dependency),
        Origin::Std => is_owner(type_name).then_some(Whose::Std),
        Origin::Foreign => None,
    }
}

/// Leaves out the functions of std's own units, which std alone calls, except for types that no
/// other unit has the code of.
fn without_stds_own(mut code: Vec<DropCode>) -> Vec<DropCode> {
    let plain = |code: &DropCode| {
        let glue = code.part == DropPart::Glue;
        (glue, code.type_name.replace(", alloc::alloc::Global", ""))
    };
    let others: HashSet<_> = code.iter().filter(|code| !code.of_std).map(plain).collect();
    code.retain(|code| !code.of_std || !others.contains(&plain(code)));
    code
}
