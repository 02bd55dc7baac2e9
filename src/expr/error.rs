//! Why an expression has no value.

use std::ops::Range;

use thiserror::Error;

use crate::base::{Unreadable, did_you_mean};

/// Why an expression could not be read or has no value.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{message}")]
pub struct ExprError {
    /// What is wrong, in a sentence without a full stop.
    pub message: String,
    /// Which bytes of the text it is about, where one part of it is.
    pub span: Option<Range<usize>>,
    /// What can be done about it, each a sentence of its own.
    pub hints: Vec<String>,
    /// The reason why the program's bytes could not be read, where that is what is wrong. It is behind a
    /// pointer, because the reader of expressions recurses with errors on its stack.
    pub unreadable: Option<Box<Unreadable>>,
}

/// What reading or evaluating gives.
pub(super) type Outcome<T> = Result<T, ExprError>;

impl ExprError {
    /// An error with a sentence of its own.
    pub fn new(message: impl Into<String>) -> ExprError {
        ExprError { message: message.into(), span: None, hints: Vec::new(), unreadable: None }
    }

    /// Says which part of the text it is about, unless that has been said.
    #[must_use]
    pub(super) fn at(mut self, span: &Range<usize>) -> ExprError {
        self.span.get_or_insert_with(|| span.clone());
        self
    }

    /// Adds something to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> ExprError {
        self.hints.push(hint.into());
        self
    }

    /// Adds the suggestion of the nearest of some names, where one is near enough.
    #[must_use]
    pub fn did_you_mean<'a>(
        mut self,
        wanted: &str,
        names: impl IntoIterator<Item = &'a str>,
    ) -> ExprError {
        self.hints.extend(did_you_mean(wanted, names));
        self
    }
}

impl From<Unreadable> for ExprError {
    fn from(reason: Unreadable) -> ExprError {
        let message = match &reason {
            Unreadable::Unmapped { at } => format!("nothing is mapped at {at}"),
            other => format!("the value is {other}"),
        };
        ExprError { unreadable: Some(Box::new(reason)), ..ExprError::new(message) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::VirtAddr;

    #[test]
    fn the_innermost_part_of_the_text_is_the_one_that_is_blamed() {
        let error = ExprError::new("no").at(&(1..2)).at(&(0..9));
        assert_eq!(error.span, Some(1..2));
    }

    #[test]
    fn an_unreadable_value_keeps_its_reason() {
        let error = ExprError::from(Unreadable::OptimisedOut);
        assert_eq!(error.to_string(), "the value is optimised out");
        let unmapped = Unreadable::Unmapped { at: VirtAddr(16) };
        let error = ExprError::from(unmapped.clone());
        assert_eq!(error.to_string(), "nothing is mapped at 0x10");
        assert_eq!(error.unreadable, Some(Box::new(unmapped)));
    }
}
