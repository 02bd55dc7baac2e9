//! Lowering of types: what the debug information would call them.

use syn::{Expr, Lit};

use super::error::{ExprError, Outcome};
use super::types::TypeName;
use crate::dwarf::PointerFlavour;

/// The deepest type that is named.
const DEEPEST: usize = 32;

/// A type, with paths as they are written.
///
/// # Errors
/// Where it is nested too deeply.
pub(super) fn type_name(ty: &syn::Type) -> Outcome<TypeName> {
    name_within(ty, DEEPEST)
}

/// The type argument of the last segment: `T` of `size_of::<T>`.
pub(super) fn turbofish(path: &syn::Path) -> Option<&syn::Type> {
    let syn::PathArguments::AngleBracketed(arguments) = &path.segments.last()?.arguments else {
        return None;
    };
    match arguments.args.first()? {
        syn::GenericArgument::Type(ty) => Some(ty),
        _ => None,
    }
}

/// What a raw pointer is called that may be written through, or not.
pub(super) fn raw_flavour(mutability: &syn::PointerMutability) -> PointerFlavour {
    match mutability {
        syn::PointerMutability::Mut(_) => PointerFlavour::Mut,
        syn::PointerMutability::Const(_) => PointerFlavour::Const,
    }
}

fn name_within(ty: &syn::Type, left: usize) -> Outcome<TypeName> {
    let left = left
        .checked_sub(1)
        .ok_or_else(|| ExprError::new(format!("the type is nested more than {DEEPEST} deep")))?;
    Ok(match ty {
        syn::Type::Ptr(pointer) => {
            let to = name_within(&pointer.elem, left)?;
            TypeName::Pointer(raw_flavour(&pointer.mutability), Box::new(to))
        }
        syn::Type::Paren(inner) => name_within(&inner.elem, left)?,
        syn::Type::Infer(_) => TypeName::Inferred,
        other => TypeName::named(&text_within(other, left)?),
    })
}

/// A type as rustc writes its name: without spaces, except behind a comma, `mut` and `dyn`.
fn text_within(ty: &syn::Type, left: usize) -> Outcome<String> {
    Ok(match ty {
        syn::Type::Path(path) => path_text(&path.path, left)?,
        syn::Type::Reference(to) => {
            let word = if to.mutability.is_some() { "&mut " } else { "&" };
            format!("{word}{}", name_within(&to.elem, left)?.text())
        }
        syn::Type::Slice(of) => format!("[{}]", name_within(&of.elem, left)?.text()),
        syn::Type::Tuple(tuple) => {
            let parts = list(tuple.elems.iter(), left)?;
            let comma = if tuple.elems.len() == 1 { "," } else { "" };
            format!("({parts}{comma})")
        }
        syn::Type::Array(array) => match &array.len {
            Expr::Lit(syn::ExprLit { lit: Lit::Int(len), .. }) => {
                format!("[{}; {}]", name_within(&array.elem, left)?.text(), len.base10_digits())
            }
            _ => return Err(ExprError::new("the length of an array type is a number")),
        },
        syn::Type::Never(_) => "!".to_owned(),
        _ => return Err(ExprError::new("types of this kind are not named here")),
    })
}

fn list<'t>(types: impl Iterator<Item = &'t syn::Type>, left: usize) -> Outcome<String> {
    let names = types.map(|ty| Ok(name_within(ty, left)?.text())).collect::<Outcome<Vec<_>>>()?;
    Ok(names.join(", "))
}

fn path_text(path: &syn::Path, left: usize) -> Outcome<String> {
    let segment = |segment: &syn::PathSegment| {
        let name = segment.ident.to_string();
        let syn::PathArguments::AngleBracketed(arguments) = &segment.arguments else {
            return Ok(name);
        };
        let types = arguments.args.iter().filter_map(|argument| match argument {
            syn::GenericArgument::Type(ty) => Some(ty),
            _ => None,
        });
        Ok(format!("{name}<{}>", list(types, left)?))
    };
    let segments = path.segments.iter().map(segment).collect::<Outcome<Vec<_>>>()?;
    Ok(segments.join("::"))
}
