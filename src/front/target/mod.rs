//! What to run: an executable, one `.rs` file, or a target of a cargo package.
//!
//! [`TargetArgs`] is the part of the command line that every subcommand shares; resolving it builds
//! what must be built and says what to launch.

mod cache;
mod cargo;
mod executable;
mod rust_file;
mod suggest;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use super::errors::UserError;
use cargo::CargoArgs;
pub use cargo::{BuildKind, TestBinary};
use rust_file::RustArgs;

/// The program to run, as it is asked for on the command line.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Target")]
pub struct TargetArgs {
    /// An executable or one .rs file; without it, the package in this directory
    #[arg(value_name = "TARGET", conflicts_with = "CargoArgs", display_order = 1)]
    pub target: Option<PathBuf>,

    /// Arguments for the program
    #[arg(value_name = "ARGS", last = true, display_order = 2)]
    pub args: Vec<OsString>,

    #[command(flatten)]
    cargo: CargoArgs,

    #[command(flatten)]
    rust: RustArgs,

    #[command(flatten)]
    launch: LaunchArgs,
}

/// The tests of a package, as cargo's options select them.
#[derive(Args, Clone, Debug)]
pub struct TestTargets {
    #[command(flatten)]
    cargo: CargoArgs,
}

impl TestTargets {
    /// Builds their executables.
    ///
    /// # Errors
    /// The build failed, after cargo has shown why (101).
    pub fn build(&self) -> Result<Vec<TestBinary>, UserError> {
        cargo::build_tests(&self.cargo)
    }
}

/// How the program is started.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Launch")]
struct LaunchArgs {
    /// The directory the program starts in
    #[arg(long, value_name = "DIR")]
    cwd: Option<PathBuf>,

    /// A variable of the program's environment (may be repeated)
    #[arg(long = "env", value_name = "KEY=VALUE", value_parser = key_and_value)]
    env: Vec<(String, String)>,

    /// Keep the random address layout of the kernel, which is off otherwise
    #[arg(long)]
    aslr: bool,
}

/// A program that is ready to be launched.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Resolved {
    /// The executable, as an absolute path.
    pub executable: PathBuf,
    /// Its arguments, without its own name.
    pub args: Vec<OsString>,
    /// The directory it starts in; Freehold's own where there is none.
    pub cwd: Option<PathBuf>,
    /// What is set in its environment beside what Freehold has in its own; the last one wins.
    pub env: Vec<(OsString, OsString)>,
    /// Whether the kernel may place it at random addresses.
    pub aslr: bool,
    /// Where the executable comes from.
    pub source: Source,
}

/// Where an executable comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// It was there, and nothing was built.
    Executable,
    /// It was built from this one source file.
    RustFile(PathBuf),
    /// Cargo built it.
    Cargo {
        /// The package.
        package: String,
        /// The name of the binary, example, test or bench.
        name: String,
        /// Which of these it is.
        kind: BuildKind,
    },
}

impl TargetArgs {
    /// Finds the program, and builds it where it is a source file or a package's.
    ///
    /// # Errors
    /// A target that is missing, ambiguous or no program (exit code 2), and a build that failed,
    /// after rustc or cargo has shown why (101).
    pub fn resolve(&self) -> Result<Resolved, UserError> {
        if let Some(dir) = self.launch.cwd.as_deref().filter(|dir| !dir.is_dir()) {
            return Err(UserError::new(format!("no such directory: {}", dir.display()))
                .at(format!("--cwd {}", dir.display())));
        }
        let mut resolved = match &self.target {
            Some(path) => self.file(path)?,
            None => {
                self.rust.refuse("a package of cargo")?;
                cargo::build(&self.cargo)?
            }
        };
        resolved.args.clone_from(&self.args);
        resolved.aslr = self.launch.aslr;
        if self.launch.cwd.is_some() {
            resolved.cwd.clone_from(&self.launch.cwd);
        }
        resolved.env.extend(self.launch.env.iter().map(|(k, v)| (k.into(), v.into())));
        Ok(resolved)
    }

    fn file(&self, path: &Path) -> Result<Resolved, UserError> {
        match executable::recognise(path)? {
            executable::FileKind::Rust => {
                let executable = rust_file::build(path, &self.rust)?;
                Ok(Resolved::found(executable, Source::RustFile(path.to_owned())))
            }
            executable::FileKind::Program(executable) => {
                self.rust.refuse("an executable")?;
                Ok(Resolved::found(executable, Source::Executable))
            }
        }
    }
}

impl Resolved {
    fn found(executable: PathBuf, source: Source) -> Resolved {
        Resolved { executable, args: Vec::new(), cwd: None, env: Vec::new(), aslr: false, source }
    }
}

/// `--color` for rustc and cargo: what Freehold was told.
fn colour_flag() -> &'static str {
    match anstream::ColorChoice::global() {
        anstream::ColorChoice::Always | anstream::ColorChoice::AlwaysAnsi => "--color=always",
        anstream::ColorChoice::Never => "--color=never",
        anstream::ColorChoice::Auto => "--color=auto",
    }
}

/// A tool of the toolchain: the one that the environment names (cargo sets `CARGO` for
/// `cargo freehold`), or the one on the search path.
fn tool(variable: &str, name: &str) -> Command {
    Command::new(std::env::var_os(variable).unwrap_or_else(|| name.into()))
}

fn cannot_start(name: &str, error: &std::io::Error) -> UserError {
    let reason = super::errors::reason(error);
    UserError::new(format!("cannot start {name}: {reason}"))
        .hint("install Rust (https://rustup.rs), or name an executable that is already built")
}

fn key_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".to_owned()),
    }
}

/// Names for a list in an error: each once, in order, and not more than a person reads.
fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 20;
    let names: BTreeSet<&str> = names.into_iter().collect();
    let shown: Vec<&str> = names.iter().take(SHOWN).copied().collect();
    let more = names.len() - shown.len();
    match more {
        0 => shown.join(", "),
        _ => format!("{}, and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_has_a_name_and_may_have_an_empty_value() {
        assert_eq!(key_and_value("A=b=c"), Ok(("A".to_owned(), "b=c".to_owned())));
        assert_eq!(key_and_value("A="), Ok(("A".to_owned(), String::new())));
        assert!(key_and_value("=b").is_err());
        assert!(key_and_value("A").is_err());
    }

    #[test]
    fn long_lists_are_cut() {
        assert_eq!(listed(["b", "a", "b"]), "a, b");
        let many: Vec<String> = (10..40).map(|number| number.to_string()).collect();
        assert!(listed(many.iter().map(String::as_str)).ends_with("28, 29, and 10 more"));
    }
}
