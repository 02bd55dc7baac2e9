//! Two sequences side by side: which of the one are in the other, in the same order.

/// How many pairs are looked at for the best way to lay two sequences side by side. What is equal at
/// the beginning and at the end is no part of it.
const MOST_PAIRS: usize = 1 << 24;

/// The pairs of indices of what is in both sequences, in order, as many as there can be. Where the
/// sequences differ in too much, only what is equal at their ends.
pub(super) fn align<T>(a: &[T], b: &[T], same: impl Fn(&T, &T) -> bool) -> Vec<(usize, usize)> {
    let head = a.iter().zip(b).take_while(|(a, b)| same(a, b)).count();
    let (a_rest, b_rest) = (a.get(head..).unwrap_or(&[]), b.get(head..).unwrap_or(&[]));
    let tail = a_rest.iter().rev().zip(b_rest.iter().rev()).take_while(|(a, b)| same(a, b)).count();
    let (a_len, b_len) = (a_rest.len() - tail, b_rest.len() - tail);
    let mut pairs: Vec<_> = (0..head).map(|i| (i, i)).collect();
    if a_len.saturating_mul(b_len) <= MOST_PAIRS {
        let (a_mid, b_mid) = (&a_rest[..a_len], &b_rest[..b_len]);
        let middle = longest_common(a_mid, b_mid, &same);
        pairs.extend(middle.into_iter().map(|(i, j)| (head + i, head + j)));
    }
    pairs.extend((0..tail).map(|i| (head + a_len + i, head + b_len + i)));
    pairs
}

/// The longest common subsequence, by the table of the lengths of those of all ends.
fn longest_common<T>(a: &[T], b: &[T], same: impl Fn(&T, &T) -> bool) -> Vec<(usize, usize)> {
    let columns = b.len() + 1;
    let mut longest = vec![0u32; (a.len() + 1) * columns];
    let at = |i: usize, j: usize| i * columns + j;
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            longest[at(i, j)] = match same(&a[i], &b[j]) {
                true => longest[at(i + 1, j + 1)] + 1,
                false => longest[at(i + 1, j)].max(longest[at(i, j + 1)]),
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut pairs = Vec::new();
    while i < a.len() && j < b.len() {
        if same(&a[i], &b[j]) && longest[at(i, j)] == longest[at(i + 1, j + 1)] + 1 {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if longest[at(i + 1, j)] >= longest[at(i, j + 1)] {
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
        align(&a, &b, |a, b| a == b).into_iter().map(|(i, _)| a[i]).collect()
    }

    #[test]
    fn what_two_sequences_share_is_found_in_order() {
        assert_eq!(common("abcde", "abcde"), "abcde");
        assert_eq!(common("abxcd", "abcd"), "abcd");
        assert_eq!(common("abcd", "acbd").len(), 3);
        assert_eq!(common("", "abc"), "");
        assert_eq!(common("xaxbx", "ab"), "ab");
    }
}
