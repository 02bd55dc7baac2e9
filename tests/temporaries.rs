//! What temporaries, closures and calls of std have borrowed, at every stop of a program whose lines
//! say what is lent; and whether all that tells of borrows says the same.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use freehold::base::Borrow;
use freehold::session::{Halt, Session};
use freehold::value::Format;
use support::{Program, Variant, program};

/// Stops of one program, at most.
const STOPS: usize = 200;

/// A session that stands at the first of some places; those without code are left out.
fn at_first(program: &Program, places: &[String]) -> Session {
    let builder = Session::builder(&program.executable).capture_output();
    let mut session = builder.open().expect("it is a program");
    let set = places.iter().filter(|place| session.break_at(place.as_str()).is_ok()).count();
    assert!(set > 0, "{places:?}");
    session.start().expect("it runs");
    session
}

/// Asks at each stop, in each frame of the program's own file, with its line.
fn in_each_frame(session: &mut Session, file: &str, mut ask: impl FnMut(&mut Session, u32)) {
    for _ in 0..STOPS {
        for frame in session.backtrace().expect("it stands still") {
            let own = frame.at.file.as_deref().is_some_and(|of| of.ends_with(file));
            if let (true, Some(line)) = (own, frame.at.line) {
                session.select_frame(frame.no).expect("a frame");
                ask(session, line);
            }
        }
        match session.resume().expect("it goes on") {
            Halt::Breakpoint { .. } => {}
            Halt::Ended { .. } => return,
            other => panic!("{other:?}"),
        }
    }
    panic!("more than {STOPS} stops");
}

/// What a line of the source says to be lent: `NAME (KIND)`.
fn lent_on(source: &str, line: u32) -> BTreeSet<String> {
    let text = source.lines().nth(line as usize - 1).unwrap_or_default();
    let said = text.split_once("// lends ").map_or("", |(_, said)| said);
    said.split(", ").filter(|one| !one.is_empty()).map(str::to_owned).collect()
}

/// The borrows of the variables of the frame that is looked at, by the expressions that mean them.
fn borrowed(session: &mut Session) -> BTreeMap<String, Vec<Borrow>> {
    let variables = session.variables(&Format::default()).expect("it stands still");
    let its = variables.into_iter().filter(|variable| variable.value.is_ok());
    its.map(|variable| (variable.expression, variable.borrowed)).collect()
}

#[test]
fn what_temporaries_closures_and_calls_of_std_have_borrowed_is_what_the_source_says() {
    let program = program("temporaries", Variant::Debug);
    let source = std::fs::read_to_string(&program.source).expect("the source");
    let (mut wrong, mut right) = (Vec::new(), 0);
    let mut session = at_first(&program, &["mark".to_owned()]);
    in_each_frame(&mut session, "temporaries.rs", |session, line| {
        let seen = borrowed(session);
        let each = seen.iter().flat_map(|(name, all)| all.iter().map(move |one| (name, one)));
        let told = each.map(|(name, borrow)| {
            let perhaps = if borrow.perhaps { "perhaps " } else { "" };
            format!("{name} ({perhaps}{})", borrow.kind)
        });
        let (told, lent): (BTreeSet<String>, _) = (told.collect(), lent_on(&source, line));
        match told == lent {
            true => right += lent.len(),
            false => wrong.push(format!("line {line}: {told:?} instead of {lent:?}: {seen:?}")),
        }
    });
    assert!(wrong.is_empty() && right > 15, "{right} right\n{}", wrong.join("\n"));
}

/// What tells otherwise of the borrows of the variables of a frame than `locals` does, and how many of
/// them were compared.
fn differences(session: &mut Session) -> (Vec<String>, usize) {
    let (mut wrong, mut compared) = (Vec::new(), 0);
    let slots = session.slots().expect("it stands still").frames;
    let slots: Vec<_> = slots.into_iter().flat_map(|frame| frame.slots).collect();
    for (name, borrows) in borrowed(session) {
        compared += borrows.len();
        let of_slot = slots.iter().any(|slot| {
            slot.name.as_deref() == Some(&name) && !slot.over && slot.borrowed == borrows
        });
        if name.contains('@') || name == "_" {
            // Slots are named without numbers, and nobody can ask for `_`.
            continue;
        }
        if !of_slot {
            wrong.push(format!("slots do not show {borrows:?} of {name}"));
        }
        match session.print(&name) {
            Ok(answered) if answered.borrowed == borrows => {}
            other => wrong.push(format!("print of {name} gives {other:?} and not {borrows:?}")),
        }
        let facts = session.why(&name).map(|why| why.facts);
        let Ok(facts) = facts else {
            wrong.push(format!("why {name} fails"));
            continue;
        };
        let told = facts.iter().filter(|fact| fact.text.contains("borrowed by ")).count();
        let says = |borrow: &Borrow| {
            let perhaps = if borrow.perhaps { "is perhaps borrowed" } else { "is borrowed" };
            let by = format!("{perhaps} by {}", borrow.by);
            let kind = format!("({})", borrow.kind);
            facts.iter().any(|fact| fact.text.contains(&by) && fact.text.contains(&kind))
        };
        if told != borrows.len() || !borrows.iter().all(says) {
            wrong.push(format!("why {name} says {facts:?} and not {borrows:?}"));
        }
    }
    (wrong, compared)
}

/// Compares at all markers of a program, and where `mark` is called.
fn all_agree(name: &str, variant: Variant) -> usize {
    let program = program(name, variant);
    let source = std::fs::read_to_string(&program.source).expect("the source");
    let marked = source.lines().zip(1..).filter(|(line, _)| line.contains("// #"));
    let mut places: Vec<String> = marked.map(|(_, no)| format!("{name}.rs:{no}")).collect();
    places.extend(source.contains("fn mark(").then(|| "mark".to_owned()));
    let (mut wrong, mut compared) = (Vec::new(), 0);
    let mut session = at_first(&program, &places);
    in_each_frame(&mut session, &format!("{name}.rs"), |session, line| {
        let (differences, count) = differences(session);
        wrong.extend(differences.into_iter().map(|text| format!("{name}.rs:{line}: {text}")));
        compared += count;
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    compared
}

#[test]
fn locals_print_slots_and_why_tell_the_same_borrows() {
    let programs = ["temporaries", "lending", "borrow_lines", "borrowed"];
    let compared: usize = programs.iter().map(|name| all_agree(name, Variant::Debug)).sum();
    assert!(compared > 40, "{compared}");
}

#[test]
fn locals_print_slots_and_why_tell_the_same_borrows_of_optimised_code() {
    let programs = ["temporaries", "lending", "borrow_lines", "borrowed"];
    let compared: usize = programs.iter().map(|name| all_agree(name, Variant::Opt)).sum();
    assert!(compared > 5, "{compared}");
}
