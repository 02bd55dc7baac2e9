//! A binary, example, test or bench of a cargo package.
//!
//! Which one is meant is found in `cargo metadata` before anything is built; cargo then builds that
//! one and says in its messages where the executable is. What cargo prints for people is shown.

use std::ffi::OsString;
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use cargo_metadata::{Artifact, Message, Metadata, MetadataCommand, Package, Target, TargetKind};
use clap::Args;

use super::{Resolved, Source, cannot_start, colour_flag, listed, tool};
use crate::front::errors::UserError;

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
    let metadata = metadata(args)?;
    let choice = choose(args, &packages(&metadata, args))?;
    let artifact = run_cargo(args, &choice)?;
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
    let Ok(metadata) = metadata(&args) else { return Vec::new() };
    names(&packages(&metadata, &args), BuildKind::Bin)
}

/// One executable that cargo can build.
#[derive(PartialEq, Eq, Debug)]
struct Choice {
    package: String,
    name: String,
    kind: BuildKind,
}

fn choose(args: &CargoArgs, packages: &[&Package]) -> Result<Choice, UserError> {
    let asked = [
        (BuildKind::Bin, &args.bin),
        (BuildKind::Example, &args.example),
        (BuildKind::Test, &args.test),
        (BuildKind::Bench, &args.bench),
    ];
    let asked = asked.into_iter().find_map(|(kind, name)| Some((kind, name.as_deref()?)));
    match asked {
        Some((kind, name)) => named(packages, kind, name),
        None => default_binary(packages),
    }
}

fn named(packages: &[&Package], kind: BuildKind, name: &str) -> Result<Choice, UserError> {
    let has = |package: &&&Package| package.targets.iter().any(|t| kind.is(t) && t.name == name);
    let having: Vec<_> = packages.iter().filter(has).collect();
    match having.as_slice() {
        [package] => Ok(Choice { package: package.name.to_string(), name: name.to_owned(), kind }),
        [] => {
            let names = names(packages, kind);
            let word = kind.option().trim_start_matches('-');
            let error = UserError::new(format!("no {word} target named `{name}`"))
                .did_you_mean(name, names.iter().map(String::as_str));
            Err(match names.as_slice() {
                [] => error.hint(format!("the package has no {word} targets")),
                _ => error.hint(format!("there are: {}", listed(names.iter().map(String::as_str)))),
            })
        }
        several => Err(UserError::new(format!("several packages have a target named `{name}`"))
            .hint(format!("choose with -p: {}", listed(several.iter().map(|p| p.name.as_str()))))),
    }
}

/// The only binary, or the one that `default-run` names, as for `cargo run`.
fn default_binary(packages: &[&Package]) -> Result<Choice, UserError> {
    let names = names(packages, BuildKind::Bin);
    let default = packages.iter().filter_map(|package| package.default_run.as_deref());
    let defaults: Vec<&str> = default.collect();
    match (names.as_slice(), defaults.as_slice()) {
        (_, [name]) => named(packages, BuildKind::Bin, name),
        ([name], _) => named(packages, BuildKind::Bin, name),
        ([], _) => {
            let error = UserError::new("the package has no binary to run");
            let examples = self::names(packages, BuildKind::Example);
            Err(match examples.as_slice() {
                [] => error.hint("--test NAME runs one of its integration tests"),
                _ => error.hint(format!(
                    "choose one with --example: {}",
                    listed(examples.iter().map(String::as_str))
                )),
            })
        }
        _ => Err(UserError::new("the package has several binaries")
            .hint(format!("choose one with --bin: {}", listed(names.iter().map(String::as_str))))),
    }
}

fn names(packages: &[&Package], kind: BuildKind) -> Vec<String> {
    let targets = packages.iter().flat_map(|package| &package.targets);
    targets.filter(|target| kind.is(target)).map(|target| target.name.clone()).collect()
}

