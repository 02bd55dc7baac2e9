//! Sites: every hit is told once, and nothing else changes.

use crate::base::{MemoryExt, Register, VirtAddr};
use crate::inferior::test_programs::{SUCCESS, run, run_with, run_with_site, start, symbol};
use crate::inferior::{InferiorError, Stop};

#[test]
fn a_site_stops_every_call_with_arguments_and_a_clean_view_of_memory() {
    let (mut inferior, first) = start(&["calls", "20"]);
    let touch = symbol(&inferior, "touch");
    let before = inferior.memory().read_bytes(touch, 16).expect("code");
    inferior.insert_site(touch).expect("a site");
    inferior.insert_site(touch).expect("the same site");
    assert!(inferior.has_site(touch));
    let mut arguments = Vec::new();
    let course = run_with(&mut inferior, first, |inferior, stop| {
        if let Stop::Site { thread, at } = stop {
            assert_eq!(thread.registers().pc(), *at);
            assert!(thread.vectors().is_ok());
            arguments.push(thread.registers().get(Register::RDI).expect("known"));
            assert_eq!(inferior.memory().read_bytes(touch, 16).expect("code"), before);
        }
    });
    assert_eq!(arguments, (0..20).collect::<Vec<u64>>());
    assert_eq!(course.end, SUCCESS);
    assert!(matches!(inferior.wait(), Err(InferiorError::Ended)));
}

#[test]
fn a_site_that_is_removed_is_passed_without_a_stop() {
    let (mut inferior, first) = start(&["calls", "20"]);
    let touch = symbol(&inferior, "touch");
    inferior.insert_site(touch).expect("a site");
    let mut left = 5;
    let course = run_with(&mut inferior, first, |inferior, stop| {
        if matches!(stop, Stop::Site { .. }) {
            left -= 1;
            if left == 0 {
                inferior.remove_site(touch);
            }
        }
    });
    assert_eq!((course.hits.len(), course.end), (5, SUCCESS));
}

#[test]
fn no_thread_loses_a_hit_at_a_site_that_all_of_them_pass() {
    let course = run_with_site(&["threads", "8", "1000"]);
    assert_eq!(course.end, SUCCESS);
    assert_eq!(course.started, (2..=9).collect::<Vec<u32>>());
    let mut exited = course.exited.clone();
    exited.sort_unstable();
    assert_eq!(exited, course.started);
    for no in 2..=9 {
        let hits = course.hits.iter().filter(|(thread, _)| *thread == no).count();
        assert_eq!(hits, 1000, "thread {no}");
    }
}

#[test]
fn hits_that_are_queued_when_a_site_is_removed_are_forgotten() {
    let (mut inferior, first) = start(&["threads", "8", "500"]);
    let touch = symbol(&inferior, "touch");
    inferior.insert_site(touch).expect("a site");
    let code = inferior.memory().read_bytes(touch, 16).expect("code");
    let second = touch + crate::asm::instruction_length(&code).expect("an instruction") as u64;
    let course = run_with(&mut inferior, first, |inferior, stop| {
        // Each thread that enters removes the next site, at which others may just have stopped, or
        // brings it back.
        if matches!(stop, Stop::Site { at, .. } if *at == touch) {
            match inferior.has_site(second) {
                true => inferior.remove_site(second),
                false => inferior.insert_site(second).expect("a site"),
            }
        }
    });
    assert_eq!(course.end, SUCCESS);
    assert_eq!(course.hits.iter().filter(|(_, at)| *at == touch).count(), 4000);
    assert!(course.signals.is_empty(), "{:?}", course.signals);
}

#[test]
fn every_kind_of_first_instruction_runs_elsewhere_as_it_would_in_place() {
    let (mut inferior, first) = start(&["asm"]);
    // How often each is reached.
    let names = [
        ("a_push", 1),
        ("a_sub", 2),
        ("a_call", 1),
        ("a_call_mem", 1),
        ("a_call_reg", 1),
        ("a_call_sp", 1),
        ("a_jcc", 2),
        ("a_jmp", 1),
        ("a_lea", 1),
        ("a_cmp", 1),
        ("a_ret", 1),
        ("a_syscall", 1),
        ("a_loop", 4),
        ("a_jrcxz", 2),
        ("a_int3", 1),
    ];
    for (name, _) in names {
        let at = symbol(&inferior, name);
        inferior.insert_site(at).expect(name);
    }
    let mut trapped_at = Vec::new();
    let course = run_with(&mut inferior, first, |_, stop| {
        if let Stop::Signal { thread, .. } = stop {
            trapped_at.push(thread.registers().pc());
        }
    });
    for (name, times) in names {
        let at = symbol(&inferior, name);
        assert_eq!(course.hits.iter().filter(|(_, hit)| *hit == at).count(), times, "{name}");
    }
    assert_eq!(course.end, SUCCESS);
    // The program's own int3 is its own affair, and seems to have run where it is written.
    assert_eq!(course.signals, [crate::os::SIGTRAP]);
    assert_eq!(trapped_at, [symbol(&inferior, "a_int3") + 1]);
}

#[test]
fn signals_at_a_site_neither_lose_nor_repeat_a_hit() {
    let course = run_with_site(&["alarms", "3000"]);
    assert_eq!(course.end, SUCCESS);
    assert_eq!(course.hits.len(), 3000);
}

#[test]
fn a_system_call_that_a_signal_interrupts_is_restarted() {
    let (mut inferior, first) = start(&["restart"]);
    let course = run(&mut inferior, first);
    assert_eq!(course.end, SUCCESS);
    assert!(course.signals.contains(&14));
}

#[test]
fn sites_are_refused_where_no_code_is() {
    let (mut inferior, first) = start(&["calls", "1"]);
    let stack = first.registers().sp();
    for at in [VirtAddr(0), VirtAddr(8), stack, VirtAddr(u64::MAX)] {
        assert!(matches!(inferior.insert_site(at), Err(InferiorError::NotCode(_))), "{at}");
    }
    let mut byte = [0];
    let error = inferior.memory().read(VirtAddr(8), &mut byte).expect_err("unmapped");
    assert_eq!(error.at, VirtAddr(8));
    assert_eq!(run(&mut inferior, first).end, SUCCESS);
}

/// Prints what a site hit costs: `cargo test --release measured -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement, for a quiet machine"]
fn microseconds_per_site_hit_are_measured() {
    for pinned in [false, true] {
        let (mut inferior, mut thread) = start(&["calls", "100000"]);
        let touch = symbol(&inferior, "touch");
        inferior.insert_site(touch).expect("a site");
        inferior.pin(pinned).expect("pinned or not");
        let (began, mut hits) = (std::time::Instant::now(), 0_u32);
        loop {
            inferior.resume(thread, None).expect("resumed");
            match inferior.wait().expect("a stop") {
                Stop::Site { thread: next, .. } => thread = next,
                Stop::Ended(status) => break assert_eq!(Some(status), SUCCESS),
                other => panic!("{other:?}"),
            }
            hits += 1;
        }
        let each = began.elapsed().as_secs_f64() * 1e6 / f64::from(hits);
        println!("{hits} hits, pinned {pinned}: {each:.1} microseconds each");
        assert_eq!(hits, 100_000);
    }
}
