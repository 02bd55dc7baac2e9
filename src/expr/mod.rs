//! Floor 3: expressions, which are Rust, evaluated on the program's data.
//!
//! A text is read by `syn` and lowered once ([`Expression::parse`]); the small tree that is left
//! can be evaluated at every stop ([`Expression::evaluate`]). What the names in it stand for, a
//! [`Scope`] says. An [`Operand`] is a place in the program that is only read when its value is
//! needed, or something computed. `len()`, `contains()` and their like are evaluated on the data
//! that [`Reader::shape`](crate::value::Reader::shape) finds.
//!
//! Nothing here may touch a process or run code of the program: an assignment gives the bytes to
//! write ([`Write`]) and leaves the writing to the caller. Whatever the text says and whatever the
//! bytes are, evaluation ends: texts, trees, and the parts that are looked at are limited.

mod assign;
mod conjunction;
mod error;
mod eval;
mod integer;
mod lower;
mod lower_literal;
mod lower_pattern;
mod lower_type;
mod operand;
mod parse;
mod scalar;
mod scope;
mod special;
mod tree;
mod types;

#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use assign::Write;
pub use conjunction::Conjunct;
pub use error::ExprError;
pub use integer::Integer;
pub use operand::{Made, Operand, Pointer};
pub use scalar::{Float, FloatType, Scalar};
pub use scope::{History, Lookup, Partly, RegisterValue, Scope, Which};
pub use types::IntType;

/// An expression that was read, to be evaluated as often as need be.
#[derive(Clone, Debug)]
pub struct Expression {
    text: Arc<str>,
    parsed: parse::Parsed,
}

impl Expression {
    /// Reads an expression or an assignment.
    ///
    /// # Errors
    /// Where the text is no Rust, is Rust that is not evaluated here, or is longer than 4096 bytes
    /// or nested more than a hundred deep.
    pub fn parse(text: &str) -> Result<Expression, ExprError> {
        Ok(Expression { text: text.into(), parsed: parse::parse(text)? })
    }

    /// The text that was read; spans of errors point into it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it assigns something: `x = 1`, `x += 1`.
    pub fn is_assignment(&self) -> bool {
        self.parsed.assignment.is_some()
    }

    /// What it is worth.
    ///
    /// # Errors
    /// Where a name is not known, types do not go together, an operation overflows, or a value
    /// cannot be read; and for an assignment.
    pub fn evaluate(&self, scope: &dyn Scope) -> Result<Operand, ExprError> {
        if self.is_assignment() {
            return Err(ExprError::new("this assigns a value, and has none itself"));
        }
        eval::Eval::new(scope).whole(&self.parsed.root)
    }

    /// Whether it is true: a condition.
    ///
    /// # Errors
    /// As [`Expression::evaluate`], and where it is no `bool`.
    pub fn holds(&self, scope: &dyn Scope) -> Result<bool, ExprError> {
        self.evaluate(scope)?.truth(scope)
    }

    /// What an assignment writes, and where. Nothing is written here.
    ///
    /// # Errors
    /// As [`Expression::evaluate`]; where the place cannot be written, the value is not of its
    /// type or out of its range, or the type owns something that would leak or be freed twice.
    pub fn evaluate_assignment(&self, scope: &dyn Scope) -> Result<Write, ExprError> {
        match &self.parsed.assignment {
            Some(assignment) => assign::evaluate(scope, &self.parsed.root, assignment),
            None => Err(ExprError::new("this assigns nothing").hint("write `x = VALUE`")),
        }
    }
}
