//! The rows of the table: fields with those within them, holes, and the discriminant.

use super::super::spans::Ink;
use crate::dwarf::short_type_name;
use crate::value::layout::{Discriminant, FieldLayout, Span};

/// The letters that stand for fields in the picture.
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// Stands for the discriminant, and for bytes that belong to nothing.
pub(super) const TAG: char = '#';
pub(super) const FREE: char = '·';

/// One line of the table: some bytes, and what they are for.
pub(super) struct Row {
    /// What stands for it in the picture; nothing for what lies within a field.
    pub letter: Option<char>,
    pub at: Span,
    pub ink: Ink,
    pub name: String,
    pub ty: String,
}

/// The rows of fields, with those within them, of the discriminant, and of what is free, by offset.
pub(super) fn rows(
    fields: &[FieldLayout],
    padding: &[Span],
    tag: Option<(&Discriminant, String)>,
) -> Vec<Row> {
    let mut letters = LETTERS.chars();
    let mut rows: Vec<Vec<Row>> = Vec::new();
    for field in fields {
        let letter = letters.next();
        let mut own = Vec::new();
        push_field(field, letter, 0, 0, &mut own);
        rows.push(own);
    }
    let free = |at: &Span| Row {
        letter: Some(FREE),
        at: *at,
        ink: Ink::Faint,
        name: "padding".to_owned(),
        ty: String::new(),
    };
    rows.extend(padding.iter().map(|at| vec![free(at)]));
    if let Some((tag, what)) = tag {
        let name = tag_word(tag);
        let row = Row {
            letter: Some(TAG),
            at: tag.at,
            ink: Ink::Changed,
            name: name.to_owned(),
            ty: what,
        };
        rows.push(vec![row]);
    }
    rows.sort_by_key(|rows| rows.first().map(|row| row.at.offset));
    rows.into_iter().flatten().collect()
}

fn push_field(
    field: &FieldLayout,
    letter: Option<char>,
    from: u64,
    depth: usize,
    to: &mut Vec<Row>,
) {
    let offset = from.saturating_add(field.offset);
    to.push(Row {
        letter,
        at: Span { offset, size: field.size.unwrap_or(0) },
        ink: if depth == 0 { Ink::Strong } else { Ink::Plain },
        name: format!("{}{}", "  ".repeat(depth), field.name),
        ty: short_type_name(&field.ty),
    });
    let Some(inner) = &field.layout else { return };
    let below = depth.saturating_add(1);
    let mut holes = inner.padding.iter().peekable();
    let mut push_holes = |until: u64, to: &mut Vec<Row>| {
        while let Some(hole) = holes.next_if(|hole| hole.offset < until) {
            to.push(Row {
                letter: None,
                at: Span { offset: offset.saturating_add(hole.offset), size: hole.size },
                ink: Ink::Faint,
                name: format!("{}{FREE} padding", "  ".repeat(below)),
                ty: String::new(),
            });
        }
    };
    for field in &inner.fields {
        push_holes(field.offset, to);
        push_field(field, None, offset, below, to);
    }
    // The holes of an enum depend on the variant.
    if inner.variants.is_empty() {
        push_holes(u64::MAX, to);
    }
}

/// What the table calls a discriminant.
pub(super) fn tag_word(tag: &Discriminant) -> &'static str {
    if tag.niche_of.is_some() { "niche" } else { "tag" }
}
