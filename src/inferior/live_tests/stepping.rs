//! One instruction of one thread, and not one more.

use crate::base::{ExitStatus, MemoryExt, Register, VirtAddr};
use crate::inferior::test_programs::{SUCCESS, libc_symbol, run, start, symbol};
use crate::inferior::{Inferior, Step, Stop, Stopped};

/// Runs to a function that the subject calls.
fn at_function(args: &[&str], name: &str) -> (Inferior, Stopped) {
    let (mut inferior, first) = start(args);
    let at = symbol(&inferior, name);
    inferior.insert_site(at).expect("a site");
    inferior.resume(first, None).expect("resumed");
    let stop = inferior.wait().expect("a stop");
    let Stop::Site { thread, at: hit } = stop else { panic!("no hit: {stop:?}") };
    assert_eq!(hit, at);
    (inferior, thread)
}

fn step(inferior: &mut Inferior, thread: Stopped) -> Stopped {
    match inferior.step(thread, None).expect("stepped") {
        Step::Done(thread) => thread,
        other => panic!("{other:?}"),
    }
}

/// The addresses that a function goes through, up to a return into its caller.
fn trace(inferior: &mut Inferior, mut thread: Stopped) -> (Vec<VirtAddr>, Stopped) {
    let sp = thread.registers().sp();
    let mut seen = vec![thread.registers().pc()];
    while thread.registers().sp() <= sp {
        thread = match inferior.step(thread, None).expect("stepped") {
            Step::Done(thread) | Step::Stop(Stop::Site { thread, .. }) => thread,
            other => panic!("{other:?}"),
        };
        seen.push(thread.registers().pc());
    }
    (seen, thread)
}

#[test]
fn every_instruction_is_one_step_whether_sites_lie_there_or_not() {
    let expected = {
        let (mut inferior, thread) = at_function(&["step"], "a_step");
        let (seen, thread) = trace(&mut inferior, thread);
        assert_eq!(run(&mut inferior, thread).end, SUCCESS);
        seen
    };
    // 15 in the function (the jump is not taken), one in its callee, and where it returns to.
    assert_eq!(expected.len(), 17);
    let (mut inferior, thread) = at_function(&["step"], "a_step");
    for at in expected.get(1..16).expect("addresses") {
        inferior.insert_site(*at).expect("a site");
    }
    let (seen, thread) = trace(&mut inferior, thread);
    assert_eq!(seen, expected);
    assert_eq!(run(&mut inferior, thread).end, SUCCESS);
}

#[test]
fn a_step_onto_a_site_tells_of_it_and_it_is_not_hit_again() {
    let (mut inferior, thread) = at_function(&["step"], "a_step_call");
    let ret = VirtAddr(thread.registers().pc().0 + 5);
    inferior.insert_site(ret).expect("a site");
    let thread = step(&mut inferior, thread);
    let sp = thread.registers().sp();
    assert_eq!(inferior.memory().read_u64(sp), Ok(ret.0));
    let Step::Stop(Stop::Site { thread, at }) = inferior.step(thread, None).expect("stepped")
    else {
        panic!("no hit")
    };
    assert_eq!((at, thread.registers().pc()), (ret, ret));
    let course = run(&mut inferior, thread);
    assert_eq!((course.hits, course.end), (vec![], SUCCESS));
}

#[test]
fn a_repeated_instruction_is_one_step() {
    for with_site in [true, false] {
        let (mut inferior, thread) = at_function(&["step"], "a_step_rep");
        let at = thread.registers().pc();
        if !with_site {
            inferior.remove_site(at);
        }
        assert_eq!(thread.registers().get(Register::RCX), Some(128));
        let thread = step(&mut inferior, thread);
        assert_eq!(thread.registers().get(Register::RCX), Some(0));
        assert_eq!(thread.registers().pc(), VirtAddr(at.0 + 2));
        let sp = thread.registers().sp();
        assert_eq!(inferior.memory().read_bytes(sp, 128), Ok(vec![7; 128]));
        let course = run(&mut inferior, thread);
        assert_eq!((course.hits.len(), course.end), (0, SUCCESS));
    }
}

#[test]
fn the_trap_flag_of_steps_is_not_seen_by_the_program() {
    for sites in [&[][..], &["a_flags_syscall"], &["a_flags", "a_flags_syscall"]] {
        let (mut inferior, thread) = at_function(&["flags"], "a_flags");
        inferior.remove_site(symbol(&inferior, "a_flags"));
        for site in sites {
            inferior.insert_site(symbol(&inferior, site)).expect("a site");
        }
        let (seen, thread) = trace(&mut inferior, thread);
        assert_eq!(seen.len(), 9, "{seen:?}");
        assert_eq!(run(&mut inferior, thread).end, SUCCESS, "{sites:?}");
    }
}

