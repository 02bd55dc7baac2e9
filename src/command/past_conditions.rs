//! `expect` in the past: comparisons of what was recorded.

use super::difference::of_values;
use super::{Answer, CommandError, Context};
use crate::base::Data;
use crate::expr::Expression;

/// What a side of a comparison is worth.
#[derive(Clone, PartialEq, PartialOrd, Debug)]
enum Worth {
    Whole(i128),
    Bool(bool),
    Text(String),
}

/// The comparisons, the longer signs before those that they begin with.
const SIGNS: [&str; 6] = ["==", "!=", "<=", ">=", "<", ">"];

/// `expect`.
pub(super) fn expect(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    if text.is_empty() {
        return Err(CommandError::new("`expect` needs a condition").hint("as in `expect x == 5`"));
    }
    let condition = Expression::parse(text);
    let condition = condition.map_err(|error| CommandError::about(error.into(), text))?;
    for part in condition.conjuncts() {
        let Some((left, right)) = part.sides else {
            if worth(context, part.text)? == Worth::Bool(true) {
                continue;
            }
            return Err(CommandError::unmet(format!("`{}` does not hold", part.text)));
        };
        let (a, b) = (worth(context, left)?, worth(context, right)?);
        let sign = sign_between(part.text, left, right).ok_or_else(|| cannot(part.text))?;
        let same_kind = std::mem::discriminant(&a) == std::mem::discriminant(&b);
        if !same_kind {
            return Err(cannot(part.text));
        }
        let holds = match sign {
            "==" => a == b,
            "!=" => a != b,
            "<=" => a <= b,
            ">=" => a >= b,
            "<" => a < b,
            _ => a > b,
        };
        if !holds {
            let sides = of_values((left, &told(&a)), (right, &told(&b)));
            return Err(CommandError::unmet(format!("`{text}` does not hold")).sides(sides));
        }
    }
    Ok(Answer::Nothing)
}

fn cannot(text: &str) -> CommandError {
    CommandError::new(format!("`{text}` cannot be told from what was recorded"))
        .hint(
            "variables, their parts and lengths can be compared with each other and with literals",
        )
        .hint("`goto end` returns to the program")
}

fn told(worth: &Worth) -> String {
    match worth {
        Worth::Whole(n) => n.to_string(),
        Worth::Bool(yes) => yes.to_string(),
        Worth::Text(text) => format!("{text:?}"),
    }
}

/// The sign that stands between two sides.
fn sign_between(text: &str, left: &str, right: &str) -> Option<&'static str> {
    let behind = text.find(left)?.checked_add(left.len())?;
    let rest = text.get(behind..)?;
    let between = rest.get(..rest.rfind(right)?)?;
    let between = between.trim_matches(|c: char| c.is_whitespace() || c == '(' || c == ')');
    SIGNS.into_iter().find(|sign| *sign == between)
}

/// What a literal, a variable, a part of one or its length is worth.
fn worth(context: &mut Context<'_>, text: &str) -> Result<Worth, CommandError> {
    let text = text.trim();
    if let Some(literal) = literal(text) {
        return Ok(literal);
    }
    let (path, asked) = match (text.strip_suffix(".len()"), text.strip_suffix(".is_empty()")) {
        (Some(path), _) => (path, Some(false)),
        (_, Some(path)) => (path, Some(true)),
        _ => (text, None),
    };
    let found = context.session.recorded(path)?;
    let data = &found.shown.data;
    let worth = match asked {
        None => scalar(data),
        Some(emptiness) => length(data).map(|length| match emptiness {
            true => Worth::Bool(length == 0),
            false => Worth::Whole(i128::from(length)),
        }),
    };
    worth.ok_or_else(|| cannot(text))
}

fn literal(text: &str) -> Option<Worth> {
    if let Some(inner) = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        // What needs more than this is refused.
        return (!inner.contains('\\')).then(|| Worth::Text(inner.to_owned()));
    }
    if let Some(inner) = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
        return (!inner.contains('\\')).then(|| Worth::Text(inner.to_owned()));
    }
    match text {
        "true" => return Some(Worth::Bool(true)),
        "false" => return Some(Worth::Bool(false)),
        _ => {}
    }
    let digits = text.replace('_', "");
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, digits.as_str()),
    };
    let (digits, radix) = match digits.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None => (digits.trim_end_matches(suffix(digits)), 10),
    };
    i128::from_str_radix(digits, radix).ok().map(|n| Worth::Whole(n.saturating_mul(sign)))
}

/// The type behind the digits of a literal: `u8` of `5u8`.
fn suffix(digits: &str) -> &str {
    let at = digits.find(['u', 'i']).unwrap_or(digits.len());
    digits.get(at..).unwrap_or_default()
}

fn scalar(data: &Data) -> Option<Worth> {
    let through = |name: &str| data.children.iter().find(|(n, _)| n == name).map(|(_, d)| d);
    if let Some(pointee) = through("*") {
        return scalar(pointee);
    }
    let text = data.value.as_deref().filter(|_| data.more == 0 && data.unreadable.is_none())?;
    match data.type_name.as_str() {
        "bool" => text.parse().ok().map(Worth::Bool),
        "String" | "&str" | "str" | "char" => Some(Worth::Text(text.to_owned())),
        _ => text.parse().ok().map(Worth::Whole),
    }
}

/// The length of a text in bytes, or how many elements there are.
fn length(data: &Data) -> Option<u64> {
    let through = data.children.iter().find(|(name, _)| name == "*").map(|(_, d)| d);
    if let Some(pointee) = through {
        return length(pointee);
    }
    match (data.type_name.as_str(), &data.value) {
        // What was no UTF-8 was replaced, by more bytes than it had.
        ("String" | "&str" | "str", Some(text)) if !text.contains('\u{fffd}') => {
            Some((text.len() as u64).saturating_add(data.more))
        }
        (name, None) if is_row(name) => {
            let shown = data.children.iter().filter(|(name, _)| name.starts_with('[')).count();
            Some((shown as u64).saturating_add(data.more))
        }
        _ => None,
    }
}

fn is_row(type_name: &str) -> bool {
    let known = ["Vec<", "[", "&[", "VecDeque<", "HashSet<", "BTreeSet<"];
    known.iter().any(|known| type_name.starts_with(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_numbers_truths_and_texts() {
        assert_eq!(literal("1_000u32"), Some(Worth::Whole(1000)));
        assert_eq!(literal("-5"), Some(Worth::Whole(-5)));
        assert_eq!(literal("0xff"), Some(Worth::Whole(255)));
        assert_eq!(literal("true"), Some(Worth::Bool(true)));
        assert_eq!(literal("\"a b\""), Some(Worth::Text("a b".to_owned())));
        assert_eq!(literal("'x'"), Some(Worth::Text("x".to_owned())));
        assert_eq!([literal("x"), literal("\"\\n\""), literal("")], [None, None, None]);
    }

    #[test]
    fn the_sign_is_what_stands_between_the_sides() {
        assert_eq!(sign_between("a == 5", "a", "5"), Some("=="));
        assert_eq!(sign_between("(a) <= (b)", "a", "b"), Some("<="));
        assert_eq!(sign_between("a.len() > 3", "a.len()", "3"), Some(">"));
        assert_eq!(sign_between("a + 5", "a", "5"), None);
    }
}
