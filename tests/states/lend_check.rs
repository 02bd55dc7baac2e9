//! Compares what Freehold says is borrowed at every mark with what is true.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use freehold::base::{Borrow, BorrowKind, Event};
use freehold::inferior::Launch;
use freehold::session::{Halt, Session, Settings, Where};
use freehold::value::Format;

use super::generate::Random;
use super::lend_maker;
use super::lend_source;
use super::lend_tree::{Function, Kind, Var, name};
use super::lend_truth::{self, Fact, Marked};
use super::source::Source;

/// What was compared.
#[derive(Default, Debug)]
pub struct Tally {
    pub functions: usize,
    /// Owners that hold a value, at all marks.
    pub states: usize,
    /// Borrows that were told, and are true.
    pub borrows: usize,
    /// Owners that were told to be borrowed by nobody, and are not.
    pub free: usize,
    /// Owners at marks that the optimiser merged, or of which it is not told whether they hold a value.
    pub untold: usize,
    /// Borrows of owners that are told, of which optimised code has left out the holder.
    pub missing: usize,
    /// Borrows of which it was said that they cannot be told, whether they are true or not.
    pub unknown: usize,
    /// Those of them that are true.
    pub unknown_true: usize,
    /// Why they cannot be told, and how often.
    pub reasons: BTreeMap<String, usize>,
    /// What does not agree, in words.
    pub wrong: Vec<String>,
}

impl Tally {
    pub fn add(&mut self, other: Tally) {
        self.functions += other.functions;
        self.states += other.states;
        self.borrows += other.borrows;
        self.free += other.free;
        self.untold += other.untold;
        self.missing += other.missing;
        self.unknown += other.unknown;
        for (reason, count) in other.reasons {
            *self.reasons.entry(reason).or_default() += count;
        }
        self.unknown_true += other.unknown_true;
        self.wrong.extend(other.wrong);
    }
}

/// Generates, builds, runs and compares one program of so many functions.
///
/// # Panics
/// Where the program cannot be built, or does not do what it should do.
pub fn check(dir: &Path, seed: u64, functions: usize, flags: &[&str]) -> Tally {
    let mut random = Random::new(seed);
    let functions: Vec<Function> =
        (0..functions).map(|no| lend_maker::function(&mut random, no)).collect();
    let source = lend_source::write(&functions);
    let file = format!("l{seed}.rs");
    let program = build(dir, &file, &source, flags);
    let mut compared = Compared { file, functions, source, flags, tally: Tally::default() };
    compared.run(&program);
    compared.tally
}

fn build(dir: &Path, file: &str, source: &Source, flags: &[&str]) -> PathBuf {
    fs::create_dir_all(dir).expect("a folder for the programs");
    let path = dir.join(file);
    fs::write(&path, &source.text).expect("the program is written");
    let program = path.with_extension(if flags.contains(&"-O") { "opt" } else { "debug" });
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition", "2024", "-g", "-Awarnings"]).args(flags);
    let output = rustc.arg("-o").args([&program, &path]).output().expect("rustc starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", path.display());
    program
}

struct Compared<'a> {
    file: String,
    functions: Vec<Function>,
    source: Source,
    flags: &'a [&'a str],
    tally: Tally,
}

