//! Compares what Freehold says of every variable at every mark with what is true.

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use freehold::base::{Event, Unreadable};
use freehold::inferior::Launch;
use freehold::session::{Halt, Session, Settings, VariableValue, Where};
use freehold::value::Format;

use super::generate::{self, Random};
use super::source;
use super::tree::{Function, Kind, name};
use super::truth::{self, Fact, Happening};

/// How a program is built, and how it is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Mode {
    /// Flags for rustc.
    pub flags: &'static [&'static str],
    /// Whether the heap is followed.
    pub ledger: bool,
    /// Whether it is stopped on the line of each mark, and not in the function that is called there.
    pub on_lines: bool,
}

/// What was compared.
#[derive(Default, Debug)]
pub struct Tally {
    pub functions: usize,
    pub states: usize,
    pub live: usize,
    pub gone: usize,
    pub partly: usize,
    /// Freehold says that it does not know.
    pub unknown: usize,
    /// What it says then, and what is true, with how often.
    pub reasons: HashMap<String, usize>,
    /// Lines of moves and drops that were told.
    pub lines: usize,
    /// What does not agree, in words.
    pub wrong: Vec<String>,
    /// Where it is not known, what is true there, and what Freehold says.
    pub unknowns: Vec<String>,
}

impl Tally {
    pub fn add(&mut self, other: Tally) {
        self.functions += other.functions;
        self.states += other.states;
        self.live += other.live;
        self.gone += other.gone;
        self.partly += other.partly;
        self.unknown += other.unknown;
        for (reason, count) in other.reasons {
            *self.reasons.entry(reason).or_default() += count;
        }
        self.lines += other.lines;
        self.wrong.extend(other.wrong);
        self.unknowns.extend(other.unknowns);
    }
}

/// One program: its functions, and what happens in it.
struct Made {
    dir: PathBuf,
    seed: u64,
    functions: Vec<Function>,
    source: source::Source,
}

/// Generates, builds, runs and compares one program of so many functions.
///
/// # Panics
/// Where the program cannot be built, or does not do what it should do.
pub fn check(dir: &Path, seed: u64, functions: usize, mode: Mode) -> Tally {
    let mut random = Random::new(seed);
    // A panic that aborts ends the program.
    let panics = !mode.flags.contains(&"-Cpanic=abort");
    let function = |no| generate::function(&mut random, no, panics);
    let functions: Vec<_> = (0..functions).map(function).collect();
    let source = source::write(&functions);
    let made = Made { dir: dir.to_owned(), seed, functions, source };
    let program = made.build(mode);
    made.confirm(&program);
    made.compare(&program, mode)
}

impl Made {
    fn file(&self) -> String {
        format!("s{}.rs", self.seed)
    }

    fn build(&self, mode: Mode) -> PathBuf {
        fs::create_dir_all(&self.dir).expect("a folder for the programs");
        let source = self.dir.join(self.file());
        fs::write(&source, &self.source.text).expect("the program is written");
        let optimised = if mode.flags.contains(&"-O") { "-opt" } else { "" };
        let program = self.dir.join(format!("s{}{optimised}", self.seed));
        let mut rustc = Command::new("rustc");
        rustc.args(["--edition", "2024", "-g", "-Awarnings"]).args(mode.flags);
        let output = rustc.arg("-o").args([&program, &source]).output().expect("rustc starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", source.display());
        program
    }

