//! A binary, example, test or bench of a cargo package.
//!
//! Which one is meant is found in `cargo metadata` before anything is built; cargo then builds that
//! one and says in its messages where the executable is. What cargo prints for people is shown.
//! Nothing here touches a program.

mod choose;
mod package;
mod run;
mod test_binaries;

use std::path::PathBuf;

use cargo_metadata::{Target, TargetKind};
use clap::Args;

use super::{Resolved, Source};
use crate::front::errors::UserError;
use choose::choose;
pub use test_binaries::TestBinary;
pub(super) use test_binaries::build_tests;

/// Cargo's own options for what to build and how.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Cargo package")]
pub(super) struct CargoArgs {
    /// The package, where the workspace has several
    #[arg(long, short, value_name = "SPEC")]
    package: Option<String>,

    /// A binary of the package
    #[arg(long, value_name = "NAME", group = "kind")]
    bin: Option<String>,

    /// An example of the package
    #[arg(long, value_name = "NAME", group = "kind")]
    example: Option<String>,

    /// An integration test of the package
    #[arg(long, value_name = "NAME", group = "kind")]
    test: Option<String>,

    /// A benchmark of the package
    #[arg(long, value_name = "NAME", group = "kind")]
    bench: Option<String>,

    /// Features to switch on, separated by commas (may be repeated)
    #[arg(long, short = 'F', value_name = "FEATURES")]
    features: Vec<String>,

    /// Switch on all features
    #[arg(long)]
    all_features: bool,

    /// Leave the default feature out
    #[arg(long)]
    no_default_features: bool,

    /// Build with the release profile
    #[arg(long, short, conflicts_with = "profile")]
    release: bool,

    /// Build with this profile
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,

    /// The package's Cargo.toml
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<PathBuf>,
}

/// What cargo can build an executable from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BuildKind {
    /// `src/main.rs`, `src/bin/NAME.rs` or a `[[bin]]`.
    Bin,
    /// `examples/NAME.rs` or an `[[example]]`.
    Example,
    /// `tests/NAME.rs` or a `[[test]]`.
    Test,
    /// `benches/NAME.rs` or a `[[bench]]`.
    Bench,
}

impl BuildKind {
    /// The name of cargo's option that selects one.
    pub fn option(self) -> &'static str {
        match self {
            BuildKind::Bin => "--bin",
            BuildKind::Example => "--example",
            BuildKind::Test => "--test",
            BuildKind::Bench => "--bench",
        }
    }

    fn is(self, target: &Target) -> bool {
        target.kind.iter().any(|kind| {
            matches!(
                (self, kind),
                (BuildKind::Bin, TargetKind::Bin)
                    | (BuildKind::Example, TargetKind::Example)
                    | (BuildKind::Test, TargetKind::Test)
                    | (BuildKind::Bench, TargetKind::Bench)
            )
        })
    }

    /// The command that builds it and does not run it.
    fn command(self) -> &'static [&'static str] {
        match self {
            BuildKind::Bin | BuildKind::Example => &["build"],
            BuildKind::Test => &["test", "--no-run"],
            BuildKind::Bench => &["bench", "--no-run"],
        }
    }
}

/// Builds what the options select.
pub(super) fn build(args: &CargoArgs) -> Result<Resolved, UserError> {
    let metadata = package::metadata(args)?;
    let choice = choose(args, &package::packages(&metadata, args)?)?;
    let artifact = run::run_cargo(args, &choice)?;
    let Some(executable) = &artifact.executable else {
        return Err(UserError::build(format!("cargo built no executable for {}", choice.name)));
    };
    let source =
        Source::Cargo { package: choice.package, name: choice.name.clone(), kind: choice.kind };
    let mut resolved = Resolved::found(executable.into(), source);
    let dir = artifact.manifest_path.parent().map(|dir| dir.as_std_path().to_owned());
    if let Some(dir) = dir {
        // What `cargo run` and `cargo test` set for the program.
        resolved.env.push(("CARGO_MANIFEST_DIR".into(), dir.clone().into()));
        // Tests and benches run in their package's directory, programs where the user is.
        let at_home = matches!(choice.kind, BuildKind::Test | BuildKind::Bench);
        resolved.cwd = at_home.then_some(dir);
    }
    Ok(resolved)
}

/// The names of the binaries of the package in this directory, or none where there is no package.
pub(super) fn binaries_here() -> Vec<String> {
    let args = CargoArgs::default();
    let Ok(metadata) = package::metadata(&args) else { return Vec::new() };
    let Ok(packages) = package::packages(&metadata, &args) else { return Vec::new() };
    choose::names(&packages, BuildKind::Bin)
}
