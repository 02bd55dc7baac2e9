//! Makes random functions of moves, scopes, branches, loops, early ends and panics that the compiler
//! accepts. What they drop, and when, they print themselves.

use std::fmt::Write;

use super::operations::{consuming, in_place};
use super::prelude::PRELUDE;
use super::random::Random;
use super::types::{Ty, Values};

/// A variable that holds a value.
#[derive(Clone)]
struct Var {
    no: usize,
    name: String,
    ty: Ty,
    /// In how many loops and closures it is declared.
    depth: usize,
}

struct Maker<'r> {
    values: Values<'r>,
    text: String,
    indent: usize,
    visible: Vec<Var>,
    declared: usize,
    depth: usize,
    /// Statements that may still be made.
    left: usize,
}

/// The text of a program of so many functions.
pub fn program(random: &mut Random, functions: usize) -> String {
    let values = Values { random, next: 0, may_return: true };
    let mut maker = Maker {
        values,
        text: PRELUDE.to_owned(),
        indent: 0,
        visible: Vec::new(),
        declared: 0,
        depth: 0,
        left: 0,
    };
    let calls: Vec<String> = (0..functions).map(|no| maker.function(no)).collect();
    maker.line("fn main() {");
    maker.line("    std::panic::set_hook(Box::new(|_| {}));");
    for (no, call) in calls.iter().enumerate() {
        for conditions in 0..3_usize {
            let bits =
                (0..4).map(|bit| ((((conditions + no * 5) * 7) >> bit) & 1 == 1).to_string());
            let bits = bits.collect::<Vec<_>>().join(", ");
            maker.line(&format!("    let _ = catch_unwind(|| {});", call.replace("BITS", &bits)));
        }
    }
    maker.line("}");
    maker.text
}

