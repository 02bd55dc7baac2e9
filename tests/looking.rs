//! The commands that look at a program that stands still, each by its effect. What is expected
//! follows from the source of the test programs, or from objdump and readelf.

mod support;

use std::process::Command;

use serde_json::Value;
use support::{Program, Ran, Variant, freehold, program};

/// Runs commands in a session without a terminal, on pages of 80 columns.
#[track_caller]
fn session(program: &Program, commands: &[&str]) -> String {
    let ran = session_of(program, &["--width", "80"], commands);
    assert!(!ran.stderr.lines().any(|line| line.starts_with("error:")), "{}", ran.stderr);
    for line in ran.stderr.lines() {
        assert!(line.chars().count() <= 80, "too wide: {line}");
    }
    ran.stderr
}

#[track_caller]
fn session_of(program: &Program, options: &[&str], commands: &[&str]) -> Ran {
    let mut args = vec!["debug".to_owned(), "--batch".to_owned()];
    args.extend(options.iter().map(|option| (*option).to_owned()));
    args.extend(commands.iter().flat_map(|command| ["-e".to_owned(), (*command).to_owned()]));
    args.push(program.executable.display().to_string());
    freehold(args)
}

/// What the last command answered, as JSON.
#[track_caller]
fn answer(program: &Program, commands: &[&str]) -> Value {
    let ran = session_of(program, &["--format", "json"], commands);
    let lines: Vec<Value> =
        ran.stderr.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let last = lines.iter().rfind(|line| line["answer"].is_string());
    last.unwrap_or_else(|| panic!("no answer: {}", ran.stderr)).clone()
}

/// What stands behind the line of a stop.
fn behind_stop(text: &str) -> &str {
    let stop = text.find("Breakpoint 1, ").expect("a stop");
    let source = text[stop..].find(" │ ").map_or(stop, |at| stop + at);
    let end = text[source..].find('\n').map_or(text.len(), |at| source + at + 1);
    &text[end..]
}

fn looking() -> Program {
    program("looking", Variant::Debug)
}

/// `break` at the line of a marker, and `run`.
fn to(program: &Program, marker: &str) -> [String; 2] {
    [format!("break looking.rs:{}", program.line(marker)), "run".to_owned()]
}

#[track_caller]
fn looked(marker: &str, commands: &[&str]) -> String {
    let program = looking();
    let begin = to(&program, marker);
    let all: Vec<&str> = begin.iter().map(String::as_str).chain(commands.iter().copied()).collect();
    let text = session(&program, &all);
    behind_stop(&text).to_owned()
}

#[track_caller]
fn looked_json(marker: &str, command: &str) -> Value {
    let program = looking();
    let [place, run] = to(&program, marker);
    answer(&program, &[&place, &run, command])["data"].clone()
}

#[test]
fn a_backtrace_folds_what_is_not_the_users_and_lists_it_when_asked() {
    let program = looking();
    let text = looked("visit", &["bt"]);
    let lines: Vec<&str> = text.lines().collect();
    let all = format!("looking.rs:{}", program.line("all"));
    assert!(lines[0].starts_with("▸ 0  visit") && lines[1].contains("all::{{closure}}"), "{text}");
    assert!(lines[2].contains("frames of std"), "{text}");
    assert!(lines[3].contains("all") && lines[3].contains(&all), "{text}");
    let whole = looked("visit", &["bt -all"]);
    assert!(whole.contains("sum") && !whole.contains("of std"), "{whole}");
    assert!(whole.lines().count() > text.lines().count());
}

#[test]
fn a_backtrace_counts_from_either_end_and_filters_by_function() {
    let inner = looked("bottom", &["bt 2"]);
    assert_eq!(inner.matches("down").count(), 2, "{inner}");
    assert!(inner.contains("more frames"), "{inner}");
    let outer = looked("bottom", &["bt -1"]);
    assert!(outer.contains("main") && !outer.contains("down"), "{outer}");
    let only = looked("bottom", &["bt -only ::down$"]);
    assert_eq!(only.lines().filter(|line| line.contains("down")).count(), 6, "{only}");
    assert_eq!(only.lines().count(), 6, "{only}");
    let hidden = looked("bottom", &["bt -hide ::down$"]);
    assert!(!hidden.contains("down") && hidden.contains("main"), "{hidden}");
}

