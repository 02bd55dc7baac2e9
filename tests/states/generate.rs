//! Makes random functions that the compiler accepts: it knows, as the compiler does, which variables
//! may hold a value on which ways.

pub use super::random::Random;
use super::tree::{CONDITIONS, Function, Init, Kind, New, Once, Statement, Var, What};

/// What the compiler knows of a variable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    Full,
    /// Moved, or never given a value.
    Empty,
    /// One of these, by the way that was taken.
    Either,
    /// One of its fields was moved out, or the value of its box.
    Part,
}

#[derive(Clone)]
pub(super) struct Known {
    pub var: Var,
    kind: Kind,
    pub state: State,
    /// In how many loops it is declared.
    loops: usize,
}

pub(super) struct Maker<'r> {
    pub random: &'r mut Random,
    kinds: Vec<Kind>,
    pub visible: Vec<Known>,
    pub statements: usize,
    next_id: u32,
    loops: usize,
    /// Statements that may still be made.
    left: usize,
    exits: usize,
    panics: bool,
}

/// One function. `no` tells it from the others of its program; `panics` whether it may panic.
pub fn function(random: &mut Random, no: usize, panics: bool) -> Function {
    let mut maker = Maker {
        random,
        kinds: Vec::new(),
        visible: Vec::new(),
        statements: 0,
        next_id: u32::try_from(no).expect("few functions") * 1000,
        loops: 0,
        left: 26,
        exits: 0,
        panics,
    };
    let count = maker.random.below(3);
    let mut parameters = Vec::new();
    let mut arguments = Vec::new();
    for _ in 0..count {
        let new = maker.new_value();
        parameters.push(maker.declare(new.kind, State::Full));
        arguments.push(new);
    }
    let (body, _) = maker.block(true);
    let calls = (0..4).map(|call: usize| {
        (0..CONDITIONS)
            .map(|bit| (call + (call * no) / 3) >> (bit % 2) & 1 == bit / 2 % 2)
            .collect()
    });
    let calls = calls.collect();
    let kinds = maker.kinds;
    Function { name: format!("f{no}"), parameters, kinds, body, calls, arguments }
}

