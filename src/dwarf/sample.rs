//! Programs for tests: one source, built three ways, each once for a run of the tests.

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, OnceLock};

use super::Image;

/// The source. Lines are named by a comment, so that no test has to count them.
pub(crate) const SOURCE: &str = r#"use std::fmt::Debug;

#[derive(Debug)]
pub struct Foo {
    pub name: String,
    pub list: Vec<i32>,
}

impl Foo {
    #[inline(never)]
    pub fn new(n: i32) -> Foo {
        Foo { name: n.to_string(), list: vec![n] } // #new
    }
}

impl From<Foo> for String {
    #[inline(never)]
    fn from(foo: Foo) -> String {
        foo.name
    }
}

pub trait Shape {
    fn area(&self) -> i32;
}

impl Shape for Foo {
    #[inline(never)]
    fn area(&self) -> i32 {
        self.list.len() as i32 // #area
    }
}

#[inline(never)]
fn show<T: Debug>(value: &T) {
    println!("{value:?}"); // #show
}

#[inline(never)]
fn add(a: i32, b: i32) -> i32 {
    let c = a + b; // #add
    c * std::hint::black_box(1)
}

#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn exported(a: i32) -> i32 {
    a + 1 // #exported
}

fn main() {
    let foo = Foo::new(3); // #main
    show(&foo);
    show(&5u8);
    show(&&foo);
    let closure = |x: i32| x + foo.area();
    println!("{} {}", closure(1), add(1, exported(2)));
    let shape: Box<dyn Shape> = Box::new(Foo::new(1));
    println!("{} {}", shape.area(), String::from(Foo::new(4)));
    std::thread::spawn(move || foo.area()).join().unwrap();
}
"#;

/// The number of the line that ends in a comment with this name.
pub(crate) fn line(name: &str) -> u32 {
    let marker = format!("// #{name}");
    let index = SOURCE.lines().position(|line| line.ends_with(&marker));
    u32::try_from(index.expect("the source has such a line") + 1).unwrap()
}

/// Built without optimisation, with DWARF 4 and legacy mangling, as cargo does by default.
pub(crate) fn debug() -> &'static Arc<Image> {
    static IMAGE: OnceLock<Arc<Image>> = OnceLock::new();
    IMAGE.get_or_init(|| Arc::new(parse(debug_bytes())))
}

/// Built with optimisation, DWARF 5 and v0 mangling.
pub(crate) fn optimised() -> &'static Arc<Image> {
    static IMAGE: OnceLock<Arc<Image>> = OnceLock::new();
    let flags = ["-g", "-O", "-C", "dwarf-version=5", "-C", "symbol-mangling-version=v0"];
    IMAGE.get_or_init(|| Arc::new(parse(build(&flags))))
}

/// Built without debug information; std brings its own.
pub(crate) fn plain() -> &'static Arc<Image> {
    static IMAGE: OnceLock<Arc<Image>> = OnceLock::new();
    IMAGE.get_or_init(|| Arc::new(parse(build(&[]))))
}

/// The same file as [`debug`], not shared, for tests that take parts away.
pub(crate) fn debug_again() -> Image {
    parse(debug_bytes())
}

/// An image of these bytes.
pub(crate) fn parse(bytes: &'static [u8]) -> Image {
    Image::parse(Path::new("/somewhere/t"), bytes).expect("rustc makes ELF files")
}

/// A library of C, as GCC describes one: `int add(int a, int b)`, with its body on line 3.
pub(crate) fn c_library() -> Image {
    let folder = tempfile::tempdir().expect("a folder for the library");
    let (source, library) = (folder.path().join("add.c"), folder.path().join("libadd.so"));
    std::fs::write(&source, "int add(int a, int b)\n{\n    return a + b;\n}\n").unwrap();
    let mut command = Command::new("cc");
    // Without unwind tables the rules are in .debug_frame.
    let flags = ["-g", "-O0", "-fno-asynchronous-unwind-tables", "-shared", "-fPIC", "-o"];
    command.args(flags).arg(&library).arg(&source);
    assert!(command.status().expect("rustc needs a C compiler too").success());
    parse(Vec::leak(std::fs::read(&library).unwrap()))
}

pub(crate) fn debug_bytes() -> &'static [u8] {
    static BYTES: OnceLock<&'static [u8]> = OnceLock::new();
    BYTES.get_or_init(|| build(&["-g", "-C", "dwarf-version=4"]))
}

fn build(flags: &[&str]) -> &'static [u8] {
    let folder = tempfile::tempdir().expect("a folder for the program");
    let source = folder.path().join("t.rs");
    std::fs::write(&source, SOURCE).unwrap();
    let program = folder.path().join("t");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(rustc);
    command.args(["--edition", "2024", "--crate-name", "t", "-o"]).arg(&program);
    let output = command.args(flags).arg(&source).output().expect("rustc can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Vec::leak(std::fs::read(&program).unwrap())
}
