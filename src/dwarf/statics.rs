//! The statics of a unit: variables that live as long as the program, or as a thread.

use std::cell::Cell;
use std::sync::Arc;

use super::dies::Die;
use super::evaluate::Evaluator;
use super::image::Image;
use super::locations::LocationContext;
use super::pieces::value_of;
use super::types::TypeRef;
use super::units::UnitId;
use crate::base::{Bias, Buffer, FileAddr, Memory, Register, VirtAddr};

/// A static or thread-local variable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Static {
    /// Its full path: `krate::module::NAME`.
    pub name: Arc<str>,
    /// `DW_AT_linkage_name`, where there is one.
    pub linkage_name: Option<&'static str>,
    /// Its type.
    pub ty: Option<TypeRef>,
    /// Where it is.
    pub at: StaticAt,
    /// The file and line of its declaration.
    pub declared: Option<super::SourceLine>,
}

/// Where a static is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StaticAt {
    /// In the image.
    Address(FileAddr),
    /// In every thread's copy of the image's TLS block, at this offset in bytes.
    ThreadLocal(u64),
}

impl Image {
    /// The statics that a unit defines, in the order of its dies; vtables, which are statics only
    /// to the linker, are left out. Walks the unit once; the caller keeps the answer.
    pub fn statics_of_unit(&self, unit: UnitId) -> Vec<Static> {
        let Some(cell) = self.unit(unit).and_then(|unit| self.unit_index(&unit)) else {
            return Vec::new();
        };
        let variables = cell.get().map(|index| index.variables.as_slice()).unwrap_or_default();
        variables.iter().filter_map(|die| self.read_static(*die)).collect()
    }

    pub(super) fn read_static(&self, offset: usize) -> Option<Static> {
        let chain = self.chain(offset);
        let die = chain.first()?;
        let name = chain.iter().find_map(|die| self.name(die))?;
        // `<T as Trait>::{vtable}` is the name that rustc gives to every vtable.
        if name.ends_with("{vtable}") {
            return None;
        }
        Some(Static {
            name: self.qualified(chain.last()?, name).into(),
            linkage_name: self.linkage_name(&chain),
            ty: chain.iter().find_map(|die| die.type_ref()),
            at: self.static_place(die)?,
            declared: self.declared(&chain),
        })
    }

    /// Where the `DW_AT_location` of a static says that it is.
    pub(super) fn static_place(&self, die: &Die) -> Option<StaticAt> {
        let expression = die.value(gimli::DW_AT_location)?.exprloc_value()?;
        let file = AsLinked::default();
        let evaluator =
            Evaluator { image: self, unit: Some(&die.unit), frame_base: None, context: &file };
        let pieces = evaluator.run(expression.0.slice(), None).ok()?;
        let value = value_of(&pieces, &file).ok()?;
        if file.thread_local.get() {
            return Some(StaticAt::ThreadLocal(value));
        }
        // The linker leaves a static that it removed at address 0, 1 or all ones.
        let at = FileAddr(value);
        self.section_at(at).map(|_| StaticAt::Address(at))
    }
}

/// A context without process: addresses stay as they were linked.
#[derive(Default)]
struct AsLinked {
    memory: Buffer,
    /// Whether the expression asked for thread-local storage.
    thread_local: Cell<bool>,
}

impl LocationContext for AsLinked {
    fn register(&self, _register: Register) -> Option<u64> {
        None
    }

    fn cfa(&self) -> Option<VirtAddr> {
        None
    }

    fn bias(&self) -> Bias {
        Bias(0)
    }

    fn memory(&self) -> &dyn Memory {
        &self.memory
    }

    fn entry_value(&self, _register: Register) -> Option<u64> {
        None
    }

    fn thread_local(&self, offset: u64) -> Option<VirtAddr> {
        self.thread_local.set(true);
        Some(VirtAddr(offset))
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Build, debug_builds};
    use super::super::types::Types;
    use super::*;

    /// The statics of all units that have a function of the program.
    fn statics(build: &Build) -> Vec<Static> {
        let mut units: Vec<_> = build.functions().map(|function| function.unit).collect();
        units.sort();
        units.dedup();
        units.iter().flat_map(|unit| build.image.statics_of_unit(*unit)).collect()
    }

    #[test]
    fn a_static_has_its_path_type_and_address() {
        for build in debug_builds() {
            let all = statics(build);
            let counter =
                all.iter().find(|s| &*s.name == "program::deep::deeper::COUNTER").expect("COUNTER");
            let ty = build.image.get(counter.ty.expect("typed")).expect("a type");
            assert_eq!((&*ty.name, ty.size), ("[u8; 10000]", Some(10_000)));
            let StaticAt::Address(at) = counter.at else { panic!("{counter:?}") };
            assert_eq!(build.image.section_at(at).expect("a section").name, ".bss");
            assert!(counter.declared.as_ref().expect("declared").file.ends_with("/program.rs"));
            assert!(all.iter().any(|s| &*s.name == "program::GREETING"));
        }
    }

    #[test]
    fn a_thread_local_has_an_offset_and_no_address() {
        for build in debug_builds() {
            let all = statics(build);
            let local = all.iter().find(|s| s.name.starts_with("program::LOCAL::")).expect("LOCAL");
            assert!(
                matches!(local.at, StaticAt::ThreadLocal(offset) if offset < 4096),
                "{local:?}"
            );
        }
    }

    #[test]
    fn vtables_and_the_variables_of_functions_are_no_statics() {
        for build in debug_builds() {
            let all = statics(build);
            assert!(!all.is_empty());
            assert!(all.iter().all(|s| !s.name.contains("{vtable")));
            assert!(all.iter().all(|s| !s.name.ends_with("::sum")));
        }
    }
}