/// The packages that cargo would build from: the one of `-p`, or those of the directory.
fn packages<'a>(metadata: &'a Metadata, args: &CargoArgs) -> Vec<&'a Package> {
    if let Some(spec) = &args.package {
        // A specification is `name`, `name@version`, or a URL that ends with either after a `#`.
        let name = spec.rsplit(['#', '/']).next().unwrap_or(spec);
        let name = name.split(['@', ':']).next().unwrap_or(name);
        let all = metadata.workspace_packages().into_iter();
        return all.filter(|package| package.name == name).collect();
    }
    let here = args.manifest_path.clone().or_else(nearest_manifest);
    let here = here.and_then(|path| path.canonicalize().ok());
    let is_here =
        |package: &&&Package| Some(package.manifest_path.as_std_path()) == here.as_deref();
    let all = metadata.workspace_packages();
    match all.iter().find(is_here) {
        Some(package) => vec![*package],
        None if metadata.workspace_default_members.is_available() => {
            metadata.workspace_default_packages()
        }
        None => all,
    }
}

/// The `Cargo.toml` that cargo would use: that of this directory or of the nearest one above.
fn nearest_manifest() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    here.ancestors().map(|dir| dir.join("Cargo.toml")).find(|path| path.is_file())
}

fn metadata(args: &CargoArgs) -> Result<Metadata, UserError> {
    let manifest = match &args.manifest_path {
        Some(path) if !path.is_file() => {
            return Err(UserError::new(format!("no such file: {}", path.display()))
                .at(format!("--manifest-path {}", path.display())));
        }
        Some(path) => path.clone(),
        None => nearest_manifest().ok_or_else(nothing_to_run)?,
    };
    let mut command = MetadataCommand::new();
    command.manifest_path(manifest).no_deps();
    let error = match command.exec() {
        Ok(metadata) => return Ok(metadata),
        Err(error) => error,
    };
    Err(match error {
        cargo_metadata::Error::CargoMetadata { stderr } => {
            UserError::build(format!("cargo cannot read the package: {}", stderr.trim()))
        }
        cargo_metadata::Error::Io(error) => cannot_start("cargo", &error),
        other => UserError::build(format!("cargo cannot read the package: {other}")),
    })
}

fn nothing_to_run() -> UserError {
    UserError::new("no TARGET is given, and there is no Cargo.toml here or above")
        .hint("name an executable or a .rs file, or go into a package's directory")
}

fn run_cargo(args: &CargoArgs, choice: &Choice) -> Result<Artifact, UserError> {
    let mut child = cargo_command(args, choice)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| cannot_start("cargo", &error))?;
    let found = read_messages(&mut child, choice);
    let status = child.wait().map_err(|error| cannot_start("cargo", &error))?;
    let failed = || UserError::build(format!("cargo could not build {}", choice.name));
    if !status.success() {
        return Err(failed());
    }
    found.ok_or_else(|| failed().hint("its messages named no executable"))
}

fn cargo_command(args: &CargoArgs, choice: &Choice) -> Command {
    let mut command = tool("CARGO", "cargo");
    command.args(choice.kind.command()).args(flags(args));
    command.arg("--message-format=json-render-diagnostics").arg(colour_flag());
    command.arg("--package").arg(args.package.as_ref().unwrap_or(&choice.package));
    command.arg(choice.kind.option()).arg(&choice.name);
    command
}

/// The options that are cargo's business alone.
fn flags(args: &CargoArgs) -> Vec<OsString> {
    let mut flags: Vec<OsString> = Vec::new();
    let mut with = |name: &str, value: Option<&Path>| {
        flags.push(name.into());
        flags.extend(value.map(OsString::from));
    };
    for features in &args.features {
        with("--features", Some(Path::new(features)));
    }
    let switches = [
        ("--all-features", args.all_features),
        ("--no-default-features", args.no_default_features),
        ("--release", args.release),
    ];
    for (name, _) in switches.into_iter().filter(|(_, on)| *on) {
        with(name, None);
    }
    if let Some(profile) = &args.profile {
        with("--profile", Some(Path::new(profile)));
    }
    if let Some(path) = &args.manifest_path {
        with("--manifest-path", Some(path));
    }
    flags
}

