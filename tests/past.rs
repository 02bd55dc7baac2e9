//! The past of a program: the log of its events, and moments of it that are looked at. What is
//! expected comes from the ledger's own sums, from what was shown when the program stood there, and
//! from the source of the test programs.

mod support;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use freehold::base::{BlockId, Event, EventKind, Seq};
use freehold::dwarf::Origin;
use freehold::inferior::Launch;
use freehold::session::{ContextView, Halt, HeapOrder, Session, SessionError, Settings, Where};
use freehold::value::Format;
use serde_json::Value;
use support::{Program, Variant, at_prompt, debug, freehold, program};

const VARIANTS: [Variant; 2] = [Variant::Debug, Variant::Opt];

/// A session on a program whose output goes nowhere.
fn session(program: &Program, settings: Settings) -> Session {
    let nowhere = || Some(File::options().write(true).open("/dev/null").expect("a file").into());
    let launch = Launch { stdio: [None, nowhere(), nowhere()], ..Launch::new(&program.executable) };
    Session::open(launch, settings).expect("opened")
}

fn recording() -> Settings {
    Settings { record: true, ..Settings::default() }
}

/// Runs a program to its end, with what an observer was told on the way.
#[track_caller]
fn to_the_end(session: &mut Session) -> Vec<Event> {
    let mut seen = Vec::new();
    let mut observer = |event: &Event| seen.push(event.clone());
    let mut halt = session.start_with(&mut observer).expect("it runs").clone();
    while !matches!(halt, Halt::Ended { .. }) {
        halt = session.resume_with(&mut observer).expect("it runs on").clone();
    }
    seen
}

/// The blocks that live after each event, as the events told somebody who listened.
fn tables(events: &[Event]) -> Vec<(Seq, BTreeMap<BlockId, u64>)> {
    let mut table = BTreeMap::new();
    let mut tables = Vec::new();
    for event in events {
        match &event.kind {
            EventKind::Alloc { block, size, .. } | EventKind::Realloc { block, size, .. } => {
                table.insert(*block, *size);
            }
            EventKind::Free { block, .. } => {
                table.remove(block);
            }
            _ => {}
        }
        tables.push((event.seq, table.clone()));
    }
    tables
}

/// Goes to every event of a whole run, and compares the blocks that are told there with those that
/// were counted while it ran, and with the ledger's own sums.
#[track_caller]
fn compare_every_event(name: &str) {
    for variant in VARIANTS {
        let program = program(name, variant);
        let mut session = session(&program, recording());
        let seen = to_the_end(&mut session);
        assert!(seen.iter().any(|event| event.kind.has_picture()), "{name} was recorded");
        let several = seen.iter().any(|event| event.thread.0 > 1);
        let last = session.log().and_then(|log| log.last()).expect("a log");
        assert_eq!(seen.last().map(|event| event.seq), Some(last), "{name}");
        for ((seq, table), event) in tables(&seen).into_iter().zip(&seen) {
            let moment = session.go_to(seq).expect("it was recorded");
            assert_eq!((moment.event, moment.kind), (seq, event.kind.name()));
            assert_eq!(session.event_looked_at(), Some(event));
            if event.blocks.is_none() {
                continue;
            }
            let heap = session.heap(usize::MAX, HeapOrder::Ordinal).expect("blocks");
            let told: BTreeMap<_, _> = heap.blocks.iter().map(|b| (b.block, b.size)).collect();
            assert_eq!(told, table, "{name} {variant:?}, event {}", seq.0);
            // While one thread is within a reallocation, the ledger does not count its block.
            let sums = (Some(heap.live), Some(heap.bytes));
            assert!(several || sums == (event.blocks, event.heap_bytes), "{name}, {event:?}");
        }
        assert!(session.return_to_program() && !session.return_to_program());
    }
}

#[test]
fn the_blocks_of_every_event_are_those_that_lived_then_where_one_is_moved() {
    compare_every_event("moved");
}

#[test]
fn the_blocks_of_every_event_are_those_that_lived_then_where_buffers_grow() {
    compare_every_event("growth");
}

