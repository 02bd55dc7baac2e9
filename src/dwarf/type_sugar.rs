//! The spelling of two kinds of types that the compiler writes as it sees them: `Fn<(u8), Output=A>`
//! for `Fn(u8) -> A`, and `(u8)` for the tuple `(u8,)`.

/// The name with both spelled as in Rust.
pub(super) fn sweetened(name: &str) -> String {
    let mut edits = Vec::new();
    for pair in pairs(name) {
        edits.extend(fn_edits(name, &pair));
        edits.extend(tuple_edit(name, &pair));
    }
    edits.sort_by_key(|edit| edit.from);
    let mut out = String::with_capacity(name.len());
    let mut done = 0_usize;
    // Edits that another one has swallowed begin before its end.
    for edit in edits.iter().filter(|edit| edit.from <= edit.to) {
        if let Some(kept) = name.get(done..edit.from) {
            out.push_str(kept);
            out.push_str(edit.by);
            done = edit.to;
        }
    }
    out.push_str(name.get(done..).unwrap_or(""));
    out
}

/// A bracket and its partner, by their offsets in bytes.
struct Pair {
    open: usize,
    close: usize,
    /// The first comma between them that is in no inner bracket.
    comma: Option<usize>,
    /// The partner of a `(` that follows `open` at once.
    inner: Option<usize>,
}

/// Text that is put in the place of other text.
struct Edit {
    from: usize,
    to: usize,
    by: &'static str,
}

/// The pairs of `(` and `<` in a name. Brackets without a partner are in none.
fn pairs(name: &str) -> Vec<Pair> {
    let mut open: Vec<Pair> = Vec::new();
    let mut found = Vec::new();
    let mut before = 0;
    for (at, byte) in name.bytes().enumerate() {
        match byte {
            b'(' | b'<' => open.push(Pair { open: at, close: 0, comma: None, inner: None }),
            b',' => {
                if let Some(pair) = open.last_mut() {
                    pair.comma.get_or_insert(at);
                }
            }
            // The end of an arrow is none of a bracket.
            b')' | b'>' if before != b'-' => {
                if let Some(pair) = open.pop() {
                    if let Some(outer) = open.last_mut()
                        && outer.open.saturating_add(1) == pair.open
                    {
                        outer.inner = Some(at);
                    }
                    found.push(Pair { close: at, ..pair });
                }
            }
            _ => {}
        }
        before = byte;
    }
    found
}

/// `Fn<(A, B), Output=C>` to `Fn(A, B) -> C`, without the arrow where `C` is `()`.
fn fn_edits(name: &str, pair: &Pair) -> Vec<Edit> {
    const RESULT: &str = ", Output=";
    let before = name.get(..pair.open).unwrap_or("");
    let is_fn = ["Fn", "FnMut", "FnOnce"].iter().any(|word| {
        before.strip_suffix(word).is_some_and(|rest| !rest.ends_with(|c: char| c.is_alphanumeric()))
    });
    let (true, Some(end)) = (is_fn, pair.inner) else { return Vec::new() };
    let behind = end.saturating_add(1);
    let Some(result) = name.get(behind..pair.close).and_then(|rest| rest.strip_prefix(RESULT))
    else {
        return Vec::new();
    };
    let bracket = Edit { from: pair.open, to: pair.open.saturating_add(1), by: "" };
    let close = pair.close.saturating_add(1);
    if result == "()" {
        return vec![bracket, Edit { from: behind, to: close, by: "" }];
    }
    let arrow = Edit { from: behind, to: behind.saturating_add(RESULT.len()), by: " -> " };
    vec![bracket, arrow, Edit { from: pair.close, to: close, by: "" }]
}

/// `(A)` to `(A,)`, unless the parentheses are those of arguments or of a trait object.
fn tuple_edit(name: &str, pair: &Pair) -> Option<Edit> {
    let before = name.get(..pair.open)?;
    let inside = name.get(pair.open.checked_add(1)?..pair.close)?;
    let arguments = before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '>'))
        || ["Fn<", "FnMut<", "FnOnce<"].iter().any(|word| before.ends_with(word));
    let is_tuple = name.as_bytes().get(pair.open) == Some(&b'(')
        && !arguments
        && pair.comma.is_none()
        && !inside.is_empty()
        && !inside.starts_with("dyn ");
    is_tuple.then_some(Edit { from: pair.close, to: pair.close, by: "," })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_traits_of_functions_are_spelled_with_arrows() {
        for (name, spelled) in [
            ("&dyn Fn<(u32), Output=u32>", "&dyn Fn(u32) -> u32"),
            ("Box<dyn FnOnce<(), Output=()>>", "Box<dyn FnOnce()>"),
            (
                "&mut dyn FnMut<(u8, Vec<u8>), Output=(u8, u8)>",
                "&mut dyn FnMut(u8, Vec<u8>) -> (u8, u8)",
            ),
            (
                "dyn Fn<(&dyn Fn<(u8), Output=u8>), Output=Box<dyn Fn<(), Output=()>>>",
                "dyn Fn(&dyn Fn(u8) -> u8) -> Box<dyn Fn()>",
            ),
            (
                "Box<dyn Fn<(fn(u8) -> u8), Output=u8> + Send>",
                "Box<dyn Fn(fn(u8) -> u8) -> u8 + Send>",
            ),
            ("MyFn<(u8, u8), Output=u8>", "MyFn<(u8, u8), Output=u8>"),
        ] {
            assert_eq!(sweetened(name), spelled);
        }
    }

    #[test]
    fn a_tuple_of_one_has_a_comma_and_other_parentheses_have_none() {
        for (name, spelled) in [
            ("(i64)", "(i64,)"),
            ("Vec<((u8), u8)>", "Vec<((u8,), u8)>"),
            ("(Vec<(u8, u8)>)", "(Vec<(u8, u8)>,)"),
            ("fn(i32) -> (i32)", "fn(i32) -> (i32,)"),
            ("Box<(dyn Any + Send)>", "Box<(dyn Any + Send)>"),
            ("((), (u8, u8))", "((), (u8, u8))"),
        ] {
            assert_eq!(sweetened(name), spelled);
        }
    }

    #[test]
    fn brackets_without_a_partner_stay() {
        for name in [")", "(", "Fn<(", "Fn<(u8>", "a -> b>)", ",(", "größe<(ß"] {
            assert_eq!(sweetened(name), name);
        }
    }
}
