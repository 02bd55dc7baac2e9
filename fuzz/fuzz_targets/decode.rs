//! Random machine code.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    freehold::asm::garbage::check(bytes);
});