#[test]
fn the_blocks_of_every_event_are_those_that_lived_then_in_several_threads() {
    compare_every_event("threads");
}

#[test]
fn the_blocks_of_every_event_are_those_that_lived_then_where_some_leak() {
    compare_every_event("leaks");
}

#[test]
fn the_blocks_of_every_event_are_those_that_lived_then_where_threads_panic() {
    compare_every_event("panics");
}

/// What is shown at a stop: the picture, the frames, which of them is looked at, and the variables
/// there, each with why it has no value.
type Shown = (ContextView, Vec<Value>, usize, Vec<(String, Option<String>)>);

fn shown(session: &mut Session) -> Shown {
    let context = session.context(6).expect("a context");
    let frames = session.stack().expect("frames").frames.clone();
    let frames = frames.iter().map(|frame| serde_json::to_value(frame).expect("JSON"));
    let frames = frames.collect();
    let frame = session.frame().expect("a frame");
    // Pictures have the variables of the user's functions.
    let all = match frame.origin {
        Origin::User => session.variables(&Format::default()).expect("variables"),
        _ => Vec::new(),
    };
    let variables = all.into_iter().map(|variable| {
        let why = match variable.value {
            Ok(value) => value.value.unreadable().map(ToString::to_string),
            Err(why) => Some(why.to_string()),
        };
        (variable.expression, why)
    });
    (context, frames, frame.no, variables.collect())
}

/// What is shown at stops on the way, each with its event.
#[track_caller]
fn stops(session: &mut Session, function: &str, steps: usize) -> Vec<(Seq, Shown)> {
    session.break_at(Where::parse(function).expect("a place")).expect("a breakpoint");
    let mut quiet = |_: &Event| {};
    let mut all = Vec::new();
    let mut halt = session.start_with(&mut quiet).expect("it runs").clone();
    while !matches!(halt, Halt::Ended { .. }) && all.len() < 200 {
        let seq = session.event_now().expect("a stop");
        all.push((seq, shown(session)));
        halt = match all.len() % (steps + 1) {
            0 => session.resume_with(&mut quiet).expect("it runs on").clone(),
            _ => session.next().expect("a step").clone(),
        };
    }
    all
}

/// Compares the picture of each stop, asked for after the end, with the one shown at the stop.
#[track_caller]
fn compare_stops(name: &str, function: &str) {
    for settings in [Settings::default(), recording()] {
        for variant in VARIANTS {
            let program = program(name, variant);
            let mut session = session(&program, settings.clone());
            let stops = stops(&mut session, function, 3);
            assert!(stops.len() > 1, "{name} {variant:?} stops in {function}");
            for (seq, then) in stops {
                session.go_to(seq).expect("it was recorded");
                let now = shown(&mut session);
                let stop = format!("{name} {variant:?}, event {}", seq.0);
                assert_eq!(now.0, then.0, "the picture of {stop}");
                assert_eq!((now.1, now.2), (then.1, then.2), "the frames of {stop}");
                assert_eq!(now.3, then.3, "the variables of {stop}");
            }
        }
    }
}

#[test]
fn a_stop_is_shown_after_the_end_as_it_was_shown_then_where_a_text_is_moved() {
    compare_stops("moved", "main");
}

#[test]
fn a_stop_is_shown_after_the_end_as_it_was_shown_then_where_buffers_grow() {
    compare_stops("growth", "sentence");
}

#[test]
fn a_stop_is_shown_after_the_end_as_it_was_shown_then_in_a_thread() {
    compare_stops("threads", "consume");
}

#[test]
fn a_stop_is_shown_after_the_end_as_it_was_shown_then_where_a_thread_unwinds() {
    compare_stops("panics", "inner");
}

#[test]
fn a_stop_is_shown_after_the_end_as_it_was_shown_then_where_calls_are_inlined() {
    compare_stops("inlining", "main");
}

