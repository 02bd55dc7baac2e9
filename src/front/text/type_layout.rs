//! The layout of a type as text: its bytes as a picture, and a table of what they are for.

mod rows;
#[cfg(test)]
mod tests;

use self::rows::{Row, TAG, rows, tag_word};
use super::spans::{Ink, Line, bytes, counted, cut, number, wrap};
use crate::dwarf::short_type_name;
use crate::value::layout::{
    Alignment, Discriminant, FieldLayout, Kind, Niche, Span, TypeLayout, Values, VariantLayout,
};

/// Above this size the picture of the bytes says less than the table.
const MOST_DRAWN: u64 = 128;
/// How many niches are listed.
const MOST_NICHES: usize = 4;
/// Stands for bytes that several fields of a union share.
const SHARED: char = '*';

/// A type, for a page of so many columns.
pub(in crate::front) fn type_layout(layout: &TypeLayout, width: usize) -> String {
    let mut page = Page { width, out: String::new() };
    page.heading(layout);
    if let Some(tag) = &layout.discriminant {
        page.discriminant(tag, layout);
    }
    match layout.variants.iter().all(|variant| variant.fields.is_empty()) {
        true if !layout.variants.is_empty() => page.values(layout),
        _ => layout.variants.iter().for_each(|variant| page.variant(layout, variant)),
    }
    if layout.variants.is_empty() {
        page.body(layout.size, &rows(&layout.fields, &layout.padding, None));
    }
    if let (Some(element), Some(count)) = (&layout.element, layout.count) {
        page.element(element, count);
    }
    page.remarks(layout);
    page.out
}

/// The types that a name may mean, each with its size.
pub(in crate::front) fn instances(name: &str, layouts: &[TypeLayout], width: usize) -> String {
    let mut page = Page { width, out: String::new() };
    let count = counted(layouts.len() as u64, "type");
    page.line(&[(Ink::Strong, name.to_owned()), (Ink::Faint, format!("  {count}"))]);
    page.blank();
    page.line(&[(Ink::Faint, "      size  align  type".to_owned())]);
    for layout in layouts {
        let size = layout.size.map_or("?".to_owned(), number);
        let align = layout.align.map_or("?".to_owned(), alignment);
        let head = format!("{size:>10}  {align:>5}  ");
        let name = cut(&layout.name, width.saturating_sub(head.len()));
        page.line(&[(Ink::Plain, head), (Ink::Type, name)]);
    }
    page.out
}

struct Page {
    width: usize,
    out: String,
}

impl Page {
    fn heading(&mut self, layout: &TypeLayout) {
        self.line(&[(Ink::Type, layout.name.clone())]);
        let mut about = kind(layout).to_owned();
        match layout.size {
            Some(size) => about.push_str(&format!(", {}", bytes(size))),
            None => about.push_str(", of unknown size"),
        }
        if let Some(align) = layout.align {
            about.push_str(&format!(", align {}", alignment(align)));
        }
        if !layout.inhabited {
            about.push_str(", without values");
        }
        if layout.packed {
            about.push_str(", packed");
        }
        if layout.padding_bytes > 0 {
            let of = if layout.variants.is_empty() { "of padding" } else { "in no variant" };
            about.push_str(&format!(", {} {of}", bytes(layout.padding_bytes)));
        }
        self.line(&[(Ink::Plain, about)]);
    }

    fn discriminant(&mut self, tag: &Discriminant, layout: &TypeLayout) {
        if tag.at.size == 0 {
            return;
        }
        let place = place(tag.at);
        let what = match &tag.niche_of {
            None => format!("{TAG} tag: {} in {place}", tag.ty),
            Some(field) => format!("{TAG} niche: {place}, which are {field}"),
        };
        let variants = counted(layout.variants.len() as u64, "variant");
        self.line(&[(Ink::Changed, what), (Ink::Faint, format!("; {variants}"))]);
    }

    /// The variants of an enum without data: their values are all there is.
    fn values(&mut self, layout: &TypeLayout) {
        self.blank();
        let tag = layout.discriminant.as_ref();
        let selects: Vec<String> =
            layout.variants.iter().map(|variant| selected(variant, tag)).collect();
        let width = selects.iter().map(String::len).max().unwrap_or(0).max(5);
        self.line(&[(Ink::Faint, format!("  {:>width$}  variant", "value"))]);
        for (variant, value) in layout.variants.iter().zip(selects) {
            let value = format!("  {value:>width$}  ");
            self.line(&[(Ink::Plain, value), (Ink::Strong, variant.name.clone())]);
        }
    }

