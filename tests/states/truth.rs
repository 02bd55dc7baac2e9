//! Runs a generated program in the mind: what is dropped when, and what each variable holds at each
//! mark.

use std::cell::Cell;
use std::rc::Rc;

use super::tree::{Function, Init, Kind, New, Once, Statement, Var, What};

/// A value.
#[derive(Clone, Debug)]
enum Held {
    Owner(u32),
    Text,
    Maybe(Option<Box<Held>>),
    /// A pair, tuple, box, closure or vector, of which parts may have been moved out.
    Parts(Vec<Option<Held>>),
    Shared(Rc<Cell<u32>>, u32),
}

/// What a variable holds.
#[derive(Clone, Debug)]
enum Slot {
    Never,
    Full(Held),
    /// Full, but for all that it owned.
    Emptied {
        no: usize,
    },
    /// Gone at a statement: moved, or dropped.
    Gone {
        no: usize,
        dropped: bool,
    },
}

/// What is true of a variable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fact {
    /// It is not in scope, or was not given a value.
    None,
    /// It holds its value.
    Live,
    /// It was moved or dropped by a statement.
    Gone { no: usize, dropped: bool },
    /// A part of it was moved out.
    Partly,
    /// All that it owned was moved out by a statement, and what it did not own may be left.
    Emptied { no: usize },
}

/// What happens when a function runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Happening {
    /// A value says that it is dropped.
    Dropped(u32),
    /// A mark is passed: what is true of each variable.
    Mark { no: usize, facts: Vec<Fact> },
    /// A mark is passed in a closure: what is true of the one variable that it has captured.
    MarkIn { no: usize, var: Var, fact: Fact },
}

#[derive(PartialEq)]
enum Flow {
    On,
    Break,
    Continue,
    Leave,
}

struct Machine<'f> {
    function: &'f Function,
    conditions: &'f [bool],
    slots: Vec<Slot>,
    in_scope: Vec<Var>,
    round: u32,
    happened: Vec<Happening>,
}

/// What happens in one call.
pub fn run(function: &Function, conditions: &[bool]) -> Vec<Happening> {
    let slots = vec![Slot::Never; function.kinds.len()];
    let mut machine = Machine {
        function,
        conditions,
        slots,
        in_scope: Vec::new(),
        round: 0,
        happened: Vec::new(),
    };
    for (var, new) in function.parameters.iter().zip(&function.arguments) {
        machine.slots[*var] = Slot::Full(made(new));
        machine.in_scope.push(*var);
    }
    let body = machine.block(&function.body);
    debug_assert!(body != Flow::Break);
    machine.end_scope(0, 0);
    machine.happened
}

