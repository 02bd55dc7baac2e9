//! How a value splits between stack and heap, as a tree.

use unicode_width::UnicodeWidthStr;

use super::spans::{Ink, Line, bytes, counted, number};
use crate::base::{Hold, Region, SizesFrom, Split, SplitMore, SplitPart};

/// Columns below which the tree is not squeezed.
const NARROWEST: usize = 40;

/// The split of a value called `name`, with colours, in lines of so many columns.
pub fn split_text(split: &Split, name: &str, width: usize) -> String {
    let mut rows = Vec::new();
    list(&split.parts, &split.more, name, "", true, &mut rows);
    let mut lines = head(split, name);
    let columns = Columns::of(&rows, width.max(NARROWEST));
    lines.extend(rows.into_iter().map(|row| columns.line(row)));
    let mut out = String::new();
    for line in lines {
        line.fit(width.max(NARROWEST)).render(&mut out);
    }
    out
}

/// The sums, and what must be known to read them rightly.
fn head(split: &Split, name: &str) -> Vec<Line> {
    let totals = &split.totals;
    let mut first = Line::new();
    first.push(Ink::Strong, name).push(Ink::Plain, ": ").push(Ink::Type, &split.type_name);
    let mut sums = Line::new();
    let at_least = if split.at_least.is_some() { "at least " } else { "" };
    sums.push(Ink::Plain, format!("  {} {}", bytes(split.size), own(&split.region)));
    sums.push(Ink::Plain, format!(" + {at_least}{} on the heap", bytes(totals.heap_bytes)));
    if totals.blocks > 0 {
        sums.push(Ink::Plain, format!(" in {}", counted(totals.blocks, "block")));
    }
    let mut notes = Vec::new();
    if totals.spare > 0 {
        notes.push(format!("{} of it spare", bytes(totals.spare)));
    }
    if totals.shared_blocks > 0 {
        let blocks = counted(totals.shared_blocks, "block");
        notes.push(format!("{} of it in {blocks} shared", bytes(totals.shared_bytes)));
    }
    if totals.borrowed > 0 {
        notes.push(format!("{} borrowed, not counted", number(totals.borrowed)));
    }
    if split.sizes == SizesFrom::Capacities && totals.blocks > 0 {
        notes.push("computed from capacities, not from the allocator's sizes".to_owned());
    }
    if let Some(why) = &split.at_least {
        notes.push(format!("at least: {why}"));
    }
    let note = |text: String| {
        let mut line = Line::new();
        line.push(Ink::Faint, format!("  {text}"));
        line
    };
    [first, sums].into_iter().chain(notes.into_iter().map(note)).collect()
}

/// Where the value's own bytes are.
fn own(region: &Region) -> String {
    match region {
        Region::Stack => "on the stack".to_owned(),
        Region::StackOf { function, frame } => {
            format!("on the stack of {function} (frame {frame})")
        }
        Region::Register(name) => format!("in {name}"),
        Region::Nowhere => "in no one place".to_owned(),
        other => format!("in {other}"),
    }
}

/// A line of the tree before it is laid out.
struct Row {
    /// The branches of the tree, and where the part leads.
    place: Line,
    size: String,
    path: String,
    type_name: String,
    note: String,
}

/// Lists parts, each with those inside of it. `branch` is what stands before them all.
fn list(
    parts: &[SplitPart],
    more: &SplitMore,
    name: &str,
    branch: &str,
    outermost: bool,
    rows: &mut Vec<Row>,
) {
    let lines = parts.len() + usize::from(!more.is_empty());
    for (index, part) in parts.iter().enumerate() {
        let (own, below) = branches(branch, index + 1 == lines, outermost);
        rows.push(row(part, name, &own));
        list(&part.parts, &part.more, name, &below, false, rows);
    }
    if !more.is_empty() {
        let (own, _) = branches(branch, true, outermost);
        let mut place = Line::new();
        let what = if more.parts > 0 {
            format!("{} more", number(more.parts))
        } else {
            "more inside".to_owned()
        };
        place.push(Ink::Faint, own).push(Ink::Plain, format!("… {what}: {}", bytes(more.bytes)));
        place.push(Ink::Plain, format!(" in {}", counted(more.blocks, "block")));
        if more.spare > 0 {
            place.push(Ink::Faint, format!(", {} spare", bytes(more.spare)));
        }
        rows.push(Row {
            place,
            size: String::new(),
            path: String::new(),
            type_name: String::new(),
            note: String::new(),
        });
    }
}

