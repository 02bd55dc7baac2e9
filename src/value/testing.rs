//! Types and memory written by hand, for the tests of this floor.

mod collections;

use std::sync::Arc;

use super::{Format, Limits, Naming, Pretty, Reader, Value};
use crate::base::{Bias, Buffer, Data, FileAddr, Memory, Region, Register, Unreadable, VirtAddr};
use crate::dwarf::{
    Encoding, Field, Location, PointerFlavour, Type, TypeKind, TypeRef, Types, Variant, VariantPart,
};

/// Where the image is loaded that would describe the types.
const BIAS: Bias = Bias(0x1000);

/// A table of types and some memory.
pub(crate) struct World {
    types: Vec<Arc<Type>>,
    memory: Vec<Buffer>,
    vtables: Vec<(FileAddr, TypeRef)>,
    pub(crate) limits: Limits,
}

impl Types for World {
    fn get(&self, id: TypeRef) -> Result<Arc<Type>, Unreadable> {
        let missing = || Unreadable::NotDescribed("no such type".to_owned());
        self.types.get(id.0).cloned().ok_or_else(missing)
    }

    fn behind_vtable(&self, vtable: FileAddr) -> Option<TypeRef> {
        self.vtables.iter().find(|(at, _)| *at == vtable).map(|(_, ty)| *ty)
    }
}

impl World {
    pub(crate) fn new() -> World {
        World {
            types: Vec::new(),
            memory: Vec::new(),
            vtables: Vec::new(),
            limits: Limits::default(),
        }
    }

    pub(crate) fn next_id(&self) -> TypeRef {
        TypeRef(self.types.len())
    }

    pub(crate) fn add(&mut self, ty: Type) -> TypeRef {
        self.types.push(Arc::new(ty));
        TypeRef(self.types.len() - 1)
    }

    pub(crate) fn size(&self, id: TypeRef) -> u64 {
        self.types[id.0].size.unwrap()
    }

    pub(super) fn named(&mut self, name: &str, size: u64, align: u64, kind: TypeKind) -> TypeRef {
        let path = name.split('<').next().unwrap_or("");
        let pathless = !path.contains("::") || name.starts_with(['&', '*', '(']);
        let (krate, base_name) = if pathless {
            ("", name)
        } else {
            (path.split("::").next().unwrap_or(""), path.rsplit("::").next().unwrap_or(""))
        };
        let (krate, base_name) = (krate.into(), base_name.into());
        let (size, align) = (Some(size), Some(align));
        self.add(Type { name: name.into(), krate, base_name, size, align, kind, params: vec![] })
    }

    /// The type with a change, under the same reference.
    pub(super) fn changed(&mut self, id: TypeRef, change: impl FnOnce(&mut Type)) -> TypeRef {
        if let Some(ty) = self.types.get_mut(id.0) {
            change(Arc::make_mut(ty));
        }
        id
    }

    /// Bytes of a type, or so many where it does not say.
    pub(super) fn size_or(&self, id: TypeRef, otherwise: u64) -> u64 {
        self.types.get(id.0).and_then(|ty| ty.size).unwrap_or(otherwise)
    }

    pub(crate) fn base(&mut self, name: &str, encoding: Encoding, size: u64) -> TypeRef {
        let id = self.named(name, size, size, TypeKind::Base(encoding));
        // Scalars have no alignment of their own in the debug information.
        Arc::make_mut(&mut self.types[id.0]).align = None;
        id
    }

    pub(crate) fn uint(&mut self, size: u64) -> TypeRef {
        self.base(&format!("u{}", size * 8), Encoding::Unsigned, size)
    }

    pub(crate) fn unit(&mut self) -> TypeRef {
        self.named("()", 0, 1, TypeKind::Unit)
    }

    /// A struct without fields, as the loader gives it.
    pub(crate) fn marker(&mut self, name: &str) -> TypeRef {
        self.named(name, 0, 1, TypeKind::Unit)
    }

    pub(crate) fn never(&mut self) -> TypeRef {
        self.named("!", 0, 1, TypeKind::Never)
    }

    pub(crate) fn function_type(&mut self) -> TypeRef {
        self.named("fn()", 0, 1, TypeKind::Function)
    }

    pub(crate) fn c_like(
        &mut self,
        name: &str,
        repr: Encoding,
        size: u64,
        enumerators: &[(&str, i128)],
    ) -> TypeRef {
        let enumerators = enumerators.iter().map(|(name, value)| ((*name).into(), *value));
        self.named(name, size, size, TypeKind::CLike { repr, enumerators: enumerators.collect() })
    }

    pub(crate) fn pointer(
        &mut self,
        name: &str,
        to: Option<TypeRef>,
        flavour: PointerFlavour,
    ) -> TypeRef {
        self.named(name, 8, 8, TypeKind::Pointer { to, flavour })
    }

