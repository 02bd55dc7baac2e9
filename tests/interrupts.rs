//! Asking a program to stand still, in the moments in which it changes hands.

mod support;

use freehold::base::{Event, EventKind, Tid};
use freehold::inferior::Launch;
use freehold::session::{FollowFork, Halt, LogMessage, Session, Settings, Target, Terms, Where};
use support::{Serving, Variant, program};

/// Without the ledger, because nothing is asked about blocks.
fn settings() -> Settings {
    Settings { ledger: false, ..Settings::default() }
}

#[test]
fn a_process_runs_on_when_it_is_let_go_before_it_has_stopped_because_somebody_asked() {
    let program = program("serving", Variant::Debug);
    let serving = Serving::start(&program.executable, &[]);
    let process = Tid(serving.id().cast_signed());
    let mut session = Session::attach(process, settings()).expect("attached");
    let place = || Target::Place(Where::Function("tick".to_owned()));
    let log = LogMessage::parse("here").expect("a message");
    session
        .add_breakpoint(place(), Terms { log: Some(log), ..Terms::default() }, false)
        .expect("a log point");
    session.add_breakpoint(place(), Terms::default(), false).expect("a breakpoint");
    // The breakpoint has stopped the program already when the message is told.
    let interrupter = session.interrupter();
    let mut asked = false;
    let mut observer = |event: &Event| {
        asked |= matches!(event.kind, EventKind::Log { .. }) && interrupter.interrupt();
    };
    let halt = session.resume_with(&mut observer).expect("it runs").clone();
    assert!(asked && matches!(halt, Halt::Breakpoint { .. }), "{halt:?}");
    assert_eq!(session.detach().expect("let go"), process);
    let state = serving.status("State");
    assert!(!state.starts_with('T') && !state.starts_with('t'), "{state}");
    assert!(serving.end().contains(" true "));
}

#[test]
fn the_thread_that_runs_code_of_the_users_is_looked_at_whichever_the_kernel_has_stopped() {
    let program = program("forking", Variant::Debug);
    let launch = Launch { args: vec!["allocating".into()], ..Launch::new(program.executable) };
    // The first thread stands at sites of the ledger: the kernel may well choose the other.
    let mut session = Session::open(launch, Settings::default()).expect("opened");
    let interrupter = session.interrupter();
    // Where a thread begins, the one that made it stands in code of libc that cannot be unwound.
    let mut begun = false;
    let mut observer = |event: &Event| {
        begun |= matches!(event.kind, EventKind::ThreadStart);
        if begun && matches!(event.kind, EventKind::Alloc { .. }) {
            interrupter.interrupt();
        }
    };
    let halt = session.start_with(&mut observer).expect("it runs").clone();
    assert!(matches!(halt, Halt::Interrupted { .. }), "{halt:?}");
    assert_eq!(session.threads().expect("threads").len(), 2);
    assert_eq!(session.frame().expect("a frame").at.function, "forking::main");
    session.kill().expect("it ends");
}

#[test]
fn the_child_that_is_followed_is_the_one_that_is_asked() {
    let program = program("forking", Variant::Debug);
    let launch = Launch { args: vec!["fork-endless".into()], ..Launch::new(program.executable) };
    let mut session = Session::open(launch, settings()).expect("opened");
    session.follow_fork(FollowFork::Child);
    let interrupter = session.interrupter();
    let mut forked = None;
    let mut observer = |event: &Event| {
        if let EventKind::Fork { child, followed: true, .. } = event.kind {
            forked = interrupter.interrupt().then_some(Tid(child));
        }
    };
    let halt = session.start_with(&mut observer).expect("it runs").clone();
    assert!(matches!(halt, Halt::Interrupted { .. }), "{halt:?}");
    assert!(forked.is_some() && session.process() == forked, "{forked:?}");
    session.kill().expect("the child ends");
}
