//! The text of a function, with its brackets paired: what the words around a use of a variable say of
//! that use.

use super::source_tokens::{Token, function_tokens};

/// Macros that look at what they get, all of which is computed.
const FORMATS: [&str; 7] = ["print", "println", "eprint", "eprintln", "format", "write", "writeln"];
/// Macros that look at what they get, some of which may not be computed.
const ASSERTS: [&str; 3] = ["assert_eq", "assert_ne", "panic"];
/// Words whose meaning for what stands around is not followed.
const NOT_FOLLOWED: [&str; 7] = ["fn", "macro_rules", "$", "#", "yield", "async", "await"];
/// Methods of std that leave what they are called on in its place.
const KEEPS: [&str; 14] = [
    "push", "push_str", "len", "is_empty", "clone", "is_some", "is_none", "iter", "iter_mut",
    "as_ref", "as_mut", "as_str", "insert", "clear",
];

/// The tokens of a function.
pub(super) struct FunctionText {
    tokens: Vec<Token>,
    /// For each bracket the one that it is closed by, or opened by.
    mates: Vec<Option<usize>>,
    /// For each token the bracket that is open around it.
    around: Vec<Option<usize>>,
    /// The brace that opens the body.
    pub body: usize,
}

/// What a use of a variable does to its value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Use {
    /// It is looked at, and stays.
    Looks,
    /// It is changed in its place, and stays.
    Changes,
    /// It is moved, if the use runs at all.
    Moves,
    /// A field of it is moved, if the use runs at all.
    MovesField,
    /// It is given a value, if the use runs at all.
    Assigns,
    /// A field of it is given a value, if the use runs at all.
    AssignsField,
    /// That is not told.
    Unknown,
}

impl FunctionText {
    /// The function that is declared on a line of a text, alone; none where the text cannot be
    /// followed.
    pub fn of(text: &str, line: u32) -> Option<FunctionText> {
        let tokens = function_tokens(text, line)?;
        let (mates, around) = paired(&tokens)?;
        let words = |at: usize, word: &str| tokens.get(at).is_some_and(|of| of.text == word);
        let on_line = tokens.iter().take_while(|token| token.line == line);
        let declares = on_line.enumerate().filter(|(_, token)| token.text == "fn");
        let declares: Vec<usize> = declares.map(|(at, _)| at).collect();
        let [declared] = declares[..] else { return None };
        let body = (declared..tokens.len())
            .find(|at| words(*at, "{") && around.get(*at).is_some_and(Option::is_none))?;
        let mut inside = tokens.get(body..)?.iter();
        let followed = inside.all(|token| !NOT_FOLLOWED.contains(&token.text.as_str()));
        followed.then_some(FunctionText { tokens, mates, around, body })
    }

