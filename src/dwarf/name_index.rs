//! Names to dies: an index over many units, built in parallel when a query first needs it.
//!
//! A type that many units describe alike is kept once. What is kept of a name is where its die lies,
//! a number to find it by, and the path around it: no tree, and no copy of any text.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock};

use gimli::Section;
use rayon::prelude::*;

use super::image::Image;
use super::name_match::{ARRAY_KEY, Fit, Name, key, last_segment, path_fits};
use super::name_walk::{Kind, Named, NamesOfUnit, names_of_unit};
use super::origin::Origin;
use super::units::UnitId;

/// How many names are kept. Programs with 200 MB of debug information have some hundred thousand.
const MAX_NAMES: usize = 1 << 21;
/// How many units are walked before their names are put together: what is alike is then dropped.
const UNITS_AT_ONCE: usize = 64;
/// How many segments a path has.
const MAX_SEGMENTS: usize = 128;
/// From this size on, the units of the user's crates are asked before all others.
const BIG: usize = 32 << 20;
/// How many questions for types an index remembers the answers of, and how many types in an answer.
const MAX_QUESTIONS: usize = 1 << 12;
const MAX_REMEMBERED: usize = 64;

/// The indices of an image that were built so far.
#[derive(Default)]
pub(super) struct Names {
    units: Mutex<HashMap<UnitId, Arc<NameIndex>>>,
    users: OnceLock<Arc<NameIndex>>,
    all: OnceLock<Arc<NameIndex>>,
}

/// The names of some units, sorted by key.
#[derive(Default)]
pub(super) struct NameIndex {
    named: Vec<Named>,
    paths: Vec<(u32, &'static str)>,
    /// Answers that were found before. At every stop in a closure its type is asked for again, and
    /// every crate has a closure that is the first of a function.
    answered: Mutex<HashMap<String, Vec<FoundType>>>,
}

/// A type that a name may mean: how well it fits, and where its die lies.
type FoundType = (Fit, Kind, usize);

impl Image {
    /// Looks for something unit by unit, as far as it must: first in the unit that is near, in a big
    /// program then in those of the user's crates, and at last in all.
    pub(super) fn first_found<T>(
        &self,
        near: Option<UnitId>,
        find: impl Fn(&NameIndex) -> Vec<T>,
    ) -> Vec<T> {
        let big = self.dwarf.debug_info.reader().slice().len() > BIG;
        let near = near.map(|unit| self.names_of(unit));
        let near = near.map(|index| find(&index)).unwrap_or_default();
        if !near.is_empty() {
            return near;
        }
        if big && self.names.all.get().is_none() {
            let found = find(self.names_of_users());
            if !found.is_empty() {
                return found;
            }
        }
        find(self.all_names())
    }

    /// The names of all units.
    pub(super) fn all_names(&self) -> &Arc<NameIndex> {
        self.names.all.get_or_init(|| {
            let units: Vec<UnitId> = self.unit_headers().iter().map(|header| header.id).collect();
            Arc::new(NameIndex::read(self, &units))
        })
    }

    /// Whether all units were walked.
    #[cfg(test)]
    pub(super) fn has_all_names(&self) -> bool {
        self.names.all.get().is_some()
    }

    fn names_of_users(&self) -> &Arc<NameIndex> {
        self.names.users.get_or_init(|| {
            let headers = self.unit_headers().par_iter();
            let users = headers.filter(|h| self.origin_of_unit(h.id) == Some(Origin::User));
            let units: Vec<UnitId> = users.map(|header| header.id).collect();
            Arc::new(NameIndex::read(self, &units))
        })
    }

    fn names_of(&self, unit: UnitId) -> Arc<NameIndex> {
        let known = self.names.units.lock().ok().and_then(|known| known.get(&unit).cloned());
        known.unwrap_or_else(|| {
            let index = Arc::new(NameIndex::read(self, &[unit]));
            if let Ok(mut known) = self.names.units.lock() {
                known.insert(unit, index.clone());
            }
            index
        })
    }
}

impl NameIndex {
    fn read(image: &Image, units: &[UnitId]) -> NameIndex {
        let mut all = Building { paths: vec![(0, "")], ..Building::default() };
        for some in units.chunks(UNITS_AT_ONCE) {
            let read = some.par_iter().filter_map(|id| image.unit_unkept(*id));
            let read: Vec<NamesOfUnit> = read.map(|unit| names_of_unit(image, &unit)).collect();
            read.iter().for_each(|unit| all.add(unit));
        }
        all.named.sort_unstable_by_key(|named| (named.key, named.die));
        NameIndex { named: all.named, paths: all.paths, answered: Mutex::default() }
    }

