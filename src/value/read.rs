//! Reading: from a type and a place to a value.

use std::sync::Arc;

use super::coroutines::Running;
use super::model::{Cut, Fields, Value, ValueKind};
use super::place::Source;
use super::shape::Elements;
use super::{Limits, lanes, std_types};
use crate::base::{Bias, Memory, Register, Unreadable, VirtAddr};
use crate::dwarf::{Field, Location, Type, TypeKind, TypeRef, Types, short_type_name};

/// Asks for a register of the frame: a general one zero extended, a vector register with its low
/// 128 bits, or nothing where it is not known.
pub type ReadRegister<'a> = dyn Fn(Register) -> Option<u128> + 'a;

/// Reads values of one frame.
///
/// Each scalar is a read of its own: where a read is a system call, let `memory` keep the pages.
pub struct Reader<'a> {
    /// Gives the types.
    pub types: &'a dyn Types,
    /// What was added to the addresses of the image that describes the types, where it was loaded.
    pub bias: Bias,
    /// Gives the bytes in memory.
    pub memory: &'a dyn Memory,
    /// Gives the bytes in registers.
    pub registers: &'a ReadRegister<'a>,
    /// How much is read.
    pub limits: Limits,
    /// The futures that are known to run.
    pub running: &'a [Running],
}

impl Reader<'_> {
    /// Reads a value of the type from the place. What cannot be read is a value that says why.
    pub fn read(&self, ty: TypeRef, at: &Location) -> Value {
        self.read_counting(ty, at).0
    }

    /// The same, with how many parts it took of [`Limits::total_parts`].
    pub(super) fn read_counting(&self, ty: TypeRef, at: &Location) -> (Value, u64) {
        let mut walk = Walk::new(self);
        let most = walk.parts_left;
        let value = walk.value(ty, &Source::new(at), 0);
        (value, most.saturating_sub(walk.parts_left) as u64)
    }
}

/// One reading under way: what it may still spend, and which pointers it is following.
pub(super) struct Walk<'a> {
    pub(super) reader: &'a Reader<'a>,
    parts_left: usize,
    /// Whether the places of entries are wanted, and not what is there: parts then limit nothing.
    pub(super) places_only: bool,
    bytes_left: u64,
    following: Vec<(TypeRef, VirtAddr)>,
    /// The row whose elements were asked for last.
    row: Option<Elements>,
}

/// A type on the way to being read: what every reader of a kind is given.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) id: TypeRef,
    pub(super) ty: &'a Type,
    pub(super) source: &'a Source,
    pub(super) depth: usize,
}

impl At<'_> {
    pub(super) fn value(&self, kind: ValueKind) -> Value {
        Value {
            type_name: self.ty.name.clone(),
            ty: Some(self.id),
            place: self.source.place(self.ty.size.unwrap_or(0)),
            size: self.ty.size,
            kind,
            heap: None,
        }
    }

    /// That the bytes cannot be a value of this type.
    pub(super) fn invalid(&self, what: &str) -> Unreadable {
        Unreadable::Invalid(format!("{}: {what}", label(self.ty)))
    }
}

impl<'a> Walk<'a> {
    pub(super) fn new(reader: &'a Reader<'a>) -> Walk<'a> {
        let Limits { total_parts, total_bytes, .. } = reader.limits;
        Walk {
            reader,
            parts_left: total_parts.min(Limits::MOST_PARTS),
            places_only: false,
            bytes_left: total_bytes.min(Limits::MOST_BYTES),
            following: Vec::new(),
            row: None,
        }
    }

    /// A reading of a value's own words: whatever is a part of it becomes a [`Cut::Total`] with its
    /// type and place.
    pub(super) fn without_parts(reader: &'a Reader<'a>) -> Walk<'a> {
        Walk { parts_left: 0, places_only: true, ..Walk::new(reader) }
    }
}

