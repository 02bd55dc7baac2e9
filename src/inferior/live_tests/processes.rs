//! Threads, children, new programs, signals and ends.

use crate::base::{ExitStatus, MemoryExt, Register, VirtAddr};
use crate::inferior::test_programs::{
    SUCCESS, launch, libc_symbol, output, run, run_with, run_with_site, start, start_with, subject,
    symbol,
};
use crate::inferior::{InferiorError, Stop};

#[test]
fn a_forked_child_is_let_go_clean_of_sites() {
    let course = run_with_site(&["fork"]);
    assert_eq!((course.end, course.forks), (SUCCESS, 1));
    // Only the parent's own call is seen.
    assert_eq!(course.hits.len(), 1);
}

#[test]
fn a_process_spawned_by_the_program_runs_free_of_it() {
    let (mut inferior, first) = start(&["spawn"]);
    // posix_spawn's child passes these in the memory of its parent.
    for name in ["execve", "sigaction", "dup2", "_exit"] {
        let at = libc_symbol(&inferior, name).expect(name);
        inferior.insert_site(at).expect("a site");
    }
    let course = run(&mut inferior, first);
    assert_eq!((course.end, course.forks), (SUCCESS, 1));
    assert!(course.hits.iter().all(|(no, _)| *no == 1));
}

#[test]
fn a_program_that_execs_is_followed_without_its_sites() {
    for how in ["exec", "exec-thread"] {
        let (mut inferior, first) = start(&[how]);
        let touch = symbol(&inferior, "touch");
        inferior.insert_site(touch).expect("a site");
        let mut again = None;
        let course = run_with(&mut inferior, first, |inferior, stop| {
            if let Stop::Exec { path, thread, .. } = stop {
                assert_eq!(path, subject());
                assert!(!inferior.has_site(touch));
                again = Some((thread.no().0, thread.tid()));
                inferior.insert_site(symbol(inferior, "touch")).expect("a site");
            }
        });
        assert_eq!(course.end, SUCCESS, "{how}");
        assert_eq!(course.execs, 1);
        assert_eq!(course.hits.len(), 1 + 5, "{how}");
        let no = if how == "exec" { 1 } else { 2 };
        assert_eq!(again, Some((no, inferior.process())));
    }
}

#[test]
fn an_exit_in_a_thread_and_the_exit_of_the_first_thread_are_told_apart() {
    assert_eq!(run_with_site(&["exit-thread"]).end, Some(ExitStatus::Code(7)));
    let course = run_with_site(&["leader-exits"]);
    assert_eq!(course.end, Some(ExitStatus::Code(5)));
    assert_eq!(course.hits.len(), 10);
}

#[test]
fn memory_can_be_read_after_the_first_thread_has_exited() {
    let (mut inferior, first) = start(&["leader-exits"]);
    let touch = symbol(&inferior, "touch");
    inferior.insert_site(touch).expect("a site");
    let mut read = 0;
    run_with(&mut inferior, first, |inferior, stop| {
        if let Stop::Site { thread, .. } = stop {
            let sp = thread.registers().sp();
            assert!(inferior.memory().read_u64(sp).is_ok());
            inferior.modules().refresh();
            assert!(inferior.modules().module_at(touch).is_some());
            read += 1;
        }
    });
    assert_eq!(read, 10);
}

#[test]
fn a_segfault_is_told_with_its_address_and_ends_the_program_when_delivered() {
    let (mut inferior, first) = start(&["segv"]);
    let mut address = None;
    let course = run_with(&mut inferior, first, |_, stop| {
        if let Stop::Signal { info, .. } = stop {
            address = info.fault_address;
        }
    });
    assert_eq!(address, Some(VirtAddr(0x18)));
    // Rust's own handler resets the signal and lets the fault happen again.
    assert!(course.signals.iter().all(|signal| *signal == crate::os::SIGSEGV));
    assert_eq!(course.end, Some(ExitStatus::Signal(crate::os::SIGSEGV)));
}

#[test]
fn a_process_that_is_killed_from_outside_ends_in_any_state() {
    // Running.
    let (mut inferior, first) = start(&["forever"]);
    inferior.resume(first, None).expect("resumed");
    crate::os::kill_process(inferior.process()).expect("killed");
    assert!(matches!(inferior.wait(), Ok(Stop::Ended(ExitStatus::Signal(9)))));
    // Stopped: the held thread is gone, and resuming it is no error.
    let (mut inferior, first) = start(&["forever"]);
    crate::os::kill_process(inferior.process()).expect("killed");
    inferior.resume(first, None).expect("not an error");
    assert!(matches!(inferior.wait(), Ok(Stop::Ended(ExitStatus::Signal(9)))));
}

#[test]
fn waiting_while_everything_is_held_is_an_error_and_no_hang() {
    let (mut inferior, first) = start(&["forever"]);
    assert!(matches!(inferior.wait(), Err(InferiorError::NothingRuns)));
    drop(first);
}