    /// A token; an empty text behind the last.
    pub fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| &token.text)
    }

    /// The token so many before another.
    pub fn before(&self, at: usize, count: usize) -> &str {
        at.checked_sub(count).map_or("", |at| self.text(at))
    }

    /// The token so many behind another.
    pub fn behind(&self, at: usize, count: usize) -> &str {
        self.text(at.saturating_add(count))
    }

    /// The line of a token.
    pub fn line(&self, at: usize) -> u32 {
        self.tokens.get(at).map_or(0, |token| token.line)
    }

    /// The bracket that closes one, or opens it.
    pub fn mate(&self, at: usize) -> Option<usize> {
        self.mates.get(at).copied().flatten()
    }

    /// The bracket that is open around a token.
    pub fn around(&self, at: usize) -> Option<usize> {
        self.around.get(at).copied().flatten()
    }

    /// The brackets that are open around a token, the innermost first.
    pub fn all_around(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(self.around(at), |open| self.around(*open))
    }

    /// The brace that is open around a token.
    pub fn block_of(&self, at: usize) -> Option<usize> {
        self.all_around(at).find(|open| self.text(*open) == "{")
    }

    /// The first and the last token on a line, of those in the body.
    pub fn on_line(&self, line: u32) -> Option<(usize, usize)> {
        let first = self.tokens.partition_point(|token| token.line < line).max(self.body);
        let end = self.tokens.partition_point(|token| token.line <= line);
        let last = end.checked_sub(1)?;
        (first <= last).then_some((first, last))
    }

    /// Where a variable of a name is named in the body.
    pub fn names(&self, name: &str) -> Vec<usize> {
        let named = |at: &usize| {
            let label = self.behind(*at, 1) == ":"
                && matches!(self.before(*at, 1), "{" | ",")
                && self.around(*at).is_some_and(|open| self.text(open) == "{");
            let path = self.before(*at, 1) == "::" || self.behind(*at, 1) == "::";
            let quoted = self.text(*at).strip_prefix('"');
            // `"{name}"` names it where it is a format.
            let in_format = || quoted.is_some_and(|text| text.contains(&format!("{{{name}")));
            (self.text(*at) == name && self.before(*at, 1) != "." && !label && !path) || in_format()
        };
        (self.body..self.tokens.len()).filter(named).collect()
    }

    /// The end of the statement that begins at a token of a block: behind its last token.
    pub fn statement_end(&self, start: usize, block_end: usize) -> usize {
        let controls = ["if", "match", "for", "while", "loop", "unsafe", "{"];
        let control = controls.contains(&self.text(start)) || self.text(start).starts_with('\'');
        let mut at = start;
        while at < block_end {
            let token = self.text(at);
            if token == ";" {
                return at.saturating_add(1);
            }
            let Some(close) = self.mate(at).filter(|_| matches!(token, "(" | "[" | "{")) else {
                at = at.saturating_add(1);
                continue;
            };
            at = close.saturating_add(1);
            let goes_on = matches!(self.text(at), "else" | "." | "?" | ";");
            if token == "{" && control && !goes_on {
                return at;
            }
        }
        block_end
    }

    /// Whether a name at a token is that of a new variable: in a pattern, or as a parameter of a
    /// closure. What looks like one is taken for one.
    pub fn binds(&self, at: usize) -> bool {
        if self.text(at).starts_with('"') {
            return false;
        }
        let (one, two) = (self.before(at, 1), self.before(at, 2));
        let by_word = matches!(one, "let" | "ref" | "for" | "|") || (one == "mut" && two != "&");
        let by_sign = matches!(self.behind(at, 1), "@" | "|");
        by_word || by_sign || self.intro(at).is_some() || self.arm(at).is_some()
    }

    /// The `let` or `for` whose pattern a token lies in.
    pub fn intro(&self, at: usize) -> Option<usize> {
        let mut at = at.checked_sub(1)?;
        while at > self.body {
            match self.text(at) {
                "let" | "for" => return Some(at),
                ";" | "=" | "in" | "=>" => return None,
                ")" | "]" | "}" => at = self.mate(at)?,
                _ => {}
            }
            at = at.checked_sub(1)?;
        }
        None
    }

    /// The `=>` of the arm whose pattern a token lies in.
    pub fn arm(&self, at: usize) -> Option<usize> {
        let mut at = at.checked_add(1)?;
        loop {
            match self.text(at) {
                "=>" => return Some(at),
                ";" | "{" | "=" | "" => return None,
                "(" | "[" => at = self.mate(at)?,
                "}" if !matches!(self.behind(at, 1), "=>" | ")" | "," | "|" | "if") => return None,
                _ => {}
            }
            at = at.checked_add(1)?;
        }
    }

    /// Whether a token may lie in a closure, which may run at another time, and has captured what it
    /// names: as far as it can be told by the signs before it. What looks like one is taken for one.
    pub fn may_be_in_closure(&self, at: usize) -> bool {
        let mut at = at;
        while let Some(before) = at.checked_sub(1).filter(|before| *before > self.body) {
            at = match self.text(before) {
                "|" | "||" | "move" => return true,
                // What stands before it in its block is over.
                ";" => match self.block_of(before) {
                    Some(open) => open,
                    None => return true,
                },
                ")" | "]" | "}" => match self.mate(before) {
                    Some(open) => open,
                    None => return true,
                },
                _ => before,
            };
        }
        false
    }

    /// What a use of a variable does. `of_std` says that its type is one of std.
    pub fn use_at(&self, at: usize, of_std: bool) -> Use {
        if self.may_be_in_closure(at) {
            return Use::Unknown;
        }
        if self.text(at).starts_with('"') {
            return Use::Looks;
        }
        self.borrow_at(at)
            .or_else(|| self.in_macro(at))
            .or_else(|| self.store_at(at))
            .or_else(|| self.method_at(at).filter(|_| of_std))
            .or_else(|| self.moves(at))
            .unwrap_or(Use::Unknown)
    }

    fn borrow_at(&self, at: usize) -> Option<Use> {
        let unique = self.before(at, 1) == "mut" && self.before(at, 2) == "&";
        let sign = at.checked_sub(if unique { 2 } else { 1 })?;
        // Behind an operand it would be an operator.
        let before = self.before(sign, 1);
        let operator = (before.starts_with('"')
            || before.ends_with(|c: char| c.is_alphanumeric() || "_)]}?".contains(c)))
            && !matches!(before, "return" | "in" | "match" | "if" | "while" | "else" | "break");
        // The value of a method that is called on it is what the reference is to.
        let plain = match self.behind(at, 1) {
            "." => self.behind(at, 3) != "(" && !matches!(self.behind(at, 3), "." | "?" | "::"),
            "(" | "?" => false,
            _ => true,
        };
        let whole = self.text(sign) == "&" && !operator && plain;
        whole.then_some(if unique { Use::Changes } else { Use::Looks })
    }

    /// The direct argument of a macro that only looks at it.
    fn in_macro(&self, at: usize) -> Option<Use> {
        let open = self.around(at)?;
        let name = self.before(open, 2);
        let known = FORMATS.contains(&name) || ASSERTS.contains(&name);
        let called = self.before(open, 1) == "!" && known;
        let alone = self.before(at, 1) == "," && matches!(self.behind(at, 1), "," | ")");
        (called && alone).then_some(Use::Looks)
    }

    /// What is stored in it, or in a field of it; and `let _ = v`, which does nothing.
    fn store_at(&self, at: usize) -> Option<Use> {
        let begins = matches!(self.before(at, 1), ";" | "{" | "}");
        match [self.behind(at, 1), self.behind(at, 3)] {
            ["=", _] if begins => Some(Use::Assigns),
            [".", "="] if begins => Some(Use::AssignsField),
            [";", _] if self.before(at, 1) == "=" && self.before(at, 2) == "_" => Some(Use::Looks),
            _ => None,
        }
    }

    fn method_at(&self, at: usize) -> Option<Use> {
        let called = self.behind(at, 1) == "." && self.behind(at, 3) == "(";
        let takes = self.behind(at, 2) == "take" && self.behind(at, 4) == ")";
        let keeps = called && (takes || KEEPS.contains(&self.behind(at, 2)));
        (keeps && self.before(at, 1) != "*").then_some(Use::Changes)
    }

    /// Whether it, or a field of it, is a whole argument of a call, or the whole value that a variable
    /// is given.
    fn moves(&self, at: usize) -> Option<Use> {
        let field = self.behind(at, 1) == ".";
        let begins = matches!(self.before(at, 1), "(" | "," | "=" | "[");
        let behind = self.behind(at, if field { 3 } else { 1 });
        let ends = matches!(behind, ")" | "," | ";" | "]");
        let in_calls = self
            .all_around(at)
            .take_while(|open| self.text(*open) != "{")
            .all(|open| self.is_call(open));
        let in_block = self.block_of(at).is_some_and(|open| self.is_plain(open));
        let what = if field { Use::MovesField } else { Use::Moves };
        (begins && ends && in_calls && in_block).then_some(what)
    }

    /// Whether a bracket opens the arguments of a call of a function, or those of `vec!`.
    fn is_call(&self, open: usize) -> bool {
        let before = self.before(open, 1);
        let keyword = matches!(
            before,
            "if" | "while" | "match" | "return" | "in" | "else" | "break" | "let" | "for" | "mut"
        );
        let named = before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        match self.text(open) {
            "(" if before == "!" => FORMATS.contains(&self.before(open, 2)),
            "(" => named && !keyword,
            "[" => before == "=" || (before == "!" && self.before(open, 2) == "vec"),
            _ => false,
        }
    }

    /// Whether a statement declares a variable that holds a closure which captures by value what it
    /// names, and where that closure begins.
    pub fn moving_closure(&self, start: usize, end: usize) -> Option<usize> {
        let begin = (start..end).find(|at| self.text(*at) == "=")?.checked_add(1)?;
        let closure = self.text(begin) == "move" && matches!(self.behind(begin, 1), "|" | "||");
        (self.text(start) == "let" && closure).then_some(begin)
    }

    /// Whether a brace opens a block of statements, or of arms, and no struct and no macro.
    pub fn is_plain(&self, open: usize) -> bool {
        match self.before(open, 1) {
            _ if open == self.body => true,
            "else" | "loop" | "unsafe" | "=>" | "{" | ";" | "}" | "=" => true,
            ":" => self.before(open, 2).starts_with('\''),
            _ => self.control(open).is_some(),
        }
    }

    /// The word that begins the head of a block: `if`, `while`, `match` or `for`. None where there is
    /// no such head before a brace.
    pub fn control(&self, open: usize) -> Option<usize> {
        let mut at = open;
        loop {
            at = at.checked_sub(1).filter(|at| *at > self.body)?;
            match self.text(at) {
                "if" | "while" | "match" | "for" => return Some(at),
                "let" if matches!(self.before(at, 1), "if" | "while" | "&&") => {}
                "let" | ";" | "{" | "}" | "=>" | "(" | "[" | "!" => return None,
                ")" | "]" => at = self.mate(at)?,
                _ => {}
            }
        }
    }
}

/// For each bracket its counterpart, and for each token the bracket around it; none where they do not
/// fit.
type Paired = (Vec<Option<usize>>, Vec<Option<usize>>);

fn paired(tokens: &[Token]) -> Option<Paired> {
    let mut mates = vec![None; tokens.len()];
    let mut around = Vec::with_capacity(tokens.len());
    let mut open: Vec<(usize, &str)> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let closes = match token.text.as_str() {
            ")" => "(",
            "]" => "[",
            "}" => "{",
            _ => "",
        };
        if !closes.is_empty() {
            let (from, _) = open.pop().filter(|(_, text)| *text == closes)?;
            *mates.get_mut(from)? = Some(at);
            *mates.get_mut(at)? = Some(from);
        }
        around.push(open.last().map(|(from, _)| *from));
        if matches!(token.text.as_str(), "(" | "[" | "{") {
            open.push((at, &token.text));
        }
    }
    Some((mates, around))
}
