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
