//! Questions at a stop: why a value is dead, what was dropped so far, where pointers lead that
//! outlive what they led to, and what keeps a block. What is expected follows from the source of the
//! test programs.

mod support;

use serde_json::Value;
use support::{Program, Ran, Variant, debug, freehold, normalise, program};

#[track_caller]
fn ran(program: &Program, commands: &[&str]) -> Ran {
    let mut words: Vec<String> =
        ["debug", "--batch", "--keep-going", "--width=120"].map(str::to_owned).into();
    words.extend(commands.iter().flat_map(|command| ["-e".to_owned(), (*command).to_owned()]));
    words.push(program.executable.display().to_string());
    freehold(words)
}

/// What a session says, with the names of files alone.
#[track_caller]
fn said(program: &Program, commands: &[&str]) -> String {
    normalise(&ran(program, commands).stderr)
}

/// Whether a text has a part, however the lines of both are folded.
#[track_caller]
fn has(text: &str, part: &str) {
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat(text).contains(&flat(part)), "no {part:?} in:\n{text}");
}

/// The number of the block that a line of the source allocated.
#[track_caller]
fn block_of(program: &Program, marker: &str, allocated: &str) -> u64 {
    let (answers, _) = debug::answers(program, marker, &["heap 1000"]);
    let line = program.line(allocated);
    let blocks = answers[0]["data"]["blocks"].as_array().expect("a list").clone();
    let found = blocks.iter().find(|block| block["at"]["line"] == line).expect("the block");
    found["block"].as_u64().expect("a number")
}

#[test]
fn a_moved_variable_is_dead_since_its_move_and_its_block_since_its_free() {
    let moved = program("moved", Variant::Debug);
    let block = block_of(&moved, "move", "alloc");
    let text = debug::text(&moved, "after", &["why value"]);
    let (at, alloc, freed) = (moved.line("move"), moved.line("alloc"), moved.line("f-end"));
    has(&text, "main::value\n");
    has(
        &text,
        &format!(
            "it was moved to f::value at moved.rs:{at}: nothing from here on uses or drops it  (inferred)"
        ),
    );
    has(&text, &format!("its stale bytes still lead to #{block}  (inferred)"));
    has(&text, &format!("#{block}, 16 B: allocated at moved.rs:{alloc} in main  (observed)"));
    has(&text, &format!("#{block}, 16 B: freed at moved.rs:{freed} in f  (observed)"));
}

#[test]
fn history_and_locals_tell_the_same_line_of_a_move() {
    let moved = program("moved", Variant::Debug);
    let block = block_of(&moved, "move", "alloc");
    let text = debug::text(&moved, "in-f", &["up", "locals", &format!("history #{block}")]);
    let at = format!("moved.rs:{}", moved.line("move"));
    has(&text, &format!("<moved to f::value at {at}>"));
    has(&text, &format!("moved to f::value (inferred) {at} main"));
}

#[test]
fn a_live_variable_says_who_borrows_it_and_what_it_owns() {
    let borrowed = program("borrowed", Variant::Debug);
    let text = debug::text(&borrowed, "in-g", &["up", "why value"]);
    has(&text, "it is live: the code still uses or drops it on a way from here  (inferred)");
    has(&text, " in main, and alive  (observed)");
    has(&text, "it is borrowed by g::value (shared)  (inferred)");
}

#[test]
fn a_variable_of_a_call_that_was_inlined_is_named_by_its_function() {
    let lending = program("lending", Variant::Opt);
    let text = said(&lending, &["break show", "run", "frame 1", "why text"]);
    has(&text, "locals::text it is live");
    has(&text, "it is borrowed by locals::held (shared)  (inferred)");
}

#[test]
fn a_place_in_a_function_of_an_impl_has_the_last_names_of_its_types() {
    let impls = program("trait_impls", Variant::Debug);
    let line = impls.line("in-apply");
    let here = [format!("break trait_impls.rs:{line}"), "run".to_owned()];
    let text = |more: &[&str]| {
        let commands: Vec<&str> =
            here.iter().map(String::as_str).chain(more.iter().copied()).collect();
        said(&impls, &commands)
    };
    let all = text(&["heap", "locals", "why kept", "why item", "owner kept", "history kept"]);
    let place = "<impl Rule for Discount>::apply::kept";
    has(&all, &format!("owned by {place}"));
    has(&all, &format!("<moved to {place} at trait_impls.rs:{}>", impls.line("kept")));
    has(&all, &format!("it was moved to {place} at trait_impls.rs:{}", impls.line("kept")));
    has(&all, "borrowed by <impl Rule for Discount>::apply::seen");
    assert!(!all.contains("trait_impls::"), "{all}");
    let report = freehold(["drops".to_owned(), impls.executable.display().to_string()]).stderr;
    has(&normalise(&report), "<impl Rule for Discount>::apply");
    assert!(!report.contains("trait_impls::"), "{report}");
}

