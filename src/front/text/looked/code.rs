//! Machine code.

use std::collections::HashMap;

use super::super::paths::{brief, function};
use super::super::spans::{Ink, Line, counted};
use super::{address, page, plain};
use crate::command::{CodeListing, CodeStyle, SourceLineText};
use crate::session::{CodeLine, Disassembly, Part};

/// Columns from the beginning of an instruction to what is told behind it.
const TEXT: usize = 36;
/// Columns of the bytes of an instruction: most have up to eight.
const BYTES: usize = 24;

/// Code, for a page of so many columns.
pub(in crate::front) fn code(listing: &CodeListing, width: usize) -> String {
    let key = |source: &'_ SourceLineText| (source.file.clone(), source.line);
    let sources: HashMap<_, _> = listing.sources.iter().map(|s| (key(s), s)).collect();
    let mut lines = Vec::new();
    for piece in &listing.pieces {
        if !lines.is_empty() {
            lines.push(Line::new());
        }
        self::piece(piece, &sources, listing.style, &mut lines);
    }
    page(lines, width)
}

type Sources<'a> = HashMap<(String, u32), &'a SourceLineText>;

fn piece(piece: &Disassembly, sources: &Sources<'_>, style: CodeStyle, lines: &mut Vec<Line>) {
    if let Some(name) = &piece.function {
        lines.push(plain(Ink::Strong, format!("{}:", function(name))));
    }
    let mut order: Vec<&CodeLine> = piece.instructions.iter().collect();
    if style.by_line {
        order.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    }
    let widest = piece.instructions.iter().map(|code| code.offset).max().unwrap_or(0);
    let columns = format!("{widest:x}").len() + 3;
    let mut before: Option<(&Option<String>, Option<u32>)> = None;
    let mut file_shown: Option<&String> = None;
    let mut part = None;
    for code in order {
        let here = (&code.file, code.line);
        if style.source && before != Some(here) {
            lines.extend(source(code, sources, file_shown));
            file_shown = code.file.as_ref().or(file_shown);
        }
        before = Some(here);
        if let Some(label) = &code.label {
            lines.push(plain(Ink::Changed, format!(" {label}:")));
        }
        lines.push(instruction(code, columns, style, part != Some(code.part)));
        part = Some(code.part);
    }
    if piece.more > 0 {
        let more = counted(piece.more as u64, "more instruction");
        lines.push(plain(Ink::Faint, format!("  … {more}")));
    }
}

/// The line of source that the next instructions are of.
fn source(code: &CodeLine, sources: &Sources<'_>, file_shown: Option<&String>) -> Vec<Line> {
    let (Some(file), Some(number)) = (&code.file, code.line) else {
        return vec![plain(Ink::Faint, "     │ (of no line)")];
    };
    let mut lines = Vec::new();
    if file_shown != Some(file) {
        let short = file.rsplit('/').next().unwrap_or(file);
        lines.push(plain(Ink::Faint, format!("  {short}")));
    }
    let mut line = Line::new();
    line.push(Ink::Faint, format!("{number:>4} │ "));
    match sources.get(&(file.clone(), number)).and_then(|source| source.text.as_ref()) {
        Some(text) => line.push(Ink::Plain, text.replace('\t', "    ")),
        None => line.push(Ink::Faint, "(the source is not here)"),
    };
    lines.push(line);
    lines
}

fn instruction(code: &CodeLine, columns: usize, style: CodeStyle, begins_part: bool) -> Line {
    let mut line = Line::new();
    line.push(Ink::Strong, if code.current { "▸" } else { " " });
    // What makes the frame and what gives it back is set apart.
    let part = match code.part {
        Part::Body => " ",
        Part::Prologue | Part::Epilogue => "│",
    };
    line.push(Ink::Faint, part);
    if style.addresses {
        line.push(Ink::Faint, address(code.address));
    }
    line.push(Ink::Faint, format!("{:>columns$}  ", format!("+{:#x}", code.offset)));
    if style.bytes {
        let start = line.width();
        let bytes: Vec<_> = code.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        line.push(Ink::Faint, bytes.join(" ")).pad_to(start + BYTES).push(Ink::Plain, "  ");
    }
    let start = line.width();
    let ink = match code.part {
        Part::Body => Ink::Plain,
        Part::Prologue | Part::Epilogue => Ink::Faint,
    };
    let (mnemonic, operands) = code.text.split_once(' ').unwrap_or((&code.text, ""));
    line.push(ink, mnemonic);
    if !operands.is_empty() {
        let operands = operands.trim_start();
        line.push(Ink::Plain, " ").pad_to(start + 7);
        let branches = code.text.starts_with('j') || code.text.starts_with("call ");
        line.push(ink, if branches { short_names(operands) } else { operands.to_owned() });
    }
    let mut told: Vec<String> = code.names.clone();
    told.extend(code.through.as_ref().map(|name| format!("→ {}", function(name))));
    let heading = match code.part {
        _ if !begins_part || !told.is_empty() => None,
        Part::Prologue => Some("prologue"),
        Part::Epilogue => Some("epilogue"),
        Part::Body => None,
    };
    if let Some(heading) = heading {
        line.pad_to(start + TEXT).push(Ink::Plain, "  ").push(Ink::Faint, heading);
    }
    if !told.is_empty() {
        line.pad_to(start + TEXT).push(Ink::Plain, "  ");
        line.push(Ink::Type, told.join(", "));
    }
    line
}

/// Operands with the names in them as short as they can be.
fn short_names(operands: &str) -> String {
    match operands.contains("::") {
        true => brief(&function(operands), 60),
        false => operands.to_owned(),
    }
}
