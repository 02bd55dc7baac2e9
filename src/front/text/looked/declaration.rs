//! Types, as they would be declared.

use super::super::spans::{Ink, Line, bytes, counted};
use super::plain;
use crate::dwarf::short_type_name;
use crate::value::layout::{FieldLayout, Kind, TypeLayout};

/// Columns of `offset | size`.
const OFFSETS: usize = 18;

pub(super) fn lines(layout: &TypeLayout, offsets: bool, lines: &mut Vec<Line>) {
    let name = short_type_name(&layout.name);
    let size = layout.size.map(bytes);
    let mut head = start(None, offsets);
    let word = match layout.kind {
        Kind::Struct | Kind::Tuple if !name.starts_with('(') => "struct ",
        Kind::Union => "union ",
        Kind::Enum => "enum ",
        _ => "",
    };
    head.push(Ink::Plain, word).push(Ink::Type, &name);
    let enumeration = layout.kind == Kind::Enum;
    let body = enumeration || !layout.fields.is_empty();
    let tuple = layout.kind == Kind::Tuple;
    if body {
        head.push(Ink::Plain, if tuple && !enumeration { " (" } else { " {" });
    }
    if let Some(size) = size {
        head.push(Ink::Faint, format!("  // {size}"));
    }
    lines.push(head);
    if !body {
        return array(layout, lines);
    }
    layout.fields.iter().for_each(|one| lines.push(field(one, tuple, 1, offsets)));
    for variant in &layout.variants {
        let tuple = variant.fields.iter().all(|field| field.name.parse::<u32>().is_ok());
        let mut line = start(None, offsets);
        line.push(Ink::Plain, "    ").push(Ink::Strong, &variant.name);
        if variant.fields.is_empty() {
            line.push(Ink::Plain, ",");
            lines.push(line);
            continue;
        }
        if tuple && !offsets {
            let types: Vec<_> = variant.fields.iter().map(|f| short_type_name(&f.ty)).collect();
            line.push(Ink::Plain, "(").push(Ink::Type, types.join(", ")).push(Ink::Plain, "),");
            lines.push(line);
            continue;
        }
        line.push(Ink::Plain, if tuple { "(" } else { " {" });
        lines.push(line);
        variant.fields.iter().for_each(|one| lines.push(field(one, tuple, 2, offsets)));
        let mut end = start(None, offsets);
        end.push(Ink::Plain, if tuple { "    )," } else { "    }," });
        lines.push(end);
    }
    let mut end = start(None, offsets);
    end.push(Ink::Plain, if tuple && !enumeration { ")" } else { "}" });
    lines.push(end);
    if layout.cut {
        lines.push(plain(Ink::Faint, "… too large to be shown in whole"));
    }
}

fn array(layout: &TypeLayout, lines: &mut Vec<Line>) {
    if let (Some(element), Some(count)) = (&layout.element, layout.count) {
        let of = short_type_name(&element.name);
        lines.push(plain(Ink::Faint, format!("  {} of {of}", counted(count, "element"))));
    }
}

fn field(field: &FieldLayout, tuple: bool, depth: usize, offsets: bool) -> Line {
    let mut line = start(Some((field.offset, field.size)), offsets);
    line.push(Ink::Plain, "    ".repeat(depth));
    if !tuple {
        line.push(Ink::Strong, &field.name).push(Ink::Plain, ": ");
    }
    line.push(Ink::Type, short_type_name(&field.ty)).push(Ink::Plain, ",");
    line
}

/// A line that begins with an offset and a size, or with the room for them.
fn start(field: Option<(u64, Option<u64>)>, offsets: bool) -> Line {
    let mut line = Line::new();
    if let (Some((offset, size)), true) = (field, offsets) {
        let size = size.map_or_else(|| "?".to_owned(), |size| size.to_string());
        line.push(Ink::Faint, format!("/* {offset:>4} | {size:>4} */"));
    }
    if offsets {
        line.pad_to(OFFSETS);
    }
    line
}
