//! Writes, builds and runs a program that is made up.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::generate;
use super::names::{function, short_type};
use super::random::Random;
use super::support::{Ran, command};

/// How a program is built: the name, and what rustc is told.
#[derive(Clone, Copy, Debug)]
pub struct Build {
    pub name: &'static str,
    flags: &'static [&'static str],
    pub optimised: bool,
}

pub const DEBUG: Build = Build { name: "debug", flags: &["-g"], optimised: false };
pub const OPTIMISED: Build = Build { name: "opt", flags: &["-O", "-g"], optimised: true };
pub const NIGHTLY: Build = Build { name: "nightly", flags: &["+nightly", "-g"], optimised: false };
pub const NIGHTLY_OPTIMISED: Build =
    Build { name: "nightly-opt", flags: &["+nightly", "-O", "-g"], optimised: true };

/// A program that is generated.
pub struct Made {
    dir: PathBuf,
    seed: u64,
}

/// A drop: the type, the function and the line, and the thread that dropped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Drop {
    pub ty: String,
    pub function: String,
    pub line: u64,
    pub thread: String,
}

impl Drop {
    /// Whether both are of one type, in one function and on one line.
    pub fn is_at(&self, other: &Drop) -> bool {
        (&self.ty, &self.function, self.line) == (&other.ty, &other.function, other.line)
    }
}

impl Made {
    /// Writes the program of a seed.
    pub fn new(name: &str, seed: u64, functions: usize) -> Made {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("order").join(name);
        fs::create_dir_all(&dir).expect("a folder for the programs");
        let text = generate::program(&mut Random::new(seed), functions);
        fs::write(dir.join(format!("s{seed}.rs")), text).expect("the program is written");
        Made { dir, seed }
    }

    /// The name of a build, for people.
    pub fn name(&self, build: &Build) -> String {
        format!("s{}.rs {}", self.seed, build.name)
    }

    pub fn executable(&self, build: &Build) -> PathBuf {
        self.dir.join(format!("s{}-{}", self.seed, build.name))
    }

    pub fn build(&self, build: &Build) {
        let source = format!("s{}.rs", self.seed);
        let mut rustc = Command::new("rustc");
        rustc.current_dir(&self.dir).args(build.flags).args(["--edition", "2024", "-Awarnings"]);
        let output = rustc.arg("-o").arg(self.executable(build)).arg(&source).output();
        let output = output.expect("rustc starts");
        assert!(output.status.success(), "{source}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Where the snapshot of a build lies. It has lines, or none.
    pub fn snapshot(&self, build: &Build, lines: bool) -> PathBuf {
        let lines = if lines { "-lines" } else { "" };
        self.dir.join(format!("s{}-{}{lines}.drops", self.seed, build.name))
    }

    /// Writes the snapshot of a build.
    pub fn accept(&self, build: &Build, lines: bool) -> PathBuf {
        let file = self.snapshot(build, lines);
        let more: &[&str] = if lines { &["--accept", "--lines"] } else { &["--accept"] };
        let accepted = self.check(&file, build, more);
        assert_eq!(accepted.code, 0, "{}: {accepted:?}", self.name(build));
        file
    }

    /// Compares a build with a snapshot.
    pub fn check(&self, file: &Path, build: &Build, more: &[&str]) -> Ran {
        let mut freehold = command();
        freehold.env_remove("CI").args(["drops", "--check"]).arg(file).args(more);
        Ran::of(freehold.arg(self.executable(build)).output().expect("it ends"))
    }

    /// What does not hold of the snapshot of one build for another: what is said first.
    pub fn differ(&self, of: &Build, with: &Build) -> Option<String> {
        let ran = self.check(&self.snapshot(of, false), with, &[]);
        let first = ran.stderr.lines().next().unwrap_or_default();
        let name = format!("s{}.rs, {} with {}", self.seed, of.name, with.name);
        (ran.code != 0).then(|| format!("{name}: code {}: {first}", ran.code))
    }

    /// What the program prints that it drops, in order: `d TYPE ID FUNCTION LINE THREAD`.
    pub fn printed(&self, build: &Build) -> Vec<Drop> {
        let mut program = Command::new(self.executable(build));
        let output = program.env("ORACLE_PLACES", "1").output().expect("it starts");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let read = |line: &str| {
            let mut words = line.rsplitn(5, ' ');
            let (thread, no, place) = (words.next()?, words.next()?, words.next()?);
            let _id = words.next()?;
            let ty = short_type(words.next()?.strip_prefix("d ")?);
            let line = no.parse().ok()?;
            Some(Drop { ty, function: function(place), line, thread: thread.to_owned() })
        };
        text.lines().map(|line| read(line).unwrap_or_else(|| panic!("{line}"))).collect()
    }
}
