//! Test programs: built by rustc into `target/test-programs`, once for each name and variant.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// How a test program is built.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Variant {
    /// `-g`.
    Debug,
    /// `-O -g`.
    Opt,
    /// No debug information; the symbols remain.
    NoDebug,
    /// `-O` without debug information.
    OptNoDebug,
    /// `-g` with DWARF 5 instead of 4.
    Dwarf5,
}

impl Variant {
    fn flags(self) -> &'static [&'static str] {
        match self {
            Variant::Debug => &["-g"],
            Variant::Opt => &["-O", "-g"],
            Variant::NoDebug => &[],
            Variant::OptNoDebug => &["-O"],
            Variant::Dwarf5 => &["-g", "-Cdwarf-version=5"],
        }
    }

    fn folder(self) -> &'static str {
        match self {
            Variant::Debug => "debug",
            Variant::Opt => "opt",
            Variant::NoDebug => "no-debug",
            Variant::OptNoDebug => "opt-no-debug",
            Variant::Dwarf5 => "dwarf5",
        }
    }
}

/// A test program that is built.
pub struct Program {
    /// Its name below `test-programs`: `hello`, `bad/forks`.
    pub name: String,
    /// The executable.
    pub executable: PathBuf,
    /// The source, as an absolute path.
    pub source: PathBuf,
    markers: BTreeMap<String, u32>,
}

impl Program {
    /// The number of the line with the marker `// #name`.
    #[track_caller]
    pub fn line(&self, marker: &str) -> u32 {
        match self.markers.get(marker) {
            Some(line) => *line,
            None => panic!("{} has no marker #{marker}, but {:?}", self.name, self.markers),
        }
    }
}

/// Builds `test-programs/NAME.rs`, or finds it built.
///
/// Test binaries and their threads run at the same time: a file lock lets one of them build.
#[track_caller]
pub fn program(name: &str, variant: Variant) -> Program {
    program_with(name, variant.folder(), variant.flags())
}

/// The same with other flags, in a folder of its own.
#[track_caller]
pub fn program_with(name: &str, folder: &str, flags: &[&str]) -> Program {
    let source = package().join("test-programs").join(name).with_extension("rs");
    let text =
        fs::read_to_string(&source).unwrap_or_else(|error| panic!("{}: {error}", source.display()));
    let folder = format!("{folder}{}", toolchain().unwrap_or_default());
    let executable = build_dir().join(folder).join(name);
    let dir = executable.parent().expect("it lies in a folder");
    fs::create_dir_all(dir).expect("the folder for test programs");
    let lock = File::create(executable.with_extension("lock")).expect("a lock file");
    lock.lock().expect("the lock");
    // The debug information names the folder of the package, which can be moved with its `target`.
    let built_by = (package(), rustc_version());
    let key = format!("{flags:?}\n{built_by:?}\n{text}");
    let key_file = executable.with_extension("key");
    let fresh = executable.is_file() && fs::read_to_string(&key_file).is_ok_and(|old| old == key);
    if !fresh {
        let relative = Path::new("test-programs").join(name).with_extension("rs");
        compile(&relative, &executable, flags);
        fs::write(&key_file, &key).expect("the key file");
    }
    // The lock ends with its file.
    drop(lock);
    Program { name: name.to_owned(), executable, source, markers: markers(&text) }
}

fn compile(source: &Path, executable: &Path, flags: &[&str]) {
    // Which toolchain is the proxy's business, and must come first: `+nightly`.
    let (mut rustc, flags) = match flags.split_first() {
        Some((first, rest)) if first.starts_with('+') => (rustc_of(Some(first)), rest),
        _ => (rustc(), flags),
    };
    let output = rustc
        .current_dir(package())
        .args(["--edition", "2024", "-D", "warnings"])
        .args(flags)
        .arg("-o")
        .args([executable, source])
        .output()
        .expect("rustc starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "rustc {}:\n{said}", source.display());
}

/// The package that is tested.
pub fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// `target/test-programs`, wherever `target` is.
pub fn build_dir() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("test-programs")
}

/// The toolchain whose compiler builds the programs, `+nightly`, where `scripts/layouts` names one.
pub fn toolchain() -> Option<String> {
    std::env::var("FREEHOLD_TEST_TOOLCHAIN").ok()
}

fn rustc() -> Command {
    rustc_of(toolchain())
}

fn rustc_of(toolchain: Option<impl AsRef<OsStr>>) -> Command {
    let mut command = Command::new("rustc");
    command.args(toolchain);
    command
}

fn rustc_version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| {
        let output = rustc().arg("-vV").output().expect("rustc starts");
        String::from_utf8_lossy(&output.stdout).into_owned()
    })
}

/// Every `// #name` with the number of its line. A name is of small letters, digits and hyphens;
/// what follows it is a comment.
pub fn markers(source: &str) -> BTreeMap<String, u32> {
    let mut found = BTreeMap::new();
    for (line, number) in source.lines().zip(1..) {
        let Some((_, rest)) = line.split_once("// #") else { continue };
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let name: String = rest.chars().take_while(|c| is_name(*c)).collect();
        let before = found.insert(name.clone(), number);
        assert_eq!(before, None, "the marker #{name} is there twice");
    }
    found
}
