//! The names that one unit gives to types and statics, from one walk over its dies.

use std::collections::HashMap;

use gimli::{
    DW_AT_byte_size, DW_AT_data_member_location, DW_AT_declaration, DW_AT_discr_list,
    DW_AT_discr_value, DW_AT_name, DW_AT_specification,
};

use super::dies::{Attribute, Unit, Value, reference, section_offset};
use super::image::{Image, Slice};
use super::name_match::{ARRAY_KEY, Fnv, key};
use super::thread_local_names::{is_thread_local_access, is_thread_local_storage};
use super::unit_index::is_path_segment;

/// How deep namespaces are followed.
const MAX_DEPTH: usize = 128;

/// What kind of thing a name is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// A type that is described.
    Type,
    /// A type within another one: the fields of a variant of an enum.
    Inner,
    /// A type that is only declared.
    Declared,
    /// A variable that lies in no function.
    Variable,
}

/// One name: where its die is, and what leads to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Named {
    /// What all spellings of the name have in common.
    pub key: u64,
    /// The same for types that look alike: path, name, size and members.
    pub identity: u64,
    /// The offset of the die in `.debug_info`.
    pub die: usize,
    /// `DW_AT_name`, or for a thread-local of the macro the name that the user gave it.
    pub name: &'static str,
    /// The path around it, as an index into [`NamesOfUnit::paths`].
    pub around: u32,
    /// What it is.
    pub kind: Kind,
}

/// The names of a unit.
#[derive(Default)]
pub(super) struct NamesOfUnit {
    /// The names in the order of their dies.
    pub named: Vec<Named>,
    /// Namespaces and types that others lie in: the index of the one around it, and its name. The
    /// first is the unit.
    pub paths: Vec<(u32, &'static str)>,
}

/// Walks a unit. A die that cannot be read ends the walk; what came before it stays.
pub(super) fn names_of_unit(image: &Image, unit: &Unit) -> NamesOfUnit {
    let names = NamesOfUnit { named: Vec::new(), paths: vec![(0, "")] };
    let mut walk = Walk { image, unit, names, open: Vec::new(), completed: HashMap::new() };
    if let Ok(mut raw) = unit.header.entries_raw(&unit.abbreviations, None) {
        let mut attributes = Vec::new();
        while !raw.is_empty() && walk.step(&mut raw, &mut attributes).is_ok() {}
    }
    walk.finish()
}

/// A die that others lie in.
struct Open {
    depth: isize,
    /// The path of what lies in it.
    path: u32,
    function: bool,
    /// The type that its members belong to, as an index into the names.
    of: Option<usize>,
}

struct Walk<'a> {
    image: &'a Image,
    unit: &'a Unit,
    names: NamesOfUnit,
    open: Vec<Open>,
    /// Declarations of variables, and the dies that complete them.
    completed: HashMap<usize, usize>,
}

