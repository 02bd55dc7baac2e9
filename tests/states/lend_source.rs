//! Writes a program of functions that lend as Rust.

use std::collections::HashMap;
use std::fmt::Write;

use super::lend_tree::{CONDITIONS, Function, Kind, Statement, Target, Var, What, name};
use super::source::Source;

const PRELUDE: &str = r#"#![allow(unused, dead_code)]
use std::hint::black_box;
use std::fmt::{Debug, Write as _};
#[derive(Debug, PartialEq)] pub struct Owner { id: u32, name: String }
impl Drop for Owner { fn drop(&mut self) { black_box(self.id); } }
#[inline(never)] fn owner(id: u32) -> Owner { Owner { id, name: format!("n{id}") } }
#[derive(Debug, PartialEq)] pub struct Pair { a: Owner, n: u32, b: Owner }
#[derive(Debug, PartialEq)] pub struct Three { a: Box<Owner>, n: u32, m: u32 }
#[derive(Debug, PartialEq)] pub enum Mixed { Boxed(Box<Owner>), Short(u16) }
#[derive(Debug, PartialEq)] pub struct Holder<'a, T> { r: &'a T, n: u32 }
#[derive(Debug, PartialEq)] pub struct HolderMut<'a, T> { r: &'a mut T, n: u32 }
trait Number { fn number(&self) -> usize; }
impl<T: Debug + ?Sized> Number for T { #[inline(never)] fn number(&self) -> usize { size_of_val(self) } }
#[inline(never)] fn mixed(id: u32) -> Mixed { Mixed::Boxed(Box::new(owner(id))) }
#[inline(never)] fn outcome(id: u32) -> Result<u8, Box<Owner>> { Err(Box::new(owner(id))) }
#[inline(never)] fn show(value: &dyn Debug) { black_box(value); }
#[inline(never)] fn touch<T: ?Sized>(value: &T) { black_box(value); }
#[inline(never)] fn touch_mut<T: ?Sized>(value: &mut T) { black_box(value); }
#[inline(never)] fn pass<T>(value: T) -> T { black_box(&value); value }
#[inline(never)] fn take_among<T>(n: u128, value: T, w: f64, m: u64) { black_box((n, &value, w, m)); }
#[inline(never)] fn mark(no: usize) { black_box(no); }
#[inline(never)] fn look<T>(value: &T, no: usize) { mark(no); black_box(value); }
#[inline(never)] fn look_mut<T>(value: &mut T, no: usize) { mark(no); black_box(value); }
"#;

/// Writes a program.
pub fn write(functions: &[Function]) -> Source {
    let mut out = Writer { text: PRELUDE.to_owned(), lines: HashMap::new(), depth: 0 };
    let mut lines = Vec::new();
    for function in functions {
        let parameters: Vec<String> = (0..CONDITIONS).map(|n| format!("c{n}: bool")).collect();
        out.line("#[inline(never)]");
        out.line(&format!("fn {}({}) {{", function.name, parameters.join(", ")));
        out.inside(&function.body, function);
        out.line("}");
        lines.push(std::mem::take(&mut out.lines));
    }
    out.line("fn main() {");
    for function in functions {
        for conditions in &function.calls {
            let arguments: Vec<String> = conditions.iter().map(bool::to_string).collect();
            out.line(&format!("    {}({});", function.name, arguments.join(", ")));
        }
    }
    out.line("}");
    Source { text: out.text, lines }
}

struct Writer {
    text: String,
    lines: HashMap<usize, u32>,
    depth: usize,
}

impl Writer {
    fn line(&mut self, text: &str) {
        writeln!(self.text, "{}{text}", "    ".repeat(self.depth)).expect("a String");
    }

    fn inside(&mut self, block: &[Statement], function: &Function) {
        self.depth += 1;
        for statement in block {
            let line = u32::try_from(self.text.lines().count() + 1).expect("few lines");
            self.lines.insert(statement.no, line);
            self.statement(statement, function);
        }
        self.depth -= 1;
    }

