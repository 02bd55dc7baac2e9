//! The slots of one frame with their values, as views show them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ptr;
use std::rc::Rc;

use super::alive::Alive;
use super::borrows::Footprint;
use super::captured;
use super::context::FrameContext;
use super::declared::{is_being_initialised, is_declared_only, place_in_call};
use super::fates::{apply_fate, reason, with_fate};
use super::followed::{Followed, Frame};
use super::regions::Regions;
use crate::asm::Touches;
use crate::base::{
    Bias, FileAddr, Held, Hold, MemoryExt, Region, SlotKind, SlotState, SlotView, ThreadNo,
    Unreadable, VirtAddr,
};
use crate::dwarf::{
    Function, Image, InlinedCall, Location, TypeRef, Types, Visible, last_names, short_type_name,
};
use crate::frame::RawFrame;
use crate::frame::slots::{Bounds, Placed, Slot, divide};
use crate::track::{Claim, PlaceKey, Says};
use crate::value::{HeapPart, Limits, ReadRegister, Reader, Running, Value, ValueKind};

/// The slots of a frame, and what they claim to own.
pub(super) struct FrameSlots {
    /// The slots.
    pub slots: Vec<SlotView>,
    /// The claims, each with the index of its slot, in the order of declaration.
    pub claims: Vec<(usize, Claim)>,
    /// What may lend and borrow, each with the index of its slot.
    pub footprints: Vec<(usize, Footprint)>,
    /// What borrows and has no slot: temporaries, and the references by which a closure has captured.
    pub temporaries: Vec<Footprint>,
}

/// What reading a frame needs beside the frame itself.
pub(super) struct Surroundings<'a> {
    /// Names addresses.
    pub regions: &'a Regions<'a>,
    /// The thread on whose stack the frame lies.
    pub thread: ThreadNo,
    /// How much of a value is read.
    pub limits: Limits,
    /// Whether a function is one that the user sees, so that its inlined variables are shown.
    pub is_user: &'a dyn Fn(&str) -> bool,
    /// Whose variables are shown.
    pub calls: Calls<'a>,
    /// Whether what borrows without a variable of its own is looked for.
    pub nameless_borrows: bool,
    /// What is known already of the code of functions.
    pub stores: &'a Stores,
}

/// Whose variables are shown of a physical frame.
#[derive(Clone, Copy)]
pub(super) enum Calls<'a> {
    /// Those of the function that has the code.
    Own,
    /// Those, and those of the user's functions that are inlined at the pc.
    Users,
    /// Those of one inlined call, or of the function that has the code.
    One(Option<&'a InlinedCall>),
}

impl Calls<'_> {
    fn are_shown(self, inlined: Option<&InlinedCall>, is_user: &dyn Fn(&str) -> bool) -> bool {
        match (self, inlined) {
            (Calls::Own | Calls::Users, None) => true,
            (Calls::Own, Some(_)) => false,
            (Calls::Users, Some(call)) => is_user(&call.name),
            // Calls are told apart by where they are in the function's own tree.
            (Calls::One(one), inlined) => one.map(ptr::from_ref) == inlined.map(ptr::from_ref),
        }
    }
}

/// What has been stored to when control stands at an address, by address: a frame stands at one of
/// a few thousand calls, however often it is looked at.
#[derive(Default)]
pub(super) struct Stores {
    touches: RefCell<HashMap<VirtAddr, Option<Rc<Touches>>>>,
    pub(super) followed: Followed,
}

impl Stores {
    fn at(&self, frame: &RawFrame, function: &Function, at: FileAddr) -> Option<Rc<Touches>> {
        let find = || {
            let image = &frame.loaded.as_ref()?.image;
            // What optimised code stores to need not be the place of a variable's whole life.
            let settled = |seen: &Visible<'_>| image.stays_in_place(seen.variable);
            let range = *function.ranges.iter().find(|range| range.contains(at))?;
            function.visible_at(at).iter().all(settled).then_some(())?;
            Touches::on_the_way_to(image.bytes(range)?, range, at).map(Rc::new)
        };
        self.touches.borrow_mut().entry(frame.lookup).or_insert_with(find).clone()
    }

    /// The address space was replaced.
    pub fn forget(&self) {
        self.touches.borrow_mut().clear();
        self.followed.forget();
    }
}

