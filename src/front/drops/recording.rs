//! The events of a run to a snapshot.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use super::super::text::short_function;
use super::snapshot::{Drop, Kind, STD, Snapshot, TEMPORARY, Thread, UNSURE, is_within};
use crate::base::{
    BlockRef, DropView, DroppedPart, Event, EventKind, Keeper, Seq, ThreadNo, Whose,
};
use crate::dwarf::{crate_of, without_generics};
use crate::session::Observer;

/// How many drops a snapshot holds at most. A person reads it.
const MOST: usize = 1 << 20;

/// Takes down the drops of a run.
#[derive(Default)]
pub(super) struct Recording {
    optimised: bool,
    threads: BTreeMap<ThreadNo, Thread>,
    /// The drops so far, by the numbers of their events.
    outer: HashMap<Seq, Outer>,
    recorded: usize,
    unfreed: Option<BTreeMap<String, usize>>,
    /// Of an optimised build, drops of which neither the address is known nor the type's own `drop` was
    /// seen: the thread and the index.
    unsure: HashMap<Seq, (ThreadNo, usize)>,
    /// Whether there were more than a snapshot holds.
    pub overfull: bool,
}

/// A drop that can enclose others.
#[derive(Clone, Default)]
struct Outer {
    /// What its parts' places begin with.
    place: Option<String>,
    /// How many drops of values enclose what it encloses, itself included.
    depth: usize,
}

impl Observer for Recording {
    fn event(&mut self, event: &Event) {
        match &event.kind {
            EventKind::Start { optimised, .. } => self.optimised = *optimised == Some(true),
            EventKind::Drop(view) => self.drop(event, view),
            EventKind::Exit { alive, .. } => self.unfreed = unfreed(alive),
            _ => {}
        }
    }
}

impl Recording {
    /// The snapshot of the run.
    pub fn finish(self) -> Snapshot {
        let mut threads = self.threads;
        // The rest of a drop whose code was taken apart looks like a drop of its own.
        for (no, thread) in &mut threads {
            let unsure = self.unsure.values().filter(|(of, _)| of == no).map(|(_, index)| *index);
            let unsure: HashSet<usize> = unsure.collect();
            let mut index = 0..;
            thread.drops.retain(|_| index.next().is_none_or(|index| !unsure.contains(&index)));
        }
        if let Some(main) = threads.get_mut(&ThreadNo(1)) {
            main.name = "main".to_owned();
        }
        let mut threads: Vec<Thread> =
            threads.into_values().filter(|thread| !thread.drops.is_empty()).collect();
        // In which order the other threads ran is not the program's to say.
        let others = usize::from(threads.first().is_some_and(|first| first.name == "main"));
        if let Some(others) = threads.get_mut(others..) {
            others.sort_by_cached_key(|thread| (thread.name.clone(), key(thread)));
        }
        Snapshot { optimised: self.optimised, threads, unfreed: self.unfreed }
    }

    fn drop(&mut self, event: &Event, view: &DropView) {
        self.recorded += 1;
        if self.recorded > MOST {
            self.overfull = true;
            return;
        }
        let outer = view.within.and_then(|within| self.outer.get(&within).cloned());
        let outer = outer.unwrap_or_default();
        // A type's own `drop` is no value: what it drops lies as deep as the value's fields.
        let deeper = usize::from(view.part == DroppedPart::Value);
        // Parts of a value whose place is not known are named by its type.
        let root = view.place.clone().unwrap_or_else(|| view.type_name.clone());
        let own = Outer { place: Some(root), depth: outer.depth + deeper };
        self.outer.insert(event.seq, own);
        if view.part == DroppedPart::Body {
            view.within.and_then(|value| self.unsure.remove(&value));
            return;
        }
        let at = event.at.as_ref();
        let function = at.map_or(String::new(), |at| function_name(&at.function));
        let place = view.place.as_deref().and_then(|place| {
            let relative = relative(place, outer.place.as_deref(), &function)?;
            // As a part of what encloses it, a value is where it is.
            let unsure = view.place_inferred && !relative.starts_with(['.', '[']);
            Some(if unsure { relative + UNSURE } else { relative })
        });
        let line = at.and_then(|at| {
            let file = at.file.as_deref()?;
            Some((near(file), at.line?))
        });
        let thread = self.threads.entry(event.thread).or_default();
        if thread.name.is_empty() {
            thread.name.clone_from(&function);
        }
        let kind = kind(view);
        if self.optimised && kind.is_strict() && view.address.is_none() {
            self.unsure.insert(event.seq, (event.thread, thread.drops.len()));
        }
        thread.drops.push(Drop {
            function,
            depth: outer.depth,
            type_name: view.type_name.clone(),
            kind,
            place,
            unwinding: view.unwinding,
            at: line,
        });
    }
}

/// How many blocks that the user's functions allocated were never freed, by function, but for those
/// that statics and thread-local variables lead to; none where it was not searched for what keeps
/// them. What leads to the rest is dead words, of the stack or of buffers, and which those are differs
/// from build to build.
fn unfreed(alive: &[BlockRef]) -> Option<BTreeMap<String, usize>> {
    let mut unfreed = BTreeMap::new();
    for block in alive {
        let keeper = block.keeper.as_ref()?;
        let function = block.at.as_ref().map_or(STD.to_owned(), |at| function_name(&at.function));
        if function != STD && !is_kept(keeper) {
            *unfreed.entry(function).or_default() += 1;
        }
    }
    Some(unfreed)
}

