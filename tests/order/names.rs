//! Names as both sides write them.

/// A type without the modules of what it names, and without spaces. DWARF names the allocator of a
/// `Box`, too.
pub fn short_type(name: &str) -> String {
    let name = name.replace(' ', "").replace(",alloc::alloc::Global", "");
    let mut short = String::new();
    let mut word = String::new();
    for c in name.chars() {
        if c.is_alphanumeric() || matches!(c, '_' | ':') {
            word.push(c);
            continue;
        }
        short.push_str(word.rsplit("::").next().unwrap_or(""));
        word.clear();
        short.push(c);
    }
    short + word.rsplit("::").next().unwrap_or("")
}

/// A function without its crate and generic arguments; closures without numbers.
pub fn function(path: &str) -> String {
    let mut plain = String::new();
    let mut depth = 0_usize;
    for c in path.replace("::<", "<").chars() {
        match c {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            c if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    let plain = plain.split_once("::").map_or(plain.as_str(), |(_, rest)| rest);
    let mut parts = plain.split("{closure#");
    let mut name = parts.next().unwrap_or_default().replace("{{closure}}", "{closure}");
    for part in parts {
        name += "{closure}";
        name += part.split_once('}').map_or("", |(_, rest)| rest);
    }
    name
}
