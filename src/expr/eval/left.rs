//! What is left of a variable of which some fields were moved out: the other fields have values.

use super::super::error::{ExprError, Outcome};
use super::super::operand::Operand;
use super::super::scope::{Partly, Which};
use super::super::tree::{Kind, Node, Path};
use super::Eval;
use crate::base::Unreadable;

impl Eval<'_> {
    /// The field `name` of what a node stands for, if that is a variable of which some fields were
    /// moved out, or a field of one. The field itself may be one of those, and then it has no value.
    pub(super) fn left(&self, of: &Node, name: &str) -> Outcome<Option<Operand>> {
        let Some((path, mut names)) = fields_of(of) else { return Ok(None) };
        let Some(partly) = self.partly(path) else { return Ok(None) };
        names.push(name);
        let variable = path.text();
        let mut operand = Operand::Place(partly.whole.clone());
        let mut taken = String::new();
        for name in names {
            taken.push('.');
            taken.push_str(name);
            if let Some((_, why)) = partly.gone.iter().find(|(gone, _)| is_within(&taken, gone)) {
                return Err(is(&format!("{variable}{taken}"), why.clone()));
            }
            operand = self.field(&operand, name)?;
        }
        let parts: Vec<String> =
            partly.gone.iter().filter_map(|(gone, why)| lost(&taken, gone, why)).collect();
        match parts.is_empty() {
            true => Ok(Some(operand)),
            false => Err(is(&format!("{variable}{taken}"), Unreadable::PartlyMoved { parts })),
        }
    }

    fn partly(&self, path: &Path) -> Option<Partly> {
        let [name] = path.segments.as_slice() else { return None };
        let mut bound = self.bindings.iter();
        if path.which == Which::Innermost && bound.any(|(bound, _)| **bound == **name) {
            return None;
        }
        self.scope.partly(name, path.which)
    }
}

/// The path that fields are taken of, one of the other, and their names from the outermost on.
fn fields_of(node: &Node) -> Option<(&Path, Vec<&str>)> {
    let mut node = node;
    let mut names = Vec::new();
    loop {
        match &node.kind {
            Kind::Field(of, name) => {
                names.push(&**name);
                node = of;
            }
            Kind::Path(path) => {
                names.reverse();
                return Some((path, names));
            }
            _ => return None,
        }
    }
}

/// Whether a field is one that is gone. Of a box that is open, `.*` is gone, and each field of that
/// is written as one of the box.
fn is_within(taken: &str, gone: &str) -> bool {
    match gone.strip_suffix(".*") {
        Some(open) => taken.strip_prefix(open).is_some_and(|rest| rest.starts_with('.')),
        None => taken == gone,
    }
}

/// What is said of a part of a field that is gone.
fn lost(taken: &str, gone: &str, why: &Unreadable) -> Option<String> {
    let rest = gone.strip_prefix(taken).filter(|rest| rest.starts_with('.'))?;
    let why = why.to_string();
    Some(format!("{rest}{}", why.strip_prefix("moved").map_or(format!(" {why}"), str::to_owned)))
}

fn is(what: &str, reason: Unreadable) -> ExprError {
    let message = format!("`{what}` is {reason}");
    ExprError { message, ..ExprError::from(reason) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_gone_with_the_one_that_it_is_a_part_of_or_with_the_content_of_its_box() {
        assert!(is_within(".a", ".a") && !is_within(".ab", ".a") && !is_within(".a", ".a.b"));
        assert!(is_within(".id", ".*") && is_within(".b.id", ".b.*"));
        assert!(!is_within(".b", ".b.*") && !is_within(".bc.id", ".b.*"));
    }

    #[test]
    fn a_field_of_which_a_part_is_gone_says_which() {
        let moved = Unreadable::Moved { to: Some("f::x".into()), at: Some("main.rs:7".into()) };
        assert_eq!(lost(".a", ".a.b", &moved).as_deref(), Some(".b to f::x at main.rs:7"));
        let dropped = Unreadable::Dropped { block: None, at: None };
        assert_eq!(lost(".a", ".a.b", &dropped).as_deref(), Some(".b dropped"));
        assert_eq!((lost(".a", ".ab", &moved), lost(".a", ".c", &moved)), (None, None));
    }
}
