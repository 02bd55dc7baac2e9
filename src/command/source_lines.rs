//! Lines of source files, each file read once.

use std::collections::HashMap;
use std::fs;

use super::looked::SourceLineText;
use crate::session::Disassembly;

/// The largest source file that is read, in bytes; larger ones were made by a machine.
const LARGEST: u64 = 1 << 24;
/// A line is not longer than this, in characters.
const LONGEST: usize = 400;

/// The lines of source that code was made of, each once.
pub(super) fn sources_of(pieces: &[Disassembly]) -> Vec<SourceLineText> {
    let mut files: HashMap<String, Option<Vec<String>>> = HashMap::new();
    let mut found: HashMap<(String, u32), SourceLineText> = HashMap::new();
    for code in pieces.iter().flat_map(|piece| &piece.instructions) {
        let (Some(file), Some(line)) = (&code.file, code.line) else { continue };
        let key = (file.clone(), line);
        if found.contains_key(&key) {
            continue;
        }
        let lines = files.entry(file.clone()).or_insert_with(|| lines_of(file));
        let index = usize::try_from(line).ok().and_then(|line| line.checked_sub(1));
        let text = index.and_then(|index| lines.as_ref()?.get(index).cloned());
        found.insert(key, SourceLineText { file: file.clone(), line, text });
    }
    let mut sources: Vec<_> = found.into_values().collect();
    sources.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    sources
}

fn lines_of(path: &str) -> Option<Vec<String>> {
    let small = fs::metadata(path).ok()?.len() <= LARGEST;
    let bytes = small.then(|| fs::read(path).ok()).flatten()?;
    let text = String::from_utf8_lossy(&bytes);
    Some(text.lines().map(|line| line.chars().take(LONGEST).collect()).collect())
}
