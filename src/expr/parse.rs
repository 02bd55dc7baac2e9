//! From text to a tree: `syn` reads it, and what it read is lowered once.

use std::thread;

use proc_macro2::TokenStream;

use super::error::{ExprError, Outcome};
use super::lower::Lower;
use super::special::Specials;
use super::tree::{Binary, Node};

/// The longest text that is read, in bytes.
const LONGEST: usize = 4096;

/// The stack for reading a long text: `syn` recurses, at worst once for each byte of it (`!!!!…`),
/// and a level takes less than 32 KiB, in a build without optimisation too.
const STACK: usize = LONGEST * LEVEL;

/// What one level of recursion takes of the stack at most, in bytes.
const LEVEL: usize = 32 << 10;

/// A text of no more bytes is read on the stack at hand: it takes a megabyte at worst, and a thread
/// takes longer to make than most texts to read.
const SHORT: usize = 32;

/// A text that was read.
#[derive(Clone, Debug)]
pub(super) struct Parsed {
    pub(super) root: Node,
    /// What is assigned to `root`, where the text is an assignment.
    pub(super) assignment: Option<Assignment>,
}

/// The right side of an assignment.
#[derive(Clone, Debug)]
pub(super) struct Assignment {
    /// The operator of `+=` and its like.
    pub(super) op: Option<Binary>,
    pub(super) value: Node,
}

/// Reads a text; a long one on a thread of its own, which has the stack for it.
///
/// # Errors
/// Where it is too long or too deep, is no Rust, or is Rust that is not evaluated here.
pub(super) fn parse(text: &str) -> Outcome<Parsed> {
    if text.len() > LONGEST {
        return Err(ExprError::new(format!(
            "the expression has {} bytes, and no more than {LONGEST} are read",
            text.len()
        )));
    }
    if text.len() <= SHORT {
        let parsed = read(text);
        // Else its table of all texts that it ever saw would only grow. No span is left: errors
        // hold ranges, and trees no tokens.
        proc_macro2::extra::invalidate_current_thread_spans();
        return parsed;
    }
    let ended = thread::scope(|scope| {
        let builder = thread::Builder::new().stack_size(STACK);
        let reading = builder.spawn_scoped(scope, || read(text));
        reading.ok().and_then(|thread| thread.join().ok())
    });
    ended.unwrap_or_else(|| Err(ExprError::new("the expression could not be read")))
}

fn read(text: &str) -> Outcome<Parsed> {
    if text.trim().is_empty() {
        return Err(ExprError::new("there is no expression"));
    }
    let tokens: TokenStream = text.parse().map_err(|error: proc_macro2::LexError| {
        let at = error.span().byte_range();
        ExprError::new("this is no Rust: a bracket, quote or character has no partner or meaning")
            .at(&at)
    })?;
    let mut specials = Specials::default();
    let tokens = specials.rewrite(tokens)?;
    let expr: syn::Expr = syn::parse2(tokens).map_err(|error| syntax(text, &error))?;
    Lower::new(&specials).top(&expr)
}

/// The error of the parser. What is missing at the end is blamed on the end.
pub(super) fn syntax(text: &str, error: &syn::Error) -> ExprError {
    let range = error.span().byte_range();
    let at = if range.is_empty() { text.len()..text.len() } else { range };
    // The parser speaks of "unexpected token" and "expected …", which is true of any text.
    ExprError::new(error.to_string().replace("__freehold_special_", "$")).at(&at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_short_text_needs_more_stack_than_a_megabyte() {
        let on_little = |text: String| {
            let thread = thread::Builder::new().stack_size(SHORT * LEVEL);
            thread.spawn(move || parse(&text).is_ok()).unwrap().join()
        };
        let nest = |open: &str, close: &str| {
            let times = (SHORT - 1) / (open.len() + close.len());
            format!("{}x{}", open.repeat(times), close.repeat(times))
        };
        for open in ["!", "-", "*", "&", "&&", "return ", "|| "] {
            assert!(on_little(nest(open, "")).is_ok(), "{open}");
        }
        for (open, close) in [("(", ")"), ("[", "]"), ("f(", ")"), ("{", "}"), ("if {", "}")] {
            assert!(on_little(nest(open, close)).is_ok(), "{open}{close}");
        }
        assert_eq!(on_little(nest("!", "")).ok(), Some(true), "what is read must be read whole");
    }
}
