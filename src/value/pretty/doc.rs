//! From a value to a document: what may stand on one line, and where it may be broken.

use unicode_width::UnicodeWidthStr;

use super::numbers;
use super::{CutAt, CutUnit, Token, TokenKind};
use crate::base::VirtAddr;
use crate::value::data::entry_label;
use crate::value::format::{Format, Radix};
use crate::value::model::{
    Fields, Map, Pointer, Sequence, Text, Value, ValueKind, contents_of_bytes,
};
use crate::value::naming::Naming;
use crate::value::text::{escaped, is_raw, shares};

/// What a value prints as.
pub(super) enum Doc {
    /// Tokens that stay together.
    Leaf(Vec<Token>),
    /// A text: its escaped characters, and what stands behind the closing quote.
    Text { characters: Vec<String>, behind: Vec<Token> },
    /// Tokens in front of a document: the name of a field, the key of an entry.
    Prefixed(Vec<Token>, Box<Doc>),
    /// Items in brackets.
    Group(Group),
}

/// Items in brackets.
pub(super) struct Group {
    /// What stands before the opening bracket.
    pub(super) head: Vec<Token>,
    pub(super) brackets: [&'static str; 2],
    /// Whether there are spaces inside of the brackets on one line.
    pub(super) spaced: bool,
    pub(super) items: Vec<Doc>,
    /// That there are more items.
    pub(super) more: Option<Token>,
    /// Whether a comma stands behind the last item on one line, too: a tuple of one.
    pub(super) comma: bool,
    /// Whether several items may stand on one of many lines.
    pub(super) fills: bool,
    /// Columns on one line.
    pub(super) width: usize,
}

impl Doc {
    /// Columns that it takes on one line.
    pub(super) fn width(&self) -> usize {
        match self {
            Doc::Leaf(tokens) => width(tokens),
            Doc::Text { characters, behind } => {
                let text: usize = characters.iter().map(|c| c.width()).sum();
                text.saturating_add(2).saturating_add(width(behind))
            }
            Doc::Prefixed(prefix, doc) => width(prefix).saturating_add(doc.width()),
            Doc::Group(group) => group.width,
        }
    }
}

/// Columns of tokens.
pub(super) fn width(tokens: &[Token]) -> usize {
    tokens.iter().map(|token| token.text.width()).sum()
}

/// The document of a value, and what limits cut off in it.
pub(super) fn build(value: &Value, naming: &Naming<'_>, format: &Format) -> (Doc, Vec<CutAt>) {
    let mut builder = Builder { naming, radix: format.radix, path: String::new(), cut: Vec::new() };
    let doc = builder.value(value);
    (doc, builder.cut)
}

struct Builder<'a> {
    naming: &'a Naming<'a>,
    radix: Radix,
    path: String,
    cut: Vec<CutAt>,
}

