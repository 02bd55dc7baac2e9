//! What must be read from each program, checked on the events of `--format json`.

mod support;

use serde_json::Value;
use support::{Program, Variant, freehold, program};

/// The events of a program, all of them.
struct Run {
    program: Program,
    events: Vec<Value>,
}

fn watch(name: &str, variant: Variant) -> Run {
    let program = program(name, variant);
    let executable = program.executable.to_str().expect("a path of the package is text").to_owned();
    let ran = freehold(["watch", "--full", "--format", "json", &executable]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let events = ran.stderr.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    Run { program, events }
}

impl Run {
    /// The events of a kind.
    fn of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> + 'a {
        self.events.iter().filter(move |event| event["event"] == kind)
    }

    /// The only event of a kind in a function, by the end of the function's path.
    fn one<'a>(&'a self, kind: &'a str, function: &str) -> &'a Value {
        let found: Vec<_> = self.of(kind).filter(|event| in_function(event, function)).collect();
        assert_eq!(found.len(), 1, "{kind} of {function}");
        found[0]
    }

    fn position(&self, event: &Value) -> usize {
        self.events.iter().position(|other| other == event).expect("it is one of them")
    }

    /// The only alloc of a size.
    fn alloc(&self, size: u64) -> &Value {
        let found: Vec<_> = self.of("alloc").filter(|event| event["size"] == size).collect();
        assert_eq!(found.len(), 1, "blocks of {size} bytes");
        found[0]
    }

    fn free_of(&self, block: &Value) -> &Value {
        self.of("free").find(|event| event["block"] == *block).expect("it is freed")
    }

    fn line(&self, marker: &str) -> u64 {
        u64::from(self.program.line(marker))
    }
}

fn in_function(event: &Value, function: &str) -> bool {
    let name = event["at"]["function"].as_str().or_else(|| event["function"].as_str());
    name.is_some_and(|name| name.ends_with(&format!("::{function}")))
}

/// The slot of a variable in a frame.
fn slot<'a>(frame: &'a Value, name: &str) -> &'a Value {
    let slots = frame["slots"].as_array().unwrap_or_else(|| panic!("no slots in {frame}"));
    let found: Vec<_> = slots.iter().filter(|slot| slot["name"] == name).collect();
    assert_eq!(found.len(), 1, "{name} in {frame}");
    found[0]
}

/// The frame of a function among the callers of an event.
fn caller<'a>(event: &'a Value, function: &str) -> &'a Value {
    let frames = event["stack"]["frames"].as_array().expect("watch tells the whole stack");
    frames.iter().find(|frame| in_function(frame, function)).expect("it is a caller")
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no number"))
}

const BOTH: [Variant; 2] = [Variant::Debug, Variant::Opt];

#[test]
fn the_slots_of_a_frame_sum_up_to_it() {
    let programs = ["hello", "accordion", "memory_layout", "nested", "smart_pointers", "inlining"];
    let mut frames = 0;
    for (name, variant) in programs.iter().flat_map(|name| BOTH.map(|variant| (name, variant))) {
        let run = watch(name, variant);
        for event in &run.events {
            let callers = event["stack"]["frames"].as_array().into_iter().flatten();
            for frame in callers.chain([&event["frame"]]).filter(|f| f["slots"].is_array()) {
                let slots = frame["slots"].as_array().into_iter().flatten();
                let own = slots.filter(|slot| slot["shares_bytes"] != true);
                let sum: u64 = own.map(|slot| number(&slot["size"])).sum();
                assert_eq!(sum, number(&frame["bytes"]), "{name} {variant:?}: {frame}");
                frames += 1;
            }
        }
    }
    assert!(frames > 100, "only {frames} frames were looked at");
}

#[test]
fn every_event_has_its_schema_order_and_evidence() {
    let run = watch("accordion", Variant::Debug);
    for (position, event) in (1..).zip(&run.events) {
        assert_eq!((number(&event["v"]), number(&event["seq"])), (1, position));
        assert!(event["evidence"] == "observed" || event["event"] == "move");
    }
    assert_eq!(run.events.first().map(|event| &event["event"]), Some(&"start".into()));
    assert_eq!(run.events.last().map(|event| &event["event"]), Some(&"exit".into()));
}

