//! The types of the variables of a generated program, and new values of them.

use super::random::Random;

/// A type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ty {
    /// One whose `Drop` prints, by its number in [`LEAVES`].
    Leaf(usize),
    Opt(Box<Ty>),
    Boxed(Box<Ty>),
    Vec(Box<Ty>),
    Deque(Box<Ty>),
    Hash(Box<Ty>),
    Tree(Box<Ty>),
    Rc(Box<Ty>),
    Arc(Box<Ty>),
    Cell(Box<Ty>),
    Pair(Box<Ty>, Box<Ty>),
    Array(Box<Ty>),
    Res(Box<Ty>, Box<Ty>),
    Both,
    Shape,
    Dyn,
}

/// The types that print.
pub const LEAVES: [&str; 8] = ["A", "B", "C", "G<String>", "G<A>", "E", "Z", "G<Option<Box<B>>>"];

impl Ty {
    /// As Rust writes it.
    pub fn text(&self) -> String {
        match self {
            Ty::Leaf(n) => LEAVES[*n].to_owned(),
            Ty::Opt(of) => format!("Option<{}>", of.text()),
            Ty::Boxed(of) => format!("Box<{}>", of.text()),
            Ty::Vec(of) => format!("Vec<{}>", of.text()),
            Ty::Deque(of) => format!("VecDeque<{}>", of.text()),
            Ty::Hash(of) => format!("Hash<{}>", of.text()),
            Ty::Tree(of) => format!("BTreeMap<u32, {}>", of.text()),
            Ty::Rc(of) => format!("Rc<{}>", of.text()),
            Ty::Arc(of) => format!("Arc<{}>", of.text()),
            Ty::Cell(of) => format!("RefCell<{}>", of.text()),
            Ty::Pair(a, b) => format!("({}, {})", a.text(), b.text()),
            Ty::Array(of) => format!("[{}; 2]", of.text()),
            Ty::Res(a, b) => format!("Result<{}, {}>", a.text(), b.text()),
            Ty::Both => "Both".to_owned(),
            Ty::Shape => "Shape".to_owned(),
            Ty::Dyn => "Box<dyn Says>".to_owned(),
        }
    }

    pub fn is_leaf(&self) -> bool {
        matches!(self, Ty::Leaf(_))
    }

    /// Whether another thread may have it.
    pub fn is_send(&self) -> bool {
        match self {
            Ty::Rc(_) => false,
            Ty::Opt(of) | Ty::Boxed(of) | Ty::Vec(of) | Ty::Deque(of) | Ty::Hash(of) => {
                of.is_send()
            }
            Ty::Tree(of) | Ty::Arc(of) | Ty::Cell(of) | Ty::Array(of) => of.is_send(),
            Ty::Pair(a, b) | Ty::Res(a, b) => a.is_send() && b.is_send(),
            Ty::Leaf(_) | Ty::Both | Ty::Shape | Ty::Dyn => true,
        }
    }
}

/// Makes types, and values with numbers of their own.
pub struct Values<'r> {
    pub random: &'r mut Random,
    pub next: u32,
    /// Whether a statement may leave the function.
    pub may_return: bool,
}