/// Reads the slots of a frame that runs in `function`. `low` is its stack pointer.
pub(super) fn read(
    around: &Surroundings<'_>,
    context: &FrameContext<'_>,
    function: Option<&Function>,
    low: VirtAddr,
) -> FrameSlots {
    let frame = context.frame;
    let cfa = frame.cfa.unwrap_or(low);
    let variables = match (function, &frame.loaded) {
        (Some(function), Some(loaded)) => place(around, context, function, &loaded.image, low),
        _ => Vec::new(),
    };
    let slots = divide(Bounds { low, cfa }, &frame.saved, variables);
    let dies = slots.iter().map(|slot| slot.variable.as_ref().map(|variable| variable.die));
    let dies: Vec<_> = dies.collect();
    let owner = function.map_or("?", |function| &function.name);
    let mut read = FrameSlots {
        slots: Vec::with_capacity(slots.len()),
        claims: Vec::new(),
        footprints: Vec::new(),
        temporaries: Vec::new(),
    };
    for slot in slots {
        let (view, known) = view(around, context, &slot, owner, cfa, function);
        if let Some(claim) = known.claim {
            read.claims.push((read.slots.len(), claim));
        }
        if let Some(footprint) = known.footprint {
            read.footprints.push((read.slots.len(), footprint));
        }
        read.temporaries.extend(known.captured);
        read.slots.push(view);
    }
    read.claims.sort_by_key(|(_, claim)| claim.key.die);
    number(&mut read.slots, dies);
    read
}

/// What the temporaries of a frame have borrowed, as far as the code of its function tells of them.
pub(super) fn temporaries(
    around: &Surroundings<'_>,
    context: &FrameContext<'_>,
    function: &Function,
) -> Vec<Footprint> {
    let Some(loaded) = &context.frame.loaded else { return Vec::new() };
    let reader = reader(around, context, &loaded.image, &|_| None);
    let frame = Frame { context, function, image: &loaded.image, reader: &reader };
    around.stores.followed.temporaries(&frame, around.thread)
}

/// Numbers the variables in the order of their dies, which is that of their declaration.
fn number(slots: &mut [SlotView], dies: Vec<Option<usize>>) {
    let mut order: Vec<_> = dies.into_iter().zip(0..).filter_map(|(d, i)| Some((d?, i))).collect();
    order.sort_unstable();
    for (position, (_, index)) in (1..).zip(order) {
        let slot: Option<&mut SlotView> = slots.get_mut::<usize>(index);
        if let Some(slot) = slot {
            slot.declared = position;
        }
    }
}

/// The variables of a function at a frame's pc, with their places.
pub(super) fn place(
    around: &Surroundings<'_>,
    context: &FrameContext<'_>,
    function: &Function,
    image: &Image,
    low: VirtAddr,
) -> Vec<Placed> {
    place_where(around, context, function, image, low, &|_| true)
}