/// What stands before a part, and before those inside of it.
fn branches(branch: &str, last: bool, outermost: bool) -> (String, String) {
    match (outermost, last) {
        (true, _) => (String::new(), String::new()),
        (false, true) => (format!("{branch}└ "), format!("{branch}  ")),
        (false, false) => (format!("{branch}├ "), format!("{branch}│ ")),
    }
}

fn row(part: &SplitPart, name: &str, branch: &str) -> Row {
    let mut place = Line::new();
    if !branch.is_empty() {
        place.push(Ink::Faint, branch);
    }
    match &part.region {
        Region::Heap { .. } => place.push(Ink::Block, part.region.to_string()),
        // Without a ledger blocks have no ordinals.
        Region::Anonymous if part.counted => place.push(Ink::Block, "heap"),
        other => place.push(Ink::Plain, other.to_string()),
    };
    let size = match (part.counted, part.spare) {
        (false, _) | (true, 0) => bytes(part.size),
        (true, _) => format!("{} of {}", number(part.used), bytes(part.size)),
    };
    Row {
        place,
        size,
        path: format!("{name}{}", part.path),
        type_name: part.type_name.clone(),
        note: note(part),
    }
}

fn note(part: &SplitPart) -> String {
    let counts: Vec<String> = part.counts.iter().map(|(name, n)| format!("{name} {n}")).collect();
    let counts =
        if counts.is_empty() { String::new() } else { format!(" ({})", counts.join(", ")) };
    match (part.hold, part.counted) {
        (Hold::Refers, _) => format!("borrowed{counts}"),
        (Hold::Shares, true) => format!("shared{counts}"),
        (Hold::Owner, true) => String::new(),
        (_, false) if part.region.may_be_heap() => format!("counted already{counts}"),
        (_, false) => format!("not on the heap{counts}"),
    }
}

/// How wide the columns of the tree are.
struct Columns {
    place: usize,
    size: usize,
    path: usize,
    width: usize,
}

impl Columns {
    fn of(rows: &[Row], width: usize) -> Columns {
        let parts = || rows.iter().filter(|row| !row.path.is_empty());
        let widest = |widths: &mut dyn Iterator<Item = usize>, limit: usize| {
            widths.max().unwrap_or(0).min(limit)
        };
        Columns {
            place: widest(&mut parts().map(|row| row.place.width()), width * 2 / 5),
            size: widest(&mut parts().map(|row| row.size.width()), width / 3),
            path: widest(&mut parts().map(|row| row.path.width()), width / 3),
            width,
        }
    }

