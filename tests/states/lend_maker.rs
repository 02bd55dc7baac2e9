//! Makes random functions that lend, so that the compiler accepts them.

use super::generate::Random;
use super::lend_tree::{CONDITIONS, Function, Kind, Statement, Target, Var, What, conflict};

/// One function. `no` tells it from the others of its program.
pub fn function(random: &mut Random, no: usize) -> Function {
    let mut maker = Maker {
        random,
        kinds: Vec::new(),
        visible: Vec::new(),
        statements: 0,
        loops: 0,
        left: 24,
        pinned: Vec::new(),
    };
    let mut body = vec![maker.own(), maker.own()];
    body.extend(maker.block());
    let calls =
        (0..4).map(|call: usize| (0..CONDITIONS).map(|bit| call >> (bit % 2) & 1 == 1).collect());
    Function { name: format!("f{no}"), kinds: maker.kinds, body, calls: calls.collect() }
}

/// A variable as the compiler knows it.
#[derive(Clone, Debug)]
struct Known {
    var: Var,
    /// Of one that holds a reference: what it may lead to. It is used no more where this is empty.
    targets: Vec<Target>,
    /// Of an owner: whether it holds a value.
    full: bool,
    loops: usize,
    kept: bool,
}

struct Maker<'r> {
    random: &'r mut Random,
    kinds: Vec<Kind>,
    visible: Vec<Known>,
    statements: usize,
    loops: usize,
    left: usize,
    /// Variables that a loop around uses in each round: nothing may disturb what they lead to.
    pinned: Vec<Var>,
}

