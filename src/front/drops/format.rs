//! A snapshot as text that a person reads and reviews, and back.
//!
//! ```text
//! thread main
//!
//! fields
//!   Holder (holder)
//!     Guard (.first)
//!     std String (.text)
//! ```
//!
//! A function stands at the left edge, and what it dropped beneath it, in order; what a drop encloses
//! is indented by two more. `std` stands before types of std, `crate` before those of
//! dependencies, and `fields` before types that do not implement `Drop` and only drop their fields.
//! `3 times` stands before what happened so often in a row.

use std::fmt::Write;

use super::snapshot::{Drop, Kind, Snapshot, Thread};

/// How many drops in a row are looked at for rounds.
const LONGEST_ROUND: usize = 16;
/// How deep drops may be nested, and rounds in rounds, in a file that is read.
const DEEPEST: usize = 512;
/// How many drops a file may stand for.
const MOST: usize = 1 << 20;

const OPTIMISED: &str = "# Recorded from an optimised build.";

/// The snapshot as text. `program` is its name, for the reader.
pub(super) fn write(snapshot: &Snapshot, program: &str, lines: bool) -> String {
    let kind = match snapshot.optimised {
        true => OPTIMISED,
        false => "# Recorded from a build without optimisation.",
    };
    let mut out = format!(
        "# The drops of {program}, in their order. `freehold drops --check` compares with it;\n\
         # with --accept it writes it anew.\n{kind}\n"
    );
    for thread in &snapshot.threads {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "\nthread {}", thread.name);
        for same in thread.drops.chunk_by(|a, b| a.function == b.function) {
            let function = same.first().map_or("", |drop| &drop.function);
            let _ = writeln!(out, "\n{function}");
            let texts: Vec<_> = same.iter().map(|drop| (drop.depth, text(drop, lines))).collect();
            write_rounds(&mut out, &texts, 1);
        }
    }
    out
}

fn text(drop: &Drop, lines: bool) -> String {
    let mut text = match drop.kind {
        Kind::User => String::new(),
        Kind::Dependency => "crate ".to_owned(),
        Kind::Fields => "fields ".to_owned(),
        Kind::Std => "std ".to_owned(),
    };
    text.push_str(&drop.type_name);
    if let Some(place) = &drop.place {
        let _ = write!(text, " ({place})");
    }
    if drop.unwinding {
        text.push_str(" unwinding");
    }
    if let Some((file, line)) = drop.line().filter(|_| lines) {
        let _ = write!(text, " at {file}:{line}");
    }
    text
}

/// Writes drops with their depths; those that repeat in rounds, once.
fn write_rounds(out: &mut String, drops: &[(usize, String)], indent: usize) {
    let mut rest = drops;
    while let Some((depth, first)) = rest.first() {
        let (round, times) = rounds(rest);
        if times > 1 {
            let _ = writeln!(out, "{:1$}{times} times", "", 2 * (indent + depth));
            let round = rest.get(..round).unwrap_or(rest);
            for (depth, text) in round {
                let _ = writeln!(out, "{:1$}{text}", "", 2 * (indent + depth + 1));
            }
            rest = rest.get(round.len() * times..).unwrap_or(&[]);
        } else {
            let _ = writeln!(out, "{:1$}{first}", "", 2 * (indent + depth));
            rest = rest.get(1..).unwrap_or(&[]);
        }
    }
}

/// How long the first round of equal ones is, and how many there are. A round begins with a drop
/// that none of the others in it encloses.
fn rounds(drops: &[(usize, String)]) -> (usize, usize) {
    let Some((depth, _)) = drops.first() else { return (0, 1) };
    for round in 1..=LONGEST_ROUND.min(drops.len() / 2) {
        let Some(first) = drops.get(..round) else { break };
        if first.iter().any(|(other, _)| other < depth) {
            break;
        }
        // What follows must begin anew, and not be a part of the last drop of the round.
        let times = drops.chunks_exact(round).take_while(|next| *next == first).count();
        let behind = drops.get(round * times).map_or(0, |(depth, _)| *depth);
        if times > 1 && behind <= *depth {
            return (round, times);
        }
    }
    (1, 1)
}

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
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), String> {
        let content = line.trim();
        let indent = line.len() - line.trim_start_matches(' ').len();
        if content.is_empty() || (content.starts_with('#') && indent == 0) {
            self.snapshot.optimised |= content == OPTIMISED;
            return Ok(());
        }
        self.close_rounds(indent)?;
        if indent == 0 {
            match content.strip_prefix("thread ") {
                Some(name) => {
                    let thread = Thread { name: name.to_owned(), drops: Vec::new() };
                    self.snapshot.threads.push(thread);
                }
                None => content.clone_into(&mut self.function),
            }
            return Ok(());
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

#[cfg(test)]
mod tests {
    use super::*;

    fn one(function: &str, depth: usize, ty: &str, place: Option<&str>) -> Drop {
        Drop {
            function: function.into(),
            depth,
            type_name: ty.into(),
            kind: if ty == "String" { Kind::Std } else { Kind::User },
            place: place.map(str::to_owned),
            unwinding: false,
            at: None,
        }
    }

    fn sample() -> Snapshot {
        let mut drops = vec![
            one("fields", 0, "Holder", Some("holder")),
            one("fields", 1, "Guard", Some(".first")),
            one("fields", 1, "String", Some(".text")),
            Drop { unwinding: true, at: Some(("a.rs".into(), 7)), ..one("f", 0, "Guard", None) },
            one("f", 0, "Box<dyn Fn(u8) -> (u8, u8)>", Some("x")),
        ];
        for _ in 0..3 {
            drops.extend([one("g", 0, "A", Some("a")), one("g", 1, "B", Some("[0]"))]);
        }
        drops.push(one("g", 0, "B", Some("b")));
        let other = Thread { name: "spawned".into(), drops: vec![one("h", 0, "A", None)] };
        let main = Thread { name: "main".into(), drops };
        Snapshot { optimised: false, threads: vec![main, other] }
    }

    #[test]
    fn a_snapshot_reads_well() {
        let text = write(&sample(), "demo", true);
        let expected = "\
# The drops of demo, in their order. `freehold drops --check` compares with it;
# with --accept it writes it anew.
# Recorded from a build without optimisation.

thread main

fields
  Holder (holder)
    Guard (.first)
    std String (.text)

f
  Guard unwinding at a.rs:7
  Box<dyn Fn(u8) -> (u8, u8)> (x)

g
  3 times
    A (a)
      B ([0])
  B (b)

thread spawned

h
  A
";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_snapshot_that_is_read_is_the_one_that_was_written() {
        let mut snapshot = sample();
        assert_eq!(read(&write(&snapshot, "demo", true)), Ok(snapshot.clone()));
        snapshot.optimised = true;
        let without_lines = read(&write(&snapshot, "demo", false)).expect("a snapshot");
        assert!(without_lines.optimised);
        let mut threads = without_lines.threads.iter();
        assert!(threads.all(|thread| thread.drops.iter().all(|drop| drop.at.is_none())));
        assert_eq!(read(""), Ok(Snapshot::default()));
    }

    #[test]
    fn what_is_no_snapshot_is_refused_with_its_line() {
        assert!(matches!(read("  A\n"), Err((1, _))));
        assert!(matches!(read("thread main\nf\n   A\n"), Err((3, _))));
        assert!(matches!(read("thread main\nf\n  A at x:y\n"), Err((3, _))));
        let endless = "thread main\nf\n  4000000000 times\n    A\n\ng\n";
        assert!(matches!(read(endless), Err((6, _))));
    }
}