impl Machine<'_> {
    fn block(&mut self, block: &[Statement]) -> Flow {
        let outside = self.in_scope.len();
        let mut flow = Flow::On;
        let mut last = 0;
        for statement in block {
            last = statement.no;
            flow = self.statement(statement);
            if flow != Flow::On {
                break;
            }
        }
        self.end_scope(outside, last);
        flow
    }

    fn end_scope(&mut self, outside: usize, no: usize) {
        while self.in_scope.len() > outside {
            let Some(var) = self.in_scope.pop() else { break };
            self.empty(var, no);
            self.slots[var] = Slot::Never;
        }
    }

    /// Drops what a variable holds.
    fn empty(&mut self, var: Var, no: usize) {
        let gone = Slot::Gone { no, dropped: true };
        if let Slot::Full(held) = std::mem::replace(&mut self.slots[var], gone) {
            self.drop_value(held);
        }
    }

    fn drop_value(&mut self, held: Held) {
        match held {
            Held::Owner(id) => self.happened.push(Happening::Dropped(id)),
            Held::Text => {}
            Held::Maybe(inner) => inner.into_iter().for_each(|held| self.drop_value(*held)),
            Held::Parts(parts) => {
                parts.into_iter().flatten().for_each(|held| self.drop_value(held))
            }
            Held::Shared(count, id) => {
                count.set(count.get() - 1);
                if count.get() == 0 {
                    self.happened.push(Happening::Dropped(id));
                }
            }
        }
    }

    fn take(&mut self, var: Var, no: usize, dropped: bool) -> Held {
        match std::mem::replace(&mut self.slots[var], Slot::Gone { no, dropped }) {
            Slot::Full(held) => held,
            other => panic!("v{var} of {} holds nothing: {other:?}", self.function.name),
        }
    }

    fn take_part(&mut self, var: Var, part: usize, no: usize) -> Held {
        let Slot::Full(Held::Parts(parts)) = &mut self.slots[var] else {
            panic!("v{var} has no parts")
        };
        let held = parts[part].take().expect("it is there");
        // Of a box whose value was moved out, the box is left.
        if parts.iter().all(Option::is_none) && self.function.kinds[var] != Kind::Boxed {
            self.slots[var] = Slot::Emptied { no };
        }
        held
    }

    fn give(&mut self, var: Var, held: Held) {
        self.slots[var] = Slot::Full(held);
    }

    /// None where the function is left instead.
    fn init(&mut self, init: &Init, no: usize) -> Option<Held> {
        Some(match init {
            Init::New(new) => made(new),
            Init::Either(c, one, other) => made(if self.conditions[*c] { one } else { other }),
            Init::Move(var) | Init::Pass(var) | Init::Among(var) => self.take(*var, no, false),
            Init::BoxUp(var) | Init::Collect(var) | Init::Capture(var, _) => {
                Held::Parts(vec![Some(self.take(*var, no, false))])
            }
            Init::Unbox(var) => self.take_part(*var, 0, no),
            Init::Field(var, field) => self.take_part(*var, *field, no),
            Init::Wrap(var) => Held::Maybe(Some(Box::new(self.take(*var, no, false)))),
            Init::TakeOut(var) => {
                let held = self.take(*var, no, false);
                self.give(*var, Held::Maybe(None));
                held
            }
            Init::Replace(var, new) => {
                let held = self.take(*var, no, false);
                self.give(*var, made(new));
                held
            }
            Init::Share(var) => match &self.slots[*var] {
                Slot::Full(Held::Shared(count, id)) => {
                    count.set(count.get() + 1);
                    Held::Shared(count.clone(), *id)
                }
                other => panic!("v{var} is not shared: {other:?}"),
            },
            Init::Update(var, new) if new.kind == Kind::Three => {
                Held::Parts(vec![Some(self.take_part(*var, 0, no))])
            }
            Init::Update(var, new) => {
                Held::Parts(vec![Some(Held::Owner(new.id)), Some(self.take_part(*var, 1, no))])
            }
            Init::Labelled(_, c, new) if self.conditions[*c] => made(new),
            Init::Labelled(var, ..) => self.take(*var, no, false),
            Init::Chain(var, conditions) => {
                let held = self.take(*var, no, false);
                if conditions.iter().any(|c| self.conditions[*c]) {
                    self.drop_value(held);
                    return None;
                }
                held
            }
        })
    }

    fn mark(&mut self, no: usize) {
        let fact = |var: Var| match &self.slots[var] {
            _ if !self.in_scope.contains(&var) => Fact::None,
            Slot::Never => Fact::None,
            Slot::Full(Held::Parts(parts)) if parts.iter().any(Option::is_none) => Fact::Partly,
            Slot::Emptied { no } => Fact::Emptied { no: *no },
            Slot::Full(_) => Fact::Live,
            Slot::Gone { no, dropped } => Fact::Gone { no: *no, dropped: *dropped },
        };
        let facts = (0..self.slots.len()).map(fact).collect();
        self.happened.push(Happening::Mark { no, facts });
    }

    fn statement(&mut self, statement: &Statement) -> Flow {
        let no = statement.no;
        match &statement.what {
            What::Mark => self.mark(no),
            What::Let(var, init) => {
                let Some(held) = self.init(init, no) else { return Flow::Leave };
                self.in_scope.push(*var);
                self.give(*var, held);
            }
            What::Declare(var) => {
                self.in_scope.push(*var);
                self.slots[*var] = Slot::Never;
            }
            What::Assign(var, init) => {
                let Some(held) = self.init(init, no) else { return Flow::Leave };
                self.empty(*var, no);
                self.give(*var, held);
            }
            What::Drop(var) => {
                let held = self.take(*var, no, true);
                self.drop_value(held);
            }
            What::Take(var)
            | What::Thread(var)
            | What::TakeAmong(var, _)
            | What::PrintMoved(var, _) => {
                let held = self.take(*var, no, false);
                self.drop_value(held);
            }
            What::TakeBoth(one, other) => {
                let [one, other] = [one, other].map(|var| self.take(*var, no, false));
                self.drop_value(other);
                self.drop_value(one);
            }
            What::TakeField(var, field) => {
                let held = self.take_part(*var, *field, no);
                self.drop_value(held);
            }
            What::Forget(var) => drop(self.take(*var, no, false)),
            What::Push(many, var) => {
                let held = self.take(*var, no, false);
                if let Slot::Full(Held::Parts(parts)) = &mut self.slots[*many] {
                    parts.push(Some(held));
                }
            }
            What::Once { var, how, marks } => self.once(*var, *how, *marks, no),
            What::Touch(_)
            | What::TouchMut(_)
            | What::SetNumber(_)
            | What::Print(..)
            | What::Call(..) => {}
            What::Question(c) | What::PanicIf(c) if self.conditions[*c] => return Flow::Leave,
            What::Question(_) | What::PanicIf(_) => {}
            What::If(c, then, otherwise) => {
                return self.block(if self.conditions[*c] { then } else { otherwise });
            }
            What::Block(block) => return self.block(block),
            What::Switch(number, arms) => {
                return self.block(&arms[usize::try_from(*number).expect("few arms")]);
            }
            What::ReturnIf(c, block) if self.conditions[*c] => {
                let flow = self.block(block);
                return if flow == Flow::On { Flow::Leave } else { flow };
            }
            What::ReturnIf(..) => {}
            What::Loop(rounds, block) => return self.repeat(*rounds, block),
            What::Leave { round, before, breaks } if *round == self.round => {
                return match self.block(before) {
                    Flow::On if *breaks => Flow::Break,
                    Flow::On => Flow::Continue,
                    flow => flow,
                };
            }
            What::Leave { .. } => {}
            What::Match { on, bound, some, none } => {
                let Some(held) = self.unwrapped(*on, no) else { return self.block(none) };
                return self.bound(*bound, held, some, no);
            }
            What::Guarded {
                on,
                bound: [one, other],
                condition,
                second,
                arms: [guarded, open, none],
            } => {
                let guards = self.conditions[*condition];
                let at = if guards { no } else { *second };
                let Some(held) = self.unwrapped(*on, at) else { return self.block(none) };
                return match guards {
                    true => self.bound(*one, held, guarded, no),
                    false => self.bound(*other, held, open, no),
                };
            }
            What::LetElse { on, bound, otherwise } => {
                let Some(held) = self.unwrapped(*on, no) else {
                    let flow = self.block(otherwise);
                    return if flow == Flow::On { Flow::Leave } else { flow };
                };
                self.in_scope.push(*bound);
                self.give(*bound, held);
            }
            What::IfLet { on, bound, condition, first, then, otherwise } => {
                let holds = self.conditions[*condition];
                if *first && !holds {
                    return self.block(otherwise);
                }
                let Some(held) = self.unwrapped(*on, no) else { return self.block(otherwise) };
                if holds {
                    return self.bound(*bound, held, then, no);
                }
                self.drop_value(held);
                return self.block(otherwise);
            }
        }
        Flow::On
    }

    fn once(&mut self, var: Var, how: Once, marks: [usize; 2], no: usize) {
        let [before, behind] = marks;
        self.happened.push(Happening::MarkIn { no: before, var, fact: Fact::Live });
        let takes = match how {
            Once::Takes => true,
            Once::MayTake(c) => self.conditions[c],
            Once::Looks | Once::Borrows => false,
        };
        let fact = match takes {
            true => {
                let held = self.take(var, no, false);
                self.drop_value(held);
                Fact::Gone { no: before + 1, dropped: false }
            }
            false => Fact::Live,
        };
        self.happened.push(Happening::MarkIn { no: behind, var, fact });
        if !takes && how != Once::Borrows {
            let held = self.take(var, no, false);
            self.drop_value(held);
        }
    }

    fn repeat(&mut self, rounds: u32, block: &[Statement]) -> Flow {
        let outer = self.round;
        let mut flow = Flow::On;
        for round in 0..rounds {
            self.round = round;
            match self.block(block) {
                Flow::Break => break,
                Flow::Leave => {
                    flow = Flow::Leave;
                    break;
                }
                Flow::On | Flow::Continue => {}
            }
        }
        self.round = outer;
        flow
    }

    /// What an `Option`, or what is like one, holds: it is moved out.
    fn unwrapped(&mut self, on: Var, no: usize) -> Option<Held> {
        let Slot::Full(Held::Maybe(inner)) = &self.slots[on] else { panic!("v{on} is no option") };
        let held = inner.clone()?;
        self.slots[on] = Slot::Gone { no, dropped: false };
        Some(*held)
    }

    fn bound(&mut self, bound: Var, held: Held, block: &[Statement], no: usize) -> Flow {
        let outside = self.in_scope.len();
        self.in_scope.push(bound);
        self.give(bound, held);
        let flow = self.block(block);
        self.end_scope(outside, no);
        flow
    }
}

