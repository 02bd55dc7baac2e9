//! Lowering: from the syntax tree of Rust to the part of it that is evaluated here.

use proc_macro2::Span as Tokens;
use syn::spanned::Spanned;
use syn::{BinOp, Expr, Lit, Member, RangeLimits, UnOp};

use super::error::{ExprError, Outcome};
use super::lower_literal::literal;
use super::lower_pattern::MatchesArguments;
use super::lower_type::{raw_flavour, turbofish, type_name};
use super::parse::{Assignment, Parsed};
use super::scope::Which;
use super::special::{Special, Specials, TYPE_OF};
use super::tree::{Binary, Comparison, Ends, Kind, Measured, Node, Path, Span, Unary};
use crate::dwarf::PointerFlavour;

/// The deepest tree that is evaluated, so that the stack holds whatever was written.
const DEEPEST: usize = 100;

pub(super) struct Lower<'s> {
    specials: &'s Specials,
    depth: usize,
}

impl<'s> Lower<'s> {
    pub(super) fn new(specials: &'s Specials) -> Lower<'s> {
        Lower { specials, depth: 0 }
    }

    pub(super) fn top(&mut self, expr: &Expr) -> Outcome<Parsed> {
        match expr {
            Expr::Assign(assign) => {
                let value = self.node(&assign.right)?;
                let assignment = Some(Assignment { op: None, value });
                Ok(Parsed { root: self.node(&assign.left)?, assignment })
            }
            Expr::Binary(binary) if assigning(&binary.op).is_some() => {
                let value = self.node(&binary.right)?;
                let assignment = Some(Assignment { op: assigning(&binary.op), value });
                Ok(Parsed { root: self.node(&binary.left)?, assignment })
            }
            _ => Ok(Parsed { root: self.node(expr)?, assignment: None }),
        }
    }

    pub(super) fn node(&mut self, expr: &Expr) -> Outcome<Node> {
        let span = span_of(expr);
        self.deeper(&span)?;
        let lowered = self.kind(expr, &span);
        self.depth = self.depth.saturating_sub(1);
        lowered.map(|kind| Node { kind, span: span.clone() }).map_err(|error| error.at(&span))
    }

    /// Counts a level that the caller takes back.
    pub(super) fn deeper(&mut self, span: &Span) -> Outcome<()> {
        self.depth = self.depth.saturating_add(1);
        match self.depth > DEEPEST {
            true => Err(ExprError::new(format!("it is nested more than {DEEPEST} deep")).at(span)),
            false => Ok(()),
        }
    }

    pub(super) fn shallower(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    pub(super) fn boxed(&mut self, expr: &Expr) -> Outcome<Box<Node>> {
        self.node(expr).map(Box::new)
    }

    fn nodes<'e>(&mut self, list: impl IntoIterator<Item = &'e Expr>) -> Outcome<Vec<Node>> {
        list.into_iter().map(|expr| self.node(expr)).collect()
    }

    fn kind(&mut self, expr: &Expr, span: &Span) -> Outcome<Kind> {
        Ok(match expr {
            Expr::Lit(lit) => literal(&lit.lit, false)?,
            Expr::Paren(inner) => self.kind_within(&inner.expr)?,
            Expr::Group(inner) => self.kind_within(&inner.expr)?,
            Expr::Path(path) if path.qself.is_none() => self.path_kind(&path.path)?,
            Expr::Unary(unary) => self.unary(unary)?,
            Expr::Reference(of) => {
                let unique = of.mutability.is_some();
                let flavour = if unique { PointerFlavour::Unique } else { PointerFlavour::Shared };
                Kind::Unary(Unary::AddressOf(flavour), self.boxed(&of.expr)?)
            }
            Expr::RawAddr(of) => {
                Kind::Unary(Unary::AddressOf(raw_flavour(&of.mutability)), self.boxed(&of.expr)?)
            }
            Expr::Binary(binary) => self.binary(binary)?,
            Expr::Field(field) => Kind::Field(self.boxed(&field.base)?, member(&field.member)),
            Expr::Index(index) => Kind::Index(self.boxed(&index.expr)?, self.boxed(&index.index)?),
            Expr::Range(range) => {
                Kind::Range(self.ends(&range.start, &range.limits, &range.end)?)
            }
            Expr::Cast(cast) => Kind::Cast(self.boxed(&cast.expr)?, type_name(&cast.ty)?),
            Expr::Tuple(tuple) if tuple.elems.is_empty() => Kind::Unit,
            Expr::Tuple(tuple) => Kind::Tuple(self.nodes(&tuple.elems)?),
            Expr::Array(array) => Kind::Array(self.nodes(&array.elems)?),
            Expr::Call(call) => self.call(call)?,
            Expr::MethodCall(call) => Kind::Method {
                of: self.boxed(&call.receiver)?,
                name: call.method.to_string(),
                args: self.nodes(&call.args)?,
                name_span: call.method.span().byte_range(),
            },
            Expr::Struct(made) => self.construct(made)?,
            Expr::If(choice) => self.choice(choice, span)?,
            Expr::Let(test) => Kind::Let(self.pattern(&test.pat)?, self.boxed(&test.expr)?),
            Expr::Macro(call) => self.macro_call(&call.mac)?,
            Expr::Block(block) if block.label.is_none() => {
                return self.block(&block.block).map(|node| node.kind);
            }
            Expr::Assign(_) => {
                return Err(ExprError::new("an assignment is no part of an expression"));
            }
            Expr::Closure(_) => return Err(not_evaluated("closures")),
            Expr::Match(_) => {
                return Err(not_evaluated("`match` expressions")
                    .hint("`matches!(x, PATTERN)` and `if let PATTERN = x { … } else { … }` are"));
            }
            Expr::Try(_) => return Err(not_evaluated("`?`").hint("`unwrap()` is")),
            Expr::ForLoop(_) | Expr::While(_) | Expr::Loop(_) => {
                return Err(not_evaluated("loops"));
            }
            _ => return Err(not_evaluated("expressions of this kind")),
        })
    }

    fn kind_within(&mut self, expr: &Expr) -> Outcome<Kind> {
        // Counted as a level, and without a node of its own.
        self.node(expr).map(|node| node.kind)
    }

    fn path_kind(&self, path: &syn::Path) -> Outcome<Kind> {
        if let Some(special) = path.get_ident().and_then(|i| self.specials.get(&i.to_string())) {
            return Ok(match special.clone() {
                Special::Register(name) => Kind::Register(name),
                Special::History(which) => Kind::History(which),
                Special::Variable(name, which) => Kind::Path(Path { segments: vec![name], which }),
            });
        }
        Ok(Kind::Path(self.path(path)?))
    }

    pub(super) fn path(&self, path: &syn::Path) -> Outcome<Path> {
        let segment = |segment: &syn::PathSegment| {
            let name = segment.ident.to_string();
            match self.specials.get(&name) {
                None => Ok(name.strip_prefix("r#").unwrap_or(&name).to_owned()),
                Some(_) => Err(ExprError::new("only a variable is written with `$` or `@`")
                    .at(&segment.ident.span().byte_range())),
            }
        };
        let segments = path.segments.iter().map(segment).collect::<Outcome<_>>()?;
        Ok(Path { segments, which: Which::Innermost })
    }

    fn unary(&mut self, unary: &syn::ExprUnary) -> Outcome<Kind> {
        Ok(match unary.op {
            UnOp::Not(_) => Kind::Unary(Unary::Not, self.boxed(&unary.expr)?),
            UnOp::Deref(_) => Kind::Unary(Unary::Deref, self.boxed(&unary.expr)?),
            UnOp::Neg(_) => {
                if let Expr::Lit(lit) = &*unary.expr
                    && matches!(lit.lit, Lit::Int(_) | Lit::Float(_))
                {
                    // The least number of a type has no positive twin.
                    return literal(&lit.lit, true);
                }
                Kind::Unary(Unary::Negate, self.boxed(&unary.expr)?)
            }
            _ => return Err(not_evaluated("operators of this kind")),
        })
    }

    fn binary(&mut self, binary: &syn::ExprBinary) -> Outcome<Kind> {
        use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
        if assigning(&binary.op).is_some() {
            return Err(ExprError::new("an assignment is no part of an expression"));
        }
        let (left, right) = (self.boxed(&binary.left)?, self.boxed(&binary.right)?);
        let comparison = match binary.op {
            BinOp::Eq(_) => Equal,
            BinOp::Ne(_) => NotEqual,
            BinOp::Lt(_) => Less,
            BinOp::Le(_) => LessOrEqual,
            BinOp::Gt(_) => Greater,
            BinOp::Ge(_) => GreaterOrEqual,
            BinOp::And(_) => return Ok(Kind::And(left, right)),
            BinOp::Or(_) => return Ok(Kind::Or(left, right)),
            op => {
                let op = arithmetic(&op).ok_or_else(|| not_evaluated("operators of this kind"))?;
                return Ok(Kind::Binary(op, left, right));
            }
        };
        Ok(Kind::Compare(comparison, left, right))
    }

    pub(super) fn ends(
        &mut self,
        start: &Option<Box<Expr>>,
        limits: &RangeLimits,
        end: &Option<Box<Expr>>,
    ) -> Outcome<Ends> {
        let mut end_at = |end: &Option<Box<Expr>>| end.as_deref().map(|e| self.boxed(e));
        Ok(Ends {
            start: end_at(start).transpose()?,
            end: end_at(end).transpose()?,
            inclusive: matches!(limits, RangeLimits::Closed(_)),
        })
    }

    /// What looks like a call: a variant with its data, or one of the few functions that are known.
    fn call(&mut self, call: &syn::ExprCall) -> Outcome<Kind> {
        let Expr::Path(function) = &*call.func else {
            return Err(no_calls());
        };
        let path = self.path(&function.path)?;
        if let Some(kind) = self.known_function(&path, function, call)? {
            return Ok(kind);
        }
        if !path.last().starts_with(char::is_uppercase) {
            return Err(no_calls());
        }
        let fields = self.nodes(&call.args)?.into_iter().enumerate();
        let fields = fields.map(|(index, node)| (index.to_string().into(), node)).collect();
        Ok(Kind::Construct { path, fields, tuple: true })
    }

    fn known_function(
        &mut self,
        path: &Path,
        function: &syn::ExprPath,
        call: &syn::ExprCall,
    ) -> Outcome<Option<Kind>> {
        let args: Vec<&Expr> = call.args.iter().collect();
        let measured = match (args.as_slice(), turbofish(&function.path)) {
            ([], Some(ty)) => Some(Measured::Type(type_name(ty)?)),
            ([of], None) => match path.last() {
                "sizeof" | "size_of_val" | "alignof" | "align_of_val" => {
                    Some(Measured::Node(self.boxed(of)?))
                }
                _ => None,
            },
            _ => None,
        };
        Ok(match (path.last(), measured, args.as_slice()) {
            ("sizeof" | "size_of" | "size_of_val", Some(of), _) => Some(Kind::SizeOf(of)),
            ("alignof" | "align_of" | "align_of_val", Some(of), _) => Some(Kind::AlignOf(of)),
            (TYPE_OF, None, [of]) => Some(Kind::TypeOf(self.boxed(of)?)),
            // `Rc::strong_count(&x)` is how Rust writes what is a method here.
            (name @ ("strong_count" | "weak_count"), None, [of]) => Some(Kind::Method {
                of: self.boxed(of)?,
                name: name.to_owned(),
                args: Vec::new(),
                name_span: function.span().byte_range(),
            }),
            (name @ ("sizeof" | "size_of" | "alignof" | "align_of" | TYPE_OF), ..) => {
                let name = if name == TYPE_OF { "typeof" } else { name };
                return Err(ExprError::new(format!("`{name}` takes one type or value"))
                    .hint("write `sizeof(x)` or `size_of::<T>()`"));
            }
            _ => None,
        })
    }

    fn construct(&mut self, made: &syn::ExprStruct) -> Outcome<Kind> {
        if made.dot2_token.is_some() {
            return Err(not_evaluated("structs with `..`"));
        }
        let path = self.path(&made.path)?;
        let field = |field: &syn::FieldValue| Ok((member(&field.member), self.node(&field.expr)?));
        let fields = made.fields.iter().map(field).collect::<Outcome<_>>()?;
        Ok(Kind::Construct { path, fields, tuple: false })
    }

    fn choice(&mut self, choice: &syn::ExprIf, span: &Span) -> Outcome<Kind> {
        let condition = self.boxed(&choice.cond)?;
        let then = Box::new(self.block(&choice.then_branch)?);
        let otherwise = match &choice.else_branch {
            Some((_, expr)) => self.boxed(expr)?,
            None => {
                return Err(
                    ExprError::new("an `if` needs an `else` to always have a value").at(span)
                );
            }
        };
        Ok(Kind::If { condition, then, otherwise })
    }

    /// A block of a single expression.
    fn block(&mut self, block: &syn::Block) -> Outcome<Node> {
        match block.stmts.as_slice() {
            [syn::Stmt::Expr(expr, None)] => self.node(expr),
            _ => Err(ExprError::new("only a block of one expression is evaluated")
                .at(&block.span().byte_range())),
        }
    }

    fn macro_call(&mut self, call: &syn::Macro) -> Outcome<Kind> {
        if !call.path.is_ident("matches") {
            return Err(ExprError::new("of all macros only `matches!` is evaluated"));
        }
        let arguments: MatchesArguments = call
            .parse_body()
            .map_err(|error| ExprError::new(error.to_string()).at(&error.span().byte_range()))?;
        Ok(Kind::Matches {
            of: self.boxed(&arguments.of)?,
            pattern: self.pattern(&arguments.pattern)?,
            guard: arguments.guard.map(|guard| self.boxed(&guard)).transpose()?,
        })
    }
}

/// Where a piece of syntax stands in the text.
pub(super) fn span_of(syntax: &impl Spanned) -> Span {
    let span: Tokens = syntax.span();
    span.byte_range()
}

/// The name of a field, `0` for the first of a tuple.
pub(super) fn member(member: &Member) -> std::sync::Arc<str> {
    match member {
        Member::Named(name) => name.to_string().trim_start_matches("r#").into(),
        Member::Unnamed(index) => index.index.to_string().into(),
    }
}

fn arithmetic(op: &BinOp) -> Option<Binary> {
    Some(match op {
        BinOp::Add(_) => Binary::Add,
        BinOp::Sub(_) => Binary::Sub,
        BinOp::Mul(_) => Binary::Mul,
        BinOp::Div(_) => Binary::Div,
        BinOp::Rem(_) => Binary::Rem,
        BinOp::BitAnd(_) => Binary::BitAnd,
        BinOp::BitOr(_) => Binary::BitOr,
        BinOp::BitXor(_) => Binary::BitXor,
        BinOp::Shl(_) => Binary::Shl,
        BinOp::Shr(_) => Binary::Shr,
        _ => return None,
    })
}

/// The operator of a compound assignment.
fn assigning(op: &BinOp) -> Option<Binary> {
    Some(match op {
        BinOp::AddAssign(_) => Binary::Add,
        BinOp::SubAssign(_) => Binary::Sub,
        BinOp::MulAssign(_) => Binary::Mul,
        BinOp::DivAssign(_) => Binary::Div,
        BinOp::RemAssign(_) => Binary::Rem,
        BinOp::BitAndAssign(_) => Binary::BitAnd,
        BinOp::BitOrAssign(_) => Binary::BitOr,
        BinOp::BitXorAssign(_) => Binary::BitXor,
        BinOp::ShlAssign(_) => Binary::Shl,
        BinOp::ShrAssign(_) => Binary::Shr,
        _ => return None,
    })
}

pub(super) fn not_evaluated(what: &str) -> ExprError {
    ExprError::new(format!("{what} are not evaluated"))
}

fn no_calls() -> ExprError {
    ExprError::new("the program's functions are not called: an expression only reads its data")
        .hint("methods like `len()` and `contains()` are evaluated on the data")
}
