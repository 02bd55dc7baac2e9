//! Lowering of patterns, and of what `matches!` takes.

use std::sync::Arc;

use syn::parse::{Parse, ParseStream};
use syn::{Expr, Pat, Token};

use super::error::{ExprError, Outcome};
use super::lower::{Lower, member, span_of};
use super::tree::{Pattern, PatternKind};

/// `matches!(of, pattern if guard)`.
pub(super) struct MatchesArguments {
    pub(super) of: Expr,
    pub(super) pattern: Pat,
    pub(super) guard: Option<Expr>,
}

impl Parse for MatchesArguments {
    fn parse(input: ParseStream<'_>) -> syn::Result<MatchesArguments> {
        let of = input.parse()?;
        input.parse::<Token![,]>()?;
        let pattern = Pat::parse_multi_with_leading_vert(input)?;
        let guard = match input.parse::<Option<Token![if]>>()? {
            Some(_) => Some(input.parse()?),
            None => None,
        };
        input.parse::<Option<Token![,]>>()?;
        Ok(MatchesArguments { of, pattern, guard })
    }
}

impl Lower<'_> {
    pub(super) fn pattern(&mut self, pat: &Pat) -> Outcome<Pattern> {
        let span = span_of(pat);
        self.deeper(&span)?;
        let lowered = self.pattern_kind(pat);
        self.shallower();
        lowered.map(|kind| Pattern { kind, span: span.clone() }).map_err(|error| error.at(&span))
    }

    fn patterns<'p>(&mut self, list: impl IntoIterator<Item = &'p Pat>) -> Outcome<Vec<Pattern>> {
        list.into_iter().map(|pat| self.pattern(pat)).collect()
    }

    fn pattern_kind(&mut self, pat: &Pat) -> Outcome<PatternKind> {
        Ok(match pat {
            Pat::Wild(_) => PatternKind::Anything,
            Pat::Rest(_) => PatternKind::Rest,
            Pat::Ident(name) => {
                let inner = name.subpat.as_ref().map(|(_, pat)| self.pattern(pat)).transpose()?;
                PatternKind::Name(name.ident.to_string().into(), inner.map(Box::new))
            }
            Pat::Lit(lit) => PatternKind::Value(self.boxed(&Expr::Lit(lit.clone()))?),
            Pat::Range(range) => {
                PatternKind::Range(self.ends(&range.start, &range.limits, &range.end)?)
            }
            Pat::Or(either) => PatternKind::Either(self.patterns(&either.cases)?),
            Pat::Paren(inner) => return self.pattern(&inner.pat).map(|pattern| pattern.kind),
            // A reference matches what it leads to, with or without its sign.
            Pat::Reference(to) => return self.pattern(&to.pat).map(|pattern| pattern.kind),
            Pat::Tuple(tuple) => PatternKind::Tuple(self.patterns(&tuple.elems)?),
            Pat::Slice(slice) => PatternKind::Slice(self.patterns(&slice.elems)?),
            Pat::TupleStruct(parts) => PatternKind::Parts {
                path: self.path(&parts.path)?,
                parts: self.patterns(&parts.elems)?,
            },
            Pat::Struct(made) => {
                let path = self.path(&made.path)?;
                let field = |field: &syn::FieldPat| -> Outcome<(Arc<str>, Pattern)> {
                    Ok((member(&field.member), self.pattern(&field.pat)?))
                };
                let fields = made.fields.iter().map(field).collect::<Outcome<_>>()?;
                PatternKind::Fields { path, fields }
            }
            Pat::Path(path) => PatternKind::Path(self.path(&path.path)?),
            _ => return Err(ExprError::new("patterns of this kind are not evaluated")),
        })
    }
}