impl Maker<'_> {
    pub(super) fn declare(&mut self, kind: Kind, state: State) -> Var {
        let var = self.kinds.len();
        self.kinds.push(kind);
        self.visible.push(Known { var, kind, state, loops: self.loops });
        var
    }

    fn new_value(&mut self) -> New {
        let kinds: &[Kind] = if self.random.once_in(4) { &Kind::MATCHED } else { &Kind::MADE };
        let kind = self.random.of(kinds).expect("there are some");
        self.new_of(kind)
    }

    fn new_of(&mut self, kind: Kind) -> New {
        self.next_id += 2;
        New { kind, id: self.next_id, way: self.way(3) }
    }

    fn statement(&mut self, what: What) -> Statement {
        self.statements += 1;
        Statement { no: self.statements, what }
    }

    pub(super) fn set(&mut self, var: Var, state: State) {
        if let Some(known) = self.visible.iter_mut().find(|known| known.var == var) {
            known.state = state;
        }
    }

    /// A variable that holds a value of one of some kinds.
    fn full(&mut self, kinds: &[Kind]) -> Option<Var> {
        let fits =
            |k: &&Known| k.state == State::Full && (kinds.is_empty() || kinds.contains(&k.kind));
        let all: Vec<Var> = self.visible.iter().filter(fits).map(|known| known.var).collect();
        self.random.of(&all)
    }

    /// One that may be moved: what is declared outside of a loop stays where it is in it.
    pub(super) fn movable(&mut self, kinds: &[Kind]) -> Option<(Var, Kind)> {
        let loops = self.loops;
        let fits = |k: &&Known| {
            k.state == State::Full
                && k.loops == loops
                && (kinds.is_empty() || kinds.contains(&k.kind))
        };
        let all: Vec<_> = self.visible.iter().filter(fits).map(|k| (k.var, k.kind)).collect();
        self.random.of(&all)
    }

    /// The statements of a block, and whether control comes to its end.
    pub(super) fn block(&mut self, outermost: bool) -> (Vec<Statement>, bool) {
        let outside = self.visible.len();
        let mut block = Vec::new();
        let count = if outermost { 18 } else { 2 + self.random.below(4) };
        for _ in 0..count {
            if self.left == 0 {
                break;
            }
            self.left -= 1;
            if let Some(what) = self.what() {
                block.push(self.statement(what));
                if !self.random.once_in(4) {
                    block.push(self.statement(What::Mark));
                }
            }
        }
        block.push(self.statement(What::Mark));
        self.visible.truncate(outside);
        (block, true)
    }

    fn what(&mut self) -> Option<What> {
        Some(match self.random.below(35) {
            0..=6 => self.new_variable(),
            7 => {
                let kind = self.random.of(&Kind::MADE)?;
                What::Declare(self.declare(kind, State::Empty))
            }
            8 | 9 => self.assign()?,
            10 => self.moved(What::Drop)?,
            11 | 12 => self.moved(What::Take)?,
            13 => self.take_field()?,
            14 => What::Touch(self.full(&[])?),
            30 => What::Print(self.full(&Kind::MADE)?, self.way(7)),
            31 => match self.random.below(3) {
                0 => {
                    let (var, _) = self.movable(&Kind::MADE)?;
                    self.set(var, State::Empty);
                    What::PrintMoved(var, self.way(3))
                }
                1 => {
                    let What::Take(one) = self.moved(What::Take)? else { return None };
                    // One is enough where there is no other.
                    match self.moved(What::Take) {
                        Some(What::Take(other)) => What::TakeBoth(one, other),
                        _ => What::Take(one),
                    }
                }
                _ => {
                    let What::Take(var) = self.moved(What::Take)? else { return None };
                    What::TakeAmong(var, self.way(3))
                }
            },
            32 => self.if_let()?,
            33 => self.guarded()?,
            34 if self.may_exit() => self.let_else()?,
            15 => What::TouchMut(self.full(&[])?),
            16 => match self.random.below(3) {
                0 => self.moved(What::Forget)?,
                1 => {
                    let numbered = [Kind::Owner, Kind::Pair, Kind::Tag, Kind::Three];
                    What::SetNumber(self.full(&numbered)?)
                }
                _ => What::Call(self.full(&[Kind::Closure])?, 1 + self.random.below(2)),
            },
            17 => {
                let many = self.full(&[Kind::Many])?;
                let (owner, _) = self.movable(&[Kind::Owner])?;
                self.set(owner, State::Empty);
                What::Push(many, owner)
            }
            18 if self.random.once_in(3) => self.once()?,
            18 if self.random.once_in(2) => {
                let sent =
                    [Kind::Owner, Kind::Text, Kind::Boxed, Kind::Pair, Kind::Maybe, Kind::Three];
                let (var, _) = self.movable(&sent)?;
                self.set(var, State::Empty);
                What::Thread(var)
            }
            19..=21 => self.branches(2, |maker, mut arms| {
                let condition = maker.random.below(CONDITIONS);
                let last = arms.pop().unwrap_or_default();
                What::If(condition, arms.pop().unwrap_or_default(), last)
            }),
            22 => What::Block(self.block(false).0),
            23 | 24 => self.repeat(),
            25 => self.match_on()?,
            26 => {
                let count = 4 + self.random.below(3);
                self.branches(count, |maker, arms| {
                    let number = u32::try_from(maker.random.below(arms.len())).expect("few arms");
                    What::Switch(number, arms)
                })
            }
            27 if self.may_exit() => {
                let before = self.visible.clone();
                let condition = self.random.below(CONDITIONS);
                let block = self.block(false).0;
                self.visible = before;
                What::ReturnIf(condition, block)
            }
            28 if self.may_exit() => What::Question(self.random.below(CONDITIONS)),
            29 if self.panics && self.may_exit() => What::PanicIf(self.random.below(CONDITIONS)),
            _ => return None,
        })
    }

    /// Whether the function may be left here: not too early, and not too often.
    pub(super) fn may_exit(&mut self) -> bool {
        let may = self.left < 16 && self.exits < 2;
        self.exits += usize::from(may);
        may
    }

    fn moved(&mut self, what: fn(Var) -> What) -> Option<What> {
        let (var, _) = self.movable(&[])?;
        self.set(var, State::Empty);
        Some(what(var))
    }

    fn new_variable(&mut self) -> What {
        let init = self.init_of(None);
        let (init, kind) = init.unwrap_or_else(|| {
            let new = self.new_value();
            let kind = new.kind;
            (Init::New(new), kind)
        });
        What::Let(self.declare(kind, State::Full), init)
    }

    /// An initialiser other than a new value, of a kind if one is wanted.
    fn init_of(&mut self, wanted: Option<Kind>) -> Option<(Init, Kind)> {
        let choice = self.random.below(20);
        let kinds: Vec<Kind> = wanted.into_iter().collect();
        let made = |kind| wanted.is_none_or(|wanted| wanted == kind);
        let (init, kind) = match choice {
            0 | 1 => self.out_of(&kinds, Init::Move)?,
            2 => self.out_of(&kinds, Init::Pass)?,
            3 if made(Kind::Boxed) => (self.out_of(&[Kind::Owner], Init::BoxUp)?.0, Kind::Boxed),
            4 if made(Kind::Owner) => {
                let (var, _) = self.movable(&[Kind::Boxed])?;
                self.set(var, State::Part);
                (Init::Unbox(var), Kind::Owner)
            }
            5 if made(Kind::Many) => (self.out_of(&[Kind::Owner], Init::Collect)?.0, Kind::Many),
            6 if made(Kind::Maybe) => (self.out_of(&[Kind::Owner], Init::Wrap)?.0, Kind::Maybe),
            7 if made(Kind::Maybe) => (Init::TakeOut(self.full(&[Kind::Maybe])?), Kind::Maybe),
            8 => {
                let var = self.full(&kinds).filter(|var| self.kinds[*var] != Kind::Closure)?;
                let kind = self.kinds[var];
                (Init::Replace(var, self.new_of(kind)), kind)
            }
            9 if made(Kind::Shared) => (Init::Share(self.full(&[Kind::Shared])?), Kind::Shared),
            10 if wanted.is_none() => {
                let (var, _) = self.movable(&Kind::MADE)?;
                self.set(var, State::Empty);
                (Init::Capture(var, self.way(4)), Kind::Closure)
            }
            11 => {
                let (var, field, kind) = self.field()?;
                if !made(kind) {
                    return None;
                }
                self.set(var, State::Part);
                (Init::Field(var, field), kind)
            }
            13 if self.may_exit() => {
                let conditions = [0, 1].map(|_| self.random.below(CONDITIONS));
                let (var, kind) = self.movable(&kinds)?;
                self.set(var, State::Empty);
                (Init::Chain(var, conditions), kind)
            }
            14 => {
                let (var, kind) = self.movable(&kinds)?;
                if kind == Kind::Closure {
                    return None;
                }
                self.set(var, State::Either);
                let condition = self.random.below(CONDITIONS);
                (Init::Labelled(var, condition, self.new_of(kind)), kind)
            }
            15 => {
                let (var, kind) = self.movable(&[Kind::Pair, Kind::Three])?;
                if !made(kind) {
                    return None;
                }
                self.set(var, State::Part);
                (Init::Update(var, self.new_of(kind)), kind)
            }
            16 => self.out_of(&kinds, Init::Among)?,
            12 => {
                let kind = wanted.or_else(|| self.random.of(&Kind::MADE))?;
                if kind == Kind::Closure {
                    return None;
                }
                let condition = self.random.below(CONDITIONS);
                (Init::Either(condition, self.new_of(kind), self.new_of(kind)), kind)
            }
            _ => return None,
        };
        Some((init, kind))
    }

    fn out_of(&mut self, kinds: &[Kind], init: fn(Var) -> Init) -> Option<(Init, Kind)> {
        let (var, kind) = self.movable(kinds)?;
        self.set(var, State::Empty);
        Some((init(var), kind))
    }

    fn assign(&mut self) -> Option<What> {
        let fits = |k: &&Known| k.kind != Kind::Closure;
        let all: Vec<_> = self.visible.iter().filter(fits).map(|k| (k.var, k.kind)).collect();
        let (var, kind) = self.random.of(&all)?;
        let before = self.visible.clone();
        let init = match self.init_of(Some(kind)) {
            // Not its own value: that is a way of its own to write nothing.
            Some((init, _)) if !names(&init, var) => init,
            _ => {
                self.visible = before;
                Init::New(self.new_of(kind))
            }
        };
        self.set(var, State::Full);
        Some(What::Assign(var, init))
    }

    /// A closure that is called once. Its marks have the numbers that follow that of the statement.
    fn once(&mut self) -> Option<What> {
        let kinds = [Kind::Owner, Kind::Text, Kind::Boxed, Kind::Maybe, Kind::Many, Kind::Shared];
        let (var, _) = self.movable(&kinds)?;
        let how = match self.random.below(4) {
            0 => Once::Looks,
            1 => Once::Borrows,
            2 => Once::Takes,
            _ => Once::MayTake(self.random.below(CONDITIONS)),
        };
        if how != Once::Borrows {
            self.set(var, State::Empty);
        }
        let marks = [self.statements + 1, self.statements + 3];
        self.statements += 3;
        Some(What::Once { var, how, marks })
    }

    /// A field that may be moved out, and its kind.
    pub(super) fn field(&mut self) -> Option<(Var, usize, Kind)> {
        let (var, kind) = self.movable(&[Kind::Pair, Kind::Tuple, Kind::Three, Kind::Heavy])?;
        let field = self.random.below(kind.fields().len());
        Some((var, field, kind.fields()[field].1))
    }

    fn take_field(&mut self) -> Option<What> {
        let (var, field, _) = self.field()?;
        self.set(var, State::Part);
        Some(What::TakeField(var, field))
    }

    /// Which of several ways.
    pub(super) fn way(&mut self, count: usize) -> u32 {
        u32::try_from(self.random.below(count)).expect("few")
    }

    /// Several arms that begin with the same variables.
    fn branches(&mut self, count: usize, make: fn(&mut Self, Vec<Vec<Statement>>) -> What) -> What {
        let before = self.visible.clone();
        let mut after: Option<Vec<Known>> = None;
        let mut arms = Vec::new();
        for _ in 0..count {
            self.visible = before.clone();
            arms.push(self.block(false).0);
            after = Some(join(after, &self.visible));
        }
        self.visible = after.unwrap_or(before);
        make(self, arms)
    }

    fn repeat(&mut self) -> What {
        self.loops += 1;
        let before = self.visible.clone();
        let (mut block, _) = self.block(false);
        // Round the loop nothing outside may be gone.
        self.visible = join(Some(before), &self.visible);
        if self.random.once_in(2) {
            self.loops -= 1;
            let before = self.visible.clone();
            // Behind it comes the end of the loop: what is outside may be moved.
            let breaks = self.random.once_in(2);
            if !breaks {
                self.loops += 1;
            }
            let (arm, _) = self.block(false);
            if !breaks {
                self.loops -= 1;
            }
            self.visible = join(Some(before), &self.visible);
            let round = u32::try_from(self.random.below(3)).expect("small");
            let leave = self.statement(What::Leave { round, before: arm, breaks });
            let mark = self.statement(What::Mark);
            block.extend([leave, mark]);
        } else {
            self.loops -= 1;
        }
        What::Loop(1 + u32::try_from(self.random.below(3)).expect("small"), block)
    }
}

pub(super) fn join(one: Option<Vec<Known>>, other: &[Known]) -> Vec<Known> {
    let Some(mut one) = one else { return other.to_vec() };
    one.truncate(other.len());
    for (known, other) in one.iter_mut().zip(other) {
        if known.state != other.state {
            known.state = State::Either;
        }
    }
    one
}

fn names(init: &Init, var: Var) -> bool {
    match init {
        Init::New(_) | Init::Either(..) => false,
        Init::Move(other)
        | Init::Pass(other)
        | Init::BoxUp(other)
        | Init::Unbox(other)
        | Init::Collect(other)
        | Init::Wrap(other)
        | Init::TakeOut(other)
        | Init::Replace(other, _)
        | Init::Share(other)
        | Init::Capture(other, _)
        | Init::Update(other, _)
        | Init::Labelled(other, ..)
        | Init::Chain(other, _)
        | Init::Among(other)
        | Init::Field(other, _) => *other == var,
    }
}