#[test]
fn a_full_backtrace_has_the_variables_of_each_frame() {
    let text = looked("bottom", &["bt -full 3"]);
    for depth in 0..3 {
        assert!(text.contains(&format!("depth  u32  {depth}")), "{text}");
    }
    assert!(!text.contains("depth  u32  3"));
}

#[test]
fn a_backtrace_goes_through_a_panic_and_says_so() {
    let program = program("bad/panics", Variant::Debug);
    let text = session(&program, &["break rust_panic", "run", "bt"]);
    let text = behind_stop(&text);
    assert!(text.contains("panicking"), "{text}");
    let fail = format!("panics.rs:{}", program.line("panic"));
    assert!(text.contains("fail") && text.contains(&fail), "{text}");
}

#[test]
fn a_backtrace_goes_through_a_signal_handler() {
    let program = program("signals", Variant::Debug);
    let text = session(&program, &["handle USR1 nostop noprint", "break count", "run", "bt"]);
    let raise = format!("signals.rs:{}", program.line("raise"));
    assert!(text.contains("handler") && text.contains("signal handler called"), "{text}");
    assert!(text.contains(&raise), "{text}");
}

#[test]
fn slots_draw_the_frame_with_what_it_owns() {
    let text = looked("deep", &["slots"]);
    let words = text.lines().find(|line| line.starts_with("  words")).expect("the variable");
    assert!(words.contains("Vec<String>") && words.contains("24 B") && words.contains("▶ #"));
    assert!(words.contains("48 B") && text.contains("not yet initialised: counter, depth"));
    let std = looked("visit", &["up", "up", "slots"]);
    assert!(std.contains("return address 8"), "a frame of std is drawn too: {std}");
}

#[test]
fn the_heap_lists_blocks_with_their_owners() {
    let data = looked_json("deep", "heap");
    let blocks = data["blocks"].as_array().expect("blocks");
    let of = |owner: &str| blocks.iter().find(|block| block["owner"]["place"] == owner);
    let words = of("main::words").expect("the block of the Vec");
    assert_eq!((&words["size"], &words["owner"]["type"]), (&48.into(), &"Vec<String>".into()));
    assert_eq!(words["at"]["line"], looking().line("words"));
    assert_eq!(of("main::words[0]").map(|b| &b["size"]), Some(&3.into()));
    // Two counters and the number.
    let shared = blocks.iter().find(|block| block["owner"]["hold"] == "shares");
    assert_eq!(shared.map(|b| &b["size"]), Some(&24.into()));
    let largest = looked_json("deep", "heap -size 1");
    assert_eq!(largest["blocks"].as_array().map(Vec::len), Some(1));
    let sizes = blocks.iter().filter_map(|block| block["size"].as_u64());
    assert_eq!(largest["blocks"][0]["size"].as_u64(), sizes.max());
    assert_eq!(largest["more"].as_u64(), Some(blocks.len() as u64 - 1));
}

#[test]
fn a_block_shows_its_bytes_and_all_that_lead_to_it() {
    let data = looked_json("deep", "heap");
    let blocks = data["blocks"].as_array().expect("blocks");
    let number = |owner: &str| {
        let block = blocks.iter().find(|block| block["owner"]["place"] == owner);
        block.and_then(|block| block["block"].as_u64()).expect("a block")
    };
    let (words, first) = (number("main::words"), number("main::words[0]"));
    let text = looked_json("deep", &format!("heap #{first}"));
    assert_eq!(text["content"], "6f6e65", "one");
    let vec = looked_json("deep", &format!("heap #{words}"));
    let pointers = vec["pointers"].as_array().expect("pointers");
    assert!(pointers.iter().any(|pointer| pointer[1] == format!("#{first}")), "{vec}");
    let text = looked("deep", &[&format!("heap #{first}")]);
    assert!(text.contains("6f 6e 65") && text.contains("one") && text.contains("main::words[0]"));
    let shared = blocks.iter().find(|block| block["owner"]["hold"] == "shares").expect("an Rc");
    let shared = looked_json("deep", &format!("heap #{}", shared["block"]));
    let places: Vec<_> = shared["holders"].as_array().into_iter().flatten().collect();
    assert_eq!(places.len(), 2, "{shared}");
}

