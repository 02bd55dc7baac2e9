//! Random types over random memory: read, rendered as text and in parts, and its blocks listed.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    freehold::value::garbage::check(bytes);
});
