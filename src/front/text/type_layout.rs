//! The layout of a type as text: its bytes as a picture, and a table of what they are for.

use super::spans::{Ink, Line, bytes, counted, cut, number, wrap};
use crate::dwarf::short_type_name;
use crate::value::layout::{
    Alignment, Discriminant, FieldLayout, Kind, Niche, Span, TypeLayout, Values, VariantLayout,
};

/// Above this size the picture of the bytes says less than the table.
const MOST_DRAWN: u64 = 128;
/// How many niches are listed.
const MOST_NICHES: usize = 4;
/// The letters that stand for fields in the picture.
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// Stands for the discriminant, and for bytes that belong to nothing.
const TAG: char = '#';
const FREE: char = '·';
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

/// One line of the table: some bytes, and what they are for.
struct Row {
    /// What stands for it in the picture; nothing for what lies within a field.
    letter: Option<char>,
    at: Span,
    ink: Ink,
    name: String,
    ty: String,
}

/// The rows of fields, with those within them, of the discriminant, and of what is free, by offset.
fn rows(
    fields: &[FieldLayout],
    padding: &[Span],
    tag: Option<(&Discriminant, String)>,
) -> Vec<Row> {
    let mut letters = LETTERS.chars();
    let mut rows: Vec<Vec<Row>> = Vec::new();
    for field in fields {
        let letter = letters.next();
        let mut own = Vec::new();
        push_field(field, letter, 0, 0, &mut own);
        rows.push(own);
    }
    let free = |at: &Span| Row {
        letter: Some(FREE),
        at: *at,
        ink: Ink::Faint,
        name: "padding".to_owned(),
        ty: String::new(),
    };
    rows.extend(padding.iter().map(|at| vec![free(at)]));
    if let Some((tag, what)) = tag {
        let name = tag_word(tag);
        let row = Row {
            letter: Some(TAG),
            at: tag.at,
            ink: Ink::Changed,
            name: name.to_owned(),
            ty: what,
        };
        rows.push(vec![row]);
    }
    rows.sort_by_key(|rows| rows.first().map(|row| row.at.offset));
    rows.into_iter().flatten().collect()
}