/// Whether a block can be used after `main`: another thread may still run.
fn is_kept(keeper: &Keeper) -> bool {
    match keeper {
        Keeper::Static { .. } | Keeper::ThreadLocal { .. } => true,
        Keeper::Stack { of } => *of != ThreadNo(1),
        // Bytes that were left in a buffer.
        Keeper::Perhaps { .. } => false,
        Keeper::LostBlock { .. } | Keeper::Cycle { .. } | Keeper::Nothing => false,
    }
}

/// The path of a file as seen from the current directory; its name where it is not below that.
fn near(file: &str) -> String {
    let here = std::env::current_dir().ok();
    let below = here.as_ref().and_then(|here| Path::new(file).strip_prefix(here).ok());
    let name = || file.rsplit('/').next().unwrap_or(file).to_owned();
    below.map_or_else(name, |below| below.display().to_string())
}

fn kind(view: &DropView) -> Kind {
    match (view.whose, view.implements_drop) {
        (Whose::User, true) => Kind::User,
        (Whose::Dependency, true) => Kind::Dependency,
        (Whose::User | Whose::Dependency, false) => Kind::Fields,
        (Whose::Std, _) => Kind::Std,
    }
}

/// What orders threads of one name: the drops that every build has.
fn key(thread: &Thread) -> Vec<(String, String)> {
    thread.strict().map(|drop| (drop.function.clone(), drop.type_name.clone())).collect()
}

/// A function's name without its crate, generic arguments and the numbers of closures: those differ
/// between manglings. Functions of std are all `(std)`: which of them it is differs between versions.
fn function_name(path: &str) -> String {
    if matches!(crate_of(path), "std" | "core" | "alloc" | "") {
        return STD.to_owned();
    }
    let plain = short_function(&without_generics(path));
    let mut name = String::with_capacity(plain.len());
    let mut rest = plain.as_str();
    while let Some((before, behind)) = rest.split_once("{closure#") {
        name.push_str(before);
        name.push_str("{closure}");
        rest = behind.split_once('}').map_or("", |(_, behind)| behind);
    }
    name.push_str(rest);
    name.replace("{{closure}}", "{closure}")
}

/// A place in its function (`a.field`), or in what encloses it (`.field`, `[1]`); none for a block,
/// which is told by what encloses it.
fn relative(place: &str, outer: Option<&str>, function: &str) -> Option<String> {
    if let Some(part) = outer.and_then(|outer| place.strip_prefix(outer)) {
        return Some(part.to_owned()).filter(|part| !part.is_empty());
    }
    if let Some(block) = place.strip_prefix('#') {
        let part = block.trim_start_matches(|c: char| c.is_ascii_digit());
        return Some(part.to_owned()).filter(|part| !part.is_empty());
    }
    let star = place.starts_with('*');
    if place == TEMPORARY {
        return Some(place.to_owned());
    }
    let (owner, variable) = place.trim_start_matches('*').rsplit_once("::")?;
    // Which of the two tells of a variable that is captured differs between builds.
    let variable = match is_within(function, &plain(owner)) || function.ends_with(owner) {
        true => variable.to_owned(),
        false => format!("{}::{variable}", plain(owner)),
    };
    Some(if star { format!("*{variable}") } else { variable })
}

fn plain(owner: &str) -> String {
    function_name(&format!("_::{owner}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_called_the_same_in_both_manglings() {
        for path in ["a::f::{{closure}}", "a::f::{closure#3}", "a::f::<u8>::{closure#0}"] {
            assert_eq!(function_name(path), "f::{closure}", "{path}");
        }
        assert_eq!(function_name("<a::Guard>::name"), "Guard::name");
        assert_eq!(function_name("a::Guard::name"), "Guard::name");
        assert_eq!(function_name("std::thread::Builder::spawn"), "(std)");
        let body = "<a::Guard as core::ops::drop::Drop>::drop";
        assert_eq!(function_name(body), "<Guard as Drop>::drop");
    }

    #[test]
    fn a_place_is_told_within_its_function_or_what_encloses_it() {
        assert_eq!(relative("f::a.b", None, "f").as_deref(), Some("a.b"));
        assert_eq!(relative("f::a.b", Some("f::a"), "f").as_deref(), Some(".b"));
        assert_eq!(relative("g::a", None, "f").as_deref(), Some("g::a"));
        assert_eq!(relative("f::a", None, "f::{closure}").as_deref(), Some("a"));
        assert_eq!(relative("f::a", None, "f::g").as_deref(), Some("f::a"));
        assert_eq!(relative("#4[1]", Some("f::list"), "f").as_deref(), Some("[1]"));
        assert_eq!(relative("#4", Some("f::list"), "f"), None);
        assert_eq!(relative("temporary", None, "f").as_deref(), Some("temporary"));
    }
}