/// As [`place`], of the variables that are wanted.
pub(super) fn place_where(
    around: &Surroundings<'_>,
    context: &FrameContext<'_>,
    function: &Function,
    image: &Image,
    low: VirtAddr,
    wanted: &dyn Fn(&Visible<'_>) -> bool,
) -> Vec<Placed> {
    let at = context.bias_to_file();
    let mut visible = function.visible_at(at);
    remove_format_arguments(&mut visible, image);
    let first = function.ranges.first();
    let stores = around.stores.at(context.frame, function, at);
    let in_prologue = first.is_some_and(|r| r.contains(at) && at < image.prologue_end(*r));
    let mut placed: Vec<Placed> = visible
        .into_iter()
        .filter(|seen| wanted(seen) && around.calls.are_shown(seen.inlined, around.is_user))
        .map(|seen| {
            let location = match place_in_call(image, function, &seen, at, context) {
                // Before the prologue has made the frame, what lies there is the caller's, or was.
                Ok(Location::Memory(_)) if in_prologue => Err(Unreadable::NotYetInitialised),
                location => location,
            };
            let ty = seen.variable.ty;
            let size = ty.and_then(|ty| image.get(ty).ok()?.size).unwrap_or(0);
            let begun = !is_being_initialised(context, image, &seen, &location, low)
                && !is_declared_only(&seen, &location, low, size, stores.as_deref());
            Placed {
                name: seen.variable.name.clone(),
                die: seen.variable.die,
                line: seen.variable.line,
                parameter: seen.variable.parameter,
                ty,
                size,
                location,
                in_scope: seen.in_scope && begun,
                over: seen.over,
                shadowed: seen.shadowed,
                inlined: seen.inlined.map(|call| call.name.clone()),
                fate: None,
            }
        })
        .filter(|variable| !is_lost_format_argument(variable, image))
        .collect();
    let registers = |register| context.whole_register(register);
    let reader = &reader(around, context, image, &registers);
    let frame = Frame { context, function, image, reader };
    let followed = &around.stores.followed;
    let judged = followed.judge(&frame, &mut placed);
    frame.judge_optimised(followed, judged, around.regions, low, &mut placed);
    frame.settle_bindings(&mut placed);
    for variable in placed.iter_mut().filter(|v| v.fate == Some(SlotState::Uninitialised)) {
        variable.in_scope = false;
    }
    placed
}

/// Whether it is what optimisation left of a tuple of `format_args!`: a name without a place.
fn is_lost_format_argument(variable: &Placed, image: &Image) -> bool {
    let ty = || variable.ty.and_then(|ty| image.get(ty).ok());
    &*variable.name == "args"
        && variable.location.is_err()
        && ty().is_some_and(|ty| ty.name.starts_with("(&"))
}

/// Takes out what `format_args!` declares, the `args` of every `println!`: a tuple of references
/// and, in a block within, an array made of it. Nobody wrote them, and nobody can name them; their
/// bytes are temporaries like any other.
fn remove_format_arguments(visible: &mut Vec<Visible<'_>>, image: &Image) {
    let is_array = |seen: &Visible<'_>| {
        let ty = seen.variable.ty.and_then(|ty| image.get(ty).ok());
        &*seen.variable.name == "args"
            && ty.is_some_and(|ty| ty.name.starts_with("[core::fmt::rt::Argument"))
    };
    let arrays: Vec<bool> = visible.iter().map(is_array).collect();
    let mut index = 0;
    visible.retain(|seen| {
        let array = arrays[index];
        let tuple = arrays.get(index + 1) == Some(&true) && &*seen.variable.name == "args";
        index += 1;
        !array && !tuple
    });
}

fn view(
    around: &Surroundings<'_>,
    context: &FrameContext<'_>,
    slot: &Slot,
    owner: &str,
    cfa: VirtAddr,
    function: Option<&Function>,
) -> (SlotView, Known) {
    let mut view = SlotView {
        name: slot.register.map(str::to_owned),
        offset: slot.offset,
        size: slot.size,
        shares_bytes: slot.shares_bytes,
        ..blank(slot.kind, Region::Stack)
    };
    match &slot.variable {
        Some(variable) => {
            let known = view_variable(around, context, variable, &mut view, owner, cfa, function);
            (view, known.unwrap_or_default())
        }
        None => (view, Known::default()),
    }
}

/// What a variable owns, lends and borrows.
#[derive(Default)]
struct Known {
    claim: Option<Claim>,
    footprint: Option<Footprint>,
    captured: Option<Footprint>,
}

/// A slot of which nothing is known yet but what it is for and where it lies.
pub(super) fn blank(kind: SlotKind, region: Region) -> SlotView {
    SlotView {
        name: None,
        kind,
        declared: 0,
        type_name: None,
        offset: None,
        size: 0,
        region,
        state: SlotState::Live,
        value: None,
        blocks: Vec::new(),
        borrowed: Vec::new(),
        leads_to: None,
        inlined_from: None,
        shadowed: false,
        over: false,
        shares_bytes: false,
    }
}

