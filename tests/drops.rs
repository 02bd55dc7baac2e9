//! Drops as `freehold drops` tells of them, against what the programs print from their own `Drop`
//! impls: `drop TYPE PLACE`, where the place is `?` where it has no name.

mod support;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use support::program::{package, program_with};
use support::run::command;
use support::{Ran, Told, Variant, freehold, normalise, program, told};

fn drops(name: &str, variant: Variant) -> Told {
    let built = program(name, variant);
    let told = told(&["drops"], &built.executable, "");
    assert_eq!(told.ran.code, 0, "{:?}", told.ran);
    told
}

/// The drops of values of the user's types that have a `Drop` impl.
fn of_users<'a>(told: &'a Told, types: &'a [&str]) -> Vec<&'a Value> {
    let users = |event: &&Value| event["type"].as_str().is_some_and(|ty| types.contains(&ty));
    told.of("drop").filter(|event| event["part"] == "value").filter(users).collect()
}

/// A place as the programs write it: blocks without their numbers, and no path of a crate.
fn place(event: &Value, krate: &str) -> Option<String> {
    let place = event["place"].as_str()?;
    let place = place.replace(&format!("{krate}::"), "").replace("core::ops::drop::", "");
    Some(match place.strip_prefix('#') {
        Some(block) => format!("#{}", block.trim_start_matches(|c: char| c.is_ascii_digit())),
        None => place,
    })
}

/// Compares the order, the types and the places of drops with what the program printed. How many
/// places are not known.
#[track_caller]
fn agrees(name: &str, variant: Variant, types: &[&str]) -> usize {
    let told = drops(name, variant);
    let seen = of_users(&told, types);
    let printed: Vec<&str> =
        told.ran.stdout.lines().filter_map(|line| line.strip_prefix("drop ")).collect();
    assert!(!printed.is_empty(), "{:?}", told.ran);
    let mut unknown = 0;
    for (event, line) in seen.iter().zip(&printed) {
        let (ty, rest) = line.split_once(' ').expect("a type and a place");
        let (expected, unwinding) = match rest.strip_suffix(" unwinding") {
            Some(place) => (place, true),
            None => (rest, false),
        };
        assert_eq!(event["type"], ty, "{line}: {event}");
        assert_eq!(event["unwinding"] == true, unwinding, "{line}: {event}");
        match place(event, name) {
            // Optimised code may know the block, and not which part of it.
            Some(block) if block == "#" && variant == Variant::Opt => {
                assert!(expected.starts_with('#'), "{name} {variant:?}: {event}");
            }
            Some(place) => assert_eq!(place, expected, "{name} {variant:?}: {event}"),
            None => unknown += usize::from(expected != "?"),
        }
    }
    assert_eq!(seen.len(), printed.len(), "{name} {variant:?}: {printed:#?}\n{seen:#?}");
    unknown
}

#[test]
fn drops_come_in_the_order_that_the_program_prints_with_their_places() {
    let types = ["Guard", "Holder"];
    assert_eq!(agrees("drop_order", Variant::Debug, &types), 0);
    // Where the optimiser keeps a value in registers, or goes through an array by its index, or the
    // drops of two variants are one code, it has no place.
    assert!(agrees("drop_order", Variant::Opt, &types) <= 14);
}

#[test]
fn drops_during_a_panic_are_marked_and_those_behind_it_are_not() {
    let types = ["Guard", "Bomb", "Catches"];
    assert_eq!(agrees("panics", Variant::Debug, &types), 0);
    agrees("panics", Variant::Opt, &types);
}

#[test]
fn what_leaks_does_not_drop() {
    let types = ["Guard", "Child", "Node"];
    assert_eq!(agrees("leaks", Variant::Debug, &types), 0);
    agrees("leaks", Variant::Opt, &types);
}

#[test]
fn a_future_drops_what_it_holds_when_it_ends_and_when_it_is_dropped_before() {
    assert_eq!(agrees("async_tasks", Variant::Debug, &["Guard"]), 0);
    agrees("async_tasks", Variant::Opt, &["Guard"]);
}

#[test]
fn a_drop_of_which_two_states_of_a_future_share_the_end_is_told_once() {
    for variant in [Variant::Debug, Variant::Opt] {
        let told = drops("async_tasks", variant);
        let strings = told.of("drop").filter(|event| event["type"] == "String");
        let numbers: Vec<&Value> = strings.map(|event| &event["seq"]).collect();
        let freed = told.of("free").filter(|event| event["size"] == 15);
        let by: Vec<&Value> = freed.map(|event| &event["drop"]).collect();
        // Each of the two futures has one text, and drops it.
        assert_eq!((numbers.len(), &numbers), (2, &by), "{variant:?}");
    }
}

