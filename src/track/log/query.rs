//! Which events of a log somebody looks for.

use regex::bytes::Regex;

use crate::base::{BlockId, Event, EventKind};

/// Which events are looked for: all that every part allows which is there.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Query {
    /// The first event, and the last.
    pub between: Option<(u64, u64)>,
    /// The name of a kind.
    pub kind: Option<&'static str>,
    /// A block.
    pub block: Option<BlockId>,
    /// A function, by the end of its path.
    pub function: Option<String>,
    /// Only those that [`EventKind::has_picture`].
    pub pictures: bool,
    /// Only those that are listed beside a picture. What opens a run and what says how Freehold sees
    /// it happened to nobody, and entries, returns and stops are pictures themselves.
    pub news: bool,
}

/// The kinds that are no news.
const NO_NEWS: [&str; 8] =
    ["start", "note", "enter", "scope_end", "return", "borrow", "borrow_end", "stop"];

/// A query made ready. Events lie on disk as lines of JSON; most that do not fit are turned away by
/// their text, which is a thousand times faster than reading it.
pub(super) struct Sieve<'q> {
    query: &'q Query,
    texts: Vec<Regex>,
}

impl<'q> Sieve<'q> {
    pub fn new(query: &'q Query) -> Sieve<'q> {
        let kind = query.kind.map(|kind| regex::escape(&format!("\"event\":\"{kind}\"")));
        let block = query.block.map(|block| {
            let n = block.0;
            format!(r#""(?:block|ended)":{n}[,}}]|"(?:with|lent)":\[(?:\d+,)*{n}[,\]]"#)
        });
        let function = query.function.as_deref().map(|function| {
            // The last word of a path is in the text as it is, but for quotes.
            let last = function.rsplit("::").next().unwrap_or(function);
            regex::escape(last.split(['"', '\\']).next().unwrap_or(""))
        });
        let pictures = query.pictures.then(|| r#""stack":\{"#.to_owned());
        let news = query.news.then(|| {
            let kinds = EventKind::NAMES.iter().filter(|kind| !NO_NEWS.contains(kind));
            let kinds: Vec<String> = kinds.map(|kind| regex::escape(kind)).collect();
            format!("\"event\":\"(?:{})\"", kinds.join("|"))
        });
        let all = [kind, block, function, pictures, news];
        // A pattern that is too large for the engine turns nothing away.
        let texts = all.iter().flatten().filter_map(|text| Regex::new(text).ok());
        Sieve { query, texts: texts.collect() }
    }

    /// The first event that is asked for, and the last.
    pub fn between(&self) -> (u64, u64) {
        self.query.between.unwrap_or((0, u64::MAX))
    }

    /// Whether the text of an event may fit.
    pub fn may_pass(&self, text: &[u8]) -> bool {
        self.texts.iter().all(|wanted| wanted.is_match(text))
    }

    /// Whether an event fits.
    pub fn passes(&self, event: &Event) -> bool {
        let Query { between, kind, block, function, pictures, news } = self.query;
        between.is_none_or(|(from, to)| (from..=to).contains(&event.seq.0))
            && kind.is_none_or(|kind| event.kind.name() == kind)
            && block.is_none_or(|block| event.kind.is_about(block))
            && function.as_deref().is_none_or(|wanted| is_of(event, wanted))
            && (!pictures || event.kind.has_picture())
            && (!news || !NO_NEWS.contains(&event.kind.name()))
    }
}

/// Whether an event happened in a function, or is its return.
fn is_of(event: &Event, wanted: &str) -> bool {
    let fits = |path: &str| {
        let before = path.strip_suffix(wanted);
        before.is_some_and(|before| before.is_empty() || before.ends_with("::"))
    };
    let returned = match &event.kind {
        EventKind::Return { function, .. } => Some(function.as_str()),
        _ => None,
    };
    returned.is_some_and(fits) || event.at.as_ref().is_some_and(|at| fits(&at.function))
}

#[cfg(test)]
mod tests {
    use super::super::samples::{alloc, event, free};
    use super::*;
    use crate::base::BorrowKind;

    /// Whether an event fits, and that its text does not say otherwise.
    #[track_caller]
    fn fits(query: &Query, event: &Event) -> bool {
        let sieve = Sieve::new(query);
        let text = serde_json::to_vec(event).expect("it can be written");
        let fits = sieve.passes(event);
        assert!(!fits || sieve.may_pass(&text), "{query:?} {event:?}");
        fits
    }

    #[test]
    fn a_block_is_found_by_its_whole_number_alone() {
        let about = |block| Query { block: Some(BlockId(block)), ..Query::default() };
        assert!(fits(&about(3), &alloc(1, 3, 8, 0x10)) && fits(&about(3), &free(2, 3)));
        assert!(!fits(&about(3), &alloc(1, 33, 8, 0x10)));
        let with = vec![BlockId(7), BlockId(31)];
        let (from, to) = (String::new(), String::new());
        let moved = event(3, EventKind::Move { block: BlockId(5), with, from, to });
        for block in [5, 7, 31] {
            assert!(fits(&about(block), &moved), "{block}");
        }
        assert!(!fits(&about(1), &moved));
        let (from, to, kind) = ("main::v".to_owned(), "main::r".to_owned(), BorrowKind::Shared);
        let borrow = EventKind::BorrowEnd { from, to, kind, blocks: vec![BlockId(7), BlockId(31)] };
        let borrow = event(5, borrow);
        assert!(fits(&about(7), &borrow) && fits(&about(31), &borrow) && !fits(&about(3), &borrow));
        let free = EventKind::UnknownFree {
            address: crate::base::VirtAddr(1),
            ended: Some(BlockId(9)),
            allocated_at: None,
            freed_at: None,
            realloc: None,
        };
        assert!(fits(&about(9), &event(4, free)));
    }

    #[test]
    fn a_function_is_found_by_the_end_of_its_path() {
        let of = |name: &str| Query { function: Some(name.to_owned()), ..Query::default() };
        assert!(fits(&of("make"), &alloc(1, 1, 8, 0x10)));
        assert!(fits(&of("krate::make"), &alloc(1, 1, 8, 0x10)));
        assert!(!fits(&of("ake"), &alloc(1, 1, 8, 0x10)));
        // Where a block was allocated is not where it is freed.
        assert!(!fits(&of("make"), &free(2, 1)) && fits(&of("end"), &free(2, 1)));
    }

    #[test]
    fn kinds_and_numbers_limit_what_is_found() {
        let frees = Query { kind: Some("free"), ..Query::default() };
        assert!(fits(&frees, &free(2, 1)) && !fits(&frees, &alloc(1, 1, 8, 0x10)));
        let between = Query { between: Some((2, 3)), ..Query::default() };
        assert!(fits(&between, &free(2, 1)) && !fits(&between, &free(4, 1)));
        let pictures = Query { pictures: true, ..Query::default() };
        assert!(!fits(&pictures, &free(2, 1)));
        let news = Query { news: true, ..Query::default() };
        assert!(fits(&news, &free(2, 1)) && fits(&news, &event(3, EventKind::ThreadStart)));
        assert!(!fits(&news, &event(4, EventKind::Note { text: "\"event\":\"free\"".into() })));
        assert!(NO_NEWS.iter().all(|kind| EventKind::NAMES.contains(kind)));
    }
}
