//! Random call frame information, registers and stacks.
#![no_main]

use freehold::base::garbage::Choices;
use freehold::frame::garbage::{check, file};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut choices = Choices::new(bytes);
    let file = file(&mut choices);
    freehold_fuzz::with_file(file, |elf| check(elf, &mut choices));
});
