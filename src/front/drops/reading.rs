//! The text of a snapshot back into one.

use super::format::{NOT_SEARCHED, OPTIMISED, UNFREED};
use super::snapshot::{Drop, Kind, Snapshot, Thread};

/// How deep drops may be nested, and rounds in rounds, in a file that is read.
const DEEPEST: usize = 512;
/// How many drops a file may stand for.
const MOST: usize = 1 << 20;

/// Reads a snapshot.
///
/// # Errors
/// The number of the line that is none of a snapshot's, and what is wrong with it.
pub(super) fn read(text: &str) -> Result<Snapshot, (usize, String)> {
    let mut reader = Reader::default();
    for (number, line) in (1..).zip(text.lines()) {
        reader.line(line).map_err(|what| (number, what))?;
    }
    reader.finish();
    Ok(reader.snapshot)
}

#[derive(Default)]
struct Reader {
    snapshot: Snapshot,
    function: String,
    /// Rounds that are open: the indentation of what is in them, how often it happened, and where
    /// in the thread it begins.
    rounds: Vec<(usize, usize, usize)>,
    total: usize,
    /// Whether the threads are over, and what follows are blocks that were never freed.
    in_unfreed: bool,
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), String> {
        let content = line.trim();
        let indent = line.len() - line.trim_start_matches(' ').len();
        if content.is_empty() || (content.starts_with('#') && indent == 0) {
            self.snapshot.optimised |= content == OPTIMISED;
            if content == NOT_SEARCHED {
                self.snapshot.unfreed = None;
            }
            return Ok(());
        }
        self.close_rounds(indent)?;
        if indent == 0 {
            match content.strip_prefix("thread ") {
                Some(name) => {
                    let thread = Thread { name: name.to_owned(), drops: Vec::new() };
                    self.snapshot.threads.push(thread);
                }
                None if content == UNFREED => self.in_unfreed = true,
                None => content.clone_into(&mut self.function),
            }
            return Ok(());
        }
        if self.in_unfreed {
            return self.unfreed(content);
        }
        if !indent.is_multiple_of(2) || indent > 2 * DEEPEST {
            return Err(format!("it is indented by {indent}: each level has two spaces"));
        }
        let thread = self.snapshot.threads.last_mut().ok_or("no thread was named before it")?;
        if let Some(times) = content.strip_suffix(" times").and_then(|n| n.parse().ok()) {
            self.rounds.push((indent + 2, times, thread.drops.len()));
            return Ok(());
        }
        let depth = (indent / 2 - 1).saturating_sub(self.rounds.len());
        thread.drops.push(drop(content, &self.function, depth)?);
        self.total += 1;
        Ok(())
    }

    fn unfreed(&mut self, content: &str) -> Result<(), String> {
        let count = content.split_once(" block").and_then(|(count, _)| count.parse().ok());
        let count = count.ok_or("how many blocks were never freed is written as `2 blocks`")?;
        let unfreed = self.snapshot.unfreed.get_or_insert_default();
        unfreed.insert(self.function.clone(), count);
        Ok(())
    }

    /// Ends the rounds whose drops are indented by more.
    fn close_rounds(&mut self, indent: usize) -> Result<(), String> {
        while let Some((_, times, from)) = self.rounds.pop_if(|(inside, ..)| *inside > indent) {
            let Some(thread) = self.snapshot.threads.last_mut() else { continue };
            let round = thread.drops.get(from..).unwrap_or_default().to_vec();
            self.total =
                self.total.saturating_add(round.len().saturating_mul(times.saturating_sub(1)));
            if self.total > MOST {
                return Err(format!("it stands for more than {MOST} drops"));
            }
            for _ in 1..times {
                thread.drops.extend_from_slice(&round);
            }
        }
        Ok(())
    }

    fn finish(&mut self) {
        // What is left of an endless round is left out; the limit was looked at before.
        let _ = self.close_rounds(0);
    }
}

fn drop(content: &str, function: &str, depth: usize) -> Result<Drop, String> {
    let (rest, at) = match content.rsplit_once(" at ") {
        Some((rest, at)) => {
            let (file, line) = at.rsplit_once(':').ok_or("a line is written as file.rs:12")?;
            let line = line.parse().map_err(|_| format!("{line} is not the number of a line"))?;
            (rest, Some((file.to_owned(), line)))
        }
        None => (content, None),
    };
    let (rest, unwinding) = match rest.strip_suffix(" unwinding") {
        Some(rest) => (rest, true),
        None => (rest, false),
    };
    let kinds = [("std ", Kind::Std), ("crate ", Kind::Dependency), ("fields ", Kind::Fields)];
    let marked = kinds.iter().find_map(|(word, kind)| Some((*kind, rest.strip_prefix(word)?)));
    let (kind, rest) = marked.unwrap_or((Kind::User, rest));
    // A type can have brackets of its own, `Box<dyn Fn() -> (u8, u8)>`: what follows a space and a
    // bracket at the end is the place, unless brackets of the type are open there.
    let place = rest.strip_suffix(')').and_then(|open| open.rsplit_once(" ("));
    let (type_name, place) = match place.filter(|(ty, _)| balanced(ty)) {
        Some((ty, place)) => (ty, Some(place.to_owned())),
        None => (rest, None),
    };
    let (function, type_name) = (function.to_owned(), type_name.to_owned());
    Ok(Drop { function, depth, type_name, kind, place, unwinding, at })
}

/// Whether all brackets that a type opens are closed again.
fn balanced(ty: &str) -> bool {
    let ty = ty.replace("->", "");
    let count = |set: [char; 2]| ty.matches(set).count();
    count(['<', '(']) == count(['>', ')'])
}
