//! Scratch pages: where copies of patched instructions run.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::asm::Point;
use crate::base::{Range, VirtAddr};
use crate::os::procfs::Mapping;

/// Bytes of one scratch area. Copies are about ten bytes long.
pub(super) const AREA: u64 = 64 * 1024;

/// How far an area may be from the code it serves: half of what a 32-bit displacement spans, so
/// that operands on the far side of the module are within reach too.
const REACH: u64 = 1 << 30;

/// The most areas: room for some 64 million bytes of copies.
const MAX_AREAS: usize = 1024;

/// Copies start at multiples of this, in bytes.
const ALIGN: u64 = 16;

/// The copies that exist. They are never freed while the program lives, because a thread may stand
/// in one; a site that is inserted again finds its copy again.
#[derive(Clone, Default)]
pub(super) struct Scratch {
    areas: Vec<Area>,
    /// Where the copy of each original is; one whose original was overwritten is not named.
    of: RefCell<BTreeMap<VirtAddr, VirtAddr>>,
    /// The copies by address: the points where a thread can stop.
    copies: BTreeMap<VirtAddr, Vec<Point>>,
    /// Whether the program may have kept an address in a copy.
    kept: bool,
}

#[derive(Clone)]
struct Area {
    range: Range<VirtAddr>,
    used: u64,
}

impl Scratch {
    /// The copy of the instruction at an address, if there is one.
    pub(super) fn copy_of(&self, original: VirtAddr) -> Option<VirtAddr> {
        self.of.borrow().get(&original).copied()
    }

    /// The instructions that begin in a range are written anew: their copies are copies no more.
    pub(super) fn outdate(&self, range: Range<VirtAddr>) {
        self.of.borrow_mut().retain(|original, _| !range.contains(*original));
    }

    /// Whether an address lies in the copy of an instruction that was overwritten since.
    pub(super) fn is_outdated(&self, pc: VirtAddr) -> bool {
        let Some(point) = self.point_at(pc) else { return false };
        // The only points that a caller asks for stand for the instruction itself.
        let current = self.copy_of(point.original);
        current.is_none_or(|copy| pc < copy || pc - copy >= 4 * ALIGN)
    }

    /// What a program counter inside a copy stands for.
    pub(super) fn point_at(&self, pc: VirtAddr) -> Option<Point> {
        let inside = self.areas.iter().any(|area| area.range.contains(pc));
        let (start, points) = inside.then(|| self.copies.range(..=pc).next_back()).flatten()?;
        points.iter().find(|point| *start + point.offset == pc).copied()
    }

    /// A free place for a copy near an address, if an area there has room.
    pub(super) fn place_near(&self, at: VirtAddr) -> Option<VirtAddr> {
        let area = self.areas.iter().find(|area| {
            // The longest copy is well below this.
            let room = area.used.saturating_add(4 * ALIGN) <= area.range.end - area.range.start;
            room && is_near(area.range, at)
        })?;
        Some(area.range.start + area.used)
    }

    /// Records a copy that was written to a place that [`Scratch::place_near`] gave.
    pub(super) fn record(
        &mut self,
        original: VirtAddr,
        at: VirtAddr,
        len: u64,
        points: Vec<Point>,
    ) {
        if let Some(area) = self.areas.iter_mut().find(|area| area.range.contains(at)) {
            area.used = (at - area.range.start).saturating_add(len).next_multiple_of(ALIGN);
        }
        self.of.borrow_mut().insert(original, at);
        self.copies.insert(at, points);
    }

    /// A signal handler begins while its thread stands at an address: if that is in a copy, it is on
    /// the program's stack now.
    pub(super) fn signal_at(&mut self, pc: VirtAddr) {
        self.kept |= self.contains(pc);
    }

    /// The areas that can be unmapped once no thread stands in one: all or none.
    pub(super) fn removable(&self) -> Vec<Range<VirtAddr>> {
        let areas = self.areas.iter().map(|area| area.range);
        if self.kept { Vec::new() } else { areas.collect() }
    }

    /// Whether there may be another area.
    pub(super) fn may_grow(&self) -> bool {
        self.areas.len() < MAX_AREAS
    }

    /// Adds an area that was mapped.
    pub(super) fn add_area(&mut self, start: VirtAddr) {
        self.areas.push(Area { range: Range::new(start, start + AREA), used: 0 });
    }

