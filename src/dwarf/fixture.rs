//! Programs for the tests of this floor: compiled once by the rustc that built the tests, in debug
//! and optimised builds, with DWARF 4 and 5.

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, OnceLock};

use object::{Object, ObjectSymbol};

use super::functions::{Function, Variable};
pub use super::garbage::Frame;
use super::image::Image;
use super::types::{Type, TypeKind, TypeRef, Types};
use crate::base::FileAddr;

const LIBRARY: &str = include_str!("fixture/other.rs");
const PROGRAM: &str = include_str!("fixture/program.rs");

/// One build of the program.
pub struct Build {
    /// Whether it was optimised.
    pub optimised: bool,
    /// The file.
    pub bytes: &'static [u8],
    /// The same, parsed.
    pub image: Image,
}

/// All builds: debug and optimised, DWARF 4 and 5.
pub fn builds() -> &'static [Build] {
    static BUILDS: OnceLock<Vec<Build>> = OnceLock::new();
    BUILDS.get_or_init(|| {
        let flavours = [(false, "4"), (false, "5"), (true, "4"), (true, "5")];
        flavours.into_iter().map(|(optimised, version)| build(optimised, version)).collect()
    })
}

/// The debug builds.
pub fn debug_builds() -> impl Iterator<Item = &'static Build> {
    builds().iter().filter(|build| !build.optimised)
}

/// The optimised builds.
pub fn optimised_builds() -> impl Iterator<Item = &'static Build> {
    builds().iter().filter(|build| build.optimised)
}

fn build(optimised: bool, version: &str) -> Build {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).expect(name);
    write("other.rs", LIBRARY);
    write("program.rs", PROGRAM);
    let opt = if optimised { "-Copt-level=3" } else { "-Copt-level=0" };
    let dwarf = format!("-Cdwarf-version={version}");
    let rustc = |args: &[&str]| {
        let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        rustc.current_dir(dir.path()).args(["--edition=2024", "-g", "-Awarnings", opt, &dwarf]);
        let output = rustc.args(args).output().expect("rustc runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    rustc(&["--crate-type=rlib", "other.rs"]);
    // std stays a library of its own: the file is then small enough to be copied many times.
    rustc(&["-Cprefer-dynamic", "--extern=other=libother.rlib", "program.rs"]);
    let bytes = std::fs::read(dir.path().join("program")).expect("the program");
    let bytes: &'static [u8] = Vec::leak(bytes);
    let image = Image::parse(Path::new("program"), bytes).expect("an ELF file");
    Build { optimised, bytes, image }
}

impl Build {
    /// Where the first function of this path begins.
    pub fn address(&self, path: &str) -> FileAddr {
        let found = self.image.object.symbols().find(|symbol| {
            let name = symbol.name().unwrap_or("");
            symbol.is_definition() && super::names::demangle(name) == path
        });
        FileAddr(found.unwrap_or_else(|| panic!("no symbol {path}")).address())
    }

    /// The function of this path.
    pub fn function(&self, path: &str) -> Arc<Function> {
        self.image.function_at(self.address(path)).expect(path)
    }

    /// Every function of the two crates of the fixture that has a symbol.
    pub fn functions(&self) -> impl Iterator<Item = Arc<Function>> + '_ {
        let symbols = self.image.object.symbols();
        let ours = symbols.filter(|symbol| {
            let name = super::names::demangle(symbol.name().unwrap_or("")).into_owned();
            ["program::", "other::"].iter().any(|krate| name.starts_with(krate))
        });
        ours.filter_map(|symbol| self.image.function_at(FileAddr(symbol.address())))
    }

    /// A variable of a function, the last of its name.
    pub fn variable(&self, function: &Function, name: &str) -> Variable {
        let entry = function.ranges[0].start;
        let all = function.visible_at(entry);
        let found = all.iter().rev().find(|visible| &*visible.variable.name == name);
        found.unwrap_or_else(|| panic!("no variable {name}")).variable.clone()
    }

    /// The type behind a reference.
    pub fn ty(&self, ty: TypeRef) -> Arc<Type> {
        self.image.get(ty).expect("a type")
    }

    /// The type of a variable of `program::types`.
    pub fn type_of(&self, variable: &str) -> Arc<Type> {
        let function = self.function("program::types");
        self.ty(self.variable(&function, variable).ty.expect("a typed variable"))
    }

    /// The fields of a struct or union, with the names of their types.
    pub fn fields(&self, ty: &Type) -> Vec<(String, String, u64)> {
        let field = |field: &super::Field| {
            (field.name.to_string(), self.ty(field.ty).name.to_string(), field.offset)
        };
        ty.fields().iter().map(field).collect()
    }

    /// The variants of an enum: names and values.
    pub fn variants(&self, ty: &Type) -> Vec<(String, Vec<(u128, u128)>)> {
        let TypeKind::Enum(part) = &ty.kind else { panic!("{ty:?} is not an enum") };
        part.variants.iter().map(|v| (v.name.to_string(), v.values.clone())).collect()
    }
}

/// Every address of a function.
pub fn addresses(function: &Function) -> impl Iterator<Item = FileAddr> + '_ {
    function.ranges.iter().flat_map(|range| (range.start.0..range.end.0).map(FileAddr))
}

/// The number of the line of the program's source with that text.
pub fn line_of(text: &str) -> u32 {
    let source = include_str!("fixture/program.rs");
    let index = source.lines().position(|line| line.trim() == text).expect(text);
    u32::try_from(index).expect("a short file") + 1
}
