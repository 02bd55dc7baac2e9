//! The types of a generated program's variables.

/// The type of a variable. All but `Text` say so when they are dropped.
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
    /// A struct of a box and two numbers: sixteen bytes that are passed by their address.
    Three,
    /// An enum of a box or a short number: passed and returned by its address.
    Mixed,
    /// A `Result<u8, Box<Owner>>`.
    Outcome,
    /// Two boxes in an array.
    Twins,
    /// A struct with a `Drop` of its own of one float, passed in a vector register.
    Weight,
    /// A box and a float: one register of each sort.
    Heavy,
    /// A struct with a `Drop` of its own of a vector of four floats.
    Lanes,
    /// A `Box<dyn Debug>`.
    Dynamic,
    /// A struct with a `Drop` of its own and without any bytes.
    Zero,
    /// A closure that has captured a variable.
    Closure,
}

impl Kind {
    /// The kinds of values that an expression can make.
    pub const MADE: [Kind; 19] = [
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
        Kind::Three,
        Kind::Mixed,
        Kind::Outcome,
        Kind::Twins,
        Kind::Weight,
        Kind::Heavy,
        Kind::Lanes,
        Kind::Dynamic,
        Kind::Zero,
    ];

    /// Those that hold a value or none, as a pattern tells.
    pub const MATCHED: [Kind; 3] = [Kind::Maybe, Kind::Mixed, Kind::Outcome];

    /// What one of [`Kind::MATCHED`] holds.
    pub fn inside(self) -> Kind {
        match self {
            Kind::Maybe => Kind::Owner,
            _ => Kind::Boxed,
        }
    }

    /// The patterns of one of [`Kind::MATCHED`]: with a value, which gets a name, and without.
    pub fn patterns(self, bound: &str) -> [String; 2] {
        let (some, none) = match self {
            Kind::Mixed => ("Mixed::Boxed", "Mixed::Short(_)"),
            Kind::Outcome => ("Err", "Ok(_)"),
            _ => ("Some", "None"),
        };
        [format!("{some}(mut {bound})"), none.to_owned()]
    }

    /// The fields that can be moved out, each with its kind.
    pub fn fields(self) -> &'static [(&'static str, Kind)] {
        match self {
            Kind::Pair => &[("a", Kind::Owner), ("b", Kind::Owner)],
            Kind::Tuple => &[("0", Kind::Owner)],
            Kind::Three => &[("a", Kind::Boxed)],
            Kind::Heavy => &[("0", Kind::Boxed)],
            _ => &[],
        }
    }

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
            Kind::Three => "Three",
            Kind::Mixed => "Mixed",
            Kind::Outcome => "Result<u8, Box<Owner>>",
            Kind::Twins => "[Box<Owner>; 2]",
            Kind::Weight => "Weight",
            Kind::Heavy => "Heavy",
            Kind::Lanes => "Lanes",
            Kind::Dynamic => "Box<dyn Debug>",
            Kind::Zero => "Zero",
            Kind::Closure => "_",
        }
    }
}
