//! `freehold test`: the tests of a package, each under the ledger.

mod support;

use std::fs;
use std::path::Path;

use serde_json::Value;
use support::{Ran, freehold_in};

const LIBRARY: &str = r#"
pub struct Guard(pub u8);

impl Drop for Guard {
    #[inline(never)]
    fn drop(&mut self) {}
}

pub fn make() -> Vec<String> {
    vec!["a".to_owned(), "b".to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes() {
        assert_eq!(make().len(), 2);
    }

    #[test]
    fn leaks() {
        std::mem::forget(make());
        let _guard = Guard(1);
    }

    #[test]
    fn fails() {
        println!("said before");
        assert_eq!(make().len(), 3);
    }

    #[test]
    #[ignore = "slow"]
    fn later() {}
}
"#;

fn package() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let manifest =
        "[package]\nname = \"pk\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n";
    fs::create_dir(dir.path().join("src")).expect("the folder");
    fs::write(dir.path().join("Cargo.toml"), manifest).expect("the manifest");
    fs::write(dir.path().join("src/lib.rs"), LIBRARY).expect("the library");
    dir
}

fn run(dir: &Path, args: &[&str]) -> Ran {
    let all = ["test"].iter().chain(args);
    freehold_in(dir, all.map(|word| (*word).to_owned()), "")
}

fn events(ran: &Ran) -> Vec<Value> {
    let lines = ran.stderr.lines().filter(|line| line.starts_with('{'));
    lines.map(|line| serde_json::from_str(line).expect("an object")).collect()
}

#[test]
fn each_test_is_told_with_its_blocks_its_drops_and_what_it_lost() {
    let dir = package();
    let ran = run(dir.path(), &["--format", "json"]);
    assert_eq!(ran.code, 101, "one test fails: {ran:?}");
    let events = events(&ran);
    let of = |name: &str| {
        let found = events.iter().find(|event| event["name"] == format!("tests::{name}"));
        found.unwrap_or_else(|| panic!("no {name} in {events:?}")).clone()
    };
    let makes = of("makes");
    // The row of two strings and their bytes.
    assert_eq!(
        (&makes["passed"], &makes["blocks"], &makes["bytes"]),
        (&true.into(), &3.into(), &50.into())
    );
    assert_eq!((&makes["peak_bytes"], &makes["lost"]), (&50.into(), &Value::Array(Vec::new())));
    assert_eq!(makes["drops"]["Vec<String>"], 1);
    assert_eq!(makes["drops"]["String"], 2);
    let leaks = of("leaks");
    assert_eq!(leaks["lost"].as_array().map(Vec::len), Some(3), "{leaks}");
    assert_eq!(leaks["drops"], serde_json::json!({ "Guard": 1 }));
    let fails = of("fails");
    assert_eq!(fails["passed"], false);
    let output = fails["output"].as_str().expect("a text");
    assert!(output.contains("said before") && output.contains("left: 2"), "{output}");
    assert_eq!(of("later")["event"], "test_ignored");
    let sum = events.last().expect("a summary");
    assert_eq!(
        (&sum["passed"], &sum["failed"], &sum["ignored"], &sum["lost"]),
        (&2.into(), &1.into(), &1.into(), &3.into())
    );
}

#[test]
fn a_filter_selects_and_leaks_can_be_forbidden() {
    let dir = package();
    let ran = run(dir.path(), &["leaks", "--width", "80"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.ends_with("1 passed, 0 failed; 3 blocks lost\n"), "{}", ran.stderr);
    assert!(ran.stderr.contains("make  lib.rs:10  lost"), "{}", ran.stderr);
    assert_eq!(run(dir.path(), &["leaks", "--deny-leaks"]).code, 1);
    assert_eq!(run(dir.path(), &["makes", "--deny-leaks"]).code, 0);
    // `later` is ignored, `leaks` and `fails` are skipped.
    let rest = run(dir.path(), &["--skip", "leaks", "--skip", "fails"]);
    assert!(rest.code == 0 && rest.stderr.ends_with("1 passed, 0 failed, 1 ignored\n"), "{rest:?}");
    assert_eq!(run(dir.path(), &["tests::makes", "--exact", "--skip", "makes"]).code, 0);
    let none = run(dir.path(), &["nothing_like_this"]);
    assert_eq!(none.code, 4);
    assert!(none.stderr.contains("error: no test matches `nothing_like_this`"), "{}", none.stderr);
}

#[test]
fn it_is_a_runner_for_cargo() {
    let dir = package();
    let freehold = assert_cmd::cargo::cargo_bin("freehold");
    let output = std::process::Command::new(env!("CARGO"))
        .args(["test", "--lib", "--", "makes"])
        .current_dir(dir.path())
        .env(
            "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER",
            format!("{} test --runner", freehold.display()),
        )
        .output()
        .expect("cargo runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && told.ends_with("1 passed, 0 failed\n"), "{told}");
    assert!(told.contains("tests::makes") && !told.contains("tests::leaks"), "{told}");
}
