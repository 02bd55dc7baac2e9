//! `sizeof`, `alignof`, `typeof`.

use super::super::error::{ExprError, Outcome};
use super::super::operand::Operand;
use super::super::tree::{Kind, Measured, Node};
use super::super::types::TypeName;
use super::{Eval, View};
use crate::dwarf::{TypeKind, TypeRef, short_type_name};

impl Eval<'_> {
    pub(super) fn size_of(&mut self, of: &Measured) -> Outcome<u64> {
        match self.measured(of)? {
            Found::Type(name) => self.size_of_type(&name),
            Found::Value(operand) => self.size_of_value(&operand),
        }
    }

    pub(super) fn align_of(&mut self, of: &Measured) -> Outcome<u64> {
        let ty = match self.measured(of)? {
            Found::Type(TypeName::Pointer(..)) => return Ok(8),
            Found::Type(name) => match name.size() {
                // On x86-64 the primitives are aligned to their size (psABI, figure 3.1), and so
                // are the integers of 128 bits since Rust 1.77.
                Some(size) => return Ok(size),
                None => self.type_called(&name.text())?,
            },
            Found::Value(Operand::Place(part)) => part.ty,
            Found::Value(operand) => return self.size_of_value(&operand),
        };
        self.alignment(ty, 0)
    }

    /// The alignment that the debug information gives, or that follows from the parts.
    fn alignment(&self, id: TypeRef, depth: usize) -> Outcome<u64> {
        const DEEPEST: usize = 32;
        self.work(1)?;
        let ty = self.reader.types.get(id)?;
        let size = ty.size.unwrap_or(0);
        match (&ty.kind, ty.align) {
            (_, Some(align)) => Ok(align),
            (TypeKind::Base(_) | TypeKind::Pointer { .. } | TypeKind::CLike { .. }, _) => {
                Ok(size.max(1))
            }
            (TypeKind::Array { element, .. }, _) if depth < DEEPEST => {
                self.alignment(*element, depth.saturating_add(1))
            }
            _ => Err(ExprError::new(format!(
                "the debug information gives no alignment of {}",
                short_type_name(&ty.name)
            ))),
        }
    }

    pub(super) fn type_of(&mut self, of: &Node) -> Outcome<Operand> {
        let operand = self.eval(of)?;
        Ok(Operand::Type(operand.short_type(self.reader).into()))
    }

    /// What is to be measured. A name may be that of a type.
    fn measured(&mut self, of: &Measured) -> Outcome<Found> {
        let node = match of {
            Measured::Type(name) => return Ok(Found::Type(name.clone())),
            Measured::Node(node) => node,
        };
        if let Kind::Path(path) = &node.kind {
            if let Some(operand) = self.known_path(path)?
                && !matches!(operand, Operand::Made(_))
            {
                return Ok(Found::Value(operand));
            }
            let name = TypeName::named(&path.text());
            let known = name.size().is_some() || self.scope.type_named(&path.text()).is_some();
            if known {
                return Ok(Found::Type(name));
            }
        }
        self.eval(node).map(Found::Value)
    }

    fn size_of_type(&self, name: &TypeName) -> Outcome<u64> {
        match (name, name.size()) {
            (_, Some(size)) => Ok(size),
            (TypeName::Pointer(..), None) => {
                let fat = self.scope.type_named(&name.text());
                let fat = fat.and_then(|ty| self.reader.types.get(ty).ok()?.size);
                Ok(fat.unwrap_or(8))
            }
            (name, None) => {
                let ty = self.reader.types.get(self.type_called(&name.text())?)?;
                ty.size.ok_or_else(|| ExprError::new(format!("{} has no size", ty.name)))
            }
        }
    }

    fn size_of_value(&self, operand: &Operand) -> Outcome<u64> {
        if let Operand::Place(part) = operand {
            let ty = self.reader.types.get(part.ty)?;
            return ty.size.ok_or_else(|| ExprError::new(format!("{} has no size", ty.name)));
        }
        match self.view(operand)? {
            View::Text(_) if matches!(operand, Operand::TextAt(_)) => {
                self.view(operand).and_then(|view| self.len(&view))
            }
            View::Elements(elements) => Ok(elements.stride.saturating_mul(elements.len)),
            View::Text(_) => Ok(16),
            _ => {
                let size = operand.read(self.reader).size;
                size.ok_or_else(|| ExprError::new("what was computed has no size of its own"))
            }
        }
    }
}

enum Found {
    Type(TypeName),
    Value(Operand),
}
