//! One run of cargo, and what its messages say of the executable.

use std::ffi::OsString;
use std::io::{BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use cargo_metadata::{Artifact, Message};

use super::CargoArgs;
use super::choose::Choice;
use crate::front::errors::UserError;
use crate::front::target::{cannot_start, colour_flag, tool};

/// Builds the target that was chosen; cargo shows its progress and its errors itself.
pub(super) fn run_cargo(args: &CargoArgs, choice: &Choice) -> Result<Artifact, UserError> {
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
pub(super) fn flags(args: &CargoArgs) -> Vec<OsString> {
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
    use super::super::BuildKind;
    use super::*;

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