#[test]
fn an_allocator_of_the_programs_own_changes_nothing_of_drops() {
    for variant in [Variant::Debug, Variant::Opt] {
        agrees("global_allocator", variant, &["Guard"]);
    }
}

#[test]
fn a_type_that_owns_raw_memory_frees_it_in_its_own_drop() {
    for variant in [Variant::Debug, Variant::Opt] {
        agrees("raw_alloc", variant, &["Three"]);
    }
    let told = drops("raw_alloc", Variant::Debug);
    let body = told.of("drop").find(|event| event["part"] == "body").expect("its own drop");
    let freed = told.of("free").find(|event| event["drop"] == body["seq"]).expect("a free");
    assert_eq!(freed["size"], 12);
}

#[test]
fn the_report_on_optimised_code_says_what_it_may_lack() {
    let said = |variant| {
        let executable = program("moved", variant).executable;
        freehold(["drops".as_ref(), executable.as_os_str()]).stderr.contains("code is optimised")
    };
    assert!(said(Variant::Opt) && !said(Variant::Debug));
}

/// What the report says of `main`, without colours and without what follows the trees.
fn report(name: &str, args: &[&str]) -> String {
    let built = program(name, Variant::Debug);
    let executable = built.executable.to_str().expect("a path of the package is text");
    let ran = freehold(["drops", "--width", "80"].iter().chain(args).chain(&[executable]));
    let from = ran.stderr.find("main ").unwrap_or_else(|| panic!("{ran:?}"));
    let text = ran.stderr.get(from..).unwrap_or("");
    let end = text.find("\nfrees ").or_else(|| text.find("\n\n")).unwrap_or(text.len());
    normalise(text.get(..end).unwrap_or(text))
}

#[test]
fn the_report_tells_who_allocated_lent_gave_away_and_dropped() {
    let moved = "\
main                                                                 moved.rs:11
  allocates  #3    16 B                                                      :11
  gives      #3    value → f::value  inferred
  f                                                                   moved.rs:7
    receives   #3    value: String  inferred
    allocates  #4    1,024 B                                                  :7
    drops      String  value  frees #3                                        :8";
    assert_eq!(report("moved", &[]), moved);
    let borrowed = "\
main                                                               borrowed.rs:9
  allocates  #3    16 B                                                       :9
  lends      #3    value → g::value: &String  inferred
  g                                                                borrowed.rs:5
    allocates  #4    1,024 B                                                  :5
  drops      String  value  frees #3                                         :12";
    assert_eq!(report("borrowed", &[]), borrowed);
}

#[test]
fn only_what_concerns_a_type_or_a_function_is_told_where_that_is_asked() {
    let holder = "\
main                                                           drop_order.rs:225
  fields                                                       drop_order.rs:102
    drops      Holder  holder                                               :107
                Guard  holder.first
                String  holder.text  frees #4
                Guard  holder.second";
    assert_eq!(report("drop_order", &["--only", "Holder"]), holder);
    let scopes = "\
main                                                           drop_order.rs:225
  scopes                                                        drop_order.rs:67
    drops      Guard  _inner                                                 :71
    drops      Guard  _outer                                                 :73";
    assert_eq!(report("drop_order", &["--only", "scopes"]), scopes);
}

/// `freehold drops --check FILE ARGS`, where it may write.
fn check(file: &Path, args: &[&OsStr]) -> Ran {
    let mut freehold = command();
    freehold.env_remove("CI").arg("drops").arg("--check").arg(file).args(args);
    Ran::of(freehold.write_stdin("").output().expect("it ends within the limit"))
}

#[test]
fn a_snapshot_of_a_debug_build_holds_for_an_optimised_one() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let names = ["drop_order", "leaks", "panics", "raw_alloc", "threads", "smart_pointers"];
    for name in names.into_iter().chain(["async_tasks", "global_allocator"]) {
        let (debug, opt) = (program(name, Variant::Debug), program(name, Variant::Opt));
        let file = dir.path().join(name);
        let accepted = check(&file, &["--accept".as_ref(), debug.executable.as_ref()]);
        assert_eq!(accepted.code, 0, "{accepted:?}");
        for program in [&debug, &opt] {
            let ran = check(&file, &[program.executable.as_ref()]);
            assert_eq!((ran.code, &*ran.stderr), (0, ""), "{name}");
        }
        // What an optimised build has, one that is not has too.
        let accepted = check(&file, &["--accept".as_ref(), opt.executable.as_ref()]);
        assert_eq!(accepted.code, 0, "{accepted:?}");
        let ran = check(&file, &[debug.executable.as_ref()]);
        assert_eq!((ran.code, &*ran.stderr), (0, ""), "{name}");
    }
}

