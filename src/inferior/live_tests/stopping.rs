//! Stopping everything: nothing is lost, and nothing is told twice.

use crate::base::{ExitStatus, MemoryExt};
use crate::inferior::test_programs::{Course, SUCCESS, start, static_of_subject, symbol};
use crate::inferior::threads::State;
use crate::inferior::{Inferior, InferiorError, Stop, Stopped, Watch, WatchKind};

/// Stops everything at each stop, checks that all stands, and resumes it all.
fn run_all_stop(
    inferior: &mut Inferior,
    first: Stopped,
    mut look: impl FnMut(&mut Inferior, &mut Vec<Stopped>),
) -> Course {
    let mut course = Course::default();
    inferior.resume(first, None).expect("resumed");
    loop {
        let stop = inferior.wait().expect("a stop");
        let deliver = course.note(&stop);
        if course.end.is_some() {
            return course;
        }
        let mut others = inferior.stop_all().expect("all stopped");
        look(inferior, &mut others);
        if let Some(thread) = stop.into_thread() {
            inferior.resume(thread, deliver).expect("resumed");
        }
        for other in others {
            inferior.resume(other, None).expect("resumed");
        }
    }
}

#[test]
fn no_hit_is_lost_when_all_threads_are_stopped_at_each_of_ten_thousand() {
    let (mut inferior, first) = start(&["threads", "5", "2000"]);
    let touch = symbol(&inferior, "touch");
    let code = inferior.memory().read_bytes(touch, 15).expect("code");
    assert!(crate::asm::instruction_length(&code).is_some_and(|len| len > 1));
    inferior.insert_site(touch).expect("a site");
    let mut stopped = 0;
    let course = run_all_stop(&mut inferior, first, |inferior, others| {
        stopped += others.len();
        let pcs = others.iter().map(|thread| thread.registers().pc());
        // The first instruction is longer than one byte.
        assert!(pcs.into_iter().all(|pc| !inferior.scratch.contains(pc) && pc != touch + 1));
        let mut all = inferior.threads.own();
        assert!(inferior.ended.is_some() || all.all(|(_, _, state)| state != State::Running));
    });
    assert_eq!(course.end, SUCCESS);
    assert_eq!(course.hits.len(), 10_000);
    for no in 2..=6 {
        let hits = course.hits.iter().filter(|(thread, _)| *thread == no).count();
        assert_eq!(hits, 2000, "thread {no}");
    }
    assert_eq!((course.started.len(), course.exited.len()), (5, 5));
    assert!(stopped > 10_000, "only {stopped} threads were stopped");
}

#[test]
fn no_write_to_watched_memory_is_lost_when_all_threads_are_stopped_at_each() {
    let (mut inferior, first) = start(&["threads", "4", "250"]);
    let at = static_of_subject(&inferior, "TOUCHED");
    inferior.watch(Watch { at, len: 8, kind: WatchKind::Write }).expect("watched");
    let course = run_all_stop(&mut inferior, first, |_, _| {});
    assert_eq!((course.watched, course.end), (1000, SUCCESS));
    assert!(course.signals.is_empty());
}

#[test]
fn signals_forks_and_threads_that_come_meanwhile_are_told_once_each() {
    let (mut inferior, first) = start(&["news", "100"]);
    let touch = symbol(&inferior, "touch");
    inferior.insert_site(touch).expect("a site");
    let course = run_all_stop(&mut inferior, first, |_, _| {});
    assert_eq!(course.end, SUCCESS);
    assert_eq!(course.hits.len(), 2000);
    assert_eq!(course.forks, 100);
    let signals = course.signals.iter().filter(|signal| **signal == 10).count();
    assert_eq!(signals, 100);
    assert_eq!((course.started.len(), course.exited.len()), (103, 103));
}

#[test]
fn blocking_calls_go_on_when_their_threads_were_stopped_again_and_again() {
    let (mut inferior, first) = start(&["blocking"]);
    let touch = symbol(&inferior, "touch");
    inferior.insert_site(touch).expect("a site");
    let mut most = 0;
    let course = run_all_stop(&mut inferior, first, |_, others| most = most.max(others.len()));
    assert_eq!(course.end, SUCCESS);
    assert_eq!((course.hits.len(), most), (20, 4));
}

#[test]
fn a_thread_that_dies_while_it_is_held_is_known_to_be_gone() {
    let (mut inferior, first) = start(&["forever"]);
    assert!(!inferior.has_died(&first));
    inferior.resume(first, None).expect("resumed");
    let mut all = inferior.stop_all().expect("stopped");
    let thread = all.pop().expect("the only thread");
    assert!(all.is_empty() && !inferior.has_died(&thread));
    crate::os::kill_process(inferior.process()).expect("killed");
    while !inferior.has_died(&thread) {
        std::thread::yield_now();
    }
    inferior.resume(thread, None).expect("no error");
    assert!(matches!(inferior.wait(), Ok(Stop::Ended(ExitStatus::Signal(9)))));
    assert!(matches!(inferior.stop_all(), Err(InferiorError::Ended)));
}

#[test]
fn a_process_that_ends_while_it_is_being_stopped_tells_its_end() {
    for delay in [0, 200, 1000, 5000] {
        let (mut inferior, first) = start(&["threads", "4", "1000000"]);
        let touch = symbol(&inferior, "touch");
        inferior.insert_site(touch).expect("a site");
        let process = inferior.process();
        let killer = std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_micros(delay));
            crate::os::kill_process(process).expect("killed");
        });
        inferior.resume(first, None).expect("resumed");
        let end = loop {
            match inferior.stop_all() {
                Ok(all) => all.into_iter().for_each(|thread| {
                    inferior.resume(thread, None).expect("resumed");
                }),
                Err(error) => panic!("{error}"),
            }
            match inferior.wait().expect("a stop") {
                Stop::Ended(status) => break status,
                stop => {
                    if let Some(thread) = stop.into_thread() {
                        inferior.resume(thread, None).expect("resumed");
                    }
                }
            }
        };
        assert_eq!(end, ExitStatus::Signal(crate::os::SIGKILL));
        killer.join().expect("no panic");
    }
}

#[test]
fn a_first_thread_that_has_exited_does_not_keep_the_others_from_being_stopped() {
    let (mut inferior, first) = start(&["leader-exits"]);
    let touch = symbol(&inferior, "touch");
    inferior.insert_site(touch).expect("a site");
    let course = run_all_stop(&mut inferior, first, |_, _| {});
    assert_eq!(course.hits.len(), 10);
    assert_eq!(course.end, Some(ExitStatus::Code(5)));
}

#[test]
fn a_program_that_execs_while_all_are_stopped_again_and_again_is_followed() {
    for how in ["exec", "exec-thread", "spawn"] {
        let (mut inferior, first) = start(&[how]);
        inferior.resume(first, None).expect("resumed");
        let mut course = Course::default();
        while course.end.is_none() {
            for thread in inferior.stop_all().expect("stopped") {
                inferior.resume(thread, None).expect("resumed");
            }
            let stop = inferior.wait().expect("a stop");
            let deliver = course.note(&stop);
            if let Some(thread) = stop.into_thread() {
                inferior.resume(thread, deliver).expect("resumed");
            }
        }
        assert_eq!(course.end, SUCCESS, "{how}");
        assert_eq!(course.execs + course.forks, 1, "{how}");
    }
}
