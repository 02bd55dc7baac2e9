//! The parts of a condition, for whoever wants to say which of them does not hold.

use super::Expression;
use super::tree::{Kind, Node};

/// One of the conditions that `&&` joins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conjunct<'a> {
    /// Its text.
    pub text: &'a str,
    /// The two sides, where it compares.
    pub sides: Option<(&'a str, &'a str)>,
}

impl Expression {
    /// The conditions that `&&` joins, in their order; the whole text where there is none.
    pub fn conjuncts(&self) -> Vec<Conjunct<'_>> {
        let mut found = Vec::new();
        self.conjuncts_of(&self.parsed.root, &mut found);
        found
    }

    fn conjuncts_of<'a>(&'a self, node: &'a Node, found: &mut Vec<Conjunct<'a>>) {
        if let Kind::And(left, right) = &node.kind {
            self.conjuncts_of(left, found);
            return self.conjuncts_of(right, found);
        }
        let sides = match &node.kind {
            Kind::Compare(_, left, right) => self.part(left).zip(self.part(right)),
            _ => None,
        };
        found.push(Conjunct { text: self.part(node).unwrap_or(&self.text), sides });
    }

    fn part(&self, node: &Node) -> Option<&str> {
        self.text.get(node.span.clone()).map(str::trim).filter(|text| !text.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_taken_apart_at_its_ands() {
        let text = r#"v.len() == 3 && s != "a && b" && (x || y)"#;
        let condition = Expression::parse(text).expect("it is Rust");
        let parts = condition.conjuncts();
        let texts: Vec<_> = parts.iter().map(|part| part.text).collect();
        assert_eq!(texts[..2], ["v.len() == 3", r#"s != "a && b""#]);
        assert!(texts[2].contains("x || y"), "{texts:?}");
        let sides: Vec<_> = parts.iter().map(|part| part.sides).collect();
        assert_eq!(sides, [Some(("v.len()", "3")), Some(("s", r#""a && b""#)), None]);
    }
}