    /// All that happens, in the order of the calls of `main`: the function, and what happens.
    fn happenings(&self) -> impl Iterator<Item = (usize, Happening)> + '_ {
        self.functions.iter().enumerate().flat_map(|(index, function)| {
            let calls = function.calls.iter();
            calls.flat_map(move |call| truth::run(function, call)).map(move |what| (index, what))
        })
    }

    /// The program says itself what it drops: what is taken for true must agree with that.
    fn confirm(&self, program: &Path) {
        let output = Command::new(program).output().expect("the program starts");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let expected = self.happenings().filter_map(|(index, what)| match what {
            Happening::Dropped(id) => Some((index, format!("d {id}"))),
            Happening::Mark { .. } | Happening::MarkIn { .. } => None,
        });
        // It formats values, too, which is not looked at.
        let mut said = said.lines().filter(|line| line.starts_with("d "));
        for (index, line) in expected {
            let function = &self.functions[index].name;
            assert_eq!(said.next(), Some(&*line), "{function} of {}", self.file());
        }
        assert_eq!(said.next(), None, "{}", self.file());
    }

    fn compare(&self, program: &Path, mode: Mode) -> Tally {
        let mut tally = Tally { functions: self.functions.len(), ..Tally::default() };
        let mut launch = Launch::new(program);
        launch.stdio[1] = Some(File::create("/dev/null").expect("it is there").into());
        let settings = Settings { ledger: mode.ledger, ..Settings::default() };
        let mut session = Session::open(launch, settings).expect("it is a program");
        for place in self.places(mode) {
            session.break_at(place).expect("there is code");
        }
        let mut ignore = |_: &Event| {};
        let mut halt = session.start_with(&mut ignore).cloned().expect("it runs");
        for (index, what) in self.happenings() {
            let (no, facts): (usize, Vec<(usize, Fact)>) = match what {
                Happening::Mark { no, facts } => (no, facts.into_iter().enumerate().collect()),
                Happening::MarkIn { no, var, fact } => (no, vec![(var, fact)]),
                Happening::Dropped(_) => continue,
            };
            // A line can have code in several places, of which control comes to more than one.
            let expected = self.source.lines[index].get(&no).copied();
            while mode.on_lines
                && matches!(halt, Halt::Breakpoint { .. })
                && session.frame().ok().and_then(|frame| frame.at.line) != expected
            {
                halt = session.resume_with(&mut ignore).cloned().expect("it goes on");
            }
            assert!(matches!(halt, Halt::Breakpoint { .. }), "{halt:?} before mark {no}");
            self.compare_mark(&mut session, index, no, &facts, mode, &mut tally);
            halt = session.resume_with(&mut ignore).cloned().expect("it goes on");
        }
        assert!(
            mode.on_lines || matches!(halt, Halt::Ended { .. }),
            "{halt:?} behind the last mark"
        );
        tally
    }

    fn places(&self, mode: Mode) -> Vec<Where> {
        if !mode.on_lines {
            return vec![Where::Function("mark".to_owned())];
        }
        let marked = self.source.text.lines().zip(1..);
        let marked = marked.filter(|(text, _)| text.trim_start().starts_with("mark("));
        let line = |(_, line)| Where::Line { file: Some(self.file()), line };
        marked.map(line).collect()
    }

    fn compare_mark(
        &self,
        session: &mut Session,
        index: usize,
        no: usize,
        facts: &[(usize, Fact)],
        mode: Mode,
        tally: &mut Tally,
    ) {
        let frame = session.select_frame(usize::from(!mode.on_lines)).expect("a frame");
        let function = &self.functions[index];
        let lines = &self.source.lines[index];
        // The optimiser merged calls of several marks, or made a jump of one: what is said must be
        // true all the same, but of which variables something is said is another thing.
        let merged = frame.at.line != lines.get(&no).copied() && mode.flags.contains(&"-O");
        assert!(
            merged || frame.at.line == lines.get(&no).copied(),
            "mark {no} of {}",
            function.name
        );
        let variables = session.variables(&Format::default()).expect("it stands still");
        let seen: HashMap<String, _> = variables
            .into_iter()
            .map(|v| {
                let text =
                    |value: VariableValue| value.shown.map_or_else(String::new, |shown| shown.text);
                // A value that is shown with a doubt is not said to be live.
                let value = match v.doubt {
                    Some(why) => Err(Unreadable::Uncertain(why)),
                    None => v.value.map(text),
                };
                (v.name, value)
            })
            .collect();
        let chained = function.chained();
        for (var, fact) in facts {
            let shown = seen.get(&name(*var));
            tally.states += 1;
            let line = |no: usize| lines.get(&no).copied();
            let unknown = tally.unknown;
            let unsaid = match shown {
                None => mode.flags.contains(&"-O"),
                Some(Err(Unreadable::NotYetInitialised | Unreadable::OutOfScope)) => merged,
                _ => false,
            };
            if unsaid && *fact != Fact::None {
                // The optimiser left no trace of it: nothing is said of it.
                tally.unknown += 1;
                let kind = function.kinds[*var];
                let why = format!("{fact:?} {kind:?}: not described");
                *tally.reasons.entry(why.clone()).or_default() += 1;
                let at = frame.at.line.unwrap_or(0);
                tally.unknowns.push(format!("{}:{at}: {}: {why}", self.file(), name(*var)));
                continue;
            }
            let kind = function.kinds[*var];
            let gone = |why: &Unreadable| {
                use Unreadable::{Dropped, Moved, MovedOrDropped};
                matches!(why, Moved { .. } | Dropped { .. } | MovedOrDropped { .. })
            };
            if *fact == Fact::None
                && chained.contains(var)
                && matches!(shown, Some(Err(why)) if gone(why))
            {
                tally.gone += 1;
                continue;
            }
            let judged = judge(*fact, kind, shown, &line, tally);
            if tally.unknown > unknown {
                let (at, name) = (frame.at.line.unwrap_or(0), name(*var));
                let why = shown.and_then(|shown| shown.as_ref().err());
                let why = why.map_or_else(String::new, ToString::to_string);
                let file = self.file();
                tally.unknowns.push(format!("{file}:{at}: {name}: {fact:?} {kind:?}: {why}"));
            }
            if let Err(why) = judged {
                let at = frame.at.line.unwrap_or(0);
                let shown = shown.map(|s| s.as_ref().map_err(ToString::to_string));
                let name = name(*var);
                let file = self.file();
                tally.wrong.push(format!("{file}:{at}: {name} is {fact:?}: {why}: {shown:?}"));
            }
        }
    }
}

