//! The test executables of a package, as `cargo test` builds them.

use std::io::{BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use cargo_metadata::{Artifact, Message};

use super::CargoArgs;
use super::run::flags;
use crate::front::errors::UserError;
use crate::front::target::{cannot_start, colour_flag, tool};

/// A test executable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TestBinary {
    /// What it was built from: the name of its target.
    pub target: String,
    /// Where it is.
    pub executable: PathBuf,
    /// The folder of its package, in which tests run; none means where Freehold runs.
    pub dir: Option<PathBuf>,
}

/// Builds the tests that the options select, all of the package where they select none.
///
/// # Errors
/// The build failed, after cargo has shown why (101); or cargo is not there.
pub(in crate::front::target) fn build_tests(
    args: &CargoArgs,
) -> Result<Vec<TestBinary>, UserError> {
    let mut child = command(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| cannot_start("cargo", &error))?;
    let found = executables(&mut child);
    let status = child.wait().map_err(|error| cannot_start("cargo", &error))?;
    match status.success() {
        true => Ok(found),
        false => Err(UserError::build("cargo could not build the tests".to_owned())),
    }
}

fn command(args: &CargoArgs) -> Command {
    let mut command = tool("CARGO", "cargo");
    command.args(["test", "--no-run"]).args(flags(args));
    command.arg("--message-format=json-render-diagnostics").arg(colour_flag());
    if let Some(package) = &args.package {
        command.arg("--package").arg(package);
    }
    let kinds = [
        ("--bin", &args.bin),
        ("--example", &args.example),
        ("--test", &args.test),
        ("--bench", &args.bench),
    ];
    for (option, name) in kinds {
        command.args(name.iter().flat_map(|name| [option, name]));
    }
    command
}

fn executables(child: &mut Child) -> Vec<TestBinary> {
    let mut found = Vec::new();
    let Some(stdout) = child.stdout.take() else { return found };
    for message in Message::parse_stream(BufReader::new(stdout)).map_while(Result::ok) {
        match message {
            Message::CompilerArtifact(artifact) if artifact.profile.test => {
                found.extend(binary(artifact));
            }
            Message::TextLine(line) => {
                let _ = writeln!(anstream::stderr(), "{line}");
            }
            _ => {}
        }
    }
    found
}

fn binary(artifact: Artifact) -> Option<TestBinary> {
    Some(TestBinary {
        target: artifact.target.name,
        executable: artifact.executable?.into(),
        dir: artifact.manifest_path.parent().map(|dir| dir.as_std_path().to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_is_asked_for_what_the_options_select() {
        let args =
            CargoArgs { test: Some("t".into()), package: Some("p".into()), ..Default::default() };
        let command = command(&args);
        let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy()).collect();
        assert_eq!(
            words.join(" "),
            "test --no-run --message-format=json-render-diagnostics --color=auto --package p \
             --test t"
        );
    }
}