impl Walk<'_> {
    fn step(
        &mut self,
        raw: &mut gimli::EntriesRaw<'_, Slice>,
        attributes: &mut Vec<Attribute>,
    ) -> gimli::Result<()> {
        let depth = raw.next_depth();
        let offset = section_offset(self.unit, raw.next_offset());
        let offset = offset.ok_or(gimli::Error::UnsupportedOffset)?;
        let Some(abbreviation) = raw.read_abbreviation()? else { return Ok(()) };
        while self.open.pop_if(|open| open.depth >= depth).is_some() {}
        let tag = abbreviation.tag();
        if !is_read(tag) {
            raw.skip_attributes(abbreviation.attributes())?;
            if tag == gimli::DW_TAG_subprogram && abbreviation.has_children() {
                self.push(depth, None, true, None);
            }
            return Ok(());
        }
        raw.read_attributes(abbreviation.attributes(), attributes)?;
        let name = self.image.string(self.unit, find(attributes, DW_AT_name)).unwrap_or("");
        let index = self.visit(tag, offset, name, attributes);
        let parent = self.open.last().and_then(|open| open.of);
        if abbreviation.has_children() {
            let segment = is_path_segment(tag).then_some(name);
            let of = index.or(if is_part(tag) { parent } else { None });
            self.push(depth, segment, false, of);
        }
        Ok(())
    }

    fn push(
        &mut self,
        depth: isize,
        segment: Option<&'static str>,
        function: bool,
        of: Option<usize>,
    ) {
        let around = self.around();
        let path = match segment.filter(|name| !name.is_empty()) {
            Some(name) if self.open.len() < MAX_DEPTH => {
                let index = u32::try_from(self.names.paths.len()).unwrap_or(0);
                self.names.paths.push((around, name));
                index
            }
            _ => around,
        };
        let function = function || self.open.last().is_some_and(|open| open.function);
        self.open.push(Open { depth, path, function, of });
    }

    fn around(&self) -> u32 {
        self.open.last().map_or(0, |open| open.path)
    }

    /// Takes note of a die; gives its index where its members are to be told apart from those of
    /// others.
    fn visit(
        &mut self,
        tag: gimli::DwTag,
        offset: usize,
        name: &'static str,
        attributes: &[Attribute],
    ) -> Option<usize> {
        if is_part(tag) {
            self.visit_part(name, attributes);
            return None;
        }
        if tag == gimli::DW_TAG_variable {
            self.visit_variable(offset, name, attributes);
            return None;
        }
        let array = tag == gimli::DW_TAG_array_type;
        let hidden =
            name.is_empty() || name.ends_with("{vtable_type}") || name.ends_with("{vtable}");
        if !is_type(tag) || (hidden && !array) {
            return None;
        }
        let declared = matches!(find(attributes, DW_AT_declaration), Some(Value::Flag(true)));
        let inner = self.open.last().is_some_and(|open| open.of.is_some());
        let kind = match (declared, inner) {
            (true, _) => Kind::Declared,
            (false, true) => Kind::Inner,
            (false, false) => Kind::Type,
        };
        let key = if array { ARRAY_KEY } else { key(name) };
        let mut identity = Fnv(self.path_hash());
        identity.add(name.as_bytes());
        let size = find(attributes, DW_AT_byte_size).and_then(|size| size.udata_value());
        identity.add(&size.unwrap_or(u64::MAX).to_le_bytes());
        if array {
            // Arrays are only known by their elements, which are looked at when one is asked for.
            identity.add(&offset.to_le_bytes());
        }
        let around = self.around();
        let identity = identity.0;
        self.names.named.push(Named { key, identity, die: offset, name, around, kind });
        self.names.named.len().checked_sub(1)
    }

    /// A member, a variant or an enumerator: what tells types of one name apart.
    fn visit_part(&mut self, name: &'static str, attributes: &[Attribute]) {
        let of = self.open.last().and_then(|open| open.of);
        let Some(named) = of.and_then(|of| self.names.named.get_mut(of)) else { return };
        let mut identity = Fnv(named.identity);
        identity.add(name.as_bytes());
        for at in [
            DW_AT_data_member_location,
            DW_AT_discr_value,
            DW_AT_discr_list,
            gimli::DW_AT_const_value,
            gimli::DW_AT_count,
        ] {
            match find(attributes, at) {
                Some(Value::Block(bytes)) => identity.add(bytes.slice()),
                Some(value) => {
                    let number =
                        value.udata_value().or(value.sdata_value().map(i64::cast_unsigned));
                    identity.add(&number.unwrap_or(u64::MAX).to_le_bytes());
                }
                None => {}
            }
        }
        named.identity = identity.0;
    }

    fn visit_variable(&mut self, offset: usize, name: &'static str, attributes: &[Attribute]) {
        if self.open.last().is_some_and(|open| open.function) {
            return;
        }
        if let Some(declaration) =
            find(attributes, DW_AT_specification).and_then(|value| reference(self.unit, value))
        {
            self.completed.insert(declaration, offset);
            return;
        }
        // `<T as Trait>::{vtable}` is the name that rustc gives to every vtable.
        if name.is_empty() || name.ends_with("{vtable}") {
            return;
        }
        let (around, name) = self.thread_local(name).unwrap_or((self.around(), name));
        let (key, identity) = (key(name), offset as u64);
        let kind = Kind::Variable;
        self.names.named.push(Named { key, identity, die: offset, name, around, kind });
    }

    /// The user's name for what the `thread_local!` macro keeps its value in, and the path around
    /// that: `krate` and `COUNTER` for `krate::COUNTER::{constant#0}::{closure#0}::…VAL`.
    fn thread_local(&self, name: &str) -> Option<(u32, &'static str)> {
        if !is_thread_local_storage(name) {
            return None;
        }
        let mut at = self.around();
        let mut found = None;
        for _ in 0..MAX_DEPTH {
            let (around, segment) = *self.names.paths.get(at as usize).filter(|_| at != 0)?;
            if is_thread_local_access(segment) {
                found = Some(around);
            } else if let Some(user) = found {
                return (user == at).then_some((around, segment));
            }
            at = around;
        }
        None
    }

    fn path_hash(&self) -> u64 {
        let mut hash = Fnv::default();
        let mut at = self.around();
        for _ in 0..MAX_DEPTH {
            let Some((around, segment)) = self.names.paths.get(at as usize) else { break };
            if at == 0 {
                break;
            }
            hash.add(segment.as_bytes());
            at = *around;
        }
        hash.0
    }

    fn finish(mut self) -> NamesOfUnit {
        for named in &mut self.names.named {
            if let Some(complete) = self.completed.get(&named.die) {
                named.die = *complete;
            }
        }
        self.names
    }
}

fn find(attributes: &[Attribute], name: gimli::DwAt) -> Option<Value> {
    attributes.iter().find(|attribute| attribute.name() == name).map(Attribute::value)
}

fn is_read(tag: gimli::DwTag) -> bool {
    is_type(tag) || is_part(tag) || is_path_segment(tag) || tag == gimli::DW_TAG_variable
}

fn is_part(tag: gimli::DwTag) -> bool {
    matches!(
        tag,
        gimli::DW_TAG_member
            | gimli::DW_TAG_variant_part
            | gimli::DW_TAG_variant
            | gimli::DW_TAG_enumerator
            | gimli::DW_TAG_subrange_type
    )
}

fn is_type(tag: gimli::DwTag) -> bool {
    matches!(
        tag,
        gimli::DW_TAG_structure_type
            | gimli::DW_TAG_class_type
            | gimli::DW_TAG_union_type
            | gimli::DW_TAG_enumeration_type
            | gimli::DW_TAG_base_type
            | gimli::DW_TAG_pointer_type
            | gimli::DW_TAG_typedef
            | gimli::DW_TAG_unspecified_type
            | gimli::DW_TAG_array_type
    )
}
