//! The name of the place of a value that is dropped.

use std::sync::Arc;

use super::super::context::FrameContext;
use super::super::run::Run;
use super::super::slots::{low_end, short_function};
use super::Planted;
use super::member::member_path;
use super::scopes::{Scoped, variables_around};
use crate::asm::stores_to_stack;
use crate::base::{At, FileAddr, Memory, MemoryExt, Range, ThreadNo, VirtAddr};
use crate::dwarf::{
    Function, Image, Loaded, Location, Origin, SymbolKind, TypeKind, TypeRef, Types, crate_of,
    demangle, dropped_by, short_type_name,
};
use crate::frame::RawFrame;
use crate::track::drops::{CallSeen, FrameSeen, OpenDrop, PlaceKind, PlaceSeen, is_direct};
use crate::value::{Limits, Reader};

/// Bytes of code behind a drop in which an assignment writes the new value.
const ASSIGNS_WITHIN: u64 = 64;

/// A value of which a place is asked.
struct Wanted<'a> {
    image: &'a Image,
    at: VirtAddr,
    type_name: &'a str,
    size: u64,
    loaded: &'a Loaded,
    memory: &'a dyn Memory,
}

impl Run {
    /// The place of a value that is dropped, as far as the enclosing drop, the blocks and the
    /// variables of the frames tell. `raw`, `frames` and `calls` are what lies around the drop.
    pub(super) fn place_of(
        &mut self,
        no: ThreadNo,
        planted: &Planted,
        at: VirtAddr,
        raw: &[RawFrame],
        frames: &[FrameSeen],
        calls: &[CallSeen],
    ) -> Option<PlaceSeen> {
        let image = planted.loaded.image.clone();
        let size = planted.code.ty.and_then(|ty| image.get(ty).ok()?.size).unwrap_or(0);
        let type_name = &*planted.site.type_name;
        let (loaded, memory) = (&planted.loaded, self.inferior.memory());
        let wanted = Wanted { image: &image, at, type_name, size, loaded, memory };
        let outer = self.dropping.drops.enclosing(no, &planted.site, frames).cloned();
        if let Some(outer) = &outer
            && let Some(name) = wanted.part_of(outer)
        {
            let inferred = outer.place_inferred;
            return Some(PlaceSeen { name, kind: PlaceKind::Other, inferred });
        }
        let direct = is_direct(calls);
        if let Some(block) = self.in_block(&wanted, outer.as_ref()) {
            let through = direct.then(|| self.behind_reference(&wanted, raw, calls)).flatten();
            return Some(through.unwrap_or(PlaceSeen::certain(block, PlaceKind::Other)));
        }
        if let Some(name) = wanted.static_name(planted) {
            return Some(PlaceSeen::certain(name, PlaceKind::Other));
        }
        self.on_stack(&wanted, raw, calls, direct)
    }

    /// The place of a value in a heap block: what it is to the block that the enclosing drop ends.
    fn in_block(&self, wanted: &Wanted<'_>, outer: Option<&OpenDrop>) -> Option<String> {
        let (block, offset) = self.ledger.block_at(wanted.at)?;
        let within = || {
            let outer = wanted.image.get(outer?.ty?).ok()?;
            let element = outer.param("T")?;
            let of = wanted.image.get(element).ok()?;
            let size = of.size.filter(|size| *size > 0)?;
            let part = |offset| wanted.path_in(wanted.image, element, offset);
            if ["Vec", "IntoIter"].iter().any(|name| outer.is_std(name)) {
                return Some(format!("[{}]{}", offset / size, part(offset % size)?));
            }
            outer.is_std("Box").then(|| part(offset)).flatten()
        };
        let part = within().unwrap_or_default();
        Some(format!("{}{part}", block.id))
    }

    /// The place of a value on the stack, by the variables of the frames from the innermost one that
    /// is the user's outwards.
    fn on_stack(
        &self,
        wanted: &Wanted<'_>,
        raw: &[RawFrame],
        calls: &[CallSeen],
        direct: bool,
    ) -> Option<PlaceSeen> {
        let users = calls.iter().find(|call| call.user)?;
        for (index, frame) in raw.iter().enumerate() {
            let cfa = frame.cfa?;
            if cfa < users.cfa {
                continue;
            }
            let own = cfa == users.cfa;
            if let Some(named) = self.variable_at(wanted, frame, own && direct) {
                return Some(named);
            }
            let contains = low_end(raw, index) <= wanted.at && wanted.at < cfa;
            if contains {
                let unnamed = own && direct && wanted.size > 0 && self.is_all_named(wanted, frame);
                return unnamed.then(|| PlaceSeen {
                    name: "temporary".to_owned(),
                    kind: PlaceKind::Temporary,
                    inferred: !self.is_in_statement(wanted, &users.at),
                });
            }
        }
        self.behind_reference(wanted, raw, calls)
    }

