//! Live tests: real programs, run under control.

use super::test_programs::{
    Course, compile, launch, output, run, run_with, start, start_with, subject, symbol,
};
use super::{Inferior, InferiorError, Launch, LaunchError, Stop};
use crate::base::{ExitStatus, Memory, MemoryExt, Register, Tid, VirtAddr};
use crate::dwarf::Images;

const SUCCESS: Option<ExitStatus> = Some(ExitStatus::Code(0));

fn run_with_site(args: &[&str]) -> Course {
    let (mut inferior, first) = start(args);
    let touch = symbol(&inferior, "touch");
    inferior.insert_site(touch).expect("a site");
    run(&mut inferior, first)
}

#[test]
fn a_program_stops_at_its_exec_and_at_its_entry_with_all_libraries_loaded() {
    let (mut inferior, first) = Inferior::launch(launch(&["calls", "1"])).expect("launched");
    let loader = inferior.modules().image_at(first.registers().pc()).expect("an image");
    assert!(loader.image.path().to_string_lossy().contains("ld-linux"));
    let stop = inferior.run_to_entry(first).expect("at the entry");
    let Stop::Site { thread, at } = stop else { panic!("not at the entry: {stop:?}") };
    assert_eq!(thread.registers().pc(), at);
    let main = inferior.modules().main();
    assert_eq!(main.bias.to_file(at), main.image.entry());
    let names: Vec<_> = inferior.modules().iter().map(|m| m.path().to_owned()).collect();
    assert!(names.iter().any(|path| path.to_string_lossy().contains("libc.so")), "{names:?}");
    assert!(names.iter().any(|path| path.as_os_str() == "[vdso]"), "{names:?}");
    let vdso = inferior.modules().iter().find(|module| module.path().as_os_str() == "[vdso]");
    let vdso = vdso.and_then(|module| module.loaded()).expect("parsed");
    assert!(vdso.image.sections().iter().any(|section| section.executable));
    assert_eq!(run(&mut inferior, thread).end, SUCCESS);
}

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
    let libc = inferior
        .modules()
        .iter()
        .find(|module| module.path().to_string_lossy().contains("libc.so"))
        .and_then(|module| module.loaded())
        .expect("libc");
    let bytes = std::fs::read(libc.image.path()).expect("libc");
    let file = object::File::parse(&*bytes).expect("an ELF file");
    use object::{Object, ObjectSymbol};
    for name in ["execve", "sigaction", "dup2", "_exit"] {
        let found = file.dynamic_symbols().find(|symbol| symbol.name() == Ok(name));
        let at = crate::base::FileAddr(found.expect(name).address());
        inferior.insert_site(libc.bias.to_virt(at)).expect("a site");
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
            if let Stop::Exec { path, thread } = stop {
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

#[test]
fn environment_directory_and_output_are_what_was_asked_for() {
    let dir = tempfile::tempdir().expect("a directory");
    let (out, read) = output();
    let mut asked = launch(&["environment"]);
    asked.env = Some(vec![("ONE".into(), "1".into())]);
    asked.cwd = Some(dir.path().to_owned());
    asked.stdio[1] = Some(out);
    let (mut inferior, first) = start_with(asked);
    assert_eq!(run(&mut inferior, first).end, SUCCESS);
    let path = dir.path().canonicalize().expect("a path");
    assert_eq!(read().trim(), path.to_string_lossy());
}

#[test]
fn addresses_are_fixed_unless_asked_otherwise_and_known_either_way() {
    let entry = |aslr: bool| {
        let mut asked = launch(&["calls", "1"]);
        asked.aslr = aslr;
        let (mut inferior, first) = start_with(asked);
        let entry = first.registers().pc();
        let touch = symbol(&inferior, "touch");
        inferior.insert_site(touch).expect("a site");
        assert_eq!(run(&mut inferior, first).hits, [(1, touch)]);
        entry
    };
    assert_eq!(entry(false), entry(false));
    assert_ne!(entry(true), entry(true));
}

#[test]
fn programs_at_fixed_addresses_and_without_a_dynamic_linker_run_too() {
    let dir = tempfile::tempdir().expect("a directory");
    let fixed = ["-Crelocation-model=static", "-Ctarget-feature=+crt-static"];
    let program = compile(dir.path(), &fixed);
    let (mut inferior, first) = start_with(Launch::new(program).arg("calls").arg("7"));
    assert_eq!(inferior.modules().main().bias, crate::base::Bias(0));
    let touch = symbol(&inferior, "touch");
    inferior.insert_site(touch).expect("a site");
    let course = run(&mut inferior, first);
    assert_eq!((course.hits.len(), course.end), (7, SUCCESS));
}

#[test]
fn what_cannot_be_launched_is_explained() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = |name: &str, bytes: &[u8], mode: u32| {
        use std::os::unix::fs::PermissionsExt;
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("set");
        path
    };
    let fails = |path: std::path::PathBuf| {
        Inferior::launch(Launch::new(path)).map(|_| ()).expect_err("it cannot start")
    };
    let elf = std::fs::read(subject()).expect("the subject");
    assert!(matches!(fails(dir.path().join("none")), LaunchError::NotFound(_)));
    assert!(matches!(fails(dir.path().to_owned()), LaunchError::NotAFile(_)));
    assert!(matches!(fails(file("plain", &elf, 0o644)), LaunchError::NotPermitted(_)));
    assert!(matches!(fails(file("text", b"hello", 0o755)), LaunchError::Image { .. }));
    assert!(matches!(fails(file("empty", b"", 0o755)), LaunchError::Image { .. }));
    let script = fails(file("script", b"#! /bin/sh -e\necho\n", 0o755));
    assert!(script.to_string().contains("a script for /bin/sh -e"), "{script}");
    let mut nowhere = Launch::new(subject());
    nowhere.cwd = Some(dir.path().join("none"));
    let error = Inferior::launch(nowhere).map(|_| ()).expect_err("no such directory");
    assert!(matches!(error, LaunchError::WorkingDirectory { .. }));
    let null = Inferior::launch(launch(&["a\0b"])).map(|_| ()).expect_err("a null byte");
    assert!(matches!(null, LaunchError::NullByte(_)));
    // Nothing is left behind by any of them.
    assert!(crate::os::wait(None).is_err());
}

#[test]
fn a_program_that_dies_before_its_entry_tells_its_end() {
    let (inferior, first) = Inferior::launch(launch(&["calls", "1"])).expect("launched");
    let mut inferior = inferior;
    crate::os::kill_process(inferior.process()).expect("killed");
    let stop = inferior.run_to_entry(first).expect("told");
    assert!(matches!(stop, Stop::Ended(ExitStatus::Signal(9))), "{stop:?}");
}

#[test]
fn a_pinned_program_is_told_its_own_processors_and_so_are_its_children() {
    // A thread of its own: the pinning must not be seen by another test.
    let seen = |pinned: bool| {
        let (out, read) = output();
        let mut asked = launch(&["affinity"]);
        asked.stdio[1] = Some(out);
        let before = crate::os::Cpus::of(None).expect("a set");
        let (mut inferior, first) = start_with(asked);
        if pinned {
            inferior.pin(true).expect("pinned");
            let one = crate::os::Cpus::of(Some(inferior.process())).expect("a set");
            assert_eq!(crate::os::Cpus::of(None).expect("a set"), one);
            let first = one.first_common(&one).expect("a processor");
            assert_eq!(crate::os::Cpus::only(first).expect("a set"), one);
        }
        let course = run(&mut inferior, first);
        assert_eq!(course.end, SUCCESS);
        assert!(course.hits.is_empty());
        assert_eq!(crate::os::Cpus::of(None).expect("a set"), before);
        read()
    };
    assert_eq!(seen(true), seen(false));
}

#[test]
fn a_thread_name_and_number_are_known_while_it_lives() {
    let (inferior, first) = start(&["calls", "0"]);
    assert_eq!(inferior.threads(), [(first.no(), first.tid())]);
    assert_eq!(inferior.thread_name(first.no()).as_deref(), Some("subject"));
    assert_eq!(first.tid(), Tid(inferior.process().0));
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