    fn line(&self, row: Row) -> Line {
        if row.path.is_empty() {
            return row.place;
        }
        let mut line = row.place.fit(self.place);
        line.pad_to(self.place + 2);
        line.push(Ink::Plain, format!("{:>width$}  ", row.size, width = self.size));
        let path = line.width() + self.path + 2;
        line.push_cut(Ink::Strong, &row.path, self.path).pad_to(path);
        let note = if row.note.is_empty() { 0 } else { row.note.width() + 2 };
        let room = self.width.saturating_sub(line.width()).saturating_sub(note);
        line.push_cut(Ink::Type, &row.type_name, room);
        if note > 0 {
            line.push(Ink::Faint, format!("  {}", row.note));
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{BlockId, SplitTotals};

    fn part(path: &str, ty: &str, block: u64, size: u64, used: u64) -> SplitPart {
        SplitPart {
            path: path.to_owned(),
            type_name: ty.to_owned(),
            region: Region::Heap { block: BlockId(block), offset: 0 },
            size,
            used,
            spare: size - used,
            hold: Hold::Owner,
            counts: Vec::new(),
            counted: true,
            parts: Vec::new(),
            more: SplitMore::default(),
        }
    }

    fn split(parts: Vec<SplitPart>, totals: SplitTotals) -> Split {
        Split {
            type_name: "Vec<String>".to_owned(),
            region: Region::Stack,
            size: 24,
            totals,
            sizes: SizesFrom::Ledger,
            at_least: None,
            parts,
            more: SplitMore::default(),
        }
    }

    fn shown(split: &Split, width: usize) -> String {
        anstream::adapter::strip_str(&split_text(split, "v", width)).to_string()
    }

    #[test]
    fn a_vec_of_two_strings_is_a_tree_of_three_blocks() {
        let mut buffer = part("", "Vec<String>", 1, 48, 48);
        buffer.parts = vec![part("[0]", "String", 2, 5, 5), part("[1]", "String", 3, 5, 5)];
        let totals =
            SplitTotals { stack_bytes: 24, heap_bytes: 58, blocks: 3, ..SplitTotals::default() };
        let expected = "\
v: Vec<String>
  24 B on the stack + 58 B on the heap in 3 blocks
#1    48 B  v     Vec<String>
├ #2   5 B  v[0]  String
└ #3   5 B  v[1]  String
";
        assert_eq!(shown(&split(vec![buffer], totals), 80), expected);
    }

    #[test]
    fn what_is_not_listed_shared_or_borrowed_is_told_in_words() {
        let mut buffer = part("", "Vec<Item>", 1, 64, 48);
        let mut shared = part("[0].tag", "Rc<str>", 2, 24, 24);
        shared.hold = Hold::Shares;
        shared.counts = vec![("strong", 2), ("weak", 0)];
        shared.parts = vec![part("[0].tag*", "String", 3, 8, 5)];
        let mut again = part("[1].tag", "Rc<str>", 2, 24, 24);
        (again.hold, again.counted) = (Hold::Shares, false);
        let mut text = part("[1].name", "&str", 0, 6, 6);
        text.region = Region::Section(".rodata".to_owned());
        (text.hold, text.counted) = (Hold::Refers, false);
        buffer.parts = vec![shared, again, text];
        buffer.more = SplitMore { parts: 999_990, bytes: 24_000_000, blocks: 999_990, spare: 12 };
        let totals = SplitTotals {
            stack_bytes: 24,
            heap_bytes: 24_000_096,
            blocks: 999_993,
            spare: 31,
            shared_bytes: 32,
            shared_blocks: 2,
            borrowed: 1,
        };
        let mut split = split(vec![buffer], totals);
        split.sizes = SizesFrom::Capacities;
        split.at_least = Some("2 parts could not be read".to_owned());
        let expected = "\
v: Vec<String>
  24 B on the stack + at least 24,000,096 B on the heap in 999,993 blocks
  31 B of it spare
  32 B of it in 2 blocks shared
  1 borrowed, not counted
  computed from capacities, not from the allocator's sizes
  at least: 2 parts could not be read
#1         48 of 64 B  v          Vec<Item>
├ #2             24 B  v[0].tag   Rc<str>  shared (strong 2, weak 0)
│ └ #3       5 of 8 B  v[0].tag*  String
├ #2             24 B  v[1].tag   Rc<str>  counted already
├ .rodata         6 B  v[1].name  &str  borrowed
└ … 999,990 more: 24,000,000 B in 999,990 blocks, 12 B spare
";
        assert_eq!(shown(&split, 80), expected);
    }

    #[test]
    fn no_line_is_wider_than_the_page() {
        let mut buffer = part("", &"Vec<Long>".repeat(20), 1, 48, 48);
        let mut path = String::new();
        for level in 0..30 {
            path.push_str(".field");
            let mut outer = part(&path, "krate::module::Type", level + 2, 1 << 40, 5);
            outer.parts = vec![buffer];
            buffer = outer;
        }
        let split = split(vec![buffer], SplitTotals::default());
        for width in [40, 80, 120] {
            let text = shown(&split, width);
            assert_eq!(text.lines().count(), 33);
            assert!(text.lines().all(|line| line.width() <= width), "{text}");
        }
    }
}
