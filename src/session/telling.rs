//! The events that carry pictures: the start, an entry, a return.

use std::collections::BTreeSet;

use super::context::FrameContext;
use super::picture::Reading;
use super::run::Run;
use super::slots;
use super::threads::Activation;
use crate::base::{
    At, Data, EventKind, Evidence, FrameView, Region, Registers, ReturnEnd, SectionView, Shown,
    SlotKind, SlotView, StackView, ThreadNo, Unreadable, VirtAddr,
};
use crate::dwarf::{Image, Location, Origin, StaticAt, TypeRef, Types, crate_of, short_type_name};
use crate::frame::RawFrame;
use crate::inferior::Stopped;
use crate::track::{Claim, MoveSeen, PlaceKey};
use crate::value::Limits;
use crate::value::returned::{self, Convention};

/// Statics of more units than this are not listed at the start: they are many, and a person asks
/// for one by name.
const UNITS_WITH_STATICS: usize = 64;

impl Run {
    /// The program stands at its entry point, with its sites planted.
    pub(super) fn tell_start(&mut self) {
        let main = self.inferior.modules().main();
        let sections = main.image.sections().iter().map(|section| {
            let size = section.range.end - section.range.start;
            let file_size = if section.in_file { size } else { 0 };
            SectionView { name: section.name.to_owned(), size, file_size }
        });
        let kind = EventKind::Start {
            program: main.image.path().display().to_string(),
            optimised: self.options.drops.then(|| self.dropping.is_optimised()),
            allocator: self.family.map(|family| family.name().to_owned()),
            sections: sections.collect(),
            // A trace is about calls, and reading a crate's statics takes longer than all its rest.
            statics: if self.options.whole_stack { self.statics() } else { Vec::new() },
        };
        self.emit(ThreadNo(1), Evidence::Observed, None, None, kind);
    }

    /// A function whose entry was shown is about to leave the scope of its variables.
    pub(super) fn tell_scope_end(&mut self, thread: &Stopped, depth: u32) {
        let no = thread.no();
        self.flush_repeated(no);
        let picture = self.picture_with(thread, 0, false, Limits::default());
        self.tell_moves(no, picture.moves);
        let mut views = picture.stack;
        let frame = own_frame(&mut views);
        let at = Some(frame.at.clone());
        let kind = EventKind::ScopeEnd { depth, frame, stack: Some(views) };
        self.emit(no, Evidence::Observed, at, picture.stack_bytes, kind);
    }

    /// A function was entered, and its entry is to be shown.
    pub(super) fn tell_enter(&mut self, thread: &Stopped, depth: u32) {
        let no = thread.no();
        self.flush_repeated(no);
        let whole = self.options.whole_stack || self.threads.of(no).top.is_none();
        let (mut views, moves, stack_bytes) = match whole {
            true => {
                let picture = self.picture_with(thread, 0, false, Limits::default());
                (picture.stack, picture.moves, picture.stack_bytes)
            }
            false => self.innermost(thread),
        };
        self.tell_moves(no, moves);
        let frame = own_frame(&mut views);
        let at = frame.at.clone();
        let stack = self.options.whole_stack.then_some(views);
        let kind = EventKind::Enter { depth, frame, stack };
        self.emit(no, Evidence::Observed, Some(at), stack_bytes, kind);
    }

    /// A function returns, and its entry was shown.
    pub(super) fn tell_return(&mut self, thread: &Stopped, call: Activation, end: ReturnEnd) {
        let no = thread.no();
        self.flush_repeated(no);
        let registers = *thread.registers();
        let (frames, _) = self.unwind(thread, 1);
        let mut returned = match (&end, frames.first()) {
            (ReturnEnd::Ret, Some(frame)) => self.returned(thread, frame, &call),
            _ => Returned::default(),
        };
        let at = self.line_of_return(frames.first());
        returned.moves.iter_mut().for_each(|seen| seen.at = at.clone());
        self.tell_moves(no, returned.moves);
        // Who looks for owners alone saw this stack where the scope of the variables ended.
        let (stack, stack_bytes) = if self.options.whole_stack && self.options.values {
            let picture = self.picture_with(thread, 1, false, Limits::default());
            self.tell_moves(no, picture.moves);
            (Some(picture.stack), picture.stack_bytes)
        } else {
            (None, self.stack_bytes(no, registers.sp()))
        };
        // What is left when the frame is gone: the return address goes with it.
        let stack_bytes = stack_bytes.map(|bytes| bytes.saturating_sub(8));
        let kind = EventKind::Return {
            depth: u32::try_from(self.threads.of(no).open.len()).unwrap_or(u32::MAX),
            function: self.functions[call.function].name.to_string(),
            frame_bytes: call.frame_bytes,
            value: returned.value,
            end,
            stack,
        };
        self.emit(no, Evidence::Observed, at, stack_bytes, kind);
    }

    /// The innermost frame alone, for views that do not ask for its callers.
    fn innermost(&mut self, thread: &Stopped) -> (StackView, Vec<MoveSeen>, Option<u64>) {
        let (frames, cut) = self.unwind(thread, 1);
        let no = thread.no();
        let sp = thread.registers().sp();
        let stack_bytes = self.stack_bytes(no, sp);
        if stack_bytes.is_some() {
            self.threads.of(no).sp = sp;
        }
        let vectors = thread.vectors().ok();
        let views = match frames.is_empty() {
            true => Vec::new(),
            false => {
                let reading = Reading { slots: true, inlined: false, limits: Limits::default() };
                let bytes = self.sizes(&frames).first().copied().unwrap_or(0);
                self.frame(no, &frames, 0, bytes, vectors.as_ref(), reading).0
            }
        };
        (StackView { frames: views, cut }, Vec::new(), stack_bytes)
    }