/// Whether what is shown of a variable is true.
fn judge(
    fact: Fact,
    kind: Kind,
    shown: Option<&Result<String, Unreadable>>,
    line: &dyn Fn(usize) -> Option<u32>,
    tally: &mut Tally,
) -> Result<(), &'static str> {
    let at = match shown {
        // Of what is not in scope nothing need be kept.
        Some(Err(Unreadable::OptimisedOut)) if fact == Fact::None => return Ok(()),
        None | Some(Err(Unreadable::NotYetInitialised | Unreadable::OutOfScope)) => {
            return if fact == Fact::None { Ok(()) } else { Err("not shown as in scope") };
        }
        Some(Ok(_)) => {
            tally.live += 1;
            return if fact == Fact::Live { Ok(()) } else { Err("shown as live") };
        }
        Some(Err(Unreadable::PartlyMoved { .. })) => {
            tally.partly += 1;
            let partly = matches!(fact, Fact::Partly | Fact::Emptied { .. });
            return if partly { Ok(()) } else { Err("shown as partly moved") };
        }
        Some(Err(Unreadable::MovedOrDropped { at })) => {
            tally.gone += 1;
            let Fact::Gone { no, .. } = fact else { return Err("shown as gone") };
            let Some(line) = line(no) else { return Ok(()) };
            let one_of = |line: u32| at.iter().any(|at| at.ends_with(&format!(":{line}")));
            let told = one_of(line) || one_of(line + 1);
            return if told { Ok(()) } else { Err("another line took it") };
        }
        Some(Err(Unreadable::Moved { at, .. } | Unreadable::Dropped { at, .. })) => at,
        Some(Err(why)) => {
            tally.unknown += 1;
            let fact = match fact {
                Fact::Gone { .. } => "Gone".to_owned(),
                other => format!("{other:?}"),
            };
            let why = why.to_string().replace(|c: char| c.is_ascii_digit(), "");
            *tally.reasons.entry(format!("{fact} {kind:?}: {why}")).or_default() += 1;
            return Ok(());
        }
    };
    tally.gone += 1;
    let (no, dropped) = match fact {
        Fact::Gone { no, dropped } => (no, dropped),
        Fact::Emptied { no } => (no, false),
        _ => return Err("shown as gone"),
    };
    let says_dropped = matches!(shown, Some(Err(Unreadable::Dropped { block: None, .. })));
    let says_freed = matches!(shown, Some(Err(Unreadable::Dropped { block: Some(_), .. })));
    if says_freed {
        // Where what it owned ended was seen, wherever that was.
        return Ok(());
    }
    if says_dropped != dropped {
        return Err("moved and dropped are mixed up");
    }
    let told = at.as_ref().and_then(|at| at.rsplit_once(':')?.1.parse::<u32>().ok());
    if let (Some(told), Some(line)) = (told, line(no)) {
        tally.lines += 1;
        // The pattern that binds what is matched on is on the next line.
        if told != line && told != line + 1 {
            return Err("another line took it");
        }
    }
    Ok(())
}
