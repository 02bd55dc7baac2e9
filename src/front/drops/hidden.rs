//! What is told of drops that optimised code can have hidden.

use super::compare::{Comparison, Hidden, HiddenBy};

/// How many different ones are named in a line for people.
const MOST_NAMED: usize = 8;

/// A line on what each side did not see; nothing where it saw all.
pub(super) fn text(compared: &Comparison) -> String {
    let line = |by, beginning: &str| {
        let of: Vec<_> = compared.hidden.iter().filter(|one| one.by == by).collect();
        if of.is_empty() {
            return String::new();
        }
        let counts = match by {
            HiddenBy::Run => format!("{} of the {} drops expected", of.len(), compared.expected),
            HiddenBy::Snapshot => format!("{} more than it has", of.len()),
        };
        format!("{beginning}: {} ({counts})\n", named(&of))
    };
    line(HiddenBy::Run, "note: not seen, as optimised code can hide it")
        + &line(HiddenBy::Snapshot, "note: not in the snapshot, as optimised code can hide it")
}

/// An object a line for each.
pub(super) fn json(compared: &Comparison) -> String {
    let object = |hidden: &Hidden| {
        let by = match hidden.by {
            HiddenBy::Run => "run",
            HiddenBy::Snapshot => "snapshot",
        };
        let drop = &hidden.drop;
        let object = serde_json::json!({ "v": 1, "hidden": {
            "by": by,
            "thread": hidden.thread,
            "function": drop.function,
            "type": drop.type_name,
            "place": drop.place,
            "unwinding": drop.unwinding,
        }});
        format!("{object}\n")
    };
    compared.hidden.iter().map(object).collect()
}

/// The drops, function by function, in the order in which each comes first.
fn named(hidden: &[&Hidden]) -> String {
    let mut times: Vec<(String, usize)> = Vec::new();
    for one in hidden {
        let name = format!("{} in `{}`", one.drop.named(), one.drop.function);
        match times.iter_mut().find(|(known, _)| *known == name) {
            Some((_, times)) => *times += 1,
            None => times.push((name, 1)),
        }
    }
    let mut names: Vec<String> = times.iter().take(MOST_NAMED).map(one_of).collect();
    let more = times.len().saturating_sub(MOST_NAMED);
    if more > 0 {
        names.push(format!("… {more} more"));
    }
    names.join(", ")
}

fn one_of((name, times): &(String, usize)) -> String {
    if *times == 1 { name.clone() } else { format!("{name} {times} times") }
}

#[cfg(test)]
mod tests {
    use super::super::snapshot::{Drop, Kind};
    use super::*;

    fn hidden(by: HiddenBy, ty: &str) -> Hidden {
        let drop = Drop {
            function: "f".to_owned(),
            depth: 0,
            type_name: ty.to_owned(),
            kind: Kind::User,
            place: None,
            unwinding: false,
            at: None,
        };
        Hidden { by, thread: "main".to_owned(), drop }
    }

    #[test]
    fn what_was_not_seen_is_told_in_a_line_and_in_an_object_each() {
        let of_run =
            [hidden(HiddenBy::Run, "A"), hidden(HiddenBy::Run, "B"), hidden(HiddenBy::Run, "A")];
        let compared = Comparison { hidden: of_run.to_vec(), expected: 9, ..Comparison::default() };
        let line = "note: not seen, as optimised code can hide it: `A` in `f` 2 times, `B` in `f` \
                    (3 of the 9 drops expected)\n";
        assert_eq!(text(&compared), line);
        assert_eq!(json(&compared).lines().count(), 3);
        let first: serde_json::Value =
            serde_json::from_str(json(&compared).lines().next().unwrap_or_default()).expect("JSON");
        assert_eq!(
            (&first["hidden"]["type"], &first["hidden"]["by"]),
            (&"A".into(), &"run".into())
        );
        let of_snapshot = vec![hidden(HiddenBy::Snapshot, "A")];
        let compared = Comparison { hidden: of_snapshot, ..Comparison::default() };
        let line = "note: not in the snapshot, as optimised code can hide it: `A` in `f` \
                    (1 more than it has)\n";
        assert_eq!(text(&compared), line);
        assert_eq!(text(&Comparison::default()), "");
    }
}