#[test]
fn a_snapshot_holds_neither_addresses_nor_lines_nor_what_std_is_made_of() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let file = dir.path().join("fields.drops");
    let built = program("drop_order", Variant::Debug);
    check(&file, &["--accept".as_ref(), built.executable.as_ref()]);
    let text = std::fs::read_to_string(&file).expect("it was written");
    let fields = "
fields
  Holder (holder)
    Guard (.first)
    std String (.text)
    Guard (.second)
";
    assert!(text.contains(fields), "{text}");
    for inner in ["0x", "RawVec", "Vec<u8>", "Unique", ".rs", "#1"] {
        assert!(!text.contains(inner), "{inner}: {text}");
    }
    check(&file, &["--lines".as_ref(), "--accept".as_ref(), built.executable.as_ref()]);
    let text = std::fs::read_to_string(&file).expect("it was written");
    let line = format!("  Guard (_a) at drop_order.rs:{}\n", built.line("in-reverse-end"));
    assert!(text.contains(&line), "{text}");
}

/// A program in which two guards drop, after some other text in `main`.
fn guards(dir: &Path, main: &str) -> PathBuf {
    let source = format!(
        "pub struct Guard(pub u8);\n\
         impl Drop for Guard {{\n    fn drop(&mut self) {{\n        println!(\"{{}}\", self.0);\n    }}\n}}\n\
         fn take(_taken: Guard) {{}}\n\
         fn main() {{\n{main}    let b = Guard(2);\n    take(Guard(b.0));\n}}\n"
    );
    let path = dir.join("guards.rs");
    std::fs::write(&path, source).expect("the source");
    path
}

#[test]
fn a_difference_is_told_in_a_sentence_and_ends_with_code_1() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let file = dir.path().join("guards.drops");
    let accepted = guards(dir.path(), "    let _a = Guard(1);\n");
    let ran = check(&file, &["--accept".as_ref(), accepted.as_ref()]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let told = |main: &str| {
        let ran = check(&file, &[guards(dir.path(), main).as_ref()]);
        let said: Vec<String> = ran.stderr.lines().map(str::to_owned).collect();
        (ran.code, said.first().cloned().unwrap_or_default())
    };
    assert_eq!(told("    let _a = Guard(1);\n"), (0, String::new()));
    let never = "`Guard` (`_a`) was never dropped; expected in `main`";
    assert_eq!(told(""), (1, never.to_owned()));
    let added = "`Guard` (`_c`) dropped in `main`; not expected; `guards.rs:13`";
    assert_eq!(told("    let _a = Guard(1);\n    let _c = Guard(3);\n"), (1, added.to_owned()));
    let (code, said) = told("    drop(Guard(0));\n    let _a = Guard(1);\n");
    assert_eq!((code, &*said), (1, "`Guard` dropped in `main`; not expected; `guards.rs:9`"));
}

#[test]
fn a_ci_server_and_a_pipe_write_no_snapshot() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let file = dir.path().join("x.drops");
    let built = program("moved", Variant::Debug);
    let mut freehold = command();
    freehold.env("CI", "true").args(["drops", "--accept", "--check"]);
    let output = freehold.arg(&file).arg(&built.executable).output().expect("it ends");
    let ran = Ran::of(output);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("CI is set") && !file.exists() && ran.stdout.is_empty(), "{ran:?}");
    let ran = check(&file, &["--review".as_ref(), built.executable.as_ref()]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("no terminal") && !file.exists(), "{ran:?}");
    let ran = check(&file, &[built.executable.as_ref()]);
    assert!(ran.code == 2 && ran.stderr.contains("--accept"), "{ran:?}");
}

/// Where the nightly compiler is installed.
#[test]
fn a_snapshot_holds_for_programs_of_another_compiler() {
    let nightly = Command::new("rustc").current_dir(package()).args(["+nightly", "-V"]).output();
    if !nightly.is_ok_and(|output| output.status.success()) {
        eprintln!("other compilers are not tested: no nightly compiler is installed");
        return;
    }
    let dir = tempfile::tempdir().expect("a temporary folder");
    for name in ["drop_order", "leaks", "panics"] {
        let file = dir.path().join(name);
        let debug = program(name, Variant::Debug);
        let accepted = check(&file, &["--accept".as_ref(), debug.executable.as_ref()]);
        assert_eq!(accepted.code, 0, "{accepted:?}");
        let builds =
            [("nightly", &["+nightly", "-g"][..]), ("nightly-opt", &["+nightly", "-O", "-g"])];
        for (folder, flags) in builds {
            let built = program_with(name, folder, flags);
            let ran = check(&file, &[built.executable.as_ref()]);
            assert_eq!((ran.code, &*ran.stderr), (0, ""), "{name} {folder}");
        }
    }
}
