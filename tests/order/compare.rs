//! Compares the drops that `freehold drops` tells of with what the program prints.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::generate;
use super::random::Random;
use super::support::{Ran, command, told};

/// A program that is generated.
pub struct Made {
    dir: PathBuf,
    seed: u64,
}

/// What was compared.
#[derive(Default, Debug)]
pub struct Tally {
    /// Drops that the programs printed.
    pub drops: usize,
    /// Drops of which function and line were compared.
    pub places: usize,
    /// Drops that are missing, of another type, or not printed.
    pub wrong: Vec<String>,
    /// Drops in another function or on another line.
    pub misplaced: Vec<String>,
}

impl Tally {
    pub fn add(&mut self, other: Tally) {
        self.drops += other.drops;
        self.places += other.places;
        self.wrong.extend(other.wrong);
        self.misplaced.extend(other.misplaced);
    }
}

/// A drop: the type, the function and the line.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Drop {
    ty: String,
    function: String,
    line: u64,
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

    fn executable(&self, folder: &str) -> PathBuf {
        self.dir.join(format!("s{}-{folder}", self.seed))
    }

    /// Builds, runs and compares.
    pub fn compare(&self, folder: &str, flags: &[&str]) -> Tally {
        let (source, program) = (format!("s{}.rs", self.seed), self.executable(folder));
        let mut rustc = Command::new("rustc");
        rustc.current_dir(&self.dir).args(["--edition", "2024", "-Awarnings"]).args(flags);
        let output = rustc.arg("-o").args([&program, Path::new(&source)]).output();
        let output = output.expect("rustc starts");
        assert!(output.status.success(), "{source}: {}", String::from_utf8_lossy(&output.stderr));
        let printed = printed(&program);
        let told = told(&["drops"], &program, "");
        let name = format!("{source} {folder}");
        let mut tally = Tally { drops: printed.len(), ..Tally::default() };
        for part in ["value", "body"] {
            let seen: Vec<Drop> =
                told.of("drop").filter_map(|event| drop_of(event, part)).collect();
            differences(&format!("{name} {part}"), &printed, &seen, &mut tally);
        }
        tally
    }

    /// Whether the snapshot of the debug build does not hold for the optimised one: what is said.
    pub fn snapshots_differ(&self) -> Option<String> {
        let file = self.dir.join(format!("s{}.drops", self.seed));
        let check = |folder: &str, more: &[&str]| {
            let mut freehold = command();
            freehold.env_remove("CI").args(["drops", "--check"]).arg(&file).args(more);
            let output = freehold.arg(self.executable(folder)).output().expect("it ends");
            Ran::of(output)
        };
        let accepted = check("debug", &["--accept"]);
        assert_eq!(accepted.code, 0, "{accepted:?}");
        let ran = check("opt", &[]);
        let first = ran.stderr.lines().next().unwrap_or_default();
        (ran.code != 0).then(|| format!("s{}: code {}: {first}", self.seed, ran.code))
    }
}

/// What the program prints that it drops, in order: `d TYPE ID FUNCTION LINE`.
fn printed(program: &Path) -> Vec<Drop> {
    let output = Command::new(program).env("ORACLE_PLACES", "1").output().expect("it starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let read = |line: &str| {
        let mut words = line.rsplitn(4, ' ');
        let (no, function) = (words.next()?, words.next()?);
        let _id = words.next()?;
        let ty = words.next()?.strip_prefix("d ")?;
        Some(Drop { ty: normal(ty), function: normal(function), line: no.parse().ok()? })
    };
    text.lines().map(|line| read(line).unwrap_or_else(|| panic!("{line}"))).collect()
}

/// A drop of a type that prints.
fn drop_of(event: &Value, part: &str) -> Option<Drop> {
    let prints = event["implements_drop"] == true && event["whose"] == "user";
    (prints && event["part"] == part).then_some(())?;
    let function = event["at"]["function"].as_str().unwrap_or("?");
    Some(Drop {
        ty: normal(event["type_path"].as_str()?),
        function: normal(function),
        line: event["at"]["line"].as_u64().unwrap_or(0),
    })
}

/// A name as both sides write it: DWARF names the allocator of a `Box`, and counts closures.
fn normal(name: &str) -> String {
    let name = name.replace([' '], "").replace(",alloc::alloc::Global", "");
    let mut parts = name.split("{closure#");
    let mut normal = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.split_once('}').map_or("", |(_, rest)| rest);
        normal += &format!("{{{{closure}}}}{rest}");
    }
    normal
}

/// Adds what is wrong to the tally. After a difference, both lists are followed to where they agree
/// again for several drops, so that one that is missing does not make all others wrong.
fn differences(name: &str, printed: &[Drop], seen: &[Drop], tally: &mut Tally) {
    let (mut p, mut s) = (0, 0);
    while p < printed.len() || s < seen.len() {
        match (printed.get(p), seen.get(s)) {
            (Some(one), Some(other)) if one.ty == other.ty => {
                tally.places += usize::from(name.ends_with("value"));
                // A value that is dropped below no function of the program has no place.
                if one.function != "?" && (&one.function, one.line) != (&other.function, other.line)
                {
                    tally.misplaced.push(format!("{name} {p}: printed {one:?}, told {other:?}"));
                }
                (p, s) = (p + 1, s + 1);
            }
            _ => {
                let (missing, more) = resume(&printed[p..], &seen[s..]);
                let (one, other) = (&printed[p..p + missing], &seen[s..s + more]);
                for _ in 0..missing.max(more) {
                    tally.wrong.push(format!("{name} {p}: printed {one:?}, told {other:?}"));
                }
                (p, s) = (p + missing, s + more);
            }
        }
    }
}

/// How many of each list are left out until eight of them, or all that are left, agree.
fn resume(printed: &[Drop], seen: &[Drop]) -> (usize, usize) {
    let agree = |one: &[Drop], other: &[Drop]| {
        let ends = one.len() < 8 && one.len() == other.len();
        let same = one.iter().zip(other).take(8).take_while(|(a, b)| a.ty == b.ty).count();
        same == 8 || (ends && same == one.len())
    };
    for total in 1..200 {
        for missing in 0..=total {
            let more = total - missing;
            let (Some(one), Some(other)) = (printed.get(missing..), seen.get(more..)) else {
                continue;
            };
            if agree(one, other) {
                return (missing, more);
            }
        }
    }
    (printed.len(), seen.len())
}
