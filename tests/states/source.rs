//! Writes a generated program as Rust.

use std::collections::HashMap;
use std::fmt::Write;

use super::prelude::{PRELUDE, new};
use super::tree::{CONDITIONS, Function, Init, Kind, Once, Statement, Var, What, name};

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
            What::TakeAmong(var, way) => take_among(&name(*var), *way),
            What::TakeBoth(one, other) => {
                format!("take_both(1.5, {}, 9, {});", name(*one), name(*other))
            }
            What::Touch(var) => format!("touch(&{});", name(*var)),
            What::Print(var, way) => print(&name(*var), *way),
            What::PrintMoved(var, way) => print_moved(&name(*var), *way),
            What::TouchMut(var) => format!("touch_mut(&mut {});", name(*var)),
            What::Forget(var) => format!("std::mem::forget({});", name(*var)),
            What::Push(many, var) => format!("{}.push({});", name(*many), name(*var)),
            What::SetNumber(var) => format!("{}.n = 5;", name(*var)),
            What::Call(var, times) => format!("{}();", name(*var)).repeat(*times),
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
                let [holds, empty] = function.kinds[*on].patterns(&name(*bound));
                self.line(&format!("match {} {{", name(*on)));
                self.depth += 1;
                self.inner(&format!("{holds} =>"), some, function, "");
                self.inner(&format!("{empty} =>"), none, function, "");
                self.depth -= 1;
                self.line("}");
            }
            What::Guarded { on, bound, condition, second, arms } => {
                let [one, other] = bound.map(|bound| function.kinds[*on].patterns(&name(bound)));
                self.line(&format!("match {} {{", name(*on)));
                self.depth += 1;
                let [guarded, open, none] = arms;
                self.inner(&format!("{} if c{condition} =>", one[0]), guarded, function, "");
                self.lines.insert(*second, self.next_line());
                self.inner(&format!("{} =>", other[0]), open, function, "");
                self.inner(&format!("{} =>", other[1]), none, function, "");
                self.depth -= 1;
                self.line("}");
            }
            What::LetElse { on, bound, otherwise } => {
                let [holds, _] = function.kinds[*on].patterns(&name(*bound));
                self.line(&format!("let {holds} = {} else {{", name(*on)));
                self.depth += 1;
                self.block(otherwise, function);
                self.line("return Ok(1);");
                self.depth -= 1;
                self.line("};");
            }
            What::IfLet { on, bound, condition, first, then, otherwise } => {
                let [holds, _] = function.kinds[*on].patterns(&name(*bound));
                let binds = format!("let {holds} = {}", name(*on));
                let head = match first {
                    true => format!("if c{condition} && {binds}"),
                    false => format!("if {binds} && c{condition}"),
                };
                self.inner(&head, then, function, " else {");
                self.depth += 1;
                self.block(otherwise, function);
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
    format!("{}.{}", name(var), function.kinds[var].fields()[field].0)
}

fn take_among(name: &str, way: u32) -> String {
    match way {
        0 => format!("take_among(1, 2, {name}, 1.5, \"x\");"),
        1 => format!("take_late(1, 2, 3, 4, 5, {name});"),
        _ => format!("take_far(1, 2, 3, 4, {name});"),
    }
}

fn print(name: &str, way: u32) -> String {
    match way {
        0 => format!("println!(\"{{{name}:?}}\");"),
        1 => format!("println!(\"{{:?}}\", {name});"),
        2 => format!("drop(format!(\"{{0:?}} {{0:#?}} {{:?}}\", {name}));"),
        3 => format!("assert!(format!(\"{{:?}}\", {name}).len() < 9000);"),
        4 => {
            format!("{{ let mut out = String::new(); write!(out, \"{{:?}}\", {name}).unwrap(); }}")
        }
        5 => format!("touch::<&dyn Debug>(&(&{name} as &dyn Debug));"),
        _ => format!("assert_eq!(format!(\"{{:?}}\", {name}), format!(\"{{{name}:?}}\"));"),
    }
}

fn print_moved(name: &str, way: u32) -> String {
    match way {
        0 => format!("println!(\"{{:?}}\", {{ {name} }});"),
        1 => format!("println!(\"{{:?}}\", pass({name}));"),
        _ => format!("drop(format!(\"{{:?}} {{}}\", pass({name}), 5));"),
    }
}

fn closure(name: &str, way: u32) -> String {
    match way {
        0 => format!("move || touch(&{name})"),
        1 => format!("move || println!(\"{{:?}}\", {name})"),
        2 => format!("move || drop(format!(\"{{{name}:?}}\"))"),
        _ => format!("move || touch_mut(&mut {name})"),
    }
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
        Init::Capture(var, way) => closure(&name(*var), *way),
        Init::Field(var, field) => field_of(*var, *field, function),
        Init::Update(var, made) => match made.kind {
            Kind::Three => format!("Three {{ n: 9, ..{} }}", name(*var)),
            _ => format!("Pair {{ a: Owner::new({}), ..{} }}", made.id, name(*var)),
        },
        Init::Labelled(var, c, made) => {
            format!("'a: {{ if c{c} {{ break 'a {}; }} pass({}) }}", new(made), name(*var))
        }
        Init::Chain(var, [one, other]) => format!("give(give({}, c{one})?, c{other})?", name(*var)),
        Init::Among(var) => format!("among(7, 1.5, {}, \"x\", 8)", name(*var)),
        Init::Either(c, one, other) => {
            format!("if c{c} {{ {} }} else {{ {} }}", new(one), new(other))
        }
    }
}
