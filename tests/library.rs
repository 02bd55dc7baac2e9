//! The library as others use it: only what stands at the root of the crate.

mod support;

use std::cell::RefCell;
use std::rc::Rc;

use freehold::{Event, ExitStatus, Halt, Session, SessionError, Settings, Value, Where};
use support::{Variant, program};

#[track_caller]
fn open(name: &str) -> Session {
    let executable = program(name, Variant::Debug).executable;
    Session::builder(executable).capture_output().open().expect("a program")
}

/// A session that stands at a marker.
#[track_caller]
fn at(name: &str, marker: &str) -> Session {
    let line = program(name, Variant::Debug).line(marker);
    let mut session = open(name);
    session.run_to(format!("{name}.rs:{line}")).expect("it is reached");
    session
}

#[test]
fn a_test_stops_in_a_function_and_asserts_on_its_values() -> Result<(), SessionError> {
    let mut session = open("add");
    let breakpoint = session.break_at("add")?;
    let halt = session.start()?;
    assert_eq!(halt.hit(), [breakpoint.id]);
    assert_eq!(session.print("a")?, 10);
    assert_eq!(session.print("a + b")?, 30_u64);
    assert!(session.holds("a < b && b == 20")?);
    assert!(!session.holds("a > b")?);
    let frames = session.backtrace()?;
    assert_eq!(frames[0].at.function, "add::add");
    assert!(frames.iter().any(|frame| frame.at.function == "add::main"));
    assert!(matches!(session.finish()?, Halt::Returned { function, .. } if function == "add::add"));
    let returned = session.returned().expect("it returns something").expect("it can be read");
    assert_eq!(returned, 30);
    assert_eq!(*session.resume()?, Halt::Ended { status: ExitStatus::Code(0) });
    assert_eq!(session.output()?, "10 + 20 = 30\n");
    assert!(!session.is_alive());
    Ok(())
}

#[test]
fn values_are_native_and_have_parts() -> Result<(), SessionError> {
    let mut session = at("expressions", "here");
    assert_eq!(session.print("small")?, -5_i8);
    assert_eq!(session.print("letter")?, 'é');
    assert_eq!(session.print("yes")?, true);
    assert_eq!(session.print("half")?, 0.5);
    assert_eq!(session.print("text")?, "héllo, wörld");
    assert_eq!(session.print("wide")?.as_i128(), None);
    assert_eq!(session.print("wide")?.to_string(), u128::MAX.to_string());
    let user = session.print("user")?;
    assert_eq!(user.child("age").and_then(Value::as_u64), Some(36));
    let home = user.child("home").and_then(|home| home.child("0"));
    assert_eq!(home.and_then(|home| home.child("y")).and_then(Value::as_i64), Some(-4));
    assert_eq!(session.print("reference")?.child("name").and_then(Value::as_str), Some("Ada"));
    assert_eq!(session.print("colour")?.variant(), Some("Blue"));
    assert_eq!(session.print("boxed.y")?, 2);
    let grid = session.print("grid")?;
    let rows: Vec<Vec<_>> = grid.items().expect("rows").iter().map(row).collect();
    assert_eq!(rows, [[1, 2, 3], [4, 5, 6]]);
    let by_id = session.print("by_id")?;
    let entries = by_id.entries().expect("a map").iter();
    let entries: Vec<_> = entries.map(|(k, v)| (k.as_u64(), v.as_str())).collect();
    assert_eq!(entries, [(Some(1), Some("a")), (Some(2), Some("b")), (Some(3), Some("c"))]);
    Ok(())
}

fn row(value: &Value) -> Vec<i64> {
    value.items().expect("elements").iter().filter_map(Value::as_i64).collect()
}

#[test]
fn what_fails_says_what_and_what_to_do() -> Result<(), SessionError> {
    let mut session = at("expressions", "here");
    let error = session.print("user.nam").expect_err("there is no such field");
    let told = format!("{error:?}");
    assert!(
        told.starts_with("`user.nam`: ") && told.contains("help: did you mean `name`"),
        "{told}"
    );
    let error = session.break_at("lok").expect_err("there is no such function");
    assert!(format!("{error:?}").contains("help: did you mean `look`?"), "{error:?}");
    let error = session.break_at("a.rs:").expect_err("that is no place");
    assert!(matches!(error, SessionError::Place(_)), "{error}");
    let error = session.run_to("user").expect_err("it was called before");
    assert_eq!(error.to_string(), "the program has not come to user: it ended with code 0");
    assert!(session.breakpoints().is_empty(), "what run_to set is gone");
    let error = session.print("small").expect_err("it has ended");
    assert_eq!(
        format!("{error:?}"),
        "the program is not running\n  help: `Session::start` starts it"
    );
    let mut deaf = Session::builder(program("add", Variant::Debug).executable).open()?;
    let error = deaf.output().expect_err("it is not kept");
    assert!(format!("{error:?}").contains("capture_output"), "{error:?}");
    let Err(error) = Session::builder("/nowhere/at/all").open() else { panic!("it is not there") };
    assert!(error.to_string().contains("/nowhere/at/all"), "{error}");
    Ok(())
}

