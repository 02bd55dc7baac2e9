//! Drops as `freehold drops` tells of them, against what the programs print from their own `Drop`
//! impls: `drop TYPE PLACE`, where the place is `?` where it has no name.

mod support;

use serde_json::Value;
use support::{Told, Variant, freehold, normalise, program, told};

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
    // Where the optimiser keeps a value in registers, it has no place.
    assert!(agrees("drop_order", Variant::Opt, &types) <= 10);
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
fn a_type_that_owns_raw_memory_frees_it_in_its_own_drop() {
    for variant in [Variant::Debug, Variant::Opt] {
        agrees("raw_alloc", variant, &["Three"]);
    }
    let told = drops("raw_alloc", Variant::Debug);
    let body = told.of("drop").find(|event| event["part"] == "body").expect("its own drop");
    let freed = told.of("free").find(|event| event["drop"] == body["seq"]).expect("a free");
    assert_eq!(freed["size"], 12);
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
main                                                           drop_order.rs:209
  fields                                                        drop_order.rs:94
    drops      Holder  holder                                                :99
                Guard  holder.first
                String  holder.text  frees #4
                Guard  holder.second";
    assert_eq!(report("drop_order", &["--only", "Holder"]), holder);
    let scopes = "\
main                                                           drop_order.rs:209
  scopes                                                        drop_order.rs:59
    drops      Guard  _inner                                                 :63
    drops      Guard  _outer                                                 :65";
    assert_eq!(report("drop_order", &["--only", "scopes"]), scopes);
}