    pub(crate) fn array(&mut self, element: TypeRef, count: u64) -> TypeRef {
        let ty = self.types[element.0].clone();
        let size = ty.size.unwrap().saturating_mul(count);
        let align = ty.align.or(ty.size).unwrap();
        self.named(
            &format!("[{}; {count}]", ty.name),
            size,
            align,
            TypeKind::Array { element, count },
        )
    }

    pub(crate) fn record(
        &mut self,
        name: &str,
        size: u64,
        align: u64,
        fields: &[(&str, TypeRef, u64)],
    ) -> TypeRef {
        let field = |(name, ty, offset): &(&str, TypeRef, u64)| Field {
            name: (*name).into(),
            ty: *ty,
            offset: *offset,
        };
        let fields = fields.iter().map(field).collect();
        self.named(name, size, align, TypeKind::Struct { fields, tuple: false })
    }

    pub(crate) fn union(
        &mut self,
        name: &str,
        size: u64,
        align: u64,
        fields: &[TypeRef],
    ) -> TypeRef {
        let field = |ty: &TypeRef| Field { name: "f".into(), ty: *ty, offset: 0 };
        let fields = fields.iter().map(field).collect();
        self.named(name, size, align, TypeKind::Union { fields })
    }

    pub(crate) fn tuple_struct(
        &mut self,
        name: &str,
        size: u64,
        align: u64,
        fields: &[(TypeRef, u64)],
    ) -> TypeRef {
        let field = |(index, (ty, offset)): (usize, &(TypeRef, u64))| Field {
            name: format!("__{index}").into(),
            ty: *ty,
            offset: *offset,
        };
        let fields = fields.iter().enumerate().map(field).collect();
        self.named(name, size, align, TypeKind::Struct { fields, tuple: true })
    }

    /// An enum: the type and offset of its discriminant, and its variants with the values of the
    /// discriminant that select them.
    pub(crate) fn enumeration(
        &mut self,
        name: &str,
        size: u64,
        align: u64,
        tag: Option<(TypeRef, u64)>,
        variants: &[(&str, &[u128], Option<TypeRef>)],
    ) -> TypeRef {
        let discriminant = tag.map(|(ty, offset)| Field { name: "".into(), ty, offset });
        let variant = |(name, values, ty): &(&str, &[u128], Option<TypeRef>)| Variant {
            name: (*name).into(),
            values: values.iter().map(|value| (*value, *value)).collect(),
            ty: *ty,
            line: None,
        };
        let variants = variants.iter().map(variant).collect();
        self.named(name, size, align, TypeKind::Enum(VariantPart { discriminant, variants }))
    }

    /// The enum with a line of the source for each of its variants.
    pub(super) fn with_lines(&mut self, id: TypeRef, lines: &[Option<u32>]) -> TypeRef {
        if let TypeKind::Enum(part) = &mut Arc::make_mut(&mut self.types[id.0]).kind {
            part.variants.iter_mut().zip(lines).for_each(|(variant, line)| variant.line = *line);
        }
        id
    }

    /// A `Vec` as rustc 1.95 lays it out, or with the shallower buffer of 1.75.
    pub(crate) fn vec_of(&mut self, element: TypeRef, new: bool) -> TypeRef {
        let buffer = self.buffer(element, new);
        let word = self.uint(8);
        let fields = [("buf", buffer, 0), ("len", word, 16)];
        let vec = self.record("alloc::vec::Vec<T, alloc::alloc::Global>", 24, 8, &fields);
        self.with_element(vec, element)
    }

    pub(crate) fn vec_deque_of(&mut self, element: TypeRef) -> TypeRef {
        let buffer = self.buffer(element, true);
        let word = self.uint(8);
        let fields = [("head", word, 16), ("len", word, 24), ("buf", buffer, 0)];
        let ring = self.record("alloc::collections::vec_deque::VecDeque<T>", 32, 8, &fields);
        self.with_element(ring, element)
    }

    /// The type with an argument `T`.
    pub(crate) fn with_element(&mut self, id: TypeRef, element: TypeRef) -> TypeRef {
        Arc::make_mut(&mut self.types[id.0]).params.push(("T".into(), element));
        id
    }

    fn buffer(&mut self, element: TypeRef, new: bool) -> TypeRef {
        let (word, empty) = (self.uint(8), self.record("core::marker::PhantomData<T>", 0, 1, &[]));
        let raw = self.pointer("*const u8", Some(element), PointerFlavour::Const);
        let non_null = self.record("core::ptr::NonNull<u8>", 8, 8, &[("pointer", raw, 0)]);
        let fields = [("pointer", non_null, 0), ("_marker", empty, 8)];
        let unique = self.record("core::ptr::unique::Unique<u8>", 8, 8, &fields);
        let cap = self.tuple_struct("core::num::niche_types::UsizeNoHighBit", 8, 8, &[(word, 0)]);
        let fields = [("ptr", unique, 8), ("cap", cap, 0), ("alloc", empty, 16)];
        let inner = self.record("alloc::raw_vec::RawVecInner", 16, 8, &fields);
        if !new {
            return inner;
        }
        let fields = [("inner", inner, 0), ("_marker", empty, 16)];
        self.record("alloc::raw_vec::RawVec", 16, 8, &fields)
    }

