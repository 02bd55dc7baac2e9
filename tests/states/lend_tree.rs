//! Functions that lend: what they are made of.

/// A variable, by its number in the function.
pub type Var = usize;

/// What a variable is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// An `Owner`, which has a `Drop` and a `String`.
    Owner,
    /// A `String`.
    Text,
    /// A `Box<Owner>`.
    Boxed,
    /// A `Vec<Owner>` of two.
    Many,
    /// A struct of two `Owner`s.
    Pair,
    /// A struct of a box and two numbers.
    Three,
    /// An enum of a box or a short number.
    Mixed,
    /// Two boxes in an array.
    Twins,
    /// A `Result<u8, Box<Owner>>`.
    Outcome,
    /// A reference, `&T` or `&mut T`.
    Reference { unique: bool },
    /// A struct that holds a reference and a number.
    Holder { unique: bool },
    /// A `&dyn Debug` or `&mut dyn Debug`.
    Dynamic { unique: bool },
    /// An `Option` of a reference.
    Maybe { unique: bool },
    /// `vec![&a, &b]`
    List,
    /// A closure that has captured a variable by reference.
    Closure,
    /// `many.iter()`.
    Iter,
}

impl Kind {
    pub const OWNERS: [Kind; 9] = [
        Kind::Owner,
        Kind::Text,
        Kind::Boxed,
        Kind::Many,
        Kind::Pair,
        Kind::Three,
        Kind::Mixed,
        Kind::Twins,
        Kind::Outcome,
    ];

    pub fn owns(self) -> bool {
        Kind::OWNERS.contains(&self)
    }
}

/// What a reference leads to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Target {
    pub owner: Var,
    /// The field of a `Pair`; none for the whole.
    pub field: Option<usize>,
    pub unique: bool,
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
    /// A place where what is borrowed is compared.
    Mark,
    /// `let mut v = …;` of an owner.
    Own(Var),
    /// `let r = &a;`, or a holder, closure or iterator made of it, in one of several ways.
    Lend(Var, Target, u32),
    /// `let r = if c { &a } else { &b };`
    Either(Var, usize, Target, Target),
    /// `let r = vec![&a, &b];`
    Both(Var, Target, Target),
    /// `let mut r = &a;`, of which the address is taken later.
    Kept(Var, Target),
    /// `let s = &*r;` or `&mut *r`.
    Again(Var, Var),
    /// `r = &a;`
    Assign(Var, Target),
    /// A use of what holds a reference, in one of several ways.
    Use(Var, u32),
    /// `look(&v, no)`: a mark in the function that it is lent to.
    Look(Var, Option<usize>, bool),
    /// `touch(&v)`, or another use of an owner.
    Touch(Var, u32),
    /// `drop(v)`, or another way of giving it away.
    Drop(Var, u32),
    If(usize, Vec<Statement>, Vec<Statement>),
    Block(Vec<Statement>),
    Loop(u32, Vec<Statement>),
}

/// A function.
#[derive(Clone, Debug)]
pub struct Function {
    pub name: String,
    pub kinds: Vec<Kind>,
    pub body: Vec<Statement>,
    /// The values of its conditions, for each of its calls.
    pub calls: Vec<Vec<bool>>,
}

/// How many conditions a function has.
pub const CONDITIONS: usize = 3;

/// The name of a variable.
pub fn name(var: Var) -> String {
    format!("v{var}")
}

/// Whether two borrows cannot be used side by side.
pub fn conflict(one: Target, other: Target) -> bool {
    let apart = matches!((one.field, other.field), (Some(a), Some(b)) if a != b);
    one.owner == other.owner && !apart && (one.unique || other.unique)
}