impl Values<'_> {
    pub fn id(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    pub fn leaf(&mut self) -> Ty {
        Ty::Leaf(self.random.below(LEAVES.len()))
    }

    /// What a container may hold.
    fn element(&mut self, depth: usize) -> Box<Ty> {
        Box::new(if self.random.once_in(4) { self.ty(depth + 1) } else { self.leaf() })
    }

    pub fn ty(&mut self, depth: usize) -> Ty {
        if depth > 1 || self.random.once_in(3) {
            return self.leaf();
        }
        match self.random.below(16) {
            0 | 1 => Ty::Opt(self.element(depth)),
            2 => Ty::Boxed(self.element(depth)),
            3 | 4 => Ty::Vec(self.element(depth)),
            5 => Ty::Deque(self.element(depth)),
            6 => Ty::Hash(self.element(depth)),
            7 => Ty::Tree(self.element(depth)),
            8 => Ty::Rc(self.element(depth)),
            9 => Ty::Arc(Box::new(self.leaf())),
            10 => Ty::Cell(self.element(depth)),
            11 => Ty::Pair(self.element(depth), self.element(depth)),
            12 => Ty::Array(self.element(depth)),
            13 => Ty::Res(self.element(depth), self.element(depth)),
            14 => self.random.of(&[Ty::Both, Ty::Shape]).unwrap_or(Ty::Both),
            _ => Ty::Dyn,
        }
    }

    /// An expression that makes a value of a type.
    pub fn make(&mut self, ty: &Ty) -> String {
        match ty {
            Ty::Leaf(leaf) => self.make_leaf(*leaf),
            Ty::Opt(of) if self.random.once_in(4) => format!("None::<{}>", of.text()),
            Ty::Opt(of) => format!("Some({})", self.make(of)),
            Ty::Boxed(of) => format!("Box::new({})", self.make(of)),
            Ty::Vec(of) if self.random.once_in(5) => format!("Vec::<{}>::new()", of.text()),
            Ty::Vec(of) => format!("vec![{}]", self.some(of)),
            Ty::Deque(of) => format!("VecDeque::from(vec![{}])", self.some(of)),
            Ty::Hash(of) => format!("Hash::from_iter([{}])", self.entries(of)),
            Ty::Tree(of) => format!("BTreeMap::from([{}])", self.entries(of)),
            Ty::Rc(of) => format!("Rc::new({})", self.make(of)),
            Ty::Arc(of) => format!("Arc::new({})", self.make(of)),
            Ty::Cell(of) => format!("RefCell::new({})", self.make(of)),
            Ty::Pair(a, b) => format!("({}, {})", self.make(a), self.make(b)),
            Ty::Array(of) => format!("[{}, {}]", self.make(of), self.make(of)),
            Ty::Res(a, b) if self.random.once_in(2) => {
                format!("Ok::<{}, {}>({})", a.text(), b.text(), self.make(a))
            }
            Ty::Res(a, b) => format!("Err::<{}, {}>({})", a.text(), b.text(), self.make(b)),
            Ty::Both => {
                format!("Both {{ a: A::new({}), n: 1, c: C::new({}) }}", self.id(), self.id())
            }
            Ty::Shape => self.shape(),
            Ty::Dyn => {
                let leaf = self.leaf();
                format!("(Box::new({}) as Box<dyn Says>)", self.make(&leaf))
            }
        }
    }

    fn make_leaf(&mut self, leaf: usize) -> String {
        let id = self.id();
        match leaf {
            3 => format!("G::of({id}, String::from(\"g\"))"),
            4 => format!("G::of({id}, A::new({}))", self.id()),
            5 => match self.random.below(3) {
                0 => format!("E::One({id})"),
                1 => format!("E::Two({id}, String::from(\"e\"))"),
                _ => format!("E::With({id}, A::new({}))", self.id()),
            },
            6 => "Z".to_owned(),
            7 if self.random.once_in(3) => format!("G::of({id}, None::<Box<B>>)"),
            7 => format!("G::of({id}, Some(Box::new(B::new({}))))", self.id()),
            _ => format!("{}::new({id})", LEAVES[leaf]),
        }
    }

    fn shape(&mut self) -> String {
        match self.random.below(4) {
            0 => "Shape::Nothing".to_owned(),
            1 => format!("Shape::Left(A::new({}))", self.id()),
            2 => format!("Shape::Right {{ b: B::new({}), z: Z }}", self.id()),
            _ => format!("Shape::Wrapped(Box::new(C::new({})))", self.id()),
        }
    }

    fn some(&mut self, of: &Ty) -> String {
        let count = 1 + self.random.below(4);
        (0..count).map(|_| self.make(of)).collect::<Vec<_>>().join(", ")
    }

    fn entries(&mut self, of: &Ty) -> String {
        let count = 1 + self.random.below(4);
        let entry = |key| format!("({key}, {})", self.make(of));
        (0..count).map(entry).collect::<Vec<_>>().join(", ")
    }
}
