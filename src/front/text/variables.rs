//! The variables of a frame, in columns.

use std::collections::HashSet;

use unicode_width::UnicodeWidthStr;

use super::slots::DOUBT;
use super::spans::{Ink, Line, wrap};
use super::value::value_lines;
use crate::base::{Unreadable, borrowed_text};
use crate::command::{INDENT, VariableShown};

/// Names and types that are longer do not push those of other lines to the right.
const NAME: usize = 16;
const TYPE: usize = 28;

/// The variables, each on a line if its value fits there. Those that have no value yet are named
/// together at the end: a person asks for what there is.
pub(super) fn variables(all: &[VariableShown], width: usize) -> Vec<Line> {
    let not_yet = |v: &&VariableShown| v.unreadable == Some(Unreadable::NotYetInitialised);
    let (later, now): (Vec<_>, Vec<_>) = all.iter().partition(not_yet);
    let columns = Columns::of(&now);
    let mut lines: Vec<Line> = now.iter().flat_map(|v| columns.lines(v, width)).collect();
    if !later.is_empty() {
        let mut names: Vec<_> = later.iter().map(|variable| variable.name.as_str()).collect();
        // Several of one name are told once: there is nothing to tell them apart by.
        let mut told = HashSet::new();
        names.retain(|name| told.insert(*name));
        let text = format!("not yet initialised: {}", names.join(", "));
        lines.extend(wrap(&text, width).into_iter().map(|text| one(Ink::Faint, &text)));
    }
    if lines.is_empty() {
        lines.push(one(Ink::Plain, "No variables here."));
    }
    lines
}

/// Where the types and the values begin.
struct Columns {
    types: usize,
    values: usize,
}

impl Columns {
    fn of(variables: &[&VariableShown]) -> Columns {
        let widest = |of: fn(&VariableShown) -> &str, most: usize| {
            let widths = variables.iter().map(|variable| of(variable).width());
            widths.filter(|width| *width <= most).max().unwrap_or(0)
        };
        let types = widest(|variable| &variable.expression, NAME) + 2;
        let values = types + widest(|v| v.type_name.as_deref().unwrap_or(""), TYPE) + 2;
        Columns { types, values }
    }

    fn lines(&self, variable: &VariableShown, width: usize) -> Vec<Line> {
        let mut head = Line::new();
        let ink = if variable.shadowed { Ink::Plain } else { Ink::Strong };
        head.push(ink, &variable.expression).push(Ink::Plain, "  ").pad_to(self.types);
        head.push(Ink::Type, variable.type_name.as_deref().unwrap_or("?"));
        let column = self.values.max(head.width() + 2);
        let mut tail = Line::new();
        if variable.shadowed {
            tail.push(Ink::Faint, "  shadowed");
        }
        if variable.doubt.is_some() {
            tail.push(Ink::Changed, format!("  {DOUBT}"));
        }
        if let Some(borrowed) = borrowed_text(&variable.borrowed) {
            tail.push(Ink::Changed, format!("  {borrowed}"));
        }
        let value = match &variable.pretty {
            Some(pretty) => value_lines(pretty),
            None => {
                let why = variable.unreadable.as_ref().map(Unreadable::in_place);
                vec![one(Ink::Faint, &why.unwrap_or_default())]
            }
        };
        match <[Line; 1]>::try_from(value) {
            Ok([only]) if column + only.width() + tail.width() <= width => {
                head.pad_to(column).append(only).append(tail);
                vec![head]
            }
            value => {
                head.append(tail);
                let value = value.map_or_else(|several| several, Vec::from);
                std::iter::once(head).chain(value.into_iter().map(indented)).collect()
            }
        }
    }
}

fn indented(line: Line) -> Line {
    let mut indented = one(Ink::Plain, &" ".repeat(INDENT));
    indented.append(line);
    indented
}

fn one(ink: Ink, text: &str) -> Line {
    let mut line = Line::new();
    line.push(ink, text);
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Pretty, Token, TokenKind};

    fn variable(expression: &str, ty: &str, value: Result<&[&str], Unreadable>) -> VariableShown {
        let name = expression.split('@').next().unwrap_or_default().to_owned();
        let token = |text: &&str| vec![Token { kind: TokenKind::Number, text: (*text).to_owned() }];
        let pretty = value
            .as_ref()
            .ok()
            .map(|lines| Pretty { lines: lines.iter().map(token).collect(), ..Pretty::default() });
        VariableShown {
            shadowed: name != expression,
            name,
            expression: expression.to_owned(),
            type_name: Some(ty.to_owned()),
            value: None,
            pretty,
            unreadable: value.err(),
            borrowed: Vec::new(),
            doubt: None,
        }
    }

    fn shown(all: &[VariableShown], width: usize) -> String {
        variables(all, width).iter().map(|line| line.plain().trim_end().to_owned() + "\n").collect()
    }

    #[test]
    fn names_types_and_values_stand_in_columns() {
        let moved = Unreadable::Moved { to: Some("f::value".into()), at: None };
        let all = [
            variable("s@1", "u8", Ok(&["1"])),
            variable("user", "User", Ok(&["User {", "    age: 36,", "}"])),
            variable("later", "u8", Err(Unreadable::NotYetInitialised)),
            variable("text", "HashMap<String, Vec<Option<u8>>>", Ok(&["{}"])),
            variable("wide", "[i32; 9]", Ok(&["[1, 2, 3, 4, 5, 6, 7, 8, 9]"])),
            variable("kind", "u8", Err(Unreadable::NotYetInitialised)),
            variable("later", "u8", Err(Unreadable::NotYetInitialised)),
            variable("s", "String", Err(moved)),
        ];
        let expected = "\
s@1   u8        1  shadowed
user  User
    User {
        age: 36,
    }
text  HashMap<String, Vec<Option<u8>>>  {}
wide  [i32; 9]
    [1, 2, 3, 4, 5, 6, 7, 8, 9]
s     String    <moved to f::value>
not yet initialised: later, kind
";
        assert_eq!(shown(&all, 42), expected);
    }

    #[test]
    fn a_frame_without_variables_says_so() {
        assert_eq!(shown(&[], 80), "No variables here.\n");
    }
}
