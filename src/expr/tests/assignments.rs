//! What assignments write, and what is refused.

use super::program::Program;
use crate::base::{Register, VirtAddr};
use crate::dwarf::Location;

#[test]
fn assignments_give_the_bytes_to_write() {
    let program = Program::new();
    let rows: [(&str, &str, &[u8]); 16] = [
        ("x = 5", "x", &[5, 0, 0, 0]),
        ("x = -1", "x", &[255, 255, 255, 255]),
        ("x += n", "x", &[34, 0, 0, 0]),
        ("x <<= 1", "x", &[0xf2, 0xff, 0xff, 0xff]),
        ("yes = false", "yes", &[0]),
        ("yes = !no", "yes", &[1]),
        ("c = 'x'", "c", &[0x78, 0, 0, 0]),
        ("byte = 'a' as u8", "byte", &[97]),
        ("single = 1.5", "single", &[0, 0, 0xc0, 0x3f]),
        ("double = 1", "double", &[0, 0, 0, 0, 0, 0, 0xf0, 0x3f]),
        ("colour = Colour::Other", "colour", &[0xff]),
        ("raw = &x as *const i32", "raw", &[0, 0x30, 0x10, 0, 0, 0, 0, 0]),
        ("raw = null", "raw", &[0; 8]),
        ("cell = 4", "cell", &[4, 0, 0, 0, 0, 0, 0, 0]),
        ("flag = false", "flag", &[0]),
        ("atomic += 1", "atomic", &[13, 0, 0, 0]),
    ];
    for (text, name, bytes) in rows {
        let write = program.assign(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        assert_eq!((write.bytes.as_slice(), write.at), (bytes, program.address(name)), "{text}");
    }
}

#[test]
fn parts_of_values_are_assigned_to_where_they_are() {
    let program = Program::new();
    let rows = [
        ("v[1] = 7", 0x6004, 4),
        ("boxed.y = 7", 0x7004, 4),
        ("*raw = 7", 0x7004, 4),
        ("ring[1] = 7", 0x6000, 4),
        ("map[\"grün\"] = 7", 0x8058, 8),
    ];
    for (text, at, size) in rows {
        let write = program.assign(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        assert_eq!((write.at, write.bytes.len()), (Location::Memory(VirtAddr(at)), size), "{text}");
        assert_eq!(write.bytes[0], 7);
    }
    let write = program.assign("in_rax = 7").expect("a register");
    assert_eq!(write.at, Location::Register(Register::RAX));
    let write = program.assign("$rax += 1").expect("a register");
    assert_eq!((write.at, write.ty), (Location::Register(Register::RAX), None));
    assert_eq!(write.bytes, 0x1_0000_0000_u64.to_le_bytes());
}

#[test]
fn what_would_leak_or_lie_is_refused() {
    const OWNER: &str = "its old value would leak, and what the new one owns would be freed twice";
    let program = Program::new();
    let rows = [
        ("s = \"x\"", format!("`String` is not assigned to: {OWNER}")),
        ("v = v", format!("`Vec<T>` is not assigned to: {OWNER}")),
        ("boxed = boxed", format!("`Box<Point>` is not assigned to: {OWNER}")),
        ("rc = rc", format!("`Rc<Point>` is not assigned to: {OWNER}")),
        ("v.len = 9", "`len` of `Vec<T>` is not assigned to: std relies on what it says".into()),
        ("t = \"x\"", "`&str` is not assigned to: it leads to something together with its length or type".into()),
        ("t.length = 9", "`length` of `&str` is not assigned to: std relies on what it says".into()),
        ("ref_cell = 1", "`Point` is not assigned to: its fields may own what would leak or be freed twice".into()),
        ("some = None", "`Option<i32>` is not assigned to: its variants may own what would leak or be freed twice".into()),
        ("byte = 300", "300 is out of range for u8".into()),
        ("byte = -1", "-1 is out of range for u8".into()),
        ("byte += 100", "200 + 100 overflows u8".into()),
        ("byte = x", "`u8` is expected, and this is `i32`".into()),
        ("yes = 1", "`bool` is expected, and this is `i32`".into()),
        ("c = 0x110000", "`char` is expected, and this is `i32`".into()),
        ("colour = 1", "`Colour` is expected, and this is `i32`".into()),
        ("colour = Colour::Gren", "the enum Colour has no variant `Gren`".into()),
        ("colour = Shape::Circle(1)", "`Colour` is expected, and this is `Shape`".into()),
        ("raw = 4", "`*const i32` is expected, and this is `i32`".into()),
        (
            "twice = 1",
            "it has no place to write to: the compiler made it a constant, or a part of a register"
                .into(),
        ),
        ("x + 1 = 2", "only a place in the program can be assigned to".into()),
        ("$rbx = 1", "$rbx cannot be written".into()),
        ("$eflags = 1", "$eflags cannot be written".into()),
        ("gone = 1", "`gone` is optimised out".into()),
        ("array = array", "`[i32; 4]` is not assigned to: only scalars are".into()),
        ("x", "this assigns nothing".into()),
    ];
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(text, message)| match program.assign(text) {
            Err(error) if error.message == *message => None,
            other => Some(format!("{text}\n  {other:?}\n  should be {message}")),
        })
        .collect();
    assert!(wrong.is_empty(), "{} rows:\n{}", wrong.len(), wrong.join("\n"));
}