#[test]
fn a_static_in_zeroed_pages_behind_its_file_is_named_as_what_keeps_a_block() {
    for variant in [Variant::Debug, Variant::Opt] {
        let counting = program("global_allocator", variant);
        let text = said(&counting, &["run", "leaks"]);
        has(&text, "THREAD_INFO");
        assert!(!text.contains("kept by a static"), "{variant:?} {text}");
    }
}

#[test]
fn what_a_drop_frees_is_told_where_a_line_has_no_room_for_it() {
    let threads = program("threads", Variant::Debug);
    let mut words: Vec<String> = ["debug", "--batch", "--width=60"].map(str::to_owned).into();
    for command in ["set drops on", "run", "drops"] {
        words.extend(["-e".to_owned(), command.to_owned()]);
    }
    words.push(threads.executable.display().to_string());
    let text = freehold(words).stderr;
    let lines: Vec<&str> = text.lines().collect();
    let at = lines.iter().position(|line| line.contains("Arc<Mutex<u32>>  shared::counter"));
    let two = at.and_then(|at| lines.get(at..at + 2)).expect("the drop and what is below it");
    has(&two.concat(), "the last handle");
    has(two[1], "frees #");
    assert!(lines.iter().all(|line| !line.contains('…') || line.contains("more drop")), "{text}");
    assert!(lines.iter().all(|line| line.chars().count() <= 60), "{text}");
}

#[test]
fn what_is_not_there_yet_and_what_is_partly_gone_says_so() {
    let order = program("drop_order", Variant::Debug);
    let text = said(&order, &["break in_reverse", "run", "why _b"]);
    has(&text, "it is not yet initialised");
    let partly = program("drop_order", Variant::Debug);
    let text = said(
        &partly,
        &[
            "break drop Guard if false",
            "break partly_moved",
            "run",
            "next 2",
            "why pair",
            "why pair.left",
        ],
    );
    has(&text, "partly_moved::pair\n");
    has(&text, "its part .left was moved");
    has(&text, "partly_moved::pair.left\n");
}

#[test]
fn a_drop_that_was_followed_was_observed() {
    let order = program("drop_order", Variant::Debug);
    let here = format!("break drop_order.rs:{}", order.line("assign"));
    let text = said(&order, &["set drops on", &here, "run", "why old"]);
    let line = order.line("drop-old");
    has(&text, &format!("it was dropped at drop_order.rs:{line}  (inferred)"));
    has(&text, &format!("a drop by drop(…) was seen at drop_order.rs:{line}  (observed)"));
}

#[test]
fn a_question_about_nothing_says_what_to_ask_for() {
    let moved = program("moved", Variant::Debug);
    let text = said(&moved, &["break main", "run", "why", "why valeu", "why #99"]);
    has(&text, "error: `why` is what dead?");
    has(&text, "did you mean `value`?");
    has(&text, "nothing is known of what happened to #99");
}

#[test]
fn the_drops_so_far_are_those_that_the_program_prints_in_their_order() {
    for variant in [Variant::Debug, Variant::Opt] {
        let order = program("drop_order", variant);
        let mut words: Vec<String> =
            ["debug", "--batch", "--format", "json"].map(str::to_owned).into();
        for command in ["set drops on", "run", "drops"] {
            words.extend(["-e".to_owned(), command.to_owned()]);
        }
        words.push(order.executable.display().to_string());
        let ran = freehold(words);
        let drops: Value =
            serde_json::from_str(ran.stderr.lines().last().expect("an answer")).expect("JSON");
        assert_eq!(drops["data"]["since"], "the_start");
        let told = drops["data"]["events"].as_array().expect("a list").iter();
        let users =
            told.filter(|event| event["implements_drop"] == true && event["part"] == "value");
        let told: Vec<&str> = users.map(|event| event["type"].as_str().expect("a type")).collect();
        let printed = ran.stdout.lines().filter_map(|line| line.strip_prefix("drop "));
        let printed: Vec<&str> =
            printed.map(|line| line.split(' ').next().expect("a type")).collect();
        assert_eq!(told, printed, "{variant:?}");
    }
}