fn view_variable(
    around: &Surroundings<'_>,
    context: &FrameContext<'_>,
    variable: &Placed,
    view: &mut SlotView,
    owner: &str,
    cfa: VirtAddr,
    code: Option<&Function>,
) -> Option<Known> {
    view.name = Some(variable.name.to_string());
    view.inlined_from = variable.inlined.as_deref().map(short_function);
    view.shadowed = variable.shadowed;
    view.region = match &variable.location {
        Ok(Location::Memory(at)) if view.offset.is_none() => around.regions.of(*at),
        Ok(Location::Memory(_)) => Region::Stack,
        Ok(Location::Register(register)) => Region::Register(register.name()),
        Ok(Location::Value(_) | Location::Pieces(_)) | Err(_) => Region::Nowhere,
    };
    let image = &context.frame.loaded.as_ref()?.image;
    let ty = variable.ty;
    view.type_name = ty.and_then(|ty| image.get(ty).ok()).map(|ty| short_type_name(&ty.name));
    if !variable.in_scope {
        view.state = SlotState::Uninitialised;
        view.over = variable.over;
        return None;
    }
    let location = match &variable.location {
        Ok(location) => location,
        Err(why) => {
            // That it is gone is more than that it has no place any more.
            let gone = variable.fate.as_ref().filter(|fate| reason(fate).is_some());
            view.state = gone.cloned().unwrap_or_else(|| SlotState::Unreadable(why.clone()));
            return None;
        }
    };
    let Some(ty) = ty else {
        view.state = SlotState::Unreadable(Unreadable::NotDescribed("it has no type".into()));
        return None;
    };
    if variable.parameter && is_closure(owner) && view.type_name.as_deref().is_some_and(is_body) {
        view.state = SlotState::Unreadable(Running::reason());
        return None;
    }
    let value = {
        let registers = |register| context.whole_register(register);
        reader(around, context, image, &registers).read(ty, location)
    };
    if variable.parameter && leads_to_no_function(around, &value) {
        let why =
            "a function item, which has no bytes, or a pointer to no known function".to_owned();
        view.state = SlotState::Unreadable(Unreadable::NotDescribed(why));
        return None;
    }
    match as_far_as_alive(around, context, image, (ty, location), &value) {
        Some(alive) => show_value(around, &alive, view),
        None => show_value(around, &value, view),
    }
    let says = apply_fate(variable.fate.as_ref(), view);
    let function = variable.inlined.as_deref().unwrap_or(owner);
    // What a closure has captured lies in the closure, or where it was borrowed from: the owner is
    // the variable that holds it there.
    let captured = is_closure(function) && !variable.parameter && view.offset.is_none();
    let name = format!("{}::{}", short_function(function), variable.name);
    let key = PlaceKey { thread: around.thread, cfa, die: variable.die };
    let reader = reader(around, context, image, &|_| None);
    let frame = code.map(|function| Frame { context, function, image, reader: &reader });
    if captured && matches!(location, Location::Memory(_)) {
        let own = frame.filter(|_| variable.inlined.is_none());
        let captured = own
            .filter(|_| around.nameless_borrows)
            .and_then(|frame| captured::captured(&frame, variable, key, name));
        return Some(Known { captured, ..Known::default() });
    }
    let mut footprint = frame.and_then(|frame| {
        around.stores.followed.footprint(&frame, variable, &value, key.clone(), &name)
    });
    // Nothing is lent on by what holds no reference.
    let holds = |found: &&mut Footprint| around.nameless_borrows && !found.loans.is_empty();
    if let Some(found) = footprint.as_mut().filter(holds) {
        found.lent_on = value.lent_on();
    }
    let claim = claim(key, name, &value, location, variable.size, context);
    let claim = claim.map(|claim| with_fate(claim, says, variable.fate.as_ref(), &value));
    Some(Known { claim, footprint, captured: None })
}

/// A value once more without what is gone, where it leads to such: what it owned decides about its
/// state, but is not shown.
fn as_far_as_alive(
    around: &Surroundings<'_>,
    context: &FrameContext<'_>,
    image: &Image,
    (ty, location): (TypeRef, &Location),
    value: &Value,
) -> Option<Value> {
    let is_gone = |part: &HeapPart| around.regions.gone(part.pointer, 1).is_some();
    value.heap_parts().iter().any(is_gone).then(|| {
        let registers = |register| context.whole_register(register);
        let alive = Alive { memory: context.memory, regions: around.regions };
        let all = reader(around, context, image, &registers);
        Reader { memory: &alive, ..all }.read(ty, location)
    })
}

/// Whether a path is that of a closure, or of the body of an async function: `f::{{closure}}` in the
/// legacy mangling, `f::{closure#0}` in v0.
pub(super) fn is_closure(path: &str) -> bool {
    path.ends_with("::{{closure}}") || (path.ends_with('}') && path.contains("::{closure#"))
}

/// Whether a value is described as a pointer to a function, and is none. Function items are described
/// so too; their alignment tells them apart, but parameters are described without one.
fn leads_to_no_function(around: &Surroundings<'_>, value: &Value) -> bool {
    let ValueKind::Function { target } = value.kind else { return false };
    around.regions.function(target).is_none()
}

