//! Runs a function that lends in the mind: who holds a reference to what at each mark, and will still
//! use it.

use std::collections::{BTreeSet, HashMap};

use super::lend_tree::{Function, Statement, Target, Var, What};

/// A borrow: of what, and by which variable; none for the parameter of the function that is called.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Fact {
    pub target: Target,
    pub by: Option<Var>,
    /// Whether it leaves a trace in the code. A reference made of another that is used nowhere need
    /// leave none.
    pub traced: bool,
}

/// A mark that control comes to.
#[derive(Clone, Debug)]
pub struct Marked {
    pub no: usize,
    /// Whether it is in a function that was called.
    pub inside: bool,
    /// The owners that hold a value.
    pub owners: Vec<Var>,
    /// All that is borrowed.
    pub facts: BTreeSet<Fact>,
}

/// All marks of one call, in order.
pub fn run(function: &Function, conditions: &[bool]) -> Vec<Marked> {
    let [traced, live] = [false, true].map(|untraced| {
        let mut live = Live { behind: HashMap::new(), untraced };
        live.block(&function.body, BTreeSet::new());
        live.behind
    });
    let mut run = Run {
        conditions,
        traced: &traced,
        live: &live,
        holds: HashMap::new(),
        owners: Vec::new(),
        marked: Vec::new(),
    };
    run.block(&function.body);
    run.marked
}

/// The variables that are used on some way behind each statement.
struct Live {
    behind: HashMap<usize, BTreeSet<Var>>,
    /// Whether what leaves no trace counts.
    untraced: bool,
}

impl Live {
    /// What is used on some way from the beginning of a block on, given that behind it.
    fn block(&mut self, block: &[Statement], behind: BTreeSet<Var>) -> BTreeSet<Var> {
        block.iter().rev().fold(behind, |behind, statement| self.statement(statement, behind))
    }

    fn statement(&mut self, statement: &Statement, behind: BTreeSet<Var>) -> BTreeSet<Var> {
        self.behind.entry(statement.no).or_default().extend(&behind);
        let mut before = behind.clone();
        match &statement.what {
            What::Lend(var, ..)
            | What::Either(var, ..)
            | What::Both(var, ..)
            | What::Kept(var, _)
            | What::Assign(var, _) => {
                before.remove(var);
            }
            What::Again(var, from) => {
                before.remove(var);
                if self.untraced || behind.contains(var) {
                    before.insert(*from);
                }
            }
            What::Use(var, _) => {
                before.insert(*var);
            }
            What::If(_, then, otherwise) => {
                let mut then = self.block(then, behind.clone());
                then.extend(self.block(otherwise, behind));
                before = then;
            }
            What::Block(block) => before = self.block(block, behind),
            What::Loop(_, block) => {
                let mut around = behind;
                loop {
                    let before = self.block(block, around.clone());
                    if before.is_subset(&around) {
                        break;
                    }
                    around.extend(before);
                }
                before = around;
            }
            What::Mark | What::Own(_) | What::Look(..) | What::Touch(..) | What::Drop(..) => {}
        }
        before
    }
}

struct Run<'a> {
    conditions: &'a [bool],
    traced: &'a HashMap<usize, BTreeSet<Var>>,
    live: &'a HashMap<usize, BTreeSet<Var>>,
    holds: HashMap<Var, Vec<Target>>,
    owners: Vec<Var>,
    marked: Vec<Marked>,
}

impl Run<'_> {
    fn block(&mut self, block: &[Statement]) {
        let (holds, owners) = (self.holds.clone(), self.owners.clone());
        for statement in block {
            self.statement(statement);
        }
        // What was declared in the block is gone; what it changed outside stays.
        self.holds.retain(|var, _| holds.contains_key(var));
        self.owners.retain(|var| owners.contains(var));
    }

    fn statement(&mut self, statement: &Statement) {
        match &statement.what {
            What::Mark => self.mark(statement.no, None),
            What::Look(owner, field, unique) => {
                let target = Target { owner: *owner, field: *field, unique: *unique };
                self.mark(statement.no, Some(target));
            }
            What::Own(var) => self.owners.push(*var),
            What::Lend(var, target, _) | What::Kept(var, target) | What::Assign(var, target) => {
                self.holds.insert(*var, vec![*target]);
            }
            What::Either(var, c, one, other) => {
                self.holds.insert(*var, vec![if self.conditions[*c] { *one } else { *other }]);
            }
            What::Both(var, one, other) => {
                self.holds.insert(*var, vec![*one, *other]);
            }
            What::Again(var, from) => {
                let targets = self.holds[from].clone();
                self.holds.insert(*var, targets);
            }
            What::Drop(owner, _) => self.owners.retain(|var| var != owner),
            What::If(c, then, otherwise) => {
                self.block(if self.conditions[*c] { then } else { otherwise });
            }
            What::Block(block) => self.block(block),
            What::Loop(rounds, block) => (0..*rounds).for_each(|_| self.block(block)),
            What::Use(..) | What::Touch(..) => {}
        }
    }

    fn mark(&mut self, no: usize, passed: Option<Target>) {
        let (live, traced) = (&self.live[&no], &self.traced[&no]);
        let held = self.holds.iter().filter(|(var, _)| live.contains(var));
        let each = held.flat_map(|(var, targets)| targets.iter().map(|target| (*var, *target)));
        let fact = |(var, target)| Fact { target, by: Some(var), traced: traced.contains(&var) };
        let mut facts: BTreeSet<Fact> = each.map(fact).collect();
        facts.extend(passed.map(|target| Fact { target, by: None, traced: true }));
        let (owners, inside) = (self.owners.clone(), passed.is_some());
        self.marked.push(Marked { no, inside, owners, facts });
    }
}
