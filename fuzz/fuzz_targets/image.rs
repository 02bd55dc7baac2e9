//! ELF files, mutated by the fuzzer, and asked everything. `scripts/fuzz` compiles small ones for
//! it to begin with.
#![no_main]

use std::path::Path;

use freehold::base::FileAddr;
use freehold::dwarf::Image;
use freehold::dwarf::garbage::{ask, claimed_functions};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    freehold_fuzz::with_file(bytes.to_vec(), |elf| {
        let Ok(image) = Image::parse(Path::new("fuzzed"), elf) else { return };
        let mut addresses = claimed_functions(&image, 1);
        addresses.truncate(12);
        addresses.push(image.entry());
        addresses.extend(image.sections().iter().take(8).map(|s| s.range.start + 4));
        addresses.push(FileAddr(0x1000));
        ask(&image, &addresses);
    });
});