impl Walk<'_> {
    pub(super) fn value(&mut self, id: TypeRef, source: &Source, depth: usize) -> Value {
        let ty = match self.reader.types.get(id) {
            Ok(ty) => ty,
            Err(reason) => return undescribed(id, source, reason),
        };
        let at = At { id, ty: &ty, source, depth };
        if !self.take_part() {
            return at.value(ValueKind::Cut(Cut::Total));
        }
        if depth > self.reader.limits.levels() {
            return at.value(ValueKind::Cut(Cut::Depth));
        }
        let as_std = if self.reader.limits.raw { None } else { std_types::read(self, &at) };
        as_std.unwrap_or_else(|| self.by_kind(&at))
    }

    /// A value as its type says, without the readers of std types.
    pub(super) fn by_kind(&mut self, at: &At<'_>) -> Value {
        let name = label(at.ty);
        match &at.ty.kind {
            TypeKind::Base(encoding) => at.value(self.scalar(at, *encoding)),
            TypeKind::CLike { repr, enumerators } => at.value(self.c_like(at, *repr, enumerators)),
            TypeKind::Unit if &*at.ty.name == "()" => at.value(ValueKind::Unit),
            // A struct without fields.
            TypeKind::Unit => at.value(ValueKind::Record { name, fields: Fields::default() }),
            TypeKind::Pointer { to, flavour } => self.pointer(at, *to, *flavour),
            TypeKind::Enum(part) => at.value(self.enumeration(at, part)),
            TypeKind::Array { element, count } => at.value(self.array(at, *element, *count)),
            TypeKind::Struct { .. } if lanes::is_vector(self.reader.types, at.ty) => {
                at.value(self.lanes(at))
            }
            TypeKind::Struct { fields, tuple } => {
                let fields = self.fields(at, fields, *tuple);
                at.value(ValueKind::Record { name, fields })
            }
            TypeKind::Union { fields } => {
                let fields = self.fields(at, fields, false);
                at.value(ValueKind::Union { name, fields })
            }
            TypeKind::Never => {
                at.value(ValueKind::Unreadable(at.invalid("no value of it can exist")))
            }
            TypeKind::Function | TypeKind::Opaque => {
                at.value(ValueKind::Unreadable(Unreadable::NotDescribed(at.ty.name.to_string())))
            }
        }
    }

    pub(super) fn fields(&mut self, at: &At<'_>, fields: &[Field], tuple: bool) -> Fields {
        let mut read = Fields { tuple, ..Fields::default() };
        for (index, field) in fields.iter().enumerate() {
            if self.parts_left == 0 {
                read.more = fields.len().saturating_sub(index) as u64;
                break;
            }
            let value = self.value(field.ty, &at.source.at(field.offset), at.depth + 1);
            read.list.push((field_name(at.ty, field, &value.type_name), value));
        }
        read
    }

    /// The bytes from a place on. The caller has capped `len`.
    pub(super) fn bytes(&mut self, source: &Source, len: usize) -> Result<Vec<u8>, Unreadable> {
        self.bytes_left = match self.bytes_left.checked_sub(len as u64) {
            Some(left) => left,
            None => return Err(out_of_bytes()),
        };
        let mut bytes = vec![0; len];
        source.fetch(self.reader.memory, self.reader.registers, &mut bytes)?;
        Ok(bytes)
    }

    /// An unsigned little-endian number of up to sixteen bytes.
    pub(super) fn number(&mut self, source: &Source, size: u64) -> Result<u128, Unreadable> {
        let len = usize::try_from(size).ok().filter(|len| (1..=16).contains(len));
        let len = len.ok_or_else(|| {
            Unreadable::NotDescribed(format!("a scalar of {size} bytes does not exist"))
        })?;
        let mut whole = [0; 16];
        let bytes = self.bytes(source, len)?;
        whole.iter_mut().zip(bytes).for_each(|(into, byte)| *into = byte);
        Ok(u128::from_le_bytes(whole))
    }

    /// Keeps in mind which row is being read.
    pub(super) fn note_row(&mut self, row: Elements) {
        self.row = Some(row);
    }

    /// The row that was read last.
    pub(super) fn take_row(&mut self) -> Option<Elements> {
        self.row.take()
    }

    pub(super) fn parts_left(&self) -> usize {
        self.parts_left
    }

    /// Reads what a pointer leads to, unless that is being read already.
    pub(super) fn follow(&mut self, id: TypeRef, target: VirtAddr, depth: usize) -> Value {
        let source = Source::Memory(target);
        if self.following.contains(&(id, target)) {
            let mut value = undescribed(id, &source, Unreadable::OptimisedOut);
            value.kind = ValueKind::Cut(Cut::Cycle);
            if let Ok(ty) = self.reader.types.get(id) {
                value.type_name = ty.name.clone();
                value.size = ty.size;
            }
            return value;
        }
        self.following.push((id, target));
        let value = self.value(id, &source, depth + 1);
        self.following.pop();
        value
    }

    fn take_part(&mut self) -> bool {
        match self.parts_left.checked_sub(1) {
            Some(left) => self.parts_left = left,
            None => return false,
        }
        true
    }
}

