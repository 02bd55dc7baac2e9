//! The map of the memory, and the libraries in it.

use super::super::spans::{Ink, Line, bytes, counted};
use super::{address, plain};
use crate::base::VirtAddr;
use crate::session::{LibraryView, MapView};

pub(super) fn maps(maps: &[MapView], addresses: bool, lines: &mut Vec<Line>) {
    let size = maps.iter().map(|map| bytes(map.size).len()).max().unwrap_or(0);
    for map in maps {
        let mut line = Line::new();
        if addresses {
            line.push(Ink::Faint, address(map.start));
        }
        line.push(Ink::Plain, format!("{:>size$}  ", bytes(map.size)));
        line.push(if map.rights.contains('x') { Ink::Changed } else { Ink::Plain }, &map.rights);
        line.push(Ink::Plain, "  ").append(what(map));
        lines.push(line);
    }
}

/// What lies in a mapping.
fn what(map: &MapView) -> Line {
    let mut line = Line::new();
    let file = map.path.rsplit('/').next().unwrap_or(&map.path);
    if !file.is_empty() {
        line.push(Ink::Strong, file);
    }
    let mut parts = Vec::new();
    parts.extend(map.stacks.iter().map(|thread| format!("stack of thread {thread}")));
    if let Some((count, size)) = map.blocks {
        parts.push(format!("{} in {}", bytes(size), counted(count, "block")));
    }
    if map.freehold {
        parts.push("copies of patched instructions, by Freehold".to_owned());
    }
    parts.extend((!map.sections.is_empty()).then(|| sections(&map.sections)));
    if parts.is_empty() && file.is_empty() {
        parts.push("anonymous".to_owned());
    }
    let gap = if file.is_empty() { "" } else { "  " };
    line.push(Ink::Faint, format!("{gap}{}", parts.join(", ")));
    line
}

/// The sections that people know, and how many others there are.
fn sections(all: &[String]) -> String {
    const KNOWN: [&str; 8] =
        [".text", ".rodata", ".data.rel.ro", ".data", ".bss", ".got", ".eh_frame", ".plt"];
    let known = KNOWN.iter().filter(|name| all.iter().any(|section| section == *name));
    let mut named: Vec<String> = known.map(|name| (*name).to_owned()).collect();
    let others = all.len().saturating_sub(named.len());
    match (named.is_empty(), others) {
        (true, _) => return all.iter().take(3).cloned().collect::<Vec<_>>().join(" "),
        (false, 0) => {}
        (false, others) => named.push(format!("and {others} more")),
    }
    named.join(" ")
}

pub(super) fn libraries(libraries: &[LibraryView], addresses: bool, lines: &mut Vec<Line>) {
    if libraries.is_empty() {
        lines.push(plain(Ink::Plain, "No library is loaded."));
    }
    for library in libraries {
        let mut line = Line::new();
        if addresses {
            let end = VirtAddr(library.end.0);
            line.push(Ink::Faint, address(library.start)).push(Ink::Faint, address(end));
        }
        line.push(Ink::Strong, &library.path);
        let told = match (library.symbols, library.debug_info) {
            (_, true) => "symbols and debug information",
            (true, false) => "symbols",
            (false, false) => "no symbols",
        };
        line.push(Ink::Faint, format!("  {told}"));
        lines.push(line);
    }
}