#[test]
fn drops_are_followed_from_where_they_are_asked_for_and_listed_by_type_or_function() {
    let order = program("drop_order", Variant::Debug);
    let commands = [
        "break shadowing",
        "run",
        "drops",
        "set drops on",
        "break fields",
        "continue",
        "drops",
        "tbreak tuples",
        "continue",
        "drops Holder",
        "drops shadowing",
        "set drops off",
        "continue",
        "drops nothing",
    ];
    let text = said(&order, &commands);
    has(&text, "Drops are not followed: `set drops on` follows them from now on.");
    let answers: Vec<&str> = text.split("All drops since drop_order.rs:").collect();
    let [_, fields, holder, shadowing, nothing] = &answers[..] else { panic!("{text}") };
    has(fields, "drops      Guard  shadowing::x");
    has(fields, "… 1 more drop like this");
    assert!(!fields.contains("scopes::"), "{fields}");
    has(holder, "drops      Holder  fields::holder");
    has(holder, "            Guard  fields::holder.first");
    assert!(!holder.contains("shadowing::x"), "{holder}");
    has(shadowing, "Guard  shadowing::x");
    assert!(!shadowing.contains("Holder"), "{shadowing}");
    has(nothing, ", and no more now.\n");
    has(nothing, "No such drop.");
}

#[test]
fn pointers_into_a_freed_block_dangle_with_the_line_that_freed_it() {
    let dangling = program("dangling", Variant::Debug);
    let block = block_of(&dangling, "alive", "alloc");
    let commands = [
        "print second",
        "print *second",
        "print all",
        "print all[1]",
        "print third",
        "print raw",
        "print *raw",
        "print/raw *raw",
        "locals",
        "why raw",
    ];
    let text = debug::text(&dangling, "gone", &commands);
    let free = dangling.line("free");
    let end = format!("#{block}, freed at dangling.rs:{free}");
    has(&text, &format!("$1: &u64 = <dangling: into {end}>"));
    has(&text, &format!("$2: u64 = <dangling: into {end}>"));
    has(&text, &format!("$3: &[u64] = <dangling: into {end}>"));
    has(&text, &format!("$4: u64 = <dangling: into {end}>"));
    has(&text, &format!("→ dangling: into #{block}+16, freed at dangling.rs:{free}"));
    has(
        &text,
        &format!(
            "$6: *const u64 = *const u64 → dangling: into #{block}+24, freed at dangling.rs:{free}"
        ),
    );
    has(&text, &format!("error: what it points to is dangling: into {end}"));
    has(&text, "$7: u64 = 13\n");
    has(&text, &format!("second  &u64          <dangling: into {end}>"));
    has(&text, &format!("#{block}, 32 B: freed at dangling.rs:{free} in into_block  (observed)"));
    // None of the stale numbers is shown as a value.
    assert!(!text.contains("= 11") && !text.contains("[10, 11, 12, 13]"), "{text}");
}

#[test]
fn a_pointer_to_memory_that_was_allocated_again_leads_to_the_new_block() {
    let dangling = program("dangling", Variant::Debug);
    let old = block_of(&dangling, "alive", "alloc");
    let text = debug::text(&dangling, "again", &["print raw", "print second", "print again"]);
    let reused = text.contains("*mut u64 → #");
    assert!(reused, "{text}");
    let new = text.lines().find_map(|line| line.strip_prefix("$3: *mut u64 = *mut u64 → #"));
    let new: u64 = new.expect("a block").parse().expect("a number");
    assert!(new > old);
    // The allocator may give the same memory again; then nobody can tell that the pointer is stale.
    if text.contains(&format!("$1: *const u64 = *const u64 → #{new}+24")) {
        has(&text, "$2: &u64 = 0\n");
    } else {
        has(&text, &format!("$1: *const u64 = *const u64 → dangling: into #{old}+24"));
    }
}

#[test]
fn a_pointer_into_a_frame_that_was_left_dangles() {
    let dangling = program("dangling", Variant::Debug);
    let text = debug::text(&dangling, "left", &["print pointer", "print *pointer", "locals"]);
    has(&text, "$1: *const u32 = *const u32 → dangling: into a frame that was left");
    has(&text, "error: what it points to is dangling: into a frame that was left");
    assert!(!text.contains("= 7"), "{text}");
}

#[test]
fn a_dangling_pointer_is_named_in_every_view() {
    let dangling = program("dangling", Variant::Debug);
    let block = block_of(&dangling, "alive", "alloc");
    let text = debug::text(&dangling, "gone", &["slots", "context", "where raw"]);
    assert!(text.matches("dangling:").count() >= 6, "{text}");
    has(&text, &format!("#{block}+24, freed at dangling.rs:{}", dangling.line("free")));
    let watched = freehold([
        "watch".to_owned(),
        "--width=160".to_owned(),
        dangling.executable.display().to_string(),
    ]);
    has(&watched.stderr, "dangling: into #");
}

#[test]
fn the_heap_list_says_what_keeps_a_block_that_no_variable_owns() {
    let dangling = program("dangling", Variant::Debug);
    let text = debug::text(&dangling, "gone", &["heap"]);
    has(&text, "static std::…::THREAD_INFO");
    has(&text, "by a word of #");
    assert!(!text.contains("owner not known"), "{text}");
}
