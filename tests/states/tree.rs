//! What a generated program is made of.

/// The types of its variables. All but `Text` say so when they are dropped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A struct with a `Drop` of its own, which owns a `String`.
    Owner,
    /// A struct with a `Drop` of its own, which owns nothing.
    Tag,
    /// A `String`.
    Text,
    /// An `Option<Owner>`.
    Maybe,
    /// A `Box<Owner>`.
    Boxed,
    /// A struct of two `Owner`s, whose fields can be moved out.
    Pair,
    /// A tuple of an `Owner` and a `String`.
    Tuple,
    /// A `Vec<Owner>`.
    Many,
    /// An `Rc<Owner>`.
    Shared,
    /// An enum of three variants, of which two own.
    Shape,
    /// A closure that has captured a variable.
    Closure,
}

impl Kind {
    /// The kinds of values that an expression can make.
    pub const MADE: [Kind; 10] = [
        Kind::Owner,
        Kind::Tag,
        Kind::Text,
        Kind::Maybe,
        Kind::Boxed,
        Kind::Pair,
        Kind::Tuple,
        Kind::Many,
        Kind::Shared,
        Kind::Shape,
    ];

    /// Its type as Rust writes it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Owner => "Owner",
            Kind::Tag => "Tag",
            Kind::Text => "String",
            Kind::Maybe => "Option<Owner>",
            Kind::Boxed => "Box<Owner>",
            Kind::Pair => "Pair",
            Kind::Tuple => "(Owner, String)",
            Kind::Many => "Vec<Owner>",
            Kind::Shared => "Rc<Owner>",
            Kind::Shape => "Shape",
            Kind::Closure => "_",
        }
    }
}

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
    /// `move || touch(&v)`.
    Capture(Var),
    /// A field of a `Pair` or tuple, moved out.
    Field(Var, usize),
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
    /// `touch(&v)`
    Touch(Var),
    /// `touch_mut(&mut v)`
    TouchMut(Var),
    /// `forget(v)`
    Forget(Var),
    /// `v.push(w)`
    Push(Var, Var),
    /// `v.n = 5`, a field that owns nothing.
    SetNumber(Var),
    /// `v()`
    Call(Var),
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

/// How many conditions a function has.
pub const CONDITIONS: usize = 4;

/// The name of a variable.
pub fn name(var: Var) -> String {
    format!("v{var}")
}