    fn variant(&mut self, layout: &TypeLayout, variant: &VariantLayout) {
        self.blank();
        let tag = layout.discriminant.as_ref().filter(|tag| tag.at.size > 0);
        let what = match (variant.inhabited, tag) {
            (false, _) => "cannot exist".to_owned(),
            (true, None) => "the only one that can exist".to_owned(),
            (true, Some(_)) => selected(variant, tag),
        };
        let word = match tag.filter(|_| variant.inhabited && !variant.values.is_empty()) {
            Some(tag) => format!("  {} ", tag_word(tag)),
            None => "  ".to_owned(),
        };
        self.line(&[
            (Ink::Plain, "variant ".to_owned()),
            (Ink::Strong, variant.name.clone()),
            (Ink::Changed, format!("{word}{what}")),
        ]);
        if !variant.inhabited || variant.fields.is_empty() {
            return;
        }
        // The niche of the variant with data is a part of one of its fields.
        let inside = |tag: &&Discriminant| {
            let within = |field: &FieldLayout| {
                let end = field.offset.saturating_add(field.size.unwrap_or(0));
                field.offset <= tag.at.offset && tag.at.end() <= end
            };
            !variant.fields.iter().any(within)
        };
        let tag = tag.filter(inside).map(|tag| (tag, what));
        self.body(layout.size, &rows(&variant.fields, &variant.padding, tag));
    }

    /// The picture and the table.
    fn body(&mut self, size: Option<u64>, rows: &[Row]) {
        if rows.is_empty() {
            return;
        }
        if let Some(size) = size.filter(|size| (1..=MOST_DRAWN).contains(size)) {
            self.picture(size, rows);
        }
        let names = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0);
        let names = names.clamp(5, (self.width / 3).max(12));
        self.blank();
        let head = format!("  offset    size    {:<names$}  type", "field");
        self.line(&[(Ink::Faint, head)]);
        for row in rows {
            let letter = row.letter.unwrap_or(' ');
            let numbers = format!("  {:>6}  {:>6}  ", number(row.at.offset), number(row.at.size));
            let name = cut(&row.name, names);
            let gap = names.saturating_sub(name.chars().count());
            self.line(&[
                (Ink::Plain, numbers),
                (row.ink, format!("{letter} {name}")),
                (Ink::Plain, " ".repeat(gap.saturating_add(2))),
                (if row.letter == Some(TAG) { Ink::Changed } else { Ink::Type }, row.ty.clone()),
            ]);
        }
    }

    /// The bytes in rows, each as the letter of what it belongs to.
    fn picture(&mut self, size: u64, rows: &[Row]) {
        let columns: u64 = if size > 64 && self.width >= 60 { 16 } else { 8 };
        self.blank();
        let ruler: String = (0..columns.min(size)).map(|column| format!("{column:>3}")).collect();
        self.line(&[(Ink::Faint, format!("        {ruler}"))]);
        let mut start = 0;
        while start < size {
            let mut spans = vec![(Ink::Faint, format!("  {start:>6}"))];
            for byte in start..size.min(start.saturating_add(columns)) {
                let (ink, letter) = drawn(byte, rows);
                spans.push((ink, format!("  {letter}")));
            }
            self.line(&spans);
            start = start.saturating_add(columns);
        }
        if (0..size).any(|byte| drawn(byte, rows).1 == SHARED) {
            self.line(&[(Ink::Faint, format!("  {SHARED} bytes of several fields"))]);
        }
    }

    fn element(&mut self, element: &TypeLayout, count: u64) {
        self.blank();
        let each = element.size.map_or_else(|| "of unknown size".to_owned(), bytes);
        let what = format!("{} of {each}: ", counted(count, "element"));
        self.line(&[(Ink::Plain, what), (Ink::Type, short_type_name(&element.name))]);
        if !element.fields.is_empty() {
            self.body(element.size, &rows(&element.fields, &element.padding, None));
        }
    }

    fn remarks(&mut self, layout: &TypeLayout) {
        if layout.cut {
            self.blank();
            self.line(&[(Ink::Faint, "it has more parts than are shown".to_owned())]);
        }
        if let Some(size) = layout.reordered_size {
            self.blank();
            let hint = format!("with its fields in falling order of alignment: {}", bytes(size));
            self.line(&[(Ink::New, hint)]);
        }
        if layout.kind == Kind::Scalar || layout.kind == Kind::Pointer || !layout.niches.is_empty()
        {
            self.blank();
        }
        for niche in layout.niches.iter().take(MOST_NICHES) {
            self.niche(niche);
        }
        let more = layout.niches.len().saturating_sub(MOST_NICHES);
        if more > 0 {
            let more = format!("and {} in other bytes", counted(more as u64, "smaller niche"));
            self.line(&[(Ink::Faint, more)]);
        }
    }

    fn niche(&mut self, niche: &Niche) {
        let values: Vec<String> = niche.values.iter().map(|values| hex(*values)).collect();
        let of = match niche.field.is_empty() {
            true => String::new(),
            false => format!(" ({})", niche.field),
        };
        let never = format!("spare: {}{of} never {}", place(niche.at), values.join(", "));
        let count = match niche.count {
            1 => "; 1 value".to_owned(),
            2..=0xffff_ffff => format!("; {} values", number(niche.count)),
            _ => String::new(),
        };
        for line in wrap(&format!("{never}{count}"), self.width) {
            self.line(&[(Ink::Faint, line)]);
        }
    }

    fn line(&mut self, spans: &[(Ink, String)]) {
        let mut line = Line::new();
        for (ink, text) in spans {
            line.push(*ink, text);
        }
        line.fit(self.width).render(&mut self.out);
    }

    fn blank(&mut self) {
        self.out.push('\n');
    }
}