/// Reads cargo's messages to their end, and keeps the one about the executable.
fn read_messages(child: &mut Child, choice: &Choice) -> Option<Artifact> {
    let mut found = None;
    for message in Message::parse_stream(BufReader::new(child.stdout.take()?)).map_while(Result::ok)
    {
        match message {
            Message::CompilerArtifact(artifact) if is_wanted(&artifact, choice) => {
                found = Some(artifact);
            }
            // Something in the build printed to stdout. It is not the program's, so not on ours.
            Message::TextLine(line) => {
                let _ = writeln!(anstream::stderr(), "{line}");
            }
            _ => {}
        }
    }
    found
}

fn is_wanted(artifact: &Artifact, choice: &Choice) -> bool {
    let target = &artifact.target;
    artifact.executable.is_some() && choice.kind.is(target) && target.name == choice.name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, default_run: Option<&str>, targets: &[(&str, &str)]) -> Package {
        let targets: Vec<_> = targets
            .iter()
            .map(|(kind, name)| {
                serde_json::json!({
                    "name": name, "kind": [kind], "crate_types": ["bin"], "src_path": "/x.rs",
                    "required-features": [], "edition": "2024", "doctest": false, "test": true
                })
            })
            .collect();
        serde_json::from_value(serde_json::json!({
            "name": name, "version": "1.0.0", "id": name, "dependencies": [], "targets": targets,
            "features": {}, "manifest_path": "/Cargo.toml", "default_run": default_run
        }))
        .expect("metadata of a package")
    }

    fn chosen(args: &CargoArgs, packages: &[&Package]) -> String {
        match choose(args, packages) {
            Ok(choice) => format!("{} {} {}", choice.package, choice.kind.option(), choice.name),
            Err(error) => anstream::adapter::strip_str(&error.to_string()).to_string(),
        }
    }

    #[test]
    fn the_only_binary_or_the_default_one_is_run() {
        let one = package("p", None, &[("lib", "p"), ("bin", "tool"), ("example", "demo")]);
        assert_eq!(chosen(&CargoArgs::default(), &[&one]), "p --bin tool");
        let two = package("p", Some("b"), &[("bin", "a"), ("bin", "b")]);
        assert_eq!(chosen(&CargoArgs::default(), &[&two]), "p --bin b");
    }

    #[test]
    fn several_binaries_are_listed() {
        let two = package("p", None, &[("bin", "b"), ("bin", "a")]);
        assert_eq!(
            chosen(&CargoArgs::default(), &[&two]),
            "error: the package has several binaries\n  help: choose one with --bin: a, b\n"
        );
    }

    #[test]
    fn a_library_offers_its_examples() {
        let library = package("p", None, &[("lib", "p"), ("example", "demo")]);
        assert_eq!(
            chosen(&CargoArgs::default(), &[&library]),
            "error: the package has no binary to run\n  help: choose one with --example: demo\n"
        );
    }

    #[test]
    fn a_wrong_name_suggests_the_nearest_and_lists_all() {
        let two = package("p", None, &[("test", "parsing"), ("test", "cli"), ("bin", "parsign")]);
        let args = CargoArgs { test: Some("parsnig".into()), ..CargoArgs::default() };
        assert_eq!(
            chosen(&args, &[&two]),
            "error: no test target named `parsnig`\n  help: did you mean `parsing`?\n  \
             help: there are: cli, parsing\n"
        );
    }

    #[test]
    fn the_same_name_in_two_packages_needs_the_package() {
        let one = package("one", None, &[("bin", "tool")]);
        let two = package("two", None, &[("bin", "tool")]);
        let args = CargoArgs { bin: Some("tool".into()), ..CargoArgs::default() };
        assert_eq!(
            chosen(&args, &[&one, &two]),
            "error: several packages have a target named `tool`\n  \
             help: choose with -p: one, two\n"
        );
    }

    #[test]
    fn cargo_is_asked_for_exactly_one_target() {
        let choice = Choice { package: "p".into(), name: "t".into(), kind: BuildKind::Test };
        let args = CargoArgs { features: vec!["a,b".into()], release: true, ..Default::default() };
        let command = cargo_command(&args, &choice);
        let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy()).collect();
        assert_eq!(
            words.join(" "),
            "test --no-run --features a,b --release \
             --message-format=json-render-diagnostics --color=auto --package p --test t"
        );
    }
}