    /// The variable of a frame that a value lies in. `direct` says whether the function itself
    /// drops it.
    fn variable_at(
        &self,
        wanted: &Wanted<'_>,
        frame: &RawFrame,
        direct: bool,
    ) -> Option<PlaceSeen> {
        let (function, at) = function_of(frame)?;
        let image = &frame.loaded.as_ref()?.image;
        let mut best: Option<(bool, FileAddr, String, bool)> = None;
        for scoped in variables_around(&function, at) {
            if !is_users(image, &function, &scoped) {
                continue;
            }
            let Some(start) = self.start_of(frame, &function, &scoped, at) else { continue };
            let Some(path) = wanted.path_from(image, scoped.variable.ty, start) else { continue };
            let name = format!("{}::{}{path}", owner(&function, &scoped), scoped.variable.name);
            let in_scope = scoped.is_in_scope(at);
            // One whose scope begins further on may have the bytes later.
            if !in_scope && scoped.ended_before(at).is_none() {
                continue;
            }
            let ended = scoped.ended_before(at).unwrap_or(FileAddr(0));
            let parameter = scoped.variable.parameter;
            // Of those at one place the one in scope counts, or that whose scope has ended last.
            let better = best.as_ref().is_none_or(|(was_in, was, ..)| {
                (in_scope, ended) > (*was_in, *was) || (in_scope && *was_in)
            });
            if better {
                best = Some((in_scope, ended, name, parameter));
            }
        }
        let (in_scope, _, name, parameter) = best?;
        let optimised = self.dropping.optimised.contains(&function.unit);
        let kind = match (direct, in_scope) {
            (false, _) => PlaceKind::Other,
            (true, false) => PlaceKind::ScopeOver,
            (true, true) if self.is_overwritten(wanted, frame, at) => PlaceKind::Overwritten,
            (true, true) if parameter && !optimised => PlaceKind::ScopeOver,
            (true, true) => PlaceKind::Other,
        };
        Some(PlaceSeen { name, kind, inferred: optimised })
    }

    /// Whether the code behind a drop writes to where the value was.
    fn is_overwritten(&self, wanted: &Wanted<'_>, frame: &RawFrame, at: FileAddr) -> bool {
        let Some(loaded) = &frame.loaded else { return false };
        // At the site of an inlined drop the code behind it is not told from its own.
        if frame.lookup == frame.registers.pc() {
            return false;
        }
        let behind = at + 1;
        let code = loaded.image.bytes(Range::new(behind, behind + ASSIGNS_WITHIN));
        let offset = wanted.at.0.wrapping_sub(frame.registers.sp().0).cast_signed();
        code.is_some_and(|code| stores_to_stack(code, behind, offset, wanted.size))
    }

    /// Where a variable lies: at the address itself, or where that says nothing, at the end of its
    /// scope, in which the frame has the same shape.
    fn start_of(
        &self,
        frame: &RawFrame,
        function: &Function,
        scoped: &Scoped<'_>,
        at: FileAddr,
    ) -> Option<VirtAddr> {
        let memory = self.inferior.memory();
        let context = FrameContext { frame, vectors: None, memory };
        let image = &frame.loaded.as_ref()?.image;
        let ends = scoped.ranges.iter().map(|range| range.end.for_lookup_of_return());
        std::iter::once(at).chain(ends).find_map(|at| {
            match image.locate(function, scoped.variable, at, &context) {
                Ok(Location::Memory(start)) => Some(start),
                _ => None,
            }
        })
    }

    /// Whether each variable that could hold the value is in memory, and in none of it, so that
    /// bytes without a name are those of a temporary. In optimised code variables and temporaries
    /// share bytes, and some variables are not described: there it is not known.
    fn is_all_named(&self, wanted: &Wanted<'_>, frame: &RawFrame) -> bool {
        let Some((function, at)) = function_of(frame) else { return false };
        let Some(loaded) = &frame.loaded else { return false };
        if self.dropping.optimised.contains(&function.unit) {
            return false;
        }
        variables_around(&function, at).iter().all(|scoped| {
            let ty = scoped.variable.ty.and_then(|ty| loaded.image.get(ty).ok());
            let size = ty.and_then(|ty| ty.size).unwrap_or(u64::MAX);
            let elsewhere =
                |start: VirtAddr| wanted.at < start || start.0.saturating_add(size) <= wanted.at.0;
            size < wanted.size || self.start_of(frame, &function, scoped, at).is_some_and(elsewhere)
        })
    }