impl Maker<'_> {
    fn line(&mut self, text: &str) {
        writeln!(self.text, "{}{text}", "    ".repeat(self.indent)).expect("a String");
    }

    fn below(&mut self, n: usize) -> usize {
        self.values.random.below(n)
    }

    /// A value of one of the types that print.
    fn leaf(&mut self) -> String {
        let leaf = self.values.leaf();
        self.values.make(&leaf)
    }

    fn condition(&mut self) -> String {
        format!("black_box(c[{}])", self.below(4))
    }

    fn declare(&mut self, name: Option<String>, ty: Ty) -> String {
        self.declared += 1;
        let no = self.declared;
        let name = name.unwrap_or_else(|| format!("v{no}"));
        self.visible.push(Var { no, name: name.clone(), ty, depth: self.depth });
        name
    }

    /// A call of the function, with `BITS` for its conditions.
    fn function(&mut self, no: usize) -> String {
        self.visible.clear();
        (self.declared, self.depth, self.left) = (0, 0, 22);
        let (mut parameters, mut arguments) = (String::new(), String::new());
        for _ in 0..self.below(3) {
            let ty = self.values.ty(0);
            let value = self.values.make(&ty);
            write!(arguments, ", {value}").expect("a String");
            let text = ty.text();
            let name = self.declare(None, ty);
            write!(parameters, ", mut {name}: {text}").expect("a String");
        }
        self.line("#[inline(never)]");
        self.line(&format!("fn f{no}(c: [bool; 4]{parameters}) -> Result<C, A> {{"));
        self.indent += 1;
        for _ in 0..14 {
            self.statement();
        }
        let id = self.values.id();
        let leaf = self.leaf();
        let tail = match self.below(4) {
            0 => format!("Ok(C::new({leaf}.id()))"),
            1 => format!("match ({leaf}).id() {{ 0 => Err(A::new({id})), _ => Ok(C::new({id})) }}"),
            2 => format!("fallible({}, {id})", self.condition()),
            _ => format!("Ok(C::new({id}))"),
        };
        self.line(&tail);
        self.indent -= 1;
        self.line("}");
        format!("f{no}([BITS]{arguments})")
    }

    /// A block of statements; what it declares ends with it.
    fn block(&mut self, head: &str, tail: &str, mut inside: impl FnMut(&mut Self)) {
        let before = self.declared;
        self.line(&format!("{head} {{"));
        self.indent += 1;
        inside(self);
        for _ in 0..1 + self.below(3) {
            self.statement();
        }
        self.indent -= 1;
        self.line(&format!("}}{tail}"));
        self.visible.retain(|var| var.no <= before);
    }

    fn movable(&mut self) -> Option<Var> {
        let depth = self.depth;
        let all: Vec<Var> = self.visible.iter().filter(|var| var.depth == depth).cloned().collect();
        let var = self.values.random.of(&all)?;
        self.visible.retain(|other| other.no != var.no);
        Some(var)
    }

    fn statement(&mut self) {
        if self.left == 0 {
            return;
        }
        self.left -= 1;
        match self.below(26) {
            0..=3 => self.variable(),
            4..=7 => {
                if let Some(var) = self.values.random.of(&self.visible) {
                    let text = in_place(&mut self.values, &var.name, &var.ty);
                    self.line(&text);
                }
            }
            8..=11 => {
                if let Some(var) = self.movable() {
                    let lines = consuming(&mut self.values, &var.name, &var.ty);
                    lines.iter().for_each(|line| self.line(line));
                }
            }
            12 | 13 => self.temporary(),
            14 => self.shadow(),
            15 | 16 => self.branch(),
            17 => self.block("", "", |_| {}),
            18 | 19 => self.repeat(),
            20 => self.broken(),
            21 => self.caught(),
            22 => self.guarded(),
            23 if self.values.may_return => self.leave(),
            24 => {
                let condition = self.condition();
                self.line(&format!("boom({condition});"));
            }
            _ => self.deferred(),
        }
    }

    fn variable(&mut self) {
        let ty = self.values.ty(0);
        let value = self.values.make(&ty);
        match self.below(4) {
            0 => {
                let name = self.declare(None, ty);
                self.line(&format!("let mut {name} = pass({value});"));
            }
            1 => {
                let (other, condition) = (self.values.make(&ty), self.condition());
                let name = self.declare(None, ty);
                self.line(&format!(
                    "let mut {name} = if {condition} {{ {value} }} else {{ {other} }};"
                ));
            }
            _ => {
                let name = self.declare(None, ty);
                self.line(&format!("let mut {name} = {value};"));
            }
        }
    }

    /// Values without a name.
    fn temporary(&mut self) {
        let ty = self.values.ty(0);
        let (value, leaf) = (self.values.make(&ty), self.leaf());
        let condition = self.condition();
        let text = match self.below(11) {
            0 => format!("{value};"),
            1 => format!("let _ = {value};"),
            2 => format!("take_two({value}, {leaf});"),
            3 => format!("touch(&({value}, {leaf}));"),
            4 => format!("let kept = &{value}; touch(kept);"),
            5 => format!(
                "match ({leaf}).id() {{ n if n % 2 == 0 => touch(&{value}), _ => touch(&2) }}"
            ),
            6 => format!("if ({leaf}).id() > 3 && {condition} {{ touch(&{value}); }}"),
            7 => format!("let n = {{ let inner = {leaf}; touch(&{value}); inner.id() }};"),
            8 => format!("let (mut one, _) = ({leaf}, {value}); touch(&one);"),
            9 => format!(
                "if let Some(inner) = wrap({leaf}) {{ touch(&inner); }} else {{ drop({value}); }}"
            ),
            _ => format!("let _ = ({value}, {leaf}).1;"),
        };
        self.line(&text);
    }

    /// A variable of the name of another, which may be moved into it.
    fn shadow(&mut self) {
        let Some(var) = self.movable() else { return };
        let name = &var.name;
        let (ty, value) = match self.below(4) {
            0 => (Ty::Opt(Box::new(var.ty)), format!("Some({name})")),
            1 => (Ty::Boxed(Box::new(var.ty)), format!("Box::new({name})")),
            2 => (Ty::Vec(Box::new(var.ty)), format!("vec![{name}]")),
            _ => {
                let leaf = self.values.leaf();
                let value = self.values.make(&leaf);
                (leaf, value)
            }
        };
        self.line(&format!("let mut {name} = {value};"));
        self.declare(Some(var.name), ty);
    }

    fn branch(&mut self) {
        let before = self.visible.clone();
        let condition = self.condition();
        self.block(&format!("if {condition}"), " else {", |_| {});
        let after = std::mem::replace(&mut self.visible, before);
        self.indent += 1;
        let declared = self.declared;
        self.statement();
        self.statement();
        self.indent -= 1;
        self.line("}");
        self.visible.retain(|var| var.no <= declared);
        self.visible.retain(|var| after.iter().any(|other| other.no == var.no));
    }

    fn repeat(&mut self) {
        let rounds = 1 + self.below(3);
        let leaves = self.below(4);
        let leaf = self.leaf();
        self.depth += 1;
        self.block(&format!("for round in 0..{rounds}u32"), "", |maker| match leaves {
            0 => maker.line(&format!("let held = {leaf}; if round == 1 {{ break; }}")),
            1 => maker.line(&format!("let held = {leaf}; if round == 0 {{ continue; }}")),
            _ => {}
        });
        self.depth -= 1;
    }

    /// A loop whose `break` has a value.
    fn broken(&mut self) {
        let ty = self.values.ty(0);
        let (value, leaf) = (self.values.make(&ty), self.leaf());
        let name = self.declare(None, ty);
        let round = self.below(3);
        self.line(&format!(
            "let mut {name} = {{ let mut n = 0; loop {{ let held = {value}; let other = {leaf}; \
             if n == {round} {{ break held; }} n += 1; }} }};"
        ));
    }

    /// A panic that is caught, or none.
    fn caught(&mut self) {
        let (leaf, condition) = (self.leaf(), self.condition());
        let may_return = std::mem::replace(&mut self.values.may_return, false);
        self.depth += 1;
        let middle = self.condition();
        let middle = format!("let held = holding({leaf}, {middle});");
        self.block("let _ = catch_unwind(AssertUnwindSafe(||", "));", |maker| {
            maker.line(&middle);
            maker.line(&format!("boom({condition});"));
        });
        self.depth -= 1;
        self.values.may_return = may_return;
    }

    /// Locks, and what they hold.
    fn guarded(&mut self) {
        let ty = self.values.leaf();
        let (one, other) = (self.values.make(&ty), self.values.make(&ty));
        let text = match self.below(4) {
            0 => format!("let lock = Mutex::new({one}); *lock.lock().unwrap() = {other};"),
            1 => format!("drop(Mutex::new({one}).into_inner()); touch(&{other});"),
            2 => format!(
                "let cell = Cell::new(Some({one})); drop(cell.take()); cell.set(Some({other}));"
            ),
            _ => format!(
                "let shared = Arc::new(Mutex::new({one})); let theirs = shared.clone(); \
                 std::thread::spawn(move || {{ *theirs.lock().unwrap() = {other}; }}).join().unwrap();"
            ),
        };
        self.line(&text);
    }

    fn leave(&mut self) {
        let (condition, id, leaf) = (self.condition(), self.values.id(), self.leaf());
        let text = match self.below(4) {
            0 => format!("if {condition} {{ let held = {leaf}; return Ok(C::new({id})); }}"),
            1 => format!("touch(&fallible({condition}, {id})?);"),
            2 => format!("let got = fallible({condition}, {id})?;"),
            _ => format!("if {condition} {{ return Err(A::new({leaf}.id())); }}"),
        };
        self.line(&text);
    }

    /// A variable that is declared first, and given a value later or never.
    fn deferred(&mut self) {
        let ty = self.values.ty(0);
        let value = self.values.make(&ty);
        let text = ty.text();
        if self.below(2) == 0 {
            let condition = self.condition();
            self.declared += 1;
            let name = format!("v{}", self.declared);
            self.line(&format!("let mut {name}: {text}; if {condition} {{ {name} = {value}; }}"));
        } else {
            let name = self.declare(None, ty);
            self.line(&format!("let mut {name}: {text};"));
            self.line(&format!("{name} = {value};"));
        }
    }
}
