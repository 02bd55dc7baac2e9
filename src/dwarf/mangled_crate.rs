//! The crate of a symbol, without demangling it.

/// The crate of a mangled path that begins with one (not `<A as B>::f`), and whether the function is
/// its `main`. Reads no more of the symbol than its head, because it is done for all of them.
pub(super) fn crate_of_symbol(symbol: &'static str) -> Option<(&'static str, bool)> {
    if let Some(legacy) = symbol.strip_prefix("_ZN") {
        let (krate, rest) = identifier(legacy)?;
        let plain = krate.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        return plain.then_some((krate, rest.starts_with("4main17h")));
    }
    // The grammar of v0 is in the RFC 2603: `N` and a namespace or `I` before each part of a path,
    // then `C`, a disambiguator `s…_`, and the identifier of the crate.
    let mut rest = symbol.strip_prefix("_R")?;
    let mut parts = 0;
    loop {
        rest = match *rest.as_bytes().first()? {
            b'N' => {
                parts += 1;
                rest.get(2..)?
            }
            b'I' => rest.get(1..)?,
            b'C' => rest.get(1..)?,
            _ => return None,
        };
        if rest.starts_with(|c: char| c.is_ascii_digit() || c == 's') {
            break;
        }
    }
    let after_disambiguator = match rest.strip_prefix('s') {
        Some(disambiguator) => disambiguator.split_once('_')?.1,
        None => rest,
    };
    let (krate, rest) = identifier(after_disambiguator)?;
    // Before an identifier that begins with an underscore or a digit stands an underscore that its
    // length does not count. No crate that is not std's is worth the care.
    if krate.starts_with('_') {
        return None;
    }
    Some((krate, parts == 1 && rest.starts_with("4main")))
}

/// The crates that an impl names in the head of a legacy symbol: `hello` and `core` in
/// `_ZN47_$LT$hello..Foo$u20$as$u20$core..fmt..Debug$GT$3fmt17h…E`, which stands for
/// `<hello::Foo as core::fmt::Debug>::fmt`. A path begins where none goes on, and its first part
/// ends with the two dots that are `::`.
pub(super) fn crates_of_impl(symbol: &str) -> impl Iterator<Item = &str> {
    let head = symbol.strip_prefix("_ZN").and_then(identifier).map_or("", |(head, _)| head);
    let paths = head.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.');
    paths.filter_map(|path| path.split_once("..")).map(|(krate, _)| krate)
}

/// Splits a length and that many bytes off: `4mainE` is `main` and `E`. Both manglings write
/// identifiers so.
fn identifier(text: &str) -> Option<(&str, &str)> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let len: usize = text.get(..digits)?.parse().ok()?;
    text.get(digits..)?.split_at_checked(len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_an_impl_names_its_crates() {
        let crates = |symbol| crates_of_impl(symbol).collect::<Vec<_>>();
        let of_a_type =
            "_ZN47_$LT$hello..Foo$u20$as$u20$core..fmt..Debug$GT$3fmt17h0123456789abcdefE";
        assert_eq!(crates(of_a_type), ["hello", "core"]);
        let of_a_reference = "_ZN28_$LT$$RF$T$u20$as$u20$my_a..B$GT$1f17h0123456789abcdefE";
        assert_eq!(crates(of_a_reference), ["my_a"]);
        assert_eq!(crates("_ZN15_$LT$$u5b$T$u5d$$GT$3len17h0123456789abcdefE"), [""; 0]);
        assert_eq!(crates("_ZN99_$LT$a..B"), [""; 0]);
        assert_eq!(crates("main"), [""; 0]);
    }

    #[test]
    fn the_head_of_a_symbol_names_its_crate() {
        let cases = [
            ("_ZN5hello4main17h0123456789abcdefE", Some(("hello", true))),
            ("_ZN5hello3sub4main17h0123456789abcdefE", Some(("hello", false))),
            ("_ZN47_$LT$hello..Foo$u20$as$u20$core..fmt..Debug$GT$3fmt17h0123456789abcdefE", None),
            ("_RNvCsjMaewn57Afh_5hello4main", Some(("hello", true))),
            ("_RNvC5hello4main", Some(("hello", true))),
            ("_RNCNvCsjMaewn57Afh_5hello4main0B3_", Some(("hello", false))),
            ("_RINvNtCsgEmfK2I1SDS_4core3ptr13drop_in_placehE", Some(("core", false))),
            ("_RNvXs_CsjMaewn57Afh_1tNtB4_3FooNtB4_5Shape4area", None),
            ("_RN", None),
            ("_RNv", None),
            ("_RC9", None),
            ("_ZN99a", None),
            ("_ZN", None),
            ("main", None),
        ];
        for (symbol, krate) in cases {
            assert_eq!(crate_of_symbol(symbol), krate, "{symbol}");
        }
    }
}
