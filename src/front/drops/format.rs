//! A snapshot as text that a person reads and reviews. `reading` makes one of it again.
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
//! A `?` behind a place says that it is concluded, as in optimised code.
//! `3 times` stands before what happened so often in a row. Behind all threads stands how many blocks
//! were never freed, by the functions that allocated them:
//!
//! ```text
//! never freed
//!
//! cycle
//!   2 blocks
//! ```

use std::fmt::Write;

use super::snapshot::{Drop, Kind, Snapshot};

/// How many drops in a row are looked at for rounds.
const LONGEST_ROUND: usize = 16;

pub(super) const OPTIMISED: &str = "# Recorded from an optimised build.";
pub(super) const NOT_SEARCHED: &str = "# Which blocks were never freed was not found out.";
pub(super) const UNFREED: &str = "never freed";

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
    match &snapshot.unfreed {
        None => out.push_str(&format!("\n{NOT_SEARCHED}\n")),
        Some(unfreed) if unfreed.is_empty() => {}
        Some(unfreed) => {
            out.push_str(&format!("\n{UNFREED}\n"));
            let functions =
                unfreed.iter().map(|(function, n)| format!("\n{function}\n  {}\n", blocks(*n)));
            out.extend(functions);
        }
    }
    out
}

/// So many blocks, in words.
pub(super) fn blocks(count: usize) -> String {
    if count == 1 { "1 block".to_owned() } else { format!("{count} blocks") }
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

#[cfg(test)]
mod tests {
    use super::super::reading::read;
    use super::super::snapshot::Thread;
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
        let unfreed = Some([("cycle".to_owned(), 2), ("f".to_owned(), 1)].into());
        Snapshot { optimised: false, threads: vec![main, other], unfreed }
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

never freed

cycle
  2 blocks

f
  1 block
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
        snapshot.unfreed = None;
        assert_eq!(read(&write(&snapshot, "demo", true)).map(|read| read.unfreed), Ok(None));
    }

    #[test]
    fn what_is_no_snapshot_is_refused_with_its_line() {
        assert!(matches!(read("  A\n"), Err((1, _))));
        assert!(matches!(read("thread main\nf\n   A\n"), Err((3, _))));
        assert!(matches!(read("thread main\nf\n  A at x:y\n"), Err((3, _))));
        assert!(matches!(read("never freed\nf\n  A\n"), Err((3, _))));
        let endless = "thread main\nf\n  4000000000 times\n    A\n\ng\n";
        assert!(matches!(read(endless), Err((6, _))));
    }
}