impl Compared<'_> {
    fn run(&mut self, program: &Path) {
        self.tally.functions = self.functions.len();
        let mut launch = Launch::new(program);
        for stream in [1, 2] {
            launch.stdio[stream] = Some(File::create("/dev/null").expect("it is there").into());
        }
        let mut session = Session::open(launch, Settings::default()).expect("it is a program");
        session.break_at(Where::Function("mark".to_owned())).expect("there is code");
        let mut ignore = |_: &Event| {};
        let mut halt = session.start_with(&mut ignore).cloned().expect("it runs");
        for index in 0..self.functions.len() {
            for call in self.functions[index].calls.clone() {
                for marked in lend_truth::run(&self.functions[index], &call) {
                    assert!(matches!(halt, Halt::Breakpoint { .. }), "{halt:?} in f{index}");
                    self.mark(&mut session, index, &marked);
                    halt = session.resume_with(&mut ignore).cloned().expect("it goes on");
                }
            }
        }
        assert!(matches!(halt, Halt::Ended { .. }), "{halt:?} behind the last mark");
    }

    fn mark(&mut self, session: &mut Session, index: usize, marked: &Marked) {
        let frame = session.select_frame(1 + usize::from(marked.inside)).expect("a frame");
        let line = self.source.lines[index].get(&marked.no).copied();
        if self.flags.contains(&"-O") && frame.at.line != line {
            // The optimiser merged calls of several marks, or made a jump of one.
            self.tally.states += marked.owners.len();
            self.tally.untold += marked.owners.len();
            return;
        }
        assert_eq!(frame.at.line, line, "mark {} of f{index} of {}", marked.no, self.file);
        let variables = session.variables(&Format::default()).expect("it stands still");
        let seen: HashMap<String, _> =
            variables.into_iter().map(|v| (v.name, (v.value.is_ok(), v.borrowed))).collect();
        for owner in &marked.owners {
            self.tally.states += 1;
            let expected: Vec<&Fact> =
                marked.facts.iter().filter(|fact| fact.target.owner == *owner).collect();
            let borrowed = match seen.get(&name(*owner)) {
                Some((true, borrowed)) => borrowed,
                // What it holds cannot be told.
                _ => {
                    self.tally.untold += 1;
                    continue;
                }
            };
            self.owner(index, *owner, &expected, borrowed, line);
        }
    }

    fn owner(
        &mut self,
        index: usize,
        owner: Var,
        expected: &[&Fact],
        borrowed: &[Borrow],
        line: Option<u32>,
    ) {
        let optimised = self.flags.contains(&"-O");
        let function = &self.functions[index];
        let is = |fact: &Fact, borrow: &Borrow| {
            let holder = match fact.by {
                Some(var) => format!("f{index}::{}", name(var)),
                None if fact.target.unique => "look_mut::value".to_owned(),
                None => "look::value".to_owned(),
            };
            let kind = if fact.target.unique { BorrowKind::Unique } else { BorrowKind::Shared };
            let part = match (function.kinds[owner], fact.target.field) {
                (Kind::Pair, Some(0)) => ".a",
                (Kind::Pair, Some(_)) => ".b",
                _ => "",
            };
            plain(&borrow.by) == holder && borrow.kind == kind && borrow.part == part
        };
        let mut wrong = Vec::new();
        for fact in expected {
            match borrowed.iter().find(|borrow| is(fact, borrow)) {
                Some(borrow) if borrow.perhaps => self.tally.unknown_true += 1,
                Some(_) => self.tally.borrows += 1,
                // The optimiser has left out the holder.
                None if !fact.traced => {}
                None if optimised => self.tally.missing += 1,
                None => wrong.push(format!("{fact:?} is missing")),
            }
        }
        for borrow in borrowed {
            let known = expected.iter().any(|fact| is(fact, borrow));
            match (known, borrow.perhaps) {
                (_, true) => {
                    self.tally.unknown += 1;
                    let why = borrow.why.as_deref().expect("a doubt has a reason");
                    *self.tally.reasons.entry(why.to_owned()).or_default() += 1;
                }
                (false, false) => wrong.push(format!("{borrow:?} is not true")),
                (true, false) => {}
            }
        }
        if expected.is_empty() && borrowed.is_empty() {
            self.tally.free += 1;
        }
        let (file, at, owner) = (&self.file, line.unwrap_or(0), name(owner));
        self.tally
            .wrong
            .extend(wrong.into_iter().map(|why| format!("{file}:{at}: {owner}: {why}")));
    }
}

/// The name of a place without generic arguments: `look::value` of `look<Owner>::value`.
fn plain(place: &str) -> String {
    let mut depth = 0usize;
    let mut plain = String::new();
    for character in place.chars() {
        match character {
            '<' => depth += 1,
            '>' => depth -= 1,
            _ if depth == 0 => plain.push(character),
            _ => {}
        }
    }
    plain.replace("::::", "::")
}
