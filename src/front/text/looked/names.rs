//! Names of functions, types and variables, and facts.

use super::super::paths::function;
use super::super::spans::{Ink, Line, bytes, number};
use super::{plain, widest};
use crate::session::{LineCodeView, Names, ScopeVariable, SymbolView};

/// Columns of a name at most, where something stands behind it.
const NAME: usize = 32;

pub(super) fn names(names: &Names, lines: &mut Vec<Line>) {
    if names.groups.is_empty() {
        let none = match names.users_only {
            true => "None of the program's own. A regular expression looks at all of them.",
            false => "None matches.",
        };
        lines.push(plain(Ink::Plain, none));
    }
    for group in &names.groups {
        let krate = if group.krate.is_empty() { "of no crate" } else { &group.krate };
        lines.push(plain(Ink::Faint, format!("{krate}:")));
        for (at, name) in &group.names {
            let mut line = Line::new();
            let at = at.map(|line| line.to_string()).unwrap_or_default();
            line.push(Ink::Faint, format!("{at:>6}  ")).push(Ink::Plain, name);
            lines.push(line);
        }
    }
    if names.more > 0 {
        let more = number(names.more as u64);
        lines.push(plain(Ink::Faint, format!("… {more} more: --limit N lists more")));
    }
}

pub(super) fn lines_of_code(found: &[LineCodeView], lines: &mut Vec<Line>) {
    if found.is_empty() {
        lines.push(plain(Ink::Plain, "No code of its own."));
    }
    for code in found {
        let mut line = Line::new();
        let file = code.file.rsplit('/').next().unwrap_or(&code.file);
        line.push(Ink::Strong, format!("{file}:{}", code.line));
        line.push(Ink::Plain, format!("  from {} up to {}", code.from, code.to));
        lines.push(line);
    }
}

pub(super) fn symbol(symbol: &SymbolView, lines: &mut Vec<Line>) {
    let mut line = Line::new();
    line.push(Ink::Strong, &symbol.name);
    if symbol.offset > 0 {
        line.push(Ink::Plain, format!("+{}", symbol.offset));
    }
    let section = symbol.section.as_deref().unwrap_or("no section");
    line.push(Ink::Faint, format!("  in {section} of {}", symbol.file));
    lines.push(line);
}

pub(super) fn scope(functions: &[(String, Vec<ScopeVariable>)], lines: &mut Vec<Line>) {
    for (name, variables) in functions {
        lines.push(plain(Ink::Strong, format!("{}:", function(name))));
        if variables.is_empty() {
            lines.push(plain(Ink::Faint, "  no variables"));
        }
        let column = widest(variables.iter().map(|variable| variable.name.as_str()), NAME);
        for variable in variables {
            let mut line = Line::new();
            let at = variable.line.map(|line| line.to_string()).unwrap_or_default();
            line.push(Ink::Faint, format!("{at:>6}  "));
            line.push_cut(Ink::Strong, &variable.name, NAME).pad_to(column + 10);
            line.push(Ink::Type, variable.type_name.as_deref().unwrap_or("?"));
            if let Some(size) = variable.size {
                line.push(Ink::Faint, format!("  {}", bytes(size)));
            }
            if variable.parameter {
                line.push(Ink::Faint, "  parameter");
            }
            lines.push(line);
        }
    }
}

pub(super) fn facts(facts: &[(String, String)], lines: &mut Vec<Line>) {
    let column = widest(facts.iter().map(|(name, _)| name.as_str()), NAME);
    for (name, fact) in facts {
        let mut line = Line::new();
        line.push_cut(Ink::Faint, name, NAME).pad_to(column + 2).push(Ink::Plain, fact);
        lines.push(line);
    }
}
