//! What a generated program is made of.

pub use super::kinds::Kind;

/// A variable, by its number in the function.
pub type Var = usize;

/// A new value.
#[derive(Clone, Debug)]
pub struct New {
    pub kind: Kind,
    /// The number that it prints.
    pub id: u32,
    /// Which of several ways of making it.
    pub way: u32,
}

/// What gives a variable its value.
#[derive(Clone, Debug)]
pub enum Init {
    New(New),
    /// Another variable, moved.
    Move(Var),
    /// Another variable, passed through a function.
    Pass(Var),
    /// `Box::new(v)`.
    BoxUp(Var),
    /// `*v`.
    Unbox(Var),
    /// `vec![v]`.
    Collect(Var),
    /// `Some(v)`.
    Wrap(Var),
    /// `v.take()`.
    TakeOut(Var),
    /// `std::mem::replace(&mut v, new)`.
    Replace(Var, New),
    /// `Rc::clone(&v)`.
    Share(Var),
    /// A closure that has captured a variable: which of several ways of using it.
    Capture(Var, u32),
    /// A field, moved out.
    Field(Var, usize),
    /// A struct of new fields and those of another variable: `Pair { a: new, ..v }`.
    Update(Var, New),
    /// `'a: { if c { break 'a new; } pass(v) }`
    Labelled(Var, usize, New),
    /// `give(give(v, c)?, d)?`
    Chain(Var, [usize; 2]),
    /// Another variable, passed through a function between arguments of 128 bits and floats.
    Among(Var),
    /// One of two new values.
    Either(usize, New, New),
}

/// One statement, with a number of its own.
#[derive(Clone, Debug)]
pub struct Statement {
    pub no: usize,
    pub what: What,
}

/// What a statement does.
#[derive(Clone, Debug)]
pub enum What {
    /// A place where the states of all variables are compared.
    Mark,
    Let(Var, Init),
    /// `let v;`
    Declare(Var),
    Assign(Var, Init),
    /// `drop(v)`
    Drop(Var),
    /// `take(v)`: by value.
    Take(Var),
    /// `take(v.a)`
    TakeField(Var, usize),
    /// A function that takes it between arguments of other sizes: which of several.
    TakeAmong(Var, u32),
    /// A function that takes two.
    TakeBoth(Var, Var),
    /// `touch(&v)`
    Touch(Var),
    /// It is formatted, in one of several ways.
    Print(Var, u32),
    /// It is moved into what is formatted, in one of several ways.
    PrintMoved(Var, u32),
    /// `touch_mut(&mut v)`
    TouchMut(Var),
    /// `forget(v)`
    Forget(Var),
    /// `v.push(w)`
    Push(Var, Var),
    /// `v.n = 5`, a field that owns nothing.
    SetNumber(Var),
    /// `v()`, so many times.
    Call(Var, usize),
    /// A thread that takes the variable, and ends.
    Thread(Var),
    /// `once(move || { … })`: a closure that captures the variable and is called once, with marks in
    /// it, each before and behind what is done to the variable.
    Once {
        var: Var,
        how: Once,
        marks: [usize; 2],
    },
    If(usize, Vec<Statement>, Vec<Statement>),
    Block(Vec<Statement>),
    /// A loop of so many rounds.
    Loop(u32, Vec<Statement>),
    /// In a loop: `if i == n { … break; }` or `continue`.
    Leave {
        round: u32,
        before: Vec<Statement>,
        breaks: bool,
    },
    /// `match v { Some(w) => …, None => … }`
    Match {
        on: Var,
        bound: Var,
        some: Vec<Statement>,
        none: Vec<Statement>,
    },
    /// `match v { Some(w) if c => …, Some(x) => …, None => … }`; `second` is the number of the arm of `x`.
    Guarded {
        on: Var,
        bound: [Var; 2],
        condition: usize,
        second: usize,
        arms: [Vec<Statement>; 3],
    },
    /// `let Some(w) = v else { …; return Ok(1) };`
    LetElse {
        on: Var,
        bound: Var,
        otherwise: Vec<Statement>,
    },
    /// `if let Some(w) = v && c { … } else { … }`, or with the condition first.
    IfLet {
        on: Var,
        bound: Var,
        condition: usize,
        first: bool,
        then: Vec<Statement>,
        otherwise: Vec<Statement>,
    },
    /// `match number { 0 => …, 1 => …, … }`
    Switch(u32, Vec<Vec<Statement>>),
    /// `if c { return; }`
    ReturnIf(usize, Vec<Statement>),
    /// `fallible(c)?`
    Question(usize),
    /// `if c { panic!() }`
    PanicIf(usize),
}

/// What a closure that is called once does with what it has captured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Once {
    /// It only looks at it, and has it by value.
    Looks,
    /// It only looks at it, and has a reference.
    Borrows,
    /// It gives it away.
    Takes,
    /// It gives it away if a condition holds.
    MayTake(usize),
}

/// A function.
#[derive(Clone, Debug)]
pub struct Function {
    pub name: String,
    /// Its parameters, which come first among its variables.
    pub parameters: Vec<Var>,
    /// The kind of each variable.
    pub kinds: Vec<Kind>,
    pub body: Vec<Statement>,
    /// The values of its conditions, for each of its calls, and the numbers of its arguments.
    pub calls: Vec<Vec<bool>>,
    /// The numbers that its arguments print.
    pub arguments: Vec<New>,
}

impl Function {
    /// The variables that `if let … && …` binds: the compiler describes them in the block around it.
    pub fn chained(&self) -> Vec<Var> {
        let mut open: Vec<&Statement> = self.body.iter().collect();
        let mut found = Vec::new();
        while let Some(statement) = open.pop() {
            if let What::IfLet { bound, .. } = &statement.what {
                found.push(*bound);
            }
            open.extend(statement.inner());
        }
        found
    }
}

impl Statement {
    /// The statements of its blocks.
    fn inner(&self) -> Vec<&Statement> {
        let blocks: Vec<&Vec<Statement>> = match &self.what {
            What::If(_, then, otherwise) | What::IfLet { then, otherwise, .. } => {
                vec![then, otherwise]
            }
            What::Match { some, none, .. } => vec![some, none],
            What::Block(block)
            | What::Loop(_, block)
            | What::ReturnIf(_, block)
            | What::LetElse { otherwise: block, .. }
            | What::Leave { before: block, .. } => vec![block],
            What::Switch(_, arms) => arms.iter().collect(),
            What::Guarded { arms, .. } => arms.iter().collect(),
            _ => Vec::new(),
        };
        blocks.into_iter().flatten().collect()
    }
}

/// How many conditions a function has.
pub const CONDITIONS: usize = 4;

/// The name of a variable.
pub fn name(var: Var) -> String {
    format!("v{var}")
}
