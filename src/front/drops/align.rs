//! Two sequences side by side: which of the one are in the other, in the same order.

/// How many of each sequence are laid side by side at once. What is equal at the beginning is no part
/// of it.
const WINDOW: usize = 2048;
/// What a pair counts: more than all that is added for better pairs of a window.
const PAIR: u32 = 1 << 15;

/// How much alike the two of a pair are that agree in everything.
pub(super) const ALIKE: u32 = 7;

/// The pairs of indices of what is in both sequences, in order: as many as there can be, and the
/// better ones of as many. `likeness` says how good a pair is, up to [`ALIKE`], and of two that are
/// no pair, nothing. Long sequences are compared piece by piece, each up to its middle.
pub(super) fn align<T>(
    a: &[T],
    b: &[T],
    likeness: impl Fn(&T, &T) -> Option<u32>,
) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let (mut i, mut j) = (0, 0);
    while let (Some(a_rest @ [_, ..]), Some(b_rest @ [_, ..])) = (a.get(i..), b.get(j..)) {
        let both = a_rest.iter().zip(b_rest);
        let head = both.take_while(|(a, b)| likeness(a, b) == Some(ALIKE)).count();
        pairs.extend((0..head).map(|n| (i + n, j + n)));
        (i, j) = (i + head, j + head);
        let (a_rest, b_rest) = (a.get(i..).unwrap_or(&[]), b.get(j..).unwrap_or(&[]));
        let window = |rest: &[T]| rest.len().min(WINDOW);
        let (a_len, b_len) = (window(a_rest), window(b_rest));
        let ends = a_len == a_rest.len() && b_len == b_rest.len();
        let found = best_common(&a_rest[..a_len], &b_rest[..b_len], &likeness);
        // What is near the end of a window can have its like behind it.
        let sure = |pair: &(usize, usize)| ends || (pair.0 < WINDOW / 2 && pair.1 < WINDOW / 2);
        let kept = found.iter().take_while(|pair| sure(pair)).count();
        pairs.extend(found.iter().take(kept).map(|(x, y)| (i + x, j + y)));
        if ends {
            break;
        }
        let next =
            found.get(kept).copied().unwrap_or((a_len.min(WINDOW / 2), b_len.min(WINDOW / 2)));
        (i, j) = (i + next.0, j + next.1);
    }
    pairs
}

/// The best common subsequence, by the table of what those of all ends count.
fn best_common<T>(
    a: &[T],
    b: &[T],
    likeness: impl Fn(&T, &T) -> Option<u32>,
) -> Vec<(usize, usize)> {
    let columns = b.len() + 1;
    let mut best = vec![0u32; (a.len() + 1) * columns];
    let at = |i: usize, j: usize| i * columns + j;
    let worth =
        |i: usize, j: usize| likeness(&a[i], &b[j]).map(|likeness| PAIR + likeness.min(ALIKE));
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            let without = best[at(i + 1, j)].max(best[at(i, j + 1)]);
            let paired = worth(i, j).map_or(0, |worth| best[at(i + 1, j + 1)] + worth);
            best[at(i, j)] = without.max(paired);
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut pairs = Vec::new();
    while i < a.len() && j < b.len() {
        if worth(i, j).is_some_and(|worth| best[at(i, j)] == best[at(i + 1, j + 1)] + worth) {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if best[at(i + 1, j)] >= best[at(i, j + 1)] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn common(a: &str, b: &str) -> String {
        let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
        let same = |a: &char, b: &char| (a == b).then_some(ALIKE);
        align(&a, &b, same).into_iter().map(|(i, _)| a[i]).collect()
    }

    #[test]
    fn what_two_sequences_share_is_found_in_order() {
        assert_eq!(common("abcde", "abcde"), "abcde");
        assert_eq!(common("abxcd", "abcd"), "abcd");
        assert_eq!(common("abcd", "acbd").len(), 3);
        assert_eq!(common("", "abc"), "");
        assert_eq!(common("xaxbx", "ab"), "ab");
    }

    #[test]
    fn of_as_many_pairs_the_better_ones_are_taken() {
        let like = |a: &(char, u8), b: &(char, u8)| (a.0 == b.0).then(|| u32::from(a.1 == b.1));
        assert_eq!(align(&[('x', 9), ('a', 1), ('a', 2)], &[('a', 2)], like), [(2, 0)]);
        // More pairs are better than good ones.
        let both = align(&[('x', 0), ('a', 1), ('b', 2)], &[('a', 2), ('b', 1)], like);
        assert_eq!(both, [(1, 0), (2, 1)]);
    }

    #[test]
    fn long_sequences_are_found_to_differ_where_they_do() {
        let a: Vec<u32> = (0..20_000).collect();
        let b: Vec<u32> = a.iter().copied().filter(|n| n % 700 != 5).collect();
        let pairs = align(&a, &b, |a, b| (a == b).then_some(ALIKE));
        assert_eq!(pairs.len(), b.len());
        assert!(pairs.iter().all(|(i, j)| a[*i] == b[*j]));
        let other: Vec<u32> = (30_000..50_000).collect();
        assert_eq!(align(&a, &other, |a, b| (a == b).then_some(ALIKE)), []);
    }
}