#[test]
fn registers_are_marked_that_changed_and_flags_have_names() {
    let program = program("calc", Variant::Debug);
    let [first, second] = ["a-is-set", "c-is-set"].map(|marker| program.line(marker));
    let (one, two) = (format!("break calc.rs:{first}"), format!("break calc.rs:{second}"));
    let commands = [one.as_str(), "run", &two, "continue", "info registers"];
    let data = answer(&program, &commands)["data"].clone();
    let register = |name: &str| {
        let all = data["general"].as_array().into_iter().flatten();
        all.clone().find(|register| register["name"] == name).cloned().expect("a register")
    };
    assert_eq!(register("rip")["changed"], true);
    assert_eq!(register("rsp")["changed"], false);
    assert!(register("eflags")["flags"].as_str().is_some_and(|flags| flags.contains("IF")));
    let text = session(&program, &[&one, "run", "i r rip eflags"]);
    assert!(text.contains("calc::calc+") && text.contains("eflags"), "{text}");
    assert!(!text.contains("0x5555"), "addresses are named: {text}");
}

#[test]
fn a_callers_registers_are_unknown_unless_they_were_saved() {
    let data = looked_json("bottom", "up");
    assert_eq!(data[0]["no"], 1);
    let text = looked("bottom", &["up", "registers rax rip rsp"]);
    assert!(text.contains("<not saved>") && text.contains("looking::down+"), "{text}");
}

#[test]
fn an_address_in_a_library_has_the_librarys_name_in_front() {
    let program = program("signals", Variant::Debug);
    let text = session(&program, &["run", "frame 0", "registers rip"]);
    assert!(text.contains("libc.so.6!"), "raise(3) sends the signal: {text}");
}

#[test]
fn vector_registers_are_shown_in_lanes() {
    // `scale * 2.0` was just computed from 1.0 in xmm0.
    let program = program("looking", Variant::Debug);
    let text = session(&program, &["break area", "run", "info vector"]);
    assert!(text.contains("xmm15") && !text.contains("rax"), "{text}");
    assert!(text.contains("xmm0     0x"), "{text}");
}

#[test]
fn memory_is_dumped_in_gdbs_formats_with_names_for_addresses() {
    let cases = [
        ("x/4xw &TABLE", "looking::TABLE:  0x00000011  0x00000022  0x00000033  0x00000044\n"),
        ("x/2dw &TABLE", "looking::TABLE:  17  34\n"),
        ("x/s bytes", "bytes:  \"0123456789abcde\"\n"),
        ("x/2c bytes", "bytes:  48 '0'  49 '1'\n"),
        ("x/2fw floats", "floats:    1.5  -2.25\n"),
        ("x/2ob bytes", "bytes:  060  061\n"),
        ("x/tb bytes", "bytes:  00110000\n"),
        ("x/uh bytes", "bytes:  12592\n"),
        ("x/gx &point.y", "point+16:  0xfffffffffffffffc\n"),
    ];
    let commands: Vec<&str> = cases.iter().map(|(command, _)| *command).collect();
    let expected: String = cases.iter().map(|(_, expected)| *expected).collect();
    assert_eq!(looked("deep", &commands), expected);
    let text = looked("deep", &["x/2xg words.as_ptr()", "x/a words.as_ptr() as usize + 8"]);
    let mut lines = text.lines();
    assert!(lines.next().is_some_and(|line| line.starts_with('#')), "{text}");
    // The pointer of the first String leads to the beginning of its block.
    let lead = lines.next().and_then(|line| line.split_once("+8:  "));
    assert!(lead.is_some_and(|(_, to)| to.starts_with('#') && !to.contains('+')), "{text}");
    let more = looked("deep", &["x/8xb bytes", "x", "x/2xb"]);
    assert!(more.contains("bytes+8:  0x38\nbytes+9:  0x39  0x61\n"), "it goes on: {more}");
}