#[test]
fn hello_stands_on_the_frames_of_the_runtime_and_its_text_is_not_on_the_heap() {
    let run = watch("hello", Variant::Debug);
    let enter = run.one("enter", "main");
    let frames = enter["stack"]["frames"].as_array().expect("the whole stack");
    let below: Vec<_> = frames.iter().filter_map(|f| f["at"]["function"].as_str()).collect();
    for function in ["std::rt::lang_start", "std::rt::lang_start_internal", "main", "_start"] {
        assert!(below.contains(&function), "{function} in {below:?}");
    }
    let sum: u64 = frames.iter().map(|frame| number(&frame["bytes"])).sum();
    let own = number(&enter["frame"]["bytes"]);
    assert_eq!(sum + own, number(&enter["stack_bytes"]));
    assert_eq!(number(&run.one("return", "main")["frame_bytes"]), own);

    let end = run.one("scope_end", "main");
    let message = slot(&end["frame"], "message");
    assert_eq!((&message["size"], &message["type"]), (&16.into(), &"&str".into()));
    assert_eq!(message["leads_to"]["section"], ".rodata");
    assert!(message["blocks"].is_null());
    assert_eq!(slot(&end["frame"], "edition")["value"]["text"], "2024");
}

#[test]
fn arguments_locals_and_values_returned() {
    let run = watch("add", Variant::Debug);
    let frame = &run.one("enter", "add")["frame"];
    assert_eq!(slot(frame, "a")["value"]["text"], "10");
    assert_eq!(slot(frame, "b")["value"]["text"], "20");
    assert_eq!(run.one("return", "add")["value"]["text"], "30");

    let run = watch("calc", Variant::Debug);
    let entered = &run.one("enter", "calc")["frame"];
    let end = &run.one("scope_end", "calc")["frame"];
    for (name, value) in [("a", "3"), ("b", "7"), ("c", "21")] {
        assert_eq!(slot(entered, name)["state"], "uninitialised", "{name} at the entry");
        assert_eq!(slot(end, name)["value"]["text"], value);
    }
    assert_eq!(run.one("return", "calc")["value"]["text"], "31");
}

#[test]
fn at_the_first_instruction_the_frame_is_not_made_and_its_bytes_are_not_taken_for_arguments() {
    let built = program("add", Variant::Debug).executable;
    let path = built.to_str().expect("a path of the package is text");
    let ran = freehold(["trace", "--first-instruction", "--format", "json", "^add::add$", path]);
    let events = ran.stderr.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let run = Run { program: program("add", Variant::Debug), events };
    let frame = &run.one("enter", "add")["frame"];
    assert_eq!(frame["bytes"], 8, "the return address and nothing else");
    for name in ["a", "b"] {
        assert_eq!(slot(frame, name)["state"]["unreadable"], "not_yet_initialised");
    }
    assert_eq!(run.one("return", "add")["value"]["text"], "30");

    let optimised = program("memory_layout", Variant::Opt).executable;
    let path = optimised.to_str().expect("a path of the package is text");
    let ran = freehold(["trace", "--first-instruction", "::combine$", path]);
    let told = "combine(by_value: 42, by_reference: 42)";
    assert!(ran.stderr.contains(told), "arguments in registers are there: {}", ran.stderr);
}

#[test]
fn a_variable_without_a_value_yet_does_not_show_what_another_call_left_there() {
    let run = watch("deferred", Variant::Debug);
    let calls: Vec<_> = run.of("enter").filter(|event| in_function(event, "look")).collect();
    let text = |call: &&Value| {
        let text = slot(caller(call, "late"), "text");
        (text["state"].clone(), text["value"]["text"].as_str().map(str::to_owned))
    };
    let told: Vec<_> = calls.iter().map(text).collect();
    let (not_yet, live) = (("uninitialised".into(), None), |text: &str| {
        (Value::from("live"), Some(format!("{text:?}")))
    });
    assert_eq!(told, [not_yet.clone(), live("first"), not_yet, live("again")]);
}