/// What stands for a byte.
fn drawn(byte: u64, rows: &[Row]) -> (Ink, char) {
    let holds = |row: &&Row| row.at.offset <= byte && byte < row.at.end();
    let mut letters = rows.iter().filter(holds).filter_map(|row| Some((row.ink, row.letter?)));
    match (letters.next(), letters.next()) {
        (Some(one), None) => one,
        (Some((ink, _)), Some(_)) => (ink, SHARED),
        // More fields than letters.
        (None, _) => (Ink::Plain, '?'),
    }
}

fn kind(layout: &TypeLayout) -> &'static str {
    match layout.kind {
        Kind::Scalar => "scalar",
        Kind::Unit => "type without bytes",
        Kind::Never => "never type",
        Kind::Pointer => "pointer",
        Kind::Struct => "struct",
        Kind::Tuple => "tuple",
        Kind::Union => "union",
        Kind::Enum => "enum",
        Kind::Array => "array",
        Kind::Function => "function",
        Kind::Opaque => "type that is not described",
    }
}

/// `8`, or `≥ 8` where it is inferred.
fn alignment(align: Alignment) -> String {
    let inferred = if align.inferred { "≥ " } else { "" };
    format!("{inferred}{}", number(align.bytes))
}

/// `byte 3`, or `bytes 0..8`.
fn place(at: Span) -> String {
    match at.size {
        1 => format!("byte {}", at.offset),
        _ => format!("bytes {}..{}", at.offset, at.end()),
    }
}

/// The values that select a variant, as its discriminant is read.
fn selected(variant: &VariantLayout, tag: Option<&Discriminant>) -> String {
    if variant.values.is_empty() {
        return "all other values".to_owned();
    }
    let one = |values: &Values| match tag {
        Some(tag) if tag.niche_of.is_none() || tag.at.size == 1 => decimal(*values, tag),
        _ => hex(*values),
    };
    variant.values.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn decimal(values: Values, tag: &Discriminant) -> String {
    let bits = u32::try_from(tag.at.size.min(16)).unwrap_or(16).saturating_mul(8);
    let unused = 128_u32.saturating_sub(bits);
    let one = |value: u128| match tag.signed {
        true => {
            let high = value.checked_shl(unused).unwrap_or(0).cast_signed();
            high.checked_shr(unused).unwrap_or(0).to_string()
        }
        false => value.to_string(),
    };
    range(values, one)
}

fn hex(values: Values) -> String {
    range(values, |value| format!("{value:#x}"))
}

fn range(values: Values, one: impl Fn(u128) -> String) -> String {
    match values.from == values.to {
        true => one(values.from),
        false => format!("{}..={}", one(values.from), one(values.to)),
    }
}
