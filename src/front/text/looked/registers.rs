//! Registers.

use super::super::spans::{Ink, Line};
use super::plain;
use crate::session::{RegisterView, RegistersView, VectorView};

/// Columns of a register's name.
const NAME: usize = 9;
/// Columns of the bits of a vector register.
const VECTOR: usize = 34;
/// Columns of a value as a number.
const VALUE: usize = 20;

pub(super) fn lines(view: &RegistersView, addresses: bool, lines: &mut Vec<Line>) {
    let innermost = view.general.iter().any(|register| register.flags.is_some());
    if view.frame > 0 && !view.general.is_empty() && !innermost {
        lines.push(plain(Ink::Faint, format!("as frame {} will have them again", view.frame)));
    }
    lines.extend(view.general.iter().map(|register| general(register, addresses)));
    lines.extend(view.vectors.iter().flat_map(vector));
}

fn general(register: &RegisterView, addresses: bool) -> Line {
    let mut line = Line::new();
    let mark = if register.changed { "~ " } else { "  " };
    line.push(Ink::Changed, mark);
    let ink = if register.changed { Ink::Changed } else { Ink::Strong };
    line.push(ink, register.name).pad_to(NAME + 2);
    let Some(value) = register.value else {
        line.push(Ink::Faint, "<not saved>");
        return line;
    };
    if let Some(flags) = &register.flags {
        line.push(Ink::Number, format!("{value:#x}")).pad_to(NAME + 2 + VALUE);
        line.push(Ink::Plain, flags);
        return line;
    }
    match &register.leads_to {
        Some(name) if addresses => {
            line.push(Ink::Number, format!("{value:#x}")).pad_to(NAME + 2 + VALUE);
            line.push(Ink::Plain, name);
        }
        Some(name) => {
            line.push(Ink::Plain, name);
        }
        // Every address is an address of this process, also those that lead nowhere now.
        None if register.name == "fs_base" && !addresses => {
            line.push(Ink::Faint, "(the thread's own storage)");
        }
        None => {
            line.push(Ink::Number, format!("{value:#x}")).pad_to(NAME + 2 + VALUE);
            line.push(Ink::Faint, value.cast_signed().to_string());
        }
    }
    line
}

/// Its bits and its doubles on one line, its floats on the next.
fn vector(register: &VectorView) -> Vec<Line> {
    let mut line = Line::new();
    line.push(Ink::Plain, "  ").push(Ink::Strong, register.name).pad_to(NAME + 2);
    line.push(Ink::Number, &register.bits);
    let zero = register.bits.trim_start_matches(['0', 'x']).is_empty();
    if zero {
        return vec![line];
    }
    let [low, high] = register.doubles;
    line.push(Ink::Faint, format!("  f64 {low:?} {high:?}"));
    let mut floats = Line::new();
    let words: Vec<_> = register.floats.iter().map(|float| format!("{float:?}")).collect();
    floats.pad_to(NAME + VECTOR + 4).push(Ink::Faint, format!("f32 {}", words.join(" ")));
    vec![line, floats]
}