#[test]
fn frames_pile_up_and_pop_off() {
    let run = watch("accordion", Variant::Debug);
    let stack = |event: &Value| number(&event["stack_bytes"]);
    let (compute, multiply) = (run.one("enter", "compute"), run.one("enter", "multiply"));
    assert_eq!(stack(multiply), stack(compute) + number(&multiply["frame"]["bytes"]));
    assert_eq!((number(&compute["depth"]), number(&multiply["depth"])), (1, 2));
    let back = run.one("return", "multiply");
    assert_eq!(stack(back), stack(compute));
    assert_eq!(back["value"]["text"], "50");
    assert_eq!(run.one("return", "compute")["value"]["text"], "50");
    let kinds = multiply["frame"]["slots"].as_array().expect("slots");
    assert_eq!(kinds[0]["kind"], "return_address");
    assert_eq!((&kinds[0]["offset"], &kinds[0]["size"]), (&(-8).into(), &8.into()));
}

#[test]
fn a_moved_string_is_owned_by_the_argument_and_freed_by_the_function_that_took_it() {
    for variant in BOTH {
        let run = watch("moved", variant);
        let alloc = run.alloc(16);
        assert!(in_function(alloc, "main"));
        let block = &alloc["block"];
        let enter = run.one("enter", "f");
        let taken = slot(&enter["frame"], "value");
        assert_eq!((&taken["state"], &taken["size"]), (&"live".into(), &24.into()));
        assert_eq!(
            (&taken["blocks"][0]["block"], &taken["blocks"][0]["hold"]),
            (block, &"owner".into())
        );
        let left = slot(caller(enter, "main"), "value");
        assert_eq!(left["state"]["moved"]["to"], "f::value");
        assert!(left["value"].is_null(), "its bytes are no value: {left}");
        let moved = run.of("move").next().expect("a move");
        assert_eq!((&moved["from"], &moved["to"]), (&"main::value".into(), &"f::value".into()));
        assert_eq!(moved["evidence"], "inferred");
        let free = run.free_of(block);
        assert!(in_function(free, "f"));
        assert!(run.position(free) < run.position(run.one("return", "f")));
    }
}

#[test]
fn a_borrowed_string_keeps_its_owner() {
    for variant in BOTH {
        let run = watch("borrowed", variant);
        let block = &run.alloc(16)["block"];
        let enter = run.one("enter", "g");
        let borrowed = slot(&enter["frame"], "value");
        let held = &borrowed["blocks"][0];
        assert_eq!((&held["block"], &held["hold"]), (block, &"refers".into()));
        assert_eq!(slot(caller(enter, "main"), "value")["state"], "live");
        assert_eq!(run.of("move").count(), 0);
        let free = run.free_of(block);
        assert!(in_function(free, "main"));
        assert!(run.position(free) > run.position(run.one("return", "g")));
    }
}