impl Builder<'_> {
    fn value(&mut self, value: &Value) -> Doc {
        if let Some(token) = numbers::token(value, self.radix) {
            return Doc::Leaf(vec![token]);
        }
        let type_of = |name: &str| vec![Token::new(TokenKind::Type, name)];
        match &value.kind {
            ValueKind::Unreadable(why) => dim(why.in_place()),
            ValueKind::Cut(_) => {
                self.note(0, None, CutUnit::Levels);
                dim("…")
            }
            ValueKind::Text(text) => self.text(text),
            ValueKind::Pointer(pointer) => self.pointer(value, pointer),
            ValueKind::Function { target } => self.arrow(value, *target),
            ValueKind::Sequence(sequence) => self.sequence(sequence, ["[", "]"]),
            ValueKind::Set(set) => self.sequence(set, ["{", "}"]),
            ValueKind::Map(map) => self.map(map),
            ValueKind::Enum { variant, fields } => self.fields(type_of(variant), fields),
            ValueKind::Record { name, fields } | ValueKind::Union { name, fields } => {
                // The name of a tuple is its types; `{:?}` prints none.
                let name = if name.starts_with('(') { "" } else { name };
                self.fields(type_of(name), fields)
            }
            ValueKind::Raw { why, name, fields } => {
                let mut head = type_of(name);
                head.push(Token::new(TokenKind::Dim, format!(" /* {why} */")));
                self.fields(head, fields)
            }
            ValueKind::Broken { reason, fields } => {
                self.fields(vec![Token::new(TokenKind::Dim, reason.in_place())], fields)
            }
            _ => dim("?"),
        }
    }

    fn fields(&mut self, head: Vec<Token>, fields: &Fields) -> Doc {
        let anonymous = width(&head) == 0;
        if fields.list.is_empty() && fields.more == 0 {
            return match anonymous {
                true => Doc::Leaf(vec![punctuation("()")]),
                false => Doc::Leaf(head),
            };
        }
        let mut items = Vec::new();
        for (name, field) in &fields.list {
            let doc = self.within(&format!(".{name}"), field);
            items.push(match fields.tuple {
                true => doc,
                false => {
                    let prefix = [Token::new(TokenKind::Name, &**name), punctuation(": ")];
                    Doc::Prefixed(prefix.into(), Box::new(doc))
                }
            });
        }
        let more = self.more(items.len(), fields.more, CutUnit::Fields);
        let comma = anonymous && fields.tuple && items.len() == 1 && more.is_none();
        let (brackets, spaced) =
            if fields.tuple { (["(", ")"], false) } else { (["{", "}"], true) };
        group(Group { head, brackets, spaced, items, more, comma, fills: false, width: 0 })
    }

    fn sequence(&mut self, sequence: &Sequence, brackets: [&'static str; 2]) -> Doc {
        if self.radix == Radix::Str
            && let Some(text) = contents_of_bytes(sequence)
        {
            return self.text(&text);
        }
        let items = sequence.items.iter().enumerate();
        let items: Vec<Doc> =
            items.map(|(index, item)| self.within(&format!("[{index}]"), item)).collect();
        let fills = items.iter().all(|item| matches!(item, Doc::Leaf(_)));
        let more = self.more(items.len(), sequence.more(), CutUnit::Elements);
        let group_of = |items| Group {
            head: vec![],
            brackets,
            spaced: false,
            items,
            more,
            comma: false,
            fills,
            width: 0,
        };
        group(group_of(items))
    }

    fn map(&mut self, map: &Map) -> Doc {
        let mut items = Vec::new();
        for (index, (key, value)) in map.entries.iter().enumerate() {
            let label = entry_label(index, key);
            let key = self.within(&format!("{label}.key"), key);
            let value = self.within(&label, value);
            let mut prefix = Vec::new();
            super::layout::flat(&key, &mut prefix);
            prefix.push(punctuation(": "));
            items.push(Doc::Prefixed(prefix, Box::new(value)));
        }
        let more = self.more(items.len(), map.more(), CutUnit::Elements);
        group(Group {
            head: vec![],
            brackets: ["{", "}"],
            spaced: false,
            items,
            more,
            comma: false,
            fills: false,
            width: 0,
        })
    }

    fn text(&mut self, text: &Text) -> Doc {
        let mut behind = Vec::new();
        let more = text.more();
        if more > 0 {
            self.note(text.shown.len() as u64, Some(text.len), CutUnit::Bytes);
            let plural = if more == 1 { "" } else { "s" };
            behind.push(Token::new(TokenKind::Dim, format!("… {more} more byte{plural}")));
        }
        Doc::Text { characters: escaped(&text.shown), behind }
    }

    fn pointer(&mut self, value: &Value, pointer: &Pointer) -> Doc {
        match &pointer.pointee {
            // A raw pointer is shown with the text that was asked for behind it.
            Some(pointee) if is_raw(pointer) => {
                let Doc::Leaf(mut prefix) = self.arrow(value, pointer.target) else {
                    return dim("?");
                };
                prefix.push(punctuation(" "));
                Doc::Prefixed(prefix, Box::new(self.within("*", pointee)))
            }
            Some(pointee) => self.within("*", pointee),
            // What `{:?}` prints for a Weak, which does not own what it leads to.
            None if !pointer.counts.is_empty() && !shares(value) => dim("(Weak)"),
            None => self.arrow(value, pointer.target),
        }
    }

    /// What a pointer that is not followed leads to. Its address is told where a radix was asked
    /// for; the name of what is there stands behind it then.
    fn arrow(&self, value: &Value, target: VirtAddr) -> Doc {
        let mut tokens = vec![
            Token::new(TokenKind::Type, (self.naming.type_name)(&value.type_name)),
            punctuation(" → "),
        ];
        let name = match target.0 {
            0 => "null".to_owned(),
            _ => (self.naming.address)(target),
        };
        match numbers::address(target.0, self.radix).filter(|_| target.0 != 0) {
            None => tokens.push(Token::new(TokenKind::Address, name)),
            Some(number) => tokens.extend([
                Token::new(TokenKind::Number, number),
                punctuation(" ("),
                Token::new(TokenKind::Address, name),
                punctuation(")"),
            ]),
        }
        Doc::Leaf(tokens)
    }

    fn within(&mut self, step: &str, part: &Value) -> Doc {
        let len = self.path.len();
        self.path.push_str(step);
        let doc = self.value(part);
        self.path.truncate(len);
        doc
    }

    fn more(&mut self, shown: usize, more: u64, unit: CutUnit) -> Option<Token> {
        if more == 0 {
            return None;
        }
        let shown = shown as u64;
        self.note(shown, Some(shown.saturating_add(more)), unit);
        Some(Token::new(TokenKind::Dim, format!("… {more} more")))
    }

    fn note(&mut self, shown: u64, of: Option<u64>, unit: CutUnit) {
        self.cut.push(CutAt { path: self.path.clone(), shown, of, unit });
    }
}

/// The group with its width.
fn group(mut group: Group) -> Doc {
    let items = group.items.iter().map(Doc::width);
    let more = group.more.iter().map(|token| token.text.width());
    let (mut sum, mut count) = (0_usize, 0_usize);
    for part in items.chain(more) {
        sum = sum.saturating_add(part);
        count = count.saturating_add(1);
    }
    let commas = count.saturating_sub(1).saturating_mul(2);
    // A space before the opening bracket, and one inside each.
    let spaces = if group.spaced { 3 } else { 0 };
    let ends = spaces + 2 + usize::from(group.comma);
    let all = [width(&group.head), sum, commas, ends];
    group.width = all.into_iter().fold(0, usize::saturating_add);
    Doc::Group(group)
}

pub(super) fn punctuation(text: &str) -> Token {
    Token::new(TokenKind::Punctuation, text)
}

fn dim(text: impl Into<String>) -> Doc {
    Doc::Leaf(vec![Token::new(TokenKind::Dim, text)])
}
