//! A constructor ends the program with code 3 before `main` is reached.

unsafe extern "C" {
    fn exit(code: i32) -> !;
}

extern "C" fn leave() {
    // SAFETY: C's `exit` may be called from a constructor.
    unsafe { exit(3) } // #exit
}

// SAFETY: the loader calls what it finds in this section with the C calling convention.
#[used]
#[unsafe(link_section = ".init_array")]
static LEAVE: extern "C" fn() = leave;

fn main() {
    println!("never printed"); // #main
}