    pub(crate) fn string(&mut self) -> TypeRef {
        let byte = self.uint(1);
        let vec = self.vec_of(byte, true);
        self.record("alloc::string::String", 24, 8, &[("vec", vec, 0)])
    }

    pub(crate) fn slice(&mut self, name: &str, element: TypeRef) -> TypeRef {
        let data = self.pointer("*const u8", Some(element), PointerFlavour::Const);
        let word = self.uint(8);
        self.record(name, 16, 8, &[("data_ptr", data, 0), ("length", word, 8)])
    }

    pub(crate) fn fat_dyn(&mut self, name: &str) -> TypeRef {
        let pointer = self.pointer("*const dyn", None, PointerFlavour::Const);
        self.record(name, 16, 8, &[("pointer", pointer, 0), ("vtable", pointer, 8)])
    }

    /// `struct Node { next: Box<Node> }`, and its `Box<Node>`.
    pub(crate) fn self_boxing_node(&mut self) -> (TypeRef, TypeRef) {
        let node = TypeRef(self.types.len() + 1);
        let boxed = self.pointer("alloc::boxed::Box<Node>", Some(node), PointerFlavour::Box);
        (self.record("krate::Node", 8, 8, &[("next", boxed, 0)]), boxed)
    }

    /// The vtable of a type: no destructor, its size and its alignment.
    pub(crate) fn vtable(&mut self, at: u64, of: TypeRef, align: u64) {
        self.claim_vtable(at, of);
        self.put_words(at, &[0, self.size(of), align]);
    }

    /// Has the types say that a type's vtable lies there.
    pub(crate) fn claim_vtable(&mut self, at: u64, of: TypeRef) {
        self.vtables.push((BIAS.to_file(VirtAddr(at)), of));
    }

    pub(crate) fn put(&mut self, at: u64, bytes: &[u8]) {
        self.memory.push(Buffer { start: VirtAddr(at), bytes: bytes.to_vec() });
    }

    pub(crate) fn put_words(&mut self, at: u64, words: &[u64]) {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        self.put(at, &bytes);
    }

    pub(crate) fn read(&self, ty: TypeRef, at: &Location) -> Value {
        self.with_reader(|reader| reader.read(ty, at))
    }

    /// Reads with other memory than the world's own.
    #[cfg(test)]
    pub(super) fn read_from(&self, memory: &dyn Memory, ty: TypeRef, at: &Location) -> Value {
        self.with_reader(|reader| Reader { memory, ..*reader }.read(ty, at))
    }

    /// Only `rax` is known: its bytes are 0x11, 0x22 and so on.
    pub(super) fn with_reader<T>(&self, f: impl FnOnce(&Reader<'_>) -> T) -> T {
        let registers = |register| (register == Register::RAX).then_some(0x8877_6655_4433_2211);
        let (types, memory, limits) = (self, &self.memory, self.limits);
        f(&Reader { types, bias: BIAS, memory, registers: &registers, limits, running: &[] })
    }

    pub(crate) fn read_bytes(&self, ty: TypeRef, bytes: &[u8]) -> Value {
        self.read(ty, &Location::Value(bytes.to_vec()))
    }

    pub(crate) fn read_words(&self, ty: TypeRef, words: &[u64]) -> Value {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        self.read_bytes(ty, &bytes)
    }

    /// Has a reader with the registers that the test knows of.
    #[cfg(test)]
    pub(crate) fn reader<'a>(
        &'a self,
        registers: &'a crate::value::ReadRegister<'a>,
    ) -> Reader<'a> {
        let (memory, limits) = (&self.memory, self.limits);
        Reader { types: self, bias: BIAS, memory, registers, limits, running: &[] }
    }

    pub(crate) fn text(&self, value: &Value) -> String {
        self.text_within(value, 400)
    }

    pub(crate) fn text_within(&self, value: &Value, width: usize) -> String {
        self.named_with(width, |naming| value.text(naming))
    }

    pub(crate) fn data(&self, value: &Value) -> Data {
        self.named_with(400, |naming| value.data(naming))
    }

    pub(super) fn detailed(&self, value: &Value) -> Data {
        self.named_with(400, |naming| self.with_reader(|reader| reader.detailed(value, naming)))
    }

    pub(super) fn pretty(&self, value: &Value, format: &Format) -> Pretty {
        self.named_with(400, |naming| value.pretty(naming, format))
    }

    pub(super) fn named_with<T>(&self, width: usize, f: impl FnOnce(&Naming<'_>) -> T) -> T {
        let address = |at: VirtAddr| format!("@{:x}", at.0);
        let function = |at| (at == VirtAddr(0x4000)).then(|| "krate::twice".to_owned());
        let type_name = |name: &str| name.to_owned();
        let region = |_| Region::Stack;
        let (address, function) = (&address, &function);
        f(&Naming { address, function, type_name: &type_name, region: &region, width })
    }
}