    /// Whether any address of a range lies in a scratch area.
    pub(super) fn overlaps(&self, range: Range<VirtAddr>) -> bool {
        let apart = |area: &Area| area.range.end <= range.start || range.end <= area.range.start;
        !self.areas.iter().all(apart)
    }

    /// Whether an address lies in a scratch area.
    pub(super) fn contains(&self, at: VirtAddr) -> bool {
        self.areas.iter().any(|area| area.range.contains(at))
    }

    /// Forgets everything: the memory is gone.
    pub(super) fn forget(&mut self) {
        *self = Scratch::default();
    }
}

fn is_near(area: Range<VirtAddr>, at: VirtAddr) -> bool {
    area.start.0.abs_diff(at.0) < REACH && area.end.0.abs_diff(at.0) < REACH
}

/// Places for an area near an address, the best first.
///
/// Below the code rather than above: above the executable the heap will grow (brk(2)). Never right
/// below the stack, which grows down. Some distance is kept from what is there.
pub(super) fn gaps_near(maps: &[Mapping], at: VirtAddr) -> Vec<VirtAddr> {
    /// What the kernel lets nobody map (vm.mmap_min_addr).
    const LOWEST: u64 = 0x1_0000;
    let mut below = Vec::new();
    let mut above = Vec::new();
    let mut free_from = LOWEST;
    for mapping in maps {
        let (start, end) = (mapping.range.start.0, mapping.range.end.0);
        let gap = start.saturating_sub(free_from);
        if gap >= AREA && !mapping.path.starts_with("[stack") {
            let distance = (gap - AREA).min(0x10_0000) & !0xfff;
            let place = VirtAddr(start - AREA - distance);
            let list = if place < at { &mut below } else { &mut above };
            list.push(place);
        }
        free_from = free_from.max(end);
    }
    below.reverse();
    below.append(&mut above);
    below.retain(|place| is_near(Range::new(*place, *place + AREA), at));
    below.truncate(64);
    below
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::procfs::parse_maps;

    #[test]
    fn an_area_lies_below_the_code_and_away_from_heap_and_stack() {
        let maps = parse_maps(
            "00400000-00500000 r-xp 00000000 fe:00 1 /a\n\
             00600000-00700000 rw-p 00000000 00:00 0 [heap]\n\
             7ffff7000000-7ffff7100000 r-xp 00000000 fe:00 2 /lib\n\
             7ffffffde000-7ffffffff000 rw-p 00000000 00:00 0 [stack]\n",
        );
        let main = gaps_near(&maps, VirtAddr(0x40_1000));
        assert_eq!(main.first(), Some(&VirtAddr(0x40_0000 - AREA - 0x10_0000)));
        let library = gaps_near(&maps, VirtAddr(0x7fff_f700_1000));
        assert_eq!(library, [VirtAddr(0x7fff_f700_0000 - AREA - 0x10_0000)]);
    }

    #[test]
    fn a_stop_inside_a_copy_is_translated_at_its_points_only() {
        let mut scratch = Scratch::default();
        scratch.add_area(VirtAddr(0x10_0000));
        let original = VirtAddr(0x40_1000);
        let place = scratch.place_near(original).expect("room");
        let points = vec![
            Point { offset: 0, original, sp_adjust: 0 },
            Point { offset: 1, original: original + 1, sp_adjust: 0 },
        ];
        scratch.record(original, place, 6, points);
        assert_eq!(scratch.copy_of(original), Some(place));
        assert_eq!(scratch.point_at(place + 1).map(|p| p.original), Some(original + 1));
        assert_eq!(scratch.point_at(place + 2), None);
        assert_eq!(scratch.point_at(original), None);
        assert_eq!(scratch.place_near(original), Some(place + ALIGN));
        assert_eq!(scratch.place_near(VirtAddr(1 << 40)), None);
    }

    #[test]
    fn a_full_area_has_no_room() {
        let mut scratch = Scratch::default();
        scratch.add_area(VirtAddr(0x10_0000));
        let mut copies = 0_u64;
        while let Some(place) = scratch.place_near(VirtAddr(0x40_0000)) {
            scratch.record(VirtAddr(0x40_0000) + copies, place, 12, Vec::new());
            copies += 1;
        }
        assert!(copies > 4000 && copies <= AREA / ALIGN);
    }
}