    fn statement(&mut self, statement: &Statement, function: &Function) {
        let kind = |var: Var| function.kinds[var];
        let text = match &statement.what {
            What::Mark => format!("mark({});", statement.no),
            What::Own(var) => format!("let mut {} = {};", name(*var), own(*var, kind(*var))),
            What::Lend(var, target, way) => lend(*var, target, *way, function),
            What::Kept(var, target) => {
                format!("let mut {} = {};", name(*var), reference(target, function))
            }
            What::Either(var, c, one, other) => {
                let (one, other) = (reference(one, function), reference(other, function));
                format!("let {} = if c{c} {{ {one} }} else {{ {other} }};", name(*var))
            }
            What::Both(var, one, other) => {
                let (one, other) = (reference(one, function), reference(other, function));
                format!("let {} = vec![{one}, {other}];", name(*var))
            }
            What::Again(var, from) => {
                let unique = kind(*var) == Kind::Reference { unique: true };
                let mark = if unique { "&mut *" } else { "&*" };
                format!("let {} = {mark}{};", name(*var), name(*from))
            }
            What::Assign(var, target) => {
                format!("{} = {};", name(*var), reference(target, function))
            }
            What::Use(var, way) => used(*var, *way, function),
            What::Look(owner, field, unique) => {
                let target = Target { owner: *owner, field: *field, unique: *unique };
                let call = if *unique { "look_mut" } else { "look" };
                format!("{call}({}, {});", reference(&target, function), statement.no)
            }
            What::Touch(owner, 0) => format!("touch(&{});", name(*owner)),
            What::Touch(owner, way) => formatted(&name(*owner), *way),
            What::Drop(owner, way) => dropped(&name(*owner), *way),
            What::If(c, then, otherwise) => {
                self.line(&format!("if c{c} {{"));
                self.inside(then, function);
                self.line("} else {");
                self.inside(otherwise, function);
                "}".to_owned()
            }
            What::Block(block) => {
                self.line("{");
                self.inside(block, function);
                "}".to_owned()
            }
            What::Loop(rounds, block) => {
                self.line(&format!("for _ in 0..{rounds}u32 {{"));
                self.inside(block, function);
                "}".to_owned()
            }
        };
        self.line(&text);
    }
}

fn own(var: Var, kind: Kind) -> String {
    match kind {
        Kind::Text => format!("format!(\"t{var}\")"),
        Kind::Boxed => format!("Box::new(owner({var}))"),
        Kind::Many => "(0..30).map(owner).collect::<Vec<Owner>>()".to_owned(),
        Kind::Three => format!("Three {{ a: Box::new(owner({var})), n: 1, m: 2 }}"),
        Kind::Mixed => format!("mixed({var})"),
        Kind::Outcome => format!("outcome({var})"),
        Kind::Twins => format!("[Box::new(owner({var})), Box::new(owner({var}))]"),
        Kind::Pair => format!("Pair {{ a: owner({var}), n: 1, b: owner({var}) }}"),
        _ => format!("owner({var})"),
    }
}

fn reference(target: &Target, function: &Function) -> String {
    let mark = if target.unique { "&mut " } else { "&" };
    let field = target.field.map_or("", |field| if field == 0 { ".a" } else { ".b" });
    assert!(function.kinds[target.owner].owns());
    format!("{mark}{}{field}", name(target.owner))
}

fn lend(var: Var, target: &Target, way: u32, function: &Function) -> String {
    let (of, owner) = (reference(target, function), name(target.owner));
    let var_name = name(var);
    match function.kinds[var] {
        Kind::Holder { unique: false } => format!("let {var_name} = Holder {{ r: {of}, n: 1 }};"),
        Kind::Holder { unique: true } => format!("let {var_name} = HolderMut {{ r: {of}, n: 1 }};"),
        Kind::Dynamic { unique } => {
            let mark = if unique { "&mut " } else { "&" };
            format!("let {var_name}: {mark}dyn Debug = {of};")
        }
        Kind::Maybe { .. } => format!("let {var_name} = Some({of});"),
        Kind::Closure => match way % 4 {
            0 => format!("let {var_name} = || touch(&{owner});"),
            1 => format!("let {var_name} = || println!(\"{{:?}}\", {owner});"),
            2 => format!("let {var_name} = || drop(format!(\"{{{owner}:?}}\"));"),
            _ => format!("let {var_name} = || {{ assert!({owner}.number() > 0); }};"),
        },
        Kind::Iter => format!("let mut {var_name} = {owner}.iter();"),
        _ => format!("let {var_name} = {of};"),
    }
}

fn used(var: Var, way: u32, function: &Function) -> String {
    let name = name(var);
    match (function.kinds[var], way) {
        (Kind::Closure, 0..6) => format!("{name}();"),
        (Kind::Closure, _) => format!("{name}(); {name}();"),
        (Kind::Iter, 0..6) => format!("black_box({name}.next());"),
        (Kind::Iter, 6..9) => format!("println!(\"{{:?}}\", {name}.next());"),
        (Kind::Iter, _) => format!("if let Some(item) = {name}.next() {{ touch(item); }}"),
        (Kind::Maybe { .. }, 0) => format!("if let Some(inner) = &{name} {{ touch(&**inner); }}"),
        (Kind::Maybe { .. }, 1) => format!("black_box(matches!({name}, Some(_)));"),
        (Kind::List, 0) => format!("for item in &{name} {{ touch(*item); }}"),
        (Kind::List, 1) => format!("black_box({name}[1]);"),
        (Kind::Holder { .. } | Kind::Maybe { .. } | Kind::List, 2) => format!("touch(&{name});"),
        (Kind::Dynamic { unique: true }, 0..3) => format!("touch_mut({name});"),
        (Kind::Dynamic { .. }, 0 | 10) => format!("touch({name});"),
        // The address of one of these is taken, so that it has memory of its own.
        (Kind::Reference { .. }, 0..5) if is_kept(var, &function.body) => {
            format!("touch(&{name});")
        }
        (Kind::Reference { unique: true }, 0..5) => format!("touch_mut({name});"),
        (Kind::Reference { .. }, 0..5) => format!("touch({name});"),
        _ => formatted(&name, way),
    }
}

/// Macros and functions that look at what a variable is or leads to.
fn formatted(name: &str, way: u32) -> String {
    match way {
        0..3 => format!("println!(\"{{{name}:?}}\");"),
        3 => format!("println!(\"{{:?}} {{}}\", {name}, 1);"),
        4 => format!("drop(format!(\"{{0:?}} {{0:?}}\", {name}));"),
        5 => format!("assert!({name}.number() < 1000);"),
        6 => format!("assert_eq!({name}.number(), {name}.number());"),
        7 => format!("black_box(matches!({name}.number(), 0..=9));"),
        8 => {
            format!("{{ let mut out = String::new(); write!(out, \"{{{name}:?}}\").unwrap(); }}")
        }
        9 => format!("dbg!(&{name});"),
        10 => format!("assert_eq!({name}, {name});"),
        _ => format!("show(&{name});"),
    }
}

fn dropped(name: &str, way: u32) -> String {
    match way {
        0..6 => format!("drop({name});"),
        6 | 7 => format!("take_among(7, {name}, 1.5, 8);"),
        8 | 9 => format!("println!(\"{{:?}}\", pass({name}));"),
        _ => format!("println!(\"{{:?}}\", {{ {name} }});"),
    }
}

fn is_kept(var: Var, body: &[Statement]) -> bool {
    body.iter().any(|statement| match &statement.what {
        What::Kept(kept, _) => *kept == var,
        What::If(_, then, otherwise) => is_kept(var, then) || is_kept(var, otherwise),
        What::Block(block) | What::Loop(_, block) => is_kept(var, block),
        _ => false,
    })
}
