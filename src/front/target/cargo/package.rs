//! The packages that are here, as `cargo metadata` tells.

use std::path::PathBuf;

use cargo_metadata::{Metadata, MetadataCommand, Package};

use super::CargoArgs;
use crate::front::errors::UserError;
use crate::front::target::{cannot_start, listed};

/// The packages that cargo would build from: the one of `-p`, or those of the directory.
///
/// # Errors
/// The workspace has no package of that name.
pub(super) fn packages<'a>(
    metadata: &'a Metadata,
    args: &CargoArgs,
) -> Result<Vec<&'a Package>, UserError> {
    if let Some(spec) = &args.package {
        // A specification is `name`, `name@version`, or a URL that ends with either after a `#`.
        let name = spec.rsplit(['#', '/']).next().unwrap_or(spec);
        let name = name.split(['@', ':']).next().unwrap_or(name);
        return of_name(metadata.workspace_packages(), name);
    }
    let here = args.manifest_path.clone().or_else(nearest_manifest);
    let here = here.and_then(|path| path.canonicalize().ok());
    let is_here =
        |package: &&&Package| Some(package.manifest_path.as_std_path()) == here.as_deref();
    let all = metadata.workspace_packages();
    Ok(match all.iter().find(is_here) {
        Some(package) => vec![*package],
        None if metadata.workspace_default_members.is_available() => {
            metadata.workspace_default_packages()
        }
        None => all,
    })
}

fn of_name<'a>(all: Vec<&'a Package>, name: &str) -> Result<Vec<&'a Package>, UserError> {
    let of_it: Vec<_> = all.iter().copied().filter(|package| package.name == name).collect();
    if !of_it.is_empty() {
        return Ok(of_it);
    }
    let names = || all.iter().map(|package| package.name.as_str());
    Err(UserError::new(format!("the workspace has no package named `{name}`"))
        .did_you_mean(name, names())
        .hint(format!("there are: {}", listed(names()))))
}

/// The `Cargo.toml` that cargo would use: that of this directory or of the nearest one above.
fn nearest_manifest() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    here.ancestors().map(|dir| dir.join("Cargo.toml")).find(|path| path.is_file())
}

/// What cargo knows of the workspace, without its dependencies.
pub(super) fn metadata(args: &CargoArgs) -> Result<Metadata, UserError> {
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
