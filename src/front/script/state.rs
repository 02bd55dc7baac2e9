//! What all scripts of a session share.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use rhai::{AST, EvalAltResult, FnPtr};

use crate::front::debug::Teller;
use crate::session::{BreakpointId, Interrupter, Session};

/// What Rhai's functions return.
pub(super) type Rhai<T> = Result<T, Box<EvalAltResult>>;

/// A command that a script has added.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::front) struct Defined {
    /// Its name.
    pub name: String,
    /// What it does, in a line.
    pub about: String,
}

/// The commands that scripts have added; help and completion read it.
pub(in crate::front) type DefinedCommands = Rc<RefCell<Vec<Defined>>>;

/// A function of a script, with the script that it needs.
#[derive(Clone)]
pub(super) struct Function {
    pub pointer: FnPtr,
    pub script: Rc<AST>,
}

/// What all scripts of a session share.
pub(super) struct State {
    pub session: Rc<RefCell<Session>>,
    pub teller: Teller,
    pub interrupter: Interrupter,
    pub defined: DefinedCommands,
    /// The functions of these commands, by name.
    pub commands: RefCell<BTreeMap<String, Function>>,
    /// The functions of breakpoints.
    pub callbacks: RefCell<BTreeMap<BreakpointId, Function>>,
    /// The scripts that run now, the innermost last.
    pub running: RefCell<Vec<Rc<AST>>>,
    /// The text of each script, by name.
    pub texts: RefCell<BTreeMap<String, String>>,
    /// How many command lines wait for each other.
    pub depth: Cell<usize>,
    /// Operations of Rhai since the last command of a person, and how many may be.
    pub operations: Cell<u64>,
    pub most_operations: Cell<u64>,
}

impl State {
    pub fn new(
        session: &Rc<RefCell<Session>>,
        teller: &Teller,
        defined: &DefinedCommands,
    ) -> State {
        State {
            session: session.clone(),
            teller: teller.clone(),
            interrupter: session.borrow().interrupter(),
            defined: defined.clone(),
            commands: RefCell::default(),
            callbacks: RefCell::default(),
            running: RefCell::default(),
            texts: RefCell::default(),
            depth: Cell::new(0),
            operations: Cell::new(0),
            most_operations: Cell::new(super::limits::OPERATIONS),
        }
    }

    /// A person or a file of commands wants something: what scripts did before does not count.
    pub fn begin(&self) {
        self.operations.set(0);
        self.most_operations.set(super::limits::OPERATIONS);
        self.interrupter.take_missed();
    }

    /// A function that the innermost script has given us.
    pub fn function(&self, pointer: FnPtr) -> Rhai<Function> {
        let running = self.running.borrow();
        let script = running.last().ok_or("no script runs that the function could belong to")?;
        Ok(Function { pointer, script: script.clone() })
    }
}