    fn line_of_return(&mut self, frame: Option<&RawFrame>) -> Option<At> {
        let places = self.symbolizer.places(self.inferior.modules(), frame?.lookup);
        places.last().map(|place| place.at())
    }

    /// The value that a function returns, and what it owns.
    fn returned(&mut self, thread: &Stopped, frame: &RawFrame, call: &Activation) -> Returned {
        let Some(chosen) = self.functions.get(call.function) else { return Returned::default() };
        let Some(described) = chosen.described().cloned() else { return Returned::not_described() };
        let Some(ty) = described.returns else { return Returned::default() };
        let (name, image) = (chosen.name.clone(), chosen.loaded.image.clone());
        let vectors = thread.vectors().ok();
        let memory = self.inferior.memory();
        let context = FrameContext { frame, vectors: vectors.as_ref(), memory };

        let registers = |register| context.whole_register(register);
        let convention = Convention::of_linkage_name(described.linkage_name);
        let passed = returned::passing(&*image, ty, convention);
        let regions = self.regions();
        let location = match passed.and_then(|passing| passing.location(&registers)) {
            Ok(location) => location,
            Err(why) => return Returned::unreadable(&image, ty, &why),
        };
        let around = self.surroundings(&regions, thread.no());
        let read = slots::reader(&around, &context, &image, &registers).read(ty, &location);
        let shown = regions.values.then(|| regions.shown(&read));
        let key = PlaceKey { thread: thread.no(), cfa: call.cfa, die: 0 };
        let place = format!("{} (returned)", slots::short_function(&name));
        let size = image.get(ty).ok().and_then(|ty| ty.size).unwrap_or(0);
        let claim: Option<Claim> = slots::claim(key, place, &read, &location, size, &context);
        let moves = claim.map_or_else(Vec::new, |c| self.owners.returned(&c, &self.ledger));
        Returned { value: shown, moves }
    }

    /// The statics of the user's crates.
    fn statics(&self) -> Vec<SlotView> {
        let main = self.inferior.modules().main();
        let units: BTreeSet<_> = self
            .functions
            .iter()
            .filter_map(|function| main.image.unit_id_at(function.range.start))
            .take(UNITS_WITH_STATICS)
            .collect();
        let memory = self.inferior.memory();
        let regions = self.regions();
        let frame = RawFrame {
            registers: Registers::default(),
            cfa: None,
            loaded: Some(main.clone()),
            lookup: VirtAddr(0),
            signal: false,
            saved: Vec::new(),
        };
        let context = FrameContext { frame: &frame, vectors: None, memory };
        let around = self.surroundings(&regions, ThreadNo(1));
        let statics = units.into_iter().flat_map(|unit| main.image.statics_of_unit(unit));
        statics
            .filter(|found| main.image.origin_of_crate(crate_of(&found.name)) == Origin::User)
            .filter_map(|found| {
                let StaticAt::Address(at) = found.at else { return None };
                let (ty, at) = (found.ty?, main.bias.to_virt(at));
                let described = main.image.get(ty).ok()?;
                let value = slots::reader(&around, &context, &main.image, &|_| None)
                    .read(ty, &Location::Memory(at));
                let mut view = static_view(&found.name, at, &regions);
                view.type_name = Some(short_type_name(&described.name));
                view.size = described.size.unwrap_or(0);
                slots::show_value(&around, &value, &mut view);
                Some(view)
            })
            .collect()
    }
}

/// Takes the frame of the function itself out of the frames. Calls that were inlined at its first
/// or last instruction have not begun, or are over.
fn own_frame(views: &mut StackView) -> FrameView {
    let inlined = views.frames.iter().take_while(|view| view.inlined).count();
    views.frames.drain(..inlined);
    match views.frames.is_empty() {
        true => FrameView::unknown(0),
        false => views.frames.remove(0),
    }
}

/// What is known of a value that is being returned.
#[derive(Default)]
struct Returned {
    value: Option<Shown>,
    moves: Vec<MoveSeen>,
}

impl Returned {
    /// Of a function that the debug information does not describe. One that it describes without a
    /// type returns `()`.
    fn not_described() -> Returned {
        let why = Unreadable::NotDescribed("there is no debug information".to_owned());
        Returned { value: Some(unreadable("?".to_owned(), &why)), moves: Vec::new() }
    }

    /// A value that is returned, but cannot be read.
    fn unreadable(image: &Image, ty: TypeRef, why: &Unreadable) -> Returned {
        let name = image.get(ty).map_or_else(|_| "?".to_owned(), |ty| short_type_name(&ty.name));
        Returned { value: Some(unreadable(name, why)), moves: Vec::new() }
    }
}

fn unreadable(type_name: String, why: &Unreadable) -> Shown {
    let data = Data {
        type_name,
        address: None,
        region: Region::Nowhere,
        target: None,
        value: None,
        unreadable: Some(why.clone()),
        children: Vec::new(),
        more: 0,
        size: None,
        bytes: None,
    };
    Shown { text: why.in_place(), data }
}

fn static_view(name: &str, at: VirtAddr, regions: &super::regions::Regions<'_>) -> SlotView {
    let region = match regions.of(at) {
        Region::Heap { .. } => Region::Anonymous,
        region => region,
    };
    let blank = slots::blank(SlotKind::Variable, region);
    SlotView { name: Some(name.to_owned()), shares_bytes: true, ..blank }
}
