//! Starting a program, and where it runs.

use crate::base::{ExitStatus, Tid};
use crate::dwarf::Images;
use crate::inferior::test_programs::{
    SUCCESS, compile, launch, output, run, start, start_with, subject, symbol,
};
use crate::inferior::{Inferior, Launch, LaunchError, Stop};

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
fn a_signal_that_comes_before_the_entry_is_told_behind_it_and_keeps_its_sender() {
    let (mut inferior, first) = Inferior::launch(launch(&["calls", "1"])).expect("launched");
    let process = inferior.process();
    crate::os::send_signal(process, process, 10).expect("sent");
    let Stop::Site { thread, at } = inferior.run_to_entry(first).expect("run") else {
        panic!("the entry was not reached")
    };
    assert_eq!(thread.registers().pc(), at);
    inferior.resume(thread, None).expect("resumed");
    let Stop::Signal { thread, info } = inferior.wait().expect("told") else {
        panic!("the signal was not told")
    };
    assert!(info.number == 10 && info.is_our_own(), "{info:?}");
    assert_eq!(thread.registers().pc(), at);
    inferior.resume(thread, None).expect("resumed");
    let end = inferior.wait().expect("its end");
    assert!(matches!(end, Stop::Ended(ExitStatus::Code(0))), "{end:?}");
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
