//! Two texts that should be one, side by side.

/// Lines of a difference, each with what stands in front of it.
pub type Sides = Vec<(String, String)>;

/// Lines of a long text that are shown around a difference, and of the difference itself.
const AROUND: usize = 2;
const MOST: usize = 20;

/// What two expressions are worth. Where each takes one line, a mark stands under the first column
/// that differs.
pub(super) fn of_values(left: (&str, &str), right: (&str, &str)) -> Sides {
    let single = !left.1.contains('\n') && !right.1.contains('\n');
    if !single {
        let mut sides = vec![(format!("{} =", left.0), String::new())];
        sides.extend(left.1.lines().map(|line| (String::new(), line.to_owned())));
        sides.push((format!("{} =", right.0), String::new()));
        sides.extend(right.1.lines().map(|line| (String::new(), line.to_owned())));
        return sides;
    }
    // A literal is its own name.
    let name = |(name, value): (&str, &str)| match name == value {
        true => String::new(),
        false => format!("{name} ="),
    };
    let mut sides = vec![(name(left), left.1.to_owned()), (name(right), right.1.to_owned())];
    let same = common(left.1.chars(), right.1.chars());
    if same > 2 {
        sides.push((String::new(), format!("{}^", " ".repeat(same))));
    }
    sides
}

/// A text that was wanted and the one that came, by lines: `-` is missing, `+` is too much.
pub(super) fn of_texts(wanted: &str, came: &str) -> Sides {
    let (wanted, came): (Vec<_>, Vec<_>) = (wanted.lines().collect(), came.lines().collect());
    let before = common(wanted.iter(), came.iter());
    let shorter = wanted.len().min(came.len()) - before;
    let behind = common(wanted.iter().rev(), came.iter().rev()).min(shorter);
    let middle = |lines: &[&str]| -> Vec<String> {
        let lines = lines.get(before..lines.len() - behind).unwrap_or_default();
        lines.iter().map(|line| shown(line)).collect()
    };
    let mut sides = Vec::new();
    let context = before.saturating_sub(AROUND);
    push_hidden(&mut sides, " ", context);
    let around = came.get(context..before).unwrap_or_default();
    sides.extend(around.iter().map(|line| (" ".to_owned(), shown(line))));
    for (sign, lines) in [("-", middle(&wanted)), ("+", middle(&came))] {
        let more = lines.len().saturating_sub(MOST);
        sides.extend(lines.into_iter().take(MOST).map(|line| (sign.to_owned(), line)));
        push_hidden(&mut sides, sign, more);
    }
    let rest = came.get(came.len() - behind..).unwrap_or_default();
    sides.extend(rest.iter().take(AROUND).map(|line| (" ".to_owned(), shown(line))));
    push_hidden(&mut sides, " ", behind.saturating_sub(AROUND));
    sides
}

fn push_hidden(sides: &mut Sides, sign: &str, lines: usize) {
    if lines > 0 {
        sides.push((sign.to_owned(), format!("… {lines} more lines")));
    }
}

/// A line with what cannot be seen made visible.
fn shown(line: &str) -> String {
    let body = line.trim_end_matches(' ');
    let spaces = "·".repeat(line.len() - body.len());
    let plain = |c: char| !c.is_control() || c == '\t';
    let visible = |c: char| if plain(c) { c.to_string() } else { c.escape_debug().to_string() };
    body.chars().map(visible).collect::<String>() + &spaces
}

fn common<T: PartialEq>(left: impl Iterator<Item = T>, right: impl Iterator<Item = T>) -> usize {
    left.zip(right).take_while(|(left, right)| left == right).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(sides: Sides) -> Vec<String> {
        sides.into_iter().map(|(sign, text)| format!("{sign}|{text}")).collect()
    }

    #[test]
    fn two_values_stand_under_each_other_with_a_mark() {
        let sides = of_values(("s", "\"hello\""), ("\"help\"", "\"help\""));
        assert_eq!(lines(sides), ["s =|\"hello\"", "|\"help\"", "|    ^"]);
        let sides = of_values(("v.len()", "2"), ("3", "3"));
        assert_eq!(lines(sides), ["v.len() =|2", "|3"]);
    }

    #[test]
    fn texts_differ_by_lines_with_a_little_around() {
        let sides = of_texts("a\nb\nc\nd\ne", "a\nb\nc\nX\ne\nf");
        assert_eq!(
            lines(sides),
            [" |… 1 more lines", " |b", " |c", "-|d", "-|e", "+|X", "+|e", "+|f"]
        );
        assert_eq!(lines(of_texts("a\nb\nc", "a\nc")), [" |a", "-|b", " |c"]);
        assert_eq!(lines(of_texts("a", "a  ")), ["-|a", "+|a··"]);
        assert_eq!(lines(of_texts("a", "")), ["-|a"]);
        assert_eq!(lines(of_texts("a\na", "a")), [" |a", "-|a"]);
    }
}
