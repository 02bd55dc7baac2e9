//! "Did you mean": the nearest of some names.

/// The name that is most like the wanted one, if it could be a slip of the fingers: a third of the
/// letters may differ, or one of them, or the one is the beginning of the other.
pub fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted_len = wanted.chars().count();
    let allowed = (wanted_len / 3).max(1);
    let distance = |name: &str| {
        let edits = strsim::damerau_levenshtein(&wanted.to_lowercase(), &name.to_lowercase());
        let begins = wanted_len >= 3 && name.starts_with(wanted);
        (edits <= allowed || begins).then_some(edits)
    };
    names
        .into_iter()
        .filter(|name| *name != wanted)
        .filter_map(|name| Some((distance(name)?, name)))
        .min()
        .map(|(_, name)| name)
}

/// The suggestion to use the nearest of some names, where one is near enough.
pub fn did_you_mean<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(wanted, names).map(|name| format!("did you mean `{name}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_a_slip_away() {
        assert_eq!(nearest("mian", ["main", "mean"]), Some("main"));
        assert_eq!(did_you_mean("mian", ["main"]).as_deref(), Some("did you mean `main`?"));
        assert_eq!(nearest("Serve", ["serve", "server"]), Some("serve"));
        assert_eq!(nearest("calculate", ["calc", "claculate"]), Some("claculate"));
        assert_eq!(nearest("memory", ["memory_layout", "moved"]), Some("memory_layout"));
    }

    #[test]
    fn nothing_is_suggested_that_is_far_away_or_the_same() {
        assert_eq!(nearest("main", ["watch", "trace", "main"]), None);
        assert_eq!(nearest("f", ["main"]), None);
        assert_eq!(nearest("", ["main"]), None);
        assert_eq!(nearest("x", []), None);
        assert_eq!(did_you_mean("x", []), None);
    }
}