#[test]
fn the_past_can_be_looked_at_after_the_program_was_killed() {
    let program = program("moved", Variant::Debug);
    let mut session = session(&program, Settings::default());
    session.run_to("f").expect("it runs");
    let seq = session.event_now().expect("a stop");
    let then = session.context(6).expect("a context");
    session.kill().expect("killed");
    assert!(matches!(session.context(6), Err(SessionError::NotRunning)));
    session.go_to(seq).expect("it was recorded");
    assert_eq!(session.context(6).expect("a context"), then);
    assert_eq!(session.frame().expect("a frame").at.function, "moved::f");
    assert!(matches!(session.print("value.len()"), Err(SessionError::InThePast)));
    assert_eq!(session.recorded("value").expect("it lived").shown.text, "\"hello, ownership\"");
}

#[test]
fn the_program_is_out_of_reach_from_the_past_and_as_it_was_afterwards() {
    let program = program("moved", Variant::Debug);
    let mut session = session(&program, Settings::default());
    session.run_to("f").expect("it runs");
    let before = (session.context(6).expect("a context"), session.frame().expect("a frame"));
    session.go_to(Seq(2)).expect("it was recorded");
    assert!(matches!(session.print("value.len()"), Err(SessionError::NotRecorded(_))));
    assert!(session.resume().is_err() && session.ends_process());
    assert!(session.return_to_program());
    assert_eq!((session.context(6).expect("a context"), session.frame().expect("one")), before);
    session.finish().expect("it runs on");
    assert_eq!(session.frame().expect("a frame").at.function, "moved::main");
}

/// What a session in batch says that fails nowhere.
#[track_caller]
fn says(name: &str, options: &[&str], commands: &[&str]) -> String {
    let program = program(name, Variant::Debug);
    let mut args: Vec<String> = ["debug", "--batch", "--width", "80"]
        .iter()
        .chain(options)
        .map(|a| a.to_string())
        .collect();
    args.extend(commands.iter().flat_map(|command| ["-e".to_owned(), (*command).to_owned()]));
    args.push(program.executable.display().to_string());
    let ran = freehold(args);
    assert!(!ran.stderr.contains("error:"), "{}", ran.stderr);
    for line in ran.stderr.lines() {
        assert!(line.chars().count() <= 80, "too wide: {line}");
    }
    ran.stderr
}

#[test]
fn events_are_listed_by_kind_block_function_and_range() {
    let line = program("moved", Variant::Debug).line("alloc");
    let text = says("moved", &["--record"], &["run", "events alloc", "events #3"]);
    let place = format!("main moved.rs:{line}");
    let allocs = text.lines().filter(|line| line.contains(" alloc ") && line.ends_with(&place));
    assert_eq!(allocs.count(), 2, "once in each list: {text}");
    let text = says("moved", &["--record"], &["run", "events f"]);
    for what in ["enter", "return ", "free     #3"] {
        assert!(text.contains(what), "{what}: {text}");
    }
    let text = says("moved", &["--record"], &["run", "events 1..2"]);
    assert!(text.contains("1  start    moved"), "{text}");
    assert_eq!(text.lines().skip_while(|line| !line.contains("start")).count(), 2, "{text}");
}