#[test]
fn a_loop_that_consumes_a_vec_takes_it_and_its_strings_over() {
    let run = watch("consumed", Variant::Debug);
    let calls: Vec<_> = run.of("enter").filter(|event| in_function(event, "length")).collect();
    let told: Vec<_> = calls
        .iter()
        .map(|call| {
            let main = caller(call, "main");
            let text = |name| slot(main, name)["value"]["text"].as_str().unwrap_or("?").to_owned();
            assert_eq!(slot(main, "words")["state"]["moved"]["to"], "IntoIterator::into_iter");
            (text("word"), text("iter"))
        })
        .collect();
    let expected =
        [(r#""one""#, r#"["two", "three"]"#), (r#""two""#, r#"["three"]"#), (r#""three""#, "[]")];
    let expected = expected.map(|(word, iter)| (word.to_owned(), iter.to_owned()));
    assert_eq!(told, expected);
    let strings: Vec<_> =
        run.of("alloc").filter(|e| [3, 5].map(Value::from).contains(&e["size"])).collect();
    assert_eq!(strings.len(), 3);
    for string in strings {
        assert_eq!(run.free_of(&string["block"])["at"]["line"], run.line("round-end"));
    }
}

#[test]
fn without_debug_information_blocks_and_frames_are_known_and_the_rest_says_what_is_missing() {
    for name in ["moved", "borrowed", "memory_layout", "smart_pointers"] {
        let (with, without) = (watch(name, Variant::Debug), watch(name, Variant::NoDebug));
        let note = without.of("note").find_map(|note| note["text"].as_str()).expect("a note");
        assert!(note.contains("-g"), "{note}");
        let exit = |run: &Run| run.events.last().expect("events")["totals"].clone();
        for total in ["allocated", "freed", "bytes"] {
            assert_eq!(exit(&with)[total], exit(&without)[total], "{name}: {total}");
        }
        let names = |run: &Run| -> Vec<Value> {
            run.of("enter").map(|event| event["at"]["function"].clone()).collect()
        };
        let described = names(&with);
        assert!(names(&without).iter().all(|name| described.contains(name)), "{name}");
        assert!(without.of("enter").all(|event| number(&event["frame"]["bytes"]) >= 8));
    }
}

#[test]
fn every_variable_of_memory_layout_has_its_region_and_size() {
    for variant in BOTH {
        let run = watch("memory_layout", variant);
        let start = &run.events[0];
        let statics = start["statics"].as_array().expect("statics");
        let region = |name: &str| {
            let named = |s: &&Value| s["name"].as_str().is_some_and(|n| n.ends_with(name));
            statics.iter().find(named).expect("it is listed")["region"]["section"].clone()
        };
        assert_eq!((region("ZEROES"), region("COUNTER")), (".bss".into(), ".data".into()));
        assert_eq!(region("GREETING"), ".data.rel.ro");
        let sections = start["sections"].as_array().expect("sections");
        let bss = sections.iter().find(|section| section["name"] == ".bss").expect("a .bss");
        assert!(number(&bss["size"]) >= 10_000 && bss["file_size"] == 0);

        let enter = run.one("enter", "combine");
        let main = caller(enter, "main");
        for (name, size, value) in [
            ("text", 24, "\"Hello, owner!\""),
            ("list", 24, "[1, 2, 3, 4, 5]"),
            ("array", 20, "[10, 20, 30, 40, 50]"),
            ("large", 8, "-9000000000"),
            ("small", 1, "8"),
        ] {
            let slot = slot(main, name);
            assert_eq!((&slot["size"], &slot["value"]["text"]), (&size.into(), &value.into()));
            assert_eq!(slot["region"], "stack", "{name}");
        }
        assert!(slot(main, "array")["blocks"].is_null(), "an array is all stack");
        assert_eq!(slot(main, "text")["blocks"][0]["size"], 13);
        assert_eq!(slot(main, "list")["blocks"][0]["size"], 20);
        assert_eq!(run.one("return", "combine")["value"]["text"], "84");
        for size in [13, 20] {
            let free = run.free_of(&run.alloc(size)["block"]);
            assert!(in_function(free, "main") && free["at"]["line"] == run.line("end"));
        }
    }
}

#[test]
fn growth_is_seen_at_each_push_that_reallocates_and_at_no_other() {
    let run = watch("growth", Variant::Debug);
    let inside = |function: &str, kind: &str| -> Vec<(u64, u64)> {
        let of = run.of(kind).filter(|event| in_function(event, function));
        of.map(|e| (e["old_size"].as_u64().unwrap_or(0), number(&e["size"]))).collect()
    };
    assert_eq!(inside("pushes", "alloc"), [(0, 16)], "nothing before the first push");
    assert_eq!(inside("pushes", "realloc"), [(16, 32), (32, 64)]);
    assert_eq!(inside("reserved", "alloc"), [(0, 400)]);
    assert_eq!(inside("reserved", "realloc"), [], "none within the capacity");
    assert_eq!(inside("sentence", "realloc"), [(8, 16), (16, 32)]);
    let numbers = slot(&run.one("scope_end", "pushes")["frame"], "numbers").clone();
    assert_eq!(
        (&numbers["blocks"][0]["used"], &numbers["blocks"][0]["size"]),
        (&36.into(), &64.into())
    );
}

#[test]
fn a_vec_of_two_strings_is_24_bytes_of_stack_and_58_of_heap() {
    let run = watch("nested", Variant::Debug);
    let words = slot(&run.one("scope_end", "main")["frame"], "words").clone();
    assert_eq!(words["size"], 24);
    let blocks = words["blocks"].as_array().expect("blocks");
    let tree: Vec<_> = blocks.iter().map(|b| (b["path"].as_str(), number(&b["size"]))).collect();
    assert_eq!(tree, [(Some(""), 48), (Some("[0]"), 5), (Some("[1]"), 5)]);
    assert!(blocks.iter().all(|block| block["hold"] == "owner"));
}

#[test]
fn one_literal_has_one_address_and_a_string_made_of_it_another() {
    let run = watch("literals", Variant::Debug);
    let frame = &run.one("scope_end", "main")["frame"];
    let target = |name: &str| slot(frame, name)["value"]["data"]["target"].clone();
    assert!(target("first").is_u64());
    assert_eq!(target("first"), target("second"));
    assert_ne!(target("first"), target("owned"));
    assert_eq!(slot(frame, "first")["leads_to"]["section"], ".rodata");
    assert_eq!(slot(frame, "owned")["blocks"][0]["hold"], "owner");
}

#[test]
fn smart_pointers_lead_to_their_blocks() {
    let run = watch("smart_pointers", Variant::Debug);
    let end = |function: &str| run.one("scope_end", function)["frame"].clone();
    let boxes = end("boxes");
    assert_eq!(slot(&boxes, "boxed")["value"]["text"], "42");
    assert_eq!(slot(&boxes, "some")["value"]["text"], "Some(7)");
    assert_eq!(slot(&boxes, "none")["value"]["text"], "None");
    assert!(slot(&boxes, "none")["blocks"].is_null());
    let megabyte = slot(&end("megabyte"), "megabyte").clone();
    assert_eq!((&megabyte["size"], &megabyte["blocks"][0]["size"]), (&8.into(), &1_000_000.into()));
    let counted = end("counted");
    let (rc, clone) = (slot(&counted, "rc"), slot(&counted, "rc_clone"));
    assert!(clone["blocks"].is_null() && clone["value"].is_null(), "it was dropped: {clone}");
    assert_eq!(clone["state"]["dropped"]["at"]["line"], run.line("drop-clone"));
    assert_eq!((&rc["blocks"][0]["hold"], &rc["state"]), (&"shares".into(), &"live".into()));
    assert_eq!(run.one("return", "shapes")["value"]["text"], "19");
    let cells = end("cells");
    for guard in ["first", "second"] {
        assert_eq!(slot(&cells, guard)["value"]["text"], "[10, 2, 3]");
        assert_eq!(slot(&cells, guard)["blocks"][0]["hold"], "refers");
    }
    let arc = slot(&counted, "arc");
    assert!(arc["value"].is_null(), "only Weaks keep its block: {arc}");
    assert_eq!(arc["state"]["dropped"]["at"]["line"], run.line("drop-arc"));
}

#[test]
fn the_vtable_of_a_dyn_tells_its_concrete_type() {
    // An optimised build has dropped the shapes when their scope ends.
    for variant in [Variant::Debug, Variant::Dwarf5] {
        let run = watch("std_values", variant);
        let end = run.one("scope_end", "shapes")["frame"].clone();
        let text = |name: &str| slot(&end, name)["value"]["text"].clone();
        assert_eq!(text("boxed"), "Square { side: 3 }");
        assert_eq!(text("borrowed"), "Square { side: 3 }");
        assert_eq!(text("counted"), "Wide { side: 4 }");
        assert_eq!(text("row"), "[Square { side: 1 }, Wide { side: 2 }]");
        // Two words of counts, and a value that is aligned to 64 bytes.
        let block = &slot(&end, "counted")["blocks"][0];
        assert_eq!((&block["used"], &block["hold"]), (&128.into(), &"shares".into()));
    }
}

#[test]
fn locks_guards_cells_and_small_values_are_read_as_what_they_hold() {
    let run = watch("std_values", Variant::Debug);
    let check = |function: &str, expected: &[(&str, &str)]| {
        let end = run.one("scope_end", function)["frame"].clone();
        for (name, text) in expected {
            assert_eq!(slot(&end, name)["value"]["text"], *text, "{name}");
        }
    };
    check(
        "locks",
        &[
            ("held", "Mutex { data: \"held\", locked: true, poisoned: false }"),
            ("holder", "\"held\""),
            ("read", "RwLock { data: 9, readers: 2, writer: false, poisoned: false }"),
            ("reader", "9"),
            ("written", "RwLock { data: 8, readers: 0, writer: true, poisoned: false }"),
            ("writer", "8"),
        ],
    );
    check(
        "once",
        &[
            ("empty", "None"),
            ("full", "Some(\"once\")"),
            ("cell", "Some(3)"),
            ("waiting", "Uninit"),
            ("forced", "Init(4)"),
        ],
    );
    check(
        "small",
        &[
            ("duration", "1.5s"),
            ("address", "2001:db8::8"),
            ("socket", "10.0.0.1:80"),
            ("range", "1..5"),
            ("pinned", "5"),
            ("by_hand", "\"kept\""),
            ("c_text", "\"c text\""),
            ("path", "\"/etc\""),
            ("rest", "[2, 3]"),
            ("flag", "true"),
        ],
    );
}

#[test]
fn maps_lead_to_their_tables_and_nodes_and_to_what_their_entries_own() {
    let run = watch("smart_pointers", Variant::Debug);
    let maps = run.one("scope_end", "maps")["frame"].clone();
    let blocks = |name: &str| slot(&maps, name)["blocks"].as_array().cloned().unwrap_or_default();
    let ages = slot(&maps, "ages");
    let text = ages["value"]["text"].as_str().unwrap_or_default();
    for entry in ["\"Ada\": 36", "\"Grace\": 85", "\"Edsger\": 72"] {
        assert!(text.contains(entry), "{text}");
    }
    // Four buckets of 32 bytes, four control bytes and a group of sixteen; then the three names.
    let held = blocks("ages");
    let sizes: Vec<_> = held.iter().map(|block| number(&block["size"])).collect();
    assert_eq!((sizes[0], sizes[1..].iter().sum::<u64>()), (148, 3 + 5 + 6));
    let paths: Vec<_> = held.iter().filter_map(|block| block["path"].as_str()).collect();
    assert!(paths.contains(&"[\"Ada\"].key"), "{paths:?}");
    let first = "{1: 1, 2: 4, 3: 9, 4: 16, 5: 25, 6: 36, 7: 49, 8: 64, 9: 81, 10: 100, … 10 more}";
    assert_eq!(slot(&maps, "squares")["value"]["text"], first);
    // Twenty entries do not fit into one node of eleven.
    let held = blocks("squares");
    assert!(held.len() >= 3 && held.iter().all(|block| block["hold"] == "owner"), "{held:?}");
}

#[test]
fn tables_trees_and_chains_lead_to_every_block_they_are_made_of() {
    let run = watch("collections", Variant::Debug);
    let seen = |function: &str, name: &str| {
        let frame = run.one("scope_end", function)["frame"].clone();
        let slot = slot(&frame, name);
        let text = slot["value"]["text"].as_str().unwrap_or_default().to_owned();
        let held = slot["blocks"].as_array().cloned().unwrap_or_default();
        assert!(held.iter().all(|block| block["hold"] == "owner"), "{held:?}");
        (text, held.iter().map(|block| number(&block["size"])).collect::<Vec<_>>())
    };
    // Buckets, as many control bytes, and a group of sixteen; then what the entries own.
    let (text, sizes) = seen("tables", "numbers");
    assert!(["{18, 19}", "{19, 18}"].contains(&&*text), "{text}");
    assert_eq!(sizes, [32 * 4 + 32 + 16]);
    assert_eq!(seen("tables", "wide"), ("{Wide(7)}".to_owned(), vec![4 * 32 + 4 + 16]));
    let lists = (r#"{1: ["one", "uno"]}"#.to_owned(), vec![4 * 32 + 4 + 16, 48, 3, 3]);
    assert_eq!(seen("tables", "lists"), lists);
    assert_eq!(seen("tables", "empty"), ("{}".to_owned(), vec![]));
    let (text, sizes) = seen("trees", "many");
    assert!(text.starts_with("{2: 4, 3: 9, 4: 16, ") && text.ends_with(", … 89 more}"), "{text}");
    let allocated = run.of("alloc").filter(|e| in_function(e, "trees"));
    let nodes = allocated.filter(|e| [104, 200].contains(&number(&e["size"]))).count();
    assert_eq!(sizes.len(), nodes, "all nodes are found: {sizes:?}");
    let (text, sizes) = seen("trees", "names");
    assert_eq!((&*text, sizes.len()), (r#"{"a", "b"}"#, 3));
    assert_eq!(seen("trees", "emptied").1.len(), 1);
    assert_eq!(seen("trees", "empty"), ("{}".to_owned(), vec![]));
    let list = (r#"["one", "two", "three"]"#.to_owned(), vec![40, 40, 40, 3, 3, 5]);
    assert_eq!(seen("chains", "list"), list);
    assert_eq!(seen("chains", "heap"), ("[5, 3, 4, 1, 1]".to_owned(), vec![20]));
    assert_eq!(seen("chains", "empty"), ("[]".to_owned(), vec![]));
}

#[test]
fn an_inlined_call_is_a_frame_without_stack_and_its_twin_has_one() {
    for variant in BOTH {
        let run = watch("inlining", variant);
        let entered: Vec<_> = run.of("enter").filter(|e| in_function(e, "deepest")).collect();
        assert_eq!(entered.len(), 2);
        let inlined = caller(entered[0], "always");
        assert_eq!((&inlined["inlined"], &inlined["bytes"]), (&true.into(), &0.into()));
        assert_eq!(inlined["at"]["line"], run.line("in-always"));
        assert_eq!(caller(entered[0], "both")["at"]["line"], run.line("call-always"));
        let twin = caller(entered[1], "never");
        assert!(twin["inlined"] == false && number(&twin["bytes"]) >= 8);
        assert_eq!(run.of("enter").filter(|e| in_function(e, "always")).count(), 0);
    }
}

#[test]
fn ownership_crosses_threads_and_every_thread_has_its_own_stack() {
    for variant in BOTH {
        let run = watch("threads", variant);
        let text = run.of("alloc").find(|e| e["size"] == 16 && in_function(e, "moved_in"));
        let block = &text.expect("the String is allocated by the first thread")["block"];
        let free = run.free_of(block);
        assert!(in_function(free, "consume"), "{free}");
        assert_eq!(free["allocated_by"], 1);
        assert_ne!(free["thread"], 1);
        let starts: Vec<_> = run.of("thread_start").map(|event| number(&event["thread"])).collect();
        let mut ends: Vec<_> = run.of("thread_end").map(|event| number(&event["thread"])).collect();
        ends.sort_unstable();
        // Two scoped threads, one that takes the String, four that share a counter, one sender.
        assert_eq!(starts, [2, 3, 4, 5, 6, 7, 8, 9]);
        assert!(ends.iter().all(|thread| starts.contains(thread)));
        let adds: Vec<_> = run.of("enter").filter(|e| in_function(e, "add_one")).collect();
        let threads: std::collections::BTreeSet<_> =
            adds.iter().map(|e| number(&e["thread"])).collect();
        assert_eq!((adds.len(), threads.len()), (4, 4), "{variant:?}");
        assert!(adds.iter().all(|event| number(&event["stack_bytes"]) < 64 * 1024));
        assert_eq!(run.of("unknown_free").count(), 0);
    }
}

/// The state of the variable of a name in a frame.
fn state<'a>(frame: &'a Value, name: &str) -> &'a Value {
    &slot(frame, name)["state"]
}

#[test]
fn a_variable_of_a_loop_is_live_again_in_every_round_although_its_bytes_are_the_same() {
    let run = watch("bad/rounds", Variant::Debug);
    let enters: Vec<_> = run.of("enter").collect();
    let of_rounds = |function: &str| -> Vec<_> {
        let named = enters.iter().filter(|event| in_function(event, function));
        let frames = named.map(|event| (*event, event["stack"]["frames"][0].clone()));
        frames.filter(|(_, frame)| in_function(frame, "rounds")).collect()
    };
    let (looks, takes) = (of_rounds("look"), of_rounds("take"));
    assert_eq!((looks.len(), takes.len()), (3, 3));
    let mut blocks = Vec::new();
    for (event, frame) in &looks {
        assert_eq!(state(frame, "text"), "live", "{event}");
        blocks.push(slot(frame, "text")["blocks"][0]["block"].clone());
    }
    blocks.dedup();
    assert_eq!(blocks.len(), 3, "a block each round: {blocks:?}");
    for (event, frame) in &takes {
        assert_eq!(frame["at"]["line"], run.line("take-text"));
        assert_eq!(state(frame, "text")["moved"]["to"], "take::text", "{event}");
        assert_eq!(state(&event["frame"], "text"), "live");
    }
}

#[test]
fn a_struct_that_lost_one_field_still_owns_the_other() {
    let run = watch("bad/rounds", Variant::Debug);
    let first = run.alloc("the first".len() as u64);
    let second = run.alloc("the second".len() as u64);
    let in_parts = |event: &&Value| in_function(&event["stack"]["frames"][0], "parts");
    let entered: Vec<_> = run.of("enter").filter(in_parts).collect();
    assert_eq!(entered.len(), 2, "take and look");
    for event in entered {
        let pair = slot(caller(event, "parts"), "pair");
        let gone = &pair["state"]["partly_moved"]["parts"];
        assert_eq!((&gone[0]["path"], &gone[0]["to"]), (&".first".into(), &"take::text".into()));
        assert!(gone[1].is_null(), "{pair}");
        assert!(pair["value"].is_null(), "a part of its bytes is stale: {pair}");
        let blocks = pair["blocks"].as_array().expect("what it still owns");
        assert_eq!(blocks.len(), 1, "without {first}: {pair}");
        assert_eq!(
            (&blocks[0]["block"], &blocks[0]["path"]),
            (&second["block"], &".second".into())
        );
    }
}

#[test]
fn a_call_that_is_unwound_and_made_again_in_the_same_frame_is_two_calls() {
    let run = watch("bad/rounds", Variant::Debug);
    let of_fail: Vec<_> = run
        .events
        .iter()
        .filter(|event| event["event"] == "enter" || event["event"] == "return")
        .filter(|event| in_function(event, "fail") || event["function"] == "rounds::fail")
        .collect();
    let kinds: Vec<_> = of_fail.iter().map(|e| e["event"].as_str().expect("a kind")).collect();
    assert_eq!(kinds, ["enter", "return"].repeat(3));
    let depths: Vec<_> = of_fail.iter().map(|event| number(&event["depth"])).collect();
    assert!(depths.iter().all(|depth| *depth == depths[0]), "{depths:?}");
    for event in of_fail.iter().filter(|event| event["event"] == "return") {
        assert_eq!((&event["end"], &event["evidence"]), (&"unwound".into(), &"inferred".into()));
    }
}

#[test]
fn a_handler_on_a_stack_of_its_own_ends_no_call_and_adds_its_frames_alone() {
    let run = watch("bad/signal_stacks", Variant::Debug);
    for work in run.of("enter").filter(|event| in_function(event, "work")) {
        let thread = &work["thread"];
        let same = |event: &&Value| event["thread"] == *thread;
        let handled: Vec<_> =
            run.of("enter").filter(same).filter(|e| in_function(e, "in_handler")).collect();
        let [handled] = handled[..] else { panic!("{} entries", handled.len()) };
        let more = number(&handled["stack_bytes"]).checked_sub(number(&work["stack_bytes"]));
        assert!(more.is_some_and(|more| (16..65_536).contains(&more)), "{more:?}: {handled}");
        assert!(number(&handled["depth"]) > number(&work["depth"]));
        assert_eq!(caller(handled, "work")["at"]["line"], run.line("raise"));
        let frames = handled["stack"]["frames"].as_array().expect("the whole stack");
        let sum: u64 = frames.iter().map(|frame| number(&frame["bytes"])).sum();
        assert_eq!(sum + number(&handled["frame"]["bytes"]), number(&handled["stack_bytes"]));
    }
    let ends: Vec<_> = run.of("return").map(|event| &event["end"]).collect();
    assert!(ends.len() > 6 && ends.iter().all(|end| *end == "ret"), "{ends:?}");
    let peak = run.events.last().map(|exit| number(&exit["totals"]["peak_stack_bytes"]));
    assert!(peak.is_some_and(|peak| peak < 65_536), "{peak:?}");
    let signals: Vec<_> = run.of("signal").map(|event| &event["explanation"]).collect();
    assert_eq!(signals, ["sent by the program itself"; 2], "not a fault: nothing was touched");
}

#[test]
fn a_call_that_the_end_of_the_process_cut_off_was_not_unwound() {
    let run = watch("bad/left_running", Variant::Debug);
    let waiting = run.of("return").find(|event| event["function"] == "left_running::wait_for_ever");
    assert_eq!(waiting.map(|event| &event["end"]), Some(&"thread_ended".into()));
    let begun = run.of("thread_start").next().expect("a second thread");
    assert!(begun["name"].is_null(), "at its begin it has the name of its parent: {begun}");
}
