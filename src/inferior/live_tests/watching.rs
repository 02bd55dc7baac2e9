//! Hardware watchpoints.

use crate::base::{ExitStatus, Register, VirtAddr};
use crate::inferior::test_programs::{SUCCESS, run_with, start, symbol};
use crate::inferior::{Inferior, InferiorError, Step, Stop, Stopped, Watch, WatchKind};

/// The subject where it is about to read what it will write, and the address.
fn about_to_write(count: &str) -> (Inferior, Stopped, VirtAddr) {
    let (mut inferior, first) = start(&["watched", count]);
    let here = symbol(&inferior, "watch_here");
    inferior.insert_site(here).expect("a site");
    inferior.resume(first, None).expect("resumed");
    let stop = inferior.wait().expect("a stop");
    let Stop::Site { thread, .. } = stop else { panic!("{stop:?}") };
    inferior.remove_site(here);
    let at = VirtAddr(thread.registers().get(Register::RDI).expect("known"));
    (inferior, thread, at)
}

#[test]
fn writes_of_all_threads_are_told_and_those_of_threads_that_begin_later() {
    let (mut inferior, thread, at) = about_to_write("5");
    let watch = Watch { at, len: 8, kind: WatchKind::Write };
    inferior.watch(watch).expect("watched");
    inferior.watch(watch).expect("the same");
    assert_eq!(inferior.watches(), [watch]);
    let mut writers = Vec::new();
    let course = run_with(&mut inferior, thread, |inferior, stop| {
        if let Stop::Watch { thread, fired } = stop {
            assert_eq!(fired, &[watch]);
            let mut word = [0; 8];
            inferior.memory().read(at, &mut word).expect("mapped");
            writers.push((thread.no().0, u64::from_le_bytes(word)));
        }
    });
    assert_eq!(writers, (0..5).map(|n| (n as u32 + 2, n)).collect::<Vec<_>>());
    assert_eq!((course.watched, course.end), (5, SUCCESS));
}

#[test]
fn reads_are_told_where_they_are_watched_and_each_watch_by_its_own_bytes() {
    let (mut inferior, thread, at) = about_to_write("1");
    let word = Watch { at, len: 8, kind: WatchKind::ReadWrite };
    let byte = Watch { at: at + 9, len: 1, kind: WatchKind::Write };
    inferior.watch(word).expect("watched");
    inferior.watch(byte).expect("watched");
    let mut seen = Vec::new();
    let course = run_with(&mut inferior, thread, |inferior, stop| {
        if let Stop::Watch { fired, .. } = stop {
            seen.extend(fired.iter().copied());
            if seen.len() == 3 {
                inferior.unwatch(word).expect("no longer");
            }
        }
    });
    // The read before, the write, the read behind, and the byte.
    assert_eq!(seen, [word, word, word, byte]);
    assert_eq!(course.end, Some(ExitStatus::Code(0)));
}

#[test]
fn what_the_processor_cannot_watch_is_refused_with_the_reason() {
    let (mut inferior, thread, at) = about_to_write("1");
    let fails = |inferior: &mut Inferior, at: VirtAddr, len: u64| {
        let watch = Watch { at, len, kind: WatchKind::Write };
        match inferior.watch(watch) {
            Err(InferiorError::Watch { reason, .. }) => reason,
            other => panic!("{other:?}"),
        }
    };
    assert!(fails(&mut inferior, at, 3).contains("1, 2, 4 or 8"));
    assert!(fails(&mut inferior, at + 1, 8).contains("multiple"));
    assert!(fails(&mut inferior, VirtAddr(u64::MAX - 7), 8).contains("no program"));
    for n in 0..4 {
        let watch = Watch { at: at + 8 * n, len: 8, kind: WatchKind::Write };
        inferior.watch(watch).expect("one of four");
    }
    assert!(fails(&mut inferior, at + 1, 1).contains("all four"));
    for watch in inferior.watches() {
        inferior.unwatch(watch).expect("no longer");
    }
    let course = run_with(&mut inferior, thread, |_, _| {});
    assert_eq!((course.watched, course.end), (0, SUCCESS));
}

#[test]
fn a_step_that_touches_watched_memory_says_so() {
    let (mut inferior, mut thread, at) = about_to_write("0");
    // `watch_here` reads it.
    let watch = Watch { at, len: 8, kind: WatchKind::ReadWrite };
    inferior.watch(watch).expect("watched");
    let mut steps = 0;
    let thread = loop {
        steps += 1;
        assert!(steps < 1000, "it was not read");
        match inferior.step(thread, None).expect("stepped") {
            Step::Done(next) => thread = next,
            Step::Stop(Stop::Watch { thread, fired }) => {
                assert_eq!(fired, [watch]);
                break thread;
            }
            other => panic!("{other:?}"),
        }
    };
    // The second read, behind it.
    let course = run_with(&mut inferior, thread, |_, _| {});
    assert_eq!((course.watched, course.end), (1, SUCCESS));
}