#[test]
fn the_past_answers_from_the_recording_and_says_so() {
    let program = program("moved", Variant::Debug);
    let stop = format!("break moved.rs:{}", program.line("in-f"));
    let asked = ["backtrace", "locals", "print value", "split value", "heap", "slots", "list"];
    let commands =
        [&[stop.as_str(), "run", "continue", "events stop", "goto #3", "forward -p"][..], &asked]
            .concat();
    let text = says("moved", &[], &commands);
    let (_, text) = text.split_once("The program ended with code 0.").expect("the end");
    let headings: Vec<_> = text.lines().filter(|line| line.starts_with('@')).collect();
    assert_eq!(headings.len(), 2 + asked.len(), "{text}");
    assert!(headings.iter().all(|line| line.contains("read-only")), "{text}");
    let (_, text) = text.split_once(" of #3").expect("its allocation");
    for part in [
        "▸ 0  f  moved.rs",
        "main  moved.rs",
        "value  String  \"hello, ownership\"",
        "value: String = \"hello, ownership\"",
        "3 blocks",
        "f::value",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn what_needs_the_process_is_refused_and_says_how_to_return() {
    let program = program("moved", Variant::Debug);
    let run = ["break f", "run", "goto start"];
    let refused = [
        "continue",
        "step",
        "next",
        "finish",
        "run",
        "kill",
        "registers",
        "x/4x $sp",
        "set x = 1",
        "print value.len()",
        "print/x value",
        "break main",
        "delete",
        "owner #3",
        "why #3",
        "leaks",
        "info registers",
        "disassemble",
        "watch value",
        "thread apply all bt",
        "display value",
        "jump 3",
        "info threads",
        "set record on",
        "heap #1",
        "until",
        "detach",
    ];
    let (answers, _) = debug::answers(&program, "in-f", &[&["goto start"][..], &refused].concat());
    for (command, answer) in refused.iter().zip(&answers[1..]) {
        let told = debug::refused(answer);
        assert!(answer["data"]["unmet"] == false, "{command}: {told}");
        let explained = told.contains("goto end") || command.starts_with("heap");
        assert!(explained, "{command}: {told}");
    }
    let text = at_prompt(&[&run[..], &["goto end", "next"]].concat(), &program.executable);
    assert!(!text.contains("error"), "{text}");
}

#[test]
fn expectations_are_compared_with_what_was_recorded() {
    let program = program("moved", Variant::Debug);
    let commands = [
        "continue",
        "goto #3",
        "forward -p",
        "expect value == \"hello, ownership\"",
        "expect value.len() == 16 && !value.is_empty() == true",
        "expect value.len() > 20",
        "expect value == 5",
        "expect value.capacity() == 16",
    ];
    let (answers, _) = debug::answers(&program, "in-f", &commands);
    assert_eq!(answers[3]["answer"], "nothing", "{}", answers[3]);
    // What cannot be told from a picture is no failed expectation.
    assert_eq!(answers[4]["data"]["unmet"], false, "{}", answers[4]);
    assert_eq!(answers[5]["data"]["unmet"], true, "{}", answers[5]);
    for answer in &answers[6..] {
        assert_eq!(answer["data"]["unmet"], false, "{answer}");
        assert!(debug::refused(answer).contains("recorded"), "{answer}");
    }
}

#[test]
fn json_tells_the_moment_with_every_answer_of_the_past() {
    let program = program("moved", Variant::Debug);
    let commands = ["continue", "goto #3", "context", "locals", "heap", "events free", "forward"];
    let (answers, _) = debug::answers(&program, "in-f", &commands);
    let moment = &answers[1]["data"]["moment"];
    assert_eq!((&moment["kind"], &moment["block"]), (&"alloc".into(), &3.into()), "{moment}");
    for (answer, name) in answers[2..5].iter().zip(["context", "variables", "heap"]) {
        if answer["answer"] == "error" {
            // There is no picture yet where the block is allocated.
            assert!(debug::refused(answer).contains("no picture"), "{answer}");
            continue;
        }
        assert_eq!(answer["answer"], "past", "{answer}");
        assert_eq!(&answer["data"]["moment"], moment);
        assert_eq!(answer["data"]["answer"]["answer"], name, "{answer}");
    }
    let freed = answers[5]["data"]["events"].as_array().expect("a list");
    assert!(freed.iter().all(|event| event["event"] == "free"), "{freed:?}");
    let next = moment["event"].as_u64().expect("a number") + 1;
    assert_eq!(answers[6]["data"]["moment"]["event"], next, "{}", answers[6]);
}

#[test]
fn back_and_forward_go_by_events_and_by_pictures_and_forward_ends_at_the_program() {
    let program = program("growth", Variant::Debug);
    let mut session = session(&program, recording());
    session.run_to("sentence").expect("it runs");
    let stop = session.event_now().expect("a stop");
    drop(session);
    let event = |answer: &Value| answer["data"]["moment"]["event"].as_u64();
    let commands = ["back", "back 3", "forward 2", "back -p", "forward -p", "goto end", "forward"];
    let file = format!("growth.rs:{}", program.line("empty-text"));
    let ran = freehold(
        [
            "debug",
            "--batch",
            "--keep-going",
            "--format",
            "json",
            "--record",
            "-e",
            "break sentence",
        ]
        .into_iter()
        .chain(["-e", "run"])
        .chain(commands.iter().flat_map(|command| ["-e", command]))
        .chain([program.executable.to_str().expect("a path")]),
    );
    let answers: Vec<Value> = ran
        .stderr
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|answer| answer["answer"].is_string())
        .skip(2)
        .collect();
    let [back, three, two, picture, again, end, refused] = &answers[..] else {
        panic!("{file}: {answers:#?}")
    };
    let at = stop.0;
    assert_eq!([event(back), event(three), event(two)], [at - 1, at - 4, at - 2].map(Some));
    let pictures = [event(picture), event(again)].map(|event| event.expect("a moment"));
    assert!(pictures[0] < at - 2 && pictures[1] > pictures[0] && pictures[1] <= at, "{pictures:?}");
    assert_eq!(end["answer"], "frame", "{end}");
    assert!(debug::refused(refused).contains("not the past"), "{refused}");
}

#[test]
fn scripts_ask_the_past_as_they_ask_the_program() {
    let dir = tempfile::tempdir().expect("a folder");
    let script = "break_at(\"f\"); run(); cont();
        let stop = events(\"stop\").events[0].seq;
        goto_(stop);
        expect(locals().value == \"hello, ownership\");
        expect(print(\"value\") == \"hello, ownership\");
        expect(\"value.len() == 16\");
        expect(context().blocks == 3);
        let refused = false;
        try { cont() } catch (e) { refused = true; }
        expect(refused);
        goto_(\"end\");";
    let file = dir.path().join("a.rhai");
    std::fs::write(&file, script).expect("written");
    let program = program("moved", Variant::Debug).executable;
    let ran = freehold([
        "debug".as_ref(),
        "--batch".as_ref(),
        "-x".as_ref(),
        file.as_os_str(),
        program.as_os_str(),
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

#[test]
fn recording_changes_nothing_of_what_breakpoints_and_steps_do() {
    let commands = [
        "break pushes",
        "run",
        "next",
        "step",
        "backtrace",
        "finish",
        "next",
        "tbreak reserved",
        "continue",
        "locals",
        "step 3",
        "continue",
    ];
    let plain = says("growth", &[], &commands);
    let recorded = says("growth", &["--record"], &commands);
    assert_eq!(recorded, plain);
    let begun = [
        &commands[..3],
        &["set record on"][..],
        &commands[3..6],
        &["set record off"][..],
        &commands[6..],
    ];
    assert_eq!(says("growth", &[], &begun.concat()), plain);
}

#[test]
fn recording_that_begins_at_a_stop_shows_the_calls_from_then_on() {
    let commands = ["break reserved", "run", "set record on", "continue", "events enter"];
    let text = says("growth", &[], &commands);
    let (_, events) = text.split_once("ended with code 0.").expect("the end");
    assert!(events.contains("sentence growth.rs") && !events.contains("pushes"), "{text}");
    let off = ["run", "events stop"];
    let program = program("growth", Variant::Debug);
    let text = at_prompt(&off, &program.executable);
    assert!(text.contains("no event fits `stop`"), "{text}");
}

#[test]
fn each_thread_has_pictures_of_its_own() {
    let program = program("threads", Variant::Debug);
    let mut session = session(&program, recording());
    let seen = to_the_end(&mut session);
    let of_other = |event: &&Event| event.thread.0 > 1 && event.kind.has_picture();
    let other = seen.iter().find(of_other).expect("a picture of another thread");
    session.go_to(other.seq).expect("it was recorded");
    assert_eq!(session.selected_thread().ok(), None, "the program has ended");
    assert_eq!(session.moment().map(|moment| moment.thread), Some(other.thread));
    let frame = session.select_thread(freehold::ThreadNo(1)).expect("the first thread");
    assert!(frame.at.function.contains("threads::") || frame.no == 0, "{frame:?}");
    let error = session.select_thread(freehold::ThreadNo(99)).expect_err("there is none");
    assert!(matches!(error, SessionError::NoThread { .. }), "{error}");
}

/// Freehold that waits for more commands.
struct Waiting(Child);

impl Drop for Waiting {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_hundred_thousand_blocks_take_bounded_memory_and_are_gone_through() {
    let program = program("many_blocks", Variant::Debug);
    let mut command = Command::new(env!("CARGO_BIN_EXE_freehold"));
    let home = tempfile::tempdir().expect("a folder");
    for name in ["XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"] {
        command.env(name, home.path());
    }
    command.args(["debug", "--width", "80"]).arg(&program.executable);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut waiting = Waiting(command.spawn().expect("it starts"));
    let stop = format!("break many_blocks.rs:{}", program.line("kept"));
    let commands = format!("{stop}\nrun\nheap 1\ngoto #50000\nheap 1\necho asked\n");
    let input = waiting.0.stdin.as_mut().expect("a pipe");
    input.write_all(commands.as_bytes()).expect("written");
    let output = BufReader::new(waiting.0.stderr.take().expect("a pipe"));
    let lines = output.lines().map(|line| line.expect("text"));
    let told: Vec<String> = lines.take_while(|line| line != "asked").collect();
    // Half of the blocks are kept, and the row that holds them; before #50000 half as many.
    let counts: Vec<u64> = told
        .iter()
        .filter_map(|line| line.split_once(" blocks, ")?.0.replace([',', ' '], "").parse().ok())
        .collect();
    // The standard library has allocated two blocks before.
    let [now, then] = counts[..] else { panic!("{told:#?}") };
    assert!((50_001..50_050).contains(&now) && (25_000..25_050).contains(&then), "{counts:?}");
    let status = format!("/proc/{}/status", waiting.0.id());
    let status = std::fs::read_to_string(status).expect("it lives");
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("memory");
    let kilobytes: u64 = most.trim().trim_end_matches(" kB").parse().expect("a number");
    assert!(kilobytes < 250_000, "{kilobytes} kB");
}

/// A picture is of when it was taken.
#[test]
fn what_was_freed_after_the_last_picture_is_not_shown_as_it_was() {
    let stop = ["break f", "run", "delete", "continue"];
    let then = |rest: &[&str]| says("moved", &[], &[&stop[..], rest].concat());
    let before = then(&["goto #3", "forward -p", "locals"]);
    assert!(before.contains("\"hello, ownership\""), "{before}");
    let after = then(&["back", "locals"]);
    assert!(after.contains("value  String  <dropped: #3 was freed at moved.rs:8>"), "{after}");
    assert!(!after.contains("\"hello, ownership\""), "{after}");
}

#[test]
fn a_function_that_is_over_at_its_first_instruction_is_entered_and_left_once() {
    let steps = ["step"; 9];
    let run = ["break main", "run"];
    let text = says("at_once", &["--record"], &[&run[..], &steps, &["events 40"]].concat());
    let (_, events) = text.split_once("start ").expect("the list");
    assert!(!events.contains("unwound"), "{events}");
    let count = |what: &str, line: &str| {
        let is_it = |l: &&str| l.contains(what) && l.trim_end().ends_with(line);
        events.lines().filter(is_it).count()
    };
    let line = support::program("at_once", Variant::Debug).line("nothing");
    let nothing = format!("nothing at_once.rs:{line}");
    assert_eq!((count(" enter ", &nothing), count(" return ", &nothing)), (3, 3), "{events}");
    let entered = events.lines().filter(|line| line.contains(" enter ")).count();
    assert_eq!(entered, 5, "main, calls, and three times nothing: {events}");
}

#[test]
fn owners_and_reasons_are_told_as_of_the_moment() {
    let program = program("moved", Variant::Debug);
    let line = |marker| program.line(marker);
    let run = ["set drops on", "break f", "run", "next", "next", "goto #3", "forward -p"];
    let then = |rest: &[&str]| says("moved", &[], &[&run[..], rest].concat());
    let owner = then(&["owner #3"]);
    assert!(owner.contains("owned by  f::value: String  16 B in use"), "{owner}");
    assert_eq!(owner, then(&["owner value"]));
    let alive = then(&["why value"]);
    assert!(alive.contains("f::value\n  it is live"), "{alive}");
    assert!(alive.contains("#3, 16 B: alive  (observed)"), "{alive}");
    assert!(!alive.contains("freed"), "that comes later: {alive}");
    let moved = format!("it was moved to f::value at moved.rs:{}", line("move"));
    let caller = then(&["frame 1", "why value"]);
    assert!(caller.contains("main::value\n") && caller.contains(&moved), "{caller}");
    let later = then(&["forward -p", "forward 2", "why value"]);
    let dead =
        format!("it is dead: #3, which it owned last, was freed at moved.rs:{}", line("f-end"));
    assert!(later.contains(&dead), "{later}");
}

/// What a history tells of the block of a variable, and how much follows it.
#[test]
fn a_history_ends_at_the_moment_and_says_how_much_follows() {
    let program = program("moved", Variant::Debug);
    let line = |marker| format!("moved.rs:{}", program.line(marker));
    let run = ["break f", "run", "next", "next"];
    let then = |rest: &[&str]| says("moved", &[], &[&run[..], rest].concat());
    let now = then(&["history #3"]);
    assert!(now.contains(" moved to f::value (inferred)") && now.contains(" freed "), "{now}");
    assert!(!now.contains("after this moment"), "{now}");
    let begun = then(&["goto #3", "history #3"]);
    assert!(begun.contains(" allocated ") && begun.contains(&line("alloc")), "{begun}");
    assert!(!begun.contains("moved to") && !begun.contains(" freed "), "{begun}");
    let alive =
        |text: &str, more: &str| text.contains(&format!("  alive\n  {more} after this moment"));
    assert!(alive(&begun, "2 more events"), "{begun}");
    let moved = then(&["goto #3", "forward -p", "history value"]);
    assert!(moved.contains("moved to f::value") && !moved.contains(" freed "), "{moved}");
    assert!(alive(&moved, "1 more event"), "{moved}");
    let early = debug::text(&program, "in-f", &["continue", "goto start", "history #3"]);
    assert!(early.contains("#3 was allocated later, at event"), "{early}");
    assert!(early.contains("`goto end` returns"), "{early}");
}

#[test]
fn drops_are_told_until_the_moment() {
    let run = ["set drops on", "break f", "run", "next", "next"];
    let then = |rest: &[&str]| says("moved", &[], &[&run[..], rest].concat());
    let dropped = "String  f::value  frees #3";
    let before = then(&["back 3", "drops"]);
    assert!(before.contains("since the start.\nNothing was dropped."), "{before}");
    assert!(then(&["back", "drops"]).contains(dropped));
    let late = says(
        "moved",
        &[],
        &["break f", "run", "set drops on", "next", "next", "goto start", "drops"],
    );
    assert!(late.contains("Drops were not all followed until then."), "{late}");
}

#[test]
fn what_no_picture_shows_of_owners_is_refused_with_the_reason() {
    let program = program("moved", Variant::Debug);
    let commands = [
        "continue",
        "goto start",
        "why #3",
        "owner #3",
        "goto end",
        "goto #3",
        "forward -p",
        "owner #1",
        "why value + 1",
        "why nobody",
        "heap #3",
    ];
    let (answers, _) = debug::answers(&program, "in-f", &commands);
    let told = |n: usize| debug::refused(&answers[n]);
    assert!(told(2).contains("#3 was allocated later"), "{}", told(2));
    assert!(told(3).contains("no block #3 is alive"), "{}", told(3));
    assert!(told(7).contains("owns #1, and what else kept it was not recorded"), "{}", told(7));
    assert!(told(8).contains("would have to be computed"), "{}", told(8));
    assert!(told(9).contains("has no variable `nobody`"), "{}", told(9));
    assert!(told(10).contains("the bytes of #3 were not recorded"), "{}", told(10));
}
