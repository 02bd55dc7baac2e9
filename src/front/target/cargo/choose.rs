//! Which target of which package is meant, and what is said where that cannot be told.

use cargo_metadata::Package;

use super::{BuildKind, CargoArgs};
use crate::front::errors::UserError;
use crate::front::target::listed;

/// One executable that cargo can build.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Choice {
    pub(super) package: String,
    pub(super) name: String,
    pub(super) kind: BuildKind,
}

/// The target that the options name, or the default binary.
pub(super) fn choose(args: &CargoArgs, packages: &[&Package]) -> Result<Choice, UserError> {
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

/// The names of all targets of a kind.
pub(super) fn names(packages: &[&Package], kind: BuildKind) -> Vec<String> {
    let targets = packages.iter().flat_map(|package| &package.targets);
    targets.filter(|target| kind.is(target)).map(|target| target.name.clone()).collect()
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
}
