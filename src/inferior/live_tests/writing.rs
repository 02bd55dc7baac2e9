//! What is written is what the program sees.

use crate::base::{MemoryExt, Register, VirtAddr};
use crate::inferior::Stop;
use crate::inferior::test_programs::{SUCCESS, run, run_with, start, symbol};

/// `mov eax, 5; ret` and `mov eax, 7; ret`: two ways to overwrite a function.
const RETURNS_5: [u8; 6] = [0xb8, 5, 0, 0, 0, 0xc3];
const RETURNS_7: [u8; 6] = [0xb8, 7, 0, 0, 0, 0xc3];

#[test]
fn memory_that_is_written_reads_back_and_reaches_the_program() {
    let (mut inferior, first) = start(&["calls", "0"]);
    let sp = first.registers().sp();
    // The argument of `main`, as the kernel has put it on the stack: "calls" becomes "trapp".
    let argument = VirtAddr(inferior.memory().read_u64(sp + 16).expect("argv[1]"));
    assert_eq!(inferior.memory().read_bytes(argument, 6).expect("text"), b"calls\0");
    inferior.write_memory(argument, b"forks").expect("written");
    inferior.write_memory(argument + 4, b"\0").expect("written");
    assert_eq!(inferior.memory().read_bytes(argument, 5).expect("text"), b"fork\0");
    let course = run(&mut inferior, first);
    assert_eq!((course.forks, course.end), (1, SUCCESS));
    assert!(inferior.write_memory(argument, b"x").is_err());
}

#[test]
fn a_site_stays_when_the_instruction_below_it_is_written_and_the_new_one_runs() {
    let (mut inferior, first) = start(&["asm-results"]);
    let lea = symbol(&inferior, "a_lea");
    inferior.insert_site(lea).expect("a site");
    let mut results = Vec::new();
    let course = run_with(&mut inferior, first, |inferior, stop| {
        let Stop::Site { at, thread } = stop else { return };
        if *at != lea {
            results.push(thread.registers().get(Register::RDI).expect("known"));
            return;
        }
        let code = [RETURNS_5, RETURNS_7].get(results.len()).copied();
        if results.is_empty() {
            inferior.insert_site(symbol(inferior, "touch")).expect("a site");
        }
        if let Some(code) = code {
            inferior.write_memory(lea, &code).expect("written");
            assert_eq!(inferior.memory().read_bytes(lea, 6).expect("code"), code);
        }
    });
    assert_eq!(results, [5, 7, 7]);
    assert_eq!(course.hits.iter().filter(|(_, at)| *at == lea).count(), 3);
    assert_eq!(course.end, SUCCESS);
}

#[test]
fn what_is_unmapped_or_no_memory_of_the_program_is_not_written() {
    let (mut inferior, first) = start(&["calls", "2"]);
    let touch = symbol(&inferior, "touch");
    for at in [VirtAddr(8), VirtAddr(u64::MAX), VirtAddr(u64::MAX - 1)] {
        assert_eq!(inferior.write_memory(at, &[1, 2]).map_err(|error| error.at), Err(at));
    }
    inferior.write_memory(touch, &[]).expect("nothing to write");
    inferior.insert_site(touch).expect("a site");
    let course = run_with(&mut inferior, first, |inferior, stop| {
        // After the first resumption from the site there is a scratch page below the code.
        if let Stop::Site { thread, .. } = stop
            && thread.registers().get(Register::RDI) == Some(1)
        {
            let maps = crate::os::procfs::maps(inferior.process()).expect("mappings");
            let scratch = maps.iter().find(|map| inferior.scratch.contains(map.range.start));
            let scratch = scratch.expect("a scratch page").range.start;
            assert!(inferior.write_memory(scratch, &[0]).is_err());
            assert!(inferior.write_memory(scratch.offset(-1), &[0; 2]).is_err());
        }
    });
    assert_eq!((course.hits.len(), course.end), (2, SUCCESS));
}

#[test]
fn vector_registers_that_are_written_are_read_back_and_used() {
    let (mut inferior, first) = start(&["vector"]);
    let at = symbol(&inferior, "a_vector");
    inferior.insert_site(at).expect("a site");
    inferior.resume(first, None).expect("resumed");
    let Stop::Site { mut thread, .. } = inferior.wait().expect("a stop") else { panic!("no hit") };
    let mut vectors = thread.vectors().expect("vectors");
    assert_eq!(vectors.first(), Some(&0x1111));
    let wanted = 0x0123_4567_89ab_cdef_0000_0000_0000_2222_u128;
    if let Some(first) = vectors.first_mut() {
        *first = wanted;
    }
    thread.set_vectors(&vectors).expect("written");
    assert_eq!(thread.vectors().expect("vectors"), vectors);
    assert_eq!(run(&mut inferior, thread).end, SUCCESS);
}
