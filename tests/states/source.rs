//! Writes a generated program as Rust.

use std::collections::HashMap;
use std::fmt::Write;

use super::tree::{CONDITIONS, Function, Init, Kind, New, Once, Statement, Var, What, name};

const PRELUDE: &str = r#"#![allow(unused, dead_code)]
use std::hint::black_box;
use std::rc::Rc;
pub struct Owner { id: u32, n: u32, name: String }
impl Owner { #[inline(never)] fn new(id: u32) -> Owner { Owner { id, n: 0, name: format!("n{id}") } } }
impl Drop for Owner { fn drop(&mut self) { println!("d {}", self.id); } }
pub struct Tag { id: u32, n: u32 }
impl Drop for Tag { fn drop(&mut self) { println!("d {}", self.id); } }
pub struct Pair { a: Owner, n: u32, b: Owner }
pub enum Shape { Nothing, One(Owner), Two { n: u32, a: Owner } }
#[inline(never)] fn take<T>(value: T) { black_box(&value); }
#[inline(never)] fn touch<T>(value: &T) { black_box(value); }
#[inline(never)] fn touch_mut<T>(value: &mut T) { black_box(value); }
#[inline(never)] fn pass<T>(value: T) -> T { black_box(&value); value }
#[inline(never)] fn maybe(id: u32) -> Option<Owner> { Some(Owner::new(id)) }
#[inline(never)] fn text(id: u32) -> String { format!("n{id}") }
#[inline(never)] fn pair(id: u32) -> Pair { Pair { a: Owner::new(id), n: 1, b: Owner::new(id + 1) } }
#[inline(never)] fn fallible(fails: bool) -> Result<u32, String> { if fails { Err(String::from("x")) } else { Ok(1) } }
#[inline(never)] fn once<F: FnOnce()>(f: F) { f() }
#[inline(never)] fn mark(no: usize) { black_box(no); }
"#;

/// The text of a program, and the lines of the statements of each function.
pub struct Source {
    pub text: String,
    pub lines: Vec<HashMap<usize, u32>>,
}

/// Writes a program.
pub fn write(functions: &[Function]) -> Source {
    let mut out = Writer { text: PRELUDE.to_owned(), lines: HashMap::new(), depth: 0 };
    let mut lines = Vec::new();
    for function in functions {
        out.function(function);
        lines.push(std::mem::take(&mut out.lines));
    }
    out.main(functions);
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

    fn next_line(&self) -> u32 {
        u32::try_from(self.text.lines().count() + 1).expect("few lines")
    }

    fn main(&mut self, functions: &[Function]) {
        self.line("fn main() {");
        self.line("    std::panic::set_hook(Box::new(|_| {}));");
        self.line("    let mut all = Vec::new();");
        for function in functions {
            for conditions in &function.calls {
                let mut arguments: Vec<String> = conditions.iter().map(bool::to_string).collect();
                arguments.extend(function.arguments.iter().map(new));
                let call = format!("{}({})", function.name, arguments.join(", "));
                self.line(&format!(
                    "    all.push(std::panic::catch_unwind(|| {{ {call}; }}).is_ok());"
                ));
            }
        }
        self.line("    black_box(all);");
        self.line("}");
    }

    fn function(&mut self, function: &Function) {
        let mut parameters: Vec<String> = (0..CONDITIONS).map(|n| format!("c{n}: bool")).collect();
        parameters.extend(
            function
                .parameters
                .iter()
                .map(|var| format!("mut {}: {}", name(*var), function.kinds[*var].name())),
        );
        let header = format!("fn {}({})", function.name, parameters.join(", "));
        self.line("#[inline(never)]");
        self.line(&format!("{header} -> Result<u32, String> {{"));
        self.depth += 1;
        self.block(&function.body, function);
        self.line("Ok(0)");
        self.depth -= 1;
        self.line("}");
    }

    fn block(&mut self, block: &[Statement], function: &Function) {
        for statement in block {
            self.lines.insert(statement.no, self.next_line());
            self.statement(statement, function);
        }
    }

    fn inner(&mut self, head: &str, block: &[Statement], function: &Function, tail: &str) {
        self.line(&format!("{head} {{"));
        self.depth += 1;
        self.block(block, function);
        self.depth -= 1;
        self.line(&format!("}}{tail}"));
    }

    fn statement(&mut self, statement: &Statement, function: &Function) {
        let simple = match &statement.what {
            What::Mark => format!("mark({});", statement.no),
            What::Let(var, init) => format!("let mut {} = {};", name(*var), value(init, function)),
            What::Declare(var) => {
                format!("let mut {}: {};", name(*var), function.kinds[*var].name())
            }
            What::Assign(var, init) => format!("{} = {};", name(*var), value(init, function)),
            What::Drop(var) => format!("drop({});", name(*var)),
            What::Take(var) => format!("take({});", name(*var)),
            What::TakeField(var, field) => {
                format!("take({});", field_of(*var, *field, function))
            }
            What::Touch(var) => format!("touch(&{});", name(*var)),
            What::TouchMut(var) => format!("touch_mut(&mut {});", name(*var)),
            What::Forget(var) => format!("std::mem::forget({});", name(*var)),
            What::Push(many, var) => format!("{}.push({});", name(*many), name(*var)),
            What::SetNumber(var) => format!("{}.n = 5;", name(*var)),
            What::Call(var) => format!("{}();", name(*var)),
            What::Thread(var) => {
                format!("std::thread::spawn(move || touch(&{})).join().unwrap();", name(*var))
            }
            What::Question(c) => format!("fallible(c{c})?;"),
            What::PanicIf(c) => format!("if c{c} {{ panic!(\"x\"); }}"),
            _ => return self.compound(&statement.what, function),
        };
        self.line(&simple);
    }

    fn once(&mut self, var: Var, how: Once, marks: [usize; 2]) {
        let name = name(var);
        let by_value = if how == Once::Borrows { "" } else { "move " };
        self.line(&format!("once({by_value}|| {{"));
        let [before, behind] = marks;
        self.depth += 1;
        self.lines.insert(before, self.next_line());
        self.line(&format!("mark({before});"));
        self.lines.insert(before + 1, self.next_line());
        self.line(&match how {
            Once::Looks | Once::Borrows => format!("touch(&{name});"),
            Once::Takes => format!("take({name});"),
            Once::MayTake(c) => format!("if c{c} {{ take({name}); }} else {{ touch(&{name}); }}"),
        });
        self.lines.insert(behind, self.next_line());
        self.line(&format!("mark({behind});"));
        self.depth -= 1;
        self.line("});");
    }

    fn compound(&mut self, what: &What, function: &Function) {
        match what {
            What::If(c, then, otherwise) => {
                self.inner(&format!("if c{c}"), then, function, " else {");
                self.depth += 1;
                self.block(otherwise, function);
                self.depth -= 1;
                self.line("}");
            }
            What::Block(block) => self.inner("", block, function, ""),
            What::Loop(rounds, block) => {
                self.inner(&format!("for round in 0..{rounds}u32"), block, function, "");
            }
            What::Leave { round, before, breaks } => {
                self.line(&format!("if round == {round} {{"));
                self.depth += 1;
                self.block(before, function);
                self.line(if *breaks { "break;" } else { "continue;" });
                self.depth -= 1;
                self.line("}");
            }
            What::Match { on, bound, some, none } => {
                self.line(&format!("match {} {{", name(*on)));
                self.depth += 1;
                self.inner(&format!("Some(mut {}) =>", name(*bound)), some, function, "");
                self.inner("None =>", none, function, "");
                self.depth -= 1;
                self.line("}");
            }
            What::Switch(number, arms) => {
                self.line(&format!("match black_box({number}u32) {{"));
                self.depth += 1;
                for (index, arm) in arms.iter().enumerate() {
                    let last = index + 1 == arms.len();
                    let pattern = if last { "_".to_owned() } else { index.to_string() };
                    self.inner(&format!("{pattern} =>"), arm, function, "");
                }
                self.depth -= 1;
                self.line("}");
            }
            What::Once { var, how, marks } => self.once(*var, *how, *marks),
            What::ReturnIf(c, block) => {
                self.line(&format!("if c{c} {{"));
                self.depth += 1;
                self.block(block, function);
                self.line("return Ok(1);");
                self.depth -= 1;
                self.line("}");
            }
            _ => unreachable!("it is written on one line"),
        }
    }
}

fn field_of(var: Var, field: usize, function: &Function) -> String {
    let field = match (function.kinds[var], field) {
        (Kind::Pair, 0) => "a",
        (Kind::Pair, _) => "b",
        _ => "0",
    };
    format!("{}.{field}", name(var))
}

fn value(init: &Init, function: &Function) -> String {
    match init {
        Init::New(made) => new(made),
        Init::Move(var) => name(*var),
        Init::Pass(var) => format!("pass({})", name(*var)),
        Init::BoxUp(var) => format!("Box::new({})", name(*var)),
        Init::Unbox(var) => format!("*{}", name(*var)),
        Init::Collect(var) => format!("vec![{}]", name(*var)),
        Init::Wrap(var) => format!("Some({})", name(*var)),
        Init::TakeOut(var) => format!("{}.take()", name(*var)),
        Init::Replace(var, with) => {
            format!("std::mem::replace(&mut {}, {})", name(*var), new(with))
        }
        Init::Share(var) => format!("Rc::clone(&{})", name(*var)),
        Init::Capture(var) => format!("move || touch(&{})", name(*var)),
        Init::Field(var, field) => field_of(*var, *field, function),
        Init::Either(c, one, other) => {
            format!("if c{c} {{ {} }} else {{ {} }}", new(one), new(other))
        }
    }
}

fn new(new: &New) -> String {
    let New { kind, id, way } = new;
    let owner = format!("Owner::new({id})");
    match (kind, way) {
        (Kind::Owner, 0) => format!("Owner {{ id: {id}, n: 3, name: text({id}) }}"),
        (Kind::Owner, _) => owner,
        (Kind::Tag, _) => format!("Tag {{ id: {id}, n: 3 }}"),
        (Kind::Text, _) => format!("text({id})"),
        (Kind::Maybe, 0) => "None::<Owner>".to_owned(),
        (Kind::Maybe, 1) => format!("maybe({id})"),
        (Kind::Maybe, _) => format!("Some({owner})"),
        (Kind::Boxed, _) => format!("Box::new({owner})"),
        (Kind::Pair, 0) => format!("pair({id})"),
        (Kind::Pair, _) => format!("Pair {{ a: {owner}, n: 2, b: Owner::new({}) }}", id + 1),
        (Kind::Tuple, _) => format!("({owner}, text({id}))"),
        (Kind::Many, 0) => "Vec::<Owner>::new()".to_owned(),
        (Kind::Many, _) => format!("vec![{owner}]"),
        (Kind::Shared, _) => format!("Rc::new({owner})"),
        (Kind::Shape, 0) => "Shape::Nothing".to_owned(),
        (Kind::Shape, 1) => format!("Shape::One({owner})"),
        (Kind::Shape, _) => format!("Shape::Two {{ n: 4, a: {owner} }}"),
        (Kind::Closure, _) => unreachable!("a closure captures a variable"),
    }
}
