//! What a person did at the prompt, as a script that does it again.

use std::fs;
use std::io;
use std::path::Path;

/// The commands that were written at the prompt.
#[derive(Default)]
pub(super) struct Transcript {
    lines: Vec<String>,
}

impl Transcript {
    /// A command was done.
    pub fn done(&mut self, line: &str) {
        if !line.trim().is_empty() {
            self.lines.push(line.trim_end().to_owned());
        }
    }

    /// A command failed. It would fail again, and end the script there.
    pub fn failed(&mut self, line: &str, why: &str) {
        let why = why.lines().next().unwrap_or_default();
        self.lines.extend(line.trim_end().lines().map(|line| format!("# {line}")));
        self.lines.push(format!("#   {why}"));
    }

    /// Writes the script.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn write(&self, path: &Path) -> io::Result<usize> {
        let mut text =
            String::from("# A session of freehold debug; `source` and -x run it again.\n");
        self.lines.iter().for_each(|line| {
            text.push_str(line);
            text.push('\n');
        });
        fs::write(path, text)?;
        Ok(self.lines.iter().filter(|line| !line.starts_with('#')).count())
    }
}