fn push_field(
    field: &FieldLayout,
    letter: Option<char>,
    from: u64,
    depth: usize,
    to: &mut Vec<Row>,
) {
    let offset = from.saturating_add(field.offset);
    to.push(Row {
        letter,
        at: Span { offset, size: field.size.unwrap_or(0) },
        ink: if depth == 0 { Ink::Strong } else { Ink::Plain },
        name: format!("{}{}", "  ".repeat(depth), field.name),
        ty: short_type_name(&field.ty),
    });
    let Some(inner) = &field.layout else { return };
    let below = depth.saturating_add(1);
    let mut holes = inner.padding.iter().peekable();
    let mut push_holes = |until: u64, to: &mut Vec<Row>| {
        while let Some(hole) = holes.next_if(|hole| hole.offset < until) {
            to.push(Row {
                letter: None,
                at: Span { offset: offset.saturating_add(hole.offset), size: hole.size },
                ink: Ink::Faint,
                name: format!("{}{FREE} padding", "  ".repeat(below)),
                ty: String::new(),
            });
        }
    };
    for field in &inner.fields {
        push_holes(field.offset, to);
        push_field(field, None, offset, below, to);
    }
    // The holes of an enum depend on the variant.
    if inner.variants.is_empty() {
        push_holes(u64::MAX, to);
    }
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

fn tag_word(tag: &Discriminant) -> &'static str {
    if tag.niche_of.is_some() { "niche" } else { "tag" }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, offset: u64, size: u64, ty: &str) -> FieldLayout {
        let align = Some(Alignment { bytes: size.max(1), inferred: false });
        let (name, ty) = (name.to_owned(), ty.to_owned());
        FieldLayout { name, offset, size: Some(size), align, ty, layout: None }
    }

    fn layout(name: &str, kind: Kind, size: u64, fields: Vec<FieldLayout>) -> TypeLayout {
        TypeLayout {
            name: name.to_owned(),
            kind,
            size: Some(size),
            align: Some(Alignment { bytes: 8, inferred: false }),
            inhabited: true,
            packed: false,
            fields,
            padding: Vec::new(),
            padding_bytes: 0,
            reordered_size: None,
            discriminant: None,
            variants: Vec::new(),
            element: None,
            count: None,
            niches: Vec::new(),
            all_niches_known: true,
            cut: false,
        }
    }

    fn plain(layout: &TypeLayout, width: usize) -> String {
        anstream::adapter::strip_str(&type_layout(layout, width)).to_string()
    }

    #[test]
    fn a_struct_is_a_picture_of_its_bytes_and_a_table_of_its_fields() {
        let fields = vec![field("tag", 0, 1, "u8"), field("size", 8, 8, "alloc::string::String")];
        let mut holes = layout("demo::Holes", Kind::Struct, 16, fields);
        holes.padding = vec![Span { offset: 1, size: 7 }];
        holes.padding_bytes = 7;
        holes.align = Some(Alignment { bytes: 8, inferred: true });
        holes.reordered_size = Some(9);
        let expected = "\
demo::Holes
struct, 16 B, align ≥ 8, 7 B of padding

          0  1  2  3  4  5  6  7
       0  a  ·  ·  ·  ·  ·  ·  ·
       8  b  b  b  b  b  b  b  b

  offset    size    field    type
       0       1  a tag      u8
       1       7  · padding
       8       8  b size     String

with its fields in falling order of alignment: 9 B
";
        assert_eq!(plain(&holes, 80), expected);
        assert!(plain(&holes, 40).lines().all(|line| line.chars().count() <= 40));
    }

    #[test]
    fn each_variant_says_what_selects_it() {
        let mut layout = layout("demo::Shape", Kind::Enum, 16, Vec::new());
        let at = Span { offset: 0, size: 1 };
        let ty = "u8".to_owned();
        layout.discriminant = Some(Discriminant { at, ty, signed: false, niche_of: None });
        let variant = |name: &str, values: &[u128], fields| VariantLayout {
            name: name.to_owned(),
            values: values.iter().map(|value| Values { from: *value, to: *value }).collect(),
            inhabited: name != "Never",
            fields,
            padding: Vec::new(),
        };
        let number = vec![field("0", 8, 8, "u64")];
        layout.variants = vec![
            variant("Dot", &[0], Vec::new()),
            variant("Number", &[1], number),
            variant("Never", &[], Vec::new()),
        ];
        let at = Span { offset: 0, size: 1 };
        let values = vec![Values { from: 2, to: 255 }];
        layout.niches = vec![Niche { field: String::new(), at, values, count: 254 }];
        let expected = "\
demo::Shape
enum, 16 B, align 8
# tag: u8 in byte 0; 3 variants

variant Dot  tag 0

variant Number  tag 1

          0  1  2  3  4  5  6  7
       0  #  ?  ?  ?  ?  ?  ?  ?
       8  a  a  a  a  a  a  a  a

  offset    size    field  type
       0       1  # tag    1
       8       8  a 0      u64

variant Never  cannot exist

spare: byte 0 never 0x2..=0xff; 254 values
";
        assert_eq!(plain(&layout, 80), expected);
    }

    #[test]
    fn values_are_read_as_the_tag_is() {
        let at = Span { offset: 0, size: 2 };
        let mut tag = Discriminant { at, ty: "i16".to_owned(), signed: true, niche_of: None };
        let values = Values { from: 0xfed4, to: 0xffff };
        assert_eq!(decimal(values, &tag), "-300..=-1");
        tag.signed = false;
        assert_eq!(decimal(values, &tag), "65236..=65535");
        assert_eq!(hex(values), "0xfed4..=0xffff");
    }

    #[test]
    fn bytes_that_fields_share_have_a_mark_of_their_own() {
        let fields = vec![field("int", 0, 4, "u32"), field("wide", 0, 8, "u64")];
        let text = plain(&layout("demo::Overlap", Kind::Union, 8, fields), 80);
        assert!(text.contains("       0  *  *  *  *  b  b  b  b\n"), "{text}");
        assert!(text.contains("  * bytes of several fields\n"), "{text}");
    }

    #[test]
    fn instances_are_listed_with_their_sizes() {
        let one = |name: &str| layout(name, Kind::Struct, 1_024, Vec::new());
        let text = instances("Pair", &[one("demo::Pair<u8>"), one("demo::Pair<u16>")], 80);
        let expected = "\
Pair  2 types

      size  align  type
     1,024      8  demo::Pair<u8>
     1,024      8  demo::Pair<u16>
";
        assert_eq!(anstream::adapter::strip_str(&text).to_string(), expected);
    }
}
