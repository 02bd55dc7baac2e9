//! Loads the library that its argument names, twice, and calls a function of it each time.

use std::ffi::{CString, c_char, c_int, c_void};

unsafe extern "C" {
    fn dlopen(path: *const c_char, flags: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
    fn dlclose(library: *mut c_void) -> c_int;
}

fn call(path: &CString, n: u32) -> u32 {
    // SAFETY: the library is the one beside this program, and the function has this signature.
    unsafe {
        let library = dlopen(path.as_ptr(), 2);
        assert!(!library.is_null(), "the library is loaded");
        let entry = dlsym(library, c"plugin_entry".as_ptr());
        let entry: extern "C" fn(u32) -> u32 = std::mem::transmute(entry);
        let result = entry(n);
        dlclose(library);
        result
    }
}

fn main() {
    let path = std::env::args().nth(1).expect("the path of the library");
    let path = CString::new(path).expect("a path");
    let sum = call(&path, 1) + call(&path, 20); // #calls
    println!("{sum}");
}
