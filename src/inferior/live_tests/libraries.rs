//! Thread-local storage of the program and of its libraries, and libraries that come and go.

use object::{Object, ObjectSymbol};

use crate::base::{Register, Unreadable, VirtAddr};
use crate::dwarf::Loaded;
use crate::inferior::test_programs::{
    SUCCESS, compile, launch, libc_symbol, library, run_with, start_with, subject, symbol,
};
use crate::inferior::{Inferior, Launch, Stop};

/// The value of a thread-local's symbol: its place in the block of its file.
fn local(of: &Loaded, name: &str) -> u64 {
    let bytes = std::fs::read(of.image.path()).expect("the file");
    let file = object::File::parse(&*bytes).expect("an ELF file");
    let mut all = file.symbols().chain(file.dynamic_symbols());
    let is_it = |s: &object::Symbol<'_, '_>| {
        s.kind() == object::SymbolKind::Tls && s.name().is_ok_and(|found| found.contains(name))
    };
    all.find(is_it).expect("the thread-local").address()
}

/// Runs the subject and compares what it says of its thread-locals with what is computed.
fn compare_thread_locals(launch: Launch, with_errno: bool) {
    let (mut inferior, first) = start_with(launch);
    let touch = symbol(&inferior, "touch");
    let main = inferior.modules().main();
    let of_main = [local(&main, "FIRST_LOCAL"), local(&main, "ALIGNED_LOCAL")];
    inferior.insert_site(touch).expect("a site");
    let mut seen = Vec::new();
    let course = run_with(&mut inferior, first, |inferior, stop| {
        let Stop::Site { thread, .. } = stop else { return };
        let place = |module: VirtAddr, offset: u64| {
            inferior.thread_local(module, thread.registers(), offset)
        };
        let told = VirtAddr(thread.registers().get(Register::RDI).expect("known"));
        let computed = match seen.len() % 3 {
            2 if !with_errno => Ok(told),
            2 => {
                let libc = libc_symbol(inferior, "read").expect("libc");
                let loaded = inferior.modules().module_at(libc).and_then(|libc| libc.loaded());
                place(libc, local(&loaded.expect("libc"), "errno"))
            }
            index => place(touch, *of_main.get(index).expect("two")),
        };
        assert_eq!(computed, Ok(told));
        seen.push(told);
    });
    assert_eq!((seen.len(), course.end), (6, SUCCESS));
    let (of_first, of_second) = seen.split_at(3);
    assert!(of_first.iter().all(|at| !of_second.contains(at)));
}

#[test]
fn thread_locals_are_where_the_program_says_in_each_of_its_threads() {
    compare_thread_locals(launch(&["tls"]), true);
}

#[test]
fn thread_locals_of_a_static_program_are_found_too() {
    let dir = tempfile::tempdir().expect("a directory");
    let program = compile(dir.path(), &["-Ctarget-feature=+crt-static"]);
    compare_thread_locals(Launch::new(program).arg("tls"), false);
}

#[test]
fn a_block_that_a_thread_has_not_used_is_said_not_to_exist_yet() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = library(dir.path());
    let (mut inferior, first) =
        start_with(Launch::new(subject()).arg("library").arg(path.as_os_str()));
    let touch = symbol(&inferior, "touch");
    inferior.insert_site(touch).expect("a site");
    let mut seen = 0;
    let course = run_with(&mut inferior, first, |inferior, stop| {
        let Stop::Site { thread, .. } = stop else { return };
        inferior.modules().refresh();
        let module = inferior.modules().iter().find(|module| module.path() == path);
        let module = module.expect("loaded");
        let offset = local(&module.loaded().expect("parsed"), "IN_LIBRARY");
        let computed = inferior.thread_local(module.range().start, thread.registers(), offset);
        match thread.registers().get(Register::RDI).expect("known") {
            1 => assert_eq!(computed, Err(Unreadable::NotYetInitialised)),
            told => assert_eq!(computed, Ok(VirtAddr(told))),
        }
        seen += 1;
    });
    assert_eq!((seen, course.end), (4, SUCCESS));
}

#[test]
fn thread_local_storage_that_is_not_there_is_explained() {
    let (mut inferior, first) = Inferior::launch(launch(&["tls"])).expect("launched");
    let main = inferior.modules().main();
    let entry = main.bias.to_virt(main.image.entry());
    let ask = |inferior: &Inferior, thread: &crate::inferior::Stopped, offset| {
        inferior.thread_local(entry, thread.registers(), offset)
    };
    // Nothing has run yet.
    assert_eq!(ask(&inferior, &first, 0), Err(Unreadable::NotYetInitialised));
    let Stop::Site { thread, .. } = inferior.run_to_entry(first).expect("run") else {
        panic!("not at the entry")
    };
    assert!(ask(&inferior, &thread, 0).is_ok());
    assert!(matches!(ask(&inferior, &thread, 1 << 40), Err(Unreadable::Invalid(_))));
    let vdso = inferior.modules().iter().find(|module| module.path().as_os_str() == "[vdso]");
    let vdso = vdso.expect("a vdso").range().start;
    let none = inferior.thread_local(vdso, thread.registers(), 0);
    assert!(matches!(none, Err(Unreadable::NotDescribed(_))), "{none:?}");
    let unmapped = inferior.thread_local(VirtAddr(8), thread.registers(), 0);
    assert_eq!(unmapped, Err(Unreadable::Unmapped { at: VirtAddr(8) }));
}

#[test]
fn a_library_that_is_loaded_is_told_to_those_who_asked() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = library(dir.path());
    for asked in [true, false] {
        let (mut inferior, first) =
            start_with(Launch::new(subject()).arg("library").arg(path.as_os_str()));
        assert!(inferior.tell_modules(true).expect("heard"));
        assert_eq!(inferior.tell_modules(asked).expect("heard or not"), asked);
        let mut loaded = false;
        let course = run_with(&mut inferior, first, |inferior, stop| {
            if let Stop::Modules { .. } = stop {
                loaded |= inferior.modules().iter().any(|module| module.path() == path);
            }
        });
        assert_eq!((loaded, course.modules > 0, course.end), (asked, asked, SUCCESS));
    }
}
