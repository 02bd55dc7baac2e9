//! What is no Rust: `$rip`, `$1`, `$`, `$$2`, `s@1`, `s@:12`, `typeof`. Before the tokens reach the parser,
//! each becomes a name with the number of its meaning, at the place where it stands in the text.

use proc_macro2::{Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

use super::error::{ExprError, Outcome};
use super::scope::{History, Which};

/// The deepest nesting of brackets that is read.
const DEEPEST: usize = 64;

/// What a name in the rewritten text begins with; nothing else may.
const PREFIX: &str = "__freehold_special_";

/// What `typeof` is called from here on.
pub(super) const TYPE_OF: &str = "type_of";

/// What a name stands for that is no Rust.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Special {
    Register(String),
    History(History),
    Variable(String, Which),
}

/// The meanings of the names that were put in.
#[derive(Default, Debug)]
pub(super) struct Specials {
    list: Vec<Special>,
}

impl Specials {
    /// What a name means; none for an ordinary one.
    pub(super) fn get(&self, name: &str) -> Option<&Special> {
        self.list.get(name.strip_prefix(PREFIX)?.parse::<usize>().ok()?)
    }

    /// Replaces what is no Rust.
    ///
    /// # Errors
    /// Where brackets are nested too deeply, a `$` or `@` has no meaning, or a name is ours.
    pub(super) fn rewrite(&mut self, tokens: TokenStream) -> Outcome<TokenStream> {
        self.group(tokens, 0)
    }

    fn group(&mut self, tokens: TokenStream, depth: usize) -> Outcome<TokenStream> {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut out = Vec::new();
        let mut rest = tokens.as_slice();
        while let [token, behind @ ..] = rest {
            rest = behind;
            match token {
                TokenTree::Group(group) => out.push(self.nested(group, depth)?),
                TokenTree::Punct(sign) if sign.as_char() == '$' => {
                    rest = self.dollar(sign, behind, &mut out)?;
                }
                TokenTree::Ident(name) => {
                    let text = name.to_string();
                    if text.starts_with(PREFIX) {
                        return Err(
                            ExprError::new("a name cannot begin so").at(&name.span().byte_range())
                        );
                    }
                    if text == "typeof" {
                        // A word that Rust keeps for itself.
                        out.push(TokenTree::Ident(Ident::new(TYPE_OF, name.span())));
                        continue;
                    }
                    match which(name, behind) {
                        Some((which, number, behind)) => {
                            self.put(Special::Variable(text, which), name.span(), &mut out);
                            self.number_tail(number, &mut out);
                            rest = behind;
                        }
                        None => out.push(token.clone()),
                    }
                }
                _ => out.push(token.clone()),
            }
        }
        Ok(out.into_iter().collect())
    }

    fn nested(&mut self, group: &Group, depth: usize) -> Outcome<TokenTree> {
        let below = depth.saturating_add(1);
        if below > DEEPEST {
            return Err(ExprError::new(format!("brackets are nested more than {DEEPEST} deep"))
                .at(&group.span_open().byte_range()));
        }
        let mut new = Group::new(group.delimiter(), self.group(group.stream(), below)?);
        new.set_span(group.span());
        Ok(TokenTree::Group(new))
    }

    /// What begins with a `$`; gives the tokens behind it.
    fn dollar<'t>(
        &mut self,
        sign: &Punct,
        behind: &'t [TokenTree],
        out: &mut Vec<TokenTree>,
    ) -> Outcome<&'t [TokenTree]> {
        let end = sign.span().byte_range().end;
        match behind {
            [TokenTree::Ident(name), rest @ ..] if starts_at(name.span(), end) => {
                self.put(Special::Register(name.to_string()), name.span(), out);
                Ok(rest)
            }
            [TokenTree::Literal(literal), rest @ ..] if starts_at(literal.span(), end) => {
                let number = number(literal).ok_or_else(|| meaningless(sign))?;
                self.put(Special::History(History::Number(number)), literal.span(), out);
                self.number_tail(Some(literal), out);
                Ok(rest)
            }
            [TokenTree::Punct(second), rest @ ..]
                if second.as_char() == '$' && starts_at(second.span(), end) =>
            {
                let end = second.span().byte_range().end;
                if let [TokenTree::Literal(literal), rest @ ..] = rest
                    && starts_at(literal.span(), end)
                {
                    let back = number(literal).ok_or_else(|| meaningless(sign))?;
                    self.put(Special::History(History::Back(back)), literal.span(), out);
                    self.number_tail(Some(literal), out);
                    return Ok(rest);
                }
                self.put(Special::History(History::Back(1)), second.span(), out);
                Ok(rest)
            }
            _ => {
                self.put(Special::History(History::Back(0)), sign.span(), out);
                Ok(behind)
            }
        }
    }

    fn put(&mut self, special: Special, span: Span, out: &mut Vec<TokenTree>) {
        let name = format!("{PREFIX}{}", self.list.len());
        out.push(TokenTree::Ident(Ident::new(&name, span)));
        self.list.push(special);
    }

    /// `$1.0` is read as the number 1.0, and means the field `0` of `$1`.
    fn number_tail(&self, literal: Option<&Literal>, out: &mut Vec<TokenTree>) {
        let Some(literal) = literal else { return };
        let text = literal.to_string();
        let Some((_, field)) = text.split_once('.') else { return };
        let mut dot = Punct::new('.', Spacing::Alone);
        dot.set_span(literal.span());
        out.push(TokenTree::Punct(dot));
        if let Ok(index) = field.parse::<u32>() {
            let mut index = Literal::u32_unsuffixed(index);
            index.set_span(literal.span());
            out.push(TokenTree::Literal(index));
        }
    }
}

/// Which variable a name with an `@` right behind it means, the number that says so, and the tokens
/// behind that. With space around it the `@` is that of a pattern.
fn which<'t>(
    name: &Ident,
    behind: &'t [TokenTree],
) -> Option<(Which, Option<&'t Literal>, &'t [TokenTree])> {
    let [TokenTree::Punct(at), behind @ ..] = behind else { return None };
    if at.as_char() != '@' || !starts_at(at.span(), name.span().byte_range().end) {
        return None;
    }
    let end = at.span().byte_range().end;
    match behind {
        [TokenTree::Literal(literal), rest @ ..] if starts_at(literal.span(), end) => {
            Some((Which::Nth(number(literal)?), Some(literal), rest))
        }
        [TokenTree::Punct(colon), TokenTree::Literal(literal), rest @ ..]
            if colon.as_char() == ':' && starts_at(colon.span(), end) =>
        {
            Some((Which::Line(number(literal)?), Some(literal), rest))
        }
        _ => None,
    }
}

fn starts_at(span: Span, at: usize) -> bool {
    span.byte_range().start == at
}

/// The whole number that a literal begins with.
fn number(literal: &Literal) -> Option<u32> {
    literal.to_string().split('.').next()?.parse().ok()
}

fn meaningless(sign: &Punct) -> ExprError {
    ExprError::new("`$` stands before a register, a number, or alone for the last value")
        .at(&sign.span().byte_range())
}