impl Maker<'_> {
    fn statement(&mut self, what: What) -> Statement {
        self.statements += 1;
        Statement { no: self.statements, what }
    }

    /// Which of several ways.
    fn way(&mut self) -> u32 {
        u32::try_from(self.random.below(12)).expect("few")
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        (!from.is_empty()).then(|| from[self.random.below(from.len())].clone())
    }

    fn declare(&mut self, kind: Kind, targets: Vec<Target>) -> Var {
        let var = self.kinds.len();
        self.kinds.push(kind);
        let (full, loops) = (kind.owns(), self.loops);
        self.visible.push(Known { var, targets, full, loops, kept: false });
        var
    }

    fn own(&mut self) -> Statement {
        let kind = self.pick(&Kind::OWNERS).expect("there are some");
        let var = self.declare(kind, Vec::new());
        self.statement(What::Own(var))
    }

    fn block(&mut self) -> Vec<Statement> {
        let outside = self.visible.len();
        let mut block = Vec::new();
        let count = 3 + self.random.below(5);
        for _ in 0..count {
            if self.left == 0 {
                break;
            }
            self.left -= 1;
            let Some(what) = self.what() else { continue };
            let statement = self.statement(what);
            block.push(statement);
            if self.random.once_in(2) {
                let mark = self.statement(What::Mark);
                block.push(mark);
            }
        }
        self.visible.truncate(outside);
        block
    }

    fn what(&mut self) -> Option<What> {
        Some(match self.random.below(20) {
            0 => {
                let kind = self.pick(&Kind::OWNERS)?;
                What::Own(self.declare(kind, Vec::new()))
            }
            1..=6 => self.lend()?,
            7 => self.either()?,
            8 => self.again()?,
            9 => self.assign()?,
            10..=13 => {
                let usable: Vec<Var> = self.holders().map(|known| known.var).collect();
                What::Use(self.pick(&usable)?, self.way())
            }
            14 => {
                let target = self.target()?;
                self.disturb(target);
                What::Look(target.owner, target.field, target.unique)
            }
            15 => {
                let target = Target { unique: false, ..self.target()? };
                self.disturb(target);
                What::Touch(target.owner, self.way())
            }
            16 => self.drop_one()?,
            17 => {
                let before = self.visible.clone();
                let then = self.block();
                let after = std::mem::replace(&mut self.visible, before);
                let otherwise = self.block();
                self.join(&after);
                What::If(self.random.below(CONDITIONS), then, otherwise)
            }
            18 => What::Block(self.block()),
            _ => self.repeat(),
        })
    }

    fn holders(&self) -> impl Iterator<Item = &Known> {
        self.visible.iter().filter(|known| !known.targets.is_empty())
    }

    /// Something that may be borrowed now.
    fn target(&mut self) -> Option<Target> {
        let full: Vec<Var> = self.visible.iter().filter(|k| k.full).map(|k| k.var).collect();
        let owner = self.pick(&full)?;
        let pair = self.kinds[owner] == Kind::Pair;
        let field = (pair && self.random.once_in(2)).then(|| self.random.below(2));
        let target = Target { owner, field, unique: self.random.once_in(3) };
        (!self.is_pinned(target)).then_some(target)
    }

    /// Whether a borrow would disturb what a loop around needs in each of its rounds.
    fn is_pinned(&self, target: Target) -> bool {
        let pinned = self.visible.iter().filter(|known| self.pinned.contains(&known.var));
        pinned.flat_map(|known| &known.targets).any(|other| conflict(*other, target))
    }

    /// Ends the use of all whose borrow does not agree with another.
    fn disturb(&mut self, target: Target) {
        for known in &mut self.visible {
            if known.targets.iter().any(|other| conflict(*other, target)) {
                known.targets.clear();
            }
        }
    }

    fn lend(&mut self) -> Option<What> {
        let target = self.target()?;
        self.disturb(target);
        let Target { owner, field, unique } = target;
        let whole = field.is_none();
        let kind = match self.random.below(11) {
            0 | 1 => Kind::Holder { unique },
            2 if whole && !unique => Kind::Closure,
            8 => Kind::Dynamic { unique },
            9 => Kind::Maybe { unique },
            3 | 4 if whole && !unique && self.kinds[owner] == Kind::Many => Kind::Iter,
            5 => {
                let var = self.declare(Kind::Reference { unique }, vec![target]);
                self.visible.last_mut()?.kept = true;
                return Some(What::Kept(var, target));
            }
            _ => Kind::Reference { unique },
        };
        let var = self.declare(kind, vec![target]);
        Some(What::Lend(var, target, self.way()))
    }

    fn either(&mut self) -> Option<What> {
        let one = self.target()?;
        let kind = self.kinds[one.owner];
        let fits = |known: &&Known| known.full && self.kinds[known.var] == kind;
        let others: Vec<Var> = self.visible.iter().filter(fits).map(|known| known.var).collect();
        let other = Target { owner: self.pick(&others)?, ..one };
        if self.is_pinned(other) {
            return None;
        }
        self.disturb(one);
        self.disturb(other);
        let unique = one.unique;
        if !unique && self.random.once_in(2) {
            return Some(What::Both(self.declare(Kind::List, vec![one, other]), one, other));
        }
        let var = self.declare(Kind::Reference { unique }, vec![one, other]);
        Some(What::Either(var, self.random.below(CONDITIONS), one, other))
    }

    fn again(&mut self) -> Option<What> {
        let fits = |known: &&Known| matches!(self.kinds[known.var], Kind::Reference { .. });
        let from: Vec<Known> = self.holders().filter(fits).cloned().collect();
        let from = self.pick(&from)?;
        let Kind::Reference { unique } = self.kinds[from.var] else { return None };
        // A unique one rests until the other is used no more; here it is used no more itself.
        if unique {
            if self.pinned.contains(&from.var) {
                return None;
            }
            self.visible.iter_mut().filter(|k| k.var == from.var).for_each(|k| k.targets.clear());
        }
        let var = self.declare(Kind::Reference { unique }, from.targets);
        Some(What::Again(var, from.var))
    }

    fn assign(&mut self) -> Option<What> {
        let loops = self.loops;
        let kept: Vec<Known> =
            self.holders().filter(|k| k.kept && k.loops == loops).cloned().collect();
        let known = self.pick(&kept)?;
        let before = *known.targets.first()?;
        let fits = |other: &&Known| {
            other.full
                && self.kinds[other.var] == self.kinds[before.owner]
                && other.loops <= known.loops
        };
        // What it leads to must live as long: it was declared before.
        let owners: Vec<Var> =
            self.visible.iter().filter(fits).map(|o| o.var).filter(|o| *o < known.var).collect();
        let target = Target { owner: self.pick(&owners)?, ..before };
        if self.is_pinned(target) || target.owner == before.owner {
            return None;
        }
        self.disturb(target);
        let of = self.visible.iter_mut().find(|k| k.var == known.var)?;
        // What the compiler takes it to lead to is both: it was used no more before.
        of.targets = vec![target];
        Some(What::Assign(known.var, target))
    }

    fn drop_one(&mut self) -> Option<What> {
        let loops = self.loops;
        let full: Vec<Var> =
            self.visible.iter().filter(|k| k.full && k.loops == loops).map(|k| k.var).collect();
        let owner = self.pick(&full)?;
        let target = Target { owner, field: None, unique: true };
        if self.is_pinned(target) {
            return None;
        }
        self.disturb(target);
        self.visible.iter_mut().filter(|k| k.var == owner).for_each(|k| k.full = false);
        Some(What::Drop(owner, self.way()))
    }

    fn repeat(&mut self) -> What {
        let before = self.visible.clone();
        let pinned = self.pinned.clone();
        // Some go on being used in the loop, which therefore leaves alone what they lead to; the
        // others are not used in it.
        for index in 0..self.visible.len() {
            if self.visible[index].targets.is_empty() {
                continue;
            }
            if self.random.once_in(2) {
                let var = self.visible[index].var;
                self.pinned.push(var);
            } else if !self.pinned.contains(&self.visible[index].var) {
                self.visible[index].targets.clear();
            }
        }
        self.loops += 1;
        let block = self.block();
        self.loops -= 1;
        self.pinned = pinned;
        let after = std::mem::replace(&mut self.visible, before);
        self.join(&after);
        What::Loop(1 + u32::try_from(self.random.below(2)).expect("small"), block)
    }

    /// What is known behind two ways: what is used no more on one of them is so on both.
    fn join(&mut self, other: &[Known]) {
        for (known, other) in self.visible.iter_mut().zip(other) {
            known.full &= other.full;
            match other.targets.is_empty() {
                true => known.targets.clear(),
                false if known.targets.is_empty() => {}
                false => {
                    for target in &other.targets {
                        if !known.targets.contains(target) {
                            known.targets.push(*target);
                        }
                    }
                }
            }
        }
    }
}