#[test]
fn a_comparison_that_fails_shows_type_and_value() -> Result<(), SessionError> {
    let mut session = at("nested", "built");
    let words = session.print("words")?;
    assert_eq!(format!("{words:?}"), r#"Vec<String> = ["hello", "world"]"#);
    assert_eq!(format!("{:?}", session.print("words.len()")?), "usize = 2");
    Ok(())
}

#[test]
fn steps_go_from_line_to_line_and_into_calls() -> Result<(), SessionError> {
    let file = program("add", Variant::Debug);
    let mut session = at("add", "call");
    assert!(matches!(session.step()?, Halt::Step { .. }));
    assert_eq!(session.frame()?.at.function, "add::add");
    session.finish()?;
    session.next()?;
    assert_eq!(session.frame()?.at.line, Some(file.line("print")));
    assert_eq!(session.print("sum")?, 30);
    Ok(())
}

#[test]
fn what_is_set_is_what_the_program_goes_on_with() -> Result<(), SessionError> {
    let mut session = at("add", "print");
    session.set("sum", 200)?;
    session.set("sum", "sum + 1")?;
    assert_eq!(session.print("sum")?, 201);
    let error = session.set("nothing", 1).expect_err("there is no such variable");
    assert!(error.to_string().starts_with("`nothing = 1`: "), "{error}");
    session.resume()?;
    assert_eq!(session.output()?, "10 + 20 = 201\n");
    Ok(())
}

#[test]
fn a_split_tells_stack_from_heap() -> Result<(), SessionError> {
    let totals = at("nested", "built").split("words")?.totals;
    assert_eq!((totals.stack_bytes, totals.heap_bytes, totals.blocks), (24, 58, 3));
    Ok(())
}

#[test]
fn a_moved_variable_has_no_value() -> Result<(), SessionError> {
    let mut session = at("moved", "in-f");
    session.finish()?;
    let locals = session.locals()?;
    let value = locals.iter().find(|variable| variable.name == "value").expect("it is there");
    let why = value.value.as_ref().err().map(ToString::to_string).unwrap_or_default();
    assert!(why.contains("moved") || why.contains("dropped"), "{why}");
    assert!(session.print("value").is_err());
    Ok(())
}

#[test]
fn a_program_gets_arguments_environment_folder_and_input() -> Result<(), Box<dyn std::error::Error>>
{
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("in"), "line\n")?;
    let mut session = Session::builder("/bin/sh")
        .args(["-c", "read x; echo \"$x $1 $FREEHOLD_TEST\"; pwd"])
        .args(["sh", "argument"])
        .env("FREEHOLD_TEST", "variable")
        .cwd(folder.path())
        .input(folder.path().join("in"))
        .settings(Settings { ledger: false, ..Settings::default() })
        .capture_output()
        .open()?;
    session.start()?;
    let here = folder.path().canonicalize()?;
    assert_eq!(session.output()?, format!("line argument variable\n{}\n", here.display()));
    Ok(())
}

#[test]
fn an_observer_is_told_what_happens() -> Result<(), SessionError> {
    let seen = Rc::new(RefCell::new(Vec::new()));
    let sink = seen.clone();
    let mut session = open("moved");
    session.observe(move |event: &Event| sink.borrow_mut().push(event.clone()));
    session.run_to("f")?;
    assert!(!seen.borrow().is_empty(), "the ledger has told of blocks");
    Ok(())
}

#[test]
fn places_are_texts_or_typed_and_a_run_can_be_repeated() -> Result<(), SessionError> {
    let mut session = open("add");
    session.break_at(Where::Matching("^add::add$".to_owned()))?;
    session.break_at(String::from("add.rs:9"))?;
    for _ in 0..2 {
        session.start()?;
        assert_eq!(session.frame()?.at.function, "add::main");
        session.resume()?;
        assert_eq!(session.frame()?.at.function, "add::add");
    }
    session.kill()?;
    assert!(!session.is_alive());
    Ok(())
}

#[test]
fn what_is_left_of_a_struct_is_printed_and_the_field_that_was_moved_says_where_to()
-> Result<(), SessionError> {
    let moved_at = program("bad/rounds", Variant::Debug).line("take-first");
    let mut session = open("bad/rounds");
    session.run_to(format!("rounds.rs:{}", moved_at + 1))?;
    assert_eq!(session.print("pair.second")?, "the second");
    assert_eq!(session.print("(&pair.second).len()")?, 10);
    let refused = |session: &mut Session, text: &str| {
        session.print(text).expect_err("it has no value").to_string()
    };
    let to = format!("to take::text at rounds.rs:{moved_at}");
    assert_eq!(refused(&mut session, "pair.first"), format!("`pair.first` is moved {to}"));
    assert_eq!(refused(&mut session, "pair"), format!("`pair` is partly moved: .first {to}"));
    assert!(refused(&mut session, "pair.third").contains("has no field `third`"));
    Ok(())
}
