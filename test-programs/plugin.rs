//! A library that is loaded while a program runs; see `loads_plugin.rs`.

use std::hint::black_box;

#[inline(never)]
fn work_in_plugin(n: u32) -> u32 {
    black_box(n) * 2 // #in-plugin
}

#[unsafe(no_mangle)]
pub extern "C" fn plugin_entry(n: u32) -> u32 {
    work_in_plugin(n) + 1 // #entry
}