#[test]
fn a_whole_run_in_single_steps_of_a_function_counts_each_call_once() {
    let (mut inferior, first) = start(&["calls", "5"]);
    let touch = symbol(&inferior, "touch");
    inferior.insert_site(touch).expect("a site");
    inferior.resume(first, None).expect("resumed");
    let mut hits = 0;
    let end = loop {
        match inferior.wait().expect("a stop") {
            Stop::Ended(status) => break status,
            Stop::Site { thread, .. } => {
                hits += 1;
                let (_, thread) = trace(&mut inferior, thread);
                inferior.resume(thread, None).expect("resumed");
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((hits, Some(end)), (5, SUCCESS));
}

#[test]
fn a_step_that_exits_or_execs_or_forks_says_so() {
    // Each by stepping from `touch` until the program does something else than to go on.
    let until = |args: &[&str]| {
        let (mut inferior, mut thread) = at_function(args, "touch");
        inferior.remove_site(symbol(&inferior, "touch"));
        // libc is slow in steps: only the system calls of interest are stepped.
        loop {
            match inferior.step(thread, None).expect("stepped") {
                Step::Done(next) => thread = next,
                Step::Stop(stop) => break (inferior, stop),
                Step::Gone => panic!("gone"),
            }
        }
    };
    let (_, stop) = until(&["calls", "1"]);
    assert!(matches!(stop, Stop::Ended(ExitStatus::Code(0))), "{stop:?}");
    let (mut inferior, stop) = until(&["exec"]);
    let Stop::Exec { thread, .. } = stop else { panic!("{stop:?}") };
    assert_eq!(run(&mut inferior, thread).end, SUCCESS);
}

#[test]
fn a_thread_that_a_step_starts_is_told_by_the_next_wait() {
    let (mut inferior, first) = start(&["step-clone"]);
    let main = inferior.modules().main();
    assert_eq!(first.registers().pc(), main.bias.to_virt(main.image.entry()));
    let (mut thread, mut started) = (first, None);
    let clone = libc_symbol(&inferior, "pthread_create").expect("libc has it");
    inferior.insert_site(clone).expect("a site");
    inferior.resume(thread, None).expect("resumed");
    thread = inferior.wait().expect("a stop").into_thread().expect("a thread");
    for _ in 0..100_000 {
        let Step::Done(next) = inferior.step(thread, None).expect("stepped") else {
            panic!("something else")
        };
        thread = next;
        if inferior.threads().len() == 2 {
            started = Some(inferior.wait().expect("told"));
            break;
        }
    }
    let Some(Stop::ThreadStarted { thread: new }) = started else { panic!("{started:?}") };
    inferior.resume(new, None).expect("resumed");
    let course = run(&mut inferior, thread);
    assert_eq!((course.end, course.exited.len()), (SUCCESS, 1));
}

#[test]
fn a_signal_that_is_delivered_with_a_step_ends_at_its_handler_and_costs_no_hit() {
    let (mut inferior, mut thread) = at_function(&["alarms", "500"], "touch");
    let handler = symbol(&inferior, "nothing");
    let (mut handlers, mut hits, mut deliver) = (0, 1, None);
    let end = loop {
        inferior.resume(thread, deliver.take()).expect("resumed");
        thread = match inferior.wait().expect("a stop") {
            Stop::Ended(status) => break status,
            Stop::Signal { thread, info } if handlers < 20 => {
                handlers += 1;
                let stepped = inferior.step(thread, Some(info.number)).expect("stepped");
                let Step::Done(thread) = stepped else { panic!("{stepped:?}") };
                assert_eq!(thread.registers().pc(), handler);
                thread
            }
            Stop::Signal { thread, info } => {
                deliver = Some(info.number);
                thread
            }
            Stop::Site { thread, .. } => {
                hits += 1;
                thread
            }
            other => panic!("{other:?}"),
        };
    };
    assert_eq!((Some(end), hits), (SUCCESS, 500));
    assert!(handlers > 0);
}

#[test]
fn a_signal_in_a_system_call_is_stepped_to_its_handler_too() {
    let (mut inferior, first) = start(&["restart"]);
    let handler = symbol(&inferior, "nothing");
    inferior.resume(first, None).expect("resumed");
    let stop = inferior.wait().expect("a stop");
    let Stop::Signal { thread, info } = stop else { panic!("{stop:?}") };
    let stepped = inferior.step(thread, Some(info.number)).expect("stepped");
    let Step::Done(thread) = stepped else { panic!("{stepped:?}") };
    assert_eq!(thread.registers().pc(), handler);
    // The handler returns, and the call goes on.
    assert_eq!(run(&mut inferior, thread).end, SUCCESS);
}