#[test]
fn memory_that_is_not_there_is_said_to_be_missing() {
    let program = looking();
    let [place, run] = to(&program, "deep");
    let ran = session_of(&program, &[], &[&place, &run, "x/4x 16"]);
    assert!(ran.stderr.contains("error: nothing is mapped at 0x10"), "{}", ran.stderr);
    assert_eq!(ran.code, 2);
    let ran = session_of(&program, &[], &[&place, &run, "x/4q 16"]);
    assert!(ran.stderr.contains("`/4q` is no format"), "{}", ran.stderr);
}

/// The offsets and the bytes of the instructions of a function, as objdump has them.
fn by_objdump(program: &Program, symbol_part: &str) -> Vec<(u64, String)> {
    let output = Command::new("objdump")
        .args(["-d", "--no-addresses", "-w"])
        .arg(&program.executable)
        .output()
        .expect("objdump is installed");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let head = text.find(symbol_part).expect("the function");
    let mut at = 0;
    let body = text[head..].lines().skip(1).take_while(|line| line.starts_with('\t'));
    body.map(|line| {
        let bytes: String = line.trim().split('\t').next().unwrap_or("").split(' ').collect();
        let here = at;
        at += bytes.len() as u64 / 2;
        (here, bytes)
    })
    .collect::<Vec<_>>()
}

#[test]
fn code_has_the_instructions_that_objdump_finds() {
    for variant in [Variant::Debug, Variant::Opt] {
        let program = program("looking", variant);
        let data = answer(&program, &["disassemble looking::area"])["data"].clone();
        let pieces = data["pieces"].as_array().expect("pieces");
        assert_eq!(pieces.len(), 1);
        let ours: Vec<(u64, String)> = pieces[0]["instructions"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|code| {
                let offset = code["offset"].as_u64().unwrap_or(u64::MAX);
                (offset, code["bytes"].as_str().unwrap_or("").to_owned())
            })
            .collect();
        assert!(ours.len() > 10);
        let mut theirs = by_objdump(&program, "looking4area17h");
        // What fills the gap to the next function is not of this one.
        theirs.truncate(theirs.iter().rposition(|(_, bytes)| bytes != "cc").map_or(0, |at| at + 1));
        assert_eq!(ours, theirs, "{variant:?}");
    }
}

#[test]
fn code_names_calls_variables_and_its_parts() {
    let text = looked("named", &["disassemble"]);
    assert!(text.starts_with("area:\n"), "{text}");
    assert!(text.lines().filter(|line| line.starts_with('▸')).count() == 1, "{text}");
    assert!(text.contains("prologue") && text.contains("epilogue"), "{text}");
    for name in ["shape", "scale", "factor", "radius", "point", "tag"] {
        assert!(text.lines().any(|line| line.ends_with(&format!("  {name}"))), "{name}: {text}");
    }
    let main = looked("deep", &["disassemble main"]);
    assert!(main.contains("call   area") && main.contains("call   twice::<u8>"), "{main}");
    assert!(main.contains("point.x") && main.contains("point.y"), "fields are named: {main}");
    assert!(main.contains("[rel looking::TABLE]") && main.contains("jmp    ."), "{main}");
}

#[test]
fn code_stands_below_its_source() {
    let program = looking();
    let text = session(&program, &["disassemble /s down"]);
    let line = program.line("bottom");
    assert!(text.contains(&format!("{line:>4} │         return 1; // #bottom")), "{text}");
    let by_line = session(&program, &["disassemble /m down"]);
    let numbers: Vec<u32> =
        by_line.lines().filter_map(|line| line.split_once(" │ ")?.0.trim().parse().ok()).collect();
    assert!(numbers.is_sorted() && numbers.len() > 3, "{by_line}");
    let bytes = session(&program, &["disassemble /r looking::twice"]);
    assert_eq!(bytes.matches("twice::<").count(), 2, "both instances: {bytes}");
    assert!(bytes.lines().any(|line| line.contains("c3 ") && line.contains("ret")), "{bytes}");
}

