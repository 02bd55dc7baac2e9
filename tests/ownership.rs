//! Who owns a block, what happened to it, and what nothing leads to any more: asked at a stop and
//! after the end. What is expected follows from the source of the test programs.

mod support;

use std::collections::BTreeMap;

use serde_json::Value;
use support::{Variant, debug, freehold, program, told};

#[test]
fn the_owner_of_a_block_is_named_by_variable_and_element() {
    let program = program("nested", Variant::Debug);
    let text = debug::text(&program, "built", &["owner words[1]", "history words[0]"]);
    let told: Vec<&str> = text.lines().map(str::trim).collect();
    let line = program.line("alloc");
    let allocated = format!("allocated  nested.rs:{line}  main");
    let [world, owner, hello, birth, "alive"] = told[..] else { panic!("{text}") };
    assert_eq!(owner, "owned by  main::words[1]: String  5 B in use");
    assert!(world.ends_with("  5 B") && hello.ends_with("  5 B"), "{text}");
    assert_eq!(birth, allocated);
    // The row itself is owned by the variable.
    let row = debug::text(&program, "built", &["owner words"]);
    assert!(row.contains("owned by  main::words: Vec<String>  48 B in use"), "{row}");
}

#[test]
fn what_is_shared_names_all_that_share_it() {
    let program = program("leaks", Variant::Debug);
    let text = debug::text(&program, "close-cycle", &["owner first"]);
    for place in ["cycle::first: Rc<Node>", "cycle::second*.next.value.0: Rc<Node>"] {
        assert!(text.contains(&format!("shared by  {place}")), "{text}");
    }
}

#[test]
fn nothing_is_lost_while_variables_lead_to_it() {
    let program = program("leaks", Variant::Debug);
    let (answers, _) = debug::answers(&program, "close-cycle", &["leaks"]);
    let leaks = &answers[0]["data"];
    assert_eq!(leaks["lost"], Value::Array(Vec::new()), "{leaks}");
    assert_eq!(leaks["perhaps_lost"], Value::Array(Vec::new()), "{leaks}");
    assert_eq!(leaks["held_by_stacks"], 4, "two nodes with their names");
    assert_eq!(leaks["at_the_end"], false);
}

/// The keeper of each block that is alive at the end, by the line that allocated it.
fn keepers(variant: Variant) -> BTreeMap<u64, Vec<Value>> {
    let program = program("leaks", variant);
    let told = told(&["watch"], &program.executable, "");
    let end = told.of("exit").last().expect("an end").clone();
    let mut keepers: BTreeMap<u64, Vec<Value>> = BTreeMap::new();
    for block in end["alive"].as_array().expect("a list") {
        let of_program = block["at"]["file"].as_str().is_some_and(|f| f.ends_with("leaks.rs"));
        if of_program {
            let line = block["at"]["line"].as_u64().expect("a line");
            keepers.entry(line).or_default().push(block["keeper"].clone());
        }
    }
    keepers
}

#[test]
fn what_is_left_at_the_end_is_lost_or_at_most_perhaps_kept() {
    for variant in [Variant::Debug, Variant::Opt] {
        let source = program("leaks", variant);
        let keepers = keepers(variant);
        let lines: Vec<u64> = keepers.keys().copied().collect();
        let first = u64::from(source.line("cycle-first"));
        let mut expected = vec![first, first + 2, u64::from(source.line("leak"))];
        // An optimised build need not allocate a text that is never used.
        expected.extend((variant == Variant::Debug).then(|| u64::from(source.line("forget"))));
        assert_eq!(lines, expected, "{keepers:?}");
        let is_lost = |keeper: &Value| {
            let name = keeper.as_str().or_else(|| keeper.as_object()?.keys().next().map(|k| &**k));
            // Words that were left from other calls can point into it.
            matches!(name, Some("nothing" | "cycle" | "lost_block" | "perhaps"))
        };
        assert!(keepers.values().flatten().all(is_lost), "{keepers:?}");
        let leaked = &keepers[&u64::from(source.line("leak"))];
        assert_eq!(leaked, &[Value::from("nothing")], "`main` has returned");
    }
}

#[test]
fn what_was_lost_can_be_asked_after_the_end_and_so_can_the_stories() {
    let program = program("leaks", Variant::Debug);
    let ends = ["run", "leaks", "history #3", "owner #3"];
    let mut args = vec!["debug".to_owned(), "--batch".to_owned(), "--keep-going".to_owned()];
    args.extend(ends.iter().flat_map(|command| ["-e".to_owned(), (*command).to_owned()]));
    args.push(program.executable.display().to_string());
    let ran = freehold(args);
    assert!(ran.stderr.contains(" lost at the end, "), "{}", ran.stderr);
    let line = program.line("cycle-first");
    let story = format!("#3  56 B\n  allocated  leaks.rs:{line}  cycle\n  alive\n");
    let other = format!("allocated  leaks.rs:{line}  cycle\n  alive\n");
    assert!(ran.stderr.contains(&story) || ran.stderr.contains(&other), "{}", ran.stderr);
    assert!(ran.stderr.contains("error: the program is not running"), "{}", ran.stderr);
}

#[test]
fn questions_about_nothing_say_what_to_ask_for() {
    let program = program("nested", Variant::Debug);
    let ask = |question: &str| {
        let mut args = vec!["debug".to_owned(), "--batch".to_owned()];
        let stop = format!("break nested.rs:{}", program.line("built"));
        for command in [&stop, "run", question] {
            args.extend(["-e".to_owned(), command.to_owned()]);
        }
        args.push(program.executable.display().to_string());
        freehold(args).stderr
    };
    assert!(ask("owner").contains("error: `owner` of what?"));
    assert!(ask("owner #99").contains("error: no block #99 is alive"));
    assert!(ask("history #99").contains("nothing is known of what happened to #99"));
    assert!(ask("owner 1 + 1").contains("`1 + 1` is no block, and leads to none"));
    assert!(ask("owner wrods").contains("did you mean `words`?"));
}
