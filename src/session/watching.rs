//! Watchpoints: memory that stops the program when it is written or read.
//!
//! The processor does it, so that the program runs at full speed: it has four registers, each for 1,
//! 2, 4 or 8 bytes at a multiple of their number.

use serde::Serialize;

use super::breakpoints::{BreakpointId, Target};
use super::error::SessionError;
use super::halt::Halt;
use super::planting::Role;
use super::run::Run;
use super::vantage::Vantage;
use super::watch_ends::Home;
use crate::base::{At, FileAddr, MemoryExt, ThreadNo, VirtAddr};
use crate::dwarf::{Loaded, Location, Origin, TypeRef};
use crate::inferior::{Stopped, Watch, WatchKind};
use crate::value::{Limits, Reader};

/// The registers that the processor has for it.
pub(super) const REGISTERS: usize = 4;

/// How many frames are looked through for the line that did it.
const FRAMES: usize = 64;

/// Which accesses a watchpoint stops for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Writes that change the value.
    Write,
    /// Reads.
    Read,
    /// Reads, and writes of whatever value.
    Any,
}

/// What is watched.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Watched {
    /// The expression, as it was written.
    pub expression: String,
    /// Which accesses stop.
    pub access: Access,
    /// Whether the place stays watched when the variable that it belonged to is gone.
    pub by_location: bool,
    /// The type of the value, without module paths.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Bytes.
    pub size: u64,
    /// For what is not on a stack or heap: the place in the executable, which it keeps from run to
    /// run.
    #[serde(skip)]
    pub(super) keeps: Option<(FileAddr, TypeRef)>,
}

/// A watched place that was written or read.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Touched {
    /// The watchpoint.
    pub id: BreakpointId,
    /// The expression, as it was written.
    pub expression: String,
    /// The value before.
    pub old: String,
    /// The value now; none where it was read and is the same.
    pub new: Option<String>,
}

/// A watchpoint in the process.
pub(super) struct LiveWatch {
    pub id: BreakpointId,
    pub expression: String,
    pub access: Access,
    pub at: VirtAddr,
    pub size: u64,
    pub ty: TypeRef,
    pub loaded: Loaded,
    /// What it belongs to, with which it ends.
    pub home: Home,
    bytes: Vec<u8>,
    text: String,
}

/// What makes a [`LiveWatch`].
pub(super) struct NewWatch {
    pub expression: String,
    pub access: Access,
    pub at: VirtAddr,
    pub size: u64,
    pub ty: TypeRef,
    pub loaded: Loaded,
    pub home: Home,
}

/// The aligned parts that some bytes are watched as.
pub(super) fn parts(at: VirtAddr, size: u64, access: Access) -> Vec<Watch> {
    let kind = if access == Access::Write { WatchKind::Write } else { WatchKind::ReadWrite };
    let mut parts = Vec::new();
    let (mut from, mut left) = (at, size);
    while left > 0 && parts.len() <= REGISTERS {
        let fits = |len: &u64| from.0.is_multiple_of(*len) && *len <= left;
        let len = [8, 4, 2].into_iter().find(fits).unwrap_or(1);
        parts.push(Watch { at: from, len, kind });
        (from, left) = (from + len, left - len);
    }
    parts
}

impl Run {
    /// Begins to watch.
    ///
    /// # Errors
    /// [`SessionError::Inferior`] where the processor cannot; nothing is watched then.
    pub(super) fn begin_watch(
        &mut self,
        id: BreakpointId,
        new: NewWatch,
    ) -> Result<(), SessionError> {
        let NewWatch { expression, access, at, size, ty, loaded, home } = new;
        let bytes = self.bytes_at(at, size);
        let mut live = LiveWatch {
            id,
            expression,
            access,
            at,
            size,
            ty,
            loaded,
            home,
            bytes,
            text: String::new(),
        };
        live.text = self.text_of(&live);
        let returns = live.home.returns_to();
        self.stops.watches.push(live);
        if let Err(error) = self.sync_watches() {
            self.end_watch(id);
            return Err(error.into());
        }
        if let Some(at) = returns {
            self.add_site(at, Role::WatchEnd(id))?;
        }
        Ok(())
    }