/// Whether a type is what the body of an async function or block gets of itself. While it runs, its
/// state is that of its last wait, and what it held then may be gone.
pub(super) fn is_body(short_type_name: &str) -> bool {
    let own = short_type_name.strip_prefix("Pin<&mut ");
    own.is_some_and(|of| ["{async ", "{gen ", "{coroutine#"].iter().any(|kind| of.contains(kind)))
}

/// Fills in what a value says of itself.
pub(super) fn show_value(around: &Surroundings<'_>, value: &Value, view: &mut SlotView) {
    view.blocks = held(around, value);
    view.leads_to = value
        .heap_parts()
        .first()
        .filter(|part| part.path.is_empty() && part.hold == Hold::Refers && view.blocks.is_empty())
        .map(|part| around.regions.of(part.pointer));
    if let ValueKind::Unreadable(why) = &value.kind {
        view.state = SlotState::Unreadable(why.clone());
        return;
    }
    view.value = around.regions.values.then(|| around.regions.shown(value));
}

/// The blocks that a value leads to.
fn held(around: &Surroundings<'_>, value: &Value) -> Vec<Held> {
    value
        .heap_parts()
        .into_iter()
        .filter_map(|part| {
            let (block, _) = around.regions.ledger.block_at(part.pointer)?;
            Some(Held {
                block: block.id,
                path: part.path,
                hold: part.hold,
                type_name: short_type_name(&part.type_name),
                used: part.used.min(block.size),
                size: block.size,
            })
        })
        .collect()
}

/// What a value claims to own, if anything.
pub(super) fn claim(
    key: PlaceKey,
    name: String,
    value: &Value,
    location: &Location,
    size: u64,
    context: &FrameContext<'_>,
) -> Option<Claim> {
    let parts = value.heap_parts();
    let held = |hold| parts.iter().filter(move |p| p.hold == hold).map(|p| p.pointer).collect();
    let (owns, shares): (Vec<_>, Vec<_>) = (held(Hold::Owner), held(Hold::Shares));
    if owns.is_empty() && shares.is_empty() {
        return None;
    }
    let mut hasher = DefaultHasher::new();
    match location {
        // Of its own bytes alone: what lies behind its pointers changes when its new owner writes.
        // The first page of them tells two values of a type apart as well as all of them.
        Location::Memory(at) => {
            let bytes = usize::try_from(size.min(4096)).unwrap_or(0);
            context.memory.read_bytes(*at, bytes).ok().hash(&mut hasher);
        }
        _ => (&owns, &shares).hash(&mut hasher),
    }
    let says = Says::Nothing;
    Some(Claim { key, name, fingerprint: hasher.finish(), owns, shares, says })
}

/// The reader of values of a frame.
pub(super) fn reader<'a>(
    around: &Surroundings<'_>,
    context: &'a FrameContext<'a>,
    image: &'a Image,
    registers: &'a ReadRegister<'a>,
) -> Reader<'a> {
    let bias = context.frame.loaded.as_ref().map_or_else(Bias::default, |loaded| loaded.bias);
    let (memory, limits) = (context.memory, around.limits);
    Reader { types: image, bias, memory, registers, limits, running: &[] }
}

/// A function's name without its crate, and with the types in it by their last names, as places are
/// named: `main`, `module::f`, `<Type as Trait>::f`.
pub(super) fn short_function(path: &str) -> String {
    last_names(match path.split_once("::") {
        Some((krate, rest)) if !krate.contains(['<', '{', ' ']) => rest,
        _ => path,
    })
}

impl FrameContext<'_> {
    /// The frame's pc as its image knows it.
    pub(super) fn bias_to_file(&self) -> crate::base::FileAddr {
        let bias = self.frame.loaded.as_ref().map_or_else(Default::default, |loaded| loaded.bias);
        bias.to_file(self.frame.lookup)
    }
}

/// The frame's pc and stack pointer bound what is live of it.
pub(super) fn low_end(frames: &[RawFrame], index: usize) -> VirtAddr {
    match index.checked_sub(1).and_then(|callee| frames.get(callee)) {
        Some(callee) => callee.cfa.unwrap_or_else(|| frames[index].registers.sp()),
        None => frames.get(index).map_or(VirtAddr(0), |frame| frame.registers.sp()),
    }
}

#[cfg(test)]
mod tests;