fn made(new: &New) -> Held {
    let New { kind, id, way } = new;
    let owner = || Held::Owner(*id);
    let holds = |held: Vec<Held>| Held::Parts(held.into_iter().map(Some).collect());
    let boxed = |id| holds(vec![Held::Owner(id)]);
    match (kind, way) {
        (Kind::Owner | Kind::Tag | Kind::Weight | Kind::Lanes, _) => owner(),
        (Kind::Zero, _) => Held::Owner(0),
        (Kind::Text, _) => Held::Text,
        (Kind::Maybe | Kind::Shape | Kind::Mixed | Kind::Outcome, 0) => Held::Maybe(None),
        (Kind::Maybe | Kind::Shape, _) => Held::Maybe(Some(Box::new(owner()))),
        (Kind::Mixed | Kind::Outcome, _) => Held::Maybe(Some(Box::new(boxed(*id)))),
        (Kind::Boxed | Kind::Dynamic, _) => boxed(*id),
        (Kind::Pair, _) => holds(vec![owner(), Held::Owner(id + 1)]),
        (Kind::Tuple, _) => holds(vec![owner(), Held::Text]),
        (Kind::Many, 0) => Held::Parts(Vec::new()),
        (Kind::Many, _) => boxed(*id),
        (Kind::Shared, _) => Held::Shared(Rc::new(Cell::new(1)), *id),
        (Kind::Three | Kind::Heavy, _) => holds(vec![boxed(*id)]),
        (Kind::Twins, _) => holds(vec![boxed(*id), boxed(id + 1)]),
        (Kind::Closure, _) => unreachable!("a closure captures a variable"),
    }
}