    /// No longer watches.
    pub(super) fn end_watch(&mut self, id: BreakpointId) {
        let ends = self.stops.watches.iter().find(|live| live.id == id);
        let Some(returns) = ends.map(|live| live.home.returns_to()) else { return };
        self.stops.watches.retain(|live| live.id != id);
        if let Some(at) = returns {
            self.remove_site(at, Role::WatchEnd(id));
        }
        if let Err(error) = self.sync_watches() {
            self.notes.push(format!("A watchpoint could not be taken away: {error}."));
        }
    }

    /// Makes the processor watch what enabled watchpoints want, and nothing else. Several may want
    /// the same.
    pub(super) fn sync_watches(&mut self) -> Result<(), crate::inferior::InferiorError> {
        let table = self.stops.table.borrow();
        let live = self.stops.watches.iter();
        // One that is only being set up is not in the table yet.
        let enabled = live.filter(|live| table.get(live.id).is_none_or(|b| b.enabled));
        let wanted: Vec<Watch> =
            enabled.flat_map(|live| parts(live.at, live.size, live.access)).collect();
        drop(table);
        for old in self.inferior.watches() {
            if !wanted.contains(&old) {
                self.inferior.unwatch(old)?;
            }
        }
        wanted.into_iter().try_for_each(|watch| self.inferior.watch(watch))
    }

    /// A thread has touched memory that is watched.
    pub(super) fn touched(
        &mut self,
        thread: Stopped,
        fired: &[Watch],
    ) -> Result<Option<Halt>, SessionError> {
        let no = thread.no();
        let hit = self.hit_watches(fired);
        let (ended, hit): (Vec<_>, Vec<_>) =
            hit.into_iter().partition(|id| self.find_watch_end(&thread, *id));
        let mut touched = Vec::new();
        for id in hit {
            touched.extend(self.compare(id));
        }
        let ids: Vec<_> = touched.iter().map(|touched| touched.id).collect();
        let (thread, decision) = self.decide(thread, &ids);
        touched.retain(|touched| decision.stops.contains(&touched.id));
        if touched.is_empty() && ended.is_empty() {
            self.let_go(thread, None)?;
            return Ok(None);
        }
        let by = self.line_that_did(&thread);
        self.hold_all(thread, None)?;
        if touched.is_empty() {
            return Ok(self.watches_ended(no));
        }
        self.note_ended_watches();
        let failed = decision.failed;
        Ok(Some(Halt::Watchpoint { thread: no, touched, by, failed }))
    }

    /// The enabled watchpoints of which a part was touched.
    fn hit_watches(&self, fired: &[Watch]) -> Vec<BreakpointId> {
        let table = self.stops.table.borrow();
        let enabled = |id| table.get(id).is_some_and(|breakpoint| breakpoint.enabled);
        let touched = |at: VirtAddr, size: u64| {
            fired.iter().any(|watch| {
                watch.at.0 < at.0.saturating_add(size)
                    && at.0 < watch.at.0.saturating_add(watch.len)
            })
        };
        let live = self.stops.watches.iter();
        let hit = live.filter(|live| enabled(live.id) && touched(live.at, live.size));
        hit.map(|live| live.id).collect()
    }

