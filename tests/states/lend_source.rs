//! Writes a program of functions that lend as Rust.

use std::collections::HashMap;
use std::fmt::Write;

use super::lend_tree::{CONDITIONS, Function, Kind, Statement, Target, Var, What, name};
use super::source::Source;

const PRELUDE: &str = r#"#![allow(unused, dead_code)]
use std::hint::black_box;
pub struct Owner { id: u32, name: String }
impl Drop for Owner { fn drop(&mut self) { black_box(self.id); } }
#[inline(never)] fn owner(id: u32) -> Owner { Owner { id, name: format!("n{id}") } }
pub struct Pair { a: Owner, n: u32, b: Owner }
pub struct Holder<'a, T> { r: &'a T, n: u32 }
pub struct HolderMut<'a, T> { r: &'a mut T, n: u32 }
#[inline(never)] fn touch<T>(value: &T) { black_box(value); }
#[inline(never)] fn touch_mut<T>(value: &mut T) { black_box(value); }
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
            What::Lend(var, target) => lend(*var, target, function),
            What::Kept(var, target) => {
                format!("let mut {} = {};", name(*var), reference(target, function))
            }
            What::Either(var, c, one, other) => {
                let (one, other) = (reference(one, function), reference(other, function));
                format!("let {} = if c{c} {{ {one} }} else {{ {other} }};", name(*var))
            }
            What::Again(var, from) => {
                let unique = kind(*var) == Kind::Reference { unique: true };
                let mark = if unique { "&mut *" } else { "&*" };
                format!("let {} = {mark}{};", name(*var), name(*from))
            }
            What::Assign(var, target) => {
                format!("{} = {};", name(*var), reference(target, function))
            }
            What::Use(var) => used(*var, function, &function.body),
            What::Look(owner, field, unique) => {
                let target = Target { owner: *owner, field: *field, unique: *unique };
                let call = if *unique { "look_mut" } else { "look" };
                format!("{call}({}, {});", reference(&target, function), statement.no)
            }
            What::Touch(owner) => format!("touch(&{});", name(*owner)),
            What::Drop(owner) => format!("drop({});", name(*owner)),
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

fn lend(var: Var, target: &Target, function: &Function) -> String {
    let (of, owner) = (reference(target, function), name(target.owner));
    let var_name = name(var);
    match function.kinds[var] {
        Kind::Holder { unique: false } => format!("let {var_name} = Holder {{ r: {of}, n: 1 }};"),
        Kind::Holder { unique: true } => format!("let {var_name} = HolderMut {{ r: {of}, n: 1 }};"),
        Kind::Closure => format!("let {var_name} = || touch(&{owner});"),
        Kind::Iter => format!("let mut {var_name} = {owner}.iter();"),
        _ => format!("let {var_name} = {of};"),
    }
}

fn used(var: Var, function: &Function, body: &[Statement]) -> String {
    let name = name(var);
    match function.kinds[var] {
        Kind::Closure => format!("{name}();"),
        Kind::Iter => format!("black_box({name}.next());"),
        Kind::Holder { .. } => format!("touch(&{name});"),
        // The address of one of these is taken, so that it has memory of its own.
        Kind::Reference { .. } if is_kept(var, body) => format!("touch(&{name});"),
        Kind::Reference { unique: true } => format!("touch_mut({name});"),
        _ => format!("touch({name});"),
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
