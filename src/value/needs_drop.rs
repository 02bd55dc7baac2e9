//! Which types need to be dropped, and the parts of a variable that are moved and dropped each by
//! itself.

use crate::dwarf::{Image, PointerFlavour, Type, TypeKind, TypeRef, Types};

/// How deep types nest by value. Types that contain themselves do so behind a pointer.
const MAX_DEPTH: usize = 48;
/// How many parts of one variable are told apart.
const MAX_PARTS: usize = 64;

/// Owners of std, of which the code that drops them may have been inlined everywhere.
const OWNERS: [&str; 6] = ["Box", "Rc", "Arc", "Weak", "RawVec", "RawVecInner"];

/// A part of a variable that is moved and dropped as a whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwningPart {
    /// The path to it: empty for the variable itself, `.name`, `.pair.0`.
    pub path: String,
    /// Its type.
    pub ty: TypeRef,
    /// Bytes from the start of the variable.
    pub offset: u64,
    /// Bytes.
    pub size: u64,
    /// The bytes of it, from the start of the variable, in which nothing but a whole new value is
    /// stored: the fields that own something.
    pub core: Vec<(u64, u64)>,
}

/// Whether a value of a type has something to do when it is dropped. A type that is not described is
/// taken for one that has not.
pub fn needs_drop(image: &Image, ty: TypeRef) -> bool {
    walk(image, ty, MAX_DEPTH)
}

/// Whether an enum's variant of a name holds something that needs to be dropped.
pub fn variant_needs_drop(image: &Image, ty: TypeRef, variant: &str) -> bool {
    let Ok(ty) = image.get(ty) else { return true };
    let TypeKind::Enum(parts) = &ty.kind else { return true };
    let mut named = parts.variants.iter().filter(|known| &*known.name == variant);
    named.any(|known| known.ty.is_some_and(|ty| needs_drop(image, ty)))
}

/// The parts of a variable of a type that need to be dropped, in the order of its fields. The fields
/// of a struct can be moved out one by one, unless it has a `Drop` of its own; those of an enum, of
/// std's types and of a closure cannot, or not so that it matters.
pub fn owning_parts(image: &Image, ty: TypeRef) -> Vec<OwningPart> {
    let mut parts = Vec::new();
    collect(image, ty, &mut String::new(), 0, &mut parts);
    parts
}

fn walk(image: &Image, id: TypeRef, left: usize) -> bool {
    let Some(left) = left.checked_sub(1) else { return true };
    let Ok(ty) = image.get(id) else { return false };
    if is_forgotten(&ty) {
        return false;
    }
    if is_owner(&ty) || image.implements_drop(&ty) {
        return true;
    }
    match &ty.kind {
        TypeKind::Pointer { flavour, .. } => *flavour == PointerFlavour::Box,
        TypeKind::Struct { fields, .. } => fields.iter().any(|field| walk(image, field.ty, left)),
        TypeKind::Enum(parts) => {
            let variants = parts.variants.iter().filter_map(|variant| variant.ty);
            variants.into_iter().any(|ty| walk(image, ty, left))
        }
        TypeKind::Array { element, count } => *count > 0 && walk(image, *element, left),
        _ => false,
    }
}

fn is_forgotten(ty: &Type) -> bool {
    ty.is_std("ManuallyDrop") || ty.is_std("MaybeUninit") || ty.is_std("PhantomData")
}

fn is_owner(ty: &Type) -> bool {
    OWNERS.iter().any(|name| ty.is_std(name)) || ty.name.starts_with("alloc::boxed::Box<")
}

fn collect(
    image: &Image,
    id: TypeRef,
    path: &mut String,
    offset: u64,
    parts: &mut Vec<OwningPart>,
) {
    let Ok(ty) = image.get(id) else { return };
    if parts.len() >= MAX_PARTS || !needs_drop(image, id) {
        return;
    }
    let fields = match &ty.kind {
        TypeKind::Struct { fields, .. } if is_taken_apart(image, &ty) => fields,
        _ => {
            parts.extend(whole(image, id, &ty, path, offset));
            return;
        }
    };
    for field in fields {
        let len = path.len();
        path.push('.');
        path.push_str(field.name.strip_prefix("__").unwrap_or(&field.name));
        collect(image, field.ty, path, offset.saturating_add(field.offset), parts);
        path.truncate(len);
    }
}

/// Whether the fields of a struct can be moved out of it one by one.
fn is_taken_apart(image: &Image, ty: &Type) -> bool {
    !matches!(&*ty.krate, "std" | "core" | "alloc")
        && !ty.name.contains("{closure_env#")
        && !ty.name.starts_with("alloc::boxed::Box<")
        && !image.implements_drop(ty)
}

fn whole(image: &Image, id: TypeRef, ty: &Type, path: &str, offset: u64) -> Option<OwningPart> {
    let size = ty.size?;
    let mut core = Vec::new();
    core_of(image, id, offset, MAX_DEPTH, &mut core);
    Some(OwningPart { path: path.to_owned(), ty: id, offset, size, core })
}

/// The bytes of a value that its fields own by.
fn core_of(image: &Image, id: TypeRef, offset: u64, left: usize, core: &mut Vec<(u64, u64)>) {
    let (Some(left), Ok(ty)) = (left.checked_sub(1), image.get(id)) else { return };
    let of_std = matches!(&*ty.krate, "std" | "core" | "alloc");
    match &ty.kind {
        TypeKind::Struct { fields, .. } if !of_std && !ty.name.starts_with("alloc::boxed") => {
            for field in fields.iter().filter(|field| needs_drop(image, field.ty)) {
                core_of(image, field.ty, offset.saturating_add(field.offset), left, core);
            }
        }
        _ if core.len() < MAX_PARTS => core.extend(ty.size.map(|size| (offset, size))),
        _ => {}
    }
}