    /// What has become of a watched place; nothing where its watchpoint does not stop for that.
    fn compare(&mut self, id: BreakpointId) -> Option<Touched> {
        let index = self.stops.watches.iter().position(|live| live.id == id)?;
        let live = self.stops.watches.get(index)?;
        let bytes = self.bytes_at(live.at, live.size);
        let text = self.text_of(live);
        let changed = bytes != live.bytes;
        let live = self.stops.watches.get_mut(index)?;
        live.bytes = bytes;
        let old = std::mem::replace(&mut live.text, text);
        let stops = match live.access {
            Access::Write => changed,
            // The processor cannot stop at reads alone; what changes the value was no read.
            Access::Read => !changed,
            Access::Any => true,
        };
        let new = changed.then(|| live.text.clone());
        stops.then(|| Touched { id, expression: live.expression.clone(), old, new })
    }

    /// From where the condition of a watchpoint is seen: the frame that it belongs to, where that is
    /// of the thread.
    pub(super) fn vantage_of_watch(&self, no: ThreadNo, id: BreakpointId) -> Vantage {
        let live = self.stops.watches.iter().find(|live| live.id == id);
        match live.and_then(|live| live.home.frame_of(no)) {
            Some(cfa) => Vantage::Frame(cfa),
            None => Vantage::innermost(),
        }
    }

    /// The user's line whose instruction ran last: the processor stops behind it.
    fn line_that_did(&mut self, thread: &Stopped) -> Option<At> {
        let (frames, _) = self.unwind(thread, FRAMES);
        for (index, frame) in frames.iter().enumerate() {
            let lookup = if index == 0 { frame.lookup.offset(-1) } else { frame.lookup };
            let places = self.symbolizer.places(self.inferior.modules(), lookup);
            if let Some(users) = places.iter().find(|place| place.origin == Origin::User) {
                return Some(users.at());
            }
        }
        None
    }

    fn bytes_at(&self, at: VirtAddr, size: u64) -> Vec<u8> {
        let len = usize::try_from(size).unwrap_or(0).min(8 * REGISTERS);
        self.inferior.memory().read_bytes(at, len).unwrap_or_default()
    }

    /// The value of a watched place, on one line.
    fn text_of(&self, live: &LiveWatch) -> String {
        let reader = Reader {
            types: &*live.loaded.image,
            bias: live.loaded.bias,
            memory: self.inferior.memory(),
            registers: &|_| None,
            limits: Limits::default(),
            running: &[],
        };
        self.regions().shown(&reader.read(live.ty, &Location::Memory(live.at))).text
    }

    /// Watches once more what keeps its place from run to run; the others are gone with the process.
    pub(super) fn begin_kept_watches(&mut self) {
        let table = self.stops.table.clone();
        let mut kept = Vec::new();
        for breakpoint in &table.borrow().list {
            if let Target::Watch(watched) = &breakpoint.target
                && let Some((file, ty)) = watched.keeps
            {
                kept.push((breakpoint.id, watched.clone(), file, ty));
            }
        }
        let main = self.inferior.modules().main();
        for (id, watched, file, ty) in kept {
            let new = NewWatch {
                expression: watched.expression,
                access: watched.access,
                at: main.bias.to_virt(file),
                size: watched.size,
                ty,
                loaded: main.clone(),
                home: Home::Nowhere,
            };
            if let Err(error) = self.begin_watch(id, new) {
                self.notes.push(format!("Watchpoint {id} could not be set again: {error}."));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lens(at: u64, size: u64) -> Vec<u64> {
        parts(VirtAddr(at), size, Access::Write).iter().map(|part| part.len).collect()
    }

    #[test]
    fn bytes_are_watched_in_as_few_aligned_parts_as_can_be() {
        assert_eq!(lens(0x1000, 8), [8]);
        assert_eq!(lens(0x1000, 24), [8, 8, 8]);
        assert_eq!(lens(0x1004, 8), [4, 4]);
        assert_eq!(lens(0x1001, 4), [1, 2, 1]);
        assert_eq!(lens(0x1000, 7), [4, 2, 1]);
        assert_eq!(lens(0x1000, 0), [0; 0]);
        assert!(lens(0x1000, u64::MAX).len() > REGISTERS, "more than there are, and no end");
    }
}
