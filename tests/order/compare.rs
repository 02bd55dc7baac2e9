//! Compares the drops that Freehold tells of with those that a program prints.

use std::cmp::Reverse;

use super::built::Drop;

/// What was compared.
#[derive(Default, Debug)]
pub struct Tally {
    /// Drops that the programs printed.
    pub printed: usize,
    /// Those of them that were told, in their order.
    pub told: usize,
    /// Drops that were printed and not told.
    pub hidden: Vec<String>,
    /// Drops that were told and not printed.
    pub invented: Vec<String>,
    /// Drops that were told, and printed at another time.
    pub disordered: Vec<String>,
    /// Drops that were told in another function or on another line.
    pub elsewhere: Vec<String>,
}

impl Tally {
    pub fn add(&mut self, other: Tally) {
        self.printed += other.printed;
        self.told += other.told;
        self.hidden.extend(other.hidden);
        self.invented.extend(other.invented);
        self.disordered.extend(other.disordered);
        self.elsewhere.extend(other.elsewhere);
    }

    /// Prints the numbers, and the first that are wrong.
    pub fn tell(&self, name: &str, optimised: bool) {
        println!(
            "{name}: {} drops printed, {} told, {} hidden, {} invented, {} out of order, \
             {} at another place",
            self.printed,
            self.told,
            self.hidden.len(),
            self.invented.len(),
            self.disordered.len(),
            self.elsewhere.len()
        );
        let hidden = if optimised { &[] } else { self.hidden.as_slice() };
        let wrong = self.invented.iter().chain(&self.disordered).chain(hidden);
        wrong.chain(&self.elsewhere).take(20).for_each(|one| println!("  {one}"));
    }

    /// Whether each drop was told, and nothing else, in order, in its function and on its line.
    pub fn is_exact(&self) -> bool {
        self.hidden.is_empty() && self.elsewhere.is_empty() && self.invents_nothing()
    }

    /// Whether each drop that was told is one that was printed, and in the printed order.
    pub fn invents_nothing(&self) -> bool {
        self.invented.is_empty() && self.disordered.is_empty()
    }
}

/// Compares drops in the order of the whole program.
pub fn compare(name: &str, printed: &[Drop], told: &[Drop]) -> Tally {
    let pairs = align(printed, told);
    let mut tally = Tally { printed: printed.len(), told: pairs.len(), ..Tally::default() };
    for (one, other) in pairs.iter().map(|(p, t)| (&printed[*p], &told[*t])) {
        // A value that is dropped below no function of the program has no place.
        if one.function != "?" && (&one.function, one.line) != (&other.function, other.line) {
            tally.elsewhere.push(format!("{name}: printed {one:?}, told {other:?}"));
        }
    }
    let left = |count: usize, paired: &dyn Fn(usize) -> bool| -> Vec<usize> {
        (0..count).filter(|index| !paired(*index)).collect()
    };
    let mut hidden = left(printed.len(), &|p| pairs.iter().any(|pair| pair.0 == p));
    for t in left(told.len(), &|t| pairs.iter().any(|pair| pair.1 == t)) {
        let same = |p: &usize| printed[*p].is_at(&told[t]);
        match hidden.iter().position(same) {
            Some(at) => {
                let p = hidden.remove(at);
                tally
                    .disordered
                    .push(format!("{name}: {p} of the printed, {t} told: {:?}", told[t]));
            }
            None => tally.invented.push(format!("{name}: {t} of the told: {:?}", told[t])),
        }
    }
    tally.hidden.extend(hidden.iter().map(|p| format!("{name}: {p}: {:?}", printed[*p])));
    tally
}

/// Compares drops thread by thread: each of the told with the printed that it has most in common
/// with, the first with the first.
pub fn compare_threads(name: &str, printed: &[Drop], told: &[Drop]) -> Tally {
    let (mut printed, told) = (by_thread(printed), by_thread(told));
    let mut tally = Tally::default();
    for thread in told {
        let is_main = |drops: &Vec<Drop>| drops.first().is_some_and(|drop| drop.thread == "1");
        let main = thread.first().is_some_and(|drop| drop.thread.starts_with("main "));
        let fits = printed.iter().enumerate().filter(|(_, drops)| is_main(drops) == main);
        let exact = |drops: &[Drop]| {
            let pairs = align(drops, &thread);
            pairs.iter().filter(|(p, t)| drops[*p].is_at(&thread[*t])).count()
        };
        let best = fits.max_by_key(|(_, drops)| (exact(drops), Reverse(drops.len())));
        let best = best.map(|(index, _)| index);
        let one = best.map(|index| printed.remove(index)).unwrap_or_default();
        tally.add(compare(name, &one, &thread));
    }
    printed.iter().for_each(|thread| tally.add(compare(name, thread, &[])));
    tally
}

fn by_thread(drops: &[Drop]) -> Vec<Vec<Drop>> {
    let mut threads: Vec<Vec<Drop>> = Vec::new();
    for drop in drops {
        match threads.iter_mut().find(|thread| thread[0].thread == drop.thread) {
            Some(thread) => thread.push(drop.clone()),
            None => threads.push(vec![drop.clone()]),
        }
    }
    threads
}

/// What a pair of one type counts, beside which its function and its line count little.
const PAIR: u64 = 1 << 24;

/// The pairs of what both have, in order: as many as there can be, and of as many those with the same
/// functions and lines.
fn align(printed: &[Drop], told: &[Drop]) -> Vec<(usize, usize)> {
    let worth = |p: usize, t: usize| {
        let (one, other) = (&printed[p], &told[t]);
        let function = one.function == other.function;
        let better = 2 * u64::from(function) + u64::from(one.line == other.line);
        if one.ty == other.ty { PAIR + better } else { 0 }
    };
    let head = printed.iter().zip(told).take_while(|(one, other)| one.is_at(other)).count();
    let (rows, columns) = (printed.len() - head, told.len() - head + 1);
    let mut best = vec![0_u64; (rows + 1) * columns];
    let at = |p: usize, t: usize| (p - head) * columns + (t - head);
    for p in (head..printed.len()).rev() {
        for t in (head..told.len()).rev() {
            let worth = worth(p, t);
            let paired = if worth > 0 { worth + best[at(p + 1, t + 1)] } else { 0 };
            best[at(p, t)] = paired.max(best[at(p + 1, t)]).max(best[at(p, t + 1)]);
        }
    }
    let mut pairs: Vec<_> = (0..head).map(|index| (index, index)).collect();
    let (mut p, mut t) = (head, head);
    while p < printed.len() && t < told.len() {
        let worth = worth(p, t);
        if worth > 0 && best[at(p, t)] == worth + best[at(p + 1, t + 1)] {
            pairs.push((p, t));
            (p, t) = (p + 1, t + 1);
        } else if best[at(p, t)] == best[at(p + 1, t)] {
            p += 1;
        } else {
            t += 1;
        }
    }
    pairs
}