fn undescribed(id: TypeRef, source: &Source, reason: Unreadable) -> Value {
    Value {
        type_name: "?".into(),
        ty: Some(id),
        place: source.place(0),
        size: None,
        kind: ValueKind::Unreadable(reason),
        heap: None,
    }
}

pub(super) fn out_of_bytes() -> Unreadable {
    Unreadable::NotDescribed("the value is larger than the limit on bytes".to_owned())
}

/// What a value of the type is called: the last segment of its path; for a closure, which has no
/// name of its own, the function that it stands in and its number.
fn label(ty: &Type) -> Arc<str> {
    match is_nameless(ty) {
        true => short_type_name(&ty.name).into(),
        false => ty.base_name.clone(),
    }
}

/// Whether the type is that of a closure, or of the body of an async function.
pub(super) fn is_nameless(ty: &Type) -> bool {
    ty.base_name.starts_with('{') && ty.base_name.contains("_env#")
}

/// `0` for `__0`, as Rust writes the fields of a tuple. What a closure borrows is told from what it
/// has taken: `&name` or `&mut name` for `_ref__name`.
fn field_name(of: &Type, field: &Field, type_name: &str) -> Arc<str> {
    let name = &field.name;
    if name.starts_with("_ref__") && is_nameless(of) {
        let reference = if type_name.starts_with("&mut ") { "&mut " } else { "&" };
        return format!("{reference}{}", name_in_source(of, name)).into();
    }
    name_in_source(of, name)
}

/// What a field is called in the source: `0` for `__0`; the variable that a closure captured for
/// `_ref__name` (`closure_saved_names_of_captured_variables` in `rustc_middle`).
pub(super) fn name_in_source(of: &Type, name: &Arc<str>) -> Arc<str> {
    if let Some(captured) = name.strip_prefix("_ref__").filter(|_| is_nameless(of)) {
        return captured.into();
    }
    match name.strip_prefix("__") {
        Some("awaitee") if is_nameless(of) => "awaits".into(),
        // A temporary, and no field of a tuple.
        Some(number) if is_nameless(of) => format!("_{number}").into(),
        Some(number) if number.bytes().all(|b| b.is_ascii_digit()) && !number.is_empty() => {
            number.into()
        }
        _ => name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use crate::dwarf::PointerFlavour;
    use crate::value::testing::World;

    #[test]
    fn a_closure_is_told_by_its_function_and_what_it_borrows_from_what_it_took() {
        let mut world = World::new();
        let u8_ = world.uint(1);
        let shared = world.pointer("&u8", Some(u8_), PointerFlavour::Shared);
        let unique = world.pointer("&mut u8", Some(u8_), PointerFlavour::Unique);
        world.put(0x5000, &[3, 4]);
        let fields = [
            ("_ref__seen", shared, 0),
            ("_ref__count", unique, 8),
            ("own", u8_, 16),
            ("r", shared, 24),
        ];
        let ty = world.record("krate::f::{closure_env#1}", 32, 8, &fields);
        let value = world.read_words(ty, &[0x5000, 0x5001, 5, 0x5000]);
        let text = "f::{closure#1} { &seen: 3, &mut count: 4, own: 5, r: 3 }";
        assert_eq!(world.text(&value), text);
    }

    #[test]
    fn a_field_of_the_users_own_keeps_its_name() {
        let mut world = World::new();
        let u8_ = world.uint(1);
        let fields = [("_ref__seen", u8_, 0), ("__awaitee", u8_, 1)];
        let ty = world.record("krate::Odd", 2, 1, &fields);
        let text = world.text(&world.read_bytes(ty, &[1, 2]));
        assert_eq!(text, "Odd { _ref__seen: 1, __awaitee: 2 }");
    }
}