    /// The types that a name may mean, each with how well it fits. Arrays are not among them.
    pub(super) fn types(&self, question: &str) -> Vec<FoundType> {
        let known = self.answered.lock().ok().and_then(|known| known.get(question).cloned());
        known.unwrap_or_else(|| {
            let found = self.find_types(question);
            if let Ok(mut known) = self.answered.lock()
                && known.len() < MAX_QUESTIONS
                && found.len() <= MAX_REMEMBERED
            {
                known.insert(question.to_owned(), found.clone());
            }
            found
        })
    }

    fn find_types(&self, question: &str) -> Vec<FoundType> {
        let name = Name::of(question);
        let bare = name.is_bare();
        let fits = |named: &Named| {
            // A bare name means no variant of an enum: each enum has its own `A`.
            let inner = named.kind == Kind::Inner && bare;
            let is_type = named.kind != Kind::Variable && !inner;
            let fit = is_type.then(|| name.fits(&self.full_name(named))).flatten()?;
            Some((fit, named.kind, named.die))
        };
        self.with_key(key(question)).filter_map(fits).collect()
    }

    /// The dies of all arrays.
    pub(super) fn arrays(&self) -> impl Iterator<Item = usize> {
        self.with_key(ARRAY_KEY).map(|named| named.die)
    }

    /// The variables that a path may mean, each with how well it fits and its full path.
    pub(super) fn variables(&self, path: &str) -> Vec<(Fit, usize, String)> {
        let variables = self.with_key(key(last_segment(path)));
        let fits = |named: &Named| {
            let full = self.full_name(named);
            let fit = path_fits(path, &full).filter(|_| named.kind == Kind::Variable)?;
            Some((fit, named.die, full))
        };
        variables.filter_map(fits).collect()
    }

    /// The full names of the types that are described, without those within others.
    pub(super) fn type_names(&self) -> impl Iterator<Item = String> {
        let types = self.named.iter().filter(|named| named.kind == Kind::Type);
        types.filter(|named| named.key != ARRAY_KEY).map(|named| self.full_name(named))
    }

    /// The full paths of the variables.
    pub(super) fn variable_names(&self) -> impl Iterator<Item = String> {
        let variables = self.named.iter().filter(|named| named.kind == Kind::Variable);
        variables.map(|named| self.full_name(named))
    }

    fn with_key(&self, key: u64) -> impl Iterator<Item = &Named> {
        let start = self.named.partition_point(|named| named.key < key);
        let behind = self.named.get(start..).unwrap_or_default();
        behind.iter().take_while(move |named| named.key == key)
    }

    fn full_name(&self, named: &Named) -> String {
        let mut segments = vec![named.name];
        let mut at = named.around;
        while let Some((around, segment)) = self.paths.get(at as usize)
            && at != 0
            && segments.len() < MAX_SEGMENTS
        {
            segments.push(segment);
            at = *around;
        }
        segments.reverse();
        segments.join("::")
    }
}

/// An index that grows unit by unit.
#[derive(Default)]
struct Building {
    named: Vec<Named>,
    seen: HashSet<u64>,
    paths: Vec<(u32, &'static str)>,
    by_path: HashMap<(u32, &'static str), u32>,
}

impl Building {
    fn add(&mut self, unit: &NamesOfUnit) {
        // A path lies behind the one around it.
        let mut here: Vec<u32> = Vec::with_capacity(unit.paths.len());
        for (index, (around, segment)) in unit.paths.iter().enumerate() {
            let around = here.get(*around as usize).copied().unwrap_or(0);
            here.push(if index == 0 { 0 } else { self.path(around, segment) });
        }
        for named in &unit.named {
            let variable = named.kind == Kind::Variable;
            if self.named.len() < MAX_NAMES && (variable || self.seen.insert(named.identity)) {
                let around = here.get(named.around as usize).copied().unwrap_or(0);
                self.named.push(Named { around, ..*named });
            }
        }
    }

    fn path(&mut self, around: u32, segment: &'static str) -> u32 {
        let next = u32::try_from(self.paths.len()).unwrap_or(0);
        let found = *self.by_path.entry((around, segment)).or_insert(next);
        if found == next {
            self.paths.push((around, segment));
        }
        found
    }
}