#[test]
fn ranges_of_code_are_shown_by_address_and_by_length() {
    let text = looked("named", &["x/3i $pc", "disassemble $pc,+8"]);
    assert_eq!(text.matches('▸').count(), 2, "{text}");
    let count = answer_of_range("x/3i $pc");
    assert_eq!(count, 3);
}

fn answer_of_range(command: &str) -> usize {
    let data = looked_json("named", command);
    data["pieces"][0]["instructions"].as_array().map_or(0, Vec::len)
}

#[test]
fn asm_shows_a_function_without_running_the_program() {
    let program = looking();
    let path = program.executable.display().to_string();
    let ran = freehold(["asm", "looking::visit", &path, "--width", "80"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stdout.starts_with("visit:\n") && ran.stdout.contains("let seen = number + 1;"),
        "{}",
        ran.stdout
    );
    let json = freehold(["asm", "twice", &path, "--format", "json"]);
    let json: Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!((json["v"].as_u64(), json["pieces"].as_array().map(Vec::len)), (Some(1), Some(2)));
    let ran = freehold(["asm", "vist", &path]);
    assert_eq!(ran.code, 4);
    assert!(ran.stderr.contains("no function is called `vist`"), "{}", ran.stderr);
    assert!(ran.stderr.contains("did you mean `visit`?"), "{}", ran.stderr);
}

#[test]
fn types_are_declared_with_and_without_offsets() {
    let text = looked("deep", &["ptype point", "whatis words", "whatis &point", "whatis 1 + 1"]);
    let declared = "struct Point {  // 32 B\n    name: &str,\n    y: i64,\n    x: i32,\n}\n";
    assert_eq!(text, format!("{declared}Vec<String>\n&Point\ni32\n"));
    let program = looking();
    let text = session(&program, &["ptype /o Shape", "whatis Shape"]);
    assert!(text.contains("/*    8 |    8 */         f64,"), "{text}");
    assert!(text.contains("Named {") && text.contains("Empty,") && text.ends_with("Shape\n"));
    let ran = session_of(&program, &[], &["ptype Piont"]);
    assert!(ran.stderr.contains("error:") && ran.code == 2, "{}", ran.stderr);
}

#[test]
fn displays_are_shown_at_each_stop_until_they_are_taken_away() {
    let program = program("calc", Variant::Debug);
    let stops = ["a-is-set", "b-is-set", "c-is-set"].map(|marker| program.line(marker));
    let stops = stops.map(|line| format!("break calc.rs:{line}"));
    let commands = [
        stops[0].as_str(),
        &stops[1],
        &stops[2],
        "run",
        "display a",
        "display/x b",
        "continue",
        "undisplay 1",
        "continue",
    ];
    let text = session(&program, &commands);
    assert_eq!(text.matches("1: a = 3").count(), 2, "{text}");
    assert_eq!(text.matches("2: /x b = 0x7").count(), 2, "{text}");
    assert!(text.contains("2: /x b  `b` is not yet initialised"), "{text}");
}

#[test]
fn the_context_has_source_stack_heap_and_events() {
    let program = looking();
    let [place, run] = to(&program, "points");
    let text = session(&program, &[&place, &run, "context 3"]);
    for part in ["── source looking.rs", "── stack", "── heap", "── last events"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let events = text.split("── last events").nth(1).expect("events");
    assert_eq!(events.matches("  alloc ").count(), 3, "{text}");
    let text = session(&program, &["set context-at-stop on", &place, &run]);
    assert!(text.contains("── stack"), "{text}");
}

#[test]
fn info_knows_lines_symbols_addresses_and_scopes() {
    let program = looking();
    let line = program.line("bottom");
    let text = session(&program, &[&format!("info line looking.rs:{line}")]);
    assert!(text.starts_with(&format!("looking.rs:{line}  from down+")), "{text}");
    let text = looked("deep", &["info symbol &TABLE", "info symbol $pc"]);
    assert!(text.starts_with("looking::TABLE  in .rodata of looking"), "{text}");
    assert!(text.contains("looking::main+"), "{text}");
    let text = looked("deep", &["info address words", "info address COUNTER"]);
    assert!(text.contains("stack of main (frame 0), 24 bytes"), "{text}");
    assert!(text.contains("`looking::COUNTER` is a static at .data+"), "{text}");
    let text = session(&program, &["info scope area"]);
    for name in ["shape", "scale", "factor", "radius", "point", "tag"] {
        assert!(text.contains(&format!("  {name}")), "{name}: {text}");
    }
    assert_eq!(text.matches("parameter").count(), 2, "{text}");
    let text = looked("deep", &["info source", "info program"]);
    assert!(text.contains("test-programs/looking.rs") && text.contains("stands still"), "{text}");
}

#[test]
fn names_are_listed_by_kind_and_pattern_and_limited() {
    let program = looking();
    let text = session(&program, &["info functions"]);
    for name in ["area", "down", "main", "twice", "visit", "all::{{closure}}"] {
        assert!(text.lines().any(|line| line.ends_with(&format!("looking::{name}"))), "{name}");
    }
    assert!(!text.contains("core::"), "only the program's own: {text}");
    let text = session(&program, &["info functions ^core::num::"]);
    assert!(text.contains("core::num::flt2dec") && !text.contains("looking::"), "{text}");
    let text = session(&program, &["info functions --limit 2"]);
    assert!(text.contains("more: --limit N lists more"), "{text}");
    let text = session(&program, &["info types ^looking::", "info variables TABLE|COUNTER"]);
    for name in ["Point", "Shape", "looking::TABLE", "looking::COUNTER"] {
        assert!(text.lines().any(|line| line.trim() == name), "{name}: {text}");
    }
    let ran = session_of(&program, &[], &["info functions ("]);
    assert!(ran.stderr.contains("`(` is not a regular expression"), "{}", ran.stderr);
}

#[test]
fn the_map_says_what_lies_where() {
    let data = looked_json("deep", "maps");
    let maps = data["maps"].as_array().expect("mappings");
    let stack = maps.iter().find(|map| map["path"] == "[stack]").expect("a stack");
    assert_eq!(stack["stacks"][0], 1);
    let heap = looked_json("deep", "heap");
    let blocks: u64 = maps.iter().filter_map(|map| map["blocks"][0].as_u64()).sum();
    assert_eq!(Some(blocks), heap["live"].as_u64());
    let has = |map: &Value, name: &str| {
        map["sections"].as_array().is_some_and(|all| all.iter().any(|section| section == name))
    };
    let code = maps.iter().find(|map| has(map, ".text")).expect("code");
    assert_eq!(code["rights"], "r-x");
    assert!(maps.iter().any(|map| map["freehold"] == true), "the scratch pages are named");
    let text = looked("deep", &["info proc mappings", "info sharedlibrary"]);
    assert!(text.contains("stack of thread 1") && text.contains("libc.so"), "{text}");
}

#[test]
fn threads_are_listed_named_and_looked_at() {
    let program = program("workers", Variant::Debug);
    let begin = ["break all_wait", "run"];
    let run = |commands: &[&str]| {
        let all: Vec<&str> = begin.iter().chain(commands).copied().collect();
        behind_stop(&session(&program, &all)).to_owned()
    };
    let text = run(&["info threads"]);
    assert_eq!(text.lines().count(), 4, "{text}");
    assert!(text.starts_with("▸  1  ") || text.starts_with("▸1  "), "{text}");
    assert!(text.contains("all_wait") && text.contains("stopped here"), "{text}");
    for name in ["worker-1", "worker-2", "worker-3"] {
        assert!(text.contains(name), "{text}");
    }
    let text = run(&["thread name carl", "thread", "thread find carl", "thread name", "thread"]);
    assert_eq!(text.matches("carl").count(), 2, "{text}");
    let text = run(&["thread 3", "thread", "thread 1", "bt 1"]);
    assert!(text.contains("worker-") && text.contains("all_wait"), "{text}");
    let ran = session_of(&program, &[], &["break all_wait", "run", "thread 9"]);
    assert!(ran.stderr.contains("there is no thread 9: there are 1, 2, 3, 4"), "{}", ran.stderr);
}

#[test]
fn a_command_is_done_for_several_threads_and_the_first_is_looked_at_again() {
    let program = program("workers", Variant::Debug);
    let commands = ["break all_wait", "run", "thread apply all p 1 + 1", "bt 1"];
    let text = session(&program, &commands);
    for no in 1..=4 {
        assert!(text.contains(&format!("Thread {no}  ")), "{text}");
    }
    assert_eq!(text.matches(": i32 = 2").count(), 4, "{text}");
    assert!(behind_stop(&text).contains("▸ 0  all_wait"), "{text}");
    let text = session(&program, &["break all_wait", "run", "thread apply 2-3 p nothing"]);
    let fails = |text: &str| text.matches("is called `nothing`").count();
    assert!(text.contains("Thread 2") && !text.contains("Thread 4") && fails(&text) == 2, "{text}");
}

#[test]
fn signals_are_stopped_at_told_and_passed_as_the_table_says() {
    let program = program("signals", Variant::Debug);
    let seen = |commands: &[&str]| {
        let ran = session_of(&program, &[], commands);
        (ran.stdout.trim().to_owned(), ran.code, ran.stderr)
    };
    let (out, code, told) = seen(&["run", "continue"]);
    assert!(told.contains("Signal SIGUSR1: sent by the program itself"), "{told}");
    assert_eq!((out.as_str(), code), ("seen 10", 10));
    let (out, _, told) = seen(&["handle USR1 nostop", "run"]);
    assert!(told.contains("Signal SIGUSR1 in thread 1"), "{told}");
    assert_eq!(out, "seen 10");
    let (out, _, told) = seen(&["handle 10 nostop noprint nopass", "run"]);
    assert!(!told.contains("Signal SIGUSR1"), "{told}");
    assert_eq!(out, "seen 0");
    let (out, _, _) = seen(&["run", "signal 0"]);
    assert_eq!(out, "seen 0");
    let (out, _, told) = seen(&["handle SIGCHLD stop", "run", "signal USR1", "signal 0"]);
    assert!(told.contains("Signal SIGCHLD"), "{told}");
    assert_eq!(out, "seen 10", "the one in the place of SIGCHLD");
    let (_, code, told) = seen(&["handle SIGUSR3 nostop"]);
    assert!(told.contains("`SIGUSR3` is no signal") && code == 2, "{told}");
}

#[test]
fn info_signals_lists_the_table() {
    let program = program("signals", Variant::Debug);
    let text = session(&program, &["handle USR1 nopass", "info signals"]);
    assert!(text.lines().any(|line| line.starts_with("SIGUSR1     yes   yes    no")), "{text}");
    assert!(text.lines().any(|line| line.starts_with("SIGCHLD     no    no     yes")), "{text}");
    assert!(text.lines().any(|line| line.starts_with("SIGTRAP     yes   yes    no")), "{text}");
}

#[test]
fn looking_before_the_program_runs_says_how_to_start_it() {
    let program = looking();
    let commands = [
        "bt",
        "slots",
        "heap",
        "registers",
        "x/4x 0",
        "maps",
        "info threads",
        "context",
        "info line",
    ];
    for command in commands {
        let ran = session_of(&program, &[], &[command]);
        assert!(ran.stderr.contains("the program is not running"), "{command}: {}", ran.stderr);
        assert!(ran.stderr.contains("`run` starts it"), "{command}: {}", ran.stderr);
    }
    // These need no process.
    let text = session(&program, &["disassemble looking::visit", "ptype Point", "info scope area"]);
    assert!(text.contains("visit:") && text.contains("struct Point"), "{text}");
}

#[test]
fn without_the_ledger_the_heap_says_why_it_is_not_known() {
    let program = looking();
    let [place, run] = to(&program, "deep");
    let ran = session_of(&program, &["--no-ledger"], &[&place, &run, "heap"]);
    assert!(ran.stderr.contains("the heap is not followed in this run"), "{}", ran.stderr);
}
