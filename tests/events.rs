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
    assert_eq!(rc["blocks"][0], clone["blocks"][0], "both share one block");
    assert_eq!((&rc["blocks"][0]["hold"], &rc["state"]), (&"shares".into(), &"live".into()));
    assert_eq!(run.one("return", "shapes")["value"]["text"], "19");
    let cells = end("cells");
    for guard in ["first", "second"] {
        assert_eq!(slot(&cells, guard)["value"]["text"], "[10, 2, 3]");
        assert_eq!(slot(&cells, guard)["blocks"][0]["hold"], "refers");
    }
    let text = &slot(&counted, "arc")["value"]["text"];
    assert_eq!(text, "<not a valid Arc: its value was dropped>", "only Weaks keep its block");
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
            ("unset", "MaybeUninit<u32>"),
            ("c_text", "\"c text\""),
            ("path", "\"/etc\""),
            ("rest", "[2, 3]"),
            ("flag", "true"),
        ],
    );
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
