//! Types, by expression or by name.

use super::debugger::Session;
use super::error::SessionError;
use crate::dwarf::{TypeRef, Types};
use crate::expr::Operand;
use crate::value::layout::{TypeLayout, layout_of};

/// How deep the fields of a type are laid out.
const DEPTH: usize = 1;

/// What is known of a type.
#[derive(Clone, PartialEq, Debug)]
pub enum TypeAsked {
    /// Its layout.
    Layout(Box<TypeLayout>),
    /// Several types of the program are meant by the name.
    Several(Vec<TypeLayout>),
    /// The name of a type that the program does not describe: of something computed.
    Name(String),
}

impl Session {
    /// The type of an expression, or the types of a name.
    ///
    /// # Errors
    /// [`SessionError::Expression`] where the text is neither.
    pub fn type_of(&mut self, text: &str) -> Result<TypeAsked, SessionError> {
        let asked = self.with_operand(text, |looking, operand| match operand {
            // A name that is a type is looked up as one, below.
            Operand::Type(_) => None,
            Operand::Place(part) => layout(looking.image, part.ty),
            computed => Some(TypeAsked::Name(computed.type_name(looking.reader))),
        });
        match asked {
            Ok(Some(found)) => Ok(found),
            Ok(None) => self.named_type(text).ok_or_else(|| SessionError::NoType(text.to_owned())),
            Err(error) => {
                let declared = self.declared_type(text);
                declared.or_else(|| self.named_type(text)).ok_or(error)
            }
        }
    }

    /// The type of a variable of the frame, which it has where it holds no value, too.
    fn declared_type(&mut self, name: &str) -> Option<TypeAsked> {
        let limits = self.settings.limits;
        let asked = self.look(limits, |looking| {
            let mut variables = looking.variables.iter();
            let variable = variables.find(|v| *v.name == *name.trim() && !v.over)?;
            layout(looking.image, variable.ty?)
        });
        asked.ok()?
    }

    /// The types that a name may mean. Needs no process.
    fn named_type(&mut self, name: &str) -> Option<TypeAsked> {
        let image = match self.frame() {
            Ok(frame) => self.loaded_at(frame.pc)?.image,
            Err(_) => self.image().clone(),
        };
        let found = image.types_named(name.trim(), None);
        let mut layouts: Vec<_> =
            found.into_iter().filter_map(|ty| layout_of(&*image, ty, DEPTH).ok()).collect();
        layouts.sort_by(|a, b| a.name.cmp(&b.name));
        layouts.dedup();
        match layouts.len() {
            0 => None,
            1 => layouts.pop().map(|one| TypeAsked::Layout(Box::new(one))),
            _ => Some(TypeAsked::Several(layouts)),
        }
    }
}

fn layout(types: &dyn Types, ty: TypeRef) -> Option<TypeAsked> {
    layout_of(types, ty, DEPTH).ok().map(|layout| TypeAsked::Layout(Box::new(layout)))
}
