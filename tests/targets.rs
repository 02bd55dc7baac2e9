//! What cargo builds for each of its options, in a package made for the test.

use std::fs;
use std::path::Path;
use std::process::Command;

use clap::Parser;
use freehold::front::{BuildKind, Resolved, Source, TargetArgs};

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    target: TargetArgs,
}

const MANIFEST: &str = "[package]\nname = \"demo\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
                        default-run = \"main\"\n[features]\nloud = []\n";
const SAYS: &str = "fn main() { println!(\"SAYS {} {}\", cfg!(feature = \"loud\"), \
                    cfg!(debug_assertions)); }";

fn parse(dir: &Path, words: &[&str]) -> TargetArgs {
    let manifest = dir.join("Cargo.toml");
    let manifest = manifest.to_str().expect("a plain path");
    let first = ["freehold", "--manifest-path", manifest];
    let words = first.iter().chain(words);
    Line::parse_from(words).target
}

fn resolve(dir: &Path, words: &[&str]) -> Resolved {
    parse(dir, words).resolve().expect("it builds")
}

fn says(resolved: &Resolved) -> String {
    let mut command = Command::new(&resolved.executable);
    command.args(&resolved.args).envs(resolved.env.iter().cloned());
    let output = command.output().expect("it starts");
    assert!(output.status.success());
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn cargos_options_choose_what_is_built() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let dir = dir.path().canonicalize().expect("its real path");
    let files = [
        ("Cargo.toml", MANIFEST.to_owned()),
        ("src/bin/main.rs", SAYS.replace("SAYS", "main")),
        ("src/bin/other.rs", SAYS.replace("SAYS", "other")),
        ("examples/show.rs", SAYS.replace("SAYS", "show")),
        ("tests/holds.rs", "#[test] fn it_holds() {}".to_owned()),
    ];
    for (name, text) in files {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        fs::write(path, text).expect("written");
    }

    let default = resolve(&dir, &["--env", "A=b", "--aslr", "--", "-x"]);
    assert_eq!(says(&default), "main false true\n");
    assert_eq!(default.args, ["-x"]);
    assert_eq!((default.cwd, default.aslr), (None, true));
    let home = ("CARGO_MANIFEST_DIR".into(), dir.clone().into());
    assert_eq!(default.env, [home, ("A".into(), "b".into())]);
    let source =
        Source::Cargo { package: "demo".into(), name: "main".into(), kind: BuildKind::Bin };
    assert_eq!(default.source, source);

    let other = resolve(&dir, &["--bin", "other", "-F", "loud", "--release"]);
    assert_eq!(says(&other), "other true false\n");
    assert_eq!(says(&resolve(&dir, &["-p", "demo", "--example", "show"])), "show false true\n");

    let test = resolve(&dir, &["--test", "holds"]);
    assert!(says(&test).contains("test it_holds ... ok"));
    assert_eq!(test.cwd, Some(dir.clone()));
    let elsewhere = resolve(&dir, &["--test", "holds", "--cwd", "/"]);
    assert_eq!(elsewhere.cwd, Some("/".into()));

    let unknown = parse(&dir, &["-p", "demmo"]).resolve().expect_err("there is no such package");
    let unknown = unknown.to_string();
    for part in ["no package named `demmo`", "did you mean `demo`?", "there are: demo"] {
        assert!(unknown.contains(part), "{unknown}");
    }
}