#[test]
fn dropping_an_inferior_kills_its_process() {
    let (mut inferior, first) = start(&["busy"]);
    let process = inferior.process();
    inferior.resume(first, None).expect("resumed");
    drop(inferior);
    assert!(crate::os::procfs::process_of(process).is_err());
}

#[test]
fn signals_of_the_program_reach_it() {
    let course = run_with_site(&["trap"]);
    assert_eq!(course.end, SUCCESS);
    assert_eq!(course.signals, [crate::os::SIGTRAP; 2]);
    assert_eq!(course.hits.len(), 1);
}

#[test]
fn a_group_stop_lasts_until_it_is_continued() {
    let (mut inferior, first) = start(&["stop"]);
    let process = inferior.process();
    let mut waker = None;
    let course = run_with(&mut inferior, first, |_, stop| {
        if let Stop::Signal { info, .. } = stop
            && info.number == crate::os::SIGSTOP
        {
            let pid = process.0.to_string();
            waker = Some(std::thread::spawn(move || {
                std::thread::sleep(std::time::Duration::from_millis(50));
                let kill = std::process::Command::new("kill").args(["-CONT", &pid]).status();
                assert!(kill.is_ok_and(|status| status.success()));
            }));
        }
    });
    waker.expect("it stopped").join().expect("continued");
    assert_eq!(course.end, SUCCESS);
}

#[test]
fn a_detached_program_runs_on_without_sites() {
    for args in [&["threads", "4", "200000"][..], &["calls", "100000"][..]] {
        let (out, read) = output();
        let mut start_args = launch(args);
        start_args.stdio[1] = Some(out);
        let (mut inferior, first) = start_with(start_args);
        let touch = symbol(&inferior, "touch");
        inferior.insert_site(touch).expect("a site");
        inferior.resume(first, None).expect("resumed");
        for _ in 0..20 {
            if let Some(thread) = inferior.wait().expect("a stop").into_thread() {
                inferior.resume(thread, None).expect("resumed");
            }
        }
        inferior.detach_all().expect("detached");
        let process = inferior.process();
        drop(inferior);
        // Its own end is what closes its output; a site left behind would kill it with SIGTRAP.
        assert_eq!(read(), "");
        let end = crate::os::wait(Some(process)).expect("a child of this thread");
        assert_eq!(end, (process, crate::os::WaitEvent::Exited { code: 0 }));
    }
}

#[test]
fn a_kill_in_the_middle_of_hits_by_many_threads_is_an_end_and_no_error() {
    for delay in [1, 5, 10, 20] {
        let (mut inferior, first) = start(&["threads", "4", "1000000"]);
        let touch = symbol(&inferior, "touch");
        inferior.insert_site(touch).expect("a site");
        let process = inferior.process();
        let killer = std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_millis(delay));
            crate::os::kill_process(process).expect("killed");
        });
        let course = run(&mut inferior, first);
        assert_eq!(course.end, Some(ExitStatus::Signal(crate::os::SIGKILL)));
        killer.join().expect("no panic");
    }
}

#[test]
fn dropping_an_inferior_with_held_and_running_threads_leaves_nothing_behind() {
    let (mut inferior, first) = start(&["threads", "4", "1000000"]);
    let touch = symbol(&inferior, "touch");
    inferior.insert_site(touch).expect("a site");
    inferior.resume(first, None).expect("resumed");
    let mut held = Vec::new();
    while held.len() < 2 {
        match inferior.wait().expect("a stop") {
            Stop::Site { thread, .. } => held.push(thread),
            stop => {
                if let Some(thread) = stop.into_thread() {
                    inferior.resume(thread, None).expect("resumed");
                }
            }
        }
    }
    drop(inferior);
    assert!(crate::os::wait(None).is_err());
}

#[test]
fn registers_that_are_changed_at_a_site_are_what_the_program_goes_on_with() {
    let (mut inferior, first) = start(&["threads", "1", "10"]);
    let touch = symbol(&inferior, "touch");
    inferior.insert_site(touch).expect("a site");
    inferior.resume(first, None).expect("resumed");
    let mut hits = 0;
    let end = loop {
        match inferior.wait().expect("a stop") {
            Stop::Ended(status) => break status,
            Stop::Site { mut thread, .. } => {
                hits += 1;
                // Returns from the function at once: the program then misses one of its calls.
                let mut registers = *thread.registers();
                let sp = registers.sp();
                registers.set_pc(VirtAddr(inferior.memory().read_u64(sp).expect("a word")));
                registers.set(Register::RSP, sp.0 + 8);
                if hits == 3 {
                    thread.set_registers(registers);
                }
                inferior.resume(thread, None).expect("resumed");
            }
            stop => {
                if let Some(thread) = stop.into_thread() {
                    inferior.resume(thread, None).expect("resumed");
                }
            }
        }
    };
    assert_eq!((hits, end), (10, ExitStatus::Code(1)));
}
