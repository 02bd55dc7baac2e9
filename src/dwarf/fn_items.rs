//! Function items: values without bytes whose type is one function.
//!
//! rustc describes the type of a function item as it describes a pointer to a function, without
//! saying which function it is, nor that it has no bytes (`build_subroutine_type_di_node` in
//! `rustc_codegen_llvm`). Only the alignment of the variables and members that hold one tells them
//! apart: it is one, where that of a pointer is eight.

use std::sync::Arc;

use super::image::Image;
use super::type_loader::is_function_pointer;
use super::types::{Type, TypeKind, TypeRef};
use crate::base::Unreadable;

/// Marks a reference to the type of a function item, beside the offset of the pointer that it is
/// described as. No file is as long.
const ITEM: usize = 1 << (usize::BITS - 1);

impl TypeRef {
    /// The pointer that the type of a function item is described as.
    fn described_as(self) -> Option<TypeRef> {
        (self.0 & ITEM != 0).then_some(TypeRef(self.0 & !ITEM))
    }
}

impl Image {
    /// The type of a variable or member that is described as one of this type and alignment.
    pub(super) fn item_or(&self, ty: TypeRef, align: Option<u64>) -> TypeRef {
        let item = align == Some(1) && self.is_function(ty);
        if item { TypeRef(ty.0 | ITEM) } else { ty }
    }

    fn is_function(&self, ty: TypeRef) -> bool {
        let die = self.die(ty.0).filter(|die| die.tag() == gimli::DW_TAG_pointer_type);
        die.is_some_and(|die| self.name(&die).is_some_and(is_function_pointer))
    }

    /// The type of a function item, where the reference is to one.
    pub(super) fn item_type(&self, id: TypeRef, left: usize) -> Option<Result<Type, Unreadable>> {
        let pointer = self.type_within(id.described_as()?, left);
        Some(pointer.map(|pointer: Arc<Type>| Type {
            size: Some(0),
            align: Some(1),
            kind: TypeKind::Unit,
            ..(*pointer).clone()
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::debug_builds;
    use super::super::types::PointerFlavour;
    use super::*;

    #[test]
    fn a_function_item_has_no_bytes_and_a_pointer_to_the_function_has_eight() {
        for build in debug_builds() {
            let item = build.type_of("item");
            assert_eq!((&*item.name, item.size), ("fn(i32) -> i32", Some(0)));
            assert_eq!(item.kind, TypeKind::Unit);
            let pointer = build.type_of("function");
            assert_eq!((&pointer.name, pointer.size), (&item.name, Some(8)));
            let TypeKind::Pointer { flavour, .. } = pointer.kind else { panic!("{pointer:?}") };
            assert_eq!(flavour, PointerFlavour::Function);
        }
    }

    #[test]
    fn a_struct_that_holds_a_function_item_is_as_large_as_its_other_fields() {
        for build in debug_builds() {
            let held = build.type_of("held");
            let field = held.field("__0").expect("the item");
            assert_eq!(build.ty(field.ty).size, Some(0));
            assert_eq!(held.size, Some(1));
        }
    }
}