    /// Whether a line of the source is seen to be one of a statement. At the end of a block what has no
    /// name need not be a temporary: rustc does not describe a variable behind whose declaration its
    /// block has no code but that drop.
    fn is_in_statement(&self, wanted: &Wanted<'_>, at: &At) -> bool {
        let Some((file, line)) = at.file.as_deref().zip(at.line) else { return false };
        let mut known = self.dropping.statements.borrow_mut();
        if let Some(known) = known.get(file).and_then(|lines| lines.get(&line)) {
            return *known;
        }
        let text = self.dropping.sources.text(file, wanted.image.path());
        let index = usize::try_from(line).ok().and_then(|line| line.checked_sub(1));
        let text = text.as_deref().zip(index).and_then(|(text, index)| text.lines().nth(index));
        let found = text.is_some_and(|text| !text.trim_start().starts_with('}'));
        known.entry(file.to_owned()).or_default().insert(line, found);
        found
    }

    /// A value that a variable of the user's function refers to: `f::self.field`.
    fn behind_reference(
        &self,
        wanted: &Wanted<'_>,
        raw: &[RawFrame],
        calls: &[CallSeen],
    ) -> Option<PlaceSeen> {
        let users = calls.iter().find(|call| call.user)?;
        let frame = raw.iter().find(|frame| frame.cfa == Some(users.cfa))?;
        let (function, at) = function_of(frame)?;
        let image = &frame.loaded.as_ref()?.image;
        variables_around(&function, at).iter().rev().find_map(|scoped| {
            let ty = image.get(scoped.variable.ty?).ok()?;
            let TypeKind::Pointer { to: Some(to), .. } = ty.kind else { return None };
            (scoped.is_in_scope(at) && is_users(image, &function, scoped)).then_some(())?;
            let place = self.start_of(frame, &function, scoped, at)?;
            let target = self.inferior.memory().read_u64(place).ok().map(VirtAddr)?;
            let path = wanted.path_from(image, Some(to), target)?;
            let star = if path.is_empty() { "*" } else { "" };
            let name = &scoped.variable.name;
            Some(PlaceSeen {
                name: format!("{star}{}::{name}{path}", owner(&function, scoped)),
                kind: PlaceKind::Other,
                inferred: self.dropping.optimised.contains(&function.unit),
            })
        })
    }
}

impl Wanted<'_> {
    /// The path to the value from something that begins at an address.
    fn path_from(&self, image: &Image, ty: Option<TypeRef>, start: VirtAddr) -> Option<String> {
        let offset = self.at.0.checked_sub(start.0)?;
        let size = image.get(ty?).ok()?.size?;
        let inside = offset < size || (size == 0 && offset == 0);
        inside.then(|| self.path_in(image, ty?, offset)).flatten()
    }

    /// The path to the value from what of a type begins so many bytes before it.
    fn path_in(&self, image: &Image, ty: TypeRef, offset: u64) -> Option<String> {
        let variant = |ty, before| {
            let start = VirtAddr(self.at.0.checked_sub(before)?);
            let reader = Reader {
                types: image,
                bias: self.loaded.bias,
                memory: self.memory,
                registers: &|_| None,
                limits: Limits { depth: 1, ..Limits::default() },
                running: &[],
            };
            reader.read(ty, &Location::Memory(start)).variant().map(Arc::from)
        };
        member_path(image, ty, offset, self.type_name, &variant)
    }

    /// Its name as a part of the value whose drop encloses its own.
    fn part_of(&self, outer: &OpenDrop) -> Option<String> {
        let path = self.path_from(self.image, outer.ty, outer.address?)?;
        let whole = outer.place.clone();
        let whole = whole.unwrap_or_else(|| short_type_name(&outer.site.type_name));
        (!path.is_empty()).then(|| format!("{whole}{path}"))
    }

    fn static_name(&self, planted: &Planted) -> Option<String> {
        let at = planted.loaded.bias.to_file(self.at);
        let symbol = self.image.symbols().at(at).filter(|s| s.kind == SymbolKind::Data)?;
        Some(demangle(symbol.name).into_owned())
    }
}

/// The function of a frame, and where it stands in it.
fn function_of(frame: &RawFrame) -> Option<(Arc<Function>, FileAddr)> {
    let loaded = frame.loaded.as_ref()?;
    let at = loaded.bias.to_file(frame.lookup);
    Some((loaded.image.function_at(at)?, at))
}

/// Whether a variable is of a function that the user wrote. What the `self` of an inlined `drop` points
/// to is the value itself, and no place that it lies in.
fn is_users(image: &Image, function: &Function, scoped: &Scoped<'_>) -> bool {
    let name = scoped.call.map_or(&function.name, |call| &call.name);
    if scoped.call.is_some() && scoped.variable.parameter && dropped_by(name).is_some() {
        return false;
    }
    image.origin_of_crate(crate_of(name)) == Origin::User
}

fn owner(function: &Function, scoped: &Scoped<'_>) -> String {
    short_function(scoped.call.map_or(&function.name, |call| &call.name))
}
